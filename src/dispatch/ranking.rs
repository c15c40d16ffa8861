//! In which order those who may be asked are asked (DOMAIN §5.3). Integers only: the same everywhere.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::candidates::{Asking, Nearness};
use super::card::Card;
use super::homes::Slot;
use crate::domain::ids::VolunteerId;
use crate::domain::offer::RankVector;
use crate::domain::policy::OfferPolicy;
use crate::domain::timestamp::Timestamp;

mod front;

pub(super) use front::front;

const FULL: u16 = 1_000;
/// Metres that cost one point of nearness.
const METRES_A_POINT: u32 = 3;
/// Of whom more must be asked in vain is as unlikely as anybody.
const IN_VAIN_AT_MOST: u32 = 9;

/// Everyone who may be asked, the best first; of equals the lower badge number. Whoever lives nearest is compared, and
/// stands before the others.
pub fn rank(asking: &Asking) -> Vec<(VolunteerId, RankVector)> {
    let near = asking.shortlist(&[]);
    let listed: BTreeSet<Slot> = near.iter().map(|(slot, _)| *slot).collect();
    let others: Vec<(Slot, Nearness)> =
        asking.eligible_slots().into_iter().filter(|(slot, _)| !listed.contains(slot)).collect();
    // They stand behind in any case: their ways are not looked for.
    let others: Vec<(Slot, Nearness)> =
        others.into_iter().map(|(slot, near)| (slot, asking.estimated(near))).collect();
    let times = times(asking, &near);
    let in_order = |slots: &[(Slot, Nearness)]| {
        let mut ranked = ranked(asking, slots, &times);
        ranked.sort_unstable_by_key(|(id, rank)| (Reverse(rank.score), *id));
        ranked
    };
    [in_order(&near), in_order(&others)].concat()
}

/// Those who are compared, in no order, and `besides` whoever of these may be asked.
pub fn vectors(asking: &Asking, besides: &[VolunteerId]) -> Vec<(VolunteerId, RankVector)> {
    let near = asking.shortlist(besides);
    ranked(asking, &near, &times(asking, &near))
}

/// When each had work last, in order.
pub(super) fn times(asking: &Asking, slots: &[(Slot, Nearness)]) -> Vec<Timestamp> {
    let mut times = unsorted_times(asking, slots);
    times.sort_unstable();
    times
}

fn unsorted_times(asking: &Asking, slots: &[(Slot, Nearness)]) -> Vec<Timestamp> {
    slots.iter().map(|(slot, _)| asking.roster.card(*slot).last_assigned_at).collect()
}

pub(super) fn ranked(
    asking: &Asking,
    slots: &[(Slot, Nearness)],
    times: &[Timestamp],
) -> Vec<(VolunteerId, RankVector)> {
    let rank = |(slot, near): &(Slot, Nearness)| {
        let card = asking.roster.card(*slot);
        let before = times.partition_point(|time| *time < card.last_assigned_at);
        (card.id, with_fairness(asking, without_fairness(asking, card, *near), fairness(times.len(), before)))
    };
    slots.iter().map(rank).collect()
}

/// All parts but how long somebody waited, for which everybody has to be looked at.
fn without_fairness(asking: &Asking, card: &Card, near: Nearness) -> RankVector {
    let ring = ring_score(near);
    let acceptance = asking.chance(card);
    let continuity = if asking.wanted.acquainted.contains(&card.id) { FULL } else { 0 };
    let score = score(&asking.policy.offers, [ring, ease(acceptance), 0, continuity, card.rating]);
    RankVector { ring, acceptance, fairness: 0, continuity, rating: card.rating, score }
}

fn with_fairness(asking: &Asking, rank: RankVector, fairness: u16) -> RankVector {
    let score = rank.score + score(&asking.policy.offers, [0, 0, fairness, 0, 0]);
    RankVector { fairness, score, ..rank }
}

fn score(offers: &OfferPolicy, parts: [u16; 5]) -> u32 {
    let weights = [
        offers.weigh_nearness,
        offers.weigh_acceptance,
        offers.weigh_fairness,
        offers.weigh_acquaintance,
        offers.weigh_rating,
    ];
    parts.iter().zip(weights).map(|(part, weight)| u32::from(*part) * u32::from(weight)).sum()
}

/// How little waiting a chance of a yes costs, as a part of the score: so many must be asked one after the other, on
/// average, that the first says yes. It counts that nobody asks those who hardly ever do; who nearly always does is not
/// asked every time.
fn ease(chance_permille: u16) -> u16 {
    let chance = u32::from(chance_permille.clamp(1, FULL));
    let in_vain = (u32::from(FULL) - chance) * u32::from(FULL) / chance;
    FULL.saturating_sub(u16::try_from(in_vain / IN_VAIN_AT_MOST).unwrap_or(FULL))
}

/// Nearness as a part of the score: by the metre where both places are known, else by ring.
pub fn ring_score(near: Nearness) -> u16 {
    match (near.metres, near.ring) {
        (Some(metres), _) => FULL.saturating_sub(u16::try_from(metres / METRES_A_POINT).unwrap_or(u16::MAX)),
        (None, 0) => 1_000,
        (None, 1) => 700,
        (None, 2) => 400,
        (None, _) => 100,
    }
}

/// The share of the others who had work as lately or later, in thousandths: of `all` so many had it `before`.
fn fairness(all: usize, before: usize) -> u16 {
    // Whoever never had work stands before everyone who had.
    let others = all.saturating_sub(1);
    if others == 0 {
        return FULL;
    }
    u16::try_from((others - before.min(others)) * usize::from(FULL) / others).unwrap_or(FULL)
}

#[cfg(test)]
mod tests;
