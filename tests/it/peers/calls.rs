//! Calls that come in: rung, answered, heard, keyed, ended.

use std::time::Duration;

use yingda::clock;
use yingda::desk::effect::{PhoneEffect, RejectReason};
use yingda::desk::event::{Digit, EndReason, PhoneEvent, PlayId};
use yingda::domain::call::CallerTrust;
use yingda::domain::language::Language;
use yingda::rtp::g711::Law;

use super::line::Line;
use super::peer::{Peer, invite};
use super::telephone::Telephone;

/// Digits that arrive, as they are printed on the telephone.
fn digits(line: &Line, count: usize) -> String {
    let mut pressed = String::new();
    while pressed.len() < count {
        match line.event() {
            PhoneEvent::Digit { digit, .. } => pressed.push(digit.as_char()),
            other => panic!("no key but {other:?}"),
        }
    }
    pressed
}

#[test]
fn a_caller_hears_the_clips_byte_for_byte_and_presses_keys() {
    let line = Line::start();
    let mut telephone = Telephone::new();
    let sipp = line.caller("line_hangs_up", telephone.port(), &[]);
    let call = match line.event() {
        PhoneEvent::CallArrived { call, number, trust, dialled, .. } => {
            assert_eq!(number.unwrap().as_str(), "+8613800000001");
            assert_eq!((trust, dialled.as_str()), (CallerTrust::Verified, "12349"));
            call
        }
        other => panic!("{other:?}"),
    };
    line.tell(PhoneEffect::Ring { call });
    line.tell(PhoneEffect::Answer { call });
    line.play(call, 1, &["welcome", "digits/0", "digits/0", "digits/7"]);
    let mut said = Vec::new();
    for id in ["welcome", "digits/0", "digits/0", "digits/7"] {
        said.extend_from_slice(line.sounds.find(Language::Zh, id).unwrap().bytes(Law::A));
    }
    telephone.hear_all_of(&said);
    assert_eq!(line.event(), PhoneEvent::PlayEnded { call, play: PlayId(1) });
    telephone.press("1#0");
    assert_eq!(digits(&line, 3), "1#0");
    line.tell(PhoneEffect::Hangup { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    sipp.succeeds();
    line.phone.stop();
}

#[test]
fn who_is_answered_at_once_hears_the_answer_first_and_who_waits_hears_that_the_call_came_and_rings() {
    let line = Line::start();
    let peer = Peer::new(&line);
    peer.send(invite(&peer.via(), 4_000, &[]).as_bytes());
    // Nobody says anything of it yet: soon enough for a caller not to repeat themselves.
    assert!(peer.receive().starts_with("SIP/2.0 100"));
    let call = line.arrival();
    line.tell(PhoneEffect::Ring { call });
    assert!(peer.receive().starts_with("SIP/2.0 180"));
    let quick = Peer::new(&line);
    let another = [("Call-ID: 1@peer", "Call-ID: 2@peer")];
    quick.send(invite(&quick.via(), 4_002, &another).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Ring { call });
    line.tell(PhoneEffect::Answer { call });
    // On a machine that is busy elsewhere it may take longer than that.
    let began = clock::monotonic();
    let first = quick.receive();
    let was_at_once = began.elapsed() < Duration::from_millis(40);
    assert!(first.starts_with("SIP/2.0 200") || !was_at_once, "{first}");
}

#[test]
fn a_caller_who_hangs_up_ends_the_call() {
    let line = Line::start();
    let telephone = Telephone::new();
    let sipp = line.caller("caller_hangs_up", telephone.port(), &["-d", "100"]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
    sipp.succeeds();
}

#[test]
fn a_caller_who_gives_up_while_it_rings_is_told_apart() {
    let line = Line::start();
    let sipp = line.caller("cancelled", 4_000, &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Ring { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Cancelled });
    sipp.succeeds();
}

#[test]
fn a_busy_line_refuses() {
    let line = Line::start();
    let sipp = line.caller("busy", 4_000, &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Reject { call, reason: RejectReason::Busy });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Refused });
    sipp.succeeds();
}

#[test]
fn a_caller_beyond_the_last_line_is_told_when_to_come_back_and_is_remembered() {
    let line = Line::with(|settings| settings.max_calls = 0);
    let sipp = line.caller("turned_away", 4_000, &[]);
    match line.event() {
        PhoneEvent::CallLost { number, dialled } => {
            assert_eq!((number.unwrap().as_str(), dialled.as_str()), ("+8613800000001", "12349"));
        }
        other => panic!("{other:?}"),
    }
    sipp.succeeds();
}

#[test]
fn a_number_is_believed_from_a_trunk_and_from_nobody_else() {
    for (scenario, trusted, number, trust) in [
        ("asserted", true, Some("+8653283721234"), CallerTrust::Verified),
        ("asserted", false, Some("+8613800000001"), CallerTrust::Unverified),
        ("withheld", true, None, CallerTrust::Verified),
    ] {
        let line = Line::with(|settings| {
            if !trusted {
                settings.trusted.clear();
            }
        });
        let sipp = line.caller(scenario, 4_000, &[]);
        match line.event() {
            PhoneEvent::CallArrived { call, number: said, trust: found, .. } => {
                assert_eq!(said.as_ref().map(|n| n.as_str()), number, "{scenario}");
                assert_eq!(found, trust, "{scenario}");
                line.tell(PhoneEffect::Answer { call });
            }
            other => panic!("{other:?}"),
        }
        sipp.succeeds();
    }
}

#[test]
fn keys_sent_as_info_are_keys() {
    let line = Line::start();
    let sipp = line.caller("info_keys", 4_000, &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    assert_eq!(digits(&line, 2), "7#");
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
    sipp.succeeds();
}

#[test]
fn a_caller_who_puts_the_line_on_hold_hears_it_again_afterwards() {
    let line = Line::start();
    let mut telephone = Telephone::new();
    let sipp = line.caller("held", telephone.port(), &["-d", "1500"]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    telephone.hear();
    let heard = telephone.hear_for(std::time::Duration::from_millis(1_000));
    let held = heard.windows(2).find(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) > 160);
    let [before, after] = held.expect("a pause while on hold") else { unreachable!("windows of two") };
    assert!(after.marker, "speech begins anew");
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    assert_eq!(line.event(), PhoneEvent::Held { call, on: true });
    assert_eq!(line.event(), PhoneEvent::Held { call, on: false });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
    sipp.succeeds();
}

#[test]
fn a_call_that_a_gateway_forgot_on_hold_or_for_hours_is_ended() {
    let held = Line::with(|settings| settings.longest_hold_s = 1);
    let long = Line::with(|settings| settings.longest_call_s = 1);
    for (line, held) in [(&held, true), (&long, false)] {
        let (peer, telephone) = (Peer::new(line), Telephone::new());
        let mut text = invite(&peer.via(), telephone.port(), &[]).replace("Content-Length", "X");
        if held {
            text.push_str("a=sendonly\r\n");
        }
        peer.send(text.as_bytes());
        let call = line.arrival();
        line.tell(PhoneEffect::Answer { call });
        if held {
            assert_eq!(line.event(), PhoneEvent::Held { call, on: true });
        }
        assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::WentDeaf });
    }
}

#[test]
fn a_question_what_we_can_is_answered_and_a_subscription_is_not() {
    let line = Line::start();
    line.caller("options", 4_000, &[]).succeeds();
}

#[test]
fn a_new_play_replaces_the_old_and_a_stopped_one_does_not_end() {
    let line = Line::start();
    let mut telephone = Telephone::new();
    let sipp = line.caller("line_hangs_up", telephone.port(), &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    line.play(call, 1, &["welcome"]);
    line.play(call, 2, &["digits/7"]);
    telephone.hear_all_of(line.sounds.find(Language::Zh, "digits/7").unwrap().bytes(Law::A));
    assert_eq!(line.event(), PhoneEvent::PlayEnded { call, play: PlayId(2) });
    line.play(call, 3, &["welcome"]);
    line.tell(PhoneEffect::StopPlay { call });
    telephone.press("5");
    assert_eq!(line.event(), PhoneEvent::Digit { call, digit: Digit::Number(5) });
    line.tell(PhoneEffect::Hangup { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    sipp.succeeds();
}

#[test]
fn a_caller_finds_the_line_busy_while_the_desk_is_overrun_and_nobody_else_notices() {
    let line = Line::with_room(1, |_| {});
    let telephone = Telephone::new();
    let first = line.caller("caller_hangs_up", telephone.port(), &["-d", "100"]);
    // The one place is taken by the first call's arrival, which the desk does not read yet.
    while line.phone.health().calls_in == 0 {
        std::thread::yield_now();
    }
    line.caller("turned_away", 4_000, &[]).succeeds();
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
    first.succeeds();
    let health = line.phone.health();
    assert_eq!(
        (health.calls_turned_away, health.reports_lost),
        (1, 1),
        "counted: the call and the word about it"
    );
}

#[test]
fn a_call_from_which_nothing_is_heard_any_more_is_ended() {
    let line = Line::with(|settings| settings.deaf_after_s = 1);
    let sipp = line.caller("line_hangs_up", Telephone::new().port(), &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::WentDeaf });
    sipp.succeeds();
}
