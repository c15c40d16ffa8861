//! A first plan that is nearly right, and prices that are nearly right: requests bid for candidates.
//!
//! Each request without a seat bids for the one that is cheapest to it, price included, as much more as the next
//! best would cost it and a step beyond. What this leaves is within one step a request of the best;
//! [`super::shortest`] makes it exact, starting from these prices.

use super::instance::{Instance, More};
use super::seats::Seats;

/// Where the auction stopped. Only a candidate who is full has a price.
#[derive(Debug)]
pub(super) struct Bid {
    pub(super) seats: Seats,
    pub(super) prices: Vec<i64>,
}

/// The step of a bid is this part of the highest cost allowed.
const STEPS: i64 = 32;

/// Where too many want too few, prices creep up to what leaving costs. The exact search jumps there, so the auction
/// stops after this many bids a request.
const BIDS_A_REQUEST: usize = 100;

/// What a request would do.
#[derive(Debug, Clone, Copy)]
struct Wish {
    candidate: Option<usize>,
    cost: i64,
    /// What the second best costs.
    otherwise: i64,
}

pub(super) fn run(instance: &mut Instance, more: &mut More<'_>, limit: u32) -> Bid {
    let requests = instance.requests();
    let mut seats = Seats::new(requests, instance.candidates());
    let mut prices = vec![0_i64; instance.candidates()];
    let mut bids = vec![0_i64; requests];
    let step = (i64::from(limit) / STEPS).max(1);
    let mut waiting: std::collections::VecDeque<usize> = (0..requests).collect();
    for _ in 0..requests * BIDS_A_REQUEST {
        let Some(request) = waiting.pop_front() else { break };
        let wish = wish(instance, more, request, limit, &prices);
        let Some(candidate) = wish.candidate else { continue };
        bids[request] = prices[candidate] + wish.otherwise - wish.cost + step;
        let capacity = instance.capacities()[candidate];
        if seats.taken(candidate) == capacity {
            let lowest = seats.with(candidate).min_by_key(|other| (bids[*other], *other));
            let loser = lowest.expect("somebody sits with a candidate who is full");
            seats.leave(loser);
            waiting.push_back(loser);
        }
        seats.take(request, candidate);
        if seats.taken(candidate) == capacity {
            let lowest = seats.with(candidate).map(|other| bids[other]).min();
            prices[candidate] = lowest.expect("the one who bid sits there");
        }
    }
    Bid { seats, prices }
}

/// The best for a request at these prices; asks for a longer list when the second best might not be in it.
fn wish(instance: &mut Instance, more: &mut More<'_>, request: usize, limit: u32, prices: &[i64]) -> Wish {
    loop {
        let leave = i64::from(instance.leave(request));
        let mut wish = Wish { candidate: None, cost: leave, otherwise: leave };
        let mut enough = false;
        for edge in instance.edges(request) {
            let bare = i64::from(edge.cost);
            if bare >= wish.otherwise || edge.cost > limit {
                enough = true;
                break;
            }
            let candidate = edge.candidate.index();
            let cost = bare + prices[candidate];
            if cost < wish.cost {
                wish = Wish { candidate: Some(candidate), cost, otherwise: wish.cost };
            } else if cost < wish.otherwise {
                wish.otherwise = cost;
            }
        }
        let beyond = i64::from(limit).min(wish.otherwise);
        if enough || instance.left_out_from(request).is_none_or(|cost| i64::from(cost) >= beyond) {
            return wish;
        }
        instance.widen(request, more);
    }
}
