//! Callers who want a person: tier after tier is rung within the ring budget, then they wait their turn.
//!
//! Who is ready is rung at once, the one idle longest; when all are busy the caller hears their place and may keep it
//! and be rung back. A call-back request waits in the same queue, by the moment its caller first came.

use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::calls::{CallRole, Ringing, Wanted};
use super::effect::PhoneEffect;
use super::history::{Entity, EventKind, Line};
use super::legs::Dialling;
use super::talks::Whom;
use crate::domain::actor::Actor;
use crate::domain::call::CallPurpose;
use crate::domain::callback::{CallbackReason, CallbackRequest};
use crate::domain::ids::{CallId, CallbackId, StationId, UserId};
use crate::domain::number_mark::Reach;
use crate::domain::operator::OperatorState;
use crate::domain::queue::{QueueEntry, QueueState};
use crate::domain::timestamp::Timestamp;
use crate::ivr::words::Fact;

/// The highest place and the longest wait that are said; beyond them it is "more than".
const MOST_SAID: u16 = 99;

/// How far the search for a person has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeking {
    /// The tiers from the nearest up.
    stages: Vec<StationId>,
    /// How many of them have been rung.
    reached: usize,
    /// When the next is.
    next_at: Timestamp,
    began_at: Timestamp,
    /// The caller was told that they wait.
    told: bool,
}

/// Who is next: somebody on the line, or somebody to be rung back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Waiter {
    Call(CallId),
    Callback(CallbackId),
}

impl Desk {
    fn entry_mut(&mut self, call: CallId) -> Option<&mut QueueEntry> {
        let entry = self.queue.get_mut(&call)?;
        self.draft.queue_before.entry(call).or_insert_with(|| Some(entry.clone()));
        Some(entry)
    }

    fn waits(&self, call: CallId) -> bool {
        self.queue.get(&call).is_some_and(|entry| entry.state == QueueState::Waiting)
    }

    /// Whether the call ended, or ends, with a wait for a person who did not come.
    pub(super) fn gave_up_waiting(&self, call: CallId) -> bool {
        self.queue.get(&call).is_some_and(|entry| match entry.state {
            QueueState::Waiting | QueueState::Abandoned | QueueState::Kept | QueueState::GivenUp => true,
            QueueState::Answered | QueueState::Emergency => false,
        })
    }

    /// A caller wants a person.
    pub(super) fn ring_person(&mut self, call: CallId, now: Timestamp) {
        let Some(live) = self.calls.get(&call) else { return };
        let led_on = live.led_to.is_some();
        let mut stages = self.tiers_from(live.call.station);
        if !led_on {
            // Whoever is waited for has to be there; who waits already keeps their place when it closes.
            stages.retain(|station| self.is_open(&self.stations[station], now));
        }
        if !led_on && self.waits_in_another_call(call) {
            return self.walk_fact(call, Fact::AlreadyWaiting, now);
        }
        self.person_wanted(call, now);
        if !led_on && !stages.iter().any(|station| self.has_people(*station)) {
            self.person_came_or_not(call, now);
            return self.walk_fact(call, Fact::NobodyAnswered, now);
        }
        self.enter_queue(call, now);
        let seeking = Seeking { stages, reached: 0, next_at: now, began_at: now, told: false };
        if let Some(live) = self.call_mut(call) {
            live.seeking = Some(seeking);
            live.ringing = Some(Ringing { legs: Default::default(), until: now, wanted: Wanted::Person });
        }
        self.ring_whom_they_are_led_to(call, now);
        self.seek(call, now);
    }

    /// Whom an operator led the caller on to is rung alone, for the time an operator has; then the search begins.
    fn ring_whom_they_are_led_to(&mut self, call: CallId, now: Timestamp) {
        let alone = self.rules.policy.queue.operator_ring;
        let Some(to) = self.call_mut(call).and_then(|live| live.led_to.take()) else { return };
        match to {
            Whom::Operator(user) => {
                if self.operators.get(&user).is_some_and(|it| self.is_free(it)) {
                    self.ring_operator(call, user, now);
                }
            }
            Whom::Number(number) => {
                let station = self.calls[&call].call.station;
                self.ring_beside(call, station, &[number], alone, now);
            }
        }
        if let Some(seeking) = self.call_mut(call).and_then(|live| live.seeking.as_mut()) {
            seeking.next_at = now + alone;
            seeking.began_at = now + alone;
        }
    }

    /// A station and those above it.
    pub(super) fn tiers_from(&self, station: StationId) -> Vec<StationId> {
        let mut tiers = Vec::new();
        let mut at = Some(station);
        while let Some(station) = at.and_then(|id| self.stations.get(&id)) {
            tiers.push(station.id);
            at = station.parent;
        }
        tiers
    }

    /// Whether anybody can be rung for a station: an operator at work, or a telephone.
    fn has_people(&self, station: StationId) -> bool {
        let has_telephones = self.stations.get(&station).is_some_and(|it| !it.ring.is_empty());
        has_telephones || self.at_work(&[station]).next().is_some()
    }

    /// A place among those who wait: a call that had one keeps it.
    fn enter_queue(&mut self, call: CallId, now: Timestamp) {
        if let Some(entry) = self.entry_mut(call) {
            entry.state = QueueState::Waiting;
            entry.wished_at = now;
            entry.ended_at = None;
            return;
        }
        let live = &self.calls[&call];
        let rung_back = self.callbacks.values().find(|request| live.role == CallRole::Callback(request.id));
        let owed = rung_back.or_else(|| self.owed_to(call));
        let entry = QueueEntry {
            call,
            jurisdiction: live.call.jurisdiction.clone(),
            station: live.call.station,
            language: live.call.language,
            urgent: owed.is_some_and(|request| request.urgent),
            state: QueueState::Waiting,
            queued_at: owed.map_or(now, |request| request.queued_at),
            wished_at: now,
            said_place: None,
            ended_at: None,
            operator: None,
        };
        self.draft.queue_before.entry(call).or_insert(None);
        self.queue.insert(call, entry);
        let person = self.calls[&call].call.person;
        self.tell(Line::new(EventKind::CallQueued, Entity::Call(call), json!({})).of(person), now);
    }

    /// Who waited for a person keeps the place they had, whatever becomes of the call.
    pub(super) fn queued_at(&self, call: CallId) -> Option<Timestamp> {
        self.queue.get(&call).map(|entry| entry.queued_at)
    }

    /// A call-back request takes the place of a caller who waits.
    pub(super) fn leave_queue_owed_a_call(&mut self, call: CallId, reason: CallbackReason, now: Timestamp) {
        if !self.waits(call) {
            return;
        }
        let gone = self.calls.get(&call).is_none_or(|live| live.call.ended_at.is_some());
        let to = if gone {
            QueueState::Abandoned
        } else if reason == CallbackReason::KeptPlace {
            QueueState::Kept
        } else {
            QueueState::GivenUp
        };
        self.stop_ringing(call, now);
        self.leave_queue(call, to, now);
    }

    /// The wait is over, whatever ended it.
    pub(super) fn leave_queue(&mut self, call: CallId, to: QueueState, now: Timestamp) {
        if let Some(live) = self.call_mut(call) {
            live.seeking = None;
        }
        let Some(entry) = self.entry_mut(call).filter(|entry| entry.state == QueueState::Waiting) else {
            return;
        };
        entry.state = to;
        entry.ended_at = Some(now);
        let waited_s = now.since(entry.queued_at).as_secs();
        let operator = entry.operator;
        let detail = json!({ "to": to, "waited_s": waited_s, "operator": operator });
        self.tell(Line::new(EventKind::CallLeftQueue, Entity::Call(call), detail), now);
        self.tell_places(now);
    }

    /// Goes on with the search: rings the next tiers whose time has come, and tells the caller where they stand.
    pub(super) fn seek(&mut self, call: CallId, now: Timestamp) {
        // Who came before has who is ready.
        self.serve(now);
        self.seek_on(call, now);
    }

    fn seek_on(&mut self, call: CallId, now: Timestamp) {
        loop {
            let Some(live) = self.calls.get(&call) else { return };
            let (Some(seeking), Some(ringing)) = (&live.seeking, &live.ringing) else { return };
            let due = seeking.next_at <= now || ringing.legs.is_empty();
            if !due {
                return self.look_again_at(call, seeking.next_at);
            }
            if seeking.reached == seeking.stages.len() {
                return self.all_rung(call, now);
            }
            self.next_stage(call, now);
        }
    }

    fn look_again_at(&mut self, call: CallId, at: Timestamp) {
        if let Some(ringing) = self.call_mut(call).and_then(|live| live.ringing.as_mut()) {
            ringing.until = at;
        }
    }

    /// The next tier up is rung beside those that ring: its telephones, and one operator more.
    fn next_stage(&mut self, call: CallId, now: Timestamp) {
        let budget = self.rules.policy.calls.ring_budget;
        let Some(stages) = self.calls.get(&call).and_then(|live| live.seeking.as_ref()).map(|it| &it.stages)
        else {
            return;
        };
        let peopled = stages.iter().filter(|station| self.has_people(**station)).count();
        let share = budget / u32::try_from(peopled).unwrap_or(1).max(1);
        let Some(seeking) = self.calls.get(&call).and_then(|live| live.seeking.as_ref()) else { return };
        let station = seeking.stages[seeking.reached];
        // A tier without people has no share of the time.
        let next_at = if self.has_people(station) { now + share } else { now };
        let Some(seeking) = self.call_mut(call).and_then(|live| live.seeking.as_mut()) else { return };
        seeking.reached += 1;
        seeking.next_at = next_at;
        let left = (seeking.began_at + budget).since(now);
        let stages = seeking.stages[..seeking.reached].to_vec();
        let targets = self.stations.get(&station).map(|it| it.ring.clone()).unwrap_or_default();
        self.ring_beside(call, station, &targets, left, now);
        let language = self.calls[&call].call.language;
        if let Some(user) = self.next_operator(&stages, language) {
            self.ring_operator(call, user, now);
        }
    }

    /// Everybody was rung: who is at work is waited for, nobody else is.
    fn all_rung(&mut self, call: CallId, now: Timestamp) {
        let longest = self.rules.policy.queue.longest;
        let Some(seeking) = self.calls.get(&call).and_then(|live| live.seeking.clone()) else { return };
        let until = seeking.began_at + longest;
        if until <= now || self.at_work(&seeking.stages).next().is_none() {
            self.leave_queue(call, QueueState::GivenUp, now);
            return self.nobody_answered(call, now);
        }
        self.look_again_at(call, until);
        // Who is no operator has rung long enough.
        let others: Vec<CallId> =
            self.legs_of(call).filter(|leg| self.calls[leg].call.operator.is_none()).collect();
        for leg in others {
            self.draft.phone(PhoneEffect::Hangup { call: leg });
        }
        if let Some(seeking) = self.call_mut(call).and_then(|live| live.seeking.as_mut())
            && !std::mem::replace(&mut seeking.told, true)
        {
            self.tell_places(now);
        }
    }

    fn legs_of(&self, call: CallId) -> impl Iterator<Item = CallId> + '_ {
        let ringing = self.calls.get(&call).and_then(|live| live.ringing.as_ref());
        ringing.into_iter().flat_map(|ringing| ringing.legs.iter().copied())
    }

    /// Who is ready and who is next are brought together, until one of them runs out.
    pub(super) fn serve(&mut self, now: Timestamp) {
        if self.stops || self.operators.values().all(|it| it.standing.state != OperatorState::Ready) {
            return;
        }
        for waiter in self.waiting(now) {
            match waiter {
                Waiter::Call(call) => self.serve_call(call, now),
                Waiter::Callback(callback) => self.serve_callback(callback, now),
            }
        }
    }

    /// Operators came or went: who waits is served, or told that there is nobody to wait for.
    pub(super) fn operators_changed(&mut self, now: Timestamp) {
        self.serve(now);
        let waits = |entry: &&QueueEntry| entry.state == QueueState::Waiting;
        let waiting: Vec<CallId> = self.queue.values().filter(waits).map(|entry| entry.call).collect();
        for call in waiting {
            self.seek_on(call, now);
        }
        self.tell_places(now);
    }

    /// Everybody who waits, in their order; for some an operator is being rung.
    fn waiting(&self, now: Timestamp) -> Vec<Waiter> {
        let calls = self.queue.values().filter(|entry| entry.state == QueueState::Waiting);
        let calls = calls.map(QueueEntry::turn).map(|(later, at, id)| (later, at, Waiter::Call(id)));
        let owed = self.callbacks.values().filter(|request| self.is_in_line(request, now));
        // Who is owed a call and waits on the line has one place.
        let on_the_line = self.numbers_that_wait();
        let owed = owed.filter(|request| !on_the_line.contains(&request.number));
        let owed = owed.map(CallbackRequest::turn).map(|(later, at, id)| (later, at, Waiter::Callback(id)));
        let mut all: Vec<_> = calls.chain(owed).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, _, waiter)| waiter).collect()
    }

    /// Whether this request has its place among those who wait: the next operator may be given it.
    fn is_in_line(&self, request: &CallbackRequest, now: Timestamp) -> bool {
        request.may_stand_in_line()
            && self.rules.policy.queue.rings_back
            && self.may_be_rung_now(request, now)
    }

    /// Whether the hour and the safety of whoever is there let the number be rung.
    pub(super) fn may_be_rung_now(&self, request: &CallbackRequest, now: Timestamp) -> bool {
        let awake = request.urgent || !self.rules.calendar.in_quiet_hours(now);
        awake && self.reach(&request.number, now) == Reach::Now
    }

    fn serve_call(&mut self, call: CallId, now: Timestamp) {
        let Some(live) = self.calls.get(&call).filter(|live| live.call.ended_at.is_none()) else { return };
        let Some(seeking) = &live.seeking else { return };
        let rung = self.legs_of(call).any(|leg| self.calls[&leg].call.operator.is_some());
        if rung {
            return;
        }
        if let Some(user) = self.next_operator(&seeking.stages[..seeking.reached], live.call.language) {
            self.ring_operator(call, user, now);
        }
    }

    fn ring_operator(&mut self, call: CallId, user: UserId, now: Timestamp) {
        let Some(target) = self.operators.get(&user).map(|it| it.record.extension.target()) else { return };
        let dialling = Dialling {
            role: CallRole::Leg { of: call },
            purpose: CallPurpose::Person,
            target,
            number: None,
            station: self.calls[&call].call.station,
            ticket: None,
            ring_time: self.rules.policy.queue.operator_ring,
        };
        let leg = self.dial(dialling, now);
        if let Some(live) = self.call_mut(leg) {
            live.call.operator = Some(user);
        }
        if let Some(ringing) = self.call_mut(call).and_then(|live| live.ringing.as_mut()) {
            ringing.legs.insert(leg);
        }
        self.move_operator(user, OperatorState::Ringing, (Some(call), None), now);
    }

    /// A leg of somebody who waits came to nothing: the next is rung, or the search goes on.
    pub(super) fn leg_failed(&mut self, call: CallId, now: Timestamp) {
        if self.waits(call) {
            self.seek(call, now);
        } else {
            self.nobody_answered(call, now);
        }
    }

    /// Somebody has the caller: an operator of ours, or whoever was rung.
    pub(super) fn answered_by(&mut self, call: CallId, operator: Option<UserId>, now: Timestamp) {
        if let Some(user) = operator {
            if let Some(live) = self.call_mut(call) {
                live.call.operator = Some(user);
            }
            if let Some(entry) = self.entry_mut(call) {
                entry.operator = Some(user);
            }
            if self.has_signed_on(user) {
                self.move_operator(user, OperatorState::Talking, (Some(call), None), now);
            }
        }
        let by = operator.map_or(Actor::SYSTEM, |user| self.actor_of(user));
        self.served_on_the_line(call, &by, now);
        self.leave_queue(call, QueueState::Answered, now);
    }

    /// Tells everybody who waits and was told so before where they stand now; who is told for the first time hears it.
    pub(super) fn tell_places(&mut self, now: Timestamp) {
        let order = self.waiting(now);
        let mut told = Vec::new();
        for (ahead, waiter) in order.iter().enumerate() {
            let Waiter::Call(call) = waiter else { continue };
            let Some(seeking) = self.calls.get(call).and_then(|live| live.seeking.as_ref()) else { continue };
            if !seeking.told {
                continue;
            }
            let wait = self.expected_wait(ahead + 1, &seeking.stages);
            told.push((*call, u16::try_from(ahead + 1).unwrap_or(u16::MAX).min(MOST_SAID), wait));
        }
        for (call, place, wait) in told {
            let Some(entry) = self.entry_mut(call) else { continue };
            let place = entry.said_place.map_or(place, |said| said.min(place));
            entry.said_place = Some(place);
            let minutes = u16::try_from(wait.as_secs().div_ceil(60)).unwrap_or(u16::MAX).clamp(1, MOST_SAID);
            self.walk_fact(call, Fact::Waiting { place, minutes }, now);
        }
    }

    /// Place by place, as long as a call takes with so many at work.
    fn expected_wait(&self, place: usize, stages: &[StationId]) -> Duration {
        let operators = u32::try_from(self.at_work(stages).count()).unwrap_or(u32::MAX).max(1);
        self.talk_length * u32::try_from(place).unwrap_or(u32::MAX) / operators
    }

    /// Another call was talked to its end: what is expected follows, an eighth at a time.
    pub(super) fn learn_talk_length(&mut self, length: Duration) {
        self.talk_length = (self.talk_length * 7 + length) / 8;
    }
}
