//! Intake by hand: an operator completes what a caller left, opens a ticket of their own, or answers at once.

use serde_json::json;

use super::Desk;
use super::command::{CommandOutcome, Intake, Refusal, RefusalReason};
use super::commands::{Answer, refuse};
use super::event::Commander;
use super::history::EventKind;
use super::opening::Opening;
use super::ticket_commands::check_words;
use crate::domain::actor::{Actor, Role};
use crate::domain::category::{Category, CategoryCode};
use crate::domain::guard;
use crate::domain::ids::{RecordingId, TicketId};
use crate::domain::language::Language;
use crate::domain::survey::SurveyState;
use crate::domain::ticket::{
    Channel, ClosureCode, Confidentiality, DESCRIPTION_CHARS, PlaceBasis, Ticket, TicketState,
};
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
            place_basis: PlaceBasis::Confirmed,
            for_other: false,
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
        fill_in(ticket, intake);
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
        if let Some(case) = self.case_mut(id) {
            case.ticket.urgency = intake.urgency.unwrap_or(case.ticket.urgency);
            fill(&mut case.ticket.window, &intake.window);
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
        let sealed = category.mandatory_report;
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
        self.check_intake(intake)?;
        let category = intake.category.clone().or_else(|| self.cases[&id].ticket.category.clone());
        let category = category.as_ref().and_then(|code| self.rules.catalogue.find(code));
        let would_be = filled_in(&self.cases[&id].ticket, intake, category);
        // A ticket without a number is an anonymous caller's.
        guard::may_dispatch(&would_be, category, would_be.caller.is_none())?;
        if *intake != Intake::default() {
            self.complete(id, intake, &actor, now)?;
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
        guard::may_explain(self.category_of(id).as_ref())?;
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
}

fn fill<T: Clone>(field: &mut Option<T>, with: &Option<T>) {
    if with.is_some() {
        field.clone_from(with);
    }
}

/// What of an intake goes straight into the ticket.
fn fill_in(ticket: &mut Ticket, intake: &Intake) {
    fill(&mut ticket.caller, &intake.caller);
    fill(&mut ticket.beneficiary, &intake.beneficiary);
    fill(&mut ticket.area, &intake.area);
    let address = intake.address.clone().filter(|address| !address.trim().is_empty());
    fill(&mut ticket.address, &address);
    if intake.area.is_some() || address.is_some() {
        ticket.place_basis = PlaceBasis::Confirmed;
    }
}

/// The ticket as it would be, for the guard.
fn filled_in(ticket: &Ticket, intake: &Intake, category: Option<&Category>) -> Ticket {
    let mut would_be = ticket.clone();
    fill_in(&mut would_be, intake);
    if let (Some(category), true) = (category, intake.category.is_some()) {
        would_be.urgency = category.urgency;
    }
    would_be.urgency = intake.urgency.unwrap_or(would_be.urgency);
    would_be
}
