//! Who is asked first.

use std::collections::BTreeSet;

use super::*;
use crate::dispatch::fixtures::{NEXT_DOOR, Scene, area, at, roster, volunteer};
use crate::domain::volunteer::Volunteer;

fn order(volunteers: Vec<Volunteer>, acquainted: &[i64]) -> Vec<(i64, RankVector)> {
    let (scene, roster) = (Scene::of("ELD-02"), roster(volunteers));
    let known: BTreeSet<VolunteerId> = acquainted.iter().map(|id| VolunteerId(*id)).collect();
    let mut wanted = scene.wanted();
    wanted.acquainted = &known;
    let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
    rank(&asking).into_iter().map(|(id, rank)| (id.0, rank)).collect()
}

fn ids(ranked: &[(i64, RankVector)]) -> Vec<i64> {
    ranked.iter().map(|(id, _)| *id).collect()
}

#[test]
fn of_equals_the_lower_badge_number_comes_first() {
    assert_eq!(ids(&order(vec![volunteer(3), volunteer(1), volunteer(2)], &[])), [1, 2, 3]);
}

#[test]
fn the_score_is_the_weighted_sum_of_its_parts() {
    let (_, rank) = order(vec![Volunteer { rating: Some(900), ..volunteer(1) }], &[1])[0];
    assert_eq!(
        rank,
        RankVector {
            ring: 1_000,
            acceptance: 400,
            fairness: 1_000,
            continuity: 1_000,
            rating: 900,
            // Of two in five one and a half say no before the first yes, of at most nine.
            score: 400 * 1_000 + 200 * 834 + 200 * 1_000 + 150 * 1_000 + 50 * 900,
        }
    );
}

#[test]
fn near_and_willing_and_acquainted_and_long_unasked_come_first() {
    let later = |id: i64| volunteer(id);
    let far = Volunteer { area: area(NEXT_DOOR), ..volunteer(1) };
    assert_eq!(ids(&order(vec![far, later(2)], &[])), [2, 1]);
    let silent = Volunteer { answers: vec![false.into(); 10], ..volunteer(1) };
    assert_eq!(ids(&order(vec![silent, later(2)], &[])), [2, 1]);
    assert_eq!(ids(&order(vec![volunteer(1), later(2)], &[2])), [2, 1]);
    let yesterday = Volunteer { last_assigned_at: Some(at("2026-03-01T10:00")), ..volunteer(1) };
    let last_year = Volunteer { last_assigned_at: Some(at("2025-03-01T10:00")), ..volunteer(2) };
    let ranked = order(vec![yesterday, last_year, volunteer(3)], &[]);
    assert_eq!(ids(&ranked), [3, 2, 1]);
    assert_eq!(ranked.iter().map(|(_, rank)| rank.fairness).collect::<Vec<_>>(), [1_000, 500, 0]);
}

#[test]
fn nearness_falls_by_ring_or_by_the_metre() {
    let score = |ring, metres| ring_score(Nearness { ring, metres });
    assert_eq!([0, 1, 2, 3].map(|ring| score(ring, None)), [1_000, 700, 400, 100]);
    assert_eq!([0, 300, 3_000, 9_000].map(|m| score(3, Some(m))), [1_000, 900, 0, 0]);
}
