//! Care calls when lines fail, when many fall due at once, and what one telephone's silence is told apart from.

use yingda::desk::event::{DeskEvent, EndReason, RecordChange};
use yingda::domain::call::CallPurpose;
use yingda::domain::care::{CareCall, CarePlan, CareState, PlannedCare};
use yingda::domain::settings::SettingsKind;
use yingda::domain::timestamp::Timestamp;

use super::care::{DAUGHTER, ELDER, MINUTE, NEIGHBOUR, SECOND, care, ends, rung, several, town};
use super::town::{Town, moment};

fn town_of(plans: Vec<PlannedCare>) -> Town {
    let mut town = Town::new();
    town.ledger.care_plans.clone_from(&plans);
    town.tell(DeskEvent::RecordChanged(RecordChange::CarePlans(plans)));
    town
}

/// Until then whoever is rung at one of these numbers cannot be reached, because the lines fail.
fn fails_until(town: &mut Town, until: Timestamp, numbers: &[&str]) {
    while town.now < until {
        for target in town.ringing.values().cloned().collect::<Vec<_>>() {
            if numbers.iter().any(|number| target.ends_with(number)) {
                ends(town, &target, EndReason::NetworkFailed);
            }
        }
        town.later(MINUTE);
    }
}

/// Whoever is rung there is well.
fn is_well(town: &mut Town, number: &str) {
    town.answers(number, number).later(SECOND * 4).presses(number, "1");
}

/// The day's call of the plan at this place of `several`.
fn of(town: &Town, place: i64) -> &CareCall {
    let theirs = town.ledger.care_calls.values().filter(|care| care.plan.0 == 10 + place);
    theirs.min_by_key(|care| care.planned_at).expect("a plan has a call")
}

#[test]
fn a_number_that_the_lines_do_not_reach_for_an_hour_while_they_reach_others_is_left_to_its_contacts() {
    let mut plans = several(3);
    plans[2].plan.minute = 10 * 60 + 40;
    let mut town = town_of(plans);
    town.at("09:30:30");
    is_well(&mut town, "0101");
    fails_until(&mut town, moment("10:28:00"), &["0100"]);
    assert_eq!((of(&town, 0).state, of(&town, 0).tries), (CareState::TryAgain, 0));
    assert!(rung(&town, CallPurpose::CareContact).is_empty());
    fails_until(&mut town, moment("10:36:00"), &["0100"]);
    assert_eq!(of(&town, 0).state, CareState::ContactRinging);
    assert!(town.ringing.values().any(|to| to.ends_with(&DAUGHTER[7..])));
    // The same holds of a contact: it is not waited for until evening.
    fails_until(&mut town, moment("10:40:30"), &["0055"]);
    is_well(&mut town, "0102");
    fails_until(&mut town, moment("11:38:00"), &["0055"]);
    assert!(rung(&town, CallPurpose::CareContact).len() > 3);
    town.later(MINUTE * 10);
    let before = rung(&town, CallPurpose::CareContact).len();
    let soon = town.now + MINUTE;
    fails_until(&mut town, soon, &[&DAUGHTER[7..]]);
    assert_eq!(rung(&town, CallPurpose::CareContact).len(), before + 1, "{}", town.heard());
    town.ignores(&NEIGHBOUR[8..]).later(SECOND);
    assert_eq!((of(&town, 0).state, town.tickets.len()), (CareState::Missed, 1));
}

#[test]
fn while_all_lines_are_dead_everybody_waits_and_has_the_whole_time_again_when_they_are_back() {
    let mut town = town_of(several(3));
    town.at("09:30:30");
    fails_until(&mut town, moment("11:30:00"), &["0100", "0101", "0102"]);
    assert!((0..3).all(|place| of(&town, place).state != CareState::ContactRinging));
    // They are back for two; the third fails on, and nobody makes up for the two hours.
    is_well(&mut town, "0100");
    is_well(&mut town, "0101");
    fails_until(&mut town, moment("11:48:00"), &["0102"]);
    assert_eq!((of(&town, 2).state, of(&town, 2).tries), (CareState::TryAgain, 0));
    assert!(rung(&town, CallPurpose::CareContact).is_empty());
    // A restart forgets none of it.
    town.restarts(SECOND * 20);
    town.desk.texts_are_in();
    fails_until(&mut town, moment("14:10:00"), &["0102"]);
    assert_eq!(of(&town, 2).state, CareState::ContactRinging);
}

#[test]
fn a_telephone_of_our_own_that_answers_says_nothing_of_the_lines() {
    let mut town = Town::staffed_by(vec![super::queue::operator(201, 3)]);
    let plans = several(1);
    town.ledger.care_plans.clone_from(&plans);
    town.tell(DeskEvent::RecordChanged(RecordChange::CarePlans(plans)));
    town.at("09:30:30");
    fails_until(&mut town, moment("09:40:00"), &["0100"]);
    town.ready(201).wants_a_person("wang", "13900000001").answers("ext:201", "chen");
    town.later(MINUTE).hangs_up("chen");
    fails_until(&mut town, moment("11:50:00"), &["0100"]);
    assert_eq!((of(&town, 0).state, of(&town, 0).tries), (CareState::TryAgain, 0));
}

#[test]
fn lines_that_fail_are_no_try_and_the_day_ends_with_a_visit_all_the_same() {
    let mut town = town();
    town.at("09:30:01");
    ends(&mut town, "0044", EndReason::NetworkFailed);
    assert_eq!((care(&town).tries, care(&town).state), (0, CareState::TryAgain));
    town.at("09:35:02").ignores(&ELDER[7..]);
    // Engaged: rung in between, and what fails in between takes no try away.
    town.at("09:50:02");
    ends(&mut town, "0044", EndReason::Busy);
    town.at("09:55:03");
    ends(&mut town, "0044", EndReason::NetworkFailed);
    assert_eq!(care(&town).tries, 2);
    town.at("10:00:04").ignores(&ELDER[7..]).at("10:35:03");
    ends(&mut town, "0044", EndReason::NetworkFailed);
    assert!(rung(&town, CallPurpose::CareContact).is_empty());
    town.at("10:40:04").ignores(&ELDER[7..]).later(SECOND);
    // The same contact is rung again.
    ends(&mut town, "0055", EndReason::NetworkFailed);
    town.later(MINUTE * 5 + SECOND).ignores(&DAUGHTER[7..]).later(SECOND).ignores(&NEIGHBOUR[8..]);
    assert_eq!(rung(&town, CallPurpose::CareContact), ["10:40 0055", "10:45 0055", "10:45 0055"]);
    assert_eq!((care(&town).tries, care(&town).state), (3, CareState::Missed));

    let mut dead = self::town();
    dead.at("09:30:01");
    while dead.now < moment("21:00:00") {
        for target in dead.ringing.values().cloned().collect::<Vec<_>>() {
            ends(&mut dead, &target, EndReason::NetworkFailed);
        }
        dead.later(MINUTE);
    }
    assert_eq!((care(&dead).tries, care(&dead).state, dead.tickets.len()), (0, CareState::Missed, 1));
}

#[test]
fn plans_of_the_same_minute_are_rung_a_few_at_once() {
    let mut rules = super::town::rules();
    rules.policy.care.at_once = 2;
    let mut town = Town::with(rules, vec![]);
    let plans = several(3);
    town.ledger.care_plans.clone_from(&plans);
    town.tell(DeskEvent::RecordChanged(RecordChange::CarePlans(plans)));
    town.at("09:30:30");
    let first = rung(&town, CallPurpose::CareCall);
    assert_eq!(first.len(), 2, "{first:?}");
    town.answers(&first[0][6..], "first").at("09:31:00");
    assert_eq!(rung(&town, CallPurpose::CareCall).len(), 3, "who answered makes room");
}

#[test]
fn contacts_too_are_rung_a_few_at_once() {
    let plans = several(2)
        .into_iter()
        .map(|it| PlannedCare { plan: CarePlan { minute: 11 * 60 + 59, ..it.plan }, ..it });
    let mut town = town_of(plans.collect());
    town.at("12:00:30");
    for number in ["0100", "0101"] {
        ends(&mut town, number, EndReason::NoSuchNumber);
    }
    town.lays_down(SettingsKind::Policy, 2, "[care]\nat_once = 1\n").at("14:00:10");
    assert_eq!(rung(&town, CallPurpose::CareContact), ["14:00 0055"], "at noon nobody, then one");
    town.answers(&DAUGHTER[7..], "daughter").at("14:00:40");
    assert_eq!(rung(&town, CallPurpose::CareContact).len(), 2, "who answered makes room");
}
