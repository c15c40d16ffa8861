//! Several trunks: which is dialled over, over which a call goes on, what a call over one says of us.

use std::time::Duration;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::ids::CallId;
use yingda::phone::settings::{Shown, Trunk};

use super::gateway::{Asked, Gateway};
use super::handset::value;
use super::line::Line;
use super::outgoing::{RING_TIME, dial, minted, picks_up};
use super::peer::invite;
use super::telephone::Telephone;
use crate::waiting::until;

const NUMBER: &str = "+8613800000001";

/// A line with two trunks, the first of which is tried first.
fn with_two() -> (Line, Gateway, Gateway) {
    let (first, second) = (Gateway::new(), Gateway::new());
    let line = Line::with(|settings| {
        settings.trunks = vec![
            Trunk { priority: 2, ..second.trunk("second") },
            Trunk { priority: 1, ..first.trunk("first") },
        ];
    });
    (line, first, second)
}

fn rings(line: &Line, number: u64) -> CallId {
    let call = minted(number);
    dial(line, call, NUMBER.into(), RING_TIME);
    call
}

fn ends(line: &Line, call: CallId) -> EndReason {
    match line.event() {
        PhoneEvent::CallEnded { call: ended, reason } if ended == call => reason,
        other => panic!("{other:?}"),
    }
}

/// Whether nothing was sent here for a call: what comes first is what is rung here now by its address.
fn was_left_alone(line: &Line, gateway: &Gateway) -> bool {
    let call = minted(u64::from(gateway.own().port()));
    dial(line, call, format!("sip:probe@{}", gateway.own()), RING_TIME);
    let first = gateway.receive();
    let is_probe = first.text.starts_with("INVITE sip:probe@");
    gateway.refuses(&first, "486 Busy Here");
    assert_eq!(ends(line, call), EndReason::Busy);
    is_probe
}

fn audio_port(invite: &Asked) -> String {
    let after = invite.text.split("m=audio ").nth(1).unwrap();
    after.split(' ').next().unwrap().to_owned()
}

#[test]
fn a_trunk_that_cannot_take_a_call_is_followed_by_the_next_and_the_desk_hears_of_one_call() {
    for (n, status) in
        ["503 Service Unavailable", "500 Oops", "504 Time-out", "408 Time-out", "403 Forbidden"]
            .into_iter()
            .enumerate()
    {
        let (line, first, second) = with_two();
        let call = rings(&line, 41 + n as u64);
        let refused = first.request("INVITE");
        first.answer(&refused, "100 Trying", "");
        first.refuses(&refused, status);
        let taken = second.request("INVITE");
        assert_eq!(audio_port(&taken), audio_port(&refused), "{status}");
        let mut ear = Telephone::new();
        second.answer(&taken, "180 Ringing", "");
        assert_eq!(line.event(), PhoneEvent::Ringing { call }, "{status}");
        second.picks_up(&taken, ear.port());
        assert_eq!(line.event(), PhoneEvent::Answered { call }, "{status}");
        line.play(call, 1, &["digits/0"]);
        ear.hear();
        assert_eq!(line.phone.health().calls_moved_on, 1);
        let let_down: Vec<_> = line.phone.trunks().iter().map(|trunk| trunk.let_down).collect();
        assert_eq!(let_down, [0, 1]);
    }
}

#[test]
fn a_trunk_that_says_nothing_is_left_for_the_next_and_an_alarm_too() {
    let (line, first, second) = with_two();
    let call = minted(51);
    dial(&line, call, "120".into(), RING_TIME);
    let unheard = first.request("INVITE");
    let taken = second.request("INVITE");
    assert!(taken.text.starts_with("INVITE sip:120@"), "{}", taken.text);
    second.picks_up(&taken, Telephone::new().port());
    picks_up(&line, call);
    // It comes to itself too late: nobody is rung twice.
    first.answer(&unheard, "100 Trying", "");
    let cancel = first.request("CANCEL");
    first.answer(&cancel, "200 OK", "");
    first.refuses(&unheard, "487 Request Terminated");
}

#[test]
fn where_nobody_listens_at_a_trunk_the_next_is_tried() {
    let (gone, second) = (Gateway::new(), Gateway::new());
    let trunks = vec![gone.trunk("gone"), second.trunk("second")];
    drop(gone);
    let line = Line::with(|settings| settings.trunks = trunks);
    let call = rings(&line, 52);
    let taken = second.request("INVITE");
    second.picks_up(&taken, Telephone::new().port());
    picks_up(&line, call);
}

#[test]
fn the_last_trunk_is_waited_for_however_long_it_says_nothing() {
    let only = Gateway::new();
    let line = Line::with(|settings| settings.trunks = vec![only.trunk("only")]);
    let call = rings(&line, 53);
    // It is asked at once, after 0.5 s, 1.5 s, 3.5 s and 7.5 s.
    for _ in 0..4 {
        only.request("INVITE");
    }
    let asked = only.request("INVITE");
    only.picks_up(&asked, Telephone::new().port());
    picks_up(&line, call);
}

#[test]
fn whoever_is_busy_or_does_not_want_to_is_not_rung_over_another_trunk() {
    let (line, first, second) = with_two();
    for (n, (status, reason)) in [
        ("486 Busy Here", EndReason::Busy),
        ("600 Busy Everywhere", EndReason::Busy),
        ("603 Decline", EndReason::Declined),
        ("404 Not Found", EndReason::NoSuchNumber),
        ("480 Temporarily Unavailable", EndReason::NoAnswer),
    ]
    .into_iter()
    .enumerate()
    {
        let call = rings(&line, 61 + n as u64);
        let invite = first.request("INVITE");
        first.refuses(&invite, status);
        assert_eq!(ends(&line, call), reason, "{status}");
    }
    assert!(was_left_alone(&line, &second));
}

#[test]
fn once_it_has_rung_what_comes_of_it_is_final() {
    let (line, first, second) = with_two();
    let call = rings(&line, 71);
    let invite = first.request("INVITE");
    first.answer(&invite, "180 Ringing", "");
    assert_eq!(line.event(), PhoneEvent::Ringing { call });
    first.refuses(&invite, "503 Service Unavailable");
    assert_eq!(ends(&line, call), EndReason::NetworkFailed);
    assert!(was_left_alone(&line, &second));
}

#[test]
fn when_no_trunk_takes_the_call_its_end_is_told_once() {
    let (line, first, second) = with_two();
    let call = rings(&line, 72);
    let invite = first.request("INVITE");
    first.refuses(&invite, "503 Service Unavailable");
    let invite = second.request("INVITE");
    second.refuses(&invite, "500 Oops");
    assert_eq!(ends(&line, call), EndReason::NetworkFailed);
    let next = rings(&line, 73);
    let invite = first.request("INVITE");
    first.refuses(&invite, "486 Busy Here");
    assert_eq!(ends(&line, next), EndReason::Busy, "nothing more was said of the call before");
}

#[test]
fn a_trunk_that_does_not_answer_is_tried_last_until_it_answers_again() {
    let (first, second) = (Gateway::new(), Gateway::new());
    let line = Line::with(|settings| {
        settings.trunks = vec![Trunk { keep_alive_s: 1, ..first.trunk("first") }, second.trunk("second")];
    });
    let answers = || line.phone.trunks()[0].answers;
    until("it is missed", || answers() == Some(false));
    let call = rings(&line, 81);
    let invite = second.request("INVITE");
    second.refuses(&invite, "503 Service Unavailable");
    let invite = first.request("INVITE");
    first.refuses(&invite, "486 Busy Here");
    assert_eq!(ends(&line, call), EndReason::Busy, "it is tried all the same when nothing else is left");
    // Whatever it says, it is there.
    until("it is there again", || {
        first.answers_what_waits("OPTIONS", "404 Not Found");
        answers() == Some(true)
    });
    let call = rings(&line, 82);
    let invite = first.request("INVITE");
    first.refuses(&invite, "486 Busy Here");
    assert_eq!(ends(&line, call), EndReason::Busy);
}

#[test]
fn a_trunk_takes_no_more_calls_in_either_direction_than_it_may() {
    let (first, second) = (Gateway::new(), Gateway::new());
    let line = Line::with(|settings| {
        let limited = Trunk { max_calls_in: Some(1), max_calls_out: Some(1), ..first.trunk("first") };
        settings.trunks = vec![limited, second.trunk("second")];
    });
    let to = line.phone.udp_address();
    let comes = |gateway: &Gateway, n: u32| {
        let via = format!("UDP {}", gateway.own());
        let (branch, call_id, tag) = (format!("z9hG4bK{n}"), format!("{n}@gateway"), format!("tag=g{n}"));
        let changes = [("z9hG4bK1", branch.as_str()), ("1@peer", call_id.as_str()), ("tag=1", tag.as_str())];
        gateway.send(&invite(&via, 4_000, &changes), to);
    };
    comes(&first, 1);
    let call = line.arrival();
    comes(&first, 2);
    let refused = first.final_answer();
    assert!(refused.starts_with("SIP/2.0 503"), "{refused}");
    assert!(value(&refused, "Retry-After").parse::<u32>().unwrap() > 0);
    assert!(matches!(line.event(), PhoneEvent::CallLost { number: Some(_), .. }), "who rang is owed a call");
    comes(&second, 3);
    let other = line.arrival();
    for call in [call, other] {
        line.tell(PhoneEffect::Hangup { call });
        assert_eq!(ends(&line, call), EndReason::Released);
    }
    comes(&first, 4);
    line.arrival();

    let one = rings(&line, 91);
    let at_first = first.request("INVITE");
    let alarm = minted(94);
    dial(&line, alarm, "110".into(), RING_TIME);
    let at_help = first.request("INVITE");
    assert!(at_help.text.starts_with("INVITE sip:110@"), "no limit keeps help away: {}", at_help.text);
    first.refuses(&at_help, "486 Busy Here");
    assert_eq!(ends(&line, alarm), EndReason::Busy);
    let two = rings(&line, 92);
    let at_second = second.request("INVITE");
    second.refuses(&at_second, "486 Busy Here");
    assert_eq!(ends(&line, two), EndReason::Busy);
    first.refuses(&at_first, "486 Busy Here");
    assert_eq!(ends(&line, one), EndReason::Busy);
    let three = rings(&line, 93);
    let at_first = first.request("INVITE");
    first.refuses(&at_first, "486 Busy Here");
    assert_eq!(ends(&line, three), EndReason::Busy);
}

#[test]
fn a_call_over_a_trunk_shows_what_its_settings_say_and_no_number_of_anybody_else() {
    let shown = |number: Option<&str>, asserted, private| Shown {
        number: number.map(str::to_owned),
        asserted,
        private,
    };
    for (n, (identity, target, from, asserted, privacy)) in [
        (shown(None, false, false), NUMBER, "sip:12349@127.0.0.1", None, None),
        (shown(Some("053212345678"), false, false), NUMBER, "sip:053212345678@", None, None),
        (
            shown(Some("053212345678"), true, false),
            NUMBER,
            "sip:053212345678@",
            Some("<sip:053212345678@"),
            None,
        ),
        (
            shown(None, true, true),
            NUMBER,
            "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
            Some("<sip:12349@"),
            Some("id"),
        ),
        (shown(None, false, true), NUMBER, "sip:anonymous@anonymous.invalid", None, Some("id")),
        (shown(None, true, true), "120", "sip:12349@", Some("<sip:12349@"), None),
    ]
    .into_iter()
    .enumerate()
    {
        let gateway = Gateway::new();
        let line = Line::with(|settings| settings.trunks = vec![Trunk { identity, ..gateway.trunk("only") }]);
        // A resident is on the line while somebody is rung for them.
        gateway.send(
            &invite(&format!("UDP {}", gateway.own()), 4_000, &[("13800000001", "13700000009")]),
            line.phone.udp_address(),
        );
        let resident = line.arrival();
        line.tell(PhoneEffect::Answer { call: resident });
        let call = minted(101 + n as u64);
        dial(&line, call, target.into(), Duration::from_secs(5));
        let invite = gateway.request("INVITE").text;
        assert!(value(&invite, "From").contains(from), "{invite}");
        let header = |name: &str| {
            let mut lines = invite.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(found, _)| *found == name).map(|(_, value)| value)
        };
        let said = header("P-Asserted-Identity");
        assert_eq!(said.is_some(), asserted.is_some(), "{invite}");
        assert!(said.is_none_or(|said| said.starts_with(asserted.unwrap())), "{invite}");
        assert_eq!(header("Privacy"), privacy, "{invite}");
        assert!(!invite.contains("13700000009"), "{invite}");
    }
}

#[test]
fn a_call_that_is_given_up_is_given_up_where_it_went_whatever_the_provider_is_called() {
    let provider = Gateway::new();
    let line = Line::with(|settings| {
        settings.trunks =
            vec![Trunk { domain: Some("nowhere.invalid".into()), ..provider.trunk("provider") }];
    });
    let call = rings(&line, 61);
    let invited = provider.request("INVITE");
    assert!(invited.text.starts_with("INVITE sip:+8613800000001@nowhere.invalid"), "{}", invited.text);
    provider.answer(&invited, "180 Ringing", "");
    assert_eq!(line.event(), PhoneEvent::Ringing { call });
    line.tell(PhoneEffect::Hangup { call });
    let cancel = provider.request("CANCEL");
    provider.answer(&cancel, "200 OK", "");
    provider.refuses(&invited, "487 Request Terminated");
}
