//! Moves: every change of a ticket's state goes through here, held against the table of DOMAIN §3.

use serde_json::{Value, json};

use super::Desk;
use super::case::Case;
use super::history::{Entity, EventKind, Line};
use crate::domain::actor::Actor;
use crate::domain::clocks::{Clock, ClockKind, Owed};
use crate::domain::ids::{TicketId, WorkItemId};
use crate::domain::ticket::TicketState;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::{Move, Next, Refused, allowed, allowed_for_item, derive_state};
use crate::domain::work_item::WorkState;

impl Desk {
    /// The case, remembered as it was before this step touched it.
    pub(super) fn case_mut(&mut self, id: TicketId) -> Option<&mut Case> {
        let case = self.cases.get_mut(&id)?;
        self.draft.cases_before.entry(id).or_insert_with(|| Some(case.clone()));
        Some(case)
    }

    /// Moves a whole ticket. The state it had is kept where a later move needs it.
    pub(super) fn move_ticket(
        &mut self,
        id: TicketId,
        mv: Move,
        actor: &Actor,
        detail: Value,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Some(case) = self.cases.get(&id) else { return Ok(()) };
        let from = case.ticket.state;
        let to = match allowed(from, actor.kind, mv)? {
            Next::To(state) => state,
            Next::FollowsWorkItems(_) => derive_state(&case.work),
            Next::Former => case.ticket.former_state.unwrap_or(TicketState::PendingDispatch),
        };
        let case = self.case_mut(id).expect("it was found above");
        if matches!(mv, Move::Merge | Move::Suspend) {
            case.ticket.former_state = Some(from);
        }
        self.arrive(id, to, mv, actor, detail, now);
        Ok(())
    }

    /// Moves one work item; the ticket follows.
    pub(super) fn move_item(
        &mut self,
        id: TicketId,
        work: WorkItemId,
        mv: Move,
        actor: &Actor,
        detail: Value,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Some(to) = self.may_move_item(id, work, mv, actor)? else { return Ok(()) };
        let case = self.case_mut(id).expect("it was found above");
        let item = case.work_item_mut(work).expect("it was found above");
        item.state = to;
        if to == WorkState::Working && item.accepted_at.is_none() {
            item.accepted_at = Some(now);
        }
        if !to.is_live() {
            item.ended_at = Some(now);
        }
        if to == WorkState::Sent {
            item.sent_at = Some(now);
        }
        if to == WorkState::Working {
            case.lead_by(work);
        }
        self.wind_co_clocks(id, now);
        self.follow_work(id, mv, actor, detail, now);
        if to == WorkState::Sent {
            // Who said yes while a second was still looked for is not needed beside staff or an institution.
            self.call_off_helpers(id, |visit| visit.work_item == work && visit.volunteer.is_some(), now);
        }
        Ok(())
    }

    /// Asks the table where a move leads one work item, before anything is changed for its sake; none where there is
    /// no such item.
    pub(super) fn may_move_item(
        &self,
        id: TicketId,
        work: WorkItemId,
        mv: Move,
        actor: &Actor,
    ) -> Result<Option<WorkState>, Refused> {
        let Some(case) = self.cases.get(&id) else { return Ok(None) };
        let Some(item) = case.work_item(work) else { return Ok(None) };
        allowed_for_item(case.ticket.state, item.state, actor.kind, mv).map(Some)
    }

    /// Lets the ticket follow its work items.
    pub(super) fn follow_work(
        &mut self,
        id: TicketId,
        mv: Move,
        actor: &Actor,
        detail: Value,
        now: Timestamp,
    ) {
        let Some(case) = self.cases.get(&id) else { return };
        if case.ticket.state == TicketState::Suspended || case.is_over() {
            return;
        }
        let to = derive_state(&case.work);
        self.arrive(id, to, mv, actor, detail, now);
    }

    /// The ticket is in its new state: history, clocks, and what follows of itself.
    fn arrive(
        &mut self,
        id: TicketId,
        to: TicketState,
        mv: Move,
        actor: &Actor,
        detail: Value,
        now: Timestamp,
    ) {
        self.answer_supervision(id, actor);
        let Some(case) = self.case_mut(id) else { return };
        let from = case.ticket.state;
        case.ticket.state = to;
        case.ticket.why = mv.name().to_owned();
        let subject = case.ticket.beneficiary;
        let mut said = json!({ "move": mv, "from": from, "to": to });
        if let (Some(said), Value::Object(more)) = (said.as_object_mut(), detail) {
            said.extend(more);
        }
        let line = Line::new(EventKind::TicketMoved, Entity::Ticket(id), said);
        self.tell(line.by(actor.clone()).about(id).of(subject), now);
        if from == to {
            return;
        }
        match to {
            TicketState::InProgress if from != TicketState::Suspended => {
                self.stop_clock(id, ClockKind::Accept, now);
                self.end_alarm(id);
                if let Some(case) = self.case_mut(id) {
                    // Whoever works on it has it.
                    case.ticket.progress.objections.retain(|objection| objection.part.is_some());
                }
            }
            TicketState::Handled => self.handled(id, now),
            TicketState::Closed | TicketState::Void | TicketState::Merged => {
                self.stop_all_clocks(id, now);
                self.end_alarm(id);
            }
            TicketState::Intake
            | TicketState::PendingDispatch
            | TicketState::Offering
            | TicketState::Dispatched
            | TicketState::InProgress
            | TicketState::Suspended
            | TicketState::Archived => {}
        }
    }

    pub(super) fn owed(&self, case: &Case) -> Owed {
        let category = self.category_for(&case.ticket);
        Owed {
            urgency: case.ticket.urgency,
            consultation: category.is_some_and(|category| category.consultation),
            window: case.ticket.window,
        }
    }

    /// Starts a clock that is owed and not there yet: a redo never starts one anew.
    pub(super) fn start_clock(&mut self, id: TicketId, kind: ClockKind, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        if case.clock(kind).is_some() {
            return;
        }
        let owed = self.owed(case);
        let clock = Clock::start(kind, &owed, &self.rules.policy, &self.rules.calendar, now);
        if let (Some(clock), Some(case)) = (clock, self.case_mut(id)) {
            case.ticket.clocks.push(clock);
        }
    }

    pub(super) fn stop_clock(&mut self, id: TicketId, kind: ClockKind, now: Timestamp) {
        let calendar = self.rules.calendar.clone();
        if let Some(clock) = self.case_mut(id).and_then(|case| case.clock_mut(kind)) {
            clock.stop(&calendar, now);
        }
    }

    fn stop_all_clocks(&mut self, id: TicketId, now: Timestamp) {
        for kind in ClockKind::ALL {
            self.stop_clock(id, *kind, now);
        }
    }

    /// Clocks whose moment has passed: the breach is noted once and raises supervision.
    pub(super) fn check_clocks(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.case_mut(id) else { return };
        if case.is_over() {
            return;
        }
        let late: Vec<ClockKind> = case
            .ticket
            .clocks
            .iter_mut()
            .filter_map(|clock| clock.check(now).then_some(clock.kind))
            .collect();
        let subject = case.ticket.beneficiary;
        self.check_co_clocks(id, now);
        for kind in late {
            let line = Line::new(EventKind::ClockBreached, Entity::Ticket(id), json!({ "clock": kind }));
            self.tell(line.about(id).of(subject), now);
            match kind {
                ClockKind::Accept => self.accept_overdue(id, now),
                ClockKind::Handle => self.supervise(id, 1, &Actor::SYSTEM, kind.name(), now),
                ClockKind::Triage => self.triage_overdue(id, now),
                ClockKind::Followup => self.followup_overdue(id, now),
                // The line of history is all that follows; the board shows them red.
                ClockKind::Answer | ClockKind::FirstContact | ClockKind::OnSite | ClockKind::Window => {}
            }
        }
    }

    /// Nobody took it in time. After a redo or another station it may happen again: then the district is rung at once.
    fn accept_overdue(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.case_mut(id) else { return };
        case.ticket.progress.accepts_missed = case.ticket.progress.accepts_missed.saturating_add(1);
        let again = case.ticket.progress.accepts_missed > 1;
        let level = if again { 2 } else { 1 };
        self.supervise(id, level, &Actor::SYSTEM, ClockKind::Accept.name(), now);
        if again {
            self.start_alarm(id, now, now);
        }
    }
}
