//! Which tickets a board shows: a saved view, an urgency, a station. Named in the page's address.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::access::User;
use super::board::{Board, LiveTicket, is_overdue, is_unassigned};
use crate::domain::ids::StationId;
use crate::domain::names::named_enum;
use crate::domain::ticket::{Ticket, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

named_enum! {
    /// A saved view of the board.
    pub enum View {
        All = "all",
        /// Waits for an operator.
        Intake = "intake",
        /// Somebody has to be found.
        Unassigned = "unassigned",
        InProgress = "in_progress",
        Suspended = "suspended",
        /// The resident has to be asked.
        Handled = "handled",
        Overdue = "overdue",
        /// The reader handles it.
        Mine = "mine",
    }
}

impl View {
    pub fn holds(self, ticket: &Ticket, user: &User, now: Timestamp) -> bool {
        match self {
            Self::All => ticket.state.is_open(),
            Self::Intake => ticket.state == TicketState::Intake,
            Self::Unassigned => is_unassigned(ticket.state),
            Self::InProgress => ticket.state == TicketState::InProgress,
            Self::Suspended => ticket.state == TicketState::Suspended,
            Self::Handled => ticket.state == TicketState::Handled,
            Self::Overdue => is_overdue(ticket, now),
            Self::Mine => ticket.state.is_open() && ticket.was_handled_by(user.doer()),
        }
    }
}

/// What the board's address asks for; what it does not say is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub view: String,
    pub urgency: String,
    pub station: String,
}

/// The filter of one board. Anything unreadable in the address filters nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sieve {
    pub view: View,
    pub urgency: Option<Urgency>,
    /// A station; those below it count too.
    pub station: Option<StationId>,
    below: BTreeSet<StationId>,
}

impl Sieve {
    pub fn new(asked: &Asked, board: &Board) -> Self {
        let station = asked.station.parse().ok().map(StationId);
        Self {
            view: View::parse(&asked.view).unwrap_or(View::All),
            urgency: Urgency::parse(&asked.urgency),
            station,
            below: board.places.below(station),
        }
    }

    /// Whether the board shows a ticket to a user.
    pub fn lets_through(&self, ticket: &Ticket, user: &User, now: Timestamp) -> bool {
        user.sees(ticket)
            && self.view.holds(ticket, user, now)
            && self.urgency.is_none_or(|urgency| urgency == ticket.urgency)
            && (self.station.is_none() || self.below.contains(&ticket.owner))
    }

    /// The tickets it lets through, in the order of the board.
    pub fn sift(&self, board: &Board, user: &User, now: Timestamp) -> Vec<Arc<LiveTicket>> {
        let shown = board.tickets.values().filter(|live| self.lets_through(&live.ticket, user, now));
        let mut keyed: Vec<_> = shown.map(|live| (live.sort_key(), Arc::clone(live))).collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        keyed.into_iter().map(|(_, live)| live).collect()
    }

    /// The address's query that asks for this, with another view.
    pub fn query(&self, view: View) -> String {
        let mut query = format!("view={view}");
        if let Some(urgency) = self.urgency {
            query.push_str(&format!("&urgency={urgency}"));
        }
        if let Some(station) = self.station {
            query.push_str(&format!("&station={station}"));
        }
        query
    }
}
