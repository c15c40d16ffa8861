//! What was staff's by the catalogue and is others' by what it has become, as long as no staff has taken it.

use serde_json::json;

use super::Desk;
use super::replan::Was;
use crate::domain::actor::Actor;
use crate::domain::category::HandlerKind;
use crate::domain::ids::{TicketId, WorkItemId};
use crate::domain::ticket::TicketState;
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::work_item::{WorkItem, WorkState};

impl Desk {
    /// Work that waits for staff goes to whoever the row names first, as if it were dispatched now. What staff is at
    /// stays theirs, and so does what went to staff because nobody else took it, or by somebody's choice.
    pub(super) fn take_from_staff(&mut self, id: TicketId, was: &Was, now: Timestamp) {
        let kind = self.kind_to_begin(id, now);
        let staffs = |kind: HandlerKind| match kind {
            HandlerKind::Station | HandlerKind::Duty => true,
            HandlerKind::Volunteer | HandlerKind::Institution => false,
        };
        let waits = self.state_of_ticket(id) == TicketState::Dispatched;
        if !waits || staffs(kind) || !staffs(was.began_with) {
            return;
        }
        let leading = self.leading_in(id, WorkState::Sent);
        let of_staff =
            |item: &WorkItemId| self.cases[&id].work_item(*item).is_some_and(|item| item.facility.is_none());
        let mut leading = leading.into_iter().filter(of_staff);
        let Some(first) = leading.next() else { return };
        // The district, or the place's own station, was told at the same moment.
        let others: Vec<WorkItemId> = leading.collect();
        let (owner, persons) = (self.cases[&id].ticket.owner, self.persons_of(id));
        let Some(case) = self.case_mut(id) else { return };
        for item in &mut case.work {
            if item.id == first {
                *item = WorkItem {
                    kind,
                    state: WorkState::Open,
                    station: owner,
                    slots: persons,
                    sent_at: None,
                    ..item.clone()
                };
            } else if others.contains(&item.id) {
                item.state = WorkState::Withdrawn;
                item.ended_at = Some(now);
            }
        }
        // The table calls it what it is where somebody who had it gives it up: nobody does it, and it is planned anew.
        self.follow_work(id, Move::GiveUp, &Actor::SYSTEM, json!({ "recoded": true }), now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.why = "recoded".to_owned();
        }
        self.accept_before_visit(id, now);
        // The district was rung for staff; whoever is asked now has their time first.
        self.end_alarm(id);
    }
}
