//! Who cannot come, or did not: not counted on any more, and their place asked for anew.

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::history::EventKind;
use super::visits::{CALLED_OFF, actor_of, entity_of};
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentState};
use crate::domain::category::HandlerKind;
use crate::domain::ids::{AssignmentId, TicketId, WorkItemId};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::work_item::WorkState;
use crate::text::words::Words;

impl Desk {
    /// The helper cannot: the slot is asked again, the clocks run on.
    pub(super) fn visit_failed(
        &mut self,
        ticket: TicketId,
        id: AssignmentId,
        to: AssignmentState,
        now: Timestamp,
    ) {
        let Some(visit) = self.drop_visit(ticket, id, to, now) else { return };
        let actor = actor_of(&visit);
        self.fill_anew(ticket, &[visit], &actor, now);
    }

    /// The helper is not counted on any more.
    fn drop_visit(
        &mut self,
        ticket: TicketId,
        id: AssignmentId,
        to: AssignmentState,
        now: Timestamp,
    ) -> Option<Assignment> {
        let visit = self.move_assignment(ticket, id, to, now)?;
        let kind =
            if to == AssignmentState::NoShow { EventKind::VisitNoShow } else { EventKind::VisitAborted };
        self.tell_about(ticket, kind, entity_of(&visit), json!({ "volunteer": visit.volunteer }), now);
        // Who was released by us may be asked again; who gave up or did not come is not.
        let dropped = matches!(to, AssignmentState::Aborted | AssignmentState::NoShow);
        if let (Some(volunteer), Some(case), true) = (visit.volunteer, self.case_mut(ticket), dropped) {
            case.declined.insert(volunteer);
        }
        Some(visit)
    }

    /// The places of those who were dropped are asked for anew. Work that somebody else has by now stays theirs.
    fn fill_anew(&mut self, ticket: TicketId, dropped: &[Assignment], actor: &Actor, now: Timestamp) {
        let of_volunteers = |visit: &&Assignment| {
            let item = self.cases[&ticket].work_item(visit.work_item);
            item.is_some_and(|item| item.kind == HandlerKind::Volunteer)
        };
        let dropped: Vec<&Assignment> = dropped.iter().filter(of_volunteers).collect();
        if dropped.is_empty() {
            return;
        }
        self.resume_for(ticket, actor, now);
        // Of more than are needed now one may drop out.
        self.want_enough_people(ticket);
        let case = &self.cases[&ticket];
        let is_short = |id: &WorkItemId| {
            let goes_on = case.work_item(*id).is_some_and(|item| item.state == WorkState::Working);
            !goes_on || case.free_slots(*id) > 0
        };
        let short = dropped.iter().filter(|visit| is_short(&visit.work_item));
        let items: BTreeSet<WorkItemId> = short.clone().map(|visit| visit.work_item).collect();
        if short.clone().any(|visit| case.given_at(visit).is_some()) {
            self.tell_resident_replaced(ticket, now);
        }
        for item in items {
            self.ask_anew(ticket, item, actor, now);
        }
        // One who has been there may be enough by now.
        self.nobody_else_is_needed(ticket, now);
    }

    /// Work that went on is asked for again, as far as nobody fills it.
    pub(super) fn ask_anew(&mut self, ticket: TicketId, item: WorkItemId, actor: &Actor, now: Timestamp) {
        if self.move_item(ticket, item, Move::GiveUp, actor, json!({}), now).is_ok() {
            self.accept_before_visit(ticket, now);
            self.climb(ticket, now);
            self.tell_left_alone(ticket, item, now);
        } else {
            // Another slot of the same work is being asked for already: this one with it.
            self.replace(ticket, item, now);
        }
    }

    /// Who was asked and is silent since: all of them are dropped before anybody else is asked.
    pub(super) fn check_no_shows(&mut self, ticket: TicketId, now: Timestamp) {
        let after = self.rules.policy.visits.no_show_after;
        let case = &self.cases[&ticket];
        let silent = |visit: &&Assignment| {
            let on_the_way = matches!(visit.state, AssignmentState::Accepted | AssignmentState::EnRoute)
                // Of staff silence is supervised, and nobody else is asked.
                && visit.volunteer.is_some();
            on_the_way && case.goes_on(visit) && visit.asked_at.is_some_and(|at| at + after <= now)
        };
        let silent: Vec<Assignment> = case.live_assignments().filter(silent).cloned().collect();
        for visit in &silent {
            self.tell_helper(ticket, visit, CALLED_OFF, |code| Words::GivenToOthers { code }, now);
            self.drop_visit(ticket, visit.id, AssignmentState::NoShow, now);
        }
        self.fill_anew(ticket, &silent, &Actor::SYSTEM, now);
        for volunteer in silent.iter().filter_map(|visit| visit.volunteer) {
            self.note_no_show(volunteer, now);
        }
    }
}
