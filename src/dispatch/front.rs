//! The front of everybody who may be asked, where only the area is known: ring by ring until nobody farther out can
//! stand before those who were ranked.
//!
//! Everybody counts all the same: how long somebody has waited for work is a share of all who may be asked.

use std::collections::BTreeSet;

use super::candidates::{Asking, Nearness, Verdict};
use super::homes::Slot;
use super::ranking::{at_most, share_behind, vector};
use crate::domain::ids::VolunteerId;
use crate::domain::offer::RankVector;

type Ranked = (VolunteerId, RankVector);

/// Whose front it is.
pub(super) struct Front<'a> {
    /// Whoever may stand before the others whatever their rank.
    pub(super) named: [&'a [VolunteerId]; 2],
    /// Asked already, and not wanted here.
    pub(super) open: &'a [VolunteerId],
    /// So many are asked at most.
    pub(super) most: usize,
}

impl Front<'_> {
    /// The first in order, as many as are asked, with others behind them; and of how many they are the front.
    ///
    /// `least` is the earliest place in the order of somebody who is not named and has no better score than that.
    pub(super) fn of<Place: Ord>(
        &self,
        asking: &Asking,
        order: impl Fn(&Ranked) -> Place,
        least: impl Fn(u32) -> Place,
    ) -> (Vec<Ranked>, usize) {
        let all = asking.shortlist(&[]);
        let times: Vec<i64> = all.iter().map(|(slot, _)| last_work(asking, *slot)).collect();
        let open: BTreeSet<VolunteerId> = self.open.iter().copied().collect();
        let is_open = |id: &VolunteerId| open.contains(id);
        let known = self.named.into_iter().flatten().chain(asking.wanted.acquainted);
        let named: BTreeSet<Slot> = known.filter_map(|id| asking.roster.slot_of(*id)).collect();
        let (first, others): (Vec<_>, Vec<_>) =
            all.iter().copied().partition(|(slot, _)| named.contains(slot));
        let mut ranked = Vec::new();
        let rings = others.chunk_by(|(_, one), (_, other)| one.ring == other.ring);
        for ring in std::iter::once(&first[..]).chain(rings) {
            if let Some((_, near)) = ring.first().filter(|(slot, _)| !named.contains(slot))
                && self.is_filled(&mut ranked, &order, &least(at_most(asking, *near)))
            {
                break;
            }
            ranked.extend(of_ring(asking, ring, &times).into_iter().filter(|(id, _)| !is_open(id)));
        }
        let among = open.iter().filter(|id| matches!(asking.verdict(**id), Verdict::Eligible(_))).count();
        (ranked, all.len() - among)
    }

    /// Whether enough were ranked who stand before that place.
    fn is_filled<Place: Ord>(
        &self,
        ranked: &mut [Ranked],
        order: impl Fn(&Ranked) -> Place,
        place: &Place,
    ) -> bool {
        ranked.iter().filter(|one| order(one) < *place).count() >= self.most
    }
}

/// When somebody had work last, as a number that is compared without a branch; never is before everything.
fn last_work(asking: &Asking, slot: Slot) -> i64 {
    asking.roster.card(slot).last_assigned_at.as_millis()
}

/// The ranks of some, when `times` are everybody's last work, in no order.
fn of_ring(asking: &Asking, ring: &[(Slot, Nearness)], times: &[i64]) -> Vec<Ranked> {
    let mut own: Vec<i64> = ring.iter().map(|(slot, _)| last_work(asking, *slot)).collect();
    own.sort_unstable();
    own.dedup();
    // How many had their last work before each of these: after the one before it, and then in all.
    let mut before = vec![0; own.len() + 1];
    for time in times {
        before[own.partition_point(|own| own <= time)] += 1;
    }
    let mut sum = 0;
    for before in &mut before {
        sum += *before;
        *before = sum;
    }
    let rank = |(slot, near): &(Slot, Nearness)| {
        let card = asking.roster.card(*slot);
        let place = own.partition_point(|time| *time < last_work(asking, *slot));
        let fairness = share_behind(before[place], times.len());
        let acquainted = asking.wanted.acquainted.contains(&card.id);
        (card.id, vector(asking, card, *near, (fairness, acquainted)))
    };
    ring.iter().map(rank).collect()
}

#[cfg(test)]
mod tests;
