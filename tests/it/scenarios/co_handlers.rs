//! A dispatcher asks another station to help with an open ticket, and takes its part off again.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::clocks::ClockKind;
use yingda::domain::ids::StationId;
use yingda::domain::ticket::{Objection, ReturnReason, TicketState};
use yingda::domain::urgency::Tier;
use yingda::domain::work_item::{WorkItem, WorkRole, WorkState};

use super::town::{Town, station};

const MINUTE: Duration = Duration::from_secs(60);

fn words() -> String {
    "写明原因".to_owned()
}

fn helps(station: i64) -> T {
    T::AddCoHandler { station: StationId(station), asked: "带人看排水口".into(), reason: words() }
}

fn no_longer(station: i64) -> T {
    T::RemoveCoHandler { station: StationId(station), reason: words() }
}

/// The parts of those who help, of one station.
fn parts(town: &Town, station: i64) -> Vec<WorkItem> {
    let theirs = |item: &&WorkItem| item.station == StationId(station) && item.role == WorkRole::Co;
    town.ledger.work.values().filter(theirs).cloned().collect()
}

fn part(town: &Town, station: i64) -> WorkItem {
    parts(town, station).pop().unwrap_or_else(|| panic!("{station} helps: {:#?}", town.ledger.work))
}

impl Town {
    /// What the lines of history of a kind say.
    pub fn lines(&self, kind: &str) -> Vec<&serde_json::Value> {
        let events = self.rows.iter().filter_map(|row| {
            let Write::Event(line) = row else { return None };
            Some(line)
        });
        events.filter(|line| line.kind == kind).map(|line| &line.detail).collect()
    }
}

/// A dispute that the committee's staff is at, with the street asked to help.
fn town() -> Town {
    let mut town = Town::new();
    town.opens_by_hand("CON-08").at("09:01:00");
    town.does_at(3, 903, Role::Handler, T::Accept).heard();
    town.does_at(1, 905, Role::Dispatcher, helps(2)).later(Duration::from_secs(5));
    town
}

#[test]
fn a_station_that_is_asked_to_help_is_told_has_a_clock_of_its_own_and_the_lead_stays_who_it_is() {
    let mut town = town();
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(3)));
    let waits = part(&town, 2);
    let clock = waits.clock.clone().expect("a clock of its own");
    assert_eq!((waits.state, clock.kind), (WorkState::Sent, ClockKind::Accept));
    let heard = town.heard();
    assert!(heard.contains("text to …0002: 【社区服务】待签收"), "{heard}");
    let [line] = town.lines("work.co_added")[..] else { panic!("one line of history") };
    assert_eq!((line["station"].as_i64(), line["asked"].as_str()), (Some(2), Some("带人看排水口")));
    assert_eq!(line["words"].as_str(), Some("写明原因"));
    // What it was told it may take by text, a restart later too; whose the ticket is stays as it is.
    town.restarts(Duration::from_secs(5)).takes("13900000002").later(MINUTE / 2);
    assert_eq!((part(&town, 2).state, town.ticket().owner), (WorkState::Working, StationId(3)));
    assert_eq!(part(&town, 2).clock.map(|clock| clock.kind), Some(ClockKind::Handle));
    assert!(!town.heard().contains("text to …0001"), "the resident was told by the lead who comes");
    town.does_at(3, 903, Role::Handler, T::Handled { outcome: words() });
    assert_eq!(town.ticket().state, TicketState::InProgress, "the part is still being done");
    town.does_at(2, 902, Role::Handler, T::Handled { outcome: words() });
    assert_eq!(town.ticket().state, TicketState::Handled);
}

#[test]
fn the_text_says_that_help_is_asked_for_and_where_the_request_is_read_and_never_what_it_says() {
    let mut town = Town::new();
    town.opens_by_hand("CON-08").at("09:01:00");
    let lead = town.heard();
    let asked = "请到王奶奶家2单元301，电话13912345678".to_owned();
    let helps = T::AddCoHandler { station: StationId(2), asked: asked.clone(), reason: words() };
    town.does_at(3, 903, Role::Handler, T::Accept)
        .does_at(1, 905, Role::Dispatcher, helps)
        .later(MINUTE / 12);
    let heard = town.heard();
    let text = heard.lines().find(|line| line.contains("text to …0002")).expect("the street is told");
    assert!(text.contains("请协办工单") && text.contains("控制台查看"), "{text}");
    for said in ["王奶奶", "301", "13912345678"] {
        assert!(!heard.contains(said), "{said}: {heard}");
    }
    assert!(lead.contains("text to …0003: 【社区服务】待签收") && !lead.contains("协办"), "{lead}");
    // Whoever has a part that was given back is asked to help too.
    town.does_at(2, 902, Role::Handler, not_ours()).later(MINUTE / 12);
    let heard = town.heard();
    let text = heard.lines().find(|line| line.contains("text to …0001")).expect("the district is told");
    assert!(text.contains("请协办工单"), "{text}");
    assert_eq!(
        town.lines("work.co_added")[0]["asked"].as_str(),
        Some(asked.as_str()),
        "it stands on the page"
    );
}

#[test]
fn a_part_that_nobody_takes_is_supervised_and_the_lead_is_not_late_for_it() {
    let mut town = town();
    let due = part(&town, 2).clock.expect("it runs").due;
    town.until(due + MINUTE);
    assert_eq!(town.ticket().supervision, 1);
    assert!(part(&town, 2).clock.is_some_and(|clock| clock.breached_at.is_some()));
    let heard = town.heard();
    assert!(heard.lines().any(|line| line.contains("text to …0002") && line.contains("督办1级")), "{heard}");
    let accept = town.ticket().clocks.iter().find(|clock| clock.kind == ClockKind::Accept);
    assert!(accept.is_some_and(|clock| clock.breached_at.is_none()));
}

#[test]
fn a_part_is_taken_off_with_a_reason_and_whoever_was_at_it_is_told() {
    let mut town = town();
    town.takes("13900000002").later(MINUTE).heard();
    town.does_at(1, 905, Role::Dispatcher, no_longer(2)).later(Duration::from_secs(5));
    assert_eq!(part(&town, 2).state, WorkState::Withdrawn);
    assert!(part(&town, 2).clock.is_some_and(|clock| !clock.is_running()), "it owes nothing any more");
    let heard = town.heard();
    assert!(heard.lines().any(|line| line.contains("text to …0002") && line.contains("不用办了")), "{heard}");
    assert_eq!(town.lines("work.co_removed").len(), 1);
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(3)));
    let code = town.task_code("13900000002");
    town.texts("13900000002", &format!("{code} 9 已看过")).later(Duration::from_secs(5));
    assert_eq!(town.ticket().state, TicketState::InProgress, "it has no say any more");
    // It may be asked again.
    town.does_at(1, 905, Role::Dispatcher, helps(2));
    assert_eq!(parts(&town, 2).iter().filter(|part| part.state == WorkState::Sent).count(), 1);
}

#[test]
fn reassigning_a_ticket_leaves_its_co_handlers_where_they_are() {
    let mut town = town();
    town.takes("13900000002").later(MINUTE);
    town.does_at(1, 905, Role::Dispatcher, T::Reassign { station: StationId(1), reason: words() });
    assert_eq!((town.ticket().state, part(&town, 2).state), (TicketState::Dispatched, WorkState::Working));
    town.does_at(1, 901, Role::Handler, T::Accept);
    assert_eq!((town.ticket().owner, part(&town, 2).state), (StationId(1), WorkState::Working));
}

#[test]
fn volunteers_are_asked_on_while_a_station_helps_and_the_helping_station_does_not_lead() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-02").at("09:01:00");
    assert_eq!(town.ticket().state, TicketState::Offering);
    town.does_at(1, 905, Role::Dispatcher, helps(1)).does_at(1, 901, Role::Handler, T::Accept);
    assert_eq!((town.ticket().state, part(&town, 1).state), (TicketState::Offering, WorkState::Working));
    assert_eq!(town.ticket().owner, StationId(3), "the station whose it was");
    // Two go to whoever lives alone.
    for phone in ["13800000001", "13800000002"] {
        let code = town.code_of(phone);
        town.texts(phone, &format!("{code} 1")).later(MINUTE);
    }
    assert_eq!(town.ticket().state, TicketState::InProgress);
}

#[test]
fn a_co_handler_that_says_not_ours_leaves_its_part_to_the_station_above_and_the_lead_goes_on() {
    let mut town = town();
    town.does_at(2, 902, Role::Handler, not_ours());
    assert_eq!((part(&town, 2).state, part(&town, 1).state), (WorkState::Returned, WorkState::Sent));
    let ticket = town.ticket();
    assert_eq!((ticket.state, ticket.owner, ticket.return_count), (TicketState::InProgress, StationId(3), 0));
    assert_eq!(ticket.progress.objection(None), None, "whose the ticket is is not in doubt");
}

fn not_ours() -> T {
    T::Return { reason: ReturnReason::NotOurDuty, evidence: words() }
}

/// A dispute that one committee is at, for which the one beside was asked to help.
fn town_of_two_committees() -> Town {
    let mut town = Town::new();
    let beside = station(4, Tier::Committee, "370203031009", Some(2));
    town.ledger.stations.push(beside.clone());
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(beside))));
    town.opens_by_hand("CON-08").at("09:01:00");
    town.does_at(3, 903, Role::Handler, T::Accept).heard();
    town.does_at(1, 905, Role::Dispatcher, helps(4)).later(Duration::from_secs(5));
    town
}

/// What waits for a decision about the part of this station.
fn objection(town: &Town, station: i64) -> Option<Objection> {
    town.ticket().progress.objection(Some(part(town, station).id))
}

#[test]
fn a_co_handler_that_objects_is_decided_on_by_the_station_above_in_its_time_or_supervised() {
    let mut town = town_of_two_committees();
    town.does_at(4, 904, Role::Handler, not_ours());
    let waits = objection(&town, 2).expect("the street has to decide");
    assert_eq!((waits.station, waits.decides, waits.is_final), (StationId(4), StationId(2), false));
    assert_eq!(waits.reason, ReturnReason::NotOurDuty);
    let ticket = town.ticket();
    assert_eq!((ticket.owner, ticket.return_count), (StationId(3), 0), "whose the ticket is is not in doubt");
    town.restarts(Duration::from_secs(5)).until(waits.due - MINUTE).heard();
    let late = |town: &Town| {
        let lines = town.lines("ticket.supervised");
        lines.iter().filter(|line| line["cause"] == "objection").count()
    };
    assert_eq!((late(&town), town.lines("ticket.return_reviewed").len()), (0, 0));
    town.until(waits.due + MINUTE);
    assert!(objection(&town, 2).is_some_and(|it| it.late_at.is_some()), "nobody decided");
    let heard = town.heard();
    assert!(heard.lines().any(|line| line.contains("text to …0002") && line.contains("督办1级")), "{heard}");
    town.does_at(2, 902, Role::Handler, T::Accept);
    assert_eq!(objection(&town, 2), None, "taken, it is decided");
    let [line] = town.lines("ticket.return_reviewed")[..] else { panic!("it is decided once") };
    assert_eq!((line["from"].as_i64(), line["station"].as_i64()), (Some(4), Some(2)));
    assert_eq!(town.ticket().owner, StationId(3));
}

#[test]
fn the_second_objection_to_a_part_is_ruled_on_by_the_district_finally() {
    let mut town = town_of_two_committees();
    town.does_at(4, 904, Role::Handler, not_ours()).does_at(2, 902, Role::Handler, not_ours());
    let waits = objection(&town, 1).expect("the district has to rule");
    assert_eq!((waits.station, waits.decides, waits.is_final), (StationId(2), StationId(1), true));
    assert_eq!(town.ticket().progress.objections.len(), 1, "the first ended with its part");
    town.heard();
    town.does_at(1, 901, Role::Handler, not_ours());
    assert!(town.heard().contains("the district has ruled"), "nobody gives it back once more");
    town.does_at(1, 901, Role::Handler, T::Accept);
    assert_eq!((town.ticket().progress.objections.len(), town.lines("ticket.return_ruled").len()), (0, 1));
    // The lead's own way of saying no is not used up by it.
    let ticket = town.ticket();
    assert_eq!((ticket.state, ticket.owner, ticket.return_count), (TicketState::InProgress, StationId(3), 0));
}

#[test]
fn a_dispatcher_who_takes_the_part_off_decides_that_nobody_needs_to_help() {
    let mut town = town_of_two_committees();
    town.does_at(4, 904, Role::Handler, not_ours());
    town.does_at(1, 905, Role::Dispatcher, no_longer(2));
    assert_eq!(town.ticket().progress.objections, []);
    let [line] = town.lines("ticket.return_reviewed")[..] else { panic!("it is decided once") };
    assert_eq!((line["from"].as_i64(), line["ended"].as_bool()), (Some(4), Some(true)));
}

#[test]
fn an_objection_to_a_part_and_one_to_the_ticket_are_decided_each_by_itself() {
    let mut town = Town::new();
    let beside = station(4, Tier::Committee, "370203031009", Some(1));
    town.ledger.stations.push(beside.clone());
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(beside))));
    town.opens_by_hand("CON-08").at("09:01:00");
    town.does_at(1, 905, Role::Dispatcher, helps(4)).later(Duration::from_secs(5));
    town.does_at(4, 904, Role::Handler, not_ours()).does_at(3, 903, Role::Handler, not_ours());
    assert!(objection(&town, 1).is_some() && town.ticket().progress.objection(None).is_some());
    town.does_at(2, 902, Role::Handler, T::Accept);
    assert_eq!(town.ticket().progress.objection(None), None, "the street has the ticket");
    assert!(objection(&town, 1).is_some(), "the part waits still");
    town.does_at(1, 901, Role::Handler, T::Accept);
    assert_eq!(town.ticket().progress.objections, []);
    assert_eq!(town.lines("ticket.return_reviewed").len(), 2);
}

#[test]
fn only_a_dispatcher_adds_a_co_handler_with_words_to_work_that_is_open_and_once() {
    let mut town = town();
    let mut refused = |person: i64, role: Role, what: T, why: &str| {
        let before = town.ledger.work.len();
        town.heard();
        town.does_at(1, person, role, what);
        let heard = town.heard();
        assert!(heard.contains(why), "{why}: {heard}");
        assert_eq!(town.ledger.work.len(), before);
    };
    refused(903, Role::Handler, helps(1), "dispatcher");
    refused(905, Role::Dispatcher, helps(2), "has a part in this ticket already");
    refused(905, Role::Dispatcher, helps(99), "no such station");
    refused(905, Role::Dispatcher, no_longer(1), "does not help");
    let silent = T::AddCoHandler { station: StationId(1), asked: " ".into(), reason: words() };
    refused(905, Role::Dispatcher, silent, "say why");
    let mut town = town_with_part_left();
    town.heard();
    town.does_at(1, 905, Role::Dispatcher, no_longer(2));
    let heard = town.heard();
    assert!(heard.contains("nothing else is left to do"), "{heard}");
    assert_eq!(part(&town, 2).state, WorkState::Working);
}

/// The lead is done, the co-handler is at it still.
fn town_with_part_left() -> Town {
    let mut town = town();
    town.takes("13900000002").later(MINUTE);
    town.does_at(3, 903, Role::Handler, T::Handled { outcome: words() });
    town
}
