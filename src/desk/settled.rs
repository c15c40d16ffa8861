//! What a call has become when it ends: no call that reached us is lost.

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::calls::{CallRole, LiveCall};
use super::event::EndReason;
use super::history::{Entity, EventKind, Line};
use super::legs::state_of;
use crate::domain::call::{CallResult, Disposition};
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{CallId, CallbackId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::QueueState;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::ivr::walk::Walk;

impl Desk {
    pub(super) fn ended(&mut self, id: CallId, reason: EndReason, now: Timestamp) {
        let Some(live) = self.call_mut(id) else { return };
        live.call.ended_at = Some(now);
        let role = live.role.clone();
        self.hung_up(id, now);
        self.stop_ringing(id, now);
        self.person_came_or_not(id, now);
        self.part_from_all(id);
        self.operator_leg_ended(id, reason, now);
        match role {
            CallRole::Incoming => self.settle_incoming(id, now),
            CallRole::Leg { of } => self.leg_ended(id, of, reason, now),
            CallRole::Survey(ticket) => self.survey_call_ended(id, ticket, reason, now),
            CallRole::WhoComes(ticket) => self.who_comes_call_ended(id, ticket, reason, now),
            CallRole::Alarm(ticket) => self.alarm_call_ended(id, ticket, reason, now),
            CallRole::Helper(ticket, rung) => self.helper_call_ended(id, ticket, rung, reason, now),
            CallRole::Care(care) => self.care_call_ended(id, care, reason, now),
            CallRole::CareContact(care) => self.care_contact_ended(id, care, reason, now),
            CallRole::Callback(callback) => self.callback_call_ended(id, callback, reason, now),
            CallRole::Offered(callback) => self.offer_of_callback_ended(id, callback, reason, now),
            CallRole::Attending { .. } => self.close_attempt(id, state_of(reason), now),
            CallRole::BroughtIn { to } => self.brought_in_ended(id, to, reason, now),
        }
        self.leave_queue(id, QueueState::Abandoned, now);
        self.stop_attending(id);
        self.serve(now);
        let detail = json!({ "reason": reason, "result": self.calls.get(&id).and_then(|l| l.call.result) });
        let ticket = self.calls.get(&id).and_then(|l| l.call.ticket);
        let mut line = Line::new(EventKind::CallEnded, Entity::Call(id), detail);
        line.ticket = ticket;
        self.tell(line, now);
    }

    /// Decides what an incoming call has come to: no call that reached us is lost.
    pub(super) fn settle_incoming(&mut self, id: CallId, now: Timestamp) {
        let short_below = self.rules.policy.calls.short_below;
        let Some(live) = self.calls.get(&id).cloned() else { return };
        let short = now.since(live.call.started_at) < short_below;
        let result = if live.call.ticket.is_some() {
            if let Some(request) = self.owe_emergency(&live, now) {
                self.dial_callback_by_machine(request, now);
            }
            CallResult::Ticket
        } else if live.callback.is_some() {
            CallResult::Callback
        } else if live.call.disposition.is_some() || live.call.talked_at.is_some() {
            CallResult::Disposition
        } else if live.walk.as_ref().is_some_and(Walk::is_announcement) {
            CallResult::Announcement
        } else if self.waits_in_another_call(id) {
            if let Some(live) = self.call_mut(id) {
                live.call.disposition = Some(Disposition::AlreadyWaiting);
            }
            CallResult::Disposition
        } else {
            match live.call.number.clone() {
                None => CallResult::LostAnonymous,
                Some(number) if short && !self.second_short(&number, now) => CallResult::Short,
                Some(number) => {
                    let wish = Wish {
                        call: Some(id),
                        ..Wish::new(number, live.call.station, CallbackReason::Abandoned)
                    };
                    self.request_callback(wish, now);
                    CallResult::Callback
                }
            }
        };
        if let Some(live) = self.call_mut(id) {
            live.call.result = Some(result);
            if result == CallResult::Disposition && live.call.disposition.is_none() {
                live.call.disposition = Some(Disposition::TalkedToPerson);
            }
        }
    }

    /// Whose emergency was only recorded is owed a call at once: nobody has talked to them.
    pub(super) fn owe_emergency(&mut self, live: &LiveCall, now: Timestamp) -> Option<CallbackId> {
        let opened = |case: &&super::case::Case| case.ticket.call == Some(live.call.id);
        let case = live.call.ticket.and_then(|ticket| self.cases.get(&ticket)).filter(opened);
        let urgent = case.is_some_and(|case| case.ticket.urgency == Urgency::P1);
        let number = live.call.number.clone().filter(|_| urgent && live.call.talked_at.is_none())?;
        let wish = Wish {
            call: Some(live.call.id),
            ticket: live.call.ticket,
            urgent: true,
            ..Wish::new(number, live.call.station, CallbackReason::Requested)
        };
        Some(self.request_callback(wish, now))
    }

    /// Whether this short call is the second within ten minutes: two short ones count as one long.
    fn second_short(&mut self, number: &PhoneNumber, now: Timestamp) -> bool {
        let pair = self.rules.policy.calls.short_pair;
        self.short_calls.retain(|_, at| now.since(*at) < pair);
        self.short_calls.insert(number.clone(), now).is_some()
    }

    /// The telephones could not be told what to do with a call: whoever rang us with nothing in hand is owed one.
    pub(super) fn cut(&mut self, id: CallId, now: Timestamp) {
        let Some(live) = self.calls.get(&id) else { return };
        let in_hand =
            live.call.ticket.is_some() || live.call.disposition.is_some() || live.callback.is_some();
        let (number, station) = (live.call.number.clone(), live.call.station);
        if let (CallRole::Incoming, false, Some(number)) = (&live.role, in_hand, number) {
            let wish = Wish { call: Some(id), ..Wish::new(number, station, CallbackReason::Interrupted) };
            self.request_callback(wish, now);
        }
    }
}
