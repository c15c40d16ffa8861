//! Who hears whom: taking a call, bringing in the ambulance, and what is left when one of them hangs up.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::calls::{CallRole, Wanted};
use super::effect::{Part, PhoneEffect};
use super::event::EndReason;
use super::history::{Entity, EventKind, Line};
use super::legs::{Dialling, state_of};
use crate::domain::call::{AttemptState, CallPurpose, CallerTrust};
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{CallId, TicketId};
use crate::domain::operator::OperatorState;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::recording::RecordingPurpose;
use crate::domain::timestamp::Timestamp;
use crate::ivr::words::Fact;

/// How long the ambulance's number rings before whoever asked for it is told.
const BRING_IN_RING: Duration = Duration::from_secs(60);

impl Desk {
    /// Somebody takes a call that people were rung for: they are joined to it, the others are released.
    pub(super) fn take_call(&mut self, leg: CallId, of: CallId, now: Timestamp) {
        let caller = self.call_mut(of).filter(|live| live.call.ended_at.is_none() && live.with.is_empty());
        let Some((caller, wanted)) = caller.and_then(|live| {
            let ringing = live.ringing.as_mut()?;
            ringing.legs.remove(&leg);
            let wanted = ringing.wanted;
            Some((live, wanted))
        }) else {
            self.draft.phone(PhoneEffect::Hangup { call: leg });
            return;
        };
        caller.with.insert(leg);
        let answered = caller.call.answered_at.is_some();
        let operator = self.calls.get(&leg).and_then(|live| live.call.operator);
        self.answered_by(of, operator, now);
        self.stop_ringing(of, now);
        self.person_came_or_not(of, now);
        if let Some(live) = self.call_mut(leg) {
            live.with.insert(of);
        }
        if answered {
            self.join(of, leg, now);
            self.record_talk(of, wanted, now);
        }
    }

    /// Lets the two hear each other. Where we rang both, the second to answer completes the pair.
    pub(super) fn join(&mut self, of: CallId, leg: CallId, now: Timestamp) {
        for call in [of, leg] {
            self.draft.phone(PhoneEffect::StopPlay { call });
            if let Some(live) = self.call_mut(call) {
                live.call.talked_at = live.call.talked_at.or(Some(now));
            }
        }
        self.draft.phone(PhoneEffect::Bridge { a: of, b: leg });
        let line = Line::new(EventKind::CallBridged, Entity::Call(of), json!({ "with": leg }));
        self.tell(line, now);
        self.somebody_talks(of, leg, now);
        self.walk_fact(of, Fact::PersonAnswered, now);
    }

    /// A helper, or somebody of a station, talks with the resident: the first contact of what it is about is made. Of what
    /// the call is about where that is known, else of all that waits for a contact with this number.
    fn somebody_talks(&mut self, of: CallId, leg: CallId, now: Timestamp) {
        let Some((caller, other)) = self.calls.get(&of).zip(self.calls.get(&leg)) else { return };
        // A helper's key 3 rings the resident as the other leg; else the resident's own call is joined to a person.
        let about = caller.call.ticket;
        let residents =
            caller.call.number.as_ref().filter(|_| caller.number_trust() == CallerTrust::Verified);
        let of_number =
            residents.and_then(|number| self.tickets_by_caller.get(number)).filter(|_| about.is_none());
        let tickets: Vec<TicketId> =
            about.into_iter().chain(of_number.into_iter().flatten().copied()).collect();
        let is_there =
            |number: &PhoneNumber| residents == Some(number) || other.call.dialled == number.as_str();
        let talked_with = |id: &TicketId| {
            let case = self.cases.get(id);
            case.is_some_and(|case| case.ticket.caller.as_ref().is_some_and(is_there))
        };
        let talked_with: Vec<TicketId> = tickets.into_iter().filter(talked_with).collect();
        for ticket in talked_with {
            self.stop_clock(ticket, ClockKind::FirstContact, now);
        }
    }

    /// The caller heard that the call is recorded and did not refuse: so it is.
    fn record_talk(&mut self, of: CallId, wanted: Wanted, now: Timestamp) {
        let told = match wanted {
            Wanted::Person | Wanted::Helper => true,
            Wanted::Resident | Wanted::Operator => false,
        };
        let refused = self.calls.get(&of).is_none_or(|live| live.recording_refused);
        // Who is led on from one operator to the next is recorded all along.
        let runs = self.calls.get(&of).and_then(|live| live.recording);
        let talk =
            |id| self.recordings.get(&id).is_some_and(|it| it.purpose == RecordingPurpose::Conversation);
        if told && !refused && !runs.is_some_and(talk) {
            let longest = self.rules.policy.calls.longest_talk;
            self.record(of, RecordingPurpose::Conversation, longest, longest, now);
        }
    }

    /// Whoever took an emergency wants the ambulance on the line; once at a time.
    pub(super) fn bring_in(&mut self, to: CallId, now: Timestamp) {
        self.bring_in_target(to, self.rules.policy.calls.bring_in.clone(), now);
    }

    /// Somebody more is wanted on the line.
    pub(super) fn bring_in_target(&mut self, to: CallId, target: String, now: Timestamp) {
        let Some(live) = self.calls.get(&to) else { return };
        if live.call.ended_at.is_some() || self.has_a_third(to) {
            return;
        }
        let dialling = Dialling {
            role: CallRole::BroughtIn { to },
            purpose: CallPurpose::BringIn,
            target: target.clone(),
            number: None,
            station: live.call.station,
            ticket: live.call.ticket,
            ring_time: BRING_IN_RING,
        };
        let call = self.dial(dialling, now);
        self.ring_at_operators(call, &target, to, now);
        if let Some(live) = self.call_mut(to) {
            live.bringing_in = Some(call);
        }
    }

    /// Whether somebody was brought in already, or is being rung for that.
    pub(super) fn has_a_third(&self, to: CallId) -> bool {
        let Some(live) = self.calls.get(&to) else { return false };
        let mut others = live.with.iter().filter_map(|id| self.calls.get(id));
        live.bringing_in.is_some() || others.any(|other| other.role == CallRole::BroughtIn { to })
    }

    /// The ambulance answered: it hears the caller and whoever is with them.
    pub(super) fn brought_in(&mut self, call: CallId, to: CallId, now: Timestamp) {
        let caller = self.call_mut(to).filter(|live| live.call.ended_at.is_none());
        let Some(caller) = caller else {
            self.draft.phone(PhoneEffect::Hangup { call });
            return;
        };
        caller.bringing_in = None;
        caller.call.talked_at = caller.call.talked_at.or(Some(now));
        let mut all: BTreeSet<CallId> = caller.with.clone();
        let alone = all.is_empty();
        all.insert(to);
        for other in &all {
            if let Some(live) = self.call_mut(*other) {
                live.with.insert(call);
            }
        }
        if let Some(live) = self.call_mut(call) {
            live.with = all;
            live.call.talked_at = Some(now);
        }
        self.draft.phone(if alone {
            PhoneEffect::Bridge { a: to, b: call }
        } else {
            PhoneEffect::Join { to, call, part: Part::Speak }
        });
        let detail = json!({ "with": call, "brought_in": true });
        self.tell(Line::new(EventKind::CallBridged, Entity::Call(to), detail), now);
        let colleague = self.calls.get(&call).and_then(|live| live.call.operator);
        if let Some(user) = colleague.filter(|user| self.has_signed_on(*user)) {
            self.move_operator(user, OperatorState::Talking, (Some(to), None), now);
        }
        self.hand_over(to);
    }

    /// Who had the caller is gone: a colleague they brought in has them now, and nobody is left on hold.
    fn hand_over(&mut self, caller: CallId) {
        let Some(live) = self.calls.get(&caller) else { return };
        let mut others = live.with.iter().filter_map(|id| self.calls.get(id));
        let is_caller = !live.role.is_rung_for_another() && !live.with.is_empty();
        if !is_caller || others.clone().any(|other| other.role.has_the_caller()) {
            return;
        }
        let colleague = others.find_map(|other| Some((other.call.id, other.call.operator?)));
        if live.call.held {
            self.hold(caller, false);
        }
        let Some((leg, user)) = colleague else { return };
        self.put_role(leg, CallRole::Leg { of: caller });
        if let Some(live) = self.call_mut(caller) {
            live.call.operator = Some(user);
        }
    }

    /// The ambulance did not answer, or has heard enough.
    pub(super) fn brought_in_ended(&mut self, call: CallId, to: CallId, reason: EndReason, now: Timestamp) {
        let talked = self.calls.get(&call).is_some_and(|live| live.call.talked_at.is_some());
        self.close_attempt(call, if talked { AttemptState::Done } else { state_of(reason) }, now);
        let Some(caller) = self.call_mut(to).filter(|live| live.bringing_in == Some(call)) else { return };
        caller.bringing_in = None;
        let with = caller.with.clone();
        let was_talked_with = caller.call.ended_at.is_none()
            && caller.call.operator.is_some()
            && caller.call.emergency_at.is_none()
            && caller.role.is_a_residents();
        if with.is_empty() && was_talked_with {
            // Their operator left them to somebody who did not come: nobody is lost between two telephones.
            self.seek_the_next(to, None, now);
        } else if with.is_empty() {
            self.hang_up_when_alone(to);
        }
        for other in with {
            self.walk_fact(other, Fact::BringInFailed, now);
        }
    }

    /// A call is over: the others go on as long as two of them are left.
    pub(super) fn part_from_all(&mut self, id: CallId) {
        let Some(live) = self.call_mut(id) else { return };
        let (with, bringing_in) = (std::mem::take(&mut live.with), live.bringing_in.take());
        for other in with {
            if let Some(live) = self.call_mut(other) {
                live.with.remove(&id);
            }
            self.hand_over(other);
            self.hang_up_when_alone(other);
        }
        if let Some(call) = bringing_in {
            self.draft.phone(PhoneEffect::Hangup { call });
        }
    }

    /// Nobody is left to talk to, and nobody is on the way.
    fn hang_up_when_alone(&mut self, call: CallId) {
        let alone = |live: &super::calls::LiveCall| {
            live.call.ended_at.is_none() && live.with.is_empty() && live.bringing_in.is_none()
        };
        if self.calls.get(&call).is_some_and(alone) {
            self.draft.phone(PhoneEffect::Hangup { call });
        }
    }
}
