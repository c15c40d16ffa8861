//! The only reader of the clock, and of the operating system's chance.
//!
//! The help line's time is the wall clock at start plus what has passed since, so it never runs
//! backwards while the program runs. Small errors of the machine's clock are followed slowly
//! ([`LARGEST_SLEW_PPM`]); a jump is reported ([`Clock::check`]) and followed only when a person says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use rand::TryRng;
use rand::rngs::SysRng;

use crate::domain::ids::Chance;
use crate::domain::timestamp::Timestamp;

/// How fast an error is followed: half a millisecond a second, as adjtime does.
const LARGEST_SLEW_PPM: i64 = 500;
/// A difference beyond this is a jump, not an error.
pub const LARGEST_ERROR: Duration = Duration::from_secs(2);

/// The help line's clock. Copies agree with each other.
#[derive(Debug, Clone)]
pub struct Clock {
    wall_at_start: Timestamp,
    started: Instant,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// What is added to the time since start, in microseconds.
    offset_us: AtomicI64,
    /// Microseconds since start when the offset was last turned.
    checked_us: AtomicI64,
    /// The latest time shown, in milliseconds since 1970: no later look shows less.
    shown_ms: AtomicI64,
}

/// The machine's clock was set while the program ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockStep {
    /// The machine's time less the help line's, in milliseconds: positive when it was set ahead.
    pub by_ms: i64,
}

impl Clock {
    /// Reads the wall clock once and counts from there.
    pub fn start() -> Self {
        Self::starting_at(wall())
    }

    /// Counts from a given time, right or wrong.
    pub fn starting_at(time: Timestamp) -> Self {
        Self { wall_at_start: time, started: monotonic(), shared: Arc::default() }
    }

    pub fn now(&self) -> Timestamp {
        let since_ms = (self.passed_us() + self.shared.offset_us.load(Ordering::Relaxed)).div_euclid(1_000);
        let due = self.wall_at_start.as_millis().saturating_add(since_ms);
        let before = self.shared.shown_ms.fetch_max(due, Ordering::Relaxed);
        Timestamp::from_millis(before.max(due))
    }

    /// Compares with the machine's clock: follows a small error slowly, reports a jump and leaves it.
    ///
    /// Call it about once a second, from one place.
    pub fn check(&self) -> Option<ClockStep> {
        self.compare(wall(), self.passed_us())
    }

    /// Follows a jump that a person has confirmed; the time may run backwards this once.
    pub fn follow(&self) {
        let error_us = self.error_us(wall(), self.passed_us());
        self.shared.offset_us.fetch_add(error_us, Ordering::Relaxed);
        self.shared.shown_ms.store(i64::MIN, Ordering::Relaxed);
    }

    fn passed_us(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    fn error_us(&self, wall: Timestamp, passed_us: i64) -> i64 {
        let ours_us = passed_us.saturating_add(self.shared.offset_us.load(Ordering::Relaxed));
        let theirs_us = (wall.as_millis() - self.wall_at_start.as_millis()).saturating_mul(1_000);
        theirs_us.saturating_sub(ours_us)
    }

    fn compare(&self, wall: Timestamp, passed_us: i64) -> Option<ClockStep> {
        let error_us = self.error_us(wall, passed_us);
        let since_us = passed_us - self.shared.checked_us.swap(passed_us, Ordering::Relaxed);
        if Duration::from_micros(error_us.unsigned_abs()) > LARGEST_ERROR {
            return Some(ClockStep { by_ms: error_us / 1_000 });
        }
        let most = since_us.max(0) / (1_000_000 / LARGEST_SLEW_PPM);
        self.shared.offset_us.fetch_add(error_us.clamp(-most, most), Ordering::Relaxed);
        None
    }
}

/// The machine's monotonic clock: for intervals, never for dates.
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// The machine's idea of the time of day.
#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub fn wall() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Random bytes from the operating system: keys, salts, nonces, seeds.
///
/// # Panics
/// When the operating system has none to give: nothing here may go on without.
pub fn os_random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// The generator of ids, codes and secrets, seeded by the operating system.
pub fn os_chance() -> Chance {
    Chance::from_seed(os_random())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_US: i64 = 1_000_000;

    fn clock_at(wall_ms: i64) -> Clock {
        Clock { wall_at_start: Timestamp::from_millis(wall_ms), started: monotonic(), shared: Arc::default() }
    }

    fn offset_us(clock: &Clock) -> i64 {
        clock.shared.offset_us.load(Ordering::Relaxed)
    }

    #[test]
    fn a_slow_machine_clock_is_followed_by_half_a_millisecond_a_second() {
        let clock = clock_at(1_000_000);
        for second in 1..=10 {
            let wall = Timestamp::from_millis(1_000_000 + second * 1_000 - 100);
            assert_eq!(clock.compare(wall, second * SECOND_US), None);
            assert_eq!(offset_us(&clock), -500 * second);
        }
    }

    #[test]
    fn an_error_smaller_than_the_slew_is_followed_at_once_and_not_overshot() {
        let clock = clock_at(0);
        assert_eq!(clock.compare(Timestamp::from_millis(100_001), 100 * SECOND_US), None);
        assert_eq!(offset_us(&clock), 1_000);
        assert_eq!(clock.compare(Timestamp::from_millis(200_001), 200 * SECOND_US), None);
        assert_eq!(offset_us(&clock), 1_000);
    }

    #[test]
    fn a_jump_is_reported_each_time_and_not_followed_until_confirmed() {
        let clock = clock_at(0);
        let ahead = Timestamp::from_millis(3_601_000);
        assert_eq!(clock.compare(ahead, SECOND_US), Some(ClockStep { by_ms: 3_600_000 }));
        assert_eq!(
            clock.compare(ahead + Duration::from_secs(1), 2 * SECOND_US),
            Some(ClockStep { by_ms: 3_600_000 })
        );
        assert_eq!(offset_us(&clock), 0);
        let behind = clock_at(10_000);
        assert_eq!(
            behind.compare(Timestamp::from_millis(5_000), SECOND_US),
            Some(ClockStep { by_ms: -6_000 })
        );
    }

    #[test]
    fn a_confirmed_jump_is_followed_even_backwards() {
        let clock = clock_at(wall().as_millis() + 3_600_000);
        let copy = clock.clone();
        assert!(clock.now().since(wall()) > Duration::from_secs(3_500));
        clock.follow();
        assert!(copy.now().since(wall()) < Duration::from_secs(2));
        assert_eq!(copy.check(), None);
    }

    #[test]
    fn the_time_shown_never_runs_backwards_while_it_is_slewed() {
        let clock = clock_at(0);
        clock.shared.shown_ms.store(500, Ordering::Relaxed);
        assert!(clock.now().as_millis() >= 500);
    }

    #[test]
    fn two_generators_from_the_system_do_not_agree() {
        assert_ne!(os_chance().bytes::<16>(), os_chance().bytes::<16>());
    }
}
