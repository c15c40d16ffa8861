//! The desk's deadlines: one moment for each living thing, the earliest first.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::{CallId, CallbackId, CareCallId, MessageId, TicketId, UserId, VolunteerId};
use crate::domain::timestamp::Timestamp;

/// What a deadline belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    Call(CallId),
    Ticket(TicketId),
    Callback(CallbackId),
    Inbox(MessageId),
    Volunteer(VolunteerId),
    Operator(UserId),
    Care(CareCallId),
}

/// One moment a thing, kept sorted.
#[derive(Debug, Default)]
pub struct Deadlines {
    by_time: BTreeSet<(Timestamp, Due)>,
    of: BTreeMap<Due, Timestamp>,
}

impl Due {
    /// Whether it concerns calls alone, and waits for no text.
    pub fn is_on_the_telephone(self) -> bool {
        match self {
            Self::Call(_) | Self::Callback(_) | Self::Operator(_) | Self::Care(_) => true,
            Self::Ticket(_) | Self::Inbox(_) | Self::Volunteer(_) => false,
        }
    }

    /// The ticket it belongs to.
    pub fn ticket(self) -> Option<TicketId> {
        match self {
            Self::Ticket(id) => Some(id),
            Self::Call(_)
            | Self::Callback(_)
            | Self::Inbox(_)
            | Self::Volunteer(_)
            | Self::Operator(_)
            | Self::Care(_) => None,
        }
    }
}

impl Deadlines {
    /// Sets, moves or (with none) removes the moment of a thing.
    pub fn set(&mut self, due: Due, at: Option<Timestamp>) {
        if let Some(old) = self.of.remove(&due) {
            self.by_time.remove(&(old, due));
        }
        if let Some(at) = at {
            self.of.insert(due, at);
            self.by_time.insert((at, due));
        }
    }

    pub fn next(&self) -> Option<(Timestamp, Due)> {
        self.by_time.first().copied()
    }

    /// The earliest moment of somebody on the line, or to be rung back: no text changes either.
    pub fn next_on_the_telephone(&self) -> Option<(Timestamp, Due)> {
        self.by_time.iter().find(|(_, due)| due.is_on_the_telephone()).copied()
    }

    /// When a thing has to be looked at.
    pub fn at(&self, due: Due) -> Option<Timestamp> {
        self.of.get(&due).copied()
    }

    /// The things whose moment has come, the earliest first.
    pub fn passed(&self, now: Timestamp) -> Vec<Due> {
        self.by_time.iter().take_while(|(at, _)| *at <= now).map(|(_, due)| *due).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::VolunteerId;

    #[test]
    fn a_moved_deadline_fires_once_at_its_later_moment() {
        let mut deadlines = Deadlines::default();
        let who = Due::Volunteer(VolunteerId(1));
        deadlines.set(who, Some(Timestamp::from_millis(5)));
        deadlines.set(who, Some(Timestamp::from_millis(9)));
        assert_eq!(deadlines.passed(Timestamp::from_millis(8)), vec![]);
        assert_eq!(deadlines.passed(Timestamp::from_millis(9)), vec![who]);
        deadlines.set(who, None);
        assert_eq!(deadlines.next(), None);
    }
}
