//! Volunteers, from a file.

use super::fields::{area, category, date, gender, id_number, list, phone, station, word, yes_no};
use super::people::{UNNUMBERED, languages, name};
use super::position::{DATUM, LATITUDE, LONGITUDE, position};
use super::reason::{Reason, Why};
use super::region::{JURISDICTION, jurisdiction};
use super::table::{Column, Row, Table, optional, required};
use super::{BadRow, Read, Surroundings, all_or_reasons, refuse_twins};
use crate::domain::category::{CategoryCode, HandlerKind};
use crate::domain::ids::VolunteerId;
use crate::domain::opening;
use crate::domain::person::{PersonPhone, PhoneConfidence};
use crate::domain::register::{PersonRecord, VolunteerRecord};
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::{
    Credential, CredentialKind, DutyState, Lifecycle, Volunteer, VolunteerKind, WeekHours,
};

const COLUMNS: &[Column] = &[
    required("badge", &["志愿者编号", "编号", "工号"]),
    required("name", &["姓名", "名字"]),
    required("phone", &["phones", "电话", "手机", "联系电话"]),
    required("area", &["地区", "社区", "居委会", "所属社区", "地区代码"]),
    required("skills", &["技能", "服务类别", "服务项目"]),
    required("gender", &["性别"]),
    required("birth_year", &["born", "出生年份", "出生日期"]),
    optional("hours", &["可服务时间", "服务时间", "availability"]),
    optional("kind", &["类别", "志愿者类别"]),
    optional("home_station", &["station", "所属站点", "服务站"]),
    optional("languages", &["language", "语言"]),
    optional("credentials", &["资质", "证书"]),
    optional("lifecycle", &["状态"]),
    optional("night_consent", &["夜间同意", "夜间可联系"]),
    optional("address", &["地址", "住址"]),
    optional("id_number", &["身份证号", "身份证号码", "公民身份号码"]),
    JURISDICTION,
    LATITUDE,
    LONGITUDE,
    DATUM,
];

/// Reads volunteers; their persons have `UNNUMBERED` ids.
///
/// # Errors
/// Every row that may not be, with its reason.
pub fn read(
    bytes: &[u8],
    surroundings: &Surroundings<'_>,
) -> Result<Vec<Read<VolunteerRecord>>, Vec<BadRow>> {
    let table = Table::read(bytes, COLUMNS)?;
    let rows = all_or_reasons(&table, |row| volunteer(row, surroundings))?;
    refuse_twins(&rows, "badge", Why::Twin, |record| vec![record.volunteer.id])?;
    refuse_twins(&rows, "id_number", Why::Twin, |record| record.person.id_number.into_iter().collect())?;
    Ok(rows)
}

fn volunteer(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<VolunteerRecord, Reason> {
    let reason = |column: &'static str| move |reason: Reason| reason.at(column);
    let area = area(row.need("area")?, surroundings).map_err(reason("area"))?;
    let number = phone(row.need("phone")?, surroundings).map_err(reason("phone"))?;
    let gender = gender(row.need("gender")?).map_err(reason("gender"))?;
    let birth_year = birth_year(row.need("birth_year")?).map_err(reason("birth_year"))?;
    let home_station = match row.get("home_station") {
        Some(text) => station(text, surroundings).map_err(reason("home_station"))?,
        None => surroundings
            .stations
            .iter()
            .filter(|station| area.as_str().starts_with(station.area.as_str()))
            .max_by_key(|station| station.area.as_str().len())
            .ok_or_else(|| Reason::new(Why::NoStationServes).at("home_station"))?,
    };
    let languages = languages(row)?;
    let skills = list(row.need("skills")?).map(|text| skill(text, surroundings)).collect::<Result<_, _>>();
    let point = position(row)?;
    let badge = badge(row.need("badge")?).map_err(reason("badge"))?;
    let neighbours = surroundings.neighbours;
    let agreed = (&*neighbours.agreements.volunteers_of, "volunteers_of");
    let region = jurisdiction(row, surroundings, agreed, neighbours.volunteers.get(&badge))?;
    let person = PersonRecord {
        id: UNNUMBERED,
        jurisdiction: region.clone(),
        name: name(row)?,
        id_number: row.read("id_number", |text| id_number(text, surroundings))?,
        born: row.read("birth_year", |text| Ok(date(text).ok()))?.flatten(),
        gender: Some(gender),
        gender_wish: None,
        languages: languages.clone(),
        area: Some(area.clone()),
        address: row.get("address").map(str::to_owned),
        point,
        flags: vec![],
        phones: vec![PersonPhone {
            person: UNNUMBERED,
            number: number.clone(),
            confidence: PhoneConfidence::Exact,
            shared: false,
            verified_at: None,
        }],
        contacts: vec![],
    };
    let volunteer = Volunteer {
        id: badge,
        person: UNNUMBERED,
        jurisdiction: region,
        kind: row.read("kind", kind)?.unwrap_or(VolunteerKind::Other),
        lifecycle: row.read("lifecycle", lifecycle)?.unwrap_or(Lifecycle::Active),
        phone: number,
        home_station: home_station.id,
        area,
        point,
        skills: skills.map_err(reason("skills"))?,
        languages: languages.into_iter().collect(),
        gender,
        birth_year,
        credentials: row.read("credentials", credentials)?.unwrap_or_default(),
        available: row.read("hours", hours)?.unwrap_or(WeekHours::ALWAYS),
        duty: DutyState::Off,
        opted_out: false,
        night_consent: row.read("night_consent", yes_no)?.unwrap_or(false),
        rating: None,
        last_assigned_at: None,
        resting_until: None,
        answers: vec![],
        version: 1,
    };
    Ok(VolunteerRecord { person, volunteer })
}

fn badge(text: &str) -> Result<VolunteerId, Reason> {
    let number = text.parse().ok().filter(|number| (10_000..=99_999).contains(number));
    number.map(VolunteerId).ok_or_else(|| Why::Badge.into())
}

fn birth_year(text: &str) -> Result<i16, Reason> {
    let year = text.parse().ok().or_else(|| date(text).ok().map(jiff::civil::Date::year));
    year.filter(|year| (1900..=2100).contains(year)).ok_or_else(|| Reason::of(Why::NoYear, text))
}

/// A category that volunteers may handle.
fn skill(text: &str, surroundings: &Surroundings<'_>) -> Result<CategoryCode, Reason> {
    let row = category(text, surroundings)?;
    match row.by.contains(&HandlerKind::Volunteer) {
        true => Ok(row.code.clone()),
        false => Err(Reason::of(Why::NotForVolunteers, &row.code)),
    }
}

fn kind(text: &str) -> Result<VolunteerKind, Reason> {
    word(
        text,
        &[
            ("youth", VolunteerKind::Youth),
            ("青年", VolunteerKind::Youth),
            ("student", VolunteerKind::Student),
            ("学生", VolunteerKind::Student),
            ("party", VolunteerKind::Party),
            ("党员", VolunteerKind::Party),
            ("retired", VolunteerKind::Retired),
            ("退休", VolunteerKind::Retired),
            ("staff", VolunteerKind::Staff),
            ("工作人员", VolunteerKind::Staff),
            ("other", VolunteerKind::Other),
            ("其他", VolunteerKind::Other),
        ],
    )
}

fn lifecycle(text: &str) -> Result<Lifecycle, Reason> {
    word(
        text,
        &[
            ("applied", Lifecycle::Applied),
            ("已申请", Lifecycle::Applied),
            ("id_verified", Lifecycle::IdVerified),
            ("已核验", Lifecycle::IdVerified),
            ("trained", Lifecycle::Trained),
            ("已培训", Lifecycle::Trained),
            ("active", Lifecycle::Active),
            ("在岗", Lifecycle::Active),
            ("paused", Lifecycle::Paused),
            ("暂停", Lifecycle::Paused),
            ("lapsed", Lifecycle::Lapsed),
            ("证书过期", Lifecycle::Lapsed),
            ("suspended", Lifecycle::Suspended),
            ("停用", Lifecycle::Suspended),
            ("left", Lifecycle::Left),
            ("退出", Lifecycle::Left),
        ],
    )
}

/// `急救:2027-05-01; carer:2026-12-31`
fn credentials(text: &str) -> Result<Vec<Credential>, Reason> {
    list(text).map(credential).collect()
}

fn credential(text: &str) -> Result<Credential, Reason> {
    const KNOWN: &[(&str, CredentialKind)] = &[
        ("minors_clearance", CredentialKind::MinorsClearance),
        ("从业查询", CredentialKind::MinorsClearance),
        ("first_aid", CredentialKind::FirstAid),
        ("急救", CredentialKind::FirstAid),
        ("electrician", CredentialKind::Electrician),
        ("电工", CredentialKind::Electrician),
        ("carer", CredentialKind::Carer),
        ("护理", CredentialKind::Carer),
        ("sign_language", CredentialKind::SignLanguage),
        ("手语", CredentialKind::SignLanguage),
    ];
    let (kind, until) = text.split_once([':', '：']).ok_or_else(|| Reason::of(Why::NoLastDay, text))?;
    // Good to the end of its last day, UTC.
    let day = date(until.trim())?.tomorrow().map_err(|_| Reason::of(Why::NoDate, until.trim()))?;
    let end = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| Reason::of(Why::NoDate, until.trim()))?;
    let expires_at = Timestamp::from_millis(end.timestamp().as_millisecond());
    Ok(Credential { kind: word(kind.trim(), KNOWN)?, expires_at })
}

/// `周一-周五 8-18; 周六 9-12`, `Mo-Fr 8-18`, `always`.
fn hours(text: &str) -> Result<WeekHours, Reason> {
    if matches!(text, "always" | "全天" | "随时") {
        return Ok(WeekHours::ALWAYS);
    }
    let mut week = [0; 7];
    for part in list(text) {
        let wrong = || Reason::of(Why::NoHours, part);
        let (days, span) = part.split_once(char::is_whitespace).ok_or_else(wrong)?;
        let (from, until) = span.trim().split_once(['-', '~', '至']).ok_or_else(wrong)?;
        let hour = |text: &str| text.trim().trim_end_matches(":00").parse::<u32>().map_err(|_| wrong());
        let (from, until) = (hour(from)?, hour(until)?);
        if from >= until || until > 24 {
            return Err(wrong());
        }
        for day in opening::days(days).filter(|days| *days.end() < week.len()).ok_or_else(wrong)? {
            week[day] |= (1 << until) - (1 << from);
        }
    }
    Ok(WeekHours(week))
}
