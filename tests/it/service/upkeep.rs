//! What the house does by itself: forgetting, destroying, noting the head of history.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use yingda::clock::Clock;
use yingda::desk::write::Write;
use yingda::domain::ids::{CallId, Chance, JurisdictionId, PersonId, RecordingId};
use yingda::domain::recording::{Recording, RecordingPurpose};
use yingda::domain::timestamp::Timestamp;
use yingda::keys::InstallationKeys;
use yingda::recordings::Recordings;
use yingda::recordings::error::RecordingError;
use yingda::service::in_force::InForce;
use yingda::service::upkeep::Chores;
use yingda::service::vitals::Vitals;
use yingda::store::commit::{Batch, BatchStep};

use super::house::by;
use super::shift::{Set, arrives, call, hangs_up, presses, stations};
use crate::scenarios::town::rules;

const FIFTEEN_DAYS: Duration = Duration::from_secs(15 * 24 * 3_600);

fn chores(set: &Set) -> (Chores, Recordings) {
    let keys = InstallationKeys::open(&set.directory().join("keys")).unwrap();
    let (recordings, _) = Recordings::open(&set.directory().join("recordings"), keys).unwrap();
    let in_force = InForce::new(&rules(), stations());
    let chores = Chores {
        store: set.store.clone(),
        recordings: recordings.clone(),
        clock: set.clock.clone(),
        jurisdiction: JurisdictionId("shibei".into()),
        vitals: Arc::<Vitals>::default(),
        policy: in_force.policy(),
        stations: in_force.stations(),
    };
    (chores, recordings)
}

/// Somebody keys a wish at `start`; nobody rings after it. The line was seen at work until `seen`, and is back at `back`:
/// how much longer its offers live than before. All are parts of an offer's life.
fn offers_gain(seen: f64, back: f64) -> Duration {
    // By day, when helpers may be texted.
    let start = Timestamp::from_millis(1_777_608_000_000);
    let mut set = Set::with(Clock::starting_at(start), None);
    let shift = set.shift(&[arrives(1, "13900000001")]);
    for key in [1, 4, 1, 1] {
        shift.say(presses(1, key));
    }
    shift.hears(call(1), "ticket-number-is");
    shift.say(hangs_up(1));
    shift.end().0.unwrap();
    let offer = |set: &Set| set.store.living(set.clock.now()).unwrap().offers.remove(0);
    let before = offer(&set);
    let life = before.expires_at.since(before.created_at);
    set.clock = Clock::starting_at(before.created_at + life.mul_f64(seen));
    let (chores, _) = chores(&set);
    chores.vitals.desk_works.store(true, Ordering::Relaxed);
    chores.beat().unwrap();
    // While the desk rests it is not at work.
    set.clock = Clock::starting_at(before.created_at + life.mul_f64(back));
    let (resting, _) = self::chores(&set);
    resting.vitals.desk_works.store(true, Ordering::Relaxed);
    resting.vitals.emergency.store(true, Ordering::Relaxed);
    resting.beat().unwrap();
    set.shift(&[]).end().0.unwrap();
    let after = offer(&set);
    assert_eq!((after.id, after.created_at), (before.id, before.created_at));
    assert!(after.expires_at.since(before.expires_at) <= life.mul_f64(back - seen) + Duration::from_secs(30));
    after.expires_at.since(before.expires_at)
}

#[test]
fn a_quiet_line_that_was_away_for_a_moment_gives_its_offers_no_more_time() {
    assert_eq!(offers_gain(0.5, 0.55), Duration::ZERO);
}

#[test]
fn a_quiet_line_that_was_away_for_long_gives_its_offers_back_what_they_lost() {
    assert!(offers_gain(0.1, 0.6) > Duration::ZERO);
}

#[test]
fn each_day_what_has_had_its_time_is_forgotten_and_the_head_of_history_noted() {
    let set = Set::new();
    let mut chance = Chance::from_number(5);
    let now = set.clock.now();
    for at in [now - FIFTEEN_DAYS, now] {
        let step = BatchStep { input: chance.mint(at), journal: Some(b"{}".to_vec()), writes: vec![] };
        set.store.commit(Batch { now: at, steps: vec![step] }).unwrap();
        set.store.quarantine(chance.mint(at), "planted".into(), None, at).unwrap();
    }
    assert_eq!(set.quarantined(), 2);
    chores(&set).0.carry_out().unwrap();
    assert_eq!(set.quarantined(), 1);
    let oldest = set.store.journal(now - FIFTEEN_DAYS * 2, 10).unwrap();
    assert!(oldest.iter().all(|input| input.at == now), "{oldest:?}");
    // A tail that is cut off after this is seen.
    set.store.verify().unwrap();
    let heads = std::fs::read_dir(set.directory()).unwrap();
    let heads: Vec<_> = heads.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(heads.iter().any(|name| name.contains("head")), "{heads:?}");
}

#[test]
fn a_recording_whose_person_was_erased_before_a_crash_is_destroyed_at_the_next_start() {
    let mut set = Set::new();
    // Somebody rang, said what they wanted, and the line owes them nothing.
    set.shift(&[arrives(1, "13900000001"), hangs_up(1)]).end().0.unwrap();
    let (chores, recordings) = chores(&set);
    let id: RecordingId = Chance::from_number(6).mint(set.clock.now());
    let call: CallId = super::shift::call(1);
    recordings.begin(id).unwrap();
    let row = Recording {
        id,
        jurisdiction: JurisdictionId("shibei".into()),
        call,
        ticket: None,
        purpose: RecordingPurpose::Description,
        started_at: set.clock.now(),
        length: None,
        complete: true,
    };
    let now = set.clock.now();
    let step = BatchStep {
        input: Chance::from_number(7).mint(now),
        journal: None,
        writes: vec![Write::Recording(row)],
    };
    set.store.commit(Batch { now, steps: vec![step] }).unwrap();
    // The crash: erased in the store, and nobody came to the file.
    let erasure = set.store.erase_person(PersonId(1), by(now)).unwrap();
    assert_eq!(erasure.recordings, [id]);
    assert_eq!(set.store.recordings_to_destroy().unwrap(), [id]);
    chores.carry_out().unwrap();
    assert_eq!(set.store.recordings_to_destroy().unwrap(), []);
    assert!(matches!(recordings.play(id), Err(RecordingError::NotFound)));
}

#[test]
fn a_recording_past_its_time_is_destroyed_key_and_file_and_a_line_of_history_says_so() {
    let mut set = Set::new();
    set.shift(&[arrives(1, "13900000001"), hangs_up(1)]).end().0.unwrap();
    let (chores, recordings) = chores(&set);
    let now = set.clock.now();
    let written = |days: u32, seed: u64| {
        let id: RecordingId = Chance::from_number(seed).mint(now);
        recordings.begin(id).unwrap();
        let row = Recording {
            id,
            jurisdiction: JurisdictionId("shibei".into()),
            call: super::shift::call(1),
            ticket: None,
            purpose: RecordingPurpose::Description,
            started_at: now - Duration::from_secs(24 * 3_600) * days,
            length: None,
            complete: true,
        };
        let input = Chance::from_number(seed + 100).mint(now);
        let step = BatchStep { input, journal: None, writes: vec![Write::Recording(row)] };
        set.store.commit(Batch { now, steps: vec![step] }).unwrap();
        id
    };
    let (old, young) = (written(91, 8), written(89, 9));
    chores.carry_out().unwrap();
    assert!(matches!(recordings.play(old), Err(RecordingError::NotFound)));
    assert!(!matches!(recordings.play(young), Err(RecordingError::NotFound)));
    let told: i64 = set
        .store
        .read(|connection| {
            let count = "SELECT count(*) FROM event WHERE kind = 'recording.destroyed'";
            Ok::<_, yingda::store::error::StoreError>(connection.query_row(count, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(told, 1);
    set.store.verify().unwrap();
}
