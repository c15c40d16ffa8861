//! A matter that comes up again when its ticket can no longer be reopened: a new ticket, linked to the old one.

use serde_json::json;

use super::Desk;
use super::history::EventKind;
use super::opening::Opening;
use crate::domain::actor::Actor;
use crate::domain::call::CallerTrust;
use crate::domain::ids::TicketId;
use crate::domain::person::{Known, PastTicket};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::{Channel, Confidentiality, PlaceBasis};
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

    /// Open tickets that are linked to an earlier one.
    pub(super) fn linked_to(&self, earlier: TicketId) -> impl Iterator<Item = TicketId> {
        let open = move |case: &&super::case::Case| {
            case.ticket.linked_to == Some(earlier) && case.ticket.state.is_open()
        };
        self.cases.values().filter(open).map(|case| case.ticket.id)
    }
}
