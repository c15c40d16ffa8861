//! Who stands first, without ranking everybody: whoever cannot be among them, however long they waited, is not looked at
//! closely.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{FULL, fairness, ring_score, score, unsorted_times, with_fairness, without_fairness};
use crate::dispatch::candidates::Asking;
use crate::dispatch::card::NEVER;
use crate::domain::ids::VolunteerId;
use crate::domain::offer::RankVector;

/// For so few nobody puts the times of all in order.
const FEW: usize = 16;

/// The best `wanted` of those who are compared and not `open`, in no order and with a few who are not among the best; all of
/// `stand_by` who may be asked, whatever their rank; and how many are compared.
pub(in crate::dispatch) fn front(
    asking: &Asking,
    (stand_by, open): (&[VolunteerId], &[VolunteerId]),
    wanted: usize,
) -> (Vec<(VolunteerId, RankVector)>, usize) {
    let near = asking.shortlist(stand_by);
    let offers = &asking.policy.offers;
    let waited = score(offers, [0, 0, FULL, 0, 0]);
    let acquainted = if asking.wanted.acquainted.is_empty() { 0 } else { FULL };
    let mut bar = Bar { best: BinaryHeap::new(), wanted };
    let (mut likely, mut all) = (Vec::new(), 0);
    for (slot, near) in &near {
        let card = asking.roster.card(*slot);
        if open.contains(&card.id) {
            continue;
        }
        all += 1;
        let first = stand_by.contains(&card.id);
        if !first && bar.is_above(score(offers, [ring_score(*near), FULL, FULL, acquainted, FULL])) {
            continue;
        }
        let rank = without_fairness(asking, card, *near);
        let never = card.last_assigned_at == NEVER;
        if !first {
            bar.raise(rank.score + if never { waited } else { 0 });
        }
        likely.push((card.id, card.last_assigned_at, rank, first));
    }
    likely.retain(|(_, _, rank, first)| *first || !bar.is_above(rank.score + waited));
    let mut times = unsorted_times(asking, &near);
    let many = likely.len() > FEW;
    if many {
        times.sort_unstable();
    }
    let ranked = likely.into_iter().map(|(id, last, rank, _)| {
        let before = match (last, many) {
            (NEVER, _) => 0,
            (last, true) => times.partition_point(|time| *time < last),
            (last, false) => times.iter().filter(|time| **time < last).count(),
        };
        (id, with_fairness(asking, rank, fairness(near.len(), before)))
    });
    (ranked.collect(), all)
}

/// What the `wanted` best have at least.
struct Bar {
    best: BinaryHeap<Reverse<u32>>,
    wanted: usize,
}

impl Bar {
    /// Whether somebody who has no more than that is not among the best.
    fn is_above(&self, most: u32) -> bool {
        self.best.len() >= self.wanted && self.best.peek().is_some_and(|Reverse(bar)| most < *bar)
    }

    /// Somebody has at least that.
    fn raise(&mut self, least: u32) {
        if self.best.len() < self.wanted {
            self.best.push(Reverse(least));
        } else if let Some(mut bar) = self.best.peek_mut()
            && bar.0 < least
        {
            *bar = Reverse(least);
        }
    }
}
