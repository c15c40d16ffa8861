//! Saying when: "this afternoon from four to half past six".
//!
//! Times are civil times of the place; who turns moments into them is `domain::calendar`'s business.

use jiff::civil::{Date, DateTime};

use crate::domain::language::Language;
use crate::prompts::clip::ClipId;
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::{Item, Sentence};

/// Minutes that have clips are the quarters of an hour.
const QUARTER: i32 = 15;
const DAY_MINUTES: i32 = 24 * 60;

/// Part of the day, as people call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DayPart {
    Night,
    Morning,
    Noon,
    Afternoon,
    Evening,
}

impl DayPart {
    fn of(hour: i32) -> Self {
        match hour {
            0..=5 => Self::Night,
            6..=11 => Self::Morning,
            12 => Self::Noon,
            13..=17 => Self::Afternoon,
            _ => Self::Evening,
        }
    }

    fn phrase(self) -> Phrase {
        match self {
            Self::Night => Phrase::DayPartNight,
            Self::Morning => Phrase::DayPartMorning,
            Self::Noon => Phrase::DayPartNoon,
            Self::Afternoon => Phrase::DayPartAfternoon,
            Self::Evening => Phrase::DayPartEvening,
        }
    }
}

/// A time of day in minutes since midnight, at a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct QuarterHour(i32);

impl QuarterHour {
    fn not_after(time: DateTime) -> Self {
        Self((i32::from(time.hour()) * 60 + i32::from(time.minute())) / QUARTER * QUARTER)
    }

    /// The last quarter of the day is not passed: midnight would belong to the day after.
    fn not_before(time: DateTime) -> Self {
        let minutes = i32::from(time.hour()) * 60 + i32::from(time.minute());
        Self(((minutes + QUARTER - 1) / QUARTER * QUARTER).min(DAY_MINUTES - QUARTER))
    }

    fn day_part(self) -> DayPart {
        DayPart::of(self.0 / 60)
    }

    /// "four", "half past four": the hour on a twelve-hour clock and its quarters.
    fn clips(self) -> Vec<ClipId> {
        let hour = (self.0 / 60 + 11).rem_euclid(12) + 1;
        let mut clips = vec![ClipId::numbered("hour", hour.unsigned_abs())];
        match self.0 % 60 {
            15 => clips.push(Phrase::Minute15.into()),
            30 => clips.push(Phrase::Minute30.into()),
            45 => clips.push(Phrase::Minute45.into()),
            _ => {}
        }
        clips
    }
}

impl Sentence {
    /// A window of time, widened to quarters of an hour; said whole or not at all.
    #[must_use]
    pub fn window(self, from: DateTime, until: DateTime, today: Date) -> Self {
        let language = self.language;
        self.item(Item::of(window_clips(language, from, until, today)))
    }

    /// "We ring you back from tomorrow, nine in the morning on": rounded up to a quarter, said whole or not at all.
    #[must_use]
    pub fn call_back_from(self, at: DateTime, today: Date) -> Self {
        let time = QuarterHour::not_before(at);
        let mut clips = vec![Phrase::CallbackFrom.into()];
        clips.extend(day_clips(at.date(), today));
        match self.language {
            Language::Zh | Language::Bo => {
                clips.push(time.day_part().phrase().into());
                clips.extend(time.clips());
            }
            Language::En => {
                clips.extend(time.clips());
                clips.push(time.day_part().phrase().into());
            }
        }
        self.item(Item::of(clips))
    }
}

fn window_clips(language: Language, from: DateTime, until: DateTime, today: Date) -> Vec<ClipId> {
    let (start, end) = (QuarterHour::not_after(from), QuarterHour::not_before(until));
    let other_day = (until.date() != from.date()).then(|| day_clips(until.date(), today));
    let mut clips = day_clips(from.date(), today);
    match language {
        // 今天 下午 四点 到 六点; the part of the day again only when it changes.
        Language::Zh | Language::Bo => {
            clips.push(start.day_part().phrase().into());
            clips.extend(start.clips());
            clips.push(Phrase::And.into());
            let new_day = other_day.is_some();
            clips.extend(other_day.unwrap_or_default());
            if new_day || end.day_part() != start.day_part() {
                clips.push(end.day_part().phrase().into());
            }
            clips.extend(end.clips());
        }
        // today, between four and six in the afternoon
        Language::En => {
            clips.push(Phrase::Between.into());
            clips.extend(start.clips());
            if end.day_part() != start.day_part() || other_day.is_some() {
                clips.push(start.day_part().phrase().into());
            }
            clips.push(Phrase::And.into());
            clips.extend(other_day.unwrap_or_default());
            clips.extend(end.clips());
            clips.push(end.day_part().phrase().into());
        }
    }
    clips
}

/// "today", "tomorrow", "the day after tomorrow", or month and day.
fn day_clips(day: Date, today: Date) -> Vec<ClipId> {
    let ahead = [Phrase::Today, Phrase::Tomorrow, Phrase::DayAfterTomorrow];
    let mut date = today;
    for phrase in ahead {
        if day == date {
            return vec![phrase.into()];
        }
        match date.tomorrow() {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    vec![
        ClipId::numbered("month", u32::from(day.month().unsigned_abs())),
        ClipId::numbered("day", u32::from(day.day().unsigned_abs())),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};

    use super::*;

    fn said(language: Language, from: DateTime, until: DateTime) -> String {
        Sentence::new(language).window(from, until, date(2026, 12, 30)).to_string()
    }

    #[test]
    fn this_afternoon_from_four_to_six() {
        let (from, until) = (datetime(2026, 12, 30, 16, 0, 0, 0), datetime(2026, 12, 30, 18, 0, 0, 0));
        assert_eq!(
            said(Language::Zh, from, until),
            "today day-part-afternoon hour-4 and day-part-evening hour-6"
        );
        let until = datetime(2026, 12, 30, 17, 30, 0, 0);
        assert_eq!(said(Language::Zh, from, until), "today day-part-afternoon hour-4 and hour-5 minute-30");
        assert_eq!(
            said(Language::En, from, until),
            "today between hour-4 and hour-5 minute-30 day-part-afternoon"
        );
    }

    #[test]
    fn a_moment_is_said_by_day_part_and_quarter() {
        let said = |language, at| Sentence::new(language).call_back_from(at, date(2026, 12, 30)).to_string();
        let tomorrow = datetime(2026, 12, 31, 8, 30, 0, 0);
        assert_eq!(said(Language::Zh, tomorrow), "callback-from tomorrow day-part-morning hour-8 minute-30");
        assert_eq!(said(Language::En, tomorrow), "callback-from tomorrow hour-8 minute-30 day-part-morning");
        let far = datetime(2027, 1, 4, 13, 50, 0, 0);
        assert_eq!(said(Language::Zh, far), "callback-from month-1 day-4 day-part-afternoon hour-2");
    }

    #[test]
    fn a_window_is_widened_to_quarters_and_keeps_to_its_day() {
        let (from, until) = (datetime(2026, 12, 31, 11, 50, 0, 0), datetime(2026, 12, 31, 23, 59, 0, 0));
        assert_eq!(
            said(Language::Zh, from, until),
            "tomorrow day-part-morning hour-11 minute-45 and day-part-evening hour-11 minute-45"
        );
    }

    #[test]
    fn a_window_over_midnight_and_a_far_day_name_their_dates() {
        let (from, until) = (datetime(2027, 1, 2, 22, 0, 0, 0), datetime(2027, 1, 3, 0, 30, 0, 0));
        assert_eq!(
            said(Language::Zh, from, until),
            "month-1 day-2 day-part-evening hour-10 and month-1 day-3 day-part-night hour-12 minute-30"
        );
        let (from, until) = (datetime(2027, 1, 1, 12, 15, 0, 0), datetime(2027, 1, 1, 13, 0, 0, 0));
        assert_eq!(
            said(Language::En, from, until),
            "day-after-tomorrow between hour-12 minute-15 day-part-noon and hour-1 day-part-afternoon"
        );
    }
}
