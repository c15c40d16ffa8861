use proptest::prelude::*;

use super::*;
use crate::dispatch::fixtures::{Scene, roster, unhurried, volunteer};
use crate::dispatch::offer::next_wave_of;
use crate::domain::area::Point;
use crate::domain::volunteer::Volunteer;

fn policy(batch_from: u16) -> Policy {
    let mut policy = unhurried();
    policy.offers.batch_from = batch_from;
    policy
}

/// One ticket that could ask these, each with a score, and wants one yes.
fn waits(urgency: Urgency, could: &[(i64, u32)]) -> Waits {
    let rank = |score| RankVector { score, acceptance: 300, ..RankVector::default() };
    Waits {
        urgency,
        need: 1,
        cap: 2,
        open: vec![],
        stand_by: vec![],
        could: could.iter().map(|(id, score)| (VolunteerId(*id), rank(*score))).collect(),
    }
}

fn own(together: &Together<u8>, ticket: u8) -> Vec<i64> {
    together.of(&ticket).map_or(vec![], |chosen| chosen.own.iter().map(|id| id.0).collect())
}

#[test]
fn two_tickets_of_one_street_ask_different_people_and_the_one_without_a_choice_is_looked_after() {
    // Each by itself would ask 1 first; the second has nobody else who is near.
    let both = vec![
        (1, waits(Urgency::P3, &[(1, 900), (2, 890), (3, 840)])),
        (2, waits(Urgency::P3, &[(1, 880), (4, 100)])),
    ];
    let together = Together::choose(both, &policy(2));
    assert_eq!((own(&together, 1), own(&together, 2)), (vec![2, 3], vec![1, 4]));
    assert_eq!(together.of(&1).map(|chosen| chosen.tickets), Some(2));
}

#[test]
fn how_much_worse_off_one_may_be_for_the_others_is_a_figure_of_the_policy() {
    // Of the first ticket's two the second is a little worse; of the second ticket's much.
    let both = || {
        vec![(1, waits(Urgency::P3, &[(1, 901), (2, 892)])), (2, waits(Urgency::P3, &[(1, 1_000), (2, 896)]))]
    };
    for (percent, first, second) in [(0, 1, 2), (10, 2, 1)] {
        let mut policy = policy(2);
        assert_eq!(policy.offers.batch_bound_percent, 10, "as it is shipped");
        policy.offers.batch_bound_percent = percent;
        let together = Together::choose(both(), &policy);
        assert_eq!((own(&together, 1), own(&together, 2)), (vec![first], vec![second]), "{percent} %");
    }
}

#[test]
fn a_few_tickets_ask_each_by_itself() {
    let few = vec![(1, waits(Urgency::P3, &[(1, 900)])), (2, waits(Urgency::P3, &[(1, 900)]))];
    assert_eq!(Together::choose(few, &policy(3)), Together::default());
}

#[test]
fn the_more_urgent_has_whom_it_wants_whatever_that_costs_the_others() {
    let urgent = waits(Urgency::P1, &[(1, 900), (2, 899), (3, 898)]);
    let all = vec![(1, waits(Urgency::P3, &[(1, 900), (2, 10)])), (2, urgent)];
    let together = Together::choose(all, &policy(2));
    assert_eq!((own(&together, 2), own(&together, 1)), (vec![1, 2], vec![]));
}

#[test]
fn whoever_said_yes_too_late_is_asked_before_everyone_else() {
    let late =
        Waits { stand_by: vec![VolunteerId(3)], ..waits(Urgency::P3, &[(1, 900), (2, 800), (3, 100)]) };
    let together = Together::choose(vec![(1, waits(Urgency::P3, &[(1, 900)])), (2, late)], &policy(2));
    assert_eq!((own(&together, 1), own(&together, 2)), (vec![1], vec![3, 2]));
}

proptest! {
    #[test]
    fn nobody_is_chosen_for_two_tickets_and_the_first_round_loses_no_more_than_taking_turns(
        all in proptest::collection::vec(proptest::collection::btree_map(1_i64..12, 0_u32..1_000, 1..8), 2..9),
    ) {
        let tickets: Vec<(u8, Waits)> = (0..).zip(&all).map(|(ticket, could)| {
            let could: Vec<(i64, u32)> = could.iter().map(|(id, score)| (*id, *score)).collect();
            (ticket, Waits { cap: 1, ..waits(Urgency::P3, &could) })
        }).collect();
        let together = Together::choose(tickets.clone(), &policy(2));
        let chosen: Vec<Vec<i64>> = tickets.iter().map(|(ticket, _)| own(&together, *ticket)).collect();
        let people: BTreeSet<&i64> = chosen.iter().flatten().collect();
        prop_assert_eq!(people.len(), chosen.iter().flatten().count(), "somebody is chosen twice: {:?}", chosen);
        // In turns, each the best who is left.
        let mut taken = BTreeSet::new();
        let mut in_turns = vec![];
        for could in &all {
            let best = could.iter().filter(|(id, _)| !taken.contains(*id)).max_by_key(|(id, score)| (**score, -**id));
            in_turns.extend(best.map(|(_, score)| *score));
            taken.extend(best.map(|(id, _)| *id));
        }
        let scores: Vec<u32> = chosen.iter().zip(&all).flat_map(|(own, could)| own.iter().map(|id| could[id])).collect();
        prop_assert!(scores.len() >= in_turns.len(), "{scores:?} are fewer than {in_turns:?}");
        let worst = |scores: &[u32]| scores.iter().min().copied();
        if scores.len() == in_turns.len() && worst(&in_turns) >= worst(&scores) {
            let total = |scores: &[u32]| scores.iter().sum::<u32>();
            prop_assert!(total(&scores) >= total(&in_turns), "{scores:?} lose more than {in_turns:?}");
        }
    }
}

#[test]
fn a_wave_asks_its_own_first_then_whoever_is_free_and_those_of_others_last() {
    let at = |id: i64, east: i32| {
        let point = Point { latitude_e7: 361_000_000, longitude_e7: 1_203_700_000 + east * 10_000 };
        Volunteer { point: Some(point), ..volunteer(id) }
    };
    let people = roster((1..=6).map(|id| at(id, i32::try_from(id).unwrap())));
    let scene = Scene::of("ELD-02");
    let mut wanted = scene.wanted();
    wanted.point = Some(Point { latitude_e7: 361_000_000, longitude_e7: 1_203_700_000 });
    let asking = Asking::new(&people, &wanted, &scene.policy, &scene.calendar, Scene::now());
    let alone = next_wave_of(&asking, &scene.calendar, 1, (&[], None), &[]);
    let together = Together::choose(
        vec![(1, Waits::of(&asking, 1, &[], &[])), (2, Waits::of(&asking, 1, &[], &[]))],
        &policy(2),
    );
    let wave = |ticket| next_wave_of(&asking, &scene.calendar, 1, (&[], together.of(&ticket)), &[]);
    let ids = |wave: &super::super::offer::Wave| wave.ask.iter().map(|(id, _)| id.0).collect::<Vec<_>>();
    let (one, other) = (ids(&wave(1)), ids(&wave(2)));
    assert_eq!(one.len(), alone.ask.len(), "as many are asked as by itself");
    assert_eq!(one[..3], own(&together, 1)[..3], "its own stand first");
    assert!(
        one[..3].iter().all(|id| !other[..3].contains(id)),
        "{one:?} and {other:?} begin with the same people"
    );
}
