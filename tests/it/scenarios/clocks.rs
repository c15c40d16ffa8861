//! Clocks: what starts and stops each, and what follows when one runs out.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::clocks::{Clock, ClockKind};
use yingda::domain::ids::{StationId, VolunteerId};
use yingda::domain::station::Station;
use yingda::domain::survey::SurveyState;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::urgency::{Tier, Urgency};

use super::settings::asks_about_a_policy;
use super::town::{COMMITTEE, Town, moment, station, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

fn clock(town: &Town, kind: ClockKind) -> Option<Clock> {
    town.ticket().clocks.iter().find(|clock| clock.kind == kind).cloned()
}

fn breaches(town: &Town, kind: ClockKind) -> usize {
    let late = |row: &&Write| {
        matches!(row, Write::Event(line)
            if line.kind == "clock.breached" && line.detail["clock"] == kind.name())
    };
    town.rows.iter().filter(late).count()
}

fn staffed() -> Town {
    let mut town = Town::new();
    let ring = vec!["sip:li@127.0.0.1".to_owned()];
    let staffed = Station { ring, ..station(3, Tier::Committee, COMMITTEE, Some(2)) };
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(staffed))));
    town
}

#[test]
fn the_answer_clock_runs_from_the_wish_for_a_person_until_one_talks() {
    let mut town = staffed();
    town.rings("wang", "13900000001", "83720003").at("09:00:05").presses("wang", "0");
    town.at("09:00:12").answers("li", "li").later(MINUTE);
    asks_about_a_policy(&mut town);
    let answer = clock(&town, ClockKind::Answer).expect("the call had one");
    assert_eq!((answer.started, answer.stopped), (moment("09:00:06"), Some(moment("09:00:12"))));
    assert_eq!(answer.due, moment("09:00:21"), "15 s");
    assert_eq!(breaches(&town, ClockKind::Answer), 0);
}

#[test]
fn nobody_within_fifteen_seconds_is_a_breach_in_the_history_of_the_call() {
    let mut town = staffed();
    town.rings("wang", "13900000001", "83720003").at("09:00:05").presses("wang", "0");
    town.at("09:00:20");
    assert_eq!(breaches(&town, ClockKind::Answer), 0);
    town.at("09:00:40");
    assert_eq!(breaches(&town, ClockKind::Answer), 1, "once");
    town.hangs_up("wang").later(HOUR);
    assert_eq!(breaches(&town, ClockKind::Answer), 1);
}

#[test]
fn who_takes_the_menu_was_answered_when_they_rang() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003");
    for key in ["1", "4", "1", "1"] {
        town.later(Duration::from_secs(8)).presses("wang", key);
    }
    town.later(MINUTE);
    let answer = clock(&town, ClockKind::Answer).expect("a call was answered");
    assert_eq!((answer.started, answer.stopped), (moment("09:00:00"), Some(moment("09:00:00"))));
}

#[test]
fn the_window_clock_ends_at_the_door_or_in_a_breach_and_waits_with_a_suspended_ticket() {
    let window = Window { from: moment("10:00:00"), until: moment("12:00:00") };
    let mut town = Town::new();
    town.opens("ELD-07", "13900000001", |intake| intake.window = Some(window)).at("09:01:00");
    assert_eq!(clock(&town, ClockKind::Window).map(|clock| clock.due), Some(window.until));
    town.texts("13800000001", "1").texts("13800000002", "1").at("10:05:00");
    town.texts("13800000001", "8").texts("13800000002", "8").at("10:06:00");
    assert_eq!(clock(&town, ClockKind::Window).unwrap().stopped, Some(moment("10:05:00")));

    let mut town = Town::new();
    town.opens("ELD-10", "13900000001", |intake| intake.window = Some(window)).at("09:01:00");
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    let reason = yingda::domain::ticket::SuspendReason::CitizenAskedLater;
    let resume_at = moment("11:02:00");
    town.does(901, Role::Handler, T::Suspend { reason, resume_at }).at("11:03:00");
    assert_eq!(clock(&town, ClockKind::Window).unwrap().due, moment("14:00:00"), "two hours were given back");
    town.at("13:59:00");
    assert_eq!(breaches(&town, ClockKind::Window), 0);
    town.at("14:01:00");
    assert_eq!(breaches(&town, ClockKind::Window), 1);
}

#[test]
fn first_contact_and_on_site_end_with_whoever_is_at_the_door() {
    let mut town = Town::new();
    town.opens("ELD-07", "13900000001", |intake| intake.urgency = Some(Urgency::P2)).at("09:01:00");
    let started = clock(&town, ClockKind::OnSite).expect("somebody is to be there").started;
    for (kind, owed) in [(ClockKind::FirstContact, MINUTE * 30), (ClockKind::OnSite, HOUR * 2)] {
        assert_eq!(clock(&town, kind).map(|clock| clock.due), Some(started + owed), "{kind}");
    }
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:20:00");
    assert_eq!(clock(&town, ClockKind::FirstContact).unwrap().stopped, None, "a yes is no contact yet");
    town.texts("13800000001", "8").at("12:00:00");
    for kind in [ClockKind::FirstContact, ClockKind::OnSite] {
        assert_eq!(clock(&town, kind).unwrap().stopped, Some(moment("09:20:00")), "{kind}");
        assert_eq!(breaches(&town, kind), 0, "{kind}");
    }
}

#[test]
fn a_first_contact_is_made_when_a_helper_or_a_person_talks_with_the_resident_and_not_by_a_yes() {
    let runs = |town: &Town| clock(town, ClockKind::FirstContact).unwrap().stopped.is_none();
    let urgent = || {
        let mut town = Town::new();
        town.opens("ELD-07", "13912345678", |intake| intake.urgency = Some(Urgency::P2)).at("09:01:00");
        town
    };
    // The helper presses 3.
    let mut town = urgent();
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:02:00");
    assert!(runs(&town));
    town.rings("ana", "13800000001", "83720003").at("09:02:10").presses("ana", "1").at("09:02:20");
    town.presses("ana", "3").at("09:02:30");
    assert!(runs(&town), "it rings");
    town.answers("12345678", "wang").at("09:02:40");
    assert!(!runs(&town), "{}", town.heard);
    // A station's yes is none either, nor is an institution's; the resident who rings and talks with a person is.
    let mut town = Town::staffed_by(vec![super::queue::operator(201, 3)]);
    town.opens("ELD-10", "13912345678", |_| {}).at("09:01:00");
    town.takes("13900000003").at("09:02:00");
    assert!(runs(&town));
    town.ready(201).wants_a_person("wang", "13912345678").answers("ext:201", "chen");
    assert!(!runs(&town), "{}", town.heard);
}

#[test]
fn a_first_contact_and_a_visit_that_are_late_stand_in_history_once() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").at("09:29:00");
    assert_eq!(breaches(&town, ClockKind::FirstContact), 0);
    town.at("09:31:00");
    assert_eq!(breaches(&town, ClockKind::FirstContact), 1);
    town.does(901, Role::Handler, T::Accept);
    town.at("10:59:00");
    assert_eq!(breaches(&town, ClockKind::OnSite), 0);
    let supervision = town.ticket().supervision;
    town.at("12:00:00");
    assert_eq!((breaches(&town, ClockKind::FirstContact), breaches(&town, ClockKind::OnSite)), (1, 1));
    assert_eq!(town.ticket().supervision, supervision, "history is all that follows");
}

#[test]
fn handling_that_is_late_is_supervised_and_so_is_each_day_on_which_all_is_late() {
    let mut town = Town::new();
    town.opens_by_hand("POV-02").later(MINUTE);
    town.does(901, Role::Handler, T::Accept);
    let due = clock(&town, ClockKind::Handle).expect("it is to be handled").due;
    assert_eq!(due, clock(&town, ClockKind::Handle).unwrap().started + HOUR * 24);
    town.until(due - MINUTE);
    assert_eq!((breaches(&town, ClockKind::Handle), town.ticket().supervision), (0, 0));
    town.later(MINUTE * 2);
    assert_eq!((breaches(&town, ClockKind::Handle), town.ticket().supervision), (1, 1));
    // An answer keeps it where it is; that it is late in everything does not.
    town.does(901, Role::Handler, T::Note { text: "明天一定办".into() });
    for level in [2, 3, 3] {
        town.later(HOUR * 24 + MINUTE);
        assert_eq!((breaches(&town, ClockKind::Handle), town.ticket().supervision), (1, level));
    }
}

#[test]
fn a_second_time_that_nobody_takes_it_is_supervised_higher_and_rings_the_district() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").at("09:16:00");
    town.does(901, Role::Handler, T::Accept);
    town.does(903, Role::Dispatcher, T::Reassign { station: StationId(2), reason: "改派".into() });
    assert_eq!(town.ticket().supervision, 0);
    town.at("09:37:00");
    assert_eq!((breaches(&town, ClockKind::Accept), town.ticket().supervision), (1, 1));
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    town.does(903, Role::Dispatcher, T::Reassign { station: StationId(3), reason: "改派".into() });
    town.restarts(MINUTE).at("10:00:00");
    assert_eq!((breaches(&town, ClockKind::Accept), town.ticket().supervision), (2, 2));
    assert!(town.heard().contains("dial duty"), "{}", town.heard);
}

#[test]
fn the_time_of_a_station_that_a_person_chose_survives_a_restart() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").at("09:15:00");
    town.does(903, Role::Dispatcher, T::Reassign { station: StationId(3), reason: "人多".into() });
    let granted = |town: &Town| town.ticket().progress.ladder_rests_until;
    let before = granted(&town).expect("the station has its time");
    assert!(before > moment("09:17:00"), "longer than the ladder alone would wait");
    town.heard();
    town.restarts(MINUTE);
    assert_eq!(granted(&town), Some(before));
    town.until(before - Duration::from_secs(1));
    assert!(!town.heard().contains("dial duty"), "the ladder waits for it");
    town.later(MINUTE);
    assert!(town.heard().contains("dial duty"), "and goes on afterwards");
}

#[test]
fn all_tries_lie_within_the_time_that_is_set_for_them() {
    let tried_once = |within: Duration| {
        let mut rules = super::town::rules();
        rules.policy.survey.within = within;
        let mut town = Town::with(rules, vec![]);
        town.opens("POV-01", "13900000001", |_| {}).later(MINUTE);
        town.does(901, Role::Handler, T::Accept).later(MINUTE);
        town.does(901, Role::Handler, T::Handled { outcome: "已受理".into() }).later(HOUR + MINUTE);
        town.ignores("0001").later(MINUTE);
        town.ledger.surveys.values().next().unwrap().state
    };
    assert_eq!(tried_once(HOUR * 48), SurveyState::Planned, "at another part of the day");
    assert_eq!(tried_once(HOUR * 2), SurveyState::Texted, "the next part of the day lies beyond");
}

#[test]
fn who_was_not_asked_in_time_is_a_persons_to_ask() {
    let mut rules = super::town::rules();
    rules.policy.survey.delay = HOUR * 30;
    let mut town = Town::with(rules, vec![]);
    town.opens_by_hand("ELD-04").later(MINUTE);
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    town.does(901, Role::Handler, T::Handled { outcome: "已助浴".into() }).later(HOUR * 26);
    assert_eq!(breaches(&town, ClockKind::Followup), 1);
    let survey = town.ledger.surveys.values().next().unwrap();
    assert_eq!(survey.state, SurveyState::ForPerson);
    assert!(town.ledger.callbacks.values().any(|request| request.state.is_open()));
}

#[test]
fn what_a_person_decides_has_its_time_whatever_moves_the_ticket_meanwhile() {
    let mut town = Town::with(super::town::rules(), vec![volunteer(10_001, "13800000001")]);
    town.wishes_for_shopping().at("09:30:00");
    town.does(903, Role::Dispatcher, T::RecallOffers { reason: "先问熟人".into() });
    let late = volunteer(10_002, "13800000002");
    town.tell(DeskEvent::RecordChanged(RecordChange::Volunteer(Box::new(late))));
    let reason = "邻居".to_owned();
    town.does(903, Role::Dispatcher, T::AssignVolunteer { volunteer: VolunteerId(10_002), reason });
    let until = town.ticket().progress.ladder_rests_until.expect("a person decides what follows");
    town.later(MINUTE).texts("13800000002", "2").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Offering, "nobody is left to ask, and yet it waits");
    town.until(until - Duration::from_secs(1));
    assert_eq!(town.ticket().state, TicketState::Offering);
    town.later(Duration::from_secs(2));
    assert_eq!(town.ticket().state, TicketState::Dispatched, "the ladder goes on");
}
