//! A care call is made: the tries of a day, what is keyed, and what became of each telephone that was rung (SAF-10).

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::calls::CallRole;
use super::care::{IN_TURN, LOOK_AGAIN};
use super::event::EndReason;
use super::history::{Entity, EventKind, Line};
use super::legs::{Dialling, state_of};
use crate::domain::actor::Actor;
use crate::domain::call::{AttemptState, CallAttempt, CallPurpose};
use crate::domain::callback::CallbackReason;
use crate::domain::care::{CareAnswer, CareState, PlannedCare};
use crate::domain::ids::{CallId, CareCallId, TicketId};
use crate::domain::number_mark::Reach;
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::safety;
use crate::domain::timestamp::Timestamp;
use crate::ivr::outgoing::OutgoingCall;

impl Desk {
    /// Rings them, at an hour and with a number that are fit for it.
    pub(super) fn try_care(&mut self, id: CareCallId, now: Timestamp) {
        let Some(PlannedCare { plan, person }) = self.plan_of(id).cloned() else {
            return self.end_care(id, CareState::Dropped, now);
        };
        if self.stops {
            return self.put_off_care(id, now + LOOK_AGAIN);
        }
        let calling = self.rules.calendar.next_calling_time(now, &[]);
        let at = match self.reach(&plan.number, now) {
            Reach::Now => calling,
            Reach::At(at) => calling.max(at),
            Reach::Never => return self.care_by_person(id, now),
        };
        if !self.is_on_its_day(id, at) {
            return self.ring_next_contact(id, now);
        }
        if at > now {
            return self.put_off_care(id, at);
        }
        if self.is_on_a_line(&plan.number) {
            // They talk with us, or somebody at their telephone does: it takes one call at a time.
            return self.put_off_care(id, now + self.rules.policy.care.busy_again);
        }
        if self.care_rings_enough() {
            return self.put_off_care(id, now + IN_TURN);
        }
        let due = self.next_care_try(id);
        let counts = due.is_none_or(|due| due <= now);
        let (ring_time, station) = (self.rules.policy.care.ring_time, self.station_of(&person));
        let Some(care) = self.care_mut(id) else { return };
        care.state = CareState::Ringing;
        // Tries that were none, because our lines failed, only kept the day.
        care.first_at = care.first_at.filter(|_| care.tries > 0).or(Some(now));
        if counts {
            care.tries = care.tries.saturating_add(1);
        }
        care.next_at = now + ring_time + LOOK_AGAIN;
        let tries = care.tries;
        let dialling = Dialling {
            role: CallRole::Care(id),
            purpose: CallPurpose::CareCall,
            target: plan.number.as_str().to_owned(),
            number: Some(plan.number),
            station,
            ticket: None,
            ring_time,
        };
        let call = self.dial(dialling, now);
        if let Some(live) = self.call_mut(call) {
            live.counts = counts;
            live.call.person = Some(person.person);
            live.call.language = person.language;
            // Whoever goes on as a caller has their home known.
            live.known = Known { persons: vec![person], ..Known::default() };
        }
        self.tell_care(id, EventKind::CareTried, Entity::Call(call), json!({ "try": tries }), now);
    }

    /// When the next try that counts is due: 0, +15 and +60 min from the first. None before the first and after the last.
    pub(super) fn next_care_try(&self, id: CareCallId) -> Option<Timestamp> {
        let care = self.care_calls.get(&id)?;
        safety::next_care_try(care.tries, care.first_at, &self.rules.policy)
    }

    /// Whether as many care calls ring unanswered as may at once.
    pub(super) fn care_rings_enough(&self) -> bool {
        let rings = self.calls.values().filter(|live| {
            let unanswered = live.call.ended_at.is_none() && live.call.answered_at.is_none();
            unanswered && matches!(live.role, CallRole::Care(_) | CallRole::CareContact(_))
        });
        rings.count() >= usize::from(self.rules.policy.care.at_once)
    }

    /// Whether a try that is due at `at` can still be made on the day of the first.
    pub(super) fn can_be_tried(&self, id: CareCallId, at: Timestamp) -> bool {
        self.is_on_its_day(id, self.rules.calendar.next_calling_time(at, &[]))
    }

    /// Nobody was reached. A telephone that was engaged is rung again before the next try, as often as it is.
    fn try_care_again(&mut self, id: CareCallId, reason: EndReason, now: Timestamp) {
        let due = self.next_care_try(id);
        let sooner = now + self.rules.policy.care.busy_again;
        let at = match reason {
            // A number that does not exist does not answer later either.
            EndReason::NoSuchNumber => None,
            EndReason::NetworkFailed
                if self.plan_of(id).is_none_or(|it| self.is_out_of_reach(&it.plan.number, now)) =>
            {
                None
            }
            EndReason::NetworkFailed => {
                Some(due.filter(|due| *due > now).map_or(sooner, |due| due.min(sooner)))
            }
            EndReason::Busy => due.map(|due| due.min(sooner)),
            EndReason::HungUp
            | EndReason::Released
            | EndReason::WentDeaf
            | EndReason::Cancelled
            | EndReason::Declined
            | EndReason::NoAnswer
            | EndReason::Refused => due.map(|due| due.max(now)),
        };
        match at.filter(|at| self.can_be_tried(id, *at)) {
            Some(at) => {
                if let Some(care) = self.care_mut(id) {
                    (care.state, care.next_at) = (CareState::TryAgain, at);
                }
            }
            // In the evening too: nobody waits in vain for a try that comes no more.
            None => self.begin_with_contacts(id, now),
        }
    }

    /// Our own lines failed: that says nothing of them, and was no try.
    fn take_try_back(&mut self, call: CallId, id: CareCallId) {
        let counted = self.calls.get(&call).is_some_and(|live| live.counts);
        if let Some(care) = self.care_mut(id).filter(|_| counted) {
            care.tries = care.tries.saturating_sub(1);
        }
    }

    /// Whether the lines fail for this number and not for others: for `lines_failed` others were reached, and they could
    /// not be.
    ///
    /// The time is counted from the first call over the lines that reached somebody after theirs began to fail on this
    /// day. While all lines are dead there is none, and when they are back everybody has the whole time again: no outage
    /// sends people to many homes at once. Only a call that did what it was for says that the lines work: a gateway
    /// without a free channel may say that somebody is engaged, and what was let go unanswered may never have rung.
    pub(super) fn is_out_of_reach(&self, number: &PhoneNumber, now: Timestamp) -> bool {
        let day = self.rules.calendar.day_around(now).from;
        let theirs = || {
            let to_them = |it: &&CallAttempt| {
                it.target == number.as_str() && it.started_at >= day && it.state.is_known()
            };
            self.attempts.values().filter(to_them)
        };
        let failed = |it: &&CallAttempt| it.state == AttemptState::Failed;
        let last_rung = theirs().filter(|it| !failed(it)).map(|it| it.started_at).max();
        let failing = theirs().filter(failed).map(|it| it.started_at);
        let Some(since) = failing.filter(|at| Some(*at) > last_rung).min() else { return false };
        let reached = |it: &&CallAttempt| {
            it.started_at >= since && it.state == AttemptState::Done && it.is_over_the_lines()
        };
        let others_since = self.attempts.values().filter(reached).map(|it| it.started_at).min();
        others_since.is_some_and(|at| now.since(at) >= self.rules.policy.care.lines_failed)
    }

    /// SAF-8: no machine rings a telephone near danger; whoever knows a safe time does.
    fn care_by_person(&mut self, id: CareCallId, now: Timestamp) {
        let Some(PlannedCare { plan, person }) = self.plan_of(id).cloned() else { return };
        let station = self.station_of(&person);
        let request = self.request_callback(Wish::new(plan.number, station, CallbackReason::CareCall), now);
        if let Some(request) = self.callback_mut(request) {
            request.by_person_only = true;
            request.person = Some(person.person);
            request.language = person.language;
        }
        self.tell_care(id, EventKind::CareByPerson, Entity::Callback(request), json!({}), now);
        self.end_care(id, CareState::ByPerson, now);
    }

    pub(super) fn care_call_answered(&mut self, call: CallId, now: Timestamp) {
        let Some(caller) = self.context_of(call, now) else { return };
        self.start_outgoing(call, OutgoingCall::Care { caller }, now);
    }

    /// A key was pressed: somebody is there. Who is not well goes on as a caller, and the call is theirs.
    pub(super) fn care_answered(&mut self, call: CallId, answer: CareAnswer, now: Timestamp) {
        let Some(CallRole::Care(id)) = self.calls.get(&call).map(|live| live.role.clone()) else { return };
        self.attempt_done(call, now);
        let line = Line::new(EventKind::CareAnswered, Entity::Call(call), json!({ "answer": answer }));
        let person = self.care_calls.get(&id).map(|care| care.person);
        self.tell(line.by(Actor::CITIZEN).of(person), now);
        let Some(care) = self.care_mut(id) else { return };
        care.answer = Some(answer);
        if answer == CareAnswer::Well {
            return self.end_care(id, CareState::Well, now);
        }
        care.state = CareState::OnTheLine;
        care.next_at = now + LOOK_AGAIN;
    }

    pub(super) fn care_call_ended(
        &mut self,
        call: CallId,
        id: CareCallId,
        reason: EndReason,
        now: Timestamp,
    ) {
        match self.care_calls.get(&id).map(|care| care.state) {
            Some(CareState::OnTheLine) => {
                // As a caller's: a ticket, a talk, or a call that they are owed.
                self.settle_incoming(call, now);
                let ticket: Option<TicketId> = self.calls.get(&call).and_then(|live| live.call.ticket);
                if let Some(care) = self.care_mut(id) {
                    care.ticket = ticket;
                }
                self.end_care(id, CareState::Helped, now);
            }
            Some(CareState::Ringing) => {
                let answered = self.calls.get(&call).is_some_and(|live| live.call.answered_at.is_some());
                let state = if answered { AttemptState::Answered } else { state_of(reason) };
                self.close_attempt(call, state, now);
                let detail = json!({ "reason": reason, "answered": answered });
                self.tell_care(id, EventKind::CareNotReached, Entity::Call(call), detail, now);
                // Whoever answered was rung, whatever became of the line after.
                let reason = if answered { EndReason::HungUp } else { reason };
                if reason == EndReason::NetworkFailed {
                    self.take_try_back(call, id);
                }
                self.try_care_again(id, reason, now);
            }
            Some(
                CareState::Planned
                | CareState::TryAgain
                | CareState::ContactRinging
                | CareState::NextContact
                | CareState::Well
                | CareState::Helped
                | CareState::LookedAfter
                | CareState::Missed
                | CareState::ByPerson
                | CareState::Dropped,
            )
            | None => {}
        }
    }
}
