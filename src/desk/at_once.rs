//! Tickets that fall due at the same moment: where they are many, it is chosen together whom each of them asks first.

use super::Desk;
use super::deadlines::Due;
use crate::dispatch::escalation::LadderStep;
use crate::dispatch::together::{Together, Waits};
use crate::domain::ids::{TicketId, WorkItemId};
use crate::domain::timestamp::Timestamp;

impl Desk {
    /// Looks at all that would ask volunteers in this step.
    pub(super) fn choose_together(&self, due: &[Due], now: Timestamp) -> Together<TicketId> {
        let tickets: Vec<TicketId> = due.iter().filter_map(|due| due.ticket()).collect();
        let enough = usize::from(self.rules.policy.offers.batch_from);
        if tickets.len() < enough {
            return Together::default();
        }
        let asks: Vec<(TicketId, WorkItemId)> =
            tickets.into_iter().filter_map(|id| Some((id, self.asks_now(id, now)?))).collect();
        if asks.len() < enough {
            return Together::default();
        }
        let waits = asks.into_iter().flat_map(|(id, item)| {
            self.could_ask(id, item, now).unwrap_or_default().into_iter().map(move |waits| (id, waits))
        });
        Together::choose(waits.collect(), &self.rules.policy)
    }

    /// The work a wave of offers is due for.
    fn asks_now(&self, id: TicketId, now: Timestamp) -> Option<WorkItemId> {
        let steps = self.next_rung(id, now);
        let wave = steps.iter().any(|due| due.at <= now && due.step == LadderStep::OfferWave);
        if wave { self.volunteer_item(id) } else { None }
    }

    /// For each share of its places; none where a place is kept for whom nobody could be asked.
    fn could_ask(&self, id: TicketId, item: WorkItemId, now: Timestamp) -> Option<Vec<Waits>> {
        let (stand_by, open) = self.asked_so_far(id, item, now)?;
        let places = self.free_places(id, item);
        let shares = places.shares();
        let waits = shares.iter().map(|share| {
            let counted = self.counted_on(id, (*share, &shares), &open, now);
            let waits = self.ask_for(id, item, (share.holds, &[]), now, |asking| {
                Waits::of(asking, share.places, &stand_by, &counted)
            })?;
            let in_vain = share.is_kept() && waits.could.is_empty() && counted.is_empty();
            (!in_vain).then_some(waits)
        });
        waits.collect()
    }
}
