//! Helpers: late yeses, bookings and reminders, people not heard of, nights, opting out, restarts in between.

use std::time::Duration;

use yingda::desk::rules::Rules;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::offer::OfferState;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::urgency::Urgency;
use yingda::domain::volunteer::{DutyState, Volunteer};

use super::town::{Town, number, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Four volunteers, of whom two come for a stranger's home.
fn asked() -> Town {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town
}

#[test]
fn a_late_yes_is_asked_first_when_a_place_comes_free() {
    let mut town = asked();
    let late = town.code_of("13800000001");
    // The first wave stays silent, the second one fills the places.
    town.at("11:05:00").texts("13800000003", "1").texts("13800000004", "1").at("11:06:00");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    town.texts("13800000001", &format!("{late}1")).at("11:07:00");
    let offer = town.ledger.offers.values().find(|o| o.phone == number("13800000001")).unwrap();
    assert_eq!(offer.state, OfferState::TooLate);
    town.texts("13800000003", "2").later(MINUTE).texts("13800000003", "2").later(MINUTE);
    let again = town.ledger.offers.values().filter(|o| o.phone == number("13800000001"));
    assert!(again.clone().any(|o| o.state.is_open()), "who waits is asked first");
    assert_eq!(again.count(), 2);
}

#[test]
fn as_many_are_asked_at_once_as_make_a_yes_nearly_sure_where_it_is_urgent_and_fewer_where_it_is_not() {
    let asked = |urgency: Urgency, offers: &str| {
        let policy = Policy::parse(offers).unwrap();
        let willing = |n: i64| Volunteer {
            answers: vec![true.into(); 20],
            ..volunteer(10_000 + n, &format!("138000000{n:02}"))
        };
        let people = (1..=9).map(willing).collect();
        let mut town = Town::with(Rules { policy, ..rules() }, people);
        town.opens("ELD-02", "13900000001", |intake| intake.urgency = Some(urgency)).at("09:00:30");
        town.ledger.offers.len()
    };
    // Two go to a home that nobody knows.
    let usual = asked(Urgency::P3, "");
    assert_eq!((usual, asked(Urgency::P2, "")), (2, 3));
    // A policy that was stored with one figure for all goes on as it was.
    assert_eq!(asked(Urgency::P2, "[offers]\nyes_chance_permille = 500\n"), usual);
}

#[test]
fn a_yes_to_a_task_that_is_done_changes_nothing() {
    let mut town = asked();
    let code = town.code_of("13800000001");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:20:00");
    town.texts("13800000001", "9").texts("13800000002", "9").at("09:30:00");
    town.texts("13800000001", &format!("{code}1")).at("09:31:00");
    let offer = town.ledger.offers.values().find(|o| o.phone == number("13800000001")).unwrap();
    assert_eq!(offer.state, OfferState::Accepted);
}

#[test]
fn a_booked_helper_is_reminded_and_the_visit_begins_an_hour_before() {
    let mut town = Town::new();
    let from = town.now + HOUR * 48;
    town.opens("ELD-07", "13900000001", |intake| {
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.at("09:01:00").texts("13800000001", "1").texts("13800000002", "1").at("09:02:00");
    let states = |town: &Town| -> Vec<_> { town.ledger.assignments.values().map(|a| a.state).collect() };
    assert_eq!(states(&town), [AssignmentState::Booked; 2]);
    town.heard();
    town.later(HOUR * 25).texts("13800000001", "1").texts("13800000002", "1");
    town.later(HOUR * 21 + HOUR / 2);
    let reminders = town.heard().matches("提醒").count();
    assert_eq!(reminders, 4, "both are reminded the day before and hours before");
    town.later(HOUR);
    assert_eq!(states(&town), [AssignmentState::Accepted; 2]);
}

#[test]
fn a_visitor_who_is_not_heard_of_is_asked_after_until_the_district_is_rung() {
    let mut town = asked();
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:10:00");
    town.texts("13800000001", "8").texts("13800000002", "8").at("09:11:00");
    town.heard();
    town.later(MINUTE * 130);
    assert!(town.heard().contains("dial duty1"), "the duty officer hears of it");
    assert!(town.ticket().supervision >= 2);
    assert_eq!(town.ticket().state, TicketState::InProgress, "the visit is not taken for done");
}

#[test]
fn nobody_is_asked_at_night_for_what_can_wait_and_all_is_asked_in_the_morning() {
    let mut town = Town::new();
    town.at("21:30:00").opens_by_hand("ELD-07").at("23:00:00");
    assert!(town.ledger.offers.is_empty(), "nobody is woken");
    town.later(HOUR * 9 + MINUTE);
    assert!(!town.ledger.offers.is_empty(), "at eight they are asked");
}

#[test]
fn who_opts_out_is_not_asked_until_back_on_duty() {
    let mut town = Town::new();
    town.texts("13800000001", "退订").later(MINUTE);
    town.opens_by_hand("ELD-07").later(MINUTE);
    let offered = |town: &Town| town.ledger.offers.values().any(|o| o.phone == number("13800000001"));
    assert!(!offered(&town));
    town.texts("13800000001", "上班").later(MINUTE);
    town.opens_by_hand("ELD-07").later(MINUTE);
    assert!(offered(&town));
    let badge = yingda::domain::ids::VolunteerId(10_001);
    assert_eq!(town.ledger.volunteers[&badge].duty, DutyState::On);
}

#[test]
fn a_bare_yes_to_two_offers_is_answered_with_the_list() {
    let people = vec![volunteer(10_001, "13800000001"), volunteer(10_002, "13800000002")];
    let mut town = Town::with(rules(), people);
    town.opens_by_hand("ELD-07").opens_by_hand("ELD-08").later(MINUTE);
    town.heard();
    town.texts("13800000001", "1").later(MINUTE);
    assert!(town.ledger.assignments.is_empty(), "nobody is sent by guess");
    assert!(town.heard().contains("四方街道"), "the list says which is which");
}

#[test]
fn an_answer_after_a_restart_counts_and_the_outage_is_given_back() {
    let mut town = asked();
    let code = town.code_of("13800000001");
    let expires = town.ledger.offers.values().next().unwrap().expires_at;
    town.restarts(MINUTE * 50);
    let extended = town.ledger.offers.values().next().unwrap().expires_at;
    assert!(extended > expires, "an offer that lost more than a quarter of its life has it back");
    town.texts("13800000001", &format!("{code} 1")).later(MINUTE);
    assert!(town.ledger.assignments.values().any(|a| a.state.is_live()));
}

#[test]
fn a_restart_forgets_neither_who_declined_nor_who_waits() {
    let mut town = asked();
    town.texts("13800000001", "2").later(MINUTE).restarts(MINUTE).later(HOUR);
    let asked = town.ledger.offers.values().filter(|o| o.phone == number("13800000001")).count();
    assert_eq!(asked, 1, "a no is a no");
}

#[test]
fn who_texts_0_is_rung_back_even_with_nothing_open() {
    let mut town = Town::new();
    town.texts("13800000001", "0").later(MINUTE);
    assert!(town.heard().contains("服务站人员会给您回电"));
    let owed = town.ledger.callbacks.values().next().unwrap();
    assert_eq!((owed.number.clone(), owed.station.0), (number("13800000001"), 3), "of their own station");
}

#[test]
fn a_helper_who_has_a_ticket_of_their_own_is_asked_which_is_meant() {
    let mut town = Town::new();
    town.opens("ELD-10", "13800000001", |_| {}).later(MINUTE).heard();
    town.texts("13800000001", "1").later(MINUTE);
    assert!(town.heard().contains("您既是志愿者也是服务对象"));
}
