//! Some of a day's requests: those of an urgency, of a street.

use super::Report;
use crate::domain::area::AreaCode;
use crate::domain::urgency::Urgency;
use crate::simulate::Days;
use crate::simulate::figures::{Estimate, Figure};
use crate::simulate::tally::{Outcome, Tally};

/// Figures that make sense of a part of the requests.
pub(super) const OF_PARTS: [Figure; 6] = [
    Figure::Requests,
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
    Street(AreaCode),
}

impl Part {
    /// What rows for a spreadsheet call it.
    pub(super) fn code(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Urgency(urgency) => urgency.name(),
            Self::Street(street) => street.as_str(),
        }
    }

    fn counts(&self, outcome: &Outcome) -> bool {
        match self {
            Self::All => true,
            Self::Urgency(urgency) => outcome.urgency == *urgency,
            Self::Street(street) => outcome.street.as_ref() == Some(street),
        }
    }

    pub(super) fn estimate(&self, days: &Days, figure: Figure) -> Estimate {
        Estimate::of(&days.tallies.iter().filter_map(|tally| self.of(tally, figure)).collect::<Vec<_>>())
    }

    /// What it is more than with another policy, over the days on which both have it.
    pub(super) fn beside(&self, days: &Days, other: &Days, figure: Figure) -> Estimate {
        let both = days.tallies.iter().zip(&other.tallies);
        let more = both.filter_map(|(own, theirs)| Some(self.of(own, figure)? - self.of(theirs, figure)?));
        Estimate::of(&more.collect::<Vec<_>>())
    }

    /// None where the day has nothing to measure it by: that is not 0.
    fn of(&self, tally: &Tally, figure: Figure) -> Option<f64> {
        if *self == Self::All {
            return is_measured(tally, figure).then(|| figure.of(tally));
        }
        let part = tally.only(|outcome| self.counts(outcome));
        is_measured(&part, figure).then(|| figure.of(&part))
    }
}

fn is_measured(tally: &Tally, figure: Figure) -> bool {
    let any = |counts: fn(&Outcome) -> bool| tally.outcomes.iter().any(counts);
    let is = |some: &[Figure]| some.contains(&figure);
    if is(&[Figure::AcceptP50, Figure::AcceptP90, Figure::AcceptP99]) {
        any(|outcome| outcome.accept_s.is_some())
    } else if is(&[Figure::VolunteersP50, Figure::VolunteersP90]) {
        any(|outcome| outcome.for_volunteers && outcome.accept_s.is_some())
    } else if is(&[Figure::ArriveP50, Figure::ArriveP90, Figure::ArriveP99]) {
        any(|outcome| outcome.arrive_s.is_some())
    } else {
        !is(&[Figure::Within5, Figure::Within10, Figure::Within30]) || any(|outcome| outcome.at_once)
    }
}

/// All requests, those of each urgency, and those of each street where somebody asked.
pub(super) fn parts(report: &Report<'_>) -> Vec<Part> {
    let urgencies = Urgency::ALL.iter().map(|urgency| Part::Urgency(*urgency));
    [Part::All]
        .into_iter()
        .chain(urgencies)
        .chain(streets(report.days).into_iter().map(Part::Street))
        .collect()
}

pub(super) fn streets(all: &[Days]) -> Vec<AreaCode> {
    let outcomes = all.iter().flat_map(|days| &days.tallies).flat_map(|tally| &tally.outcomes);
    let mut streets: Vec<AreaCode> = outcomes.filter_map(|outcome| outcome.street.clone()).collect();
    streets.sort();
    streets.dedup();
    streets
}
