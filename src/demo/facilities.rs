//! The demo's facilities with what they can give.

use super::names::pick;
use super::numbers::{Group, landline};
use super::people::{Society, address};
use super::places::near;
use crate::domain::area::AdminArea;
use crate::domain::ids::{Chance, FacilityId};
use crate::domain::register::{CapacityKind, CapacityUnit, Facility, FacilityKind};
use crate::domain::urgency::Tier;

/// What a sort of facility is called and gives: beds, day places and meals, each up to so many.
struct Sort {
    name: &'static str,
    beds: u32,
    day_places: u32,
    meals: u32,
}

const fn sort(name: &'static str, beds: u32, day_places: u32, meals: u32) -> Sort {
    Sort { name, beds, day_places, meals }
}

const WELFARE: &[Sort] = &[
    sort("老年公寓", 120, 0, 120),
    sort("日间照料中心", 0, 30, 40),
    sort("长者助餐点", 0, 0, 120),
    sort("居家养老服务站", 0, 0, 0),
    sort("残疾人康复站", 0, 12, 0),
    sort("儿童之家", 0, 20, 0),
    sort("嵌入式护理站", 16, 10, 20),
];

const CONVENIENCE: &[&str] = &[
    "便民维修点",
    "家政服务部",
    "管道疏通队",
    "送水站",
    "开锁服务点",
    "家电维修部",
    "洗衣店",
    "理发店",
    "便利店",
    "药店",
    "菜市场",
    "法律咨询点",
    "职业介绍所",
    "废品回收点",
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
            (FacilityKind::Welfare, &WELFARE[chance.below(7) as usize])
        } else {
            (FacilityKind::Convenience, &sort(pick(CONVENIENCE, chance), 0, 0, 0))
        };
        made.push(facility(society, serial, kind, sort, home, chance));
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
        open: chance.below(100) < 97,
        opened_on: jiff::civil::date(
            society.this_year - opened(chance.below(15)),
            1 + (serial % 12) as i8,
            1,
        ),
        units,
    }
}
