//! Intake by hand: an operator completes what a caller left, opens a ticket of their own, or answers at once.

use serde_json::json;

use super::Desk;
use super::command::{CommandOutcome, Intake, Refusal, RefusalReason};
use super::commands::{Answer, refuse};
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::opening::Opening;
use super::ticket_commands::check_words;
use crate::domain::actor::{Actor, Role};
use crate::domain::category::CategoryCode;
use crate::domain::ids::{RecordingId, TicketId};
use crate::domain::language::Language;
use crate::domain::survey::SurveyState;
use crate::domain::ticket::{Channel, ClosureCode, Confidentiality, DESCRIPTION_CHARS, TicketState};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::urgency::Urgency;

impl Desk {
    /// A new ticket, typed in by an operator.
    pub(super) fn open_by_hand(
        &mut self,
        by: &Commander,
        intake: &Intake,
        recording: Option<RecordingId>,
        now: Timestamp,
    ) -> Answer {
        let station = intake.station.or_else(|| by.roles.first().map(|(_, station)| *station));
        let Some(station) = station.filter(|station| self.stations.contains_key(station)) else {
            return refuse(RefusalReason::Invalid, "name the station that receives it");
        };
        let actor = self.present_at(by, station, &[Role::Operator])?;
        self.check_intake(intake)?;
        let opening = Opening {
            jurisdiction: self.jurisdiction_of(station),
            channel: Channel::Console,
            station,
            call: None,
            caller: intake.caller.clone(),
            beneficiary: None,
            language: Language::Zh,
            category: intake.category.clone(),
            urgency: intake.urgency,
            area: intake.area.clone(),
            description: intake.description.clone().unwrap_or_default(),
            recording,
            survey_consent: intake.survey_consent.unwrap_or(false),
            window: intake.window,
        };
        let Some(id) = self.open(opening, &actor, now) else {
            return refuse(RefusalReason::Unavailable, "every number of the day is given at this station");
        };
        self.complete(id, intake, &actor, now)?;
        self.receipt(id, now);
        let number = self.cases[&id].ticket.number;
        Ok(CommandOutcome::Opened { ticket: id, number })
    }

    fn check_intake(&self, intake: &Intake) -> Result<(), Refusal> {
        if let Some(code) = &intake.category
            && self.rules.catalogue.find(code).is_none()
        {
            return refuse(RefusalReason::Invalid, format!("the catalogue has no category {code}"));
        }
        if let Some(area) = &intake.area
            && !self.rules.areas.contains_key(area)
        {
            return refuse(RefusalReason::Invalid, format!("no area has the code {area}"));
        }
        if intake.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS) {
            return refuse(RefusalReason::Invalid, "at most 4,000 characters can be kept");
        }
        Ok(())
    }

    /// Fills in what intake lacks; nothing is sent yet.
    pub(super) fn complete(
        &mut self,
        id: TicketId,
        intake: &Intake,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_intake(intake)?;
        let Some(case) = self.case_mut(id) else { return Ok(()) };
        if case.ticket.state != TicketState::Intake {
            return refuse(RefusalReason::NotAllowed, "it has left intake: use the commands for changes");
        }
        let ticket = &mut case.ticket;
        fill(&mut ticket.caller, &intake.caller);
        fill(&mut ticket.beneficiary, &intake.beneficiary);
        fill(&mut ticket.area, &intake.area);
        fill(&mut ticket.address, &intake.address);
        fill(&mut ticket.window, &intake.window);
        if let Some(text) = &intake.description {
            ticket.description.clone_from(text);
        }
        if let Some(consent) = intake.survey_consent {
            ticket.survey_consent = consent;
        }
        if intake.confidential && ticket.confidentiality == Confidentiality::Normal {
            ticket.confidentiality = Confidentiality::Confidential;
        }
        if let Some(code) = &intake.category {
            self.set_category(id, code, now);
        }
        if let Some(urgency) = intake.urgency
            && let Some(case) = self.case_mut(id)
        {
            case.ticket.urgency = urgency;
        }
        self.find_owner(id);
        let detail = json!({ "category": intake.category, "area": intake.area, "address": intake.address, "words": intake.description });
        self.tell_by(id, EventKind::TicketCompleted, actor, detail, now);
        Ok(())
    }

    /// The station that answers for the ticket follows from its place and category.
    fn find_owner(&mut self, id: TicketId) {
        let ticket = &self.cases[&id].ticket;
        let tier = ticket.category.as_ref().and_then(|code| self.rules.catalogue.find(code)).map(|c| c.tier);
        let Some(tier) = tier else { return };
        let owner = self.start_station(ticket.area.as_ref(), tier, ticket.first_receiver);
        if let Some(case) = self.case_mut(id) {
            case.ticket.owner = owner;
            case.ticket.tier = tier;
        }
    }

    fn set_category(&mut self, id: TicketId, code: &CategoryCode, now: Timestamp) {
        let Some(category) = self.rules.catalogue.find(code).cloned() else { return };
        let sealed = code.as_str() == "CHD-03";
        if let Some(case) = self.case_mut(id) {
            case.ticket.category = Some(code.clone());
            case.ticket.urgency = category.urgency;
            if sealed {
                case.ticket.confidentiality = Confidentiality::Sealed;
            }
        }
        self.renew_window(id, now);
        let case = &self.cases[&id];
        let two = self.needs_two(Some(&category), case.beneficiary.as_ref(), case.ticket.window, now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.two_person = two;
        }
    }

    /// intake → pending_dispatch, with what was filled in.
    pub(super) fn dispatch_by_hand(
        &mut self,
        by: &Commander,
        id: TicketId,
        intake: &Intake,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Dispatch)?;
        if *intake != Intake::default() {
            self.complete(id, intake, &actor, now)?;
        }
        let ticket = &self.cases[&id].ticket;
        let Some(category) = ticket.category.as_ref().and_then(|code| self.rules.catalogue.find(code)) else {
            return refuse(RefusalReason::Invalid, "choose a category first");
        };
        if ticket.area.is_none() && ticket.urgency != Urgency::P1 {
            return refuse(RefusalReason::Invalid, "choose the committee or street it is in first");
        }
        let no_door = ticket.address.as_ref().is_none_or(|address| address.trim().is_empty());
        if category.needs_address && no_door && ticket.urgency != Urgency::P1 {
            return refuse(RefusalReason::Invalid, "somebody has to go there: write the address first");
        }
        self.dispatch(id, &actor, now);
        Ok(())
    }

    /// intake → closed(explained): answered on the line.
    pub(super) fn explain(
        &mut self,
        by: &Commander,
        id: TicketId,
        answer: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Explain)?;
        check_words(answer)?;
        let ticket = &self.cases[&id].ticket;
        let consultation = ticket
            .category
            .as_ref()
            .and_then(|code| self.rules.catalogue.find(code))
            .is_some_and(|c| c.consultation);
        if !consultation {
            return refuse(
                RefusalReason::NotAllowed,
                "only an enquiry can be closed by an answer: choose its category",
            );
        }
        self.note(id, &actor, answer, now);
        self.move_ticket(id, Move::Explain, &actor, json!({ "code": ClosureCode::Explained }), now)?;
        self.end_survey(id, SurveyState::Cancelled, now);
        self.set_closed(id, ClosureCode::Explained, now);
        Ok(())
    }

    /// Clocks are reckoned anew from their start; pauses spent stay spent.
    pub(super) fn change_urgency(
        &mut self,
        id: TicketId,
        urgency: Urgency,
        actor: &Actor,
        reason: &str,
        now: Timestamp,
    ) {
        let Some(case) = self.case_mut(id) else { return };
        let from = case.ticket.urgency;
        case.ticket.urgency = urgency;
        self.recompute_clocks(id);
        let detail = json!({ "urgency": { "from": from, "to": urgency }, "words": reason });
        self.tell_by(id, EventKind::TicketChanged, actor, detail, now);
    }

    pub(super) fn change_category(
        &mut self,
        id: TicketId,
        code: &CategoryCode,
        actor: &Actor,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.rules.catalogue.find(code).is_none() {
            return refuse(RefusalReason::Invalid, format!("the catalogue has no category {code}"));
        }
        let from = self.cases[&id].ticket.category.clone();
        self.set_category(id, code, now);
        self.recompute_clocks(id);
        let detail = json!({ "category": { "from": from, "to": code }, "words": reason });
        self.tell_by(id, EventKind::TicketChanged, actor, detail, now);
        Ok(())
    }

    fn recompute_clocks(&mut self, id: TicketId) {
        let owed = self.owed(&self.cases[&id]);
        let (policy, calendar) = (self.rules.policy.clone(), self.rules.calendar.clone());
        if let Some(case) = self.case_mut(id) {
            for clock in &mut case.ticket.clocks {
                clock.recompute(&owed, &policy, &calendar);
            }
        }
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
        let Some(target) = target.filter(|target| *target != id) else {
            return refuse(RefusalReason::NotFound, "no other ticket with this number is open");
        };
        if !self.state_of_ticket(target).is_open() {
            return refuse(RefusalReason::Invalid, "the other ticket is not open any more");
        }
        self.stand_everybody_down(id, now);
        self.move_ticket(id, Move::Merge, &actor, json!({ "into": into }), now)?;
        if let Some(case) = self.case_mut(id) {
            case.ticket.merged_into = Some(target);
        }
        if let Some(case) = self.case_mut(target) {
            case.ticket.repeat_count += 1;
        }
        let from = self.cases[&id].ticket.number;
        self.tell_by(target, EventKind::TicketMerged, &actor, json!({ "from": from }), now);
        Ok(())
    }

    pub(super) fn unmerge(&mut self, by: &Commander, id: TicketId, now: Timestamp) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Unmerge)?;
        self.move_ticket(id, Move::Unmerge, &actor, json!({}), now)?;
        if let Some(case) = self.case_mut(id) {
            case.ticket.merged_into = None;
            for clock in &mut case.ticket.clocks {
                clock.run_on();
            }
        }
        let line = Line::new(EventKind::TicketUnmerged, Entity::Ticket(id), json!({}));
        self.tell(line.by(actor).about(id), now);
        if self.state_of_ticket(id) != TicketState::Intake && self.state_of_ticket(id) != TicketState::Handled
        {
            self.begin_again(id, now);
        }
        Ok(())
    }
}

fn fill<T: Clone>(field: &mut Option<T>, with: &Option<T>) {
    if with.is_some() {
        field.clone_from(with);
    }
}
