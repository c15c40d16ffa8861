//! One number, one place: who rings again while a call of theirs waits keeps that place and gets no second, and who is
//! owed a call and rings meanwhile waits where they would have been rung back.
//!
//! It holds for numbers that a trunk vouches for and that are one household's: an office behind one number has as many
//! places as callers, and anybody could claim a number to keep its owner out.

use std::collections::BTreeSet;

use super::Desk;
use super::calls::LiveCall;
use crate::domain::actor::Actor;
use crate::domain::call::CallerTrust;
use crate::domain::callback::{CallbackRequest, CallbackState};
use crate::domain::ids::{CallId, CallbackId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::QueueState;
use crate::domain::timestamp::Timestamp;

impl Desk {
    /// Whether another call of this one's number waits for a person.
    pub(super) fn waits_in_another_call(&self, call: CallId) -> bool {
        let Some(number) = self.calls.get(&call).and_then(number_of_one) else { return false };
        let waiting = self.queue.values().filter(|entry| entry.state == QueueState::Waiting);
        waiting.filter(|entry| entry.call != call).any(|entry| {
            let other = self.calls.get(&entry.call).filter(|live| live.call.ended_at.is_none());
            other.and_then(number_of_one) == Some(number)
        })
    }

    /// The numbers of those who wait on the line.
    pub(super) fn numbers_that_wait(&self) -> BTreeSet<&PhoneNumber> {
        let waiting = self.queue.values().filter(|entry| entry.state == QueueState::Waiting);
        waiting.filter_map(|entry| self.calls.get(&entry.call).and_then(number_of_one)).collect()
    }

    /// What the caller is owed already: they have that place.
    pub(super) fn owed_to(&self, call: CallId) -> Option<&CallbackRequest> {
        let number = self.calls.get(&call).and_then(number_of_one)?;
        self.callbacks.values().find(|request| {
            let waits = matches!(request.state, CallbackState::Queued | CallbackState::RetryWait);
            waits && request.number == *number && request.reason.is_for_anybody()
        })
    }

    /// A person talks with them: who only waited to be rung back has been served. What they left words about, or what a
    /// ticket is about, somebody has to look at all the same.
    pub(super) fn served_on_the_line(&mut self, call: CallId, by: &Actor, now: Timestamp) {
        let served: Option<CallbackId> = self.owed_to(call).and_then(|request| {
            let bare = request.recording.is_none() && request.ticket.is_none() && !request.urgent;
            bare.then_some(request.id)
        });
        if let Some(id) = served {
            self.move_callback(id, CallbackState::Done, by, now);
        }
    }
}

/// The number of a call, when it is believed and one person's or household's.
fn number_of_one(live: &LiveCall) -> Option<&PhoneNumber> {
    live.call.number.as_ref().filter(|_| live.number_trust() == CallerTrust::Verified && !live.known.shared)
}
