//! Facilities and what they can give.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::ids::FacilityId;
use crate::domain::register::{CapacityUnit, Facility};
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Day, point, upsert};

pub const COLUMNS: &str = "id, jurisdiction, kind, name, tier, area, address, latitude_e7, longitude_e7, phone, \
     open, opened_on";

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
        open: row.get("open")?,
        opened_on: opened_on.0,
        units: units(connection, id)?,
    };
    check(&facility)?;
    Ok(facility)
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
