//! What the desk writes, the store takes: whole scenarios, step after step, and the living rows come back.

use std::collections::BTreeMap;

use yingda::desk::write::Write;
use yingda::domain::ids::{Chance, JurisdictionId, PersonId};
use yingda::domain::language::Language;
use yingda::domain::register::{PersonRecord, VolunteerRecord};
use yingda::domain::urgency::Tier;
use yingda::domain::volunteer::Volunteer;
use yingda::store::Store;
use yingda::store::commit::{Batch, BatchStep};
use yingda::store::error::StoreError;
use yingda::store::queries::tickets;
use yingda::store::records::By;

use super::samples::{by_system, open};
use crate::scenarios::institutions::institution;
use crate::scenarios::town::{self, Town};

fn by() -> By {
    By { jurisdiction: JurisdictionId("shibei".into()), ..by_system() }
}

fn with_person(volunteer: Volunteer) -> VolunteerRecord {
    let person = PersonRecord {
        id: volunteer.person,
        jurisdiction: volunteer.jurisdiction.clone(),
        name: "志愿者".into(),
        id_number: None,
        born: None,
        gender: None,
        gender_wish: None,
        languages: vec![Language::Zh],
        area: None,
        address: None,
        point: None,
        flags: vec![],
        phones: vec![],
        contacts: vec![],
    };
    VolunteerRecord { person, volunteer }
}

/// A store of the town: its stations and volunteers.
fn store_of_the_town(directory: &std::path::Path) -> Store {
    let store = open(directory);
    let stations = vec![
        town::station(1, Tier::District, town::DISTRICT, None),
        town::station(2, Tier::Street, town::STREET, Some(1)),
        town::station(3, Tier::Committee, town::COMMITTEE, Some(2)),
    ];
    store.import_stations(stations, by()).unwrap();
    let volunteers = (1..=5).map(|n| with_person(town::volunteer(10_000 + n, &format!("138000000{n:02}"))));
    store.import_volunteers(volunteers.collect(), by()).unwrap();
    store
}

/// Commits every row the town's desk wrote, each as a step of its own, so that a refusal names its row.
fn remember(store: &Store, town: &Town) {
    let mut chance = Chance::from_number(90);
    let steps = town.rows.iter().map(|write| BatchStep {
        input: chance.mint(town.now),
        journal: None,
        writes: vec![write.clone()],
    });
    let report = store.commit(Batch { now: town.now, steps: steps.collect() }).unwrap();
    let refused: Vec<_> = report.refused().map(|(index, why)| (&town.rows[index], why)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

/// The last word of the desk on each ticket, offer and assignment is what the store holds.
fn agrees(store: &Store, town: &Town) {
    let living = store.living(town.now).unwrap();
    let mut tickets = BTreeMap::new();
    let mut offers = BTreeMap::new();
    let mut assignments = BTreeMap::new();
    let mut callbacks = BTreeMap::new();
    let mut notices = BTreeMap::new();
    for write in &town.rows {
        match write {
            Write::Ticket(ticket) => drop(tickets.insert(ticket.id, ticket.as_ref().clone())),
            Write::Offer(offer) => drop(offers.insert(offer.id, offer.clone())),
            Write::Assignment(assignment) => drop(assignments.insert(assignment.id, assignment.clone())),
            Write::Callback(request) => drop(callbacks.insert(request.id, request.clone())),
            Write::TaskNotice(notice) => drop(notices.insert(notice.id, notice.clone())),
            Write::Call(_)
            | Write::Attempt(_)
            | Write::WorkItem(_)
            | Write::Survey(_)
            | Write::Recording(_)
            | Write::RecordingCut(_)
            | Write::Text(_)
            | Write::CancelText(_)
            | Write::TextReported(_)
            | Write::TextHandled(_)
            | Write::Inbox(_)
            | Write::Excluded { .. }
            | Write::Mark(_)
            | Write::Queue(_)
            | Write::Care(_)
            | Write::Operator(_)
            | Write::CallDisposed { .. }
            | Write::DeviceTested { .. }
            | Write::Duty(_)
            | Write::Sequence { .. }
            | Write::Event(_) => {}
        }
    }
    callbacks.retain(|_, request| request.state.is_open());
    let mut held = living.tickets;
    held.extend(living.closed_lately);
    held.sort_by_key(|ticket| ticket.id);
    assert!(!tickets.is_empty());
    assert_eq!(held, tickets.into_values().collect::<Vec<_>>());
    assert_eq!(living.offers, offers.into_values().collect::<Vec<_>>());
    assert_eq!(living.assignments, assignments.into_values().collect::<Vec<_>>());
    assert_eq!(living.task_notices, notices.into_values().collect::<Vec<_>>());
    assert_eq!(living.callbacks, callbacks.into_values().collect::<Vec<_>>());
    store.verify().unwrap();
}

fn remembered(town: &Town) {
    let directory = tempfile::tempdir().unwrap();
    let store = store_of_the_town(directory.path());
    remember(&store, town);
    agrees(&store, town);
    // The same after a restart.
    drop(store);
    agrees(&open(directory.path()), town);
}

#[test]
fn what_an_institution_was_told_took_and_did_is_remembered_row_by_row() {
    let mut town = Town::new();
    town.learns(&[institution(31, town::COMMITTEE, "13700000001")]);
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    let code = town.task_code("13700000001");
    town.texts("13700000001", &format!("{code} 1")).at("09:10:00");
    remembered(&town);
    town.texts("13700000001", &format!("{code} 9 已疏通")).at("09:40:00");
    remembered(&town);
}

#[test]
fn a_visit_from_wish_to_closed_ticket_is_remembered_row_by_row() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:03:00");
    town.texts("13800000001", "8").texts("13800000002", "8").at("09:30:00");
    town.texts("13800000001", "9").texts("13800000002", "9").at("12:00:00");
    town.texts("13900000001", "A").at("12:01:00");
    remembered(&town);
}

#[test]
fn a_ladder_up_to_the_duty_officer_is_remembered_row_by_row() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").at("09:17:30");
    town.ignores("duty1").at("09:17:31").answers("duty2", "chen").at("09:17:40");
    town.presses("chen", "1").at("09:25:00");
    remembered(&town);
}

#[test]
fn helpers_who_do_not_come_and_a_wish_by_key_are_remembered_row_by_row() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:40:00");
    town.rings("wang", "13900000001", "12349").at("09:40:05");
    town.presses("wang", "1").at("09:40:10").presses("wang", "4").at("09:40:16");
    town.presses("wang", "1").at("09:40:20").presses("wang", "1").at("18:00:00");
    remembered(&town);
    assert_eq!(PersonId(1), town.tickets.values().find_map(|ticket| ticket.beneficiary).unwrap());
}

#[test]
fn the_tickets_of_a_day_are_those_opened_from_its_first_moment_to_its_last() {
    let mut town = Town::new();
    town.opens("ELD-07", "13912345678", |_| {}).at("10:00:00");
    town.opens("ELD-02", "13912345679", |_| {}).at("10:01:00");
    let directory = tempfile::tempdir().unwrap();
    let store = store_of_the_town(directory.path());
    remember(&store, &town);
    let found = |jurisdiction: &str, from, until| {
        let jurisdiction = JurisdictionId(jurisdiction.into());
        let span = (town::moment(from), town::moment(until));
        let found = store.read(|connection| {
            let tickets = tickets::opened_between(connection, &jurisdiction, span)?;
            Ok::<_, StoreError>(tickets)
        });
        found.unwrap().into_iter().map(|ticket| ticket.opened_at).collect::<Vec<_>>()
    };
    let (first, second) = (town::moment("09:00:00"), town::moment("10:00:00"));
    assert_eq!(found("shibei", "09:00:00", "10:00:01"), [first, second]);
    assert_eq!(found("shibei", "09:00:00", "10:00:00"), [first], "the end belongs to the next day");
    assert_eq!(found("shibei", "09:00:01", "23:00:00"), [second]);
    assert_eq!(found("elsewhere", "09:00:00", "23:00:00"), []);
}
