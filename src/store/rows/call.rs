//! Calls and the tries to ring somebody.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::call::{AttemptState, Call, CallAttempt, CallPart, Joins};
use crate::domain::ids::CallId;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Json, upsert};

pub const COLUMNS: &str = "id, jurisdiction, direction, number, trust, dialled, station, language, person, \
     volunteer, operator, joins, part, owed, held, muted, quality, attempt, ticket, recording, started_at, answered_at, emergency_at, talked_at, ended_at, result, \
     disposition";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("call", COLUMNS, "id"));

fn check(call: &Call) -> Result<(), RowError> {
    must_hold(call.ended_at.is_none_or(|end| end >= call.started_at), "call", "ended before it started")
}

pub fn put(connection: &Connection, call: &Call) -> Result<(), RowError> {
    check(call)?;
    connection.prepare_cached(&PUT)?.execute(params![
        call.id,
        call.jurisdiction,
        call.direction,
        call.number,
        call.trust,
        call.dialled,
        call.station,
        call.language,
        call.person,
        call.volunteer,
        call.operator,
        call.joins.map(|joins| joins.to),
        call.joins.map(|joins| joins.part),
        call.owed,
        call.held,
        call.muted,
        call.quality.map(Json),
        call.attempt,
        call.ticket,
        call.recording,
        call.started_at,
        call.answered_at,
        call.emergency_at,
        call.talked_at,
        call.ended_at,
        call.result,
        call.disposition,
    ])?;
    Ok(())
}

fn joins(row: &Row<'_>) -> Result<Option<Joins>, RowError> {
    let (to, part): (Option<CallId>, Option<CallPart>) = (row.get("joins")?, row.get("part")?);
    must_hold(to.is_some() == part.is_some(), "call", "joins a call in no part")?;
    Ok(to.zip(part).map(|(to, part)| Joins { to, part }))
}

pub fn read(row: &Row<'_>) -> Result<Call, RowError> {
    let call = Call {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        direction: row.get("direction")?,
        number: row.get("number")?,
        trust: row.get("trust")?,
        dialled: row.get("dialled")?,
        station: row.get("station")?,
        language: row.get("language")?,
        person: row.get("person")?,
        volunteer: row.get("volunteer")?,
        operator: row.get("operator")?,
        joins: joins(row)?,
        owed: row.get("owed")?,
        held: row.get("held")?,
        muted: row.get("muted")?,
        quality: row.get::<_, Option<Json<_>>>("quality")?.map(|quality| quality.0),
        attempt: row.get("attempt")?,
        ticket: row.get("ticket")?,
        recording: row.get("recording")?,
        started_at: row.get("started_at")?,
        answered_at: row.get("answered_at")?,
        emergency_at: row.get("emergency_at")?,
        talked_at: row.get("talked_at")?,
        ended_at: row.get("ended_at")?,
        result: row.get("result")?,
        disposition: row.get("disposition")?,
    };
    check(&call)?;
    Ok(call)
}

pub const ATTEMPT_COLUMNS: &str =
    "id, jurisdiction, purpose, call, ticket, target, state, started_at, ended_at";

static PUT_ATTEMPT: LazyLock<String> = LazyLock::new(|| upsert("call_attempt", ATTEMPT_COLUMNS, "id"));

fn check_attempt(attempt: &CallAttempt) -> Result<(), RowError> {
    let open = attempt.state == AttemptState::Open;
    must_hold(!open || attempt.ended_at.is_none(), "call_attempt", "open and ended at once")
}

pub fn put_attempt(connection: &Connection, attempt: &CallAttempt) -> Result<(), RowError> {
    check_attempt(attempt)?;
    connection.prepare_cached(&PUT_ATTEMPT)?.execute(params![
        attempt.id,
        attempt.jurisdiction,
        attempt.purpose,
        attempt.call,
        attempt.ticket,
        attempt.target,
        attempt.state,
        attempt.started_at,
        attempt.ended_at,
    ])?;
    Ok(())
}

pub fn read_attempt(row: &Row<'_>) -> Result<CallAttempt, RowError> {
    let attempt = CallAttempt {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        purpose: row.get("purpose")?,
        call: row.get("call")?,
        ticket: row.get("ticket")?,
        target: row.get("target")?,
        state: row.get("state")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
    };
    check_attempt(&attempt)?;
    Ok(attempt)
}
