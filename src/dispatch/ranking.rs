//! In which order those who may be asked are asked (DOMAIN §5.3). Integers only: the same everywhere.

use std::cmp::Reverse;

use super::candidates::{Asking, Nearness};
use super::card::Card;
use super::index::Slot;
use crate::domain::ids::VolunteerId;
use crate::domain::offer::RankVector;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::Volunteer;

/// The weights of ring, acceptance, fairness, continuity and rating.
const WEIGHTS: [u32; 5] = [400, 200, 200, 150, 50];
const FULL: u16 = 1_000;
/// Metres that cost one point of nearness.
const METRES_A_POINT: u32 = 3;

/// Everyone who may be asked, the best first; of equals the lower badge number.
pub fn rank(asking: &Asking) -> Vec<(VolunteerId, RankVector)> {
    let mut ranked = vectors(asking);
    ranked.sort_unstable_by_key(|(id, rank)| (Reverse(rank.score), *id));
    ranked
}

/// Everyone who may be asked, in no order.
pub(super) fn vectors(asking: &Asking) -> Vec<(VolunteerId, RankVector)> {
    let eligible: Vec<(Slot, Nearness)> = asking.eligible_slots();
    let card = |slot: Slot| asking.roster.card(slot);
    let mut times: Vec<Option<Timestamp>> =
        eligible.iter().map(|(slot, _)| card(*slot).last_assigned_at).collect();
    times.sort_unstable();
    let ranked = eligible.iter().map(|(slot, near)| {
        let card = card(*slot);
        let id = card.id;
        let fairness = fairness(&times, card.last_assigned_at);
        (id, vector(card, *near, fairness, asking.wanted.acquainted.contains(&id)))
    });
    ranked.collect()
}

fn vector(card: &Card, near: Nearness, fairness: u16, acquainted: bool) -> RankVector {
    let ring = ring_score(near);
    let continuity = if acquainted { FULL } else { 0 };
    let parts = [ring, card.yes_permille, fairness, continuity, card.rating];
    let score = parts.iter().zip(WEIGHTS).map(|(part, weight)| u32::from(*part) * weight).sum();
    RankVector { ring, acceptance: card.yes_permille, fairness, continuity, rating: card.rating, score }
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

/// The chance of a yes in thousandths: (accepts + 2) / (offers + 5) over the last twenty offers.
pub fn yes_permille(volunteer: &Volunteer) -> u16 {
    let lately = &volunteer.answers[volunteer.answers.len().saturating_sub(20)..];
    let yes = lately.iter().filter(|yes| **yes).count();
    u16::try_from((yes + 2) * 1_000 / (lately.len() + 5)).unwrap_or(FULL)
}

/// The share of the others who had work as lately or later, in thousandths; `times` are everyone's, sorted.
fn fairness(times: &[Option<Timestamp>], own: Option<Timestamp>) -> u16 {
    let others = times.len() - 1;
    if others == 0 {
        return FULL;
    }
    // `None` sorts first: whoever never had work stands before everyone who had.
    let longer = times.partition_point(|time| *time < own);
    u16::try_from((others - longer.min(others)) * usize::from(FULL) / others).unwrap_or(FULL)
}

#[cfg(test)]
mod tests;
