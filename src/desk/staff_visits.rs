//! Whoever a station or an institution sends: called to mind, asked whether they are there, looked after at the door.
//!
//! The duty telephone is asked, under the code of the task: who of them goes is not known. Nobody of theirs is a no-show:
//! silence is supervised, and rises as everything that is supervised does.

use serde_json::json;

use super::Desk;
use super::commands::refuse;
use super::event::Commander;
use super::history::{Entity, EventKind};
use super::notices::Notice;
use super::refusal::{Refusal, Why};
use super::task_notices::Told;
use super::visitors::next_lone_step;
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState, HelperCall};
use crate::domain::ids::{AssignmentId, StationId, TicketId};
use crate::domain::language::Language;
use crate::domain::policy::Policy;
use crate::domain::safety::LoneStep;
use crate::domain::task_notice::TaskNotice;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::text::words::Words;

/// What is said of somebody whom a station or an institution sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StaffSays {
    Arrived,
    Late,
    Well,
}

/// What is due on a visit of a station or an institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StaffStep {
    Remind,
    /// An hour before: from now on somebody is expected.
    Begin,
    /// Are you there?
    Ask,
    /// Asked, and silent since.
    Missed,
    /// SAF-5.
    Lone(LoneStep),
}

impl Desk {
    /// Takes what is due on one visit.
    pub(super) fn look_after_staff(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        let Some((at, step)) = next_staff_step(visit, &self.rules.policy).filter(|(at, _)| *at <= now) else {
            return;
        };
        match step {
            StaffStep::Remind => {
                self.asked_staff(ticket, visit.id, now);
                let window = self.window_words(visit.window, Language::Zh, now);
                let category =
                    self.category_words(self.cases[&ticket].ticket.category.as_ref(), Language::Zh);
                let area = self.street_words(ticket);
                let words = |code| Words::TaskReminder { code, category, window, area };
                self.tell_staff(ticket, visit, HelperCall::Reminder, words, now);
            }
            StaffStep::Begin => {
                self.move_assignment(ticket, visit.id, AssignmentState::Accepted, now);
                if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
                    visit.asked_at = None;
                }
            }
            StaffStep::Ask => {
                self.asked_staff(ticket, visit.id, now);
                self.tell_about(ticket, EventKind::VisitAsked, Entity::Ticket(ticket), json!({}), now);
                let window = self.window_words(visit.window, Language::Zh, now);
                let words = |code| Words::TaskOnTheWay { code, window };
                self.tell_staff(ticket, visit, HelperCall::OnTheWay, words, now);
            }
            StaffStep::Missed => self.staff_not_there(ticket, visit, now),
            StaffStep::Lone(step) => self.look_after_lone_staff(ticket, visit, (at, step), now),
        }
    }

    /// At the console: they are there, will be late, are well. Somebody of the station says it, as by the duty telephone.
    pub(super) fn staff_visit_command(
        &mut self,
        by: &Commander,
        id: TicketId,
        said: StaffSays,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Handled)?;
        let part = self.part_of(id, actor.station);
        let asked = |visit: &Assignment| match said {
            StaffSays::Well => visit.is_asked_after(),
            StaffSays::Arrived | StaffSays::Late => visit.state != AssignmentState::OnSite,
        };
        let theirs = self.cases[&id].live_assignments().filter(|visit| {
            let goes = visit.volunteer.is_none() && visit.kind != AssignmentKind::Phone;
            goes && part.contains(&visit.work_item) && asked(visit)
        });
        let theirs: Vec<AssignmentId> = theirs.map(|visit| visit.id).collect();
        if theirs.is_empty() {
            return refuse(Why::NobodySent);
        }
        self.answer_supervision(id, &actor);
        for visit in theirs {
            match said {
                StaffSays::Arrived => self.visit_arrived(id, visit, now),
                StaffSays::Late => self.visit_late(id, visit, now),
                StaffSays::Well => self.visitor_is_well(id, visit, now),
            }
        }
        Ok(())
    }

    pub(super) fn asked_staff(&mut self, ticket: TicketId, visit: AssignmentId, at: Timestamp) {
        if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit)) {
            visit.asked_at = Some(at);
        }
    }

    /// Asked, and nobody said that they are there: no record of anybody, but somebody higher up looks at it.
    fn staff_not_there(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
            visit.missed_at = Some(now);
        }
        let detail = json!({ "station": visit.station });
        self.tell_about(ticket, EventKind::VisitMissed, Entity::Ticket(ticket), detail, now);
        let progress = &self.cases[&ticket].ticket;
        // What is supervised already and not answered rises of itself.
        if progress.progress.supervision_due.is_none() {
            let level = progress.supervision.saturating_add(1);
            self.supervise(ticket, level, &Actor::SYSTEM, "staff_not_there", now);
        }
    }

    /// SAF-5 for staff: the same steps and times as for a volunteer. Nobody knows which telephone they carry: the duty
    /// telephone is asked, by text and then by a call.
    fn look_after_lone_staff(
        &mut self,
        ticket: TicketId,
        visit: &Assignment,
        (at, step): (Timestamp, LoneStep),
        now: Timestamp,
    ) {
        self.asked_staff(ticket, visit.id, at);
        let detail = json!({ "lone_visit": step, "station": visit.station });
        self.tell_about(ticket, EventKind::VisitAsked, Entity::Ticket(ticket), detail, now);
        let owner = self.cases[&ticket].ticket.owner;
        match step {
            LoneStep::Text => {
                let station_number = self.number_of(owner);
                let words = |code| Words::TaskAreYouWell { code, station_number };
                self.tell_staff(ticket, visit, HelperCall::AreYouWell, words, now);
            }
            LoneStep::Call => {
                let told = self.notice_of(ticket, visit).map(|notice| (notice.station, notice.id));
                if let Some((station, task)) = told {
                    self.owe_station_call(ticket, station, Some(task), HelperCall::AreYouWell, now);
                }
            }
            LoneStep::Staff => self.tell_of_silent_staff(ticket, owner, now),
            LoneStep::DistrictAndPolice => {
                self.alarm_for_staff(ticket, now, now);
            }
        }
    }

    /// The district is rung from a moment on, and told whom to ring: 110.
    pub(super) fn alarm_for_staff(&mut self, ticket: TicketId, from: Timestamp, now: Timestamp) {
        self.supervise(ticket, 2, &Actor::SYSTEM, "staff_not_heard_of", now);
        self.tell_of_silent_staff(ticket, self.tree.district_of(self.cases[&ticket].ticket.owner), now);
        self.start_alarm(ticket, from, now);
    }

    pub(super) fn tell_of_silent_staff(&mut self, ticket: TicketId, station: StationId, now: Timestamp) {
        let number = self.cases[&ticket].ticket.number.to_string();
        let words = Words::StaffSilent { number, area: self.street_words(ticket) };
        self.tell_duty_phone(ticket, station, HelperCall::VisitorSilent, |to| Notice::new(to, words), now);
    }

    /// To the duty telephone that was told of the task, under the task's code: by text, else by call.
    fn tell_staff(
        &mut self,
        ticket: TicketId,
        visit: &Assignment,
        why: HelperCall,
        words: impl FnOnce(String) -> Words,
        now: Timestamp,
    ) {
        if let Some(notice) = self.notice_of(ticket, visit).cloned() {
            self.tell_under_task(&notice, why, words, now);
        }
    }

    /// Under which notice whoever is bound so was told.
    fn notice_of(&self, ticket: TicketId, visit: &Assignment) -> Option<&TaskNotice> {
        let case = self.cases.get(&ticket)?;
        let theirs = |notice: &&TaskNotice| notice.ended_at.is_none() && Told::of(notice).does(case, visit);
        case.task_notices.iter().rev().find(theirs)
    }
}

/// What is due next on a visit of staff, and when.
fn next_staff_step(visit: &Assignment, policy: &Policy) -> Option<(Timestamp, StaffStep)> {
    let visits = &policy.visits;
    // Nobody goes anywhere: nobody is waited for.
    if visit.kind == AssignmentKind::Phone {
        return None;
    }
    match visit.state {
        AssignmentState::Booked => {
            let from = visit.window.from;
            let told = visit.asked_at.unwrap_or(visit.accepted_at);
            let begins = from - visits.booked_ahead;
            let remind = [from - visits.remind_first, from - visits.remind_again];
            let remind = remind.into_iter().find(|at| *at > told && *at < begins);
            Some(remind.map_or((begins, StaffStep::Begin), |at| (at, StaffStep::Remind)))
        }
        AssignmentState::Accepted | AssignmentState::EnRoute => match visit.asked_at {
            None => Some((visit.window.from.max(visit.accepted_at) + visits.ask_after, StaffStep::Ask)),
            Some(_) if visit.missed_at.is_some() => None,
            Some(asked) => Some((asked + visits.no_show_after, StaffStep::Missed)),
        },
        AssignmentState::OnSite => {
            next_lone_step(visit, policy).map(|(at, step)| (at, StaffStep::Lone(step)))
        }
        AssignmentState::Done
        | AssignmentState::Aborted
        | AssignmentState::NoShow
        | AssignmentState::Cancelled => None,
    }
}

/// When a visit of staff has to be looked at again.
pub(super) fn staff_deadline(visit: &Assignment, policy: &Policy) -> Option<Timestamp> {
    next_staff_step(visit, policy).map(|(at, _)| at)
}
