//! Records that a person or an import changes: people, volunteers, stations, staff, facilities, areas.
//!
//! Each change is one transaction that also appends its line of history, and answers what the desk has to be told.

use rusqlite::Connection;
use serde_json::json;

use super::chain;
use super::error::{RowError, StoreError};
use super::{known, rows};
use crate::desk::event::RecordChange;
use crate::desk::write::EventDraft;
use crate::domain::actor::Actor;
use crate::domain::area::AdminArea;
use crate::domain::care::CarePlan;
use crate::domain::device::Device;
use crate::domain::ids::{JurisdictionId, PersonId};
use crate::domain::register::{Facility, Institution, PersonRecord, StaffMember, VolunteerRecord};
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::Volunteer;

/// Who changes records, where, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    pub actor: Actor,
    pub jurisdiction: JurisdictionId,
    pub at: Timestamp,
}

impl By {
    /// Appends a line of history in this name.
    pub(super) fn note(
        &self,
        connection: &Connection,
        entity: String,
        kind: &str,
        subject: Option<PersonId>,
        detail: serde_json::Value,
    ) -> Result<i64, RowError> {
        chain::append(
            connection,
            &EventDraft {
                at: self.at,
                jurisdiction: self.jurisdiction.clone(),
                actor: self.actor.clone(),
                entity,
                ticket: None,
                kind: kind.to_owned(),
                subject,
                detail,
            },
        )
    }
}

/// Puts rows one by one; an error names the row, counted from 1.
fn put_all<T>(
    rows: &[T],
    what: &str,
    mut put: impl FnMut(&T) -> Result<(), RowError>,
) -> Result<(), StoreError> {
    for (number, row) in (1..).zip(rows) {
        put(row).map_err(|error| {
            if error.is_of_the_row() {
                StoreError::Refused(format!("{what} {number} of {}: {error}", rows.len()))
            } else {
                error.into()
            }
        })?;
    }
    Ok(())
}

pub(super) fn put_jurisdiction(
    connection: &Connection,
    id: &JurisdictionId,
    name: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO jurisdiction (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET name = excluded.name \
             WHERE name <> excluded.name",
        )?
        .execute(rusqlite::params![id, name])?;
    Ok(())
}

pub(super) fn import_areas(
    connection: &Connection,
    areas: &[AdminArea],
    by: &By,
) -> Result<Vec<RecordChange>, StoreError> {
    put_all(areas, "area", |area| rows::area::put(connection, &by.jurisdiction, area))?;
    by.note(connection, "areas".into(), "areas.imported", None, json!({ "count": areas.len() }))?;
    Ok(vec![RecordChange::Areas(areas.to_vec())])
}

pub(super) fn import_stations(
    connection: &Connection,
    stations: &[Station],
    by: &By,
) -> Result<Vec<RecordChange>, StoreError> {
    put_all(stations, "station", |station| rows::station::put(connection, station, by.at))?;
    by.note(connection, "stations".into(), "stations.imported", None, json!({ "count": stations.len() }))?;
    let mut changed = stations.to_vec();
    changed.sort_by_key(|station| station.id);
    Ok(match <[Station; 1]>::try_from(changed) {
        Ok([only]) => vec![RecordChange::Station(Box::new(only))],
        Err(many) => vec![RecordChange::Stations(many)],
    })
}

pub(super) fn import_people(
    connection: &Connection,
    people: &[PersonRecord],
    by: &By,
) -> Result<Vec<RecordChange>, StoreError> {
    put_all(people, "person", |person| rows::person::put(connection, person, by.at))?;
    by.note(connection, "people".into(), "people.imported", None, json!({ "count": people.len() }))?;
    let mut changes = vec![RecordChange::People { jurisdiction: by.jurisdiction.clone() }];
    // Who is rung by a plan may have moved: the desk keeps what it has to know of them.
    let planned = known::planned_care(connection, by.at)?;
    if !planned.is_empty() {
        changes.push(RecordChange::CarePlans(planned));
    }
    Ok(changes)
}

pub(super) fn import_volunteers(
    connection: &Connection,
    volunteers: &[VolunteerRecord],
    by: &By,
) -> Result<Vec<RecordChange>, StoreError> {
    put_all(volunteers, "volunteer", |record| {
        super::error::must_hold(
            record.volunteer.person == record.person.id,
            "volunteer",
            "the person is somebody else",
        )?;
        rows::person::put(connection, &record.person, by.at)?;
        rows::volunteer::put(connection, &record.volunteer, by.at)
    })?;
    by.note(
        connection,
        "volunteers".into(),
        "volunteers.imported",
        None,
        json!({ "count": volunteers.len() }),
    )?;
    let mut changed = Vec::with_capacity(volunteers.len());
    for record in volunteers {
        changed.push(as_stored(connection, record)?);
    }
    changed.sort_by_key(|volunteer| volunteer.id);
    Ok(match <[Volunteer; 1]>::try_from(changed) {
        Ok([only]) => vec![RecordChange::Volunteer(Box::new(only))],
        Err(many) => vec![RecordChange::Volunteers(many)],
    })
}

/// The volunteer as stored: with the standing the desk gave and the version the store gave.
fn as_stored(connection: &Connection, record: &VolunteerRecord) -> Result<Volunteer, StoreError> {
    rows::volunteer::find(connection, record.volunteer.id)?
        .ok_or_else(|| StoreError::Broken("a volunteer that was put is not there".into()))
}

pub(super) fn import_staff(
    connection: &Connection,
    staff: &[StaffMember],
    by: &By,
) -> Result<(), StoreError> {
    put_all(staff, "member of staff", |member| rows::person::put_staff(connection, member, by.at))?;
    by.note(connection, "staff".into(), "staff.imported", None, json!({ "count": staff.len() }))?;
    Ok(())
}

pub(super) fn import_devices(
    connection: &Connection,
    devices: &[Device],
    by: &By,
) -> Result<Vec<RecordChange>, StoreError> {
    put_all(devices, "device", |device| rows::device::put(connection, device, by.at))?;
    by.note(connection, "devices".into(), "devices.imported", None, json!({ "count": devices.len() }))?;
    Ok(vec![RecordChange::People { jurisdiction: by.jurisdiction.clone() }])
}

pub(super) fn import_care_plans(
    connection: &Connection,
    plans: &[CarePlan],
    by: &By,
) -> Result<Vec<RecordChange>, StoreError> {
    put_all(plans, "care plan", |plan| rows::care::put_plan(connection, plan, by.at))?;
    by.note(connection, "care_plans".into(), "care_plans.imported", None, json!({ "count": plans.len() }))?;
    Ok(vec![RecordChange::CarePlans(known::planned_care(connection, by.at)?)])
}

pub(super) fn import_facilities(
    connection: &Connection,
    facilities: &[Facility],
    by: &By,
) -> Result<Vec<RecordChange>, StoreError> {
    put_all(facilities, "facility", |facility| rows::facility::put(connection, facility, by.at))?;
    by.note(
        connection,
        "facilities".into(),
        "facilities.imported",
        None,
        json!({ "count": facilities.len() }),
    )?;
    Ok(vec![RecordChange::Institutions(facilities.iter().map(Institution::from).collect())])
}
