//! Care calls 关怀电话 (SAF-10): the plans, and of each the one call that is next or under way.
//!
//! Of each plan one call is always there, with its moment, as long as the plan wants any: nothing is forgotten by a restart.

use std::collections::{BTreeMap, BTreeSet};

use super::Desk;
use super::callbacks::Wish;
use super::calls::CallRole;
use super::deadlines::Due;
use super::history::{Entity, EventKind, Line};
use crate::domain::callback::CallbackReason;
use crate::domain::care::{CareAnswer, CareCall, CareState, PlannedCare};
use crate::domain::ids::{CareCallId, CarePlanId, PersonId, StationId};
use crate::domain::person::KnownPerson;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Tier;

/// Whoever is on the line is looked at again this much later, in case their call was lost.
pub(super) const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(5 * 60);
/// While as many ring as may at once, the next is put off by this.
pub(super) const IN_TURN: std::time::Duration = std::time::Duration::from_secs(20);

impl Desk {
    pub(super) fn care_mut(&mut self, id: CareCallId) -> Option<&mut CareCall> {
        let care = self.care_calls.get_mut(&id)?;
        self.draft.care_before.entry(id).or_insert_with(|| Some(care.clone()));
        Some(care)
    }

    /// The plan of a call, while it still wants any and is for the same person.
    pub(super) fn plan_of(&self, id: CareCallId) -> Option<&PlannedCare> {
        let care = self.care_calls.get(&id)?;
        let planned = self.care_plans.get(&care.plan)?;
        (!planned.plan.paused && planned.person.person == care.person).then_some(planned)
    }

    /// A line of the history of whoever is looked after.
    pub(super) fn tell_care(
        &mut self,
        id: CareCallId,
        kind: EventKind,
        entity: Entity,
        detail: serde_json::Value,
        now: Timestamp,
    ) {
        let Some(care) = self.care_calls.get(&id) else { return };
        let line = Line::new(kind, entity, detail).of(Some(care.person));
        self.tell(Line { ticket: care.ticket, ..line }, now);
    }

    /// The plans there are from now on: calls that have not begun follow them.
    pub(super) fn put_care_plans(&mut self, plans: &[PlannedCare], now: Timestamp) {
        self.care_plans = plans.iter().map(|planned| (planned.plan.id, planned.clone())).collect();
        self.follow_persons(now);
        let waiting: BTreeMap<CarePlanId, (CareCallId, Timestamp)> = self
            .care_calls
            .values()
            .filter(|care| care.state == CareState::Planned)
            .map(|care| (care.plan, (care.id, care.sought_from)))
            .collect();
        for (plan, (id, sought_from)) in &waiting {
            let wanted = self.care_plans.get(plan);
            let at = wanted.and_then(|it| it.plan.next(&self.rules.calendar, now.max(*sought_from)));
            let goes_on = wanted.is_some_and(|it| !it.plan.paused);
            let Some(care) = self.care_mut(*id) else { continue };
            // What is due already, and waits for an hour that is fit, is not put off to the next day.
            let due = care.planned_at <= now;
            match at {
                Some(at) if !due => (care.planned_at, care.next_at) = (at, at),
                None if !due || !goes_on => self.end_care(*id, CareState::Dropped, now),
                Some(_) | None => {}
            }
        }
        self.plan_care(now);
    }

    /// A plan's number was given to somebody else: the call to come is theirs, what was being tried is over.
    fn follow_persons(&mut self, now: Timestamp) {
        let of_others: Vec<(CareCallId, CareState, PersonId)> = self
            .care_calls
            .values()
            .filter_map(|care| {
                let person = self.care_plans.get(&care.plan)?.person.person;
                (person != care.person).then_some((care.id, care.state, person))
            })
            .collect();
        for (id, state, person) in of_others {
            match state {
                CareState::Planned => {
                    if let Some(care) = self.care_mut(id) {
                        care.person = person;
                    }
                }
                CareState::TryAgain | CareState::NextContact => self.end_care(id, CareState::Dropped, now),
                // Whoever is on the line, or being rung, is not cut off.
                CareState::Ringing
                | CareState::OnTheLine
                | CareState::ContactRinging
                | CareState::Well
                | CareState::Helped
                | CareState::LookedAfter
                | CareState::Missed
                | CareState::ByPerson
                | CareState::Dropped => {}
            }
        }
    }

    /// Every plan that wants a call and has none gets its next.
    pub(super) fn plan_care(&mut self, now: Timestamp) {
        let planned: BTreeSet<CarePlanId> = self.care_calls.values().map(|care| care.plan).collect();
        let without: Vec<CarePlanId> =
            self.care_plans.keys().filter(|plan| !planned.contains(plan)).copied().collect();
        for plan in without {
            self.plan_next(plan, now, now);
        }
    }

    fn plan_next(&mut self, plan: CarePlanId, sought_from: Timestamp, now: Timestamp) {
        let Some(PlannedCare { plan, person }) = self.care_plans.get(&plan) else { return };
        let Some(at) = plan.next(&self.rules.calendar, sought_from) else { return };
        let id: CareCallId = self.chance.mint(now);
        let care = CareCall {
            id,
            jurisdiction: plan.jurisdiction.clone(),
            plan: plan.id,
            person: person.person,
            state: CareState::Planned,
            sought_from,
            planned_at: at,
            next_at: at,
            first_at: None,
            tries: 0,
            contacts_rung: 0,
            answer: None,
            ticket: None,
            ended_at: None,
        };
        self.draft.care_before.entry(id).or_insert(None);
        self.care_calls.insert(id, care);
    }

    /// The call of this day is over; the plan's next is sought from the day after on.
    pub(super) fn end_care(&mut self, id: CareCallId, state: CareState, now: Timestamp) {
        let Some(care) = self.care_mut(id).filter(|care| care.state.is_open()) else { return };
        care.state = state;
        care.ended_at = Some(now);
        // After an outage it may have been rung on a later day: that day has had its call.
        let day = care.first_at.unwrap_or(care.planned_at).max(care.planned_at);
        let plan = care.plan;
        // A plan that was changed before its call begins again from where it was.
        let from = if state == CareState::Dropped {
            now
        } else {
            self.rules.calendar.day_around(day).until.max(now)
        };
        self.plan_next(plan, from, now);
    }

    /// Whether they asked for help or a person, and are on the line still.
    pub(super) fn wants_something(&self, id: CareCallId) -> bool {
        self.care_calls.get(&id).is_some_and(|care| care.state == CareState::OnTheLine)
    }

    pub(super) fn care_due(&mut self, id: CareCallId, now: Timestamp) {
        if self.stations.is_empty() {
            return self.put_off_care(id, now + LOOK_AGAIN); // there is nobody yet in whose name anybody is rung
        }
        let Some(care) = self.care_mut(id).filter(|care| care.next_at <= now) else { return };
        match care.state {
            CareState::Planned | CareState::TryAgain => self.try_care(id, now),
            CareState::NextContact => self.ring_next_contact(id, now),
            CareState::Ringing | CareState::ContactRinging | CareState::OnTheLine => {
                care.next_at = now + LOOK_AGAIN;
                if !self.is_with_care(id) {
                    self.care_call_is_gone(id, now);
                }
            }
            CareState::Well
            | CareState::Helped
            | CareState::LookedAfter
            | CareState::Missed
            | CareState::ByPerson
            | CareState::Dropped => {}
        }
    }

    /// Whether a telephone rings for it, or somebody is on one.
    fn is_with_care(&self, id: CareCallId) -> bool {
        self.calls.values().any(|live| {
            live.call.ended_at.is_none()
                && matches!(live.role, CallRole::Care(of) | CallRole::CareContact(of) if of == id)
        })
    }

    /// Nobody knows what became of the call: the ladder goes on. Who asked for help is owed a call.
    pub(super) fn care_call_is_gone(&mut self, id: CareCallId, now: Timestamp) {
        let Some(care) = self.care_calls.get(&id) else { return };
        match care.state {
            CareState::Ringing => {
                let due = self.next_care_try(id).map(|due| due.max(now));
                let due = due.filter(|due| self.can_be_tried(id, *due));
                if let Some(care) = self.care_mut(id) {
                    // Rung by the next tick: a step that restores rings nobody.
                    (care.state, care.next_at) = match due {
                        Some(due) => (CareState::TryAgain, due),
                        None => (CareState::NextContact, now),
                    };
                }
            }
            CareState::ContactRinging => {
                if let Some(care) = self.care_mut(id) {
                    (care.state, care.next_at) = (CareState::NextContact, now);
                }
            }
            CareState::OnTheLine => {
                let urgent = care.answer == Some(CareAnswer::Emergency);
                if let Some(PlannedCare { plan, person }) = self.care_plans.get(&care.plan).cloned() {
                    let station = self.station_of(&person);
                    let wish = Wish::new(plan.number, station, CallbackReason::Interrupted);
                    let request = self.request_callback(Wish { urgent, ..wish }, now);
                    if urgent {
                        self.ring_first_thing(request, now);
                    }
                }
                self.end_care(id, CareState::Helped, now);
            }
            CareState::Planned
            | CareState::TryAgain
            | CareState::NextContact
            | CareState::Well
            | CareState::Helped
            | CareState::LookedAfter
            | CareState::Missed
            | CareState::ByPerson
            | CareState::Dropped => {}
        }
    }

    /// The station of their home, else of the district.
    pub(super) fn station_of(&self, person: &KnownPerson) -> StationId {
        let district = self.district_station().or_else(|| self.stations.keys().next().copied());
        let district = district.expect("care waits until there is a station");
        self.start_station(person.area.as_ref(), Tier::Committee, district)
    }

    /// Whether `at` is on the day of its first try; a call that has not begun has any day.
    pub(super) fn is_on_its_day(&self, id: CareCallId, at: Timestamp) -> bool {
        let first = self.care_calls.get(&id).and_then(|care| care.first_at);
        first.is_none_or(|first| at < self.rules.calendar.day_around(first).until)
    }

    pub(super) fn put_off_care(&mut self, id: CareCallId, at: Timestamp) {
        if let Some(care) = self.care_mut(id) {
            care.next_at = at;
        }
    }

    /// What was being rung when the program stopped goes on with its next step.
    pub(super) fn restore_care(&mut self, plans: Vec<PlannedCare>, calls: Vec<CareCall>, now: Timestamp) {
        self.care_plans = plans.into_iter().map(|planned| (planned.plan.id, planned)).collect();
        for care in calls {
            self.deadlines.set(Due::Care(care.id), Some(care.next_at));
            self.care_calls.insert(care.id, care);
        }
        self.follow_persons(now);
        let ids: Vec<CareCallId> = self.care_calls.keys().copied().collect();
        for id in ids {
            self.care_call_is_gone(id, now);
        }
        self.plan_care(now);
    }
}
