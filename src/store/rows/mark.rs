//! What people have noted of numbers.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::number_mark::NumberMark;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Json, upsert};

pub const COLUMNS: &str = "id, number, jurisdiction, station, abuser_near, safe_from, safe_until, abuse, noted_by, \
     limited_until, changed_at";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("number_mark", COLUMNS, "id"));

fn check(mark: &NumberMark) -> Result<(), RowError> {
    must_hold(
        mark.safe.is_none_or(|w| w.from < w.until),
        "number_mark",
        "the safe time ends before it begins",
    )
}

/// Puts the marks of a number; one without any goes.
pub fn put(connection: &Connection, mark: &NumberMark) -> Result<(), RowError> {
    check(mark)?;
    if mark.is_blank() {
        connection.prepare_cached("DELETE FROM number_mark WHERE id = ?1")?.execute([mark.id])?;
        return Ok(());
    }
    connection.prepare_cached(&PUT)?.execute(params![
        mark.id,
        mark.number,
        mark.jurisdiction,
        mark.station,
        mark.abuser_near,
        mark.safe.map(|window| window.from),
        mark.safe.map(|window| window.until),
        mark.abuse,
        mark.noted_by.map(Json),
        mark.limited_until,
        mark.changed_at,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<NumberMark, RowError> {
    let from: Option<Timestamp> = row.get("safe_from")?;
    let until: Option<Timestamp> = row.get("safe_until")?;
    let mark = NumberMark {
        id: row.get("id")?,
        number: row.get("number")?,
        jurisdiction: row.get("jurisdiction")?,
        station: row.get("station")?,
        abuser_near: row.get("abuser_near")?,
        safe: from.zip(until).map(|(from, until)| Window { from, until }),
        abuse: row.get("abuse")?,
        noted_by: row.get::<_, Option<Json<_>>>("noted_by")?.map(|by| by.0),
        limited_until: row.get("limited_until")?,
        changed_at: row.get("changed_at")?,
    };
    check(&mark)?;
    Ok(mark)
}
