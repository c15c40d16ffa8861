//! A day's figures, and what several days together say of them.

use super::case::By;
use super::tally::{Outcome, Tally};
use crate::domain::names::named_enum;
use crate::domain::urgency::Tier;

named_enum! {
    /// What is measured. Times in seconds, shares in per cent. What a volunteer has of offers and visits is that of the 24 h (of
    /// the days, where several are counted together), and of those who could be asked in them, where it is not said to be of all
    /// who are registered.
    pub enum Figure {
        Requests = "requests",
        ForVolunteers = "volunteers may help %",
        ByVolunteer = "served by a volunteer %",
        ByInstitution = "served by an institution %",
        ByStation = "served by a station %",
        Unserved = "unserved %",
        AcceptP50 = "accepted after, p50 s",
        AcceptP90 = "accepted after, p90 s",
        AcceptP99 = "accepted after, p99 s",
        VolunteersP50 = "accepted after, where volunteers may help, p50 s",
        VolunteersP90 = "accepted after, where volunteers may help, p90 s",
        ArriveP50 = "there after, p50 s",
        ArriveP90 = "there after, p90 s",
        ArriveP99 = "there after, p99 s",
        Within5 = "there within 5 min %",
        Within10 = "there within 10 min %",
        Within30 = "there within 30 min %",
        Texts = "texts a request",
        Late = "late yeses in 100 requests",
        ToInstitution = "passed to an institution %",
        ToCommittee = "climbed to the committee %",
        ToStreet = "climbed to the street %",
        ToDistrict = "climbed to the district %",
        DutyRung = "duty officer rung %",
        Breached = "accept clock broken %",
        OffersP50 = "offers a volunteer, p50",
        OffersP99 = "offers a volunteer, p99",
        OffersMost = "offers a volunteer, most",
        OffersGini = "Gini of offers",
        VisitsGini = "Gini of visits",
        OffersGiniAll = "Gini of offers, all registered",
        VisitsGiniAll = "Gini of visits, all registered",
        WayMean = "way of a volunteer, mean s",
        WayLongest = "way of a volunteer, most s",
        Regret = "way beyond the optimum, s",
    }
}

impl Figure {
    /// Of a day; not a number where there is nothing to measure.
    pub fn of(self, tally: &Tally) -> f64 {
        let all = &tally.outcomes;
        let share = |holds: &dyn Fn(&Outcome) -> bool| {
            percent(all.iter().filter(|outcome| holds(outcome)).count(), all.len())
        };
        let accepted = |share| percentile(all.iter().filter_map(|outcome| outcome.accept_s), share);
        let by_volunteers = |share| {
            let theirs = all.iter().filter(|outcome| outcome.for_volunteers);
            percentile(theirs.filter_map(|outcome| outcome.accept_s), share)
        };
        let there = |share| percentile(all.iter().filter_map(|outcome| outcome.arrive_s), share);
        let within = |minutes: f64| {
            let wanted = all.iter().filter(|outcome| outcome.at_once);
            let there = wanted.clone().filter(|o| o.arrive_s.is_some_and(|s| s <= minutes * 60.0)).count();
            percent(there, wanted.count())
        };
        let each = |sum: u32| f64::from(sum) / all.len() as f64;
        match self {
            Self::Requests => all.len() as f64,
            Self::ForVolunteers => share(&|o| o.for_volunteers),
            Self::ByVolunteer => share(&|o| o.by == Some(By::Volunteer)),
            Self::ByInstitution => share(&|o| o.by == Some(By::Institution)),
            Self::ByStation => share(&|o| o.by == Some(By::Station)),
            Self::Unserved => share(&|o| o.by.is_none()),
            Self::AcceptP50 => accepted(0.5),
            Self::AcceptP90 => accepted(0.9),
            Self::AcceptP99 => accepted(0.99),
            Self::VolunteersP50 => by_volunteers(0.5),
            Self::VolunteersP90 => by_volunteers(0.9),
            Self::ArriveP50 => there(0.5),
            Self::ArriveP90 => there(0.9),
            Self::ArriveP99 => there(0.99),
            Self::Within5 => within(5.0),
            Self::Within10 => within(10.0),
            Self::Within30 => within(30.0),
            Self::Texts => each(all.iter().map(|outcome| outcome.texts).sum()),
            Self::Late => 100.0 * each(all.iter().map(|outcome| outcome.late).sum()),
            Self::ToInstitution => share(&|o| o.told_institution),
            Self::ToCommittee => share(&|o| o.highest == Some(Tier::Committee)),
            Self::ToStreet => share(&|o| o.highest == Some(Tier::Street)),
            Self::ToDistrict => share(&|o| o.highest == Some(Tier::District)),
            Self::DutyRung => share(&|o| o.duty_rung),
            Self::Breached => share(&|o| o.breached),
            Self::OffersP50 => percentile(tally.offers_of_available().into_iter().map(f64::from), 0.5),
            Self::OffersP99 => percentile(tally.offers_of_available().into_iter().map(f64::from), 0.99),
            Self::OffersMost => tally.offers().last().copied().map_or(f64::NAN, f64::from),
            Self::OffersGini => gini(&tally.offers_of_available()),
            Self::VisitsGini => gini(&tally.visits_of_available()),
            Self::OffersGiniAll => gini(&tally.offers()),
            Self::VisitsGiniAll => gini(&tally.visits()),
            Self::WayMean => tally.ways_s().sum::<f64>() / tally.gone.len() as f64,
            Self::WayLongest => tally.ways_s().fold(f64::NAN, f64::max),
            // Not asked for is not none.
            Self::Regret => tally.regret_s().unwrap_or(f64::NAN),
        }
    }
}

/// A figure over several days: its mean, and how far the true one may lie from it with 95 % certainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    pub within: f64,
}

impl Estimate {
    /// Days that have nothing to measure say nothing.
    pub fn of(values: &[f64]) -> Self {
        let values: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        if values.len() < 2 {
            return Self { mean, within: f64::NAN };
        }
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self { mean, within: student(values.len() - 1) * (variance / n).sqrt() }
    }
}

/// The two-sided 95 % quantile of Student's distribution, by the expansion of Cornish and Fisher (within 0.3 % from four
/// degrees of freedom on).
fn student(degrees: usize) -> f64 {
    const Z: f64 = 1.959_964;
    match degrees {
        0 => f64::NAN,
        1 => 12.706_2,
        2 => 4.302_65,
        3 => 3.182_45,
        _ => {
            let n = degrees as f64;
            let terms = [
                (Z.powi(3) + Z) / 4.0,
                (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0,
                (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0,
            ];
            Z + terms[0] / n + terms[1] / n.powi(2) + terms[2] / n.powi(3)
        }
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

/// The smallest value that so large a share does not exceed; of nothing none.
pub fn percentile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut all: Vec<f64> = values.collect();
    all.sort_by(f64::total_cmp);
    let at = ((all.len() as f64 * share).ceil() as usize).saturating_sub(1);
    all.get(at).copied().unwrap_or(f64::NAN)
}

/// How unequal the shares are: 0 when all have the same, towards 1 when one has all; of nobody none. `sorted` has the
/// smallest first.
pub fn gini(sorted: &[u32]) -> f64 {
    let n = sorted.len() as f64;
    let sum: f64 = sorted.iter().map(|share| f64::from(*share)).sum();
    if sum == 0.0 {
        return if sorted.is_empty() { f64::NAN } else { 0.0 };
    }
    let weighted: f64 =
        sorted.iter().enumerate().map(|(at, share)| (at as f64 + 1.0) * f64::from(*share)).sum();
    2.0 * weighted / (n * sum) - (n + 1.0) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_tables() {
        for (degrees, table) in [(4, 2.776), (9, 2.262), (19, 2.093), (60, 2.000)] {
            assert!((student(degrees) - table).abs() < 0.01, "{degrees}: {}", student(degrees));
        }
        let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(estimate.mean, 3.0);
        assert!((estimate.within - 1.963).abs() < 0.01, "{estimate:?}");
    }

    #[test]
    fn what_all_share_alike_has_no_gini_and_what_one_has_alone_nearly_one() {
        assert!(gini(&[2, 2, 2, 2]).abs() < 1e-9);
        assert!((gini(&[0, 0, 0, 8]) - 0.75).abs() < 1e-9);
        assert_eq!(gini(&[0, 0]), 0.0);
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values = || (1..=100).map(f64::from);
        assert_eq!([0.5, 0.99, 1.0].map(|share| percentile(values(), share)), [50.0, 99.0, 100.0]);
    }

    #[test]
    fn where_there_is_nothing_to_measure_no_figure_is_said() {
        let counted = [Figure::Requests, Figure::Regret];
        for figure in Figure::ALL.iter().filter(|figure| !counted.contains(figure)) {
            assert!(figure.of(&Tally::default()).is_nan(), "{}", figure.name());
        }
        let of_the_others = Estimate::of(&[f64::NAN, 3.0, 5.0]);
        assert_eq!((of_the_others.mean, of_the_others.within.is_nan()), (4.0, false));
        assert!(Estimate::of(&[f64::NAN]).mean.is_nan());
    }
}
