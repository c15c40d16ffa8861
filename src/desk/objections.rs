//! Objections (派单异议): a station or an institution says "not ours". The station above, for an institution the one with the
//! duty, looks at it in time and takes the work or sends it to whose it is; from the second return on that is the
//! district's ruling (裁定), which is final.

use serde_json::{Value, json};

use super::Desk;
use super::history::EventKind;
use super::task_notices::Told;
use crate::domain::actor::Actor;
use crate::domain::guard;
use crate::domain::ids::{StationId, TicketId};
use crate::domain::ticket::{Objection, ReturnReason};
use crate::domain::timestamp::Timestamp;

impl Desk {
    /// Whoever decides has as long as there was for giving it back.
    pub(super) fn object(
        &mut self,
        id: TicketId,
        from: Told,
        (reason, decides): (ReturnReason, StationId),
        now: Timestamp,
    ) {
        let ticket = &self.cases[&id].ticket;
        let due = self.rules.calendar.add(now, self.rules.policy.of(ticket.urgency).return_window);
        let is_final = guard::return_needs_ruling(ticket.return_count, &self.rules.policy);
        if let Some(case) = self.case_mut(id) {
            let Told { station, facility } = from;
            let objection = Objection { station, facility, reason, decides, is_final, due, late_at: None };
            case.ticket.progress.objection = Some(objection);
        }
    }

    /// It is decided: whoever takes the work says that it is theirs, whoever sends it on says whose it is, in `detail`.
    /// Says whether anything waited for that.
    pub(super) fn decide_objection(
        &mut self,
        id: TicketId,
        (actor, detail): (&Actor, &Value),
        now: Timestamp,
    ) -> bool {
        if self.cases.get(&id).is_none_or(|case| case.ticket.progress.objection.is_none()) {
            return false;
        }
        let objection = self.case_mut(id).and_then(|case| case.ticket.progress.objection.take());
        let Some(objection) = objection else { return false };
        let from = objection.station;
        let mut said = json!({ "from": from, "institution": objection.facility, "reason": objection.reason });
        if let (Some(said), Value::Object(more)) = (said.as_object_mut(), detail.clone()) {
            said.extend(more);
        }
        let kind = if objection.is_final { EventKind::ReturnRuled } else { EventKind::ReturnReviewed };
        self.tell_by(id, kind, actor, said, now);
        true
    }

    /// Nobody has decided in time: it is supervised, and whoever has to decide hears of it.
    pub(super) fn check_objection(&mut self, id: TicketId, now: Timestamp) {
        let waits = |objection: &Objection| objection.next_at().is_some_and(|at| at <= now);
        let Some(case) = self.cases.get(&id).filter(|case| !case.is_over()) else { return };
        let Some(objection) = case.ticket.progress.objection.filter(waits) else { return };
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.objection = Some(Objection { late_at: Some(now), ..objection });
        }
        self.supervise(id, 1, &Actor::SYSTEM, "objection", now);
        self.tell_supervised(id, objection.decides, now);
    }
}
