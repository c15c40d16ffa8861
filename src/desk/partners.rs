//! Visits by two (SAF-4): who said yes first waits for the second, and who is left alone does not go.

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentState, HelperCall};
use crate::domain::callback::CallbackReason;
use crate::domain::category::HandlerKind;
use crate::domain::ids::{TicketId, WorkItemId};
use crate::domain::language::Language;
use crate::domain::safety::must_reoffer;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::work_item::{WorkItem, WorkState};
use crate::text::words::Words;

impl Desk {
    /// Whether "here", "late" or "done" cannot be meant: somebody else is still looked for, and nobody goes alone.
    pub(super) fn waits_for_partner(&self, visit: &Assignment) -> bool {
        let goes_on = |case: &super::case::Case| case.goes_on(visit);
        let waits = !self.cases.get(&visit.ticket).is_some_and(goes_on);
        visit.volunteer.is_some() && visit.state != AssignmentState::OnSite && waits
    }

    /// Whether whoever was to be there with them has left, and they are not there: nobody goes in alone.
    pub(super) fn is_left_alone(&self, visit: &Assignment) -> bool {
        let Some(case) = self.cases.get(&visit.ticket) else { return false };
        let coming = case.live_assignments().filter(|other| other.work_item == visit.work_item).count();
        visit.volunteer.is_some()
            && visit.state != AssignmentState::OnSite
            && case.goes_on(visit)
            && must_reoffer(case.ticket.two_person, coming)
    }

    /// They wait, and somebody else is asked to go with them.
    pub(super) fn wait_for_another(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        self.resume_for(ticket, &Actor::SYSTEM, now);
        self.ask_anew(ticket, visit.work_item, &Actor::SYSTEM, now);
    }

    /// One of two has left. Who was to come to them in another's place, and is not there yet, waits for somebody to go
    /// with; of two who set out together the other is taken to be there, until they say something else. With nobody
    /// left the places of both are asked for, where one of them was.
    pub(super) fn partner_left(&mut self, left: &Assignment, now: Timestamp) {
        let (ticket, item) = (left.ticket, left.work_item);
        let Some(case) = self.cases.get(&ticket).filter(|case| case.ticket.two_person) else { return };
        let other = case.live_assignments().find(|visit| visit.work_item == item).cloned();
        match other {
            Some(other) => {
                let joined = left.checked_in_at.is_some_and(|at| other.accepted_at > at);
                if joined && self.is_left_alone(&other) {
                    self.wait_for_another(ticket, &other, now);
                }
            }
            None => {
                self.replace(ticket, item, now);
                self.climb(ticket, now);
            }
        }
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

    /// Where two had to come and one is enough, nobody else is asked: whoever waited for a second goes alone, and with
    /// one who has been there the work is done.
    pub(super) fn nobody_else_is_needed(&mut self, ticket: TicketId, now: Timestamp) {
        let case = &self.cases[&ticket];
        let enough = |item: &&WorkItem| {
            let waits = matches!(item.state, WorkState::Open | WorkState::Offering);
            let goes_on = || item.state == WorkState::Working && !case.is_bound(item.id);
            item.kind == HandlerKind::Volunteer && (waits || goes_on()) && case.free_slots(item.id) == 0
        };
        let enough: Vec<WorkItemId> = case.work.iter().filter(enough).map(|item| item.id).collect();
        for item in enough {
            let been = self.cases[&ticket].assignments.iter().rev();
            let mut been = been.filter(|visit| visit.work_item == item);
            let been = been.find(|visit| visit.state == AssignmentState::Done).cloned();
            let bound = self.cases[&ticket].is_bound(item);
            if !bound && been.is_none() {
                continue;
            }
            self.stand_down_the_others(ticket, item, now);
            if self.cases[&ticket].work_item(item).is_some_and(|item| item.state == WorkState::Open) {
                // Whoever comes was asked: the table leads from `open` over `offering`.
                let _refused =
                    self.move_item(ticket, item, Move::Offer, &Actor::SYSTEM, json!({}), now).err();
            }
            let filled = self.move_item(ticket, item, Move::Fill, &Actor::SYSTEM, json!({}), now).is_ok();
            if bound && filled {
                self.send_those_who_waited(ticket, item, now);
            } else if let Some(been) = been.filter(|_| !bound) {
                self.work_is_done(&been, now);
            }
        }
    }

    /// They are expected from now on, or from the time that was agreed on.
    fn send_those_who_waited(&mut self, ticket: TicketId, item: WorkItemId, now: Timestamp) {
        let waited = self.cases[&ticket].live_assignments();
        let waited = waited.filter(|visit| visit.work_item == item && visit.state != AssignmentState::OnSite);
        for visit in waited.cloned().collect::<Vec<_>>() {
            let length = visit.window.until.since(visit.window.from);
            let window = match visit.window.from < now {
                true => Window { from: now, until: now + length },
                false => visit.window,
            };
            let Some(visit) = self.move_window(ticket, visit.id, window, now) else { continue };
            self.send_details(ticket, &visit, now);
            if let Some(badge) = visit.volunteer {
                self.tell_resident_who_comes(ticket, badge, &visit, now);
            }
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
