//! What residents are told and may ask by themselves: who comes, how it stands, no longer wanted, again.

use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::calls::CallRole;
use super::event::EndReason;
use super::history::{Entity, EventKind};
use super::legs::{Dialling, state_of};
use super::notices::Notice;
use super::visits::CALLED_OFF;
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentKind};
use crate::domain::call::CallPurpose;
use crate::domain::callback::{CallbackReason, CallbackRequest, CallbackState};
use crate::domain::guard;
use crate::domain::ids::{CallId, CallbackId, TicketId, VolunteerId};
use crate::domain::number_mark::Reach;
use crate::domain::offer::OfferState;
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::{ClosureCode, Confidentiality, Ticket, TicketState};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::urgency::Urgency;
use crate::ivr::outgoing::Visitor;
use crate::text::reply::Wish as Asked;
use crate::text::words::Words;

/// A landline is rung again this much later when nobody answered.
const TELL_AGAIN_AFTER: Duration = Duration::from_secs(10 * 60);

impl Desk {
    /// Who comes, by badge number and visit code; who is at the station, or rings. A text to a mobile, to a landline a
    /// call.
    pub(super) fn tell_resident_who_comes(
        &mut self,
        id: TicketId,
        badge: VolunteerId,
        visit: &Assignment,
        now: Timestamp,
    ) {
        let Some(case) = self.cases.get(&id) else { return };
        let Some(caller) = case.ticket.caller.clone() else { return };
        if !case.ticket.may_be_told() {
            return self.tell_by_person(id, now);
        }
        let language = case.ticket.language;
        if caller.is_mobile() {
            let number = case.ticket.number.to_string();
            let badge = format!("{badge:05}");
            let window = self.window_words(visit.window, language, now);
            let words = match visit.kind {
                AssignmentKind::Visit => {
                    let visit_code = visit.visit_code.to_string();
                    let entrusted = self.rules.templates.told_to_resident(&self.entrusts(id), language);
                    Words::WhoComes { number, badge, visit_code, window, entrusted }
                }
                AssignmentKind::Group => {
                    Words::WhoMeets { number, badge, window, station: self.station_words(id) }
                }
                AssignmentKind::Phone => Words::WhoRings { number, badge, window },
            };
            self.send(Notice::new(caller, words).about(id).in_language(language), now);
            return;
        }
        match visit.kind {
            // Which station it is has no clip.
            AssignmentKind::Group if self.meets_at(id, visit.kind, language).is_none() => {
                self.tell_by_person(id, now);
            }
            AssignmentKind::Visit | AssignmentKind::Group | AssignmentKind::Phone => {
                self.tell_landline(id, now);
            }
        }
    }

    /// Rings a landline that is still to be told who comes.
    pub(super) fn check_who_comes(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let due = case.ticket.progress.tell_who_comes_at.is_some_and(|at| at <= now);
        if !due {
            return;
        }
        let at = self.may_ring_resident_at(id, now);
        if at > now {
            if let Some(case) = self.case_mut(id) {
                case.ticket.progress.tell_who_comes_at = Some(at);
            }
            return;
        }
        let case = &self.cases[&id];
        let station = case.ticket.owner;
        let caller = case.ticket.caller.clone();
        let still = self.visitors_of(id).is_some();
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.tell_who_comes_at = None;
        }
        let (Some(caller), true) = (caller, still) else { return };
        match self.reach(&caller, now) {
            Reach::Now => {}
            Reach::At(at) => {
                if let Some(case) = self.case_mut(id) {
                    case.ticket.progress.tell_who_comes_at = Some(at);
                }
                return;
            }
            Reach::Never => return,
        }
        if !self.machine_may_ring(&caller, now) {
            let wish = Wish { ticket: Some(id), ..Wish::new(caller, station, CallbackReason::Ticket) };
            self.request_callback(wish, now);
            return;
        }
        let dialling = Dialling {
            role: CallRole::WhoComes(id),
            purpose: CallPurpose::WhoComes,
            target: caller.as_str().to_owned(),
            number: Some(caller),
            station,
            ticket: Some(id),
            ring_time: self.rules.policy.survey.ring_time,
        };
        self.dial(dialling, now);
    }

    pub(super) fn who_comes_call_ended(
        &mut self,
        call: CallId,
        id: TicketId,
        reason: EndReason,
        now: Timestamp,
    ) {
        if self.attempt_is_done(call) {
            return;
        }
        self.close_attempt(call, state_of(reason), now);
        if reason == EndReason::NoSuchNumber {
            return self.tell_by_person(id, now);
        }
        if let Some(case) = self.case_mut(id) {
            let at = &mut case.ticket.progress.tell_who_comes_at;
            *at = at.or(Some(now + TELL_AGAIN_AFTER));
        }
    }

    /// Who comes as far as it is settled; nobody while a place is being filled anew. None when nothing may be said.
    pub(super) fn visitors_of(&self, id: TicketId) -> Option<Vec<Visitor>> {
        let case = self.cases.get(&id)?;
        match case.ticket.state {
            TicketState::InProgress => {
                let coming =
                    case.coming().map(|visit| Visitor { badge: visit.volunteer, code: visit.visit_code });
                Some(coming.collect::<Vec<_>>()).filter(|coming| !coming.is_empty())
            }
            TicketState::PendingDispatch | TicketState::Offering | TicketState::Dispatched => {
                Some(Vec::new())
            }
            TicketState::Intake
            | TicketState::Suspended
            | TicketState::Handled
            | TicketState::Closed
            | TicketState::Archived
            | TicketState::Merged
            | TicketState::Void => None,
        }
    }

    /// Nobody is rung at night about what can wait.
    fn may_ring_resident_at(&self, id: TicketId, now: Timestamp) -> Timestamp {
        let urgency = self.cases.get(&id).map_or(Urgency::P4, |case| case.ticket.urgency);
        match urgency {
            Urgency::P1 | Urgency::P2 => now,
            Urgency::P3 | Urgency::P4 => self.rules.calendar.next_calling_time(now, &[]),
        }
    }

    /// The helper cannot come, others are looked for: a text to a mobile, a call to a landline.
    pub(super) fn tell_resident_replaced(&mut self, id: TicketId, now: Timestamp) {
        self.tell_resident(id, |number| Words::HelperReplaced { number }, now);
        self.tell_landline(id, now);
        if self.cases.get(&id).is_some_and(|case| !case.ticket.may_be_told()) {
            self.tell_by_person(id, now);
        }
    }

    /// What a machine can neither write nor say is a person's to tell.
    pub(super) fn tell_who_reads_no_texts(&mut self, id: TicketId, now: Timestamp) {
        if !self.takes_texts(id) {
            self.tell_by_person(id, now);
        }
    }

    /// Whether what is texted to the resident reaches them.
    pub(super) fn takes_texts(&self, id: TicketId) -> bool {
        self.cases.get(&id).is_some_and(|case| {
            case.ticket.may_be_told() && case.ticket.caller.as_ref().is_some_and(PhoneNumber::is_mobile)
        })
    }

    /// A number that is only claimed hears from a person, who finds out whose it is. What is confidential is nobody's
    /// to tell by telephone.
    pub(super) fn tell_by_person(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let open = case.ticket.confidentiality == Confidentiality::Normal;
        let station = case.ticket.owner;
        if let Some(caller) = case.ticket.caller.clone().filter(|_| open) {
            let wish = Wish { ticket: Some(id), ..Wish::new(caller, station, CallbackReason::Ticket) };
            self.request_callback(wish, now);
        }
    }

    /// A resident whose telephone takes no texts is rung, at an hour that is fit for it.
    pub(super) fn tell_landline(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let landline = case.ticket.caller.as_ref().is_some_and(|caller| !caller.is_mobile());
        if landline && case.ticket.may_be_told() {
            let at = self.may_ring_resident_at(id, now);
            if let Some(case) = self.case_mut(id) {
                case.ticket.progress.tell_who_comes_at = Some(at);
            }
        }
    }

    /// A text to the resident about their ticket; nothing where silence was asked for.
    pub(super) fn tell_resident(
        &mut self,
        id: TicketId,
        words: impl FnOnce(String) -> Words,
        now: Timestamp,
    ) {
        let Some(case) = self.cases.get(&id) else { return };
        let Some(caller) = case.ticket.caller.clone() else { return };
        if !case.ticket.may_be_told() {
            return;
        }
        let words = words(case.ticket.number.to_string());
        let notice = Notice::new(caller, words).about(id).in_language(case.ticket.language);
        self.send(notice, now);
    }

    /// 重办, 撤回, 进度 from the number a ticket was opened from.
    pub(super) fn resident_wish(
        &mut self,
        from: &PhoneNumber,
        wish: Asked,
        number: Option<TicketNumber>,
        known: &Known,
        now: Timestamp,
    ) {
        let Some(id) = self.ticket_of_caller(from, number) else {
            if wish == Asked::Redo && self.open_linked(from, number, known, now) {
                return;
            }
            let words = Words::ProgressNone { line_number: self.line_for(from) };
            self.send(Notice::new(from.clone(), words), now);
            return;
        };
        self.resume_by_citizen(id, now);
        match wish {
            Asked::Progress => {
                let ticket = &self.cases[&id].ticket;
                let state = self.rules.templates.state_words(ticket.state, ticket.language).to_owned();
                self.tell_resident(id, |number| Words::Progress { number, state }, now);
            }
            Asked::Withdraw => {
                self.withdraw(id, &Actor::CITIZEN, now);
            }
            Asked::Redo => self.citizen_redo(id, now),
        }
    }

    fn citizen_redo(&mut self, id: TicketId, now: Timestamp) {
        let ticket = &self.cases[&id].ticket;
        match ticket.state {
            TicketState::Handled => self.redo(id, &Actor::SYSTEM, "resident_says_no", now),
            // The desk forgets what can no longer be reopened; a later wish opens a ticket of its own.
            TicketState::Closed if self.check_reopen(id, &Actor::CITIZEN, now).is_ok() => {
                self.reopen(id, &Actor::CITIZEN, "resident_asks", now);
            }
            TicketState::Intake
            | TicketState::PendingDispatch
            | TicketState::Offering
            | TicketState::Dispatched
            | TicketState::InProgress
            | TicketState::Suspended
            | TicketState::Closed
            | TicketState::Archived
            | TicketState::Merged
            | TicketState::Void => {
                let state = self.rules.templates.state_words(ticket.state, ticket.language).to_owned();
                self.tell_resident(id, |number| Words::Progress { number, state }, now);
            }
        }
    }

    /// closed → pending_dispatch, under the same number.
    pub(super) fn reopen(&mut self, id: TicketId, by: &Actor, why: &str, now: Timestamp) {
        if self.move_ticket(id, Move::Reopen, by, json!({ "why": why }), now).is_err() {
            return;
        }
        if let Some(case) = self.case_mut(id) {
            case.ticket.reopen_count += 1;
            case.ticket.closure = None;
            case.ticket.closed_at = None;
            for clock in &mut case.ticket.clocks {
                if clock.kind == crate::domain::clocks::ClockKind::Handle {
                    clock.run_on();
                }
            }
        }
        self.tell_resident(id, |number| Words::RedoNoted { number }, now);
        self.begin_again(id, now);
    }

    /// The resident no longer wants it. Says whether it could be.
    pub(super) fn withdraw(&mut self, id: TicketId, by: &Actor, now: Timestamp) -> bool {
        let line = self.cases.get(&id).map(|case| self.number_of(case.ticket.first_receiver));
        let (Some(case), Some(line_number)) = (self.cases.get(&id), line) else { return false };
        let allowed = self.is_withdrawable(&case.ticket);
        if !allowed || self.move_ticket(id, Move::Withdraw, by, json!({}), now).is_err() {
            self.tell_resident(id, |number| Words::WithdrawRefused { number, line_number }, now);
            return false;
        }
        self.stand_everybody_down(id, now);
        self.end_survey(id, crate::domain::survey::SurveyState::Cancelled, now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.closure = Some(ClosureCode::Withdrawn);
            case.ticket.closed_at = Some(now);
        }
        self.cancel_ticket_callbacks(id, now);
        self.call_back_the_merged(id, now);
        self.tell_resident(id, |number| Words::WithdrawnConfirmed { number }, now);
        true
    }

    /// Row 21: neither sealed, nor life or safety, nor a mandatory report.
    pub(super) fn is_withdrawable(&self, ticket: &Ticket) -> bool {
        guard::may_withdraw(ticket, self.category_for(ticket)).is_ok()
    }

    /// The ticket a resident writes about: by its number, else the latest that is open, else the latest.
    fn ticket_of_caller(&self, from: &PhoneNumber, number: Option<TicketNumber>) -> Option<TicketId> {
        let mine = self.tickets_by_caller.get(from)?;
        let spoken = mine.iter().filter(|id| {
            let ticket = &self.cases[*id].ticket;
            ticket.confidentiality == Confidentiality::Normal && number.is_none_or(|n| ticket.number == n)
        });
        spoken
            .max_by_key(|id| {
                let ticket = &self.cases[*id].ticket;
                (ticket.state.is_open(), ticket.opened_at)
            })
            .copied()
    }

    /// Everybody who was asked or bound is told that it is off.
    pub(super) fn stand_everybody_down(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let open: Vec<_> = case.offers.iter().filter(|o| o.state.is_open()).map(|o| o.id).collect();
        let live: Vec<_> = case.live_assignments().cloned().collect();
        for offer in open {
            self.withdraw_offer(id, offer, OfferState::Withdrawn, now);
        }
        for visit in live {
            self.move_assignment(id, visit.id, crate::domain::assignment::AssignmentState::Cancelled, now);
            if visit.volunteer.is_some() {
                self.tell_helper(id, &visit, CALLED_OFF, |code| Words::Withdrawn { code }, now);
            }
            let entity = visit.volunteer.map_or(Entity::Ticket(id), Entity::Volunteer);
            self.tell_about(id, EventKind::VisitAborted, entity, json!({ "called_off": true }), now);
        }
        if let Some(case) = self.case_mut(id) {
            for item in &mut case.work {
                if item.state.is_live() {
                    item.state = crate::domain::work_item::WorkState::Withdrawn;
                    item.ended_at = Some(now);
                }
            }
        }
    }

    /// Call-back entries that stood for a ticket which is closed need no call any more.
    pub(super) fn cancel_ticket_callbacks(&mut self, id: TicketId, now: Timestamp) {
        self.cancel_callbacks_of(id, now, |request| {
            matches!(request.reason, CallbackReason::Ticket | CallbackReason::Station)
        });
    }

    /// What is owed about a ticket and need not be said any more.
    pub(super) fn cancel_callbacks_of(
        &mut self,
        id: TicketId,
        now: Timestamp,
        which: impl Fn(&CallbackRequest) -> bool,
    ) {
        let owed = |request: &&CallbackRequest| {
            request.ticket == Some(id) && request.state.is_open() && which(request)
        };
        let ids: Vec<CallbackId> = self.callbacks.values().filter(owed).map(|request| request.id).collect();
        for callback in ids {
            self.move_callback(callback, CallbackState::Cancelled, &Actor::SYSTEM, now);
        }
    }
}
