//! The demo's district: plausible, the same for the same seed, and nobody real in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use yingda::clock;
use yingda::demo::district::{District, HELP_NUMBER, Size};
use yingda::domain::actor::Actor;
use yingda::domain::area::AreaLevel;
use yingda::domain::calendar::Calendar;
use yingda::domain::category::Catalogue;
use yingda::domain::ids::{JurisdictionId, PersonId};
use yingda::domain::person::PhoneConfidence;
use yingda::domain::phone_number::PhoneNumber;
use yingda::domain::register::{FacilityKind, VolunteerRecord};
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::Tier;
use yingda::domain::volunteer::Lifecycle;
use yingda::keys::InstallationKeys;
use yingda::store::records::By;
use yingda::store::{Settings, Store};

const MADE_AT: Timestamp = Timestamp::from_millis(1_793_000_000_000);

fn jurisdiction() -> JurisdictionId {
    JurisdictionId("shibei".into())
}

fn district(size: Size, seed: u64) -> District {
    let catalogue =
        Catalogue::parse(include_str!("../../config/catalogue.toml")).expect("the shipped catalogue");
    District::generate(jurisdiction(), size, seed, &catalogue, MADE_AT)
}

#[test]
fn one_seed_makes_one_district() {
    let first = district(Size::SMALL, 7);
    assert_eq!(first, district(Size::SMALL, 7));
    assert_ne!(first, district(Size::SMALL, 8));
}

#[test]
fn the_full_district_has_what_its_plan_counts() {
    let full = district(Size::FULL, 1);
    let tier = |tier| full.stations.iter().filter(|station| station.tier == tier).count();
    assert_eq!((tier(Tier::District), tier(Tier::Street), tier(Tier::Committee)), (1, 22, 137));
    let kind = |kind| full.facilities.iter().filter(|facility| facility.kind == kind).count();
    assert_eq!((kind(FacilityKind::Welfare), kind(FacilityKind::Convenience)), (600, 3_000));
    assert_eq!((full.residents.len(), full.volunteers.len(), full.staff.len()), (3_000, 20_000, 5_000));
    assert!(
        full.facilities
            .iter()
            .flat_map(|facility| &facility.units)
            .all(|unit| unit.available <= unit.maximum)
    );
}

#[test]
fn each_station_answers_a_number_of_its_own_below_its_parents() {
    let stations = district(Size::SMALL, 1).stations;
    let by_id: BTreeMap<_, _> = stations.iter().map(|station| (station.id, station)).collect();
    let numbers: BTreeSet<_> = stations.iter().map(|station| &station.help_number).collect();
    let codes: BTreeSet<_> = stations.iter().map(|station| station.ticket_code).collect();
    assert_eq!((by_id.len(), numbers.len(), codes.len()), (160, 160, 160));
    assert!(codes.iter().all(|code| *code < 1_000), "three digits in a ticket's number");
    for station in &stations {
        match station.parent {
            None => assert_eq!((station.tier, station.help_number.as_str()), (Tier::District, HELP_NUMBER)),
            Some(parent) => {
                let parent = by_id[&parent];
                assert_eq!(station.tier.up(), Some(parent.tier));
                assert!(station.help_number.starts_with(&parent.help_number), "{}", station.help_number);
                assert!(station.area.as_str().starts_with(parent.area.as_str()), "{}", station.area);
            }
        }
    }
}

#[test]
fn nobody_in_the_district_has_a_real_telephone() {
    let made = district(Size::SMALL, 3);
    let rings_nobody = |number: &PhoneNumber| {
        number.as_str().starts_with("+86154") || number.as_str().starts_with("+865321")
    };
    let volunteers = made.volunteers.iter().map(|record| &record.person);
    let people: Vec<_> = made.residents.iter().chain(&made.staff_people).chain(volunteers).collect();
    for person in &people {
        assert!(person.phones.iter().all(|phone| rings_nobody(&phone.number) && phone.person == person.id));
        assert!(person.contacts.iter().all(|contact| rings_nobody(&contact.number)));
        assert!(person.address.as_ref().is_some_and(|address| address.contains("示意")));
    }
    assert!(made.volunteers.iter().all(|record| rings_nobody(&record.volunteer.phone)));
    let ids: BTreeSet<PersonId> = people.iter().map(|person| person.id).collect();
    assert_eq!(ids.len(), people.len(), "every person is one row");
}

#[test]
fn a_telephone_of_two_people_is_a_households() {
    let residents = district(Size::FULL, 2).residents;
    let mut users: BTreeMap<&PhoneNumber, Vec<_>> = BTreeMap::new();
    for person in &residents {
        for phone in &person.phones {
            users.entry(&phone.number).or_default().push((phone.confidence, &person.address));
        }
    }
    let shared: Vec<_> = users.values().filter(|users| users.len() > 1).collect();
    assert!(shared.len() > 100, "{} telephones are shared", shared.len());
    for household in shared {
        assert!(household.iter().all(|(confidence, _)| *confidence == PhoneConfidence::Household));
        assert!(household.windows(2).all(|two| two[0].1 == two[1].1), "one address: {household:?}");
    }
}

#[test]
fn the_district_settles_in_a_store_and_is_found_there() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let now = clock::wall();
    let keys = InstallationKeys::open(&folder.path().join("keys")).expect("keys");
    let store = Store::open(&Settings::in_directory(folder.path()), &keys, now).expect("a store");
    let made = district(Size::SMALL, 5);
    let resident = made.residents[0].clone();
    let left = |record: &&VolunteerRecord| record.volunteer.lifecycle == Lifecycle::Left;
    let here = made.volunteers.len() - made.volunteers.iter().filter(left).count();
    let areas = made.areas.iter().filter(|area| area.code.level() == AreaLevel::Committee).count();
    let plans = made.care_plans.len();
    made.settle(&store, &By { actor: Actor::SYSTEM, jurisdiction: jurisdiction(), at: now })
        .expect("it settles");
    let known = store.known(&resident.phones[0].number, now).expect("the register answers");
    assert!(known.persons.iter().any(|person| person.person == resident.id));
    let living = store.living(now).expect("the living are read");
    assert_eq!((living.volunteers.len(), living.stations.len(), areas), (here, 160, 137));
    // Somebody is rung within the first minutes, whatever the hour; contacts are those of the register.
    assert_eq!((plans, living.care_plans.len()), (Size::SMALL.care_plans, plans));
    let calendar = Calendar::default();
    let soon = |at: Timestamp| at > MADE_AT && at <= MADE_AT + Duration::from_secs(13 * 60);
    for planned in &living.care_plans {
        assert!(planned.plan.next(&calendar, MADE_AT).is_some_and(soon), "{:?}", planned.plan);
        assert!(!planned.plan.contacts.is_empty());
    }
}
