//! Calls to helpers: the offer where no text can go, what was taken on, reminders, another time, "are you well?" (SAF-5).
//!
//! What is owed is a `Ring` of the offer or of the visit, and so survives a restart. It moves on before the telephone
//! rings: a try that nobody knows the end of is followed by the next one, never by itself.

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::calls::CallRole;
use super::effect::PhoneEffect;
use super::event::EndReason;
use super::history::{Entity, EventKind};
use super::legs::{Dialling, state_of};
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState, HelperCall, Ring};
use crate::domain::call::CallPurpose;
use crate::domain::callback::CallbackReason;
use crate::domain::ids::{AssignmentId, CallId, OfferId, StationId, TaskNoticeId, TicketId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::number_mark::Reach;
use crate::domain::offer::{Offer, OfferState};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::task_notice::StationCall;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::ivr::outgoing::{HelperTask, OutgoingCall, Whom};
use crate::ivr::words::TaskId;

/// What a helper is rung about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RungFor {
    Offer(OfferId),
    Visit(AssignmentId, HelperCall),
    /// A duty telephone, about a task or the ticket.
    Station(StationId, Option<TaskNoticeId>, HelperCall),
}

impl RungFor {
    fn why(self) -> HelperCall {
        match self {
            Self::Offer(_) => HelperCall::Offer,
            Self::Visit(_, why) | Self::Station(_, _, why) => why,
        }
    }
}

impl Desk {
    /// Owes a helper a call about a visit; a later reason takes the place of an earlier one.
    pub(super) fn owe_ring(&mut self, ticket: TicketId, visit: &Assignment, why: HelperCall, at: Timestamp) {
        let unheard = self.ring_of(ticket, RungFor::Visit(visit.id, HelperCall::Details)).is_some();
        if unheard && matches!(why, HelperCall::NewTime | HelperCall::PutOff) {
            // Where to go, or whom to ring, they have not heard yet: with the other time a person says it.
            self.told_by_person(ticket, visit, at);
        }
        let at = self.may_ring_helper_at(ticket, visit, why, at);
        if let Some(visit) = self.case_mut(ticket).and_then(|case| case.assignment_mut(visit.id)) {
            visit.ring = Some(Ring::new(why, at));
        }
    }

    /// Nobody is woken but for a life, for urgent work they agreed to, and for work that begins before the morning.
    fn may_ring_helper_at(
        &self,
        ticket: TicketId,
        visit: &Assignment,
        why: HelperCall,
        at: Timestamp,
    ) -> Timestamp {
        let morning = self.rules.calendar.after_quiet_hours(at);
        let awake = why == HelperCall::AreYouWell || visit.window.from <= morning;
        let agreed = visit.volunteer.is_some_and(|volunteer| self.may_wake(ticket, volunteer));
        if awake || agreed { at } else { morning }
    }

    fn may_wake(&self, ticket: TicketId, volunteer: VolunteerId) -> bool {
        let urgent = self
            .cases
            .get(&ticket)
            .is_some_and(|case| matches!(case.ticket.urgency, Urgency::P1 | Urgency::P2));
        urgent && self.roster.find(volunteer).is_some_and(|volunteer| volunteer.night_consent)
    }

    /// Rings every helper of a case whose moment has come.
    pub(super) fn check_rings(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let due = |ring: Option<Ring>| ring.filter(|ring| ring.at <= now);
        let offers: Vec<(Offer, Ring)> =
            case.offers.iter().filter_map(|o| due(o.ring).map(|ring| (o.clone(), ring))).collect();
        let visits: Vec<(Assignment, Ring)> =
            case.assignments.iter().filter_map(|a| due(a.ring).map(|ring| (a.clone(), ring))).collect();
        for (offer, ring) in offers {
            self.ring_for_offer(id, &offer, ring, now);
        }
        for (visit, ring) in visits {
            self.ring_for_visit(id, &visit, ring, now);
        }
        let stations =
            self.cases[&id].ticket.progress.station_calls.iter().filter(|owed| owed.ring.at <= now);
        for owed in stations.copied().collect::<Vec<_>>() {
            self.ring_station(id, owed, now);
        }
    }

    fn ring_for_offer(&mut self, id: TicketId, offer: &Offer, ring: Ring, now: Timestamp) {
        let rung = RungFor::Offer(offer.id);
        if !offer.state.is_open() || ring.tries >= self.rules.policy.offers.voice_tries {
            return self.set_ring(id, rung, None);
        }
        let morning = self.rules.calendar.after_quiet_hours(now);
        if morning > now && !self.may_wake(id, offer.volunteer) {
            return self.set_ring(id, rung, Some(Ring { at: morning, ..ring }));
        }
        // SAF-8: whoever is near the telephone would hear it.
        let safe = self.reach(&offer.phone, now);
        if let Reach::At(at) = safe {
            return self.set_ring(id, rung, Some(Ring { at, ..ring }));
        }
        if safe == Reach::Now && self.machine_may_ring(&offer.phone, now) {
            self.ring_helper(id, rung, &offer.phone, ring, now);
        } else if ring.tries > 0 {
            // It rang once at least: the offer waits for its wave to end.
            self.set_ring(id, rung, None);
        } else {
            // As if the text could not be delivered: somebody else is asked.
            self.offer_failed(id, offer.id, now);
        }
    }

    fn ring_for_visit(&mut self, id: TicketId, visit: &Assignment, ring: Ring, now: Timestamp) {
        let rung = RungFor::Visit(visit.id, ring.why);
        let phone = visit.volunteer.and_then(|id| self.roster.find(id)).map(|v| v.phone.clone());
        let Some(phone) = phone.filter(|_| self.is_worth_ringing(visit, ring.why)) else {
            return self.set_ring(id, rung, None);
        };
        let mut at = self.may_ring_helper_at(id, visit, ring.why, now);
        if ring.why == HelperCall::PutOff {
            // Its first moment was found by the time that was: who would have gone tonight is told tonight, by a person
            // where the first call was not heard.
            if at > now && ring.tries > 0 {
                self.set_ring(id, rung, None);
                return self.leave_helper_to_a_person(id, &phone, ring.why, now);
            }
            at = now;
        }
        if !self.rings_or_waits(id, rung, &phone, (ring, at), now) {
            self.leave_helper_to_a_person(id, &phone, ring.why, now);
        }
    }

    /// Rings, or waits for the moment from which it may. Says whether it does either: else the call is given up.
    pub(super) fn rings_or_waits(
        &mut self,
        id: TicketId,
        rung: RungFor,
        phone: &PhoneNumber,
        (ring, at): (Ring, Timestamp),
        now: Timestamp,
    ) -> bool {
        let safe = self.reach(phone, now);
        let at = if let Reach::At(safe) = safe { at.max(safe) } else { at };
        if at > now {
            self.set_ring(id, rung, Some(Ring { at, ..ring }));
            return true;
        }
        let tries_left = ring.tries < self.rules.policy.offers.voice_tries;
        // A duty telephone is there for what is life or safety, however often it rang today.
        let station = matches!(rung, RungFor::Station(..));
        let for_life = station && self.cases[&id].ticket.urgency == Urgency::P1;
        let may = for_life || ring.why.is_about_a_life() || self.machine_may_ring(phone, now);
        if tries_left && safe == Reach::Now && may {
            self.ring_helper(id, rung, phone, ring, now);
            return true;
        }
        self.set_ring(id, rung, None);
        false
    }

    /// Whether the call would still say something true.
    fn is_worth_ringing(&self, visit: &Assignment, why: HelperCall) -> bool {
        match why {
            HelperCall::Offer => visit.state.is_live(),
            // Who waits for a second has no door to go to.
            HelperCall::Details => visit.state.is_live() && !self.waits_for_partner(visit),
            // Not once they have confirmed, or said by text that they are well.
            HelperCall::Reminder => {
                visit.state == AssignmentState::Booked && visit.confirmed_at < visit.asked_at
            }
            HelperCall::OnTheWay => {
                matches!(visit.state, AssignmentState::Accepted | AssignmentState::EnRoute)
            }
            HelperCall::AreYouWell => visit.is_asked_after(),
            HelperCall::CalledOff => !visit.state.is_live(),
            HelperCall::PartnerMissing => visit.state.is_live() && self.waits_for_partner(visit),
            // Until they say by themselves that they come.
            HelperCall::PutOff => visit.state == AssignmentState::Booked && visit.confirmed_at.is_none(),
            HelperCall::NewTime => {
                let expected = visit.state.is_live() && visit.state != AssignmentState::OnSite;
                expected && visit.confirmed_at.is_none()
            }
            HelperCall::VisitorSilent | HelperCall::Look => false,
        }
    }

    /// What a machine could not tell is a person's to tell. Who does not answer "are you well?" is looked for.
    fn leave_helper_to_a_person(
        &mut self,
        id: TicketId,
        phone: &PhoneNumber,
        why: HelperCall,
        now: Timestamp,
    ) {
        if why == HelperCall::AreYouWell {
            return;
        }
        let station = self.cases[&id].ticket.owner;
        let wish = Wish { ticket: Some(id), ..Wish::new(phone.clone(), station, CallbackReason::Helper) };
        self.request_callback(wish, now);
    }

    fn ring_helper(&mut self, id: TicketId, rung: RungFor, phone: &PhoneNumber, ring: Ring, now: Timestamp) {
        let (again, ring_time) =
            (self.rules.policy.offers.voice_again_after, self.rules.policy.survey.ring_time);
        if self.is_on_a_line(phone) {
            return self.set_ring(id, rung, Some(Ring { at: now + again, ..ring }));
        }
        let tries = ring.tries.saturating_add(1);
        // A backstop: the end of the call moves it forward.
        self.set_ring(id, rung, Some(Ring { at: now + ring_time + again, tries, ..ring }));
        let purpose = match rung {
            RungFor::Offer(_) => CallPurpose::Offer,
            RungFor::Visit(..) => CallPurpose::Helper,
            RungFor::Station(..) => CallPurpose::Station,
        };
        let dialling = Dialling {
            role: CallRole::Helper(id, rung),
            purpose,
            target: phone.as_str().to_owned(),
            number: Some(phone.clone()),
            station: self.cases[&id].ticket.owner,
            ticket: Some(id),
            ring_time,
        };
        let call = self.dial(dialling, now);
        let (kind, detail) = match rung {
            RungFor::Station(station, _, why) => {
                (EventKind::StationRung, json!({ "station": station, "why": why, "try": tries }))
            }
            RungFor::Offer(_) | RungFor::Visit(..) => {
                (EventKind::HelperRung, json!({ "why": rung.why(), "try": tries }))
            }
        };
        self.tell_about(id, kind, Entity::Call(call), detail, now);
    }

    pub(super) fn set_ring(&mut self, id: TicketId, rung: RungFor, ring: Option<Ring>) {
        let Some(case) = self.case_mut(id) else { return };
        match rung {
            RungFor::Offer(offer) => {
                if let Some(offer) = case.offer_mut(offer) {
                    offer.ring = ring;
                }
            }
            RungFor::Visit(visit, why) => {
                // Meanwhile another call may be owed: that one stays.
                let same = |visit: &&mut Assignment| visit.ring.is_some_and(|ring| ring.why == why);
                if let Some(visit) = case.assignment_mut(visit).filter(same) {
                    visit.ring = ring;
                }
            }
            RungFor::Station(station, task, why) => {
                let calls = &mut case.ticket.progress.station_calls;
                let same =
                    |owed: &StationCall| owed.station == station && owed.task == task && owed.ring.why == why;
                match (ring, calls.iter_mut().find(|owed| same(owed))) {
                    (Some(ring), Some(owed)) => owed.ring = ring,
                    (Some(_), None) => {}
                    (None, _) => calls.retain(|owed| !same(owed)),
                }
            }
        }
    }

    fn ring_of(&self, id: TicketId, rung: RungFor) -> Option<Ring> {
        let case = self.cases.get(&id)?;
        match rung {
            RungFor::Offer(offer) => case.offers.iter().find(|o| o.id == offer)?.ring,
            RungFor::Visit(visit, why) => {
                let visit = case.assignments.iter().find(|a| a.id == visit)?;
                visit.ring.filter(|ring| ring.why == why)
            }
            RungFor::Station(station, task, why) => {
                let calls = case.ticket.progress.station_calls.iter();
                let same = |owed: &&StationCall| owed.station == station && owed.task == task;
                calls.filter(same).map(|owed| owed.ring).find(|ring| ring.why == why)
            }
        }
    }

    /// Whether somebody at this number talks to us, or is being rung.
    pub(super) fn is_on_a_line(&self, phone: &PhoneNumber) -> bool {
        self.calls
            .values()
            .any(|live| live.call.ended_at.is_none() && live.call.number.as_ref() == Some(phone))
    }

    /// Whether this is a number for machines: of this country, or a helper's of the register. Whoever claims any
    /// other could make the line pay for calls all over the world.
    pub(super) fn is_for_machines(&self, number: &PhoneNumber) -> bool {
        let country = format!("+{}", self.rules.numbering.country);
        number.as_str().starts_with(&country) || self.roster.by_phone(number).next().is_some()
    }

    /// Whether a machine may ring this number, and once more today; the rest is for a person.
    pub(super) fn machine_may_ring(&self, number: &PhoneNumber, now: Timestamp) -> bool {
        if !self.is_for_machines(number) {
            return false;
        }
        let today = self.rules.calendar.day_around(now);
        let theirs = self.attempts.values().filter(|attempt| {
            attempt.purpose.is_capped()
                && attempt.target == number.as_str()
                && (today.from..today.until).contains(&attempt.started_at)
        });
        theirs.count() < usize::from(self.rules.policy.calls.machine_calls_per_day)
    }

    pub(super) fn helper_call_answered(&mut self, call: CallId, id: TicketId, rung: RungFor, now: Timestamp) {
        let task = match rung {
            RungFor::Offer(offer) => self.offer_on_the_telephone(id, offer, now),
            RungFor::Visit(visit, why) => self.visit_on_the_telephone(id, visit, why, now),
            RungFor::Station(station, task, why) => {
                self.station_on_the_telephone(id, (station, task, why), now)
            }
        };
        let Some(task) = task else {
            self.draft.phone(PhoneEffect::Hangup { call });
            return;
        };
        // Helpers are spoken to in the language of the line, as in its texts.
        let outgoing = OutgoingCall::Helper { language: Language::Zh, why: rung.why(), task };
        self.start_outgoing(call, outgoing, now);
    }

    fn offer_on_the_telephone(
        &mut self,
        id: TicketId,
        offer_id: OfferId,
        now: Timestamp,
    ) -> Option<HelperTask> {
        let offer = self.case_mut(id)?.offer_mut(offer_id)?;
        if offer.state.is_open() {
            offer.state = OfferState::Sent;
            offer.sent_at = Some(now);
        } else if offer.state != OfferState::Expired {
            return None;
        }
        let whom = Whom::Helper(offer.volunteer);
        let ticket = &self.cases[&id].ticket;
        Some(HelperTask {
            task: Some(TaskId::Offer(offer_id)),
            whom,
            kind: self.category_for(ticket).map_or(AssignmentKind::Visit, |category| category.assignment),
            meets_at: None,
            category: ticket.category.clone(),
            area: ticket.area.as_ref().and_then(crate::domain::area::AreaCode::street),
            window: ticket.window.map(|window| self.spoken(window, now)),
            code: None,
            visit_code: None,
        })
    }

    fn visit_on_the_telephone(
        &self,
        id: TicketId,
        visit: AssignmentId,
        why: HelperCall,
        now: Timestamp,
    ) -> Option<HelperTask> {
        let case = self.cases.get(&id)?;
        let visit = case.assignments.iter().find(|a| a.id == visit)?;
        if !self.is_worth_ringing(visit, why) {
            return None;
        }
        let details = why == HelperCall::Details;
        let code = visit.offer.and_then(|offer| self.code_of(id, offer));
        let area = case.ticket.area.as_ref();
        let street = area.and_then(crate::domain::area::AreaCode::street);
        let secret = case.ticket.confidentiality != crate::domain::ticket::Confidentiality::Normal;
        Some(HelperTask {
            task: Some(TaskId::Assignment(visit.id)),
            whom: Whom::Helper(visit.volunteer?),
            kind: visit.kind,
            meets_at: self.meets_at(id, visit.kind, Language::Zh),
            category: case.ticket.category.clone(),
            area: if details && !secret { area.cloned() } else { street },
            window: Some(self.spoken(visit.window, now)),
            code: code.filter(|_| details),
            visit_code: (details && visit.kind == AssignmentKind::Visit).then_some(visit.visit_code),
        })
    }

    /// It was heard whole, or answered by a key: nothing more is owed.
    pub(super) fn helper_call_done(&mut self, call: CallId, now: Timestamp) {
        if let Some(CallRole::Helper(id, rung)) = self.calls.get(&call).map(|live| live.role.clone()) {
            self.set_ring(id, rung, None);
        }
        self.attempt_done(call, now);
    }

    /// Nothing was keyed, or nobody answered: once more later, and then a person.
    pub(super) fn helper_call_ended(
        &mut self,
        call: CallId,
        id: TicketId,
        rung: RungFor,
        reason: EndReason,
        now: Timestamp,
    ) {
        if self.attempt_is_done(call) {
            return;
        }
        if self.calls.get(&call).is_some_and(|live| live.call.talked_at.is_some()) {
            return self.helper_call_done(call, now);
        }
        self.close_attempt(call, state_of(reason), now);
        if let Some(ring) = self.ring_of(id, rung) {
            let at = now + self.rules.policy.offers.voice_again_after;
            self.set_ring(id, rung, Some(Ring { at, ..ring }));
        }
    }

    /// The offer is over: who is still being rung for it is left in peace.
    pub(super) fn stop_ringing_for(&mut self, offer: OfferId) {
        self.leave_in_peace(|role| matches!(role, CallRole::Helper(_, RungFor::Offer(id)) if *id == offer));
    }
}
