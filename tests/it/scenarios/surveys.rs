//! Calls of the machine to residents: whom it may ring at all, and what becomes of its question when nobody answers.

use std::time::Duration;

use yingda::desk::command::{CallbackCommand, Command, Intake, TicketCommand as T};
use yingda::desk::event::{DeskEvent, EndReason, PhoneEvent};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::call::CallPurpose;
use yingda::domain::callback::{CallbackReason, CallbackRequest};
use yingda::domain::clocks::{Clock, ClockKind};
use yingda::domain::survey::{Resolved, Satisfaction, Survey, SurveyState};
use yingda::domain::ticket::{ClosureCode, TicketState};

use super::town::{COMMITTEE, Town, area, number};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const MOBILE: &str = "13900000044";
const LANDLINE: &str = "053283720099";
const ABROAD: &str = "+16505550100";

/// Somebody of the register keys ELD-07 for their home and agrees to be asked by the machine: one helper is enough.
fn wished_from(phone: &str) -> Town {
    let mut town = Town::new();
    town.registers(phone, "李爷爷", "商城路3号1单元102");
    town.rings("li", phone, "83720003").later(SECOND * 5);
    town.presses("li", "1411").later(MINUTE).hangs_up("li").later(SECOND);
    assert_eq!(town.ticket().state, TicketState::Offering, "{}", town.heard);
    town
}

/// A volunteer came and says that it is done, fourteen minutes after the wish.
fn helped(phone: &str) -> Town {
    let mut town = wished_from(phone);
    town.texts("13800000001", "1").later(MINUTE).texts("13800000001", "8").later(MINUTE * 10);
    town.texts("13800000001", "9").later(SECOND);
    assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    town
}

fn survey(town: &Town) -> &Survey {
    town.ledger.surveys.values().next().expect("the resident is to be asked")
}

fn rung(town: &Town, purpose: CallPurpose) -> usize {
    town.ledger.attempts.values().filter(|attempt| attempt.purpose == purpose).count()
}

fn owed<'a>(town: &'a Town, phone: &str) -> Option<&'a CallbackRequest> {
    town.ledger.callbacks.values().find(|r| r.number == number(phone) && r.state.is_open())
}

#[test]
fn no_machine_rings_abroad_to_say_who_comes_a_person_does() {
    let mut town = wished_from(ABROAD);
    town.texts("13800000001", "1").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::InProgress);
    let request = owed(&town, ABROAD).expect("a person tells them who comes");
    assert_eq!((request.reason, request.by_person_only), (CallbackReason::Ticket, true));
    town.later(HOUR);
    assert!(town.ledger.attempts.values().all(|attempt| attempt.target != ABROAD));
    // The same wish from a landline of this country is told by the machine.
    let mut town = wished_from(LANDLINE);
    town.texts("13800000001", "1").later(MINUTE);
    assert_eq!(rung(&town, CallPurpose::WhoComes), 1);
}

#[test]
fn no_machine_rings_abroad_to_ask_how_it_was_a_person_does() {
    let mut town = helped(ABROAD);
    town.later(HOUR * 2);
    assert_eq!((survey(&town).by_machine, survey(&town).state), (false, SurveyState::ForPerson));
    assert!(owed(&town, ABROAD).is_some_and(|request| request.by_person_only));
    assert!(town.ledger.attempts.values().all(|attempt| attempt.target != ABROAD));
    let mut town = helped(MOBILE);
    town.later(HOUR * 2);
    assert_eq!(rung(&town, CallPurpose::Survey), 1, "who lives here is asked by the machine");
}

#[test]
fn who_speaks_at_a_households_number_is_asked_first_also_of_another_place_and_after_a_restart() {
    for restarted in [false, true] {
        let mut town = Town::new();
        town.shares(MOBILE, &[("王爷爷", 1938), ("王奶奶", 1941)]);
        town.rings("li", MOBILE, "83720003");
        for key in ["1", "4", "2"] {
            town.later(SECOND * 8).presses("li", key);
        }
        town.later(SECOND * 20).presses("li", "#").later(MINUTE).hangs_up("li").later(MINUTE);
        assert_eq!(town.ticket().state, TicketState::Intake, "{}", town.heard);
        let intake = Intake {
            category: Some(Town::category("POV-01")),
            area: Some(area(COMMITTEE)),
            survey_consent: Some(true),
            ..Intake::default()
        };
        town.does(900, Role::Operator, T::Dispatch(Box::new(intake))).later(MINUTE);
        town.does(901, Role::Handler, T::Accept).later(MINUTE);
        town.does(901, Role::Handler, T::Handled { outcome: "已受理".into() }).later(MINUTE);
        if restarted {
            town.restarts(SECOND * 10);
        }
        for _ in 0..200 {
            if rung(&town, CallPurpose::Survey) == 0 {
                town.later(MINUTE);
            }
        }
        town.heard();
        town.answers("00000044", "li").later(SECOND * 2);
        let heard = town.heard();
        assert!(heard.contains("survey-is-it-you"), "restarted: {restarted}: {heard}");
    }
}

/// Goes on until the machine has rung so often to ask, and nobody answers it.
fn nobody_answers_try(town: &mut Town, tries: usize, ends: &str) {
    for _ in 0..400 {
        if rung(town, CallPurpose::Survey) == tries {
            break;
        }
        town.later(MINUTE * 5);
    }
    assert_eq!(rung(town, CallPurpose::Survey), tries, "{}", town.heard);
    town.ignores(ends).later(MINUTE);
}

#[test]
fn three_tries_in_three_parts_of_the_day_then_a_text_and_a_week_and_it_is_unreachable() {
    let mut town = helped(MOBILE);
    for tries in 1..=3 {
        assert_eq!(survey(&town).state, SurveyState::Planned);
        town.heard();
        nobody_answers_try(&mut town, tries, "00000044");
    }
    assert_eq!(survey(&town).tried_hours, [10, 14, 17], "morning, afternoon and evening");
    assert_eq!((survey(&town).state, town.ticket().state), (SurveyState::Texted, TicketState::Handled));
    let heard = town.heard();
    assert!(heard.contains("text to …0044") && heard.contains("重办"), "{heard}");
    town.later(DAY * 6);
    assert_eq!(town.ticket().state, TicketState::Handled, "they have a week to answer");
    town.later(DAY * 2);
    assert_eq!(town.ticket().closure, Some(ClosureCode::Unreachable));
    assert_eq!((rung(&town, CallPurpose::Survey), survey(&town).satisfaction), (3, None));
}

#[test]
fn a_landline_that_no_text_reaches_is_a_persons_to_ask_before_anything_is_concluded() {
    let mut town = wished_from(LANDLINE);
    town.texts("13800000001", "1").later(SECOND * 5).answers("83720099", "li").later(MINUTE);
    town.texts("13800000001", "8").later(MINUTE * 10).texts("13800000001", "9").later(SECOND);
    for tries in 1..=3 {
        nobody_answers_try(&mut town, tries, "83720099");
    }
    assert_eq!((survey(&town).state, town.ticket().state), (SurveyState::ForPerson, TicketState::Handled));
    let id = owed(&town, LANDLINE).expect("a person rings, for no text could tell them").id;
    town.later(DAY * 8);
    assert_eq!(town.ticket().state, TicketState::Handled, "nobody has told them yet");
    for _ in 0..3 {
        let what = CallbackCommand::NotReached;
        town.asks_as(902, Role::CallbackOfficer, Command::Callback { callback: id, what }).later(HOUR);
    }
    town.later(DAY * 8);
    assert_eq!(town.ticket().closure, Some(ClosureCode::Unreachable));
}

/// The machine rings to ask, and hears this.
fn rung_and_hears(town: &mut Town, reason: EndReason) {
    for _ in 0..200 {
        if town.ringing.is_empty() {
            town.later(MINUTE);
        }
    }
    let call = *town.ringing.keys().next().expect("the machine rings to ask");
    town.ringing.remove(&call);
    town.tell(DeskEvent::Phone(PhoneEvent::CallEnded { call, reason }));
}

#[test]
fn a_resident_whose_telephone_is_engaged_is_asked_soon_after_and_that_was_no_try() {
    let mut town = helped(MOBILE);
    rung_and_hears(&mut town, EndReason::Busy);
    assert_eq!((survey(&town).tries, survey(&town).state), (0, SurveyState::Planned));
    let engaged = town.now;
    rung_and_hears(&mut town, EndReason::NoAnswer);
    assert_eq!(town.now.since(engaged).as_secs() / 60, 15);
    assert_eq!((survey(&town).tries, survey(&town).tried_hours.len()), (1, 1));
}

#[test]
fn a_number_that_does_not_exist_is_asked_by_a_person_who_finds_out() {
    let mut town = helped(MOBILE);
    rung_and_hears(&mut town, EndReason::NoSuchNumber);
    assert_eq!((survey(&town).state, survey(&town).by_machine), (SurveyState::ForPerson, false));
    assert!(owed(&town, MOBILE).is_some());
}

fn handle(town: &Town) -> Clock {
    town.ticket().clocks.iter().find(|clock| clock.kind == ClockKind::Handle).cloned().unwrap()
}

#[test]
fn key_3_to_the_machine_sends_it_back_with_the_handling_clock_still_running_and_key_1_closes() {
    let mut town = helped(MOBILE);
    let before = handle(&town);
    assert!(before.stopped.is_some());
    town.later(HOUR + MINUTE * 10).answers("00000044", "li").later(SECOND * 5).presses("li", "3");
    town.later(SECOND * 5).hangs_up("li").later(SECOND);
    let after = handle(&town);
    assert_eq!((after.started, after.due, after.stopped), (before.started, before.due, None));
    assert_eq!((town.ticket().redo_count, town.ticket().state.is_open()), (1, true));
    assert_eq!((survey(&town).state, survey(&town).resolved), (SurveyState::Answered, Some(Resolved::No)));

    let mut town = helped(MOBILE);
    town.later(HOUR + MINUTE * 10).answers("00000044", "li").later(SECOND * 5).presses("li", "1");
    town.later(SECOND * 5).presses("li", "2").later(MINUTE);
    assert_eq!(town.ticket().closure, Some(ClosureCode::Resolved));
    assert_eq!(survey(&town).satisfaction, Some(Satisfaction::Basically));
}

#[test]
fn a_resident_without_a_mobile_hears_from_a_person_that_a_station_took_over() {
    for (phone, by_person) in [(LANDLINE, true), (MOBILE, false)] {
        let mut town = Town::new();
        town.opens("ELD-10", phone, |_| {}).later(MINUTE).does(901, Role::Handler, T::Accept).later(MINUTE);
        assert_eq!(owed(&town, phone).is_some(), by_person, "{}", town.heard);
    }
}

/// What was noted of answers about satisfaction: which, and whether it counts.
fn ratings(town: &Town) -> Vec<(String, bool)> {
    let rating = |row: &Write| {
        let Write::Event(line) = row else { return None };
        let said = line.detail["satisfaction"].as_str().filter(|_| line.kind == "survey.answered")?;
        Some((said.to_owned(), line.detail["counts"] == true))
    };
    town.rows.iter().filter_map(rating).collect()
}

#[test]
fn a_letter_after_closing_is_noted_in_history_and_the_helpers_own_telephone_does_not_count() {
    let mut town = helped(MOBILE);
    town.later(MINUTE * 15).texts(MOBILE, "A").later(MINUTE);
    assert_eq!(town.ticket().closure, Some(ClosureCode::Resolved));
    town.texts(MOBILE, "B").later(MINUTE);
    assert_eq!(survey(&town).satisfaction, Some(Satisfaction::Basically));
    assert_eq!(ratings(&town), [("basically".to_owned(), true)]);
    // The committee's duty mobile opened it, took it and rates itself.
    let duty = "13900000003";
    let mut town = Town::new();
    town.opens("ELD-10", duty, |_| {}).later(MINUTE).takes(duty).later(MINUTE);
    town.does(901, Role::Handler, T::Handled { outcome: "已上门".into() }).later(MINUTE * 15);
    let answers = T::SurveyAnswers {
        resolved: Resolved::Yes,
        satisfaction: None,
        words: "好".into(),
        after_partly: None,
    };
    town.does(902, Role::CallbackOfficer, answers).later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Closed, "{}", town.heard);
    town.texts(duty, "A").later(MINUTE);
    assert_eq!(survey(&town).satisfaction, None, "kept, and it does not count");
    assert_eq!(ratings(&town), [("satisfied".to_owned(), false)]);
}

#[test]
fn only_the_call_to_the_resident_says_that_they_were_not_reached() {
    let mut town = Town::new();
    let station = "13900000003";
    town.opens("ELD-10", MOBILE, |intake| intake.survey_consent = Some(false)).later(MINUTE);
    town.takes(station).later(MINUTE);
    let code = town.task_code(station);
    town.texts(station, &format!("{code} 0")).later(MINUTE);
    town.texts(station, &format!("{code} 9 已上门")).later(HOUR * 4);
    assert_eq!(survey(&town).state, SurveyState::ForPerson, "{}", town.heard);
    let exhaust = |town: &mut Town, phone: &str| {
        let callback = owed(town, phone).expect("a person rings").id;
        for _ in 0..3 {
            let command = Command::Callback { callback, what: CallbackCommand::NotReached };
            town.asks_as(902, Role::CallbackOfficer, command).later(HOUR);
        }
        assert!(owed(town, phone).is_none(), "no more tries");
    };
    exhaust(&mut town, station);
    assert_eq!(survey(&town).state, SurveyState::ForPerson, "the station's telephone is not the resident's");
    exhaust(&mut town, MOBILE);
    assert_eq!(survey(&town).state, SurveyState::Texted);
}
