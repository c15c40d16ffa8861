//! The program stops: whoever is still on the line hears so, and is owed a call.

use super::Desk;
use super::callbacks::Wish;
use super::calls::{CallRole, LiveCall};
use super::effect::PhoneEffect;
use crate::domain::callback::CallbackReason;
use crate::domain::ids::CallId;
use crate::domain::timestamp::Timestamp;
use crate::ivr::walk::Walk;

impl Desk {
    /// Everybody who rang us, or whom we rang back, is told; whoever else is on a line is let go.
    pub(super) fn line_stops(&mut self, now: Timestamp) {
        self.stops = true;
        let live: Vec<CallId> = self
            .calls
            .values()
            .filter(|live| live.call.ended_at.is_none())
            .map(|live| live.call.id)
            .collect();
        let (told, others): (Vec<CallId>, Vec<CallId>) =
            live.into_iter().partition(|call| self.is_told(&self.calls[call]));
        for call in &told {
            self.tell_of_the_stop(*call, now);
        }
        for call in others {
            self.draft.phone(PhoneEffect::Hangup { call });
        }
    }

    fn tell_of_the_stop(&mut self, call: CallId, now: Timestamp) {
        // First what they are owed: it is on the disk before anything is said of it.
        self.owe_after_the_stop(call, now);
        self.stop_ringing(call, now);
        let with = self.call_mut(call).map(|live| std::mem::take(&mut live.with)).unwrap_or_default();
        for other in with {
            self.draft.phone(PhoneEffect::Unbridge { a: call, b: other });
            // Whoever talked with them is let go, and takes nobody along.
            if let Some(live) = self.call_mut(other) {
                live.with.remove(&call);
            }
        }
        let Some(live) = self.call_mut(call) else { return };
        live.told_of_the_stop = true;
        live.seeking = None;
        if live.recording.is_some() {
            self.draft.phone(PhoneEffect::StopRecording { call });
        }
        let Some(context) = self.context_of(call, now) else { return };
        let started = Walk::start_stopping(&self.rules.menu, context, now);
        self.start_walk(call, started, now);
    }

    fn owe_after_the_stop(&mut self, call: CallId, now: Timestamp) {
        let Some(live) = self.calls.get(&call) else { return };
        let Some(number) = live.call.number.clone() else { return };
        if live.callback.is_some() {
            return;
        }
        let wish = Wish {
            call: Some(call),
            // What they were saying goes with it.
            recording: live.recording,
            ticket: live.call.ticket,
            urgent: live.call.emergency_at.is_some() && live.call.talked_at.is_none(),
            ..Wish::new(number, live.call.station, CallbackReason::Interrupted)
        };
        self.request_callback(wish, now);
    }

    /// Callers, those we rang back, and those of care calls who asked for something: all hear what becomes of their call.
    fn is_told(&self, live: &LiveCall) -> bool {
        let wanted = if let CallRole::Care(care) = live.role {
            self.wants_something(care)
        } else {
            live.role.is_a_residents()
        };
        wanted && live.call.answered_at.is_some()
    }
}
