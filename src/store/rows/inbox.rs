//! Texts that wait for a person of a station.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::inbox::{InboxState, InboxText};
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Json, upsert};

pub const COLUMNS: &str = "id, jurisdiction, station, sender, person, body, received_at, due, triage, line_said, \
     state, answer, ticket, ended_at";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("station_inbox", COLUMNS, "id"));

fn check(text: &InboxText) -> Result<(), RowError> {
    let waits = text.state == InboxState::Waiting;
    must_hold(waits == text.ended_at.is_none(), "station_inbox", "waits and has ended at once, or neither")?;
    must_hold(
        (text.state == InboxState::Answered) <= text.answer.is_some(),
        "station_inbox",
        "answered by nothing",
    )?;
    must_hold(
        (text.state == InboxState::Ticket) <= text.ticket.is_some(),
        "station_inbox",
        "became no ticket",
    )
}

pub fn put(connection: &Connection, text: &InboxText) -> Result<(), RowError> {
    check(text)?;
    connection.prepare_cached(&PUT)?.execute(params![
        text.id,
        text.jurisdiction,
        text.station,
        text.from,
        text.person,
        text.body,
        text.received_at,
        text.due,
        text.triage.map(Json),
        text.line_said,
        text.state,
        text.answer,
        text.ticket,
        text.ended_at,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<InboxText, RowError> {
    let text = InboxText {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        station: row.get("station")?,
        from: row.get("sender")?,
        person: row.get("person")?,
        body: row.get("body")?,
        received_at: row.get("received_at")?,
        due: row.get("due")?,
        triage: row.get::<_, Option<Json<_>>>("triage")?.map(|triage| triage.0),
        line_said: row.get("line_said")?,
        state: row.get("state")?,
        answer: row.get("answer")?,
        ticket: row.get("ticket")?,
        ended_at: row.get("ended_at")?,
    };
    check(&text)?;
    Ok(text)
}
