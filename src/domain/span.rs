//! Lengths of time as people write them: `30 min`, `2 working h`, `5 working days`, `as agreed`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clocks::ClockCalendar;

/// A length of time on one of the two calendars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Span {
    /// Runs day and night: `30 min`, `15 days` (of 24 h).
    Plain(Duration),
    /// Runs in working hours only: `2 working h`.
    Working(Duration),
    /// So many times the calendar's working day: `5 working days`.
    WorkingDays(u16),
}

impl Span {
    pub const fn calendar(self) -> ClockCalendar {
        match self {
            Self::Plain(_) => ClockCalendar::Always,
            Self::Working(_) | Self::WorkingDays(_) => ClockCalendar::Working,
        }
    }

    pub const fn secs(seconds: u64) -> Self {
        Self::Plain(Duration::from_secs(seconds))
    }

    pub const fn mins(minutes: u64) -> Self {
        Self::Plain(minutes_of(minutes))
    }

    pub const fn hours(hours: u64) -> Self {
        Self::Plain(hours_of(hours))
    }
}

pub const fn minutes_of(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

pub const fn hours_of(hours: u64) -> Duration {
    Duration::from_secs(hours * 3_600)
}

pub const fn days_of(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    #[error(
        "`{0}` is no length of time: write a number and a unit, as `30 min`, `2 h`, `15 days`, `2 working h` or `5 working days`"
    )]
    Unreadable(String),
    #[error("`{0}` is longer than ten years: write a shorter time")]
    TooLong(String),
    #[error("`{0}` counts working time, which has no meaning here: write it without `working`")]
    WorkingHere(String),
}

/// Ten years: nothing the line owes takes longer.
const LONGEST: Duration = days_of(3_660);

impl std::str::FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let unreadable = || SpanError::Unreadable(text.to_owned());
        let mut words = text.split_whitespace();
        let number: u32 = words.next().and_then(|n| n.parse().ok()).ok_or_else(unreadable)?;
        let mut unit = words.next().ok_or_else(unreadable)?;
        let working = unit == "working";
        if working {
            unit = words.next().ok_or_else(unreadable)?;
        }
        if words.next().is_some() {
            return Err(unreadable());
        }
        let seconds = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            "day" | "days" => 86_400,
            _ => return Err(unreadable()),
        };
        let length = Duration::from_secs(u64::from(number) * seconds);
        if length > LONGEST {
            return Err(SpanError::TooLong(text.to_owned()));
        }
        Ok(match (working, unit) {
            (true, "day" | "days") => Self::WorkingDays(u16::try_from(number).map_err(|_| unreadable())?),
            (true, _) => Self::Working(length),
            (false, _) => Self::Plain(length),
        })
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Plain(length) => f.write_str(&written(length, "")),
            Self::Working(length) => f.write_str(&written(length, "working ")),
            Self::WorkingDays(1) => f.write_str("1 working day"),
            Self::WorkingDays(days) => write!(f, "{days} working days"),
        }
    }
}

/// In the largest unit that is exact, days only from two on.
fn written(length: Duration, working: &str) -> String {
    let seconds = length.as_secs();
    let (number, unit) = match seconds {
        s if s % 86_400 == 0 && s >= 172_800 && working.is_empty() => (s / 86_400, "days"),
        s if s % 3_600 == 0 && s > 0 => (s / 3_600, "h"),
        s if s % 60 == 0 && s > 0 => (s / 60, "min"),
        s => (s, "s"),
    };
    format!("{number} {working}{unit}")
}

impl TryFrom<String> for Span {
    type Error = SpanError;
    fn try_from(text: String) -> Result<Self, SpanError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// By when something is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    Within(Span),
    /// By the end of the window that was agreed with the resident.
    AsAgreed,
}

impl TryFrom<String> for Target {
    type Error = SpanError;
    fn try_from(text: String) -> Result<Self, SpanError> {
        if text.trim() == "as agreed" { Ok(Self::AsAgreed) } else { text.parse().map(Self::Within) }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        match target {
            Target::Within(span) => span.to_string(),
            Target::AsAgreed => "as agreed".to_owned(),
        }
    }
}

/// Serde for a [`Duration`] written as a plain [`Span`].
pub mod plain {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Span, SpanError};

    /// # Errors
    /// When the serializer does.
    pub fn serialize<S: Serializer>(length: &Duration, to: S) -> Result<S::Ok, S::Error> {
        Span::Plain(*length).serialize(to)
    }

    /// # Errors
    /// When it is no length of time, or one of working time.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let span = Span::deserialize(from)?;
        match span {
            Span::Plain(length) => Ok(length),
            Span::Working(_) | Span::WorkingDays(_) => {
                Err(serde::de::Error::custom(SpanError::WorkingHere(span.to_string())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them_and_written_back() {
        for text in [
            "60 s",
            "45 s",
            "5 min",
            "2 h",
            "24 h",
            "15 days",
            "2 working h",
            "1 working day",
            "5 working days",
        ] {
            let span: Span = text.parse().unwrap();
            let again: Span = span.to_string().parse().unwrap();
            assert_eq!(again, span, "{text}");
        }
        assert_eq!("60 s".parse::<Span>().unwrap(), Span::mins(1));
        assert_eq!("2 working h".parse::<Span>().unwrap().calendar(), ClockCalendar::Working);
        assert_eq!("90 days".parse::<Span>().unwrap().to_string(), "90 days");
    }

    #[test]
    fn what_is_no_length_is_refused_with_a_remedy() {
        for text in ["", "5", "min", "5 minutes", "-3 h", "2 working", "2 h 30", "1.5 h", "4000 days"] {
            let error = text.parse::<Span>().unwrap_err().to_string();
            assert!(error.contains("write"), "{text}: {error}");
        }
    }

    #[test]
    fn a_target_may_be_left_to_agreement() {
        assert_eq!(Target::try_from("as agreed".to_owned()), Ok(Target::AsAgreed));
        assert_eq!(String::from(Target::Within(Span::WorkingDays(1))), "1 working day");
    }
}
