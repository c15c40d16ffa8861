//! The rows a store would hold, kept in memory: every step is applied, a desk can be restored from it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use yingda::desk::restore::Living;
use yingda::desk::write::Write;
use yingda::domain::assignment::{Assignment, AssignmentState};
use yingda::domain::call::{AttemptState, Call, CallAttempt};
use yingda::domain::callback::CallbackRequest;
use yingda::domain::care::{CareCall, PlannedCare};
use yingda::domain::extension::Extension;
use yingda::domain::ids::{
    AssignmentId, AttemptId, CallId, CallbackId, CareCallId, MarkId, MessageId, OfferId, PersonId,
    RecordingId, StationId, SurveyId, TaskNoticeId, TicketId, UserId, VolunteerId, WorkItemId,
};
use yingda::domain::inbox::InboxText;
use yingda::domain::number_mark::NumberMark;
use yingda::domain::offer::Offer;
use yingda::domain::operator::{OperatorRecord, OperatorStanding};
use yingda::domain::person::{Known, KnownPerson};
use yingda::domain::phone_number::PhoneNumber;
use yingda::domain::queue::QueueEntry;
use yingda::domain::recording::Recording;
use yingda::domain::register::Institution;
use yingda::domain::station::Station;
use yingda::domain::survey::Survey;
use yingda::domain::task_notice::TaskNotice;
use yingda::domain::ticket::{Ticket, TicketState};
use yingda::domain::timestamp::Timestamp;
use yingda::domain::volunteer::Volunteer;
use yingda::domain::work_item::WorkItem;

/// Closed tickets are kept this long, as a store's reading of the living does.
const REOPEN_FOR: Duration = Duration::from_secs(15 * 24 * 3600);
/// Tries of the last day count towards what a number is rung in a day.
const ATTEMPTS_FOR: Duration = Duration::from_secs(24 * 3600);
const NO_SHOWS_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
const OFFERS_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub stations: Vec<Station>,
    pub institutions: Vec<Institution>,
    pub people: BTreeMap<PersonId, KnownPerson>,
    /// Whose number it is.
    pub homes: BTreeMap<PhoneNumber, Known>,
    pub volunteers: BTreeMap<VolunteerId, Volunteer>,
    pub tickets: BTreeMap<TicketId, Ticket>,
    pub work: BTreeMap<WorkItemId, WorkItem>,
    pub offers: BTreeMap<OfferId, Offer>,
    pub assignments: BTreeMap<AssignmentId, Assignment>,
    pub task_notices: BTreeMap<TaskNoticeId, TaskNotice>,
    pub surveys: BTreeMap<SurveyId, Survey>,
    pub callbacks: BTreeMap<CallbackId, CallbackRequest>,
    pub care_plans: Vec<PlannedCare>,
    pub care_calls: BTreeMap<CareCallId, CareCall>,
    pub inbox: BTreeMap<MessageId, InboxText>,
    pub operators: Vec<OperatorRecord>,
    pub standings: BTreeMap<UserId, OperatorStanding>,
    /// When the test key of a one-key device was pressed last.
    pub tested: BTreeMap<PhoneNumber, Timestamp>,
    /// Extensions of which a telephone is registered.
    pub reachable: BTreeSet<Extension>,
    pub queue: BTreeMap<CallId, QueueEntry>,
    pub marks: BTreeMap<MarkId, NumberMark>,
    pub calls: BTreeMap<CallId, Call>,
    pub attempts: BTreeMap<AttemptId, CallAttempt>,
    pub recordings: BTreeMap<RecordingId, Recording>,
    pub sequences: BTreeMap<(StationId, u32), u16>,
    pub cancelled_texts: BTreeMap<MessageId, ()>,
    /// When the time of a visit was changed last.
    pub moved: BTreeMap<AssignmentId, Timestamp>,
    /// Whom the address of which offer was texted to.
    pub addresses: BTreeSet<(PhoneNumber, String)>,
    pub last_seen: Option<Timestamp>,
}

impl Ledger {
    /// Puts one row in place of the row with its id.
    pub fn put(&mut self, write: &Write) {
        match write {
            Write::Call(row) => drop(self.calls.insert(row.id, row.clone())),
            Write::Attempt(row) => drop(self.attempts.insert(row.id, row.clone())),
            Write::Ticket(row) => drop(self.tickets.insert(row.id, row.as_ref().clone())),
            Write::WorkItem(row) => drop(self.work.insert(row.id, row.clone())),
            Write::Offer(row) => {
                if self.offers.insert(row.id, row.clone()).is_none() {
                    // A code that rested stands for another offer.
                    self.addresses.remove(&(row.phone.clone(), row.code.to_string()));
                }
            }
            Write::TaskNotice(row) => drop(self.task_notices.insert(row.id, row.clone())),
            Write::Assignment(row) => drop(self.assignments.insert(row.id, row.clone())),
            Write::Callback(row) => drop(self.callbacks.insert(row.id, row.clone())),
            Write::Survey(row) => drop(self.surveys.insert(row.id, row.clone())),
            Write::Recording(row) => drop(self.recordings.insert(row.id, row.clone())),
            Write::RecordingCut(id) => {
                self.recordings.get_mut(id).expect("a recording was begun before it was cut").complete =
                    false;
            }
            Write::Care(row) => {
                self.care_calls.insert(row.id, row.clone());
                let open =
                    self.care_calls.values().filter(|care| care.plan == row.plan && care.ended_at.is_none());
                assert!(open.count() <= 1, "a plan has one call at a time");
            }
            Write::Queue(row) => drop(self.queue.insert(row.call, row.clone())),
            Write::Operator(row) => drop(self.standings.insert(row.user, row.clone())),
            Write::DeviceTested { number, at } => drop(self.tested.insert(number.clone(), *at)),
            Write::CallDisposed { call, disposition } => {
                self.calls.get_mut(call).expect("a call that was").disposition = Some(*disposition);
            }
            Write::Mark(row) if row.is_blank() => drop(self.marks.remove(&row.id)),
            Write::Mark(row) => drop(self.marks.insert(row.id, row.clone())),
            Write::Excluded { person, volunteer, since } => {
                let known = self.homes.values_mut().flat_map(|home| home.persons.iter_mut());
                for theirs in known.chain(self.people.values_mut()).filter(|it| it.person == *person) {
                    theirs.blocked.retain(|id| id != volunteer);
                    theirs.blocked.extend(since.map(|_| *volunteer));
                }
            }
            Write::Inbox(row) => drop(self.inbox.insert(row.id, row.clone())),
            Write::CancelText(id) => drop(self.cancelled_texts.insert(*id, ())),
            Write::Sequence { station, day, last } => {
                self.sequences.insert((*station, *day), *last);
            }
            Write::Duty(standing) => {
                if let Some(volunteer) = self.volunteers.get_mut(&standing.volunteer) {
                    volunteer.duty = standing.duty;
                    volunteer.opted_out = standing.opted_out;
                    volunteer.last_assigned_at = standing.last_assigned_at;
                    volunteer.resting_until = standing.resting_until;
                    volunteer.answers = standing.answers.clone();
                    volunteer.rating = standing.rating;
                }
            }
            Write::Text(text) if text.template == "accepted_details" => {
                self.addresses.insert((text.to.clone(), text.parameters["code"].clone()));
            }
            Write::Text(_) | Write::TextReported(_) | Write::TextHandled(_) | Write::Event(_) => {}
        }
    }

    /// What lives, as the store would hand it to a desk that starts.
    pub fn living(&self, now: Timestamp) -> Living {
        let tickets: BTreeMap<TicketId, Ticket> = self
            .tickets
            .values()
            .filter(|ticket| is_kept(ticket, now) || self.waits_for_another(ticket))
            .map(|ticket| (ticket.id, ticket.clone()))
            .collect();
        let theirs = |id: &TicketId| tickets.contains_key(id);
        Living {
            stations: self.stations.clone(),
            institutions: self.institutions.clone(),
            volunteers: self.volunteers.values().cloned().collect(),
            work_items: self.work.values().filter(|row| theirs(&row.ticket)).cloned().collect(),
            offers: self
                .offers
                .values()
                .filter(|row| theirs(&row.ticket) || row.created_at + OFFERS_FOR >= now)
                .cloned()
                .collect(),
            assignments: self
                .assignments
                .values()
                .filter(|row| {
                    let no_show = row.state == AssignmentState::NoShow;
                    let lately = row.ended_at.is_some_and(|at| at + NO_SHOWS_FOR >= now);
                    theirs(&row.ticket) || row.state.is_live() || (no_show && lately)
                })
                .cloned()
                .collect(),
            task_notices: self
                .task_notices
                .values()
                .filter(|row| theirs(&row.ticket) || row.created_at + OFFERS_FOR >= now)
                .cloned()
                .collect(),
            surveys: self
                .surveys
                .values()
                .filter(|row| tickets.get(&row.ticket).is_some_and(|ticket| ticket.state.is_open()))
                .cloned()
                .collect(),
            callbacks: self.callbacks.values().filter(|row| row.state.is_open()).cloned().collect(),
            care_plans: self.care_plans.clone(),
            care_calls: self.care_calls.values().filter(|row| row.ended_at.is_none()).cloned().collect(),
            operators: self.operators.clone(),
            standings: self.standings.values().cloned().collect(),
            reachable: self.reachable.clone(),
            queue: self.queue.values().filter(|row| row.ended_at.is_none()).cloned().collect(),
            inbox: self.inbox.values().filter(|row| row.ended_at.is_none()).cloned().collect(),
            marks: self.marks.values().cloned().collect(),
            calls: self.calls.values().filter(|row| row.ended_at.is_none()).cloned().collect(),
            attempts: self
                .attempts
                .values()
                .filter(|row| row.state == AttemptState::Open || row.started_at + ATTEMPTS_FOR >= now)
                .cloned()
                .collect(),
            recordings: self
                .recordings
                .values()
                .filter(|row| row.length.is_none() || row.ticket.is_some_and(|id| theirs(&id)))
                .cloned()
                .collect(),
            people: self.people.values().cloned().collect(),
            households: self.households_of(&tickets),
            sequences: self.sequences.iter().map(|((s, day), last)| (*s, *day, *last)).collect(),
            catalogues: vec![],
            last_seen: self.last_seen,
            tickets: tickets.into_values().collect(),
        }
    }

    /// Merged into a ticket that is open: its caller is called when that one is over.
    pub fn waits_for_another(&self, ticket: &Ticket) -> bool {
        let into = ticket.merged_into.and_then(|into| self.tickets.get(&into));
        into.is_some_and(|into| into.state.is_open() || self.waits_for_another(into))
    }

    fn households_of(&self, tickets: &BTreeMap<TicketId, Ticket>) -> BTreeMap<TicketId, KnownPerson> {
        tickets.values().filter_map(|ticket| Some((ticket.id, self.household_of(ticket)?))).collect()
    }

    fn household_of(&self, ticket: &Ticket) -> Option<KnownPerson> {
        let known = self.homes.get(ticket.verified_caller()?)?;
        known.home().filter(|_| known.is_household())
    }
}

/// Open, or closed so lately that it may be opened again.
fn is_kept(ticket: &Ticket, now: Timestamp) -> bool {
    let lately = ticket.closed_at.unwrap_or(ticket.opened_at) + REOPEN_FOR >= now;
    let is_held = match ticket.state {
        TicketState::Closed | TicketState::Merged | TicketState::Void => true,
        TicketState::Intake
        | TicketState::PendingDispatch
        | TicketState::Offering
        | TicketState::Dispatched
        | TicketState::InProgress
        | TicketState::Suspended
        | TicketState::Handled
        | TicketState::Archived => false,
    };
    ticket.state.is_open() || (is_held && lately)
}
