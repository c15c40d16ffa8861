//! Everything that hangs on one ticket: work, offers, visits, texts, calls, recordings, history.

use rusqlite::{Connection, Row, ToSql};

use crate::domain::actor::Actor;
use crate::domain::assignment::Assignment;
use crate::domain::call::Call;
use crate::domain::ids::{RecordingId, TicketId};
use crate::domain::message::OutgoingText;
use crate::domain::offer::Offer;
use crate::domain::recording::Recording;
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::domain::work_item::WorkItem;
use crate::store::error::RowError;
use crate::store::rows;

/// Lines of history read at most for one ticket: one that has more shows its last ones.
pub const HISTORY_SHOWN: u32 = 2_000;

/// One line of a ticket's history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryLine {
    pub seq: i64,
    pub at: Timestamp,
    pub actor: Actor,
    /// A stable name, as `offer.accepted`.
    pub kind: String,
    /// What a person may read; none once it was erased.
    pub detail: Option<serde_json::Value>,
}

fn of_ticket<T>(
    connection: &Connection,
    sql: &str,
    ticket: TicketId,
    read: impl Fn(&Row<'_>) -> Result<T, RowError>,
) -> Result<Vec<T>, RowError> {
    connection.prepare_cached(sql)?.query_and_then([ticket], |row| read(row))?.collect()
}

/// The ticket, when it is closed and its time has left it whole.
pub fn closed(connection: &Connection, ticket: TicketId) -> Result<Option<Ticket>, RowError> {
    let sql = format!(
        "SELECT {} FROM ticket WHERE id = ?1 AND state = 'closed' AND erased_at IS NULL",
        rows::ticket::COLUMNS
    );
    Ok(of_ticket(connection, &sql, ticket, |row| rows::ticket::read(connection, row))?.pop())
}

pub fn work(connection: &Connection, ticket: TicketId) -> Result<Vec<WorkItem>, RowError> {
    let sql = format!(
        "SELECT {} FROM work_item WHERE ticket = ?1 ORDER BY created_at, id",
        rows::work_item::COLUMNS
    );
    of_ticket(connection, &sql, ticket, rows::work_item::read)
}

/// Offers, the last wave first and the best ranked of it first.
pub fn offers(connection: &Connection, ticket: TicketId) -> Result<Vec<Offer>, RowError> {
    let sql = format!(
        "SELECT {} FROM offer WHERE ticket = ?1 ORDER BY created_at DESC, rank_score DESC, volunteer",
        rows::offer::COLUMNS
    );
    of_ticket(connection, &sql, ticket, rows::offer::read)
}

pub fn assignments(connection: &Connection, ticket: TicketId) -> Result<Vec<Assignment>, RowError> {
    let sql = format!(
        "SELECT {} FROM assignment WHERE ticket = ?1 ORDER BY accepted_at DESC, id",
        rows::assignment::COLUMNS
    );
    of_ticket(connection, &sql, ticket, rows::assignment::read)
}

pub fn texts(connection: &Connection, ticket: TicketId) -> Result<Vec<OutgoingText>, RowError> {
    let sql = format!(
        "SELECT {} FROM outgoing_text WHERE ticket = ?1 ORDER BY created_at, id",
        rows::text::COLUMNS
    );
    of_ticket(connection, &sql, ticket, rows::text::read)
}

pub fn calls(connection: &Connection, ticket: TicketId) -> Result<Vec<Call>, RowError> {
    let sql =
        format!("SELECT {} FROM call WHERE ticket = ?1 ORDER BY started_at DESC, id", rows::call::COLUMNS);
    of_ticket(connection, &sql, ticket, rows::call::read)
}

/// Recordings that can be heard still.
pub fn recordings(connection: &Connection, ticket: TicketId) -> Result<Vec<Recording>, RowError> {
    let sql = format!(
        "SELECT {} FROM recording WHERE ticket = ?1 AND erased_at IS NULL ORDER BY started_at, id",
        rows::recording::COLUMNS
    );
    of_ticket(connection, &sql, ticket, rows::recording::read)
}

pub fn recording(connection: &Connection, id: RecordingId) -> Result<Option<Recording>, RowError> {
    let sql =
        format!("SELECT {} FROM recording WHERE id = ?1 AND erased_at IS NULL", rows::recording::COLUMNS);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query_and_then([&id as &dyn ToSql], rows::recording::read)?;
    found.next().transpose()
}

/// The ticket's history, the first line first.
pub fn history(connection: &Connection, ticket: TicketId) -> Result<Vec<HistoryLine>, RowError> {
    let sql = format!(
        "SELECT e.seq, e.at, e.actor_kind, e.actor_person, e.actor_user, e.actor_volunteer, e.actor_station, \
         e.kind, p.body FROM event e LEFT JOIN event_private p ON p.seq = e.seq \
         WHERE e.ticket = ?1 ORDER BY e.seq DESC LIMIT {HISTORY_SHOWN}"
    );
    let mut lines = of_ticket(connection, &sql, ticket, line)?;
    lines.reverse();
    Ok(lines)
}

fn line(row: &Row<'_>) -> Result<HistoryLine, RowError> {
    let body: Option<String> = row.get("body")?;
    Ok(HistoryLine {
        seq: row.get("seq")?,
        at: row.get("at")?,
        actor: Actor {
            kind: row.get("actor_kind")?,
            person: row.get("actor_person")?,
            user: row.get("actor_user")?,
            volunteer: row.get("actor_volunteer")?,
            station: row.get("actor_station")?,
        },
        kind: row.get("kind")?,
        // What cannot be read is shown as erased: the line itself still says what happened.
        detail: body.and_then(|body| serde_json::from_str(&body).ok()),
    })
}
