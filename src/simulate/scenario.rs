//! What is simulated: a day of a district and how its people behave, read from a file.

use jiff::civil::Date;
use serde::Deserialize;

use crate::domain::category::CategoryCode;
use crate::domain::settings::{self, SettingsError};

/// An ordinary working day.
pub const DAY: &str = include_str!("../../config/simulate/day.toml");
/// A heat wave in one street.
pub const SURGE: &str = include_str!("../../config/simulate/surge.toml");
/// All at once, after an outage.
pub const OUTAGE: &str = include_str!("../../config/simulate/outage.toml");

/// A day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub date: Date,
    pub volunteers: u32,
    pub requests: u32,
    pub surge: Option<Surge>,
    /// Whoever says yes goes, and nobody is stood down, though nobody else is asked after the first yes: first responders, not
    /// visitors.
    #[serde(default)]
    pub everyone_goes: bool,
    /// Whether each day is held against the best that could have been done, which takes half as long as the day again.
    #[serde(default)]
    pub regret: bool,
    pub people: People,
    pub staff: Staff,
}

/// Many requests from one street within minutes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surge {
    /// `14:00`
    pub from: jiff::civil::Time,
    pub minutes: u16,
    /// Of the day's requests.
    pub share: f64,
    pub categories: Vec<CategoryCode>,
}

/// How volunteers behave.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    pub alpha: f64,
    pub beta: f64,
    pub swing: f64,
    pub declines: f64,
    pub reply_median_s: f64,
    pub reply_sigma: f64,
    pub leaves_after_s: f64,
    pub speed_m_s: f64,
    pub detour: f64,
}

impl People {
    /// How long a metre as the crow flies takes on foot.
    pub fn seconds_a_metre(&self) -> f64 {
        self.detour / self.speed_m_s
    }
}

/// How staff and institutions behave.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    pub committee_s: f64,
    pub street_s: f64,
    pub district_s: f64,
    pub duty_s: f64,
    pub institution_s: f64,
    pub institution_takes: f64,
    pub institution_declines: f64,
}

impl Scenario {
    /// Reads a scenario text.
    ///
    /// # Errors
    /// An unknown key, a wrong type or an impossible value, with line and remedy.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let scenario: Self = settings::read(text)?;
        let (people, staff) = (&scenario.people, &scenario.staff);
        let shares = [
            ("declines", people.declines),
            ("institution_takes", staff.institution_takes),
            ("institution_declines", staff.institution_declines),
            ("share", scenario.surge.as_ref().map_or(0.0, |surge| surge.share)),
        ];
        let positive = [
            ("alpha", people.alpha),
            ("beta", people.beta),
            ("reply_median_s", people.reply_median_s),
            ("speed_m_s", people.speed_m_s),
            ("detour", people.detour),
        ];
        let wrong =
            |key: &str, remedy: &str| Err(SettingsError::about(text, key, format!("`{key}`: {remedy}")));
        if let Some((key, _)) = shares.iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return wrong(key, "a share is a number from 0 to 1");
        }
        if let Some((key, _)) = positive.iter().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
            return wrong(key, "this is a number above 0");
        }
        if scenario.volunteers == 0 || scenario.volunteers > 200_000 {
            return wrong("volunteers", "write a number from 1 to 200000");
        }
        if scenario.requests > 1_000_000 {
            return wrong("requests", "write a number up to 1000000");
        }
        Ok(scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_days_are_read_and_an_impossible_one_is_refused_with_its_key() {
        assert_eq!(Scenario::parse(DAY).unwrap().surge, None);
        assert_eq!(Scenario::parse(SURGE).unwrap().surge.unwrap().minutes, 10);
        assert_eq!(Scenario::parse(OUTAGE).unwrap().surge.unwrap().minutes, 0);
        for (what, with, key) in [
            ("declines = 0.45", "declines = 1.5", "declines"),
            ("speed_m_s = 1.6", "speed_m_s = 0", "speed_m_s"),
            ("volunteers = 20000", "volunteers = 0", "volunteers"),
            ("detour = 1.3", "detours = 1.3", "detours"),
        ] {
            let error = Scenario::parse(&DAY.replace(what, with)).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
