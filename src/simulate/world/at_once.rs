//! Requests whose turn comes at the same moment, as at the desk: where they are many, it is chosen together whom they ask.

use std::cmp::Reverse;

use super::{Event, World};
use crate::dispatch::escalation::LadderStep;
use crate::dispatch::together::{Together, Waits};
use crate::domain::timestamp::Timestamp;

/// As many as the desk deals with in one step.
const IN_ONE_STEP: usize = 64;

impl World<'_> {
    /// This one and all others of the moment that come right after it, the most urgent first.
    pub(super) fn at_once(&mut self, first: Event, now: Timestamp) {
        let mut due = vec![];
        self.has_its_turn(first, now, &mut due);
        while due.len() < IN_ONE_STEP
            && let Some(Reverse((at, _, event @ (Event::Rings(_) | Event::Look { .. })))) =
                self.queue.peek().copied()
            && at == now
        {
            self.queue.pop();
            self.events += 1;
            self.has_its_turn(event, now, &mut due);
        }
        due.sort_by_key(|id| self.cases[*id as usize].urgency);
        let enough = due.len() >= usize::from(self.set.policy.offers.batch_from);
        if enough {
            self.together = Together::choose(self.waiting(&due, now), self.set.policy);
        }
        for id in &due {
            self.climb(*id, now);
        }
        if enough {
            self.together = Together::default();
        }
    }

    fn has_its_turn(&mut self, event: Event, now: Timestamp, due: &mut Vec<u32>) {
        match event {
            Event::Rings(number) => {
                self.rings(number, now);
                due.push(number);
            }
            Event::Look { case, turn } if self.cases[case as usize].turn == turn => {
                self.expire(case, now);
                due.push(case);
            }
            Event::Look { .. }
            | Event::Answers { .. }
            | Event::StaffTakes { .. }
            | Event::InstitutionSays { .. }
            | Event::Finishes { .. } => {}
        }
    }

    /// Those who would ask now.
    fn waiting(&self, due: &[u32], now: Timestamp) -> Vec<(u32, Waits)> {
        let asks = |id: &&u32| {
            let case = &self.cases[**id as usize];
            let steps = || self.steps(**id, now);
            !case.is_taken() && steps().iter().any(|due| due.at <= now && due.step == LadderStep::OfferWave)
        };
        let waits = |id: &u32| {
            let (case, open) = (&self.cases[*id as usize], self.asked_still(*id));
            (*id, self.ask(*id, now, |asking| Waits::of(asking, case.free(), &[], &open)))
        };
        due.iter().filter(asks).map(waits).collect()
    }
}
