//! What whoever comes has to know of the door they go to, and nobody else: the one text of a volunteer's yes, and of
//! an institution's.

use super::Desk;
use crate::domain::area::AreaCode;
use crate::domain::assignment::AssignmentKind;
use crate::domain::ids::TicketId;
use crate::domain::language::Language;
use crate::domain::person::KnownPerson;
use crate::domain::safety::{self, Entrusted};
use crate::domain::ticket::{Confidentiality, Window};
use crate::domain::timestamp::Timestamp;
use crate::prompts::clip::ClipId;

/// What they are told to ask for where the register has no name.
const RESIDENT: &str = "居民";

/// The words about one door. Where the address is hidden the station is the meeting point and nobody is named; what
/// happens at the station has its name for a door.
pub(super) struct Door {
    pub number: String,
    pub category: String,
    pub window: String,
    pub address: String,
    pub name: String,
    pub line_number: String,
}

impl Desk {
    /// The station that has the duty, by name.
    pub(super) fn station_words(&self, id: TicketId) -> String {
        let owner = self.cases.get(&id).map(|case| case.ticket.owner);
        let station = owner.and_then(|owner| self.stations.get(&owner));
        station.map_or_else(String::new, |station| station.name.clone())
    }

    /// Where group work is, by the area of the station, when the line can say it in this language.
    pub(super) fn meets_at(
        &self,
        id: TicketId,
        kind: AssignmentKind,
        language: Language,
    ) -> Option<AreaCode> {
        let owner = self.cases.get(&id).filter(|_| kind == AssignmentKind::Group)?.ticket.owner;
        let area = self.stations.get(&owner).map(|station| station.area.clone())?;
        Some(area).filter(|area| self.rules.library.is_said(language, &ClipId::area(area)))
    }

    pub(super) fn door(&self, id: TicketId, window: Window, now: Timestamp) -> Door {
        let case = &self.cases[&id];
        let ticket = &case.ticket;
        let secret = ticket.confidentiality != Confidentiality::Normal
            || case.beneficiary.as_ref().is_some_and(KnownPerson::has_secret_place);
        let hidden = !safety::may_send_address(ticket.confidentiality, secret);
        // What happens at a station happens at no home: a child's above all (SAF-1).
        let at_station = self.category_for(ticket).is_some_and(|row| row.assignment == AssignmentKind::Group);
        let meeting_point = self.station_words(id);
        let person = case.beneficiary.as_ref().filter(|person| !hidden && !person.name.is_empty());
        Door {
            number: ticket.number.to_string(),
            category: self.category_words(ticket.category.as_ref(), Language::Zh),
            window: self.window_words(window, Language::Zh, now),
            address: ticket.address.clone().filter(|_| !hidden && !at_station).unwrap_or(meeting_point),
            name: person.map_or_else(|| RESIDENT.to_owned(), |person| person.name.clone()),
            line_number: self.number_of(ticket.owner),
        }
    }

    /// What the work brings to whoever comes (SAF-6).
    pub(super) fn entrusts(&self, id: TicketId) -> Vec<Entrusted> {
        self.category_of(id).map(|category| category.entrusts).unwrap_or_default()
    }
}
