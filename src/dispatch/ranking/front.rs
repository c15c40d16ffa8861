//! Who stands first, without ranking everybody: whoever cannot be among them, however long they waited, is not looked at
//! closely.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{FULL, fairness, ring_score, score, unsorted_times, with_fairness, without_fairness};
use crate::dispatch::candidates::{Asking, Nearness};
use crate::dispatch::card::NEVER;
use crate::dispatch::homes::Slot;
use crate::domain::ids::VolunteerId;
use crate::domain::offer::RankVector;
use crate::domain::timestamp::Timestamp;

type Ranked = (VolunteerId, RankVector);

/// The `wanted` best of those who are compared and not `open`, with few besides and in no order; all of `stand_by` who may be
/// asked, whatever their rank; and how many are compared.
pub(in crate::dispatch) fn front(
    asking: &Asking,
    (stand_by, open): (&[VolunteerId], &[VolunteerId]),
    wanted: usize,
) -> (Vec<Ranked>, usize) {
    let near = asking.shortlist(stand_by);
    let slots = |ids: &[VolunteerId]| -> Vec<Slot> {
        ids.iter().filter_map(|id| asking.roster.slot_of(*id)).collect()
    };
    let (stand_by, open) = (slots(stand_by), slots(open));
    let others: Vec<(Slot, Nearness)>;
    let compared = if stand_by.is_empty() && open.is_empty() {
        &near
    } else {
        let is_other = |slot: &Slot| !stand_by.contains(slot) && !open.contains(slot);
        others = near.iter().filter(|(slot, _)| is_other(slot)).copied().collect();
        &others
    };
    let mut waits = Waits { times: unsorted_times(asking, &near), asked: 0 };
    let mut best = best(asking, compared, &mut waits, wanted);
    let first = near.iter().filter(|(slot, _)| stand_by.contains(slot) && !open.contains(slot));
    let first: Vec<Ranked> = first.map(|of| waits.rank(asking, likely(asking, of))).collect();
    let all = compared.len() + first.len();
    best.extend(first);
    (best, all)
}

/// All of the rank but how long somebody waited, and when they had work last.
type Likely = (VolunteerId, Timestamp, RankVector);

fn likely(asking: &Asking, (slot, near): &(Slot, Nearness)) -> Likely {
    let card = asking.roster.card(*slot);
    (card.id, card.last_assigned_at, without_fairness(asking, card, *near))
}

fn best(asking: &Asking, compared: &[(Slot, Nearness)], waits: &mut Waits, wanted: usize) -> Vec<Ranked> {
    let offers = &asking.policy.offers;
    let waited = score(offers, [0, 0, FULL, 0, 0]);
    let acquainted = if asking.wanted.acquainted.is_empty() { 0 } else { FULL };
    let besides = score(offers, [0, FULL, FULL, acquainted, FULL]);
    let (mut bar, mut all) = (Bar::new(wanted), Vec::new());
    for of in compared {
        if bar.is_above(score(offers, [ring_score(of.1), 0, 0, 0, 0]) + besides) {
            continue;
        }
        let (id, last, rank) = likely(asking, of);
        bar.raise(rank.score + if last == NEVER { waited } else { 0 });
        all.push((id, last, rank));
    }
    all.retain(|(_, _, rank)| !bar.is_above(rank.score + waited));
    all.sort_unstable_by_key(|(_, _, rank)| Reverse(rank.score));
    let (mut bar, mut ranked) = (Bar::new(wanted), Vec::new());
    for likely in all {
        if bar.is_above(likely.2.score + waited) {
            break;
        }
        let (id, rank) = waits.rank(asking, likely);
        bar.raise(rank.score);
        ranked.push((id, rank));
    }
    ranked
}

/// What the `wanted` best have at least.
struct Bar {
    best: BinaryHeap<Reverse<u32>>,
    wanted: usize,
}

impl Bar {
    fn new(wanted: usize) -> Self {
        Self { best: BinaryHeap::with_capacity(wanted), wanted }
    }

    /// Whether somebody who has no more than that is not among the best.
    fn is_above(&self, most: u32) -> bool {
        self.best.len() >= self.wanted && self.best.peek().is_none_or(|Reverse(least)| most < *least)
    }

    /// Somebody has at least that.
    fn raise(&mut self, least: u32) {
        if self.best.len() < self.wanted {
            self.best.push(Reverse(least));
        } else if let Some(mut last) = self.best.peek_mut()
            && last.0 < least
        {
            *last = Reverse(least);
        }
    }
}

/// When each of those compared had work last.
struct Waits {
    times: Vec<Timestamp>,
    /// So often somebody's place among them was asked.
    asked: usize,
}

impl Waits {
    /// From so many on it is quicker to put them in order.
    const MANY: usize = 20;

    fn rank(&mut self, asking: &Asking, (id, last, rank): Likely) -> Ranked {
        let fairness = fairness(self.times.len(), self.before(last));
        (id, with_fairness(asking, rank, fairness))
    }

    fn before(&mut self, own: Timestamp) -> usize {
        if own == NEVER {
            return 0;
        }
        self.asked += 1;
        if self.asked < Self::MANY {
            return self.times.iter().filter(|time| **time < own).count();
        }
        if self.asked == Self::MANY {
            self.times.sort_unstable();
        }
        self.times.partition_point(|time| *time < own)
    }
}
