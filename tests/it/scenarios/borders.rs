//! Across a border: whom an agreement between two regions lets the line ask, and for what.

use std::time::Duration;

use yingda::desk::command::TicketCommand;
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::domain::actor::Role;
use yingda::domain::area::Point;
use yingda::domain::ids::{FacilityId, JurisdictionId, PersonId, StationId, VolunteerId};
use yingda::domain::person::KnownPerson;
use yingda::domain::register::Institution;
use yingda::domain::station::Station;
use yingda::domain::ticket::TicketState;
use yingda::domain::urgency::Tier;
use yingda::domain::volunteer::{Credential, CredentialKind, Volunteer};

use super::institutions::institution;
use super::town::{COMMITTEE, Town, area, moment, number, resident, rules, station, volunteer};

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

/// A resident at the border needs something.
fn at_the_border(town: &mut Town, category: &str) {
    let (_, person) = resident(77, "13700000077");
    let person =
        KnownPerson { point: Some(at(0)), address: Some("商城路1号2单元301".into()), ..person };
    town.opens(category, "13900000001", |intake| {
        intake.beneficiary = Some(PersonId(77));
        intake.known = Some(Box::new(person));
    });
}

/// Who is asked when a resident at the border needs something.
fn asked(category: &str, agreed: bool) -> Vec<VolunteerId> {
    let mut rules = rules();
    if agreed {
        rules.policy.agreements.volunteers_of = vec![JurisdictionId(NEIGHBOUR.into())];
    }
    let mut town = Town::with(rules, beyond_the_border());
    at_the_border(&mut town, category);
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
fn life_and_safety_that_may_be_shared_is_told_across_the_border_in_the_same_moment() {
    let told = |category: &str| {
        let mut rules = rules();
        rules.policy.agreements.stations = vec![StationId(9)];
        let mut town = Town::with(rules, vec![]);
        let theirs = Station {
            jurisdiction: JurisdictionId(NEIGHBOUR.into()),
            ..station(9, Tier::Street, "370202005", None)
        };
        town.ledger.stations.push(theirs.clone());
        town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(theirs))));
        town.opens_by_hand(category).at("09:00:05").heard().contains("text to …0009: 【社区服务】待签收 ")
    };
    assert!(told("EMG-02"), "somebody is missing: the neighbours look too");
    assert!(!told("EMG-01"), "what may not be shared stays within");
}

#[test]
fn across_a_border_the_near_are_asked_when_an_agreement_says_so_and_the_work_may_be_shared() {
    assert_eq!(asked("DIS-04", true), [VolunteerId(20_001)], "the far one is out of reach");
    assert_eq!(asked("DIS-04", false), [], "without an agreement a border is one");
    assert_eq!(asked("ELD-05", true), [], "what may not be shared stays within");
}

/// A day care place of ours a street away, one of theirs just beyond the border, and one of theirs far beyond it.
fn day_care() -> [Institution; 3] {
    let place = |id, phone, metres| Institution {
        categories: ["CAR-01", "CON-02"].map(Town::category).into(),
        point: Some(at(metres)),
        ..institution(id, COMMITTEE, phone)
    };
    let theirs = |id, phone, metres| Institution {
        jurisdiction: JurisdictionId(NEIGHBOUR.into()),
        area: area("370202005001"),
        ..place(id, phone, metres)
    };
    [place(31, "13700000001", -2_000), theirs(32, "13700000002", 600), theirs(33, "13700000003", 8_000)]
}

/// The telephone that is told of a resident's wish at the border.
fn told(category: &str, agreed: bool, all: &[Institution]) -> Town {
    let mut rules = rules();
    if agreed {
        rules.policy.agreements.institutions_of = vec![JurisdictionId(NEIGHBOUR.into())];
    }
    let mut town = Town::with(rules, vec![]);
    town.learns(all);
    at_the_border(&mut town, category);
    town.at("09:01:00");
    town
}

#[test]
fn the_institution_across_the_border_is_told_when_an_agreement_says_so_and_the_work_may_be_shared() {
    let all = day_care();
    for (category, agreed, phone) in
        [("CAR-01", true, "…0002"), ("CAR-01", false, "…0001"), ("CON-02", true, "…0001")]
    {
        let heard = told(category, agreed, &all).heard();
        assert!(
            heard.contains(&format!("text to {phone}: 【社区服务】待签收")),
            "{category} {agreed}: {heard}"
        );
    }
    // It takes the work, and our station keeps the duty to answer.
    let mut town = told("CAR-01", true, &all);
    town.takes("13700000002").at("09:02:00");
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(2)));
    // The far one is out of reach: the station's staff has it.
    let town = told("CAR-01", true, &all[2..]);
    assert!(town.ledger.task_notices.values().all(|notice| notice.facility.is_none()));
    assert!(town.ledger.task_notices.values().any(|notice| notice.phone != number("13700000003")));
}

#[test]
fn why_an_institution_across_the_border_is_not_told_is_said_to_whoever_asks_and_to_whoever_chooses_it() {
    let all = day_care();
    for (category, agreed, near, far) in [
        ("CAR-01", true, "was told of this ticket before", "lies too far away"),
        ("CAR-01", false, "is of another jurisdiction", "is of another jurisdiction"),
        (
            "CON-02",
            true,
            "is of another jurisdiction, and such work is not shared across the border",
            "is of another jurisdiction, and such work is not shared across the border",
        ),
    ] {
        let mut town = told(category, agreed, &all);
        let said = super::candidates::said_of_institutions(&mut town);
        assert_eq!((said[&32].as_str(), said[&33].as_str()), (near, far), "{category} {agreed}");
    }
    let mut town = told("CON-02", true, &all);
    let to = TicketCommand::AssignInstitution { facility: FacilityId(32), reason: "居民指定".into() };
    town.does(901, Role::Dispatcher, to);
    let heard = town.heard();
    assert!(heard.contains("MayNotBeTold"), "{heard}");
}

#[test]
fn a_dispatcher_may_choose_across_the_border_whom_the_engine_would_tell_in_its_order() {
    let theirs = |id: i64| (id, Some(NEIGHBOUR.to_owned()));
    let all = day_care();
    let nobody_told = |agreed| {
        let mut town = told("CAR-01", agreed, &[]);
        town.learns(&all);
        town
    };
    // Theirs 600 m away is nearer than ours 2,000 m away; the one that is out of reach may be chosen by a person.
    assert_eq!(super::candidates::to_choose(&mut nobody_told(true)), [theirs(32), (31, None), theirs(33)]);
    assert_eq!(super::candidates::to_choose(&mut nobody_told(false)), [(31, None)]);
    // What was told before may be told once more, after those that were not.
    assert_eq!(
        super::candidates::to_choose(&mut told("CAR-01", true, &all)),
        [(31, None), theirs(32), theirs(33)]
    );
    let mut town = told("CAR-01", true, &all);
    let to = TicketCommand::AssignInstitution { facility: FacilityId(33), reason: "家属指定".into() };
    town.does_at(1, 905, Role::Dispatcher, to);
    assert!(town.ledger.task_notices.values().any(|notice| notice.facility == Some(FacilityId(33))));
}
