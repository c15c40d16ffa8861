//! Reading a calendar's settings text.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Calendar, Hours};
use crate::domain::settings::{self, SettingsError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    zone: String,
    daytime: Hours,
    calling: Vec<Hours>,
    quiet: Quiet,
    working: WrittenWeek,
    #[serde(default)]
    holidays: BTreeMap<String, String>,
    #[serde(default)]
    make_up_days: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWeek {
    monday: Vec<Hours>,
    tuesday: Vec<Hours>,
    wednesday: Vec<Hours>,
    thursday: Vec<Hours>,
    friday: Vec<Hours>,
    saturday: Vec<Hours>,
    sunday: Vec<Hours>,
}

/// Hours that may pass midnight.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Quiet(Hours);

pub(super) fn calendar(text: &str) -> Result<Calendar, SettingsError> {
    let written: Written = settings::read(text)?;
    let zone = TimeZone::get(&written.zone).map_err(|_| {
        SettingsError::about(
            text,
            "zone",
            format!("`zone`: `{}` is no time zone: write one as `Asia/Shanghai`", written.zone),
        )
    })?;
    let week = written.working;
    let working =
        [week.monday, week.tuesday, week.wednesday, week.thursday, week.friday, week.saturday, week.sunday];
    if working[0].is_empty() {
        return Err(SettingsError::about(
            text,
            "monday",
            "`monday`: make-up days have Monday's hours, so it needs some: write for example [\"09:00-12:00\", \"13:00-18:00\"]",
        ));
    }
    for (key, parts) in working.iter().map(|parts| ("working", parts)).chain([("calling", &written.calling)])
    {
        if parts.windows(2).any(|pair| pair[1].from < pair[0].until) {
            return Err(SettingsError::about(
                text,
                key,
                format!("`{key}`: hours overlap or stand out of order: write the earlier first"),
            ));
        }
    }
    if written.calling.is_empty() {
        return Err(SettingsError::about(
            text,
            "calling",
            "`calling`: nobody could ever be rung: write at least one part of the day",
        ));
    }
    Ok(Calendar {
        name: written.name,
        zone,
        working,
        holidays: days(text, &written.holidays)?,
        make_up_days: days(text, &written.make_up_days)?,
        daytime: written.daytime,
        calling: written.calling,
        quiet: written.quiet.0,
    })
}

/// `2026-02-15` or `2026-02-15..2026-02-23` = its name.
fn days(text: &str, written: &BTreeMap<String, String>) -> Result<BTreeMap<Date, String>, SettingsError> {
    let mut days = BTreeMap::new();
    for (key, name) in written {
        let wrong = || {
            SettingsError::about(
                text,
                key,
                format!("`{key}` is no day: write `2026-02-15` or `2026-02-15..2026-02-23`"),
            )
        };
        let (first, last) = key.split_once("..").unwrap_or((key, key));
        let first: Date = first.trim().parse().map_err(|_| wrong())?;
        let last: Date = last.trim().parse().map_err(|_| wrong())?;
        // A holiday of more than two months is a slip of the pen.
        const LONGEST: usize = 62;
        let span: Vec<Date> =
            first.series(jiff::ToSpan::days(1)).take(LONGEST + 1).take_while(|day| *day <= last).collect();
        if span.is_empty() || span.len() > LONGEST {
            return Err(wrong());
        }
        for day in span {
            days.insert(day, name.clone());
        }
    }
    Ok(days)
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= 1_440).then_some(hour * 60 + minute)
}

fn from_until(text: &str) -> Result<Hours, String> {
    let parts = text.split_once('-').and_then(|(from, until)| Some((minute(from)?, minute(until)?)));
    match parts {
        Some((from, until)) if from != until && from < 1_440 => Ok(Hours { from, until }),
        Some(_) | None => Err(format!("`{text}` are no hours: write them as `09:00-12:00`")),
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let hours = from_until(&text).map_err(serde::de::Error::custom)?;
        if hours.from > hours.until {
            return Err(serde::de::Error::custom(format!(
                "`{text}` ends before it begins: write two spans, one on each side of midnight"
            )));
        }
        Ok(hours)
    }
}

impl TryFrom<String> for Quiet {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        from_until(&text).map(Self)
    }
}
