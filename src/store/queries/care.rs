//! The care calls of a day, as a dispatcher reads them.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::register::Within;
use crate::domain::area::AreaCode;
use crate::domain::care::CareCall;
use crate::domain::ids::{PersonId, UserId};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, StoreError};
use crate::store::rows;

/// The kind of event that says whose care calls were read.
pub const READ: &str = "care.read";

/// Most calls of one day that are shown.
const SHOWN: u32 = 500;

/// A call with whom it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct CareFound {
    pub care: CareCall,
    pub name: Option<String>,
    pub area: Option<AreaCode>,
    pub address: Option<String>,
    /// Of the ticket it led to.
    pub ticket: Option<TicketNumber>,
}

/// Whose care calls this login has read since, as the history says.
pub fn read_by(
    connection: &Connection,
    user: UserId,
    since: Timestamp,
) -> Result<BTreeSet<PersonId>, StoreError> {
    let sql = "SELECT DISTINCT who.value FROM event e JOIN event_private b ON b.seq = e.seq \
         JOIN json_each(b.body, '$.people') who WHERE e.kind = ?1 AND e.at >= ?2 AND e.actor_user = ?3";
    let read = connection
        .prepare_cached(sql)?
        .query_map(params![READ, since, user], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(read)
}

/// Calls planned before `until` that are of this day or not over yet, the earliest first, as far as the reader may see.
pub fn of_day(
    connection: &Connection,
    from: Timestamp,
    until: Timestamp,
    within: &Within,
) -> Result<Vec<CareFound>, RowError> {
    let columns: Vec<String> =
        rows::care::COLUMNS.split(',').map(|name| format!("c.{name}", name = name.trim())).collect();
    let sql = format!(
        "SELECT {}, p.name, p.area, p.address, t.number AS spoken FROM care_call c JOIN person p ON p.id = c.person \
         LEFT JOIN ticket t ON t.id = c.ticket \
         WHERE c.planned_at < ?2 AND (c.planned_at >= ?1 OR c.ended_at IS NULL OR c.ended_at >= ?1) \
         AND c.state <> 'dropped' AND ({}) ORDER BY c.planned_at, c.id LIMIT {SHOWN}",
        columns.join(", "),
        within.condition()
    );
    connection
        .prepare_cached(&sql)?
        .query_and_then(params![from, until], |row| {
            Ok(CareFound {
                care: rows::care::read(row)?,
                name: row.get("name")?,
                area: row.get("area")?,
                address: row.get("address")?,
                ticket: row.get("spoken")?,
            })
        })?
        .collect()
}
