//! Facilities of institutions, from a file: what they are, give, and take work of.

use std::collections::BTreeSet;

use super::fields::{area, category, date, list, phone, tier, word, yes_no};
use super::people::name;
use super::position::{DATUM, LATITUDE, LONGITUDE, position};
use super::reason::{Reason, Why};
use super::region::{JURISDICTION, jurisdiction};
use super::table::{Column, Row, Table, optional, required};
use super::{BadRow, Read, Surroundings, all_or_reasons, refuse_twins};
use crate::domain::area::AreaLevel;
use crate::domain::category::{CategoryCode, HandlerKind};
use crate::domain::ids::FacilityId;
use crate::domain::register::{CapacityKind, CapacityUnit, Facility, FacilityKind};
use crate::domain::urgency::Tier;

/// Longest address.
const ADDRESS_CHARS: usize = 200;
/// Most places of one kind.
const MOST_PLACES: u32 = 100_000;

const COLUMNS: &[Column] = &[
    required("number", &["编号", "设施编号"]),
    required("kind", &["类型", "设施类型"]),
    required("name", &["名称", "设施名称"]),
    required("area", &["地区", "社区", "街道", "居委会", "地区代码"]),
    required("address", &["地址"]),
    required("opened_on", &["开业日期", "启用日期"]),
    optional("tier", &["层级", "级别"]),
    optional("phone", &["电话"]),
    optional("categories", &["承接类别", "服务类别", "服务项目"]),
    optional("notice_phone", &["通知手机", "通知电话"]),
    optional("open", &["营业", "在用"]),
    optional("beds", &["床位"]),
    optional("day_places", &["日托位"]),
    optional("meals", &["餐位"]),
    JURISDICTION,
    LATITUDE,
    LONGITUDE,
    DATUM,
];

/// Reads facilities. One whose number is known takes the place of what was known.
///
/// # Errors
/// Every row that may not be, with its reason.
pub fn read(bytes: &[u8], surroundings: &Surroundings<'_>) -> Result<Vec<Read<Facility>>, Vec<BadRow>> {
    let table = Table::read(bytes, COLUMNS)?;
    let rows = all_or_reasons(&table, |row| one(row, surroundings))?;
    refuse_twins(&rows, "number", Why::Twin, |facility| vec![facility.id])?;
    Ok(rows)
}

fn one(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<Facility, Reason> {
    let reason = |column: &'static str| move |reason: Reason| reason.at(column);
    let area = area(row.need("area")?, surroundings).map_err(reason("area"))?;
    let level = match area.level() {
        AreaLevel::District => Tier::District,
        AreaLevel::Street => Tier::Street,
        AreaLevel::Committee => Tier::Committee,
    };
    let categories = row.read("categories", |text| takes(text, surroundings))?.unwrap_or_default();
    let notice_phone = row.read("notice_phone", |text| phone(text, surroundings))?;
    match &notice_phone {
        None if !categories.is_empty() => {
            return Err(Reason::new(Why::NoNoticePhone).at("notice_phone"));
        }
        Some(phone) if !phone.is_mobile() => {
            return Err(Reason::new(Why::NoticeNoMobile).at("notice_phone"));
        }
        Some(_) | None => {}
    }
    let id = number(row.need("number")?).map_err(reason("number"))?;
    let neighbours = surroundings.neighbours;
    let agreed = (&*neighbours.agreements.institutions_of, "institutions_of");
    Ok(Facility {
        id,
        jurisdiction: jurisdiction(row, surroundings, agreed, neighbours.facilities.get(&id))?,
        kind: kind(row.need("kind")?).map_err(reason("kind"))?,
        name: name(row)?,
        tier: row.read("tier", tier)?.unwrap_or(level),
        area,
        address: address(row.need("address")?).map_err(reason("address"))?,
        point: position(row)?,
        phone: row.read("phone", |text| phone(text, surroundings))?,
        categories,
        notice_phone,
        open: row.read("open", yes_no)?.unwrap_or(true),
        opened_on: date(row.need("opened_on")?).map_err(reason("opened_on"))?,
        units: units(row, surroundings)?,
    })
}

/// Categories that the catalogue lets institutions do.
fn takes(text: &str, surroundings: &Surroundings<'_>) -> Result<BTreeSet<CategoryCode>, Reason> {
    let one = |text: &str| {
        let row = category(text, surroundings)?;
        match row.by.contains(&HandlerKind::Institution) {
            true => Ok(row.code.clone()),
            false => Err(Reason::of(Why::NotForInstitutions, &row.code)),
        }
    };
    list(text).map(one).collect()
}

fn units(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<Vec<CapacityUnit>, Reason> {
    let mut units = Vec::new();
    for (column, kind) in
        [("beds", CapacityKind::Bed), ("day_places", CapacityKind::DayPlace), ("meals", CapacityKind::Meal)]
    {
        if let Some(maximum) = row.read(column, places)?.filter(|maximum| *maximum > 0) {
            units.push(CapacityUnit { kind, maximum, available: maximum, updated_at: surroundings.now });
        }
    }
    Ok(units)
}

fn number(text: &str) -> Result<FacilityId, Reason> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.map(FacilityId).ok_or_else(|| Reason::of(Why::FacilityNumber, text))
}

fn kind(text: &str) -> Result<FacilityKind, Reason> {
    word(
        text,
        &[
            ("welfare", FacilityKind::Welfare),
            ("福利", FacilityKind::Welfare),
            ("convenience", FacilityKind::Convenience),
            ("便民", FacilityKind::Convenience),
        ],
    )
}

fn address(text: &str) -> Result<String, Reason> {
    match text.chars().count() {
        1..=ADDRESS_CHARS => Ok(text.to_owned()),
        _ => Err(Reason::new(Why::TooLong).with("most", ADDRESS_CHARS)),
    }
}

fn places(text: &str) -> Result<u32, Reason> {
    let places = text.parse().ok().filter(|places| *places <= MOST_PLACES);
    places.ok_or_else(|| Reason::of(Why::NoPlaces, text).with("most", MOST_PLACES))
}
