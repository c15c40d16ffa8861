//! Telephone numbers in E.164, which never show themselves whole in a log.

use serde::{Deserialize, Serialize};

/// Ambulance, police and fire brigade: the same in every place, and they may be brought in whatever the country.
pub const EMERGENCY_NUMBERS: [&str; 3] = ["120", "110", "119"];

/// Digits of the longest number E.164 allows.
const MAX_DIGITS: usize = 15;
/// Digits below which nothing can be a subscriber's number.
const MIN_DIGITS: usize = 7;

/// Why a string is not a telephone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    #[error("{MIN_DIGITS} to {MAX_DIGITS} digits are needed, not {found}")]
    BadLength { found: usize },
    #[error("only digits, spaces, dashes and one leading + may stand in a number")]
    BadCharacter,
}

/// Numbering plan of the place: what to put before a number that was written without its country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberingPlan {
    /// Country code without +, `86`.
    pub country: String,
    /// Area code without the trunk 0, `532`: put before a landline number written without one.
    pub area: String,
}

impl Default for NumberingPlan {
    fn default() -> Self {
        Self { country: "86".into(), area: "532".into() }
    }
}

/// A telephone number, E.164 with its leading `+`.
///
/// `Display` and `Debug` show the last two digits only; `as_str` is for the wire and the store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads E.164 (`+86…`), international (`0086…`), mobile (`1…`, 11 digits), national (`0532…`)
    /// or local (7 or 8 digits) spelling by the numbering plan. A 0 that some write between country and area code,
    /// `+86 (0)532`, or before a mobile number, is left out.
    ///
    /// # Errors
    /// When characters other than digits, spaces, dashes, brackets or a leading + occur, or too few or
    /// too many digits remain.
    pub fn parse(text: &str, plan: &NumberingPlan) -> Result<Self, PhoneNumberError> {
        let mut digits = String::with_capacity(MAX_DIGITS + 1);
        let mut plus = false;
        for (at, c) in text.trim().chars().enumerate() {
            match c {
                '+' if at == 0 => plus = true,
                '0'..='9' => digits.push(c),
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(PhoneNumberError::BadCharacter),
            }
        }
        let whole = if plus {
            digits
        } else if let Some(rest) = digits.strip_prefix("00") {
            rest.to_owned()
        } else if let Some(rest) = digits.strip_prefix('0') {
            format!("{}{rest}", plan.country)
        } else if digits.starts_with('1') && digits.len() == 11 {
            format!("{}{digits}", plan.country)
        } else if digits.starts_with(&plan.country) && digits.len() >= 10 + plan.country.len() {
            digits
        } else {
            format!("{}{}{digits}", plan.country, plan.area)
        };
        // Nowhere in the country do numbers begin with 0 behind its code; elsewhere they may.
        let national = whole.strip_prefix(&plan.country).and_then(|rest| rest.strip_prefix('0'));
        let whole = national.map(|rest| format!("{}{rest}", plan.country)).unwrap_or(whole);
        match whole.len() {
            MIN_DIGITS..=MAX_DIGITS => Ok(Self(format!("+{whole}"))),
            found => Err(PhoneNumberError::BadLength { found }),
        }
    }

    /// The whole number, `+8613800000001`: for the wire and the store, never for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text message can reach it: mainland mobile numbers are +86 1xx xxxx xxxx.
    pub fn is_mobile(&self) -> bool {
        self.0.strip_prefix("+861").is_some_and(|rest| rest.len() == 10)
    }

    /// As people of the country write it: without +86, landlines with their 0.
    pub fn national(&self, plan: &NumberingPlan) -> String {
        match self.0.strip_prefix('+').and_then(|digits| digits.strip_prefix(&plan.country)) {
            Some(rest) if self.is_mobile() => rest.to_owned(),
            Some(rest) => format!("0{rest}"),
            None => self.0.clone(),
        }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneNumberError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if !text.starts_with('+') {
            return Err(PhoneNumberError::BadCharacter);
        }
        Self::parse(&text, &NumberingPlan::default())
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl std::fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "…{}", &self.0[self.0.len().saturating_sub(2)..])
    }
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_number_is_one_number() {
        let plan = NumberingPlan::default();
        for (spelling, whole) in [
            ("+86 138 0000 0001", "+8613800000001"),
            ("13800000001", "+8613800000001"),
            ("008613800000001", "+8613800000001"),
            ("8613800000001", "+8613800000001"),
            ("0532-8372 1234", "+8653283721234"),
            ("83721234", "+8653283721234"),
            ("+86-532-8372-1234", "+8653283721234"),
            ("+86.532.83721234", "+8653283721234"),
            ("008653283721234", "+8653283721234"),
            ("8653283721234", "+8653283721234"),
            ("86 0532 83721234", "+8653283721234"),
            ("+86 (0)532 8372 1234", "+8653283721234"),
            ("0086 0532 83721234", "+8653283721234"),
            ("013800000001", "+8613800000001"),
            // Another town's, with an area code of two digits, and of the country's oldest exchanges.
            ("01065001234", "+861065001234"),
            ("861065001234", "+861065001234"),
            ("+861065001234", "+861065001234"),
            ("08387654321", "+868387654321"),
            // The beginning of a local number is no country.
            ("86123456", "+8653286123456"),
            ("8612345", "+865328612345"),
            // Abroad a 0 may belong to the number.
            ("+390612345678", "+390612345678"),
            ("00390612345678", "+390612345678"),
            ("+85221234567", "+85221234567"),
        ] {
            assert_eq!(
                PhoneNumber::parse(spelling, &plan).map(String::from).as_deref(),
                Ok(whole),
                "{spelling}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let plan = NumberingPlan::default();
        assert_eq!(PhoneNumber::parse("12a45678", &plan), Err(PhoneNumberError::BadCharacter));
        assert_eq!(PhoneNumber::parse("+1", &plan), Err(PhoneNumberError::BadLength { found: 1 }));
        assert_eq!(PhoneNumber::parse("+", &plan), Err(PhoneNumberError::BadLength { found: 0 }));
    }

    #[test]
    fn a_number_shows_only_its_last_two_digits() {
        let number = PhoneNumber::parse("13812345678", &NumberingPlan::default()).unwrap();
        assert_eq!(format!("{number} {number:?}"), "…78 PhoneNumber(…78)");
    }
}
