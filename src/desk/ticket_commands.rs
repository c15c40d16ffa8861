//! Commands on one ticket: each names a row of the table, or adds a note.

use serde_json::json;

use super::Desk;
use super::command::{CommandOutcome, Refusal, RefusalReason, TicketCommand};
use super::commands::{Answer, refuse};
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::residents::may_be_withdrawn;
use super::surveys::Answer as SurveyAnswer;
use crate::domain::actor::{Actor, Role};
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{StationId, TicketId};
use crate::domain::ticket::{ClosureCode, DESCRIPTION_CHARS, SuspendReason};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::text::when::moment_words;

/// Anybody with a part at the station may write a note.
const MAY_NOTE: &[Role] = &[
    Role::Operator,
    Role::Dispatcher,
    Role::Handler,
    Role::CallbackOfficer,
    Role::Supervisor,
    Role::DutyOfficer,
];

impl Desk {
    pub(super) fn ticket_command(
        &mut self,
        by: &Commander,
        id: TicketId,
        what: &TicketCommand,
        now: Timestamp,
    ) -> Answer {
        use TicketCommand as T;
        match what {
            T::Complete(intake) => {
                let actor = self.present(by, id, &[Role::Operator])?;
                self.complete(id, intake, &actor, now)?;
            }
            T::Dispatch(intake) => self.dispatch_by_hand(by, id, intake, now)?,
            T::Explain { answer } => self.explain(by, id, answer, now)?,
            T::Note { text } => {
                let actor = self.present(by, id, MAY_NOTE)?;
                check_words(text)?;
                self.note(id, &actor, text, now);
            }
            T::AssignVolunteer { volunteer, reason } => {
                self.assign_by_hand(by, id, *volunteer, reason, now)?;
            }
            T::AssignStation { station, reason } => self.send_by_hand(by, id, *station, reason, now)?,
            T::Accept => self.accept_by_staff(by, id, now)?,
            T::Return { reason, evidence } => self.return_by_staff(by, id, *reason, evidence, now)?,
            T::Abort { reason } => self.abort_by_staff(by, id, reason, now)?,
            T::RecallOffers { reason } => self.recall(by, id, reason, now)?,
            T::Reassign { station, reason } => self.reassign(by, id, *station, reason, now)?,
            T::Suspend { .. }
            | T::Resume
            | T::Handled { .. }
            | T::Close { .. }
            | T::Redo { .. }
            | T::SurveyAnswers { .. } => self.finishing_command(by, id, what, now)?,
            T::Reopen { .. }
            | T::ProposeVoid { .. }
            | T::ConfirmVoid
            | T::Merge { .. }
            | T::Unmerge
            | T::Withdraw { .. }
            | T::Supervise { .. }
            | T::ChangeUrgency { .. }
            | T::ChangeCategory { .. }
            | T::ToStaff { .. } => self.special_command(by, id, what, now)?,
        }
        Ok(CommandOutcome::Done)
    }

    /// Suspending, resuming, and everything that ends the work.
    fn finishing_command(
        &mut self,
        by: &Commander,
        id: TicketId,
        what: &TicketCommand,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        use TicketCommand as T;
        match what {
            T::Suspend { reason, resume_at } => self.suspend(by, id, *reason, *resume_at, now)?,
            T::Resume => {
                let actor = self.acting(by, id, Move::Resume)?;
                self.resume(id, &actor, now)?;
            }
            T::Handled { outcome } => self.handled_by_staff(by, id, outcome, now)?,
            T::Close { code, words, satisfaction } => {
                let actor = self.acting(by, id, Move::Close)?;
                self.not_who_handled(id, &actor)?;
                self.check_closure(id, *code)?;
                self.note(id, &actor, words, now);
                if let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut()) {
                    survey.satisfaction = satisfaction.or(survey.satisfaction);
                }
                self.close(id, *code, &actor, now);
            }
            T::Redo { reason } => {
                let actor = self.acting(by, id, Move::Redo)?;
                self.redo(id, &actor, reason, now);
            }
            T::SurveyAnswers { resolved, satisfaction, words } => {
                let actor = self.acting(by, id, Move::Close)?;
                self.not_who_handled(id, &actor)?;
                self.note(id, &actor, words, now);
                let answer = SurveyAnswer { resolved: Some(*resolved), satisfaction: *satisfaction };
                self.answered_to_officer(id, answer, &actor, now);
            }
            // Dealt with by whoever called.
            T::Complete(_)
            | T::Dispatch(_)
            | T::Explain { .. }
            | T::Note { .. }
            | T::AssignVolunteer { .. }
            | T::AssignStation { .. }
            | T::Accept
            | T::Return { .. }
            | T::Abort { .. }
            | T::RecallOffers { .. }
            | T::Reassign { .. }
            | T::Reopen { .. }
            | T::ProposeVoid { .. }
            | T::ConfirmVoid
            | T::Merge { .. }
            | T::Unmerge
            | T::Withdraw { .. }
            | T::Supervise { .. }
            | T::ChangeUrgency { .. }
            | T::ChangeCategory { .. }
            | T::ToStaff { .. } => {}
        }
        Ok(())
    }

    /// The rarer ones: reopening, voiding, merging, withdrawing, supervising, changing.
    fn special_command(
        &mut self,
        by: &Commander,
        id: TicketId,
        what: &TicketCommand,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        use TicketCommand as T;
        match what {
            T::Reopen { reason } => {
                let actor = self.acting(by, id, Move::Reopen)?;
                self.reopen(id, &actor, reason, now);
            }
            T::ProposeVoid { reason, note } => {
                let actor = self.acting(by, id, Move::ProposeVoid)?;
                if let Some(case) = self.case_mut(id) {
                    case.ticket.progress.void_proposed = Some(*reason);
                }
                let detail = json!({ "reason": reason, "words": note });
                self.tell_by(id, EventKind::VoidProposed, &actor, detail, now);
            }
            T::ConfirmVoid => self.confirm_void(by, id, now)?,
            T::Merge { into } => self.merge(by, id, *into, now)?,
            T::Unmerge => self.unmerge(by, id, now)?,
            T::Withdraw { words } => {
                let actor = self.acting(by, id, Move::Withdraw)?;
                if !may_be_withdrawn(&self.cases[&id].ticket) {
                    return refuse(
                        RefusalReason::Unsafe,
                        "P1, sealed and mandatory-report tickets cannot be withdrawn",
                    );
                }
                self.note(id, &actor, words, now);
                self.withdraw(id, &actor, now);
            }
            T::Supervise { level, note } => {
                let actor = self.present(by, id, &[Role::Supervisor, Role::Dispatcher])?;
                self.supervise(id, *level, &actor, note, now);
            }
            T::ChangeUrgency { urgency, reason } => {
                let actor = self.present(by, id, &[Role::Operator, Role::Dispatcher, Role::Supervisor])?;
                self.change_urgency(id, *urgency, &actor, reason, now);
            }
            T::ChangeCategory { category, reason } => {
                let actor = self.present(by, id, &[Role::Operator, Role::Dispatcher, Role::Supervisor])?;
                self.change_category(id, category, &actor, reason, now)?;
            }
            T::ToStaff { work_item: _, reason } => {
                let actor = self.present(by, id, &[Role::Dispatcher])?;
                self.note(id, &actor, reason, now);
                self.offers_to_staff(id, now);
            }
            // Dealt with by whoever called.
            T::Complete(_)
            | T::Dispatch(_)
            | T::Explain { .. }
            | T::Note { .. }
            | T::AssignVolunteer { .. }
            | T::AssignStation { .. }
            | T::Accept
            | T::Return { .. }
            | T::Abort { .. }
            | T::RecallOffers { .. }
            | T::Reassign { .. }
            | T::Suspend { .. }
            | T::Resume
            | T::Handled { .. }
            | T::Close { .. }
            | T::Redo { .. }
            | T::SurveyAnswers { .. } => {}
        }
        Ok(())
    }

    pub(super) fn tell_by(
        &mut self,
        id: TicketId,
        kind: EventKind,
        actor: &Actor,
        detail: serde_json::Value,
        now: Timestamp,
    ) {
        let subject = self.cases.get(&id).and_then(|case| case.ticket.beneficiary);
        self.tell(Line::new(kind, Entity::Ticket(id), detail).by(actor.clone()).about(id).of(subject), now);
    }

    pub(super) fn note(&mut self, id: TicketId, actor: &Actor, words: &str, now: Timestamp) {
        if !words.trim().is_empty() {
            self.tell_by(id, EventKind::TicketNoted, actor, json!({ "words": words }), now);
            // The version rises: who looked before has to look again.
            if let Some(case) = self.case_mut(id) {
                case.ticket.repeat_count += 0;
            }
        }
    }

    pub(super) fn not_who_handled(&self, id: TicketId, actor: &Actor) -> Result<(), Refusal> {
        if self.handled_by(id, actor) {
            return refuse(
                RefusalReason::HandledByYou,
                "nobody closes what they handled: ask another officer",
            );
        }
        Ok(())
    }

    fn check_closure(&self, id: TicketId, code: ClosureCode) -> Result<(), Refusal> {
        let ticket = &self.cases[&id].ticket;
        let category = ticket.category.as_ref().map(|code| code.as_str());
        if category == Some("INF-99") {
            return refuse(
                RefusalReason::Invalid,
                "'other' must be given its real category before it is closed",
            );
        }
        if category == Some("CHD-03") && ticket.police_report.is_none() {
            return refuse(
                RefusalReason::Unsafe,
                "a mandatory report closes with the police report's number only",
            );
        }
        match code {
            ClosureCode::Resolved
            | ClosureCode::Partly
            | ClosureCode::Explained
            | ClosureCode::ReferredConfirmed
            | ClosureCode::Unreachable
            | ClosureCode::OutOfScope
            | ClosureCode::Duplicate => Ok(()),
            ClosureCode::Withdrawn => {
                refuse(RefusalReason::Invalid, "use withdraw: the resident has to have said so")
            }
        }
    }

    fn suspend(
        &mut self,
        by: &Commander,
        id: TicketId,
        reason: SuspendReason,
        resume_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Suspend)?;
        let policy = &self.rules.policy.suspension;
        let calendar = &self.rules.calendar;
        if resume_at <= now {
            return refuse(RefusalReason::Invalid, "the day it goes on must lie ahead");
        }
        let limit = calendar.add(now, policy.handler_limit);
        let is_supervisor = by.roles.iter().any(|(role, _)| *role == Role::Supervisor);
        if resume_at > limit && !is_supervisor {
            return refuse(
                RefusalReason::NotAllowed,
                "longer than two working days is for a supervisor to allow",
            );
        }
        if resume_at > calendar.add(now, policy.total) {
            return refuse(RefusalReason::Invalid, "all suspensions together may last ten working days");
        }
        let detail = json!({ "reason": reason, "until": resume_at });
        self.move_ticket(id, Move::Suspend, &actor, detail, now)?;
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.resume_at = Some(resume_at);
            if let Some(clock) = case.clock_mut(ClockKind::Handle) {
                clock.pause(now);
            }
        }
        let language = self.cases[&id].ticket.language;
        let until = moment_words(&self.rules.calendar, resume_at, now, language);
        self.tell_resident(id, |number| crate::text::words::Words::SuspendedUntil { number, until }, now);
        Ok(())
    }

    pub(super) fn resume(&mut self, id: TicketId, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
        self.move_ticket(id, Move::Resume, actor, json!({}), now)?;
        let calendar = self.rules.calendar.clone();
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.resume_at = None;
            if let Some(clock) = case.clock_mut(ClockKind::Handle) {
                clock.resume(&calendar, now);
            }
        }
        Ok(())
    }

    fn confirm_void(&mut self, by: &Commander, id: TicketId, now: Timestamp) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Void)?;
        let Some(reason) = self.cases[&id].ticket.progress.void_proposed else {
            return refuse(RefusalReason::NotAllowed, "an operator has to propose it first, with a reason");
        };
        self.stand_everybody_down(id, now);
        self.move_ticket(id, Move::Void, &actor, json!({ "reason": reason }), now)?;
        self.cancel_ticket_callbacks(id, now);
        Ok(())
    }

    fn recall(&mut self, by: &Commander, id: TicketId, reason: &str, now: Timestamp) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::RecallOffers)?;
        self.withdraw_all_offers(id, now);
        let offering = self.items_in(id, crate::domain::work_item::WorkState::Offering);
        for item in offering {
            self.move_item(id, item, Move::RecallOffers, &actor, json!({ "words": reason }), now)?;
        }
        Ok(())
    }

    fn reassign(
        &mut self,
        by: &Commander,
        id: TicketId,
        station: StationId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Reassign)?;
        if !self.stations.contains_key(&station) {
            return refuse(RefusalReason::NotFound, "there is no such station");
        }
        check_words(reason)?;
        self.release_staff(id, now);
        self.send_to_station(id, station, Move::Reassign, &actor, reason, now)
    }

    pub(super) fn answered_to_officer(
        &mut self,
        id: TicketId,
        answer: SurveyAnswer,
        actor: &Actor,
        now: Timestamp,
    ) {
        use crate::domain::survey::{Resolved, SurveyState};
        if let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut()) {
            survey.resolved = answer.resolved;
            survey.satisfaction = answer.satisfaction.or(survey.satisfaction);
        }
        let detail =
            json!({ "resolved": answer.resolved, "satisfaction": answer.satisfaction, "counts": true });
        self.tell_by(id, EventKind::SurveyAnswered, actor, detail, now);
        self.end_survey(id, SurveyState::Answered, now);
        match answer.resolved {
            Some(Resolved::Yes) => self.close(id, ClosureCode::Resolved, actor, now),
            Some(Resolved::Partly) => self.close(id, ClosureCode::Partly, actor, now),
            Some(Resolved::No) => self.redo(id, actor, "resident_says_no", now),
            None => {}
        }
    }
}

/// Words a person wrote: not empty, not endless.
pub(super) fn check_words(words: &str) -> Result<(), Refusal> {
    if words.trim().is_empty() {
        return refuse(RefusalReason::Invalid, "say why, in a few words");
    }
    if words.chars().count() > DESCRIPTION_CHARS {
        return refuse(RefusalReason::Invalid, "at most 4,000 characters can be kept");
    }
    Ok(())
}
