//! Everything that is alive: what the desk is restored from.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rusqlite::{Connection, Row};

use super::error::{RowError, StoreError};
use super::rows::callback::OWED;
use super::settings::{self, SettingsVersion};
use super::{known, phones, rows};
use crate::domain::assignment::Assignment;
use crate::domain::call::{Call, CallAttempt};
use crate::domain::callback::CallbackRequest;
use crate::domain::care::{CareCall, PlannedCare};
use crate::domain::extension::Extension;
use crate::domain::ids::{PersonId, StationId, TicketId};
use crate::domain::inbox::InboxText;
use crate::domain::message::InboundText;
use crate::domain::number_mark::NumberMark;
use crate::domain::offer::Offer;
use crate::domain::operator::{OperatorRecord, OperatorStanding};
use crate::domain::person::KnownPerson;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Policy;
use crate::domain::queue::QueueEntry;
use crate::domain::recording::Recording;
use crate::domain::register::Institution;
use crate::domain::settings::SettingsKind;
use crate::domain::station::Station;
use crate::domain::survey::Survey;
use crate::domain::task_notice::TaskNotice;
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::Volunteer;
use crate::domain::work_item::WorkItem;

/// Tries so old no longer count towards what a number is rung in a day.
const ATTEMPTS_FOR: Duration = Duration::from_hours(24);
/// How long sequences of ticket numbers matter: number days may differ from ours by a time zone.
const SEQUENCES_FOR: Duration = Duration::from_hours(3 * 24);

/// The rows of one moment that the desk holds while it lives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Living {
    /// Open tickets, the oldest first.
    pub tickets: Vec<Ticket>,
    /// Closed or merged, but they may still be opened again.
    pub closed_lately: Vec<Ticket>,
    /// Of open tickets and of those closed lately, as are offers and assignments.
    pub work_items: Vec<WorkItem>,
    /// Also all offers of the last seven days: their reply codes are taken.
    pub offers: Vec<Offer>,
    /// Also every live one.
    pub assignments: Vec<Assignment>,
    /// Also all of the last seven days: their reply codes are taken.
    pub task_notices: Vec<TaskNotice>,
    /// Of open tickets.
    pub surveys: Vec<Survey>,
    /// Those that still owe a call.
    pub callbacks: Vec<CallbackRequest>,
    /// All care plans, with whom they are for.
    pub care_plans: Vec<PlannedCare>,
    /// Their calls that are not over.
    pub care_calls: Vec<CareCall>,
    /// Texts that wait for a person.
    pub inbox: Vec<InboxText>,
    pub operators: Vec<OperatorRecord>,
    pub standings: Vec<OperatorStanding>,
    /// Extensions of which a telephone is registered.
    pub reachable: BTreeSet<Extension>,
    pub queue: Vec<QueueEntry>,
    /// What was noted of numbers.
    pub marks: Vec<NumberMark>,
    /// Of these tickets and of call-back requests, and those of which nobody knows the length.
    pub recordings: Vec<Recording>,
    /// For whom these tickets were opened.
    pub people: Vec<KnownPerson>,
    /// Of these tickets those that were opened from a household's number, with that household.
    pub households: BTreeMap<TicketId, KnownPerson>,
    /// Calls that had not ended.
    pub calls: Vec<Call>,
    /// Tries to ring somebody of which nobody knows the end.
    pub attempts: Vec<CallAttempt>,
    /// Texts that came in and were not dealt with.
    pub unhandled_texts: Vec<InboundText>,
    /// Everybody who has not left, sorted by badge number.
    pub volunteers: Vec<Volunteer>,
    pub stations: Vec<Station>,
    /// Facilities that take work of any category.
    pub institutions: Vec<Institution>,
    /// Station, day (YYMMDD), highest number given.
    pub sequences: Vec<(StationId, u32, u16)>,
    /// When the desk was last known at work: an outage is counted from here.
    pub last_seen: Option<Timestamp>,
}

/// How long what has ended still matters, by the figures in force: of several jurisdictions the longest.
struct Matters {
    /// No-shows are counted.
    no_shows: Duration,
    /// An offer's reply code is given to nobody else.
    codes: Duration,
    /// A closed ticket may be opened again, a merged one parted.
    closed: Duration,
}

impl Matters {
    fn by(versions: &[SettingsVersion]) -> Self {
        // A version that cannot be read was refused when it came.
        let mut figures: Vec<Policy> =
            versions.iter().filter_map(|version| Policy::parse(&version.toml).ok()).collect();
        if figures.is_empty() {
            figures.push(Policy::default());
        }
        let longest = |of: fn(&Policy) -> Duration| figures.iter().map(of).max().unwrap_or_default();
        Self {
            no_shows: longest(|policy| policy.visits.no_shows_within),
            codes: longest(|policy| policy.offers.code_rest),
            closed: longest(|policy| policy.tickets.reopen_within.max(policy.tickets.unmerge_within)),
        }
    }
}

const OPEN_TICKETS: &str = "SELECT id FROM ticket WHERE is_open = 1";

/// Merged into an open ticket, or into one that was merged into it.
const MERGED_INTO_OPEN: &str = "WITH RECURSIVE merged(id) AS ( \
     SELECT child.id FROM ticket child JOIN ticket open ON child.merged_into = open.id WHERE open.is_open = 1 \
     UNION SELECT child.id FROM ticket child JOIN merged ON child.merged_into = merged.id) \
     SELECT id FROM merged";

pub(super) fn living(connection: &Connection, now: Timestamp) -> Result<Living, StoreError> {
    let matters = Matters::by(&settings::newest(connection, SettingsKind::Policy)?);
    Ok(Living {
        callbacks: owed_calls(connection)?,
        care_plans: known::planned_care(connection, now)?,
        care_calls: select(
            connection,
            "care_call",
            rows::care::COLUMNS,
            "ended_at IS NULL",
            rows::care::read,
        )?,
        inbox: select(
            connection,
            "station_inbox",
            rows::inbox::COLUMNS,
            "state = 'waiting'",
            rows::inbox::read,
        )?,
        operators: phones::operators(connection)?,
        standings: select(
            connection,
            "operator_standing",
            rows::operator::COLUMNS,
            "true",
            rows::operator::read,
        )?,
        reachable: phones::bindings(connection, now)?.into_iter().map(|it| it.extension).collect(),
        queue: select(
            connection,
            "queue_entry",
            rows::operator::QUEUE_COLUMNS,
            "ended_at IS NULL",
            rows::operator::read_queue,
        )?,
        marks: select(connection, "number_mark", rows::mark::COLUMNS, "true", rows::mark::read)?,
        calls: select(connection, "call", rows::call::COLUMNS, "ended_at IS NULL", rows::call::read)?,
        attempts: late_attempts(connection, now)?,
        unhandled_texts: unhandled_texts(connection)?,
        volunteers: rows::volunteer::all_present(connection)?,
        stations: select(connection, "station", rows::station::COLUMNS, "true", rows::station::read)?,
        institutions: select(
            connection,
            "facility",
            rows::facility::INSTITUTION_COLUMNS,
            "categories <> '[]'",
            rows::facility::read_institution,
        )?,
        sequences: sequences(connection, now)?,
        last_seen: super::journal::last_seen(connection)?,
        ..of_tickets(connection, &matters, now)?
    })
}

/// Tickets and what hangs on them; the rest is left empty.
fn of_tickets(connection: &Connection, matters: &Matters, now: Timestamp) -> Result<Living, StoreError> {
    let kept = (now - matters.closed).as_millis();
    // Merged tickets have no end of their own; a supervisor may part them again, and while the one they were merged into
    // is open their callers wait for it. Codes of void ones rest too.
    let lately = format!(
        "is_open = 0 AND state IN ('closed', 'merged', 'void') AND erased_at IS NULL \
         AND (closed_at >= {kept} OR (closed_at IS NULL AND opened_at >= {kept}) OR id IN ({MERGED_INTO_OPEN}))"
    );
    let theirs = format!("ticket IN ({OPEN_TICKETS} UNION ALL SELECT id FROM ticket WHERE {lately})");
    let offers_since = (now - matters.codes).as_millis();
    let no_shows_since = (now - matters.no_shows).as_millis();
    let (tickets, closed_lately) = (tickets(connection, "is_open = 1")?, tickets(connection, &lately)?);
    Ok(Living {
        households: of_households(connection, tickets.iter().chain(&closed_lately), now)?,
        tickets,
        closed_lately,
        work_items: select(
            connection,
            "work_item",
            rows::work_item::COLUMNS,
            &theirs,
            rows::work_item::read,
        )?,
        offers: select(
            connection,
            "offer",
            rows::offer::COLUMNS,
            &format!("{theirs} OR created_at >= {offers_since}"),
            rows::offer::read,
        )?,
        assignments: select(
            connection,
            "assignment",
            rows::assignment::COLUMNS,
            &format!(
                "{theirs} OR state IN ('booked', 'accepted', 'en_route', 'on_site') \
                 OR (state = 'no_show' AND ended_at >= {no_shows_since})"
            ),
            rows::assignment::read,
        )?,
        task_notices: select(
            connection,
            "task_notice",
            rows::task_notice::COLUMNS,
            &format!("{theirs} OR created_at >= {offers_since}"),
            rows::task_notice::read,
        )?,
        surveys: select(
            connection,
            "survey",
            rows::survey::COLUMNS,
            &format!("ticket IN ({OPEN_TICKETS})"),
            rows::survey::read,
        )?,
        recordings: select(
            connection,
            "recording",
            rows::recording::COLUMNS,
            &format!(
                "({theirs} OR length_ms IS NULL OR id IN (SELECT recording FROM callback_request WHERE {OWED})) \
                 AND erased_at IS NULL"
            ),
            rows::recording::read,
        )?,
        people: beneficiaries(connection, &lately, now)?,
        ..Living::default()
    })
}

fn select<T>(
    connection: &Connection,
    table: &str,
    columns: &str,
    which: &str,
    read: impl Fn(&Row<'_>) -> Result<T, RowError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {columns} FROM {table} WHERE {which} ORDER BY 1"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn beneficiaries(
    connection: &Connection,
    lately: &str,
    now: Timestamp,
) -> Result<Vec<KnownPerson>, StoreError> {
    let ids: Vec<PersonId> = connection
        .prepare_cached(&format!(
            "SELECT DISTINCT beneficiary FROM ticket WHERE beneficiary IS NOT NULL AND (is_open = 1 OR ({lately})) \
             ORDER BY 1"
        ))?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let found = ids.into_iter().map(|id| known::person(connection, id, now));
    found.filter_map(Result::transpose).collect()
}

fn of_households<'a>(
    connection: &Connection,
    tickets: impl Iterator<Item = &'a Ticket>,
    now: Timestamp,
) -> Result<BTreeMap<TicketId, KnownPerson>, StoreError> {
    let mut asked: BTreeMap<&PhoneNumber, Option<KnownPerson>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for ticket in tickets {
        let Some(number) = ticket.verified_caller() else { continue };
        if !asked.contains_key(number) {
            let known = known::persons(connection, number, now)?;
            asked.insert(number, known.home().filter(|_| known.is_household()));
        }
        if let Some(household) = asked.get(number).cloned().flatten() {
            found.insert(ticket.id, household);
        }
    }
    Ok(found)
}

fn owed_calls(connection: &Connection) -> Result<Vec<CallbackRequest>, StoreError> {
    select(connection, "callback_request", rows::callback::COLUMNS, OWED, rows::callback::read)
}

/// Those without an end, and those of the last day: a number is rung so often a day and no more.
fn late_attempts(connection: &Connection, now: Timestamp) -> Result<Vec<CallAttempt>, StoreError> {
    let since = (now - ATTEMPTS_FOR).as_millis();
    let late = format!("state IN ('open', 'answered') OR started_at >= {since}");
    select(connection, "call_attempt", rows::call::ATTEMPT_COLUMNS, &late, rows::call::read_attempt)
}

fn unhandled_texts(connection: &Connection) -> Result<Vec<InboundText>, StoreError> {
    let unhandled = "handled_at IS NULL";
    select(connection, "inbound_text", rows::text::INBOUND_COLUMNS, unhandled, rows::text::read_inbound)
}

fn tickets(connection: &Connection, which: &str) -> Result<Vec<Ticket>, StoreError> {
    select(connection, "ticket", rows::ticket::COLUMNS, which, |row| rows::ticket::read(connection, row))
}

fn sequences(connection: &Connection, now: Timestamp) -> Result<Vec<(StationId, u32, u16)>, StoreError> {
    let since = jiff::Timestamp::from(now - SEQUENCES_FOR).strftime("%y%m%d").to_string();
    let found = connection
        .prepare_cached(
            "SELECT station, day, last FROM ticket_sequence WHERE day >= CAST(?1 AS INTEGER) ORDER BY 1, 2",
        )?
        .query_map([since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
