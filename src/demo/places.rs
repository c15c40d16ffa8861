//! Where things are in the synthetic district: real areas, invented positions inside the real outline.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::area::{AdminArea, AreaCode, AreaLevel, Point};
use crate::domain::datum::Datum;
use crate::domain::ids::Chance;

const AREAS: &str = include_str!("../../places/areas.csv");
const OUTLINES: &str = include_str!("../../places/districts.geojson");

/// Positions tried for each that is kept: more spreads better.
const CANDIDATES: u32 = 24;
/// Neighbours that share a border with an area, on average.
const NEIGHBOURS: usize = 5;
/// Farthest that people live from the middle of their committee.
const NEARBY_M: i32 = 350;
/// Metres of one degree of latitude.
const DEGREE_M: f64 = 111_194.93;

/// One line of the file of areas.
#[derive(Debug, serde::Deserialize)]
struct Listed {
    code: String,
    name: String,
}

/// The areas of a district by code, the district first, each with a position and its neighbours.
pub(super) fn areas(district: &str, chance: &mut Chance) -> Vec<AdminArea> {
    let outline = Outline::of(district);
    let listed = listed(district);
    let mut points =
        place_spread(&outline, listed.iter().filter(|(code, _)| is_street(code)), chance, |_| true);
    let streets = points.clone();
    for street in streets.keys() {
        let nearest_is_this = |point: Point| {
            streets.iter().min_by_key(|(_, at)| at.distance_m(point)).is_some_and(|(code, _)| code == street)
        };
        let committees =
            listed.iter().filter(|(code, _)| !is_street(code) && code.street().as_ref() == Some(street));
        points.extend(place_spread(&outline, committees.clone(), chance, nearest_is_this));
    }
    let adjacent = adjacent(&points);
    listed
        .into_iter()
        .map(|(code, name)| AdminArea {
            point: points.get(&code).copied(),
            adjacent: adjacent.get(&code).map(|codes| codes.iter().cloned().collect()).unwrap_or_default(),
            name,
            code,
        })
        .collect()
}

/// A position near the middle of a committee.
pub(super) fn near(middle: Point, chance: &mut Chance) -> Point {
    // The mean of two draws lies more often near the middle than at the rim.
    let mut offset = || {
        let span = u32::try_from(2 * NEARBY_M + 1).expect("a distance is positive");
        let draw = |n: u32| i32::try_from(n).expect("a draw below 2³¹ fits") - NEARBY_M;
        f64::from(draw(chance.below(span)) + draw(chance.below(span))) / 2.0
    };
    let (north_m, east_m) = (offset(), offset());
    let cosine = degrees(middle).1.to_radians().cos();
    let (longitude, latitude) = degrees(middle);
    let moved = Datum::Wgs84.point(latitude + north_m / DEGREE_M, longitude + east_m / DEGREE_M / cosine);
    moved.expect("beside a place of the globe is another")
}

/// Longitude and latitude.
fn degrees(point: Point) -> (f64, f64) {
    (f64::from(point.longitude_e7) / 1e7, f64::from(point.latitude_e7) / 1e7)
}

fn listed(district: &str) -> Vec<(AreaCode, String)> {
    let mut reader = csv::Reader::from_reader(AREAS.as_bytes());
    reader
        .deserialize()
        .map(|row| row.expect("the shipped file of areas is whole"))
        .filter(|row: &Listed| row.code.starts_with(district))
        .map(|row| (AreaCode::parse(&row.code).expect("the shipped codes are codes"), row.name))
        .collect()
}

fn is_street(code: &AreaCode) -> bool {
    code.level() == AreaLevel::Street
}

/// Places areas inside the outline, each as far from those before it as the best of some tries.
fn place_spread<'a>(
    outline: &Outline,
    areas: impl Iterator<Item = &'a (AreaCode, String)>,
    chance: &mut Chance,
    suits: impl Fn(Point) -> bool,
) -> BTreeMap<AreaCode, Point> {
    let mut placed: BTreeMap<AreaCode, Point> = BTreeMap::new();
    for (code, _) in areas.filter(|(code, _)| code.level() != AreaLevel::District) {
        let room = |point: &Point| placed.values().map(|at| at.distance_m(*point)).min().unwrap_or(u32::MAX);
        let best = (0..CANDIDATES)
            .map(|_| outline.inside(chance, &suits))
            .max_by_key(room)
            .expect("there is at least one candidate");
        placed.insert(code.clone(), best);
    }
    placed
}

/// Each area's nearest of its own level, made mutual.
fn adjacent(points: &BTreeMap<AreaCode, Point>) -> BTreeMap<AreaCode, BTreeSet<AreaCode>> {
    let mut found: BTreeMap<AreaCode, BTreeSet<AreaCode>> = BTreeMap::new();
    for (code, here) in points {
        let mut others: Vec<(u32, &AreaCode)> = points
            .iter()
            .filter(|(other, _)| *other != code && other.level() == code.level())
            .map(|(other, there)| (here.distance_m(*there), other))
            .collect();
        others.sort();
        for (_, other) in others.into_iter().take(NEIGHBOURS) {
            found.entry(code.clone()).or_default().insert(other.clone());
            found.entry(other.clone()).or_default().insert(code.clone());
        }
    }
    found
}

/// The outline of a district, one ring in WGS-84 degrees.
struct Outline {
    /// (longitude, latitude)
    ring: Vec<(f64, f64)>,
}

impl Outline {
    fn of(district: &str) -> Self {
        let all: serde_json::Value = serde_json::from_str(OUTLINES).expect("the shipped outlines are JSON");
        let feature = all["features"]
            .as_array()
            .and_then(|all| all.iter().find(|feature| feature["properties"]["code"] == district))
            .expect("the demo's district has an outline");
        let ring = feature["geometry"]["coordinates"][0].as_array().expect("an outline is a polygon");
        let number = |value: &serde_json::Value| value.as_f64().expect("a coordinate is a number");
        let corner = |pair: &serde_json::Value| {
            let shown = Datum::Gcj02.point(number(&pair[1]), number(&pair[0]));
            degrees(shown.expect("a coordinate lies on the globe"))
        };
        Self { ring: ring.iter().map(corner).collect() }
    }

    /// A position inside that suits.
    fn inside(&self, chance: &mut Chance, suits: impl Fn(Point) -> bool) -> Point {
        let bounds = |pick: fn(&(f64, f64)) -> f64| {
            let low = self.ring.iter().map(pick).fold(f64::INFINITY, f64::min);
            let high = self.ring.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
            (low, high - low)
        };
        let (west, width) = bounds(|at| at.0);
        let (south, height) = bounds(|at| at.1);
        // Each area holds far more than a thousandth of the rectangle around the district.
        for _ in 0..100_000 {
            let mut share = || f64::from(chance.below(1 << 24)) / f64::from(1 << 24);
            let at = (west + width * share(), south + height * share());
            let point = Datum::Wgs84.point(at.1, at.0).expect("inside the outline is on the globe");
            if suits(point) && self.contains(at) {
                return point;
            }
        }
        unreachable!("every street of the shipped district has room")
    }

    /// Counts the sides that a line to the east crosses: an odd number means inside.
    fn contains(&self, (x, y): (f64, f64)) -> bool {
        let next = self.ring.iter().cycle().skip(1);
        let crossed = self.ring.iter().zip(next).filter(|&(&(x1, y1), &(x2, y2))| {
            (y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
        });
        crossed.count() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_street_and_committee_lies_inside_the_district_among_its_neighbours() {
        let areas = areas("370203", &mut Chance::from_number(1));
        let outline = Outline::of("370203");
        assert_eq!(areas.len(), 1 + 22 + 137);
        for area in areas.iter().filter(|area| area.code.level() != AreaLevel::District) {
            let at = area.point.expect("it has a position");
            let inside = outline.contains(degrees(at));
            assert!(inside, "{} lies outside", area.code);
            assert!((NEIGHBOURS..30).contains(&area.adjacent.len()), "{}", area.adjacent.len());
            for neighbour in &area.adjacent {
                let other = areas.iter().find(|other| other.code == *neighbour).expect("it is an area");
                assert!(other.adjacent.contains(&area.code), "{} and {neighbour}", area.code);
            }
        }
    }
}
