//! The console's own board: what is open now, read from the store and kept fresh by `hub`.
//!
//! Immutable: the hub publishes a new one with each batch of changes; pages and streams read it without waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::access::{Need, User};
use super::places::Places;
use super::sieve::View;
use crate::domain::call::Call;
use crate::domain::callback::CallbackRequest;
use crate::domain::clocks::Clock;
use crate::domain::ids::{CallId, CallbackId, MessageId, PersonId, StationId, TicketId, UserId};
use crate::domain::inbox::InboxText;
use crate::domain::language::Language;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::QueueEntry;
use crate::domain::ticket::{Ticket, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::store::queries::live::Answered;
use crate::store::queries::operators::{Connected, Seat, Waits};

/// The national standard wants a call answered within this time.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// A ticket with its rows, each rendered once a language, whoever looks.
#[derive(Debug)]
pub struct LiveTicket {
    pub ticket: Ticket,
    /// The number of its last line of history, as far as it was asked for.
    pub last_line: i64,
    rows: [OnceLock<String>; Language::ALL.len()],
}

impl LiveTicket {
    pub fn new(ticket: Ticket, last_line: i64) -> Self {
        Self { ticket, last_line, rows: [const { OnceLock::new() }; Language::ALL.len()] }
    }

    /// The row in a language, rendered by `render` the first time.
    pub fn row(&self, language: Language, render: impl FnOnce() -> String) -> &str {
        let at = Language::ALL.iter().position(|l| *l == language).expect("ALL has every language");
        self.rows[at].get_or_init(render)
    }

    /// Rows sort by this: the most urgent first, among them what is due first.
    pub fn sort_key(&self) -> String {
        let due = next_due(&self.ticket).map_or(i64::MAX, |clock| clock.due.as_millis());
        format!("{}{due:020}{}", self.ticket.urgency, self.ticket.number)
    }
}

/// The running clock that ends first.
pub fn next_due(ticket: &Ticket) -> Option<&Clock> {
    ticket.clocks.iter().filter(|clock| clock.is_running()).min_by_key(|clock| clock.due)
}

/// Whether a running clock of the ticket has passed its end.
pub fn is_overdue(ticket: &Ticket, now: Timestamp) -> bool {
    ticket.state.is_open()
        && ticket.clocks.iter().any(|c| c.is_running() && (c.due < now || c.breached_at.is_some()))
}

/// Somebody in line for a person: on the telephone, or to be rung back.
#[derive(Debug, Clone, Copy)]
pub enum Waiter<'a> {
    Call(&'a QueueEntry),
    Callback(&'a CallbackRequest),
}

impl Waiter<'_> {
    /// The desk's own order: the urgent, then who came first.
    pub fn turn(&self) -> (bool, Timestamp) {
        match self {
            Self::Call(entry) => (entry.turn().0, entry.turn().1),
            Self::Callback(request) => (request.turn().0, request.turn().1),
        }
    }

    pub fn station(&self) -> StationId {
        match self {
            Self::Call(entry) => entry.station,
            Self::Callback(request) => request.station,
        }
    }
}

/// What is open at one moment.
#[derive(Debug, Clone)]
pub struct Board {
    /// The number of the last event it knows of.
    pub seq: i64,
    pub tickets: BTreeMap<TicketId, Arc<LiveTicket>>,
    pub calls: BTreeMap<CallId, Arc<Call>>,
    pub callbacks: BTreeMap<CallbackId, Arc<CallbackRequest>>,
    /// Texts that wait for a person.
    pub inbox: BTreeMap<MessageId, Arc<InboxText>>,
    pub places: Arc<Places>,
    pub answered: Answered,
    /// Operators with what they are doing.
    pub seats: Arc<BTreeMap<UserId, Seat>>,
    /// Callers who wait for one, in their order.
    pub waiting: Arc<Vec<QueueEntry>>,
    /// Today's waits that are over.
    pub waits: Waits,
    /// When operators and the queue were read.
    pub queue_read: Timestamp,
    /// The worst 24 hours of late, and when that was reckoned: it takes all calls of a week.
    pub worst_day: (Timestamp, Option<Connected>),
}

/// The strip at the top, for one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    pub open: usize,
    pub overdue: usize,
    pub callbacks: usize,
    pub callbacks_overdue: usize,
    pub inbox: usize,
    pub inbox_overdue: usize,
    pub calls: usize,
    pub answered: Answered,
    /// Who is in line for an operator, as far as the queue's page shows them.
    pub waiting: usize,
}

impl Figures {
    /// `96 %`; a dash before the first call of the day.
    pub fn answered_share(&self) -> String {
        match self.answered.all {
            0 => "–".into(),
            all => format!("{} %", self.answered.in_time * 100 / all),
        }
    }

    /// Every figure that changes while a page stands: the strip's, and those of the navigation alone.
    pub fn named(&self) -> Vec<(&'static str, String, bool)> {
        let mut all = self.strip().to_vec();
        all.push(("inbox", self.inbox.to_string(), self.inbox_overdue > 0));
        all.push(("waiting", self.waiting.to_string(), false));
        all
    }

    /// Each figure of the strip by its name, and whether it calls for attention.
    pub fn strip(&self) -> [(&'static str, String, bool); 5] {
        [
            ("open", self.open.to_string(), false),
            ("overdue", self.overdue.to_string(), self.overdue > 0),
            ("callbacks", self.callbacks.to_string(), self.callbacks_overdue > 0),
            ("calls", self.calls.to_string(), false),
            ("answered", self.answered_share(), self.answered.in_time * 100 < self.answered.all * 95),
        ]
    }
}

impl Board {
    pub fn figures(&self, user: &User, now: Timestamp) -> Figures {
        let seen = self.tickets.values().filter(|live| user.sees(&live.ticket));
        let (mut open, mut overdue) = (0, 0);
        for live in seen {
            open += 1;
            overdue += usize::from(is_overdue(&live.ticket, now));
        }
        let callbacks: Vec<_> = self.callbacks.values().filter(|c| user.sees_station(c.station)).collect();
        let readable = self.places.below(user.stations_for(Need::Inbox));
        let texts = || self.inbox.values().filter(|text| readable.contains(&text.station));
        let queue = self.places.below(user.stations_for(Need::Queue));
        Figures {
            open,
            overdue,
            callbacks: callbacks.len(),
            callbacks_overdue: callbacks.iter().filter(|c| c.due < now).count(),
            inbox: texts().count(),
            inbox_overdue: texts().filter(|text| text.due < now).count(),
            calls: self.calls.values().filter(|call| user.sees_station(call.station)).count(),
            answered: self.answered,
            waiting: self.in_line().filter(|waiter| queue.contains(&waiter.station())).count(),
        }
    }

    /// Callers on the line and those to be rung back, whom the next operator may be given.
    pub fn in_line(&self) -> impl Iterator<Item = Waiter<'_>> {
        let owed = self.callbacks.values().map(AsRef::as_ref).filter(|request| request.may_stand_in_line());
        self.waiting.iter().map(Waiter::Call).chain(owed.map(Waiter::Callback))
    }

    /// Open tickets that were opened from a number or are for a person, the latest first.
    pub fn tickets_of(&self, number: Option<&PhoneNumber>, person: Option<PersonId>) -> Vec<&Ticket> {
        let theirs = |ticket: &&Ticket| {
            number.is_some_and(|number| ticket.caller.as_ref() == Some(number))
                || person.is_some_and(|person| ticket.beneficiary == Some(person))
        };
        let mut found: Vec<&Ticket> = self.tickets.values().map(|live| &live.ticket).filter(theirs).collect();
        found.sort_by_key(|ticket| std::cmp::Reverse((ticket.opened_at, ticket.id)));
        found
    }

    /// How many tickets each saved view holds.
    pub fn view_counts(&self, user: &User, now: Timestamp) -> BTreeMap<View, usize> {
        let mut counts: BTreeMap<View, usize> = View::ALL.iter().map(|view| (*view, 0)).collect();
        for live in self.tickets.values().filter(|live| user.sees(&live.ticket)) {
            for view in View::ALL {
                if view.holds(&live.ticket, user, now) {
                    *counts.entry(*view).or_default() += 1;
                }
            }
        }
        counts
    }

    /// Calls a user may see, the oldest first.
    pub fn calls_of(&self, user: &User) -> Vec<Arc<Call>> {
        let mut calls: Vec<_> =
            self.calls.values().filter(|call| user.sees_station(call.station)).cloned().collect();
        calls.sort_by_key(|call| (call.started_at, call.id));
        calls
    }

    /// Texts a user may read, by when they are due.
    pub fn inbox_of(&self, user: &User) -> Vec<Arc<InboxText>> {
        let mut texts: Vec<_> =
            self.inbox.values().filter(|text| user.sees_station(text.station)).cloned().collect();
        texts.sort_by_key(|text| (text.due, text.id));
        texts
    }

    /// Call-backs a user may see: urgent ones first, then by when they are due.
    pub fn callbacks_of(&self, user: &User) -> Vec<Arc<CallbackRequest>> {
        let mut owed: Vec<_> =
            self.callbacks.values().filter(|c| user.sees_station(c.station)).cloned().collect();
        owed.sort_by_key(|c| (!c.urgent, c.due, c.queued_at, c.id));
        owed
    }
}

/// Whether somebody has to be found for the ticket still.
pub fn is_unassigned(state: TicketState) -> bool {
    match state {
        TicketState::PendingDispatch | TicketState::Offering | TicketState::Dispatched => true,
        TicketState::Intake
        | TicketState::InProgress
        | TicketState::Suspended
        | TicketState::Handled
        | TicketState::Closed
        | TicketState::Archived
        | TicketState::Merged
        | TicketState::Void => false,
    }
}
