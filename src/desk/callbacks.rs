//! Call-back requests: what a call becomes that ended with nothing in hand.

use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::calls::CallRole;
use super::event::EndReason;
use super::history::{Entity, EventKind, Line};
use super::legs::{Dialling, state_of};
use crate::domain::actor::Actor;
use crate::domain::call::{AttemptState, CallPurpose};
use crate::domain::callback::{CallbackReason, CallbackRequest, CallbackState};
use crate::domain::category::CategoryCode;
use crate::domain::ids::{CallId, CallbackId, RecordingId, StationId, TicketId};
use crate::domain::language::Language;
use crate::domain::number_mark::Reach;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::triage::Triage;

/// Who is owed a call, and why.
#[derive(Debug, Clone)]
pub struct Wish {
    pub number: PhoneNumber,
    pub station: StationId,
    pub reason: CallbackReason,
    pub call: Option<CallId>,
    pub recording: Option<RecordingId>,
    pub ticket: Option<TicketId>,
    pub category: Option<CategoryCode>,
    pub urgent: bool,
}

impl Wish {
    pub fn new(number: PhoneNumber, station: StationId, reason: CallbackReason) -> Self {
        Self {
            number,
            station,
            reason,
            call: None,
            recording: None,
            ticket: None,
            category: None,
            urgent: false,
        }
    }
}

/// What a walk asks for when it ends without a ticket.
pub(super) struct WantedCall {
    pub reason: CallbackReason,
    pub recording: Option<RecordingId>,
    pub category: Option<CategoryCode>,
    pub urgent: bool,
}

/// A request on the duty officer's list reminds the district this often until somebody has rung.
const REMIND_EVERY: Duration = Duration::from_secs(60 * 60);
/// An urgent one that nobody answered is rung again this much later.
const URGENT_AGAIN: Duration = Duration::from_secs(60);

/// When a request has to be looked at again.
pub(super) fn deadline(request: &CallbackRequest, now: Timestamp) -> Option<Timestamp> {
    if !request.state.is_open() {
        return None;
    }
    let climbs = request.triage.and_then(Triage::next_at);
    let due = match request.breached_at {
        None => request.due,
        Some(_) if climbs.is_some() => climbs?,
        Some(late) => {
            let reminders = now.since(late).as_secs() / REMIND_EVERY.as_secs() + 1;
            late + REMIND_EVERY * u32::try_from(reminders).unwrap_or(u32::MAX)
        }
    };
    let retry = (request.state == CallbackState::RetryWait).then_some(request.next_try_at).flatten();
    Some(retry.map_or(due, |retry| retry.min(due)))
}

/// Whether the next station is to hear of a late request.
fn request_climbs(request: Option<&CallbackRequest>, now: Timestamp) -> bool {
    request.and_then(|request| request.triage?.next_at()).is_some_and(|at| at <= now)
}

impl Desk {
    pub(super) fn callback_mut(&mut self, id: CallbackId) -> Option<&mut CallbackRequest> {
        let request = self.callbacks.get_mut(&id)?;
        self.draft.callbacks_before.entry(id).or_insert_with(|| Some(request.clone()));
        Some(request)
    }

    /// Notes that a number is owed a call; an open request of the same number is added to.
    pub(super) fn request_callback(&mut self, wish: Wish, now: Timestamp) -> CallbackId {
        let open = self.callbacks.values().find(|r| r.number == wish.number && r.state.is_open());
        let triage = &self.rules.policy.triage;
        let due = now + if wish.urgent { triage.urgent } else { triage.other };
        let queued_at = wish.call.and_then(|id| self.queued_at(id));
        let live = wish.call.and_then(|id| self.calls.get(&id));
        let (person, language, trusted) = live.map_or((None, Language::Zh, true), |live| {
            let verified = live.call.trust == crate::domain::call::CallerTrust::Verified;
            (live.call.person, live.call.language, verified)
        });
        // A call is rung back by its own trust; what a ticket only claims is left to people.
        let of_ticket = wish.ticket.filter(|_| wish.call.is_none());
        let claimed = of_ticket.and_then(|id| self.cases.get(&id)).is_some_and(|case| {
            case.ticket.caller.as_ref() == Some(&wish.number) && case.ticket.verified_caller().is_none()
        });
        let trusted = trusted && !claimed;
        let id = if let Some(id) = open.map(|request| request.id) {
            let request = self.callback_mut(id).expect("it was found a line above");
            request.by_person_only |= claimed;
            request.calls += 1;
            request.urgent |= wish.urgent;
            request.due = request.due.min(due);
            request.queued_at = queued_at.map_or(request.queued_at, |at| request.queued_at.min(at));
            request.recording = wish.recording.or(request.recording);
            if request.reason == CallbackReason::Ticket {
                // Somebody rang themselves meanwhile: closing the ticket does not answer that.
                request.reason = wish.reason;
            }
            request.ticket = wish.ticket.or(request.ticket);
            request.category = wish.category.or_else(|| request.category.take());
            id
        } else {
            let id: CallbackId = self.chance.mint(now);
            let for_machines = self.is_for_machines(&wish.number);
            let request = CallbackRequest {
                id,
                jurisdiction: self.stations[&wish.station].jurisdiction.clone(),
                station: wish.station,
                number: wish.number,
                person,
                language,
                reason: wish.reason,
                state: CallbackState::Queued,
                queued_at: queued_at.unwrap_or(now),
                due,
                breached_at: None,
                triage: None,
                call: wish.call,
                calls: 1,
                tries: 0,
                next_try_at: None,
                recording: wish.recording,
                ticket: wish.ticket,
                category: wish.category,
                by_person_only: !(for_machines && trusted),
                urgent: wish.urgent,
                ended_at: None,
            };
            self.draft.callbacks_before.entry(id).or_insert(None);
            self.callbacks.insert(id, request);
            let detail = json!({ "reason": wish.reason, "urgent": wish.urgent });
            let line = Line::new(EventKind::CallbackMade, Entity::Callback(id), detail);
            self.tell(line.of(person), now);
            id
        };
        if let Some(live) = wish.call.and_then(|call| self.call_mut(call)) {
            live.callback = Some(id);
        }
        if let Some(call) = wish.call {
            self.leave_queue_owed_a_call(call, wish.reason, now);
        }
        id
    }

    /// A call that wanted help and got no ticket is owed a call.
    pub(super) fn callback_from_walk(&mut self, call: CallId, wanted: WantedCall, now: Timestamp) {
        let WantedCall { reason, recording, category, urgent } = wanted;
        let Some(live) = self.calls.get(&call) else { return };
        let Some(number) = live.call.number.clone() else { return };
        let only_left =
            reason == CallbackReason::Abandoned && recording.is_none() && category.is_none() && !urgent;
        if only_left && live.call.ended_at.is_some() {
            // How the call ended, and whether it was too short to count, is settled once.
            return;
        }
        let wish = Wish {
            call: Some(call),
            recording,
            category,
            urgent,
            ticket: live.call.ticket,
            ..Wish::new(number, live.call.station, reason)
        };
        let id = self.request_callback(wish, now);
        if urgent {
            self.dial_callback_by_machine(id, now);
        }
    }

    /// Moves a request on; an end is for good.
    pub(super) fn move_callback(&mut self, id: CallbackId, to: CallbackState, by: &Actor, now: Timestamp) {
        let takes = now + self.triage_time(self.callbacks.get(&id).is_some_and(|request| request.urgent));
        let Some(request) = self.callback_mut(id) else { return };
        let from = request.state;
        request.state = to;
        if let (CallbackState::Offered, Some(Triage::Told { station, .. })) = (to, request.triage) {
            // Whoever takes it has the time of the clock before the next is told.
            request.triage = Some(Triage::Told { station, next_at: takes });
        }
        if !to.is_open() {
            request.ended_at = Some(now);
        }
        let person = request.person;
        let detail = json!({ "from": from, "to": to });
        let line = Line::new(EventKind::CallbackMoved, Entity::Callback(id), detail);
        self.tell(line.by(by.clone()).of(person), now);
    }

    pub(super) fn callback_due(&mut self, id: CallbackId, now: Timestamp) {
        let Some(request) = self.callback_mut(id) else { return };
        let overdue = request.breached_at.is_none() && request.due <= now;
        let retry =
            request.state == CallbackState::RetryWait && request.next_try_at.is_some_and(|at| at <= now);
        if overdue {
            request.breached_at = Some(now);
        }
        if retry {
            request.next_try_at = None;
        }
        let by_machine = request.urgent && !request.by_person_only;
        let waits = matches!(request.state, CallbackState::Queued | CallbackState::Offered);
        let still_late = !overdue && !retry && waits;
        if retry {
            self.move_callback(id, CallbackState::Queued, &Actor::SYSTEM, now);
            if by_machine {
                self.dial_callback_by_machine(id, now);
            }
        }
        if overdue {
            let line = Line::new(EventKind::CallbackOverdue, Entity::Callback(id), json!({}));
            self.tell(line, now);
        }
        if still_late {
            // Whoever took it did not ring: it is anybody's again.
            self.move_callback(id, CallbackState::Queued, &Actor::SYSTEM, now);
        }
        self.serve(now);
        if overdue || still_late || request_climbs(self.callbacks.get(&id), now) {
            self.triage_callback(id, waits, now);
        }
    }

    /// Rings at once, unless somebody is ringing already; where only a person may, they are told at once.
    pub(super) fn dial_callback_by_machine(&mut self, id: CallbackId, now: Timestamp) {
        let Some(request) = self.callbacks.get(&id) else { return };
        if self.is_on_a_line(&request.number) && request.state.is_open() {
            // They are still talking to us: rung when they have hung up.
            if let Some(request) = self.callback_mut(id) {
                request.next_try_at = Some(now + URGENT_AGAIN);
            }
            return self.move_callback(id, CallbackState::RetryWait, &Actor::SYSTEM, now);
        }
        if request.by_person_only {
            self.tell_of_waiting(request.station, true, now);
        } else if request.state != CallbackState::Dialing && request.state.is_open() {
            self.dial_callback(id, now);
        }
    }

    /// The first tick rings: a step that restores dials nobody, so that a second start has nothing to mend.
    pub(super) fn ring_first_thing(&mut self, id: CallbackId, now: Timestamp) {
        let Some(request) = self.callback_mut(id) else { return };
        if request.by_person_only {
            let station = request.station;
            return self.tell_of_waiting(station, true, now);
        }
        request.next_try_at = Some(now);
        self.move_callback(id, CallbackState::RetryWait, &Actor::SYSTEM, now);
    }

    /// Rings the person who is owed a call and, when they answer, an operator.
    pub(super) fn dial_callback(&mut self, id: CallbackId, now: Timestamp) {
        self.ring_the_owed(id, &Actor::SYSTEM, now);
    }

    /// Rings the number that is owed a call, unless danger is near it.
    pub(super) fn ring_the_owed(&mut self, id: CallbackId, by: &Actor, now: Timestamp) -> Option<CallId> {
        let number = self.callbacks.get(&id).map(|request| request.number.clone())?;
        if self.waits_for_safety(id, &number, now) {
            return None;
        }
        let request = self.callback_mut(id)?;
        request.tries += 1;
        let dialling = Dialling {
            role: CallRole::Callback(id),
            purpose: CallPurpose::Callback,
            target: request.number.as_str().to_owned(),
            number: Some(request.number.clone()),
            station: request.station,
            ticket: request.ticket,
            ring_time: self.rules.policy.survey.ring_time,
        };
        self.move_callback(id, CallbackState::Dialing, by, now);
        Some(self.dial(dialling, now))
    }

    /// SAF-8: a telephone near danger is rung at the time that was said to be safe, else by nobody but a person who
    /// knows one.
    fn waits_for_safety(&mut self, id: CallbackId, number: &PhoneNumber, now: Timestamp) -> bool {
        match self.reach(number, now) {
            Reach::Now => return false,
            Reach::At(at) => {
                if let Some(request) = self.callback_mut(id) {
                    request.next_try_at = Some(at);
                }
                self.move_callback(id, CallbackState::RetryWait, &Actor::SYSTEM, now);
            }
            Reach::Never => {
                if let Some(request) = self.callback_mut(id) {
                    request.by_person_only = true;
                }
            }
        }
        true
    }

    pub(super) fn callback_call_ended(
        &mut self,
        call: CallId,
        id: CallbackId,
        reason: EndReason,
        now: Timestamp,
    ) {
        // Who was talked to, or keyed what they wanted, has been called back. The ticket we rang about is
        // nothing they keyed.
        let about = self.callbacks.get(&id).and_then(|request| request.ticket);
        let Some(live) = self.calls.get(&call) else { return };
        let keyed =
            live.call.ticket.is_some() && live.call.ticket != about || live.call.disposition.is_some();
        let talked = live.call.talked_at.is_some();
        self.close_attempt(call, if talked || keyed { AttemptState::Done } else { state_of(reason) }, now);
        let stopped = self.calls.get(&call).is_some_and(|live| live.told_of_the_stop);
        if !keyed && (stopped || talked && self.gave_up_waiting(call)) {
            // They were led on to somebody who did not come, or the line stopped meanwhile.
            self.move_callback(id, CallbackState::Queued, &Actor::SYSTEM, now);
        } else if talked || keyed {
            self.move_callback(id, CallbackState::Done, &Actor::SYSTEM, now);
        } else {
            self.callback_not_reached(id, &Actor::SYSTEM, now);
        }
    }

    /// Nobody was reached: another try later, or the end of tries.
    pub(super) fn callback_not_reached(&mut self, id: CallbackId, by: &Actor, now: Timestamp) {
        let urgent = self.callbacks.get(&id).is_some_and(|request| request.urgent);
        let later = now + self.rules.policy.calls.callback_again_after;
        let again =
            if urgent { now + URGENT_AGAIN } else { self.rules.calendar.next_calling_time(later, &[]) };
        let tries = u32::from(self.rules.policy.calls.callback_tries);
        let Some(request) = self.callback_mut(id).filter(|request| request.state.is_open()) else { return };
        let exhausted = request.tries >= tries;
        request.next_try_at = (!exhausted).then_some(again);
        let to = if exhausted { CallbackState::Exhausted } else { CallbackState::RetryWait };
        let (ticket, number) = (request.ticket, request.number.clone());
        self.move_callback(id, to, by, now);
        if let (true, Some(ticket)) = (exhausted, ticket) {
            self.person_did_not_reach(ticket, &number, now);
        }
    }

    pub(super) fn noted_in_emergency(&mut self, number: &PhoneNumber, at: Timestamp, now: Timestamp) {
        let station = self.district_station().or_else(|| self.stations.keys().next().copied());
        let Some(station) = station else { return };
        let wish = Wish::new(number.clone(), station, CallbackReason::Emergency);
        let id = self.request_callback(wish, now);
        if let Some(request) = self.callback_mut(id) {
            // They were promised a call when they rang, not when the store came back.
            request.queued_at = request.queued_at.min(at);
        }
    }
}
