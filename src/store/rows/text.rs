//! Texts, both directions: the outbox and what came in.

use rusqlite::{Connection, Row, params};

use crate::domain::ids::MessageId;
use crate::domain::message::{InboundText, OutgoingText, TextReport, TextState};
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::Json;

pub const COLUMNS: &str = "id, jurisdiction, recipient, template, parameters, body, ticket, offer, survey, \
     created_at, not_before, not_after, quiet_exempt, state";

/// A text in a sender's hand, or gone, is left as it is.
const PUT: &str = "INSERT INTO outgoing_text (id, jurisdiction, recipient, template, parameters, body, ticket, \
     offer, survey, created_at, not_before, not_after, quiet_exempt, state, seq) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, \
     (SELECT coalesce(max(seq), 0) + 1 FROM outgoing_text)) \
     ON CONFLICT (id) DO UPDATE SET not_before = excluded.not_before, not_after = excluded.not_after, \
     quiet_exempt = excluded.quiet_exempt, state = excluded.state \
     WHERE outgoing_text.state = 'waiting' AND outgoing_text.taken_at IS NULL";

fn check(text: &OutgoingText) -> Result<(), RowError> {
    must_hold(!text.body.is_empty(), "outgoing_text", "a text without words")?;
    must_hold(text.not_before <= text.not_after, "outgoing_text", "may not leave before it is too late")
}

pub fn put(connection: &Connection, text: &OutgoingText) -> Result<(), RowError> {
    check(text)?;
    connection.prepare_cached(PUT)?.execute(params![
        text.id,
        text.jurisdiction,
        text.to,
        text.template,
        Json(&text.parameters),
        text.body,
        text.ticket,
        text.offer,
        text.survey,
        text.created_at,
        text.not_before,
        text.not_after,
        text.quiet_exempt,
        text.state,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<OutgoingText, RowError> {
    let parameters: Json<_> = row.get("parameters")?;
    let text = OutgoingText {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        to: row.get("recipient")?,
        template: row.get("template")?,
        parameters: parameters.0,
        body: row.get("body")?,
        ticket: row.get("ticket")?,
        offer: row.get("offer")?,
        survey: row.get("survey")?,
        created_at: row.get("created_at")?,
        not_before: row.get("not_before")?,
        not_after: row.get("not_after")?,
        quiet_exempt: row.get("quiet_exempt")?,
        state: row.get("state")?,
    };
    check(&text)?;
    Ok(text)
}

/// Takes back a text that no sender has in hand.
pub fn cancel(connection: &Connection, id: MessageId) -> Result<(), RowError> {
    connection
        .prepare_cached(
            "UPDATE outgoing_text SET state = 'cancelled' \
             WHERE id = ?1 AND state = 'waiting' AND taken_at IS NULL",
        )?
        .execute([id])?;
    Ok(())
}

/// Notes what the centre said; a text that arrived or failed stays so.
pub fn report(connection: &Connection, report: &TextReport) -> Result<(), RowError> {
    let later = match report.state {
        TextState::Waiting => return Ok(()),
        TextState::Sent => "state = 'waiting'",
        TextState::Delivered | TextState::Failed | TextState::Cancelled | TextState::Expired => {
            "state IN ('waiting', 'sent')"
        }
    };
    connection
        .prepare_cached(&format!(
            "UPDATE outgoing_text SET state = ?2, reported_at = ?3, segments = max(segments, ?4), reason = ?5 \
             WHERE id = ?1 AND {later}"
        ))?
        .execute(params![report.id, report.state, report.at, report.segments, report.reason])?;
    Ok(())
}

pub const INBOUND_COLUMNS: &str = "id, sender, recipient, body, received_at";

pub fn put_inbound(connection: &Connection, text: &InboundText) -> Result<(), RowError> {
    connection
        .prepare_cached(
            "INSERT INTO inbound_text (id, sender, recipient, body, received_at) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![text.id, text.from, text.to, text.body, text.received_at])?;
    Ok(())
}

/// The desk is done with it.
pub fn handled(connection: &Connection, text: &InboundText, now: Timestamp) -> Result<(), RowError> {
    put_inbound(connection, text)?;
    connection
        .prepare_cached("UPDATE inbound_text SET handled_at = ?2 WHERE id = ?1 AND handled_at IS NULL")?
        .execute(params![text.id, now])?;
    Ok(())
}

pub fn read_inbound(row: &Row<'_>) -> Result<InboundText, RowError> {
    Ok(InboundText {
        id: row.get("id")?,
        from: row.get("sender")?,
        to: row.get("recipient")?,
        body: row.get("body")?,
        received_at: row.get("received_at")?,
    })
}
