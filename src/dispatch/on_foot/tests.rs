use proptest::prelude::*;

use crate::dispatch::candidates::{Asking, Verdict};
use crate::dispatch::fixtures::{Scene, roster, volunteer};
use crate::dispatch::ranking::rank;
use crate::dispatch::roads::Roads;
use crate::dispatch::roads::tests::{at, node, town};
use crate::domain::area::Point;
use crate::domain::ids::VolunteerId;
use crate::domain::volunteer::Volunteer;

const COMPARED: usize = 5;

fn living(id: i64, home: Point) -> Volunteer {
    Volunteer { point: Some(home), ..volunteer(id) }
}

#[test]
fn who_lives_across_the_river_stands_behind_a_neighbour_who_is_farther_by_air() {
    let across = living(10_001, node(5, 2).1);
    let along = living(10_002, node(4, 7).1);
    let roster = roster([across, along]);
    let scene = Scene::of("ELD-02");
    let mut wanted = scene.wanted();
    wanted.point = Some(node(4, 2).1);
    let roads = Roads::new(&town()).unwrap();
    let order = |roads: Option<&Roads>| {
        let asking =
            Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now()).by_road(roads);
        rank(&asking).into_iter().map(|(id, rank)| (id.0, rank.ring)).collect::<Vec<_>>()
    };
    // A point of nearness is three metres of the way: by road 1,700 and 500 m, by air 100 and 500 m and their detour.
    assert_eq!(order(Some(&roads)), [(10_002, 1_000 - 500 / 3), (10_001, 1_000 - 1_700 / 3)]);
    assert_eq!(order(None), [(10_001, 1_000 - 130 / 3), (10_002, 1_000 - 650 / 3)]);
}

#[test]
fn the_detour_counts_where_there_are_no_roads_and_for_whoever_lives_beside_none() {
    let mut scene = Scene::of("ELD-02");
    scene.policy.offers.detour_permille = 2_000;
    let roster = roster([living(10_001, at(-600.0, 200.0))]);
    let mut wanted = scene.wanted();
    wanted.point = Some(at(0.0, 200.0));
    let roads = Roads::new(&town()).unwrap();
    for roads in [None, Some(&roads)] {
        let asking =
            Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now()).by_road(roads);
        assert_eq!(asking.road_metres(VolunteerId(10_001)), None);
        assert_eq!(rank(&asking)[0].1.ring, 1_000 - 1_200 / 3);
    }
}

#[test]
fn of_those_at_one_address_the_lower_badge_numbers_are_compared_whoever_came_to_the_register_first() {
    let house = node(4, 7).1;
    let nearer = living(10_099, node(4, 3).1);
    let people = |badges: Vec<i64>| {
        roster(badges.into_iter().map(|badge| living(badge, house)).chain([nearer.clone()]))
    };
    let mut scene = Scene::of("ELD-02");
    scene.policy.offers.shortlist = COMPARED as u16;
    let mut wanted = scene.wanted();
    wanted.point = Some(node(4, 2).1);
    let town = Roads::new(&town()).unwrap();
    for roads in [None, Some(&town)] {
        for badges in [(10_001..=10_020).collect::<Vec<_>>(), (10_001..=10_020).rev().collect()] {
            let roster = people(badges);
            let asking =
                Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now()).by_road(roads);
            let mut compared: Vec<i64> =
                asking.shortlist(&[]).into_iter().map(|(slot, _)| roster.card(slot).id.0).collect();
            compared.sort_unstable();
            assert_eq!(compared, [10_001, 10_002, 10_003, 10_004, 10_099]);
        }
    }
}

proptest! {
    #[test]
    fn those_who_are_compared_are_the_nearest_by_road(
        homes in proptest::collection::vec((-100..1_000, -100..1_100), 1..60),
        north in 0..900, east in 0..1_000,
    ) {
        let people = (10_000..).zip(&homes);
        let roster = roster(people.map(|(id, (north, east))| living(id, at(f64::from(*north), f64::from(*east)))));
        let mut scene = Scene::of("ELD-02");
        scene.policy.offers.shortlist = COMPARED as u16;
        let mut wanted = scene.wanted();
        let here = at(f64::from(north), f64::from(east));
        wanted.point = Some(here);
        let roads = Roads::new(&town()).unwrap();
        let asking =
            Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now()).by_road(Some(&roads));
        let compared: Vec<VolunteerId> =
            asking.shortlist(&[]).into_iter().map(|(slot, _)| roster.card(slot).id).collect();
        prop_assert_eq!(compared.len(), homes.len().min(COMPARED));
        let way = |id: VolunteerId| roads.metres(here, roster.find(id).unwrap().point.unwrap()).unwrap();
        let farthest = compared.iter().map(|id| way(*id)).max().unwrap();
        for (id, verdict) in asking.considered() {
            prop_assert!(matches!(verdict, Verdict::Eligible(_)), "{verdict:?}");
            // A plane is not a globe: a metre or two between who is nearest by air.
            prop_assert!(compared.contains(&id) || way(id) + 3 >= farthest, "{} m, and {farthest} m compared", way(id));
        }
    }
}
