//! Looking after helpers: a booked visit is called to mind and confirmed, a visitor who was not heard of is asked
//! after (SAF-5), and who did not come twice, or saw something sad, is not left alone with it.

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::case::Case;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use super::visits::{CALLED_OFF, entity_of};
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState, HelperCall};
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{AssignmentId, StationId, TicketId, VolunteerId};
use crate::domain::policy::Policy;
use crate::domain::safety::{self, LoneStep};
use crate::domain::ticket::TicketState;
use crate::domain::timestamp::Timestamp;
use crate::text::words::Words;

/// What is due on a booked visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BookedStep {
    Remind,
    /// Asked the day before, and silent since: the place goes to a stand-by.
    Release,
}

impl Desk {
    /// The day before and again hours before it is called to mind; who did not confirm by then is not counted on.
    pub(super) fn look_after_booking(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        match next_booked_step(&self.cases[&ticket], visit, &self.rules.policy).filter(|(at, _)| *at <= now) {
            Some((_, BookedStep::Remind)) => self.remind(ticket, visit, now),
            Some((_, BookedStep::Release)) => self.release_unconfirmed(ticket, visit, now),
            None => {}
        }
    }

    fn remind(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
            visit.asked_at = Some(now);
        }
        let language = crate::domain::language::Language::Zh;
        let window = self.window_words(visit.window, language, now);
        let category = self.category_words(self.cases[&ticket].ticket.category.as_ref(), language);
        let area = self.street_words(ticket);
        let words = |code| Words::Reminder { code, category, window, area };
        self.tell_helper(ticket, visit, Some(HelperCall::Reminder), words, now);
    }

    /// Comes, as said: the place is theirs.
    pub(super) fn visit_confirmed(&mut self, ticket: TicketId, id: AssignmentId, now: Timestamp) {
        let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(id)) else { return };
        if visit.state != AssignmentState::Booked {
            return;
        }
        visit.confirmed_at = Some(now);
        let visit = visit.clone();
        self.tell_about(ticket, EventKind::VisitConfirmed, entity_of(&visit), whose(&visit), now);
    }

    /// Not confirmed hours before: the place is asked for anew, first of whom it was, and the resident is told.
    fn release_unconfirmed(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        self.tell_about(ticket, EventKind::VisitUnconfirmed, entity_of(visit), whose(visit), now);
        self.tell_helper(ticket, visit, CALLED_OFF, |code| Words::Unconfirmed { code }, now);
        let until = now + self.rules.policy.offers.stand_by;
        if let (Some(volunteer), Some(case)) = (visit.volunteer, self.case_mut(ticket)) {
            case.standby.push((volunteer, until));
        }
        self.visit_failed(ticket, visit.id, AssignmentState::Cancelled, now);
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
        let why = HelperCall::AreYouWell;
        match step {
            LoneStep::Text => {
                let station_number = self.number_of(station);
                let words = |code| Words::AreYouWell { code, station_number };
                self.tell_helper(ticket, visit, Some(why), words, now);
            }
            LoneStep::Call => self.owe_ring(ticket, visit, why, now),
            LoneStep::Staff => self.tell_of_silence(ticket, volunteer, station, now),
            LoneStep::DistrictAndPolice => self.alarm_for_visitor(ticket, volunteer, now, now),
        }
    }

    /// The district is rung from a moment on, and told whom to ring: 110.
    fn alarm_for_visitor(
        &mut self,
        ticket: TicketId,
        volunteer: VolunteerId,
        from: Timestamp,
        now: Timestamp,
    ) {
        self.supervise(ticket, 2, &Actor::SYSTEM, "visitor_not_heard_of", now);
        let district = self.tree.district_of(self.cases[&ticket].ticket.owner);
        self.tell_of_silence(ticket, volunteer, district, now);
        self.start_alarm(ticket, from, now);
    }

    /// To a station's duty telephone: a helper at a door is not heard of, and what to do.
    fn tell_of_silence(
        &mut self,
        ticket: TicketId,
        volunteer: VolunteerId,
        station: StationId,
        now: Timestamp,
    ) {
        let words = Words::VisitorSilent {
            badge: format!("{volunteer:05}"),
            number: self.cases[&ticket].ticket.number.to_string(),
            area: self.street_words(ticket),
        };
        self.tell_duty_phone(ticket, station, HelperCall::VisitorSilent, |to| Notice::new(to, words), now);
    }

    /// "I am well": the watch begins anew.
    pub(super) fn visitor_is_well(&mut self, ticket: TicketId, id: AssignmentId, now: Timestamp) {
        let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(id)) else { return };
        visit.well_at = Some(now);
        let visit = visit.clone();
        self.tell_about(ticket, EventKind::VisitorWell, entity_of(&visit), whose(&visit), now);
        self.visitor_heard_of(ticket);
    }

    /// "I need help": nothing is waited for any more.
    pub(super) fn visitor_needs_help(&mut self, ticket: TicketId, id: AssignmentId, now: Timestamp) {
        let policy = self.rules.policy.clone();
        let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(id)) else { return };
        // The last step is taken at once.
        let last = safety::lone_visit_steps(visit, &policy).last().map(|(at, _)| *at);
        visit.asked_at = last.map(|at| at.max(now)).or(visit.asked_at);
        let visit = visit.clone();
        self.tell_about(ticket, EventKind::VisitorNeedsHelp, entity_of(&visit), whose(&visit), now);
        let Some(volunteer) = visit.volunteer else { return };
        self.tell_of_silence(ticket, volunteer, self.cases[&ticket].ticket.owner, now);
        // Everybody is being rung for the call itself; whoever takes charge is rung after it.
        let after = now + self.rules.policy.calls.emergency_ring;
        self.alarm_for_visitor(ticket, volunteer, after, now);
    }

    /// Whether every step was taken, and the visitor is still not heard of.
    pub(super) fn is_silent(&self, visit: &Assignment) -> bool {
        visit.kind == AssignmentKind::Visit
            && visit.state == AssignmentState::OnSite
            && next_lone_step(visit, &self.rules.policy).is_none()
    }

    /// The duty officer need not be rung for a visitor who answered.
    pub(super) fn visitor_heard_of(&mut self, ticket: TicketId) {
        let Some(case) = self.cases.get(&ticket) else { return };
        let still = case.assignments.iter().any(|visit| self.is_silent(visit));
        let at_work = matches!(case.ticket.state, TicketState::InProgress | TicketState::Suspended);
        let for_life = case.ticket.progress.alarm.is_some_and(|alarm| alarm.for_life);
        if at_work && !for_life && !still {
            self.end_alarm(ticket);
        }
    }

    /// Twice within thirty days: the coordinator has a word; nobody is excluded by it.
    pub(super) fn note_no_show(&mut self, volunteer: VolunteerId, now: Timestamp) {
        if self.roster.needs_a_word(volunteer, &self.rules.policy, now) {
            let detail = json!({ "volunteer": volunteer });
            self.tell(Line::new(EventKind::NeedsAWord, Entity::Volunteer(volunteer), detail), now);
            self.ask_coordinator(volunteer, now);
        }
    }

    /// After a death or violence: a day's rest at least, and somebody who rings.
    pub(super) fn after_sad_event(&mut self, volunteer: VolunteerId, by: &Actor, note: &str, now: Timestamp) {
        let until = now + self.rules.policy.visits.rest_after_sad_event;
        self.roster.rest(volunteer, until);
        self.touch_volunteer(volunteer);
        let detail = json!({ "volunteer": volunteer, "until": until, "note": note });
        let person = self.roster.find(volunteer).map(|v| v.person);
        let line = Line::new(EventKind::SadEvent, Entity::Volunteer(volunteer), detail);
        self.tell(line.by(by.clone()).of(person), now);
        self.ask_coordinator(volunteer, now);
    }

    fn ask_coordinator(&mut self, volunteer: VolunteerId, now: Timestamp) {
        let Some((phone, home)) = self.roster.find(volunteer).map(|v| (v.phone.clone(), v.home_station))
        else {
            return;
        };
        let station = Some(home).filter(|home| self.stations.contains_key(home));
        if let Some(station) = station.or_else(|| self.district_station()) {
            self.request_callback(Wish::new(phone, station, CallbackReason::Coordinator), now);
        }
    }
}

/// Who is bound so, for history: the volunteer, or the station whose staff or institution it is.
pub(super) fn whose(visit: &Assignment) -> serde_json::Value {
    match visit.volunteer {
        Some(volunteer) => json!({ "volunteer": volunteer }),
        None => json!({ "station": visit.station }),
    }
}

/// What is due on a booked visit next; `asked_at` is the last time it was called to mind.
pub(super) fn next_booked_step(
    case: &Case,
    visit: &Assignment,
    policy: &Policy,
) -> Option<(Timestamp, BookedStep)> {
    let from = visit.window.from;
    let (first, again) = (from - policy.visits.remind_first, from - policy.visits.remind_again);
    // Who had the address after that moment needs no reminder of it.
    let told = visit.asked_at.or(case.given_at(visit)).unwrap_or(visit.accepted_at);
    let remind = [first, again].into_iter().find(|at| *at > told).map(|at| (at, BookedStep::Remind));
    // Only who was asked the day before, and had time to answer, is missed.
    let asked = visit.asked_at.filter(|_| visit.confirmed_at.is_none());
    let release = asked.map(|asked| (again.max(asked + policy.visits.confirm_within), BookedStep::Release));
    match (remind, release) {
        (Some(remind), Some(release)) if release.0 <= remind.0 => Some(release),
        (Some(remind), _) => Some(remind),
        (None, release) => release,
    }
}

/// SAF-5: the next step about a visitor who checked in and was not heard of since; `asked_at` is the last one's.
pub(super) fn next_lone_step(visit: &Assignment, policy: &Policy) -> Option<(Timestamp, LoneStep)> {
    if visit.kind == AssignmentKind::Phone {
        return None;
    }
    let heard = visit.checked_in_at.max(visit.well_at)?;
    let taken = visit.asked_at.filter(|at| *at > heard);
    safety::lone_visit_steps(visit, policy).into_iter().find(|(at, _)| taken.is_none_or(|taken| *at > taken))
}
