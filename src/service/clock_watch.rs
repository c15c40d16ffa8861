//! The one who looks at the machine's clock, about once a second.

use std::time::{Duration, Instant};

use crate::clock::{self, Clock, ClockStep, LARGEST_ERROR};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Compares the clocks and remembers which jump was told.
#[derive(Debug)]
pub(super) struct ClockWatch {
    clock: Clock,
    looked_at: Instant,
    told: Option<ClockStep>,
}

/// What is to be made known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClockNews {
    /// The machine's clock jumped, or jumped again.
    Stepped(ClockStep),
    /// It agrees with the line's again.
    Agrees,
}

impl ClockWatch {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, looked_at: clock::monotonic(), told: None }
    }

    /// Looks when it is time to; says what has not been said.
    pub(super) fn look(&mut self) -> Option<ClockNews> {
        let now = clock::monotonic();
        if now.saturating_duration_since(self.looked_at) < LOOK_EVERY {
            return None;
        }
        self.looked_at = now;
        self.news(self.clock.check())
    }

    fn news(&mut self, found: Option<ClockStep>) -> Option<ClockNews> {
        let before = std::mem::replace(&mut self.told, found);
        match (before, found) {
            (None, None) => None,
            (Some(_), None) => Some(ClockNews::Agrees),
            (None, Some(step)) => Some(ClockNews::Stepped(step)),
            (Some(told), Some(step)) => {
                let differs = told.by_ms.abs_diff(step.by_ms);
                if Duration::from_millis(differs) > LARGEST_ERROR {
                    return Some(ClockNews::Stepped(step));
                }
                // Kept as told, so that a slow drift is told of in time too.
                self.told = Some(told);
                None
            }
        }
    }

    /// Makes the line's time follow the machine's.
    pub(super) fn follow(&mut self) {
        self.clock.follow();
        self.told = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_told_once_another_again_and_its_end_once() {
        let mut watch = ClockWatch::new(Clock::start());
        let by = |by_ms| Some(ClockStep { by_ms });
        let told =
            [None, by(3_000), by(3_001), by(5_500), by(5_500), None, None].map(|found| watch.news(found));
        let stepped = |by_ms| Some(ClockNews::Stepped(ClockStep { by_ms }));
        assert_eq!(told, [None, stepped(3_000), None, stepped(5_500), None, Some(ClockNews::Agrees), None]);
    }
}
