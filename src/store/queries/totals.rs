//! Totals that have to balance: calls by what they came to, offers and tickets by where they stand.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::phone_number::PhoneNumber;
use crate::store::error::StoreError;

/// Numbers that are read at most.
const MOST_NUMBERS: u32 = 5_000;

/// Counts by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Incoming calls by result; `open` are those in progress.
    pub calls: BTreeMap<String, u64>,
    /// Offers by state.
    pub offers: BTreeMap<String, u64>,
    /// Offers that were ever made, and those of them without an end: counted without a look at their state.
    pub offers_made: u64,
    pub offers_without_end: u64,
    /// What incoming calls that ended in "no ticket needed" say the reason was.
    pub dispositions: BTreeMap<String, u64>,
    /// Incoming calls that ended as `callback` and whose number has a request that was open then or later.
    pub calls_owed: u64,
    /// Call-back requests by state.
    pub callbacks: BTreeMap<String, u64>,
    pub tickets: BTreeMap<String, u64>,
    /// Notices of tasks to duty telephones: waiting, taken, ended after they were taken, or gone to others.
    pub tasks: BTreeMap<String, u64>,
    /// Tickets that were opened in an incoming call.
    pub opened_by_telephone: u64,
    /// Incoming calls that ended in a ticket which another call, or nobody's call, had opened.
    pub calls_about_open: u64,
}

/// Counts everything there is.
pub fn totals(connection: &Connection) -> Result<Totals, StoreError> {
    let counts = |sql: &str| -> Result<BTreeMap<String, u64>, StoreError> {
        let found = connection
            .prepare_cached(sql)?
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?
            .collect::<Result<_, _>>()?;
        Ok(found)
    };
    let count = |sql: &str| -> Result<u64, StoreError> {
        Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
    };
    const INCOMING: &str = "FROM call c WHERE c.direction = 'incoming' AND c.result = 'ticket' AND";
    Ok(Totals {
        calls: counts(
            "SELECT coalesce(result, 'open'), count(*) FROM call WHERE direction = 'incoming' GROUP BY 1",
        )?,
        offers: counts("SELECT state, count(*) FROM offer GROUP BY 1")?,
        offers_made: count("SELECT count(*) FROM offer")?,
        offers_without_end: count("SELECT count(*) FROM offer WHERE ended_at IS NULL")?,
        dispositions: counts(
            "SELECT disposition, count(*) FROM call WHERE direction = 'incoming' AND result = 'disposition' \
             AND disposition IS NOT NULL GROUP BY 1",
        )?,
        calls_owed: count(
            "SELECT count(*) FROM call c WHERE c.direction = 'incoming' AND c.result = 'callback' AND EXISTS \
             (SELECT 1 FROM callback_request r WHERE r.number = c.number \
             AND (r.ended_at IS NULL OR r.ended_at >= c.started_at))",
        )?,
        callbacks: counts("SELECT state, count(*) FROM callback_request GROUP BY 1")?,
        tickets: counts("SELECT state, count(*) FROM ticket GROUP BY 1")?,
        tasks: counts(
            "SELECT CASE WHEN ended_at IS NULL AND taken_at IS NULL THEN 'waiting' WHEN ended_at IS NULL THEN 'taken' \
             WHEN taken_at IS NOT NULL THEN 'ended' ELSE 'gone' END, count(*) FROM task_notice GROUP BY 1",
        )?,
        opened_by_telephone: count(&format!(
            "SELECT count(*) {INCOMING} EXISTS (SELECT 1 FROM ticket t WHERE t.call = c.id)"
        ))?,
        calls_about_open: count(&format!(
            "SELECT count(*) {INCOMING} NOT EXISTS (SELECT 1 FROM ticket t WHERE t.call = c.id) \
             AND c.ticket IN (SELECT id FROM ticket)"
        ))?,
    })
}

/// Volunteers who may be asked, if not today.
pub fn volunteers(connection: &Connection) -> Result<u64, StoreError> {
    let active = "SELECT count(*) FROM volunteer WHERE lifecycle = 'active'";
    Ok(connection.query_row(active, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Numbers of people who are no volunteers, in the order of the register.
pub fn resident_numbers(connection: &Connection) -> Result<Vec<PhoneNumber>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT p.number FROM person_phone p WHERE NOT EXISTS (SELECT 1 FROM volunteer v WHERE v.person = p.person) \
             AND NOT EXISTS (SELECT 1 FROM staff_member s WHERE s.person = p.person) ORDER BY p.person LIMIT ?1",
        )?
        .query_map([MOST_NUMBERS], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
