//! How long to wait before trying the centre again.

use std::time::Duration;

use crate::domain::ids::Chance;

/// Doubling waits with chance in them, so that many clients do not come back in one moment.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest: longest.max(first), failures: 0 }
    }

    /// The next wait: between half and all of `first` · 2ⁿ, never above `longest`.
    pub fn next(&mut self, chance: &mut Chance) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.min(20)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        let half = doubled / 2;
        half + half.mul_f64(f64::from(chance.below(1_001)) / 1_000.0)
    }

    /// The link stood: the next failure starts from the beginning.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_again_after_success() {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(60));
        let mut chance = Chance::from_number(1);
        for most_ms in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            let wait = backoff.next(&mut chance);
            let most = Duration::from_millis(most_ms);
            assert!(wait >= most / 2 && wait <= most, "{wait:?} of {most:?}");
        }
        backoff.reset();
        assert!(backoff.next(&mut chance) <= Duration::from_millis(500));
    }
}
