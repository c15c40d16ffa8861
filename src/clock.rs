//! The only reader of the clock.
//!
//! The help line's time is the wall clock at start plus what has passed since, so it never runs
//! backwards while the program runs.

use std::time::{Instant, SystemTime};

use crate::domain::timestamp::Timestamp;

/// The help line's clock. Copies agree with each other.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall_at_start: Timestamp,
    started: Instant,
}

impl Clock {
    /// Reads the wall clock once and counts from there.
    pub fn start() -> Self {
        Self { wall_at_start: wall(), started: monotonic() }
    }

    pub fn now(&self) -> Timestamp {
        self.wall_at_start + self.started.elapsed()
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
