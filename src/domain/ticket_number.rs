//! The number a resident hears: `YYMMDD-TTT-NNNN`.

use serde::{Deserialize, Serialize};

/// The last number of a station and day.
pub const LAST_SEQUENCE: u16 = 9_999;

/// A ticket's number: day, three digits of the station, four of the day's count there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TicketNumber {
    /// The civil day as YYMMDD.
    pub day: u32,
    pub station: u16,
    pub sequence: u16,
}

/// Why a string is not a ticket number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a ticket number is 6, 3 and 4 digits, as 260501-014-0007")]
pub struct TicketNumberError;

impl TicketNumber {
    /// Reads it with or without dashes.
    ///
    /// # Errors
    /// When anything but 13 digits (and dashes) stands there.
    pub fn parse(text: &str) -> Result<Self, TicketNumberError> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        if digits.len() != 13 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TicketNumberError);
        }
        let part =
            |range: std::ops::Range<usize>| digits[range].parse::<u32>().map_err(|_| TicketNumberError);
        let short = |n: u32| u16::try_from(n).map_err(|_| TicketNumberError);
        Ok(Self { day: part(0..6)?, station: short(part(6..9)?)?, sequence: short(part(9..13)?)? })
    }

    /// The thirteen digits in the order they are read aloud.
    pub fn digits(self) -> String {
        format!("{:06}{:03}{:04}", self.day, self.station, self.sequence)
    }
}

impl std::fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:06}-{:03}-{:04}", self.day, self.station, self.sequence)
    }
}

impl TryFrom<String> for TicketNumber {
    type Error = TicketNumberError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<TicketNumber> for String {
    fn from(number: TicketNumber) -> Self {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_leading_zeros() {
        let number = TicketNumber { day: 60_101, station: 7, sequence: 42 };
        assert_eq!(number.to_string(), "060101-007-0042");
        assert_eq!(TicketNumber::parse("060101-007-0042"), Ok(number));
        assert_eq!(TicketNumber::parse("0601010070042"), Ok(number));
        assert_eq!(number.digits(), "0601010070042");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "060101-007-004", "060101-007-004x", "060101-007-00421"] {
            assert_eq!(TicketNumber::parse(text), Err(TicketNumberError), "{text}");
        }
    }
}
