//! Messages that cross on their way: giving up and answering, several who answer one call.

use std::time::Duration;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};

use super::dialog::{NOWHERE, address, answers, asked_back, asking, description, header, reached_at, to_tag};
use super::line::Line;
use super::outgoing::{RING_TIME, dial, minted, picks_up};
use super::peer::{Peer, invite};
use super::telephone::Telephone;

/// The CANCEL of an INVITE.
fn cancel(invite: &str) -> String {
    let (head, _) = invite.split_once("\r\n\r\n").unwrap();
    let kept = head.lines().filter(|line| !line.starts_with("Content-"));
    let head = kept.collect::<Vec<_>>().join("\r\n").replace("INVITE", "CANCEL");
    format!("{head}\r\nContent-Length: 0\r\n\r\n")
}

#[test]
fn a_caller_who_gives_up_just_after_the_answer_has_the_call_until_they_hang_up() {
    let (line, mut telephone) = (Line::start(), Telephone::new());
    let peer = Peer::new(&line);
    let rung = invite(&peer.via(), telephone.port(), &[(NOWHERE, &reached_at(&peer))]);
    peer.send(rung.as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let answer = peer.answer();
    // It is sent again until it has its answer, as on every way that may lose it.
    let gives_up = || loop {
        peer.send(cancel(&rung).as_bytes());
        let heard = peer.asked_or_quiet(Duration::from_millis(500));
        if let Some(answer) = heard.filter(|heard| header(heard, "CSeq") == "1 CANCEL") {
            break assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        }
    };
    gives_up();
    let tag = to_tag(&answer).to_owned();
    peer.send(asking(&peer, &tag, "ACK", 1, "", "").as_bytes());
    telephone.hear();
    // Once more after it was acknowledged, when nothing is left of the INVITE.
    gives_up();
    telephone.hear();
    peer.send(asking(&peer, &tag, "BYE", 2, "", "").as_bytes());
    assert!(peer.answered(2, "BYE").starts_with("SIP/2.0 200"));
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
}

#[test]
fn a_caller_who_says_goodbye_while_it_rings_has_both_answers() {
    let line = Line::start();
    let peer = Peer::new(&line);
    peer.send(invite(&peer.via(), 4_000, &[]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Ring { call });
    let rings = loop {
        let message = peer.receive();
        if message.starts_with("SIP/2.0 180") {
            break message;
        }
    };
    peer.send(asking(&peer, to_tag(&rings), "BYE", 2, "", "").as_bytes());
    let mut heard = [peer.answer(), peer.answer()]
        .map(|answer| (header(&answer, "CSeq").to_owned(), answer.split(' ').nth(1).unwrap().to_owned()));
    heard.sort();
    let expected = [("1 INVITE", "487"), ("2 BYE", "200")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(heard, expected);
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Cancelled });
}

#[test]
fn whom_we_give_up_before_they_said_anything_is_told_as_soon_as_they_do() {
    let line = Line::start();
    let (peer, call) = (Peer::new(&line), minted(721));
    dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
    let asked = peer.asked("INVITE");
    line.tell(PhoneEffect::Hangup { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    // Nothing may be cancelled of which nobody said that it came (RFC 3261 §9.1); it is only asked again.
    assert!(
        peer.asked_or_quiet(Duration::from_millis(300)).is_none_or(|message| message.starts_with("INVITE"))
    );
    answers(&peer, &asked, "180 Ringing", "a", "", "");
    let cancelled = peer.asked("CANCEL");
    assert_eq!(header(&cancelled, "CSeq"), "1 CANCEL");
    assert_eq!(header(&cancelled, "Via"), header(&asked, "Via"));
    answers(&peer, &cancelled, "200 OK", "a", "", "");
    answers(&peer, &asked, "487 Request Terminated", "a", "", "");
    peer.asked("ACK");
}

#[test]
fn who_answers_just_as_we_give_up_is_thanked_and_let_go() {
    for before in ["180 Ringing", ""] {
        let (line, telephone) = (Line::start(), Telephone::new());
        let (peer, call) = (Peer::new(&line), minted(722));
        dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
        let asked = peer.asked("INVITE");
        if !before.is_empty() {
            answers(&peer, &asked, before, "a", "", "");
            assert_eq!(line.event(), PhoneEvent::Ringing { call });
        }
        line.tell(PhoneEffect::Hangup { call });
        assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
        if !before.is_empty() {
            let cancelled = peer.asked("CANCEL");
            answers(&peer, &cancelled, "200 OK", "a", "", "");
        }
        answers(&peer, &asked, "200 OK", "a", "", &description(telephone.port(), 1, ""));
        peer.asked("ACK");
        let bye = peer.asked("BYE");
        assert_eq!(to_tag(&bye), "a");
        answers(&peer, &bye, "200 OK", "", "", "");
    }
}

#[test]
fn of_two_telephones_behind_a_trunk_the_first_that_answers_has_the_call_and_the_other_is_let_go() {
    let (line, mut telephone, other) = (Line::start(), Telephone::new(), Telephone::new());
    let (peer, call) = (Peer::new(&line), minted(723));
    dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
    let asked = peer.asked("INVITE");
    answers(&peer, &asked, "180 Ringing", "a", "", "");
    assert_eq!(line.event(), PhoneEvent::Ringing { call });
    // It is the same call that rings at a second place.
    answers(&peer, &asked, "180 Ringing", "b", "", "");
    answers(&peer, &asked, "200 OK", "a", "", &description(telephone.port(), 1, ""));
    assert_eq!(line.event(), PhoneEvent::Answered { call });
    assert_eq!(to_tag(&peer.asked("ACK")), "a");
    answers(&peer, &asked, "200 OK", "b", "", &description(other.port(), 1, ""));
    assert_eq!(to_tag(&peer.asked("ACK")), "b");
    let bye = peer.asked("BYE");
    assert_eq!(to_tag(&bye), "b");
    answers(&peer, &bye, "200 OK", "", "", "");
    telephone.hear();
    assert!(other.heard_nothing());
    // The call is the first one's, and its end too.
    peer.send(asked_back(&peer, &asked, "a", "BYE", 1, "").as_bytes());
    assert!(peer.answered(1, "BYE").starts_with("SIP/2.0 200"));
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
}

#[test]
fn of_two_that_ring_the_one_that_rang_second_may_answer() {
    let (line, mut telephone) = (Line::start(), Telephone::new());
    let (peer, call) = (Peer::new(&line), minted(724));
    dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
    let asked = peer.asked("INVITE");
    for tag in ["a", "b", "a"] {
        answers(&peer, &asked, "180 Ringing", tag, "", "");
    }
    answers(&peer, &asked, "200 OK", "b", "", &description(telephone.port(), 1, ""));
    picks_up(&line, call);
    telephone.hear();
    line.tell(PhoneEffect::Hangup { call });
    assert_eq!(to_tag(&peer.asked("BYE")), "b");
}

#[test]
fn who_hangs_up_in_the_moment_they_answer_is_gone_at_once() {
    let (line, telephone) = (Line::start(), Telephone::new());
    let (peer, call) = (Peer::new(&line), minted(725));
    dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
    let asked = peer.asked("INVITE");
    answers(&peer, &asked, "200 OK", "a", "", &description(telephone.port(), 1, ""));
    peer.send(asked_back(&peer, &asked, "a", "BYE", 1, "").as_bytes());
    assert!(peer.answered(1, "BYE").starts_with("SIP/2.0 200"));
    let ended = loop {
        match line.event() {
            PhoneEvent::Answered { .. } => {}
            other => break other,
        }
    };
    assert_eq!(ended, PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
}

#[test]
fn a_caller_who_acknowledges_and_changes_in_one_breath_is_understood() {
    let (line, mut telephone) = (Line::start(), Telephone::new());
    let peer = Peer::new(&line);
    peer.send(invite(&peer.via(), 4_000, &[(NOWHERE, &reached_at(&peer))]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let tag = peer.answer_tag();
    peer.send(asking(&peer, &tag, "ACK", 1, "", "").as_bytes());
    let offer = description(telephone.port(), 2, "");
    peer.send(asking(&peer, &tag, "INVITE", 2, "", &offer).as_bytes());
    assert!(peer.answered(2, "INVITE").starts_with("SIP/2.0 200"));
    telephone.hear();
    line.tell(PhoneEffect::Hangup { call });
}
