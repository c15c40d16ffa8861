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

named_enum! {
    /// What became of one part of a text.
    pub enum PartState {
        Sent = "sent",
        Delivered = "delivered",
        Failed = "failed",
    }
}

/// What a receipt told us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartNoted {
    /// No part has such a name, or not yet.
    Unknown,
    /// Noted, or noted before; the text is not decided by it.
    Noted,
    /// All parts are there, or one failed.
    Decided(TextReport),
}

/// What a sender takes in hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// To be sent, in this order: the most urgent ticket's first, then as they were written.
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
             ORDER BY coalesce((SELECT urgency FROM ticket WHERE ticket.id = outgoing_text.ticket), 'P4'), seq \
             LIMIT ?2",
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

/// A receipt for one part to `from`, by the first of its possible names that is known.
pub(super) fn part_reported(
    connection: &Connection,
    names: &[String],
    from: Option<&PhoneNumber>,
    state: PartState,
    reason: Option<String>,
    now: Timestamp,
) -> Result<PartNoted, StoreError> {
    let mut find = connection.prepare_cached(
        "SELECT part.message FROM outgoing_text_part part JOIN outgoing_text text ON text.id = part.message \
         WHERE part.provider_id = ?1 AND (?2 IS NULL OR text.recipient = ?2)",
    )?;
    let mut known = None;
    for name in names {
        let message: Option<MessageId> = find.query_row(params![name, from], |row| row.get(0)).optional()?;
        known = message.map(|message| (name, message));
        if known.is_some() {
            break;
        }
    }
    let Some((name, id)) = known else { return Ok(PartNoted::Unknown) };
    let changed = connection
        .prepare_cached(
            "UPDATE outgoing_text_part SET state = ?2, reported_at = ?3 WHERE provider_id = ?1 AND state = 'sent'",
        )?
        .execute(params![name, state, now])?;
    if changed == 0 {
        return Ok(PartNoted::Noted);
    }
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
    let Some(state) = decided else { return Ok(PartNoted::Noted) };
    let report = TextReport { id, state, at: now, segments, reason };
    rows::text::report(connection, &report)?;
    Ok(PartNoted::Decided(report))
}

pub(super) fn take_in(
    connection: &Connection,
    texts: &[InboundText],
    same_within: Duration,
) -> Result<Vec<Inbound>, StoreError> {
    texts.iter().map(|text| take_in_one(connection, text, same_within)).collect()
}

fn take_in_one(
    connection: &Connection,
    text: &InboundText,
    same_within: Duration,
) -> Result<Inbound, StoreError> {
    let earlier: Option<MessageId> = connection
        .prepare_cached(
            "SELECT id FROM inbound_text WHERE sender = ?1 AND received_at BETWEEN ?2 AND ?3 AND recipient = ?4 \
             AND body = ?5 ORDER BY received_at LIMIT 1",
        )?
        .query_row(
            params![
                text.from,
                text.received_at - same_within,
                text.received_at + same_within,
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
