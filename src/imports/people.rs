//! The register of people, from a file.

use super::fields::{area, date, gender, id_number, language, list, phone, word};
use super::position::{DATUM, LATITUDE, LONGITUDE, position};
use super::reason::{Reason, Why};
use super::table::{Column, Row, Table, optional, required};
use super::{BadRow, Read, Surroundings, all_or_reasons, refuse_twins};
use crate::domain::ids::PersonId;
use crate::domain::language::Language;
use crate::domain::person::{PersonFlag, PersonPhone, PhoneConfidence};
use crate::domain::register::{Contact, HeldFlag, PersonRecord};

/// The id of somebody who has none yet: who stores them gives one.
pub const UNNUMBERED: PersonId = PersonId(0);
/// Where facts come from when the file does not say.
const SOURCE: &str = "import";
/// Longest name.
const NAME_CHARS: usize = 40;

const COLUMNS: &[Column] = &[
    optional("id", &["编号", "人员编号"]),
    required("name", &["姓名", "名字"]),
    required("phones", &["phone", "电话", "联系电话", "手机"]),
    optional("confidence", &["号码可信度", "号码归属"]),
    required("area", &["地区", "社区", "居委会", "所属社区", "地区代码"]),
    optional("address", &["地址", "住址", "家庭住址"]),
    optional("born", &["birth_date", "出生日期", "生日"]),
    optional("gender", &["性别"]),
    optional("helper_gender", &["服务人员性别", "希望服务人员性别"]),
    optional("languages", &["language", "语言"]),
    optional("flags", &["标签", "人员类别", "情况"]),
    optional("source", &["来源"]),
    optional("id_number", &["身份证号", "身份证号码", "公民身份号码"]),
    optional("contact_name", &["紧急联系人", "联系人"]),
    optional("contact_relation", &["关系", "联系人关系"]),
    optional("contact_phone", &["联系人电话", "紧急联系电话"]),
    LATITUDE,
    LONGITUDE,
    DATUM,
];

/// Reads people. Those without an id have `UNNUMBERED`.
///
/// # Errors
/// Every row that may not be, with its reason.
pub fn read(bytes: &[u8], surroundings: &Surroundings<'_>) -> Result<Vec<Read<PersonRecord>>, Vec<BadRow>> {
    let table = Table::read(bytes, COLUMNS)?;
    let rows = all_or_reasons(&table, |row| person(row, surroundings))?;
    refuse_twins(&rows, "id", Why::Twin, |person| {
        Some(person.id).filter(|id| *id != UNNUMBERED).into_iter().collect()
    })?;
    refuse_twins(&rows, "id_number", Why::Twin, |person| person.id_number.into_iter().collect())?;
    let exact = |phone: &&PersonPhone| phone.confidence == PhoneConfidence::Exact;
    refuse_twins(&rows, "phones", Why::TwinNumber, |person| {
        person.phones.iter().filter(exact).map(|phone| phone.number.clone()).collect()
    })?;
    Ok(rows)
}

fn person(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<PersonRecord, Reason> {
    let id = row.read("id", person_id)?.unwrap_or(UNNUMBERED);
    let confidence = row.read("confidence", confidence)?.unwrap_or(PhoneConfidence::Exact);
    let registered = |text| {
        let number = phone(text, surroundings).map_err(|reason| reason.at("phones"))?;
        Ok(PersonPhone { person: id, number, confidence, shared: false, verified_at: None })
    };
    let source = row.get("source").unwrap_or(SOURCE);
    let flags = row.read("flags", |text| list(text).map(flag).collect::<Result<Vec<_>, _>>())?;
    let held = |flag| HeldFlag { flag, source: source.to_owned(), valid_until: None };
    Ok(PersonRecord {
        id,
        jurisdiction: surroundings.jurisdiction.clone(),
        name: name(row)?,
        id_number: row.read("id_number", |text| id_number(text, surroundings))?,
        born: row.read("born", date)?,
        gender: row.read("gender", gender)?,
        gender_wish: row.read("helper_gender", gender)?,
        languages: languages(row)?,
        area: Some(area(row.need("area")?, surroundings).map_err(|reason| reason.at("area"))?),
        address: row.get("address").map(str::to_owned),
        point: position(row)?,
        flags: flags.unwrap_or_default().into_iter().map(held).collect(),
        phones: list(row.need("phones")?).map(registered).collect::<Result<_, Reason>>()?,
        contacts: contact(row, surroundings)?.into_iter().collect(),
    })
}

pub(super) fn person_id(text: &str) -> Result<PersonId, Reason> {
    let id = text.parse().ok().filter(|id: &i64| *id > 0);
    id.map(PersonId).ok_or_else(|| Why::PersonNumber.into())
}

pub(super) fn name(row: &Row<'_>) -> Result<String, Reason> {
    let name = row.need("name")?;
    match name.chars().count() {
        1..=NAME_CHARS => Ok(name.to_owned()),
        _ => Err(Reason::new(Why::TooLong).with("most", NAME_CHARS).at("name")),
    }
}

pub(super) fn languages(row: &Row<'_>) -> Result<Vec<Language>, Reason> {
    let read = row.read("languages", |text| list(text).map(language).collect::<Result<Vec<_>, _>>())?;
    Ok(read.filter(|languages| !languages.is_empty()).unwrap_or_else(|| vec![Language::Zh]))
}

fn confidence(text: &str) -> Result<PhoneConfidence, Reason> {
    word(
        text,
        &[
            ("exact", PhoneConfidence::Exact),
            ("本人", PhoneConfidence::Exact),
            ("household", PhoneConfidence::Household),
            ("家庭", PhoneConfidence::Household),
            ("家庭共用", PhoneConfidence::Household),
            ("maybe", PhoneConfidence::Maybe),
            ("可能", PhoneConfidence::Maybe),
        ],
    )
}

fn flag(text: &str) -> Result<PersonFlag, Reason> {
    word(
        text,
        &[
            ("lives_alone", PersonFlag::LivesAlone),
            ("独居", PersonFlag::LivesAlone),
            ("disabled", PersonFlag::Disabled),
            ("残疾", PersonFlag::Disabled),
            ("low_income", PersonFlag::LowIncome),
            ("低保", PersonFlag::LowIncome),
            ("entitled", PersonFlag::Entitled),
            ("优抚", PersonFlag::Entitled),
            ("child_at_risk", PersonFlag::ChildAtRisk),
            ("困境儿童", PersonFlag::ChildAtRisk),
            ("aggression", PersonFlag::Aggression),
            ("攻击行为", PersonFlag::Aggression),
            ("infection", PersonFlag::Infection),
            ("传染", PersonFlag::Infection),
            ("mental_crisis", PersonFlag::MentalCrisis),
            ("精神危机", PersonFlag::MentalCrisis),
            ("secret_place", PersonFlag::SecretPlace),
            ("保密地址", PersonFlag::SecretPlace),
            ("庇护所", PersonFlag::SecretPlace),
        ],
    )
}

fn contact(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<Option<Contact>, Reason> {
    let number = row.read("contact_phone", |text| phone(text, surroundings))?;
    match (row.get("contact_name"), number) {
        (None, None) => Ok(None),
        (Some(name), Some(number)) => Ok(Some(Contact {
            name: name.to_owned(),
            relation: row.get("contact_relation").unwrap_or_default().to_owned(),
            number,
        })),
        (Some(_), None) => Err(Reason::new(Why::ContactNumber).at("contact_phone")),
        (None, Some(_)) => Err(Reason::new(Why::ContactName).at("contact_name")),
    }
}
