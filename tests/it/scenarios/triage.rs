//! What came in and nobody looked at: who is told, one after the other.

use std::time::Duration;

use yingda::desk::command::{Command, Intake, TicketCommand as T};
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::domain::actor::Role;
use yingda::domain::ids::StationId;
use yingda::domain::station::Station;
use yingda::domain::ticket::TicketState;
use yingda::domain::triage::Triage;
use yingda::domain::urgency::Urgency;

use super::town::{Town, number};

/// A draft in intake at the committee's station, as a caller who left a message leaves it.
fn draft(town: &mut Town, urgency: Urgency) {
    let intake = Intake {
        station: Some(StationId(3)),
        caller: Some(number("13700000009")),
        urgency: Some(urgency),
        description: Some("门口摔了".into()),
        ..Intake::default()
    };
    town.asks(Role::Operator, Command::Open(Box::new(intake)));
    town.at("09:00:05").heard();
}

/// Nobody works at these stations.
fn closes(town: &mut Town, stations: &[i64]) {
    let closed = |station: &Station| stations.contains(&station.id.0);
    for station in &mut town.ledger.stations {
        station.staffed = !stations.contains(&station.id.0);
    }
    let changed: Vec<Station> = town.ledger.stations.iter().filter(|s| closed(s)).cloned().collect();
    town.tell(DeskEvent::RecordChanged(RecordChange::Stations(changed)));
}

fn waits(station: &str) -> String {
    format!("text to {station}: 【社区服务】有")
}

#[test]
fn a_draft_nobody_looks_at_climbs_from_its_station_to_the_duty_officers_list() {
    let mut town = Town::new();
    draft(&mut town, Urgency::P3);
    let heard = town.at("09:15:30").heard();
    assert!(heard.contains(&waits("…0003")) && !heard.contains(&waits("…0002")), "{heard}");
    let heard = town.at("09:30:30").heard();
    assert!(heard.contains(&waits("…0002")) && !heard.contains(&waits("…0001")), "{heard}");
    let heard = town.at("09:45:30").heard();
    assert!(heard.contains(&waits("…0001")), "{heard}");
    assert!(matches!(town.ticket().progress.triage, Some(Triage::Told { station: StationId(1), .. })));
    let heard = town.at("10:00:30").heard();
    assert!(town.ticket().progress.triage.is_some_and(Triage::is_on_duty_list));
    assert!(!heard.contains("dial duty"), "nobody is woken for what can wait:\n{heard}");
    assert_eq!(town.ticket().why, "duty_list");
}

#[test]
fn a_station_without_staff_is_passed_over() {
    let mut town = Town::new();
    closes(&mut town, &[3, 2]);
    draft(&mut town, Urgency::P3);
    let heard = town.at("09:15:30").heard();
    assert!(heard.contains(&waits("…0001")), "the nearest with staff is the district:\n{heard}");
    assert!(!heard.contains(&waits("…0003")) && !heard.contains(&waits("…0002")), "{heard}");
}

#[test]
fn with_no_station_staffed_it_is_on_the_duty_officers_list_at_once_and_rung_when_it_is_urgent() {
    for (urgency, rung) in [(Urgency::P3, false), (Urgency::P2, true)] {
        let mut town = Town::new();
        closes(&mut town, &[3, 2, 1]);
        draft(&mut town, urgency);
        let heard = town.at("09:15:30").heard();
        assert!(town.ticket().progress.triage.is_some_and(Triage::is_on_duty_list), "{urgency}");
        assert_eq!(heard.contains("dial duty1"), rung, "{urgency}:\n{heard}");
    }
}

#[test]
fn a_draft_about_a_life_rings_the_duty_officer_after_a_minute() {
    let mut town = Town::new();
    draft(&mut town, Urgency::P1);
    let heard = town.at("09:01:05").heard();
    assert!(heard.contains("dial duty1") && heard.contains("text to …0003"), "{heard}");
    let heard = town.answers("duty1", "duty").at("09:01:10").presses("duty", "1").heard();
    assert!(heard.contains("duty hears"), "{heard}");
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::Intake, StationId(1)));
    let heard = town.at("09:10:00").heard();
    assert!(!heard.contains("dial duty"), "who pressed 1 has it:\n{heard}");
}

#[test]
fn the_climb_goes_on_where_it_was_after_a_restart() {
    let mut town = Town::new();
    draft(&mut town, Urgency::P3);
    town.at("09:15:30").heard();
    town.restarts(Duration::from_secs(60));
    town.desk.texts_are_in();
    let heard = town.at("09:30:30").heard();
    assert!(heard.contains(&waits("…0002")), "{heard}");
    assert!(matches!(town.ticket().progress.triage, Some(Triage::Told { station: StationId(2), .. })));
}

#[test]
fn what_an_operator_sends_out_climbs_no_further() {
    let mut town = Town::new();
    draft(&mut town, Urgency::P3);
    town.at("09:15:30");
    town.does(
        900,
        Role::Operator,
        T::Dispatch(Box::new(Intake {
            category: Some(Town::category("POV-01")),
            area: Some(super::town::area(super::town::COMMITTEE)),
            ..Intake::default()
        })),
    );
    assert_eq!(town.ticket().progress.triage, None);
    assert_ne!(town.ticket().state, TicketState::Intake);
}

#[test]
fn a_call_back_nobody_makes_climbs_and_one_that_is_taken_gives_its_taker_time() {
    use yingda::desk::command::CallbackCommand;
    let mut town = Town::new();
    town.rings("li", "13700000009", "83720003").at("09:00:10").hangs_up("li");
    let request = town.ledger.callbacks.values().next().expect("a call is owed").id;
    let heard = town.at("09:15:30").heard();
    assert!(heard.contains(&waits("…0003")), "{heard}");
    town.at("09:29:00")
        .asks(Role::Operator, Command::Callback { callback: request, what: CallbackCommand::Take });
    let heard = town.at("09:31:00").heard();
    assert!(!heard.contains(&waits("…0002")), "somebody took it a moment before:\n{heard}");
    let heard = town.at("09:45:00").heard();
    assert!(heard.contains(&waits("…0002")), "and did not ring:\n{heard}");
}
