//! Operators who choose whom the help is for: the desk then knows what the register knows, and still does after a restart.

use std::time::Duration;

use yingda::desk::command::Intake;
use yingda::domain::ids::{PersonId, VolunteerId};
use yingda::domain::person::{KnownPerson, PersonFlag};

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
