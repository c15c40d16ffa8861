//! Ringing that is acknowledged (RFC 3262).

use yingda::desk::effect::PhoneEffect;

use super::dialog::{NOWHERE, address, answers, asked_back, asking, description, header, reached_at, to_tag};
use super::line::Line;
use super::outgoing::{RING_TIME, dial, minted, picks_up};
use super::peer::{Peer, invite};
use super::telephone::Telephone;

#[test]
fn a_caller_who_requires_it_is_told_that_it_rings_until_they_acknowledge_it() {
    let (line, mut telephone) = (Line::start(), Telephone::new());
    let peer = Peer::new(&line);
    let more = "Require: 100rel\r\nMax-Forwards: 70";
    let replaced = [("Max-Forwards: 70", more), (NOWHERE, &reached_at(&peer))];
    peer.send(invite(&peer.via(), telephone.port(), &replaced).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Ring { call });
    let rings = || loop {
        let message = peer.receive();
        if message.starts_with("SIP/2.0 180") {
            break message;
        }
    };
    let (first, second) = (rings(), rings());
    assert_eq!(header(&first, "Require"), "100rel");
    assert_eq!(header(&first, "RSeq"), header(&second, "RSeq"), "it is said again, not anew");
    let number: u32 = header(&first, "RSeq").parse().unwrap();
    let tag = to_tag(&first).to_owned();
    let acknowledge = |sequence: u32, number: u32| {
        let line = format!("RAck: {number} 1 INVITE\r\n");
        peer.send(asking(&peer, &tag, "PRACK", sequence, &line, "").as_bytes());
        peer.answered(sequence, "PRACK")
    };
    assert!(acknowledge(2, number + 1).starts_with("SIP/2.0 481"), "nothing was said under that number");
    assert!(acknowledge(3, number).starts_with("SIP/2.0 200"));
    assert!(acknowledge(4, number).starts_with("SIP/2.0 481"), "it waits no more");
    line.tell(PhoneEffect::Answer { call });
    let answer = peer.answered(1, "INVITE");
    assert_eq!((to_tag(&answer), header(&answer, "RSeq")), (tag.as_str(), ""));
    peer.send(asking(&peer, &tag, "ACK", 1, "", "").as_bytes());
    telephone.hear();
    line.tell(PhoneEffect::Hangup { call });
    peer.asked("BYE");
}

#[test]
fn a_caller_who_only_could_acknowledge_is_not_asked_to() {
    let line = Line::start();
    let peer = Peer::new(&line);
    let more = "Supported: 100rel, timer\r\nMax-Forwards: 70";
    peer.send(invite(&peer.via(), 4_000, &[("Max-Forwards: 70", more)]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Ring { call });
    let rings = loop {
        let message = peer.receive();
        if message.starts_with("SIP/2.0 180") {
            break message;
        }
    };
    assert_eq!((header(&rings, "Require"), header(&rings, "RSeq")), ("", ""));
    let line = "RAck: 1 1 INVITE\r\n";
    peer.send(asking(&peer, to_tag(&rings), "PRACK", 2, line, "").as_bytes());
    assert!(peer.answered(2, "PRACK").starts_with("SIP/2.0 481"));
}

#[test]
fn one_who_is_rung_and_describes_what_they_speak_before_they_answer_is_acknowledged_and_heard() {
    let line = Line::start();
    let (peer, mut telephone, call) = (Peer::new(&line), Telephone::new(), minted(711));
    dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
    let asked = peer.asked("INVITE");
    assert!(!header(&asked, "Supported").contains("100rel"));
    let lines = "Require: 100rel\r\nRSeq: 77\r\n";
    answers(&peer, &asked, "183 Session Progress", "a", lines, &description(telephone.port(), 1, ""));
    let acknowledged = peer.asked("PRACK");
    assert_eq!((header(&acknowledged, "RAck"), to_tag(&acknowledged)), ("77 1 INVITE", "a"));
    answers(&peer, &acknowledged, "200 OK", "", "", "");
    answers(&peer, &asked, "200 OK", "a", "", "");
    picks_up(&line, call);
    telephone.hear();
    peer.send(asked_back(&peer, &asked, "a", "BYE", 1, "").as_bytes());
    assert!(peer.answered(1, "BYE").starts_with("SIP/2.0 200"));
}
