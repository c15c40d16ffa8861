//! Looking after helpers: a booked visit is called to mind, a visitor who was not heard of is asked after (SAF-5).

use serde_json::json;

use super::Desk;
use super::history::EventKind;
use super::visits::entity_of;
use crate::domain::actor::Actor;
use crate::domain::assignment::Assignment;
use crate::domain::ids::TicketId;
use crate::domain::policy::Policy;
use crate::domain::safety::{self, LoneStep};
use crate::domain::timestamp::Timestamp;
use crate::text::words::Words;

impl Desk {
    /// The day before and again hours before.
    pub(super) fn remind(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        let (Some(volunteer), true) =
            (visit.volunteer, next_reminder(visit, &self.rules.policy).is_some_and(|at| at <= now))
        else {
            return;
        };
        if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
            visit.asked_at = Some(now);
        }
        let language = crate::domain::language::Language::Zh;
        let window = self.window_words(visit.window, language, now);
        let category = self.category_words(self.cases[&ticket].ticket.category.as_ref(), language);
        let area = self.street_words(ticket);
        let words = |code| Words::Reminder { code, category, window, area };
        self.text_volunteer(volunteer, ticket, visit, words, now);
    }

    /// SAF-5: at the door and silent since. Each step is taken once, in order.
    pub(super) fn look_after_visitor(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        let (Some(volunteer), Some((at, step))) =
            (visit.volunteer, next_lone_step(visit, &self.rules.policy))
        else {
            return;
        };
        if at > now {
            return;
        }
        if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
            visit.asked_at = Some(at);
        }
        let detail = json!({ "lone_visit": step, "volunteer": volunteer });
        self.tell_about(ticket, EventKind::VisitAsked, entity_of(visit), detail, now);
        let station = self.cases[&ticket].ticket.owner;
        match step {
            LoneStep::Text | LoneStep::Call => {
                let station_number = self.number_of(station);
                let words = |code| Words::AreYouWell { code, station_number };
                self.text_volunteer(volunteer, ticket, visit, words, now);
            }
            LoneStep::Staff => self.text_station(ticket, station, now),
            LoneStep::DistrictAndPolice => {
                self.supervise(ticket, 2, &Actor::SYSTEM, "visitor_not_heard_of", now);
                self.start_alarm(ticket, station, now);
            }
        }
    }
}

/// A booked visit is called to mind the day before and again hours before; `asked_at` is the last time it was.
pub(super) fn next_reminder(visit: &Assignment, policy: &Policy) -> Option<Timestamp> {
    let from = visit.window.from;
    let told = visit.asked_at.unwrap_or(visit.accepted_at);
    [from - policy.visits.remind_first, from - policy.visits.remind_again].into_iter().find(|at| *at > told)
}

/// SAF-5: the next step about a visitor who checked in and was not heard of since; `asked_at` is the last one's.
pub(super) fn next_lone_step(visit: &Assignment, policy: &Policy) -> Option<(Timestamp, LoneStep)> {
    visit.volunteer?;
    let arrived = visit.checked_in_at?;
    let taken = visit.asked_at.filter(|at| *at > arrived);
    safety::lone_visit_steps(visit, policy).into_iter().find(|(at, _)| taken.is_none_or(|taken| *at > taken))
}
