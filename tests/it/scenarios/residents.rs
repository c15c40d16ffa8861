//! Residents: what closes a ticket, what sends it back, and what nobody may do to it.

use std::time::Duration;

use yingda::desk::command::{Proof, TicketCommand as T};
use yingda::domain::actor::Role;
use yingda::domain::clocks::ClockKind;
use yingda::domain::ids::VolunteerId;
use yingda::domain::survey::SurveyState;
use yingda::domain::ticket::{ClosureCode, ReturnReason, SuspendReason, TicketState, VoidReason};

use super::town::{Town, number};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Staff took it and says it is done.
fn handled(town: &mut Town) {
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    town.does(901, Role::Handler, T::Handled { outcome: "已上门".into() }).later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
}

fn helped_by_staff() -> Town {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").later(MINUTE);
    handled(&mut town);
    town
}

#[test]
fn a_no_sends_it_back_with_the_handling_clock_still_running() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:20:00");
    town.texts("13800000001", "9").texts("13800000002", "9").at("10:00:00");
    let clock = |town: &Town| {
        town.ticket().clocks.iter().find(|clock| clock.kind == ClockKind::Handle).cloned().unwrap()
    };
    let before = clock(&town);
    assert!(before.stopped.is_some());
    town.texts("13900000001", "C").at("10:01:00");
    let after = clock(&town);
    assert_eq!((after.started, after.due, after.stopped), (before.started, before.due, None));
    assert_eq!(town.ticket().redo_count, 1);
    let again = town.ledger.offers.values().filter(|offer| offer.state.is_open());
    for offer in again {
        assert!(![VolunteerId(10_001), VolunteerId(10_002)].contains(&offer.volunteer), "not the same");
    }
}

#[test]
fn the_third_no_brings_supervision_and_a_call_of_the_district() {
    let mut town = helped_by_staff();
    for redo in 1..=3 {
        town.later(HOUR / 4).texts("13900000001", "C").later(MINUTE);
        assert_eq!(town.ticket().redo_count, redo);
        if redo < 3 {
            handled(&mut town);
        }
    }
    assert_eq!(town.ticket().supervision, 2);
    let district = town.ledger.callbacks.values().find(|request| request.state.is_open());
    assert!(district.is_some_and(|request| request.station.0 == 1));
}

#[test]
fn an_answer_within_ten_minutes_does_not_count() {
    let mut town = helped_by_staff();
    town.texts("13900000001", "A").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Handled);
    town.later(MINUTE * 15).texts("13900000001", "A").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Closed);
}

#[test]
fn who_asks_and_reaches_nobody_leaves_a_text_and_then_the_ticket_is_unreachable() {
    let mut town = helped_by_staff();
    town.later(HOUR * 2);
    let id = town.ledger.callbacks.values().find(|r| r.state.is_open()).expect("a person has to ask").id;
    for _ in 0..3 {
        use yingda::desk::command::{CallbackCommand, Command};
        let what = CallbackCommand::NotReached;
        town.asks_as(902, Role::CallbackOfficer, Command::Callback { callback: id, what }).later(HOUR);
    }
    let survey = town.ledger.surveys.values().next().unwrap();
    assert_eq!(survey.state, SurveyState::Texted);
    town.later(DAY * 8);
    assert_eq!(town.ticket().closure, Some(ClosureCode::Unreachable));
}

#[test]
fn nobody_closes_what_they_handled() {
    let mut town = helped_by_staff();
    let close = T::Close {
        code: ClosureCode::Resolved,
        words: "已回访".into(),
        satisfaction: None,
        proof: Proof::default(),
    };
    town.does(901, Role::CallbackOfficer, close.clone());
    assert!(town.heard().contains("HandledByYou"));
    town.does(902, Role::CallbackOfficer, close);
    assert_eq!(town.ticket().state, TicketState::Closed);
}

#[test]
fn a_resident_withdraws_by_text_but_not_what_is_urgent_to_life() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").later(MINUTE).texts("13900000001", "撤回").later(MINUTE);
    assert_eq!(town.ticket().closure, Some(ClosureCode::Withdrawn));
    assert!(town.ledger.offers.values().all(|offer| !offer.state.is_open()), "who was asked is stood down");
    town.opens_by_hand("EMG-01").later(MINUTE).texts("13900000001", "撤回").later(MINUTE);
    assert!(town.ticket().state.is_open());
}

#[test]
fn a_sealed_ticket_sends_no_text_and_ends_only_with_the_police_report() {
    let mut town = Town::new();
    town.opens("CHD-03", "13900000008", |_| {}).later(MINUTE);
    assert!(!town.heard().contains("text to …0008"), "no receipt");
    handled(&mut town);
    let close = T::Close {
        code: ClosureCode::Resolved,
        words: "已回访".into(),
        satisfaction: None,
        proof: Proof::default(),
    };
    town.does(902, Role::CallbackOfficer, close);
    let heard = town.heard();
    assert!(heard.contains("Unsafe"), "{heard}");
    assert!(!heard.contains("text to …0008"), "{heard}");
    assert_eq!(town.ticket().state, TicketState::Handled);
}

#[test]
fn a_suspension_ends_by_itself_and_gives_its_time_back() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").later(MINUTE);
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    let due =
        |town: &Town| town.ticket().clocks.iter().find(|clock| clock.kind == ClockKind::Handle).unwrap().due;
    let before = due(&town);
    let suspend = |resume_at| T::Suspend { reason: SuspendReason::Weather, resume_at };
    let long = town.now + DAY * 9;
    town.does(901, Role::Handler, suspend(long));
    assert!(town.heard().contains("Refused"), "longer than two working days is a supervisor's");
    let until = town.now + HOUR * 5;
    town.does(901, Role::Handler, suspend(until)).later(HOUR);
    assert_eq!(town.ticket().state, TicketState::Suspended);
    town.restarts(MINUTE).later(HOUR * 5);
    assert_eq!(town.ticket().state, TicketState::InProgress);
    assert!(due(&town) >= before + HOUR * 5, "what stood still is given back");
}

#[test]
fn a_proposer_cannot_void_alone_and_the_district_rules_on_a_second_return() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").later(MINUTE);
    for _ in 0..2 {
        let back = T::Return { reason: ReturnReason::NotOurDuty, evidence: "不在辖区".into() };
        town.does(901, Role::Handler, back).later(MINUTE);
    }
    assert_eq!(town.ticket().return_count, 2);
    assert_eq!(town.ticket().owner.0, 1, "the district has it");
    town.heard();
    let back = T::Return { reason: ReturnReason::NotOurDuty, evidence: "不在辖区".into() };
    town.does(901, Role::Handler, back);
    assert!(town.heard().contains("NotAllowed"), "its ruling is final");
    town.does(900, Role::Operator, T::ProposeVoid { reason: VoidReason::Test, note: "测试".into() });
    town.does(900, Role::Supervisor, T::ConfirmVoid);
    assert!(town.heard().contains("HandledByYou"));
    town.does(901, Role::Supervisor, T::ConfirmVoid);
    assert_eq!(town.ticket().state, TicketState::Void);
}

#[test]
fn every_caller_of_merged_tickets_is_called_back_when_one_closes() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").later(MINUTE);
    let first = town.ticket().number;
    town.opens("ELD-10", "13900000008", |_| {}).later(MINUTE);
    town.does(900, Role::Operator, T::Merge { into: first });
    assert_eq!(town.tickets.values().filter(|t| t.state == TicketState::Merged).count(), 1);
    // The latest is merged: the first goes on and is withdrawn by its caller.
    town.later(MINUTE).texts("13900000001", "撤回").later(MINUTE);
    let owed = town.ledger.callbacks.values().find(|r| r.number == number("13900000008"));
    assert!(owed.is_some_and(|request| request.state.is_open()));
}

#[test]
fn a_closed_ticket_is_reopened_within_fifteen_days_and_not_later() {
    let mut town = helped_by_staff();
    town.later(HOUR).texts("13900000001", "A").later(MINUTE);
    town.later(DAY * 14).texts("13900000001", "重办").later(MINUTE);
    assert_eq!(town.ticket().reopen_count, 1);
    assert!(town.ticket().state.is_open());
    handled(&mut town);
    town.later(HOUR).texts("13900000001", "A").later(MINUTE);
    let closed = town.ticket().id;
    town.later(DAY * 16).texts("13900000001", "重办").later(MINUTE);
    assert_eq!(town.ledger.tickets[&closed].state, TicketState::Closed);
}

#[test]
fn of_consultations_a_share_is_asked_and_the_others_close_by_themselves() {
    let mut town = Town::new();
    for _ in 0..40 {
        town.opens_by_hand("INF-01").later(MINUTE);
        handled(&mut town);
    }
    town.later(HOUR * 2);
    let closed = town.tickets.values().filter(|ticket| ticket.state == TicketState::Closed);
    let closures: Vec<_> = closed.map(|ticket| ticket.closure).collect();
    assert!(closures.iter().all(|code| *code == Some(ClosureCode::Explained)));
    assert!((24..=38).contains(&closures.len()), "{} of 40 closed unasked", closures.len());
}

#[test]
fn a_wish_is_out_of_scope_when_two_people_say_so() {
    let mut town = helped_by_staff();
    let close = || T::Close {
        code: ClosureCode::OutOfScope,
        words: "不属受理范围".into(),
        satisfaction: None,
        proof: Proof::default(),
    };
    town.does(905, Role::CallbackOfficer, close());
    assert_eq!(town.ticket().state, TicketState::Handled, "one proposes");
    town.does(905, Role::CallbackOfficer, close());
    assert_eq!(town.ticket().state, TicketState::Handled, "and cannot agree with themselves");
    town.does(906, Role::CallbackOfficer, close());
    assert_eq!(town.ticket().closure, Some(ClosureCode::OutOfScope));
}
