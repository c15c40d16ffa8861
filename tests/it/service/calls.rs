//! Real calls into the whole house.

use std::time::Duration;

use yingda::clock;
use yingda::domain::language::Language;
use yingda::domain::ticket::TicketState;
use yingda::rtp::g711::Law;

use super::house::{caller, key_a_wish, open, sounds, tickets};
use crate::peers::peer::{Peer, invite};
use crate::peers::telephone::Telephone;

#[test]
fn every_commit_is_synced_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path());
    // What SQLite calls FULL.
    assert_eq!(house.store.synchronous().unwrap(), 2);
    house.close().unwrap();
}

#[test]
fn a_caller_is_answered_and_greeted_at_once() {
    /// Ten times what is promised: this machine has other tests to run.
    const SOON: Duration = Duration::from_secs(10);
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path());
    let (peer, mut telephone) = (Peer::of(house.phone.udp_address()), Telephone::new());
    let sounds = sounds();
    let greeting = sounds.find(Language::Zh, "greeting").unwrap().bytes(Law::A);
    let rang = clock::monotonic();
    let stranger = [("<sip:13800000001@127.0.0.1>;tag", "<sip:13700000009@127.0.0.1>;tag")];
    peer.send(invite(&peer.via(), telephone.port(), &stranger).as_bytes());
    let mut answers = Vec::new();
    while answers.last().is_none_or(|answer: &String| answer.starts_with("SIP/2.0 1")) {
        answers.push(peer.receive());
    }
    // On a busy machine they hear before it that the call has come, or that it rings.
    assert!(answers.last().is_some_and(|answer| answer.starts_with("SIP/2.0 200")), "{answers:?}");
    let to = answers.last().and_then(|answer| answer.lines().find(|line| line.starts_with("To:")));
    let to = to.expect("an answer says who answers");
    let request = |method: &str, number: u32| {
        format!(
            "{method} sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{};branch=z9hG4bK-{method};rport\r\n\
             Max-Forwards: 70\r\nFrom: \"NAME\" <sip:13700000009@127.0.0.1>;tag=1\r\n{to}\r\nCall-ID: 1@peer\r\n\
             CSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n",
            peer.via()
        )
    };
    peer.send(request("ACK", 1).as_bytes());
    let began = telephone.hear_all_of(&greeting[..4_000]);
    let waited = began.duration_since(rang);
    assert!(waited < SOON, "the greeting began {waited:?} after the call");
    peer.send(request("BYE", 2).as_bytes());
    assert!(peer.answer().starts_with("SIP/2.0 200"));
    house.close().unwrap();
}

#[test]
fn a_number_that_is_heard_is_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path());
    let caller = caller(sounds());
    let address = format!("sip:12349@{}", house.phone.udp_address());
    let conversation = caller.dial(&address, "13900000001").unwrap();
    let heard = key_a_wish(&conversation);
    let tickets = tickets(&house);
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets[0].number.digits(), heard);
    // At night nobody is texted about what can wait.
    assert!(matches!(tickets[0].state, TicketState::Offering | TicketState::PendingDispatch));
    conversation.hang_up().unwrap();
    caller.stop();
    house.close().unwrap();
}
