//! Answers given without the SIP parser, to messages it would lose or choke on.

use std::net::SocketAddr;

use super::grammar::has_tag;
use super::sketch::{Line, Sketch, find};

/// What is wrong with a request, and so which status answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    BadRequest(&'static str),
    UnknownScheme,
    /// Extensions required that we do not support.
    Extension(String),
    NotImplemented,
    Version,
    TooLarge,
    /// More requests from one source than it may send, or more new calls than we take.
    Overloaded,
}

/// How the tags begin that we give to refusals; those of calls begin otherwise.
const OUR_TAG: &str = "refused-";

/// Seconds after which a refused caller may try again.
pub const RETRY_AFTER_S: u32 = 5;

impl Fault {
    fn status(&self) -> (u16, &str) {
        match self {
            Self::BadRequest(why) => (400, why),
            Self::UnknownScheme => (416, "Unsupported URI Scheme"),
            Self::Extension(_) => (420, "Bad Extension"),
            Self::NotImplemented => (501, "Not Implemented"),
            Self::Version => (505, "Version Not Supported"),
            Self::TooLarge => (513, "Message Too Large"),
            Self::Overloaded => (503, "Service Unavailable"),
        }
    }
}

/// An answer and where it goes.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub bytes: Vec<u8>,
    pub to: SocketAddr,
}

/// Writes the answer to a request; nothing when the request does not even say how to be answered.
///
/// It keeps no state: a repeated request gets the same answer again.
pub fn refuse(datagram: &[u8], source: SocketAddr, fault: &Fault) -> Option<Refusal> {
    let sketch = Sketch::of(datagram).unwrap_or_else(|_| Sketch::glimpse(datagram));
    let first_via = String::from_utf8_lossy(sketch.lines("via").next()?.value).into_owned();
    let mut text = Vec::with_capacity(500);
    let (code, phrase) = fault.status();
    text.extend_from_slice(format!("SIP/2.0 {code} {phrase}\r\n").as_bytes());
    text.extend_from_slice(format!("Via: {}\r\n", received_from(&first_via, source)).as_bytes());
    for line in sketch.lines("via").skip(1) {
        copy(&mut text, line);
    }
    for name in ["from", "call-id", "cseq"] {
        sketch.lines(name).take(1).for_each(|line| copy(&mut text, line));
    }
    if let Some(to) = sketch.lines("to").next() {
        text.extend_from_slice(format!("To: {}\r\n", tagged(to.value, &first_via)).as_bytes());
    }
    match fault {
        Fault::Extension(tags) => text.extend_from_slice(format!("Unsupported: {tags}\r\n").as_bytes()),
        Fault::Overloaded => text.extend_from_slice(format!("Retry-After: {RETRY_AFTER_S}\r\n").as_bytes()),
        Fault::Version
        | Fault::BadRequest(_)
        | Fault::UnknownScheme
        | Fault::NotImplemented
        | Fault::TooLarge => {}
    }
    text.extend_from_slice(b"Content-Length: 0\r\n\r\n");
    Some(Refusal { bytes: text, to: reply_address(&first_via, source) })
}

fn copy(text: &mut Vec<u8>, line: &Line<'_>) {
    text.extend_from_slice(line.whole);
    text.extend_from_slice(b"\r\n");
}

/// Gives To a tag made of the branch, so that repetitions get the same one.
fn tagged(to: &[u8], via: &str) -> String {
    let has_one = has_tag(to);
    let to = String::from_utf8_lossy(to);
    if has_one {
        return to.into_owned();
    }
    // FNV-1a: spreads well enough for a name that need not be secret.
    let hash =
        via.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{to};tag={OUR_TAG}{hash:016x}")
}

/// Whether this acknowledges one of our refusals, by the tag we gave it.
pub fn is_ack_of_refusal(message: &[u8]) -> bool {
    if !message.starts_with(b"ACK ") || find(message, OUR_TAG.as_bytes()).is_none() {
        return false;
    }
    let sketch = Sketch::glimpse(message);
    let to = sketch.single("to").and_then(|to| to.rsplit(|byte| *byte == b';').next()).unwrap_or_default();
    let tag = to.trim_ascii().strip_prefix(b"tag=").and_then(|tag| tag.strip_prefix(OUR_TAG.as_bytes()));
    tag.is_some_and(|hash| hash.len() == 16 && hash.iter().all(u8::is_ascii_hexdigit))
}

/// Notes on the topmost Via where the request came from (RFC 3261 §18.2.1, RFC 3581 §4).
fn received_from(via: &str, source: SocketAddr) -> String {
    let (first, others) = match via.split_once(',') {
        Some((first, others)) => (first, Some(others)),
        None => (via, None),
    };
    let mut noted = String::with_capacity(via.len() + 40);
    for (i, part) in first.split(';').enumerate() {
        if i > 0 {
            noted.push(';');
        }
        noted.push_str(part.trim());
        if part.trim().eq_ignore_ascii_case("rport") {
            noted.push_str(&format!("={}", source.port()));
        }
    }
    noted.push_str(&format!(";received={}", source.ip()));
    if let Some(others) = others {
        noted.push(',');
        noted.push_str(others);
    }
    noted
}

/// Back to the port it came from with rport, else to the port the Via names (RFC 3261 §18.2.2).
fn reply_address(via: &str, source: SocketAddr) -> SocketAddr {
    let first = via.split(',').next().unwrap_or_default();
    let has_rport = first.split(';').skip(1).any(|p| p.trim().to_ascii_lowercase().starts_with("rport"));
    if has_rport {
        return source;
    }
    let sent_by = first.split(';').next().unwrap_or_default().split_whitespace().last().unwrap_or_default();
    let port = sent_by.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(5060);
    SocketAddr::new(source.ip(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_goes_back_the_way_the_request_came() {
        let request =
            b"FROB sip:12349@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5070;rport;branch=z9hG4bKa\r\n\
            Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKb\r\nf: <sip:a@b>;tag=1\r\nTo: <sip:12349@192.0.2.1>\r\n\
            Call-ID: 7\r\nCSeq: 3 FROB\r\n\r\n";
        let source = "198.51.100.7:40000".parse().unwrap();
        let refusal = refuse(request, source, &Fault::NotImplemented).unwrap();
        assert_eq!(refusal.to, source);
        assert_eq!(
            String::from_utf8(refusal.bytes).unwrap(),
            "SIP/2.0 501 Not Implemented\r\n\
             Via: SIP/2.0/UDP 10.0.0.9:5070;rport=40000;branch=z9hG4bKa;received=198.51.100.7\r\n\
             Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKb\r\nf: <sip:a@b>;tag=1\r\nCall-ID: 7\r\nCSeq: 3 FROB\r\n\
             To: <sip:12349@192.0.2.1>;tag=refused-73cec5f02fe22d70\r\nContent-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn an_ack_of_a_refusal_is_known_and_of_a_call_is_not() {
        let ack =
            |to: &str| format!("ACK sip:1@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo: {to}\r\n\r\n").into_bytes();
        assert!(is_ack_of_refusal(&ack("<sip:1@b>;tag=refused-73cec5f02fe22d70")));
        for to in
            ["<sip:1@b>;tag=73cec5f02fe22d70", "<sip:1@b;tag=refused-73cec5f02fe22d70>", "<sip:1@b>", ""]
        {
            assert!(!is_ack_of_refusal(&ack(to)), "{to}");
        }
        let bye = b"BYE sip:1@b SIP/2.0\r\nTo: <sip:1@b>;tag=refused-73cec5f02fe22d70\r\n\r\n";
        assert!(!is_ack_of_refusal(bye));
    }

    #[test]
    fn without_rport_the_answer_goes_to_the_port_of_the_via() {
        let source = "198.51.100.7:40000".parse().unwrap();
        for (via, to) in [
            ("SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bKa", "198.51.100.7:5070"),
            ("SIP/2.0/UDP pbx.example;branch=z9hG4bKa", "198.51.100.7:5060"),
        ] {
            assert_eq!(reply_address(via, source), to.parse().unwrap(), "{via}");
        }
    }
}
