//! Visits by two (SAF-4): who said yes first waits for the second, and who is left alone does not go.

use super::Desk;
use super::callbacks::Wish;
use crate::domain::assignment::{Assignment, AssignmentState, HelperCall};
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{TicketId, WorkItemId};
use crate::domain::language::Language;
use crate::domain::timestamp::Timestamp;
use crate::text::words::Words;

impl Desk {
    /// Whether "here", "late" or "done" cannot be meant: somebody else is still looked for, and nobody goes alone.
    pub(super) fn waits_for_partner(&self, visit: &Assignment) -> bool {
        let goes_on = |case: &super::case::Case| case.goes_on(visit);
        let waits = !self.cases.get(&visit.ticket).is_some_and(goes_on);
        visit.volunteer.is_some() && visit.state != AssignmentState::OnSite && waits
    }

    /// Says that they are not to go yet, and why.
    pub(super) fn tell_to_wait(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        if self.cases[&ticket].given_at(visit).is_some() {
            let why = Some(HelperCall::PartnerMissing);
            self.tell_helper(ticket, visit, why, |code| Words::PartnerMissing { code }, now);
        } else {
            self.tell_helper(ticket, visit, None, |code| Words::AcceptedWaiting { code }, now);
        }
    }

    /// Of those who come one dropped out: the others are not to go before somebody else is found.
    pub(super) fn tell_left_alone(&mut self, ticket: TicketId, item: WorkItemId, now: Timestamp) {
        let case = &self.cases[&ticket];
        let left = case.live_assignments().filter(|visit| visit.work_item == item && !case.goes_on(visit));
        for visit in left.cloned().collect::<Vec<_>>() {
            self.tell_to_wait(ticket, &visit, now);
        }
    }

    /// What no call of the machine has words for, a person says to whoever takes no texts.
    pub(super) fn told_by_person(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        let owner = self.cases[&ticket].ticket.owner;
        let phone = visit.volunteer.and_then(|id| self.roster.find(id)).map(|v| v.phone.clone());
        if let Some(phone) = phone.filter(|phone| !phone.is_mobile()) {
            let wish = Wish { ticket: Some(ticket), ..Wish::new(phone, owner, CallbackReason::Helper) };
            self.request_callback(wish, now);
        }
    }

    /// Everybody needed has said yes: who knows the address hears that somebody comes with them again, the others get it.
    pub(super) fn tell_who_come(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        let knew = self.cases[&ticket].given_moments(visit).any(|at| at < now);
        if matches!(visit.state, AssignmentState::Accepted | AssignmentState::EnRoute)
            && let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id))
        {
            // They are expected from now on, and asked anew.
            visit.asked_at = None;
        }
        let phone = visit.volunteer.and_then(|id| self.roster.find(id)).map(|v| &v.phone);
        if knew && phone.is_some_and(|phone| phone.is_mobile()) {
            let window = self.window_words(visit.window, Language::Zh, now);
            self.tell_helper(ticket, visit, None, |code| Words::PartnerFound { code, window }, now);
        } else {
            self.send_details(ticket, visit, now);
        }
    }
}
