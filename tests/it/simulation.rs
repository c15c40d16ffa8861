//! Thousands of calls through the pure desk, with a seed each: after every step the rules are asserted.
//!
//! A seed that fails is printed; `YINGDA_SEED=n` runs it alone, `YINGDA_LONG=1` runs many more.

pub mod ledger;
mod operators;
mod people;
mod promises;
mod rules;
mod world;

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use yingda::desk::rules::Rules;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::call::{AttemptState, Call, CallAttempt, CallPurpose};
use yingda::domain::care::CareState;
use yingda::domain::offer::OfferState;
use yingda::domain::policy::Policy;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::work_item::WorkState;

use crate::scenarios::town;
use ledger::Ledger;
use world::World;

/// Calls of one seed: the town stays small enough to look at all of it.
const CALLS: u32 = 250;
const SEEDS: u64 = 40;
const SEEDS_LONG: u64 = 1_000;

/// How often the rarer ways were gone: a rule that nothing ever tests holds nothing.
#[derive(Debug, Default)]
struct Paths {
    yes_on_a_landline: usize,
    helpers_told_by_call: usize,
    bookings_confirmed: usize,
    visitors_said_to_be_well: usize,
    no_shows: usize,
    numbers_rung_as_often_as_allowed: usize,
    tasks_taken_by_text: usize,
    work_done_by_institutions: usize,
    work_given_back_by_institutions: usize,
    talks_with_operators: usize,
    callers_who_waited_for_one: usize,
    callers_who_were_led_on: usize,
    care_calls_that_said_all_is_well: usize,
    care_calls_that_went_on_as_callers: usize,
    contacts_who_look_after_somebody: usize,
    visits_for_care_calls_that_were_missed: usize,
}

impl Paths {
    fn count(&mut self, ledger: &Ledger) {
        let offers = ledger.offers.values();
        self.yes_on_a_landline +=
            offers.filter(|o| o.state == OfferState::Accepted && !o.phone.is_mobile()).count();
        let done = |attempt: &&CallAttempt| {
            attempt.purpose == CallPurpose::Helper && attempt.state == AttemptState::Done
        };
        self.helpers_told_by_call += ledger.attempts.values().filter(done).count();
        let visits = || ledger.assignments.values();
        self.bookings_confirmed += visits().filter(|visit| visit.confirmed_at.is_some()).count();
        self.visitors_said_to_be_well += visits().filter(|visit| visit.well_at.is_some()).count();
        self.no_shows += visits().filter(|visit| visit.state == AssignmentState::NoShow).count();
        self.tasks_taken_by_text += ledger.task_notices.values().filter(|n| n.taken_at.is_some()).count();
        let of_institutions = |state: WorkState| {
            ledger.work.values().filter(|item| item.facility.is_some() && item.state == state).count()
        };
        self.work_done_by_institutions += of_institutions(WorkState::Done);
        self.work_given_back_by_institutions += of_institutions(WorkState::Returned);
        let leg = |call: &&Call| call.joins.is_some() && call.operator.is_some() && call.talked_at.is_some();
        self.talks_with_operators += ledger.calls.values().filter(leg).count();
        self.callers_who_waited_for_one +=
            ledger.queue.values().filter(|entry| entry.said_place.is_some()).count();
        let talks = |of: &Call| {
            let theirs = ledger.calls.values().filter(leg);
            theirs.filter(|call| call.joins.is_some_and(|joins| joins.to == of.id)).count()
        };
        self.callers_who_were_led_on += ledger.calls.values().filter(|call| talks(call) > 1).count();
        let care = |state| ledger.care_calls.values().filter(|care| care.state == state).count();
        self.care_calls_that_said_all_is_well += care(CareState::Well);
        self.care_calls_that_went_on_as_callers += care(CareState::Helped);
        self.contacts_who_look_after_somebody += care(CareState::LookedAfter);
        self.visits_for_care_calls_that_were_missed += care(CareState::Missed);
        let unreached = ledger.offers.values().filter(|o| o.state == OfferState::Failed);
        self.numbers_rung_as_often_as_allowed += unreached.filter(|o| !o.phone.is_mobile()).count();
    }

    fn were_all_taken(&self) -> bool {
        [
            self.yes_on_a_landline,
            self.helpers_told_by_call,
            self.bookings_confirmed,
            self.visitors_said_to_be_well,
            self.no_shows,
            self.numbers_rung_as_often_as_allowed,
            self.tasks_taken_by_text,
            self.work_done_by_institutions,
            self.work_given_back_by_institutions,
            self.talks_with_operators,
            self.callers_who_waited_for_one,
            self.callers_who_were_led_on,
            self.care_calls_that_said_all_is_well,
            self.care_calls_that_went_on_as_callers,
            self.contacts_who_look_after_somebody,
            self.visits_for_care_calls_that_were_missed,
        ]
        .iter()
        .all(|times| *times > 0)
    }
}

/// What came of some of the seeds.
#[derive(Debug, Default)]
struct Lived {
    calls: u32,
    tickets: usize,
    failed: Vec<u64>,
    paths: Paths,
}

impl Lived {
    fn count(&mut self, seed: u64, world: &World, has_ended: bool) {
        self.calls += world.calls_made;
        self.tickets += world.ledger.tickets.len();
        self.paths.count(&world.ledger);
        if !has_ended {
            self.failed.push(seed);
        }
    }
}

fn begins() -> Timestamp {
    town::moment("09:00:00")
}

#[test]
fn ten_thousand_calls_break_no_rule() {
    let rules = Rules { policy: Policy::default(), ..town::rules() };
    let variable = |name: &str| std::env::var(name).ok();
    let only = variable("YINGDA_SEED").and_then(|seed| seed.parse::<u64>().ok());
    let last = if variable("YINGDA_LONG").is_some() { SEEDS_LONG } else { SEEDS };
    let seeds = only.map_or(1..=last, |seed| seed..=seed);
    let lived = Mutex::new(Lived::default());
    let next = AtomicU64::new(*seeds.start());
    let live = || {
        while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| seeds.contains(seed))
        {
            let mut world = World::new(rules.clone(), seed, begins());
            world.log = None;
            let ended = catch_unwind(AssertUnwindSafe(|| world.live_through(CALLS)));
            lived.lock().unwrap().count(seed, &world, ended.is_ok());
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(live);
        }
    });
    let Lived { calls, tickets, mut failed, paths } = lived.into_inner().unwrap();
    failed.sort_unstable();
    assert!(failed.is_empty(), "these seeds broke a rule: {failed:?}");
    assert!(only.is_some() || calls >= 10_000, "only {calls} calls were made");
    assert!(tickets > 0, "nobody was helped");
    assert!(only.is_some() || paths.were_all_taken(), "nothing came of {paths:?}");
}
