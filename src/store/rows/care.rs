//! Care plans, and the calls that are made by them.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::care::{CareCall, CareContact, CarePlan};
use crate::domain::ids::CarePlanId;
use crate::domain::recurrence::Recurrence;
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Day, Json, upsert};

/// Care calls are the one kind that is made.
pub const KIND: &str = "care_call";

const PLAN_COLUMNS: &str =
    "id, jurisdiction, person, kind, number, rule, minute, contacts, first_day, last_day, paused, updated_at";

static PUT_PLAN: LazyLock<String> = LazyLock::new(|| upsert("care_plan", PLAN_COLUMNS, "id"));

/// Adds a plan, or puts it in place of the one with its number.
pub fn put_plan(connection: &Connection, plan: &CarePlan, now: Timestamp) -> Result<(), RowError> {
    let there = connection
        .prepare_cached("SELECT 1 FROM person WHERE id = ?1 AND erased_at IS NULL")?
        .exists([plan.person])?;
    must_hold(there, "care_plan", "nobody in the register is rung by it")?;
    must_hold(plan.minute < 1_440, "care_plan", "a day has 1440 minutes")?;
    connection.prepare_cached(&PUT_PLAN)?.execute(params![
        plan.id,
        plan.jurisdiction,
        plan.person,
        KIND,
        plan.number,
        plan.rule.to_string(),
        plan.minute,
        Json(&plan.contacts),
        Day(plan.first_day),
        plan.last_day.map(Day),
        plan.paused,
        now,
    ])?;
    Ok(())
}

/// All plans, by their numbers.
pub fn plans(connection: &Connection) -> Result<Vec<CarePlan>, RowError> {
    connection
        .prepare_cached(&format!("SELECT {PLAN_COLUMNS} FROM care_plan WHERE kind = ?1 ORDER BY id"))?
        .query_and_then([KIND], read_plan)?
        .collect()
}

pub fn read_plan(row: &Row<'_>) -> Result<CarePlan, RowError> {
    let id: CarePlanId = row.get("id")?;
    let rule: String = row.get("rule")?;
    let contacts: Json<Vec<CareContact>> = row.get("contacts")?;
    let rule = Recurrence::parse(&rule).ok();
    must_hold(rule.is_some(), "care_plan", "its rule cannot be read")?;
    Ok(CarePlan {
        id,
        jurisdiction: row.get("jurisdiction")?,
        person: row.get("person")?,
        number: row.get("number")?,
        rule: rule.expect("held a line above"),
        minute: row.get("minute")?,
        contacts: contacts.0,
        first_day: row.get::<_, Day>("first_day")?.0,
        last_day: row.get::<_, Option<Day>>("last_day")?.map(|day| day.0),
        paused: row.get("paused")?,
    })
}

pub const COLUMNS: &str = "id, jurisdiction, plan, person, state, sought_from, planned_at, next_at, first_at, \
     tries, contacts_rung, answer, ticket, ended_at";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("care_call", COLUMNS, "id"));

fn check(care: &CareCall) -> Result<(), RowError> {
    must_hold(care.state.is_open() == care.ended_at.is_none(), "care_call", "open and ended at once")
}

pub fn put(connection: &Connection, care: &CareCall) -> Result<(), RowError> {
    check(care)?;
    connection.prepare_cached(&PUT)?.execute(params![
        care.id,
        care.jurisdiction,
        care.plan,
        care.person,
        care.state,
        care.sought_from,
        care.planned_at,
        care.next_at,
        care.first_at,
        care.tries,
        care.contacts_rung,
        care.answer,
        care.ticket,
        care.ended_at,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<CareCall, RowError> {
    let care = CareCall {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        plan: row.get("plan")?,
        person: row.get("person")?,
        state: row.get("state")?,
        sought_from: row.get("sought_from")?,
        planned_at: row.get("planned_at")?,
        next_at: row.get("next_at")?,
        first_at: row.get("first_at")?,
        tries: row.get("tries")?,
        contacts_rung: row.get("contacts_rung")?,
        answer: row.get("answer")?,
        ticket: row.get("ticket")?,
        ended_at: row.get("ended_at")?,
    };
    check(&care)?;
    Ok(care)
}
