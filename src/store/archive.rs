//! The long end of a ticket: archived when its time has come, what identifies people taken out of it, its recordings
//! given the day of their destruction (DOMAIN §3, row 20).
//!
//! The desk holds only what may still move and forgets a ticket when its resident can no longer reopen it; so this is
//! a transaction of the store, once a day (docs/decisions/0501). The table of moves and its guard are asked all the same.

use std::sync::LazyLock;

use rusqlite::{Connection, Transaction, params};
use serde_json::json;

use super::chain;
use super::erase::ERASED_NUMBER;
use super::error::StoreError;
use super::records::By;
use super::rows::callback::OWED;
use super::verify::MINIMISED;
use crate::desk::write::EventDraft;
use crate::domain::actor::ActorKind;
use crate::domain::guard;
use crate::domain::ids::{JurisdictionId, RecordingId, TicketId};
use crate::domain::policy::Policy;
use crate::domain::recording::RecordingPurpose;
use crate::domain::ticket::{Confidentiality, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::{Move, allowed};

/// What the desk calls a ticket's move in history.
const MOVED: &str = "ticket.moved";
/// Tickets of one transaction: the desk's commits wait behind it.
const TICKETS_AT_ONCE: u16 = 100;

/// A ticket whose time has come.
struct Ended {
    id: TicketId,
    jurisdiction: JurisdictionId,
    state: TicketState,
    closed_at: Timestamp,
    confidentiality: Confidentiality,
}

/// Tickets whose time has come: nothing that is open is linked to them, and nobody is owed a call about them. Found by
/// an index of just these, so that those archived in former years cost nothing.
static ENDED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT t.id, t.jurisdiction, t.state, t.closed_at, t.confidentiality FROM ticket t \
     WHERE t.closed_at <= ?1 AND (t.state = 'closed' OR (t.state IN ('merged', 'void') AND t.erased_at IS NULL)) \
     AND NOT EXISTS (SELECT 1 FROM ticket l WHERE l.linked_to = t.id AND l.is_open = 1) \
     AND NOT EXISTS (SELECT 1 FROM callback_request c WHERE c.ticket = t.id AND c.{OWED}) \
     ORDER BY t.closed_at LIMIT ?2"
    )
});

/// Archives tickets that were closed long ago, and takes out of those that are void or merged what is taken out of an
/// archived one. Says how many; at most [`TICKETS_AT_ONCE`], so more may be left.
pub(super) fn archive(
    transaction: &Transaction<'_>,
    policy: &Policy,
    by: &By,
) -> Result<(usize, bool), StoreError> {
    let mut done = 0;
    for ticket in ended(transaction, by.at - policy.tickets.archive_after)? {
        // Those with an open complaint were not found.
        if guard::may_archive(Some(ticket.closed_at), false, policy, by.at).is_err() {
            continue;
        }
        if allowed(ticket.state, ActorKind::System, Move::Archive).is_ok() {
            file_away(transaction, &ticket, by)?;
        }
        class_recordings(transaction, &ticket, policy, by.at)?;
        minimise(transaction, &ticket, policy, by)?;
        done += 1;
    }
    Ok((done, done == usize::from(TICKETS_AT_ONCE)))
}

fn ended(connection: &Connection, before: Timestamp) -> Result<Vec<Ended>, StoreError> {
    let found = connection
        .prepare_cached(&ENDED)?
        .query_map(params![before, TICKETS_AT_ONCE], |row| {
            Ok(Ended {
                id: row.get(0)?,
                jurisdiction: row.get(1)?,
                state: row.get(2)?,
                closed_at: row.get(3)?,
                confidentiality: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// closed → archived.
fn file_away(connection: &Connection, ticket: &Ended, by: &By) -> Result<(), StoreError> {
    let (from, to) = (ticket.state, TicketState::Archived);
    connection
        .prepare_cached("UPDATE ticket SET state = ?2, why = ?3, version = version + 1 WHERE id = ?1")?
        .execute(params![ticket.id, to, Move::Archive.name()])?;
    let detail = json!({ "move": Move::Archive, "from": from, "to": to });
    note(connection, ticket, MOVED, detail, by)
}

fn note(
    connection: &Connection,
    ticket: &Ended,
    kind: &str,
    detail: serde_json::Value,
    by: &By,
) -> Result<(), StoreError> {
    let line = EventDraft {
        at: by.at,
        jurisdiction: ticket.jurisdiction.clone(),
        actor: by.actor.clone(),
        entity: format!("ticket:{}", ticket.id),
        ticket: Some(ticket.id),
        kind: kind.to_owned(),
        subject: None,
        detail,
    };
    chain::append(connection, &line)?;
    Ok(())
}

/// From now on its recordings have a last day.
fn class_recordings(
    connection: &Connection,
    ticket: &Ended,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), StoreError> {
    let kept = &policy.retention;
    let sealed = ticket.confidentiality == Confidentiality::Sealed;
    let mut statement = connection.prepare_cached(
        "UPDATE recording SET kept_until = ?3 WHERE ticket = ?1 AND purpose = ?2 AND kept_until IS NULL",
    )?;
    for purpose in RecordingPurpose::ALL {
        let class = match purpose {
            RecordingPurpose::Description | RecordingPurpose::Callback | RecordingPurpose::Conversation
                if sealed =>
            {
                kept.recordings_sealed
            }
            RecordingPurpose::Description | RecordingPurpose::Callback | RecordingPurpose::Conversation => {
                kept.recordings
            }
            RecordingPurpose::Comment => kept.comments,
        };
        statement.execute(params![ticket.id, purpose, now + class])?;
    }
    Ok(())
}

/// Takes out of a ticket what says who it was about: what is left answers the figures (what, where by committee, when,
/// by whom, how it ended), and who needed the help stays by their opaque id.
fn minimise(connection: &Connection, ticket: &Ended, policy: &Policy, by: &By) -> Result<(), StoreError> {
    let kept = &policy.retention;
    let id = ticket.id;
    connection
        .prepare_cached("UPDATE ticket SET erased_at = ?2 WHERE id = ?1")?
        .execute(params![id, by.at])?;
    if kept.forget_address {
        let address =
            "UPDATE ticket SET address = NULL, latitude_e7 = NULL, longitude_e7 = NULL WHERE id = ?1";
        connection.prepare_cached(address)?.execute([id])?;
    }
    if kept.forget_numbers {
        connection.prepare_cached("UPDATE ticket SET caller = NULL WHERE id = ?1")?.execute([id])?;
        let survey = format!("UPDATE survey SET number = '{ERASED_NUMBER}' WHERE ticket = ?1");
        connection.prepare_cached(&survey)?.execute([id])?;
    }
    if kept.forget_words {
        connection
            .prepare_cached(
                "UPDATE ticket SET description = '', referral = NULL, police_report = NULL, risk = NULL, guardian = NULL WHERE id = ?1",
            )?
            .execute([id])?;
        // Texts about it hold names, doors and visit codes.
        let texts = "UPDATE outgoing_text SET body = 'erased', parameters = '{}' WHERE ticket = ?1";
        connection.prepare_cached(texts)?.execute([id])?;
    }
    let events = forget_lines(connection, id, policy)?;
    note(connection, ticket, MINIMISED, json!({ "events": events }), by)
}

/// The lines of its history in which somebody wrote or a place is named; the chain keeps that they were.
fn forget_lines(connection: &Connection, ticket: TicketId, policy: &Policy) -> Result<Vec<i64>, StoreError> {
    let kept = &policy.retention;
    let mut named = Vec::new();
    if kept.forget_words {
        named.extend(["words", "outcome", "evidence"]);
    }
    if kept.forget_address {
        named.push("address");
    }
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT p.seq FROM event e JOIN event_private p ON p.seq = e.seq \
         WHERE e.ticket = ?1 AND json_extract(p.body, '$.' || ?2) IS NOT NULL",
    )?;
    for name in named {
        let lines = statement.query_map(params![ticket, name], |row| row.get(0))?;
        found.extend(lines.collect::<Result<Vec<i64>, _>>()?);
    }
    found.sort_unstable();
    found.dedup();
    let mut delete = connection.prepare_cached("DELETE FROM event_private WHERE seq = ?1")?;
    for seq in &found {
        delete.execute([seq])?;
    }
    Ok(found)
}

/// A line of history for each recording whose key and file are gone.
pub(super) fn note_destroyed(
    connection: &Connection,
    recording: RecordingId,
    by: &By,
) -> Result<(), StoreError> {
    let ticket: Option<TicketId> = connection
        .prepare_cached("SELECT ticket FROM recording WHERE id = ?1")?
        .query_row([recording], |row| row.get(0))?;
    let line = EventDraft {
        at: by.at,
        jurisdiction: by.jurisdiction.clone(),
        actor: by.actor.clone(),
        entity: format!("recording:{recording}"),
        ticket,
        kind: "recording.destroyed".to_owned(),
        subject: None,
        detail: json!({}),
    };
    chain::append(connection, &line)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate::SCHEMA;

    #[test]
    fn tickets_archived_in_former_years_are_not_looked_at_again() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let plan: String = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {}", *ENDED))
            .unwrap()
            .query_map(params![0, 1], |row| row.get::<_, String>("detail"))
            .unwrap()
            .map(|line| line.unwrap() + "; ")
            .collect();
        assert!(plan.starts_with("SEARCH t USING INDEX ticket_to_archive"), "{plan}");
        assert!(plan.contains("SEARCH l USING INDEX ticket_linked"), "{plan}");
        assert!(!plan.contains("SCAN c;") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
