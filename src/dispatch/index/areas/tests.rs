use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::around::{Either, Filters};
use super::super::attributes::{Attribute, Attributes};
use super::{Areas, Place, RINGS};
use crate::dispatch::index::Id;
use crate::domain::area::{AreaCode, AreaNumber};

/// Two districts of two streets of two committees, and the streets and districts themselves.
const CODES: [&str; 14] = [
    "370203001001",
    "370203001002",
    "370203002001",
    "370203002002",
    "370202001001",
    "370202001002",
    "370202002001",
    "370202002002",
    "370203001",
    "370203002",
    "370202001",
    "370202002",
    "370203",
    "370202",
];

fn code(number: usize) -> AreaCode {
    AreaCode::parse(CODES[number]).expect("6, 9 or 12 digits")
}

/// The ring as DOMAIN §5.2 says it.
fn ring_of(place: &AreaCode, bordering: &[AreaCode], home: &AreaCode) -> Option<u8> {
    let same = |one: Option<AreaCode>, other: Option<AreaCode>| one.is_some() && one == other;
    if same(place.committee(), home.committee()) {
        Some(0)
    } else if bordering.contains(home) {
        Some(1)
    } else if same(place.street(), home.street()) {
        Some(2)
    } else {
        (place.district() == home.district()).then_some(3)
    }
}

fn attributes() -> impl Strategy<Value = Attributes> {
    vec(0..3_u8, 0..3).prop_map(|all| all.into_iter().filter_map(Attribute::new).collect())
}

type Everyone = BTreeMap<Id, (AreaCode, Attributes)>;

/// Those of each ring who have what is needed, or what may be had instead.
fn rings(areas: &Areas, place: Place<'_>, (need, instead, forbid): Wanted) -> Vec<(u8, Vec<Id>)> {
    let filters = Filters::new(Attributes::NONE, forbid, Either::ThisOr(need, instead));
    let in_order = |ring| {
        let mut found: Vec<Id> = Vec::new();
        areas.of_ring(place, ring, &filters, &mut found);
        found.sort_unstable();
        found
    };
    RINGS.map(|ring| (ring, in_order(ring))).collect()
}

type Wanted = (Attributes, Attributes, Attributes);

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn rings_are_found_as_by_looking_at_everyone(
        // Of few areas each is crowded.
        (crowd, steps) in (1..=CODES.len(), vec((0..300_u32, 0..CODES.len(), attributes(), 0..8_u8), 1..900)),
        place in proptest::option::of(0..CODES.len()),
        bordering in vec(0..CODES.len(), 0..4),
        (need, instead, forbid) in (attributes(), attributes(), attributes()),
    ) {
        let (mut areas, mut everyone) = (Areas::default(), Everyone::new());
        let (area, bordering) = (place.map(code), bordering.into_iter().map(code).collect::<Vec<_>>());
        let numbers: BTreeSet<AreaNumber> = bordering.iter().map(AreaCode::number).collect();
        let around = Place { area: area.as_ref().map(AreaCode::number), bordering: Some(&numbers) };
        for (id, home, has, what) in steps {
            let home = home % crowd;
            let (first, on) = (Attribute::new(0).expect("there is a first"), home % 2 == 0);
            match what {
                0 => prop_assert_eq!(areas.remove(id), everyone.remove(&id).is_some()),
                1 => {
                    let known = everyone.get_mut(&id).map(|person| person.1 = person.1.with(first, on));
                    prop_assert_eq!(areas.set(id, first, on), known.is_some());
                }
                _ => {
                    areas.insert(id, code(home).number(), has);
                    everyone.insert(id, (code(home), has));
                }
            }
            let fits = |has: &Attributes| has.fit(need, forbid) || has.fit(instead, forbid);
            let is_of = |ring: u8, home: &AreaCode| match &area {
                Some(area) => ring_of(area, &bordering, home) == Some(ring),
                None => ring == 3,
            };
            let of_everyone = |ring| {
                let of_ring = everyone.iter().filter(|(_, (home, has))| fits(has) && is_of(ring, home));
                (ring, of_ring.map(|(id, _)| *id).collect::<Vec<Id>>())
            };
            let expected: Vec<_> = RINGS.map(of_everyone).collect();
            prop_assert_eq!(rings(&areas, around, (need, instead, forbid)), expected);
        }
    }
}

#[test]
fn a_district_border_is_no_wall() {
    let mut areas = Areas::default();
    areas.insert(1, code(4).number(), Attributes::NONE);
    areas.insert(2, code(2).number(), Attributes::NONE);
    areas.insert(3, code(5).number(), Attributes::NONE);
    let bordering = [code(4).number()].into();
    let place = Place { area: Some(code(0).number()), bordering: Some(&bordering) };
    let anybody = (Attributes::NONE, Attributes::NONE, Attributes::NONE);
    assert_eq!(rings(&areas, place, anybody), [(0, vec![]), (1, vec![1]), (2, vec![]), (3, vec![2])]);
}
