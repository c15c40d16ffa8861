//! People, the telephones they are reached on, and members of staff.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::ids::{PersonId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::person::PersonPhone;
use crate::domain::register::{Contact, HeldFlag, PersonRecord, StaffMember};
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Day, point, upsert, upsert_keeping};

pub const COLUMNS: &str =
    "id, jurisdiction, name, id_number, born, gender, gender_wish, area, address, latitude_e7, longitude_e7";

/// What erasing empties, and what no later write may fill again.
pub const ERASABLE: &[&str] =
    &["name", "id_number", "born", "gender", "gender_wish", "area", "address", "latitude_e7", "longitude_e7"];

static PUT: LazyLock<String> =
    LazyLock::new(|| upsert_keeping("person", &format!("{COLUMNS}, updated_at"), "id", ERASABLE));

fn check(person: &PersonRecord) -> Result<(), RowError> {
    must_hold(!person.languages.is_empty(), "person", "a person without a language")?;
    let own = |phone: &PersonPhone| phone.person == person.id;
    must_hold(person.phones.iter().all(own), "person", "a telephone of somebody else")
}

/// Puts a person whole. One who was erased stays so: their telephones and words are not taken in again.
pub fn put(connection: &Connection, person: &PersonRecord, now: Timestamp) -> Result<(), RowError> {
    check(person)?;
    let before: Option<bool> = connection
        .prepare_cached("SELECT erased_at IS NOT NULL FROM person WHERE id = ?1")?
        .query_row([person.id], |row| row.get(0))
        .optional()?;
    connection.prepare_cached(&PUT)?.execute(params![
        person.id,
        person.jurisdiction,
        person.name,
        person.id_number,
        person.born.map(Day),
        person.gender,
        person.gender_wish,
        person.area,
        person.address,
        person.point.map(|point| point.latitude_e7),
        person.point.map(|point| point.longitude_e7),
        now,
    ])?;
    match before {
        Some(true) => return Ok(()),
        Some(false) => {
            for table in ["person_language", "person_flag", "person_phone", "person_contact"] {
                let delete = format!("DELETE FROM {table} WHERE person = ?1");
                connection.prepare_cached(&delete)?.execute([person.id])?;
            }
        }
        None => {}
    }
    put_parts(connection, person)
}

fn put_parts(connection: &Connection, person: &PersonRecord) -> Result<(), RowError> {
    let mut language = connection
        .prepare_cached("INSERT INTO person_language (person, position, language) VALUES (?1, ?2, ?3)")?;
    for (position, spoken) in (0_i64..).zip(&person.languages) {
        language.execute(params![person.id, position, spoken])?;
    }
    let mut flag = connection.prepare_cached(
        "INSERT INTO person_flag (person, position, flag, source, valid_until) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, held) in (0_i64..).zip(&person.flags) {
        flag.execute(params![person.id, position, held.flag, held.source, held.valid_until])?;
    }
    let mut number = connection.prepare_cached(
        "INSERT INTO person_phone (number, person, position, confidence, shared, verified_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, phone) in (0_i64..).zip(&person.phones) {
        number.execute(params![
            phone.number,
            person.id,
            position,
            phone.confidence,
            phone.shared,
            phone.verified_at
        ])?;
    }
    let mut contact = connection.prepare_cached(
        "INSERT INTO person_contact (person, position, name, relation, number) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, near) in (0_i64..).zip(&person.contacts) {
        contact.execute(params![person.id, position, near.name, near.relation, near.number])?;
    }
    Ok(())
}

/// Writes down whom a person does not want, or takes it back. Nothing is written of who was erased.
pub fn exclude(
    connection: &Connection,
    person: PersonId,
    volunteer: VolunteerId,
    since: Option<Timestamp>,
) -> Result<(), RowError> {
    match since {
        Some(since) => connection
            .prepare_cached(
                "INSERT INTO blocked_volunteer (person, volunteer, since) \
                 SELECT id, ?2, ?3 FROM person WHERE id = ?1 AND erased_at IS NULL \
                 ON CONFLICT DO UPDATE SET since = excluded.since",
            )?
            .execute(params![person, volunteer, since])?,
        None => connection
            .prepare_cached("DELETE FROM blocked_volunteer WHERE person = ?1 AND volunteer = ?2")?
            .execute(params![person, volunteer])?,
    };
    Ok(())
}

/// One person, whole; none when unknown or erased.
pub fn find(connection: &Connection, id: PersonId) -> Result<Option<PersonRecord>, RowError> {
    let found = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM person WHERE id = ?1 AND erased_at IS NULL"))?
        .query_row([id], |row| Ok(read(connection, row)))
        .optional()?;
    found.transpose()
}

/// Reads a person who was not erased from a row of [`COLUMNS`]; the rest from its tables.
pub fn read(connection: &Connection, row: &Row<'_>) -> Result<PersonRecord, RowError> {
    let id: PersonId = row.get("id")?;
    let born: Option<Day> = row.get("born")?;
    let person = PersonRecord {
        id,
        jurisdiction: row.get("jurisdiction")?,
        name: row.get("name")?,
        id_number: row.get("id_number")?,
        born: born.map(|day| day.0),
        gender: row.get("gender")?,
        gender_wish: row.get("gender_wish")?,
        languages: languages(connection, id)?,
        area: row.get("area")?,
        address: row.get("address")?,
        point: point(row)?,
        flags: flags(connection, id)?,
        phones: phones(connection, id)?,
        contacts: contacts(connection, id)?,
    };
    check(&person)?;
    Ok(person)
}

fn languages(connection: &Connection, id: PersonId) -> rusqlite::Result<Vec<Language>> {
    connection
        .prepare_cached("SELECT language FROM person_language WHERE person = ?1 ORDER BY position")?
        .query_map([id], |row| row.get(0))?
        .collect()
}

fn flags(connection: &Connection, id: PersonId) -> rusqlite::Result<Vec<HeldFlag>> {
    connection
        .prepare_cached(
            "SELECT flag, source, valid_until FROM person_flag WHERE person = ?1 ORDER BY position",
        )?
        .query_map([id], |row| {
            Ok(HeldFlag { flag: row.get(0)?, source: row.get(1)?, valid_until: row.get(2)? })
        })?
        .collect()
}

fn phones(connection: &Connection, id: PersonId) -> rusqlite::Result<Vec<PersonPhone>> {
    connection
        .prepare_cached(
            "SELECT number, confidence, shared, verified_at FROM person_phone WHERE person = ?1 ORDER BY position",
        )?
        .query_map([id], |row| {
            Ok(PersonPhone {
                person: id,
                number: row.get(0)?,
                confidence: row.get(1)?,
                shared: row.get(2)?,
                verified_at: row.get(3)?,
            })
        })?
        .collect()
}

fn contacts(connection: &Connection, id: PersonId) -> rusqlite::Result<Vec<Contact>> {
    connection
        .prepare_cached(
            "SELECT name, relation, number FROM person_contact WHERE person = ?1 ORDER BY position",
        )?
        .query_map([id], |row| Ok(Contact { name: row.get(0)?, relation: row.get(1)?, number: row.get(2)? }))?
        .collect()
}

pub const STAFF_COLUMNS: &str = "id, jurisdiction, person, station, post, active, certified_until";

static PUT_STAFF: LazyLock<String> =
    LazyLock::new(|| upsert("staff_member", &format!("{STAFF_COLUMNS}, updated_at"), "id"));

pub fn put_staff(connection: &Connection, member: &StaffMember, now: Timestamp) -> Result<(), RowError> {
    connection.prepare_cached(&PUT_STAFF)?.execute(params![
        member.id,
        member.jurisdiction,
        member.person,
        member.station,
        member.post,
        member.active,
        member.certified_until,
        now,
    ])?;
    Ok(())
}

pub fn read_staff(row: &Row<'_>) -> Result<StaffMember, RowError> {
    Ok(StaffMember {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        person: row.get("person")?,
        station: row.get("station")?,
        post: row.get("post")?,
        active: row.get("active")?,
        certified_until: row.get("certified_until")?,
    })
}
