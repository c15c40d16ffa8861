//! Administrative areas and which of them share a border.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::domain::area::{AdminArea, AreaCode};
use crate::domain::ids::JurisdictionId;
use crate::store::error::RowError;
use crate::store::sql::point;

pub fn put(connection: &Connection, jurisdiction: &JurisdictionId, area: &AdminArea) -> Result<(), RowError> {
    let parent = match (area.code.committee(), area.code.street()) {
        (Some(_), street) => street,
        (None, Some(_)) => Some(area.code.district()),
        (None, None) => None,
    };
    connection
        .prepare_cached(
            "INSERT INTO area (code, jurisdiction, name, level, parent, latitude_e7, longitude_e7) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (code) DO UPDATE SET jurisdiction = excluded.jurisdiction, name = excluded.name, \
             latitude_e7 = excluded.latitude_e7, longitude_e7 = excluded.longitude_e7",
        )?
        .execute(params![
            area.code,
            jurisdiction,
            area.name,
            area.code.level(),
            parent,
            area.point.map(|point| point.latitude_e7),
            area.point.map(|point| point.longitude_e7),
        ])?;
    connection.prepare_cached("DELETE FROM area_adjacent WHERE area = ?1")?.execute([&area.code])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO area_adjacent (area, neighbour) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    for neighbour in &area.adjacent {
        statement.execute(params![area.code, neighbour])?;
    }
    Ok(())
}

/// Every area, sorted by code.
pub fn all(connection: &Connection) -> Result<Vec<AdminArea>, RowError> {
    let mut adjacent: BTreeMap<AreaCode, Vec<AreaCode>> = BTreeMap::new();
    let mut statement =
        connection.prepare("SELECT area, neighbour FROM area_adjacent ORDER BY area, neighbour")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        adjacent.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    let mut areas = Vec::new();
    let mut statement =
        connection.prepare("SELECT code, name, latitude_e7, longitude_e7 FROM area ORDER BY code")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let code: AreaCode = row.get("code")?;
        let adjacent = adjacent.remove(&code).unwrap_or_default();
        areas.push(AdminArea { code, name: row.get("name")?, point: point(row)?, adjacent });
    }
    Ok(areas)
}
