//! Stations.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Json, point, upsert};

pub const COLUMNS: &str = "id, jurisdiction, tier, parent, area, name, help_number, ticket_code, front, hours, \
     ring, notice_phone, duty, peers, latitude_e7, longitude_e7, staffed";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("station", &format!("{COLUMNS}, updated_at"), "id"));

fn check(station: &Station) -> Result<(), RowError> {
    must_hold(station.parent != Some(station.id), "station", "its own parent")?;
    must_hold(station.ticket_code <= 999, "station", "a ticket code has three digits")
}

pub fn put(connection: &Connection, station: &Station, now: Timestamp) -> Result<(), RowError> {
    check(station)?;
    connection.prepare_cached(&PUT)?.execute(params![
        station.id,
        station.jurisdiction,
        station.tier,
        station.parent,
        station.area,
        station.name,
        station.help_number,
        station.ticket_code,
        station.front,
        station.hours,
        Json(&station.ring),
        station.notice_phone,
        Json(&station.duty),
        Json(&station.peers),
        station.point.map(|point| point.latitude_e7),
        station.point.map(|point| point.longitude_e7),
        station.staffed,
        now,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<Station, RowError> {
    let ring: Json<Vec<String>> = row.get("ring")?;
    let duty: Json<Vec<String>> = row.get("duty")?;
    let peers: Json<_> = row.get("peers")?;
    let station = Station {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        tier: row.get("tier")?,
        parent: row.get("parent")?,
        area: row.get("area")?,
        name: row.get("name")?,
        help_number: row.get("help_number")?,
        ticket_code: row.get("ticket_code")?,
        front: row.get("front")?,
        hours: row.get("hours")?,
        ring: ring.0,
        notice_phone: row.get("notice_phone")?,
        duty: duty.0,
        peers: peers.0,
        point: point(row)?,
        staffed: row.get("staffed")?,
    };
    check(&station)?;
    Ok(station)
}
