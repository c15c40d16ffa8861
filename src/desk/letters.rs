//! Survey answers by text: A, B or C, from the number that is being asked.

use serde_json::json;

use super::Desk;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use super::surveys::Answer;
use crate::domain::actor::Actor;
use crate::domain::ids::TicketId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::survey::{Resolved, Satisfaction};
use crate::domain::ticket::TicketState;
use crate::domain::timestamp::Timestamp;
use crate::text::reply::Letter;
use crate::text::words::Words;

impl Desk {
    /// A, B or C by text: the first letter answers "resolved?", the next "satisfied?".
    pub(super) fn survey_letter(&mut self, from: &PhoneNumber, letter: Letter, now: Timestamp) {
        let Some(id) = self.ticket_being_asked(from) else {
            let words = Words::ProgressNone { line_number: self.line_for(from) };
            self.send(Notice::new(from.clone(), words), now);
            return;
        };
        let case = &self.cases[&id];
        let number = case.ticket.number.to_string();
        let language = case.ticket.language;
        if case.ticket.state == TicketState::Closed {
            let satisfaction = match letter {
                Letter::A => Satisfaction::Satisfied,
                Letter::B => Satisfaction::Basically,
                Letter::C => Satisfaction::Not,
            };
            self.satisfaction_by_letter(id, satisfaction, from, now);
            let words = Words::SurveyThanks { number };
            self.send(Notice::new(from.clone(), words).about(id).in_language(language), now);
            return;
        }
        let resolved = match letter {
            Letter::A => Resolved::Yes,
            Letter::B => Resolved::Partly,
            Letter::C => Resolved::No,
        };
        let answer = Answer { resolved: Some(resolved), satisfaction: None };
        self.survey_answered(id, answer, from, &Actor::SYSTEM, now);
        if resolved == Resolved::Yes {
            let words = Words::SurveySatisfaction { number };
            self.send(Notice::new(from.clone(), words).about(id).in_language(language), now);
        }
    }

    /// After closing only how satisfied they are is left to say. What the helper's own telephone says of it is noted and
    /// changes nothing.
    fn satisfaction_by_letter(
        &mut self,
        id: TicketId,
        satisfaction: Satisfaction,
        from: &PhoneNumber,
        now: Timestamp,
    ) {
        let discounted = self.is_discounted(id, from, now);
        let Some(case) = self.case_mut(id) else { return };
        let subject = case.ticket.beneficiary;
        let Some(survey) = case.survey.as_mut() else { return };
        let had_rated = survey.has_rated();
        if !discounted {
            survey.satisfaction = Some(satisfaction);
        }
        if !discounted && !had_rated {
            self.rate_helpers(id, satisfaction);
        }
        let detail = json!({ "satisfaction": satisfaction, "counts": !discounted });
        let line = Line::new(EventKind::SurveyAnswered, Entity::Ticket(id), detail);
        self.tell(line.about(id).of(subject), now);
    }

    /// The ticket of this number whose survey waits for an answer, or was closed by one without a rating.
    fn ticket_being_asked(&self, from: &PhoneNumber) -> Option<TicketId> {
        let waiting = |id: &&TicketId| {
            let case = &self.cases[*id];
            case.survey.as_ref().is_some_and(|survey| match case.ticket.state {
                TicketState::Handled => survey.ended_at.is_none(),
                TicketState::Closed => survey.resolved.is_some() && survey.satisfaction.is_none(),
                TicketState::Intake
                | TicketState::PendingDispatch
                | TicketState::Offering
                | TicketState::Dispatched
                | TicketState::InProgress
                | TicketState::Suspended
                | TicketState::Archived
                | TicketState::Merged
                | TicketState::Void => false,
            })
        };
        self.tickets_by_caller
            .get(from)?
            .iter()
            .filter(waiting)
            .max_by_key(|id| self.cases[*id].ticket.handled_at)
            .copied()
    }
}
