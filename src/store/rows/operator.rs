//! What operators are doing, and callers who wait for one.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::call::Disposition;
use crate::domain::ids::CallId;
use crate::domain::operator::OperatorStanding;
use crate::domain::queue::{QueueEntry, QueueState};
use crate::store::error::{RowError, must_hold};
use crate::store::sql::upsert;

pub const COLUMNS: &str = "user, jurisdiction, state, since, away, call, idle_since";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("operator_standing", COLUMNS, "user"));

pub fn put(connection: &Connection, standing: &OperatorStanding) -> Result<(), RowError> {
    connection.prepare_cached(&PUT)?.execute(params![
        standing.user,
        standing.jurisdiction,
        standing.state,
        standing.since,
        standing.away,
        standing.call,
        standing.idle_since,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<OperatorStanding, RowError> {
    Ok(OperatorStanding {
        user: row.get("user")?,
        jurisdiction: row.get("jurisdiction")?,
        state: row.get("state")?,
        since: row.get("since")?,
        away: row.get("away")?,
        call: row.get("call")?,
        idle_since: row.get("idle_since")?,
    })
}

pub const QUEUE_COLUMNS: &str = "call, jurisdiction, station, language, urgent, state, queued_at, wished_at, said_place, ended_at, operator";

static PUT_QUEUE: LazyLock<String> = LazyLock::new(|| upsert("queue_entry", QUEUE_COLUMNS, "call"));

fn check(entry: &QueueEntry) -> Result<(), RowError> {
    let waits = entry.state == QueueState::Waiting;
    must_hold(waits == entry.ended_at.is_none(), "queue_entry", "waits and is over at once")
}

pub fn put_queue(connection: &Connection, entry: &QueueEntry) -> Result<(), RowError> {
    check(entry)?;
    connection.prepare_cached(&PUT_QUEUE)?.execute(params![
        entry.call,
        entry.jurisdiction,
        entry.station,
        entry.language,
        entry.urgent,
        entry.state,
        entry.queued_at,
        entry.wished_at,
        entry.said_place,
        entry.ended_at,
        entry.operator,
    ])?;
    Ok(())
}

pub fn read_queue(row: &Row<'_>) -> Result<QueueEntry, RowError> {
    let entry = QueueEntry {
        call: row.get("call")?,
        jurisdiction: row.get("jurisdiction")?,
        station: row.get("station")?,
        language: row.get("language")?,
        urgent: row.get("urgent")?,
        state: row.get("state")?,
        queued_at: row.get("queued_at")?,
        wished_at: row.get("wished_at")?,
        said_place: row.get("said_place")?,
        ended_at: row.get("ended_at")?,
        operator: row.get("operator")?,
    };
    check(&entry)?;
    Ok(entry)
}

/// What a call came to, said when it was over.
pub fn dispose(connection: &Connection, call: CallId, disposition: Disposition) -> Result<(), RowError> {
    connection
        .prepare_cached("UPDATE call SET disposition = ?2 WHERE id = ?1")?
        .execute(params![call, disposition])?;
    Ok(())
}
