//! Calls that we make, and two calls that hear each other.

use std::time::Duration;

use yingda::clock;
use yingda::desk::effect::{Part, PhoneEffect};
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::ids::{CallId, Chance};
use yingda::domain::language::Language;
use yingda::domain::timestamp::Timestamp;
use yingda::phone::settings::{NumberStyle, Trunk};
use yingda::rtp::g711::Law;

use super::line::{Line, PATIENCE, Sipp, free_port};
use super::telephone::Telephone;

/// SIPp as the telephone that is rung, once it listens.
pub fn answering(scenario: &str, sip_port: u16, rtp_port: u16) -> Sipp {
    answering_with(scenario, sip_port, rtp_port, &[])
}

pub fn answering_with(scenario: &str, sip_port: u16, rtp_port: u16, more: &[&str]) -> Sipp {
    let sipp = Sipp::start(scenario, rtp_port, &[&["-p", &sip_port.to_string()], more].concat());
    let until = clock::monotonic() + PATIENCE;
    while !is_listened_on(sip_port) {
        assert!(clock::monotonic() < until, "SIPp never listened");
        std::thread::yield_now();
    }
    sipp
}

/// Asks the system: trying the port ourselves could take it from SIPp.
fn is_listened_on(port: u16) -> bool {
    let sockets = std::fs::read_to_string("/proc/net/udp").unwrap();
    sockets.contains(&format!(":{port:04X} 00000000:0000"))
}

pub fn minted(number: u64) -> CallId {
    Chance::from_number(number).mint(Timestamp::from_millis(0))
}

pub fn dial(line: &Line, call: CallId, target: String, ring_time: Duration) {
    line.tell(PhoneEffect::Dial { call, target, ring_time });
}

/// Waits for the answer. Datagrams keep no order: on a busy machine its 200 may come before its 180, which is then
/// not told any more.
pub fn picks_up(line: &Line, call: CallId) {
    let event = match line.event() {
        PhoneEvent::Ringing { call: rung } if rung == call => line.event(),
        other => other,
    };
    assert_eq!(event, PhoneEvent::Answered { call });
}

pub const RING_TIME: Duration = Duration::from_secs(15);

#[test]
fn somebody_is_rung_picks_up_and_hears_us() {
    let line = Line::start();
    let (mut telephone, port, call) = (Telephone::new(), free_port(), minted(2));
    let sipp = answering("answers", port, telephone.port());
    dial(&line, call, format!("sip:duty@127.0.0.1:{port}"), RING_TIME);
    picks_up(&line, call);
    line.play(call, 1, &["welcome"]);
    telephone.hear_all_of(line.sounds.find(Language::Zh, "welcome").unwrap().bytes(Law::A));
    assert!(matches!(line.event(), PhoneEvent::PlayEnded { .. }));
    telephone.press("1");
    assert!(matches!(line.event(), PhoneEvent::Digit { .. }));
    line.tell(PhoneEffect::Hangup { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    sipp.succeeds();
}

#[test]
fn a_number_is_rung_over_the_trunk() {
    let port = free_port();
    let line = Line::with(|settings| {
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        settings.trunks.push(Trunk {
            dials: NumberStyle::National,
            keep_alive_s: 0,
            ..Trunk::at("telecom", address)
        });
    });
    let (sipp, call) = (answering("is_busy", port, 4_000), minted(3));
    dial(&line, call, "+8613800000001".into(), RING_TIME);
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Busy });
    sipp.succeeds();
}

#[test]
fn a_telephone_that_nobody_picks_up_is_given_up_after_its_time() {
    let line = Line::start();
    let (port, call) = (free_port(), minted(4));
    let sipp = answering("never_answers", port, 4_000);
    dial(&line, call, format!("sip:duty@127.0.0.1:{port}"), Duration::from_millis(500));
    assert_eq!(line.event(), PhoneEvent::Ringing { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::NoAnswer });
    sipp.succeeds();
}

#[test]
fn what_cannot_be_rung_ends_at_once() {
    let line = Line::start();
    for (number, target) in [(5, "+8613800000001"), (6, "the duty officer"), (7, "sip:")] {
        let call = minted(number);
        dial(&line, call, target.into(), RING_TIME);
        assert_eq!(
            line.event(),
            PhoneEvent::CallEnded { call, reason: EndReason::NetworkFailed },
            "{target}"
        );
    }
}

#[test]
fn a_caller_and_the_one_who_was_rung_hear_each_other_until_they_are_parted() {
    let line = Line::start();
    let (mut resident, mut operator, port, rung) =
        (Telephone::new(), Telephone::new(), free_port(), minted(8));
    let answers = answering("answers", port, operator.port());
    let rings = line.caller("line_hangs_up", resident.port(), &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    dial(&line, rung, format!("sip:operator@127.0.0.1:{port}"), RING_TIME);
    assert_eq!(line.event(), PhoneEvent::Ringing { call: rung });
    assert_eq!(line.event(), PhoneEvent::Answered { call: rung });
    resident.hear();
    operator.hear();
    line.tell(PhoneEffect::Bridge { a: call, b: rung });
    let heard_by = |speaker: &mut Telephone, byte: u8, listener: &mut Telephone| {
        (0..100).any(|_| {
            speaker.say(byte);
            listener.hear().payload == [byte; 160]
        })
    };
    assert!(heard_by(&mut resident, 0x11, &mut operator), "the operator hears the resident");
    assert!(heard_by(&mut operator, 0x22, &mut resident), "the resident hears the operator");
    // A key is for us, not for the other's ear.
    operator.press("9");
    assert!(matches!(line.event(), PhoneEvent::Digit { call, .. } if call == rung));
    line.tell(PhoneEffect::Unbridge { a: call, b: rung });
    line.play(call, 1, &["digits/0"]);
    resident.hear_all_of(line.sounds.find(Language::Zh, "digits/0").unwrap().bytes(Law::A));
    for call in [call, rung] {
        line.tell(PhoneEffect::Hangup { call });
    }
    rings.succeeds();
    answers.succeeds();
}

#[test]
fn three_on_a_bridge_hear_the_two_others_and_two_go_on_when_one_leaves() {
    let line = Line::start();
    let mut phones = [Telephone::new(), Telephone::new(), Telephone::new()];
    let calls = [minted(21), minted(22), minted(23)];
    let ports = [free_port(), free_port(), free_port()];
    let ends = ports.iter().zip(&phones);
    let answers: Vec<_> = ends.map(|(port, phone)| answering("answers", *port, phone.port())).collect();
    for ((call, port), phone) in calls.into_iter().zip(ports).zip(&mut phones) {
        dial(&line, call, format!("sip:person@127.0.0.1:{port}"), RING_TIME);
        picks_up(&line, call);
        phone.hear();
    }
    line.tell(PhoneEffect::Bridge { a: calls[0], b: calls[1] });
    line.tell(PhoneEffect::Join { to: calls[0], call: calls[2], part: Part::Speak });
    let [caller, helper, ambulance] = &mut phones;
    let (one, other) = (Law::A.encode(1_000), Law::A.encode(2_000));
    let together = Law::A.encode(Law::A.decode(one) + Law::A.decode(other));
    let hears = |byte: u8, phone: &mut Telephone| phone.hear().payload == [byte; 160];
    let heard = (0..200).any(|_| {
        caller.say(one);
        helper.say(other);
        hears(together, ambulance)
    });
    assert!(heard, "the ambulance hears caller and helper together");
    line.tell(PhoneEffect::Hangup { call: calls[1] });
    let heard = (0..200).any(|_| {
        ambulance.say(other);
        hears(other, caller)
    });
    assert!(heard, "the caller still hears the ambulance");
    for call in [calls[0], calls[2]] {
        line.tell(PhoneEffect::Hangup { call });
    }
    for answers in answers {
        answers.succeeds();
    }
}
