//! Recordings: what is known of each. The sound is a file.

use std::sync::LazyLock;
use std::time::Duration;

use rusqlite::{Connection, Row, params};

use crate::domain::ids::RecordingId;
use crate::domain::recording::Recording;
use crate::store::error::RowError;
use crate::store::sql::upsert;

pub const COLUMNS: &str = "id, jurisdiction, call, ticket, purpose, started_at, length_ms, complete";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("recording", COLUMNS, "id"));

pub fn put(connection: &Connection, recording: &Recording) -> Result<(), RowError> {
    connection.prepare_cached(&PUT)?.execute(params![
        recording.id,
        recording.jurisdiction,
        recording.call,
        recording.ticket,
        recording.purpose,
        recording.started_at,
        recording.length.map(|length| i64::try_from(length.as_millis()).unwrap_or(i64::MAX)),
        recording.complete,
    ])?;
    Ok(())
}

/// Notes that what is kept of it is not the whole.
pub fn cut(connection: &Connection, recording: RecordingId) -> Result<(), RowError> {
    connection.prepare_cached("UPDATE recording SET complete = 0 WHERE id = ?1")?.execute([recording])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<Recording, RowError> {
    let length_ms: Option<i64> = row.get("length_ms")?;
    Ok(Recording {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        call: row.get("call")?,
        ticket: row.get("ticket")?,
        purpose: row.get("purpose")?,
        started_at: row.get("started_at")?,
        length: length_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis),
        complete: row.get("complete")?,
    })
}
