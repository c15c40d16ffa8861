//! What a walk came to: a ticket, a message, a call-back, a volunteer's choice, an answer, an alarm taken.

use serde_json::json;

use super::Desk;
use super::callbacks::WantedCall;
use super::calls::{CallRole, Wanted};
use super::history::{Entity, EventKind, Line};
use super::rings::RungFor;
use super::surveys::Answer;
use crate::domain::actor::Actor;
use crate::domain::assignment::{AssignmentState, HelperCall};
use crate::domain::ids::{AssignmentId, CallId, RecordingId, TicketId, VolunteerId};
use crate::domain::offer::ReplyCode;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::task_notice::TaskNotice;
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::ivr::context::{TaskStage, VolunteerTask};
use crate::ivr::words::{Fact, NotReached, Outcome, TaskAnswer, TaskChoice, TaskId};
use crate::text::reply::Verb;

impl Desk {
    pub(super) fn outcome(&mut self, call: CallId, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::OpenTicket { ticket } => self.open_from_walk(call, ticket, now),
            Outcome::AddMessage { ticket, recording } => self.add_message(call, ticket, recording, now),
            Outcome::Withdraw { ticket } => {
                let done = self.withdraw(ticket, &Actor::CITIZEN, now);
                if let Some(live) = self.call_mut(call) {
                    live.call.ticket = Some(ticket);
                }
                self.walk_fact(call, Fact::Withdrawal { done }, now);
            }
            Outcome::RequestCallback { reason, recording, category, urgent } => {
                let wanted = WantedCall { reason, recording, category, urgent };
                self.callback_from_walk(call, wanted, now);
            }
            Outcome::Task { task, choice } => {
                let answer = self.task_choice(task, choice, now);
                if self.calls.get(&call).is_some_and(|live| matches!(live.role, CallRole::Helper(..))) {
                    self.helper_call_done(call, now);
                }
                self.walk_fact(call, Fact::TaskAnswer { answer }, now);
            }
            Outcome::Survey { resolved, satisfaction, comment } => {
                self.survey_by_key(call, Answer { resolved, satisfaction }, comment, now);
            }
            Outcome::DeviceTested => self.device_tested(call, now),
            Outcome::Told => self.helper_call_done(call, now),
            Outcome::AlarmTaken => {
                if let Some(CallRole::Alarm(ticket)) = self.calls.get(&call).map(|live| live.role.clone()) {
                    self.alarm_taken(call, ticket, now);
                }
            }
            Outcome::Care { answer } => self.care_answered(call, answer, now),
            Outcome::CareTaken => self.care_taken(call, now),
            Outcome::EmergencyTaken => {
                if let Some(CallRole::Leg { of }) = self.calls.get(&call).map(|live| live.role.clone()) {
                    self.take_call(call, of, now);
                }
            }
            Outcome::BringIn => {
                if let Some(CallRole::Leg { of }) = self.calls.get(&call).map(|live| live.role.clone()) {
                    self.bring_in(of, now);
                }
            }
            Outcome::NotReached { why } => self.not_reached(call, why, now),
            Outcome::Disposition { disposition } => {
                if let Some(live) = self.call_mut(call) {
                    live.call.disposition = Some(disposition);
                }
            }
        }
    }

    /// A caller added words to an open ticket: its handlers find them there, and it counts as a contact.
    fn add_message(&mut self, call: CallId, ticket: TicketId, recording: RecordingId, now: Timestamp) {
        if let Some(row) = self.recordings.get_mut(&recording) {
            row.ticket = Some(ticket);
            self.draft.recordings.push(row.clone());
        }
        if let Some(live) = self.call_mut(call) {
            live.call.ticket = Some(ticket);
        }
        let Some(case) = self.case_mut(ticket) else { return };
        case.ticket.repeat_count += 1;
        self.tell_by(ticket, EventKind::TicketNoted, &Actor::CITIZEN, json!({ "recording": recording }), now);
        self.count_contact(ticket, now);
        self.resume_by_citizen(ticket, now);
    }

    /// The opening was the first contact: from the third on the ticket is supervised.
    pub(super) fn count_contact(&mut self, ticket: TicketId, now: Timestamp) {
        let contacts = self.rules.policy.tickets.contacts_level_1;
        let repeats = self.cases.get(&ticket).map_or(0, |case| case.ticket.repeat_count);
        if repeats + 1 >= contacts {
            self.supervise(ticket, 1, &Actor::SYSTEM, "third_contact", now);
        }
    }

    fn survey_by_key(&mut self, call: CallId, answer: Answer, comment: Option<RecordingId>, now: Timestamp) {
        let Some(live) = self.calls.get(&call) else { return };
        if let Some(ticket) = live.asked_about {
            return self.answered_on_the_line(ticket, answer.satisfaction, now);
        }
        let (CallRole::Survey(ticket), Some(number)) = (live.role.clone(), live.call.number.clone()) else {
            return;
        };
        self.attempt_done(call, now);
        if let Some(row) = comment.and_then(|id| self.recordings.get_mut(&id)) {
            row.ticket = Some(ticket);
            self.draft.recordings.push(row.clone());
        }
        self.survey_answered(ticket, answer, &number, &Actor::SYSTEM, now);
    }

    /// Answered by somebody or something else: nothing may be concluded from it.
    fn not_reached(&mut self, call: CallId, why: NotReached, now: Timestamp) {
        let Some(live) = self.calls.get(&call) else { return };
        let (role, ticket) = (live.role.clone(), live.call.ticket);
        let line = Line::new(EventKind::NotReached, Entity::Call(call), json!({ "reason": why }));
        self.tell(Line { ticket, ..line }, now);
        // A stranger's telephone is not rung again by a machine.
        if let (CallRole::Survey(id), NotReached::WrongNumber) = (role, why)
            && let Some(survey) = self.case_mut(id).and_then(|case| case.survey.as_mut())
        {
            survey.by_machine = false;
        }
    }

    /// What everybody who has this number has open or has taken on, the latest first.
    pub(super) fn tasks_on(&self, number: &PhoneNumber, now: Timestamp) -> Vec<VolunteerTask> {
        let ids = self.offers_by_phone.get(number).into_iter().flatten().rev();
        let theirs = ids.filter_map(|(ticket, offer)| self.task_of(*ticket, *offer, now));
        theirs.chain(self.station_tasks_on(number, now)).collect()
    }

    fn task_of(
        &self,
        ticket: TicketId,
        offer: crate::domain::ids::OfferId,
        now: Timestamp,
    ) -> Option<VolunteerTask> {
        let case = self.cases.get(&ticket)?;
        let offer = case.offers.iter().find(|o| o.id == offer)?;
        let visit = self.visit_of(ticket, offer.id).filter(|visit| visit.state.is_live());
        let (task, stage, window) = match visit {
            Some(visit) => {
                let booked = visit.state == AssignmentState::Booked;
                let stage = if booked { TaskStage::Booked } else { TaskStage::Accepted };
                (TaskId::Assignment(visit.id), stage, Some(visit.window))
            }
            None if offer.state.is_open() => {
                (TaskId::Offer(offer.id), TaskStage::Offered, case.ticket.window)
            }
            None => return None,
        };
        Some(VolunteerTask {
            task,
            category: case.ticket.category.clone()?,
            street: case.ticket.area.as_ref().and_then(crate::domain::area::AreaCode::street),
            window: window.map(|window| self.spoken(window, now)),
            stage,
            two: false,
        })
    }

    /// By badge and code, from a telephone that is not his.
    pub(super) fn find_task(
        &self,
        badge: VolunteerId,
        code: ReplyCode,
        now: Timestamp,
    ) -> Option<VolunteerTask> {
        let phone = &self.roster.find(badge)?.phone;
        let ids = self.offers_by_phone.get(phone)?;
        ids.iter()
            .rev()
            .filter(|(_, offer)| {
                self.find_offer(*offer).is_some_and(|(_, o)| o.code == code && o.volunteer == badge)
            })
            .find_map(|(ticket, offer)| self.task_of(*ticket, *offer, now))
    }

    fn task_choice(&mut self, task: TaskId, choice: TaskChoice, now: Timestamp) -> TaskAnswer {
        match (task, choice) {
            (TaskId::Offer(offer), TaskChoice::Accept) => {
                let Some((ticket, found)) = self.find_offer(offer) else { return TaskAnswer::Gone };
                self.offer_accepted(ticket, offer, now);
                let accepted = self.visit_of(ticket, offer).is_some_and(|visit| visit.state.is_live());
                match (accepted, found.phone.is_mobile()) {
                    (true, true) => TaskAnswer::Accepted,
                    (true, false) => TaskAnswer::AcceptedCall,
                    (false, _) => TaskAnswer::TooLate,
                }
            }
            (TaskId::Offer(offer), TaskChoice::Decline) => {
                let Some((ticket, _)) = self.find_offer(offer) else { return TaskAnswer::Gone };
                self.offer_declined(ticket, offer, now);
                TaskAnswer::Declined
            }
            (TaskId::Task(task), choice) => self.station_choice(task, choice, now),
            (TaskId::Assignment(id), choice) => match self.find_assignment(id) {
                Some((ticket, true)) => self.visit_choice(ticket, id, choice, now),
                Some((_, false)) | None => TaskAnswer::Gone,
            },
            (
                TaskId::Offer(_),
                TaskChoice::Done
                | TaskChoice::Confirm
                | TaskChoice::Arrived
                | TaskChoice::Late
                | TaskChoice::Well
                | TaskChoice::Help,
            ) => TaskAnswer::Gone,
        }
    }

    /// They hear it now: no call has to say it once more.
    fn heard_to_wait(&mut self, ticket: TicketId, id: AssignmentId) -> TaskAnswer {
        self.set_ring(ticket, RungFor::Visit(id, HelperCall::PartnerMissing), None);
        TaskAnswer::Alone
    }

    /// What a helper keyed about a visit of theirs that goes on.
    fn visit_choice(
        &mut self,
        ticket: TicketId,
        id: AssignmentId,
        choice: TaskChoice,
        now: Timestamp,
    ) -> TaskAnswer {
        let visit = self.cases[&ticket].live_assignments().find(|visit| visit.id == id);
        let alone = visit.is_some_and(|visit| self.waits_for_partner(visit));
        let left_alone = visit.is_some_and(|visit| self.is_left_alone(visit));
        let early = |verb| visit.is_some_and(|visit| self.is_too_early(visit, verb));
        match choice {
            TaskChoice::Done | TaskChoice::Arrived | TaskChoice::Late if alone => {
                let knew = visit.is_some_and(|visit| self.cases[&ticket].given_at(visit).is_some());
                if knew { self.heard_to_wait(ticket, id) } else { TaskAnswer::Gone }
            }
            TaskChoice::Arrived | TaskChoice::Late if left_alone => {
                if let Some(visit) = visit.cloned() {
                    self.wait_for_another(ticket, &visit, now);
                }
                self.heard_to_wait(ticket, id)
            }
            TaskChoice::Done if early(Verb::Done) => TaskAnswer::Gone,
            TaskChoice::Arrived if early(Verb::Arrived) => TaskAnswer::Gone,
            TaskChoice::Accept | TaskChoice::Confirm => {
                self.visit_confirmed(ticket, id, now);
                TaskAnswer::Noted
            }
            TaskChoice::Decline => {
                self.visit_failed(ticket, id, AssignmentState::Aborted, now);
                TaskAnswer::Declined
            }
            TaskChoice::Done => {
                self.visit_done(ticket, id, now);
                TaskAnswer::Finished
            }
            TaskChoice::Arrived => {
                self.visit_arrived(ticket, id, now);
                TaskAnswer::Noted
            }
            TaskChoice::Late => {
                self.visit_late(ticket, id, now);
                TaskAnswer::Noted
            }
            TaskChoice::Well => {
                self.visitor_is_well(ticket, id, now);
                TaskAnswer::Noted
            }
            TaskChoice::Help => {
                self.visitor_needs_help(ticket, id, now);
                TaskAnswer::HelpComing
            }
        }
    }

    fn find_assignment(&self, id: AssignmentId) -> Option<(TicketId, bool)> {
        self.cases.values().find_map(|case| {
            let assignment = case.assignments.iter().find(|a| a.id == id)?;
            Some((case.ticket.id, assignment.state.is_live()))
        })
    }

    /// Joins a volunteer to the resident of their task; neither sees the other's number.
    pub(super) fn ring_resident(&mut self, call: CallId, task: TaskId, now: Timestamp) {
        let ticket = match task {
            TaskId::Offer(offer) => self.find_offer(offer).map(|(ticket, _)| ticket),
            TaskId::Assignment(id) => {
                self.find_assignment(id).filter(|(_, live)| *live).map(|(ticket, _)| ticket)
            }
            TaskId::Task(id) => self.task_notice(id).filter(TaskNotice::is_taken).map(|notice| notice.ticket),
        };
        let found = ticket.and_then(|id| self.cases.get(&id)).map(|case| &case.ticket);
        let safe = |ticket: &&Ticket| ticket.caller.as_ref().is_none_or(|caller| self.may_reach(caller, now));
        let found = found.filter(safe);
        let target =
            found.and_then(|ticket| Some((ticket.owner, ticket.caller.as_ref()?.as_str().to_owned())));
        let ring_time = self.rules.policy.survey.ring_time;
        match target {
            Some((station, number)) => {
                if let Some(live) = self.call_mut(call) {
                    // What the talk is about.
                    live.call.ticket = ticket;
                }
                self.ring_all(call, vec![(station, number)], Wanted::Resident, ring_time, now);
            }
            None => self.walk_fact(call, Fact::NobodyAnswered, now),
        }
    }
}
