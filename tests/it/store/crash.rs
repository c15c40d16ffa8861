//! A sudden end: what was acknowledged is there, what was not is there whole or not at all.

use std::fs;
use std::path::Path;

use yingda::desk::write::Write;
use yingda::domain::ids::Chance;
use yingda::domain::ids::InputId;
use yingda::store::commit::{Batch, BatchStep, StepOutcome};
use yingda::store::emergency::{EmergencyLog, Noted};
use yingda::store::{DATABASE_FILE, Store};

use super::samples::{self, NOW, at, one_step, peopled};

const BATCHES: u16 = 12;
const STEPS: u16 = 5;

/// Each batch opens as many tickets as it has steps.
fn batch(chance: &mut Chance, number: u16) -> Batch {
    let steps = (0..STEPS)
        .map(|step| {
            let mut rows = samples::rows(chance);
            rows.ticket.number.sequence = number * STEPS + step;
            let writes =
                vec![Write::Event(rows.event("ticket.opened")), Write::Ticket(Box::new(rows.ticket))];
            BatchStep { input: chance.mint(NOW), journal: Some(vec![7; 300]), writes }
        })
        .collect();
    Batch { now: NOW, steps }
}

fn tickets(store: &Store) -> usize {
    store.living(at(60)).unwrap().tickets.len()
}

fn wal(directory: &Path) -> std::path::PathBuf {
    directory.join(format!("{DATABASE_FILE}-wal"))
}

/// The files as a power cut leaves them: the log ends after `wal_bytes`.
fn after_power_cut(from: &Path, to: &Path, wal_bytes: usize) -> Store {
    fs::create_dir_all(to.join("keys")).unwrap();
    for key in fs::read_dir(from.join("keys")).unwrap() {
        let key = key.unwrap();
        fs::copy(key.path(), to.join("keys").join(key.file_name())).unwrap();
    }
    fs::copy(from.join(DATABASE_FILE), to.join(DATABASE_FILE)).unwrap();
    let log = fs::read(wal(from)).unwrap();
    fs::write(wal(to), &log[..wal_bytes.min(log.len())]).unwrap();
    samples::open(to)
}

#[test]
fn every_acknowledged_batch_survives_a_sudden_end() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let store = peopled(&data);
    let mut chance = Chance::from_number(80);
    for number in 0..BATCHES {
        store.commit(batch(&mut chance, number)).unwrap();
        let copy = directory.path().join(format!("after-{number}"));
        let restarted = after_power_cut(&data, &copy, usize::MAX);
        assert_eq!(tickets(&restarted), usize::from((number + 1) * STEPS));
    }
}

#[test]
fn a_batch_cut_anywhere_is_there_whole_or_not_at_all_and_history_is_sound() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let store = peopled(&data);
    let mut chance = Chance::from_number(81);
    for number in 0..BATCHES {
        store.commit(batch(&mut chance, number)).unwrap();
    }
    let length = usize::try_from(fs::metadata(wal(&data)).unwrap().len()).unwrap();
    let mut seen = Vec::new();
    for cut in 0..40 {
        let copy = directory.path().join(format!("cut-{cut}"));
        let restarted = after_power_cut(&data, &copy, length * cut / 39);
        let found = tickets(&restarted);
        assert_eq!(found % usize::from(STEPS), 0, "{found} tickets after cut {cut}");
        restarted.verify().unwrap();
        seen.push(found);
    }
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!((seen[0], seen[39]), (0, usize::from(BATCHES * STEPS)));
    assert!(
        seen.iter().collect::<std::collections::BTreeSet<_>>().len() > 5,
        "cuts fell between batches: {seen:?}"
    );
}

#[test]
fn a_number_noted_while_the_store_was_away_becomes_one_request_however_often_it_is_handed_over() {
    let directory = tempfile::tempdir().unwrap();
    let mut chance = Chance::from_number(82);
    let noted = Noted { number: samples::number("13800000009"), at: at(5), note: chance.mint(NOW) };
    EmergencyLog::open(directory.path()).unwrap().append(&noted).unwrap();
    let request = samples::callback(&mut chance, "13800000009");
    let hand_over = |store: &Store, log: &EmergencyLog| -> Vec<StepOutcome> {
        log.waiting()
            .iter()
            .flat_map(|noted| {
                let step = one_step(InputId(noted.note.0), vec![Write::Callback(request.clone())]);
                store.commit(step).unwrap().steps
            })
            .collect()
    };
    // The server stops after the commit and before the line is blanked.
    let first = hand_over(&peopled(directory.path()), &EmergencyLog::open(directory.path()).unwrap());
    assert!(matches!(first[..], [StepOutcome::Committed { .. }]));
    let store = samples::open(directory.path());
    let mut log = EmergencyLog::open(directory.path()).unwrap();
    assert_eq!(hand_over(&store, &log), [StepOutcome::Seen]);
    log.done(&[noted.note]).unwrap();
    assert_eq!(hand_over(&store, &log), []);
    assert_eq!(store.living(at(60)).unwrap().callbacks, [request]);
}
