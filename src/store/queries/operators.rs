//! Operators with what they are doing and whom they have on the line; who waits; the queue's figures.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, Row, params};

use super::{live, register};
use crate::domain::assignment::AssignmentState;
use crate::domain::call::{Call, CallDirection, CallResult};
use crate::domain::callback::CallbackRequest;
use crate::domain::ids::{CallId, TicketId, UserId, VolunteerId};
use crate::domain::operator::{OperatorRecord, OperatorStanding};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::{QueueEntry, QueueState};
use crate::domain::timestamp::Timestamp;
use crate::store::error::RowError;
use crate::store::{phones, rows};

const HOUR_MS: i64 = 3_600_000;
/// The worst day is looked for among those that ended within so many hours.
const DAYS_ENDED_WITHIN_HOURS: i64 = 7 * 24;
const DAY_HOURS: i64 = 24;

/// An operator at their telephone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub record: OperatorRecord,
    /// The login's.
    pub name: String,
    /// None before they first said anything.
    pub standing: Option<OperatorStanding>,
    pub caller: Option<Caller>,
    /// The call-back their telephone rings for, or they ring back for.
    pub owed: Option<CallbackRequest>,
}

/// Whom an operator is rung for, talks with or writes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub call: Call,
    /// Names of those the number stands for; an erased one has none.
    pub names: Vec<String>,
    /// Every telephone that has a part in the talk: the operator's own, whoever was brought in, a supervisor's.
    pub legs: Vec<Call>,
    /// Volunteers at work for the caller, by whom they may be brought in.
    pub helpers: Vec<AtWork>,
}

/// A volunteer who is at work for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtWork {
    pub volunteer: VolunteerId,
    pub name: Option<String>,
    pub number: PhoneNumber,
    pub ticket: TicketId,
}

/// Every operator there is.
pub fn seats(connection: &Connection) -> Result<BTreeMap<UserId, Seat>, RowError> {
    let records = phones::operators(connection)?.into_iter().filter(OperatorRecord::is_rung);
    records.map(|record| Ok((record.user, seat(connection, record)?))).collect()
}

/// One operator; none for who has no telephone, or is no operator.
pub fn seat_of(connection: &Connection, user: UserId) -> Result<Option<Seat>, RowError> {
    let record = phones::operator(connection, user)?.filter(OperatorRecord::is_rung);
    record.map(|record| seat(connection, record)).transpose()
}

fn seat(connection: &Connection, record: OperatorRecord) -> Result<Seat, RowError> {
    let name = connection
        .prepare_cached("SELECT name FROM app_user WHERE id = ?1")?
        .query_row([record.user], |row| row.get(0))?;
    let standing = standing(connection, record.user)?;
    let about = standing.as_ref().and_then(|standing| standing.call);
    let call = about.map(|call| live::call(connection, call)).transpose()?.flatten();
    let owed = call.as_ref().and_then(|call| call.owed);
    let owed = owed.map(|id| live::callback(connection, id)).transpose()?.flatten();
    let caller = call.map(|call| caller(connection, call)).transpose()?;
    Ok(Seat { record, name, standing, caller, owed })
}

fn standing(connection: &Connection, user: UserId) -> Result<Option<OperatorStanding>, RowError> {
    let columns = rows::operator::COLUMNS;
    connection
        .prepare_cached(&format!("SELECT {columns} FROM operator_standing WHERE user = ?1"))?
        .query_and_then([user], rows::operator::read)?
        .next()
        .transpose()
}

fn caller(connection: &Connection, call: Call) -> Result<Caller, RowError> {
    let people = call.number.as_ref().map(|number| register::people_of(connection, number)).transpose()?;
    let names = people.unwrap_or_default().into_iter().filter_map(|person| person.name).collect();
    let (legs, helpers) = if call.ended_at.is_none() {
        (legs(connection, call.id)?, helpers(connection, &call)?)
    } else {
        (vec![], vec![])
    };
    Ok(Caller { call, names, legs, helpers })
}

/// The telephones that have a part in a call, the first first.
fn legs(connection: &Connection, to: CallId) -> Result<Vec<Call>, RowError> {
    let columns = rows::call::COLUMNS;
    connection
        .prepare_cached(&format!(
            "SELECT {columns} FROM call WHERE joins = ?1 AND ended_at IS NULL ORDER BY started_at, id"
        ))?
        .query_and_then([to], rows::call::read)?
        .collect()
}

/// Volunteers who are at work for whoever rings, or at what they opened.
fn helpers(connection: &Connection, call: &Call) -> Result<Vec<AtWork>, RowError> {
    let Some(number) = &call.number else { return Ok(vec![]) };
    let mut found: Vec<AtWork> = connection
        .prepare_cached(
            "SELECT volunteer.id, person.name, volunteer.phone, ticket.id, assignment.state FROM ticket \
             JOIN assignment ON assignment.ticket = ticket.id \
             JOIN volunteer ON volunteer.id = assignment.volunteer \
             JOIN person ON person.id = volunteer.person \
             WHERE ticket.caller = ?1 ORDER BY assignment.accepted_at DESC",
        )?
        .query_and_then([number], |row| -> Result<_, RowError> {
            let state: AssignmentState = row.get(4)?;
            let helper = AtWork {
                volunteer: row.get(0)?,
                name: row.get(1)?,
                number: row.get(2)?,
                ticket: row.get(3)?,
            };
            Ok(state.is_live().then_some(helper))
        })?
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    found.dedup_by_key(|helper| helper.volunteer);
    Ok(found)
}

/// Who waits on the line, in the order in which they are served.
pub fn waiting(connection: &Connection) -> Result<Vec<QueueEntry>, RowError> {
    let columns = rows::operator::QUEUE_COLUMNS;
    let mut found: Vec<QueueEntry> = connection
        .prepare_cached(&format!(
            "SELECT {columns} FROM queue_entry WHERE ended_at IS NULL ORDER BY queued_at"
        ))?
        .query_and_then([], rows::operator::read_queue)?
        .collect::<Result<_, _>>()?;
    found.sort_by_key(QueueEntry::turn);
    Ok(found)
}

/// Of those who wanted a person and whose wait ended since a moment; an emergency is nobody's wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    pub all: u64,
    pub in_time: u64,
    pub abandoned: u64,
    pub longest: Duration,
}

pub fn waits_since(connection: &Connection, since: Timestamp, limit: Duration) -> Result<Waits, RowError> {
    let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    let read = |row: &Row<'_>| {
        let longest_ms: i64 = row.get(3)?;
        Ok(Waits {
            all: row.get::<_, i64>(0)?.unsigned_abs(),
            in_time: row.get::<_, i64>(1)?.unsigned_abs(),
            abandoned: row.get::<_, i64>(2)?.unsigned_abs(),
            longest: Duration::from_millis(longest_ms.max(0).unsigned_abs()),
        })
    };
    Ok(connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(state = ?2 AND ended_at - wished_at <= ?3), 0), \
             coalesce(sum(state = ?4), 0), coalesce(max(ended_at - wished_at), 0) FROM queue_entry \
             WHERE ended_at IS NOT NULL AND ended_at >= ?1 AND state <> ?5",
        )?
        .query_row(
            params![since, QueueState::Answered, limit_ms, QueueState::Abandoned, QueueState::Emergency],
            read,
        )?)
}

/// Incoming calls of one day, and how many of them were connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connected {
    pub connected: u64,
    pub all: u64,
}

/// The worst 24 hours of those that ended within the last seven days, hour by hour; none without calls.
///
/// Short calls and those for an announcement are counted apart, and who is still ringing is not counted yet.
pub fn worst_day(connection: &Connection, now: Timestamp) -> Result<Option<Connected>, RowError> {
    let first = now.as_millis().div_euclid(HOUR_MS) - DAYS_ENDED_WITHIN_HOURS;
    let since = Timestamp::from_millis((first - DAY_HOURS + 1) * HOUR_MS);
    let found = connection
        .prepare_cached(
            "WITH RECURSIVE ends (hour) AS (SELECT ?4 UNION ALL SELECT hour + 1 FROM ends WHERE hour < ?4 + ?6), \
             hours AS (SELECT started_at / ?5 AS hour, count(*) AS calls, \
               sum(answered_at IS NOT NULL) AS connected FROM call \
               WHERE started_at >= ?1 AND direction = ?2 AND (result IS NULL OR result NOT IN (?3, ?8)) \
               AND (answered_at IS NOT NULL OR ended_at IS NOT NULL) GROUP BY 1) \
             SELECT sum(connected), sum(calls) FROM ends \
             JOIN hours ON hours.hour BETWEEN ends.hour - ?7 + 1 AND ends.hour GROUP BY ends.hour \
             ORDER BY sum(connected) * 1.0 / sum(calls), sum(calls) DESC LIMIT 1",
        )?
        .query_and_then(
            params![
                since,
                CallDirection::Incoming,
                CallResult::Short,
                first,
                HOUR_MS,
                DAYS_ENDED_WITHIN_HOURS,
                DAY_HOURS,
                CallResult::Announcement
            ],
            |row| -> Result<Connected, RowError> {
                let (connected, all): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok(Connected { connected: connected.unsigned_abs(), all: all.unsigned_abs() })
            },
        )?
        .next()
        .transpose()?;
    Ok(found)
}
