//! The 61 messages of RFC 4475 and RFC 5118, which make use of all that the grammar of SIP allows and some that it
//! does not: each gets the answer that `tests/peers/torture/verdicts.tsv` says.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use yingda::desk::effect::PhoneEffect;

use super::asking::{Over, ask};
use super::handset::open;
use super::line::Line;
use super::peer::{Peer, invite};
use super::telephone::Telephone;

/// A line of the table.
struct Row {
    name: String,
    /// What becomes of the top Via.
    via: String,
    udp: String,
    tcp: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers/torture")
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(folder().join("verdicts.tsv")).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, _, via, _, udp, tcp, _] = cells[..] else { panic!("{line}") };
        Row { name: name.into(), via: via.into(), udp: udp.into(), tcp: tcp.into() }
    });
    rows.collect()
}

/// The message as somebody at `own` sends it, so that the answer comes back: where it says that it comes from, in its
/// top Via, is another place.
fn from(own: SocketAddr, message: &[u8], via: &str) -> Vec<u8> {
    if via == "raw" {
        return message.to_vec();
    }
    let place = sent_by(message);
    let written = if via == "rport" { format!("{own};rport") } else { own.to_string() };
    [&message[..place.start], written.as_bytes(), &message[place.end..]].concat()
}

/// Where the sender's address stands in the topmost Via, however that is written.
fn sent_by(message: &[u8]) -> std::ops::Range<usize> {
    let mut at = 0;
    let value = loop {
        let line = &message[at..];
        let colon = line.iter().position(|byte| *byte == b':').unwrap();
        let name = line[..colon].trim_ascii();
        if name.eq_ignore_ascii_case(b"via") || name.eq_ignore_ascii_case(b"v") {
            break at + colon + 1;
        }
        at += line.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    };
    // SIP/2.0/UDP, with space of any kind around each of the three.
    let mut slashes = message[value..].iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let after_version = value + slashes.nth(1).unwrap().0 + 1;
    let skip = |from: usize, space: bool| {
        from + message[from..].iter().take_while(|byte| byte.is_ascii_whitespace() == space).count()
    };
    let start = skip(skip(skip(after_version, true), false), true);
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b";,".contains(byte);
    let length = message[start..].iter().position(ends).unwrap();
    start..start + length
}

fn each_message_over(over: Over) {
    let line = Line::with(|settings| settings.tcp = Some("127.0.0.1:0".parse().unwrap()));
    let _kept = open(&line, vec![]);
    let mut wrong = String::new();
    for row in table() {
        let expected = if over == Over::Udp { &row.udp } else { &row.tcp };
        let message = fs::read(folder().join(format!("{}.dat", row.name))).unwrap();
        let answers = expected.split(' ').filter(|word| word.parse::<u16>().is_ok()).count();
        let heard = ask(&line, over, answers, |own| from(own, &message, &row.via));
        if heard.to_string() != *expected {
            let said: Vec<_> = heard.answers.iter().filter_map(|answer| answer.text.lines().next()).collect();
            wrong += &format!("{}: {heard} and not {expected} over {over:?}: {said:?}\n", row.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    // And then somebody rings as ever.
    let (peer, mut telephone) = (Peer::new(&line), Telephone::new());
    peer.send(invite(&peer.via(), telephone.port(), &[]).as_bytes());
    let call = line.next_arrival();
    line.tell(PhoneEffect::Answer { call });
    peer.answer_tag();
    line.play(call, 1, &["welcome"]);
    assert_eq!(telephone.hear().payload.len(), 160);
}

#[test]
fn each_torture_message_over_udp_gets_the_answer_of_the_table() {
    each_message_over(Over::Udp);
}

#[test]
fn each_torture_message_over_tcp_gets_the_answer_of_the_table() {
    each_message_over(Over::Tcp);
}

#[test]
fn the_table_has_each_message_once_and_says_why_where_it_differs() {
    let text = fs::read_to_string(folder().join("verdicts.tsv")).unwrap();
    let mut messages: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".dat").map(str::to_owned))
        .collect();
    let mut named: Vec<String> = table().into_iter().map(|row| row.name).collect();
    messages.sort();
    named.sort();
    assert_eq!(messages, named);
    assert_eq!(messages.len(), 61);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [_, _, _, wanted, udp, tcp, why] = cells[..] else { panic!("{line}") };
        let as_wanted = |ours: &str| {
            let first = ours.split(' ').next().unwrap();
            wanted.split('|').any(|one| match one {
                // Any orderly answer but that something is wrong with the message or with us.
                "valid" => first.starts_with(['2', '3', '4', '6']) && first != "400",
                "none" | "drop" => first == "-",
                status => status == first,
            })
        };
        assert!((as_wanted(udp) && as_wanted(tcp)) || !why.is_empty(), "why is that? {line}");
    }
}
