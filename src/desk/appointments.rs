//! Another time: agreed with the resident after intake, told to whoever is to come, and asked of those who could not at
//! the old one.

use serde_json::json;

use super::Desk;
use super::commands::refuse;
use super::event::Commander;
use super::history::EventKind;
use super::notices::Notice;
use super::refusal::{Refusal, Why};
use super::task_notices::Told;
use super::ticket_commands::check_words;
use super::visits::CALLED_OFF;
use crate::domain::actor::Role;
use crate::domain::assignment::{Assignment, AssignmentState, HelperCall};
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{TicketId, VolunteerId, WorkItemId};
use crate::domain::language::Language;
use crate::domain::offer::{Offer, OfferState};
use crate::domain::ticket::{TicketState, Window};
use crate::domain::timestamp::Timestamp;
use crate::domain::work_item::{WorkRole, WorkState};
use crate::text::words::Words;

/// Whoever may speak with the resident about it.
const MAY_AGREE: &[Role] = &[Role::Dispatcher, Role::Operator, Role::Handler, Role::Supervisor];

impl Desk {
    /// The time that somebody is expected at is another.
    pub(super) fn change_window(
        &mut self,
        by: &Commander,
        id: TicketId,
        (window, reason): (Window, &str),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.present(by, id, MAY_AGREE)?;
        self.check_open(id)?;
        check_words(reason)?;
        if window.until <= window.from || window.until <= now {
            return refuse(Why::TimeOver);
        }
        if self.state_of_ticket(id) == TicketState::Handled {
            return refuse(Why::NothingToAskFor);
        }
        let at_the_door = |visit: &Assignment| visit.volunteer.is_some() && visit.checked_in_at.is_some();
        if self.cases[&id].live_assignments().any(at_the_door) {
            return refuse(Why::VolunteersAtWork);
        }
        let Some(case) = self.case_mut(id) else { return Ok(()) };
        let before = case.ticket.window.replace(window);
        case.ticket.progress.time_agreed_at = Some(now);
        let detail = json!({ "window": window, "before": before, "words": reason });
        self.tell_by(id, EventKind::WindowChanged, &actor, detail, now);
        self.renew_two_person(id, now);
        if self.state_of_ticket(id) == TicketState::Intake {
            return Ok(());
        }
        self.forget_who_could_not(id);
        self.owe_by(id, window, now);
        self.want_enough_people(id);
        self.ask_for_another_time(id, now);
        self.move_visits(id, window, now);
        self.ask_for_the_second(id, now);
        self.nobody_else_is_needed(id, now);
        self.climb(id, now);
        Ok(())
    }

    /// Who said no to the old time may be asked for the new one; who gave up, did not come or helped before may not.
    fn forget_who_could_not(&mut self, id: TicketId) {
        let Some(case) = self.case_mut(id) else { return };
        let dropped = |visit: &Assignment| !visit.state.is_live();
        let dropped: Vec<VolunteerId> = case
            .assignments
            .iter()
            .filter(|visit| dropped(visit))
            .filter_map(|visit| visit.volunteer)
            .collect();
        let said_no = case.offers.iter().filter(|offer| offer.state == OfferState::Declined);
        let said_no: Vec<VolunteerId> = said_no.map(|offer| offer.volunteer).collect();
        case.declined.retain(|volunteer| dropped.contains(volunteer) || !said_no.contains(volunteer));
    }

    /// What is owed follows the time; a ticket that waits for a better day waits no longer than until the day before.
    fn owe_by(&mut self, id: TicketId, window: Window, now: Timestamp) {
        let by = self.staff_by(window, now);
        let resumed = (window.from - self.rules.policy.visits.remind_first).max(now);
        let Some(case) = self.case_mut(id) else { return };
        case.ticket.progress.staff_by = by;
        case.ticket.progress.resume_at = case.ticket.progress.resume_at.map(|at| at.min(resumed));
        // A new promise, with a breach of its own.
        let paused = case.clock(ClockKind::Window).is_some_and(crate::domain::clocks::Clock::is_paused);
        case.ticket.clocks.retain(|clock| clock.kind != ClockKind::Window);
        self.recompute_clocks(id);
        self.start_clock(id, ClockKind::Window, now);
        if let Some(clock) = self.case_mut(id).and_then(|case| case.clock_mut(ClockKind::Window))
            && paused
        {
            clock.pause(now);
        }
    }

    /// An open offer asks for the old time: it is taken back, and the ladder asks for the new one.
    fn ask_for_another_time(&mut self, id: TicketId, now: Timestamp) {
        let offering: Vec<WorkItemId> = self.items_in(id, WorkState::Offering);
        for item in offering {
            self.withdraw_offers_of(id, item, |_| true, now);
            let Some(case) = self.case_mut(id) else { return };
            case.candidates_left = usize::MAX;
            if let Some(item) = case.work_item_mut(item) {
                item.wave = 0;
            }
        }
        // An institution that was asked reads it anew, under its code.
        let asked = self.cases[&id].work.iter().filter(|item| item.state == WorkState::Sent);
        let asked: Vec<Told> = asked
            .filter_map(|item| Some(Told { station: item.station, facility: Some(item.facility?) }))
            .collect();
        for told in asked {
            self.notify(id, told, WorkRole::Lead, now);
        }
    }

    /// Whoever is to come has the new time, and may say that they cannot; who is promised to somebody else then, or may
    /// not come at that hour, is let go.
    fn move_visits(&mut self, id: TicketId, window: Window, now: Timestamp) {
        let visits: Vec<Assignment> = self.cases[&id].live_assignments().cloned().collect();
        for visit in visits {
            let Some(volunteer) = visit.volunteer else {
                self.move_institutions_visit(id, &visit, window, now);
                continue;
            };
            if self.is_promised_then(volunteer, &visit, window)
                || self.is_kept_out(id, visit.work_item, volunteer, now)
            {
                self.tell_helper(id, &visit, CALLED_OFF, |code| Words::Withdrawn { code }, now);
                self.visit_failed(id, visit.id, AssignmentState::Cancelled, now);
                continue;
            }
            self.move_helpers_visit(id, &visit, window, now);
        }
    }

    fn is_promised_then(&self, volunteer: VolunteerId, visit: &Assignment, window: Window) -> bool {
        self.roster.load(volunteer).is_some_and(|load| {
            load.live_tasks().any(|(other, task)| other != visit.id && task.window.overlaps(window))
        })
    }

    fn move_helpers_visit(&mut self, id: TicketId, visit: &Assignment, window: Window, now: Timestamp) {
        let booked = window.from > now + self.rules.policy.visits.booked_ahead;
        let state = if booked { AssignmentState::Booked } else { AssignmentState::Accepted };
        let Some(visit) = self.case_mut(id).and_then(|case| case.assignment_mut(visit.id)) else { return };
        visit.window = window;
        visit.confirmed_at = None;
        // Told now, which calls it to mind: who is silent about a booking is not counted on.
        visit.asked_at = booked.then_some(now);
        let (moved, volunteer) = (visit.id, visit.volunteer);
        let Some(visit) = self.move_assignment(id, moved, state, now) else { return };
        self.cannot_asked.remove(&moved);
        let category = self.category_words(self.cases[&id].ticket.category.as_ref(), Language::Zh);
        let (area, when) = (self.street_words(id), self.window_words(window, Language::Zh, now));
        let words = |code| Words::TimeChanged { code, area, category, window: when };
        self.tell_helper(id, &visit, Some(HelperCall::NewTime), words, now);
        let settled = self.cases[&id].free_slots(visit.work_item) == 0;
        if let Some(badge) = volunteer.filter(|_| settled) {
            self.tell_resident_who_comes(id, badge, &visit, now);
        }
    }

    fn move_institutions_visit(&mut self, id: TicketId, visit: &Assignment, window: Window, now: Timestamp) {
        let Some(bound) = self.case_mut(id).and_then(|case| case.assignment_mut(visit.id)) else { return };
        bound.window = window;
        let bound = bound.clone();
        let told = Told {
            station: bound.station,
            facility: self.cases[&id].work_item(bound.work_item).and_then(|item| item.facility),
        };
        if told.facility.is_none() {
            return;
        }
        let theirs = |notice: &&crate::domain::task_notice::TaskNotice| {
            notice.ended_at.is_none() && notice.facility == told.facility
        };
        let notice = self.cases[&id].task_notices.iter().find(theirs).cloned();
        if let Some(notice) = notice {
            let words = self.institution_details(id, notice.code, &bound, now);
            self.send(Notice::new(notice.phone, words).about(id), now);
        }
        self.tell_resident_which_institution(id, &bound, now);
    }
}

/// Whether an offer says the time that holds now.
pub(super) fn says_the_time(offer: &Offer, agreed_at: Option<Timestamp>) -> bool {
    agreed_at.is_none_or(|at| offer.created_at >= at)
}
