//! Facilities and what they can give.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::ids::FacilityId;
use crate::domain::register::{CapacityUnit, Facility, Institution};
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Day, Json, point, upsert};

pub const COLUMNS: &str = "id, jurisdiction, kind, name, tier, area, address, latitude_e7, longitude_e7, phone, \
     categories, notice_phone, open, opened_on";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("facility", &format!("{COLUMNS}, updated_at"), "id"));

fn check(facility: &Facility) -> Result<(), RowError> {
    let within = |unit: &CapacityUnit| unit.available <= unit.maximum;
    must_hold(facility.units.iter().all(within), "facility", "more places free than there are")
}

pub fn put(connection: &Connection, facility: &Facility, now: Timestamp) -> Result<(), RowError> {
    check(facility)?;
    connection.prepare_cached(&PUT)?.execute(params![
        facility.id,
        facility.jurisdiction,
        facility.kind,
        facility.name,
        facility.tier,
        facility.area,
        facility.address,
        facility.point.map(|point| point.latitude_e7),
        facility.point.map(|point| point.longitude_e7),
        facility.phone,
        Json(&facility.categories),
        facility.notice_phone,
        facility.open,
        Day(facility.opened_on),
        now,
    ])?;
    connection.prepare_cached("DELETE FROM capacity_unit WHERE facility = ?1")?.execute([facility.id])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO capacity_unit (facility, position, kind, maximum, available, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, unit) in (0_i64..).zip(&facility.units) {
        statement.execute(params![
            facility.id,
            position,
            unit.kind,
            unit.maximum,
            unit.available,
            unit.updated_at
        ])?;
    }
    Ok(())
}

/// Reads a facility from a row of [`COLUMNS`]; its units from their table.
pub fn read(connection: &Connection, row: &Row<'_>) -> Result<Facility, RowError> {
    let id: FacilityId = row.get("id")?;
    let opened_on: Day = row.get("opened_on")?;
    let categories: Json<_> = row.get("categories")?;
    let facility = Facility {
        id,
        jurisdiction: row.get("jurisdiction")?,
        kind: row.get("kind")?,
        name: row.get("name")?,
        tier: row.get("tier")?,
        area: row.get("area")?,
        address: row.get("address")?,
        point: point(row)?,
        phone: row.get("phone")?,
        categories: categories.0,
        notice_phone: row.get("notice_phone")?,
        open: row.get("open")?,
        opened_on: opened_on.0,
        units: units(connection, id)?,
    };
    check(&facility)?;
    Ok(facility)
}

/// What the desk is told of a facility.
pub const INSTITUTION_COLUMNS: &str =
    "id, jurisdiction, name, area, latitude_e7, longitude_e7, categories, notice_phone, open";

/// Reads what the desk is told from a row of [`INSTITUTION_COLUMNS`].
pub fn read_institution(row: &Row<'_>) -> Result<Institution, RowError> {
    let categories: Json<_> = row.get("categories")?;
    Ok(Institution {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        name: row.get("name")?,
        area: row.get("area")?,
        point: point(row)?,
        categories: categories.0,
        notice_phone: row.get("notice_phone")?,
        open: row.get("open")?,
    })
}

/// Finds a facility by its number.
pub fn find(connection: &Connection, id: FacilityId) -> Result<Option<Facility>, RowError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM facility WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(|row| read(connection, row)).transpose()
}

fn units(connection: &Connection, facility: FacilityId) -> rusqlite::Result<Vec<CapacityUnit>> {
    connection
        .prepare_cached(
            "SELECT kind, maximum, available, updated_at FROM capacity_unit WHERE facility = ?1 ORDER BY position",
        )?
        .query_map([facility], |row| {
            Ok(CapacityUnit {
                kind: row.get(0)?,
                maximum: row.get(1)?,
                available: row.get(2)?,
                updated_at: row.get(3)?,
            })
        })?
        .collect()
}
