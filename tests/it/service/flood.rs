//! A stranger floods the line with calls, and whoever needs help has it.
//!
//! `cargo bench --bench line` has the true figures: 500 a second for ten seconds.

use yingda::phone::settings::Settings;
use yingda::service::house::{House, Plan};

use super::house::{ground, plan};
use crate::peers::peer::{Peer, invite};
use crate::peers::telephone::Telephone;
use crate::peers::telephones::within;

/// Calls of people who need help, each from an address of their own.
const CALLS: u32 = 25;
/// INVITEs of the stranger to each of them.
const TO_EACH: u32 = 40;

/// An INVITE like no other.
fn ringing(peer: &Peer, n: u32, rtp_port: u16) -> String {
    let text = invite(&peer.via(), rtp_port, &[]).replace("z9hG4bK1", &format!("z9hG4bK{n}f"));
    text.replace("1@peer", &format!("{n}@{}", peer.via().replace("UDP ", "")))
}

/// Rings, is answered, hears something, and hangs up.
fn is_served(house: &House, n: u32) {
    let (peer, mut telephone) =
        (Peer::at(&format!("127.0.2.{n}"), house.phone.udp_address()), Telephone::new());
    let text = ringing(&peer, n, telephone.port());
    peer.send(text.as_bytes());
    let tag = peer.answer_tag();
    let call_id = text.lines().find_map(|line| line.strip_prefix("Call-ID: ")).unwrap();
    let say = |method, sequence| {
        peer.send(within(&peer, &tag, method, sequence, "").replace("1@peer", call_id).as_bytes());
    };
    say("ACK", 1);
    assert_eq!(telephone.hear().payload.len(), 160);
    say("BYE", 2);
    assert!(peer.answer().starts_with("SIP/2.0 200"));
}

#[test]
fn a_stranger_who_floods_the_line_keeps_nobody_from_help() {
    let folder = tempfile::tempdir().unwrap();
    let ground = ground(folder.path());
    let plan = plan(folder.path());
    // The stranger's calls are not waited for at the end.
    let phone = Settings { trusted: vec![], stop_within_s: 0, ..plan.phone.clone() };
    let limit = phone.source_limit;
    let house = House::open(Plan { phone, ..plan }, ground, Box::new(|_, _| {})).unwrap();
    let stranger = Peer::at("127.0.3.1", house.phone.udp_address());
    for n in 1..=CALLS {
        for m in 0..TO_EACH {
            stranger.send(ringing(&stranger, n * TO_EACH + m, 4_000).as_bytes());
        }
        is_served(&house, n);
    }
    let health = house.phone.health();
    assert!(health.sip_held_back > 0, "{health:?}");
    let taken = health.calls_in - u64::from(CALLS);
    assert!(taken <= limit.half_open as u64, "the stranger never acknowledges and has few lines: {taken}");
    // Whoever comes too often is told when to come back.
    let told = (0..TO_EACH).any(|_| {
        let answer = stranger.answer();
        answer.starts_with("SIP/2.0 503") && answer.contains("Retry-After: ")
    });
    assert!(told);
    is_served(&house, CALLS + 1);
    house.close().unwrap();
}
