//! Across a border: whom an agreement between two regions lets the line ask, and for what.

use std::time::Duration;

use yingda::desk::command::TicketCommand;
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::domain::actor::Role;
use yingda::domain::area::Point;
use yingda::domain::ids::{JurisdictionId, PersonId, StationId, VolunteerId};
use yingda::domain::person::KnownPerson;
use yingda::domain::station::Station;
use yingda::domain::ticket::TicketState;
use yingda::domain::urgency::Tier;
use yingda::domain::volunteer::{Credential, CredentialKind, Volunteer};

use super::town::{Town, area, moment, resident, rules, station, volunteer};

const NEIGHBOUR: &str = "shinan";

fn at(metres_north: i32) -> Point {
    Point { latitude_e7: 360_800_000 + metres_north * 90, longitude_e7: 1_203_500_000 }
}

/// One of their volunteers two kilometres beyond the border, one of them eight, and nobody of ours.
fn beyond_the_border() -> Vec<Volunteer> {
    let theirs = |badge, phone, metres| Volunteer {
        jurisdiction: JurisdictionId(NEIGHBOUR.into()),
        area: area("370202005001"),
        point: Some(at(metres)),
        credentials: vec![Credential {
            kind: CredentialKind::SignLanguage,
            expires_at: moment("23:59:59") + Duration::from_secs(9_000 * 3_600),
        }],
        ..volunteer(badge, phone)
    };
    vec![theirs(20_001, "13800000021", 2_000), theirs(20_002, "13800000022", 8_000)]
}

/// Who is asked when a resident at the border needs something.
fn asked(category: &str, agreed: bool) -> Vec<VolunteerId> {
    let mut rules = rules();
    if agreed {
        rules.policy.agreements.volunteers_of = vec![JurisdictionId(NEIGHBOUR.into())];
    }
    let mut town = Town::with(rules, beyond_the_border());
    let (_, person) = resident(77, "13700000077");
    let person =
        KnownPerson { point: Some(at(0)), address: Some("商城路1号2单元301".into()), ..person };
    town.opens(category, "13900000001", |intake| {
        intake.beneficiary = Some(PersonId(77));
        intake.known = Some(Box::new(person));
    });
    town.later(Duration::from_secs(120));
    town.ledger.offers.values().map(|offer| offer.volunteer).collect()
}

#[test]
fn a_station_across_the_border_is_told_when_an_agreement_names_it_and_takes_the_work() {
    let told = |agreed: bool| {
        let mut rules = rules();
        rules.policy.agreements.stations = if agreed { vec![StationId(9)] } else { vec![] };
        let mut town = Town::with(rules, vec![]);
        let theirs = Station {
            jurisdiction: JurisdictionId(NEIGHBOUR.into()),
            ..station(9, Tier::Street, "370202005", None)
        };
        town.ledger.stations.push(theirs.clone());
        town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(theirs))));
        // Two working hours to take it: theirs is told between the station above and the duty officer.
        town.opens_by_hand("DIS-03").at("10:40:00");
        town
    };
    assert!(!told(false).heard().contains("text to …0009"), "without an agreement a border is one");
    let mut town = told(true);
    assert!(town.heard().contains("text to …0009: 【社区服务】待签收 "));
    town.does_at(9, 909, Role::Handler, TicketCommand::Accept);
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(9)));
}

#[test]
fn across_a_border_the_near_are_asked_when_an_agreement_says_so_and_the_work_may_be_shared() {
    assert_eq!(asked("DIS-04", true), [VolunteerId(20_001)], "the far one is out of reach");
    assert_eq!(asked("DIS-04", false), [], "without an agreement a border is one");
    assert_eq!(asked("ELD-05", true), [], "what may not be shared stays within");
}
