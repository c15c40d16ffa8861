//! Co-handlers by hand: a dispatcher asks another station to help with an open ticket, and may take its part off again.
//!
//! The part is what one of the catalogue is: told by text, with a clock of its own, supervised when it is late. Whose the
//! ticket is it never changes.

use serde_json::json;

use super::Desk;
use super::commands::refuse;
use super::event::Commander;
use super::history::EventKind;
use super::refusal::{Refusal, Why};
use super::staff::for_staff;
use super::task_notices::Told;
use super::ticket_commands::check_words;
use crate::domain::actor::{Actor, Role};
use crate::domain::assignment::AssignmentState;
use crate::domain::category::HandlerKind;
use crate::domain::guard;
use crate::domain::ids::{StationId, TicketId, WorkItemId};
use crate::domain::ticket::ReturnReason;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::{Move, allowed_for_item, derive_state};
use crate::domain::work_item::{WorkRole, WorkState};

impl Desk {
    /// A station helps from now on. What is asked of it and why are kept.
    pub(super) fn add_co_handler(
        &mut self,
        by: &Commander,
        id: TicketId,
        station: StationId,
        (asked, reason): (&str, &str),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.present(by, id, &[Role::Dispatcher])?;
        check_words(asked)?;
        check_words(reason)?;
        if !self.stations.contains_key(&station) {
            return refuse(Why::NoSuchStation);
        }
        // A part is sent out by row 6, whatever the others are at.
        allowed_for_item(self.state_of_ticket(id), WorkState::Open, actor.kind, Move::SendToStation)?;
        let theirs = |item: &crate::domain::work_item::WorkItem| {
            item.station == station && item.kind != HandlerKind::Volunteer && item.facility.is_none()
        };
        if self.cases[&id].live_work().any(theirs) {
            return refuse(Why::HasAPart);
        }
        let detail = json!({ "station": station, "asked": asked, "words": reason });
        self.tell_by(id, EventKind::CoHandlerAdded, &actor, detail, now);
        let _part = self.open_part(id, station, now);
        if derive_state(&self.cases[&id].work) != self.state_of_ticket(id) {
            self.follow_work(id, Move::SendToStation, &actor, json!({ "station": station }), now);
        }
        Ok(())
    }

    fn open_part(&mut self, id: TicketId, station: StationId, now: Timestamp) -> WorkItemId {
        let part = self.push_item(id, (WorkRole::Co, HandlerKind::Station), station, 1, now);
        if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(part)) {
            item.state = WorkState::Sent;
            item.sent_at = Some(now);
        }
        self.wind_co_clocks(id, now);
        self.ask_to_help(id, station, now);
        part
    }

    /// A station need not help any more; its duty telephone hears so when it had taken its part.
    pub(super) fn remove_co_handler(
        &mut self,
        by: &Commander,
        id: TicketId,
        station: StationId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.present(by, id, &[Role::Dispatcher])?;
        check_words(reason)?;
        allowed_for_item(self.state_of_ticket(id), WorkState::Open, actor.kind, Move::SendToStation)?;
        let case = &self.cases[&id];
        let Some(part) = case.part_of(station).map(|part| part.id) else { return refuse(Why::NoSuchPart) };
        if case.live_work().all(|item| item.id == part) {
            return refuse(Why::LastPart);
        }
        let bound: Vec<_> =
            case.live_assignments().filter(|bound| bound.work_item == part).map(|bound| bound.id).collect();
        for assignment in bound {
            self.move_assignment(id, assignment, AssignmentState::Cancelled, now);
        }
        if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(part)) {
            item.state = WorkState::Withdrawn;
            item.ended_at = Some(now);
        }
        self.untell(id, station);
        self.wind_co_clocks(id, now);
        self.decide_objection(id, Some(part), (&actor, &json!({ "ended": true })), now);
        let detail = json!({ "station": station, "words": reason });
        self.tell_by(id, EventKind::CoHandlerRemoved, &actor, detail, now);
        Ok(())
    }

    /// Row 10 by a co-handler: the station above has the part and decides whose it is, from the second return on the
    /// district, finally; the lead goes on.
    pub(super) fn part_given_back(
        &mut self,
        id: TicketId,
        part: WorkItemId,
        (actor, reason, words): (&Actor, ReturnReason, &str),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(station) = self.cases[&id].work_item(part).map(|part| part.station) else { return Ok(()) };
        let returns = self.returns_of(id, part) + 1;
        let detail = json!({ "reason": reason, "words": words, "station": station, "role": WorkRole::Co });
        self.move_item(id, part, Move::Return, actor, detail.clone(), now)?;
        self.untell(id, station);
        self.tell_by(id, EventKind::TicketReturned, actor, detail, now);
        // Whoever had to decide says that it is not theirs either: that is the next return, decided higher up.
        self.end_objection(id, Some(part));
        let rules = guard::return_needs_ruling(returns, &self.rules.policy);
        let up = if rules { self.district_station() } else { self.tree.above(station) };
        // Where nobody is above, or that one is at it anyway, the part ends here and nothing is left to decide.
        let is_free = |up: &StationId| self.cases[&id].live_work().all(|item| item.station != *up);
        if let Some(decides) = up.filter(is_free) {
            let part = self.open_part(id, decides, now);
            self.object(id, (Told::station(station), Some(part)), (reason, decides, rules), now);
        }
        Ok(())
    }

    /// Row 14 by a co-handler: its part goes to the station above, or waits for it to be taken again.
    pub(super) fn pass_part_up(&mut self, id: TicketId, part: WorkItemId, now: Timestamp) {
        let Some(own) = self.cases[&id].work_item(part).map(|part| part.station) else { return };
        let station = self.tree.above(own).unwrap_or(own);
        if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(part)) {
            for_staff(item, station);
        }
        if station != own {
            self.untell(id, own);
        }
        let detail = json!({ "station": station, "role": WorkRole::Co });
        // What is open may always be sent.
        let _refused = self.move_item(id, part, Move::SendToStation, &Actor::SYSTEM, detail, now).err();
        self.ask_to_help(id, station, now);
    }

    /// The station may not take the work any more, unless the ticket is its own.
    fn untell(&mut self, id: TicketId, station: StationId) {
        if let Some(case) = self.case_mut(id)
            && case.ticket.owner != station
        {
            case.ticket.progress.told.retain(|told| *told != station);
        }
    }
}
