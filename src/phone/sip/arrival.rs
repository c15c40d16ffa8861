//! Reading an INVITE: who rings, whom they want, what they offer to speak.

use std::net::SocketAddr;

use rsipstack::sip::prelude::{HasHeaders, HeadersExt};
use rsipstack::sip::{Header, Headers, Request, StatusCode};
use rsipstack::transaction::transaction::Transaction;

use super::address::{Parts, number_or_user_in, pieces, user_in};
use super::leg::Identity;
use super::sdp::{CONTENT_TYPE, Description, SdpError, Secrets};
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
    let uri = request.uri.to_string();
    Parts::of(&uri).and_then(|parts| parts.who()).unwrap_or_default()
}

/// The user part of the To address: whom a registration is for.
pub fn addressed(request: &Request) -> Option<String> {
    user_in(request.to_header().ok()?.value())
}

/// Who rings. A trusted source vouches by P-Asserted-Identity, else by From; anybody else's From is hearsay.
///
/// Whoever wants to be shown to nobody is nobody's number to us either: `id` withholds what the network asserts, `user`
/// what they wrote of themselves (RFC 3323 §4.2, RFC 3325 §9.3). `header` and `session` are about other things.
pub fn identity(request: &Request, source: SocketAddr, trust: &Trust) -> Identity {
    let vouched = trust.is_trusted(source.ip());
    let mut wishes =
        header_values(request, "privacy").flat_map(|value| value.split([';', ','])).map(str::trim);
    let (mut id, mut user) = (false, false);
    for wish in &mut wishes {
        id |= wish.eq_ignore_ascii_case("id");
        user |= wish.eq_ignore_ascii_case("user");
    }
    if id {
        return Identity { user: None, vouched };
    }
    let asserted = if vouched { asserted(request) } else { None };
    let written = || number_or_user_in(request.from_header().ok()?.value()).filter(|_| !user);
    let user = asserted.or_else(written);
    Identity { user: user.filter(|user| !user.eq_ignore_ascii_case("anonymous")), vouched }
}

/// Whom the network says to be ringing: of several addresses the first that is a telephone number, else the first that
/// names anybody.
fn asserted(request: &Request) -> Option<String> {
    let addresses = header_values(request, "p-asserted-identity").flat_map(|value| pieces(value, ','));
    let users: Vec<_> = addresses.filter_map(number_or_user_in).collect();
    let is_number = |user: &&String| {
        user.bytes().any(|byte| byte.is_ascii_digit())
            && user.bytes().all(|byte| byte.is_ascii_digit() || b"+-.() ".contains(&byte))
    };
    users.iter().find(is_number).or(users.first()).cloned()
}

/// Reads the offer; none when the INVITE has no body. The error is the status that refuses it.
pub fn offer(request: &Request, secrets: &Secrets) -> Result<Option<Description>, StatusCode> {
    if !accepts_descriptions(request) {
        return Err(StatusCode::NotAcceptable);
    }
    if request.body.is_empty() {
        return Ok(None);
    }
    let body =
        description_in(&content_type(request), &request.body).ok_or(StatusCode::UnsupportedMediaType)?;
    Description::parse(body, secrets).map(Some).map_err(|error| match error {
        SdpError::Unreadable => StatusCode::BadRequest,
        SdpError::NoAudio | SdpError::NoCommonCodec | SdpError::NoAddress => StatusCode::NotAcceptableHere,
    })
}

/// Whether whoever rings can read a session description: what they accept is not told, or it is among that.
fn accepts_descriptions(request: &Request) -> bool {
    let mut kinds = header_values(request, "accept").flat_map(|value| value.split(',')).peekable();
    let reads = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        [CONTENT_TYPE, "application/*", "*/*"].iter().any(|one| kind.eq_ignore_ascii_case(one))
    };
    kinds.peek().is_none() || kinds.any(reads)
}

/// The session description in a body: the body itself, or the part that is one when a gateway sends
/// more with it (`multipart/mixed`, RFC 2046 §5.1).
fn description_in<'a>(content_type: &str, body: &'a [u8]) -> Option<&'a [u8]> {
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let kind = kind.trim();
    if kind.is_empty() || kind.eq_ignore_ascii_case(CONTENT_TYPE) {
        return Some(body);
    }
    if !kind.eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    let dashes = format!("--{boundary}");
    let mut rest = &body[position(body, dashes.as_bytes())?..];
    loop {
        let part = rest.get(dashes.len()..)?;
        let end = position(part, format!("\r\n{dashes}").as_bytes())?;
        let head_end = position(&part[..end], b"\r\n\r\n")?;
        let (head, content) = (&part[..head_end], &part[head_end + 4..end.max(head_end + 4)]);
        if String::from_utf8_lossy(head).to_ascii_lowercase().contains("content-type: application/sdp") {
            return Some(content);
        }
        rest = &part[end + 2..];
    }
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len().max(1)).position(|window| window == needle)
}

/// The content type, empty when none is named.
pub fn content_type(request: &Request) -> String {
    let mut kinds = request.headers().iter().filter_map(|header| {
        if let Header::ContentType(kind) = header { Some(kind.value().to_owned()) } else { None }
    });
    kinds.next().unwrap_or_default()
}

/// Values of a header by its name in lower case, whether the parser knows it or not.
pub fn header_values<'a>(request: &'a Request, name: &'a str) -> impl Iterator<Item = &'a str> {
    values_in(request.headers(), name)
}

/// The same of any message.
pub fn values_in<'a>(headers: &'a Headers, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |header| header.name().eq_ignore_ascii_case(name)).map(Header::value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_found_among_what_a_gateway_sends_with_it() {
        let body = b"--x1\r\nContent-Type: application/ISUP;version=itu-t92+\r\n\r\n\x01\x00\r\n--x1\r\n\
            Content-Type: application/sdp\r\nContent-Disposition: session\r\n\r\nv=0\r\n--x1--\r\n";
        let kind = "multipart/mixed; boundary=\"x1\"";
        assert_eq!(description_in(kind, body), Some(&b"v=0"[..]));
        assert_eq!(description_in("multipart/mixed", body), None);
        assert_eq!(description_in(kind, b"--x1\r\n\r\n--x1"), None);
        assert_eq!(description_in("text/plain", b"v=0"), None);
        assert_eq!(description_in("Application/SDP; charset=utf-8", b"v=0"), Some(&b"v=0"[..]));
        for cut in 0..body.len() {
            description_in(kind, &body[..cut]); // none of them panics
        }
    }

    #[test]
    fn who_rings_and_whom_is_read_however_a_gateway_writes_it() {
        let trunk: SocketAddr = "192.0.2.5:5060".parse().unwrap();
        for (dialled_as, from, expected) in [
            ("sip:12349@192.0.2.1", "<sip:13800000001@192.0.2.5>", ("12349", Some("13800000001"))),
            (
                "sip:12349;phone-context=x@192.0.2.1;user=phone",
                "sip:%2B8613800000001;phone-context=x@192.0.2.5",
                ("12349", Some("+8613800000001")),
            ),
            ("sip:192.0.2.1", "\"<sip:110@x>\" <sip:anonymous@192.0.2.5>", ("", None)),
        ] {
            let text = format!(
                "INVITE {dialled_as} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5;branch=z9hG4bK1\r\nFrom: {from};tag=1\r\n\
                 To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"
            );
            let Ok(rsipstack::sip::SipMessage::Request(request)) = text.as_bytes().try_into() else {
                panic!("no request: {text}")
            };
            let caller = identity(&request, trunk, &Trust::new([trunk.ip()]));
            assert_eq!((dialled(&request).as_str(), caller.user.as_deref()), expected, "{text}");
        }
    }

    fn invite(from: &str, more: &str) -> Request {
        let text = format!(
            "INVITE sip:12349@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5;branch=z9hG4bK1\r\nFrom: {from};tag=1\r\n\
             To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n{more}\r\n"
        );
        let Ok(rsipstack::sip::SipMessage::Request(request)) = text.as_bytes().try_into() else {
            panic!("no request: {text}")
        };
        request
    }

    #[test]
    fn of_several_asserted_addresses_the_number_counts_and_privacy_is_kept() {
        let trunk: SocketAddr = "192.0.2.5:5060".parse().unwrap();
        let from = "<sip:13800000001@192.0.2.5>";
        for (more, expected) in [
            ("P-Asserted-Identity: <tel:+8653283721234>\r\n", Some("+8653283721234")),
            ("P-Asserted-Identity: \"A, B\" <sip:li@x>, <tel:+8653283721234>\r\n", Some("+8653283721234")),
            (
                "P-Asserted-Identity: <sip:li@x>\r\nP-Asserted-Identity: <tel:+86-532-8372-1234>\r\n",
                Some("+86-532-8372-1234"),
            ),
            ("P-Asserted-Identity: <tel:83721234;phone-context=+86532>\r\n", Some("+8653283721234")),
            (
                "P-Asserted-Identity: <sip:83721234;phone-context=+86532@x;user=phone>\r\n",
                Some("+8653283721234"),
            ),
            ("P-Asserted-Identity: <tel:83721234;phone-context=x.example>\r\n", Some("83721234")),
            ("P-Asserted-Identity: <sip:li@x>\r\n", Some("li")),
            ("Privacy: none\r\n", Some("13800000001")),
            ("Privacy: header;session\r\n", Some("13800000001")),
            ("Privacy: user\r\n", None),
            ("Privacy: user\r\nP-Asserted-Identity: <tel:+8653283721234>\r\n", Some("+8653283721234")),
            ("Privacy: header; ID ;critical\r\nP-Asserted-Identity: <tel:+8653283721234>\r\n", None),
            ("Privacy: none\r\nPrivacy: id\r\nP-Asserted-Identity: <tel:+8653283721234>\r\n", None),
        ] {
            let caller = identity(&invite(from, more), trunk, &Trust::new([trunk.ip()]));
            assert_eq!(caller.user.as_deref(), expected, "{more}");
            assert!(caller.vouched);
        }
        // Whoever is not trusted asserts nothing.
        let stranger = invite(from, "P-Asserted-Identity: <tel:+8653283721234>\r\n");
        let caller = identity(&stranger, trunk, &Trust::default());
        assert_eq!((caller.user.as_deref(), caller.vouched), (Some("13800000001"), false));
    }
}
