//! Help for children (SAF-1): who is asked three questions first, whose age counts, and where a child is met.

use std::time::Duration;

use jiff::civil::date;

use yingda::desk::command::{Intake, TicketCommand as T};
use yingda::desk::rules::Rules;
use yingda::domain::actor::Role;
use yingda::domain::ids::VolunteerId;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::TicketState;
use yingda::domain::urgency::Urgency;
use yingda::domain::volunteer::Volunteer;

use super::safety::{CALLER, chosen, cleared, with_clearance};
use super::town::{Town, number, rules};

const MINUTE: Duration = Duration::from_secs(60);

/// Activities for children (CHD-06), by key from that number.
fn keyed(town: &mut Town, phone: &str) {
    town.rings("li", phone, "83720003");
    for key in ["3", "2", "1", "1"] {
        town.later(Duration::from_secs(8)).presses("li", key);
    }
    town.later(Duration::from_secs(20)).hangs_up("li").later(MINUTE);
}

#[test]
fn help_for_a_child_that_is_keyed_waits_for_the_three_questions_whoever_is_registered() {
    // A grandmother, and somebody whom the register does not know.
    for phone in ["13900000001", CALLER] {
        let mut town = with_clearance();
        keyed(&mut town, phone);
        assert_eq!(town.ticket().category, Some(Town::category("CHD-06")), "{}", town.heard);
        assert_eq!(town.ticket().state, TicketState::Intake, "{phone}: {}", town.heard);
        assert!(town.ledger.offers.is_empty(), "nobody is asked yet");
        let unasked = Intake { address: Some("商城路1号2单元301".into()), ..Intake::default() };
        town.does(900, Role::Operator, T::Dispatch(Box::new(unasked)));
        assert!(town.heard().contains("RiskNotAsked"), "{phone}");
        let asked = Intake { risk: Some([false; 3]), ..Intake::default() };
        town.does(900, Role::Operator, T::Dispatch(Box::new(asked)));
        assert_eq!(town.ticket().state, TicketState::Offering, "{phone}: {}", town.heard);
    }
}

#[test]
fn a_child_whose_age_nobody_said_counts_as_seventeen_beside_a_volunteer() {
    // In 2026, by the younger age that a year of birth leaves open: 24, and 25.
    for (born, asked) in [(2001, false), (2000, true)] {
        let young = (1..=5).map(|n| Volunteer { birth_year: born, ..cleared(n) }).collect();
        let mut town = Town::with(rules(), young);
        town.opens("CHD-04", CALLER, |intake| intake.risk = Some([false; 3])).later(MINUTE);
        assert_eq!(!town.ledger.offers.is_empty(), asked, "{born}");
    }
}

#[test]
fn who_teaches_a_child_hears_of_the_station_and_of_no_home() {
    let mut town = with_clearance();
    town.opens("CHD-04", CALLER, |intake| intake.risk = Some([false; 3])).later(MINUTE);
    town.heard();
    for phone in ["13800000001", "13800000002"] {
        town.texts(phone, "1");
    }
    town.later(MINUTE);
    let heard = town.heard();
    assert_eq!(town.ticket().state, TicketState::InProgress, "{heard}");
    assert!(!heard.contains("商城路1号"), "{heard}");
    assert!(heard.contains("请到站3") && !heard.contains("上门") && !heard.contains("到门口"), "{heard}");
    // There nobody is alone: who is at it is not asked after (SAF-5).
    town.texts("13800000001", "8").texts("13800000002", "8").later(MINUTE * 200);
    assert!(!town.heard().contains("一切好吗"), "nobody is missed");
    assert_eq!(town.ticket().supervision, 0);
}

#[test]
fn of_a_household_nobody_said_which_child_it_is() {
    let mut town = with_clearance();
    // The youngest is three; the help may be for the other.
    town.shares("13900000021", &[("大宝", 2011), ("二宝", 2023)]);
    keyed(&mut town, "13900000021");
    assert_eq!(town.ticket().category, Some(Town::category("CHD-06")), "{}", town.heard);
    assert_eq!(town.ticket().state, TicketState::Intake, "{}", town.heard);
}

/// A wish for an errand for somebody who is registered as born then.
fn errand(town: &mut Town, born: jiff::civil::Date, guardian: Option<bool>) {
    town.opens("ELD-07", CALLER, |intake| {
        chosen(intake, |person| person.born = Some(born));
        intake.risk = Some([false; 3]);
        intake.guardian = guardian;
    });
    town.later(MINUTE);
}

#[test]
fn at_a_childs_home_the_guardian_has_to_be_there_whatever_is_asked_for() {
    for rules in [rules(), Rules { policy: Policy::default(), ..rules() }] {
        // Born on this day 18 years ago, and a day later: of age, and not.
        for (born, child) in [(date(2008, 5, 6), false), (date(2008, 5, 7), true), (date(2020, 1, 1), true)] {
            let mut town = Town::with(rules.clone(), (1..=5).map(cleared).collect());
            errand(&mut town, born, None);
            assert_eq!(town.heard().contains("GuardianNotAsked"), child, "{born}");
            let state = if child { TicketState::Intake } else { TicketState::Offering };
            assert_eq!(town.ticket().state, state, "{born}");
            if !child {
                continue;
            }
            let there = Intake { guardian: Some(true), ..Intake::default() };
            town.does(900, Role::Operator, T::Dispatch(Box::new(there)));
            assert_eq!((town.ticket().state, town.ticket().guardian), (TicketState::Offering, Some(true)));
        }
        // Nobody at home: staff, whoever chooses.
        let mut town = Town::with(rules, (1..=5).map(cleared).collect());
        errand(&mut town, date(2020, 1, 1), Some(false));
        assert_eq!(town.ticket().state, TicketState::Dispatched, "{}", town.heard);
        assert!(town.ledger.offers.is_empty());
        let reason = "家长要求".to_owned();
        town.does(901, Role::Dispatcher, T::AssignVolunteer { volunteer: VolunteerId(10_001), reason });
        assert!(town.heard().contains("StaffOnly"));
    }
}

#[test]
fn a_childs_wish_that_is_keyed_waits_for_whether_the_guardian_is_there_and_a_danger_waits_for_nothing() {
    let mut town = with_clearance();
    town.registers("13900000021", "小宝", "商城路2号1单元101");
    let child = town.ledger.homes.get_mut(&number("13900000021")).unwrap();
    child.persons[0].born = Some(date(2018, 1, 1));
    town.rings("li", "13900000021", "83720003");
    // A meal, at the registered home.
    for key in ["1", "1", "1", "1"] {
        town.later(Duration::from_secs(8)).presses("li", key);
    }
    town.later(Duration::from_secs(20)).hangs_up("li").later(MINUTE);
    assert_eq!(town.ticket().category, Some(Town::category("ELD-02")), "{}", town.heard);
    assert_eq!(town.ticket().state, TicketState::Intake, "{}", town.heard);
    let away = Intake { guardian: Some(false), urgency: Some(Urgency::P1), ..Intake::default() };
    town.does(900, Role::Operator, T::Dispatch(Box::new(away))).later(MINUTE);
    let asked = town.ledger.offers.len();
    assert!(asked > 0, "beside staff volunteers are asked at once: {}", town.heard);
}
