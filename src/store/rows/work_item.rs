//! Work items: one per handler wanted.

use rusqlite::{Connection, Row, params};

use crate::domain::category::HandlerKind;
use crate::domain::work_item::WorkItem;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::Json;

pub const COLUMNS: &str = "id, ticket, role, kind, state, station, slots, wave, created_at, accepted_at, ended_at, sent_at, facility, clock";

/// The jurisdiction is the ticket's.
const PUT: &str = "INSERT INTO work_item (id, ticket, role, kind, state, station, slots, wave, created_at, \
     accepted_at, ended_at, sent_at, facility, clock, jurisdiction) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, \
     (SELECT jurisdiction FROM ticket WHERE id = ?2)) \
     ON CONFLICT (id) DO UPDATE SET role = excluded.role, kind = excluded.kind, state = excluded.state, \
     station = excluded.station, slots = excluded.slots, wave = excluded.wave, \
     accepted_at = excluded.accepted_at, ended_at = excluded.ended_at, \
     sent_at = excluded.sent_at, facility = excluded.facility, clock = excluded.clock";

fn check(item: &WorkItem) -> Result<(), RowError> {
    must_hold(!item.state.is_live() || item.ended_at.is_none(), "work_item", "live and ended at once")?;
    must_hold(
        item.facility.is_none() || item.kind == HandlerKind::Institution,
        "work_item",
        "an institution's, but of another kind",
    )
}

pub fn put(connection: &Connection, item: &WorkItem) -> Result<(), RowError> {
    check(item)?;
    connection.prepare_cached(PUT)?.execute(params![
        item.id,
        item.ticket,
        item.role,
        item.kind,
        item.state,
        item.station,
        item.slots,
        item.wave,
        item.created_at,
        item.accepted_at,
        item.ended_at,
        item.sent_at,
        item.facility,
        item.clock.as_ref().map(Json),
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<WorkItem, RowError> {
    let item = WorkItem {
        id: row.get("id")?,
        ticket: row.get("ticket")?,
        role: row.get("role")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        station: row.get("station")?,
        slots: row.get("slots")?,
        wave: row.get("wave")?,
        created_at: row.get("created_at")?,
        accepted_at: row.get("accepted_at")?,
        ended_at: row.get("ended_at")?,
        sent_at: row.get("sent_at")?,
        facility: row.get("facility")?,
        clock: row.get::<_, Option<Json<_>>>("clock")?.map(|clock| clock.0),
    };
    check(&item)?;
    Ok(item)
}
