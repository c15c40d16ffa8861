//! What the screen lets through, mends and refuses.

use super::*;
use proptest::prelude::*;

/// An INVITE with one line replaced (by its name) or, when the name is unknown, added.
fn invite_with(name: &str, line: &str) -> Vec<u8> {
    let lines = [
        ("start", "INVITE sip:12349@192.0.2.1 SIP/2.0"),
        ("Via", "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1"),
        ("Max-Forwards", "Max-Forwards: 70"),
        ("From", "From: <sip:a@198.51.100.7>;tag=1"),
        ("To", "To: <sip:12349@192.0.2.1>"),
        ("Call-ID", "Call-ID: 1@198.51.100.7"),
        ("CSeq", "CSeq: 1 INVITE"),
        ("Contact", "Contact: <sip:a@198.51.100.7>"),
        ("Content-Length", "Content-Length: 3"),
    ];
    let mut text = String::new();
    for (known, usual) in lines {
        let line = if known == name { line } else { usual };
        if !line.is_empty() {
            text.push_str(line);
            text.push_str("\r\n");
        }
    }
    if lines.iter().all(|(known, _)| *known != name) {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.push_str("\r\nv=0");
    text.into_bytes()
}

fn status_of(datagram: &[u8]) -> Option<Fault> {
    match screen(datagram) {
        Verdict::Refuse(fault) => Some(fault),
        Verdict::Plain(_) | Verdict::Pass(_) | Verdict::Drop => None,
    }
}

fn passed(datagram: &[u8]) -> Vec<u8> {
    match screen(datagram) {
        Verdict::Plain(message) => message.to_vec(),
        Verdict::Pass(message) => message.into_owned(),
        verdict @ (Verdict::Refuse(_) | Verdict::Drop) => panic!("{verdict:?}"),
    }
}

#[test]
fn a_sound_invite_passes_untouched() {
    let invite = invite_with("Content-Length", "Content-Length: 3");
    assert_eq!(screen(&invite), Verdict::Plain(&invite));
}

#[test]
fn a_body_without_content_length_runs_to_the_end_of_the_datagram() {
    assert!(passed(&invite_with("Content-Length", "")).ends_with(b"Content-Length: 3\r\n\r\nv=0"));
}

#[test]
fn octets_after_the_body_are_cut_off() {
    assert!(passed(&invite_with("Content-Length", "l: 1")).ends_with(b"Content-Length: 1\r\n\r\nv"));
}

#[test]
fn a_chinese_name_from_an_old_gateway_loses_nothing() {
    let mut invite = invite_with("From", "From: \"NAME\" <sip:a@198.51.100.7>;tag=1");
    let at = invite.windows(4).position(|w| w == b"NAME").unwrap();
    invite.splice(at..at + 4, [0xc0, 0xee, 0xcb, 0xc4]); // GB 2312
    let message = String::from_utf8(passed(&invite)).unwrap();
    assert!(message.contains("From: \"李四\" <sip:a@198.51.100.7>;tag=1\r\n"), "{message}");
    assert!(message.contains("CSeq: 1 INVITE\r\n") && message.ends_with("Content-Length: 3\r\n\r\nv=0"));
}

#[test]
fn what_the_parser_would_lose_gets_an_orderly_answer() {
    use Fault as F;
    let bad = |why| Some(F::BadRequest(why));
    let table = [
        ("Content-Length", "Content-Length: -999", bad("Content-Length is no number")),
        ("Content-Length", "Content-Length: 9999", bad("the body is shorter than Content-Length")),
        ("Content-Length", "Content-Length: 3\r\nl: 2", bad("Content-Length stands twice and differs")),
        ("CSeq", "CSeq: 1 BYE", bad("CSeq names another method")),
        ("CSeq", "CSeq: 36893488147419103232 INVITE", bad("CSeq is not a number and a method")),
        ("Max-Forwards", "Max-Forwards: 300", bad("Max-Forwards is no number from 0 to 255")),
        ("Call-ID", "", bad("a header is missing or stands twice")),
        ("To", "To: <sip:a@b>\r\nt: <sip:c@d>", bad("a header is missing or stands twice")),
        ("From", "From: <sip:a@198.51.100.7>", bad("From needs a tag")),
        ("Contact", "", bad("an INVITE needs a Contact")),
        ("Subject", "Subject: a\rb", bad("unreadable header")),
        ("Subject", "Subject", bad("unreadable header")),
        ("start", "INVITE <sip:12349@192.0.2.1> SIP/2.0", bad("the request address is no URI")),
        (
            "start",
            "INVITE sip:12349@192.0.2.1; lr SIP/2.0",
            bad("the request line is not method, address, version"),
        ),
        ("start", "INVITE sip:a@2001:db8::1 SIP/2.0", bad("an IPv6 address stands in brackets")),
        ("To", "To: \"Mr. User <sip:12349@192.0.2.1>", bad("a quotation has no end")),
        ("Via", "Via: SIP/2.0/UDP 198.51.100.7;;branch=z9hG4bK1", bad("Via is not written as it must be")),
        ("Subject", "To\u{a0}: <sip:another@192.0.2.1>", bad("unreadable header")),
        ("start", "INVITE soap.beep://192.0.2.1 SIP/2.0", Some(F::UnknownScheme)),
        ("start", "INVITE sip:12349@192.0.2.1 SIP/7.0", Some(F::Version)),
        ("Require", "Require: nothing, at-all", Some(F::Extension("nothing, at-all".into()))),
        ("Require", "Require: 100rel, Timer", None),
        ("Require", "Require: 100rel, nothing", Some(F::Extension("nothing".into()))),
    ];
    for (name, line, fault) in table {
        assert_eq!(status_of(&invite_with(name, line)), fault, "{line:?}");
    }
}

#[test]
fn an_unknown_method_is_not_implemented() {
    let request = String::from_utf8(invite_with("start", "FROB sip:12349@192.0.2.1 SIP/2.0")).unwrap();
    assert_eq!(status_of(request.replace("1 INVITE", "1 FROB").as_bytes()), Some(Fault::NotImplemented));
}

#[test]
fn a_message_too_large_for_the_parser_is_refused() {
    let subject = format!("Subject: {}", "x".repeat(MAX_MESSAGE_BYTES));
    assert_eq!(status_of(&invite_with("Subject", &subject)), Some(Fault::TooLarge));
}

#[test]
fn neither_an_ack_nor_a_response_nor_noise_is_answered() {
    let ack = String::from_utf8(invite_with("start", "ACK sip:12349@192.0.2.1 SIP/2.0")).unwrap();
    for datagram in [
        ack.as_bytes(),
        b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n",
        b"SIP/2.0 200 OK",
        b"SIP/2.0 4294967301 Far too much\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
          To: <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
        b"\x80\x08\x00\x01 not SIP at all",
    ] {
        assert_eq!(screen(datagram), Verdict::Drop, "{:?}", String::from_utf8_lossy(datagram));
    }
}

#[test]
fn folded_lines_and_empty_lines_before_the_message_are_read() {
    let mut invite = b"\r\n\r\n".to_vec();
    invite.extend(invite_with("CSeq", "CSeq: 1\r\n  INVITE"));
    let message = String::from_utf8(passed(&invite)).unwrap();
    assert!(message.starts_with("INVITE ") && message.contains("CSeq: 1 INVITE\r\n"), "{message}");
}

proptest! {
    #[test]
    fn no_datagram_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        screen(&bytes);
    }

    #[test]
    fn no_mangled_invite_panics(cuts in proptest::collection::vec((0usize..400, any::<u8>()), 1..6)) {
        let mut invite = invite_with("Content-Length", "Content-Length: 3");
        for (at, byte) in cuts {
            let at = at % invite.len();
            invite[at] = byte;
        }
        if let Verdict::Refuse(fault) = screen(&invite) {
            crate::phone::sip::refusal::refuse(&invite, "192.0.2.9:5060".parse().unwrap(), &fault);
        }
    }
}
