//! Volunteers: the profile, which records change, and the standing, which is the desk's.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use crate::desk::write::VolunteerStanding;
use crate::domain::ids::VolunteerId;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::{ANSWERS_KEPT, Credential, OfferAnswer, Volunteer, WeekHours};
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Json, point};

/// Rows of `volunteer`; skills, languages and credentials lie in their own tables.
pub const COLUMNS: &str = "id, person, jurisdiction, kind, lifecycle, phone, home_station, area, latitude_e7, \
     longitude_e7, gender, birth_year, available, night_consent, rating, duty, opted_out, last_assigned_at, \
     resting_until, answers, version";

/// A volunteer who is there already keeps the standing that the desk gave.
const PUT: &str = "INSERT INTO volunteer (id, person, jurisdiction, kind, lifecycle, phone, home_station, area, \
     latitude_e7, longitude_e7, gender, birth_year, available, night_consent, rating, duty, opted_out, \
     last_assigned_at, resting_until, answers, version, registered_at, updated_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, 1, ?21, ?21) \
     ON CONFLICT (id) DO UPDATE SET person = excluded.person, jurisdiction = excluded.jurisdiction, \
     kind = excluded.kind, lifecycle = excluded.lifecycle, phone = excluded.phone, \
     home_station = excluded.home_station, area = excluded.area, latitude_e7 = excluded.latitude_e7, \
     longitude_e7 = excluded.longitude_e7, gender = excluded.gender, birth_year = excluded.birth_year, \
     available = excluded.available, night_consent = excluded.night_consent, \
     rating = coalesce(excluded.rating, volunteer.rating), \
     version = volunteer.version + 1, updated_at = excluded.updated_at";

fn check(volunteer: &Volunteer) -> Result<(), RowError> {
    let badge = (1..=99_999).contains(&volunteer.id.0);
    must_hold(badge, "volunteer", "a badge number has at most five digits")?;
    must_hold(volunteer.rating.is_none_or(|rating| rating <= 1_000), "volunteer", "a rating is 0 to 1000")?;
    must_hold(volunteer.answers.len() <= ANSWERS_KEPT, "volunteer", "more than twenty answers")
}

/// Puts the profile; the version is the store's to give.
pub fn put(connection: &Connection, volunteer: &Volunteer, now: Timestamp) -> Result<(), RowError> {
    check(volunteer)?;
    let is_there: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM volunteer WHERE id = ?1)")?
        .query_row([volunteer.id], |row| row.get(0))?;
    connection.prepare_cached(PUT)?.execute(params![
        volunteer.id,
        volunteer.person,
        volunteer.jurisdiction,
        volunteer.kind,
        volunteer.lifecycle,
        volunteer.phone,
        volunteer.home_station,
        volunteer.area,
        volunteer.point.map(|point| point.latitude_e7),
        volunteer.point.map(|point| point.longitude_e7),
        volunteer.gender,
        volunteer.birth_year,
        Json(volunteer.available),
        volunteer.night_consent,
        volunteer.rating,
        volunteer.duty,
        volunteer.opted_out,
        volunteer.last_assigned_at,
        volunteer.resting_until,
        Json(&volunteer.answers),
        now,
    ])?;
    let id = volunteer.id;
    if is_there {
        for table in ["volunteer_skill", "volunteer_language", "volunteer_credential"] {
            connection.prepare_cached(&format!("DELETE FROM {table} WHERE volunteer = ?1"))?.execute([id])?;
        }
    }
    let mut skill =
        connection.prepare_cached("INSERT INTO volunteer_skill (volunteer, category) VALUES (?1, ?2)")?;
    for category in &volunteer.skills {
        skill.execute(params![id, category])?;
    }
    let mut spoken =
        connection.prepare_cached("INSERT INTO volunteer_language (volunteer, language) VALUES (?1, ?2)")?;
    for language in &volunteer.languages {
        spoken.execute(params![id, language])?;
    }
    let mut held = connection.prepare_cached(
        "INSERT INTO volunteer_credential (volunteer, position, kind, expires_at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, credential) in (0_i64..).zip(&volunteer.credentials) {
        held.execute(params![id, position, credential.kind, credential.expires_at])?;
    }
    Ok(())
}

/// Puts the part that the desk owns.
pub fn put_standing(connection: &Connection, standing: &VolunteerStanding) -> Result<(), RowError> {
    must_hold(standing.answers.len() <= ANSWERS_KEPT, "volunteer", "more than twenty answers")?;
    let changed = connection
        .prepare_cached(
            "UPDATE volunteer SET duty = ?2, opted_out = ?3, last_assigned_at = ?4, resting_until = ?5, \
             answers = ?6, rating = ?7 WHERE id = ?1",
        )?
        .execute(params![
            standing.volunteer,
            standing.duty,
            standing.opted_out,
            standing.last_assigned_at,
            standing.resting_until,
            Json(&standing.answers),
            standing.rating,
        ])?;
    must_hold(changed == 1, "volunteer", "the standing of nobody registered")
}

/// Reads the row itself; skills, languages and credentials are left empty.
fn read(row: &Row<'_>) -> Result<Volunteer, RowError> {
    let available: Json<WeekHours> = row.get("available")?;
    let answers: Json<Vec<OfferAnswer>> = row.get("answers")?;
    Ok(Volunteer {
        id: row.get("id")?,
        person: row.get("person")?,
        jurisdiction: row.get("jurisdiction")?,
        kind: row.get("kind")?,
        lifecycle: row.get("lifecycle")?,
        phone: row.get("phone")?,
        home_station: row.get("home_station")?,
        area: row.get("area")?,
        point: point(row)?,
        skills: std::collections::BTreeSet::new(),
        languages: std::collections::BTreeSet::new(),
        gender: row.get("gender")?,
        birth_year: row.get("birth_year")?,
        credentials: Vec::new(),
        available: available.0,
        duty: row.get("duty")?,
        opted_out: row.get("opted_out")?,
        night_consent: row.get("night_consent")?,
        rating: row.get("rating")?,
        last_assigned_at: row.get("last_assigned_at")?,
        resting_until: row.get("resting_until")?,
        answers: answers.0,
        version: row.get("version")?,
    })
}

/// One volunteer, whole.
pub fn find(connection: &Connection, id: VolunteerId) -> Result<Option<Volunteer>, RowError> {
    Ok(select(connection, "id = ?1", &[&id])?.into_iter().next())
}

/// Everybody who has not left, sorted by badge number.
pub fn all_present(connection: &Connection) -> Result<Vec<Volunteer>, RowError> {
    select(connection, "lifecycle <> 'left'", &[])
}

fn select(
    connection: &Connection,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Volunteer>, RowError> {
    let mut found = BTreeMap::new();
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM volunteer WHERE {which}"))?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        let volunteer = read(row)?;
        found.insert(volunteer.id, volunteer);
    }
    let of_these = format!("volunteer IN (SELECT id FROM volunteer WHERE {which})");
    let mut statement =
        connection.prepare(&format!("SELECT volunteer, category FROM volunteer_skill WHERE {of_these}"))?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        if let Some(volunteer) = found.get_mut(&row.get(0)?) {
            volunteer.skills.insert(row.get(1)?);
        }
    }
    let mut statement = connection
        .prepare(&format!("SELECT volunteer, language FROM volunteer_language WHERE {of_these}"))?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        if let Some(volunteer) = found.get_mut(&row.get(0)?) {
            volunteer.languages.insert(row.get(1)?);
        }
    }
    let mut statement = connection.prepare(&format!(
        "SELECT volunteer, kind, expires_at FROM volunteer_credential WHERE {of_these} ORDER BY volunteer, position"
    ))?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        if let Some(volunteer) = found.get_mut(&row.get(0)?) {
            volunteer.credentials.push(Credential { kind: row.get(1)?, expires_at: row.get(2)? });
        }
    }
    let volunteers: Vec<Volunteer> = found.into_values().collect();
    volunteers.iter().try_for_each(check)?;
    Ok(volunteers)
}
