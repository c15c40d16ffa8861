//! A district's day, again and again: what a policy would do, before a district trusts it.
//!
//! Whom to ask and when is decided by `dispatch` as it stands; the town around it is made of chance that is the same for
//! every policy. So two policies differ by what they decide and by nothing else.

mod case;
pub mod changes;
pub mod demand;
pub mod dice;
pub mod figures;
pub mod lived;
pub mod record;
pub mod regret;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod tally;
pub mod town;
mod world;

use self::changes::{Change, changes};
use self::figures::{Estimate, Figure};
use self::scenario::Scenario;
use self::tally::Tally;
use self::town::{Land, Town};
use self::world::{Setting, World};
use crate::domain::calendar::Calendar;
use crate::domain::category::Catalogue;
use crate::domain::policy::Policy;
use crate::domain::settings::SettingsError;

/// The usual rule, to compare with.
pub const NEAREST_THREE: &str = include_str!("../../config/simulate/nearest-three.toml");

/// A policy with the name it has in tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    pub name: String,
    pub policy: Policy,
    /// What it says otherwise than the one it is laid over; laid over nothing more, than the shipped one.
    pub changes: Vec<Change>,
}

impl Named {
    /// Reads a policy of which only what differs from the shipped one need be written.
    ///
    /// # Errors
    /// No TOML, an unknown key, a wrong type or an impossible value.
    pub fn read(name: &str, text: &str) -> Result<Self, SettingsError> {
        Self::laid_over("", name, text)
    }

    /// Reads a policy of which only what differs from another need be written, which itself says what differs from the
    /// shipped one.
    ///
    /// # Errors
    /// No TOML, an unknown key, a wrong type or an impossible value.
    pub fn laid_over(other: &str, name: &str, text: &str) -> Result<Self, SettingsError> {
        let policy = Policy::laid_over(&[other, text])?;
        let below: &[&str] = if text.is_empty() { &[] } else { &[other] };
        Ok(Self { name: name.to_owned(), policy, changes: changes(below, &[other, text])? })
    }
}

/// Days under one policy, one a seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Days {
    pub name: String,
    pub tallies: Vec<Tally>,
}

impl Days {
    pub fn estimate(&self, figure: Figure) -> Estimate {
        let values: Vec<f64> = self.tallies.iter().map(|tally| figure.of(tally)).collect();
        Estimate::of(&values)
    }

    /// The same days, of some of the requests alone.
    pub fn only(&self, counts: impl Fn(&tally::Outcome) -> bool) -> Self {
        let of = |tally: &Tally| tally.only(&counts);
        Self { name: self.name.clone(), tallies: self.tallies.iter().map(of).collect() }
    }

    /// What it is in each day more than with another policy, day by day: chance that both share cancels out.
    pub fn beside(&self, other: &Self, figure: Figure) -> Estimate {
        let days = self.tallies.iter().zip(&other.tallies);
        let values: Vec<f64> = days.map(|(own, theirs)| figure.of(own) - figure.of(theirs)).collect();
        Estimate::of(&values)
    }
}

/// What is counted of a scenario under each policy: the same residents, and the same answers to the same questions. The days
/// before are lived as well.
pub fn day(
    land: &Land,
    catalogue: &Catalogue,
    scenario: &Scenario,
    calendar: &Calendar,
    (policies, seed): (&[Named], u64),
) -> Vec<Tally> {
    // Of a day that was lived nobody wrote down those around it.
    let (days_before, days) =
        if land.lived.is_some() { (0, 1) } else { (scenario.days_before, scenario.days) };
    let scenario = &Scenario { days_before, days, ..scenario.clone() };
    let town = Town::of(land, catalogue, scenario, calendar, seed);
    let requests = match &land.lived {
        Some(lived) => lived.requests.clone(),
        None => demand::requests(scenario, &town, calendar, seed),
    };
    let lives = |named: &Named| {
        let policy = &named.policy;
        let setting = Setting { town: &town, scenario, policy, calendar, requests: &requests, seed };
        let counted = World::new(setting).run().into_iter().skip(usize::from(days_before));
        let mut tally = counted.reduce(Tally::with).unwrap_or_default();
        tally.optimum = scenario.regret.then(|| regret::optimum(&setting, &tally));
        tally
    };
    policies.iter().map(lives).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_that_is_kept_to_compare_with_is_one() {
        for (name, text) in [
            ("unhurried", include_str!("../../config/simulate/unhurried.toml")),
            ("two-a-day", include_str!("../../config/simulate/two-a-day.toml")),
            ("six-a-day", include_str!("../../config/simulate/six-a-day.toml")),
            ("likeliest", include_str!("../../config/simulate/likeliest.toml")),
            ("pairs", include_str!("../../config/simulate/pairs.toml")),
            ("one-at-a-time", include_str!("../../config/simulate/one-at-a-time.toml")),
        ] {
            let named = Named::read(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(named.policy != Policy::default(), "{name} says what differs");
        }
    }

    #[test]
    fn a_policy_need_only_say_what_differs_and_what_it_says_wrong_is_named() {
        let shipped = Named::read("shipped", "").unwrap().policy;
        assert_eq!(shipped, Policy::default());
        let three = Named::read("three", NEAREST_THREE).unwrap().policy;
        assert_eq!((three.urgency.p3.wave_cap, three.offers.replace), (3, false));
        assert_eq!(three.urgency.p3.accept, shipped.urgency.p3.accept);
        let error = Named::read("wrong", "[offers]\nwieght = 3\n").unwrap_err().to_string();
        assert!(error.contains("wieght"), "{error}");
    }
}
