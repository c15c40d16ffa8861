//! Objections (派单异议): a station or an institution says "not ours". The station above, for an institution the one with the
//! duty, looks at it in time and takes the work or sends it to whose it is; from the second return on that is the
//! district's ruling (裁定), which is final.
//!
//! A co-handler objects to its part alone: the ticket, and whose it is, go on meanwhile. Whoever decides takes the part,
//! or a dispatcher takes it off.

use serde_json::{Value, json};

use super::Desk;
use super::history::EventKind;
use super::task_notices::Told;
use crate::domain::actor::Actor;
use crate::domain::ids::{StationId, TicketId, WorkItemId};
use crate::domain::ticket::{Objection, ReturnReason};
use crate::domain::timestamp::Timestamp;
use crate::domain::work_item::{WorkItem, WorkRole, WorkState};

impl Desk {
    /// How often this work was given back: the ticket, or a part of it by this station and those below it.
    pub(super) fn returns_of(&self, id: TicketId, item: WorkItemId) -> u32 {
        let case = &self.cases[&id];
        let Some(part) = case.work_item(item).filter(|_| case.only_helps(item)) else {
            return case.ticket.return_count;
        };
        let was = |other: &&WorkItem| {
            other.role == WorkRole::Co
                && other.state == WorkState::Returned
                && self.covers(part.station, other.station)
        };
        u32::try_from(case.work.iter().filter(was).count()).unwrap_or(u32::MAX)
    }

    /// Whoever decides has as long as there was for giving it back. `part` is what waits of a co-handler's.
    pub(super) fn object(
        &mut self,
        id: TicketId,
        (from, part): (Told, Option<WorkItemId>),
        (reason, decides, is_final): (ReturnReason, StationId, bool),
        now: Timestamp,
    ) {
        let urgency = self.cases[&id].ticket.urgency;
        let due = self.rules.calendar.add(now, self.rules.policy.of(urgency).return_window);
        if let Some(case) = self.case_mut(id) {
            let Told { station, facility } = from;
            let objections = &mut case.ticket.progress.objections;
            objections.retain(|objection| objection.part != part);
            objections.push(Objection {
                station,
                facility,
                part,
                reason,
                decides,
                is_final,
                due,
                late_at: None,
            });
        }
    }

    /// It is decided: whoever takes the work says that it is theirs, whoever sends it on says whose it is, in `detail`.
    /// Says whether anything waited for that.
    pub(super) fn decide_objection(
        &mut self,
        id: TicketId,
        part: Option<WorkItemId>,
        (actor, detail): (&Actor, &Value),
        now: Timestamp,
    ) -> bool {
        let Some(objection) = self.cases.get(&id).and_then(|case| case.ticket.progress.objection(part))
        else {
            return false;
        };
        self.end_objection(id, part);
        let from = objection.station;
        let mut said = json!({ "from": from, "institution": objection.facility, "reason": objection.reason });
        if let (Some(said), Value::Object(more)) = (said.as_object_mut(), detail.clone()) {
            said.extend(more);
        }
        let kind = if objection.is_final { EventKind::ReturnRuled } else { EventKind::ReturnReviewed };
        self.tell_by(id, kind, actor, said, now);
        true
    }

    /// Nothing waits for a decision about this any more.
    pub(super) fn end_objection(&mut self, id: TicketId, part: Option<WorkItemId>) {
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.objections.retain(|objection| objection.part != part);
        }
    }

    /// Nobody has decided in time: it is supervised, and whoever has to decide hears of it.
    pub(super) fn check_objection(&mut self, id: TicketId, now: Timestamp) {
        let waits = |objection: &Objection| objection.next_at().is_some_and(|at| at <= now);
        let Some(case) = self.cases.get(&id).filter(|case| !case.is_over()) else { return };
        let late: Vec<StationId> =
            case.ticket.progress.objections.iter().filter(|it| waits(it)).map(|it| it.decides).collect();
        if late.is_empty() {
            return;
        }
        if let Some(case) = self.case_mut(id) {
            case.ticket
                .progress
                .objections
                .iter_mut()
                .filter(|it| waits(it))
                .for_each(|it| it.late_at = Some(now));
        }
        for decides in late {
            self.supervise(id, 1, &Actor::SYSTEM, "objection", now);
            self.tell_supervised(id, decides, now);
        }
    }
}
