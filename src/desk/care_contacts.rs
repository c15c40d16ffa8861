//! Nobody answered a care call: the plan's contacts in their order, then two people who go there (SAF-10, SAF-4).

use serde_json::json;

use super::Desk;
use super::calls::CallRole;
use super::care::IN_TURN;
use super::event::EndReason;
use super::history::{Entity, EventKind};
use super::legs::{Dialling, state_of};
use super::opening::Opening;
use crate::domain::actor::Actor;
use crate::domain::call::{CallPurpose, CallerTrust};
use crate::domain::care::{CareContact, CarePlan, CareState, PlannedCare};
use crate::domain::category::{CategoryCode, MISSED_CARE_CALL};
use crate::domain::guard;
use crate::domain::ids::{CallId, CareCallId, TicketId};
use crate::domain::language::Language;
use crate::domain::ticket::{Channel, PlaceBasis, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::ivr::outgoing::OutgoingCall;

/// When the line stops, or the district has no number left for a ticket, it is tried again this much later.
const TRY_AGAIN: std::time::Duration = std::time::Duration::from_secs(10 * 60);

impl Desk {
    /// All tries were in vain.
    pub(super) fn begin_with_contacts(&mut self, id: CareCallId, now: Timestamp) {
        if let Some(care) = self.care_mut(id) {
            (care.state, care.next_at) = (CareState::NextContact, now);
        }
        self.ring_next_contact(id, now);
    }

    /// Rings the next contact that may be rung; after the last, or at an hour that is fit for nobody, people go.
    pub(super) fn ring_next_contact(&mut self, id: CareCallId, now: Timestamp) {
        let Some(PlannedCare { plan, person }) = self.plan_of(id).cloned() else {
            return self.end_care(id, CareState::Dropped, now);
        };
        if self.stops {
            return self.contacts_wait(id, now + TRY_AGAIN);
        }
        let calling = self.rules.calendar.next_calling_time(now, &[]);
        if calling > now && self.is_on_its_day(id, calling) {
            // At noon nobody is rung, and it is the same day still.
            return self.contacts_wait(id, calling);
        }
        // Whoever is a danger to them may be one of their contacts.
        let danger = self.marks.get(&plan.number).is_some_and(|mark| mark.abuser_near);
        let rung = self.care_calls.get(&id).map_or(0, |care| usize::from(care.contacts_rung));
        let nobody = danger || calling > now || rung >= plan.contacts.len();
        if !nobody && self.care_rings_enough() {
            return self.contacts_wait(id, now + IN_TURN);
        }
        let contact = if nobody { None } else { self.next_contact(id, &plan, now) };
        let Some(contact) = contact else { return self.care_missed(id, now) };
        let ring_time = self.rules.policy.care.ring_time;
        let dialling = Dialling {
            role: CallRole::CareContact(id),
            purpose: CallPurpose::CareContact,
            target: contact.number.as_str().to_owned(),
            number: Some(contact.number),
            station: self.station_of(&person),
            ticket: None,
            ring_time,
        };
        let call = self.dial(dialling, now);
        let Some(care) = self.care_mut(id) else { return };
        (care.state, care.next_at) = (CareState::ContactRinging, now + ring_time + TRY_AGAIN);
        let detail = json!({ "contact": care.contacts_rung });
        self.tell_care(id, EventKind::CareContactRung, Entity::Call(call), detail, now);
    }

    /// The next contact, or the visit, has its turn at this moment.
    fn contacts_wait(&mut self, id: CareCallId, at: Timestamp) {
        if let Some(care) = self.care_mut(id) {
            (care.state, care.next_at) = (CareState::NextContact, at);
        }
    }

    /// The next of a plan's contacts who may be rung; those who may not are passed over.
    fn next_contact(&mut self, id: CareCallId, plan: &CarePlan, now: Timestamp) -> Option<CareContact> {
        let rung = usize::from(self.care_calls.get(&id)?.contacts_rung);
        let may_ring = |contact: &&CareContact| {
            let number = &contact.number;
            // A daughter at the same telephone was rung with them.
            *number != plan.number
                && self.may_reach(number, now)
                && self.is_for_machines(number)
                && !self.is_on_a_line(number)
        };
        let left = plan.contacts.iter().skip(rung);
        let found = left.clone().position(|contact| may_ring(&contact));
        let passed = found.map_or(left.len(), |at| at + 1);
        let contact = found.and_then(|at| plan.contacts.get(rung + at)).cloned();
        if let Some(care) = self.care_mut(id) {
            care.contacts_rung = u8::try_from(rung + passed).unwrap_or(u8::MAX);
        }
        contact
    }

    pub(super) fn care_contact_answered(&mut self, call: CallId, now: Timestamp) {
        self.start_outgoing(call, OutgoingCall::CareContact { language: Language::Zh }, now);
    }

    /// A contact pressed 1: they look after them.
    pub(super) fn care_taken(&mut self, call: CallId, now: Timestamp) {
        let Some(CallRole::CareContact(id)) = self.calls.get(&call).map(|live| live.role.clone()) else {
            return;
        };
        self.attempt_done(call, now);
        self.tell_care(id, EventKind::CareContactTook, Entity::Call(call), json!({}), now);
        self.end_care(id, CareState::LookedAfter, now);
    }

    pub(super) fn care_contact_ended(
        &mut self,
        call: CallId,
        id: CareCallId,
        reason: EndReason,
        now: Timestamp,
    ) {
        if self.attempt_is_done(call) {
            return;
        }
        self.close_attempt(call, state_of(reason), now);
        let rings = |state| state == CareState::ContactRinging;
        if self.care_calls.get(&id).is_some_and(|care| rings(care.state)) {
            let detail = json!({ "reason": reason });
            self.tell_care(id, EventKind::CareContactNotReached, Entity::Call(call), detail, now);
            let answered = self.calls.get(&call).is_some_and(|live| live.call.answered_at.is_some());
            let number = self.calls.get(&call).and_then(|live| live.call.number.as_ref());
            let out_of_reach = number.is_some_and(|number| self.is_out_of_reach(number, now));
            if reason == EndReason::NetworkFailed && !answered && !out_of_reach {
                return self.ring_contact_again(id, now);
            }
            self.ring_next_contact(id, now);
        }
    }

    /// Our own lines failed: the contact was not rung, and is not passed over.
    fn ring_contact_again(&mut self, id: CareCallId, now: Timestamp) {
        let at = now + self.rules.policy.care.busy_again;
        if let Some(care) = self.care_mut(id) {
            care.contacts_rung = care.contacts_rung.saturating_sub(1);
        }
        self.contacts_wait(id, at);
    }

    /// Nobody was reached on this day: two people go there. A ticket that is open for it already counts once more.
    fn care_missed(&mut self, id: CareCallId, now: Timestamp) {
        let Some(planned) = self.plan_of(id).cloned() else {
            return self.end_care(id, CareState::Dropped, now);
        };
        let open = self.missed_before(&planned, is_acted_on);
        let ticket = match open {
            Some(ticket) => {
                if let Some(case) = self.case_mut(ticket) {
                    case.ticket.repeat_count += 1;
                }
                self.count_contact(ticket, now);
                Some(ticket)
            }
            None => self.open_missed_ticket(&planned, now),
        };
        let Some(ticket) = ticket else {
            return self.contacts_wait(id, now + TRY_AGAIN);
        };
        if let Some(care) = self.care_mut(id) {
            care.ticket = Some(ticket);
        }
        let care = &self.care_calls[&id];
        let detail = json!({ "tries": care.tries, "contacts": care.contacts_rung });
        self.tell_care(id, EventKind::CareMissed, Entity::Ticket(ticket), detail, now);
        self.end_care(id, CareState::Missed, now);
        if open.is_none() && self.missed_goes_out(ticket) {
            self.dispatch(ticket, &Actor::IVR, now);
        }
    }

    /// What is not complete waits for whoever takes wishes in, who has its triage clock.
    fn missed_goes_out(&self, id: TicketId) -> bool {
        let Some(case) = self.cases.get(&id) else { return false };
        let complete = guard::may_dispatch(&case.ticket, self.category_of(id).as_ref(), false).is_ok();
        complete && self.rules.policy.tickets.auto_dispatch
    }

    /// The last that was opened for them because they did not answer, in a state like this. One whose category a person
    /// changed is about something else.
    fn missed_before(&self, planned: &PlannedCare, state: fn(TicketState) -> bool) -> Option<TicketId> {
        let theirs = self.cases.values().map(|case| &case.ticket).filter(|ticket| {
            let missed = ticket.category.as_ref().is_none_or(|code| code.as_str() == MISSED_CARE_CALL);
            ticket.channel == Channel::CareCall
                && ticket.beneficiary == Some(planned.person.person)
                && missed
                && state(ticket.state)
        });
        theirs.max_by_key(|ticket| ticket.number).map(|ticket| ticket.id)
    }

    fn open_missed_ticket(&mut self, planned: &PlannedCare, now: Timestamp) -> Option<TicketId> {
        let PlannedCare { plan, person } = planned;
        let code = CategoryCode::parse(MISSED_CARE_CALL).expect("a category of the catalogue");
        let opening = Opening {
            jurisdiction: plan.jurisdiction.clone(),
            channel: Channel::CareCall,
            station: self.station_of(person),
            call: None,
            caller: Some(plan.number.clone()),
            caller_trust: CallerTrust::Verified,
            household: false,
            language: person.language,
            // A catalogue without it leaves the ticket to whoever takes wishes in.
            category: self.rules.catalogue.find(&code).map(|_| code),
            urgency: Some(Urgency::P2),
            area: person.area.clone(),
            place_basis: PlaceBasis::Registered,
            for_other: false,
            description: String::new(),
            recording: None,
            survey_consent: false,
            window: None,
            // Whoever goes there sees what was found the last time.
            linked_to: self.missed_before(planned, TicketState::is_open),
            beneficiary: Some(person.clone()),
        };
        self.open(opening, &Actor::SYSTEM, now)
    }
}

/// Whether somebody is going there, or will: a visit that was made, or put off, answers nothing that is new.
fn is_acted_on(state: TicketState) -> bool {
    match state {
        TicketState::Intake
        | TicketState::PendingDispatch
        | TicketState::Offering
        | TicketState::Dispatched
        | TicketState::InProgress => true,
        TicketState::Suspended
        | TicketState::Handled
        | TicketState::Closed
        | TicketState::Archived
        | TicketState::Merged
        | TicketState::Void => false,
    }
}
