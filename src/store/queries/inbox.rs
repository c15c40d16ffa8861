//! Texts that wait in stations' inboxes, and those a person has dealt with.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::ids::{MessageId, UserId};
use crate::domain::inbox::InboxText;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::store::error::RowError;
use crate::store::rows;

/// Texts that were dealt with shown at most.
const ENDED_SHOWN: u32 = 60;
/// Earlier texts of one number shown at most.
const EARLIER_SHOWN: u32 = 10;

/// The line of history that says who read a text.
pub const READ: &str = "inbox.read";

/// Who dealt with a text, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealtWith {
    pub by: String,
    pub at: Timestamp,
}

fn select(
    connection: &Connection,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<InboxText>, RowError> {
    connection
        .prepare_cached(&format!("SELECT {} FROM station_inbox WHERE {which}", rows::inbox::COLUMNS))?
        .query_and_then(values, rows::inbox::read)?
        .collect()
}

/// Texts nobody has dealt with.
pub fn waiting(connection: &Connection) -> Result<Vec<InboxText>, RowError> {
    select(connection, "state = 'waiting'", &[])
}

/// Those dealt with last, the latest first.
pub fn ended(connection: &Connection) -> Result<Vec<InboxText>, RowError> {
    select(
        connection,
        &format!("ended_at IS NOT NULL AND body <> '' ORDER BY ended_at DESC LIMIT {ENDED_SHOWN}"),
        &[],
    )
}

pub fn text(connection: &Connection, id: MessageId) -> Result<Option<InboxText>, RowError> {
    Ok(select(connection, "id = ?1", &[&id])?.pop())
}

/// What else this number wrote that the line did not understand, the latest first.
pub fn earlier(
    connection: &Connection,
    from: &PhoneNumber,
    but: MessageId,
) -> Result<Vec<InboxText>, RowError> {
    let which = format!("sender = ?1 AND id <> ?2 ORDER BY received_at DESC LIMIT {EARLIER_SHOWN}");
    select(connection, &which, &[from, &but])
}

/// The words of a text that went out.
pub fn words_of(connection: &Connection, text: MessageId) -> Result<Option<String>, RowError> {
    Ok(connection
        .prepare_cached("SELECT body FROM outgoing_text WHERE id = ?1")?
        .query_row([text], |row| row.get(0))
        .optional()?)
}

/// Who dealt with a text; none while it waits, or when the desk did.
pub fn dealt_with(connection: &Connection, text: MessageId) -> Result<Option<DealtWith>, RowError> {
    Ok(connection
        .prepare_cached(
            "SELECT u.name, e.at FROM event e JOIN app_user u ON u.id = e.actor_user \
             WHERE e.entity = ?1 AND e.kind IN ('inbox.answered', 'inbox.ticket', 'inbox.done') \
             ORDER BY e.seq DESC LIMIT 1",
        )?
        .query_row([format!("text:{text}")], |row| Ok(DealtWith { by: row.get(0)?, at: row.get(1)? }))
        .optional()?)
}

/// Whether the history says that this login has read the text.
pub fn was_read_by(connection: &Connection, text: MessageId, user: UserId) -> Result<bool, RowError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM event WHERE entity = ?1 AND kind = ?2 AND actor_user = ?3)",
        )?
        .query_row(params![format!("text:{text}"), READ, user], |row| row.get(0))?)
}
