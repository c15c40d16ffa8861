//! Calls to duty telephones: a landline is rung where a mobile reads, and, where somebody at a door is not heard of (SAF-5),
//! a mobile is as well.
//!
//! What is owed is a `StationCall` of the ticket, and so survives a restart. Hours, tries and the cap of a day are those of
//! calls to helpers; what no call could say is on the call-back list of the station above.

use super::Desk;
use super::callbacks::Wish;
use super::calls::CallRole;
use super::history::EventKind;
use super::notices::Notice;
use super::rings::RungFor;
use super::task_notices::Told;
use super::visitors::whose;
use super::visits::entity_of;
use crate::domain::area::AreaCode;
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState, HelperCall, Ring};
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{StationId, TaskNoticeId, TicketId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::safety;
use crate::domain::task_notice::{StationCall, TaskNotice};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::domain::work_item::WorkRole;
use crate::ivr::outgoing::{HelperTask, Whom};
use crate::ivr::words::TaskId;
use crate::text::words::Words;

impl Desk {
    /// Tells a station of a ticket: by text, or, where its telephone takes none, by a call with the like of it.
    pub(super) fn tell_duty_phone(
        &mut self,
        id: TicketId,
        station: StationId,
        why: HelperCall,
        notice: impl FnOnce(PhoneNumber) -> Notice,
        now: Timestamp,
    ) {
        let to = self.stations.get(&station).and_then(|station| station.notice_phone.clone());
        let Some(to) = to else { return };
        if to.is_mobile() {
            self.send(notice(to).about(id), now);
        } else {
            self.owe_station_call(id, station, None, why, now);
        }
    }

    /// The same under a task's code, to the telephone that was told of the task.
    pub(super) fn tell_under_task(
        &mut self,
        notice: &TaskNotice,
        why: HelperCall,
        words: impl FnOnce(String) -> Words,
        now: Timestamp,
    ) {
        if notice.phone.is_mobile() {
            let words = words(notice.code.to_string());
            self.send(Notice::new(notice.phone.clone(), words).about(notice.ticket), now);
        } else {
            self.owe_station_call(notice.ticket, notice.station, Some(notice.id), why, now);
        }
    }

    /// Of one task a later reason takes the place of an earlier one.
    pub(super) fn owe_station_call(
        &mut self,
        id: TicketId,
        station: StationId,
        task: Option<TaskNoticeId>,
        why: HelperCall,
        now: Timestamp,
    ) {
        let at = self.may_ring_station_at(id, why, now);
        let Some(case) = self.case_mut(id) else { return };
        let calls = &mut case.ticket.progress.station_calls;
        calls.retain(|owed| {
            owed.station != station || owed.task != task || (task.is_none() && owed.ring.why != why)
        });
        calls.push(StationCall { station, task, ring: Ring::new(why, at) });
    }

    /// Not at night but for a life, for urgent work, and for what begins before the morning.
    fn may_ring_station_at(&self, id: TicketId, why: HelperCall, now: Timestamp) -> Timestamp {
        let morning = self.rules.calendar.after_quiet_hours(now);
        let Some(case) = self.cases.get(&id) else { return morning };
        let urgent = matches!(case.ticket.urgency, Urgency::P1 | Urgency::P2);
        let begun = |visit: &Assignment| visit.volunteer.is_none() && visit.window.from <= morning;
        // Who is called off is not bound any more, and would have gone at the time that was.
        let expected = |visit: &Assignment| {
            visit.state.is_live() || (why == HelperCall::CalledOff && visit.window.until > now)
        };
        let begins = case.assignments.iter().any(|visit| expected(visit) && begun(visit));
        let awake = urgent || why.is_about_a_life() || begins;
        if awake { now } else { morning }
    }

    pub(super) fn ring_station(&mut self, id: TicketId, owed: StationCall, now: Timestamp) {
        let rung = RungFor::Station(owed.station, owed.task, owed.ring.why);
        let phone = match owed.task {
            Some(task) => self.notice_in(id, task).map(|notice| notice.phone.clone()),
            None => self.stations.get(&owed.station).and_then(|station| station.notice_phone.clone()),
        };
        let Some(phone) = phone.filter(|_| self.still_says_something(id, owed)) else {
            return self.set_ring(id, rung, None);
        };
        let at = self.may_ring_station_at(id, owed.ring.why, now);
        if self.rings_or_waits(id, rung, &phone, (owed.ring, at), now) || owed.ring.why.is_about_a_life() {
            return;
        }
        let rung_higher = self.cases.get(&id).is_some_and(|case| case.ticket.progress.alarm.is_some());
        if owed.ring.why == HelperCall::Offer && rung_higher {
            // The duty officers are rung already until somebody takes it.
            return;
        }
        self.leave_station_to_a_person(id, owed.station, phone, now);
    }

    /// What no machine says is said by a person of the station above.
    pub(super) fn leave_station_to_a_person(
        &mut self,
        id: TicketId,
        station: StationId,
        phone: PhoneNumber,
        now: Timestamp,
    ) {
        let above = self.tree.above(station).unwrap_or(station);
        let wish = Wish { ticket: Some(id), ..Wish::new(phone, above, CallbackReason::Station) };
        self.request_callback(wish, now);
    }

    fn notice_in(&self, id: TicketId, task: TaskNoticeId) -> Option<&TaskNotice> {
        self.cases.get(&id)?.task_notices.iter().find(|notice| notice.id == task)
    }

    /// What the task's telephone stands for is bound to.
    fn bound_by(&self, id: TicketId, task: Option<TaskNoticeId>) -> Option<&Assignment> {
        let told = Told::of(self.notice_in(id, task?)?);
        let case = self.cases.get(&id)?;
        case.live_assignments().find(|bound| told.does(case, bound))
    }

    fn still_says_something(&self, id: TicketId, owed: StationCall) -> bool {
        let Some(case) = self.cases.get(&id) else { return false };
        let bound = self.bound_by(id, owed.task);
        let bound_in = |states: &[AssignmentState]| bound.is_some_and(|visit| states.contains(&visit.state));
        match owed.ring.why {
            HelperCall::Offer => {
                owed.task.and_then(|task| self.notice_in(id, task)).is_some_and(TaskNotice::is_open)
            }
            HelperCall::Reminder => bound_in(&[AssignmentState::Booked]),
            HelperCall::OnTheWay => bound_in(&[AssignmentState::Accepted, AssignmentState::EnRoute]),
            HelperCall::AreYouWell => bound.is_some_and(Assignment::is_asked_after),
            HelperCall::CalledOff => true,
            HelperCall::VisitorSilent => case.live_assignments().any(Assignment::is_asked_after),
            HelperCall::Look => !case.is_over(),
            HelperCall::Details | HelperCall::PartnerMissing | HelperCall::PutOff | HelperCall::NewTime => {
                false
            }
        }
    }

    pub(super) fn station_on_the_telephone(
        &mut self,
        id: TicketId,
        owed: (StationId, Option<TaskNoticeId>, HelperCall),
        now: Timestamp,
    ) -> Option<HelperTask> {
        let (station, task, why) = owed;
        let owed = StationCall { station, task, ring: Ring::new(why, now) };
        if !self.still_says_something(id, owed) {
            return None;
        }
        if why == HelperCall::Offer
            && let Some(notice) = self.case_mut(id).and_then(|case| case.task_notice_mut(task?))
        {
            notice.sent_at = notice.sent_at.or(Some(now));
        }
        let case = &self.cases[&id];
        let window = self.bound_by(id, task).map(|visit| visit.window).or(case.ticket.window);
        let helps = case.part_of(station).is_some() && case.ticket.owner != station;
        let role = if helps { WorkRole::Co } else { WorkRole::Lead };
        Some(HelperTask {
            task: task.map(TaskId::Task),
            whom: Whom::Staff { role, two: self.persons_of(id) >= 2 },
            kind: AssignmentKind::Visit,
            meets_at: None,
            category: case.ticket.category.clone(),
            area: case.ticket.area.as_ref().and_then(AreaCode::street),
            window: window.map(|window| self.spoken(window, now)),
            code: None,
            visit_code: None,
        })
    }

    /// The task is somebody else's: its telephone is not rung to ask for it.
    pub(super) fn stop_asking_for(&mut self, task: TaskNoticeId) {
        self.leave_in_peace(|role| {
            matches!(role, CallRole::Helper(_, RungFor::Station(_, Some(id), HelperCall::Offer)) if *id == task)
        });
    }

    /// Whoever is sent needs help, says the telephone that stands for them: nothing is waited for any more. Says whether
    /// somebody of theirs is at a door.
    pub(super) fn staff_needs_help(&mut self, notice: &TaskNotice, now: Timestamp) -> bool {
        let id = notice.ticket;
        let bound = self.bound_by(id, Some(notice.id)).cloned();
        let Some(visit) = bound.filter(|visit| visit.state == AssignmentState::OnSite) else { return false };
        // The last step is taken at once.
        let last = safety::lone_visit_steps(&visit, &self.rules.policy).last().map(|(at, _)| *at);
        self.asked_staff(id, visit.id, last.map_or(now, |at| at.max(now)));
        self.tell_about(id, EventKind::VisitorNeedsHelp, entity_of(&visit), whose(&visit), now);
        self.tell_of_silent_staff(id, self.cases[&id].ticket.owner, now);
        self.alarm_for_staff(id, now + self.rules.policy.calls.emergency_ring, now);
        true
    }
}
