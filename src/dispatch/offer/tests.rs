//! How many are asked, and who.

use proptest::prelude::*;

use super::*;
use crate::dispatch::candidates::{Asking, Rule, Verdict};
use crate::dispatch::fixtures::{Scene, roster, unhurried, volunteer};
use crate::domain::span::minutes_of;
use crate::domain::volunteer::Volunteer;

/// The chance of at least `need` yeses, by trying every combination of answers.
fn chance_of(need: usize, chances: &[u16]) -> f64 {
    (0..1u32 << chances.len())
        .filter(|yes| yes.count_ones() as usize >= need)
        .map(|yes| {
            let one = |(i, p): (usize, &u16)| {
                let p = f64::from(*p) / 1_000.0;
                if yes >> i & 1 == 1 { p } else { 1.0 - p }
            };
            chances.iter().enumerate().map(one).product::<f64>()
        })
        .sum()
}

#[test]
fn a_wave_is_as_small_as_it_may_be_for_nine_in_ten() {
    for (chances, need, cap, size) in [
        (&[950, 400, 400][..], 1, 5, 1),
        (&[800, 400, 400], 1, 5, 3),
        (&[400; 9], 1, 5, 5),
        (&[400; 9], 1, 2, 2),
        (&[700, 700, 100], 1, 5, 2),
        (&[950, 950, 950], 2, 5, 2),
        (&[800, 800, 800, 800], 2, 5, 4),
        (&[400], 1, 5, 1),
        (&[], 1, 5, 0),
    ] {
        assert_eq!(wave_size(chances, need, 900, cap), size, "{chances:?} for {need}, cap {cap}");
    }
}

proptest! {
    #[test]
    fn the_size_is_the_smallest_that_reaches_the_chance(
        chances in proptest::collection::vec(80u16..=880, 1..9),
        need in 1u8..4,
    ) {
        let size = usize::from(wave_size(&chances, need, 900, 8));
        let before = chance_of(usize::from(need), &chances[..size - 1]);
        prop_assert!(before < 0.9 + 1e-9, "{before} was enough with one fewer");
        if size < chances.len() {
            let reached = chance_of(usize::from(need), &chances[..size]);
            prop_assert!(reached >= 0.9 - 1e-9, "{reached} is too little");
        }
    }
}

#[test]
fn at_least_two_waves_fit_into_the_volunteers_share() {
    let (policy, calendar) = (unhurried(), Calendar::default());
    for (urgency, minutes) in [(Urgency::P2, 5), (Urgency::P3, 30), (Urgency::P4, 120)] {
        assert_eq!(wave_length(&policy, &calendar, urgency), minutes_of(minutes), "{urgency}");
    }
    assert_eq!(wave_length(&policy, &calendar, Urgency::P1).as_secs(), 45, "a quarter of three minutes");
}

fn wave(volunteers: Vec<Volunteer>, need: u8, stand_by: &[i64], open: &[i64]) -> (Vec<i64>, usize) {
    let (scene, roster) = (Scene::of("ELD-02"), roster(volunteers));
    let wanted = scene.wanted();
    let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
    let ids = |list: &[i64]| list.iter().map(|id| VolunteerId(*id)).collect::<Vec<_>>();
    let wave = next_wave(&asking, &scene.calendar, need, &ids(stand_by), &ids(open));
    assert_eq!(wave.expires_at, Scene::now() + minutes_of(30));
    (wave.ask.iter().map(|(id, _)| id.0).collect(), wave.left)
}

fn many(answers: &[bool]) -> Vec<Volunteer> {
    (1..=9)
        .map(|id| Volunteer { answers: answers.iter().map(|yes| (*yes).into()).collect(), ..volunteer(id) })
        .collect()
}

#[test]
fn the_willing_are_asked_in_small_waves_and_the_unknown_in_large_ones() {
    assert_eq!(wave(many(&[true; 20]), 1, &[], &[]), (vec![1, 2], 7));
    assert_eq!(wave(many(&[]), 1, &[], &[]), (vec![1, 2, 3, 4, 5], 4));
    assert_eq!(wave(many(&[true; 20]), 2, &[], &[]).0.len(), 3);
}

#[test]
fn a_no_is_replaced_and_a_full_wave_is_not_enlarged() {
    assert_eq!(wave(many(&[true; 20]), 1, &[], &[1]), (vec![2], 7));
    assert_eq!(wave(many(&[true; 20]), 1, &[], &[1, 2]), (vec![], 7));
    assert_eq!(wave(many(&[]), 1, &[], &[2, 3, 4, 5]), (vec![1], 4));
}

#[test]
fn the_wave_is_the_front_of_the_ranking() {
    let mixed = || {
        (1..=60)
            .map(|id| Volunteer { answers: vec![(id % 3 == 0).into(); (id % 7) as usize], ..volunteer(id) })
    };
    let (scene, roster) = (Scene::of("ELD-02"), roster(mixed()));
    let wanted = scene.wanted();
    let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
    let wave = next_wave(&asking, &scene.calendar, 2, &[], &[]);
    let ranked = ranking::rank(&asking);
    assert_eq!((wave.ask.len(), wave.left), (4, 56));
    assert_eq!(wave.ask, ranked[..4]);
}

#[test]
fn a_late_yes_is_asked_first_when_a_place_comes_free() {
    assert_eq!(wave(many(&[true; 20]), 1, &[7], &[]).0, [7, 1]);
}

#[test]
fn with_nobody_to_ask_the_wave_is_empty() {
    assert_eq!(wave(vec![], 1, &[], &[]), (vec![], 0));
}

#[test]
fn who_is_chosen_by_hand_is_held_to_the_rules_too() {
    let (scene, roster) = (Scene::of("ELD-02"), roster([Volunteer { opted_out: true, ..volunteer(1) }]));
    let wanted = scene.wanted();
    let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
    assert_eq!(asking.verdict(VolunteerId(1)), Verdict::No(Rule::OptedOut));
}
