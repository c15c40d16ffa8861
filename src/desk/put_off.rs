//! Visits of a suspended ticket: put off until it goes on, and told so at both ends. Who is at a door is watched all the same.

use super::Desk;
use super::case::Case;
use super::visitors::{BookedStep, next_booked_step, next_lone_step};
use super::visits::CALLED_OFF;
use crate::dispatch::roster::Load;
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState, HelperCall};
use crate::domain::ids::TicketId;
use crate::domain::language::Language;
use crate::domain::policy::Policy;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::text::when::moment_words;
use crate::text::words::Words;

impl Desk {
    /// The ticket waits: who was expected before it goes on is expected then, and free until then.
    pub(super) fn put_visits_off(&mut self, ticket: TicketId, until: Timestamp, now: Timestamp) {
        for visit in self.visits_of_volunteers(ticket) {
            if visit.state != AssignmentState::OnSite {
                if visit.window.from >= until {
                    continue;
                }
                let window =
                    Window { from: until, until: until + visit.window.until.since(visit.window.from) };
                self.move_window(ticket, visit.id, window, now);
                if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
                    visit.confirmed_at = None;
                }
                self.move_assignment(ticket, visit.id, AssignmentState::Booked, now);
            }
            let until = moment_words(&self.rules.calendar, until, now, Language::Zh);
            // Who is at a door is not at home: a person finds them.
            let at_the_door = visit.state == AssignmentState::OnSite;
            let by_call = Some(HelperCall::PutOff).filter(|_| !at_the_door);
            self.tell_helper(ticket, &visit, by_call, |code| Words::VisitPutOff { code, until }, now);
            if at_the_door {
                self.told_by_person(ticket, &visit, now);
            }
        }
    }

    /// The ticket goes on: who was put off until `put_off` is expected from now on.
    pub(super) fn take_visits_up(&mut self, ticket: TicketId, put_off: Option<Timestamp>, now: Timestamp) {
        let since = put_off.map_or(now, |until| until.max(now));
        for visit in self.visits_of_volunteers(ticket) {
            // Whoever was called off with another of them is not expected any more.
            let live = self.cases[&ticket].live_assignments().any(|bound| bound.id == visit.id);
            if !live || visit.state == AssignmentState::OnSite || visit.window.from > since {
                continue;
            }
            let window = Window { from: now, until: now + visit.window.until.since(visit.window.from) };
            let Some(visit) = self.move_window(ticket, visit.id, window, now) else { continue };
            if self.is_on_another_visit(&visit) {
                self.tell_helper(ticket, &visit, CALLED_OFF, |code| Words::GivenToOthers { code }, now);
                self.visit_failed(ticket, visit.id, AssignmentState::Cancelled, now);
                continue;
            }
            if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
                visit.confirmed_at = None;
            }
            self.move_assignment(ticket, visit.id, AssignmentState::Accepted, now);
            let (Some(badge), true) = (visit.volunteer, self.cases[&ticket].goes_on(&visit)) else {
                continue;
            };
            let window = self.window_words(visit.window, Language::Zh, now);
            let why = Some(HelperCall::NewTime);
            self.tell_helper(ticket, &visit, why, |code| Words::VisitGoesOn { code, window }, now);
            self.tell_resident_who_comes(ticket, badge, &visit, now);
        }
    }

    fn visits_of_volunteers(&self, ticket: TicketId) -> Vec<Assignment> {
        let live = self.cases[&ticket].live_assignments();
        live.filter(|visit| visit.volunteer.is_some()).cloned().collect()
    }

    /// Whether the helper is at another door, or a station, already. Who only rings may be anywhere.
    pub(super) fn is_on_another_visit(&self, visit: &Assignment) -> bool {
        let load = visit.volunteer.and_then(|volunteer| self.roster.load(volunteer));
        let this = usize::from(visit.state.is_active());
        let begun = |load: &Load| load.active(AssignmentKind::Visit) + load.active(AssignmentKind::Group);
        visit.kind != AssignmentKind::Phone && load.is_some_and(|load| begun(load) > this)
    }

    /// While the ticket waits: who is at a door is watched, and who is expected when it goes on is reminded.
    pub(super) fn check_put_off_visits(&mut self, ticket: TicketId, now: Timestamp) {
        let live: Vec<Assignment> = self.cases[&ticket].live_assignments().cloned().collect();
        for visit in live {
            let case = &self.cases[&ticket];
            if put_off_deadline(case, &visit, &self.rules.policy).is_none_or(|at| at > now) {
                continue;
            }
            if visit.state == AssignmentState::OnSite && visit.volunteer.is_none() {
                self.look_after_staff(ticket, &visit, now);
            } else if visit.state == AssignmentState::OnSite {
                self.look_after_visitor(ticket, &visit, now);
            } else {
                self.look_after_booking(ticket, &visit, now);
            }
        }
    }
}

/// When a visit of a suspended ticket has to be looked at again.
pub(super) fn put_off_deadline(case: &Case, visit: &Assignment, policy: &Policy) -> Option<Timestamp> {
    match visit.state {
        AssignmentState::OnSite => next_lone_step(visit, policy).map(|(at, _)| at),
        AssignmentState::Booked if visit.volunteer.is_some() && case.goes_on(visit) => {
            let step = next_booked_step(case, visit, policy);
            // Nobody is released meanwhile: they are asked for when the ticket goes on.
            step.filter(|(_, step)| *step == BookedStep::Remind).map(|(at, _)| at)
        }
        AssignmentState::Booked
        | AssignmentState::Accepted
        | AssignmentState::EnRoute
        | AssignmentState::Done
        | AssignmentState::Aborted
        | AssignmentState::NoShow
        | AssignmentState::Cancelled => None,
    }
}
