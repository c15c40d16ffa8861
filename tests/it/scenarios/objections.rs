//! "Not ours" by an institution: who decides, by when, how it ends.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::domain::actor::Role;
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::{FacilityId, StationId};
use yingda::domain::ticket::{ReturnReason, TicketState};
use yingda::domain::work_item::WorkState;

use super::institutions::institution;
use super::town::{COMMITTEE, NEXT_COMMITTEE, Town};

const NEAR: &str = "13700000001";

fn words() -> String {
    "写明原因".to_owned()
}

/// A drain that the nearest institution says is not its to clear.
fn town() -> Town {
    let mut town = Town::new();
    town.learns(&[institution(31, COMMITTEE, NEAR), institution(32, NEXT_COMMITTEE, "13700000002")]);
    town.opens("CON-02", "13912345678", |_| {}).at("09:10:00");
    let code = town.task_code(NEAR);
    town.texts(NEAR, &format!("{code} 2 不归我们办")).at("09:11:00");
    town
}

fn reassigned(facility: i64) -> T {
    T::AssignInstitution { facility: FacilityId(facility), reason: words() }
}

#[test]
fn an_institution_that_says_not_ours_objects_and_the_station_with_the_duty_decides_by_taking_it() {
    let mut town = town();
    let objection = town.ticket().progress.objection(None).expect("somebody has to decide");
    assert_eq!((objection.facility, objection.station), (Some(FacilityId(31)), StationId(3)));
    assert_eq!((objection.decides, objection.is_final), (StationId(3), false));
    assert_eq!(objection.reason, ReturnReason::NotOurDuty);
    assert_eq!(town.ticket().state, TicketState::Dispatched, "staff has it meanwhile");
    town.restarts(Duration::from_secs(5)).does_at(3, 903, Role::Handler, T::Accept);
    assert_eq!(town.ticket().progress.objection(None), None);
    let [line] = town.lines("ticket.return_reviewed")[..] else { panic!("it is decided once") };
    assert_eq!((line["institution"].as_i64(), line["station"].as_i64()), (Some(31), Some(3)));
}

#[test]
fn an_institutions_objection_that_nobody_decides_is_supervised_at_its_due_time_and_once() {
    let mut town = town();
    let due = town.ticket().progress.objection(None).expect("it waits").due;
    town.until(due - Duration::from_secs(1));
    assert_eq!(town.ticket().supervision, 0);
    town.heard();
    town.until(due + Duration::from_secs(30));
    assert_eq!(town.ticket().supervision, 1);
    let heard = town.heard();
    assert!(heard.lines().any(|line| line.contains("text to …0003") && line.contains("督办1级")), "{heard}");
    let supervised = town.lines("ticket.supervised");
    assert_eq!(supervised.iter().filter(|line| line["cause"] == "objection").count(), 1);
}

#[test]
fn a_dispatcher_rules_whose_it_is_and_the_second_not_ours_is_the_districts_finally() {
    let mut town = town();
    town.does_at(1, 905, Role::Dispatcher, reassigned(32));
    assert_eq!(town.ticket().progress.objection(None), None, "sent on, it is decided");
    let [line] = town.lines("ticket.return_reviewed")[..] else { panic!("it is decided once") };
    assert_eq!(line["facility"].as_i64(), Some(32));
    town.later(Duration::from_secs(30));
    let code = town.task_code("13700000002");
    town.texts("13700000002", &format!("{code} 2 不在辖区")).later(Duration::from_secs(30));
    let objection = town.ticket().progress.objection(None).expect("the district has to rule");
    assert_eq!((objection.facility, objection.decides), (Some(FacilityId(32)), StationId(1)));
    assert!(objection.is_final);
    town.does_at(1, 905, Role::Dispatcher, reassigned(31));
    assert_eq!(town.lines("ticket.return_ruled").len(), 1, "the first has it after all");
    let item = town.ledger.work.values().find(|item| item.state.is_live()).expect("somebody has it");
    assert_eq!((item.kind, item.facility), (HandlerKind::Institution, Some(FacilityId(31))));
    assert_eq!(item.state, WorkState::Sent);
}

#[test]
fn an_institution_that_only_has_nobody_today_objects_to_nothing() {
    let mut town = Town::new();
    town.learns(&[institution(31, COMMITTEE, NEAR)]);
    town.opens("CON-02", "13912345678", |_| {}).at("09:10:00");
    let code = town.task_code(NEAR);
    town.texts(NEAR, &format!("{code} 2 今天没人")).at("09:11:00");
    assert_eq!((town.ticket().return_count, town.ticket().progress.objection(None)), (1, None));
}
