//! Tickets, with their clocks and those who handled them.

use crate::domain::actor::Doer;
use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::clocks::{Clock, Pause};
use crate::domain::ids::{StationId, TicketId};
use crate::domain::ticket::{
    Alarm, DESCRIPTION_CHARS, Progress, Referral, Ticket, VoidProposal, VoidReason, Window,
};
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Json, point, upsert, upsert_keeping};

/// All columns but `erased_at`, which only erasing sets.
pub const COLUMNS: &str = "id, number, jurisdiction, channel, call, caller, caller_trust, beneficiary, language, category, \
     urgency, tier, owner, first_receiver, area, address, latitude_e7, longitude_e7, place_basis, for_other, description, \
     recording, state, former_state, version, confidentiality, window_from, window_until, survey_consent, two_person, closure, referral, \
     redo_count, reopen_count, return_count, repeat_count, merged_into, linked_to, supervision, police_report, risk, guardian, gender_wish, \
     catalogue_version, rung, alarm_rung, alarm_next_at, alarm_for_life, tell_who_comes_at, resume_at, void_proposed, void_proposed_by, out_of_scope_by, ladder_rests_until, staff_by, time_agreed_at, accepts_missed, triage, told, objections, supervision_due, station_calls, opened_at, \
     handled_at, closed_at, why, is_open";

/// What erasing empties, and what no later write may fill again.
pub const ERASABLE: &[&str] = &[
    "caller",
    "address",
    "latitude_e7",
    "longitude_e7",
    "description",
    "police_report",
    "referral",
    "recording",
    "risk",
    "guardian",
];

static PUT: LazyLock<String> = LazyLock::new(|| upsert_keeping("ticket", COLUMNS, "id", ERASABLE));

const CLOCK_COLUMNS: &str = "ticket, position, kind, calendar, started, pauses, stopped, due, breached_at";

static PUT_CLOCK: LazyLock<String> =
    LazyLock::new(|| upsert("ticket_clock", CLOCK_COLUMNS, "ticket, position"));

fn check(ticket: &Ticket) -> Result<(), RowError> {
    must_hold(
        ticket.description.chars().count() <= DESCRIPTION_CHARS,
        "ticket",
        "the description is too long",
    )?;
    must_hold(ticket.supervision <= 3, "ticket", "supervision has levels 0 to 3")?;
    must_hold(!ticket.state.is_open() || ticket.closed_at.is_none(), "ticket", "open and closed at once")?;
    must_hold(ticket.window.is_none_or(|w| w.from <= w.until), "ticket", "the window ends before it begins")?;
    must_hold(ticket.merged_into != Some(ticket.id), "ticket", "merged into itself")?;
    must_hold(ticket.linked_to != Some(ticket.id), "ticket", "linked to itself")
}

pub fn put(connection: &Connection, ticket: &Ticket) -> Result<(), RowError> {
    check(ticket)?;
    put_row(connection, ticket)?;
    put_clocks(connection, ticket.id, &ticket.clocks)?;
    put_handlers(connection, ticket.id, &ticket.handlers)
}

fn put_row(connection: &Connection, ticket: &Ticket) -> rusqlite::Result<usize> {
    let progress = &ticket.progress;
    connection.prepare_cached(&PUT)?.execute(params![
        ticket.id,
        ticket.number,
        ticket.jurisdiction,
        ticket.channel,
        ticket.call,
        ticket.caller,
        ticket.caller_trust,
        ticket.beneficiary,
        ticket.language,
        ticket.category,
        ticket.urgency,
        ticket.tier,
        ticket.owner,
        ticket.first_receiver,
        ticket.area,
        ticket.address,
        ticket.point.map(|point| point.latitude_e7),
        ticket.point.map(|point| point.longitude_e7),
        ticket.place_basis,
        ticket.for_other,
        ticket.description,
        ticket.recording,
        ticket.state,
        ticket.former_state,
        ticket.version,
        ticket.confidentiality,
        ticket.window.map(|window| window.from),
        ticket.window.map(|window| window.until),
        ticket.survey_consent,
        ticket.two_person,
        ticket.closure,
        ticket.referral.as_ref().map(Json),
        ticket.redo_count,
        ticket.reopen_count,
        ticket.return_count,
        ticket.repeat_count,
        ticket.merged_into,
        ticket.linked_to,
        ticket.supervision,
        ticket.police_report,
        ticket.risk.map(Json),
        ticket.guardian,
        ticket.gender_wish,
        ticket.catalogue_version,
        progress.rung,
        progress.alarm.map(|alarm| alarm.rung),
        progress.alarm.map(|alarm| alarm.next_at),
        progress.alarm.is_some_and(|alarm| alarm.for_life),
        progress.tell_who_comes_at,
        progress.resume_at,
        progress.void_proposed.map(|proposed| proposed.reason),
        progress.void_proposed.map(|proposed| Json(proposed.by)),
        progress.out_of_scope_by.map(Json),
        progress.ladder_rests_until,
        progress.staff_by,
        progress.time_agreed_at,
        progress.accepts_missed,
        progress.triage.map(Json),
        Json(&progress.told),
        Json(&progress.objections),
        progress.supervision_due,
        Json(&progress.station_calls),
        ticket.opened_at,
        ticket.handled_at,
        ticket.closed_at,
        ticket.why,
        ticket.state.is_open(),
    ])
}

fn put_clocks(connection: &Connection, ticket: TicketId, clocks: &[Clock]) -> Result<(), RowError> {
    let mut statement = connection.prepare_cached(&PUT_CLOCK)?;
    for (position, clock) in (0_i64..).zip(clocks) {
        statement.execute(params![
            ticket,
            position,
            clock.kind,
            clock.calendar,
            clock.started,
            Json(&clock.pauses),
            clock.stopped,
            clock.due,
            clock.breached_at,
        ])?;
    }
    connection
        .prepare_cached("DELETE FROM ticket_clock WHERE ticket = ?1 AND position >= ?2")?
        .execute(params![ticket, i64::try_from(clocks.len()).unwrap_or(i64::MAX)])?;
    Ok(())
}

fn put_handlers(connection: &Connection, ticket: TicketId, handlers: &[Doer]) -> Result<(), RowError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO ticket_handler (ticket, position, person, user) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (ticket, position) DO UPDATE SET person = excluded.person, user = excluded.user",
    )?;
    for (position, handler) in (0_i64..).zip(handlers) {
        statement.execute(params![ticket, position, handler.person, handler.user])?;
    }
    connection
        .prepare_cached("DELETE FROM ticket_handler WHERE ticket = ?1 AND position >= ?2")?
        .execute(params![ticket, i64::try_from(handlers.len()).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// Reads a ticket from a row of [`COLUMNS`]; its clocks and handlers from their tables.
pub fn read(connection: &Connection, row: &Row<'_>) -> Result<Ticket, RowError> {
    let id = row.get("id")?;
    let ticket = Ticket {
        id,
        number: row.get("number")?,
        jurisdiction: row.get("jurisdiction")?,
        channel: row.get("channel")?,
        call: row.get("call")?,
        caller: row.get("caller")?,
        caller_trust: row.get("caller_trust")?,
        beneficiary: row.get("beneficiary")?,
        language: row.get("language")?,
        category: row.get("category")?,
        urgency: row.get("urgency")?,
        tier: row.get("tier")?,
        owner: row.get("owner")?,
        first_receiver: row.get("first_receiver")?,
        area: row.get("area")?,
        address: row.get("address")?,
        point: point(row)?,
        place_basis: row.get("place_basis")?,
        for_other: row.get("for_other")?,
        description: row.get("description")?,
        recording: row.get("recording")?,
        state: row.get("state")?,
        former_state: row.get("former_state")?,
        version: row.get("version")?,
        confidentiality: row.get("confidentiality")?,
        window: window(row)?,
        survey_consent: row.get("survey_consent")?,
        two_person: row.get("two_person")?,
        closure: row.get("closure")?,
        referral: row.get::<_, Option<Json<Referral>>>("referral")?.map(|said| said.0),
        redo_count: row.get("redo_count")?,
        reopen_count: row.get("reopen_count")?,
        return_count: row.get("return_count")?,
        repeat_count: row.get("repeat_count")?,
        merged_into: row.get("merged_into")?,
        linked_to: row.get("linked_to")?,
        supervision: row.get("supervision")?,
        handlers: handlers(connection, id)?,
        police_report: row.get("police_report")?,
        risk: row.get::<_, Option<Json<_>>>("risk")?.map(|risk| risk.0),
        guardian: row.get("guardian")?,
        gender_wish: row.get("gender_wish")?,
        catalogue_version: row.get("catalogue_version")?,
        clocks: clocks(connection, id)?,
        progress: progress(row)?,
        opened_at: row.get("opened_at")?,
        handled_at: row.get("handled_at")?,
        closed_at: row.get("closed_at")?,
        why: row.get("why")?,
    };
    check(&ticket)?;
    Ok(ticket)
}

fn window(row: &Row<'_>) -> rusqlite::Result<Option<Window>> {
    let from: Option<Timestamp> = row.get("window_from")?;
    let until: Option<Timestamp> = row.get("window_until")?;
    Ok(from.zip(until).map(|(from, until)| Window { from, until }))
}

fn progress(row: &Row<'_>) -> rusqlite::Result<Progress> {
    let alarm_rung: Option<u32> = row.get("alarm_rung")?;
    let alarm_next_at: Option<Timestamp> = row.get("alarm_next_at")?;
    let for_life = row.get("alarm_for_life")?;
    let void_reason: Option<VoidReason> = row.get("void_proposed")?;
    let void_by: Option<Json<Doer>> = row.get("void_proposed_by")?;
    let out_of_scope_by: Option<Json<Doer>> = row.get("out_of_scope_by")?;
    let told: Json<Vec<StationId>> = row.get("told")?;
    Ok(Progress {
        rung: row.get("rung")?,
        alarm: alarm_rung.zip(alarm_next_at).map(|(rung, next_at)| Alarm { rung, next_at, for_life }),
        tell_who_comes_at: row.get("tell_who_comes_at")?,
        resume_at: row.get("resume_at")?,
        void_proposed: void_reason.zip(void_by).map(|(reason, by)| VoidProposal { reason, by: by.0 }),
        out_of_scope_by: out_of_scope_by.map(|by| by.0),
        ladder_rests_until: row.get("ladder_rests_until")?,
        staff_by: row.get("staff_by")?,
        time_agreed_at: row.get("time_agreed_at")?,
        accepts_missed: row.get("accepts_missed")?,
        triage: row.get::<_, Option<Json<_>>>("triage")?.map(|triage| triage.0),
        told: told.0,
        objections: row.get::<_, Json<_>>("objections")?.0,
        supervision_due: row.get("supervision_due")?,
        station_calls: row.get::<_, Json<_>>("station_calls")?.0,
    })
}

fn clocks(connection: &Connection, ticket: TicketId) -> rusqlite::Result<Vec<Clock>> {
    connection
        .prepare_cached(&format!(
            "SELECT {CLOCK_COLUMNS} FROM ticket_clock WHERE ticket = ?1 ORDER BY position"
        ))?
        .query_map([ticket], |row| {
            let pauses: Json<Vec<Pause>> = row.get("pauses")?;
            Ok(Clock {
                kind: row.get("kind")?,
                calendar: row.get("calendar")?,
                started: row.get("started")?,
                pauses: pauses.0,
                stopped: row.get("stopped")?,
                due: row.get("due")?,
                breached_at: row.get("breached_at")?,
            })
        })?
        .collect()
}

fn handlers(connection: &Connection, ticket: TicketId) -> rusqlite::Result<Vec<Doer>> {
    connection
        .prepare_cached("SELECT person, user FROM ticket_handler WHERE ticket = ?1 ORDER BY position")?
        .query_map([ticket], |row| Ok(Doer { person: row.get(0)?, user: row.get(1)? }))?
        .collect()
}

/// Raises the highest number given at a station on a day; it never falls.
pub fn put_sequence(
    connection: &Connection,
    station: StationId,
    day: u32,
    last: u16,
) -> Result<(), RowError> {
    connection
        .prepare_cached(
            "INSERT INTO ticket_sequence (station, day, last, epoch) \
             VALUES (?1, ?2, ?3, (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'numbering_epoch')) \
             ON CONFLICT (station, day) DO UPDATE SET last = max(last, excluded.last)",
        )?
        .execute(params![station, day, last])?;
    Ok(())
}
