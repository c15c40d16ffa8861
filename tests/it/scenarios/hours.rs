//! Opening hours: people first within them, the menu and a call back out of them, an emergency at any hour.

use std::time::Duration;

use expect_test::expect;
use yingda::desk::command::TicketCommand as T;
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::domain::actor::Role;
use yingda::domain::ids::StationId;
use yingda::domain::opening::OpeningHours;
use yingda::domain::operator::OperatorState;
use yingda::domain::queue::QueueState;
use yingda::domain::station::{Front, Station};
use yingda::domain::ticket::TicketState;

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

impl Town {
    fn opens_station(&mut self, id: i64, hours: &str) -> &mut Self {
        let station = self.ledger.stations.iter_mut().find(|station| station.id == StationId(id)).unwrap();
        station.hours = OpeningHours::parse(hours).unwrap();
        let changed = vec![station.clone()];
        self.tell(DeskEvent::RecordChanged(RecordChange::Stations(changed)));
        self
    }
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

/// Who was told by text of what waits to be taken.
fn told(town: &mut Town) -> Vec<String> {
    let heard = town.heard();
    let texts = heard.lines().filter(|line| line.contains("待签收"));
    texts.filter_map(|line| Some(line.split_once("text to ")?.1.split(':').next()?.to_owned())).collect()
}

#[test]
fn urgent_work_by_night_goes_to_the_station_that_is_open_and_is_not_waited_for_at_one_that_is_closed() {
    let mut town = town_open("working", "working");
    town.opens_station(1, "always").at("20:00:00").heard();
    town.opens_by_hand("ELD-10").seconds(5);
    assert_eq!(
        told(&mut town),
        ["…0001"],
        "the committee and the street are closed, the district is told at once"
    );
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::Dispatched, StationId(1)));
    town.does_at(1, 901, Role::Handler, T::Accept);
    assert_eq!(town.ticket().state, TicketState::InProgress, "and takes it");
}

#[test]
fn urgent_work_that_a_station_has_not_taken_when_it_closes_goes_up_with_the_reason_in_the_history() {
    let mut town = town_open("working", "working");
    town.opens_station(1, "always").at("17:55:00").heard();
    town.opens_by_hand("ELD-10").at("17:59:50");
    assert_eq!(told(&mut town), ["…0003"], "it is open for five minutes more");
    town.at("18:00:10");
    assert_eq!(told(&mut town), ["…0001"], "the street closes at the same time");
    let steps = town.lines("ladder.step");
    assert_eq!(steps.last().unwrap()["why"], "station_closed");
}

#[test]
fn where_every_station_is_closed_urgent_work_rings_the_duty_officer_at_once_and_usual_work_waits_for_the_morning()
 {
    let mut town = town_open("working", "working");
    town.at("20:00:00").heard();
    town.opens_by_hand("ELD-10").seconds(5);
    assert!(town.heard().contains("dial duty1"), "nobody is there who could read a text");
    let mut town = town_open("working", "working");
    town.at("20:00:00").heard();
    town.opens_by_hand("INF-99").at("21:00:00");
    let heard = town.heard();
    assert!(!heard.contains("dial duty"), "{heard}");
    assert_eq!(town.ticket().owner, StationId(3), "it is the committee's to take when it opens");
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
