//! Row 20 of the table of moves: what is closed long enough is archived, and nothing else is.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::FromSql;
use yingda::desk::write::Write;
use yingda::domain::call::AttemptState;
use yingda::domain::callback::CallbackState;
use yingda::domain::ids::{Chance, TicketId};
use yingda::domain::inbox::InboxState;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{Confidentiality, TicketState};
use yingda::domain::timestamp::Timestamp;
use yingda::store::Store;
use yingda::store::records::By;
use yingda::store::rows::ticket::ERASABLE;

use super::erase::closed;
use super::samples::{self, NOW, RESIDENT, Rows, by_system, one_step, peopled};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn by(days: u32) -> By {
    By { at: NOW + DAY * days, ..by_system() }
}

/// A store with one ticket, changed to taste.
fn with(directory: &Path, change: impl FnOnce(&mut Rows)) -> (Store, Rows) {
    let store = peopled(directory);
    let mut chance = Chance::from_number(41);
    let mut rows = closed(samples::rows(&mut chance));
    change(&mut rows);
    let mut writes = rows.writes();
    let mut noted = rows.event("ticket.noted");
    noted.detail = serde_json::json!({ "words": "王秀英说腰疼" });
    writes.push(Write::Event(noted));
    let report = store.commit(one_step(chance.mint(NOW), writes)).unwrap();
    assert_eq!(report.refused().collect::<Vec<_>>(), []);
    (store, rows)
}

fn ask<T: FromSql>(store: &Store, sql: &str) -> T {
    store
        .read(|connection| {
            Ok::<_, yingda::store::error::StoreError>(connection.query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap()
}

fn state_of(store: &Store, id: TicketId) -> String {
    ask(store, &format!("SELECT state FROM ticket WHERE id = '{id}'"))
}

#[test]
fn ninety_days_after_closing_a_ticket_is_archived_and_not_a_day_sooner() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = with(directory.path(), |_| {});
    let policy = Policy::default();
    assert_eq!(store.archive(&policy, &by(90)).unwrap(), 0, "closed a moment after it was opened");
    assert_eq!(state_of(&store, rows.ticket.id), "closed");
    // A restart forgets nothing: the date is in the row.
    drop(store);
    let store = samples::open(directory.path());
    assert_eq!(store.archive(&policy, &by(91)).unwrap(), 1);
    assert_eq!(state_of(&store, rows.ticket.id), "archived");
    let said: String = ask(
        &store,
        "SELECT p.body FROM event e JOIN event_private p USING (seq) WHERE kind = 'ticket.moved'",
    );
    assert!(said.contains("\"from\":\"closed\"") && said.contains("\"to\":\"archived\""), "{said}");
    assert_eq!(store.archive(&policy, &by(92)).unwrap(), 0, "once");
}

#[test]
fn nothing_but_a_closed_ticket_is_archived() {
    for state in TicketState::ALL {
        let directory = tempfile::tempdir().unwrap();
        let (store, rows) = with(directory.path(), |rows| {
            rows.ticket.state = *state;
            rows.ticket.closed_at = (!state.is_open()).then_some(NOW);
        });
        store.archive(&Policy::default(), &by(200)).unwrap();
        let expected = if *state == TicketState::Closed { TicketState::Archived } else { *state };
        assert_eq!(state_of(&store, rows.ticket.id), expected.name(), "from {state}");
    }
}

#[test]
fn a_complaint_that_is_open_keeps_its_ticket_from_being_archived() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = with(directory.path(), |_| {});
    let mut chance = Chance::from_number(42);
    let mut complaint = samples::ticket(&mut chance);
    complaint.number.sequence += 1;
    complaint.state = TicketState::Intake;
    complaint.closed_at = None;
    complaint.linked_to = Some(rows.ticket.id);
    let put = |ticket: &yingda::domain::ticket::Ticket, store: &Store, chance: &mut Chance| {
        let writes = vec![Write::Ticket(Box::new(ticket.clone()))];
        assert_eq!(store.commit(one_step(chance.mint(NOW), writes)).unwrap().refused().count(), 0);
    };
    put(&complaint, &store, &mut chance);
    assert_eq!(store.archive(&Policy::default(), &by(100)).unwrap(), 0);
    assert_eq!(state_of(&store, rows.ticket.id), "closed");
    complaint.state = TicketState::Closed;
    complaint.closed_at = Some(NOW + DAY * 100);
    put(&complaint, &store, &mut chance);
    assert_eq!(store.archive(&Policy::default(), &by(101)).unwrap(), 1);
    assert_eq!(state_of(&store, rows.ticket.id), "archived");
}

#[test]
fn an_archived_ticket_says_no_longer_who_it_was_about_and_history_stays_whole() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = with(directory.path(), |_| {});
    store.archive(&Policy::default(), &by(91)).unwrap();
    let id = rows.ticket.id;
    let left: i64 = ask(
        &store,
        &format!(
            "SELECT count(*) FROM ticket WHERE id = '{id}' AND caller IS NULL AND address IS NULL AND latitude_e7 IS NULL \
             AND description = '' AND area IS NOT NULL AND category IS NOT NULL AND beneficiary IS NOT NULL"
        ),
    );
    assert_eq!(left, 1, "the door, the number and the words are gone; place, kind and times stay");
    let texts: i64 = ask(&store, "SELECT count(*) FROM outgoing_text WHERE body <> 'erased'");
    assert_eq!(texts, 0);
    let noted: i64 = ask(
        &store,
        "SELECT count(*) FROM event e JOIN event_private USING (seq) WHERE kind = 'ticket.noted'",
    );
    assert_eq!(noted, 0);
    let verified = store.verify().unwrap();
    assert_eq!(verified.erased, 1, "the note, and it is known who took it");
    let whole = tempfile::tempdir().unwrap();
    let (store, rows) = with(whole.path(), |_| {});
    let mut policy = Policy::default();
    policy.retention.forget_numbers = false;
    policy.retention.forget_words = false;
    policy.retention.forget_address = false;
    store.archive(&policy, &by(91)).unwrap();
    let kept: i64 = ask(
        &store,
        &format!(
            "SELECT count(*) FROM ticket WHERE id = '{}' AND caller IS NOT NULL AND address IS NOT NULL AND description <> ''",
            rows.ticket.id
        ),
    );
    assert_eq!(kept, 1, "a district may decide otherwise");
}

#[test]
fn recordings_go_to_their_class_when_their_ticket_is_archived_and_past_it_they_are_to_be_destroyed() {
    for (confidentiality, kept) in [(Confidentiality::Normal, 365), (Confidentiality::Sealed, 1_095)] {
        let directory = tempfile::tempdir().unwrap();
        let (store, rows) = with(directory.path(), |rows| {
            rows.ticket.confidentiality = confidentiality;
            rows.recording.ticket = Some(rows.ticket.id);
        });
        let policy = Policy::default();
        store.archive(&policy, &by(91)).unwrap();
        let until: Timestamp = ask(&store, "SELECT kept_until FROM recording");
        assert_eq!(until, NOW + DAY * (91 + kept));
        assert_eq!(store.expire(&policy, &by(90 + kept)).unwrap(), 0);
        assert_eq!(store.recordings_to_destroy().unwrap(), []);
        assert_eq!(store.expire(&policy, &by(91 + kept)).unwrap(), 1);
        assert_eq!(store.recordings_to_destroy().unwrap(), [rows.recording.id]);
        store.recordings_destroyed(vec![rows.recording.id], by(91 + kept)).unwrap();
        // Once: who says it again, a day later, changes nothing of it.
        store.recordings_destroyed(vec![rows.recording.id], by(92 + kept)).unwrap();
        let destroyed: Timestamp = ask(&store, "SELECT destroyed_at FROM recording");
        assert_eq!(destroyed, NOW + DAY * (91 + kept));
        let told: i64 = ask(
            &store,
            &format!(
                "SELECT count(*) FROM event WHERE kind = 'recording.destroyed' AND entity = 'recording:{}' AND ticket = '{}'",
                rows.recording.id, rows.ticket.id
            ),
        );
        assert_eq!(told, 1);
    }
}

#[test]
fn what_belongs_to_no_ticket_is_kept_by_its_own_class_and_numbers_are_forgotten_later() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = with(directory.path(), |rows| {
        rows.recording.ticket = None;
        rows.call.ended_at = Some(NOW);
        rows.attempt.state = AttemptState::Done;
        rows.attempt.ended_at = Some(NOW);
    });
    let policy = Policy::default();
    assert_eq!(store.expire(&policy, &by(89)).unwrap(), 0);
    assert_eq!(store.expire(&policy, &by(91)).unwrap(), 1);
    let numbers = "SELECT (SELECT count(*) FROM call WHERE number IS NOT NULL) \
         + (SELECT count(*) FROM call_attempt WHERE target <> '') \
         + (SELECT count(*) FROM callback_request WHERE number <> '+0000000')";
    assert_eq!(ask::<i64>(&store, numbers), 3);
    store.expire(&policy, &by(181)).unwrap();
    assert_eq!(ask::<i64>(&store, numbers), 0);
}

#[test]
fn a_closed_ticket_is_found_whole_for_who_opens_it_again_and_an_archived_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = with(directory.path(), |_| {});
    let register = store.register().unwrap();
    let past = register.past_case(rows.ticket.id, NOW + DAY * 40).unwrap().expect("it is closed");
    assert_eq!(past.ticket, rows.ticket);
    assert_eq!((past.work, past.offers), (vec![rows.work_item.clone()], vec![rows.offer.clone()]));
    assert_eq!(past.assignments, vec![rows.assignment.clone()]);
    assert_eq!(past.beneficiary.map(|person| person.person), rows.ticket.beneficiary);
    store.archive(&Policy::default(), &by(91)).unwrap();
    assert_eq!(register.past_case(rows.ticket.id, NOW + DAY * 92).unwrap(), None);
}

#[test]
fn history_stays_whole_when_somebody_is_erased_whose_ticket_was_archived_before() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = with(directory.path(), |_| {});
    store.archive(&Policy::default(), &by(91)).unwrap();
    let before = store.verify().unwrap().erased;
    let erasure = store.erase_person(RESIDENT, by(92)).unwrap();
    assert!(erasure.events > 0, "their other lines");
    let after = store.verify().unwrap().erased;
    assert_eq!(after, before + i64::try_from(erasure.events).unwrap());
}

#[test]
fn archiving_empties_of_a_ticket_all_that_erasing_would_but_the_name_of_its_recording() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = with(directory.path(), |_| {});
    let filled = |column: &str| {
        let filled =
            format!("SELECT count(*) FROM ticket WHERE id = '{}' AND {column} <> ''", rows.ticket.id);
        ask::<i64>(&store, &filled) == 1
    };
    assert!(ERASABLE.iter().all(|column| filled(column)), "the sample has something in each of them");
    store.archive(&Policy::default(), &by(91)).unwrap();
    let left: Vec<_> = ERASABLE.iter().filter(|column| filled(column)).collect();
    assert_eq!(left, [&"recording"], "it has its own last day");
}

#[test]
fn however_many_numbers_have_had_their_time_all_of_them_are_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = with(directory.path(), |_| {});
    let mut chance = Chance::from_number(43);
    let ended = |chance: &mut Chance| {
        let mut ended = samples::callback(chance, "13800000009");
        ended.state = CallbackState::Done;
        Write::Callback(ended)
    };
    let writes: Vec<Write> = (0..1_100).map(|_| ended(&mut chance)).collect();
    assert_eq!(store.commit(one_step(chance.mint(NOW), writes)).unwrap().refused().count(), 0);
    let left = "SELECT count(*) FROM callback_request WHERE number <> '+0000000'";
    assert!(ask::<i64>(&store, left) > 1_000, "more than one part of it takes");
    store.expire(&Policy::default(), &by(181)).unwrap();
    assert_eq!(ask::<i64>(&store, left), 0);
}

#[test]
fn words_of_texts_and_call_backs_that_belong_to_no_ticket_are_forgotten_with_the_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = with(directory.path(), |_| {});
    let mut chance = Chance::from_number(44);
    let line = |kind: &str, entity: String, days: u32| {
        let mut line = rows.event(kind);
        line.at = NOW + DAY * days;
        line.entity = entity;
        line.ticket = None;
        line.detail = serde_json::json!({ "words": "我是王秀英,腰疼" });
        Write::Event(line)
    };
    let writes = vec![
        line("text.received", "desk".into(), 0),
        line("inbox.answered", format!("text:{}", rows.inbox.id), 1),
        line("inbox.done", format!("text:{}", rows.inbox.id), 1),
        line("ticket.noted", format!("callback:{}", rows.callback.id), 2),
        line("text.received", "desk".into(), 30),
    ];
    assert_eq!(store.commit(one_step(chance.mint(NOW), writes)).unwrap().refused().count(), 0);
    let (policy, whole) = (Policy::default(), store.verify().unwrap().events);
    let written = "SELECT count(*) FROM event e JOIN event_private USING (seq) WHERE ticket IS NULL \
         AND kind IN ('text.received', 'inbox.answered', 'inbox.done', 'ticket.noted')";
    let inbox = "SELECT sender || body FROM station_inbox";
    store.expire(&policy, &by(179)).unwrap();
    assert_eq!((ask::<i64>(&store, written), store.verify().unwrap().erased), (5, 0));
    assert!(ask::<String>(&store, inbox).contains("王秀英"));
    store.expire(&policy, &by(183)).unwrap();
    assert_eq!(ask::<i64>(&store, written), 1, "the last has time");
    assert_eq!(ask::<String>(&store, inbox), "+0000000");
    let verified = store.verify().unwrap();
    assert_eq!((verified.events, verified.erased), (whole + 1, 4), "one line vouches for the four");
    store.expire(&policy, &by(184)).unwrap();
    assert_eq!(store.verify().unwrap().events, whole + 1, "where nothing is taken nothing is noted");
    store.expire(&policy, &by(211)).unwrap();
    assert_eq!((ask::<i64>(&store, written), store.verify().unwrap().erased), (0, 5));
}

#[test]
fn a_text_that_waits_for_a_person_keeps_its_words_however_long() {
    let directory = tempfile::tempdir().unwrap();
    let (store, rows) = with(directory.path(), |rows| {
        rows.inbox.state = InboxState::Waiting;
        rows.inbox.ended_at = None;
    });
    store.expire(&Policy::default(), &by(400)).unwrap();
    assert_eq!(ask::<String>(&store, "SELECT body FROM station_inbox"), rows.inbox.body);
}
