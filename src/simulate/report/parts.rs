//! Some of a day's requests: those of an urgency, of a street, of a surge.

use super::Report;
use crate::domain::area::AreaCode;
use crate::domain::urgency::Urgency;
use crate::simulate::Days;
use crate::simulate::figures::{Estimate, Figure};
use crate::simulate::tally::{Outcome, Tally};

/// Figures that make sense of a part of the requests.
pub(super) const OF_PARTS: [Figure; 7] = [
    Figure::Requests,
    Figure::ForVolunteers,
    Figure::AcceptP50,
    Figure::AcceptP90,
    Figure::Within5,
    Figure::Within10,
    Figure::Within30,
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    All,
    Urgency(Urgency),
    /// Those who asked when one street did at once.
    Surge,
    Street(AreaCode),
}

impl Part {
    /// What rows for a spreadsheet call it.
    pub(super) fn code(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Urgency(urgency) => urgency.name(),
            Self::Surge => "surge",
            Self::Street(street) => street.as_str(),
        }
    }

    fn counts(&self, outcome: &Outcome) -> bool {
        match self {
            Self::All => true,
            Self::Urgency(urgency) => outcome.urgency == *urgency,
            Self::Surge => outcome.in_surge,
            Self::Street(street) => outcome.street.as_ref() == Some(street),
        }
    }

    pub(super) fn estimate(&self, days: &Days, figure: Figure) -> Estimate {
        Estimate::of(&days.tallies.iter().map(|tally| self.of(tally, figure)).collect::<Vec<_>>())
    }

    /// What it is more than with another policy, over the days on which both have it.
    pub(super) fn beside(&self, days: &Days, other: &Days, figure: Figure) -> Estimate {
        let both = days.tallies.iter().zip(&other.tallies);
        let more = both.map(|(own, theirs)| self.of(own, figure) - self.of(theirs, figure));
        Estimate::of(&more.collect::<Vec<_>>())
    }

    /// No number where the day has nothing to measure it by: that is not 0.
    fn of(&self, tally: &Tally, figure: Figure) -> f64 {
        if *self == Self::All { figure.of(tally) } else { figure.of(&tally.only(|one| self.counts(one))) }
    }
}

/// All requests, those of each urgency, those of a surge where there was one, and those of each street where somebody asked.
pub(super) fn parts(report: &Report<'_>) -> Vec<Part> {
    let urgencies = Urgency::ALL.iter().map(|urgency| Part::Urgency(*urgency));
    [Part::All]
        .into_iter()
        .chain(urgencies)
        .chain(has_surge(report.days).then_some(Part::Surge))
        .chain(streets(report.days).into_iter().map(Part::Street))
        .collect()
}

pub(super) fn has_surge(all: &[Days]) -> bool {
    all.iter()
        .flat_map(|days| &days.tallies)
        .flat_map(|tally| &tally.outcomes)
        .any(|outcome| outcome.in_surge)
}

pub(super) fn streets(all: &[Days]) -> Vec<AreaCode> {
    let outcomes = all.iter().flat_map(|days| &days.tallies).flat_map(|tally| &tally.outcomes);
    let mut streets: Vec<AreaCode> = outcomes.filter_map(|outcome| outcome.street.clone()).collect();
    streets.sort();
    streets.dedup();
    streets
}
