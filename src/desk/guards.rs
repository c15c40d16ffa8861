//! The guard column of the table, asked at the desk: suspending, voiding, merging, closing, reopening.

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::commands::refuse;
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::refusal::{Refusal, Why};
use crate::domain::actor::{Actor, ActorKind, Doer};
use crate::domain::callback::CallbackReason;
use crate::domain::clocks::ClockKind;
use crate::domain::guard;
use crate::domain::ids::{TicketId, WorkItemId};
use crate::domain::survey::SurveyState;
use crate::domain::ticket::{SuspendReason, TicketState, VoidProposal, VoidReason};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::text::when::moment_words;
use crate::text::words::Words;

impl Desk {
    pub(super) fn check_open(&self, id: TicketId) -> Result<(), Refusal> {
        if self.state_of_ticket(id).is_open() {
            return Ok(());
        }
        refuse(Why::TicketOver)
    }

    pub(super) fn check_reopen(&self, id: TicketId, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
        let closed_at = self.cases[&id].ticket.closed_at;
        Ok(guard::may_reopen(actor.kind, closed_at, &self.rules.policy, now)?)
    }

    /// Row 10: in time, and not after the district has ruled.
    pub(super) fn check_return(&self, id: TicketId, item: WorkItemId, now: Timestamp) -> Result<(), Refusal> {
        let case = &self.cases[&id];
        if guard::return_needs_ruling(self.returns_of(id, item), &self.rules.policy) {
            return refuse(Why::DistrictRuled);
        }
        let sent = case.work_item(item).map_or(now, |item| item.sent_at.unwrap_or(item.created_at));
        let (policy, calendar) = (&self.rules.policy, &self.rules.calendar);
        Ok(guard::may_return(case.ticket.urgency, sent, policy, calendar, now)?)
    }

    pub(super) fn suspend(
        &mut self,
        by: &Commander,
        id: TicketId,
        reason: SuspendReason,
        resume_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut actor = self.acting(by, id, Move::Suspend)?;
        if by.roles.iter().any(|(role, at)| {
            *role == crate::domain::actor::Role::Supervisor && self.covers(*at, self.cases[&id].ticket.owner)
        }) {
            actor.kind = ActorKind::Supervisor;
        }
        let handle = self.cases[&id].clock(ClockKind::Handle);
        let (policy, calendar) = (&self.rules.policy, &self.rules.calendar);
        guard::may_suspend(actor.kind, handle, resume_at, policy, calendar, now)?;
        let detail = json!({ "reason": reason, "until": resume_at });
        self.move_ticket(id, Move::Suspend, &actor, detail, now)?;
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.resume_at = Some(resume_at);
            // What was agreed waits with the work.
            for kind in [ClockKind::Handle, ClockKind::Window] {
                if let Some(clock) = case.clock_mut(kind) {
                    clock.pause(now);
                }
            }
            case.co_clocks_mut().for_each(|clock| clock.pause(now));
        }
        let language = self.cases[&id].ticket.language;
        let until = moment_words(&self.rules.calendar, resume_at, now, language);
        self.tell_resident(id, |number| Words::SuspendedUntil { number, until }, now);
        self.tell_who_reads_no_texts(id, now);
        self.put_visits_off(id, resume_at, now);
        Ok(())
    }

    /// Row 13. Helpers who were expected meanwhile are expected from now on.
    pub(super) fn resume(&mut self, id: TicketId, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
        self.move_ticket(id, Move::Resume, actor, json!({}), now)?;
        let calendar = self.rules.calendar.clone();
        let put_off = self.cases[&id].ticket.progress.resume_at;
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.resume_at = None;
            for kind in [ClockKind::Handle, ClockKind::Window] {
                if let Some(clock) = case.clock_mut(kind) {
                    clock.resume(&calendar, now);
                }
            }
            case.co_clocks_mut().for_each(|clock| clock.resume(&calendar, now));
        }
        self.take_visits_up(id, put_off, now);
        Ok(())
    }

    /// Row 13: any contact by the citizen takes a suspended ticket up again.
    pub(super) fn resume_by_citizen(&mut self, id: TicketId, now: Timestamp) {
        if self.cases.get(&id).is_some_and(|case| case.ticket.state == TicketState::Suspended) {
            // The table lets a citizen resume whatever is suspended.
            let _refused = self.resume(id, &Actor::CITIZEN, now).err();
        }
    }

    pub(super) fn propose_void(
        &mut self,
        by: &Commander,
        id: TicketId,
        reason: VoidReason,
        note: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::ProposeVoid)?;
        guard::may_void(self.state_of_ticket(id), reason, Doer::of(&actor), None)?;
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.void_proposed = Some(VoidProposal { reason, by: Doer::of(&actor) });
        }
        let detail = json!({ "reason": reason, "words": note });
        self.tell_by(id, EventKind::VoidProposed, &actor, detail, now);
        Ok(())
    }

    pub(super) fn confirm_void(
        &mut self,
        by: &Commander,
        id: TicketId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Void)?;
        let case = &self.cases[&id];
        let Some(VoidProposal { reason, by: proposer }) = case.ticket.progress.void_proposed else {
            return refuse(Why::VoidNotProposed);
        };
        guard::may_void(case.ticket.state, reason, proposer, Some(Doer::of(&actor)))?;
        self.stand_everybody_down(id, now);
        self.move_ticket(id, Move::Void, &actor, json!({ "reason": reason }), now)?;
        self.end_survey(id, SurveyState::Cancelled, now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.closed_at = Some(now);
        }
        self.cancel_ticket_callbacks(id, now);
        self.call_back_the_merged(id, now);
        Ok(())
    }

    /// One ticket for one matter: every caller of both is owed a call.
    pub(super) fn merge(
        &mut self,
        by: &Commander,
        id: TicketId,
        into: TicketNumber,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Merge)?;
        let target = self.cases.values().find(|case| case.ticket.number == into).map(|case| case.ticket.id);
        let Some(target) = target else {
            return refuse(Why::NothingToMerge);
        };
        guard::may_merge(&self.cases[&id].ticket, &self.cases[&target].ticket, &self.rules.policy)?;
        self.check_open(target)?;
        let kept = self.category_of(target).is_some_and(|category| category.mandatory_report);
        if !kept {
            self.check_reported(id)?;
        }
        self.stand_everybody_down(id, now);
        self.move_ticket(id, Move::Merge, &actor, json!({ "into": into }), now)?;
        if let Some(case) = self.case_mut(id) {
            case.ticket.merged_into = Some(target);
            case.ticket.closed_at = Some(now);
        }
        if let Some(case) = self.case_mut(target) {
            case.ticket.repeat_count += 1;
        }
        self.count_contact(target, now);
        let from = self.cases[&id].ticket.number;
        self.tell_by(target, EventKind::TicketMerged, &actor, json!({ "from": from }), now);
        Ok(())
    }

    /// SAF-2: what has to be reported leaves the books only with the police report.
    pub(super) fn check_reported(&self, id: TicketId) -> Result<(), Refusal> {
        let Some(category) = self.category_of(id) else { return Ok(()) };
        Ok(guard::may_leave_unreported(&self.cases[&id].ticket, &category)?)
    }

    /// When a ticket is over, who rang for one that was merged into it, or into one of those, is owed a call of their own.
    pub(super) fn call_back_the_merged(&mut self, target: TicketId, now: Timestamp) {
        let told = self.cases.get(&target).and_then(|case| case.ticket.caller.clone());
        let owed: Vec<_> = self
            .merged_under(target)
            .into_iter()
            .filter_map(|id| self.cases.get(&id))
            .filter(|case| case.ticket.caller != told)
            .filter_map(|case| Some((case.ticket.id, case.ticket.owner, case.ticket.caller.clone()?)))
            .collect();
        for (id, station, number) in owed {
            let wish = Wish { ticket: Some(id), ..Wish::new(number, station, CallbackReason::Ticket) };
            self.request_callback(wish, now);
        }
    }

    /// All that were merged into a ticket, and into those again.
    fn merged_under(&self, target: TicketId) -> Vec<TicketId> {
        let mut found = vec![target];
        let mut next = 0;
        while let Some(into) = found.get(next).copied() {
            let merged = self.cases.values().filter(|case| case.ticket.merged_into == Some(into));
            let new: Vec<_> = merged.map(|case| case.ticket.id).filter(|id| !found.contains(id)).collect();
            found.extend(new);
            next += 1;
        }
        found.split_off(1)
    }

    /// The ticket that stands for this one: itself, or the one it was merged into at last.
    pub(super) fn stands_for(&self, id: TicketId) -> TicketId {
        let mut at = id;
        for _ in 0..self.cases.len() {
            match self.cases.get(&at).and_then(|case| case.ticket.merged_into) {
                Some(into) => at = into,
                None => break,
            }
        }
        at
    }

    /// Row 25: where it stood before, except that work which was called off is planned anew.
    pub(super) fn unmerge(&mut self, by: &Commander, id: TicketId, now: Timestamp) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Unmerge)?;
        let merged_at = self.cases[&id].ticket.closed_at.unwrap_or(now);
        guard::may_unmerge(merged_at, &self.rules.policy, now)?;
        self.move_ticket(id, Move::Unmerge, &actor, json!({}), now)?;
        if let Some(case) = self.case_mut(id) {
            case.ticket.merged_into = None;
            case.ticket.closed_at = None;
            case.ticket.progress.resume_at = None;
            for clock in &mut case.ticket.clocks {
                if clock.stopped == Some(merged_at) {
                    clock.run_on();
                }
            }
        }
        let line = Line::new(EventKind::TicketUnmerged, Entity::Ticket(id), json!({}));
        self.tell(line.by(actor.clone()).about(id), now);
        match self.state_of_ticket(id) {
            TicketState::Intake | TicketState::Handled => {}
            TicketState::PendingDispatch
            | TicketState::Offering
            | TicketState::Dispatched
            | TicketState::InProgress
            | TicketState::Suspended
            | TicketState::Closed
            | TicketState::Archived
            | TicketState::Merged
            | TicketState::Void => {
                if let Some(case) = self.case_mut(id) {
                    case.ticket.state = TicketState::PendingDispatch;
                }
                self.begin_again(id, now);
            }
        }
        Ok(())
    }
}
