//! Co-handlers (协办): stations that help the lead. Each has a clock of its own, until somebody takes its part and then
//! until that is done; when it runs out the part is supervised, whatever the lead does.

use serde_json::json;

use super::Desk;
use super::history::{Entity, EventKind};
use crate::domain::actor::Actor;
use crate::domain::category::HandlerKind;
use crate::domain::clocks::{Clock, ClockKind};
use crate::domain::ids::{StationId, TicketId};
use crate::domain::timestamp::Timestamp;
use crate::domain::work_item::{WorkItem, WorkRole, WorkState};

/// Late parts raise supervision to this level.
const LEVEL: u8 = 1;

impl Desk {
    /// Starts the clock that each co-handler's part is owed now, and stops what is over.
    ///
    /// Volunteers who help are asked in waves, which end by themselves.
    pub(super) fn wind_co_clocks(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let helps = |item: &WorkItem| item.role == WorkRole::Co && item.kind != HandlerKind::Volunteer;
        let owed = self.owed(case);
        let (policy, calendar) = (&self.rules.policy, &self.rules.calendar);
        let start = |kind| Clock::start(kind, &owed, policy, calendar, now);
        let mut changed = Vec::new();
        for item in &case.work {
            let wanted = if item.state == WorkState::Working { ClockKind::Handle } else { ClockKind::Accept };
            let runs = item.clock.as_ref().is_some_and(Clock::is_running);
            if !(helps(item) && item.state.is_live()) {
                let mut stopped = item.clock.clone().filter(|_| runs);
                if let Some(clock) = &mut stopped {
                    clock.stop(calendar, now);
                    changed.push((item.id, stopped));
                }
            } else if item.clock.as_ref().is_none_or(|clock| clock.kind != wanted) {
                changed.push((item.id, start(wanted)));
            }
        }
        if changed.is_empty() {
            return;
        }
        let Some(case) = self.case_mut(id) else { return };
        for (item, clock) in changed {
            if let Some(item) = case.work_item_mut(item) {
                item.clock = clock;
            }
        }
    }

    /// A part that nobody took, or that is not done in its time: the breach is noted once, and its station hears of it.
    pub(super) fn check_co_clocks(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.case_mut(id) else { return };
        let mut late: Vec<(StationId, ClockKind)> = Vec::new();
        for item in case.work.iter_mut().filter(|item| item.state.is_live()) {
            if let Some(clock) = &mut item.clock
                && clock.check(now)
            {
                late.push((item.station, clock.kind));
            }
        }
        for (station, clock) in late {
            let detail = json!({ "clock": clock, "station": station, "role": WorkRole::Co });
            self.tell_about(id, EventKind::ClockBreached, Entity::Ticket(id), detail, now);
            self.supervise(id, LEVEL, &Actor::SYSTEM, "co_handler", now);
            self.tell_supervised(id, station, now);
        }
    }
}
