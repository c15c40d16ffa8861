//! Group commit: many steps in one transaction, each in a savepoint of its own.

use rusqlite::{Connection, Transaction};

use super::chain;
use super::error::{RowError, StoreError};
use super::journal::Journal;
use super::rows;
use crate::desk::write::Write;
use crate::domain::ids::InputId;
use crate::domain::message::TextState;
use crate::domain::timestamp::Timestamp;

/// What one event led to, to be committed.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchStep {
    /// The event's id: one that was committed before is ignored.
    pub input: InputId,
    /// The event as it is journalled; none when the journal is off.
    pub journal: Option<Vec<u8>>,
    /// In order: parents before children, ending rows before starting ones.
    pub writes: Vec<Write>,
}

/// Steps to be committed together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    pub now: Timestamp,
    pub steps: Vec<BatchStep>,
}

/// What became of each step, in the batch's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchReport {
    pub steps: Vec<StepOutcome>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// With the numbers of the lines of history it wrote.
    Committed { events: Vec<i64> },
    /// Its event was committed before: nothing was written.
    Seen,
    /// A row was refused: the step alone was rolled back and its event quarantined.
    Refused { reason: String },
}

impl BatchReport {
    /// The steps that were refused: index and reason.
    pub fn refused(&self) -> impl Iterator<Item = (usize, &str)> {
        self.steps.iter().enumerate().filter_map(|(index, step)| match step {
            StepOutcome::Refused { reason } => Some((index, reason.as_str())),
            StepOutcome::Committed { .. } | StepOutcome::Seen => None,
        })
    }
}

/// Writes all steps; says what became of each, and whether a text waits to leave.
pub(super) fn commit(
    transaction: &Transaction<'_>,
    journal: &Journal,
    batch: &Batch,
) -> Result<(BatchReport, bool), StoreError> {
    let mut report = BatchReport { steps: Vec::with_capacity(batch.steps.len()) };
    let mut text_waits = false;
    for step in &batch.steps {
        let outcome = commit_step(transaction, journal, step, batch.now)?;
        text_waits |=
            matches!(outcome, StepOutcome::Committed { .. }) && step.writes.iter().any(is_text_to_send);
        report.steps.push(outcome);
    }
    Ok((report, text_waits))
}

fn is_text_to_send(write: &Write) -> bool {
    matches!(write, Write::Text(text) if text.state == TextState::Waiting)
}

fn commit_step(
    connection: &Connection,
    journal: &Journal,
    step: &BatchStep,
    now: Timestamp,
) -> Result<StepOutcome, StoreError> {
    if !journal.note(connection, step.input, now, step.journal.as_deref())? {
        return Ok(StepOutcome::Seen);
    }
    if step.writes.is_empty() {
        return Ok(StepOutcome::Committed { events: Vec::new() });
    }
    connection.prepare_cached("SAVEPOINT step")?.execute([])?;
    let mut events = Vec::new();
    let written = step.writes.iter().try_for_each(|write| put(connection, write, now, &mut events));
    match written {
        Ok(()) => {
            connection.prepare_cached("RELEASE step")?.execute([])?;
            Ok(StepOutcome::Committed { events })
        }
        Err(error) if error.is_of_the_row() => {
            connection.prepare_cached("ROLLBACK TO step")?.execute([])?;
            connection.prepare_cached("RELEASE step")?.execute([])?;
            let reason = error.to_string();
            journal.quarantine(connection, step.input, now, &reason, step.journal.as_deref())?;
            Ok(StepOutcome::Refused { reason })
        }
        Err(error) => Err(error.into()),
    }
}

fn put(
    connection: &Connection,
    write: &Write,
    now: Timestamp,
    events: &mut Vec<i64>,
) -> Result<(), RowError> {
    match write {
        Write::Call(call) => rows::call::put(connection, call),
        Write::Attempt(attempt) => rows::call::put_attempt(connection, attempt),
        Write::Ticket(ticket) => rows::ticket::put(connection, ticket),
        Write::WorkItem(item) => rows::work_item::put(connection, item),
        Write::Offer(offer) => rows::offer::put(connection, offer),
        Write::TaskNotice(notice) => rows::task_notice::put(connection, notice),
        Write::Assignment(assignment) => rows::assignment::put(connection, assignment),
        Write::Callback(request) => rows::callback::put(connection, request),
        Write::Care(care) => rows::care::put(connection, care),
        Write::Queue(entry) => rows::operator::put_queue(connection, entry),
        Write::Operator(standing) => rows::operator::put(connection, standing),
        Write::DeviceTested { number, at } => rows::device::tested(connection, number, *at),
        Write::CallDisposed { call, disposition } => rows::operator::dispose(connection, *call, *disposition),
        Write::Excluded { person, volunteer, since } => {
            rows::person::exclude(connection, *person, *volunteer, *since)
        }
        Write::Mark(mark) => rows::mark::put(connection, mark),
        Write::Inbox(text) => rows::inbox::put(connection, text),
        Write::Survey(survey) => rows::survey::put(connection, survey),
        Write::Recording(recording) => rows::recording::put(connection, recording),
        Write::RecordingCut(id) => rows::recording::cut(connection, *id),
        Write::Text(text) => rows::text::put(connection, text),
        Write::CancelText(id) => rows::text::cancel(connection, *id),
        Write::TextReported(report) => rows::text::report(connection, report),
        Write::TextHandled(text) => rows::text::handled(connection, text, now),
        Write::Duty(standing) => rows::volunteer::put_standing(connection, standing),
        Write::Sequence { station, day, last } => {
            rows::ticket::put_sequence(connection, *station, *day, *last)
        }
        Write::Event(draft) => {
            events.push(chain::append(connection, draft)?);
            Ok(())
        }
    }
}
