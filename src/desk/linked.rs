//! A matter that comes up again when its ticket can no longer be reopened: a new ticket, linked to the old one.

use serde_json::json;

use super::Desk;
use super::case::Case;
use super::command::TicketCommand;
use super::history::EventKind;
use super::opening::Opening;
use crate::domain::actor::Actor;
use crate::domain::call::CallerTrust;
use crate::domain::ids::TicketId;
use crate::domain::person::{Known, PastTicket};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::{Channel, Confidentiality, PlaceBasis, TicketState};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;

impl Desk {
    /// Row 18, its second half: the resident writes 重办 too late for reopening. Says whether a ticket was opened.
    ///
    /// It waits in intake: only an operator or the menu may send it out.
    pub(super) fn open_linked(
        &mut self,
        from: &PhoneNumber,
        number: Option<TicketNumber>,
        known: &Known,
        now: Timestamp,
    ) -> bool {
        let meant = |past: &&PastTicket| {
            past.confidentiality == Confidentiality::Normal && number.is_none_or(|n| past.number == n)
        };
        let Some(past) = known.past.iter().find(meant) else { return false };
        // What waits for it already is not asked for twice.
        if self.linked_to(past.ticket).next().is_some() {
            return false;
        }
        let station = if self.stations.contains_key(&past.owner) {
            past.owner
        } else {
            match self.district_station() {
                Some(station) => station,
                None => return false,
            }
        };
        let beneficiary = known.home();
        let opening = Opening {
            jurisdiction: self.jurisdiction_of(station),
            channel: Channel::Sms,
            station,
            call: None,
            caller: Some(from.clone()),
            // The centre vouches for who sent a text.
            caller_trust: CallerTrust::Verified,
            beneficiary,
            household: known.is_household(),
            language: past.language,
            category: past.category.clone(),
            urgency: None,
            area: past.area.clone(),
            description: String::new(),
            recording: None,
            survey_consent: false,
            window: None,
            linked_to: Some(past.ticket),
            // Where it was the last time; an operator asks whether it still is.
            place_basis: PlaceBasis::Registered,
            for_other: false,
        };
        let Some(id) = self.open(opening, &Actor::CITIZEN, now) else { return false };
        self.tell_linked(id, past.ticket, &Actor::CITIZEN, now);
        self.receipt(id, now);
        true
    }

    /// The link stands in the history of both.
    pub(super) fn tell_linked(&mut self, id: TicketId, earlier: TicketId, by: &Actor, now: Timestamp) {
        let number = self.cases[&id].ticket.number;
        self.tell_by(id, EventKind::TicketLinked, by, json!({ "earlier": earlier }), now);
        self.tell_by(earlier, EventKind::TicketLinked, by, json!({ "later": number }), now);
    }

    /// Row 18, a supervisor at any time: what the desk has forgotten comes back with the command that is about it.
    /// Where that is refused it is forgotten again, for its time is over.
    pub(super) fn take_up_past(&mut self, id: TicketId, what: &TicketCommand) {
        let TicketCommand::Reopen { past: Some(past), .. } = what else { return };
        if past.ticket.id != id || past.ticket.state != TicketState::Closed || self.cases.contains_key(&id) {
            return;
        }
        let mut case = Case::new(past.ticket.clone());
        case.work.clone_from(&past.work);
        case.offers.clone_from(&past.offers);
        case.assignments.clone_from(&past.assignments);
        case.beneficiary.clone_from(&past.beneficiary);
        self.draft.cases_before.entry(id).or_insert_with(|| Some(case.clone()));
        self.cases.insert(id, case);
    }

    /// A complaint is supervised from the start, and so is the open ticket that it is about.
    pub(super) fn supervise_complaint(&mut self, id: TicketId, now: Timestamp) {
        if !self.category_of(id).is_some_and(|category| category.complaint) {
            return;
        }
        let earlier = self.cases.get(&id).and_then(|case| case.ticket.linked_to);
        for ticket in [Some(id), earlier].into_iter().flatten() {
            if self.cases.get(&ticket).is_some_and(|case| case.ticket.state.is_open()) {
                self.supervise(ticket, 1, &Actor::SYSTEM, "complaint", now);
            }
        }
    }

    /// Open tickets that are linked to an earlier one.
    pub(super) fn linked_to(&self, earlier: TicketId) -> impl Iterator<Item = TicketId> {
        let open = move |case: &&super::case::Case| {
            case.ticket.linked_to == Some(earlier) && case.ticket.state.is_open()
        };
        self.cases.values().filter(open).map(|case| case.ticket.id)
    }
}
