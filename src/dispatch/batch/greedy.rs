//! In order of arrival, each the nearest who is free.

use super::Assignment;
use super::instance::{Instance, More};

/// Gives out the requests one after the other, each to the nearest candidate who can still take one.
pub fn greedy(instance: &mut Instance, more: &mut More<'_>) -> Assignment {
    let mut free = instance.capacities().to_vec();
    let mut assigned = Vec::with_capacity(instance.requests());
    for request in 0..instance.requests() {
        let nearest = loop {
            let edges = instance.edges(request).iter();
            let nearest = edges.copied().find(|edge| free[edge.candidate.index()] > 0);
            if nearest.is_some() || instance.left_out_from(request).is_none() {
                break nearest;
            }
            instance.widen(request, more);
        };
        if let Some(edge) = nearest {
            free[edge.candidate.index()] -= 1;
        }
        assigned.push(nearest);
    }
    Assignment { assigned }
}
