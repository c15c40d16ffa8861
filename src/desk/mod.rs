//! The desk: what the help line decides. `Desk::handle(event, now)` says what to write and what to do.
//!
//! Pure: the desk knows no database, no trunk and no clock but the time it is handed. It holds only what is
//! alive: calls in progress, tickets that may still move, call-back requests, the roster.

mod answering;
mod appointments;
mod asking;
mod at_once;
mod bridges;
mod broken_calls;
mod by_hand;
mod callbacks;
pub mod calls;
pub mod candidates;
mod care;
mod care_contacts;
mod care_tries;
pub mod case;
mod cases;
mod clock;
mod closing;
mod co_by_hand;
mod co_handlers;
pub mod command;
mod commands;
pub mod deadlines;
mod devices;
mod doors;
pub mod draft;
mod dropped;
pub mod effect;
pub mod emergency;
mod endings;
pub mod event;
mod excluded;
mod explained;
mod guards;
mod handlers;
mod help_numbers;
pub mod history;
mod hours;
mod inbox;
mod institutions;
mod intake;
mod kept_places;
mod ladder;
mod legs;
mod letters;
mod linked;
mod minors;
mod moves;
mod notices;
mod numbers;
mod objections;
mod offers;
mod one_place;
mod opening;
mod operators;
mod outcomes;
mod outgoing;
mod partners;
mod put_off;
mod queue;
mod recoded;
pub mod refusal;
mod replan;
mod replies;
mod residents;
pub mod restore;
mod returns;
mod rings;
pub mod rules;
mod rung_back;
mod settled;
mod staff;
mod staff_visits;
mod station_calls;
mod stopping;
mod supervision;
mod surveys;
mod talks;
mod task_calls;
mod task_notices;
mod task_replies;
mod ticket_commands;
mod triage;
mod visitors;
mod visits;
mod walks;
mod which;
pub mod write;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use calls::LiveCall;
use case::Case;
use deadlines::{Deadlines, Due};
use draft::Draft;
use event::DeskEvent;
use help_numbers::HelpNumbers;
use rules::Rules;
use write::{Step, Write};

use crate::dispatch::institutions::Institutions;
use crate::dispatch::roster::Roster;
use crate::dispatch::stations::StationTree;
use crate::dispatch::together::Together;
use crate::domain::call::CallAttempt;
use crate::domain::callback::CallbackRequest;
use crate::domain::care::{CareCall, PlannedCare};
use crate::domain::category::Catalogue;
use crate::domain::extension::Extension;
use crate::domain::ids::{
    AssignmentId, AttemptId, CallId, CallbackId, CareCallId, CarePlanId, Chance, JurisdictionId, MessageId,
    OfferId, RecordingId, StationId, TaskNoticeId, TicketId, UserId,
};
use crate::domain::inbox::InboxText;
use crate::domain::number_mark::NumberMark;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::QueueEntry;
use crate::domain::recording::Recording;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::ivr::words::WalkEvent;

/// How many overdue things one tick deals with; the rest follow in the next.
const OVERDUE_AT_ONCE: usize = 64;
/// Ended tries that are remembered, to count how often somebody was rung.
const REMEMBERED_ATTEMPTS: usize = 10_000;

/// The desk, whole. One thread owns it.
pub struct Desk {
    rules: Rules,
    /// Earlier versions of the catalogue, while tickets live that began with them.
    older_catalogues: BTreeMap<u32, Catalogue>,
    jurisdiction: JurisdictionId,
    chance: Chance,
    stations: BTreeMap<StationId, Station>,
    tree: StationTree,
    institutions: Institutions,
    help_numbers: HelpNumbers,
    roster: Roster,
    calls: BTreeMap<CallId, LiveCall>,
    attempts: BTreeMap<AttemptId, CallAttempt>,
    ended_attempts: VecDeque<AttemptId>,
    cases: BTreeMap<TicketId, Case>,
    tickets_by_caller: BTreeMap<PhoneNumber, BTreeSet<TicketId>>,
    offers_by_phone: BTreeMap<PhoneNumber, BTreeSet<(TicketId, OfferId)>>,
    ticket_of_offer: BTreeMap<OfferId, TicketId>,
    offer_of_text: BTreeMap<MessageId, OfferId>,
    tasks_by_phone: BTreeMap<PhoneNumber, BTreeSet<(TicketId, TaskNoticeId)>>,
    task_of_text: BTreeMap<MessageId, (TicketId, TaskNoticeId)>,
    callbacks: BTreeMap<CallbackId, CallbackRequest>,
    care_plans: BTreeMap<CarePlanId, PlannedCare>,
    /// Calls of these plans that are not over: one each.
    care_calls: BTreeMap<CareCallId, CareCall>,
    operators: BTreeMap<UserId, operators::Operator>,
    /// The program stops: nobody is rung any more.
    stops: bool,
    /// Extensions of which a telephone is registered.
    reachable: BTreeSet<Extension>,
    /// Who is no operator any more: forgotten when the step is written.
    operators_gone: Vec<UserId>,
    /// Callers who wait for a person, while their calls live.
    queue: BTreeMap<CallId, QueueEntry>,
    /// How long a talk with an operator takes, writing up included, as the last ones went.
    talk_length: Duration,
    /// Texts that wait for a person.
    inbox: BTreeMap<MessageId, InboxText>,
    /// What was noted of numbers: danger near, abuse.
    marks: BTreeMap<PhoneNumber, NumberMark>,
    /// Recordings whose length or ticket is still to come.
    recordings: BTreeMap<RecordingId, Recording>,
    sequences: BTreeMap<(StationId, u32), u16>,
    /// Short calls of the last minutes: two from one number count as one long.
    short_calls: BTreeMap<PhoneNumber, Timestamp>,
    /// When a number was last sent the help text.
    helped_at: BTreeMap<PhoneNumber, Timestamp>,
    /// When a station was last told that people wait.
    reminded_at: BTreeMap<StationId, Timestamp>,
    /// Helpers who said no after their yes, and were asked whether they mean it.
    cannot_asked: BTreeSet<AssignmentId>,
    /// The same of stations and institutions.
    task_cannot_asked: BTreeSet<TaskNoticeId>,
    /// After a restart offers and surveys wait until the texts that waited at the centre are in.
    holding_until: Option<Timestamp>,
    deadlines: Deadlines,
    draft: Draft,
    /// Whether actions of a walk are being done.
    performing: bool,
    /// What walks are told when they are.
    facts: VecDeque<(CallId, WalkEvent)>,
    to_forget: Vec<TicketId>,
    /// Whom the tickets that fall due in this step ask first.
    together: Together<TicketId>,
}

/// When the desk has to be woken, and for what.
pub type NextDeadline = Option<(Timestamp, Due)>;

impl Desk {
    /// An empty desk: stations, volunteers and what lives are put by `restore`.
    pub fn new(rules: Rules, chance: Chance) -> Self {
        let mut roster = Roster::default();
        for area in rules.areas.values() {
            roster.put_area(area);
        }
        Self {
            jurisdiction: rules.jurisdiction.clone(),
            talk_length: rules.policy.queue.talk_length,
            rules,
            older_catalogues: BTreeMap::new(),
            chance,
            stations: BTreeMap::new(),
            tree: StationTree::default(),
            institutions: Institutions::default(),
            help_numbers: HelpNumbers::default(),
            roster,
            calls: BTreeMap::new(),
            attempts: BTreeMap::new(),
            ended_attempts: VecDeque::new(),
            cases: BTreeMap::new(),
            tickets_by_caller: BTreeMap::new(),
            offers_by_phone: BTreeMap::new(),
            ticket_of_offer: BTreeMap::new(),
            offer_of_text: BTreeMap::new(),
            tasks_by_phone: BTreeMap::new(),
            task_of_text: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            care_plans: BTreeMap::new(),
            care_calls: BTreeMap::new(),
            operators: BTreeMap::new(),
            stops: false,
            reachable: BTreeSet::new(),
            operators_gone: Vec::new(),
            queue: BTreeMap::new(),
            inbox: BTreeMap::new(),
            marks: BTreeMap::new(),
            recordings: BTreeMap::new(),
            sequences: BTreeMap::new(),
            short_calls: BTreeMap::new(),
            helped_at: BTreeMap::new(),
            reminded_at: BTreeMap::new(),
            cannot_asked: BTreeSet::new(),
            task_cannot_asked: BTreeSet::new(),
            holding_until: None,
            deadlines: Deadlines::default(),
            draft: Draft::default(),
            performing: false,
            facts: VecDeque::new(),
            to_forget: Vec::new(),
            together: Together::default(),
        }
    }

    /// Decides: what is to be written, then done.
    pub fn handle(&mut self, event: &DeskEvent, now: Timestamp) -> Step {
        assert!(self.draft.is_empty(), "a step began before the one before it was taken");
        match event {
            DeskEvent::Phone(event) => self.phone(event, now),
            DeskEvent::TextArrived { text, known } => self.text_arrived(text, known, now),
            DeskEvent::TextReported(report) => self.text_reported(report, now),
            DeskEvent::Commanded { id, by, command } => self.commanded(*id, by, command, now),
            DeskEvent::RecordChanged(change) => self.record_changed(change, now),
            DeskEvent::Tick => self.tick(now),
            DeskEvent::InboundDrained => self.inbound_drained(now),
            DeskEvent::NotedInEmergency { number, at, .. } => self.noted_in_emergency(number, *at, now),
            DeskEvent::CallCut { call } => self.cut(*call, now),
            DeskEvent::RecordingCut { recording, ticket } => self.recording_cut(*recording, *ticket, now),
            DeskEvent::LineStops => self.line_stops(now),
            DeskEvent::ClockStepped { by_ms } => self.clock_stepped(*by_ms, now),
        }
        self.take_step(now)
    }

    /// The earliest deadline and what it belongs to.
    pub fn next_deadline(&self) -> NextDeadline {
        let next = self.deadlines.next()?;
        // While texts are being drained only telephones are looked after.
        match self.holding_until {
            Some(until) => {
                let others = (until.max(next.0), next.1);
                Some(self.deadlines.next_on_the_telephone().map_or(others, |call| call.min(others)))
            }
            None => Some(next),
        }
    }

    /// When a living thing has to be looked at; none when the desk does not hold it.
    pub fn deadline_of(&self, due: Due) -> Option<Timestamp> {
        self.deadlines.at(due)
    }

    fn tick(&mut self, now: Timestamp) {
        if self.holding_until.is_some_and(|until| until <= now) {
            self.holding_until = None;
        }
        let holding = self.holding_until.is_some();
        let mut due = self.deadlines.passed(now);
        due.retain(|due| !holding || due.is_on_the_telephone());
        // Who is on the line first, then by urgency; the rest of a long list follows in the next tick.
        due.sort_by_key(|due| Some(self.cases.get(&due.ticket()?)?.ticket.urgency));
        due.truncate(OVERDUE_AT_ONCE);
        self.together = self.choose_together(&due, now);
        for due in due {
            match due {
                Due::Call(id) => self.call_due(id, now),
                Due::Ticket(id) => self.case_due(id, now),
                Due::Callback(id) => self.callback_due(id, now),
                Due::Inbox(id) => self.inbox_due(id, now),
                Due::Volunteer(id) => self.volunteer_due(id, now),
                Due::Operator(id) => self.operator_due(id, now),
                Due::Care(id) => self.care_due(id, now),
            }
        }
        self.together = Together::default();
    }

    /// Ends the step: compares what was touched with what it was, and writes what differs.
    fn take_step(&mut self, now: Timestamp) -> Step {
        self.settle_task_notices(now);
        let mut rows = Vec::new();
        let draft = std::mem::take(&mut self.draft);
        for (id, before) in &draft.calls_before {
            let after = self.calls.get(id).map(|live| &live.call);
            push_changed(before.as_ref(), after, &mut rows, Write::Call);
            self.deadlines.set(Due::Call(*id), self.calls.get(id).and_then(LiveCall::deadline));
        }
        for (id, before) in &draft.attempts_before {
            push_changed(before.as_ref(), self.attempts.get(id), &mut rows, Write::Attempt);
        }
        for (id, before) in &draft.callbacks_before {
            push_changed(before.as_ref(), self.callbacks.get(id), &mut rows, Write::Callback);
            let due = self.callbacks.get(id).and_then(|request| callbacks::deadline(request, now));
            self.deadlines.set(Due::Callback(*id), due);
        }
        // What ends is written first: a plan has one call at a time.
        let ended = |id: &&CareCallId| self.care_calls.get(id).is_some_and(|care| !care.state.is_open());
        let (ended, open): (Vec<_>, Vec<_>) = draft.care_before.keys().partition(ended);
        for id in ended.into_iter().chain(open) {
            let care = self.care_calls.get(id);
            push_changed(draft.care_before[id].as_ref(), care, &mut rows, Write::Care);
            let due = care.filter(|care| care.state.is_open()).map(|care| care.next_at);
            self.deadlines.set(Due::Care(*id), due);
        }
        for (id, before) in &draft.queue_before {
            push_changed(before.as_ref(), self.queue.get(id), &mut rows, Write::Queue);
        }
        for (id, before) in &draft.operators_before {
            let standing = self.operators.get(id).map(|operator| &operator.standing);
            push_changed(before.as_ref(), standing, &mut rows, Write::Operator);
            self.deadlines.set(Due::Operator(*id), self.wrap_up_ends(*id));
        }
        for (number, before) in &draft.marks_before {
            push_changed(before.as_ref(), self.marks.get(number), &mut rows, Write::Mark);
        }
        for (id, before) in &draft.inbox_before {
            push_changed(before.as_ref(), self.inbox.get(id), &mut rows, Write::Inbox);
            self.deadlines.set(Due::Inbox(*id), self.inbox.get(id).and_then(InboxText::next_deadline));
        }
        for (id, before) in &draft.cases_before {
            let Some(case) = self.cases.get_mut(id) else { continue };
            if before.as_ref().is_some_and(|b| b.ticket != case.ticket) {
                case.ticket.version += 1;
            }
            let caller_before = before.as_ref().and_then(|b| b.ticket.verified_caller());
            if let Some(old) = caller_before.filter(|old| Some(*old) != case.ticket.verified_caller())
                && let Some(theirs) = self.tickets_by_caller.get_mut(old)
            {
                theirs.remove(id);
            }
            if let Some(caller) = case.ticket.verified_caller() {
                self.tickets_by_caller.entry(caller.clone()).or_default().insert(*id);
            }
            draft::case_rows(before.as_ref(), case, &mut rows);
            let due = self.case_deadline(*id, now);
            self.deadlines.set(Due::Ticket(*id), due);
        }
        for id in draft.volunteers_touched.keys() {
            if let Some(standing) = self.standing(*id, now) {
                rows.push(Write::Duty(standing));
            }
            self.deadlines.set(Due::Volunteer(*id), self.rest_ends(*id, now));
        }
        self.forget_the_ended(&draft);
        draft.into_step(ending_first(rows))
    }
}

/// Visits that begin are written after all that end, whatever ticket they belong to: a helper has one at a time.
fn ending_first(rows: Vec<Write>) -> Vec<Write> {
    let begins = |row: &Write| matches!(row, Write::Assignment(visit) if visit.state.is_active());
    let (beginning, mut others): (Vec<Write>, Vec<Write>) = rows.into_iter().partition(begins);
    others.extend(beginning);
    others
}

/// Pushes a row when it is new or differs from before.
fn push_changed<T: Clone + PartialEq>(
    before: Option<&T>,
    after: Option<&T>,
    rows: &mut Vec<Write>,
    put: fn(T) -> Write,
) {
    if let Some(after) = after
        && before != Some(after)
    {
        rows.push(put(after.clone()));
    }
}
