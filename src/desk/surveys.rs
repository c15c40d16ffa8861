//! Asking the resident: call-back by machine or by a person, tries, the last text, and what the answer does (DOMAIN §9).

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::calls::CallRole;
use super::case::Case;
use super::event::EndReason;
use super::history::{Entity, EventKind, Line};
use super::legs::{Dialling, state_of};
use super::notices::Notice;
use crate::domain::actor::Actor;
use crate::domain::assignment::AssignmentState;
use crate::domain::call::{AttemptState, CallPurpose};
use crate::domain::callback::CallbackReason;
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{CallId, TicketId, VolunteerId};
use crate::domain::number_mark::Reach;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::survey::{Resolved, Satisfaction, Survey, SurveyState};
use crate::domain::ticket::{ClosureCode, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::text::words::Words;

/// What the resident said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Answer {
    pub resolved: Option<Resolved>,
    pub satisfaction: Option<Satisfaction>,
}

impl Desk {
    /// The work is done, says who did it: the handle clock stops, the resident is to be asked.
    pub(super) fn handled(&mut self, id: TicketId, now: Timestamp) {
        self.somebody_is_there(id, now);
        self.stop_clock(id, ClockKind::Handle, now);
        self.start_clock(id, ClockKind::Followup, now);
        let delay = self.rules.policy.survey.delay;
        let next_try_at = self.rules.calendar.next_calling_time(now + delay, &[]);
        let survey_id = self.chance.mint(now);
        let asked = self.is_asked(id);
        let caller = self.cases.get(&id).and_then(|case| case.ticket.caller.as_ref());
        let for_machines = caller.is_some_and(|number| self.is_for_machines(number));
        let Some(case) = self.case_mut(id) else { return };
        case.ticket.handled_at = Some(now);
        let Some(number) = case.ticket.caller.clone() else { return };
        let urgent = matches!(case.ticket.urgency, Urgency::P1 | Urgency::P2);
        let open = case.ticket.may_be_told();
        let by_machine =
            for_machines && case.ticket.survey_consent && !urgent && !case.ticket.two_person && open;
        case.survey = Some(Survey {
            id: survey_id,
            jurisdiction: case.ticket.jurisdiction.clone(),
            ticket: id,
            number,
            state: if asked { SurveyState::Planned } else { SurveyState::NotAsked },
            by_machine,
            tries: 0,
            tried_hours: Vec::new(),
            next_try_at,
            resolved: None,
            satisfaction: None,
            discounted: false,
            ended_at: None,
        });
    }

    /// Everybody is asked whom somebody went to or whose wish could not wait, of consultations a share.
    fn is_asked(&mut self, id: TicketId) -> bool {
        let percent = u32::from(self.rules.policy.survey.consultation_percent);
        let case = &self.cases[&id];
        let sampled = self.owed(case).consultation && case.ticket.urgency == Urgency::P4;
        !sampled || self.chance.below(100) < percent
    }

    /// A survey's hour has come.
    pub(super) fn check_survey(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let Some(survey) = case.survey.as_ref().filter(|survey| survey.next_try_at <= now) else { return };
        let calling = self.rules.calendar.next_calling_time(now, &[]);
        match survey.state {
            // After an outage or a jump of the clock the hour may be the wrong one.
            SurveyState::Planned if calling > now => {
                if let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut()) {
                    survey.next_try_at = calling;
                }
            }
            SurveyState::Planned if survey.by_machine && !self.machine_may_ring(&survey.number, now) => {
                let tomorrow = self.rules.calendar.day_around(now).until;
                let at = self.rules.calendar.next_calling_time(tomorrow, &[]);
                if let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut()) {
                    survey.next_try_at = at;
                }
            }
            SurveyState::Planned if survey.by_machine => self.try_survey(id, now),
            SurveyState::Planned => self.ask_by_person(id, now),
            SurveyState::NotAsked if survey.ended_at.is_none() => {
                self.close(id, ClosureCode::Explained, &Actor::SYSTEM, now);
            }
            SurveyState::Texted => self.close(id, ClosureCode::Unreachable, &Actor::SYSTEM, now),
            SurveyState::Asking
            | SurveyState::ForPerson
            | SurveyState::Answered
            | SurveyState::Unreachable
            | SurveyState::Cancelled
            | SurveyState::NotAsked => {}
        }
    }

    /// By this moment they should have been asked: it is a person's at the next hour that is fit for it.
    pub(super) fn followup_overdue(&mut self, id: TicketId, now: Timestamp) {
        let next = self.rules.calendar.next_calling_time(now, &[]);
        let planned = |survey: &&mut Survey| survey.state == SurveyState::Planned;
        let survey = self.case_mut(id).and_then(|case| case.survey.as_mut());
        if let Some(survey) = survey.filter(planned) {
            survey.by_machine = false;
            survey.next_try_at = next;
        }
    }

    fn try_survey(&mut self, id: TicketId, now: Timestamp) {
        let number = self.cases.get(&id).and_then(|case| case.survey.as_ref()).map(|s| s.number.clone());
        match number.map_or(Reach::Now, |number| self.reach(&number, now)) {
            Reach::Now => {}
            Reach::At(at) => {
                if let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut()) {
                    survey.next_try_at = at;
                }
                return;
            }
            Reach::Never => return self.ask_by_person(id, now),
        }
        let hour = self.rules.calendar.hour(now);
        let Some(case) = self.case_mut(id) else { return };
        let station = case.ticket.owner;
        let Some(survey) = &mut case.survey else { return };
        survey.state = SurveyState::Asking;
        survey.tries += 1;
        survey.tried_hours.push(hour);
        let number = survey.number.clone();
        let tries = survey.tries;
        let dialling = Dialling {
            role: CallRole::Survey(id),
            purpose: CallPurpose::Survey,
            target: number.as_str().to_owned(),
            number: Some(number),
            station,
            ticket: Some(id),
            ring_time: self.rules.policy.survey.ring_time,
        };
        let call = self.dial(dialling, now);
        self.tell_about(id, EventKind::SurveyTried, Entity::Call(call), json!({ "try": tries }), now);
    }

    /// A person has to ask: an entry of the call-back list, for an officer who did not handle it.
    pub(super) fn ask_by_person(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.case_mut(id) else { return };
        let station = case.ticket.owner;
        let Some(survey) = &mut case.survey else { return };
        survey.state = SurveyState::ForPerson;
        survey.by_machine = false;
        let wish =
            Wish { ticket: Some(id), ..Wish::new(survey.number.clone(), station, CallbackReason::Ticket) };
        self.request_callback(wish, now);
    }

    pub(super) fn survey_call_ended(
        &mut self,
        call: CallId,
        id: TicketId,
        reason: EndReason,
        now: Timestamp,
    ) {
        let Some(live) = self.calls.get(&call) else { return };
        let answered = live.call.answered_at.is_some();
        let wanted_person = live.call.talked_at.is_some() || live.callback.is_some();
        self.close_attempt(call, if answered { AttemptState::Answered } else { state_of(reason) }, now);
        let asking = |survey: &&mut Survey| survey.state == SurveyState::Asking;
        let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut()).filter(asking) else {
            return;
        };
        // Who pressed 0 has had enough of the machine: what they tell a person stands.
        survey.by_machine &= !wanted_person;
        // What is no number is not tried at another part of the day: a person finds out which is.
        survey.by_machine &= reason != EndReason::NoSuchNumber;
        if !survey.by_machine {
            return self.ask_by_person(id, now);
        }
        if answered || reason != EndReason::Busy || !self.survey_again_soon(id, now) {
            self.survey_unanswered(id, now);
        }
    }

    /// Who talks with somebody else is there: rung again soon, and that was no try. Not once the time for all tries is over.
    fn survey_again_soon(&mut self, id: TicketId, now: Timestamp) -> bool {
        let soon = self.rules.calendar.next_calling_time(now + self.rules.policy.survey.busy_again, &[]);
        let last = self.last_try_of_survey(id, now);
        let survey = self.case_mut(id).and_then(|case| case.survey.as_mut());
        let Some(survey) = survey.filter(|_| soon <= last) else { return false };
        survey.state = SurveyState::Planned;
        survey.next_try_at = soon;
        survey.tries = survey.tries.saturating_sub(1);
        survey.tried_hours.pop();
        true
    }

    /// All tries lie within some time of the first that was planned.
    fn last_try_of_survey(&self, id: TicketId, now: Timestamp) -> Timestamp {
        let policy = &self.rules.policy.survey;
        let handled_at = self.cases.get(&id).and_then(|case| case.ticket.handled_at).unwrap_or(now);
        self.rules.calendar.next_calling_time(handled_at + policy.delay, &[]) + policy.within
    }

    /// Nothing was learned by this try: another part of the day, and after the last try a text.
    pub(super) fn survey_unanswered(&mut self, id: TicketId, now: Timestamp) {
        let policy = self.rules.policy.survey.clone();
        let Some((ticket, survey)) =
            self.cases.get(&id).and_then(|case| Some((&case.ticket, case.survey.as_ref()?)))
        else {
            return;
        };
        let (number, language) = (ticket.number.to_string(), ticket.language);
        let (to, survey_id, first) = (survey.number.clone(), survey.id, survey.tries == 1);
        let calendar = &self.rules.calendar;
        let next = calendar.next_calling_time(now + policy.again_after, &survey.tried_hours);
        let again = survey.tries < policy.tries && next <= self.last_try_of_survey(id, now);
        if !again && survey.by_machine && !self.takes_texts(id) {
            // No text would reach them: they hear of it from a person before anything is concluded.
            return self.ask_by_person(id, now);
        }
        if let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut()) {
            (survey.state, survey.next_try_at) = if again {
                (SurveyState::Planned, next)
            } else {
                (SurveyState::Texted, now + policy.text_wait)
            };
        }
        if !again {
            self.tell_about(id, EventKind::SurveyUnreachable, Entity::Ticket(id), json!({}), now);
            self.send_survey_text(to, Words::Unreachable { number }, id, survey_id, language, now);
        } else if first {
            self.send_survey_text(to, Words::Survey { number }, id, survey_id, language, now);
        }
    }

    fn send_survey_text(
        &mut self,
        to: PhoneNumber,
        words: Words,
        id: TicketId,
        survey: crate::domain::ids::SurveyId,
        language: crate::domain::language::Language,
        now: Timestamp,
    ) {
        if !self.cases[&id].ticket.may_be_told() {
            return;
        }
        let notice = Notice::new(to, words).about(id).in_language(language).by_day();
        self.send(Notice { survey: Some(survey), ..notice }, now);
    }

    /// What the resident answered, by key, text or to an officer; an answer that comes too soon after the
    /// work, or from the helper's own telephone, is kept but does not count.
    pub(super) fn survey_answered(
        &mut self,
        id: TicketId,
        answer: Answer,
        from: &PhoneNumber,
        by: &Actor,
        now: Timestamp,
    ) {
        let discounted = self.is_discounted(id, from, now);
        let Some(case) = self.case_mut(id) else { return };
        if case.ticket.state != TicketState::Handled {
            return;
        }
        let Some(survey) = &mut case.survey else { return };
        let had_rated = survey.has_rated();
        survey.resolved = answer.resolved.or(survey.resolved);
        survey.satisfaction = answer.satisfaction.or(survey.satisfaction);
        survey.discounted = discounted;
        let (resolved, satisfaction) = (survey.resolved, survey.satisfaction);
        let subject = case.ticket.beneficiary;
        let detail = json!({ "resolved": resolved, "satisfaction": satisfaction, "counts": !discounted });
        let line = Line::new(EventKind::SurveyAnswered, Entity::Ticket(id), detail);
        self.tell(line.by(by.clone()).about(id).of(subject), now);
        if let (false, false, Some(said)) = (discounted, had_rated, satisfaction) {
            self.rate_helpers(id, said);
        }
        if discounted {
            self.survey_unanswered(id, now);
            return;
        }
        match resolved {
            Some(Resolved::Yes) => {
                self.end_survey(id, SurveyState::Answered, now);
                self.close(id, ClosureCode::Resolved, by, now);
            }
            Some(Resolved::Partly) => self.ask_by_person(id, now),
            Some(Resolved::No) => {
                self.end_survey(id, SurveyState::Answered, now);
                self.redo(id, by, "resident_says_no", now);
            }
            None => self.survey_unanswered(id, now),
        }
    }

    /// What a resident said of the help counts for the volunteers who gave it, each of them once: those of this round,
    /// not whoever came before it was sent back.
    pub(super) fn rate_helpers(&mut self, id: TicketId, said: Satisfaction) {
        let Some(case) = self.cases.get(&id) else { return };
        let begun = case.clock(ClockKind::Accept).map(|clock| clock.started);
        let helped = case.assignments.iter().filter(|visit| {
            visit.state == AssignmentState::Done
                && visit.ended_at.is_some_and(|at| begun.is_none_or(|begun| at >= begun))
        });
        let helped: BTreeSet<VolunteerId> = helped.filter_map(|visit| visit.volunteer).collect();
        for volunteer in helped {
            self.roster.rate(volunteer, said.rating(), &self.rules.policy);
            self.touch_volunteer(volunteer);
        }
    }

    /// An answer that comes too soon after the work, or from the helper's own telephone.
    pub(super) fn is_discounted(&self, id: TicketId, from: &PhoneNumber, now: Timestamp) -> bool {
        let handled_at = self.cases.get(&id).and_then(|case| case.ticket.handled_at).unwrap_or(now);
        now < handled_at + self.rules.policy.survey.too_soon || self.helper_phones(id).contains(from)
    }

    fn helper_phones(&self, id: TicketId) -> Vec<PhoneNumber> {
        let Some(case) = self.cases.get(&id) else { return Vec::new() };
        let volunteers = case.assignments.iter().filter_map(|a| a.volunteer);
        let duty = case.task_notices.iter().filter(|notice| notice.taken_at.is_some());
        volunteers
            .filter_map(|v| self.roster.find(v))
            .map(|v| v.phone.clone())
            .chain(duty.map(|notice| notice.phone.clone()))
            .collect()
    }

    pub(super) fn end_survey(&mut self, id: TicketId, state: SurveyState, now: Timestamp) {
        if let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut())
            && survey.ended_at.is_none()
        {
            survey.state = state;
            survey.ended_at = Some(now);
        }
    }

    /// The person who was to ask reached nobody either: the last text, and its wait. A call to anybody else about the
    /// ticket (a helper, a duty telephone) says nothing of the resident.
    pub(super) fn person_did_not_reach(&mut self, id: TicketId, number: &PhoneNumber, now: Timestamp) {
        let policy = self.rules.policy.survey.clone();
        let asked = |case: &&mut Case| {
            let waits = case
                .survey
                .as_ref()
                .is_some_and(|survey| survey.state == SurveyState::ForPerson && survey.number == *number);
            case.ticket.state == TicketState::Handled && waits
        };
        let Some(survey) = self.case_mut(id).filter(asked).and_then(|case| case.survey.as_mut()) else {
            return;
        };
        survey.tries = survey.tries.max(policy.tries);
        self.survey_unanswered(id, now);
    }
}
