//! Answered on the line: whoever is still on the telephone hears one question and answers by key (DOMAIN §3, row 2).
//!
//! Nobody is rung for it: who has hung up is not asked, and from a hang-up nothing is concluded.

use serde_json::json;

use super::Desk;
use super::calls::LiveCall;
use super::effect::PhoneEffect;
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::refusal::Refusal;
use super::ticket_commands::check_words;
use crate::domain::actor::Actor;
use crate::domain::guard;
use crate::domain::ids::{CallId, TicketId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::survey::{Satisfaction, Survey, SurveyState};
use crate::domain::ticket::ClosureCode;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::ivr::outgoing::OutgoingCall;

impl Desk {
    /// intake → closed(explained).
    pub(super) fn explain(
        &mut self,
        by: &Commander,
        id: TicketId,
        answer: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Explain)?;
        check_words(answer)?;
        guard::may_explain(self.category_of(id).as_ref())?;
        self.note(id, &actor, answer, now);
        self.move_ticket(id, Move::Explain, &actor, json!({ "code": ClosureCode::Explained }), now)?;
        self.end_survey(id, SurveyState::Cancelled, now);
        self.set_closed(id, ClosureCode::Explained, now);
        if let Some(call) = self.on_the_line_about(id) {
            self.ask_before_hanging_up(id, call, now);
        }
        Ok(())
    }

    /// The call in which a person of ours talks with the resident of this ticket.
    fn on_the_line_about(&self, id: TicketId) -> Option<CallId> {
        let ticket = &self.cases.get(&id)?.ticket;
        let talks = self.calls.values().filter(|live| is_talk(live));
        let mut about = talks.filter(|live| live.call.ticket == Some(id));
        about.next().map(|live| live.call.id).or_else(|| self.talking_with(ticket.caller.as_ref()?))
    }

    /// The call in which a person of ours talks with this number.
    pub(super) fn talking_with(&self, number: &PhoneNumber) -> Option<CallId> {
        let theirs = |live: &&LiveCall| is_talk(live) && live.call.number.as_ref() == Some(number);
        self.calls.values().find(theirs).map(|live| live.call.id)
    }

    /// The operator is let go, the caller stays for one question.
    fn ask_before_hanging_up(&mut self, id: TicketId, call: CallId, now: Timestamp) {
        let Some(live) = self.call_mut(call) else { return };
        let with = std::mem::take(&mut live.with);
        live.call.ticket = Some(id);
        live.asked_about = Some(id);
        let number = live.call.number.clone();
        for other in with {
            if let Some(live) = self.call_mut(other) {
                live.with.remove(&call);
            }
            self.draft.phone(PhoneEffect::Unbridge { a: call, b: other });
            self.draft.phone(PhoneEffect::Hangup { call: other });
        }
        self.draft.phone(PhoneEffect::StopRecording { call });
        self.plan_short_survey(id, number, now);
        let language = self.cases[&id].ticket.language;
        self.start_outgoing(call, OutgoingCall::Explained { language }, now);
    }

    /// The row is written as of somebody who was not asked: an answer changes it, a crash or a hang-up does not.
    fn plan_short_survey(&mut self, id: TicketId, number: Option<PhoneNumber>, now: Timestamp) {
        let survey_id = self.chance.mint(now);
        let Some(case) = self.case_mut(id) else { return };
        let Some(number) = case.ticket.caller.clone().or(number) else { return };
        case.survey = Some(Survey {
            id: survey_id,
            jurisdiction: case.ticket.jurisdiction.clone(),
            ticket: id,
            number,
            state: SurveyState::NotAsked,
            by_machine: true,
            tries: 0,
            tried_hours: Vec::new(),
            next_try_at: now,
            resolved: None,
            satisfaction: None,
            discounted: false,
            ended_at: Some(now),
        });
    }

    /// The key that was pressed before hanging up.
    pub(super) fn answered_on_the_line(
        &mut self,
        id: TicketId,
        satisfaction: Option<Satisfaction>,
        now: Timestamp,
    ) {
        let Some(satisfaction) = satisfaction else { return };
        let Some(case) = self.case_mut(id) else { return };
        let subject = case.ticket.beneficiary;
        if let Some(survey) = &mut case.survey {
            survey.state = SurveyState::Answered;
            survey.satisfaction = Some(satisfaction);
            survey.ended_at = Some(now);
        }
        let detail = json!({ "resolved": null, "satisfaction": satisfaction, "counts": true });
        let line = Line::new(EventKind::SurveyAnswered, Entity::Ticket(id), detail);
        self.tell(line.by(Actor::CITIZEN).about(id).of(subject), now);
    }
}

/// Whether a resident and a person of ours talk in this call.
fn is_talk(live: &LiveCall) -> bool {
    let with_resident = live.role.is_a_residents();
    with_resident && live.call.ended_at.is_none() && live.call.answered_at.is_some() && !live.with.is_empty()
}
