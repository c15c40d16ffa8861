//! Ringing people for a call: all at once, the first who answers is joined to it.

use std::time::Duration;

use super::Desk;
use super::calls::{CallRole, LiveCall, Ringing, Wanted};
use super::effect::PhoneEffect;
use super::event::EndReason;
use crate::domain::call::{
    AttemptState, Call, CallAttempt, CallDirection, CallPurpose, CallResult, CallerTrust,
};
use crate::domain::care::CareAnswer;
use crate::domain::ids::{CallId, StationId, TicketId};
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::QueueState;
use crate::domain::timestamp::Timestamp;
use crate::ivr::words::Fact;

/// Most telephones rung at once for one call.
pub(super) const LEGS_AT_ONCE: usize = 12;

/// Time to press 1 for somebody who was rung for an emergency and answered.
const TIME_TO_TAKE: Duration = Duration::from_secs(20);

/// Whom to ring, and as what.
pub(super) struct Dialling {
    pub role: CallRole,
    pub purpose: CallPurpose,
    pub target: String,
    pub number: Option<PhoneNumber>,
    pub station: StationId,
    pub ticket: Option<TicketId>,
    pub ring_time: Duration,
}

impl Desk {
    /// Writes an attempt down and rings: the INVITE leaves after the commit.
    pub(super) fn dial(&mut self, dialling: Dialling, now: Timestamp) -> CallId {
        let call_id: CallId = self.chance.mint(now);
        let attempt_id = self.chance.mint(now);
        let jurisdiction = self.stations[&dialling.station].jurisdiction.clone();
        let attempt = CallAttempt {
            id: attempt_id,
            jurisdiction: jurisdiction.clone(),
            purpose: dialling.purpose,
            call: call_id,
            ticket: dialling.ticket,
            target: dialling.target.clone(),
            state: AttemptState::Open,
            started_at: now,
            ended_at: None,
        };
        self.draft.attempts_before.entry(attempt_id).or_insert(None);
        self.attempts.insert(attempt_id, attempt);
        let language = dialling.ticket.and_then(|id| self.cases.get(&id)).map(|case| case.ticket.language);
        let call = Call {
            id: call_id,
            jurisdiction,
            direction: CallDirection::Outgoing,
            number: dialling.number,
            trust: CallerTrust::Verified,
            dialled: dialling.target.clone(),
            station: dialling.station,
            language: language.unwrap_or(crate::domain::language::Language::Zh),
            person: None,
            volunteer: None,
            operator: None,
            joins: dialling.role.joins(),
            owed: dialling.role.owed(),
            held: false,
            muted: false,
            quality: None,
            attempt: Some(attempt_id),
            ticket: dialling.ticket,
            recording: None,
            started_at: now,
            answered_at: None,
            emergency_at: None,
            talked_at: None,
            ended_at: None,
            result: None,
            disposition: None,
        };
        let mut live = LiveCall::new(call, dialling.role, Known::default());
        live.attempt = Some(attempt_id);
        self.add_call(live);
        self.draft.phone(PhoneEffect::Dial {
            call: call_id,
            target: dialling.target,
            ring_time: dialling.ring_time,
        });
        call_id
    }

    /// Ends a call's attempt; one that ended already stays as it ended.
    pub(super) fn close_attempt(&mut self, call: CallId, state: AttemptState, now: Timestamp) {
        let Some(live) = self.call_mut(call) else { return };
        live.call.result = Some(match state {
            AttemptState::Answered | AttemptState::Done => CallResult::Completed,
            AttemptState::Open
            | AttemptState::NoAnswer
            | AttemptState::Busy
            | AttemptState::Failed
            | AttemptState::Unknown
            | AttemptState::Cancelled => CallResult::NotReached,
        });
        let Some(id) = live.attempt else { return };
        let Some(attempt) = self.attempts.get_mut(&id) else { return };
        self.draft.attempts_before.entry(id).or_insert_with(|| Some(attempt.clone()));
        attempt.state = state;
        attempt.ended_at = Some(now);
    }

    /// Rings everybody of all three tiers at the same moment.
    pub(super) fn ring_emergency(&mut self, call: CallId, now: Timestamp) {
        let Some(live) = self.call_mut(call) else { return };
        let care = if let CallRole::Care(care) = live.role { Some(care) } else { None };
        if live.role == CallRole::Incoming || care.is_some() {
            // Written before anybody is rung: a restart knows what was pressed.
            live.call.emergency_at = live.call.emergency_at.or(Some(now));
        }
        if let Some(care) = care.and_then(|care| self.care_mut(care)) {
            care.answer = Some(CareAnswer::Emergency);
        }
        self.leave_queue(call, QueueState::Emergency, now);
        let Some(live) = self.calls.get(&call) else { return };
        let mut targets = Vec::new();
        let mut operators = Vec::new();
        let mut at = Some(live.call.station);
        while let Some(id) = at {
            let Some(station) = self.stations.get(&id) else { break };
            targets.extend(station.ring.iter().map(|target| (id, target.clone())));
            let free = self.at_work(std::slice::from_ref(&station.id)).filter(|it| self.is_free(it));
            operators.extend(free.map(|it| (id, it.record.extension.target())));
            if station.parent.is_none() {
                targets.extend(station.duty.iter().map(|target| (id, target.clone())));
            }
            at = station.parent;
        }
        // Whoever sits at a telephone of the line helps too, but never in the place of those who are on duty for it.
        targets.append(&mut operators);
        self.ring_all(call, targets, Wanted::Helper, self.rules.policy.calls.emergency_ring, now);
    }

    pub(super) fn ring_all(
        &mut self,
        call: CallId,
        targets: Vec<(StationId, String)>,
        wanted: Wanted,
        budget: Duration,
        now: Timestamp,
    ) {
        // Who is being rung for the caller already rings on, for what is wanted now.
        let before = self.call_mut(call).and_then(|live| live.ringing.take());
        let legs = before.map(|ringing| ringing.legs).unwrap_or_default();
        if let Some(live) = self.call_mut(call) {
            live.ringing = Some(Ringing { legs, until: now + budget, wanted });
        }
        for (station, target) in targets {
            self.ring_beside(call, station, &[target], budget, now);
        }
        let nobody = |live: &LiveCall| live.ringing.as_ref().is_none_or(|ringing| ringing.legs.is_empty());
        if self.calls.get(&call).is_none_or(nobody) {
            if let Some(live) = self.call_mut(call) {
                live.ringing = None;
            }
            self.person_came_or_not(call, now);
            self.walk_fact(call, Fact::NobodyAnswered, now);
        }
    }

    /// Rings more telephones for a call, beside those that ring; one that is engaged is left alone.
    pub(super) fn ring_beside(
        &mut self,
        call: CallId,
        station: StationId,
        targets: &[String],
        ring_time: Duration,
        now: Timestamp,
    ) {
        for target in targets {
            let ringing = self.calls.get(&call).and_then(|live| live.ringing.as_ref());
            if ringing.is_none_or(|it| it.legs.len() >= LEGS_AT_ONCE) || self.is_engaged(target) {
                continue;
            }
            let dialling = Dialling {
                role: CallRole::Leg { of: call },
                purpose: CallPurpose::Person,
                target: target.clone(),
                number: None,
                station,
                ticket: None,
                ring_time,
            };
            let leg = self.dial(dialling, now);
            self.ring_at_operators(leg, target, call, now);
            if let Some(ringing) = self.call_mut(call).and_then(|live| live.ringing.as_mut()) {
                ringing.legs.insert(leg);
            }
        }
    }

    /// Whether somebody at this address is being rung or talking already.
    fn is_engaged(&self, target: &str) -> bool {
        self.calls.values().any(|live| {
            live.role.is_rung_for_another() && live.call.ended_at.is_none() && live.call.dialled == target
        })
    }

    /// A leg was answered: it has the call, or is asked whether it takes it.
    pub(super) fn leg_answered(&mut self, leg: CallId, of: CallId, now: Timestamp) {
        let ringing = self.call_mut(of).filter(|live| live.call.ended_at.is_none());
        let Some(ringing) = ringing.and_then(|live| live.ringing.as_mut()) else {
            self.draft.phone(PhoneEffect::Hangup { call: leg });
            return;
        };
        match ringing.wanted {
            Wanted::Helper => {
                // The others ring on; who answered late still has time to press 1.
                ringing.until = ringing.until.max(now + TIME_TO_TAKE);
                self.ask_to_take(leg, of, now);
            }
            Wanted::Person | Wanted::Resident | Wanted::Operator => self.take_call(leg, of, now),
        }
    }

    /// Nobody came in time.
    pub(super) fn nobody_answered(&mut self, call: CallId, now: Timestamp) {
        self.person_came_or_not(call, now);
        self.stop_ringing(call, now);
        self.walk_fact(call, Fact::NobodyAnswered, now);
    }

    /// Releases everybody who is still being rung for a call.
    pub(super) fn stop_ringing(&mut self, call: CallId, _now: Timestamp) {
        let ringing = self.call_mut(call).and_then(|live| live.ringing.take());
        for leg in ringing.into_iter().flat_map(|ringing| ringing.legs) {
            self.draft.phone(PhoneEffect::Hangup { call: leg });
        }
    }

    pub(super) fn leg_ended(&mut self, leg: CallId, of: CallId, reason: EndReason, now: Timestamp) {
        let talked = self.calls.get(&leg).is_some_and(|live| live.call.talked_at.is_some());
        self.close_attempt(leg, if talked { AttemptState::Done } else { state_of(reason) }, now);
        let Some(live) = self.call_mut(of) else { return };
        let Some(ringing) = &mut live.ringing else { return };
        ringing.legs.remove(&leg);
        if ringing.legs.is_empty() {
            self.leg_failed(of, now);
        }
    }

    /// Whoever is still being rung for this is released.
    pub(super) fn leave_in_peace(&mut self, rung_for: impl Fn(&CallRole) -> bool) {
        let rings = |live: &&LiveCall| {
            rung_for(&live.role) && live.call.answered_at.is_none() && live.call.ended_at.is_none()
        };
        let calls: Vec<CallId> = self.calls.values().filter(rings).map(|live| live.call.id).collect();
        for call in calls {
            self.draft.phone(PhoneEffect::Hangup { call });
        }
    }

    /// Whether a call that we made did what it was made for.
    pub(super) fn attempt_is_done(&self, call: CallId) -> bool {
        self.calls
            .get(&call)
            .and_then(|live| live.attempt)
            .and_then(|attempt| self.attempts.get(&attempt))
            .is_some_and(|attempt| attempt.state == AttemptState::Done)
    }
}

/// What became of a try, as far as SIP tells.
pub(super) fn state_of(reason: EndReason) -> AttemptState {
    match reason {
        EndReason::HungUp | EndReason::Released | EndReason::WentDeaf => AttemptState::Answered,
        EndReason::Cancelled => AttemptState::Cancelled,
        EndReason::Busy | EndReason::Declined => AttemptState::Busy,
        EndReason::NoAnswer => AttemptState::NoAnswer,
        EndReason::NoSuchNumber | EndReason::NetworkFailed | EndReason::Refused => AttemptState::Failed,
    }
}
