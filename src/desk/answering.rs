//! How long a caller waits for a person: the `answer` clock of DOMAIN §4, which begins with the call, not with a ticket.
//!
//! It runs while people are rung for a caller who wants one. The menu answers at once, and an emergency is not queued.

use serde_json::json;

use super::Desk;
use super::history::{Entity, EventKind, Line};
use crate::domain::clocks::{Clock, ClockKind, Owed};
use crate::domain::ids::{CallId, TicketId};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

impl Desk {
    fn clock_of_answer(&self, urgency: Urgency, start: Timestamp) -> Option<Clock> {
        let owed = Owed { urgency, consultation: false, window: None };
        Clock::start(ClockKind::Answer, &owed, &self.rules.policy, &self.rules.calendar, start)
    }

    /// A caller wants a person. What it is about nobody knows yet: it is measured as ordinary.
    pub(super) fn person_wanted(&mut self, call: CallId, now: Timestamp) {
        let clock = self.clock_of_answer(Urgency::P3, now);
        if let Some(live) = self.call_mut(call) {
            live.answer = live.answer.take().or(clock);
        }
    }

    /// Somebody talks with them, or nobody is rung any more.
    pub(super) fn person_came_or_not(&mut self, call: CallId, now: Timestamp) {
        self.check_answer(call, now);
        let calendar = self.rules.calendar.clone();
        if let Some(clock) = self.call_mut(call).and_then(|live| live.answer.as_mut()) {
            clock.stop(&calendar, now);
        }
    }

    /// The breach is noted once, in the history of the call.
    pub(super) fn check_answer(&mut self, call: CallId, now: Timestamp) {
        let Some(live) = self.call_mut(call) else { return };
        if !live.answer.as_mut().is_some_and(|clock| clock.check(now)) {
            return;
        }
        let person = live.call.person;
        let detail = json!({ "clock": ClockKind::Answer });
        self.tell(Line::new(EventKind::ClockBreached, Entity::Call(call), detail).of(person), now);
    }

    /// A ticket of a call has the call's clock; where the menu took it, it was answered when it came.
    pub(super) fn take_over_answer(&mut self, ticket: TicketId, call: CallId) {
        let (Some(case), Some(live)) = (self.cases.get(&ticket), self.calls.get(&call)) else { return };
        let urgency = case.ticket.urgency;
        if case.clock(ClockKind::Answer).is_some() {
            return;
        }
        let started = live.answer.as_ref().map_or(live.call.started_at, |clock| clock.started);
        let Some(owed) = self.clock_of_answer(urgency, started) else { return };
        let clock = match live.answer.clone() {
            Some(waited) => Clock { due: owed.due, calendar: owed.calendar, ..waited },
            None => Clock { stopped: Some(started), ..owed },
        };
        if let Some(case) = self.case_mut(ticket) {
            case.ticket.clocks.push(clock);
        }
    }
}
