//! Why there is no better plan, and the check that believes nothing of it.
//!
//! The check shares no code with the search. It needs the lists as far as they were asked for, and is done in one
//! pass over them.

use super::Plan;
use super::instance::{Candidate, Instance};
use super::seats::number;

/// Requests and candidates such that every edge in question touches one of them. No more requests can be
/// helped along those edges than there are requests and places in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Which requests are in the cover; they stand outside of the forest it was read from.
    pub outside: Vec<bool>,
    pub candidates: Vec<Candidate>,
}

/// Prices and covers. What they must be like is what [`Plan::check`] checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub tolerance_percent: u32,
    /// What each request is worth to the total.
    pub request_prices: Vec<i64>,
    /// What one more place with a candidate would change the total by: never above zero, zero where one is free.
    pub candidate_prices: Vec<i64>,
    /// As many as can be helped, none for more than the bottleneck.
    pub witness: Vec<Option<Candidate>>,
    /// Covers every edge below the bottleneck with fewer than the witness helps.
    pub no_lower: Cover,
    /// Covers every edge with as many as the witness helps.
    pub no_more: Cover,
}

/// What is wrong with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("a list of the plan is not as long as the instance")]
    Length,
    #[error("request {request} has a candidate who is not in its list at that cost")]
    NotListed { request: usize },
    #[error("a candidate has more requests than places")]
    Full { candidate: Candidate },
    #[error("request {request} goes further than the bottleneck and the tolerance allow")]
    TooFar { request: usize },
    #[error("total or worst are not those of the assignment")]
    Sums,
    #[error("a candidate's price is above zero, or one with a free place has a price")]
    CandidatePrice { candidate: Candidate },
    #[error("request {request} could have a candidate for less than the prices say")]
    Cheaper { request: usize, candidate: Candidate },
    #[error("leaving request {request} costs less than its price")]
    LeavingCheaper { request: usize },
    #[error("request {request} does not cost what the prices say")]
    NotTight { request: usize },
    #[error("the list of request {request} is too short to prove anything")]
    ListTooShort { request: usize },
    #[error("the matching that should reach the bottleneck does not")]
    Witness,
    #[error("an edge of request {request} is not covered")]
    Uncovered { request: usize },
    #[error("a cover counts too many to prove anything")]
    CoverTooLarge,
}

/// How far anyone may go, the bottleneck being what it is.
pub(super) fn limit(bottleneck: u32, tolerance_percent: u32) -> u32 {
    let limit = u64::from(bottleneck) * (100 + u64::from(tolerance_percent)) / 100;
    u32::try_from(limit).unwrap_or(u32::MAX)
}

impl Plan {
    /// How far anyone may go.
    pub fn limit(&self) -> u32 {
        limit(self.bottleneck, self.certificate.tolerance_percent)
    }

    /// Checks that the plan is possible, that its bottleneck is the smallest, and that within the limit no plan
    /// costs less: against the lists of the instance, not against how the plan was found.
    ///
    /// # Errors
    /// The first flaw found.
    pub fn check(&self, instance: &Instance) -> Result<(), Flaw> {
        let certificate = &self.certificate;
        let (requests, candidates) = (instance.requests(), instance.candidates());
        let by_request = [
            self.assignment.assigned.len(),
            certificate.request_prices.len(),
            certificate.witness.len(),
            certificate.no_lower.outside.len(),
            certificate.no_more.outside.len(),
        ];
        if by_request.iter().any(|len| *len != requests) || certificate.candidate_prices.len() != candidates {
            return Err(Flaw::Length);
        }
        self.check_possible(instance)?;
        self.check_total(instance)?;
        self.check_bottleneck(instance)
    }

    fn check_possible(&self, instance: &Instance) -> Result<(), Flaw> {
        let assigned = &self.assignment.assigned;
        for (request, edge) in assigned.iter().enumerate() {
            let Some(edge) = edge else { continue };
            if instance.edge(request, edge.candidate) != Some(*edge) {
                return Err(Flaw::NotListed { request });
            }
            if edge.cost > self.limit() {
                return Err(Flaw::TooFar { request });
            }
        }
        if self.total != self.assignment.total(instance) || self.worst != self.assignment.worst() {
            return Err(Flaw::Sums);
        }
        let free = free_places(instance, assigned.iter().flatten().map(|edge| edge.candidate))?;
        for (candidate, (free, price)) in free.iter().zip(&self.certificate.candidate_prices).enumerate() {
            if *price > 0 || (*price < 0 && *free > 0) {
                return Err(Flaw::CandidatePrice { candidate: Candidate(number(candidate)) });
            }
        }
        Ok(())
    }

    /// By weak duality: no plan costs less than the prices' sum, and this one costs just that.
    fn check_total(&self, instance: &Instance) -> Result<(), Flaw> {
        let prices = &self.certificate.candidate_prices;
        for (request, price) in self.certificate.request_prices.iter().copied().enumerate() {
            for edge in instance.edges(request).iter().take_while(|edge| edge.cost <= self.limit()) {
                if price + prices[edge.candidate.index()] > i64::from(edge.cost) {
                    return Err(Flaw::Cheaper { request, candidate: edge.candidate });
                }
            }
            if instance
                .left_out_from(request)
                .is_some_and(|cost| cost <= self.limit() && price > i64::from(cost))
            {
                return Err(Flaw::ListTooShort { request });
            }
            let leave = i64::from(instance.leave(request));
            if price > leave {
                return Err(Flaw::LeavingCheaper { request });
            }
            let costs = match self.assignment.assigned[request] {
                Some(edge) => i64::from(edge.cost) - prices[edge.candidate.index()],
                None => leave,
            };
            if price != costs {
                return Err(Flaw::NotTight { request });
            }
        }
        Ok(())
    }

    fn check_bottleneck(&self, instance: &Instance) -> Result<(), Flaw> {
        let certificate = &self.certificate;
        for (request, candidate) in certificate.witness.iter().enumerate() {
            let Some(candidate) = candidate else { continue };
            let edge = instance.edge(request, *candidate);
            if edge.is_none_or(|edge| edge.cost > self.bottleneck) {
                return Err(Flaw::Witness);
            }
        }
        free_places(instance, certificate.witness.iter().flatten().copied())?;
        let most = certificate.witness.iter().flatten().count() as u64;
        certificate.no_more.check(instance, most, None)?;
        match most.checked_sub(1) {
            Some(fewer) => certificate.no_lower.check(instance, fewer, Some(self.bottleneck)),
            None if self.bottleneck == 0 => Ok(()),
            None => Err(Flaw::Witness),
        }
    }
}

impl Cover {
    /// Checks that all edges of less than `below` touch the cover, and that it counts at most `places`.
    fn check(&self, instance: &Instance, places: u64, below: Option<u32>) -> Result<(), Flaw> {
        let counts = |cost: u32| below.is_none_or(|below| cost < below);
        let mut covered = vec![false; instance.candidates()];
        let mut size = self.outside.iter().filter(|outside| **outside).count() as u64;
        for candidate in &self.candidates {
            let covered = covered.get_mut(candidate.index()).ok_or(Flaw::Length)?;
            *covered = true;
            size += u64::from(instance.capacity(*candidate));
        }
        if size > places {
            return Err(Flaw::CoverTooLarge);
        }
        let inside = self.outside.iter().enumerate().filter(|(_, outside)| !**outside);
        for (request, _) in inside {
            if instance.left_out_from(request).is_some_and(counts) {
                return Err(Flaw::ListTooShort { request });
            }
            let edges = instance.edges(request).iter().take_while(|edge| counts(edge.cost));
            if edges.into_iter().any(|edge| !covered[edge.candidate.index()]) {
                return Err(Flaw::Uncovered { request });
            }
        }
        Ok(())
    }
}

/// The places that are left when these are taken.
fn free_places(instance: &Instance, taken: impl Iterator<Item = Candidate>) -> Result<Vec<u32>, Flaw> {
    let mut free: Vec<u32> = instance.capacities().to_vec();
    for candidate in taken {
        let places = free.get_mut(candidate.index()).ok_or(Flaw::Length)?;
        *places = places.checked_sub(1).ok_or(Flaw::Full { candidate })?;
    }
    Ok(free)
}
