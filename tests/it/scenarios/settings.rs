//! Another version of menu, catalogue or figures takes force while the line is at work.

use std::time::Duration;

use yingda::desk::command::{Command, Intake, TicketCommand as T};
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::area::AdminArea;
use yingda::domain::clocks::ClockKind;
use yingda::domain::ids::StationId;
use yingda::domain::language::Language;
use yingda::domain::settings::{SettingsChange, SettingsKind};
use yingda::domain::ticket::{Ticket, TicketState};
use yingda::domain::timestamp::Timestamp;
use yingda::service::rules::built_in;

use super::town::{COMMITTEE, Town, area, number};

impl Town {
    pub(super) fn lays_down(&mut self, kind: SettingsKind, version: u32, toml: &str) -> &mut Self {
        let change = SettingsChange { kind, version, toml: toml.to_owned() };
        self.tell(DeskEvent::RecordChanged(RecordChange::Settings(change)));
        self
    }

    /// What the history says of the last version: its number, and what was wrong with it.
    fn in_force(&self) -> (u64, Option<String>) {
        let line = self.rows.iter().rev().find_map(|row| {
            let Write::Event(line) = row else { return None };
            (line.kind == "settings.in_force").then(|| line.detail.clone())
        });
        let line = line.expect("a version came");
        (line["version"].as_u64().unwrap(), line["words"].as_str().map(str::to_owned))
    }
}

fn due(ticket: &Ticket, kind: ClockKind) -> Timestamp {
    ticket.clocks.iter().find(|clock| clock.kind == kind).expect("it runs").due
}

/// A question about a policy, left in intake.
pub fn asks_about_a_policy(town: &mut Town) {
    let intake = Intake {
        station: Some(StationId(3)),
        caller: Some(number("13900000001")),
        category: Some(Town::category("INF-01")),
        area: Some(area(COMMITTEE)),
        ..Intake::default()
    };
    town.asks(Role::Operator, Command::Open(Box::new(intake)));
}

#[test]
fn a_ticket_keeps_its_clocks_when_the_figures_change_and_the_next_one_has_the_new_ones() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10");
    let before = due(town.ticket(), ClockKind::Accept);
    let slower = built_in(SettingsKind::Policy).replacen("accept = \"20 min\"", "accept = \"40 min\"", 1);
    town.lays_down(SettingsKind::Policy, 2, &slower);
    assert_eq!(town.in_force(), (2, None));
    assert_eq!(due(town.ticket(), ClockKind::Accept), before);
    town.later(Duration::from_secs(60)).opens_by_hand("ELD-10");
    assert_eq!(due(town.ticket(), ClockKind::Accept), town.now + Duration::from_secs(40 * 60));
}

#[test]
fn a_ticket_is_handled_by_the_catalogue_it_began_with() {
    let mut town = Town::new();
    asks_about_a_policy(&mut town);
    let row = built_in(SettingsKind::Catalogue);
    let at = row.find("code = \"INF-01\"").unwrap();
    let later = format!("{}{}", &row[..at], row[at..].replacen("consultation = true\n", "", 1));
    town.lays_down(SettingsKind::Catalogue, 2, &later);
    assert_eq!(town.in_force(), (2, None));
    town.does(900, Role::Operator, T::Explain { answer: "已说明".into() });
    assert_eq!(town.ticket().state, TicketState::Closed, "it was a consultation when it was asked");
    town.later(Duration::from_secs(60));
    asks_about_a_policy(&mut town);
    assert_eq!(town.ticket().catalogue_version, 2);
    town.does(900, Role::Operator, T::Explain { answer: "已说明".into() });
    assert_eq!(town.ticket().state, TicketState::Intake, "now it is none");
}

#[test]
fn a_call_keeps_the_menu_it_began_with() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").later(Duration::from_secs(10)).presses("wang", "1");
    let menu = built_in(SettingsKind::Ivr)
        .replace("key = 4, category = \"ELD-07\"", "key = 4, category = \"ELD-99\"")
        .replace("key = 5, category = \"ELD-08\"", "key = 5, category = \"ELD-07\"")
        .replace("ELD-99", "ELD-08");
    town.lays_down(SettingsKind::Ivr, 2, &menu).later(Duration::from_secs(6)).presses("wang", "4");
    town.later(Duration::from_secs(6))
        .presses("wang", "1")
        .later(Duration::from_secs(6))
        .presses("wang", "1");
    town.later(Duration::from_secs(10)).hangs_up("wang");
    town.registers("13900000002", "李爷爷", "商城路1号2单元302");
    town.rings("li", "13900000002", "83720003");
    for key in ["1", "4", "1", "1"] {
        town.later(Duration::from_secs(8)).presses("li", key);
    }
    town.later(Duration::from_secs(10)).hangs_up("li");
    let mut wishes: Vec<_> =
        town.tickets.values().map(|ticket| ticket.category.clone().unwrap().to_string()).collect();
    wishes.sort();
    assert_eq!(wishes, ["ELD-07", "ELD-08"], "{}", town.heard);
}

#[test]
fn a_version_that_says_something_impossible_changes_nothing_and_the_history_says_why() {
    let mut town = Town::new();
    town.lays_down(SettingsKind::Policy, 2, "[survey]\ntries = 0\n");
    let (version, wrong) = town.in_force();
    assert_eq!(version, 2);
    assert!(wrong.is_some_and(|wrong| wrong.contains("no resident would be asked")));
    assert_eq!(town.desk.rules().policy.survey.tries, 3);
}

#[test]
fn areas_that_come_are_in_force_at_once_for_forms_and_for_the_menu_of_calls_that_come() {
    let mut town = Town::new();
    let code = "370203005001";
    let open = |town: &mut Town| {
        town.heard();
        let intake = Intake {
            station: Some(StationId(3)),
            caller: Some(number("13900000001")),
            area: Some(area(code)),
            ..Intake::default()
        };
        town.asks(Role::Operator, Command::Open(Box::new(intake)));
        town.heard()
    };
    assert!(open(&mut town).contains("NoSuchArea"));
    let street = area("370203005");
    assert!(town.desk.rules().menu.places.within(&street, Language::Zh).is_empty());
    let named =
        |code: &str| AdminArea { code: area(code), name: "辽宁路".into(), point: None, adjacent: vec![] };
    let areas = vec![named("370203005"), named(code)];
    town.tell(DeskEvent::RecordChanged(RecordChange::Areas(areas)));
    assert!(open(&mut town).contains("Opened"));
    assert_eq!(town.desk.rules().menu.places.within(&street, Language::Zh), [area(code)]);
}
