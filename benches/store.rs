//! How fast the store remembers and knows again: `cargo bench --bench store`.
//!
//! Prints steps committed a second (alone and in groups), the time to recognise a number among 30,000, to import
//! and to load 20,000 volunteers, and to write the database anew after an erasure. The disk's own speed decides
//! most of it: compare runs on one machine only.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;
use yingda::clock::{monotonic, os_chance};
use yingda::desk::write::{EventDraft, Write};
use yingda::domain::actor::Actor;
use yingda::domain::area::AreaCode;
use yingda::domain::category::CategoryCode;
use yingda::domain::ids::{Chance, JurisdictionId, PersonId, StationId, VolunteerId};
use yingda::domain::language::Language;
use yingda::domain::person::{Gender, PersonPhone, PhoneConfidence};
use yingda::domain::phone_number::{NumberingPlan, PhoneNumber};
use yingda::domain::register::{PersonRecord, VolunteerRecord};
use yingda::domain::timestamp::Timestamp;
use yingda::domain::volunteer::{DutyState, Lifecycle, Volunteer, VolunteerKind, WeekHours};
use yingda::keys::InstallationKeys;
use yingda::store::commit::{Batch, BatchStep};
use yingda::store::records::By;
use yingda::store::{Settings, Store};

const NOW: Timestamp = Timestamp::from_millis(1_777_600_800_000);
const PEOPLE: i64 = 30_000;
const VOLUNTEERS: i64 = 20_000;
/// How long each way of committing is measured.
const MEASURED: Duration = Duration::from_secs(3);

fn main() {
    let directory = tempfile::tempdir().expect("a directory for the store");
    let keys = InstallationKeys::open(&directory.path().join("keys")).expect("keys");
    let store = Store::open(&Settings::in_directory(directory.path()), &keys, NOW).expect("a store");
    let mut chance = os_chance();
    for steps in [1, 16, 256] {
        commits(&store, &mut chance, steps);
    }
    register(&store, &mut chance);
    let began = monotonic();
    store.scrub().expect("an emptied log");
    println!("empty the log: {:?}", began.elapsed());
}

fn jurisdiction() -> JurisdictionId {
    JurisdictionId("sifang".into())
}

fn commits(store: &Store, chance: &mut Chance, steps: usize) {
    let mut took = Vec::new();
    let began = monotonic();
    while began.elapsed() < MEASURED {
        let batch = Batch { now: NOW, steps: (0..steps).map(|_| step(chance)).collect() };
        let one = monotonic();
        let report = store.commit(batch).expect("a batch committed");
        took.push(one.elapsed());
        assert_eq!(report.refused().count(), 0);
    }
    let rate = (took.len() * steps) as f64 / began.elapsed().as_secs_f64();
    println!("commit {steps:>3} steps at once: {rate:>8.0} steps/s, a commit {}", percentiles(took));
}

/// A sequence, a line of history and a kilobyte of journal: what a digit that opens a ticket costs, roughly.
fn step(chance: &mut Chance) -> BatchStep {
    let event = || EventDraft {
        at: NOW,
        jurisdiction: jurisdiction(),
        actor: Actor::IVR,
        entity: "ticket:0".into(),
        ticket: Some(yingda::domain::ids::TicketId(uuid::Uuid::nil())),
        kind: "ticket.opened".into(),
        subject: Some(PersonId(1)),
        detail: json!({ "from": "intake", "to": "pending_dispatch", "why": "registered home, key 1" }),
    };
    BatchStep {
        input: chance.mint(NOW),
        journal: Some(vec![b'x'; 1_000]),
        writes: vec![
            Write::Sequence { station: StationId(1), day: 260_501, last: 7 },
            Write::Event(event()),
            Write::Event(event()),
        ],
    }
}

fn register(store: &Store, chance: &mut Chance) {
    let by = || By { actor: Actor::SYSTEM, jurisdiction: jurisdiction(), at: NOW };
    let began = monotonic();
    store.import_people((1..=PEOPLE).map(|id| person(id, true)).collect(), by()).expect("people imported");
    println!("import {PEOPLE} people: {:?}", began.elapsed());
    let began = monotonic();
    store.import_volunteers((1..=VOLUNTEERS).map(volunteer).collect(), by()).expect("volunteers imported");
    println!("import {VOLUNTEERS} volunteers: {:?}", began.elapsed());
    let began = monotonic();
    let living = store.living(NOW).expect("what is alive");
    println!("load {} volunteers: {:?}", living.volunteers.len(), began.elapsed());
    let took = (0..20_000)
        .map(|_| {
            let number = number(i64::from(chance.below(u32::try_from(PEOPLE).expect("fits"))) + 1);
            let one: Instant = monotonic();
            let known = store.known(&number, NOW).expect("a number looked up");
            assert_eq!(known.persons.len(), 1);
            one.elapsed()
        })
        .collect();
    println!("know a number among {PEOPLE}: {}", percentiles(took));
}

fn percentiles(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let at = |per_cent: usize| took[(took.len() - 1) * per_cent / 100];
    format!("p50 {:?}, p99 {:?}", at(50), at(99))
}

fn number(id: i64) -> PhoneNumber {
    PhoneNumber::parse(&format!("138{id:08}"), &NumberingPlan::default()).expect("a mobile number")
}

fn person(id: i64, with_phone: bool) -> PersonRecord {
    let phone = PersonPhone {
        person: PersonId(id),
        number: number(id),
        confidence: PhoneConfidence::Exact,
        shared: false,
        verified_at: Some(NOW),
    };
    PersonRecord {
        id: PersonId(id),
        jurisdiction: jurisdiction(),
        name: format!("居民{id}"),
        id_number: None,
        born: Some(jiff::civil::date(1940, 5, 1)),
        gender: Some(Gender::Female),
        gender_wish: None,
        languages: vec![Language::Zh],
        area: Some(AreaCode::parse("370203001002").expect("a code")),
        address: Some("阜新路 12 号".into()),
        point: None,
        flags: vec![],
        phones: if with_phone { vec![phone] } else { vec![] },
        contacts: vec![],
    }
}

fn volunteer(id: i64) -> VolunteerRecord {
    let person = person(PEOPLE + id, false);
    VolunteerRecord {
        volunteer: Volunteer {
            id: VolunteerId(id),
            person: person.id,
            jurisdiction: jurisdiction(),
            kind: VolunteerKind::Retired,
            lifecycle: Lifecycle::Active,
            phone: number(PEOPLE + id),
            home_station: StationId(1),
            area: AreaCode::parse("370203001002").expect("a code"),
            point: None,
            skills: ["ELD-02", "ELD-05", "ELD-07"]
                .iter()
                .map(|code| CategoryCode::parse(code).expect("a code"))
                .collect(),
            languages: BTreeSet::from([Language::Zh]),
            gender: Gender::Female,
            birth_year: 1965,
            credentials: vec![],
            available: WeekHours::ALWAYS,
            duty: DutyState::Off,
            opted_out: false,
            night_consent: false,
            rating: None,
            last_assigned_at: None,
            resting_until: None,
            answers: vec![],
            version: 1,
        },
        person,
    }
}
