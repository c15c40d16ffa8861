use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::attributes::{Attribute, Attributes};
use super::{AreaQuery, Areas, RingHit};
use crate::dispatch::index::Id;
use crate::domain::area::AreaCode;

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
fn ring(place: &AreaCode, bordering: &[AreaCode], home: &AreaCode) -> Option<u8> {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn rings_are_found_as_by_looking_at_everyone(
        steps in vec((0..120_u32, 0..CODES.len(), attributes(), 0..8_u8), 1..300),
        place in 0..CODES.len(),
        bordering in vec(0..CODES.len(), 0..4),
        (need, forbid) in (attributes(), attributes()),
        mut except in vec(0..120_u32, 0..9),
        (within, wanted) in (0..5_u8, 0..30_usize),
    ) {
        let (mut areas, mut everyone) = (Areas::default(), Everyone::new());
        let (area, bordering) = (code(place), bordering.into_iter().map(code).collect::<Vec<_>>());
        except.sort_unstable();
        for (id, home, has, what) in steps {
            match what {
                0 => prop_assert_eq!(areas.remove(id), everyone.remove(&id).is_some()),
                1 => {
                    let known = everyone.get_mut(&id).map(|person| person.1 = has);
                    prop_assert_eq!(areas.set_attributes(id, has), known.is_some());
                }
                _ => {
                    areas.insert(id, &code(home), has);
                    everyone.insert(id, (code(home), has));
                }
            }
            let query = AreaQuery { area: &area, bordering: &bordering, need, forbid, within, except: &except };
            let mut hits = vec![RingHit::default(); wanted];
            let found = areas.nearest(&query, &mut hits);
            let mut expected: Vec<RingHit> = everyone
                .iter()
                .filter(|(id, (_, has))| has.fit(need, forbid) && !except.contains(id))
                .filter_map(|(id, (home, _))| Some(RingHit { id: *id, ring: ring(&area, &bordering, home)? }))
                .filter(|hit| hit.ring <= within)
                .collect();
            expected.sort_unstable_by_key(|hit| (hit.ring, hit.id));
            expected.truncate(wanted);
            prop_assert_eq!(&hits[..found], expected);
        }
    }
}

#[test]
fn a_district_border_is_no_wall() {
    let mut areas = Areas::default();
    areas.insert(1, &code(4), Attributes::NONE);
    areas.insert(2, &code(2), Attributes::NONE);
    let (area, bordering) = (code(0), [code(4)]);
    let (need, forbid) = (Attributes::NONE, Attributes::NONE);
    let query = AreaQuery { area: &area, bordering: &bordering, need, forbid, within: 3, except: &[] };
    let mut hits = [RingHit::default(); 3];
    assert_eq!(areas.nearest(&query, &mut hits), 2);
    assert_eq!(hits[..2], [RingHit { id: 1, ring: 1 }, RingHit { id: 2, ring: 3 }]);
}
