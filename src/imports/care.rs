//! Care plans, from a file: who is rung on which days, and whom to ring for them.

use super::devices::{Owner, OwnerColumns};
use super::fields::{date, phone, word, yes_no};
use super::people::person_id;
use super::reason::{Reason, Why};
use super::table::{Column, Row, Table, optional, required};
use super::{BadRow, Read, Surroundings, all_or_reasons, refuse_twins};
use crate::domain::care::{CareContact, CarePlan, MOST_CONTACTS};
use crate::domain::ids::{CarePlanId, PersonId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::recurrence::Recurrence;

const COLUMNS: &[Column] = &[
    required("plan", &["计划编号", "编号"]),
    optional("kind", &["类型", "计划类型"]),
    required("phone", &["电话", "联系电话"]),
    optional("person_id", &["人员编号"]),
    required("rule", &["重复规则", "规则", "rrule"]),
    required("time", &["时间", "钟点"]),
    optional("contacts", &["联系人"]),
    optional("from", &["开始日期", "起"]),
    optional("until", &["结束日期", "止"]),
    optional("paused", &["暂停"]),
];

/// Kinds of DOMAIN §2 that no machine does.
const OTHER_KINDS: [&str; 5] = ["visit", "meal", "home_care", "day_care", "long_term"];

/// As a file of care plans has them.
pub const PERSON: OwnerColumns = OwnerColumns { id: "person_id", phone: "phone" };

/// A plan with what says whose it is; who that is the register knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarePlanRow {
    /// Its person is not known yet.
    pub plan: CarePlan,
    pub person: Owner,
}

/// Reads care plans.
///
/// # Errors
/// Every row that may not be, with its reason.
pub fn read(bytes: &[u8], surroundings: &Surroundings<'_>) -> Result<Vec<Read<CarePlanRow>>, Vec<BadRow>> {
    let table = Table::read(bytes, COLUMNS)?;
    let rows = all_or_reasons(&table, |row| plan(row, surroundings))?;
    refuse_twins(&rows, "plan", Why::Twin, |row| vec![row.plan.id])?;
    Ok(rows)
}

fn plan(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<CarePlanRow, Reason> {
    row.read("kind", kind)?;
    let id = number(row.need("plan")?).map_err(|reason| reason.at("plan"))?;
    let number = domestic(row.need("phone")?, surroundings).map_err(|reason| reason.at("phone"))?;
    let person =
        row.read("person_id", person_id)?.map_or_else(|| Owner::Phone(number.clone()), Owner::Person);
    let today = surroundings.calendar.civil(surroundings.now).date;
    let from = row.read("from", date)?;
    let first_day = from.unwrap_or(today);
    let last_day = row.read("until", date)?;
    if last_day.is_some_and(|last| last < first_day) {
        return Err(Reason::new(Why::EndsBeforeItBegins).at("until"));
    }
    let contacts = row.read("contacts", |text| contacts(text, surroundings))?.unwrap_or_default();
    let rule =
        Recurrence::parse(row.need("rule")?).map_err(|error| Reason::of(Why::NoRule, error).at("rule"))?;
    if from.is_none() && rule.counts_from_first() {
        // Counted from the day of the import, the next import of the same file would move every day of it.
        return Err(Reason::new(Why::Empty).at("from"));
    }
    let plan = CarePlan {
        id,
        jurisdiction: surroundings.jurisdiction.clone(),
        person: PersonId(0),
        number,
        rule,
        minute: time(row.need("time")?, surroundings).map_err(|reason| reason.at("time"))?,
        contacts,
        first_day,
        last_day,
        paused: row.read("paused", yes_no)?.unwrap_or(false),
    };
    Ok(CarePlanRow { plan, person })
}

/// Only care calls are made; the other kinds are known, and refused with their name.
fn kind(text: &str) -> Result<(), Reason> {
    if OTHER_KINDS.contains(&text.to_lowercase().as_str()) {
        return Err(Reason::of(Why::CareKindNotMade, text));
    }
    word(text, &[("care_call", ()), ("关怀电话", ())])
}

fn number(text: &str) -> Result<CarePlanId, Reason> {
    let id = text.parse().ok().filter(|id: &i64| *id > 0);
    id.map(CarePlanId).ok_or_else(|| Reason::of(Why::FacilityNumber, text))
}

/// A number of this country: no machine rings any other.
fn domestic(text: &str, surroundings: &Surroundings<'_>) -> Result<PhoneNumber, Reason> {
    let number = phone(text, surroundings)?;
    let country = format!("+{}", surroundings.numbering.country);
    if number.as_str().starts_with(&country) { Ok(number) } else { Err(Why::NumberAbroad.into()) }
}

/// `9:30`, within the hours in which residents may be rung.
fn time(text: &str, surroundings: &Surroundings<'_>) -> Result<u16, Reason> {
    let wrong = || Reason::of(Why::NoTime, text);
    let (hour, minute) = text.split_once([':', '：']).ok_or_else(wrong)?;
    let part = |text: &str, most: u16| text.parse().ok().filter(|part: &u16| *part < most).ok_or_else(wrong);
    let minute = part(hour, 24)? * 60 + part(minute, 60)?;
    if surroundings.calendar.may_call_at(minute) {
        return Ok(minute);
    }
    let hours = surroundings.calendar.calling_hours();
    Err(Reason::of(Why::OutsideCallingHours, text).with("hours", hours))
}

/// `女儿=13900000002;邻居=053283720009`, in the order in which they are rung.
fn contacts(text: &str, surroundings: &Surroundings<'_>) -> Result<Vec<CareContact>, Reason> {
    let parts = text.split([';', '；', '、', ',', '，']).map(str::trim).filter(|part| !part.is_empty());
    let read = |part: &str| {
        let (name, number) =
            part.split_once(['=', ':', '：']).ok_or_else(|| Reason::of(Why::NoContact, part))?;
        Ok(CareContact { name: name.trim().to_owned(), number: domestic(number, surroundings)? })
    };
    let contacts: Vec<CareContact> = parts.map(read).collect::<Result<_, Reason>>()?;
    if contacts.len() > usize::from(MOST_CONTACTS) {
        return Err(Reason::new(Why::TooManyPeople).with("most", MOST_CONTACTS));
    }
    Ok(contacts)
}
