//! Appointments: the time that somebody is expected at, kept when a helper drops out, and changed by a person.

use std::time::Duration;

use yingda::desk::command::{Intake, TicketCommand as T};
use yingda::domain::actor::Role;
use yingda::domain::clocks::{Clock, ClockKind};
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::urgency::Urgency;

use super::town::{Town, resident, rules, volunteer};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const CALLER: &str = "13700000009";
const HELPER: &str = "13800000001";

fn clock(town: &Town, kind: ClockKind) -> Clock {
    town.ticket().clocks.iter().find(|clock| clock.kind == kind).expect("it runs").clone()
}

fn says(town: &mut Town, phone: &str, word: &str) -> String {
    let code = town.code_of(phone);
    town.heard();
    town.texts(phone, &format!("{code} {word}")).later(SECOND * 20).heard()
}

/// Somebody of the register, at home.
fn at_home(intake: &mut Intake) {
    let (_, person) = resident(77, "13700000077");
    intake.address = person.address.clone();
    intake.beneficiary = Some(person.person);
    intake.known = Some(Box::new(person));
}

/// A companion for the day after tomorrow at eleven, whom a volunteer promised to be.
fn booked(policy: Policy) -> Town {
    let mut rules = rules();
    rules.policy = policy;
    let people = (1..=5).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
    let mut town = Town::with(rules, people);
    let from = town.now + HOUR * 50;
    town.opens("ELD-08", CALLER, |intake| {
        at_home(intake);
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.later(SECOND * 15);
    let asked = town.ledger.offers.values().next().expect("somebody is asked").phone.clone();
    says(&mut town, asked.as_str().trim_start_matches("+86"), "1");
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    town
}

#[test]
fn who_is_released_two_hours_before_is_replaced_before_the_visit_or_staff_has_it() {
    for policy in [rules().policy, Policy::default()] {
        let mut town = booked(policy);
        let visit = town.ticket().window.expect("a time was said").from;
        town.until(visit - HOUR * 2 + MINUTE);
        assert_eq!(town.ticket().state, TicketState::Offering, "nobody confirmed, another is asked");
        town.heard();
        town.until(visit - MINUTE * 29);
        let heard = town.heard();
        assert!(
            heard.contains("text to …0003: 【社区服务】待签收"),
            "staff knows half an hour before: {heard}"
        );
        assert_eq!(town.ticket().state, TicketState::Dispatched);
        town.until(visit + HOUR);
        assert!(town.heard().contains("dial duty"), "and the rest of the ladder follows");
    }
}

#[test]
fn the_new_clock_of_a_replaced_booking_is_never_longer_and_another_urgency_keeps_to_it() {
    let mut town = booked(rules().policy);
    let visit = town.ticket().window.expect("a time was said").from;
    let whole = clock(&town, ClockKind::Accept);
    town.until(visit - HOUR * 2 + MINUTE);
    let held = clock(&town, ClockKind::Accept);
    assert!(held.due > town.now && held.due < visit + HOUR, "{held:?}");
    assert!(held.due.since(held.started) < whole.due.since(whole.started));
    let change = T::ChangeUrgency { urgency: Urgency::P3, reason: "只是提前关注".into() };
    town.does(902, Role::Supervisor, change);
    assert!(clock(&town, ClockKind::Accept).due <= held.due);
    let change = T::ChangeUrgency { urgency: Urgency::P4, reason: "照旧".into() };
    town.does(902, Role::Supervisor, change);
    assert!(clock(&town, ClockKind::Accept).due <= held.due);
    // What is far away has the whole clock.
    let mut town = booked(rules().policy);
    let whole = clock(&town, ClockKind::Accept);
    let code = town.code_of("13800000001");
    for _ in 0..2 {
        town.texts("13800000001", &format!("{code} 2")).later(SECOND * 20);
    }
    assert_eq!(town.ticket().state, TicketState::Offering, "{}", town.heard);
    let anew = clock(&town, ClockKind::Accept);
    assert_eq!(anew.calendar, whole.calendar);
    assert!(anew.due >= whole.due, "{anew:?} {whole:?}");
}
