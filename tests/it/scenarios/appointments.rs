//! Appointments: the time that somebody is expected at, kept when a helper drops out, and changed by a person.

use std::time::Duration;

use yingda::desk::command::{Command, Intake, TicketCommand as T};
use yingda::domain::actor::Role;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::clocks::{Clock, ClockKind};
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::timestamp::Timestamp;
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

fn moved(town: &mut Town, from: Timestamp, length: Duration) -> String {
    town.heard();
    let window = Window { from, until: from + length };
    let reason = "居民来电改期".to_owned();
    town.does_at(3, 903, Role::Operator, T::ChangeWindow { window, reason });
    town.later(SECOND * 15).heard()
}

#[test]
fn who_said_no_to_the_old_time_is_asked_for_the_new_one_and_who_gave_up_is_not() {
    let mut rules = rules();
    rules.policy.offers.open_per_volunteer = 3;
    let people = (1..=2).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
    let mut town = Town::with(rules, people);
    let from = town.now + HOUR * 30;
    town.opens("ELD-08", CALLER, |intake| {
        at_home(intake);
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.later(SECOND * 15);
    let first = town.code_of(HELPER);
    says(&mut town, HELPER, "2");
    assert_eq!(town.ticket().state, TicketState::Offering, "the other one is still asked");
    let heard = moved(&mut town, from + HOUR * 24, HOUR * 2);
    assert_ne!(town.code_of(HELPER), first, "{heard}");
    assert!(heard.lines().any(|line| line.contains("text to …0001") && line.contains("回1接2拒")), "{heard}");
    // A restart remembers that the no was to the old time.
    town.restarts(SECOND * 5);
    town.desk.texts_are_in();
    says(&mut town, HELPER, "1");
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    assert_eq!(town.ledger.assignments.values().next().unwrap().window.from, from + HOUR * 24);
    // Who gave it up is not asked again, whatever the time.
    for _ in 0..2 {
        says(&mut town, HELPER, "2");
    }
    let given_up = town.code_of(HELPER);
    moved(&mut town, from + HOUR * 48, HOUR * 2);
    assert_eq!(town.code_of(HELPER), given_up);
}

#[test]
fn a_helper_who_promised_the_old_time_reads_the_new_one_and_is_reminded_of_it() {
    let mut town = booked(rules().policy);
    let old = town.ticket().window.expect("a time was said").from;
    let heard = moved(&mut town, old + HOUR * 24, HOUR * 2);
    assert!(heard.contains("时间改为") && heard.contains("能去回1,不能去回2"), "{heard}");
    assert!(heard.contains("text to …0009: 【社区服务】工单"), "the resident has it written: {heard}");
    let visit = town.ledger.assignments.values().next().expect("it is booked").clone();
    assert_eq!(Some(visit.window), town.ticket().window);
    assert_eq!(clock(&town, ClockKind::Window).due, visit.window.until);
    let phone = town.ledger.offers[&visit.offer.unwrap()].phone.as_str().trim_start_matches("+86").to_owned();
    let heard = says(&mut town, &phone, "1");
    assert!(heard.contains("探访码"), "{heard}");
    town.until(old + MINUTE);
    assert!(!town.heard().contains("快开始了"), "nobody is expected at the old time");
    town.until(old + HOUR * 23);
    assert!(town.heard().contains("提醒"), "the reminders follow");
    town.until(old + HOUR * 24);
    assert!(town.heard().contains("快开始了"));
}

#[test]
fn who_cannot_at_the_new_time_says_so_and_another_is_asked() {
    let mut town = booked(rules().policy);
    let old = town.ticket().window.expect("a time was said").from;
    moved(&mut town, old + HOUR * 24, HOUR * 2);
    let visit = town.ledger.assignments.values().next().expect("it is booked").clone();
    let phone = town.ledger.offers[&visit.offer.unwrap()].phone.as_str().trim_start_matches("+86").to_owned();
    for _ in 0..2 {
        says(&mut town, &phone, "2");
    }
    assert_eq!(town.ticket().state, TicketState::Offering, "{}", town.heard);
}

#[test]
fn who_is_promised_to_somebody_else_at_the_new_time_is_let_go_and_the_place_asked_for_anew() {
    let mut town = booked(rules().policy);
    let visit = town.ledger.assignments.values().next().expect("it is booked").clone();
    let (first, later) = (visit.ticket, visit.window.from + HOUR * 4);
    town.opens("ELD-08", "13700000008", |intake| {
        at_home(intake);
        intake.window = Some(Window { from: later, until: later + HOUR });
    });
    town.later(SECOND * 15);
    let phone = town.ledger.offers[&visit.offer.unwrap()].phone.as_str().trim_start_matches("+86").to_owned();
    let badge = visit.volunteer.expect("a volunteer comes");
    let own = town.ticket().id;
    if !town.ledger.offers.values().any(|offer| offer.ticket == own && offer.volunteer == badge) {
        let by_hand = T::AssignVolunteer { volunteer: badge, reason: "居民熟悉".into() };
        town.does(901, Role::Dispatcher, by_hand).later(SECOND * 15);
    }
    says(&mut town, &phone, "1");
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    town.heard();
    let version = town.ledger.tickets[&first].version;
    let window = Window { from: later - MINUTE * 30, until: later + MINUTE * 30 };
    let what = T::ChangeWindow { window, reason: "改期".into() };
    town.asks(Role::Dispatcher, Command::Ticket { ticket: first, version, what }).later(SECOND * 5);
    assert_eq!(town.ledger.assignments[&visit.id].state, AssignmentState::Cancelled, "{}", town.heard);
    assert!(town.heard().contains("您不用去了"));
    assert_eq!(town.ledger.tickets[&first].state, TicketState::Offering);
}

#[test]
fn by_night_two_come_and_the_second_is_asked_for() {
    let mut town = booked(rules().policy);
    assert!(!town.ticket().two_person);
    let day = town.ticket().window.expect("a time was said").from;
    let heard = moved(&mut town, day + HOUR * 9 + MINUTE * 30, HOUR);
    assert!(town.ticket().two_person);
    assert_eq!(town.ticket().state, TicketState::Offering, "{heard}");
    assert!(heard.contains("需要两人同行"), "{heard}");
}

#[test]
fn a_time_that_is_past_or_of_a_ticket_that_has_ended_is_refused() {
    let mut town = booked(rules().policy);
    let (version, window) = (town.ticket().version, town.ticket().window);
    let hour_ago = town.now - HOUR;
    assert!(moved(&mut town, hour_ago, MINUTE * 30).contains("TimeOver"));
    let later = town.now + HOUR;
    assert!(moved(&mut town, later, Duration::ZERO).contains("TimeOver"));
    town.does(
        901,
        Role::Handler,
        T::ChangeWindow { window: Window { from: later, until: later + HOUR }, reason: " ".into() },
    );
    assert!(town.heard().contains("NoWords"));
    assert_eq!((town.ticket().version, town.ticket().window), (version, window), "nothing was done by half");
    town.does(900, Role::Operator, T::Withdraw { words: "不需要了".into() });
    let heard = moved(&mut town, later, HOUR);
    assert!(heard.contains("TicketOver") || heard.contains("TicketNotOpen"), "{heard}");
}

#[test]
fn sooner_than_the_accept_clock_would_allow_staff_has_it_before_the_visit() {
    let mut town =
        Town::with(rules(), (1..=5).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect());
    let from = town.now + HOUR * 100;
    town.opens("ELD-08", CALLER, |intake| {
        at_home(intake);
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.later(MINUTE);
    let soon = town.now + HOUR * 2;
    moved(&mut town, soon, HOUR);
    town.until(soon - MINUTE * 29);
    assert!(town.heard().contains("text to …0003: 【社区服务】待签收"));
}
