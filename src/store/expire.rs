//! What hangs on no ticket has its time too: numbers in the books of calls and texts, what was written in texts and
//! noted of call-backs, and recordings.
//!
//! It is found by indices of just what is left to take, and taken in parts, because the desk's commits wait behind each.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::json;

use super::chain;
use super::erase::ERASED_NUMBER;
use super::error::StoreError;
use super::records::By;
use super::rows::callback::OWED;
use super::verify::MINIMISED;
use crate::desk::write::EventDraft;
use crate::domain::policy::Policy;
use crate::domain::timestamp::Timestamp;

/// Rows of one transaction.
const ROWS_AT_ONCE: usize = 500;

/// Lines of history in which somebody wrote and that belong to no ticket: texts, answers to them, notes of call-backs.
const WRITTEN: &str = "SELECT e.seq, e.at FROM event e JOIN event_private p ON p.seq = e.seq \
     WHERE e.kind IN ('text.received', 'inbox.answered', 'inbox.done', 'ticket.noted') AND e.ticket IS NULL \
     AND e.at BETWEEN ?1 AND ?2 ORDER BY e.at, e.seq LIMIT ?3";
/// Under this name the store keeps until when such lines have lost their words, so that none is looked at twice.
const FORGOTTEN_UNTIL: &str = "words_forgotten_until";

/// Recordings that belong to no ticket and have no last day yet; those of calls that are owed have time.
static UNCLASSED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE recording SET kept_until = started_at + ?3 WHERE id IN (SELECT id FROM recording \
     WHERE ticket IS NULL AND kept_until IS NULL AND started_at <= ?1 \
     AND id NOT IN (SELECT recording FROM callback_request WHERE recording IS NOT NULL AND {OWED}) LIMIT ?2)"
    )
});
/// Recordings whose last day has come.
const OVER: &str = "UPDATE recording SET erased_at = ?1 WHERE id IN (SELECT id FROM recording \
     WHERE kept_until <= ?1 AND erased_at IS NULL LIMIT ?2)";

/// What one transaction took.
pub(super) struct Part {
    /// Whoever keeps their files has to destroy them.
    pub recordings: usize,
    /// It took as much as it may: more may be left.
    pub more: bool,
}

/// Empties numbers, and what was written from them, once nobody can be rung back or reopen anything by them; marks
/// recordings whose last day has come. Of all that at most [`ROWS_AT_ONCE`].
pub(super) fn expire(transaction: &Transaction<'_>, policy: &Policy, by: &By) -> Result<Part, StoreError> {
    let before = by.at - policy.retention.numbers;
    let mut room = ROWS_AT_ONCE;
    for sql in forgetting() {
        room -= transaction.prepare_cached(&sql)?.execute(params![before, limit(room)])?;
    }
    room -= forget_written(transaction, before, by, room)?;
    room -= class_recordings(transaction, policy, by, room)?;
    let recordings = transaction.prepare_cached(OVER)?.execute(params![by.at, limit(room)])?;
    Ok(Part { recordings, more: recordings == room })
}

/// As a statement's LIMIT takes it.
fn limit(room: usize) -> i64 {
    i64::try_from(room).unwrap_or(i64::MAX)
}

/// The books that hold a number, each: table, time of a row, which rows have it still, what is put in its place.
fn forgetting() -> [String; 6] {
    let nobody = ERASED_NUMBER;
    let statement = |table: &str, time: &str, left: &str, set: &str| {
        let found = format!("SELECT id FROM {table} WHERE {time} <= ?1 AND {left} LIMIT ?2");
        format!("UPDATE {table} SET {set} WHERE id IN ({found})")
    };
    [
        statement(
            "call",
            "started_at",
            "ended_at IS NOT NULL AND (number IS NOT NULL OR (direction = 'outgoing' AND dialled <> ''))",
            "number = NULL, dialled = CASE direction WHEN 'outgoing' THEN '' ELSE dialled END",
        ),
        statement("call_attempt", "started_at", "ended_at IS NOT NULL AND target <> ''", "target = ''"),
        statement(
            "callback_request",
            "queued_at",
            &format!("number <> '{nobody}' AND NOT {OWED}"),
            &format!("number = '{nobody}'"),
        ),
        statement(
            "inbound_text",
            "received_at",
            &format!("handled_at IS NOT NULL AND sender <> '{nobody}'"),
            &format!("sender = '{nobody}', body = ''"),
        ),
        statement(
            "outgoing_text",
            "created_at",
            &format!("state <> 'waiting' AND recipient <> '{nobody}'"),
            &format!("recipient = '{nobody}', body = 'erased', parameters = '{{}}'"),
        ),
        statement(
            "station_inbox",
            "ended_at",
            &format!("sender <> '{nobody}'"),
            &format!("sender = '{nobody}', body = ''"),
        ),
    ]
}

/// Takes the words of such lines; a line of its own vouches for them.
fn forget_written(
    connection: &Connection,
    before: Timestamp,
    by: &By,
    room: usize,
) -> Result<usize, StoreError> {
    let from: Option<i64> = connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?1")?
        .query_row([FORGOTTEN_UNTIL], |row| row.get(0))
        .optional()?;
    let found: Vec<(i64, Timestamp)> = connection
        .prepare_cached(WRITTEN)?
        .query_map(params![from.unwrap_or(0), before, limit(room)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut delete = connection.prepare_cached("DELETE FROM event_private WHERE seq = ?1")?;
    for (seq, _) in &found {
        delete.execute([seq])?;
    }
    if let Some((_, last)) = found.last() {
        let events: Vec<i64> = found.iter().map(|(seq, _)| *seq).collect();
        let line = EventDraft {
            at: by.at,
            jurisdiction: by.jurisdiction.clone(),
            actor: by.actor.clone(),
            entity: "desk".into(),
            ticket: None,
            kind: MINIMISED.to_owned(),
            subject: None,
            detail: json!({ "events": events }),
        };
        chain::append(connection, &line)?;
        connection
            .prepare_cached(
                "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![FORGOTTEN_UNTIL, last.as_millis().to_string()])?;
    }
    Ok(found.len())
}

/// Recordings that belong to no ticket get a last day.
fn class_recordings(
    connection: &Connection,
    policy: &Policy,
    by: &By,
    room: usize,
) -> Result<usize, StoreError> {
    let kept = policy.retention.without_ticket;
    let kept_ms = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
    Ok(connection.prepare_cached(&UNCLASSED)?.execute(params![by.at - kept, limit(room), kept_ms])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate::SCHEMA;

    fn plan(connection: &Connection, sql: &str) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().unwrap() {
            plan += &(row.get::<_, String>("detail").unwrap() + "; ");
        }
        plan
    }

    #[test]
    fn what_has_lost_its_number_long_ago_is_not_looked_at_again() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        for sql in forgetting() {
            let table = sql.split(' ').nth(1).unwrap();
            let plan = plan(&connection, &sql);
            assert!(plan.contains(&format!("INDEX {table}_to_forget (")), "{plan}");
        }
        assert!(plan(&connection, WRITTEN).contains("INDEX event_kind (kind=? AND at>? AND at<?)"));
        assert!(plan(&connection, &UNCLASSED).contains("INDEX recording_unclassed (started_at<?)"));
        assert!(plan(&connection, OVER).contains("INDEX recording_kept (kept_until<?)"));
    }
}
