//! "Do not send them again": volunteers whom a resident does not want. Kept with the person, whatever the ticket.

use serde_json::json;

use super::Desk;
use super::commands::refuse;
use super::event::Commander;
use super::history::EventKind;
use super::refusal::{Refusal, Why};
use super::ticket_commands::check_words;
use super::visits::CALLED_OFF;
use crate::domain::actor::Role;
use crate::domain::assignment::AssignmentState;
use crate::domain::ids::{AssignmentId, OfferId, PersonId, TicketId, VolunteerId};
use crate::domain::offer::OfferState;
use crate::domain::timestamp::Timestamp;
use crate::text::words::Words;

/// Whoever hears the resident may write it down.
const MAY_EXCLUDE: &[Role] =
    &[Role::Operator, Role::Dispatcher, Role::CallbackOfficer, Role::Supervisor, Role::DutyOfficer];

impl Desk {
    /// The resident does not want a volunteer, or no longer minds.
    pub(super) fn exclude(
        &mut self,
        by: &Commander,
        id: TicketId,
        (volunteer, excluded): (VolunteerId, bool),
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.present(by, id, MAY_EXCLUDE)?;
        check_words(reason)?;
        let Some(person) = self.cases[&id].ticket.beneficiary else { return refuse(Why::NobodyChosen) };
        if excluded && self.roster.find(volunteer).is_none() {
            return refuse(Why::NoSuchVolunteer);
        }
        let kind = if excluded { EventKind::HelperExcluded } else { EventKind::HelperReadmitted };
        self.tell_by(id, kind, &actor, json!({ "volunteer": volunteer, "words": reason }), now);
        self.draft.excluded.push((person, volunteer, excluded.then_some(now)));
        for ticket in self.tickets_for(person) {
            if let Some(home) = self.case_mut(ticket).and_then(|case| case.beneficiary.as_mut()) {
                set(&mut home.blocked, volunteer, excluded);
            }
            if excluded {
                self.keep_away(ticket, volunteer, now);
            }
        }
        for planned in self.care_plans.values_mut().filter(|planned| planned.person.person == person) {
            set(&mut planned.person.blocked, volunteer, excluded);
        }
        Ok(())
    }

    fn tickets_for(&self, person: PersonId) -> Vec<TicketId> {
        let theirs = |id: &TicketId| self.cases[id].ticket.beneficiary == Some(person);
        self.cases.keys().copied().filter(theirs).collect()
    }

    /// What they were asked is withdrawn, and who has not set out need not come: the place is asked for anew.
    fn keep_away(&mut self, id: TicketId, volunteer: VolunteerId, now: Timestamp) {
        let case = &self.cases[&id];
        let asked: Vec<OfferId> = case
            .offers
            .iter()
            .filter(|offer| offer.volunteer == volunteer && offer.state.is_open())
            .map(|offer| offer.id)
            .collect();
        let bound: Vec<AssignmentId> = case
            .live_assignments()
            .filter(|visit| visit.volunteer == Some(volunteer) && visit.state != AssignmentState::OnSite)
            .map(|visit| visit.id)
            .collect();
        for offer in asked {
            self.withdraw_offer(id, offer, OfferState::Withdrawn, now);
        }
        if let Some(case) = self.case_mut(id) {
            case.standby.retain(|(waiting, _)| *waiting != volunteer);
        }
        for visit in bound {
            let Some(visit) = self.cases[&id].assignments.iter().find(|it| it.id == visit).cloned() else {
                continue;
            };
            self.tell_helper(id, &visit, CALLED_OFF, |code| Words::Withdrawn { code }, now);
            self.visit_failed(id, visit.id, AssignmentState::Cancelled, now);
        }
    }
}

fn set(blocked: &mut Vec<VolunteerId>, volunteer: VolunteerId, excluded: bool) {
    blocked.retain(|id| *id != volunteer);
    if excluded {
        blocked.push(volunteer);
        blocked.sort_unstable();
    }
}
