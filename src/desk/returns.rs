//! Work that comes back: given back before it was taken (row 10), given up after it (row 14).

use serde_json::json;

use super::Desk;
use super::commands::refuse;
use super::event::Commander;
use super::history::EventKind;
use super::refusal::{Refusal, Why};
use super::task_notices::Told;
use super::ticket_commands::check_words;
use crate::domain::actor::Actor;
use crate::domain::assignment::AssignmentState;
use crate::domain::category::HandlerKind;
use crate::domain::clocks::{ClockCalendar, ClockKind};
use crate::domain::guard;
use crate::domain::ids::{TicketId, WorkItemId};
use crate::domain::ticket::{ReturnReason, Window};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::work_item::WorkState;

impl Desk {
    /// dispatched → pending_dispatch: not ours. The clocks run on; the second return is ruled on by the district.
    pub(super) fn return_by_staff(
        &mut self,
        by: &Commander,
        id: TicketId,
        reason: ReturnReason,
        evidence: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Return)?;
        check_words(evidence)?;
        self.give_back(id, &actor, reason, evidence, now)
    }

    /// Row 10, whoever says it and however.
    pub(super) fn give_back(
        &mut self,
        id: TicketId,
        actor: &Actor,
        reason: ReturnReason,
        evidence: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(item) = self.item_for(id, actor.station, WorkState::Sent) else {
            return refuse(Why::NothingForStaff);
        };
        self.check_return(id, item, now)?;
        self.may_move_item(id, item, Move::Return, actor)?;
        if self.cases[&id].only_helps(item) {
            return self.part_given_back(id, item, (actor, reason, evidence), now);
        }
        let detail = json!({ "reason": reason, "words": evidence });
        let Some(case) = self.case_mut(id) else { return Ok(()) };
        case.ticket.return_count += 1;
        let returns = case.ticket.return_count;
        let owner = case.ticket.owner;
        let gave_back = case.work_item(item).map_or(owner, |item| item.station);
        case.ticket.progress.told.retain(|station| *station != gave_back);
        let rules = guard::return_needs_ruling(returns, &self.rules.policy);
        let up = if rules {
            self.district_station()
        } else {
            self.stations
                .get(&gave_back)
                .and_then(|station| station.parent)
                .or_else(|| self.district_station())
        };
        let station = up.unwrap_or(owner);
        // What replaces it is there before it goes: a ticket with nothing to do would count as handled.
        self.add_item(id, HandlerKind::Station, station, self.persons_of(id), now);
        self.move_item(id, item, Move::Return, actor, detail.clone(), now)?;
        self.tell_by(id, EventKind::TicketReturned, actor, detail, now);
        self.object(id, (Told::station(gave_back), None), (reason, station, rules), now);
        self.send_to_station(id, station, Move::SendToStation, &Actor::SYSTEM, "returned", now)
    }

    /// in_progress → pending_dispatch: the handler gives it up; it is asked again.
    pub(super) fn abort_by_staff(
        &mut self,
        by: &Commander,
        id: TicketId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::GiveUp)?;
        check_words(reason)?;
        let theirs: Vec<WorkItemId> = self
            .part_of(id, actor.station)
            .into_iter()
            .filter(|item| {
                self.cases[&id].live_assignments().any(|a| a.work_item == *item && a.volunteer.is_none())
            })
            .collect();
        if theirs.is_empty() {
            return refuse(Why::VolunteersAtWork);
        }
        self.give_up(id, &theirs, (&actor, reason), now)
    }

    /// Row 14 by whoever is at it, however they say so: it is asked for anew.
    pub(super) fn give_up(
        &mut self,
        id: TicketId,
        items: &[WorkItemId],
        (actor, words): (&Actor, &str),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        for item in items {
            self.may_move_item(id, *item, Move::GiveUp, actor)?;
        }
        let kind = self.kind_to_begin(id, now);
        let mut expected = false;
        for item in items {
            let case = &self.cases[&id];
            let theirs = case.live_assignments().filter(|a| a.work_item == *item && a.volunteer.is_none());
            for assignment in theirs.map(|a| a.id).collect::<Vec<_>>() {
                self.move_assignment(id, assignment, AssignmentState::Aborted, now);
            }
            self.visitor_heard_of(id);
            if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(*item))
                && item.facility.take().is_some()
            {
                item.kind = kind;
                expected = true;
            }
            self.move_item(id, *item, Move::GiveUp, actor, json!({ "words": words }), now)?;
        }
        if items.iter().all(|item| self.cases[&id].only_helps(*item)) {
            items.iter().for_each(|item| self.pass_part_up(id, *item, now));
            return Ok(());
        }
        self.accept_before_visit(id, now);
        self.climb(id, now);
        if expected {
            // They were told which institution comes.
            self.tell_resident_replaced(id, now);
        }
        Ok(())
    }

    /// Work that was taken and given up is owed an acceptance of its own, from the first rung.
    pub(super) fn accept_anew(&mut self, id: TicketId, now: Timestamp) {
        if let Some(case) = self.case_mut(id) {
            case.ticket.clocks.retain(|clock| clock.kind != ClockKind::Accept);
            case.ticket.progress.rung = None;
            case.ticket.progress.ladder_rests_until = None;
            case.ticket.progress.staff_by = None;
            case.forget_told();
            case.candidates_left = usize::MAX;
            for item in &mut case.work {
                item.wave = 0;
            }
        }
        self.start_clock(id, ClockKind::Accept, now);
    }

    /// The same for somebody who was to come: the appointment stands, and the ladder reaches staff before it.
    pub(super) fn accept_before_visit(&mut self, id: TicketId, now: Timestamp) {
        self.accept_anew(id, now);
        let by = self.cases[&id].ticket.window.and_then(|window| self.staff_by(window, now));
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.staff_by = by;
        }
        self.hold_to_visit(id);
    }

    /// By when staff has to have what is asked for now; none where its time is over.
    pub(super) fn staff_by(&self, window: Window, now: Timestamp) -> Option<Timestamp> {
        let shares = &self.rules.policy.escalation;
        let by = (window.from - shares.staff_before_visit).max(now + shares.asked_anew_at_least);
        (window.until > now).then_some(by)
    }

    /// Shortens the accept clock so that volunteers', and an institution's, shares of it end when staff has to have it.
    /// Days and hours without work are no excuse then.
    pub(super) fn hold_to_visit(&mut self, id: TicketId) {
        let (calendar, shares) = (self.rules.calendar.clone(), self.rules.policy.escalation.clone());
        let percent = u32::from(shares.institution_percent.max(shares.volunteers_percent));
        let Some(by) = self.cases[&id].ticket.progress.staff_by else { return };
        let Some(clock) = self.case_mut(id).and_then(|case| case.clock_mut(ClockKind::Accept)) else {
            return;
        };
        if clock.moment_at(&calendar, percent * 10) > by {
            clock.due = clock.due.min(clock.started + by.since(clock.started) * 100 / percent);
            clock.calendar = ClockCalendar::Always;
        }
    }
}
