//! Requests to be rung back.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::domain::callback::CallbackRequest;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::{Json, upsert};

pub const COLUMNS: &str = "id, jurisdiction, station, number, person, language, reason, state, queued_at, due, \
     breached_at, triage, call, calls, tries, next_try_at, recording, ticket, category, by_person_only, urgent, \
     ended_at";

/// Which requests still owe a call, as a query asks. The indices of the schema say it in the same words.
pub const OWED: &str = "state IN ('queued', 'offered', 'dialing', 'retry_wait')";

static PUT: LazyLock<String> = LazyLock::new(|| upsert("callback_request", COLUMNS, "id"));

fn check(request: &CallbackRequest) -> Result<(), RowError> {
    let open = request.state.is_open();
    must_hold(!open || request.ended_at.is_none(), "callback_request", "open and ended at once")
}

pub fn put(connection: &Connection, request: &CallbackRequest) -> Result<(), RowError> {
    check(request)?;
    connection.prepare_cached(&PUT)?.execute(params![
        request.id,
        request.jurisdiction,
        request.station,
        request.number,
        request.person,
        request.language,
        request.reason,
        request.state,
        request.queued_at,
        request.due,
        request.breached_at,
        request.triage.map(Json),
        request.call,
        request.calls,
        request.tries,
        request.next_try_at,
        request.recording,
        request.ticket,
        request.category,
        request.by_person_only,
        request.urgent,
        request.ended_at,
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<CallbackRequest, RowError> {
    let request = CallbackRequest {
        id: row.get("id")?,
        jurisdiction: row.get("jurisdiction")?,
        station: row.get("station")?,
        number: row.get("number")?,
        person: row.get("person")?,
        language: row.get("language")?,
        reason: row.get("reason")?,
        state: row.get("state")?,
        queued_at: row.get("queued_at")?,
        due: row.get("due")?,
        breached_at: row.get("breached_at")?,
        triage: row.get::<_, Option<Json<_>>>("triage")?.map(|triage| triage.0),
        call: row.get("call")?,
        calls: row.get("calls")?,
        tries: row.get("tries")?,
        next_try_at: row.get("next_try_at")?,
        recording: row.get("recording")?,
        ticket: row.get("ticket")?,
        category: row.get("category")?,
        by_person_only: row.get("by_person_only")?,
        urgent: row.get("urgent")?,
        ended_at: row.get("ended_at")?,
    };
    check(&request)?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::callback::CallbackState;

    #[test]
    fn a_query_asks_for_the_states_that_are_open() {
        let open = CallbackState::ALL.iter().filter(|state| state.is_open());
        let names: Vec<String> = open.map(|state| format!("'{state}'")).collect();
        assert_eq!(OWED, format!("state IN ({})", names.join(", ")));
    }
}
