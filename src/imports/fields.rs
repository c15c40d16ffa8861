//! What single fields say: numbers, dates, places, lists, words of a fixed set.

use super::Surroundings;
use super::reason::{Reason, Why};
use crate::domain::area::{AdminArea, AreaCode};
use crate::domain::category::Category;
use crate::domain::language::Language;
use crate::domain::person::Gender;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::register::IdNumberHash;
use crate::domain::station::Station;
use crate::domain::urgency::Tier;

/// What stands between the items of a list.
const LIST_MARKS: [char; 7] = [';', '；', '/', '、', '|', '，', ','];

pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(LIST_MARKS).map(str::trim).filter(|item| !item.is_empty())
}

pub(super) fn phone(text: &str, surroundings: &Surroundings<'_>) -> Result<PhoneNumber, Reason> {
    Ok(PhoneNumber::parse(text, surroundings.numbering)?)
}

/// Finds one of some words, by its stable name or what people write for it.
pub(super) fn word<T: Copy>(text: &str, known: &[(&str, T)]) -> Result<T, Reason> {
    let lower = text.to_lowercase();
    let found = known.iter().find(|(name, _)| *name == lower);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        Reason::of(Why::NoneOf, text).with("known", names.join(", "))
    })
}

pub(super) fn yes_no(text: &str) -> Result<bool, Reason> {
    word(
        text,
        &[
            ("是", true),
            ("yes", true),
            ("true", true),
            ("1", true),
            ("否", false),
            ("no", false),
            ("false", false),
            ("0", false),
        ],
    )
}

pub(super) fn gender(text: &str) -> Result<Gender, Reason> {
    word(
        text,
        &[
            ("女", Gender::Female),
            ("female", Gender::Female),
            ("f", Gender::Female),
            ("男", Gender::Male),
            ("male", Gender::Male),
            ("m", Gender::Male),
        ],
    )
}

pub(super) fn language(text: &str) -> Result<Language, Reason> {
    const KNOWN: &[(&str, Language)] = &[
        ("zh", Language::Zh),
        ("中文", Language::Zh),
        ("汉语", Language::Zh),
        ("普通话", Language::Zh),
        ("en", Language::En),
        ("英语", Language::En),
        ("english", Language::En),
        ("bo", Language::Bo),
        ("藏语", Language::Bo),
        ("藏文", Language::Bo),
    ];
    word(text, KNOWN)
}

/// A category by its code or its Chinese name.
pub(super) fn category<'a>(text: &str, surroundings: &Surroundings<'a>) -> Result<&'a Category, Reason> {
    let rows = surroundings.catalogue.categories.values();
    let found = rows.into_iter().find(|row| row.code.as_str() == text || row.zh == text);
    found.ok_or_else(|| Reason::of(Why::NoCategory, text))
}

/// The tier of a station or facility.
pub(super) fn tier(text: &str) -> Result<Tier, Reason> {
    word(
        text,
        &[
            ("district", Tier::District),
            ("区", Tier::District),
            ("1", Tier::District),
            ("street", Tier::Street),
            ("街道", Tier::Street),
            ("2", Tier::Street),
            ("committee", Tier::Committee),
            ("居委会", Tier::Committee),
            ("3", Tier::Committee),
        ],
    )
}

/// `1948-05-01`, `1948/5/1`, `1948年5月1日` or `19480501`.
pub(super) fn date(text: &str) -> Result<jiff::civil::Date, Reason> {
    let wrong = || Reason::of(Why::NoDate, text);
    let parts: Vec<&str> =
        text.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty()).collect();
    let numbers = match parts.as_slice() {
        [year, month, day] => [*year, *month, *day],
        [all] if all.len() == 8 && all.is_ascii() => [&all[..4], &all[4..6], &all[6..]],
        _ => return Err(wrong()),
    };
    let [year, month, day] = numbers;
    let date = jiff::civil::Date::new(
        year.parse().map_err(|_| wrong())?,
        month.parse().map_err(|_| wrong())?,
        day.parse().map_err(|_| wrong())?,
    );
    date.ok().filter(|date| (1880..=2100).contains(&date.year())).ok_or_else(wrong)
}

/// An 18-digit ID number, by its check character (GB 11643, ISO 7064 MOD 11-2); kept as HMAC only.
pub(super) fn id_number(text: &str, surroundings: &Surroundings<'_>) -> Result<IdNumberHash, Reason> {
    const CHECK: &[u8] = b"10X98765432";
    let upper = text.to_ascii_uppercase();
    let digits = upper.as_bytes();
    let shaped = digits.len() == 18 && digits[..17].iter().all(u8::is_ascii_digit);
    if !shaped {
        return Err(Why::IdNumberDigits.into());
    }
    // The weight of the i-th digit is 2 to the (17 - i), modulo 11.
    let sum: u32 = digits[..17]
        .iter()
        .zip((1..=17).rev())
        .map(|(digit, power)| u32::from(digit - b'0') * (2_u32.pow(power) % 11))
        .sum();
    if digits[17] == CHECK[(sum % 11) as usize] {
        Ok((surroundings.hash)(&upper))
    } else {
        Err(Why::IdNumberCheck.into())
    }
}

/// An area by its code or its name; `街道/居委会` tells namesakes apart.
pub(super) fn area(text: &str, surroundings: &Surroundings<'_>) -> Result<AreaCode, Reason> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let code = AreaCode::parse(text).map_err(|_| Reason::of(Why::NoAreaCode, text))?;
        return match surroundings.areas.iter().any(|area| area.code == code) {
            true => Ok(code),
            false => Err(Reason::of(Why::NoArea, code)),
        };
    }
    let (street, name) = match text.split_once(['/', '|', '-']) {
        Some((street, name)) => (Some(street.trim()), name.trim()),
        None => (None, text),
    };
    let in_street = |area: &&AdminArea| {
        street.is_none_or(|street| {
            let above =
                area.code.street().and_then(|code| surroundings.areas.iter().find(|area| area.code == code));
            above.is_some_and(|above| plain(&above.name) == plain(street))
        })
    };
    let named = |area: &&AdminArea| plain(&area.name) == plain(name);
    let found: Vec<&AdminArea> = surroundings.areas.iter().filter(named).filter(in_street).collect();
    match found.as_slice() {
        [only] => Ok(only.code.clone()),
        [] => Err(Reason::of(Why::NoArea, text)),
        several => Err(Reason::of(Why::AreaAmbiguous, text).with("count", several.len())),
    }
}

/// A name without what offices add to it or leave out.
fn plain(name: &str) -> &str {
    let name = name.strip_suffix("居委会").or(name.strip_suffix("居民委员会")).unwrap_or(name);
    name.strip_suffix("社区").or(name.strip_suffix("街道")).unwrap_or(name)
}

/// A station by its help number or its name.
pub(super) fn station<'a>(text: &str, surroundings: &Surroundings<'a>) -> Result<&'a Station, Reason> {
    let found =
        surroundings.stations.iter().find(|station| station.help_number == text || station.name == text);
    found.ok_or_else(|| Reason::of(Why::NoStation, text))
}
