//! Notices of tasks to duty telephones.

use rusqlite::{Connection, Row, params};

use crate::domain::offer::ReplyCode;
use crate::domain::task_notice::TaskNotice;
use crate::store::error::{RowError, must_hold};

pub const COLUMNS: &str =
    "id, ticket, station, facility, phone, code, text, created_at, sent_at, taken_at, ended_at";

/// The jurisdiction is the ticket's.
const PUT: &str = "INSERT INTO task_notice (id, ticket, station, facility, phone, code, text, created_at, sent_at, \
     taken_at, ended_at, jurisdiction) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, (SELECT jurisdiction FROM ticket WHERE id = ?2)) \
     ON CONFLICT (id) DO UPDATE SET text = excluded.text, created_at = excluded.created_at, \
     sent_at = excluded.sent_at, taken_at = excluded.taken_at, ended_at = excluded.ended_at";

fn check(notice: &TaskNotice) -> Result<(), RowError> {
    must_hold(
        ReplyCode::TASKS.contains(&notice.code.0),
        "task_notice",
        "a task's code has four digits, 3000 to 6999",
    )
}

pub fn put(connection: &Connection, notice: &TaskNotice) -> Result<(), RowError> {
    check(notice)?;
    connection.prepare_cached(PUT)?.execute(params![
        notice.id,
        notice.ticket,
        notice.station,
        notice.facility,
        notice.phone,
        notice.code,
        notice.text,
        notice.created_at,
        notice.sent_at,
        notice.taken_at,
        notice.ended_at,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<TaskNotice, RowError> {
    let notice = TaskNotice {
        id: row.get("id")?,
        ticket: row.get("ticket")?,
        station: row.get("station")?,
        facility: row.get("facility")?,
        phone: row.get("phone")?,
        code: row.get("code")?,
        text: row.get("text")?,
        created_at: row.get("created_at")?,
        sent_at: row.get("sent_at")?,
        taken_at: row.get("taken_at")?,
        ended_at: row.get("ended_at")?,
    };
    check(&notice)?;
    Ok(notice)
}
