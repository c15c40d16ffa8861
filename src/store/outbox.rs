//! Texts on their way out and texts that came in.
//!
//! A text is in one of three places: waiting, in a sender's hand (`taken_at`), or gone. Until the centre has
//! accepted it, it may be handed out again after a crash: it leaves at least once, and never after it was cancelled.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::rows;
use crate::domain::ids::MessageId;
use crate::domain::message::{InboundText, OutgoingText, TextReport, TextState};
use crate::domain::names::named_enum;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;

/// The same source, destination and words within this time are one text (DOMAIN §5).
const SAME_TEXT_WITHIN: Duration = Duration::from_secs(120);

named_enum! {
    /// What became of one part of a text.
    pub enum PartState {
        Sent = "sent",
        Delivered = "delivered",
        Failed = "failed",
    }
}

/// What a sender takes in hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// To be sent, in this order.
    pub texts: Vec<OutgoingText>,
    /// Too late to be sent: they are `expired` from this moment, and the desk wants to know.
    pub expired: Vec<MessageId>,
}

/// Whether an inbound text was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inbound {
    New,
    /// A copy of this one, which came within two minutes: not to be handled again.
    Copy(MessageId),
}

pub(super) fn take(connection: &Connection, limit: u32, now: Timestamp) -> Result<Taken, StoreError> {
    let expired = connection
        .prepare_cached(
            "UPDATE outgoing_text SET state = 'expired', reported_at = ?1 \
             WHERE state = 'waiting' AND taken_at IS NULL AND not_after < ?1 RETURNING id",
        )?
        .query_map([now], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut texts = Vec::new();
    {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {} FROM outgoing_text WHERE state = 'waiting' AND taken_at IS NULL AND not_before <= ?1 \
             ORDER BY seq LIMIT ?2",
            rows::text::COLUMNS
        ))?;
        let mut found = statement.query(params![now, limit])?;
        while let Some(row) = found.next()? {
            texts.push(rows::text::read(row)?);
        }
    }
    let mut take = connection.prepare_cached("UPDATE outgoing_text SET taken_at = ?2 WHERE id = ?1")?;
    for text in &texts {
        take.execute(params![text.id, now])?;
    }
    Ok(Taken { texts, expired })
}

/// When the next waiting text may leave; none when nothing waits.
pub(super) fn next_at(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let next = connection
        .prepare_cached(
            "SELECT min(not_before) FROM outgoing_text WHERE state = 'waiting' AND taken_at IS NULL",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(next)
}

/// The sender could not hand these over: they wait again, in their old place.
pub(super) fn give_back(connection: &Connection, ids: &[MessageId]) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("UPDATE outgoing_text SET taken_at = NULL WHERE id = ?1 AND state = 'waiting'")?;
    for id in ids {
        statement.execute([id])?;
    }
    Ok(())
}

/// Texts that may not leave yet wait again, until a later moment.
pub(super) fn postpone(
    connection: &Connection,
    id: MessageId,
    not_before: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE outgoing_text SET taken_at = NULL, not_before = max(not_before, ?2) \
             WHERE id = ?1 AND state = 'waiting'",
        )?
        .execute(params![id, not_before])?;
    Ok(())
}

/// The text whose part has this name, when it went to `to`.
pub(super) fn text_of_part(
    connection: &Connection,
    provider_id: &str,
    to: Option<&PhoneNumber>,
) -> Result<Option<MessageId>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT p.message FROM outgoing_text_part p JOIN outgoing_text t ON t.id = p.message \
             WHERE p.provider_id = ?1 AND (?2 IS NULL OR t.recipient = ?2)",
        )?
        .query_row(params![provider_id, to], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// The states of a text's parts, in order.
pub(super) fn part_states(connection: &Connection, id: MessageId) -> Result<Vec<PartState>, StoreError> {
    let states = connection
        .prepare_cached("SELECT state FROM outgoing_text_part WHERE message = ?1 ORDER BY part")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(states)
}

/// After a start nobody has anything in hand.
pub(super) fn give_back_all(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE outgoing_text SET taken_at = NULL WHERE state = 'waiting' AND taken_at IS NOT NULL",
        [],
    )?;
    Ok(())
}

/// The centre accepted every part; `provider_ids` are what it calls them, in order.
pub(super) fn left(
    connection: &Connection,
    id: MessageId,
    provider_ids: &[String],
    now: Timestamp,
) -> Result<TextReport, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO outgoing_text_part (provider_id, message, part, state, sent_at) VALUES (?1, ?2, ?3, 'sent', ?4) \
         ON CONFLICT (provider_id) DO UPDATE SET message = excluded.message, part = excluded.part, \
         state = excluded.state, sent_at = excluded.sent_at, reported_at = NULL",
    )?;
    connection.prepare_cached("DELETE FROM outgoing_text_part WHERE message = ?1")?.execute([id])?;
    for (part, provider_id) in (0_i64..).zip(provider_ids) {
        statement.execute(params![provider_id, id, part, now])?;
    }
    let segments = u8::try_from(provider_ids.len()).unwrap_or(u8::MAX);
    let report = TextReport { id, state: TextState::Sent, at: now, segments, reason: None };
    rows::text::report(connection, &report)?;
    Ok(report)
}

/// A receipt for one part. Answers a report when it decides the whole text: all parts there, or one failed.
pub(super) fn part_reported(
    connection: &Connection,
    provider_id: &str,
    state: PartState,
    reason: Option<String>,
    now: Timestamp,
) -> Result<Option<TextReport>, StoreError> {
    let message: Option<MessageId> = connection
        .prepare_cached(
            "UPDATE outgoing_text_part SET state = ?2, reported_at = ?3 WHERE provider_id = ?1 AND state = 'sent' \
             RETURNING message",
        )?
        .query_row(params![provider_id, state, now], |row| row.get(0))
        .optional()?;
    let Some(id) = message else { return Ok(None) };
    let (segments, delivered): (u8, u8) = connection
        .prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE state = 'delivered') FROM outgoing_text_part WHERE message = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let decided = match state {
        PartState::Sent => None,
        PartState::Failed => Some(TextState::Failed),
        PartState::Delivered => (segments == delivered).then_some(TextState::Delivered),
    };
    let report = decided.map(|state| TextReport { id, state, at: now, segments, reason });
    if let Some(report) = &report {
        rows::text::report(connection, report)?;
    }
    Ok(report)
}

pub(super) fn take_in(connection: &Connection, texts: &[InboundText]) -> Result<Vec<Inbound>, StoreError> {
    texts.iter().map(|text| take_in_one(connection, text)).collect()
}

fn take_in_one(connection: &Connection, text: &InboundText) -> Result<Inbound, StoreError> {
    let earlier: Option<MessageId> = connection
        .prepare_cached(
            "SELECT id FROM inbound_text WHERE sender = ?1 AND received_at BETWEEN ?2 AND ?3 AND recipient = ?4 \
             AND body = ?5 ORDER BY received_at LIMIT 1",
        )?
        .query_row(
            params![
                text.from,
                text.received_at - SAME_TEXT_WITHIN,
                text.received_at + SAME_TEXT_WITHIN,
                text.to,
                text.body
            ],
            |row| row.get(0),
        )
        .optional()?;
    match earlier {
        Some(id) => {
            connection
                .prepare_cached("UPDATE inbound_text SET repeats = repeats + 1 WHERE id = ?1")?
                .execute([id])?;
            Ok(Inbound::Copy(id))
        }
        None => {
            rows::text::put_inbound(connection, text)?;
            Ok(Inbound::New)
        }
    }
}
