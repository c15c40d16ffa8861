//! When a station is open: always, in the calendar's working hours, or by a table of its own.
//!
//! Written as people write it: `周一-周五 8:30-12:00 13:00-17:30; 周六 9-12; 节假日 9-12`.

use serde::{Deserialize, Serialize};

use super::calendar::Hours;

/// A table has seven weekdays, Monday first, and the holidays.
pub const TABLE_DAYS: usize = 8;
const HOLIDAYS: usize = 7;

/// Days as a table of ours is written to be read again, and the words for them in Chinese.
pub const DAYS_EN: [&str; TABLE_DAYS] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays"];
pub const DAYS_ZH: [&str; TABLE_DAYS] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日", "节假日"];

const ALWAYS: [&str; 5] = ["always", "24x7", "24×7", "全天", "随时"];
const WORKING: [&str; 3] = ["working", "工作时间", "工作日"];

/// When somebody is there for whoever rings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OpeningHours {
    #[default]
    Always,
    /// The working hours of the calendar, with its holidays and make-up days.
    Working,
    Week(Box<Week>),
}

/// Hours by weekday. A make-up day has those of the first weekday that has any; a holiday has its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week([Vec<Hours>; TABLE_DAYS]);

/// Why something is no opening hours, with the part that is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    #[error("\"{0}\" names no hours: write days and hours as 周一-周五 8:30-12:00 13:00-17:30; 周六 9-12")]
    Unreadable(String),
    #[error("\"{0}\" ends before it begins: write two spans, one on each side of midnight")]
    Backwards(String),
    #[error("\"{0}\" overlaps other hours of the same day: name each hour once")]
    Overlaps(String),
}

impl Week {
    pub fn of_weekday(&self, weekday: u8) -> &[Hours] {
        self.0.get(usize::from(weekday)).map_or(&[], Vec::as_slice)
    }

    pub fn of_holidays(&self) -> &[Hours] {
        &self.0[HOLIDAYS]
    }

    pub fn of_make_up_days(&self) -> &[Hours] {
        self.0[..HOLIDAYS].iter().find(|day| !day.is_empty()).map_or(&[], Vec::as_slice)
    }
}

impl OpeningHours {
    pub fn is_always(&self) -> bool {
        *self == Self::Always
    }

    /// Reads what somebody wrote.
    ///
    /// # Errors
    /// The part that is no hours.
    pub fn parse(text: &str) -> Result<Self, OpeningError> {
        let text = text.trim();
        let lower = text.to_lowercase();
        if ALWAYS.contains(&lower.as_str()) {
            return Ok(Self::Always);
        }
        if WORKING.contains(&lower.as_str()) {
            return Ok(Self::Working);
        }
        let mut week: [Vec<Hours>; TABLE_DAYS] = Default::default();
        let mut parts =
            text.split([';', '；', '\n']).map(str::trim).filter(|part| !part.is_empty()).peekable();
        if parts.peek().is_none() {
            return Err(OpeningError::Unreadable(text.to_owned()));
        }
        for part in parts {
            let unreadable = || OpeningError::Unreadable(part.to_owned());
            let (names, spans) = part.split_once(char::is_whitespace).ok_or_else(unreadable)?;
            let days = days(names).ok_or_else(unreadable)?;
            let marks = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、');
            let spans = spans.split(marks).filter(|span| !span.is_empty());
            let spans: Vec<Hours> = spans.map(span).collect::<Result<_, _>>()?;
            if spans.is_empty() {
                return Err(unreadable());
            }
            for day in days {
                week[day].extend(&spans);
                week[day].sort_by_key(|hours| hours.from);
                if week[day].windows(2).any(|pair| pair[1].from < pair[0].until) {
                    return Err(OpeningError::Overlaps(part.to_owned()));
                }
            }
        }
        Ok(Self::Week(Box::new(Week(week))))
    }

    /// As it is written with these names of the days; neighbours with the same hours stand together.
    pub fn written(&self, names: &[&str; TABLE_DAYS]) -> String {
        let week = match self {
            Self::Always => return ALWAYS[0].to_owned(),
            Self::Working => return WORKING[0].to_owned(),
            Self::Week(week) => &week.0,
        };
        let mut parts = Vec::new();
        let mut day = 0;
        while day < TABLE_DAYS {
            let last = (day + 1..HOLIDAYS).take_while(|next| week[*next] == week[day]).last().unwrap_or(day);
            if !week[day].is_empty() {
                let spans: Vec<String> = week[day].iter().map(|hours| format!(" {hours}")).collect();
                let until = if last > day { format!("-{}", names[last]) } else { String::new() };
                parts.push(format!("{}{until}{}", names[day], spans.concat()));
            }
            day = last + 1;
        }
        parts.join("; ")
    }
}

impl std::fmt::Display for OpeningHours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written(&DAYS_EN))
    }
}

impl TryFrom<String> for OpeningHours {
    type Error = OpeningError;
    fn try_from(text: String) -> Result<Self, OpeningError> {
        Self::parse(&text)
    }
}

impl From<OpeningHours> for String {
    fn from(hours: OpeningHours) -> Self {
        hours.to_string()
    }
}

/// `周一-周五`, `Sa`, `monday`: weekdays, Monday 0; `每天` and `daily` are all seven, `节假日` stands after them.
pub fn days(text: &str) -> Option<std::ops::RangeInclusive<usize>> {
    let lower = text.to_lowercase();
    if matches!(lower.as_str(), "daily" | "每天") {
        return Some(0..=HOLIDAYS - 1);
    }
    match lower.split_once(['-', '~', '至']) {
        Some((from, until)) => {
            let (from, until) = (day(from)?, day(until)?);
            (from <= until && until < HOLIDAYS).then_some(from..=until)
        }
        None => day(&lower).map(|day| day..=day),
    }
}

fn day(text: &str) -> Option<usize> {
    const WHOLE: [&str; TABLE_DAYS] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holidays"];
    let chinese = DAYS_ZH.iter().position(|day| *day == text);
    let short = || WHOLE.iter().position(|day| text.len() >= 2 && day.starts_with(text));
    chinese.or_else(short)
}

/// `8:30-12`, `13:00-17:30`, `18-24`.
fn span(text: &str) -> Result<Hours, OpeningError> {
    let unreadable = || OpeningError::Unreadable(text.to_owned());
    let (from, until) = text.split_once(['-', '~', '至']).ok_or_else(unreadable)?;
    let (from, until) = (minute(from).ok_or_else(unreadable)?, minute(until).ok_or_else(unreadable)?);
    if from < until { Ok(Hours { from, until }) } else { Err(OpeningError::Backwards(text.to_owned())) }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once([':', '：']).unwrap_or((text, "0"));
    let whole = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok());
    let (hour, minute) = (whole(hour)??, whole(minute)??);
    let minute_of_day = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && minute_of_day <= 1_440).then_some(minute_of_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        OpeningHours::parse(text).unwrap().to_string()
    }

    #[test]
    fn what_people_write_is_read_and_written_alike() {
        assert_eq!(again("全天"), "always");
        assert_eq!(again("Working"), "working");
        let office = "mon-fri 08:30-12:00 13:00-17:30; sat 09:00-12:00; holidays 09:00-12:00";
        assert_eq!(again("周一-周五 8:30-12，13-17:30；周六 9-12；节假日 9-12"), office);
        assert_eq!(again("Mo-Fr 13:00-17:30 8:30-12; saturday 9-12; holidays 9-12"), office);
        assert_eq!(again(office), office);
        assert_eq!(again("daily 0-24"), "mon-sun 00:00-24:00");
        let zh = OpeningHours::parse(office).unwrap().written(&DAYS_ZH);
        assert_eq!(zh, "周一-周五 08:30-12:00 13:00-17:30; 周六 09:00-12:00; 节假日 09:00-12:00");
    }

    #[test]
    fn what_is_no_hours_is_named() {
        let error = |text: &str| OpeningHours::parse(text).unwrap_err();
        for text in
            ["", "周一", "周八 8-12", "周五-周一 8-12", "周一 8", "周一 8-25", "周一 8:70-9", "周一 ８-9"]
        {
            assert!(matches!(error(text), OpeningError::Unreadable(_)), "{text}");
        }
        assert_eq!(error("周一 22-6"), OpeningError::Backwards("22-6".into()));
        assert_eq!(error("周一-周五 8-12; 周三 11-13"), OpeningError::Overlaps("周三 11-13".into()));
    }
}
