//! No more parts in any second than the contract with the centre allows, and no fewer for a late timer.
//!
//! A timer wakes late by a millisecond or two. Counted from the moment of the last part that lateness adds
//! up: at 500 parts a second a third of them were lost to it. So the turns are counted from each other, in
//! nanoseconds, and a late one may catch up by `CATCH_UP`; the turns are that much wider, so that catching
//! up never puts more into one second than is allowed.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;

/// How much lateness is made good.
const CATCH_UP: Duration = Duration::from_millis(20);
const NANOS_A_MILLI: i64 = 1_000_000;
/// The slowest it gets while a centre says "slow down": a part a second.
const SLOWEST: i64 = 1_000 * NANOS_A_MILLI;
/// Each part that is taken wins back this share of the speed: doubled again after some forty parts.
const WON_BACK: i64 = 64;

/// The turns of parts (a leaky bucket, counted in time).
#[derive(Debug)]
pub struct Pace {
    /// Between two turns as the contract has it, in nanoseconds.
    contract: i64,
    /// Between two turns as the centre bears it; never less than `contract`.
    gap: i64,
    /// When the next turn was due, in nanoseconds of the clock's count.
    due: i64,
}

impl Pace {
    pub fn new(parts_per_second: u16) -> Self {
        let second = i64::try_from((Duration::from_secs(1) + CATCH_UP).as_nanos()).expect("a second fits");
        let contract = second / i64::from(parts_per_second.max(1));
        Self { contract, gap: contract, due: i64::MIN }
    }

    /// The first moment at which a part may leave.
    pub fn next(&self) -> Timestamp {
        let millis = self.due.div_euclid(NANOS_A_MILLI) + i64::from(self.due.rem_euclid(NANOS_A_MILLI) > 0);
        Timestamp::from_millis(millis)
    }

    /// A part leaves at `now`, which is not before `next`.
    pub fn left(&mut self, now: Timestamp) {
        let now = now.as_millis().saturating_mul(NANOS_A_MILLI);
        let catch_up = i64::try_from(CATCH_UP.as_nanos()).expect("a span of milliseconds fits");
        self.due = self.due.max(now.saturating_sub(catch_up)).saturating_add(self.gap);
    }

    /// The centre said that it is too fast: half the speed.
    pub fn slow_down(&mut self) {
        self.gap = self.gap.saturating_mul(2).min(SLOWEST.max(self.contract));
    }

    /// The centre took a part.
    pub fn bears_it(&mut self) {
        self.gap = (self.gap - self.gap / WON_BACK).max(self.contract);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_777_600_800_000);

    /// The moments of `count` parts that are always ready, each looked after `late` later than asked for.
    fn moments(per_second: u16, count: usize, mut late: impl FnMut() -> u64) -> Vec<i64> {
        let (mut pace, mut now, mut left) = (Pace::new(per_second), NOON, Vec::new());
        while left.len() < count {
            if pace.next() <= now {
                pace.left(now);
                left.push(now.as_millis());
            } else {
                now = pace.next() + Duration::from_millis(late());
            }
        }
        left
    }

    #[test]
    fn a_timer_that_wakes_late_costs_nothing_of_the_rate() {
        for per_second in [20, 300, 400, 500, 1_000, 3_000, 10_000] {
            let count = usize::from(per_second) * 10;
            let left = moments(per_second, count, || 2);
            let took = left[count - 1] - left[0];
            assert!((9_900..=10_300).contains(&took), "{per_second} a second: {count} took {took} ms");
        }
    }

    #[test]
    fn a_centre_that_says_slow_down_gets_half_and_the_speed_is_won_back_part_by_part() {
        let mut pace = Pace::new(100);
        let contract = pace.gap;
        pace.slow_down();
        assert_eq!(pace.gap, contract * 2);
        let parts = (1..).find(|_| {
            pace.bears_it();
            pace.gap == contract
        });
        assert!(matches!(parts, Some(40..=50)), "{parts:?}");
        for _ in 0..20 {
            pace.slow_down();
        }
        assert_eq!(pace.gap, SLOWEST);
    }

    proptest! {
        #[test]
        fn no_second_sees_more_parts_than_the_contract_allows(
            per_second in 1_u16..2_000,
            lates in prop::collection::vec(0_u64..60, 1..40),
        ) {
            let mut lates = lates.into_iter().cycle();
            let left = moments(per_second, usize::from(per_second) * 3, || lates.next().unwrap_or(0));
            for (first, after) in left.iter().zip(left.iter().skip(usize::from(per_second))) {
                prop_assert!(after - first >= 1_000, "{per_second} a second and one more in {} ms", after - first);
            }
        }
    }
}
