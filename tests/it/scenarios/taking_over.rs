//! Who takes over a visit after its time began: asked whether they come when they can be on their way, and not before.

use std::time::Duration;

use yingda::desk::rules::Rules;
use yingda::domain::assignment::{Assignment, AssignmentState};
use yingda::domain::ids::VolunteerId;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::TicketState;

use super::town::{Town, moment, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);

/// As it is shipped: waves of 90 seconds.
fn shipped() -> Rules {
    Rules { policy: Policy::default(), ..rules() }
}

fn people(count: i64) -> Vec<yingda::domain::volunteer::Volunteer> {
    (1..=count).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect()
}

fn visit_of(town: &Town, badge: i64) -> Assignment {
    let mut theirs = town.ledger.assignments.values().filter(|a| a.volunteer == Some(VolunteerId(badge)));
    theirs.next_back().expect("they said yes").clone()
}

/// Who said yes first did not come; who is asked next says yes at `yes`.
fn taken_over(rules: Rules, yes: &str) -> (Town, i64) {
    let mut town = Town::with(rules, people(30));
    town.wishes_for_shopping().later(MINUTE);
    let first = town.ledger.offers.values().next().expect("somebody is asked").clone();
    town.texts(first.phone.as_str(), "1").at("09:28:00");
    assert_eq!(visit_of(&town, first.volunteer.0).state, AssignmentState::NoShow);
    town.at(yes);
    let open = town.ledger.offers.values().find(|offer| offer.state.is_open());
    let next = open.expect("others are asked").clone();
    town.texts(next.phone.as_str(), "1").heard();
    (town, next.volunteer.0)
}

#[test]
fn who_takes_over_after_a_no_show_is_asked_a_quarter_of_an_hour_after_their_own_yes() {
    let (mut town, badge) = taken_over(rules(), "09:40:00");
    town.at("09:54:59");
    assert_eq!(visit_of(&town, badge).asked_at, None, "their time has just begun");
    town.at("09:56:00");
    assert_eq!(visit_of(&town, badge).asked_at, Some(moment("09:55:00")));
    town.at("10:04:59");
    assert_eq!(visit_of(&town, badge).state, AssignmentState::Accepted);
    town.at("10:06:00");
    assert_eq!(visit_of(&town, badge).state, AssignmentState::NoShow, "silence is one all the same");
}

#[test]
fn in_the_waves_of_the_shipped_policy_a_late_yes_has_its_time_too() {
    let (mut town, badge) = taken_over(shipped(), "09:29:00");
    town.at("09:43:59");
    assert_eq!(visit_of(&town, badge).asked_at, None);
    town.at("09:45:00");
    assert_eq!(visit_of(&town, badge).asked_at, Some(moment("09:44:00")));
    assert_eq!(town.ticket().state, TicketState::InProgress);
}
