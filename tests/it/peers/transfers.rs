//! Telephones that want their calls led elsewhere: ours may ask, and nobody else.

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{Digit, PhoneEvent};
use yingda::domain::ids::CallId;

use super::line::{Line, Sipp, free_port};
use super::outgoing::{RING_TIME, answering_with, dial, minted, picks_up};
use super::peer::{Peer, invite};
use super::telephone::Telephone;
use super::telephones::within;

/// An operator's telephone, as SIPp, that asks for its call to be led to `refer_to`.
fn operator_asks(line: &Line, number: u64, refer_to: &str) -> (Sipp, PhoneEvent) {
    let (port, call) = (free_port(), minted(number));
    let sipp = answering_with("refers", port, Telephone::new().port(), &["-key", "refer_to", refer_to]);
    dial(line, call, format!("sip:operator@127.0.0.1:{port}"), RING_TIME);
    picks_up(line, call);
    (sipp, PhoneEvent::TransferAsked { call, to: "201".into(), replaces: None })
}

/// The scenario presses a key when it has been told of the outcome, and nothing else comes before.
fn is_told(line: &Line, call: CallId) {
    assert_eq!(line.event(), PhoneEvent::Digit { call, digit: Digit::Number(5) });
}

#[test]
fn an_operators_telephone_asks_for_a_transfer_and_is_told_how_it_went() {
    let line = Line::start();
    for (number, ok) in [(41, true), (42, false)] {
        let (sipp, asked) = operator_asks(&line, number, "<sip:201@127.0.0.1>");
        assert_eq!(line.event(), asked);
        let call = minted(number);
        line.tell(PhoneEffect::TransferOutcome { call, ok });
        is_told(&line, call);
        line.tell(PhoneEffect::Hangup { call });
        assert!(matches!(line.event(), PhoneEvent::CallEnded { .. }));
        sipp.succeeds();
    }
}

/// An incoming call of the peer's, answered; returns the tag of our side.
fn answered(line: &Line, peer: &Peer, telephone: &Telephone) -> (CallId, String) {
    peer.send(invite(&peer.via(), telephone.port(), &[]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let tag = peer.answer_tag();
    peer.send(within(peer, &tag, "ACK", 1, "").as_bytes());
    // A key after it shows that the ACK was read.
    peer.send(within(peer, &tag, "INFO", 2, "Signal=1\r\n").as_bytes());
    assert!(matches!(line.event(), PhoneEvent::Digit { .. }));
    assert!(peer.answer().starts_with("SIP/2.0 200"));
    (call, tag)
}

#[test]
fn whom_an_operator_has_asked_first_is_named_by_their_other_call() {
    let line = Line::start();
    let (peer, telephone) = (Peer::new(&line), Telephone::new());
    let (asked_first, tag) = answered(&line, &peer, &telephone);
    let refer_to = format!("<sip:201@127.0.0.1?Replaces=1%40peer%3Bto-tag%3D{tag}%3Bfrom-tag%3D1>");
    let (sipp, _) = operator_asks(&line, 43, &refer_to);
    let call = minted(43);
    let replaces = Some(asked_first);
    assert_eq!(line.event(), PhoneEvent::TransferAsked { call, to: "201".into(), replaces });
    line.tell(PhoneEffect::TransferOutcome { call, ok: true });
    is_told(&line, call);
    line.tell(PhoneEffect::Hangup { call });
    sipp.succeeds();
}

#[test]
fn an_operator_who_names_a_call_that_is_none_of_ours_is_told_so_and_the_desk_is_not_asked() {
    let line = Line::start();
    let (sipp, _) =
        operator_asks(&line, 44, "<sip:201@127.0.0.1?Replaces=1%40peer%3Bto-tag%3D7%3Bfrom-tag%3D1>");
    let call = minted(44);
    is_told(&line, call);
    line.tell(PhoneEffect::Hangup { call });
    sipp.succeeds();
}

#[test]
fn a_caller_may_not_lead_their_call_elsewhere_nor_take_the_place_of_another() {
    let line = Line::start();
    let (peer, telephone) = (Peer::new(&line), Telephone::new());
    let (call, tag) = answered(&line, &peer, &telephone);
    let refer = |tag: &str, sequence| {
        let refer = within(&peer, tag, "REFER", sequence, "");
        refer.replace("Content-Length", "Refer-To: <sip:201@127.0.0.1>\r\nContent-Length")
    };
    peer.send(refer(&tag, 3).as_bytes());
    assert!(peer.answer().starts_with("SIP/2.0 403"));
    let outside = refer(&tag, 9).replace(&format!(";tag={tag}"), "").replace("1@peer", "9@peer");
    peer.send(outside.as_bytes());
    assert!(peer.answer().starts_with("SIP/2.0 405"));
    let thief = Peer::new(&line);
    let known = format!("1@peer;to-tag={tag};from-tag=1");
    for (n, replaces, status) in [(5, known.as_str(), "403"), (6, "1@peer;to-tag=x;from-tag=1", "481")] {
        let (call_id, branch) = (format!("{n}@thief"), format!("z9hG4bK{n}thief"));
        let header = format!("Replaces: {replaces}\r\nContent-Type");
        let changes =
            [("1@peer", call_id.as_str()), ("z9hG4bK1", branch.as_str()), ("Content-Type", header.as_str())];
        thief.send(invite(&thief.via(), telephone.port(), &changes).as_bytes());
        let answer = thief.answer();
        assert!(answer.starts_with(&format!("SIP/2.0 {status}")), "{answer}");
    }
    line.tell(PhoneEffect::Hangup { call });
    assert!(matches!(line.event(), PhoneEvent::CallEnded { call: ended, .. } if ended == call), "untouched");
}
