//! Moments as the screens write them, in the place's civil time.

use jiff::tz::TimeZone;

use crate::domain::timestamp::Timestamp;

/// The time zone of the screens.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// The named zone; UTC when nobody knows it (`Settings::check` has refused that before).
    pub fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    fn civil(&self, moment: Timestamp) -> jiff::civil::DateTime {
        jiff::Timestamp::from(moment).to_zoned(self.0.clone()).datetime()
    }

    /// `14:05` on `now`'s day, `11-22 14:05` in its year, else `2025-11-22 14:05`.
    pub fn short(&self, moment: Timestamp, now: Timestamp) -> String {
        let (at, today) = (self.civil(moment), self.civil(now));
        let form = if at.date() == today.date() {
            "%H:%M"
        } else if at.year() == today.year() {
            "%m-%d %H:%M"
        } else {
            "%Y-%m-%d %H:%M"
        };
        at.strftime(form).to_string()
    }

    /// `2026-11-22 14:05:09`.
    pub fn full(&self, moment: Timestamp) -> String {
        self.civil(moment).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `14:05:09`.
    pub fn clock(&self, moment: Timestamp) -> String {
        self.civil(moment).strftime("%H:%M:%S").to_string()
    }

    /// `2026-11-22`.
    pub fn day(&self, moment: Timestamp) -> String {
        self.civil(moment).strftime("%Y-%m-%d").to_string()
    }

    /// When the civil day of `now` began.
    pub fn day_start(&self, now: Timestamp) -> Timestamp {
        let midnight = self.civil(now).date().to_zoned(self.0.clone());
        midnight.map_or(now, |at| Timestamp::from_millis(at.timestamp().as_millisecond()))
    }

    /// Reads what an `<input type="datetime-local">` sends, `2026-11-22T14:05`.
    pub fn parse_local(&self, text: &str) -> Option<Timestamp> {
        let civil: jiff::civil::DateTime = text.trim().parse().ok()?;
        let moment = civil.to_zoned(self.0.clone()).ok()?.timestamp();
        Some(Timestamp::from_millis(moment.as_millisecond()))
    }

    /// The value of an `<input type="datetime-local">`.
    pub fn local(&self, moment: Timestamp) -> String {
        self.civil(moment).strftime("%Y-%m-%dT%H:%M").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_shortly_as_it_can_be_understood() {
        let zone = Zone::named("Asia/Shanghai");
        let noon = zone.parse_local("2026-11-22T12:00").unwrap();
        assert_eq!(noon.to_string(), "2026-11-22T04:00:00Z");
        for (text, written) in [
            ("2026-11-22T00:05", "00:05"),
            ("2026-11-21T23:59", "11-21 23:59"),
            ("2025-11-22T12:00", "2025-11-22 12:00"),
        ] {
            let moment = zone.parse_local(text).unwrap();
            assert_eq!(zone.short(moment, noon), written);
            assert_eq!(zone.local(moment), text);
        }
        assert_eq!(zone.day_start(noon), zone.parse_local("2026-11-22T00:00").unwrap());
    }
}
