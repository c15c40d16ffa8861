//! Whether somebody in a file is registered already: what an import asks before it numbers people.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::ids::{FacilityId, JurisdictionId, PersonId, VolunteerId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::register::{IdNumberHash, PersonRecord};
use crate::store::error::RowError;
use crate::store::rows;

/// The person with this ID number, else the only one of this name with one of these numbers.
pub fn registered(
    connection: &Connection,
    jurisdiction: &JurisdictionId,
    id_number: Option<IdNumberHash>,
    name: &str,
    numbers: &[PhoneNumber],
) -> Result<Option<PersonId>, RowError> {
    let by_id_number = connection
        .prepare_cached(
            "SELECT id FROM person WHERE jurisdiction = ?1 AND id_number = ?2 AND erased_at IS NULL",
        )?
        .query_row(params![jurisdiction, id_number], |row| row.get(0))
        .optional()?;
    if by_id_number.is_some() {
        return Ok(by_id_number);
    }
    for number in numbers {
        let found: Vec<(PersonId, Option<IdNumberHash>)> = connection
            .prepare_cached(
                "SELECT p.id, p.id_number FROM person_phone t JOIN person p ON p.id = t.person \
                 WHERE t.number = ?1 AND p.name = ?2 AND p.jurisdiction = ?3 AND p.erased_at IS NULL",
            )?
            .query_and_then(params![number, name, jurisdiction], |row| {
                Ok::<_, RowError>((row.get(0)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        // Two different ID numbers are two people, whatever else they share.
        if let [(id, known)] = found.as_slice()
            && (known.is_none() || id_number.is_none() || *known == id_number)
        {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}

/// Everybody who is registered with a number.
pub fn people_with(connection: &Connection, number: &PhoneNumber) -> Result<Vec<PersonId>, RowError> {
    connection
        .prepare_cached(
            "SELECT p.id FROM person_phone t JOIN person p ON p.id = t.person \
             WHERE t.number = ?1 AND p.erased_at IS NULL ORDER BY p.id",
        )?
        .query_and_then([number], |row| Ok(row.get(0)?))?
        .collect()
}

/// The person a volunteer is.
pub fn person_of(connection: &Connection, volunteer: VolunteerId) -> Result<Option<PersonId>, RowError> {
    Ok(connection
        .prepare_cached("SELECT person FROM volunteer WHERE id = ?1")?
        .query_row([volunteer], |row| row.get(0))
        .optional()?)
}

/// The whole record of a person; none when nobody has the number or they were erased.
pub fn record(connection: &Connection, person: PersonId) -> Result<Option<PersonRecord>, RowError> {
    rows::person::find(connection, person)
}

/// The highest number of a person ever given.
pub fn last_person(connection: &Connection) -> Result<PersonId, RowError> {
    Ok(connection.query_row("SELECT coalesce(max(id), 0) FROM person", [], |row| row.get(0))?)
}

/// Facilities of other regions, with whose each is.
pub fn facilities_elsewhere(
    connection: &Connection,
    ours: &JurisdictionId,
) -> Result<BTreeMap<FacilityId, JurisdictionId>, RowError> {
    connection
        .prepare_cached("SELECT id, jurisdiction FROM facility WHERE jurisdiction <> ?1")?
        .query_and_then([ours], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Volunteers of other regions, with whose each is.
pub fn volunteers_elsewhere(
    connection: &Connection,
    ours: &JurisdictionId,
) -> Result<BTreeMap<VolunteerId, JurisdictionId>, RowError> {
    connection
        .prepare_cached("SELECT id, jurisdiction FROM volunteer WHERE jurisdiction <> ?1")?
        .query_and_then([ours], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
