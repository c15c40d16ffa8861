//! Moments and spans in the words of a text: "今天16-18时", "tomorrow 9:00-11:00".

use crate::domain::calendar::{Calendar, Civil};
use crate::domain::language::Language;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;

/// The day as seen from today.
fn day_words(day: Civil, today: Civil, language: Language) -> String {
    let ahead = (day.date - today.date).get_days();
    match (language, ahead) {
        (Language::En, 0) => "today".to_owned(),
        (Language::En, 1) => "tomorrow".to_owned(),
        (Language::En, _) => format!("{:02}-{:02}", day.date.month(), day.date.day()),
        (Language::Zh | Language::Bo, 0) => "今天".to_owned(),
        (Language::Zh | Language::Bo, 1) => "明天".to_owned(),
        (Language::Zh | Language::Bo, _) => format!("{}月{}日", day.date.month(), day.date.day()),
    }
}

fn clock_words(at: Civil, language: Language) -> String {
    match (language, at.minute) {
        (Language::Zh | Language::Bo, 0) => at.hour.to_string(),
        (Language::Zh | Language::Bo | Language::En, minute) => format!("{}:{minute:02}", at.hour),
    }
}

/// A window: "今天16-18时", "明天9:30-11:30".
pub fn window_words(calendar: &Calendar, window: Window, now: Timestamp, language: Language) -> String {
    let (from, until, today) =
        (calendar.civil(window.from), calendar.civil(window.until), calendar.civil(now));
    let whole = from.minute == 0 && until.minute == 0;
    let unit = if whole && language != Language::En { "时" } else { "" };
    let gap = if language == Language::En { " " } else { "" };
    let day = day_words(from, today, language);
    let from_words = clock_words(from, language);
    if from.date == until.date {
        return format!("{day}{gap}{from_words}-{}{unit}", clock_words(until, language));
    }
    let last = day_words(until, today, language);
    format!("{day}{gap}{from_words}{unit}-{last}{gap}{}{unit}", clock_words(until, language))
}

/// A moment: "今天16时", "11月3日9:30".
pub fn moment_words(calendar: &Calendar, at: Timestamp, now: Timestamp, language: Language) -> String {
    let (at, today) = (calendar.civil(at), calendar.civil(now));
    let unit = if at.minute == 0 && language != Language::En { "时" } else { "" };
    let gap = if language == Language::En { " " } else { "" };
    format!("{}{gap}{}{unit}", day_words(at, today, language), clock_words(at, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_millis(moment.as_millisecond())
    }

    #[test]
    fn a_window_reads_as_people_say_it() {
        let calendar = Calendar::default();
        let now = at("2026-05-06T02:00:00Z");
        for (from, until, zh, en) in [
            ("2026-05-06T08:00:00Z", "2026-05-06T10:00:00Z", "今天16-18时", "today 16:00-18:00"),
            ("2026-05-07T01:30:00Z", "2026-05-07T03:30:00Z", "明天9:30-11:30", "tomorrow 9:30-11:30"),
            (
                "2026-05-09T15:00:00Z",
                "2026-05-09T17:00:00Z",
                "5月9日23时-5月10日1时",
                "05-09 23:00-05-10 1:00",
            ),
        ] {
            let window = Window { from: at(from), until: at(until) };
            assert_eq!(window_words(&calendar, window, now, Language::Zh), zh);
            assert_eq!(window_words(&calendar, window, now, Language::En), en);
        }
        assert_eq!(moment_words(&calendar, at("2026-05-06T08:00:00Z"), now, Language::Zh), "今天16时");
    }
}
