//! What is going on: living calls, call-backs that are owed, and the event numbers that order changes.

use std::time::Duration;

use rusqlite::{Connection, params};

use crate::domain::call::{Call, CallDirection, CallResult};
use crate::domain::callback::CallbackRequest;
use crate::domain::ids::{CallId, CallbackId, TicketId};
use crate::domain::timestamp::Timestamp;
use crate::store::error::RowError;
use crate::store::rows;

/// Calls of the past shown at most.
pub const PAST_CALLS_SHOWN: u32 = 60;

/// How many calls were answered, and how many of them in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answered {
    pub in_time: u64,
    pub all: u64,
}

/// The number of the last line of history.
pub fn last_event(connection: &Connection) -> Result<i64, RowError> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM event")?
        .query_row([], |row| row.get(0))?)
}

/// The number of a ticket's last line of history; 0 before the first.
pub fn last_event_of(connection: &Connection, ticket: TicketId) -> Result<i64, RowError> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM event WHERE ticket = ?1")?
        .query_row([ticket], |row| row.get(0))?)
}

/// Tickets that changed after an event number; none when more than `limit` did.
pub fn tickets_since(
    connection: &Connection,
    seq: i64,
    limit: u32,
) -> Result<Option<Vec<TicketId>>, RowError> {
    let tickets: Vec<TicketId> = connection
        .prepare_cached(
            "SELECT DISTINCT ticket FROM event WHERE seq > ?1 AND ticket IS NOT NULL LIMIT ?2 + 1",
        )?
        .query_and_then(params![seq, limit], |row| row.get(0).map_err(RowError::from))?
        .collect::<Result<_, _>>()?;
    Ok((tickets.len() <= limit as usize).then_some(tickets))
}

/// Calls that are not over.
pub fn living_calls(connection: &Connection) -> Result<Vec<Call>, RowError> {
    connection
        .prepare_cached(&format!("SELECT {} FROM call WHERE ended_at IS NULL", rows::call::COLUMNS))?
        .query_and_then([], rows::call::read)?
        .collect()
}

/// The last calls that ended, the latest first.
pub fn past_calls(connection: &Connection) -> Result<Vec<Call>, RowError> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM call WHERE ended_at IS NOT NULL ORDER BY started_at DESC LIMIT ?1",
            rows::call::COLUMNS
        ))?
        .query_and_then([PAST_CALLS_SHOWN], rows::call::read)?
        .collect()
}

pub fn call(connection: &Connection, id: CallId) -> Result<Option<Call>, RowError> {
    connection
        .prepare_cached(&format!("SELECT {} FROM call WHERE id = ?1", rows::call::COLUMNS))?
        .query_and_then([id], rows::call::read)?
        .next()
        .transpose()
}

/// Call-backs that are owed.
pub fn open_callbacks(connection: &Connection) -> Result<Vec<CallbackRequest>, RowError> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM callback_request WHERE {}",
            rows::callback::COLUMNS,
            rows::callback::OWED
        ))?
        .query_and_then([], rows::callback::read)?
        .collect()
}

pub fn callback(connection: &Connection, id: CallbackId) -> Result<Option<CallbackRequest>, RowError> {
    connection
        .prepare_cached(&format!("SELECT {} FROM callback_request WHERE id = ?1", rows::callback::COLUMNS))?
        .query_and_then([id], rows::callback::read)?
        .next()
        .transpose()
}

/// Incoming calls answered since a moment, without those that only heard an announcement, and how many of them within `limit` of ringing.
pub fn answered_since(
    connection: &Connection,
    since: Timestamp,
    limit: Duration,
) -> Result<Answered, RowError> {
    let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    let (in_time, all): (i64, i64) = connection
        .prepare_cached(
            "SELECT coalesce(sum(answered_at - started_at <= ?3), 0), count(*) FROM call \
             WHERE started_at >= ?1 AND direction = ?2 AND answered_at IS NOT NULL AND result IS NOT ?4",
        )?
        .query_row(params![since, CallDirection::Incoming, limit_ms, CallResult::Announcement], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(Answered { in_time: in_time.unsigned_abs(), all: all.unsigned_abs() })
}
