//! Helpers on their way: booked, asked, arrived, done, or not.

use serde_json::json;

use super::Desk;
use super::case::Case;
use super::history::{Entity, EventKind};
use super::notices::Notice;
use super::staff_visits::staff_deadline;
use super::visitors::{next_booked_step, next_lone_step, whose};
use crate::domain::actor::{Actor, ActorKind, Doer};
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState, HelperCall, VisitCode};
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{AssignmentId, TicketId, WorkItemId};
use crate::domain::offer::{Offer, ReplyCode};
use crate::domain::policy::Policy;
use crate::domain::ticket::{TicketState, Window};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::work_item::{WorkItem, WorkState};
use crate::text::reply::Verb;
use crate::text::words::Words;

/// A helper whose telephone takes no texts is rung when they need not come.
pub(super) const CALLED_OFF: Option<HelperCall> = Some(HelperCall::CalledOff);
/// Visit codes have four digits.
const VISIT_CODES: u32 = 10_000;

impl Desk {
    /// Binds a volunteer to the work of an accepted offer.
    pub(super) fn assign_volunteer(
        &mut self,
        ticket: TicketId,
        offer: &Offer,
        now: Timestamp,
    ) -> AssignmentId {
        let id: AssignmentId = self.chance.mint(now);
        let visit_code = self.draw_visit_code();
        let person = self.roster.find(offer.volunteer).map(|v| v.person);
        let visits = self.rules.policy.visits.clone();
        let case = &self.cases[&ticket];
        let category = self.category_for(&case.ticket);
        let minutes = category.map_or(60, |category| category.minutes);
        let kind = category.map_or(AssignmentKind::Visit, |category| category.assignment);
        let window = case.ticket.window.unwrap_or(Window { from: now, until: now + visits.window_urgent });
        let station = case.work_item(offer.work_item).map_or(case.ticket.owner, |item| item.station);
        let booked = window.from > now + visits.booked_ahead;
        let assignment = Assignment {
            id,
            ticket,
            work_item: offer.work_item,
            volunteer: Some(offer.volunteer),
            person,
            station,
            offer: Some(offer.id),
            kind,
            state: if booked { AssignmentState::Booked } else { AssignmentState::Accepted },
            visit_code,
            window,
            accepted_at: now,
            asked_at: None,
            confirmed_at: None,
            well_at: None,
            missed_at: None,
            ring: None,
            checked_in_at: None,
            ended_at: None,
            minutes,
        };
        self.roster.assignment(&assignment, &self.rules.policy, now);
        self.touch_volunteer(offer.volunteer);
        if let Some(case) = self.case_mut(ticket) {
            case.assignments.push(assignment);
        }
        let detail = json!({ "volunteer": offer.volunteer, "window": window, "booked": booked });
        self.tell_about(ticket, EventKind::VisitBooked, Entity::Volunteer(offer.volunteer), detail, now);
        id
    }

    pub(super) fn draw_visit_code(&mut self) -> VisitCode {
        VisitCode(u16::try_from(self.chance.below(VISIT_CODES)).expect("below 10,000 fits u16"))
    }

    /// Puts an assignment into a state and tells the roster.
    pub(super) fn move_assignment(
        &mut self,
        ticket: TicketId,
        id: AssignmentId,
        to: AssignmentState,
        now: Timestamp,
    ) -> Option<Assignment> {
        let assignment = self.case_mut(ticket)?.assignment_mut(id)?;
        assignment.state = to;
        match to {
            AssignmentState::OnSite => assignment.checked_in_at = Some(now),
            AssignmentState::Done
            | AssignmentState::Aborted
            | AssignmentState::NoShow
            | AssignmentState::Cancelled => assignment.ended_at = Some(now),
            AssignmentState::Booked | AssignmentState::Accepted | AssignmentState::EnRoute => {}
        }
        let assignment = assignment.clone();
        if let Some(volunteer) = assignment.volunteer {
            self.roster.assignment(&assignment, &self.rules.policy, now);
            self.touch_volunteer(volunteer);
        }
        Some(assignment)
    }

    /// Whether "here" or "done" cannot be meant yet: a visit for later, and another one goes on.
    pub(super) fn is_too_early(&self, visit: &Assignment, verb: Verb) -> bool {
        let elsewhere = self.is_on_another_visit(visit);
        visit.state == AssignmentState::Booked && (verb == Verb::Done || elsewhere)
    }

    /// 8: at the door.
    pub(super) fn visit_arrived(&mut self, ticket: TicketId, id: AssignmentId, now: Timestamp) {
        let Some(visit) = self.move_assignment(ticket, id, AssignmentState::OnSite, now) else { return };
        self.somebody_is_there(ticket, now);
        self.tell_about(ticket, EventKind::VisitArrived, entity_of(&visit), whose(&visit), now);
    }

    /// What was owed until somebody is there is done.
    pub(super) fn somebody_is_there(&mut self, ticket: TicketId, now: Timestamp) {
        for kind in [ClockKind::FirstContact, ClockKind::OnSite, ClockKind::Window] {
            self.stop_clock(ticket, kind, now);
        }
    }

    /// 7: later than planned; the question "on the way?" waits as much longer.
    pub(super) fn visit_late(&mut self, ticket: TicketId, id: AssignmentId, now: Timestamp) {
        let late = self.rules.policy.visits.late;
        let visit = self.cases[&ticket].assignments.iter().find(|visit| visit.id == id);
        let Some(window) = visit.map(|visit| visit.window) else { return };
        let window = Window { from: window.from.max(now) + late, until: window.until.max(now) + late };
        let Some(visit) = self.move_window(ticket, id, window, now) else { return };
        let detail =
            json!({ "volunteer": visit.volunteer, "station": visit.station, "window": visit.window });
        self.tell_about(ticket, EventKind::VisitLate, entity_of(&visit), detail, now);
        let case = &self.cases[&ticket];
        let institution = case.work_item(visit.work_item).is_some_and(|item| item.facility.is_some());
        if let Some(badge) = visit.volunteer {
            self.tell_resident_who_comes(ticket, badge, &visit, now);
        } else if institution {
            self.tell_resident_which_institution(ticket, &visit, now);
        } else {
            // No machine knows whom of the station they wait for, nor where: a person says it.
            self.tell_by_person(ticket, now);
        }
    }

    /// Another time for a visit: whatever was asked about the old one is asked anew, and nothing else is promised for it.
    pub(super) fn move_window(
        &mut self,
        ticket: TicketId,
        id: AssignmentId,
        window: Window,
        now: Timestamp,
    ) -> Option<Assignment> {
        let visit = self.case_mut(ticket)?.assignment_mut(id)?;
        visit.window = window;
        visit.asked_at = None;
        visit.missed_at = None;
        let visit = visit.clone();
        self.roster.assignment(&visit, &self.rules.policy, now);
        Some(visit)
    }

    /// 9, or 5 5: the helper says it is done. What the resident says counts later.
    pub(super) fn visit_done(&mut self, ticket: TicketId, id: AssignmentId, now: Timestamp) {
        let Some(visit) = self.move_assignment(ticket, id, AssignmentState::Done, now) else { return };
        self.somebody_is_there(ticket, now);
        if let Some(case) = self.case_mut(ticket)
            && let Some(person) = visit.person
        {
            case.ticket.note_handler(Doer::person(person));
        }
        let minutes = visit.checked_in_at.map(|at| now.since(at).as_secs() / 60);
        let detail = json!({ "volunteer": visit.volunteer, "minutes": minutes });
        self.tell_about(ticket, EventKind::VisitDone, entity_of(&visit), detail, now);
        self.visitor_heard_of(ticket);
        let still = self.cases[&ticket].live_assignments().any(|a| a.work_item == visit.work_item);
        if !still {
            self.work_is_done(&visit, now);
        }
        self.partner_left(&visit, now);
    }

    /// Nobody is at the work of this visit any more, and it is done.
    pub(super) fn work_is_done(&mut self, visit: &Assignment, now: Timestamp) {
        let (ticket, actor) = (visit.ticket, actor_of(visit));
        self.resume_for(ticket, &actor, now);
        self.call_off_the_rest(ticket, visit.work_item, now);
        // A ticket that was closed meanwhile stays where it is.
        let _refused = self.move_item(ticket, visit.work_item, Move::Handled, &actor, json!({}), now).err();
    }

    /// Who ends or gives up work on a suspended ticket takes it up again.
    pub(super) fn resume_for(&mut self, ticket: TicketId, actor: &Actor, now: Timestamp) {
        if self.cases[&ticket].ticket.state == TicketState::Suspended {
            // The table lets handlers resume whatever is suspended, and the system where a volunteer cannot.
            let by = if actor.kind == ActorKind::Volunteer { &Actor::SYSTEM } else { actor };
            let _refused = self.resume(ticket, by, now).err();
        }
    }

    /// The last one at work is done: what nobody has begun is not wanted any more. Of work that was given back, or
    /// not begun, nobody says that it is done: somebody else has it.
    pub(super) fn call_off_the_rest(&mut self, ticket: TicketId, done: WorkItemId, now: Timestamp) {
        let case = &self.cases[&ticket];
        let at_it = case.work_item(done).is_some_and(|item| item.state == WorkState::Working);
        // What only helps does not say that the rest is not wanted.
        if !at_it || case.only_helps(done) {
            return;
        }
        let others = |item: &&WorkItem| item.id != done && item.state == WorkState::Working;
        if case.work.iter().any(|item| others(&item)) {
            return;
        }
        self.withdraw_all_offers(ticket, now);
        // Who said yes while a second was still looked for need not come either.
        self.call_off_helpers(ticket, |visit| visit.work_item != done, now);
        if let Some(case) = self.case_mut(ticket) {
            for item in case.work.iter_mut().filter(|item| item.id != done && item.state.is_live()) {
                item.state = WorkState::Withdrawn;
                item.ended_at = Some(now);
            }
        }
    }

    /// Whoever was bound to it need not come any more, and is told.
    pub(super) fn call_off_helpers(
        &mut self,
        ticket: TicketId,
        which: impl Fn(&Assignment) -> bool,
        now: Timestamp,
    ) {
        let bound: Vec<Assignment> =
            self.cases[&ticket].live_assignments().filter(|visit| which(visit)).cloned().collect();
        for visit in bound {
            self.move_assignment(ticket, visit.id, AssignmentState::Cancelled, now);
            self.tell_helper(ticket, &visit, CALLED_OFF, |code| Words::Withdrawn { code }, now);
        }
    }

    /// Looks after the visits of a case whose moment has come.
    pub(super) fn check_visits(&mut self, ticket: TicketId, now: Timestamp) {
        let visits = self.rules.policy.visits.clone();
        let Some(case) = self.cases.get(&ticket) else { return };
        if case.ticket.state == TicketState::Suspended {
            return self.check_put_off_visits(ticket, now);
        }
        self.check_no_shows(ticket, now);
        let live: Vec<Assignment> = self.cases[&ticket].live_assignments().cloned().collect();
        for visit in live {
            if visit.volunteer.is_none() {
                self.look_after_staff(ticket, &visit, now);
                continue;
            }
            let case = &self.cases[&ticket];
            if !case.live_assignments().any(|now| now.id == visit.id) {
                continue;
            }
            let goes_on = case.goes_on(&visit);
            match visit.state {
                AssignmentState::Booked if visit.window.from <= now + visits.booked_ahead => {
                    self.begin_booked(ticket, &visit, now);
                }
                // Nobody is on the way to a telephone.
                AssignmentState::Accepted | AssignmentState::EnRoute
                    if visit.kind == AssignmentKind::Phone => {}
                AssignmentState::Accepted | AssignmentState::EnRoute => {
                    let due = case.expected_from(&visit) + visits.ask_after <= now;
                    if goes_on && visit.asked_at.is_none() && due {
                        self.ask_on_the_way(ticket, &visit, now);
                    }
                }
                AssignmentState::Booked if goes_on => self.look_after_booking(ticket, &visit, now),
                AssignmentState::OnSite => self.look_after_visitor(ticket, &visit, now),
                AssignmentState::Booked
                | AssignmentState::Done
                | AssignmentState::Aborted
                | AssignmentState::NoShow
                | AssignmentState::Cancelled => {}
            }
        }
    }

    /// An hour before: booked becomes accepted, unless the helper is on another visit then.
    fn begin_booked(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        let Some(volunteer) = visit.volunteer else { return };
        if self.is_on_another_visit(visit) {
            self.tell_helper(ticket, visit, CALLED_OFF, |code| Words::GivenToOthers { code }, now);
            self.visit_failed(ticket, visit.id, AssignmentState::Cancelled, now);
            return;
        }
        self.move_assignment(ticket, visit.id, AssignmentState::Accepted, now);
        if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
            visit.asked_at = None;
        }
        let detail = json!({ "volunteer": volunteer });
        self.tell_about(ticket, EventKind::VisitStarted, Entity::Volunteer(volunteer), detail, now);
        if !self.cases[&ticket].goes_on(visit) {
            return;
        }
        let language = crate::domain::language::Language::Zh;
        let window = self.window_words(visit.window, language, now);
        let category = self.category_words(self.cases[&ticket].ticket.category.as_ref(), language);
        // Who is told by call was reminded two hours before: nobody is rung twice for one walk to the door.
        self.tell_helper(ticket, visit, None, |code| Words::BookingBegins { code, category, window }, now);
    }

    fn ask_on_the_way(&mut self, ticket: TicketId, visit: &Assignment, now: Timestamp) {
        if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
            visit.asked_at = Some(now);
        }
        self.tell_about(ticket, EventKind::VisitAsked, entity_of(visit), json!({}), now);
        let window = self.window_words(visit.window, crate::domain::language::Language::Zh, now);
        let why = Some(HelperCall::OnTheWay);
        self.tell_helper(ticket, visit, why, |code| Words::OnTheWay { code, window }, now);
    }

    /// Tells a helper about their visit, under the code of the offer they accepted: by text, or, where the telephone
    /// takes none, by a call with the like of it.
    pub(super) fn tell_helper(
        &mut self,
        ticket: TicketId,
        visit: &Assignment,
        by_call: Option<HelperCall>,
        words: impl FnOnce(String) -> Words,
        now: Timestamp,
    ) {
        let volunteer = visit.volunteer.and_then(|id| self.roster.find(id));
        let Some(phone) = volunteer.map(|v| v.phone.clone()) else { return };
        if !phone.is_mobile() {
            if let Some(why) = by_call {
                self.owe_ring(ticket, visit, why, now);
            }
            return;
        }
        let code = visit.offer.and_then(|offer| self.code_of(ticket, offer));
        let code = code.map_or_else(String::new, |code: ReplyCode| code.to_string());
        self.send(Notice::new(phone, words(code)).about(ticket), now);
    }

    pub(super) fn code_of(&self, ticket: TicketId, offer: crate::domain::ids::OfferId) -> Option<ReplyCode> {
        self.cases.get(&ticket)?.offers.iter().find(|o| o.id == offer).map(|o| o.code)
    }
}

/// When a visit has to be looked at again.
pub(super) fn visit_deadline(case: &Case, visit: &Assignment, policy: &Policy) -> Option<Timestamp> {
    let visits = &policy.visits;
    if visit.volunteer.is_none() {
        return staff_deadline(visit, policy);
    }
    let goes_on = case.goes_on(visit);
    match visit.state {
        AssignmentState::Booked if !goes_on => Some(visit.window.from - visits.booked_ahead),
        AssignmentState::Accepted | AssignmentState::EnRoute if !goes_on => None,
        AssignmentState::Booked => {
            let begins = visit.window.from - visits.booked_ahead;
            Some(next_booked_step(case, visit, policy).map_or(begins, |(at, _)| at.min(begins)))
        }
        AssignmentState::Accepted | AssignmentState::EnRoute if visit.kind == AssignmentKind::Phone => None,
        AssignmentState::Accepted | AssignmentState::EnRoute => Some(match visit.asked_at {
            Some(asked) => asked + visits.no_show_after,
            None => case.expected_from(visit) + visits.ask_after,
        }),
        AssignmentState::OnSite => next_lone_step(visit, policy).map(|(at, _)| at),
        AssignmentState::Done
        | AssignmentState::Aborted
        | AssignmentState::NoShow
        | AssignmentState::Cancelled => None,
    }
}

pub(super) fn entity_of(visit: &Assignment) -> Entity {
    visit.volunteer.map_or(Entity::Ticket(visit.ticket), Entity::Volunteer)
}

/// The helper as an actor.
pub(super) fn actor_of(visit: &Assignment) -> Actor {
    let kind = if visit.volunteer.is_some() { ActorKind::Volunteer } else { ActorKind::Handler };
    Actor {
        person: visit.person,
        volunteer: visit.volunteer,
        station: Some(visit.station),
        ..Actor::of(kind)
    }
}
