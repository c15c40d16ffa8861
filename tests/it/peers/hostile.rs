//! Messages that are large, written in no alphabet we know, asking for what nobody has heard of, or that two readers
//! would read in two ways: each gets an orderly answer over UDP and over TCP, and none is met with silence.

use yingda::phone::sip::limit::SourceLimit;

use super::asking::{Over, ask};
use super::line::Line;
use super::peer::invite;

/// What is done to a sound INVITE, and the answers over UDP and over TCP. A stream of which it is unclear where the
/// next message begins is `closed`.
type Row = (&'static str, fn(&str) -> Vec<u8>, &'static str, &'static str);

/// Puts lines before the Max-Forwards.
fn more(text: &str, lines: &str) -> Vec<u8> {
    text.replace("Max-Forwards: 70", &format!("{lines}\r\nMax-Forwards: 70")).into_bytes()
}

/// Writes something else, which must be there, once.
fn other(text: &str, what: &str, with: &str) -> Vec<u8> {
    assert!(text.contains(what), "{what}");
    text.replacen(what, with, 1).into_bytes()
}

/// As `other`, in octets that may be no text.
fn octets(text: &str, what: &str, with: &[u8]) -> Vec<u8> {
    let at = text.find(what).unwrap();
    [&text.as_bytes()[..at], with, &text.as_bytes()[at + what.len()..]].concat()
}

fn asks(text: &str, method: &str) -> Vec<u8> {
    text.replace("INVITE", method).into_bytes()
}

fn length(text: &str, written: &str) -> Vec<u8> {
    let said = text.lines().find(|line| line.starts_with("Content-Length")).unwrap();
    other(text, said, written)
}

const LARGE: [Row; 9] = [
    ("as many octets as we read", |text| more(text, &format!("S: {}", "x".repeat(7_000))), "200", "200"),
    ("a header of 8 kB", |text| more(text, &format!("S: {}", "x".repeat(8_000))), "513", "513 closed"),
    ("a header of 60 kB", |text| more(text, &format!("S: {}", "x".repeat(60_000))), "513", "513 closed"),
    (
        "a body of 60 kB",
        |text| {
            let text = String::from_utf8(length(text, "Content-Length: 60000")).unwrap();
            (text + &"x".repeat(60_000)).into_bytes()
        },
        "513",
        "513 closed",
    ),
    ("a hundred headers", |text| more(text, &["X: 1"; 100].join("\r\n")), "200", "200"),
    ("a thousand headers", |text| more(text, &["X: 1"; 1_000].join("\r\n")), "400", "400 closed"),
    ("a hundred hops", |text| more(text, &["Via: SIP/2.0/UDP a.example"; 100].join("\r\n")), "200", "200"),
    (
        "a hundred hops on a line",
        |text| more(text, &format!("Via: {}", ["SIP/2.0/UDP a.example"; 100].join(", "))),
        "200",
        "200",
    ),
    ("two thousand parameters", |text| other(text, ";tag=1", &(";x".repeat(2_000) + ";tag=1")), "200", "200"),
];

const ALPHABETS: [Row; 9] = [
    ("a name in GBK", |text| octets(text, "NAME", b"\xc0\xee\xcb\xc4"), "200", "200"),
    ("a name in nothing at all", |text| octets(text, "NAME", b"\xff\xfe\xfd"), "200", "200"),
    ("a header in nothing", |text| octets(text, "Max-", b"Subject: \xff\xff\r\nMax-"), "200", "200"),
    // Whoever asked would not find their own words in the answer.
    ("a Call-ID in nothing", |text| octets(text, "1@peer", b"1\xff@peer"), "400", "400"),
    ("a tag in nothing", |text| octets(text, "tag=1", b"tag=\xff"), "400", "400"),
    ("a branch in nothing", |text| octets(text, "z9hG4bK1", b"z9hG4bK\xff"), "400", "400"),
    ("a number in nothing", |text| octets(text, "sip:12349", b"sip:\xff12349"), "400", "400"),
    (
        "a header's name in nothing",
        |text| octets(text, "Max-", b"S\xffbject: x\r\nMax-"),
        "400",
        "400 closed",
    ),
    ("a NUL", |text| octets(text, "NAME", b"NA\0ME"), "400", "400"),
];

const METHODS: [Row; 12] = [
    ("a method nobody knows", |text| asks(text, "FROB"), "501", "501"),
    ("a long method nobody knows", |text| asks(text, &"FROB".repeat(200)), "501", "501"),
    ("a method in small letters", |text| asks(text, "invite"), "501", "501"),
    ("a method in GBK", |text| octets(text, "INVITE", b"\xc0\xee"), "400", "400"),
    ("MESSAGE", |text| asks(text, "MESSAGE"), "405", "405"),
    ("SUBSCRIBE", |text| asks(text, "SUBSCRIBE"), "405", "405"),
    ("REFER to be called back", |text| asks(text, "REFER"), "405", "405"),
    ("BYE of no call", |text| asks(text, "BYE"), "481", "481"),
    ("CANCEL of no call", |text| asks(text, "CANCEL"), "481", "481"),
    // An ACK is never answered.
    ("ACK of no call", |text| asks(text, "ACK"), "-", "-"),
    ("another version in small letters", |text| other(text, "SIP/2.0\r\n", "sip/3.0\r\n"), "505", "505"),
    ("another protocol", |text| other(text, "SIP/2.0\r\n", "HTTP/1.1\r\n"), "400", "400"),
];

const SMUGGLED: [Row; 28] = [
    ("a lone LF", |text| more(text, "Subject: a\nX: b"), "400", "400 closed"),
    ("a lone CR", |text| more(text, "Subject: a\rX: b"), "400", "400 closed"),
    ("LF alone everywhere", |text| text.replace("\r\n", "\n").into_bytes(), "400", "400 closed"),
    ("an end of LF alone", |text| other(text, "Contact", "Subject: a\n\nContact"), "400", "400 closed"),
    ("a folded CSeq", |text| other(text, "1 INVITE\r\n", "1\r\n INVITE\r\n"), "200", "200"),
    ("a folded Via", |text| other(text, ";branch", "\r\n\t ;branch"), "200", "200"),
    (
        "a fold with a header in it",
        |text| other(text, "1@peer", "1@peer\r\n Via: SIP/2.0/UDP a"),
        "400",
        "400",
    ),
    ("a fold of nothing", |text| other(text, "Via: ", " X: 1\r\nVia: "), "400", "400 closed"),
    ("a space before the colon", |text| other(text, "CSeq:", "CSeq \t:"), "200", "200"),
    ("a space that only some see", |text| more(text, "To\u{a0}: <sip:other@a>"), "400", "400 closed"),
    ("a line without a colon", |text| more(text, "Subject"), "400", "400 closed"),
    ("a line without a name", |text| more(text, ": a"), "400", "400 closed"),
    ("Content-Length twice", |text| more(text, "l: 1"), "400", "400 closed"),
    (
        "Content-Length twice the same",
        |text| {
            let said = text.lines().find(|line| line.starts_with("Content-Length")).unwrap().to_owned();
            more(text, &said)
        },
        "200",
        "200",
    ),
    ("Content-Length below zero", |text| length(text, "Content-Length: -1"), "400", "400 closed"),
    ("Content-Length with a sign", |text| length(text, "Content-Length: +1"), "400", "400 closed"),
    ("Content-Length in sixteens", |text| length(text, "Content-Length: 0x10"), "400", "400 closed"),
    ("two lengths in one", |text| length(text, "Content-Length: 1, 2"), "400", "400 closed"),
    ("no length after all", |text| length(text, "Content-Length:"), "400", "400 closed"),
    ("too long a length", |text| length(text, "Content-Length: 2000"), "400", "400 closed"),
    (
        "a length that is no number of ours",
        |text| length(text, &format!("l: {}", u64::MAX)),
        "400",
        "513 closed",
    ),
    // Over UDP what follows is not there; over TCP it should be a message and is none.
    ("a length of nothing", |text| length(text, "Content-Length: 0"), "200", "200 closed"),
    ("Call-ID twice", |text| other(text, "CSeq", "i: 1@peer\r\nCSeq"), "400", "400"),
    ("CSeq twice", |text| more(text, "cseq: 1 INVITE"), "400", "400"),
    ("To twice", |text| more(text, "t: <sip:other@127.0.0.1>"), "400", "400"),
    ("From twice", |text| more(text, "FROM: <sip:other@127.0.0.1>;tag=2"), "400", "400"),
    ("Max-Forwards twice", |text| more(text, "Max-forwards: 1"), "400", "400"),
    ("a way nobody comes", |text| other(text, "SIP/2.0/", "SIP/2.0/PIGEON-"), "400", "400"),
];

fn each_message_over(over: Over) {
    let line = Line::with(|settings| {
        settings.tcp = Some("127.0.0.1:0".parse().unwrap());
        // What is too slow to come is given up soon.
        settings.source_limit = SourceLimit { message_s: 1, ..SourceLimit::default() };
    });
    let mut wrong = String::new();
    let rows = [&LARGE[..], &ALPHABETS, &METHODS, &SMUGGLED].concat();
    for (n, (what, change, udp, tcp)) in rows.into_iter().enumerate() {
        let (kind, expected) = if over == Over::Udp { ("UDP", udp) } else { ("TCP", tcp) };
        let answers = expected.split(' ').filter(|word| word.parse::<u16>().is_ok()).count();
        let heard = ask(&line, over, answers, |own| {
            let text = invite(&format!("{kind} {own}"), 4_000, &[]);
            change(&text.replace("1@peer", &format!("{n}-1@peer")))
        });
        if heard.to_string() != expected {
            wrong += &format!("{what}: {heard} and not {expected} over {over:?}\n");
        }
        // Whoever asked finds their own words in the answer.
        for answer in &heard.answers {
            let (call_id, branch) = (answer.value("Call-ID"), answer.value("Via"));
            let ours = call_id.is_some_and(|id| id.starts_with(&format!("{n}-1")))
                && branch.is_some_and(|via| via.contains("branch=z9hG4bK"));
            if !ours {
                wrong += &format!("{what}: {call_id:?} and {branch:?} in the answer over {over:?}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_hostile_message_over_udp_gets_an_orderly_answer() {
    each_message_over(Over::Udp);
}

#[test]
fn each_hostile_message_over_tcp_gets_an_orderly_answer() {
    each_message_over(Over::Tcp);
}
