//! Supervision that rises by itself: unanswered in its time, level by level, and no further.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::domain::actor::Role;
use yingda::domain::ticket::{SuspendReason, TicketState};
use yingda::domain::urgency::Urgency;

use super::town::{Town, moment};

const MINUTE: Duration = Duration::from_secs(60);

fn words() -> String {
    "写明原因".to_owned()
}

fn raised(level: u8) -> T {
    T::Supervise { level, note: words() }
}

/// The levels that history says a ticket was raised to, with the cause.
fn levels(town: &Town) -> Vec<(u64, String)> {
    let said = |line: &serde_json::Value| Some((line["level"].as_u64()?, line["cause"].as_str()?.to_owned()));
    town.lines("ticket.supervised").into_iter().filter_map(said).collect()
}

/// A question that staff is at, so that no other clock speaks, supervised at a quarter past nine.
fn town() -> Town {
    let mut town = Town::new();
    town.opens_by_hand("INF-99").at("09:01:00");
    town.does_at(3, 903, Role::Handler, T::Accept).at("09:15:00");
    town.does(907, Role::Supervisor, raised(1)).later(MINUTE).heard();
    town
}

#[test]
fn a_level_that_nobody_answers_rises_at_its_due_time_to_the_next_and_tells_its_stations() {
    let mut town = town();
    let due = town.ticket().progress.supervision_due.expect("it is to be answered");
    town.restarts(Duration::from_secs(5)).until(due - MINUTE);
    assert_eq!(town.ticket().supervision, 1, "it has until then");
    town.heard();
    town.until(due + MINUTE);
    assert_eq!(town.ticket().supervision, 2);
    let heard = town.heard();
    for phone in ["…0003", "…0002"] {
        let told = |line: &str| line.contains(&format!("text to {phone}")) && line.contains("督办2级");
        assert!(heard.lines().any(told), "{phone}: {heard}");
    }
    let due = town.ticket().progress.supervision_due.expect("so has the second");
    town.until(due + MINUTE);
    assert_eq!(town.ticket().supervision, 3);
    assert_eq!(town.ticket().progress.supervision_due, None, "nobody is above the district");
    let said = levels(&town);
    assert_eq!(said[1..], [(2, "unanswered".to_owned()), (3, "unanswered".to_owned())]);
}

#[test]
fn a_note_of_the_station_answers_and_the_level_stays_where_it_is() {
    let mut town = town();
    let due = town.ticket().progress.supervision_due.expect("it is to be answered");
    town.does(907, Role::Supervisor, T::Note { text: "怎么样了".into() });
    assert_eq!(town.ticket().progress.supervision_due, Some(due), "who asks does not answer");
    town.does_at(3, 903, Role::Handler, T::Note { text: "已约居民下午见面".into() });
    assert_eq!(town.ticket().progress.supervision_due, None);
    town.until(due + MINUTE);
    assert_eq!(town.ticket().supervision, 1, "it neither rises nor falls");
    town.does(907, Role::Supervisor, raised(2));
    assert!(town.ticket().progress.supervision_due.is_some(), "the next level is to be answered too");
}

#[test]
fn a_move_of_the_station_answers_and_work_that_is_done_or_waits_rises_no_further() {
    let mut town = town();
    let resume_at = moment("09:15:00") + 24 * 60 * MINUTE;
    let suspend = T::Suspend { reason: SuspendReason::CitizenAskedLater, resume_at };
    town.does_at(3, 903, Role::Handler, suspend);
    assert_eq!(town.ticket().progress.supervision_due, None);
    town.does(907, Role::Supervisor, raised(2));
    let due = town.ticket().progress.supervision_due.expect("asked while it waits");
    town.until(due + MINUTE);
    assert_eq!((town.ticket().state, town.ticket().supervision), (TicketState::Suspended, 2));
}

#[test]
fn where_life_is_concerned_it_rises_within_minutes() {
    let mut town = Town::new();
    town.opens_by_hand("EMG-01").at("09:00:05");
    town.does_at(3, 903, Role::Handler, T::Accept);
    assert_eq!(town.ticket().urgency, Urgency::P1);
    town.does(907, Role::Supervisor, raised(1)).later(Duration::from_secs(14 * 60));
    let level = town.ticket().supervision;
    town.later(2 * MINUTE);
    assert_eq!((level, town.ticket().supervision), (1, 2));
}
