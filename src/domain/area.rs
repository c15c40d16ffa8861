//! Administrative areas by their statistical codes, and points on the ground.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::names::named_enum;

/// A statistical code: 6 digits name a district, 9 a street or township, 12 a committee or village.
///
/// Source: the division codes of the National Bureau of Statistics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AreaCode(String);

/// Why a string is not an area code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an area code has 6, 9 or 12 digits")]
pub struct AreaCodeError;

impl AreaCode {
    /// # Errors
    /// When it is not 6, 9 or 12 digits.
    pub fn parse(text: &str) -> Result<Self, AreaCodeError> {
        if matches!(text.len(), 6 | 9 | 12) && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AreaCodeError)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same as a number, to be compared by the thousand.
    pub fn number(&self) -> AreaNumber {
        AreaNumber(self.0.bytes().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    /// The street (9 digits) this area lies in or is; none for a district.
    pub fn street(&self) -> Option<Self> {
        self.0.get(..9).map(|code| Self(code.to_owned()))
    }

    /// The committee (12 digits), when the code is that precise.
    pub fn committee(&self) -> Option<Self> {
        self.0.get(..12).map(|code| Self(code.to_owned()))
    }

    pub fn district(&self) -> Self {
        Self(self.0[..6].to_owned())
    }

    pub fn level(&self) -> AreaLevel {
        match self.0.len() {
            6 => AreaLevel::District,
            9 => AreaLevel::Street,
            _ => AreaLevel::Committee,
        }
    }
}

/// An area code as the number it is: each level's begins with that of the one above, three digits shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaNumber(u64);

impl AreaNumber {
    const A_LEVEL: u64 = 1_000;
    const FIRST_STREET: u64 = 100_000_000;
    const FIRST_COMMITTEE: u64 = Self::FIRST_STREET * Self::A_LEVEL;

    pub fn is_committee(self) -> bool {
        self.0 >= Self::FIRST_COMMITTEE
    }

    /// The street this area lies in or is; none for a district.
    pub fn street(self) -> Option<Self> {
        match self.0 {
            _ if self.is_committee() => Some(Self(self.0 / Self::A_LEVEL)),
            Self::FIRST_STREET.. => Some(self),
            _ => None,
        }
    }

    pub fn district(self) -> Self {
        self.street().map_or(self, |street| Self(street.0 / Self::A_LEVEL))
    }

    /// All numbers of what lies in a district or street: itself, then a range for each level below.
    pub fn within(self) -> [RangeInclusive<Self>; 3] {
        let below = |areas: u64| Self(self.0 * areas)..=Self(self.0 * areas + areas - 1);
        [self..=self, below(Self::A_LEVEL), below(Self::A_LEVEL * Self::A_LEVEL)]
    }
}

impl TryFrom<String> for AreaCode {
    type Error = AreaCodeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<AreaCode> for String {
    fn from(code: AreaCode) -> Self {
        code.0
    }
}

impl std::fmt::Display for AreaCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

named_enum! {
    /// How large an area is; townships and villages count as streets and committees.
    pub enum AreaLevel {
        District = "district",
        Street = "street",
        Committee = "committee",
    }
}

/// An area with its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminArea {
    pub code: AreaCode,
    pub name: String,
    /// Where it is on the map, when known.
    pub point: Option<Point>,
    /// Areas that share a border (ring 1 of dispatch).
    pub adjacent: Vec<AreaCode>,
}

/// A point in WGS-84, in units of 10⁻⁷ degree (about 1 cm of latitude).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    pub latitude_e7: i32,
    pub longitude_e7: i32,
}

impl Point {
    /// The next crossing of a grid of so many 10⁻⁷ degree.
    pub fn rounded_to(self, step_e7: i32) -> Self {
        let to_step = |e7: i32| (f64::from(e7) / f64::from(step_e7)).round() as i32 * step_e7;
        Self { latitude_e7: to_step(self.latitude_e7), longitude_e7: to_step(self.longitude_e7) }
    }

    /// How much farther north or south the other is, in whole metres: it cannot be nearer than that.
    pub fn metres_north(self, other: Self) -> u32 {
        let metres = u64::from(self.latitude_e7.abs_diff(other.latitude_e7)) * 111_194 / 10_000_000;
        u32::try_from(metres).unwrap_or(u32::MAX)
    }

    /// Straight-line distance in metres by the equirectangular approximation; within 0.1 % below 50 km.
    pub fn distance_m(self, other: Self) -> u32 {
        const METRES_PER_E7: f64 = 111_194.93 / 1e7;
        let mean = f64::from(self.latitude_e7) / 2e7 + f64::from(other.latitude_e7) / 2e7;
        let dy = f64::from(self.latitude_e7) - f64::from(other.latitude_e7);
        let dx = (f64::from(self.longitude_e7) - f64::from(other.longitude_e7)) * mean.to_radians().cos();
        let metres = (dx * dx + dy * dy).sqrt() * METRES_PER_E7;
        // A float-to-integer cast saturates, and no distance is negative.
        (metres + 0.5) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_and_its_number_lie_in_the_same_street_and_district() {
        for code in ["370203", "370203031", "370203031001", "110101001001"] {
            let code = AreaCode::parse(code).unwrap();
            assert_eq!(code.number().is_committee(), code.committee().is_some());
            assert_eq!(code.number().street(), code.street().map(|street| street.number()));
            assert_eq!(code.number().district(), code.district().number());
        }
    }
}
