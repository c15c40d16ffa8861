//! What the register knows of a number: attached to a call or text before the desk sees it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Row, params};

use super::error::StoreError;
use super::living::{Living, living};
use super::queries::case;
use super::sql::{Day, point};
use super::{readers, rows};
use crate::desk::command::PastCase;
use crate::domain::care::{CareContact, MOST_CONTACTS, PlannedCare};
use crate::domain::ids::{PersonId, TicketId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::person::{Known, KnownPerson, PastTicket, PersonFlag, PhoneConfidence};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;

/// Most people one number is matched with; more than this is a number that says nothing.
const MOST_PERSONS: u32 = 16;
/// Past tickets that are told of a number.
const MOST_PAST: u32 = 5;
/// Without contact for so long a number is only `maybe` (DOMAIN §2).
const CONTACT_FOR: Duration = Duration::from_hours(180 * 24);

/// The register as the desk asks it: with a connection of its own, so that no long query of anybody else is
/// waited for.
#[derive(Debug)]
pub struct Register {
    connection: Connection,
}

impl Register {
    pub(super) fn open(database: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: readers::reader(database)? })
    }

    /// What the register knows of a number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn known(&self, number: &PhoneNumber, now: Timestamp) -> Result<Known, StoreError> {
        self.read(|connection| known(connection, number, now))
    }

    /// What the register knows of somebody named: an operator chose them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn person(&self, id: PersonId, now: Timestamp) -> Result<Option<KnownPerson>, StoreError> {
        self.read(|connection| person(connection, id, now))
    }

    /// A closed ticket whole, for who opens it again after the desk has forgotten it; none when it is not closed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn past_case(&self, ticket: TicketId, now: Timestamp) -> Result<Option<PastCase>, StoreError> {
        self.read(|connection| past_case(connection, ticket, now))
    }

    /// Everything alive, as the desk is restored from.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn living(&self, now: Timestamp) -> Result<Living, StoreError> {
        self.read(|connection| living(connection, now))
    }

    /// Runs a query of one moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        query(&*self.connection.unchecked_transaction()?)
    }
}

fn past_case(connection: &Connection, id: TicketId, now: Timestamp) -> Result<Option<PastCase>, StoreError> {
    let Some(ticket) = case::closed(connection, id)? else { return Ok(None) };
    let beneficiary = ticket.beneficiary.map(|id| person(connection, id, now)).transpose()?;
    Ok(Some(PastCase {
        work: case::work(connection, id)?,
        offers: case::offers(connection, id)?,
        assignments: case::assignments(connection, id)?,
        beneficiary: beneficiary.flatten(),
        ticket,
    }))
}

/// What the register knows of a number.
pub(super) fn known(
    connection: &Connection,
    number: &PhoneNumber,
    now: Timestamp,
) -> Result<Known, StoreError> {
    let known = Known { past: past(connection, number)?, ..persons(connection, number, now)? };
    // A one-key device stands for its owner, whoever else is registered with its number.
    let Some((owner, keys)) = rows::device::find(connection, number)? else { return Ok(known) };
    Ok(match person(connection, owner, now)? {
        Some(owner) => Known { persons: vec![owner], shared: false, device: Some(keys), ..known },
        None => known,
    })
}

/// Whose number it is, without the tickets that were opened from it.
pub(super) fn persons(
    connection: &Connection,
    number: &PhoneNumber,
    now: Timestamp,
) -> Result<Known, StoreError> {
    let mut known = Known::default();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {PERSON}, n.confidence, n.shared, coalesce(n.verified_at, p.updated_at) AS verified_at \
         FROM person_phone n JOIN person p ON p.id = n.person \
         WHERE n.number = ?1 AND p.erased_at IS NULL ORDER BY n.person LIMIT ?2"
    ))?;
    let mut rows = statement.query(params![number, MOST_PERSONS])?;
    while let Some(row) = rows.next()? {
        known.shared |= row.get::<_, bool>("shared")?;
        let verified_at: Timestamp = row.get("verified_at")?;
        let mut confidence: PhoneConfidence = row.get("confidence")?;
        let id = row.get("id")?;
        if now.since(verified_at) > CONTACT_FOR && !rang_lately(connection, id, number, now)? {
            confidence = PhoneConfidence::Maybe;
        }
        known.persons.push(read(connection, row, confidence, now)?);
    }
    Ok(known)
}

/// The last tickets of a number that have ended.
fn past(connection: &Connection, number: &PhoneNumber) -> rusqlite::Result<Vec<PastTicket>> {
    connection
        .prepare_cached(
            "SELECT id, number, confidentiality, owner, language, category, area FROM ticket \
             WHERE caller = ?1 AND caller_trust = 'verified' AND state IN ('closed', 'archived') ORDER BY opened_at DESC LIMIT ?2",
        )?
        .query_map(params![number, MOST_PAST], |row| {
            Ok(PastTicket {
                ticket: row.get(0)?,
                number: row.get(1)?,
                confidentiality: row.get(2)?,
                owner: row.get(3)?,
                language: row.get(4)?,
                category: row.get(5)?,
                area: row.get(6)?,
            })
        })?
        .collect()
}

/// What the register knows of somebody named; none when unknown or erased.
pub(super) fn person(
    connection: &Connection,
    id: PersonId,
    now: Timestamp,
) -> Result<Option<KnownPerson>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {PERSON} FROM person p WHERE p.id = ?1 AND p.erased_at IS NULL"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(|row| read(connection, row, PhoneConfidence::Exact, now)).transpose()
}

/// Care plans with whom they are for; one without contacts has those of the register.
pub(super) fn planned_care(connection: &Connection, now: Timestamp) -> Result<Vec<PlannedCare>, StoreError> {
    let mut planned = Vec::new();
    for mut plan in rows::care::plans(connection)? {
        let Some(person) = person(connection, plan.person, now)? else { continue };
        if plan.contacts.is_empty() {
            plan.contacts = contacts(connection, plan.person)?;
        }
        planned.push(PlannedCare { plan, person });
    }
    Ok(planned)
}

fn contacts(connection: &Connection, person: PersonId) -> rusqlite::Result<Vec<CareContact>> {
    connection
        .prepare_cached(
            "SELECT name, number FROM person_contact WHERE person = ?1 ORDER BY position LIMIT ?2",
        )?
        .query_map(params![person, MOST_CONTACTS], |row| {
            Ok(CareContact { name: row.get("name")?, number: row.get("number")? })
        })?
        .collect()
}

const PERSON: &str = "p.id, p.name, p.jurisdiction, p.area, p.address, p.latitude_e7, p.longitude_e7, p.born, p.gender_wish, \
     (SELECT language FROM person_language l WHERE l.person = p.id ORDER BY position LIMIT 1) AS language";

fn read(
    connection: &Connection,
    row: &Row<'_>,
    confidence: PhoneConfidence,
    now: Timestamp,
) -> Result<KnownPerson, StoreError> {
    let id: PersonId = row.get("id")?;
    let born: Option<Day> = row.get("born")?;
    let language: Option<Language> = row.get("language")?;
    Ok(KnownPerson {
        person: id,
        name: row.get::<_, Option<String>>("name")?.unwrap_or_default(),
        confidence,
        jurisdiction: row.get("jurisdiction")?,
        language: language.unwrap_or(Language::Zh),
        area: row.get("area")?,
        address: row.get("address")?,
        point: point(row)?,
        birth_year: born.as_ref().map(|day| day.0.year()),
        born: born.map(|day| day.0),
        gender_wish: row.get("gender_wish")?,
        wishes_differ: false,
        flags: flags(connection, id, now)?,
        first_visit: !was_visited(connection, id)?,
        blocked: blocked(connection, id)?,
        acquainted: acquainted(connection, id)?,
    })
}

fn rang_lately(
    connection: &Connection,
    person: PersonId,
    number: &PhoneNumber,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM call WHERE number = ?1 AND started_at >= ?2 AND person = ?3 \
             AND trust = 'verified' AND answered_at IS NOT NULL)",
        )?
        .query_row(params![number, now - CONTACT_FOR, person], |row| row.get(0))
}

fn flags(connection: &Connection, person: PersonId, now: Timestamp) -> rusqlite::Result<Vec<PersonFlag>> {
    connection
        .prepare_cached(
            "SELECT flag FROM person_flag WHERE person = ?1 AND (valid_until IS NULL OR valid_until > ?2) \
             ORDER BY position",
        )?
        .query_map(params![person, now], |row| row.get(0))?
        .collect()
}

fn was_visited(connection: &Connection, person: PersonId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM ticket t JOIN assignment a ON a.ticket = t.id \
             WHERE t.beneficiary = ?1 AND a.kind = 'visit' AND a.state = 'done')",
        )?
        .query_row([person], |row| row.get(0))
}

/// Volunteers who finished a visit there, the latest first.
fn acquainted(connection: &Connection, person: PersonId) -> rusqlite::Result<Vec<VolunteerId>> {
    connection
        .prepare_cached(
            "SELECT a.volunteer FROM ticket t JOIN assignment a ON a.ticket = t.id \
             WHERE t.beneficiary = ?1 AND a.kind = 'visit' AND a.state = 'done' AND a.volunteer IS NOT NULL \
             GROUP BY a.volunteer ORDER BY max(a.accepted_at) DESC LIMIT 20",
        )?
        .query_map([person], |row| row.get(0))?
        .collect()
}

fn blocked(connection: &Connection, person: PersonId) -> rusqlite::Result<Vec<VolunteerId>> {
    connection
        .prepare_cached("SELECT volunteer FROM blocked_volunteer WHERE person = ?1 ORDER BY volunteer")?
        .query_map([person], |row| row.get(0))?
        .collect()
}
