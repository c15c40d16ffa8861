//! Assignments: a helper bound to a piece of work.

use rusqlite::{Connection, Row, params};

use crate::domain::assignment::{Assignment, HelperCall, Ring};
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};

pub const COLUMNS: &str = "id, ticket, work_item, volunteer, person, station, offer, kind, state, visit_code, \
     window_from, window_until, accepted_at, asked_at, checked_in_at, ended_at, minutes, confirmed_at, well_at, ring_why, \
     ring_at, ring_tries, missed_at";

/// The jurisdiction is the ticket's.
const PUT: &str = "INSERT INTO assignment (id, ticket, work_item, volunteer, person, station, offer, kind, state, \
     visit_code, window_from, window_until, accepted_at, asked_at, checked_in_at, ended_at, minutes, confirmed_at, \
     well_at, ring_why, ring_at, ring_tries, missed_at, jurisdiction) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
     ?18, ?19, ?20, ?21, ?22, ?23, \
     (SELECT jurisdiction FROM ticket WHERE id = ?2)) \
     ON CONFLICT (id) DO UPDATE SET person = excluded.person, station = excluded.station, kind = excluded.kind, \
     state = excluded.state, visit_code = excluded.visit_code, window_from = excluded.window_from, \
     window_until = excluded.window_until, accepted_at = excluded.accepted_at, asked_at = excluded.asked_at, \
     checked_in_at = excluded.checked_in_at, ended_at = excluded.ended_at, minutes = excluded.minutes, \
     confirmed_at = excluded.confirmed_at, well_at = excluded.well_at, ring_why = excluded.ring_why, \
     ring_at = excluded.ring_at, ring_tries = excluded.ring_tries, \
     missed_at = excluded.missed_at";

fn check(assignment: &Assignment) -> Result<(), RowError> {
    let live = assignment.state.is_live();
    must_hold(assignment.visit_code.0 <= 9_999, "assignment", "a visit code has four digits")?;
    must_hold(
        assignment.window.from <= assignment.window.until,
        "assignment",
        "the window ends before it begins",
    )?;
    must_hold(!live || assignment.ended_at.is_none(), "assignment", "live and ended at once")
}

pub fn put(connection: &Connection, assignment: &Assignment) -> Result<(), RowError> {
    check(assignment)?;
    connection.prepare_cached(PUT)?.execute(params![
        assignment.id,
        assignment.ticket,
        assignment.work_item,
        assignment.volunteer,
        assignment.person,
        assignment.station,
        assignment.offer,
        assignment.kind,
        assignment.state,
        assignment.visit_code,
        assignment.window.from,
        assignment.window.until,
        assignment.accepted_at,
        assignment.asked_at,
        assignment.checked_in_at,
        assignment.ended_at,
        assignment.minutes,
        assignment.confirmed_at,
        assignment.well_at,
        assignment.ring.map(|ring| ring.why),
        assignment.ring.map(|ring| ring.at),
        assignment.ring.map_or(0, |ring| ring.tries),
        assignment.missed_at,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<Assignment, RowError> {
    let assignment = Assignment {
        id: row.get("id")?,
        ticket: row.get("ticket")?,
        work_item: row.get("work_item")?,
        volunteer: row.get("volunteer")?,
        person: row.get("person")?,
        station: row.get("station")?,
        offer: row.get("offer")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        visit_code: row.get("visit_code")?,
        window: Window { from: row.get("window_from")?, until: row.get("window_until")? },
        accepted_at: row.get("accepted_at")?,
        asked_at: row.get("asked_at")?,
        checked_in_at: row.get("checked_in_at")?,
        ended_at: row.get("ended_at")?,
        minutes: row.get("minutes")?,
        confirmed_at: row.get("confirmed_at")?,
        well_at: row.get("well_at")?,
        missed_at: row.get("missed_at")?,
        ring: ring(row)?,
    };
    check(&assignment)?;
    Ok(assignment)
}

/// The call that is owed to a helper, by an assignment's or an offer's columns.
pub(super) fn ring(row: &Row<'_>) -> rusqlite::Result<Option<Ring>> {
    let why: Option<HelperCall> = row.get("ring_why")?;
    let at: Option<Timestamp> = row.get("ring_at")?;
    let tries = row.get("ring_tries")?;
    Ok(why.zip(at).map(|(why, at)| Ring { why, at, tries }))
}
