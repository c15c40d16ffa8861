//! Reading an INVITE: who rings, whom they want, what they offer to speak.

use std::net::SocketAddr;

use rsipstack::sip::prelude::{HasHeaders, HeadersExt};
use rsipstack::sip::{Header, Request, StatusCode, Uri};
use rsipstack::transaction::transaction::Transaction;

use super::leg::Identity;
use super::sdp::{CONTENT_TYPE, Description, SdpError};
use super::trust::Trust;

/// Where a request came from.
pub fn source_of(tx: &Transaction) -> Option<SocketAddr> {
    tx.connection.as_ref()?.get_remote_addr()?.get_socketaddr().ok()
}

/// Whether a request belongs to a call that exists: its To has a tag.
pub fn is_within_dialog(request: &Request) -> bool {
    request.to_header().is_ok_and(|to| matches!(to.tag(), Ok(Some(_))))
}

/// The number dialled: the user part of the request address, without parameters.
pub fn dialled(request: &Request) -> String {
    user_of(&request.uri).unwrap_or_default()
}

/// Who rings. A trusted source vouches by P-Asserted-Identity, else by From; anybody else's
/// From is hearsay.
pub fn identity(request: &Request, source: SocketAddr, trust: &Trust) -> Identity {
    let vouched = trust.is_trusted(source.ip());
    let is_private =
        header_values(request, "privacy").any(|value| value.split(';').any(|p| p.trim() == "id"));
    if is_private {
        return Identity { user: None, vouched };
    }
    let asserted =
        if vouched { header_values(request, "p-asserted-identity").find_map(user_in) } else { None };
    let user = asserted.or_else(|| user_in(request.from_header().ok()?.value()));
    Identity { user: user.filter(|user| !user.eq_ignore_ascii_case("anonymous")), vouched }
}

/// Reads the offer; none when the INVITE has no body. The error is the status that refuses it.
pub fn offer(request: &Request) -> Result<Option<Description>, StatusCode> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let kind = content_type(request);
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.is_empty() && !kind.eq_ignore_ascii_case(CONTENT_TYPE) {
        return Err(StatusCode::UnsupportedMediaType);
    }
    Description::parse(&request.body).map(Some).map_err(|error| match error {
        SdpError::Unreadable => StatusCode::BadRequest,
        SdpError::NoAudio | SdpError::NoCommonCodec | SdpError::NoAddress => StatusCode::NotAcceptableHere,
    })
}

/// The content type, empty when none is named.
pub fn content_type(request: &Request) -> String {
    let mut kinds = request.headers().iter().filter_map(|header| {
        if let Header::ContentType(kind) = header { Some(kind.value().to_owned()) } else { None }
    });
    kinds.next().unwrap_or_default()
}

/// Values of a header by its name in lower case, whether the parser knows it or not.
fn header_values<'a>(request: &'a Request, name: &'a str) -> impl Iterator<Item = &'a str> {
    request.headers().iter().filter(move |header| header.name().eq_ignore_ascii_case(name)).map(Header::value)
}

/// The user part of the address in `"Name" <sip:user@host>;parameters` or `tel:+86…`.
fn user_in(value: &str) -> Option<String> {
    let uri = match value.split_once('<') {
        Some((_, rest)) => rest.split_once('>')?.0,
        None => value.split([';', ',']).next()?,
    };
    let uri = uri.trim();
    match uri.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel") => {
            Some(rest.split(';').next()?.to_owned()).filter(|user| !user.is_empty())
        }
        _ => user_of(&Uri::try_from(uri).ok()?),
    }
}

fn user_of(uri: &Uri) -> Option<String> {
    let user = uri.user()?.split(';').next()?;
    (!user.is_empty()).then(|| user.to_owned())
}
