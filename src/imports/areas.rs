//! Administrative areas, from a file: districts, streets, committees by their statistical codes.

use std::collections::BTreeSet;

use super::fields::{list, word};
use super::people::name;
use super::position::{DATUM, LATITUDE, LONGITUDE, position};
use super::reason::{Reason, Why, other_level};
use super::table::{Column, Row, Table, optional, required};
use super::{BadRow, Read, Surroundings, all_or_reasons, refuse_twins};
use crate::domain::area::{AdminArea, AreaCode, AreaLevel};

const COLUMNS: &[Column] = &[
    required("code", &["地区代码", "代码", "统计用区划代码"]),
    required("name", &["名称", "地区"]),
    optional("level", &["层级", "级别"]),
    optional("parent", &["上级", "上级代码"]),
    optional("adjacent", &["相邻", "相邻地区"]),
    LATITUDE,
    LONGITUDE,
    DATUM,
];

/// Reads areas. Each lies in one of the file or of the store, but for districts.
///
/// # Errors
/// Every row that may not be, with its reason.
pub fn read(bytes: &[u8], surroundings: &Surroundings<'_>) -> Result<Vec<Read<AdminArea>>, Vec<BadRow>> {
    let table = Table::read(bytes, COLUMNS)?;
    let rows = all_or_reasons(&table, |row| one(row, surroundings))?;
    refuse_twins(&rows, "code", Why::Twin, |area| vec![area.code.clone()])?;
    let known: BTreeSet<&AreaCode> = rows
        .iter()
        .map(|row| &row.record.code)
        .chain(surroundings.areas.iter().map(|area| &area.code))
        .collect();
    let mut bad = Vec::new();
    for Read { line, record } in &rows {
        let above = above(&record.code);
        let missing = above
            .iter()
            .map(|code| ("parent", code))
            .chain(record.adjacent.iter().map(|code| ("adjacent", code)));
        for (column, code) in missing.filter(|(_, code)| !known.contains(code)) {
            let reason = Reason::of(Why::NoAreaAnywhere, code).at(column);
            bad.push(BadRow { line: *line, reason });
        }
    }
    if bad.is_empty() { Ok(rows) } else { Err(bad) }
}

/// The area that one lies in; none for a district.
fn above(code: &AreaCode) -> Option<AreaCode> {
    match code.level() {
        AreaLevel::District => None,
        AreaLevel::Street => Some(code.district()),
        AreaLevel::Committee => code.street(),
    }
}

fn one(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<AdminArea, Reason> {
    let code = area_code(row.need("code")?).map_err(|reason| reason.at("code"))?;
    if let Some(level) = row.read("level", level)?
        && level != code.level()
    {
        return Err(other_level(code.as_str(), code.level()).at("level"));
    }
    if let Some(parent) = row.read("parent", area_code)?
        && above(&code).as_ref() != Some(&parent)
    {
        return Err(Reason::of(Why::NotWithin, &code).with("parent", parent).at("parent"));
    }
    let adjacent = row.read("adjacent", |text| list(text).map(area_code).collect::<Result<Vec<_>, _>>())?;
    let known = surroundings.areas.iter().find(|area| area.code == code);
    Ok(AdminArea {
        name: name(row)?,
        // What the file is silent of stays as it was.
        point: position(row)?.or(known.and_then(|known| known.point)),
        adjacent: adjacent.or(known.map(|known| known.adjacent.clone())).unwrap_or_default(),
        code,
    })
}

fn area_code(text: &str) -> Result<AreaCode, Reason> {
    AreaCode::parse(text).map_err(|_| Reason::of(Why::NoAreaCode, text))
}

fn level(text: &str) -> Result<AreaLevel, Reason> {
    word(
        text,
        &[
            ("district", AreaLevel::District),
            ("区", AreaLevel::District),
            ("street", AreaLevel::Street),
            ("街道", AreaLevel::Street),
            ("committee", AreaLevel::Committee),
            ("居委会", AreaLevel::Committee),
        ],
    )
}
