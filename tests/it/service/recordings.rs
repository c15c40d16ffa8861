//! A recording that the disk did not take whole says so, wherever it is heard and on its ticket.

use yingda::desk::effect::PhoneEffect;
use yingda::desk::write::Write;
use yingda::domain::ids::{Chance, JurisdictionId, RecordingId, TicketId};
use yingda::domain::recording::{Recording, RecordingPurpose};
use yingda::domain::timestamp::Timestamp;
use yingda::service::house::House;
use yingda::service::inbox::Post;
use yingda::store::Store;
use yingda::store::commit::{Batch, BatchStep};
use yingda::store::error::StoreError;
use yingda::store::queries::case;

use super::house::open;
use super::shift::{Set, arrives, call, presses};
use crate::waiting::until;

/// A recording that is being made.
fn recorded(store: &Store, ticket: Option<TicketId>, now: Timestamp) -> RecordingId {
    let mut chance = Chance::from_number(61);
    let row = Recording {
        id: chance.mint(now),
        jurisdiction: JurisdictionId("shibei".into()),
        call: call(9),
        ticket,
        purpose: RecordingPurpose::Description,
        started_at: now,
        length: None,
        complete: true,
    };
    let id = row.id;
    let step = BatchStep { input: chance.mint(now), journal: None, writes: vec![Write::Recording(row)] };
    store.commit(Batch { now, steps: vec![step] }).unwrap();
    id
}

fn is_complete(store: &Store, id: RecordingId) -> bool {
    let row = store.read(|connection| Ok::<_, StoreError>(case::recording(connection, id)?)).unwrap();
    row.expect("it is kept all the same").complete
}

#[test]
fn a_recording_whose_end_the_disk_did_not_take_says_that_it_is_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    let house: House = open(folder.path());
    let id = recorded(&house.store, None, house.clock.now());
    let mut tape = house.recordings.begin(id).unwrap();
    tape.write(&[0xd5; 8_000]).unwrap();
    until("the recording has begun", || house.recordings.health().open > 0);
    // Its folder is gone before its end can be synced.
    std::fs::rename(folder.path().join("recordings"), folder.path().join("away")).unwrap();
    tape.finish().unwrap();
    until("it passes for a whole one no longer", || !is_complete(&house.store, id));
    house.close().unwrap();
}

#[test]
fn a_ticket_is_told_that_its_recording_is_not_whole() {
    let mut set = Set::new();
    let shift = set.shift(&[arrives(1, "13900000001")]);
    for key in [1, 4, 1, 1] {
        shift.say(presses(1, key));
    }
    shift.hears(call(1), "ticket-number-is");
    let ticket = set.store.living(set.clock.now()).unwrap().tickets[0].id;
    let id = recorded(&set.store, Some(ticket), set.clock.now());
    shift.inbox.put(Post::RecordingCut(id)).unwrap();
    shift.end().0.unwrap();
    assert!(!is_complete(&set.store, id));
    let told = set.store.read(|connection| Ok::<_, StoreError>(case::history(connection, ticket)?)).unwrap();
    assert_eq!(told.iter().filter(|line| line.kind == "recording.cut").count(), 1, "{told:?}");
}

#[test]
fn that_a_recording_is_not_whole_is_noted_when_the_store_is_back() {
    let mut set = Set::with(yingda::clock::Clock::start(), Some(4 * super::emergency::MEBIBYTE));
    let id = recorded(&set.store, None, set.clock.now());
    super::emergency::fill(&set.store, set.clock.now());
    let shift = set.shift(&[]);
    shift.inbox.put(Post::RecordingCut(id)).unwrap();
    shift.say(arrives(1, "13900000001"));
    shift.order("ring ana", |order| matches!(order, PhoneEffect::Dial { .. }));
    set.store.prune(set.clock.now()).unwrap();
    until("it was not forgotten", || !is_complete(&set.store, id));
    shift.end().0.unwrap();
}
