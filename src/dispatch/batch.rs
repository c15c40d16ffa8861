//! Who goes to whom when many requests wait at once: after a surge, at a change of shift, after an outage.
//!
//! One request at a time, the nearest free candidate is right ([`greedy()`]). When a queue has built up, taking
//! turns wastes people: the first takes whom the second needed. [`plan`] looks at all of them together. It first
//! finds the bottleneck, the smallest distance within which as many can be helped as can be helped at all; then,
//! among the plans in which nobody goes further than a little beyond it, one of least total cost. Both are exact,
//! and the [`Certificate`] shows it to whoever does not trust the search.
//!
//! Costs are whole numbers of whatever the caller counts in (decimetres, milliseconds). Nothing here knows what
//! a request is, or what makes a candidate near.

mod auction;
mod bottleneck;
mod certificate;
mod forest;
mod greedy;
mod instance;
mod seats;
mod shortest;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, Cover, Flaw};
pub use greedy::greedy;
pub use instance::{Candidate, Edge, Instance, More};

/// Who goes to whom: for each request the candidate and what it costs, or nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assignment {
    pub assigned: Vec<Option<Edge>>,
}

impl Assignment {
    /// The sum of the costs, with what leaving costs for those who are left.
    pub fn total(&self, instance: &Instance) -> u64 {
        let costs = self.assigned.iter().enumerate();
        costs.map(|(request, edge)| u64::from(edge.map_or(instance.leave(request), |edge| edge.cost))).sum()
    }

    /// The highest cost of one who is helped; 0 when nobody is.
    pub fn worst(&self) -> u32 {
        self.assigned.iter().flatten().map(|edge| edge.cost).max().unwrap_or(0)
    }

    /// How many requests have somebody.
    pub fn served(&self) -> usize {
        self.assigned.iter().flatten().count()
    }
}

/// A plan of least total cost within the bound, and why there is no better one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub assignment: Assignment,
    /// Costs of the assigned, and of leaving those who are left.
    pub total: u64,
    pub worst: u32,
    /// The smallest cost within which as many can be helped as can be helped at all.
    pub bottleneck: u32,
    pub certificate: Certificate,
}

/// When waiting requests are planned together, and how far beyond the bottleneck one may go for the others' sake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchPolicy {
    /// From this many waiting requests on they are planned together.
    pub from: usize,
    /// How much further than the bottleneck anyone may go, in hundredths of it.
    pub tolerance_percent: u32,
}

/// How the waiting requests are to be given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// In order of arrival, each the nearest: [`greedy()`].
    Greedy,
    /// All together: [`plan`].
    Together,
}

/// Says how a queue of this length is given out.
pub fn choose(waiting: usize, policy: BatchPolicy) -> Method {
    if waiting < policy.from { Method::Greedy } else { Method::Together }
}

/// Plans all requests together.
///
/// Asks `more` for longer lists only where the proof needs them; `instance` keeps them, so that
/// [`Plan::check`] can follow.
pub fn plan(instance: &mut Instance, more: &mut More<'_>, policy: BatchPolicy) -> Plan {
    let reach = bottleneck::search(instance, more);
    let limit = certificate::limit(reach.bottleneck, policy.tolerance_percent);
    let bid = auction::run(instance, more, limit);
    let exact = shortest::finish(instance, more, limit, bid);
    let assigned = exact.seats.placed().map(|(request, seat)| {
        seat.map(|candidate| instance.edge(request, candidate).expect("a seat is taken along a listed edge"))
    });
    let assignment = Assignment { assigned: assigned.collect() };
    Plan {
        total: assignment.total(instance),
        worst: assignment.worst(),
        bottleneck: reach.bottleneck,
        certificate: Certificate {
            tolerance_percent: policy.tolerance_percent,
            request_prices: exact.request_prices,
            candidate_prices: exact.candidate_prices,
            witness: reach.witness,
            no_lower: reach.no_lower,
            no_more: reach.no_more,
        },
        assignment,
    }
}
