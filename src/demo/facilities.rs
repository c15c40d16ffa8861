//! The demo's facilities with what they can give.

use super::names::pick;
use super::numbers::{Group, landline, mobile};
use super::people::{Society, address};
use super::places::near;
use crate::domain::area::AdminArea;
use crate::domain::category::CategoryCode;
use crate::domain::ids::{Chance, FacilityId};
use crate::domain::register::{CapacityKind, CapacityUnit, Facility, FacilityKind};
use crate::domain::urgency::Tier;

/// What a sort of facility is called, takes work of, and gives: beds, day places and meals, each up to so many.
#[derive(Clone, Copy)]
struct Sort {
    name: &'static str,
    takes: &'static [&'static str],
    beds: u32,
    day_places: u32,
    meals: u32,
}

const fn sort(
    name: &'static str,
    takes: &'static [&'static str],
    [beds, day_places, meals]: [u32; 3],
) -> Sort {
    Sort { name, takes, beds, day_places, meals }
}

const WELFARE: &[Sort] = &[
    sort("老年公寓", &["CAR-02", "CAR-04"], [120, 0, 120]),
    sort("日间照料中心", &["CAR-01", "CAR-04", "ELD-01", "ELD-02"], [0, 30, 40]),
    sort("长者助餐点", &["ELD-02"], [0, 0, 120]),
    sort("居家养老服务站", &["ELD-01", "ELD-03", "ELD-04", "CAR-03"], [0, 0, 0]),
    sort("残疾人康复站", &["DIS-01", "DIS-03"], [0, 12, 0]),
    sort("儿童之家", &["CHD-01", "CHD-06"], [0, 20, 0]),
    sort("嵌入式护理站", &["ELD-04", "HLT-01", "CAR-02", "CAR-03", "CAR-04"], [16, 10, 20]),
];

const CONVENIENCE: &[Sort] = &[
    sort("便民维修点", &["CON-01", "CON-04"], [0; 3]),
    sort("家政服务部", &["ELD-03", "CON-05"], [0; 3]),
    sort("管道疏通队", &["CON-02"], [0; 3]),
    sort("送水站", &["CON-06"], [0; 3]),
    sort("开锁服务点", &["CON-03"], [0; 3]),
    sort("家电维修部", &["CON-04"], [0; 3]),
    sort("洗衣店", &[], [0; 3]),
    sort("理发店", &[], [0; 3]),
    sort("便利店", &["CON-06"], [0; 3]),
    sort("药店", &[], [0; 3]),
    sort("菜市场", &[], [0; 3]),
    sort("法律咨询点", &["UNT-01"], [0; 3]),
    sort("职业介绍所", &["EMP-03"], [0; 3]),
    sort("废品回收点", &[], [0; 3]),
];

pub(super) fn facilities(
    society: &Society<'_>,
    welfare: u32,
    convenience: u32,
    chance: &mut Chance,
) -> Vec<Facility> {
    let mut made = Vec::with_capacity((welfare + convenience) as usize);
    for serial in 0..welfare + convenience {
        let home = society.home(chance);
        let (kind, sort) = if serial < welfare {
            (FacilityKind::Welfare, pick(WELFARE, chance))
        } else {
            (FacilityKind::Convenience, pick(CONVENIENCE, chance))
        };
        made.push(facility(society, serial, kind, &sort, home, chance));
    }
    made
}

fn facility(
    society: &Society<'_>,
    serial: u32,
    kind: FacilityKind,
    sort: &Sort,
    home: &AdminArea,
    chance: &mut Chance,
) -> Facility {
    let opened = |part: u32| i16::try_from(part).expect("below 10000");
    let units = [
        (CapacityKind::Bed, sort.beds),
        (CapacityKind::DayPlace, sort.day_places),
        (CapacityKind::Meal, sort.meals),
    ];
    let units = units.into_iter().filter(|(_, most)| *most > 0).map(|(kind, most)| {
        let maximum = most / 2 + chance.below(most / 2 + 1);
        CapacityUnit { kind, maximum, available: chance.below(maximum / 3 + 1), updated_at: society.now }
    });
    let units = units.collect();
    Facility {
        id: FacilityId(i64::from(serial + 1)),
        jurisdiction: society.jurisdiction.clone(),
        kind,
        name: format!("{}{}", home.name.trim_end_matches("居委会"), sort.name),
        tier: Tier::Committee,
        area: home.code.clone(),
        address: address(home, chance),
        point: home.point.map(|middle| near(middle, chance)),
        phone: Some(landline(Group::Facilities, serial)),
        categories: sort
            .takes
            .iter()
            .map(|code| CategoryCode::parse(code).expect("a code of the plan"))
            .collect(),
        notice_phone: (!sort.takes.is_empty()).then(|| mobile(Group::Facilities, serial)),
        open: chance.below(100) < 97,
        opened_on: jiff::civil::date(
            society.this_year - opened(chance.below(15)),
            1 + (serial % 12) as i8,
            1,
        ),
        units,
    }
}
