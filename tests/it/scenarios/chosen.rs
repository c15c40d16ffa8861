//! Operators who choose whom the help is for: the desk then knows what the register knows, and still does after a restart.

use std::time::Duration;

use yingda::desk::command::{Intake, TicketCommand as T};
use yingda::domain::actor::Role;
use yingda::domain::ids::{PersonId, VolunteerId};
use yingda::domain::person::{KnownPerson, PersonFlag};
use yingda::domain::ticket::TicketState;

use super::town::{Town, resident};

const NEIGHBOUR: &str = "13600000007";

/// A neighbour rang for somebody whom the register knows.
fn asked_for(town: &mut Town, person: &KnownPerson) {
    town.ledger.people.insert(person.person, person.clone());
    town.opens("ELD-07", NEIGHBOUR, |intake: &mut Intake| {
        intake.beneficiary = Some(person.person);
        intake.known = Some(Box::new(person.clone()));
        (intake.area, intake.address) = (None, None);
    });
}

fn person(change: impl FnOnce(&mut KnownPerson)) -> KnownPerson {
    let (_, mut person) = resident(70, "13900000070");
    change(&mut person);
    person
}

#[test]
fn help_goes_to_the_registered_home_of_the_chosen_person_and_the_helper_is_told_their_name() {
    let mut town = Town::new();
    asked_for(&mut town, &person(|_| {}));
    let ticket = town.ticket();
    assert_eq!(ticket.beneficiary, Some(PersonId(70)));
    assert_eq!(ticket.address.as_deref(), Some("商城路70号1单元101"));
    assert!(!ticket.two_person, "a known home, no flags, by day");
    town.at("09:01:00").texts("13800000001", "1").later(Duration::from_secs(5));
    let heard = town.heard();
    assert!(heard.contains("居民70") && heard.contains("商城路70号"), "{heard}");
}

#[test]
fn what_the_register_says_of_the_chosen_person_counts_for_safety() {
    let mut town = Town::new();
    asked_for(&mut town, &person(|person| person.flags = vec![PersonFlag::Aggression]));
    assert!(town.ticket().two_person, "nobody goes there alone");
}

#[test]
fn a_volunteer_the_chosen_person_does_not_want_is_not_asked_even_after_a_restart() {
    let unwanted: Vec<VolunteerId> = (1..=4).map(|n| VolunteerId(10_000 + n)).collect();
    let chosen = person(|person| person.blocked = unwanted.clone());
    let mut town = Town::new();
    asked_for(&mut town, &chosen);
    town.at("09:01:00").restarts(Duration::from_secs(2));
    town.desk.texts_are_in();
    town.at("11:00:00");
    let asked: Vec<VolunteerId> = town.ledger.offers.values().map(|offer| offer.volunteer).collect();
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|volunteer| *volunteer == VolunteerId(10_005)), "{asked:?}");
    // The last one declines: the search after the restart holds to it too.
    let open = town.code_of("13800000005");
    town.texts("13800000005", &format!("{open} 2")).later(Duration::from_secs(600));
    let asked = town.ledger.offers.values().any(|offer| unwanted.contains(&offer.volunteer));
    assert!(!asked, "{}", town.heard);
}

fn exclude(town: &mut Town, excluded: bool) -> String {
    town.heard();
    let reason = "不愿再由此人上门".to_owned();
    town.does(900, Role::Operator, T::Exclude { volunteer: VolunteerId(10_001), excluded, reason });
    town.heard()
}

fn asked(town: &Town) -> Vec<VolunteerId> {
    let ticket = town.ticket().id;
    town.ledger.offers.values().filter(|offer| offer.ticket == ticket).map(|offer| offer.volunteer).collect()
}

#[test]
fn who_is_not_to_be_sent_again_is_stood_down_and_not_asked_for_that_resident_until_it_is_taken_back() {
    let ana = VolunteerId(10_001);
    let mut town = Town::new();
    asked_for(&mut town, &person(|_| {}));
    town.at("09:01:00").texts("13800000001", "1").later(Duration::from_secs(5));
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    let said = exclude(&mut town, true);
    assert!(said.contains("Done"), "{said}");
    town.later(Duration::from_secs(60));
    let heard = town.heard();
    assert!(heard.contains("text to …0001"), "Ana hears that she need not come: {heard}");
    assert_eq!(town.ticket().state, TicketState::Offering, "the place is asked for anew: {heard}");
    let booked = |town: &Town| {
        town.ledger.assignments.values().any(|visit| visit.volunteer == Some(ana) && visit.state.is_live())
    };
    assert!(!booked(&town));
    // The next ticket of that resident, after a restart.
    town.restarts(Duration::from_secs(2));
    town.desk.texts_are_in();
    let known = town.ledger.people[&PersonId(70)].clone();
    assert_eq!(known.blocked, [ana], "it is kept with the person");
    asked_for(&mut town, &known);
    town.at("09:30:00");
    assert!(!asked(&town).is_empty() && !asked(&town).contains(&ana), "{:?}", asked(&town));
    let said = exclude(&mut town, false);
    assert!(said.contains("Done"), "{said}");
    let known = town.ledger.people[&PersonId(70)].clone();
    assert!(known.blocked.is_empty());
}

#[test]
fn what_is_kept_with_a_person_needs_one() {
    let mut town = Town::new();
    town.opens("ELD-07", NEIGHBOUR, |_| {}).at("09:01:00");
    assert!(exclude(&mut town, true).contains("NobodyChosen"));
}
