//! Road files: what people may walk is read, what is damaged or missing is said with its remedy.
//!
//! The files are written here, octet by octet: no map of anybody's comes with the program.

use std::path::{Path, PathBuf};

use yingda::domain::area::Point;
use yingda::domain::datum::Datum;
use yingda::places::osm;

/// The corner of the town, and how far its crossings lie apart.
const CORNER: (f64, f64) = (36.1, 120.37);
const STREET_M: f64 = 100.0;

/// A crossing by its row, from the south, and its column, from the west.
type Crossing = (i64, i64);

fn degrees((row, column): Crossing) -> (f64, f64) {
    let metre = 1.0 / 111_194.93;
    let north = CORNER.0 + row as f64 * STREET_M * metre;
    (north, CORNER.1 + column as f64 * STREET_M * metre / CORNER.0.to_radians().cos())
}

fn place(crossing: Crossing) -> Point {
    let (latitude, longitude) = degrees(crossing);
    Datum::Wgs84.point(latitude, longitude).unwrap()
}

/// A way with what is written on it.
struct Drawn {
    nodes: Vec<Crossing>,
    tags: Vec<(&'static str, &'static str)>,
}

fn drawn(nodes: impl IntoIterator<Item = Crossing>, tags: &[(&'static str, &'static str)]) -> Drawn {
    Drawn { nodes: nodes.into_iter().collect(), tags: tags.to_vec() }
}

/// Protocol Buffers, as far as the format needs them.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn signed(self, field: u64, value: i64) -> Self {
        self.number(field, zigzag(value))
    }

    fn octets(mut self, field: u64, octets: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(octets.len() as u64);
        self.0.extend(octets);
        self
    }

    fn packed(self, field: u64, values: impl Iterator<Item = u64>) -> Self {
        let mut all = Self::default();
        values.for_each(|value| all.varint(value));
        self.octets(field, &all.0)
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// One part of a file: its length, its head, its content.
fn part(kind: &str, content: Message) -> Vec<u8> {
    let content = Message::default().octets(1, &content.0).0;
    let head = Message::default().octets(1, kind.as_bytes()).number(3, content.len() as u64).0;
    let length = u32::try_from(head.len()).unwrap().to_be_bytes();
    [&length[..], &head, &content].concat()
}

/// An extract with these ways and all their crossings.
///
/// Source: the PBF format of OpenStreetMap.
fn extract(ways: &[Drawn]) -> Vec<u8> {
    let id = |(row, column): Crossing| 1_000 * row + column + 1;
    let mut words = vec![""];
    let mut word = |text: &'static str| {
        let found = words.iter().position(|known| *known == text);
        found.unwrap_or_else(|| {
            words.push(text);
            words.len() - 1
        }) as u64
    };
    let mut group = Message::default();
    let mut crossings: Vec<Crossing> = ways.iter().flat_map(|way| way.nodes.clone()).collect();
    crossings.sort_unstable();
    crossings.dedup();
    for crossing in crossings {
        let (latitude, longitude) = degrees(crossing);
        let nano = |degrees: f64| (degrees * 1e7).round() as i64;
        let node =
            Message::default().signed(1, id(crossing)).signed(8, nano(latitude)).signed(9, nano(longitude));
        group = group.octets(1, &node.0);
    }
    for (number, way) in (1..).zip(ways) {
        let keys: Vec<u64> = way.tags.iter().map(|(key, _)| word(key)).collect();
        let values: Vec<u64> = way.tags.iter().map(|(_, value)| word(value)).collect();
        let ids: Vec<i64> = way.nodes.iter().map(|node| id(*node)).collect();
        let steps = (0..ids.len()).map(|at| zigzag(ids[at] - if at == 0 { 0 } else { ids[at - 1] }));
        let way =
            Message::default().number(1, number).packed(2, keys.into_iter()).packed(3, values.into_iter());
        group = group.octets(3, &way.packed(8, steps).0);
    }
    let table = words.iter().fold(Message::default(), |table, word| table.octets(1, word.as_bytes()));
    let head = Message::default().octets(4, b"OsmSchema-V0.6");
    let block = Message::default().octets(1, &table.0).octets(2, &group.0);
    [part("OSMHeader", head), part("OSMData", block)].concat()
}

/// Streets on both banks of a river that runs between rows 4 and 5, with a bridge at column 10.
fn town(bridge: &[(&'static str, &'static str)]) -> Vec<Drawn> {
    let street = [("highway", "residential"), ("name", "商城路")];
    let mut ways: Vec<Drawn> =
        (0..10).map(|row| drawn((0..=10).map(|column| (row, column)), &street)).collect();
    for column in 0..=10 {
        ways.push(drawn((0..=4).map(|row| (row, column)), &street));
        ways.push(drawn((5..10).map(|row| (row, column)), &street));
    }
    ways.push(drawn([(4, 10), (5, 10)], bridge));
    ways
}

fn written(folder: &Path, octets: &[u8]) -> PathBuf {
    let file = folder.join("shibei.osm.pbf");
    std::fs::write(&file, octets).unwrap();
    file
}

#[test]
fn the_way_to_the_other_bank_leads_over_the_bridge_of_the_road_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), &extract(&town(&[("highway", "footway"), ("bridge", "yes")])));
    let roads = osm::roads(&file).unwrap();
    let (here, across, along) = (place((4, 2)), place((5, 2)), place((4, 7)));
    assert!(here.distance_m(across) < here.distance_m(along), "by air the other bank is nearer");
    assert!(roads.metres(here, across).unwrap().abs_diff(1_700) <= 3, "{:?}", roads.metres(here, across));
    assert!(roads.metres(here, along).unwrap().abs_diff(500) <= 3, "{:?}", roads.metres(here, along));
    let again = osm::roads(&file).unwrap();
    for crossing in (0..10).flat_map(|row| (0..=10).map(move |column| (row, column))) {
        assert_eq!(again.metres(here, place(crossing)), roads.metres(here, place(crossing)));
    }
}

#[test]
fn only_what_people_may_walk_is_a_way() {
    let folder = tempfile::tempdir().unwrap();
    // Who is told to walk over the bridge, and how far it is then: 1,700 m, or to the river's bank and no farther.
    for (bridge, is_walked) in [
        (&[("highway", "footway")][..], true),
        (&[("highway", "trunk"), ("foot", "yes")], true),
        (&[("highway", "service"), ("access", "private")], true),
        (&[("highway", "service"), ("access", "no"), ("foot", "designated")], true),
        (&[("highway", "steps")], true),
        (&[("highway", "motorway")], false),
        (&[("highway", "motorway"), ("foot", "yes")], false),
        (&[("highway", "primary"), ("foot", "no")], false),
        (&[("highway", "footway"), ("access", "no")], false),
        (&[("highway", "construction")], false),
        (&[("railway", "rail")], false),
        (&[("route", "ferry")], false),
    ] {
        let roads = osm::roads(&written(folder.path(), &extract(&town(bridge)))).unwrap();
        let over = roads.metres(place((4, 2)), place((5, 2))).unwrap();
        assert_eq!(over > 1_600, is_walked, "{bridge:?}: {over} m");
    }
}

#[test]
fn a_road_file_that_is_missing_or_damaged_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere.osm.pbf");
    let good = extract(&town(&[("highway", "footway")]));
    let mut damaged = vec![
        (missing, "leave roads.file out"),
        (written(folder.path(), b""), "there is no way in it that people may walk"),
    ];
    let rail = extract(&[drawn([(0, 0), (0, 1)], &[("railway", "rail")])]);
    for (octets, says) in [
        (&b"<html>404 Not Found</html>"[..], "leave roads.file out"),
        (&good[..good.len() / 2], "leave roads.file out"),
        (&rail, "there is no way in it that people may walk"),
    ] {
        let file = folder.path().join(format!("{}.osm.pbf", damaged.len()));
        std::fs::write(&file, octets).unwrap();
        damaged.push((file, says));
    }
    for (file, says) in damaged {
        let error = osm::roads(&file).unwrap_err().to_string();
        assert!(error.contains(&file.display().to_string()) && error.contains(says), "{error}");
    }
}
