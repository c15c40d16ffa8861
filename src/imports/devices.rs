//! One-key devices 一键通, from a file.

use super::fields::{category, phone};
use super::people::person_id;
use super::reason::{Reason, Why};
use super::table::{Column, Row, Table, optional, required};
use super::{BadRow, Read, Surroundings, all_or_reasons, refuse_twins};
use crate::domain::device::{DeviceKey, DeviceKeys};
use crate::domain::ids::PersonId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::urgency::Urgency;

const COLUMNS: &[Column] = &[
    required("number", &["设备号码", "一键通号码", "号码"]),
    optional("owner_phone", &["使用人电话", "机主电话"]),
    optional("owner_id", &["使用人编号", "人员编号"]),
    optional("keys", &["按键", "按键设置"]),
];

/// A device with what says whose it is; who that is the register knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    pub number: PhoneNumber,
    pub owner: Owner,
    pub keys: DeviceKeys,
}

/// Somebody in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Person(PersonId),
    /// The one person whose number this is.
    Phone(PhoneNumber),
}

/// Reads devices.
///
/// # Errors
/// Every row that may not be, with its reason.
pub fn read(bytes: &[u8], surroundings: &Surroundings<'_>) -> Result<Vec<Read<DeviceRow>>, Vec<BadRow>> {
    let table = Table::read(bytes, COLUMNS)?;
    let rows = all_or_reasons(&table, |row| device(row, surroundings))?;
    refuse_twins(&rows, "number", Why::Twin, |device| vec![device.number.clone()])?;
    Ok(rows)
}

fn device(row: &Row<'_>, surroundings: &Surroundings<'_>) -> Result<DeviceRow, Reason> {
    let number = phone(row.need("number")?, surroundings).map_err(|reason| reason.at("number"))?;
    let person = row.read("owner_id", person_id)?.map(Owner::Person);
    let owner = match person {
        Some(owner) => owner,
        None => {
            let by_phone = row.read("owner_phone", |text| phone(text, surroundings))?;
            Owner::Phone(by_phone.ok_or_else(|| Reason::new(Why::NoOwner).at("owner_phone"))?)
        }
    };
    let keys = row.read("keys", |text| keys(text, surroundings))?.unwrap_or_default();
    Ok(DeviceRow { number, owner, keys })
}

/// The columns of a file that say whose a row is.
#[derive(Debug, Clone, Copy)]
pub struct OwnerColumns {
    pub id: &'static str,
    pub phone: &'static str,
}

/// As a file of devices has them.
pub const OWNER: OwnerColumns = OwnerColumns { id: "owner_id", phone: "owner_phone" };

/// The one person that is meant, of those the register has for it.
///
/// # Errors
/// When that is nobody, or several.
pub fn owner(meant: &Owner, found: &[PersonId], columns: OwnerColumns) -> Result<PersonId, Reason> {
    let not_one = |why, number| Reason::of(why, number).with("id_column", columns.id).at(columns.phone);
    match (meant, found) {
        (_, [only]) => Ok(*only),
        (Owner::Person(id), _) => Err(Reason::of(Why::NoPersonOfId, id).at(columns.id)),
        (Owner::Phone(number), []) => Err(not_one(Why::NobodyHasNumber, number)),
        (Owner::Phone(number), _) => Err(not_one(Why::SeveralHaveNumber, number)),
    }
}

/// `1=EMG-01;2=ELD-07/P2;*=test`.
fn keys(text: &str, surroundings: &Surroundings<'_>) -> Result<DeviceKeys, Reason> {
    let mut keys = DeviceKeys::default();
    for part in text.split([';', '；', '、', ',', '，']).map(str::trim).filter(|part| !part.is_empty()) {
        let wrong = || Reason::of(Why::NoDeviceKey, part);
        let (key, meant) = part.split_once(['=', ':', '：']).ok_or_else(wrong)?;
        let mut signs = key.trim().chars();
        let (Some(key), None) = (signs.next(), signs.next()) else { return Err(wrong()) };
        if !key.is_ascii_digit() && !matches!(key, '*' | '#') {
            return Err(wrong());
        }
        let meant = match meant.trim() {
            "test" | "测试" => DeviceKey::Test,
            meant => help(meant, surroundings)?,
        };
        if keys.0.insert(key, meant).is_some() {
            return Err(Reason::of(Why::DeviceKeyTwice, key));
        }
    }
    Ok(keys)
}

/// A category and, where it is to be more urgent than the catalogue says, P1 or P2 after a slash.
fn help(meant: &str, surroundings: &Surroundings<'_>) -> Result<DeviceKey, Reason> {
    let (code, urgency) = match meant.rsplit_once('/') {
        Some((code, "P1")) => (code, Some(Urgency::P1)),
        Some((code, "P2")) => (code, Some(Urgency::P2)),
        Some((_, other)) => return Err(Reason::of(Why::DeviceUrgency, other)),
        None => (meant, None),
    };
    let category = category(code.trim(), surroundings)?;
    let urgency = urgency.unwrap_or(Urgency::P2).min(category.urgency);
    Ok(DeviceKey::Help { category: category.code.clone(), urgency })
}
