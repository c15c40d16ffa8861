//! Of those who come somebody holds each certificate that the catalogue wants of one: whom that keeps a place for.

use std::collections::BTreeSet;
use std::time::Duration;

use yingda::domain::ids::VolunteerId;
use yingda::domain::offer::OfferState;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::TicketState;
use yingda::domain::urgency::Urgency;
use yingda::domain::volunteer::{Credential, CredentialKind, Volunteer};

use super::town::{Town, moment, resident, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const CARER: CredentialKind = CredentialKind::Carer;
const FIRST_AID: CredentialKind = CredentialKind::FirstAid;

fn phone(n: usize) -> String {
    format!("138000000{n:02}")
}

/// As many volunteers as are named, from 1 on, with what each holds; so many come to shop, of whom one holds a first-aid
/// certificate and one a carer's.
fn nobody_rings_yet(persons: u8, policy: Policy, held: &[&[CredentialKind]]) -> Town {
    let mut rules = rules();
    rules.policy = policy;
    let category = rules.catalogue.categories.get_mut(&Town::category("ELD-07")).unwrap();
    category.persons = persons;
    category.one_holds = vec![FIRST_AID, CARER];
    category.urgency = Urgency::P3;
    let expires_at = moment("23:59:59") + Duration::from_secs(9_000 * 3_600);
    let of = |(at, held): (usize, &&[CredentialKind])| Volunteer {
        credentials: held.iter().map(|kind| Credential { kind: *kind, expires_at }).collect(),
        ..volunteer(10_001 + at as i64, &phone(at + 1))
    };
    Town::with(rules, held.iter().enumerate().map(of).collect())
}

fn town_of(persons: u8, policy: Policy, held: &[&[CredentialKind]]) -> Town {
    let mut town = nobody_rings_yet(persons, policy, held);
    town.opens_by_hand("ELD-07").later(MINUTE / 2);
    town
}

fn unhurried() -> Policy {
    rules().policy
}

/// Who has an offer.
fn asked(town: &Town) -> BTreeSet<i64> {
    town.ledger.offers.values().map(|offer| offer.volunteer.0 - 10_000).collect()
}

fn coming(town: &Town) -> BTreeSet<i64> {
    let live = town.ledger.assignments.values().filter(|visit| visit.state.is_live());
    live.filter_map(|visit| visit.volunteer).map(|id| id.0 - 10_000).collect()
}

fn says_yes(town: &mut Town, n: usize) {
    let code = town.code_of(&phone(n));
    town.texts(&phone(n), &format!("{code} 1")).later(Duration::from_secs(5));
}

fn state_of_offer(town: &Town, n: i64) -> Vec<OfferState> {
    let theirs = town.ledger.offers.values().filter(|offer| offer.volunteer == VolunteerId(10_000 + n));
    theirs.map(|offer| offer.state).collect()
}

#[test]
fn two_certificates_that_two_people_hold_are_filled_by_both() {
    for policy in [unhurried(), Policy::default()] {
        let mut town = town_of(2, policy, &[&[], &[], &[FIRST_AID], &[CARER], &[]]);
        assert_eq!(asked(&town), [3, 4].into(), "both places are kept: nobody else is asked in vain");
        says_yes(&mut town, 4);
        assert_eq!(town.ticket().state, TicketState::Offering);
        says_yes(&mut town, 3);
        assert_eq!((town.ticket().state, coming(&town)), (TicketState::InProgress, [3, 4].into()));
    }
}

#[test]
fn who_holds_both_certificates_gives_a_place_back_and_whoever_holds_none_is_asked_for_it_at_once() {
    for policy in [unhurried(), Policy::default()] {
        let mut town = town_of(2, policy, &[&[], &[FIRST_AID, CARER]]);
        assert_eq!(asked(&town), [2].into(), "one who holds both is asked for both");
        assert_eq!(town.ledger.offers.len(), 1, "and once");
        says_yes(&mut town, 2);
        assert_eq!(asked(&town), [1, 2].into());
        says_yes(&mut town, 1);
        assert_eq!((town.ticket().state, coming(&town)), (TicketState::InProgress, [1, 2].into()));
    }
}

#[test]
fn while_two_certificates_are_missing_two_places_are_kept_and_who_holds_none_has_the_third() {
    let mut town = town_of(3, unhurried(), &[&[], &[], &[FIRST_AID], &[CARER]]);
    assert_eq!(asked(&town), [1, 2, 3, 4].into(), "holders for two places, anybody for the third");
    says_yes(&mut town, 1);
    assert_eq!(coming(&town), [1].into());
    town.heard();
    says_yes(&mut town, 2);
    assert_eq!(coming(&town), [1].into(), "two places are left, and both are kept");
    let heard = town.heard();
    assert!(heard.contains("text to …0002") && heard.contains("须由持证人员担任"), "{heard}");
    assert_eq!(town.lines("offer.too_late")[0]["kept"], true);
    says_yes(&mut town, 3);
    says_yes(&mut town, 4);
    assert_eq!((town.ticket().state, coming(&town)), (TicketState::InProgress, [1, 3, 4].into()));
}

#[test]
fn whoever_stands_by_for_a_place_that_was_kept_is_asked_at_once_when_one_who_holds_both_gives_it_back() {
    let mut town = town_of(3, unhurried(), &[&[], &[], &[FIRST_AID, CARER]]);
    says_yes(&mut town, 1);
    says_yes(&mut town, 2);
    assert_eq!((state_of_offer(&town, 2), coming(&town)), (vec![OfferState::TooLate], [1].into()));
    says_yes(&mut town, 3);
    assert_eq!(state_of_offer(&town, 2).len(), 2, "asked again, at once");
    says_yes(&mut town, 2);
    assert_eq!((town.ticket().state, coming(&town)), (TicketState::InProgress, [1, 2, 3].into()));
}

#[test]
fn a_second_holder_of_the_same_certificate_has_no_place_that_is_kept_for_the_other() {
    let mut town = town_of(2, unhurried(), &[&[FIRST_AID], &[FIRST_AID], &[CARER]]);
    assert_eq!(asked(&town), [1, 2, 3].into(), "the holder of each, however they rank");
    says_yes(&mut town, 1);
    says_yes(&mut town, 2);
    assert_eq!((state_of_offer(&town, 2), coming(&town)), (vec![OfferState::TooLate], [1].into()));
    says_yes(&mut town, 3);
    assert_eq!((town.ticket().state, coming(&town)), (TicketState::InProgress, [1, 3].into()));
}

#[test]
fn where_nobody_holds_one_of_two_certificates_nobody_is_asked_in_vain() {
    let town = town_of(2, unhurried(), &[&[FIRST_AID], &[FIRST_AID], &[]]);
    assert!(town.ledger.offers.is_empty(), "{:?}", town.ledger.offers);
    assert_eq!(town.ticket().state, TicketState::Dispatched, "staff has it");
}

#[test]
fn where_one_comes_only_who_holds_both_certificates_is_asked() {
    let held: [&[CredentialKind]; 3] = [&[FIRST_AID], &[CARER], &[CARER, FIRST_AID]];
    let mut town = nobody_rings_yet(1, unhurried(), &held);
    let (_, person) = resident(77, "13900000001");
    town.opens("ELD-07", "13900000001", |intake| {
        intake.beneficiary = Some(person.person);
        intake.address = person.address.clone();
        intake.known = Some(Box::new(person));
    });
    town.later(MINUTE / 2);
    assert_eq!(asked(&town), [3].into());
    says_yes(&mut town, 3);
    assert_eq!(town.ticket().state, TicketState::InProgress);
}

#[test]
fn tickets_of_one_morning_each_ask_their_own_holders_of_each_certificate() {
    let mut policy = unhurried();
    policy.offers.batch_from = 3;
    policy.urgency.p3.wave_cap = 1;
    let held: [&[CredentialKind]; 9] =
        [&[], &[], &[], &[FIRST_AID], &[FIRST_AID], &[FIRST_AID], &[CARER], &[CARER], &[CARER]];
    let mut town = nobody_rings_yet(2, policy, &held);
    town.at("22:30:00");
    for caller in ["13900000011", "13900000012", "13900000013"] {
        town.opens("ELD-07", caller, |_| {});
    }
    town.later(MINUTE * 600);
    let first = |offer: &&yingda::domain::offer::Offer| offer.wave == 1;
    let offers: Vec<i64> = town.ledger.offers.values().filter(first).map(|offer| offer.volunteer.0).collect();
    let people: BTreeSet<i64> = offers.iter().map(|id| id - 10_000).collect();
    assert_eq!((offers.len(), people), (6, (4..=9).collect()), "two each, nobody twice");
    assert_eq!(town.lines("offer.wave")[0]["chosen_together"], 3, "tickets, not places");
}
