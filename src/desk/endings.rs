//! What every end has in common, and what begins again: closing, thanks, redo (DOMAIN §3, rows 16 to 18).

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::notices::Notice;
use crate::domain::actor::Actor;
use crate::domain::assignment::AssignmentState;
use crate::domain::callback::CallbackReason;
use crate::domain::clocks::ClockKind;
use crate::domain::guard;
use crate::domain::ids::TicketId;
use crate::domain::survey::{Survey, SurveyState};
use crate::domain::ticket::ClosureCode;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::text::words::Words;

impl Desk {
    /// handled → closed. The helpers are thanked, the resident is told.
    ///
    /// What must not end yet (its own category, a police report) goes to a person instead.
    pub(super) fn close(&mut self, id: TicketId, code: ClosureCode, by: &Actor, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        if guard::may_end(&case.ticket, self.category_of(id).as_ref()).is_err() {
            self.supervise(id, 1, &Actor::SYSTEM, "must_not_end_yet", now);
            self.ask_by_person(id, now);
            return;
        }
        let detail = json!({ "code": code });
        if self.move_ticket(id, Move::Close, by, detail, now).is_err() {
            return;
        }
        let unasked = |survey: &Survey| survey.state == SurveyState::NotAsked;
        let state = if code == ClosureCode::Unreachable {
            SurveyState::Unreachable
        } else if self.cases[&id].survey.as_ref().is_some_and(unasked) {
            SurveyState::NotAsked
        } else {
            SurveyState::Answered
        };
        self.end_survey(id, state, now);
        self.set_closed(id, code, now);
        self.thank_helpers(id, now);
    }

    /// Everybody who helped hears that it is closed, and thanks (DOMAIN §9.6).
    fn thank_helpers(&mut self, id: TicketId, now: Timestamp) {
        let case = &self.cases[&id];
        let number = case.ticket.number.to_string();
        let done = case.assignments.iter().filter(|visit| visit.state == AssignmentState::Done);
        let helpers: BTreeSet<_> = done.filter_map(|visit| visit.volunteer).collect();
        for volunteer in helpers {
            let Some(to) = self.roster.find(volunteer).map(|v| v.phone.clone()) else { continue };
            let words = Words::Thanks { number: number.clone() };
            self.send(Notice::new(to, words).about(id).by_day(), now);
        }
    }

    /// What every way of closing has in common.
    pub(super) fn set_closed(&mut self, id: TicketId, code: ClosureCode, now: Timestamp) {
        let Some(case) = self.case_mut(id) else { return };
        case.ticket.closure = Some(code);
        case.ticket.closed_at = Some(now);
        let number = case.ticket.number.to_string();
        let language = case.ticket.language;
        let open = case.ticket.may_be_told();
        if let Some(caller) = case.ticket.caller.clone()
            && code != ClosureCode::Unreachable
            && open
        {
            let notice =
                Notice::new(caller, Words::Closed { number }).about(id).in_language(language).by_day();
            self.send(notice, now);
        }
        self.cancel_ticket_callbacks(id, now);
        self.call_back_the_merged(id, now);
    }

    /// handled → pending_dispatch: done again, by somebody else, with the handling clock still running.
    pub(super) fn redo(&mut self, id: TicketId, by: &Actor, why: &str, now: Timestamp) {
        self.end_survey(id, SurveyState::Answered, now);
        if self.move_ticket(id, Move::Redo, by, json!({ "why": why }), now).is_err() {
            return;
        }
        let Some(case) = self.case_mut(id) else { return };
        case.ticket.redo_count += 1;
        let redos = case.ticket.redo_count;
        if let Some(clock) = case.clock_mut(ClockKind::Handle) {
            clock.run_on();
        }
        let policy = &self.rules.policy;
        let (level, district) =
            (guard::supervision_after_redo(redos, policy), guard::district_calls(redos, policy));
        if level > 0 {
            self.supervise(id, level, &Actor::SYSTEM, "redo", now);
        }
        if district {
            self.district_calls(id, now);
        }
        let case = &self.cases[&id];
        let open = case.ticket.may_be_told();
        if let Some(caller) = case.ticket.caller.clone().filter(|_| open) {
            let words = Words::RedoNoted { number: case.ticket.number.to_string() };
            let notice = Notice::new(caller, words).about(id).in_language(case.ticket.language).by_day();
            self.send(notice, now);
        }
        self.begin_again(id, now);
    }

    /// Work starts over: past helpers are not asked again, acceptance is owed anew.
    pub(super) fn begin_again(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.case_mut(id) else { return };
        let helpers: Vec<_> = case.assignments.iter().filter_map(|a| a.volunteer).collect();
        case.declined.extend(helpers);
        case.ticket.window = None;
        case.ticket.progress.time_agreed_at = None;
        case.ticket.handled_at = None;
        case.ticket.progress.out_of_scope_by = None;
        case.ticket.clocks.retain(|clock| !matches!(clock.kind, ClockKind::Followup | ClockKind::Window));
        self.renew_window(id, now);
        self.renew_two_person(id, now);
        self.start_clock(id, ClockKind::Window, now);
        self.accept_anew(id, now);
        self.plan_work(id, now);
        self.climb(id, now);
    }

    /// The district itself rings the resident.
    fn district_calls(&mut self, id: TicketId, now: Timestamp) {
        let (Some(station), Some(case)) = (self.district_station(), self.cases.get(&id)) else { return };
        if let Some(number) = case.ticket.caller.clone() {
            let wish = Wish { ticket: Some(id), ..Wish::new(number, station, CallbackReason::Ticket) };
            self.request_callback(wish, now);
        }
    }
}
