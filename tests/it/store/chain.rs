//! History: whoever changes it, takes from it or cuts it off is found out.

use std::path::Path;

use rusqlite::Connection;
use yingda::desk::write::Write;
use yingda::domain::ids::Chance;
use yingda::store::error::StoreError;
use yingda::store::verify::{ChainFault, VerifyError, verify};
use yingda::store::{DATABASE_FILE, Store};

use super::samples::{self, NOW, at, one_step, peopled};

/// A store with some history, closed; its directory.
fn history() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let mut chance = Chance::from_number(30);
    let rows = samples::rows(&mut chance);
    store.commit(one_step(chance.mint(NOW), rows.writes())).unwrap();
    for kind in ["ticket.moved", "ticket.noted", "ticket.moved"] {
        store.commit(one_step(chance.mint(NOW), vec![Write::Event(rows.event(kind))])).unwrap();
    }
    store.note_chain_head(at(60)).unwrap();
    store.note_chain_head(at(61)).unwrap();
    drop(store);
    directory
}

fn tampered(sql: &str) -> ChainFault {
    let directory = history();
    let connection = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
    match verify(&connection, directory.path()) {
        Err(VerifyError::Fault(fault)) => fault,
        other => panic!("{sql}: {other:?}"),
    }
}

fn verified(directory: &Path) -> (i64, i64, usize) {
    let store: Store = samples::open(directory);
    let verified = store.verify().unwrap();
    (verified.events, verified.erased, verified.heads)
}

#[test]
fn an_untouched_history_is_vouched_for() {
    let directory = history();
    // Three imports and four events of the ticket; the head was written once, it had not moved.
    assert_eq!(verified(directory.path()), (7, 0, 1));
}

#[test]
fn changed_words_are_found() {
    let fault = tampered("UPDATE event_private SET body = replace(body, '王秀英', '王建国') WHERE seq = 5");
    assert_eq!(fault, ChainFault::BodyChanged { seq: 5 });
}

#[test]
fn a_changed_row_is_found() {
    assert_eq!(tampered("UPDATE event SET at = at - 1 WHERE seq = 6"), ChainFault::RowChanged { seq: 6 });
    let actor = "UPDATE event SET actor_volunteer = NULL WHERE seq = 4";
    assert_eq!(tampered(actor), ChainFault::RowChanged { seq: 4 });
}

#[test]
fn a_row_that_was_taken_out_is_found() {
    let directory = history();
    let connection = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM event WHERE seq = 5").unwrap();
    let Err(VerifyError::Fault(fault)) = verify(&connection, directory.path()) else { panic!("not found") };
    assert_eq!(fault, ChainFault::RowMissing { seq: 5 });
}

#[test]
fn a_cut_tail_is_found_by_the_head_of_the_day() {
    let directory = history();
    let connection = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM event WHERE seq > 5").unwrap();
    let Err(VerifyError::Fault(fault)) = verify(&connection, directory.path()) else { panic!("not found") };
    assert!(matches!(fault, ChainFault::TailCut { expected: 7, found: 5, .. }), "{fault}");
}

#[test]
fn words_that_no_erasure_took_are_missed() {
    assert_eq!(tampered("DELETE FROM event_private WHERE seq = 6"), ChainFault::BodyMissing { seq: 6 });
}

#[test]
fn a_history_written_anew_from_one_point_on_is_found_by_the_head_of_the_day() {
    let directory = history();
    {
        let connection = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
        connection
            .execute_batch("DELETE FROM event_private WHERE seq = 7; DELETE FROM event WHERE seq = 7")
            .unwrap();
    }
    // The program itself writes a sound chain over the gap.
    let store = samples::open(directory.path());
    let mut chance = Chance::from_number(31);
    let rows = samples::rows(&mut chance);
    store.commit(one_step(chance.mint(NOW), vec![Write::Event(rows.event("ticket.voided"))])).unwrap();
    let Err(VerifyError::Fault(fault)) = store.verify() else { panic!("not found") };
    assert!(matches!(fault, ChainFault::Rewritten { seq: 7, .. }), "{fault}");
}

#[test]
fn reading_on_a_readers_connection_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let refused = store.read(|connection| Ok::<_, StoreError>(connection.execute("DELETE FROM event", [])?));
    assert!(refused.is_err());
    assert_eq!(store.verify().unwrap().events, 3);
}
