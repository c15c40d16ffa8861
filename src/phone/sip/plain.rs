//! Messages written in the plainest way, of which the parser is known to make what we do: it need not be asked
//! beforehand whether it can read them.
//!
//! Only what it must read to find whose message it is counts: request address, topmost Via, From and its tag, CSeq.

use std::net::Ipv4Addr;

use super::grammar::is_token;
use super::sketch::{Sketch, number};

/// Parameters that are read the same by everybody, when they have this kind of value.
const OF_VIA: [(&[u8], Value); 3] =
    [(b"branch", Value::Token), (b"rport", Value::None), (b"alias", Value::None)];
const OF_URI: [(&[u8], Value); 4] =
    [(b"transport", Value::Transport), (b"user", Value::Token), (b"lr", Value::None), (b"ob", Value::None)];
const OF_FROM: [(&[u8], Value); 1] = [(b"tag", Value::Token)];

#[derive(Debug, Clone, Copy)]
enum Value {
    None,
    Token,
    Transport,
}

/// Whether a message that has been found sound is one of these.
pub fn is_plain(sketch: &Sketch<'_>) -> bool {
    if sketch.is_response() {
        return sketch.start.strip_prefix(b"SIP/2.0 ").is_some_and(|rest| {
            rest.first_chunk::<3>().is_some_and(|code| number(code).is_some())
                && matches!(rest.get(3), None | Some(b' '))
        });
    }
    let mut words = sketch.start.split(|byte| *byte == b' ');
    let address = words.nth(1);
    let is_ours = words.next() == Some(b"SIP/2.0") && words.next().is_none();
    let via = sketch.lines("via").next();
    let from = sketch.single("from");
    let cseq = sketch.single("cseq").and_then(|value| value.split(|byte| *byte == b' ').next());
    is_ours
        && address.is_some_and(is_plain_uri)
        && via.is_some_and(|via| is_plain_via(via.value))
        && from.is_some_and(is_plain_from)
        && cseq.is_some_and(|digits| number(digits).is_some())
}

fn is_plain_via(via: &[u8]) -> bool {
    let transports = [&b"SIP/2.0/UDP "[..], b"SIP/2.0/TCP ", b"SIP/2.0/TLS "];
    let sent = transports.iter().find_map(|transport| via.strip_prefix(*transport));
    sent.is_some_and(|sent| is_place_with(sent, &OF_VIA))
}

fn is_plain_uri(uri: &[u8]) -> bool {
    let Some(rest) = uri.strip_prefix(b"sip:") else { return false };
    let mut parts = rest.splitn(2, |byte| *byte == b'@');
    match (parts.next(), parts.next()) {
        (Some(user), Some(place)) => {
            !user.is_empty()
                && user.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.*#".contains(byte))
                && is_place_with(place, &OF_URI)
        }
        _ => is_place_with(rest, &OF_URI),
    }
}

/// `<sip:…>` behind nothing or a quoted name, and a tag behind it.
fn is_plain_from(from: &[u8]) -> bool {
    let address = match from.strip_prefix(b"\"") {
        None => from,
        Some(rest) => {
            let Some(end) = rest.iter().position(|byte| *byte == b'"') else { return false };
            let is_name =
                rest[..end].iter().all(|byte| byte.is_ascii_alphanumeric() || b" -_.+".contains(byte));
            match rest[end + 1..].strip_prefix(b" ") {
                Some(address) if is_name => address,
                Some(_) | None => return false,
            }
        }
    };
    let Some(rest) = address.strip_prefix(b"<") else { return false };
    let Some(end) = rest.iter().position(|byte| *byte == b'>') else { return false };
    let Some(parameters) = rest[end + 1..].strip_prefix(b";") else { return false };
    is_plain_uri(&rest[..end]) && are_among(parameters, &OF_FROM)
}

/// Host and port, and behind them only parameters of these.
fn is_place_with(text: &[u8], among: &[(&[u8], Value)]) -> bool {
    let mut parts = text.splitn(2, |byte| *byte == b';');
    let place = parts.next().unwrap_or_default();
    is_place(place) && parts.next().is_none_or(|parameters| are_among(parameters, among))
}

/// An IPv4 address or a name, and perhaps a port.
fn is_place(place: &[u8]) -> bool {
    let mut parts = place.splitn(2, |byte| *byte == b':');
    let host = parts.next().unwrap_or_default();
    let is_name = host.first().is_some_and(u8::is_ascii_alphabetic)
        && host.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(byte));
    let is_address = || {
        let text = std::str::from_utf8(host);
        text.is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok())
    };
    let is_port = |port| number(port).is_some_and(|port| (1..=65_535).contains(&port));
    (is_name || is_address()) && parts.next().is_none_or(is_port)
}

fn are_among(parameters: &[u8], among: &[(&[u8], Value)]) -> bool {
    parameters.split(|byte| *byte == b';').all(|parameter| {
        let mut parts = parameter.splitn(2, |byte| *byte == b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next());
        among.iter().any(|(known, kind)| *known == name && kind.is_that_of(value))
    })
}

impl Value {
    fn is_that_of(self, value: Option<&[u8]>) -> bool {
        match self {
            Self::None => value.is_none(),
            Self::Token => value.is_some_and(is_token),
            Self::Transport => value.is_some_and(|value| [&b"udp"[..], b"tcp", b"tls"].contains(&value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use proptest::prelude::*;

    use super::*;
    use crate::phone::sip::screen::{Verdict, screen};
    use crate::phone::sip::understood::is_understood;

    const SOUND: &str = "INVITE sip:12349@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1;rport\r\n\
        From: \"Ana B\" <sip:+8613800000001@a.example;user=phone>;tag=1\r\nTo: <sip:12349@192.0.2.1>\r\n\
        Call-ID: 1@a\r\nCSeq: 1 INVITE\r\nContact: <sip:a@198.51.100.7>\r\nContent-Length: 0\r\n\r\n";

    fn is_plain(message: &str) -> bool {
        super::is_plain(&Sketch::of(message.as_bytes()).unwrap())
    }

    #[test]
    fn what_ordinary_telephones_write_is_plain_and_anything_else_is_asked_about() {
        assert!(is_plain(SOUND));
        for (what, with) in [
            ("sip:12349@192.0.2.1 SIP", "tel:12349 SIP"),
            ("sip:12349@192.0.2.1 SIP", "sip:12349@[2001:db8::1] SIP"),
            ("sip:12349@192.0.2.1 SIP", "sip:12349@192.0.2.999 SIP"),
            ("7:5060;", "7:70000;"),
            (";rport", ";rport=x"),
            (";rport", ";ttl=900"),
            (";rport", ";"),
            ("SIP/2.0/UDP", "SIP/2.0/SCTP"),
            ("\"Ana B\"", "Ana"),
            ("\"Ana B\"", "\"A\\\"\""),
            (";tag=1", ";tag="),
            (";tag=1", ";tag=1;x"),
            ("CSeq: 1 ", "CSeq: 1\t"),
        ] {
            assert!(SOUND.contains(what));
            assert!(!is_plain(&SOUND.replacen(what, with, 1)), "{with}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_plain_is_understood(
            user in "[a-z0-9+*#._-]{0,8}", host in "[a-zA-Z0-9.-]{1,12}", port in 0_u32..70_000, name in "[A-Z .+_-]{0,6}",
            tag in "[a-zA-Z0-9.!%*_+`'~-]{1,6}", parameter in "(branch|rport|alias|transport|user|lr|ob|tag|ttl)(=[a-z0-9%]{0,4})?",
            method in "(INVITE|BYE|ACK|OPTIONS)", number in 0_u32..1 << 31,
        ) {
            let at = if user.is_empty() { String::new() } else { format!("{user}@") };
            let message = SOUND.replace("INVITE", &method).replace("CSeq: 1", &format!("CSeq: {number}"))
                .replace("12349@192.0.2.1", &format!("{at}{host}:{port}"))
                .replace("198.51.100.7:5060;branch=z9hG4bK1;rport", &format!("{host}:{port};branch={tag};{parameter}"))
                .replace("+8613800000001@", &at).replace("user=phone", &parameter)
                .replace("Ana B", &name).replace("tag=1", &format!("tag={tag}"));
            let source: SocketAddr = "198.51.100.7:40000".parse().unwrap();
            if let Verdict::Plain(plain) = screen(message.as_bytes()) {
                prop_assert!(is_understood(plain, source), "{message}");
            }
            let answer = message.replacen(message.lines().next().unwrap(), &format!("SIP/2.0 {number} OK"), 1);
            if let Verdict::Plain(plain) = screen(answer.as_bytes()) {
                prop_assert!(is_understood(plain, source), "{answer}");
            }
        }
    }
}
