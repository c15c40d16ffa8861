//! Stations, from a file.

use super::fields::{area, phone, station, tier, word, yes_no};
use super::position::{DATUM, LATITUDE, LONGITUDE, position};
use super::reason::{Reason, Why};
use super::region::{JURISDICTION, jurisdiction};
use super::table::{Column, Row, Table, optional, required};
use super::{BadRow, Read, Surroundings, all_or_reasons, refuse_twins};
use crate::domain::area::AreaLevel;
use crate::domain::extension::Extension;
use crate::domain::ids::{JurisdictionId, StationId};
use crate::domain::opening::OpeningHours;
use crate::domain::station::{Front, Station};
use crate::domain::urgency::Tier;

/// Digits of a help number.
const HELP_NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;
/// The station's three digits in ticket numbers.
const LAST_TICKET_CODE: u16 = 999;
/// Most people rung at a station.
const PEOPLE: usize = 20;

const COLUMNS: &[Column] = &[
    required("tier", &["层级", "级别"]),
    required("area", &["地区", "社区", "街道", "居委会", "地区代码"]),
    required("name", &["名称", "站点名称"]),
    required("help_number", &["热线号码", "服务电话"]),
    required("ticket_code", &["工单代码", "站点代码"]),
    optional("parent", &["上级", "上级站点"]),
    optional("front", &["接听方式"]),
    optional("hours", &["开放时间", "服务时间", "上班时间"]),
    optional("ring", &["振铃", "坐席"]),
    optional("notice_phone", &["通知手机", "通知电话"]),
    optional("duty", &["值班", "值班电话"]),
    optional("staffed", &["有人值守"]),
    JURISDICTION,
    LATITUDE,
    LONGITUDE,
    DATUM,
];

/// Reads stations. A station that answers a known help number keeps its id; another's is its ticket code.
///
/// # Errors
/// Every row that may not be, with its reason.
pub fn read(bytes: &[u8], surroundings: &Surroundings<'_>) -> Result<Vec<Read<Station>>, Vec<BadRow>> {
    let table = Table::read(bytes, COLUMNS)?;
    let mut rows = all_or_reasons(&table, |row| {
        let parent = row.get("parent").map(str::to_owned);
        Ok((one(row, surroundings)?, parent))
    })?;
    refuse_twins(&rows, "help_number", Why::Twin, |(station, _)| vec![station.help_number.clone()])?;
    refuse_twins(&rows, "ticket_code", Why::Twin, |(station, _)| vec![station.ticket_code])?;
    refuse_twins(&rows, "id", Why::Twin, |(station, _)| vec![station.id])?;
    let known: Vec<Station> = rows.iter().map(|row| row.record.0.clone()).collect();
    let mut bad = Vec::new();
    for row in &mut rows {
        match parent(&row.record.0, row.record.1.as_deref(), &known, surroundings) {
            Ok(parent) => row.record.0.parent = parent,
            Err(reason) => bad.push(BadRow { line: row.line, reason: reason.at("parent") }),
        }
    }
    if !bad.is_empty() {
        return Err(bad);
    }
    Ok(rows.into_iter().map(|row| Read { line: row.line, record: row.record.0 }).collect())
}

/// What is worth a look although it was imported: staff whom neither text nor call tells of their work.
pub fn notes(rows: &[Read<Station>]) -> Vec<BadRow> {
    let untold = rows.iter().filter(|row| row.record.staffed && row.record.notice_phone.is_none());
    let note = |line| BadRow { line, reason: Reason::new(Why::StationUntold).at("notice_phone") };
    untold.map(|row| note(row.line)).collect()
}

fn one(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<Station, Reason> {
    let reason = |column: &'static str| move |reason: Reason| reason.at(column);
    let tier = tier(row.need("tier")?).map_err(reason("tier"))?;
    let area = area(row.need("area")?, surroundings).map_err(reason("area"))?;
    let fits = match area.level() {
        AreaLevel::District => Tier::District,
        AreaLevel::Street => Tier::Street,
        AreaLevel::Committee => Tier::Committee,
    };
    if fits != tier {
        return Err(Reason::of(Why::AreaOfOtherTier, area).at("tier"));
    }
    let help_number = help_number(row.need("help_number")?).map_err(reason("help_number"))?;
    let ticket_code = ticket_code(row.need("ticket_code")?).map_err(reason("ticket_code"))?;
    let known = surroundings.stations.iter().find(|station| station.help_number == help_number);
    let people = |column: &'static str| -> Result<Vec<String>, Reason> {
        let people = row.read(column, |text| list_of_addresses(text, surroundings))?.unwrap_or_default();
        let crowd = Reason::new(Why::TooManyPeople).with("most", PEOPLE).at(column);
        if people.len() > PEOPLE { Err(crowd) } else { Ok(people) }
    };
    let notice_phone = row.read("notice_phone", |text| phone(text, surroundings))?;
    let id = known.map_or(StationId(i64::from(ticket_code)), |known| known.id);
    let agreed = agreed(row, id, surroundings);
    let region = jurisdiction(row, surroundings, (&agreed, "stations"), known.map(|it| &it.jurisdiction))?;
    Ok(Station {
        id,
        jurisdiction: region,
        tier,
        parent: None,
        area,
        name: row.need("name")?.to_owned(),
        help_number,
        ticket_code,
        front: row.read("front", front)?.unwrap_or(Front::Menu),
        // What a file does not say of a known station is not taken away by it.
        hours: row
            .read("hours", |text| Ok(OpeningHours::parse(text)?))?
            .or_else(|| known.map(|known| known.hours.clone()))
            .unwrap_or_default(),
        ring: people("ring")?,
        notice_phone,
        duty: people("duty")?,
        peers: known.map(|known| known.peers.clone()).unwrap_or_default(),
        point: position(row)?.or(known.and_then(|known| known.point)),
        staffed: row.read("staffed", yes_no)?.unwrap_or(true),
    })
}

/// Whose it may be said to be: a region with which anything was agreed, or, where the agreements name the station
/// itself, the one that the row says.
fn agreed(row: &Row<'_>, id: StationId, surroundings: &Surroundings<'_>) -> Vec<JurisdictionId> {
    let agreements = &surroundings.neighbours.agreements;
    let named = agreements.stations.contains(&id).then(|| row.get(JURISDICTION.name)).flatten();
    let regions = agreements.volunteers_of.iter().chain(&agreements.institutions_of);
    let mut agreed: Vec<JurisdictionId> = Vec::new();
    for region in regions.cloned().chain(named.map(|text| JurisdictionId(text.to_owned()))) {
        if !agreed.contains(&region) {
            agreed.push(region);
        }
    }
    agreed
}

/// The parent that is named, else the station of the area above in its own region; the district has none.
fn parent(
    child: &Station,
    named: Option<&str>,
    known: &[Station],
    surroundings: &Surroundings<'_>,
) -> Result<Option<StationId>, Reason> {
    let Some(tier) = child.tier.up() else { return Ok(None) };
    let found = match named {
        Some(text) => {
            let in_file = known.iter().find(|station| station.help_number == text || station.name == text);
            match in_file {
                Some(found) => found,
                None => station(text, surroundings)?,
            }
        }
        None => known
            .iter()
            .chain(surroundings.stations)
            .find(|station| {
                station.tier == tier
                    && station.jurisdiction == child.jurisdiction
                    && child.area.as_str().starts_with(station.area.as_str())
            })
            .ok_or(Why::NoStationServes)?,
    };
    if found.tier == tier {
        Ok(Some(found.id))
    } else {
        Err(Reason::of(Why::OtherTier, &found.name).with("tier", tier))
    }
}

fn front(text: &str) -> Result<Front, Reason> {
    word(
        text,
        &[("person", Front::Person), ("人工", Front::Person), ("menu", Front::Menu), ("菜单", Front::Menu)],
    )
}

fn help_number(text: &str) -> Result<String, Reason> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let good = HELP_NUMBER_DIGITS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if good { Ok(digits) } else { Err(Reason::of(Why::NoHelpNumber, text)) }
}

fn ticket_code(text: &str) -> Result<u16, Reason> {
    let code = text.parse().ok().filter(|code| (1..=LAST_TICKET_CODE).contains(code));
    code.ok_or_else(|| Why::TicketCode.into())
}

/// SIP addresses as they stand, extensions as they are rung, numbers in E.164.
fn list_of_addresses(text: &str, surroundings: &Surroundings<'_>) -> Result<Vec<String>, Reason> {
    // A SIP address may have a comma or slash in its parameters: only semicolons and spaces part these.
    text.split([';', '；', ' ', '、'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| {
            if let Some(extension) = Extension::of_target(item) {
                extension.map(|it| it.target()).map_err(|_| Reason::of(Why::BadExtension, item))
            } else if item.starts_with("sip:") && item.contains('@') {
                Ok(item.to_owned())
            } else {
                phone(item, surroundings).map(String::from).map_err(|_| Reason::of(Why::NobodyToRing, item))
            }
        })
        .collect()
}
