//! What is simulated: a day of a district and how its people behave, read from a file.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::domain::calendar::Calendar;
use crate::domain::category::{self, Catalogue, CategoryCode};
use crate::domain::settings::{self, SettingsError};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

/// An ordinary working day.
pub const DAY: &str = include_str!("../../config/simulate/day.toml");
/// The week from Monday to Sunday.
pub const WEEK: &str = include_str!("../../config/simulate/week.toml");
/// A heat wave in one street.
pub const SURGE: &str = include_str!("../../config/simulate/surge.toml");
/// All at once, after an outage.
pub const OUTAGE: &str = include_str!("../../config/simulate/outage.toml");

/// A day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub date: Date,
    /// So many days before it are lived first, and not counted: whoever was asked on Monday may be asked less on Thursday.
    #[serde(default)]
    pub days_before: u16,
    /// So many days from it on are counted together. The caps of a week begin on Monday: one day does not show what they do.
    #[serde(default = "one")]
    pub days: u16,
    pub volunteers: u32,
    pub requests: u32,
    pub surge: Option<Surge>,
    /// So many of what volunteers help with are urgent (P2) all the same: whoever takes the call says so.
    #[serde(default)]
    pub raised: f64,
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
    /// How much longer than else it takes where it is urgent.
    #[serde(default = "as_long")]
    pub p1_times: f64,
    #[serde(default = "as_long")]
    pub p2_times: f64,
}

fn as_long() -> f64 {
    1.0
}

fn one() -> u16 {
    1
}

impl Staff {
    /// How much longer than else it takes until work of that urgency is taken.
    pub fn times(&self, urgency: Urgency) -> f64 {
        match urgency {
            Urgency::P1 => self.p1_times,
            Urgency::P2 => self.p2_times,
            Urgency::P3 | Urgency::P4 => 1.0,
        }
    }
}

/// Why a scenario can't be: the key, and what to write there.
type Wrong = (&'static str, String);

impl Scenario {
    /// Reads a scenario text.
    ///
    /// # Errors
    /// An unknown key, a wrong type or an impossible value, with line and remedy.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let scenario: Self = settings::read(text)?;
        let wrong = scenario.counts().and_then(|()| scenario.behaviour()).and_then(|()| scenario.rush());
        wrong.map_err(|(key, remedy)| SettingsError::about(text, key, format!("`{key}`: {remedy}")))?;
        Ok(scenario)
    }

    /// The same with as many volunteers and requests as somebody wants who wants others.
    ///
    /// # Errors
    /// Too few or too many, with the remedy.
    pub fn of_size(self, volunteers: Option<u32>, requests: Option<u32>) -> Result<Self, SettingsError> {
        let volunteers = volunteers.unwrap_or(self.volunteers);
        let scenario = Self { volunteers, requests: requests.unwrap_or(self.requests), ..self };
        let wrong = |(key, remedy)| SettingsError { line: None, problem: format!("`{key}`: {remedy}") };
        scenario.counts().map_err(wrong)?;
        Ok(scenario)
    }

    /// When each day that is lived begins, and how many days after the scenario's own that is.
    pub fn mornings(&self, calendar: &Calendar) -> Vec<(i64, Timestamp)> {
        let after = |days: i64| (days, calendar.moment(self.date.saturating_add(days.days()), 0));
        (-i64::from(self.days_before)..i64::from(self.days)).map(after).collect()
    }

    fn counts(&self) -> Result<(), Wrong> {
        let wrong = |key, remedy: &str| Err((key, remedy.to_owned()));
        if !(2000..2200).contains(&self.date.year()) {
            return wrong("date", "write a day of the years 2000 to 2199");
        }
        if self.days_before > 27 {
            return wrong("days_before", "write a number up to 27");
        }
        if !(1..=28).contains(&self.days) {
            return wrong("days", "write a number from 1 to 28");
        }
        if self.volunteers == 0 || self.volunteers > 200_000 {
            return wrong("volunteers", "write a number from 1 to 200000");
        }
        if self.requests > 1_000_000 {
            return wrong("requests", "write a number up to 1000000");
        }
        Ok(())
    }

    fn behaviour(&self) -> Result<(), Wrong> {
        let (people, staff) = (&self.people, &self.staff);
        let shares = [
            ("raised", self.raised),
            ("declines", people.declines),
            ("institution_takes", staff.institution_takes),
            ("institution_declines", staff.institution_declines),
        ];
        let shapes = [("alpha", people.alpha), ("beta", people.beta)];
        let positive = [
            ("reply_median_s", people.reply_median_s),
            ("speed_m_s", people.speed_m_s),
            ("detour", people.detour),
        ];
        let or_none = [
            ("swing", people.swing),
            ("reply_sigma", people.reply_sigma),
            ("leaves_after_s", people.leaves_after_s),
            ("committee_s", staff.committee_s),
            ("street_s", staff.street_s),
            ("district_s", staff.district_s),
            ("duty_s", staff.duty_s),
            ("institution_s", staff.institution_s),
            ("p1_times", staff.p1_times),
            ("p2_times", staff.p2_times),
        ];
        all(&shares, is_share, "a share is a number from 0 to 1")?;
        // Beyond them the draw takes for ever.
        all(&shapes, |value| (0.01..=5.0).contains(&value), "write a number from 0.01 to 5")?;
        all(&positive, |value| value.is_finite() && value > 0.0, "this is a number above 0")?;
        all(&or_none, |value| value.is_finite() && value >= 0.0, "this is a number, 0 or above")
    }

    fn rush(&self) -> Result<(), Wrong> {
        let Some(surge) = &self.surge else { return Ok(()) };
        all(&[("share", surge.share)], is_share, "a share is a number from 0 to 1")?;
        if surge.minutes > 1_440 {
            return Err(("minutes", "write at most 1440, a day".to_owned()));
        }
        if surge.categories.is_empty() {
            return Err(("categories", "write one at least, as [\"ELD-07\"]".to_owned()));
        }
        let catalogue = Catalogue::parse(category::DEFAULT_TEXT).expect("the shipped catalogue is read");
        for code in &surge.categories {
            let remedy = match catalogue.find(code) {
                None => format!("the catalogue has no {code}: write another"),
                Some(row) if row.consultation => {
                    format!("{code} is answered in the call, nobody is sent: write another")
                }
                Some(_) => continue,
            };
            return Err(("categories", remedy));
        }
        Ok(())
    }
}

fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

fn all(values: &[(&'static str, f64)], may_be: impl Fn(f64) -> bool, remedy: &str) -> Result<(), Wrong> {
    match values.iter().find(|(_, value)| !may_be(*value)) {
        Some((key, _)) => Err((key, remedy.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_days_are_read_and_an_impossible_one_is_refused_with_its_key() {
        assert_eq!(Scenario::parse(DAY).unwrap().surge, None);
        assert_eq!(Scenario::parse(WEEK).unwrap().days, 7);
        assert_eq!(Scenario::parse(SURGE).unwrap().surge.unwrap().minutes, 10);
        assert_eq!(Scenario::parse(OUTAGE).unwrap().surge.unwrap().minutes, 0);
        for (what, with, key) in [
            ("declines = 0.45", "declines = 1.5", "declines"),
            ("raised = 0.05", "raised = 5", "raised"),
            ("speed_m_s = 1.6", "speed_m_s = 0", "speed_m_s"),
            ("volunteers = 20000", "volunteers = 0", "volunteers"),
            ("detour = 1.3", "detours = 1.3", "detours"),
            ("days_before = 1", "days_before = 100", "days_before"),
            ("days_before = 1", "days = 0", "days"),
            ("swing = 0.5", "swing = nan", "swing"),
            ("alpha = 0.6", "alpha = 1e9", "alpha"),
            ("reply_sigma = 0.8", "reply_sigma = -0.8", "reply_sigma"),
            ("leaves_after_s = 120.0", "leaves_after_s = -1.0", "leaves_after_s"),
            ("street_s = 900.0", "street_s = -900.0", "street_s"),
            ("institution_s = 900.0", "institution_s = inf", "institution_s"),
            ("p2_times = 0.25", "p2_times = nan", "p2_times"),
            ("share = 0.3", "share = 1.3", "share"),
            ("minutes = 10", "minutes = 1500", "minutes"),
            ("[\"ELD-07\", \"ELD-02\", \"ELD-09\"]", "[]", "categories"),
            ("\"ELD-07\"", "\"ZZZ-99\"", "categories"),
            ("\"ELD-07\"", "\"CON-07\"", "categories"),
        ] {
            assert!(SURGE.contains(what), "no {what} there");
            let error = Scenario::parse(&SURGE.replace(what, with)).unwrap_err().to_string();
            assert!(error.contains(&format!("`{key}`")) && error.contains("line"), "{error}");
        }
    }

    #[test]
    fn the_more_urgent_the_sooner_staff_takes_it() {
        let staff = Scenario::parse(DAY).unwrap().staff;
        let times = Urgency::ALL.iter().map(|urgency| staff.times(*urgency)).collect::<Vec<_>>();
        assert!(times[0] < times[1] && times[1] < times[2] && times[2] <= times[3], "{times:?}");
    }

    #[test]
    fn a_day_of_another_size_is_as_possible_as_a_written_one() {
        let day = || Scenario::parse(DAY).unwrap();
        assert_eq!(day().of_size(None, None).unwrap(), day());
        assert_eq!(day().of_size(Some(10), Some(3)).unwrap().requests, 3);
        for (volunteers, requests, key) in [
            (Some(0), None, "volunteers"),
            (Some(4_000_000), None, "volunteers"),
            (None, Some(2_000_000), "requests"),
        ] {
            let error = day().of_size(volunteers, requests).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
