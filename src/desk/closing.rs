//! How an officer ends a ticket: what each closure code asks for, the resident's answers, the police report (DOMAIN §9).

use serde_json::json;

use super::Desk;
use super::command::{AfterPartly, Proof};
use super::commands::refuse;
use super::event::Commander;
use super::history::EventKind;
use super::refusal::{Refusal, Why};
use super::surveys::Answer;
use super::ticket_commands::check_words;
use crate::domain::actor::{Actor, Doer, Role};
use crate::domain::guard::{self, Guarded};
use crate::domain::ids::TicketId;
use crate::domain::survey::{Resolved, Satisfaction, SurveyState};
use crate::domain::ticket::ClosureCode;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;

/// What an officer says when closing.
pub(super) struct Closing<'a> {
    pub code: ClosureCode,
    pub words: &'a str,
    pub satisfaction: Option<Satisfaction>,
    pub proof: &'a Proof,
}

impl Desk {
    /// handled → closed by an officer who did not handle it.
    pub(super) fn close_by_officer(
        &mut self,
        by: &Commander,
        id: TicketId,
        closing: &Closing<'_>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Close)?;
        self.check_not_by_phone(by, id)?;
        check_words(closing.words)?;
        guard::may_close(&self.cases[&id].ticket, self.category_of(id).as_ref(), Doer::of(&actor))?;
        let duplicate_of = self.check_code(id, closing, now)?;
        if !self.board_agrees(id, closing.code, &actor, now)? {
            self.note(id, &actor, closing.words, now);
            return Ok(());
        }
        self.note(id, &actor, closing.words, now);
        let mut said = None;
        if let Some(case) = self.case_mut(id) {
            case.ticket.linked_to = duplicate_of.or(case.ticket.linked_to);
            if closing.code == ClosureCode::ReferredConfirmed {
                case.ticket.referral.clone_from(&closing.proof.referral);
            }
            if let Some(survey) = &mut case.survey {
                said = closing.satisfaction.filter(|_| !survey.has_rated());
                survey.satisfaction = closing.satisfaction.or(survey.satisfaction);
                let partly = (closing.code == ClosureCode::Partly).then_some(Resolved::Partly);
                survey.resolved = partly.or(survey.resolved);
            }
        }
        if let Some(said) = said {
            self.rate_helpers(id, said);
        }
        // One that an earlier end was confirmed by is in the history already.
        let confirmed =
            (closing.code == ClosureCode::ReferredConfirmed).then(|| closing.proof.referral.clone());
        if let Some(referral) = confirmed.flatten() {
            let detail = json!({ "by": referral.confirmed_by, "words": referral.reference, "at": referral.confirmed_at });
            self.tell_by(id, EventKind::ReferralConfirmed, &actor, detail, now);
        }
        self.close(id, closing.code, &actor, now);
        Ok(())
    }

    /// What a code needs besides words; answers the ticket that a duplicate repeats.
    fn check_code(
        &self,
        id: TicketId,
        closing: &Closing<'_>,
        now: Timestamp,
    ) -> Result<Option<TicketId>, Refusal> {
        let case = &self.cases[&id];
        match closing.code {
            ClosureCode::Resolved
            | ClosureCode::Partly
            | ClosureCode::Explained
            | ClosureCode::OutOfScope => Ok(None),
            ClosureCode::Withdrawn => refuse(Why::UseWithdraw),
            ClosureCode::ReferredConfirmed => {
                guard::may_close_as_referred(closing.proof.referral.as_ref(), now)?;
                Ok(None)
            }
            // Tries, the text and its wait are the line's: it closes by itself (DOMAIN §9.3).
            ClosureCode::Unreachable => {
                let asked = case.survey.as_ref();
                let over = |s: &crate::domain::survey::Survey| {
                    s.state == SurveyState::Texted && s.next_try_at <= now
                };
                if asked.is_none_or(over) { Ok(None) } else { Err(Guarded::StillToBeReached.into()) }
            }
            ClosureCode::Duplicate => {
                let number = closing.proof.duplicate_of;
                let of = self.cases.values().find(|case| Some(case.ticket.number) == number);
                let Some(of) = of else { return refuse(Why::DuplicateOfWhat) };
                guard::may_merge(&case.ticket, &of.ticket, &self.rules.policy)?;
                Ok(Some(of.ticket.id))
            }
        }
    }

    /// Out of scope is for a board of two, neither of whom handled it (DOMAIN §9.2): the first proposes, the second
    /// closes. Says whether the ticket may be closed now.
    fn board_agrees(
        &mut self,
        id: TicketId,
        code: ClosureCode,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        if code != ClosureCode::OutOfScope {
            return Ok(true);
        }
        let by = Doer::of(actor);
        match self.cases[&id].ticket.progress.out_of_scope_by {
            Some(first) if first.is_same(by) => Err(Guarded::ProposedByYou.into()),
            Some(_) => Ok(true),
            None => {
                if let Some(case) = self.case_mut(id) {
                    case.ticket.progress.out_of_scope_by = Some(by);
                }
                self.tell_by(id, EventKind::OutOfScopeProposed, actor, json!({}), now);
                Ok(false)
            }
        }
    }

    /// The resident's answers by an officer: who handled it may not take them, a yes closes, a no sends it back, and
    /// after "partly" the officer says which of the two (DOMAIN §9.2).
    pub(super) fn answers_by_officer(
        &mut self,
        by: &Commander,
        id: TicketId,
        answer: Answer,
        words: &str,
        after_partly: Option<AfterPartly>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Close)?;
        self.check_not_by_phone(by, id)?;
        let ends = match (answer.resolved, after_partly) {
            (Some(Resolved::Yes), _) => Some(ClosureCode::Resolved),
            (Some(Resolved::Partly), None) => return refuse(Why::ChooseAfterPartly),
            (Some(Resolved::Partly), Some(AfterPartly::Close)) => Some(ClosureCode::Partly),
            (Some(Resolved::Partly), Some(AfterPartly::Redo)) | (Some(Resolved::No) | None, _) => None,
        };
        if answer.resolved == Some(Resolved::Partly) {
            check_words(words)?;
        }
        let category = self.category_of(id);
        let ending = category.as_ref().filter(|_| ends.is_some());
        guard::may_close(&self.cases[&id].ticket, ending, Doer::of(&actor))?;
        self.note(id, &actor, words, now);
        self.take_answers(id, answer, &actor, now);
        match ends {
            Some(code) => self.close(id, code, &actor, now),
            None => {
                let why = match answer.resolved {
                    Some(Resolved::Partly) => "partly_resolved",
                    Some(Resolved::Yes | Resolved::No) | None => "resident_says_no",
                };
                self.redo(id, &actor, why, now);
            }
        }
        Ok(())
    }

    fn take_answers(&mut self, id: TicketId, answer: Answer, actor: &Actor, now: Timestamp) {
        let mut said = None;
        if let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut()) {
            said = answer.satisfaction.filter(|_| !survey.has_rated());
            survey.resolved = answer.resolved;
            survey.satisfaction = answer.satisfaction.or(survey.satisfaction);
        }
        if let Some(said) = said {
            self.rate_helpers(id, said);
        }
        let detail =
            json!({ "resolved": answer.resolved, "satisfaction": answer.satisfaction, "counts": true });
        self.tell_by(id, EventKind::SurveyAnswered, actor, detail, now);
        self.end_survey(id, SurveyState::Answered, now);
    }

    /// SAF-2: under which number the police have it. Without it what must be reported cannot end.
    pub(super) fn note_police_report(
        &mut self,
        by: &Commander,
        id: TicketId,
        reference: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.present(by, id, &[Role::Operator, Role::Supervisor])?;
        self.check_open(id)?;
        check_words(reference)?;
        if let Some(case) = self.case_mut(id) {
            case.ticket.police_report = Some(reference.trim().to_owned());
        }
        self.tell_by(id, EventKind::PoliceReportNoted, &actor, json!({ "words": reference.trim() }), now);
        Ok(())
    }
}
