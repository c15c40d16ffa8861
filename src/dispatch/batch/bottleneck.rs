//! The smallest cost within which as many requests can have somebody as can at all.
//!
//! A guess that helps too few says at which cost something changes at all; one that helps as many as can be helped
//! says what it took. Between the two the guess is halved.

use super::certificate::Cover;
use super::forest::{Forest, Trial};
use super::instance::{Candidate, Instance, More};
use super::seats::Seats;

/// The bottleneck and its proofs.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) bottleneck: u32,
    /// As many as can be helped, none for more than the bottleneck.
    pub(super) witness: Vec<Option<Candidate>>,
    /// Why fewer would be helped below the bottleneck.
    pub(super) no_lower: Cover,
    /// Why nobody else can be helped at any cost.
    pub(super) no_more: Cover,
}

pub(super) fn search(instance: &mut Instance, more: &mut More<'_>) -> Reach {
    let mut forest = Forest::new(instance);
    let mut guess = 0;
    for request in 0..instance.requests() {
        instance.widen_once(request, more);
        guess = guess.max(instance.edges(request).first().map_or(0, |edge| edge.cost));
    }
    // Upwards until nobody else can be helped; `below` is the last guess that helped fewer.
    let mut below = nobody(instance);
    let mut reached = forest.grow(instance, more, &below.seats, guess);
    while let Some(next) = reached.next {
        guess = next.max(guess.saturating_add(guess / 4));
        let further = forest.grow(instance, more, &reached.seats, guess);
        if further.seats.seated() > reached.seats.seated() {
            below = reached;
        }
        reached = further;
    }
    let most = reached.seats.seated();
    let no_more = reached.cover;
    let (mut best, mut high) = (reached.seats, 0);
    if most > 0 {
        high = worst(instance, &best);
        // Downwards to where fewer are helped.
        while let Some(low) = below.next.filter(|low| *low < high) {
            let trial = forest.grow(instance, more, &below.seats, low + (high - low) / 2);
            if trial.seats.seated() == most {
                high = worst(instance, &trial.seats);
                best = trial.seats;
            } else {
                below = trial;
            }
        }
    }
    let witness = best.placed().map(|(_, seat)| seat).collect();
    Reach { bottleneck: high, witness, no_lower: below.cover, no_more }
}

/// Where the search begins: nobody is helped, and nothing is proved.
fn nobody(instance: &Instance) -> Trial {
    Trial {
        seats: Seats::new(instance.requests(), instance.candidates()),
        cover: Cover { outside: vec![false; instance.requests()], candidates: Vec::new() },
        next: Some(0),
    }
}

fn worst(instance: &Instance, seats: &Seats) -> u32 {
    let edges = seats.placed().filter_map(|(request, seat)| instance.edge(request, seat?));
    edges.map(|edge| edge.cost).max().unwrap_or(0)
}
