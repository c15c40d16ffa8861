use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{NoRoads, Roads, Way};
use crate::domain::area::Point;

/// So many metres north and east of a corner of the district.
pub(in crate::dispatch) fn at(north_m: f64, east_m: f64) -> Point {
    let cosine = 36.1_f64.to_radians().cos();
    Point {
        latitude_e7: 361_000_000 + (north_m / 0.011_119_493) as i32,
        longitude_e7: 1_203_700_000 + (east_m / 0.011_119_493 / cosine) as i32,
    }
}

/// A node of a grid of 100 m.
pub(in crate::dispatch) fn node(row: i64, column: i64) -> (i64, Point) {
    (1_000 * row + column, at(100.0 * row as f64, 100.0 * column as f64))
}

fn way(nodes: impl IntoIterator<Item = (i64, i64)>) -> Way {
    Way(nodes.into_iter().map(|(row, column)| node(row, column)).collect())
}

/// Streets on both banks of a river that runs east between rows 4 and 5, with one bridge at column 10.
pub(in crate::dispatch) fn town() -> Vec<Way> {
    let mut ways: Vec<Way> = (0..10).map(|row| way((0..=10).map(|column| (row, column)))).collect();
    for column in 0..=10 {
        ways.push(way((0..=4).map(|row| (row, column))));
        ways.push(way((5..10).map(|row| (row, column))));
    }
    ways.push(way([(4, 10), (5, 10)]));
    ways
}

fn close(metres: Option<u32>, expected: u32) -> bool {
    metres.is_some_and(|metres| metres.abs_diff(expected) <= 2)
}

#[test]
fn who_is_near_by_air_is_far_by_road_across_the_river() {
    let roads = Roads::new(&town()).unwrap();
    let (here, across, along) = (node(4, 2).1, node(5, 2).1, node(4, 7).1);
    assert!(here.distance_m(across) < 110);
    let (over, beside) = (roads.metres(here, across), roads.metres(here, along));
    assert!(close(over, 1_700), "eight streets to the bridge, over it, and back: {over:?}");
    assert!(close(beside, 500), "{beside:?}");
}

#[test]
fn one_steps_onto_the_nearest_way_wherever_along_it() {
    let roads = Roads::new(&town()).unwrap();
    // 20 m north of row 1, 30 m past column 3; and 10 m south of it, 60 m past column 3: the same stretch.
    let (door, next) = (at(120.0, 330.0), at(90.0, 360.0));
    assert!(close(roads.metres(door, next), 20 + 30 + 10), "{:?}", roads.metres(door, next));
    // 45 m along column 6 from row 2.
    let far = roads.metres(door, at(245.0, 600.0));
    assert!(close(far, 20 + 270 + 100 + 45), "{far:?}");
    assert_eq!(roads.metres(door, door), Some(40), "to the way and back: as far as a neighbour's door");
}

#[test]
fn who_is_beside_no_way_has_none() {
    let roads = Roads::new(&town()).unwrap();
    assert!(roads.metres(at(-450.0, 0.0), node(4, 2).1).is_some());
    assert_eq!(roads.metres(at(-550.0, 0.0), node(4, 2).1), None);
    assert_eq!(roads.metres(node(4, 2).1, Point { latitude_e7: 0, longitude_e7: 0 }), None);
}

#[test]
fn a_part_that_hangs_together_with_nothing_is_left_out() {
    let mut ways = town();
    ways.retain(|way| way.0.len() > 2);
    // Without the bridge the longer bank, of equals the first, is all there is: who lives across steps onto it.
    let roads = Roads::new(&ways).unwrap();
    assert!(close(roads.metres(node(4, 2).1, node(5, 2).1), 100));
    assert_eq!(roads.crossings(), 5 * 11);
}

#[test]
fn where_nothing_can_be_walked_there_is_no_net() {
    let ring = Way(vec![node(0, 0), node(0, 1), node(1, 1), node(0, 0)]);
    for ways in [vec![], vec![Way(vec![node(0, 0)])], vec![Way(vec![])], vec![ring]] {
        assert_eq!(Roads::new(&ways).unwrap_err(), NoRoads::NoWays, "{ways:?}");
    }
}

/// The shortest ways from a node, by trying every stretch until nothing gets shorter.
fn by_trying(ways: &[Way], from: i64) -> BTreeMap<i64, f64> {
    let mut far = BTreeMap::from([(from, 0.0)]);
    loop {
        let mut changed = false;
        for pair in ways.iter().flat_map(|way| way.0.windows(2)) {
            for ((one, a), (other, b)) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                let Some(before) = far.get(&one).copied() else { continue };
                let through = before + f64::from(a.distance_m(b));
                if far.get(&other).is_none_or(|known| through < known - 1e-6) {
                    far.insert(other, through);
                    changed = true;
                }
            }
        }
        if !changed {
            return far;
        }
    }
}

/// A town whose streets are crooked, so that none passes over a crossing of others without meeting it.
fn crooked((row, column): (i64, i64)) -> (i64, Point) {
    let bend = |one: i64, other: i64| ((one * one * 7 + other * other * 11 + one * other * 5) % 31) as f64;
    let (north, east) =
        (100.0 * row as f64 + bend(row, column), 100.0 * column as f64 + bend(column, row + 3));
    (1_000 * row + column, at(north, east))
}

proptest! {
    #[test]
    fn every_way_is_the_shortest_and_none_is_shorter_than_the_air(
        steps in proptest::collection::vec(proptest::collection::vec((0_i64..7, 0_i64..7), 2..6), 1..14),
        from in (0_i64..7, 0_i64..7), to in (0_i64..7, 0_i64..7),
    ) {
        let through_the_middle = |nodes: &Vec<(i64, i64)>| {
            Way([(3, 3)].into_iter().chain(nodes.iter().copied()).map(crooked).collect())
        };
        let ways: Vec<Way> = steps.iter().map(through_the_middle).collect();
        let Ok(roads) = Roads::new(&ways) else {
            // Nothing but ways from the middle back to it.
            return Ok(());
        };
        let (from, to) = (crooked(from), crooked(to));
        let metres = roads.metres(from.1, to.1);
        if let Some(metres) = metres {
            prop_assert!(metres + 2 >= from.1.distance_m(to.1), "{metres} m by road, {} by air", from.1.distance_m(to.1));
        }
        prop_assert_eq!(metres, Roads::new(&ways).unwrap().metres(from.1, to.1), "the same file says the same");
        let far = by_trying(&ways, from.0);
        if let Some(expected) = far.get(&to.0).filter(|_| far.len() > 1) {
            let metres = metres.expect("both are on a way");
            // Each stretch tried was rounded to a metre.
            prop_assert!((f64::from(metres) - expected).abs() <= 12.0, "{metres} m and not {expected}");
        }
    }
}
