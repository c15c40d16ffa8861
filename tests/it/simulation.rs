//! Thousands of calls through the pure desk, with a seed each: after every step the rules are asserted.
//!
//! A seed that fails is printed; `YINGDA_SEED=n` runs it alone, `YINGDA_LONG=1` runs many more.

pub mod ledger;
mod people;
mod rules;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use yingda::domain::timestamp::Timestamp;

use crate::scenarios::town;
use world::World;

/// Calls of one seed: the town stays small enough to look at all of it.
const CALLS: u32 = 250;
const SEEDS: u64 = 40;
const SEEDS_LONG: u64 = 1_000;

fn begins() -> Timestamp {
    town::moment("09:00:00")
}

#[test]
fn ten_thousand_calls_break_no_rule() {
    let rules = town::rules();
    let variable = |name: &str| std::env::var(name).ok();
    let only = variable("YINGDA_SEED").and_then(|seed| seed.parse::<u64>().ok());
    let last = if variable("YINGDA_LONG").is_some() { SEEDS_LONG } else { SEEDS };
    let seeds = only.map_or(1..=last, |seed| seed..=seed);
    let mut calls = 0;
    let mut tickets = 0;
    let mut failed = Vec::new();
    for seed in seeds {
        let mut world = World::new(rules.clone(), seed, begins());
        let lived = catch_unwind(AssertUnwindSafe(|| world.live_through(CALLS)));
        calls += world.calls_made;
        tickets += world.ledger.tickets.len();
        if lived.is_err() {
            failed.push(seed);
        }
    }
    assert!(failed.is_empty(), "these seeds broke a rule: {failed:?}");
    assert!(only.is_some() || calls >= 10_000, "only {calls} calls were made");
    assert!(tickets > 0, "nobody was helped");
}
