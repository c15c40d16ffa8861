//! What RFC 3261's grammar asks of the few values that everything else depends on: addresses, what is quoted, Via.
//!
//! As much as keeps a value from being read in two ways; more than that telephones do not keep to.

use std::net::Ipv6Addr;

use super::refusal::Fault;

/// What is wrong with a request's address.
pub fn uri_fault(uri: &[u8]) -> Result<(), Fault> {
    let scheme = uri.split(|b| *b == b':').next().unwrap_or_default();
    let known = [&b"sip"[..], b"sips", b"tel"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    match () {
        () if known && !scheme.eq_ignore_ascii_case(b"tel") => place_fault(&uri[scheme.len() + 1..]),
        () if known => Ok(()),
        () if !scheme.is_empty()
            && scheme.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)) =>
        {
            Err(Fault::UnknownScheme)
        }
        () => Err(Fault::BadRequest("the request address is no URI")),
    }
}

/// Host and port of what follows `sip:`; an IPv6 address stands in brackets, or its end could be the port.
fn place_fault(rest: &[u8]) -> Result<(), Fault> {
    let after_user = rest.iter().rposition(|b| *b == b'@').map_or(rest, |at| &rest[at + 1..]);
    let place = after_user.split(|b| b";?".contains(b)).next().unwrap_or_default();
    if place.first() != Some(&b'[') && place.iter().filter(|b| **b == b':').count() > 1 {
        return Err(Fault::BadRequest("an IPv6 address stands in brackets"));
    }
    Ok(())
}

/// What is wrong with a header's address: its host, when written as `[…]`, must be an IPv6 address (the parser is silent
/// about others), and what is quoted must end.
pub fn address_fault(address: &[u8]) -> Result<(), Fault> {
    if !closes_its_quotes(address) {
        return Err(Fault::BadRequest("a quotation has no end"));
    }
    let uri = address.iter().rposition(|b| *b == b'<').map_or(address, |at| &address[at..]);
    let opens = uri.windows(2).position(|pair| matches!(pair, b"@[" | b":["));
    let Some(inside) = opens.map(|at| &uri[at + 2..]) else { return Ok(()) };
    let host = inside.split(|b| *b == b']').next().unwrap_or_default();
    let is_one = std::str::from_utf8(host).is_ok_and(|host| host.parse::<Ipv6Addr>().is_ok());
    if is_one { Ok(()) } else { Err(Fault::BadRequest("an IPv6 reference is no address")) }
}

/// What follows an address in a header: its parameters, and all of it when the address stands in no brackets.
pub fn after_address(value: &[u8]) -> &[u8] {
    value.iter().rposition(|b| *b == b'>').map_or(value, |end| &value[end..])
}

/// Whether the address of a From or To has a tag.
pub fn has_tag(value: &[u8]) -> bool {
    after_address(value).split(|b| *b == b';').skip(1).any(|parameter| {
        let name = parameter.split(|b| *b == b'=').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"tag")
    })
}

fn closes_its_quotes(value: &[u8]) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for byte in value {
        let ends_or_begins = *byte == b'"' && !escaped;
        quoted ^= ends_or_begins;
        escaped = quoted && *byte == b'\\' && !escaped;
    }
    !quoted
}

/// What is wrong with the values of a Via header: each says protocol, version, transport and a host, and between
/// commas and semicolons stands something.
pub fn via_fault(value: &[u8]) -> Result<(), Fault> {
    let sound = pieces(value, b',').all(|via| {
        let mut parts = pieces(via, b';').map(<[u8]>::trim_ascii);
        let names_a_host = parts.next().is_some_and(|sent| {
            let mut words = sent.splitn(3, |b| *b == b'/').map(<[u8]>::trim_ascii);
            let (protocol, version, rest) = (words.next(), words.next(), words.next());
            let rest = rest.unwrap_or_default();
            let host = rest.iter().position(u8::is_ascii_whitespace).map(|at| rest[at..].trim_ascii());
            protocol.is_some_and(|p| p.eq_ignore_ascii_case(b"SIP"))
                && version == Some(b"2.0")
                && host.is_some_and(|host| !host.is_empty())
        });
        names_a_host && parts.all(|parameter| !parameter.is_empty())
    });
    if sound { Ok(()) } else { Err(Fault::BadRequest("Via is not written as it must be")) }
}

/// The pieces of a value between separators that are not quoted.
fn pieces(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |byte| {
        let separates = *byte == separator && !quoted;
        quoted ^= *byte == b'"' && !escaped;
        escaped = quoted && *byte == b'\\' && !escaped;
        separates
    })
}

/// Whether a header's name is made of what names are made of (RFC 3261 §25.1, token): what looks like a space to one
/// reader and not to another would make two headers of one.
pub fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(b))
}

/// Reads a number of seconds; more than fits is as long as there is.
pub fn seconds(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_via_names_protocol_transport_and_host_and_nothing_is_left_out() {
        for (value, sound) in [
            ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa", true),
            ("SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw", true),
            ("SIP/2.0/TCP [2001:db8::1]:5060 ; branch = x , SIP/2.0/UDP pbx.example;x=\"a,;b\"", true),
            ("SIP/2.0/UDP 192.0.2.15;;,;,,", false),
            ("SIP/2.0/UDP 192.0.2.15,", false),
            ("SIP/2.0/UDP", false),
            ("SIP/7.0/UDP 192.0.2.15", false),
            ("192.0.2.15", false),
            ("", false),
        ] {
            assert_eq!(via_fault(value.as_bytes()).is_ok(), sound, "{value:?}");
        }
    }

    #[test]
    fn what_is_quoted_ends() {
        for (value, sound) in [
            (r#""A \" B" <sip:a@b>"#, true),
            (r#""A \\" <sip:a@b>"#, true),
            (r#""Mr. J. User <sip:a@b>"#, false),
            (r#""A \" <sip:a@b>"#, false),
            ("<sip:a@b>", true),
        ] {
            assert_eq!(address_fault(value.as_bytes()).is_ok(), sound, "{value}");
        }
    }

    #[test]
    fn the_end_of_an_address_is_not_taken_for_a_port() {
        for (uri, sound) in [
            ("sip:2001:db8::10", false),
            ("sip:a@2001:db8::10;lr", false),
            ("sip:[2001:db8::10]:5070", true),
            ("sip:a:b:c@host.example:5060;x=1:2:3?y=1:2:3", true),
            ("tel:+86-1;a:b:c", true),
        ] {
            assert_eq!(uri_fault(uri.as_bytes()).is_ok(), sound, "{uri}");
        }
    }
}
