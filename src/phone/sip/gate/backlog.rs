//! Too many calls at once: those beyond what we can answer soon are refused before anything is made of them.
//!
//! Between the gate and us the library has queues of its own, that nobody can look into: so what goes in is counted, and
//! what comes out. What never comes out is forgotten with its turn.
//!
//! An answer that comes after seconds is worth nothing to who waits for it, and all of them would be late. So while so
//! many calls wait for their answer, a new one is told at once to come again; that costs a fraction of taking it in. An
//! INVITE that was taken in is never refused when its sender repeats it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

/// Calls that may wait for their answer: about a tenth of a second's work on two small cores.
const MOST_WAITING: usize = 200;

/// An INVITE is repeated for 32 s (RFC 3261 §17.1.1.2, timer B), but not once it has heard 100.
const REPEATED_FOR: Duration = Duration::from_secs(4);

/// How many are remembered at most in that time: more are never taken in.
const REMEMBERED: usize = 20_000;

/// How many wait, and what was taken in of late.
#[derive(Debug)]
pub struct Backlog {
    /// Calls that came to us and have no answer yet.
    waiting: usize,
    /// Of this turn and the one before: how many were taken in, and how many of them came to us.
    passed: [usize; 2],
    arrived: [usize; 2],
    /// Names of those taken in since the turn, and before it.
    recent: [HashSet<u64>; 2],
    turned_at: Instant,
}

impl Backlog {
    pub fn new(now: Instant) -> Self {
        Self { waiting: 0, passed: [0; 2], arrived: [0; 2], recent: Default::default(), turned_at: now }
    }

    /// One that was taken in has come to us.
    pub fn arrived(&mut self) {
        self.arrived[0] += 1;
    }

    fn on_the_way(&self) -> usize {
        let [passed, arrived] = [self.passed, self.arrived].map(|turns| turns.iter().sum::<usize>());
        passed.saturating_sub(arrived)
    }

    /// So many calls have come and have no answer yet.
    pub fn note(&mut self, waiting: usize) {
        self.waiting = waiting;
    }

    /// Whether an INVITE is taken in. `is_new` is asked only when many wait: whether it begins a call.
    pub fn admits(&mut self, invite: &[u8], is_new: impl FnOnce() -> bool, now: Instant) -> bool {
        let name = name_of(invite);
        if self.recent.iter().any(|names| names.contains(&name)) {
            return true;
        }
        if self.waiting + self.on_the_way() >= MOST_WAITING && is_new() {
            return false;
        }
        if now.saturating_duration_since(self.turned_at) >= REPEATED_FOR || self.recent[0].len() >= REMEMBERED
        {
            self.recent.swap(0, 1);
            self.recent[0].clear();
            for counted in [&mut self.passed, &mut self.arrived] {
                *counted = [0, counted[0]];
            }
            self.turned_at = now;
        }
        self.recent[0].insert(name);
        self.passed[0] += 1;
        true
    }
}

/// A repetition is the same to the last octet.
fn name_of(invite: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    invite.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn after(begin: Instant, seconds: u64) -> Instant {
        begin + Duration::from_secs(seconds)
    }

    #[test]
    fn when_many_wait_a_new_call_is_refused_and_one_that_was_taken_in_is_not() {
        let now = clock::monotonic();
        let mut backlog = Backlog::new(now);
        assert!(backlog.admits(b"first", || true, now));
        backlog.arrived();
        backlog.note(MOST_WAITING);
        assert!(!backlog.admits(b"second", || true, now));
        assert!(backlog.admits(b"first", || true, after(now, 3)), "it is repeated");
        assert!(backlog.admits(b"within a call", || false, now));
        backlog.arrived();
        backlog.note(MOST_WAITING - 1);
        assert!(backlog.admits(b"second", || true, now));
    }

    #[test]
    fn who_is_still_on_the_way_to_us_waits_too_and_who_never_comes_does_not_for_long() {
        let begin = clock::monotonic();
        let mut backlog = Backlog::new(begin);
        for invite in 0..MOST_WAITING as u64 {
            assert!(backlog.admits(&invite.to_be_bytes(), || true, begin));
        }
        assert!(!backlog.admits(b"one more", || true, begin));
        backlog.arrived();
        assert!(backlog.admits(b"one more", || true, begin), "one has come");
        assert!(!backlog.admits(b"the next", || true, begin));
        let repeated =
            |backlog: &mut Backlog, seconds| backlog.admits(b"one more", || true, after(begin, seconds));
        assert!(repeated(&mut backlog, 5) && backlog.admits(b"re-INVITE", || false, after(begin, 5)));
        assert!(backlog.admits(b"another re-INVITE", || false, after(begin, 10)));
        assert!(
            backlog.admits(b"the next", || true, after(begin, 10)),
            "nobody of ten seconds ago is awaited"
        );
    }

    #[test]
    fn what_was_taken_in_is_forgotten_when_nobody_repeats_it_any_more() {
        let begin = clock::monotonic();
        let mut backlog = Backlog::new(begin);
        for at in 0..100 {
            backlog.admits(&[at], || true, after(begin, u64::from(at) * 4));
        }
        assert!(backlog.recent.iter().map(HashSet::len).sum::<usize>() <= 2);
        backlog.note(MOST_WAITING);
        assert!(!backlog.admits(&[1], || true, after(begin, 400)));
    }

    #[test]
    fn no_flood_makes_it_remember_without_end() {
        let now = clock::monotonic();
        let mut backlog = Backlog::new(now);
        for invite in 0..3 * REMEMBERED as u64 {
            backlog.admits(&invite.to_be_bytes(), || true, now);
        }
        assert!(backlog.recent.iter().map(HashSet::len).sum::<usize>() <= 2 * REMEMBERED);
    }
}
