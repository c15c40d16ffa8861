//! What a duty telephone answers: the task is taken, given back, given up, done.
//!
//! The telephone stands for its station: who held it is not known, so nobody with a handler's part there closes the
//! ticket (`check_not_by_phone`).

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::commands::refuse;
use super::notices::Notice;
use super::refusal::{Refusal, Why};
use super::task_notices::Told;
use crate::domain::actor::{Actor, ActorKind, Role};
use crate::domain::assignment::AssignmentState;
use crate::domain::guard::Guarded;
use crate::domain::ids::{AssignmentId, TicketId, WorkItemId};
use crate::domain::message::InboundText;
use crate::domain::task_notice::TaskNotice;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::work_item::WorkState;
use crate::text::meaning::{About, Candidate, newest};
use crate::text::reply::{Reply, Verb};
use crate::text::staff::{WithWords, reason_in, with_words};
use crate::text::words::Words;

use super::event::Commander;

/// What stands in the history where nothing was written behind the 9.
const DONE_BY_TEXT: &str = "done_by_text";

impl Desk {
    /// An order about a task with words that are kept, or one that has to be asked about. Says whether the text was
    /// either: what reads as a bare order as well (`4123 1签收`) is obeyed as one.
    pub(super) fn task_with_words(
        &mut self,
        text: &InboundText,
        reply: &Reply,
        candidates: &[Candidate],
        now: Timestamp,
    ) -> bool {
        let Some(WithWords { code, verb, words }) = with_words(&text.body) else { return false };
        if verb.is_none() && matches!(reply, Reply::Order { .. }) {
            return false;
        }
        let Some(About::Task(task)) = newest(candidates, code) else { return false };
        let Some(notice) = self.find_task_notice(&text.from, task) else { return false };
        match verb {
            Some(verb) => self.task_order(&notice, verb, &words, now),
            None => self.answer_task(&notice, Words::HelpTask { code: code.to_string() }, now),
        }
        true
    }

    pub(super) fn task_order(&mut self, notice: &TaskNotice, verb: Verb, words: &str, now: Timestamp) {
        let id = notice.ticket;
        let code = notice.code.to_string();
        let number = self.cases[&id].ticket.number.to_string();
        if verb == Verb::Person {
            return self.rings_back(&notice.phone, Some(id), now);
        }
        if notice.ended_at.is_some() {
            return self.answer_task(notice, Words::TaskGone { code, number }, now);
        }
        let answer = match verb {
            Verb::Person => return,
            Verb::Accept => self.task_taken(notice, now),
            Verb::Decline if notice.is_taken() => self.task_given_up(notice, words, now),
            Verb::Decline => self.task_given_back(notice, words, now),
            Verb::Done => self.task_done(notice, words, now),
            Verb::Arrived | Verb::Late => self.task_on_the_way(notice, verb, now),
        };
        self.answer_task(notice, answer, now);
    }

    fn answer_task(&mut self, notice: &TaskNotice, words: Words, now: Timestamp) {
        self.send(Notice::new(notice.phone.clone(), words).about(notice.ticket), now);
    }

    /// Who speaks: the station whose telephone it is; no person is known.
    fn speaks(notice: &TaskNotice) -> Actor {
        Actor { station: Some(notice.station), ..Actor::of(ActorKind::Handler) }
    }

    /// Row 9, by text.
    fn task_taken(&mut self, notice: &TaskNotice, now: Timestamp) -> Words {
        let id = notice.ticket;
        let code = notice.code.to_string();
        let number = self.cases[&id].ticket.number.to_string();
        if !notice.is_taken() && !self.takes_task(notice, now) {
            return Words::TaskGone { code, number };
        }
        let told = Told::of(notice);
        let case = &self.cases[&id];
        let bound = case.live_assignments().find(|bound| told.does(case, bound)).cloned();
        if let Some(visit) = bound.as_ref().filter(|visit| visit.is_asked_after()) {
            self.visitor_is_well(id, visit.id, now);
            return Words::TaskWellNoted { code };
        }
        match bound.filter(|_| told.facility.is_some()) {
            Some(bound) => self.institution_details(id, notice.code, &bound, now),
            None if self.persons_of(id) >= 2 => Words::TaskTakenTwo { code, number },
            None => Words::TaskTaken { code, number },
        }
    }

    fn takes_task(&mut self, notice: &TaskNotice, now: Timestamp) -> bool {
        let actor = Self::speaks(notice);
        match notice.facility {
            Some(facility) => self.institution_takes(notice.ticket, facility, &actor, now).is_ok(),
            None => self.staff_takes(notice.ticket, &actor, now).is_ok(),
        }
    }

    /// Row 10, by text: the reason is in the words, else the one the policy names.
    fn task_given_back(&mut self, notice: &TaskNotice, words: &str, now: Timestamp) -> Words {
        let id = notice.ticket;
        let code = notice.code.to_string();
        let number = self.cases[&id].ticket.number.to_string();
        let said = reason_in(words);
        let actor = Self::speaks(notice);
        let given_back = match notice.facility {
            Some(facility) => self.institution_declines(id, facility, (&actor, said, words), now),
            None => {
                let reason = said.unwrap_or(self.rules.policy.returns.by_text);
                self.give_back(id, &actor, reason, words, now)
            }
        };
        match given_back {
            Ok(()) => {
                self.end_task_notice(id, notice.id, now);
                Words::TaskReturned { code, number }
            }
            Err(_) => {
                let station_number = self.number_of(self.cases[&id].ticket.owner);
                Words::TaskStays { code, number, station_number }
            }
        }
    }

    /// Row 14, by text: a no after the yes is asked once and believed the second time.
    fn task_given_up(&mut self, notice: &TaskNotice, words: &str, now: Timestamp) -> Words {
        let id = notice.ticket;
        let code = notice.code.to_string();
        if self.task_cannot_asked.insert(notice.id) {
            return Words::TaskConfirmCannot { code };
        }
        let number = self.cases[&id].ticket.number.to_string();
        let actor = Self::speaks(notice);
        // What was suspended is taken up again: whoever has it next is not to find it waiting for somebody gone.
        self.resume_for(id, &actor, now);
        let bound = self.bound_to(id, Told::of(notice));
        let items: Vec<WorkItemId> =
            bound.iter().map(|(_, item)| *item).collect::<BTreeSet<_>>().into_iter().collect();
        if items.iter().any(|item| self.may_move_item(id, *item, Move::GiveUp, &actor).is_err()) {
            let station_number = self.number_of(self.cases[&id].ticket.owner);
            return Words::TaskStays { code, number, station_number };
        }
        if items.is_empty() {
            return Words::TaskGone { code, number };
        }
        // Over before others are told: told again, the telephone has another code.
        self.end_task_notice(id, notice.id, now);
        // The table was asked above.
        let _refused = self.give_up(id, &items, (&actor, words), now).err();
        Words::TaskGivenUp { code, number }
    }

    /// Row 15, by text. Who does it without having taken it takes it by saying so.
    fn task_done(&mut self, notice: &TaskNotice, words: &str, now: Timestamp) -> Words {
        let id = notice.ticket;
        let code = notice.code.to_string();
        let number = self.cases[&id].ticket.number.to_string();
        let taken = notice.is_taken() || self.takes_task(notice, now);
        if !taken || self.finish(id, Told::of(notice), &Self::speaks(notice), words, now).is_err() {
            return Words::TaskGone { code, number };
        }
        self.end_task_notice(id, notice.id, now);
        Words::TaskDone { code, number }
    }

    /// 8 and 7: at the door, or later than planned.
    fn task_on_the_way(&mut self, notice: &TaskNotice, verb: Verb, now: Timestamp) -> Words {
        let id = notice.ticket;
        let code = notice.code.to_string();
        let Some((visit, _)) = self.bound_to(id, Told::of(notice)).first().copied() else {
            return Words::HelpTask { code };
        };
        self.answer_supervision(id, &Self::speaks(notice));
        if verb == Verb::Late {
            self.visit_late(id, visit, now);
            return Words::TaskLate { code };
        }
        self.visit_arrived(id, visit, now);
        Words::TaskArrived { code }
    }

    /// What a station's staff, or an institution, is at work on.
    pub(super) fn bound_to(&self, id: TicketId, told: Told) -> Vec<(AssignmentId, WorkItemId)> {
        let case = &self.cases[&id];
        case.live_assignments().filter(|bound| told.does(case, bound)).map(|a| (a.id, a.work_item)).collect()
    }

    /// Ends what one of those at work was bound to; the others go on.
    fn finish(
        &mut self,
        id: TicketId,
        told: Told,
        actor: &Actor,
        words: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let bound = self.bound_to(id, told);
        let working = |item: WorkItemId| {
            self.cases[&id].work_item(item).is_some_and(|item| item.state == WorkState::Working)
        };
        if !bound.iter().any(|(_, item)| working(*item)) {
            return refuse(Why::NothingForStaff);
        }
        self.resume_for(id, actor, now);
        self.note(id, actor, words, now);
        self.stop_clock(id, crate::domain::clocks::ClockKind::OnSite, now);
        for (assignment, item) in bound {
            self.move_assignment(id, assignment, AssignmentState::Done, now);
            self.visitor_heard_of(id);
            self.call_off_helpers(id, |visit| visit.work_item == item, now);
            self.call_off_the_rest(id, item, now);
            let outcome = if words.is_empty() { DONE_BY_TEXT } else { words };
            let detail = json!({ "outcome": outcome, "facility": told.facility });
            self.move_item(id, item, Move::Handled, actor, detail, now)?;
        }
        Ok(())
    }

    /// A duty telephone stands for its station: whoever has a handler's part there may be who handled it (row 16).
    pub(super) fn check_not_by_phone(&self, by: &Commander, id: TicketId) -> Result<(), Refusal> {
        let case = &self.cases[&id];
        let by_phone = case.assignments.iter().filter(|bound| {
            let institution = case.work_item(bound.work_item).is_some_and(|item| item.facility.is_some());
            bound.volunteer.is_none() && bound.person.is_none() && !institution
        });
        let holds = |station| {
            by.roles
                .iter()
                .any(|(role, at)| matches!(role, Role::Handler | Role::DutyOfficer) && *at == station)
        };
        if by_phone.map(|bound| bound.station).any(holds) {
            return Err(Guarded::HandledByYou.into());
        }
        Ok(())
    }
}
