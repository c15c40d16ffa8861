//! The registers as the screens read them: names, telephones, volunteers for a kind of help.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, Params, Row, ToSql, params};

use crate::domain::area::{AreaCode, AreaLevel};
use crate::domain::category::CategoryCode;
use crate::domain::ids::{PersonId, StationId, VolunteerId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::{DutyState, Lifecycle};
use crate::store::error::RowError;

/// People or volunteers a search shows at most.
pub const FOUND_SHOWN: u32 = 40;

/// A person as a list shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFound {
    pub id: PersonId,
    /// None once erased.
    pub name: Option<String>,
    pub area: Option<AreaCode>,
    pub address: Option<String>,
    pub numbers: Vec<PhoneNumber>,
    pub flags: Vec<String>,
    pub volunteer: Option<VolunteerId>,
    /// One-key devices, each with its last test.
    pub devices: Vec<(PhoneNumber, Option<Timestamp>)>,
}

/// A volunteer as a list shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolunteerFound {
    pub id: VolunteerId,
    pub name: Option<String>,
    pub area: AreaCode,
    pub home_station: StationId,
    pub duty: DutyState,
    pub phone: PhoneNumber,
}

fn ids(values: impl IntoIterator<Item = i64>) -> String {
    values.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(", ")
}

/// Active staff of a station, each person once.
pub fn staff_of(connection: &Connection, station: StationId, limit: u32) -> Result<Vec<PersonId>, RowError> {
    connection
        .prepare_cached(
            "SELECT DISTINCT person FROM staff_member WHERE station = ?1 AND active = 1 ORDER BY person LIMIT ?2",
        )?
        .query_and_then(rusqlite::params![station, limit], |row| Ok(row.get(0)?))?
        .collect()
}

/// Names of people; those who were erased are left out.
pub fn person_names(
    connection: &Connection,
    people: &[PersonId],
) -> Result<BTreeMap<PersonId, String>, RowError> {
    let sql = format!(
        "SELECT id, name FROM person WHERE name IS NOT NULL AND id IN ({})",
        ids(people.iter().map(|person| person.0))
    );
    let mut statement = connection.prepare(&sql)?;
    statement.query_and_then([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

const VOLUNTEER: &str = "SELECT v.id, p.name, v.area, v.home_station, v.duty, v.phone \
     FROM volunteer v JOIN person p ON p.id = v.person";

fn volunteer(row: &Row<'_>) -> Result<VolunteerFound, RowError> {
    Ok(VolunteerFound {
        id: row.get(0)?,
        name: row.get(1)?,
        area: row.get(2)?,
        home_station: row.get(3)?,
        duty: row.get(4)?,
        phone: row.get(5)?,
    })
}

/// Volunteers by badge number.
pub fn volunteers(
    connection: &Connection,
    badges: &[VolunteerId],
) -> Result<BTreeMap<VolunteerId, VolunteerFound>, RowError> {
    let sql = format!("{VOLUNTEER} WHERE v.id IN ({})", ids(badges.iter().map(|badge| badge.0)));
    let mut statement = connection.prepare(&sql)?;
    let found = statement.query_and_then([], volunteer)?;
    found.map(|one| one.map(|one| (one.id, one))).collect()
}

/// Badge numbers of volunteers by a part of their name or by the badge itself, `most` at the utmost.
pub fn find_volunteers(
    connection: &Connection,
    words: &str,
    most: usize,
) -> Result<Vec<VolunteerId>, RowError> {
    let badge = words.trim().parse::<i64>().unwrap_or(-1);
    connection
        .prepare_cached(
            "SELECT v.id FROM volunteer v JOIN person p ON p.id = v.person \
             WHERE v.id = ?1 OR instr(p.name, ?2) > 0 ORDER BY v.id LIMIT ?3",
        )?
        .query_and_then(params![badge, words.trim(), i64::try_from(most).unwrap_or(i64::MAX)], |row| {
            Ok(row.get(0)?)
        })?
        .collect()
}

/// Active volunteers of a street who have the skill, those on duty first.
pub fn volunteers_for(
    connection: &Connection,
    category: &CategoryCode,
    near: &AreaCode,
) -> Result<Vec<VolunteerFound>, RowError> {
    let street = near.street().unwrap_or_else(|| near.clone());
    let sql = format!(
        "{VOLUNTEER} JOIN volunteer_skill s ON s.volunteer = v.id AND s.category = ?1 \
         WHERE v.area LIKE ?2 || '%' AND v.lifecycle = ?3 AND v.opted_out = 0 \
         ORDER BY v.duty = ?4 DESC, v.area = ?5 DESC, v.last_assigned_at, v.id LIMIT ?6"
    );
    connection
        .prepare_cached(&sql)?
        .query_and_then(
            params![category, street, Lifecycle::Active, DutyState::On, near, FOUND_SHOWN],
            volunteer,
        )?
        .collect()
}

/// The part of the register that somebody may look people up in: those who live in these areas, or help at these
/// stations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Within {
    pub areas: Vec<AreaCode>,
    pub stations: Vec<StationId>,
}

impl Within {
    /// The condition on a person `p`; codes and ids are digits, so they may stand in it.
    pub(super) fn condition(&self) -> String {
        let mut any: Vec<String> = Vec::new();
        for area in &self.areas {
            any.push(format!("p.area GLOB '{area}*'"));
            if area.level() == AreaLevel::District {
                // Whose home nobody knows is the district's.
                any.push("p.area IS NULL".into());
            }
        }
        let stations = ids(self.stations.iter().map(|station| station.0));
        any.push(format!(
            "EXISTS (SELECT 1 FROM volunteer w WHERE w.person = p.id AND w.home_station IN ({stations}))"
        ));
        any.join(" OR ")
    }

    /// Whether it holds a person.
    pub fn holds(&self, connection: &Connection, person: PersonId) -> Result<bool, RowError> {
        let sql =
            format!("SELECT EXISTS (SELECT 1 FROM person p WHERE p.id = ?1 AND ({}))", self.condition());
        Ok(connection.prepare(&sql)?.query_row([person], |row| row.get(0))?)
    }
}

/// People by a part of their name, a part of a number, or a badge number, as far as the searcher may see.
pub fn find_people(
    connection: &Connection,
    words: &str,
    within: &Within,
) -> Result<Vec<PersonFound>, RowError> {
    let theirs = within.condition();
    let people = |wanted: &str, params: &[&dyn ToSql]| {
        self::people(connection, &format!("({wanted}) AND ({theirs})"), params)
    };
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let is_number = digits.len() >= 4 && words.chars().all(|c| c.is_ascii_digit() || " -+()".contains(c));
    let badge = words.trim().parse::<i64>().ok().filter(|badge| *badge <= 99_999);
    if let Some(badge) = badge {
        let found = people("p.id IN (SELECT person FROM volunteer WHERE id = ?1)", &[&badge])?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    if is_number {
        let numbers = "p.id IN (SELECT person FROM person_phone WHERE number LIKE '%' || ?1 \
             UNION SELECT owner FROM device WHERE number LIKE '%' || ?1)";
        return people(numbers, &[&digits]);
    }
    people("p.name LIKE '%' || ?1 || '%'", &[&words.trim()])
}

/// The people a number stands for: of a one-key device its owner.
pub fn people_of(connection: &Connection, number: &PhoneNumber) -> Result<Vec<PersonFound>, RowError> {
    let whose = "p.id IN (SELECT person FROM person_phone WHERE number = ?1 UNION SELECT owner FROM device WHERE number = ?1)";
    people(connection, whose, params![number])
}

/// Volunteers whom a person does not want.
pub fn excluded(connection: &Connection, person: PersonId) -> Result<Vec<VolunteerId>, RowError> {
    let mut statement = connection
        .prepare_cached("SELECT volunteer FROM blocked_volunteer WHERE person = ?1 ORDER BY volunteer")?;
    Ok(statement.query_map([person], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub fn person(connection: &Connection, id: PersonId) -> Result<Option<PersonFound>, RowError> {
    Ok(people(connection, "p.id = ?1", params![id])?.pop())
}

fn people(connection: &Connection, wanted: &str, params: impl Params) -> Result<Vec<PersonFound>, RowError> {
    let sql = format!(
        "SELECT p.id, p.name, p.area, p.address, (SELECT min(id) FROM volunteer v WHERE v.person = p.id) \
         FROM person p WHERE {wanted} ORDER BY p.id LIMIT {FOUND_SHOWN}"
    );
    let mut found: Vec<PersonFound> = connection
        .prepare_cached(&sql)?
        .query_and_then(params, |row| {
            Ok::<_, RowError>(PersonFound {
                id: row.get(0)?,
                name: row.get(1)?,
                area: row.get(2)?,
                address: row.get(3)?,
                numbers: vec![],
                flags: vec![],
                volunteer: row.get(4)?,
                devices: vec![],
            })
        })?
        .collect::<Result<_, _>>()?;
    for person in &mut found {
        person.numbers = strings(connection, "SELECT number FROM person_phone WHERE person = ?1", person.id)?;
        person.devices = devices(connection, person.id)?;
        person.flags = strings(connection, "SELECT flag FROM person_flag WHERE person = ?1", person.id)?;
    }
    Ok(found)
}

fn devices(
    connection: &Connection,
    owner: PersonId,
) -> Result<Vec<(PhoneNumber, Option<Timestamp>)>, RowError> {
    connection
        .prepare_cached("SELECT number, last_test_at FROM device WHERE owner = ?1 ORDER BY number")?
        .query_and_then([owner], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn strings<T: rusqlite::types::FromSql>(
    connection: &Connection,
    sql: &str,
    person: PersonId,
) -> Result<Vec<T>, RowError> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_and_then([Value::Integer(person.0)], |row| Ok(row.get(0)?))?.collect()
}
