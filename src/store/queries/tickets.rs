//! Tickets as the screens want them: those that are open, one by its number, those of a caller.

use rusqlite::{Connection, OptionalExtension, Params};

use crate::domain::ids::{JurisdictionId, PersonId, TicketId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::Ticket;
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::store::error::RowError;
use crate::store::rows::ticket::{COLUMNS, read};

/// Tickets shown at most in a list of past ones.
pub const PAST_SHOWN: u32 = 50;

fn select(connection: &Connection, rest: &str, params: impl Params) -> Result<Vec<Ticket>, RowError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM ticket {rest}"))?
        .query_and_then(params, |row| read(connection, row))?
        .collect()
}

/// All open tickets.
pub fn open(connection: &Connection) -> Result<Vec<Ticket>, RowError> {
    select(connection, "WHERE is_open = 1", [])
}

pub fn by_id(connection: &Connection, id: TicketId) -> Result<Option<Ticket>, RowError> {
    Ok(select(connection, "WHERE id = ?1", [id])?.pop())
}

pub fn by_number(connection: &Connection, number: TicketNumber) -> Result<Option<Ticket>, RowError> {
    Ok(select(connection, "WHERE number = ?1", [number])?.pop())
}

/// Tickets opened from a number or for a person, the latest first.
pub fn of_resident(
    connection: &Connection,
    caller: Option<&PhoneNumber>,
    beneficiary: Option<PersonId>,
) -> Result<Vec<Ticket>, RowError> {
    select(
        connection,
        "WHERE caller = ?1 OR beneficiary = ?2 ORDER BY opened_at DESC LIMIT ?3",
        rusqlite::params![caller, beneficiary, PAST_SHOWN],
    )
}

/// Tickets whose caller's number ends in these digits, the latest first.
pub fn by_last_digits(connection: &Connection, digits: &str) -> Result<Vec<Ticket>, RowError> {
    select(
        connection,
        "WHERE caller LIKE '%' || ?1 ORDER BY opened_at DESC LIMIT ?2",
        rusqlite::params![digits, PAST_SHOWN],
    )
}

/// Tickets in any state, the latest first.
pub fn latest(connection: &Connection, most: u32) -> Result<Vec<Ticket>, RowError> {
    select(connection, "ORDER BY opened_at DESC, number DESC LIMIT ?1", [most])
}

/// Tickets of a jurisdiction that were opened from one moment on and before another, in any state.
pub fn opened_between(
    connection: &Connection,
    jurisdiction: &JurisdictionId,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<Ticket>, RowError> {
    select(
        connection,
        "WHERE opened_at >= ?1 AND opened_at < ?2 AND jurisdiction = ?3 ORDER BY opened_at, id",
        rusqlite::params![from, until, jurisdiction],
    )
}

/// The last tickets closed, the latest first.
pub fn closed(connection: &Connection) -> Result<Vec<Ticket>, RowError> {
    select(connection, "WHERE closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT ?1", [PAST_SHOWN])
}

/// Tickets merged into this one.
pub fn merged_into(connection: &Connection, id: TicketId) -> Result<Vec<TicketNumber>, RowError> {
    connection
        .prepare_cached("SELECT number FROM ticket WHERE merged_into = ?1 ORDER BY number")?
        .query_and_then([id], |row| Ok(row.get(0)?))?
        .collect()
}

/// Tickets of the same matter: the earlier one it is linked to, and later ones linked to it.
pub fn linked(connection: &Connection, ticket: &Ticket) -> Result<Vec<TicketNumber>, RowError> {
    connection
        .prepare_cached("SELECT number FROM ticket WHERE id = ?1 OR linked_to = ?2 ORDER BY number")?
        .query_and_then(rusqlite::params![ticket.linked_to, ticket.id], |row| Ok(row.get(0)?))?
        .collect()
}

/// The number of a ticket.
pub fn number_of(connection: &Connection, id: TicketId) -> Result<Option<TicketNumber>, RowError> {
    let number = connection
        .prepare_cached("SELECT number FROM ticket WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(number)
}
