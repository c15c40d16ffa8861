//! What is let through to the SIP parser, and what is answered or dropped in its stead.
//!
//! The parser behind us is lenient where leniency loses calls: it drops a body
//! without Content-Length and every header after a name that is not UTF-8, and
//! is silent about what it cannot read. This room repairs the first kind and
//! gives the second an orderly answer.

use std::borrow::Cow;

use super::grammar::{address_fault, after_address, has_tag, uri_fault, via_fault};
use super::plain::is_plain;
use super::refusal::Fault;
use super::sketch::{Sketch, SketchError, number};
use super::unfold;

/// The largest message the parser takes; more over UDP would have been cut.
pub const MAX_MESSAGE_BYTES: usize = 8_000;

/// What becomes of a datagram.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// To the parser, which is known to read it.
    Plain(&'a [u8]),
    /// To the parser, repaired if need be, if it can read it.
    Pass(Cow<'a, [u8]>),
    /// Answered with this fault.
    Refuse(Fault),
    /// Nothing sensible can be answered.
    Drop,
}

/// Methods the parser knows; whether we serve them is decided behind it.
const METHODS: [&[u8]; 14] = [
    b"INVITE",
    b"ACK",
    b"BYE",
    b"CANCEL",
    b"OPTIONS",
    b"INFO",
    b"UPDATE",
    b"PRACK",
    b"REFER",
    b"MESSAGE",
    b"NOTIFY",
    b"SUBSCRIBE",
    b"PUBLISH",
    b"REGISTER",
];

/// Judges one datagram.
pub fn screen(datagram: &[u8]) -> Verdict<'_> {
    if datagram.iter().all(u8::is_ascii_whitespace) {
        return Verdict::Pass(Cow::Borrowed(datagram)); // a keep-alive
    }
    if datagram.len() > MAX_MESSAGE_BYTES {
        return refuse_unless_response(datagram, Fault::TooLarge);
    }
    let sketch = match Sketch::of(datagram) {
        Ok(sketch) => sketch,
        Err(
            SketchError::TooManyLines
            | SketchError::NoEnd
            | SketchError::NoName
            | SketchError::Nul
            | SketchError::LoneLineBreak,
        ) => {
            return refuse_unless_response(datagram, unreadable(datagram));
        }
    };
    if sketch.is_response() {
        let is_ours = has_what_every_message_has(&sketch) && has_status(sketch.start);
        return match checked_body(&sketch) {
            Ok(body) if is_ours && echoed_fault(&sketch).is_ok() => passed(datagram, &sketch, body),
            Ok(_) | Err(_) => Verdict::Drop,
        };
    }
    let judged = request_fault(&sketch).and_then(|()| checked_body(&sketch));
    match judged {
        Ok(body) => passed(datagram, &sketch, body),
        Err(fault) => refuse_unless_ack(&sketch, fault),
    }
}

fn passed<'a>(datagram: &'a [u8], sketch: &Sketch<'a>, body: &[u8]) -> Verdict<'a> {
    match repaired(datagram, sketch, body) {
        Cow::Borrowed(sound) if is_plain(sketch) => Verdict::Plain(sound),
        sound @ (Cow::Borrowed(_) | Cow::Owned(_)) => Verdict::Pass(sound),
    }
}

/// Whatever asks in our protocol is answered, but an ACK.
pub fn refuse_unless_response(datagram: &[u8], fault: Fault) -> Verdict<'_> {
    let is_request = request_line(start_of(datagram))
        .is_ok_and(|[method, _, version]| method != b"ACK" && version.starts_with(b"SIP/"));
    if is_request { Verdict::Refuse(fault) } else { Verdict::Drop }
}

/// Of a request whose header cannot be read: a method that nobody knows is the first thing to say.
fn unreadable(datagram: &[u8]) -> Fault {
    match request_line(start_of(datagram)) {
        Ok([method, _, _]) if !METHODS.contains(&method) => Fault::NotImplemented,
        Ok(_) | Err(_) => Fault::BadRequest("unreadable header"),
    }
}

/// The first line that is not empty.
fn start_of(datagram: &[u8]) -> &[u8] {
    let mut lines = datagram.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    lines.find(|line| !line.is_empty()).unwrap_or_default()
}

/// An ACK is never answered (RFC 3261 §17).
fn refuse_unless_ack<'a>(sketch: &Sketch<'a>, fault: Fault) -> Verdict<'a> {
    if sketch.start.starts_with(b"ACK ") { Verdict::Drop } else { Verdict::Refuse(fault) }
}

fn request_fault(sketch: &Sketch<'_>) -> Result<(), Fault> {
    let [method, uri, version] = request_line(sketch.start)?;
    if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        let sip = version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case(b"SIP/"));
        return Err(if sip { Fault::Version } else { Fault::BadRequest("no SIP version") });
    }
    if !has_what_every_message_has(sketch) {
        return Err(Fault::BadRequest("a header is missing or stands twice"));
    }
    echoed_fault(sketch)?;
    cseq_fault(sketch, method)?;
    if !METHODS.contains(&method) {
        return Err(Fault::NotImplemented);
    }
    uri_fault(uri)?;
    sketch.lines("via").try_for_each(|line| via_fault(line.value))?;
    for address in [Some(uri), sketch.single("to"), sketch.single("from")].into_iter().flatten() {
        address_fault(address)?;
    }
    sketch.lines("contact").try_for_each(|line| address_fault(line.value))?;
    if let Some(hops) = sketch.lines("max-forwards").next()
        && !matches!(number(hops.value), Some(0..=255))
    {
        return Err(Fault::BadRequest("Max-Forwards is no number from 0 to 255"));
    }
    if method == b"INVITE" && sketch.lines("contact").next().is_none() {
        return Err(Fault::BadRequest("an INVITE needs a Contact"));
    }
    if !sketch.single("from").is_some_and(has_tag) {
        return Err(Fault::BadRequest("From needs a tag"));
    }
    required_fault(sketch, method)
}

/// Whether an answer has a status that answers have: three digits, the first from 1 to 6.
fn has_status(start: &[u8]) -> bool {
    let mut words = start.split(|b| *b == b' ');
    let is_ours = words.next().is_some_and(|version| version.eq_ignore_ascii_case(b"SIP/2.0"));
    is_ours && words.next().and_then(number).is_some_and(|status| matches!(status, 100..=699))
}

/// Returns method, address and version.
fn request_line(start: &[u8]) -> Result<[&[u8]; 3], Fault> {
    let mut parts = start.trim_ascii_end().split(|b| *b == b' ');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(method), Some(uri), Some(version), None) if !uri.is_empty() => Ok([method, uri, version]),
        _ => Err(Fault::BadRequest("the request line is not method, address, version")),
    }
}

fn has_what_every_message_has(sketch: &Sketch<'_>) -> bool {
    ["from", "to", "call-id", "cseq"].iter().all(|name| sketch.single(name).is_some_and(|v| !v.is_empty()))
        && sketch.lines("via").next().is_some_and(|via| !via.value.is_empty())
        && sketch.lines("max-forwards").count() <= 1
}

/// What an answer repeats for whoever asked to know it by: mended it would be nobody's.
fn echoed_fault(sketch: &Sketch<'_>) -> Result<(), Fault> {
    let whole =
        ["via", "call-id", "cseq"].into_iter().flat_map(|name| sketch.lines(name)).map(|line| line.value);
    // The words of an answer's status may be in whatever alphabet.
    let uri = (!sketch.is_response()).then_some(sketch.start);
    let parameters = ["from", "to"].into_iter().filter_map(|name| sketch.single(name)).map(after_address);
    if !whole.chain(parameters).chain(uri).all(|value| std::str::from_utf8(value).is_ok()) {
        return Err(Fault::BadRequest("what an answer repeats is not UTF-8"));
    }
    let call_id = sketch.single("call-id").unwrap_or_default();
    if call_id.iter().any(u8::is_ascii_whitespace) {
        return Err(Fault::BadRequest("Call-ID is one word"));
    }
    Ok(())
}

fn cseq_fault(sketch: &Sketch<'_>, method: &[u8]) -> Result<(), Fault> {
    let value = sketch.single("cseq").unwrap_or_default();
    let mut parts = value.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty());
    let (sequence, named) = (parts.next().and_then(number), parts.next());
    if sequence.is_none_or(|n| n >= 1 << 31) || parts.next().is_some() {
        return Err(Fault::BadRequest("CSeq is not a number and a method"));
    }
    if named != Some(method) {
        return Err(Fault::BadRequest("CSeq names another method"));
    }
    Ok(())
}

/// The extensions that can be required of us (RFC 3262, RFC 4028).
const EXTENSIONS: [&str; 2] = ["100rel", "timer"];

/// Whether more is required than we support (RFC 3261 §8.2.2.3). CANCEL and ACK
/// carry the INVITE's list and are not refused for it.
fn required_fault(sketch: &Sketch<'_>, method: &[u8]) -> Result<(), Fault> {
    if matches!(method, b"ACK" | b"CANCEL") {
        return Ok(());
    }
    let required: Vec<_> = sketch.lines("require").map(|line| String::from_utf8_lossy(line.value)).collect();
    let tags = required.iter().flat_map(|value| value.split(',')).map(str::trim);
    let is_known = |tag: &&str| EXTENSIONS.iter().any(|one| one.eq_ignore_ascii_case(tag));
    let unknown: Vec<_> = tags.filter(|tag| !tag.is_empty() && !is_known(tag)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(Fault::Extension(unknown.join(", "))) }
}

/// Returns the body as long as Content-Length says, or to the end of the datagram without one
/// (RFC 3261 §18.3, §20.14).
fn checked_body<'a>(sketch: &Sketch<'a>) -> Result<&'a [u8], Fault> {
    let Some(length) = sketch.content_length().map_err(|error| Fault::BadRequest(error.why()))? else {
        return Ok(sketch.body);
    };
    sketch.body.get(..length).ok_or(Fault::BadRequest("the body is shorter than Content-Length"))
}

/// Returns the message as the parser reads it without loss: UTF-8 and one true Content-Length.
fn repaired<'a>(datagram: &'a [u8], sketch: &Sketch<'a>, body: &[u8]) -> Cow<'a, [u8]> {
    let one_length = sketch.lines("content-length").count() == 1;
    let untouched = sketch.head.len() + body.len() == datagram.len();
    let plain = !sketch.headers.iter().any(unfold::is_spread);
    if untouched && one_length && plain && std::str::from_utf8(sketch.head).is_ok() {
        return Cow::Borrowed(datagram);
    }
    let mut message = readable(sketch.start).into_bytes();
    for line in &sketch.headers {
        if !is_length(line.name) {
            message.extend_from_slice(b"\r\n");
            let line = if plain {
                readable(line.whole)
            } else {
                unfold::plain(&readable(line.name), &readable(line.value))
            };
            message.extend_from_slice(line.as_bytes());
        }
    }
    message.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
    message.extend_from_slice(body);
    Cow::Owned(message)
}

fn is_length(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l")
}

/// A line in UTF-8. A gateway's GB 18030 name is read as such; what that cannot be becomes `?`.
fn readable(line: &[u8]) -> String {
    match std::str::from_utf8(line) {
        Ok(line) => line.to_owned(),
        Err(_) => {
            let (text, wrong) = encoding_rs::GB18030.decode_without_bom_handling(line);
            if wrong { String::from_utf8_lossy(line).replace('\u{fffd}', "?") } else { text.into_owned() }
        }
    }
}

#[cfg(test)]
mod tests;
