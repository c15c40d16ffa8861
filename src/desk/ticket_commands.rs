//! Commands on one ticket: each names a row of the table, or adds a note.

use serde_json::json;

use super::Desk;
use super::closing::Closing;
use super::command::{CommandOutcome, TicketCommand};
use super::commands::{Answer, refuse};
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::refusal::{Refusal, Why};
use super::staff_visits::StaffSays;
use super::surveys::Answer as SurveyAnswer;
use crate::domain::actor::{Actor, Role};
use crate::domain::guard;
use crate::domain::ids::TicketId;
use crate::domain::ticket::{DESCRIPTION_CHARS, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;

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
            T::ConfirmCaller => self.confirm_caller(by, id, now)?,
            T::PoliceReport { reference } => self.note_police_report(by, id, reference, now)?,
            T::Exclude { volunteer, excluded, reason } => {
                self.exclude(by, id, (*volunteer, *excluded), reason, now)?;
            }
            T::Note { text } => {
                let actor = self.present(by, id, MAY_NOTE)?;
                check_words(text)?;
                self.note(id, &actor, text, now);
            }
            T::AssignVolunteer { volunteer, reason } => {
                self.assign_by_hand(by, id, *volunteer, reason, now)?;
            }
            T::AssignStation { station, reason } => self.send_by_hand(by, id, *station, reason, now)?,
            T::AssignInstitution { facility, reason } => {
                self.institution_by_hand(by, id, *facility, reason, now)?;
            }
            T::Accept => self.accept_by_staff(by, id, None, now)?,
            T::AcceptTwo { second } => self.accept_by_staff(by, id, Some(second), now)?,
            T::Arrived => self.staff_visit_command(by, id, StaffSays::Arrived, now)?,
            T::Late => self.staff_visit_command(by, id, StaffSays::Late, now)?,
            T::Well => self.staff_visit_command(by, id, StaffSays::Well, now)?,
            T::Return { reason, evidence } => self.return_by_staff(by, id, *reason, evidence, now)?,
            T::Abort { reason } => self.abort_by_staff(by, id, reason, now)?,
            T::RecallOffers { reason } => {
                self.recall(by, id, reason, now)?;
            }
            T::Reassign { station, reason } => self.reassign(by, id, *station, reason, now)?,
            T::AddCoHandler { station, asked, reason } => {
                self.add_co_handler(by, id, *station, (asked, reason), now)?;
            }
            T::RemoveCoHandler { station, reason } => {
                self.remove_co_handler(by, id, *station, reason, now)?;
            }
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
            | T::ChangeWindow { .. }
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
            T::Close { code, words, satisfaction, proof } => {
                let closing = Closing { code: *code, words, satisfaction: *satisfaction, proof };
                self.close_by_officer(by, id, &closing, now)?;
            }
            T::Redo { reason } => {
                let actor = self.acting(by, id, Move::Redo)?;
                self.redo(id, &actor, reason, now);
            }
            T::SurveyAnswers { resolved, satisfaction, words, after_partly } => {
                let answer = SurveyAnswer { resolved: Some(*resolved), satisfaction: *satisfaction };
                self.answers_by_officer(by, id, answer, words, *after_partly, now)?;
            }
            // Dealt with by whoever called.
            T::Complete(_)
            | T::Dispatch(_)
            | T::Explain { .. }
            | T::ConfirmCaller
            | T::Exclude { .. }
            | T::PoliceReport { .. }
            | T::Note { .. }
            | T::AssignVolunteer { .. }
            | T::AssignStation { .. }
            | T::AssignInstitution { .. }
            | T::Accept
            | T::AcceptTwo { .. }
            | T::Arrived
            | T::Late
            | T::Well
            | T::Return { .. }
            | T::Abort { .. }
            | T::RecallOffers { .. }
            | T::Reassign { .. }
            | T::AddCoHandler { .. }
            | T::RemoveCoHandler { .. }
            | T::Reopen { .. }
            | T::ProposeVoid { .. }
            | T::ConfirmVoid
            | T::Merge { .. }
            | T::Unmerge
            | T::Withdraw { .. }
            | T::Supervise { .. }
            | T::ChangeUrgency { .. }
            | T::ChangeCategory { .. }
            | T::ChangeWindow { .. }
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
            T::Reopen { reason, past: _ } => {
                let actor = self.acting(by, id, Move::Reopen)?;
                self.check_reopen(id, &actor, now)?;
                self.reopen(id, &actor, reason, now);
            }
            T::ProposeVoid { reason, note } => self.propose_void(by, id, *reason, note, now)?,
            T::ConfirmVoid => self.confirm_void(by, id, now)?,
            T::Merge { into } => self.merge(by, id, *into, now)?,
            T::Unmerge => self.unmerge(by, id, now)?,
            T::Withdraw { words } => {
                let actor = self.acting(by, id, Move::Withdraw)?;
                guard::may_withdraw(&self.cases[&id].ticket, self.category_of(id).as_ref())?;
                self.note(id, &actor, words, now);
                self.withdraw(id, &actor, now);
            }
            T::Supervise { level, note } => {
                let actor = self.present(by, id, &[Role::Supervisor, Role::Dispatcher])?;
                self.check_open(id)?;
                self.supervise(id, *level, &actor, note, now);
            }
            T::ChangeUrgency { urgency, reason } => {
                let actor = self.present(by, id, &[Role::Operator, Role::Dispatcher, Role::Supervisor])?;
                self.check_open(id)?;
                self.change_urgency(id, *urgency, &actor, reason, now);
            }
            T::ChangeCategory { category, reason } => {
                let actor = self.present(by, id, &[Role::Operator, Role::Dispatcher, Role::Supervisor])?;
                self.check_open(id)?;
                self.change_category(id, category, &actor, reason, now)?;
            }
            T::ChangeWindow { window, reason } => self.change_window(by, id, (*window, reason), now)?,
            T::ToStaff { work_item: _, reason } => {
                let offering = self.state_of_ticket(id) == TicketState::Offering;
                let mv = if offering { Move::RecallOffers } else { Move::SendToStation };
                let actor = self.acting(by, id, mv)?;
                self.note(id, &actor, reason, now);
                self.offers_to_staff(id, now);
            }
            // Dealt with by whoever called.
            T::Complete(_)
            | T::Dispatch(_)
            | T::Explain { .. }
            | T::ConfirmCaller
            | T::Exclude { .. }
            | T::PoliceReport { .. }
            | T::Note { .. }
            | T::AssignVolunteer { .. }
            | T::AssignStation { .. }
            | T::AssignInstitution { .. }
            | T::Accept
            | T::AcceptTwo { .. }
            | T::Arrived
            | T::Late
            | T::Well
            | T::Return { .. }
            | T::Abort { .. }
            | T::RecallOffers { .. }
            | T::Reassign { .. }
            | T::AddCoHandler { .. }
            | T::RemoveCoHandler { .. }
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
            self.answer_supervision(id, actor);
            self.tell_by(id, EventKind::TicketNoted, actor, json!({ "words": words }), now);
        }
    }
}

/// Words a person wrote: not empty, not endless.
pub(super) fn check_words(words: &str) -> Result<(), Refusal> {
    if words.trim().is_empty() {
        return refuse(Why::NoWords);
    }
    if words.chars().count() > DESCRIPTION_CHARS {
        return refuse(Why::TooManyWords);
    }
    Ok(())
}
