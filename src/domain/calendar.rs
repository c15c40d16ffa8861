//! Civil time of one jurisdiction: its zone, its working hours and holidays, when people may be rung and when they sleep.
//!
//! The only place that turns a moment into a day and an hour.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::clocks::ClockCalendar;
use super::opening::OpeningHours;
use super::settings::SettingsError;
use super::span::Span;
use super::ticket::Window;
use super::timestamp::Timestamp;

mod reading;

/// The calendar of the first jurisdictions, whole.
pub const DEFAULT_TEXT: &str = include_str!("../../config/calendars/cn-2026.toml");

/// No sum of working time reaches farther than this many days.
const DAYS_LOOKED_AHEAD: u32 = 3_660;

/// A span of one day in minutes since midnight; `until` may be 1,440.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: u16,
    pub until: u16,
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

/// A moment as the wall clock shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub date: Date,
    /// 0 is Monday.
    pub weekday: u8,
    pub hour: u8,
    pub minute: u8,
}

impl Civil {
    fn minute_of_day(self) -> u16 {
        u16::from(self.hour) * 60 + u16::from(self.minute)
    }
}

/// The calendar of one jurisdiction.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    pub name: String,
    zone: TimeZone,
    /// Monday first; a weekday without hours is free.
    working: [Vec<Hours>; 7],
    /// Free days that would be worked, with their names.
    holidays: BTreeMap<Date, String>,
    /// Worked days that would be free, with the hours of a Monday.
    make_up_days: BTreeMap<Date, String>,
    /// When somebody may stand at a door.
    daytime: Hours,
    /// When residents may be rung; each entry is a part of the day of its own.
    calling: Vec<Hours>,
    /// When nobody is sent a text unless it is urgent; may pass midnight.
    quiet: Hours,
}

impl Calendar {
    /// Reads a calendar text.
    ///
    /// # Errors
    /// An unknown key, a wrong type or an impossible value, with line and remedy.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        reading::calendar(text)
    }

    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    pub fn civil(&self, at: Timestamp) -> Civil {
        let zoned = jiff::Timestamp::from(at).to_zoned(self.zone.clone());
        Civil {
            date: zoned.date(),
            weekday: weekday(zoned.date()),
            hour: u8::try_from(zoned.hour()).unwrap_or(0),
            minute: u8::try_from(zoned.minute()).unwrap_or(0),
        }
    }

    /// The day as YYMMDD, for ticket numbers.
    pub fn civil_day(&self, now: Timestamp) -> u32 {
        let date = self.civil(now).date;
        let part = |n: i16| u32::from(n.unsigned_abs());
        part(date.year()) % 100 * 10_000 + part(i16::from(date.month())) * 100 + part(i16::from(date.day()))
    }

    /// Seconds since this day began; a day on which the clock is changed has an hour more or less.
    pub fn second_of_day(&self, now: Timestamp) -> u32 {
        u32::try_from(now.since(self.day_around(now).from).as_secs()).unwrap_or(0)
    }

    /// The wall clock's date and time.
    pub fn date_time(&self, at: Timestamp) -> jiff::civil::DateTime {
        jiff::Timestamp::from(at).to_zoned(self.zone.clone()).datetime()
    }

    pub fn year(&self, now: Timestamp) -> i16 {
        self.civil(now).date.year()
    }

    pub fn hour(&self, at: Timestamp) -> u8 {
        self.civil(at).hour
    }

    /// 0 is Monday.
    pub fn weekday(&self, at: Timestamp) -> u8 {
        self.civil(at).weekday
    }

    /// The hours `window` touches, as (weekday, hour), at most one week of them.
    pub fn hours_touched(&self, window: Window) -> Vec<(u8, u8)> {
        const HOUR_MS: u64 = 3_600_000;
        const WEEK: u64 = 168;
        let first = self.civil(window.from);
        let begins = window.from - Duration::from_secs(u64::from(first.minute) * 60);
        let span = u64::try_from(begins.until(window.until).as_millis()).unwrap_or(u64::MAX);
        let count = span.div_ceil(HOUR_MS).clamp(1, WEEK);
        let hour_later = |hours: u64| {
            let of_week = (u64::from(first.weekday) * 24 + u64::from(first.hour) + hours) % WEEK;
            ((of_week / 24) as u8, (of_week % 24) as u8)
        };
        let civil_later = |hours: u64| {
            let civil = self.civil(begins + Duration::from_millis(hours * HOUR_MS));
            (civil.weekday, civil.hour)
        };
        // Unless the clocks are changed in between, the last hour is where counting gets to.
        if civil_later(count - 1) == hour_later(count - 1) {
            (0..count).map(hour_later).collect()
        } else {
            (0..count).map(civil_later).collect()
        }
    }

    /// The civil day around `at`, from midnight to midnight.
    pub fn day_around(&self, at: Timestamp) -> Window {
        let date = self.civil(at).date;
        Window { from: self.moment(date, 0), until: self.moment(date, 1_440) }
    }

    /// The civil week around `at`, from Monday's midnight on.
    pub fn week_around(&self, at: Timestamp) -> Window {
        let date = self.civil(at).date;
        let monday = date.saturating_sub(i64::from(weekday(date)).days());
        Window { from: self.moment(monday, 0), until: self.moment(monday.saturating_add(7.days()), 0) }
    }

    pub fn is_working(&self, at: Timestamp) -> bool {
        let civil = self.civil(at);
        within(self.hours_of(civil.date), civil.minute_of_day())
    }

    /// Whether anybody works on the day of `at`.
    pub fn is_working_day(&self, at: Timestamp) -> bool {
        !self.hours_of(self.civil(at).date).is_empty()
    }

    /// Whether a station with these hours is open.
    pub fn is_open(&self, hours: &OpeningHours, at: Timestamp) -> bool {
        let civil = self.civil(at);
        hours.is_always() || within(self.open_on(hours, civil.date), civil.minute_of_day())
    }

    /// The first moment from `after` on at which a station with these hours is open; none when it never is.
    pub fn opens(&self, hours: &OpeningHours, after: Timestamp) -> Option<Timestamp> {
        if self.is_open(hours, after) {
            return Some(after);
        }
        let mut date = self.civil(after).date;
        for _ in 0..DAYS_LOOKED_AHEAD {
            let opens = self.open_on(hours, date).iter().map(|part| self.moment(date, part.from));
            if let Some(opens) = opens.into_iter().find(|opens| *opens >= after) {
                return Some(opens);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// From when on a station with these hours is closed: `from` itself where it is then; none where it is open until `until`.
    pub fn closes(&self, hours: &OpeningHours, from: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let mut at = from;
        loop {
            let civil = self.civil(at);
            let open = self.open_on(hours, civil.date);
            let minute = civil.minute_of_day();
            match open.iter().find(|part| (part.from..part.until).contains(&minute)) {
                _ if hours.is_always() => return None,
                None => return Some(at),
                Some(part) => at = self.moment(civil.date, part.until),
            }
            if at >= until {
                return None;
            }
        }
    }

    fn open_on<'a>(&'a self, hours: &'a OpeningHours, date: Date) -> &'a [Hours] {
        match hours {
            // A day is never asked: it is always open.
            OpeningHours::Always => &[],
            OpeningHours::Working => self.hours_of(date),
            OpeningHours::Week(week) if self.holidays.contains_key(&date) => week.of_holidays(),
            OpeningHours::Week(week) if self.make_up_days.contains_key(&date) => week.of_make_up_days(),
            OpeningHours::Week(week) => week.of_weekday(weekday(date)),
        }
    }

    /// The moment when `length` of working time has passed since `from`.
    ///
    /// Nothing to add gives `from` itself, working or not.
    pub fn add_working(&self, from: Timestamp, length: Duration) -> Timestamp {
        if length.is_zero() {
            return from;
        }
        let mut left = length;
        let mut date = self.civil(from).date;
        for _ in 0..DAYS_LOOKED_AHEAD {
            for hours in self.hours_of(date) {
                let (opens, closes) = self.moments(date, *hours);
                let start = opens.max(from);
                let open_for = closes.since(start);
                if left <= open_for {
                    return start + left;
                }
                left -= open_for;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        // Beyond every deadline the line gives; better late than wrapped.
        from + Duration::from_secs(u64::from(DAYS_LOOKED_AHEAD) * 86_400)
    }

    /// Working time between two moments; zero when `until` is not later.
    pub fn working_between(&self, from: Timestamp, until: Timestamp) -> Duration {
        if until <= from {
            return Duration::ZERO;
        }
        let last = self.civil(until).date;
        let mut date = self.civil(from).date;
        let mut sum = Duration::ZERO;
        for _ in 0..DAYS_LOOKED_AHEAD {
            for hours in self.hours_of(date) {
                let (opens, closes) = self.moments(date, *hours);
                sum += closes.min(until).since(opens.max(from));
            }
            match date.tomorrow() {
                Ok(next) if date < last => date = next,
                Ok(_) | Err(_) => break,
            }
        }
        sum
    }

    /// The moment `span` after `from`, on the span's own calendar.
    pub fn add(&self, from: Timestamp, span: Span) -> Timestamp {
        match span {
            Span::Plain(length) => from + length,
            Span::Working(length) => self.add_working(from, length),
            Span::WorkingDays(days) => self.add_working(from, self.working_days(days)),
        }
    }

    pub fn add_on(&self, calendar: ClockCalendar, from: Timestamp, length: Duration) -> Timestamp {
        match calendar {
            ClockCalendar::Always => from + length,
            ClockCalendar::Working => self.add_working(from, length),
        }
    }

    pub fn between_on(&self, calendar: ClockCalendar, from: Timestamp, until: Timestamp) -> Duration {
        match calendar {
            ClockCalendar::Always => until.since(from),
            ClockCalendar::Working => self.working_between(from, until),
        }
    }

    /// How much time of its own calendar a span is.
    pub fn length(&self, span: Span) -> Duration {
        match span {
            Span::Plain(length) | Span::Working(length) => length,
            Span::WorkingDays(days) => self.working_days(days),
        }
    }

    /// `days` working days as working time: a working day is as long as the longest of the week.
    pub fn working_days(&self, days: u16) -> Duration {
        let minutes = |hours: &[Hours]| hours.iter().map(|h| u64::from(h.until - h.from)).sum::<u64>();
        let day = self.working.iter().map(|hours| minutes(hours)).max().unwrap_or(0);
        Duration::from_secs(day * 60 * u64::from(days))
    }

    /// The first moment from `after` on at which a resident may be rung, at a part of the day not tried yet if any is left.
    ///
    /// `tried_hours` are the hours (0–23) of earlier tries.
    pub fn next_calling_time(&self, after: Timestamp, tried_hours: &[u8]) -> Timestamp {
        let tried = |part: &Hours| {
            tried_hours
                .iter()
                .any(|hour| (part.from / 60..part.until.div_ceil(60)).contains(&u16::from(*hour)))
        };
        let fresh: Vec<Hours> = self.calling.iter().filter(|part| !tried(part)).copied().collect();
        let parts = if fresh.is_empty() { &self.calling } else { &fresh };
        self.next_in(parts, after)
    }

    /// Whether residents may be rung at that minute of the day.
    pub fn may_call_at(&self, minute: u16) -> bool {
        within(&self.calling, minute)
    }

    /// The parts of the day in which residents may be rung, as the settings write them.
    pub fn calling_hours(&self) -> String {
        self.calling.iter().map(Hours::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Whether nobody is to be disturbed.
    pub fn in_quiet_hours(&self, at: Timestamp) -> bool {
        let minute = self.civil(at).minute_of_day();
        if self.quiet.from <= self.quiet.until {
            (self.quiet.from..self.quiet.until).contains(&minute)
        } else {
            minute >= self.quiet.from || minute < self.quiet.until
        }
    }

    /// When the quiet hours around `at` end; `at` itself outside them.
    pub fn after_quiet_hours(&self, at: Timestamp) -> Timestamp {
        if !self.in_quiet_hours(at) {
            return at;
        }
        let date = self.civil(at).date;
        let today = self.moment(date, self.quiet.until);
        if today > at {
            today
        } else {
            date.tomorrow().map_or(today, |next| self.moment(next, self.quiet.until))
        }
    }

    /// The next `length` of daytime: what is left of this day's when at least half fits, else the beginning of the next.
    pub fn next_daytime_window(&self, now: Timestamp, length: Duration) -> Window {
        let from = self.next_in(&[self.daytime], now);
        let closes = self.moment(self.civil(from).date, self.daytime.until);
        if from + length / 2 <= closes {
            return Window { from, until: (from + length).min(closes) };
        }
        let from = self.next_in(&[self.daytime], closes);
        Window { from, until: from + length }
    }

    /// The first moment from `after` on that lies in one of `parts`, which stand in order.
    fn next_in(&self, parts: &[Hours], after: Timestamp) -> Timestamp {
        let mut date = self.civil(after).date;
        // A part may lie in a gap of the clocks' change; the day after has it again.
        for _ in 0..4 {
            for part in parts {
                let (opens, closes) = self.moments(date, *part);
                if after < closes {
                    return opens.max(after);
                }
            }
            match date.tomorrow() {
                Ok(next) => date = next,
                Err(_) => break,
            }
        }
        after
    }

    fn hours_of(&self, date: Date) -> &[Hours] {
        const MONDAY: usize = 0;
        if self.holidays.contains_key(&date) {
            &[]
        } else if self.make_up_days.contains_key(&date) {
            &self.working[MONDAY]
        } else {
            &self.working[usize::from(weekday(date))]
        }
    }

    fn moments(&self, date: Date, hours: Hours) -> (Timestamp, Timestamp) {
        (self.moment(date, hours.from), self.moment(date, hours.until))
    }

    /// A minute of a civil day as a moment; one that the clocks skip is the moment after the gap.
    pub fn moment(&self, date: Date, minute: u16) -> Timestamp {
        let (date, minute) =
            if minute >= 1_440 { (date.tomorrow().unwrap_or(date), 0) } else { (date, minute) };
        let part = |n: u16| i8::try_from(n).unwrap_or(0);
        let time = Time::new(part(minute / 60), part(minute % 60), 0, 0).unwrap_or(Time::MIN);
        let moment = date.to_datetime(time).to_zoned(self.zone.clone());
        moment
            .map_or(Timestamp::default(), |zoned| Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    }
}

impl Default for Calendar {
    fn default() -> Self {
        Self::parse(DEFAULT_TEXT).expect("a test reads the calendar that is compiled in")
    }
}

fn weekday(date: Date) -> u8 {
    u8::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)
}

fn within(parts: &[Hours], minute: u16) -> bool {
    parts.iter().any(|part| (part.from..part.until).contains(&minute))
}

#[cfg(test)]
mod tests;
