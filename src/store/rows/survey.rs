//! Surveys: asking the resident whether the help helped.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::survey::{Survey, SurveyState};
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Json, upsert};

pub const COLUMNS: &str = "id, jurisdiction, ticket, number, state, by_machine, tries, tried_hours, next_try_at, \
     resolved, satisfaction, discounted, ended_at";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("survey", COLUMNS, "id"));

fn check(survey: &Survey) -> Result<(), RowError> {
    let asked = survey.state == SurveyState::Answered;
    must_hold(survey.tried_hours.iter().all(|hour| *hour < 24), "survey", "an hour of the day is below 24")?;
    must_hold(!asked || survey.resolved.is_some(), "survey", "answered without an answer")
}

pub fn put(connection: &Connection, survey: &Survey) -> Result<(), RowError> {
    check(survey)?;
    connection.prepare_cached(&PUT)?.execute(params![
        survey.id,
        survey.jurisdiction,
        survey.ticket,
        survey.number,
        survey.state,
        survey.by_machine,
        survey.tries,
        Json(&survey.tried_hours),
        survey.next_try_at,
        survey.resolved,
        survey.satisfaction,
        survey.discounted,
        survey.ended_at,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<Survey, RowError> {
    let tried_hours: Json<Vec<u8>> = row.get("tried_hours")?;
    let survey = Survey {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        ticket: row.get("ticket")?,
        number: row.get("number")?,
        state: row.get("state")?,
        by_machine: row.get("by_machine")?,
        tries: row.get("tries")?,
        tried_hours: tried_hours.0,
        next_try_at: row.get("next_try_at")?,
        resolved: row.get("resolved")?,
        satisfaction: row.get("satisfaction")?,
        discounted: row.get("discounted")?,
        ended_at: row.get("ended_at")?,
    };
    check(&survey)?;
    Ok(survey)
}
