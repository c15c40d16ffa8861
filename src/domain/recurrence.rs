//! On which days something is done again: the part of RFC 5545 §3.3.10 that an office writes.
//!
//! `FREQ=DAILY` or `WEEKLY`, `INTERVAL`, and of weeks `BYDAY`. Everything else is refused by its name: a rule that was half
//! understood would ring on the wrong days.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Longest `INTERVAL`: a year of weeks.
const MOST_APART: u16 = 52;
/// Weekdays as RFC 5545 spells them, Monday first.
const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// Why a rule is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    #[error("`{0}` is not understood")]
    Part(String),
    #[error("FREQ is missing")]
    NoFrequency,
}

/// How often, counted from the day on which it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Recurrence {
    /// Each so many days.
    Days(u16),
    /// On these weekdays (0 is Monday, sorted) of each so many weeks; none: on the weekday of the first day.
    Weeks { apart: u16, on: Vec<u8> },
}

impl Recurrence {
    /// Reads a rule, with or without `RRULE:` before it.
    ///
    /// # Errors
    /// The first part that is not understood.
    pub fn parse(text: &str) -> Result<Self, RecurrenceError> {
        let upper = text.trim().to_ascii_uppercase();
        let rule = upper.strip_prefix("RRULE:").unwrap_or(&upper);
        let (mut weekly, mut apart, mut on) = (None, 1, Vec::new());
        let mut named = Vec::new();
        for part in rule.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = || RecurrenceError::Part(part.to_owned());
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            // Said twice, one of them would be passed over.
            if named.contains(&name) {
                return Err(wrong());
            }
            named.push(name);
            match (name, value) {
                ("FREQ", "DAILY") => weekly = Some(false),
                ("FREQ", "WEEKLY") => weekly = Some(true),
                ("INTERVAL", count) => {
                    let count = count.parse().ok().filter(|count| (1..=MOST_APART).contains(count));
                    apart = count.ok_or_else(wrong)?;
                }
                ("BYDAY", days) => {
                    let days = days.split(',').map(|day| WEEKDAYS.iter().position(|known| *known == day));
                    on = days
                        .map(|day| day.and_then(|day| u8::try_from(day).ok()))
                        .collect::<Option<_>>()
                        .ok_or_else(wrong)?;
                    on.sort_unstable();
                    on.dedup();
                }
                _ => return Err(wrong()),
            }
        }
        match weekly.ok_or(RecurrenceError::NoFrequency)? {
            true => Ok(Self::Weeks { apart, on }),
            false if on.is_empty() => Ok(Self::Days(apart)),
            false => Err(RecurrenceError::Part("BYDAY".to_owned())),
        }
    }

    /// Whether another first day makes other days: every day, and named days of every week, it does not.
    pub fn counts_from_first(&self) -> bool {
        match self {
            Self::Days(apart) => *apart > 1,
            Self::Weeks { apart, on } => *apart > 1 || on.is_empty(),
        }
    }

    /// Whether `day` is one of them, counted from `first`.
    pub fn falls_on(&self, first: Date, day: Date) -> bool {
        let days = i64::from((day - first).get_days());
        if days < 0 {
            return false;
        }
        match self {
            Self::Days(apart) => days % i64::from(*apart) == 0,
            Self::Weeks { apart, on } => {
                let weekday = |date: Date| date.weekday().to_monday_zero_offset();
                let weeks = (days + i64::from(weekday(first))) / 7;
                let here = u8::try_from(weekday(day)).unwrap_or_default();
                let wanted = if on.is_empty() { weekday(first) == weekday(day) } else { on.contains(&here) };
                weeks % i64::from(*apart) == 0 && wanted
            }
        }
    }

    /// The first of its days from `earliest` on.
    pub fn next_day(&self, first: Date, earliest: Date) -> Option<Date> {
        let mut day = earliest.max(first);
        // Each of its days lies less than this many after the one before.
        for _ in 0..=usize::from(MOST_APART) * 7 + 7 {
            if self.falls_on(first, day) {
                return Some(day);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }
}

impl std::fmt::Display for Recurrence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (frequency, apart) = match self {
            Self::Days(apart) => ("DAILY", apart),
            Self::Weeks { apart, .. } => ("WEEKLY", apart),
        };
        write!(f, "FREQ={frequency}")?;
        if *apart != 1 {
            write!(f, ";INTERVAL={apart}")?;
        }
        match self {
            Self::Weeks { on, .. } if !on.is_empty() => {
                let days: Vec<&str> =
                    on.iter().filter_map(|day| WEEKDAYS.get(usize::from(*day)).copied()).collect();
                write!(f, ";BYDAY={}", days.join(","))
            }
            Self::Days(_) | Self::Weeks { .. } => Ok(()),
        }
    }
}

impl TryFrom<String> for Recurrence {
    type Error = RecurrenceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Recurrence> for String {
    fn from(rule: Recurrence) -> Self {
        rule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days of May 2026 (the 6th is a Wednesday) from the 6th on, without the leading zero.
    fn days(rule: &str, until: i8) -> Vec<i8> {
        let rule = Recurrence::parse(rule).unwrap();
        let day = |day| jiff::civil::date(2026, 5, day);
        (1..=until).filter(|at| rule.falls_on(day(6), day(*at))).collect()
    }

    #[test]
    fn a_rule_falls_on_the_days_it_says_and_on_none_before_it_begins() {
        assert_eq!(days("FREQ=DAILY", 9), [6, 7, 8, 9]);
        assert_eq!(days("FREQ=DAILY;INTERVAL=3", 15), [6, 9, 12, 15]);
        assert_eq!(days("freq=weekly; byday=mo,fr", 18), [8, 11, 15, 18]);
        assert_eq!(days("RRULE:FREQ=WEEKLY", 21), [6, 13, 20]);
        // Every other week, counted in whole weeks: Monday the 4th was before it began, Monday the 18th is the next.
        assert_eq!(days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", 31), [7, 18, 21]);
    }

    #[test]
    fn what_is_not_understood_is_named_and_nothing_is_guessed() {
        let part = |text: &str| Err(RecurrenceError::Part(text.into()));
        for (rule, wrong) in [
            ("FREQ=MONTHLY", part("FREQ=MONTHLY")),
            ("FREQ=DAILY;COUNT=3", part("COUNT=3")),
            ("FREQ=DAILY;INTERVAL=0", part("INTERVAL=0")),
            ("FREQ=WEEKLY;BYDAY=1MO", part("BYDAY=1MO")),
            ("FREQ=DAILY;BYDAY=MO", part("BYDAY")),
            ("FREQ=WEEKLY;BYDAY=MO;BYDAY=TH", part("BYDAY=TH")),
            ("FREQ=DAILY;FREQ=WEEKLY", part("FREQ=WEEKLY")),
            ("daily", part("DAILY")),
            ("INTERVAL=2", Err(RecurrenceError::NoFrequency)),
        ] {
            assert_eq!(Recurrence::parse(rule), wrong, "{rule}");
        }
    }

    #[test]
    fn a_rule_is_written_as_it_is_read() {
        for rule in ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU"] {
            assert_eq!(Recurrence::parse(rule).unwrap().to_string(), rule);
        }
    }
}
