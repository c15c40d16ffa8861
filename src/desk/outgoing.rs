//! Which walk a call begins with: somebody rang us, or we rang somebody and they answered.

use super::Desk;
use super::calls::{LiveCall, Wanted};
use crate::domain::actor::Actor;
use crate::domain::assignment::AssignmentKind;
use crate::domain::call::CallerTrust;
use crate::domain::ids::{CallId, CallbackId, TicketId};
use crate::domain::language::Language;
use crate::domain::station::Front;
use crate::domain::ticket::{Confidentiality, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::ivr::context::{CallerLine, IncomingCall, OpenTicket, Register};
use crate::ivr::outgoing::{AlarmCause, Help, OutgoingCall};
use crate::ivr::walk::Walk;

/// Open tickets a caller is told of, the latest first.
const TICKETS_TOLD: usize = 3;

impl Desk {
    /// The walk of somebody who rang and was answered.
    pub(super) fn greet(&mut self, call: CallId, now: Timestamp) {
        let Some(context) = self.context_of(call, now) else { return };
        let is_device = context.device.is_some();
        if let Some(announcement) = self.announcement_of(&self.calls[&call].call).filter(|_| !is_device) {
            let started = Walk::start_announcement(&self.rules.menu, announcement, context, now);
            return self.start_walk(call, started, now);
        }
        // Danger lifts a limit, and what a one-key device asks for may be danger.
        let limited = !is_device && self.is_limited(call, now);
        let start = if limited { Walk::start_limited } else { Walk::start };
        let started = start(&self.rules.menu, context, now);
        self.start_walk(call, started, now);
    }

    /// The lines are full: the caller hears it and is owed a call.
    pub(super) fn turn_away(&mut self, call: CallId, now: Timestamp) {
        let Some(context) = self.context_of(call, now) else { return };
        let started = Walk::start_full(&self.rules.menu, context, now);
        self.start_walk(call, started, now);
    }

    /// Somebody who was rung for an emergency answered: which street, and 1 to take it.
    pub(super) fn ask_to_take(&mut self, leg: CallId, of: CallId, now: Timestamp) {
        let Some(live) = self.calls.get(&of) else { return };
        let known = live.known.registered().and_then(|home| home.area.clone());
        let ticket = live.call.ticket.and_then(|id| self.cases.get(&id));
        let area = ticket.and_then(|case| case.ticket.area.clone()).or(known);
        let area = area.or_else(|| self.stations.get(&live.call.station).map(|s| s.area.clone()));
        self.start_outgoing(leg, OutgoingCall::EmergencyLeg { language: Language::Zh, area }, now);
    }

    /// A call that goes on although its walk was forgotten: an emergency is one still.
    pub(super) fn greet_again(&mut self, call: CallId, now: Timestamp) {
        let waits = |live: &LiveCall| live.call.emergency_at.is_some() && live.call.talked_at.is_none();
        if !self.calls.get(&call).is_some_and(waits) {
            return self.greet(call, now);
        }
        let Some(context) = self.context_of(call, now) else { return };
        let started = Walk::start_emergency_again(&self.rules.menu, context, now);
        self.start_walk(call, started, now);
    }

    /// What the walk is told of the caller: nothing that could be spoken and should not be.
    pub(super) fn context_of(&self, call: CallId, now: Timestamp) -> Option<IncomingCall> {
        let live = self.calls.get(&call)?;
        let station = self.stations.get(&live.call.station)?;
        let register = match live.known.registered() {
            Some(_) => Register::OneHome,
            None if live.known.persons.is_empty() => Register::Unknown,
            None => Register::Shared,
        };
        let verified = live.call.trust == CallerTrust::Verified;
        let tasks = live.call.number.as_ref().filter(|_| verified).map(|number| self.tasks_on(number, now));
        Some(IncomingCall {
            front: if self.is_open(station, now) { station.front } else { Front::Menu },
            opens: self.opens(station.id, now),
            language: live.call.language,
            line: if live.call.number.is_some() { CallerLine::Known } else { CallerLine::Withheld },
            register,
            dialled: station.area.clone(),
            device: live.known.device.clone(),
            open: self.open_tickets_of(call),
            tasks: tasks.unwrap_or_default(),
        })
    }

    fn open_tickets_of(&self, call: CallId) -> Vec<OpenTicket> {
        let number = self.calls.get(&call).filter(|live| live.call.trust == CallerTrust::Verified);
        let number = number.and_then(|live| live.call.number.as_ref());
        let mine = number.and_then(|number| self.tickets_by_caller.get(number)).into_iter().flatten().rev();
        mine.filter_map(|id| self.cases.get(id))
            .filter(|case| case.ticket.state.is_open())
            .take(TICKETS_TOLD)
            .map(|case| OpenTicket {
                ticket: case.ticket.id,
                category: case.ticket.category.clone(),
                state: case.ticket.state,
                confidential: case.ticket.confidentiality != Confidentiality::Normal,
                withdrawable: self.is_withdrawable(&case.ticket),
            })
            .collect()
    }

    pub(super) fn start_outgoing(&mut self, call: CallId, outgoing: OutgoingCall, now: Timestamp) {
        let started = Walk::start_outgoing(&self.rules.menu, outgoing, now);
        self.start_walk(call, started, now);
    }

    /// The resident answered: the machine says who calls, and asks.
    pub(super) fn survey_call_answered(&mut self, call: CallId, ticket: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&ticket) else { return };
        if case.ticket.state != TicketState::Handled {
            self.draft.phone(super::effect::PhoneEffect::Hangup { call });
            return;
        }
        let outgoing = OutgoingCall::Survey { language: case.ticket.language, household: case.household };
        self.start_outgoing(call, outgoing, now);
    }

    /// The resident answered: who comes, each by badge number and visit code, and when; or that nobody does yet.
    pub(super) fn who_comes_call_answered(&mut self, call: CallId, ticket: TicketId, now: Timestamp) {
        let Some(visitors) = self.visitors_of(ticket) else {
            self.draft.phone(super::effect::PhoneEffect::Hangup { call });
            return;
        };
        let case = &self.cases[&ticket];
        let coming = case.coming().next();
        let (kind, window) =
            (coming.map_or(AssignmentKind::Visit, |visit| visit.kind), coming.map(|visit| visit.window));
        let language = case.ticket.language;
        let meets_at = self.meets_at(ticket, kind, language);
        let outgoing = OutgoingCall::WhoComes {
            language,
            help: Help { kind, visitors, meets_at },
            window: window.map(|window| self.spoken(window, now)),
        };
        self.start_outgoing(call, outgoing, now);
    }

    /// A duty officer answered: what it is and where, until 1 is pressed.
    pub(super) fn alarm_call_answered(&mut self, call: CallId, ticket: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&ticket) else { return };
        let outgoing = OutgoingCall::DutyAlarm {
            language: Language::Zh,
            why: if case.assignments.iter().any(|visit| self.is_silent(visit)) {
                AlarmCause::VisitorSilent
            } else {
                AlarmCause::NobodyAccepts
            },
            category: case.ticket.category.clone(),
            area: case.ticket.area.clone(),
        };
        self.start_outgoing(call, outgoing, now);
    }

    /// Somebody who is owed a call answered: they are joined to a person, else they hear the menu's ways.
    pub(super) fn callback_call_answered(&mut self, call: CallId, callback: CallbackId, now: Timestamp) {
        let Some(request) = self.callbacks.get(&callback) else { return };
        let (language, urgent) = (request.language, request.urgent);
        if let Some(live) = self.call_mut(call) {
            live.call.language = language;
        }
        if let Some(leg) = self.calls.get(&call).and_then(|live| live.with.first().copied()) {
            self.join(call, leg, now);
            return;
        }
        let Some(context) = self.context_of(call, now) else { return };
        let start = if urgent { Walk::start_emergency_back } else { Walk::start_ringing_back };
        let started = start(&self.rules.menu, context, now);
        self.start_walk(call, started, now);
    }

    /// An operator rings a number from the call-back list: their telephone first, then the number.
    pub(super) fn dial_for_operator(
        &mut self,
        callback: CallbackId,
        operator: &str,
        by: &Actor,
        now: Timestamp,
    ) {
        let Some(call) = self.ring_the_owed(callback, by, now) else { return };
        let station = self.calls[&call].call.station;
        let ring_time = self.rules.policy.survey.ring_time;
        if !operator.trim().is_empty() {
            // The operator's telephone rings while the number does; whoever answers second completes the pair.
            self.ring_all(call, vec![(station, operator.to_owned())], Wanted::Operator, ring_time, now);
        }
    }
}
