//! Opening hours: people first within them, the menu and a call back out of them, an emergency at any hour.

use std::time::Duration;

use expect_test::expect;
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::domain::ids::StationId;
use yingda::domain::opening::OpeningHours;
use yingda::domain::operator::OperatorState;
use yingda::domain::queue::QueueState;
use yingda::domain::station::{Front, Station};

use super::queue::operator;
use super::town::{Town, moment};

const MENU: &str = "greeting recording-notice label-person press-0";
const PEOPLE: &str = "greeting recording-notice connecting";

/// The committee has people first, the telephone li, and these hours; the stations above have theirs.
fn town_open(committee: &str, above: &str) -> Town {
    let mut town = Town::staffed_by(vec![operator(201, 3), operator(203, 1)]);
    let stations = town.ledger.stations.clone().into_iter().map(|station| {
        let of_committee = station.id == StationId(3);
        let hours = OpeningHours::parse(if of_committee { committee } else { above }).unwrap();
        let front = if of_committee { Front::Person } else { Front::Menu };
        let ring = if of_committee { vec!["sip:li@127.0.0.1".into()] } else { vec![] };
        Station { hours, front, ring, ..station }
    });
    let stations: Vec<Station> = stations.collect();
    town.ledger.stations.clone_from(&stations);
    town.tell(DeskEvent::RecordChanged(RecordChange::Stations(stations)));
    town
}

#[test]
fn out_of_hours_the_menu_answers_and_who_wants_a_person_hears_when_they_are_rung_back() {
    let mut town = town_open("周一-周五 8:30-12 13-17:30", "working");
    town.at("18:30:00").heard();
    town.rings("wang", "13900000001", "83720003").at("18:30:05").presses("wang", "0").at("18:30:10");
    expect![[r#"
        18:30:00 answer wang
        18:30:00 wang hears greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
        18:30:06 wang hears connecting
        18:30:06 wang hears closed-now callback-from tomorrow day-part-morning hour-8 minute-30 leave-message tone
        18:30:09 record wang
    "#]].assert_eq(&town.heard());
    town.presses("wang", "#").seconds(10);
    assert!(town.heard().contains("wang hears callback-noted goodbye"));
    assert!(!town.ledger.queue.contains_key(&town.names["wang"]), "nobody waits for who is not there");
    let request = town.ledger.callbacks.values().next().expect("wang is owed a call");
    assert!(request.state.is_open() && request.recording.is_some(), "{request:?}");
}

#[test]
fn out_of_hours_a_station_above_that_is_open_is_tried_and_nobody_else() {
    let mut town = town_open("daily 8-18", "always");
    town.ready(201).ready(203).at("19:00:00").heard();
    town.rings("wang", "13900000001", "83720003").at("19:00:05").presses("wang", "0").at("19:00:10");
    let heard = town.heard();
    assert!(heard.contains(MENU) && heard.contains("dial 203"), "{heard}");
    assert!(!heard.contains("dial li") && !heard.contains("dial 201"), "{heard}");
    town.answers("ext:203", "operator");
    assert_eq!(town.entry("wang").state, QueueState::Answered);
}

#[test]
fn an_emergency_rings_people_at_any_hour() {
    let mut town = town_open("working", "working");
    town.at("23:00:00").rings("wang", "13900000001", "83720003").at("23:00:05").heard();
    town.presses("wang", "9").at("23:00:06");
    let heard = town.heard();
    for rung in ["dial li", "dial duty1", "dial duty2"] {
        assert!(heard.contains(rung), "{rung}: {heard}");
    }
}

#[test]
fn who_waits_when_a_station_closes_keeps_their_place() {
    let mut town = town_open("working", "working");
    town.at("11:58:00").ready(201).rings("wang", "13900000001", "83720003").seconds(5);
    town.answers("ext:201", "operator").rings("li", "13900000009", "83720003").at("11:59:00");
    assert_eq!(town.entry("li").state, QueueState::Waiting);
    town.at("12:01:00").hangs_up("wang").seconds(1);
    assert_eq!(town.state(201), OperatorState::WrapUp);
    assert_eq!(town.entry("li").state, QueueState::Waiting, "12:00 has come and gone");
}

#[test]
fn a_holiday_is_closed_and_a_make_up_day_is_open_as_the_calendar_says() {
    let mut town = town_open("周一-周五 9-12 13-18", "working");
    let day = Duration::from_secs(24 * 3600);
    // Wednesday; the Saturday after it is worked for a day of the holidays, the Sunday is free.
    for (name, days, first) in [("wed", 0, PEOPLE), ("sat", 3, PEOPLE), ("sun", 4, MENU)] {
        town.until(moment("10:00:00") + day * days).heard();
        town.rings(name, "13900000001", "83720003").seconds(1);
        let heard = town.heard();
        assert!(heard.contains(first), "{name}: {heard}");
        town.hangs_up(name);
    }
    // The first of October is a Thursday.
    town.until(moment("10:00:00") + day * 148).heard();
    town.rings("holiday", "13900000009", "83720003").seconds(1);
    let heard = town.heard();
    assert!(heard.contains(MENU), "{heard}");
}
