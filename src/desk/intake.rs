//! Intake by hand: an operator completes what a caller left, opens a ticket of their own, or answers at once.

use serde_json::json;

use super::Desk;
use super::calls::LiveCall;
use super::command::{CommandOutcome, Intake};
use super::commands::{Answer, refuse};
use super::event::Commander;
use super::history::EventKind;
use super::minors::fill_in_wishes;
use super::opening::Opening;
use super::refusal::{Refusal, Why};
use crate::domain::actor::{Actor, ActorKind, Role};
use crate::domain::call::CallerTrust;
use crate::domain::category::{Category, CategoryCode};
use crate::domain::guard;
use crate::domain::ids::{RecordingId, TicketId};
use crate::domain::language::Language;
use crate::domain::person::KnownPerson;
use crate::domain::ticket::{Channel, Confidentiality, DESCRIPTION_CHARS, PlaceBasis, Ticket, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::urgency::Urgency;

impl Desk {
    /// A new ticket, typed in by an operator.
    pub(super) fn open_by_hand(
        &mut self,
        by: &Commander,
        intake: &Intake,
        channel: Channel,
        recording: Option<RecordingId>,
        now: Timestamp,
    ) -> Answer {
        let station = intake.station.or_else(|| by.roles.first().map(|(_, station)| *station));
        let Some(station) = station.filter(|station| self.stations.contains_key(station)) else {
            return refuse(Why::NoStationNamed);
        };
        let actor = self.present_at(by, station, &[Role::Operator])?;
        self.check_intake(intake)?;
        let talking = intake.caller.as_ref().and_then(|number| self.talking_with(number));
        let household =
            talking.and_then(|call| self.calls.get(&call)).is_some_and(|live| live.known.is_household());
        let opening = Opening {
            jurisdiction: self.jurisdiction_of(station),
            channel,
            station,
            call: None,
            caller: intake.caller.clone(),
            caller_trust: self.trust_of_typed(intake),
            beneficiary: None,
            household,
            language: chosen(intake).map_or(Language::Zh, |person| person.language),
            category: intake.category.clone(),
            urgency: intake.urgency,
            area: intake.area.clone(),
            place_basis: PlaceBasis::Confirmed,
            for_other: false,
            description: intake.description.clone().unwrap_or_default(),
            recording,
            survey_consent: intake.survey_consent.unwrap_or(false),
            window: intake.window,
            linked_to: intake.linked_to,
        };
        let Some(id) = self.open(opening, &actor, now) else {
            return refuse(Why::NumbersUsedUp);
        };
        self.join_call_and_ticket(id);
        if let Some(earlier) = intake.linked_to {
            self.tell_linked(id, earlier, &actor, now);
        }
        self.complete(id, intake, &actor, now)?;
        self.receipt(id, now);
        let number = self.cases[&id].ticket.number;
        Ok(CommandOutcome::Opened { ticket: id, number })
    }

    /// A number that an operator types is one they were told, unless it is that of a call nobody vouches for.
    fn trust_of_typed(&self, intake: &Intake) -> CallerTrust {
        let call = intake.caller.as_ref().and_then(|number| self.talking_with(number));
        let trust = call.and_then(|call| self.calls.get(&call)).map(LiveCall::number_trust);
        trust.filter(|_| !intake.caller_confirmed).unwrap_or(CallerTrust::Verified)
    }

    /// A number that was only claimed is the caller's: somebody spoke with them at it.
    pub(super) fn confirm_caller(
        &mut self,
        by: &Commander,
        id: TicketId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let parts = [Role::Operator, Role::Dispatcher, Role::CallbackOfficer, Role::Supervisor];
        let actor = self.present(by, id, &parts)?;
        self.check_open(id)?;
        if let Some(case) = self.case_mut(id).filter(|case| case.ticket.caller.is_some()) {
            case.ticket.caller_trust = CallerTrust::Verified;
        }
        self.tell_by(id, EventKind::CallerConfirmed, &actor, json!({}), now);
        Ok(())
    }

    /// The operator who types it in has its caller on the line: the call came to this ticket, and so did its recording.
    fn join_call_and_ticket(&mut self, id: TicketId) {
        let caller = self.cases.get(&id).and_then(|case| case.ticket.caller.clone());
        let Some(call) = caller.and_then(|number| self.talking_with(&number)) else { return };
        let Some(live) = self.call_mut(call).filter(|live| live.call.ticket.is_none()) else { return };
        live.call.ticket = Some(id);
        if let Some(case) = self.case_mut(id) {
            case.ticket.call = Some(call);
        }
        self.take_over_answer(id, call);
    }

    fn check_intake(&self, intake: &Intake) -> Result<(), Refusal> {
        if let Some(code) = &intake.category
            && self.rules.catalogue.find(code).is_none()
        {
            return refuse(Why::NoSuchCategory.with([("code", code.to_string())]));
        }
        if let Some(area) = &intake.area
            && !self.rules.areas.contains_key(area)
        {
            return refuse(Why::NoSuchArea.with([("code", area.to_string())]));
        }
        if intake.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS) {
            return refuse(Why::TooManyWords);
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
        let trust = self.trust_of_typed(intake);
        let Some(case) = self.case_mut(id) else { return Ok(()) };
        if case.ticket.state != TicketState::Intake {
            return refuse(Why::LeftIntake);
        }
        let ticket = &mut case.ticket;
        let another = intake.caller.is_some() && intake.caller != ticket.caller;
        fill_in(ticket, intake);
        if another || intake.caller_confirmed {
            ticket.caller_trust = trust;
        }
        let (caller, receiver) = (ticket.caller.clone(), ticket.first_receiver);
        if let Some(text) = &intake.description {
            ticket.description.clone_from(text);
        }
        if let Some(consent) = intake.survey_consent {
            ticket.survey_consent = consent;
        }
        let secret = chosen(intake).is_some_and(KnownPerson::has_secret_place);
        if (intake.confidential || secret) && ticket.confidentiality == Confidentiality::Normal {
            ticket.confidentiality = Confidentiality::Confidential;
        }
        if let Some(code) = &intake.category {
            self.set_category(id, code, now);
        }
        if let Some(case) = self.case_mut(id) {
            case.ticket.urgency = intake.urgency.unwrap_or(case.ticket.urgency);
            fill(&mut case.ticket.window, &intake.window);
            if intake.window.is_some() {
                case.ticket.progress.time_agreed_at = Some(now);
            }
        }
        self.danger_of_intake(intake, caller.as_ref(), receiver, actor, now);
        self.know_beneficiary(id, intake);
        self.renew_two_person(id, now);
        self.find_owner(id);
        let detail = json!({ "category": intake.category, "area": intake.area, "address": intake.address, "risk": intake.risk, "guardian": intake.guardian, "words": intake.description });
        self.tell_by(id, EventKind::TicketCompleted, actor, detail, now);
        Ok(())
    }

    /// Whom an operator chose is known as a caller would be: the rules of safety see their flags and their wishes.
    fn know_beneficiary(&mut self, id: TicketId, intake: &Intake) {
        if let Some(known) = chosen(intake)
            && let Some(case) = self.case_mut(id)
        {
            case.beneficiary = Some(known.clone());
        }
    }

    pub(super) fn renew_two_person(&mut self, id: TicketId, now: Timestamp) {
        let case = &self.cases[&id];
        let category = self.category_of(id);
        let (channel, window) = (case.ticket.channel, case.ticket.window);
        let who_and_where = (case.beneficiary.as_ref(), case.ticket.address.as_deref());
        let two = self.needs_two(category.as_ref(), channel, who_and_where, window, now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.two_person = two;
        }
    }

    /// The station that answers for the ticket follows from its place and category.
    fn find_owner(&mut self, id: TicketId) {
        let ticket = &self.cases[&id].ticket;
        let tier = self.category_for(ticket).map(|category| category.tier);
        let Some(tier) = tier else { return };
        let owner = self.first_hand(ticket.category.as_ref(), ticket.area.as_ref(), ticket.first_receiver);
        if let Some(case) = self.case_mut(id) {
            case.ticket.owner = owner;
            case.ticket.tier = tier;
        }
    }

    fn set_category(&mut self, id: TicketId, code: &CategoryCode, now: Timestamp) {
        let Some(category) = self.rules.catalogue.find(code).cloned() else { return };
        let sealed = category.mandatory_report;
        let version = self.rules.catalogue.version;
        if let Some(case) = self.case_mut(id) {
            case.ticket.category = Some(code.clone());
            case.ticket.catalogue_version = version;
            case.ticket.urgency = category.urgency;
            if sealed {
                case.ticket.confidentiality = Confidentiality::Sealed;
            }
        }
        self.renew_window(id, now);
        self.renew_two_person(id, now);
        self.supervise_complaint(id, now);
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
        let person = chosen(intake).or(self.cases[&id].beneficiary.as_ref());
        self.check_questions_asked(&would_be, person, category, now)?;
        if *intake != Intake::default() {
            self.complete(id, intake, &actor, now)?;
        }
        self.dispatch(id, &actor, now);
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
        let was = self.as_it_was(id, now);
        let Some(case) = self.case_mut(id) else { return };
        let from = case.ticket.urgency;
        case.ticket.urgency = urgency;
        self.keep_window(id, &was, now);
        self.recompute_clocks(id);
        let detail = json!({ "urgency": { "from": from, "to": urgency }, "words": reason });
        self.tell_by(id, EventKind::TicketChanged, actor, detail, now);
        self.replan(id, &was, actor, now);
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
            return refuse(Why::NoSuchCategory.with([("code", code.to_string())]));
        }
        let reported = self.rules.catalogue.find(code).is_some_and(|category| category.mandatory_report);
        // Of a wrong key a supervisor may say so; anybody else needs the report.
        if !reported && actor.kind != ActorKind::Supervisor {
            self.check_reported(id)?;
        }
        let was = self.as_it_was(id, now);
        let from = self.cases[&id].ticket.category.clone();
        self.set_category(id, code, now);
        self.keep_window(id, &was, now);
        self.recompute_clocks(id);
        let detail = json!({ "category": { "from": from, "to": code }, "words": reason });
        self.tell_by(id, EventKind::TicketChanged, actor, detail, now);
        self.replan(id, &was, actor, now);
        Ok(())
    }

    pub(super) fn recompute_clocks(&mut self, id: TicketId) {
        let owed = self.owed(&self.cases[&id]);
        let (policy, calendar) = (self.rules.policy.clone(), self.rules.calendar.clone());
        if let Some(case) = self.case_mut(id) {
            for clock in &mut case.ticket.clocks {
                clock.recompute(&owed, &policy, &calendar);
            }
            case.co_clocks_mut().for_each(|clock| clock.recompute(&owed, &policy, &calendar));
            if case.ticket.urgency == Urgency::P1 {
                // Life or safety waits for nobody's turn.
                case.ticket.progress.ladder_rests_until = None;
            }
        }
        self.hold_to_visit(id);
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
    fill_in_wishes(ticket, intake);
    fill(&mut ticket.beneficiary, &intake.beneficiary);
    fill(&mut ticket.area, &intake.area);
    let address = intake.address.clone().filter(|address| !address.trim().is_empty());
    fill(&mut ticket.address, &address);
    if intake.area.is_some() || address.is_some() {
        ticket.place_basis = PlaceBasis::Confirmed;
    }
    if let Some(known) = chosen(intake) {
        // Where nobody said otherwise, the help goes to the registered home.
        ticket.area = ticket.area.take().or_else(|| known.area.clone());
        ticket.address = ticket.address.take().or_else(|| known.address.clone());
        // A point belongs to its address: other words name another door.
        ticket.point = known.point.filter(|_| ticket.address == known.address);
    }
}

/// The person an operator chose, as the register knows them.
fn chosen(intake: &Intake) -> Option<&KnownPerson> {
    intake.known.as_deref().filter(|known| Some(known.person) == intake.beneficiary)
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
