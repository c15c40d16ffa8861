//! Who speaks moves, says something too early, or asks for two things at once.

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::PhoneEvent;
use yingda::domain::ids::CallId;

use super::dialog::{NOWHERE, address, answers, asked_back, asking, description, header, reached_at, to_tag};
use super::line::Line;
use super::outgoing::{RING_TIME, dial, minted};
use super::peer::{Peer, invite};
use super::telephone::Telephone;

fn rung(line: &Line, peer: &Peer, port: u16, lines: &str) -> CallId {
    let more = format!("{lines}Max-Forwards: 70");
    let replaced = [("Max-Forwards: 70", more.as_str()), (NOWHERE, &reached_at(peer))];
    peer.send(invite(&peer.via(), port, &replaced).as_bytes());
    line.arrival()
}

fn talking(line: &Line, peer: &Peer, port: u16, lines: &str) -> (CallId, String) {
    let call = rung(line, peer, port, lines);
    line.tell(PhoneEffect::Answer { call });
    let tag = peer.answer_tag();
    peer.send(asking(peer, &tag, "ACK", 1, "", "").as_bytes());
    (call, tag)
}

fn is_pressed(line: &Line, key: char) {
    let event = line.event();
    assert!(matches!(event, PhoneEvent::Digit { digit, .. } if digit.as_char() == key), "{event:?}");
}

#[test]
fn a_telephone_that_moves_is_heard_and_reached_where_it_is_and_nowhere_else() {
    for method in ["INVITE", "UPDATE"] {
        let line = Line::start();
        let (here, there) = (Peer::new(&line), Peer::new(&line));
        let (mut before, mut after) = (Telephone::new(), Telephone::new());
        let (call, tag) = talking(&line, &here, before.port(), "");
        before.hear();
        before.press("1");
        is_pressed(&line, '1');
        there.send(asking(&there, &tag, method, 2, "", &description(after.port(), 2, "")).as_bytes());
        let answer = there.answered(2, method);
        assert!(answer.starts_with("SIP/2.0 200") && answer.contains("m=audio"), "{answer}");
        if method == "INVITE" {
            there.send(asking(&there, &tag, "ACK", 2, "", "").as_bytes());
        }
        after.hear();
        // Its stream has gone on meanwhile.
        (0..50).for_each(|_| after.lose(0));
        // Whoever is where it was is not heard any more.
        before.press("2");
        after.press("3");
        is_pressed(&line, '3');
        line.tell(PhoneEffect::Hangup { call });
        there.asked("BYE");
    }
}

#[test]
fn what_a_caller_asks_before_they_are_answered_has_an_answer_too() {
    let (line, telephone) = (Line::start(), Telephone::new());
    let peer = Peer::new(&line);
    let call = rung(&line, &peer, telephone.port(), "");
    line.tell(PhoneEffect::Ring { call });
    let rings = loop {
        let message = peer.receive();
        if message.starts_with("SIP/2.0 180") {
            break message;
        }
    };
    let tag = to_tag(&rings).to_owned();
    let offer = description(telephone.port(), 2, "");
    let asks = |method: &str, sequence: u32, body: &str| {
        peer.send(asking(&peer, &tag, method, sequence, "", body).as_bytes());
        let answer = peer.answered(sequence, method);
        (answer.split(' ').nth(1).unwrap().to_owned(), header(&answer, "Retry-After").to_owned())
    };
    let said = |status: &str, again: &str| (status.to_owned(), again.to_owned());
    assert_eq!(asks("UPDATE", 2, ""), said("200", ""));
    assert_eq!(asks("UPDATE", 3, &offer), said("500", "2"));
    assert_eq!(asks("INVITE", 4, &offer), said("500", "2"));
    peer.send(asking(&peer, &tag, "ACK", 4, "", "").as_bytes());
    assert_eq!(asks("OPTIONS", 5, ""), said("200", ""));
    line.tell(PhoneEffect::Answer { call });
    assert!(peer.answered(1, "INVITE").starts_with("SIP/2.0 200"));
    // Answered, and not acknowledged yet.
    assert_eq!(asks("INFO", 6, "Signal=5\r\nDuration=160\r\n"), said("200", ""));
    is_pressed(&line, '5');
    assert_eq!(asks("UPDATE", 7, &offer), said("500", "2"));
    peer.send(asking(&peer, &tag, "ACK", 1, "", "").as_bytes());
    assert_eq!(asks("UPDATE", 8, &offer), said("200", ""));
    assert_eq!(asks("OPTIONS", 3, ""), said("500", ""), "older than what came before");
}

#[test]
fn who_is_rung_may_ask_before_they_answer_but_not_offer_while_our_offer_waits() {
    let (line, telephone) = (Line::start(), Telephone::new());
    let (peer, call) = (Peer::new(&line), minted(731));
    dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
    let asked = peer.asked("INVITE");
    answers(&peer, &asked, "180 Ringing", "a", "", "");
    assert_eq!(line.event(), PhoneEvent::Ringing { call });
    peer.send(asked_back(&peer, &asked, "a", "UPDATE", 1, "").as_bytes());
    assert!(peer.answered(1, "UPDATE").starts_with("SIP/2.0 200"));
    let offer = description(telephone.port(), 2, "");
    peer.send(asked_back(&peer, &asked, "a", "UPDATE", 2, &offer).as_bytes());
    assert!(peer.answered(2, "UPDATE").starts_with("SIP/2.0 491"));
    line.tell(PhoneEffect::Hangup { call });
    peer.asked("CANCEL");
}

#[test]
fn two_offers_that_cross_are_told_apart() {
    let line = Line::with(|settings| settings.shortest_session_s = 1);
    let (peer, mut telephone) = (Peer::new(&line), Telephone::new());
    let lines = "Supported: timer\r\nSession-Expires: 8;refresher=uas\r\n";
    let (call, tag) = talking(&line, &peer, telephone.port(), lines);
    let offer = description(telephone.port(), 2, "");
    // An offer of ours in the answer to an INVITE without one.
    peer.send(asking(&peer, &tag, "INVITE", 2, lines, "").as_bytes());
    assert!(peer.answered(2, "INVITE").starts_with("SIP/2.0 200"));
    peer.send(asking(&peer, &tag, "UPDATE", 3, "", &offer).as_bytes());
    assert!(peer.answered(3, "UPDATE").starts_with("SIP/2.0 491"));
    peer.send(asking(&peer, &tag, "ACK", 2, "", &offer).as_bytes());
    // And one in an INVITE of ours, that only says that the call lasts.
    let word = peer.asked("INVITE");
    peer.send(asking(&peer, &tag, "INVITE", 4, lines, &offer).as_bytes());
    assert!(peer.answered(4, "INVITE").starts_with("SIP/2.0 491"));
    peer.send(asking(&peer, &tag, "ACK", 4, "", "").as_bytes());
    answers(&peer, &word, "200 OK", "", "", &offer);
    peer.asked("ACK");
    peer.send(asking(&peer, &tag, "INVITE", 5, lines, &offer).as_bytes());
    assert!(peer.answered(5, "INVITE").starts_with("SIP/2.0 200"));
    telephone.hear();
    line.tell(PhoneEffect::Hangup { call });
}
