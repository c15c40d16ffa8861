//! What came of a simulated day, counted.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{By, Case};
use super::demand::Request;
use super::regret::Optimum;
use super::town::Town;
use crate::dispatch::escalation::may_be_volunteers;
use crate::domain::area::AreaCode;
use crate::domain::ids::VolunteerId;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::{Tier, Urgency};

/// One request, as far as figures go.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub urgency: Urgency,
    pub street: Option<AreaCode>,
    pub by: Option<By>,
    /// Seconds from the request until somebody had taken it, and until the first was there; the latter only where
    /// somebody was wanted at once.
    pub accept_s: Option<f64>,
    pub arrive_s: Option<f64>,
    pub at_once: bool,
    pub in_surge: bool,
    /// Of the kind that volunteers are asked about.
    pub for_volunteers: bool,
    /// Offers, words that somebody else goes, answers to a no and to a yes of no use, notices to staff and institutions:
    /// what is sent in vain and what asks. What whoever goes and the resident are told is help itself and left out.
    pub texts: u32,
    pub late: u32,
    pub told_institution: bool,
    pub highest: Option<Tier>,
    pub duty_rung: bool,
    /// Nobody had it when the accept clock ran out.
    pub breached: bool,
}

/// Somebody who said yes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    pub request: u32,
    pub volunteer: VolunteerId,
    /// From home, as the crow flies.
    pub metres: u32,
}

/// A whole day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub outcomes: Vec<Outcome>,
    /// Things that happened in all days that were lived, for the speed of the simulator.
    pub events: u64,
    /// In the order of the yeses.
    pub gone: Vec<Visit>,
    /// Seconds that a metre of the crow's takes.
    pub seconds_a_metre: f64,
    /// What somebody who knows all answers beforehand could have done with the same day; none where nobody asked.
    pub optimum: Option<Optimum>,
    /// Of the 24 h of each day, whenever what they are about was asked for.
    offers: BTreeMap<VolunteerId, u32>,
    visits: BTreeMap<VolunteerId, u32>,
    volunteers: usize,
    /// Those who could be asked on any of the days.
    available: BTreeSet<VolunteerId>,
}

impl Tally {
    /// Of a day on which nothing has happened yet; a weekday of 0 is Monday.
    pub fn of(town: &Town, weekday: u8, seconds_a_metre: f64) -> Self {
        let (volunteers, available) = (town.roster.len(), town.available(weekday).collect());
        Self { volunteers, available, seconds_a_metre, ..Self::default() }
    }

    /// With the days after it, as if they were one: what a volunteer has of offers is that of all of them.
    pub fn with(mut self, after: Self) -> Self {
        self.outcomes.extend(after.outcomes);
        self.gone.extend(after.gone);
        for (into, from) in [(&mut self.offers, after.offers), (&mut self.visits, after.visits)] {
            from.into_iter().for_each(|(id, count)| *into.entry(id).or_default() += count);
        }
        self.available.extend(after.available);
        self
    }

    pub fn offered(&mut self, volunteer: VolunteerId) {
        *self.offers.entry(volunteer).or_default() += 1;
    }

    pub fn promised(&mut self, volunteer: VolunteerId) {
        *self.visits.entry(volunteer).or_default() += 1;
    }

    /// Seconds that each of those who went was on the way.
    pub fn ways_s(&self) -> impl Iterator<Item = f64> {
        self.gone.iter().map(|visit| f64::from(visit.metres) * self.seconds_a_metre)
    }

    /// Seconds of way a visit beyond the offline optimum of the same visits; none where that was not asked for.
    pub fn regret_s(&self) -> Option<f64> {
        let walked: u64 = self.gone.iter().map(|visit| u64::from(visit.metres)).sum();
        let beyond = walked.saturating_sub(self.optimum?.metres);
        Some(beyond as f64 * self.seconds_a_metre / self.gone.len().max(1) as f64)
    }

    pub fn case(&mut self, case: &Case, request: &Request, town: &Town) {
        let since = |at: Timestamp| at.since(request.at).as_secs_f64();
        let at_once = case.window.from <= request.at;
        let taken = case.taken.map(|(_, at)| at);
        let offers = u32::try_from(case.offers()).expect("few are asked about one request");
        self.outcomes.push(Outcome {
            urgency: case.urgency,
            street: town.homes[request.home].0.street(),
            by: case.taken.map(|(by, _)| by),
            accept_s: taken.map(since),
            arrive_s: case.arrived_at.filter(|_| at_once).map(since),
            at_once,
            in_surge: request.in_surge,
            for_volunteers: town
                .catalogue
                .find(&request.category)
                .is_some_and(|category| may_be_volunteers(category, case.urgency)),
            texts: offers + case.stood_down + case.answered + case.told_staff + case.told_institutions,
            late: case.late,
            told_institution: case.told_institutions > 0,
            highest: case.highest,
            duty_rung: case.duty_rung,
            breached: taken.is_none_or(|at| at > case.accept.due),
        });
    }

    /// The outcomes of some of the requests alone.
    pub fn only(&self, counts: impl Fn(&Outcome) -> bool) -> Self {
        let outcomes = self.outcomes.iter().filter(|outcome| counts(outcome)).cloned().collect();
        Self { outcomes, ..Self::default() }
    }

    /// Offers of each volunteer in the 24 h, those with none among them, the fewest first.
    pub fn offers(&self) -> Vec<u32> {
        self.of_each(&self.offers)
    }

    pub fn visits(&self) -> Vec<u32> {
        self.of_each(&self.visits)
    }

    /// The same of those alone who could be asked that day.
    pub fn offers_of_available(&self) -> Vec<u32> {
        self.of_available(&self.offers)
    }

    pub fn visits_of_available(&self) -> Vec<u32> {
        self.of_available(&self.visits)
    }

    fn of_available(&self, counted: &BTreeMap<VolunteerId, u32>) -> Vec<u32> {
        let of = |id: &VolunteerId| counted.get(id).copied().unwrap_or(0);
        let mut all: Vec<u32> = self.available.iter().map(of).collect();
        all.sort_unstable();
        all
    }

    fn of_each(&self, counted: &BTreeMap<VolunteerId, u32>) -> Vec<u32> {
        let mut all = vec![0; self.volunteers.saturating_sub(counted.len())];
        all.extend(counted.values());
        all.sort_unstable();
        all
    }
}
