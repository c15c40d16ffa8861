//! Remember, then act: what is committed together, what is refused alone, what is seen twice.

use yingda::desk::write::Write;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::ids::{Chance, InputId};
use yingda::store::Store;
use yingda::store::commit::{Batch, BatchStep, StepOutcome};
use yingda::store::error::StoreError;

use super::samples::{self, NOW, one_step, peopled};

fn count(store: &Store, table: &str) -> i64 {
    store
        .read(|connection| {
            Ok::<_, StoreError>(connection.query_row(
                &format!("SELECT count(*) FROM {table}"),
                [],
                |row| row.get(0),
            )?)
        })
        .unwrap()
}

#[test]
fn a_second_process_is_refused_with_the_first_ones_number() {
    let directory = tempfile::tempdir().unwrap();
    let first = samples::open(directory.path());
    let keys = yingda::keys::InstallationKeys::open(&directory.path().join("keys")).unwrap();
    let settings = yingda::store::Settings::in_directory(directory.path());
    let refused = Store::open(&settings, &keys, NOW).unwrap_err();
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    drop(first);
    Store::open(&settings, &keys, NOW).unwrap();
}

#[test]
fn one_refused_step_is_rolled_back_alone_and_quarantined() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(10);
    let good = samples::rows(&mut chance);
    let mut bad = samples::callback(&mut chance, "13800000001");
    bad.ended_at = Some(NOW);
    let step = |input: InputId, writes| BatchStep { input, journal: Some(b"said".to_vec()), writes };
    let (first, second, third) = (chance.mint(NOW), chance.mint(NOW), chance.mint(NOW));
    let batch = Batch {
        now: NOW,
        steps: vec![
            step(first, good.writes()),
            step(second, vec![Write::Event(good.event("never.happened")), Write::Callback(bad)]),
            step(third, vec![Write::Event(good.event("ticket.noted"))]),
        ],
    };
    let report = store.commit(batch).unwrap();
    assert_eq!(report.refused().collect::<Vec<_>>(), [(1, "callback_request: open and ended at once")]);
    assert!(matches!(&report.steps[2], StepOutcome::Committed { events } if events.len() == 1));
    assert_eq!((count(&store, "quarantine"), count(&store, "ticket")), (1, 1));
    let kinds: Vec<String> = store
        .read(|connection| {
            let mut statement =
                connection.prepare("SELECT kind FROM event WHERE ticket IS NOT NULL ORDER BY seq")?;
            Ok::<_, StoreError>(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .unwrap();
    assert_eq!(kinds, ["ticket.opened", "ticket.noted"]);
    // A quarantined event is never handled again, nor replayed.
    assert_eq!(store.commit(one_step(second, vec![])).unwrap().steps, [StepOutcome::Seen]);
    let journal = store.journal(NOW, 10).unwrap();
    let bodies: Vec<_> = journal.iter().map(|line| (line.input, line.body.is_some())).collect();
    assert_eq!(bodies, [(first, true), (second, false), (third, true)]);
}

#[test]
fn a_volunteer_cannot_be_on_two_active_visits() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(11);
    let rows = samples::rows(&mut chance);
    store.commit(one_step(chance.mint(NOW), rows.writes())).unwrap();
    let mut second = samples::assignment(&mut chance, &rows.offer);
    let report = store.commit(one_step(chance.mint(NOW), vec![Write::Assignment(second.clone())])).unwrap();
    assert_eq!(report.refused().count(), 1, "{report:?}");
    // Ending rows are written before starting ones.
    let mut first = rows.assignment.clone();
    first.state = AssignmentState::Done;
    first.ended_at = Some(NOW);
    second.state = AssignmentState::Accepted;
    let swap = vec![Write::Assignment(first), Write::Assignment(second)];
    assert_eq!(store.commit(one_step(chance.mint(NOW), swap)).unwrap().refused().count(), 0);
}

#[test]
fn an_event_seen_before_is_ignored_after_a_restart_too() {
    let directory = tempfile::tempdir().unwrap();
    let mut chance = Chance::from_number(12);
    let rows = samples::rows(&mut chance);
    let input: InputId = chance.mint(NOW);
    let again = || one_step(input, vec![Write::Event(rows.event("ticket.noted"))]);
    {
        let store = peopled(directory.path());
        store.commit(again()).unwrap();
        assert_eq!(store.commit(again()).unwrap().steps, [StepOutcome::Seen]);
    }
    let store = samples::open(directory.path());
    assert_eq!(store.commit(again()).unwrap().steps, [StepOutcome::Seen]);
    assert_eq!(store.journal(NOW, 10).unwrap()[0].body.as_deref(), Some(&b"what happened"[..]));
}

#[test]
fn the_highest_ticket_number_of_a_day_never_falls() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(13);
    for last in [5, 9, 7] {
        let write = Write::Sequence { station: samples::STATION, day: 260_501, last };
        store.commit(one_step(chance.mint(NOW), vec![write])).unwrap();
    }
    assert_eq!(store.living(NOW).unwrap().sequences, [(samples::STATION, 260_501, 9)]);
}

#[test]
fn when_the_disk_is_full_nothing_of_the_batch_is_there_and_it_may_be_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    drop(peopled(directory.path()));
    let keys = yingda::keys::InstallationKeys::open(&directory.path().join("keys")).unwrap();
    let size = std::fs::metadata(directory.path().join("yingda.db")).unwrap().len();
    let settings = |largest_bytes| yingda::store::Settings {
        largest_bytes,
        ..yingda::store::Settings::in_directory(directory.path())
    };
    let mut chance = Chance::from_number(14);
    let mut batch = Batch { now: NOW, steps: Vec::new() };
    for sequence in 1..200 {
        let mut rows = samples::rows(&mut chance);
        rows.ticket.number.sequence = sequence;
        rows.ticket.description = "长".repeat(4_000);
        let writes = vec![Write::Ticket(Box::new(rows.ticket))];
        batch.steps.push(BatchStep { input: chance.mint(NOW), journal: None, writes });
    }
    {
        let full = Store::open(&settings(Some(size + 40_960)), &keys, NOW).unwrap();
        let error = full.commit(batch.clone()).unwrap_err();
        assert!(matches!(error, StoreError::Full), "{error}");
        assert!(error.may_be_retried());
        assert_eq!((count(&full, "ticket"), count(&full, "input_journal")), (0, 0));
        // What fits is still taken.
        let small = one_step(chance.mint(NOW), vec![]);
        assert_eq!(full.commit(small).unwrap().refused().count(), 0);
    }
    let roomy = Store::open(&settings(None), &keys, NOW).unwrap();
    assert_eq!(roomy.commit(batch).unwrap().refused().count(), 0);
    assert_eq!(count(&roomy, "ticket"), 199);
}

#[test]
fn desk_console_and_sender_write_at_once_and_history_stays_one_chain() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let before = store.verify().unwrap().events;
    std::thread::scope(|scope| {
        for seed in 0..6 {
            let store = store.clone();
            scope.spawn(move || {
                let mut chance = Chance::from_number(100 + seed);
                let rows = samples::rows(&mut chance);
                for _ in 0..20 {
                    let noted = Write::Event(rows.event("ticket.noted"));
                    store.commit(one_step(chance.mint(NOW), vec![noted])).unwrap();
                    store.audit(vec![rows.event("recording.listened")]).unwrap();
                }
            });
        }
    });
    assert_eq!(store.verify().unwrap().events, before + 6 * 40);
}

#[test]
fn a_refusal_names_the_rule_and_nobodys_number() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(15);
    let twice =
        [samples::callback(&mut chance, "13800000001"), samples::callback(&mut chance, "13800000001")];
    let report = store.commit(one_step(chance.mint(NOW), twice.map(Write::Callback).to_vec())).unwrap();
    let reasons: Vec<_> = report.refused().collect();
    assert_eq!(reasons, [(0, "UNIQUE constraint failed: callback_request.number")]);
}
