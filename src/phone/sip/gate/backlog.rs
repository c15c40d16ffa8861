//! Too many calls at once: those beyond what we can answer soon are refused before anything is made of them.
//!
//! Between the gate and us the library has queues of its own, that nobody can look into: so what goes in is counted, and
//! what comes out. What never comes out is forgotten with its turn.
//!
//! An answer that comes after seconds is worth nothing to who waits for it, and all of them would be late. So while so
//! many calls wait for their answer, a new one is told at once to come again; that costs a fraction of taking it in. An
//! INVITE that was taken in is never refused when its sender repeats it.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

/// Calls that may wait for their answer: about a tenth of a second's work on two small cores.
const MOST_WAITING: usize = 200;

/// Answers that may wait to be acknowledged. A far-away network takes half a second for it, so hundreds may wait where
/// hundreds ring in a second; when it takes longer, the acknowledgements wait among what we have no time for.
const MOST_UNACKNOWLEDGED: usize = 400;

/// An acknowledgement is waited for so long.
const ACKNOWLEDGING: Duration = Duration::from_secs(3);

/// An INVITE is repeated for 32 s (RFC 3261 §17.1.1.2, timer B), but not once it has heard 100.
const REPEATED_FOR: Duration = Duration::from_secs(4);

/// How many are remembered at most in that time: more are never taken in.
const REMEMBERED: usize = 20_000;

/// How many wait, and what was taken in of late.
#[derive(Debug)]
pub struct Backlog {
    /// Calls that came to us and have no answer yet.
    waiting: usize,
    /// Answers that were given of late and are not acknowledged yet.
    unacknowledged: BTreeSet<(Instant, u64)>,
    /// Of this turn and the one before: how many were taken in, and how many of them came to us.
    passed: [usize; 2],
    arrived: [usize; 2],
    /// Names of those taken in since the turn, and before it.
    recent: [HashSet<u64>; 2],
    turned_at: Instant,
}

impl Backlog {
    pub fn new(now: Instant) -> Self {
        Self {
            waiting: 0,
            unacknowledged: BTreeSet::new(),
            passed: [0; 2],
            arrived: [0; 2],
            recent: Default::default(),
            turned_at: now,
        }
    }

    /// One that is awaited has come to us.
    pub fn arrived(&mut self) {
        self.arrived[0] += 1;
    }

    fn on_the_way(&self) -> usize {
        let [passed, arrived] = [self.passed, self.arrived].map(|turns| turns.iter().sum::<usize>());
        passed.saturating_sub(arrived)
    }

    /// An answer was given.
    pub fn answered(&mut self, at: Instant, leg: u64) {
        self.unacknowledged.insert((at, leg));
    }

    /// An answer was acknowledged, or is not waited for any more.
    pub fn acknowledged(&mut self, at: Instant, leg: u64) {
        self.unacknowledged.remove(&(at, leg));
    }

    /// One that should have come long ago never will, and says nothing of how much there is to do.
    fn unacknowledged(&mut self, now: Instant) -> usize {
        let is_over = |at: Instant| now.saturating_duration_since(at) >= ACKNOWLEDGING;
        while self.unacknowledged.first().is_some_and(|(at, _)| is_over(*at)) {
            self.unacknowledged.pop_first();
        }
        self.unacknowledged.len()
    }

    /// So many calls have come and have no answer yet.
    pub fn note(&mut self, waiting: usize) {
        self.waiting = waiting;
    }

    /// Whether an INVITE may be taken in. `is_new` is asked only when many wait: whether it begins a call.
    pub fn admits(&mut self, invite: &[u8], now: Instant, is_new: impl FnOnce() -> bool) -> bool {
        self.turn_if_due(now);
        let is_busy = self.waiting + self.on_the_way() >= MOST_WAITING
            || self.unacknowledged(now) >= MOST_UNACKNOWLEDGED;
        !is_busy || self.knows(name_of(invite)) || !is_new()
    }

    /// What never comes is not waited for, whether anybody is taken in meanwhile or not.
    fn turn_if_due(&mut self, now: Instant) {
        if now.saturating_duration_since(self.turned_at) >= REPEATED_FOR {
            self.turn(now);
        }
    }

    fn turn(&mut self, now: Instant) {
        self.recent.swap(0, 1);
        self.recent[0].clear();
        for counted in [&mut self.passed, &mut self.arrived] {
            *counted = [0, counted[0]];
        }
        self.turned_at = now;
    }

    fn knows(&self, name: u64) -> bool {
        self.recent.iter().any(|names| names.contains(&name))
    }

    /// An INVITE was taken in. `is_awaited`: it comes from where we are sure that it is one call and no trick to make us
    /// wait for many.
    pub fn passed(&mut self, invite: &[u8], is_awaited: bool, now: Instant) {
        self.turn_if_due(now);
        let name = name_of(invite);
        if self.knows(name) {
            return;
        }
        if self.recent[0].len() >= REMEMBERED {
            self.turn(now);
        }
        self.recent[0].insert(name);
        self.passed[0] += usize::from(is_awaited);
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

    /// Takes an INVITE in, when it may be.
    fn comes(backlog: &mut Backlog, invite: &[u8], is_new: bool, now: Instant) -> bool {
        let admitted = backlog.admits(invite, now, || is_new);
        if admitted {
            backlog.passed(invite, true, now);
        }
        admitted
    }

    #[test]
    fn when_many_wait_a_new_call_is_refused_and_one_that_was_taken_in_is_not() {
        let now = clock::monotonic();
        let mut backlog = Backlog::new(now);
        assert!(comes(&mut backlog, b"first", true, now));
        backlog.arrived();
        backlog.note(MOST_WAITING);
        assert!(!comes(&mut backlog, b"second", true, now));
        assert!(comes(&mut backlog, b"first", true, after(now, 3)), "it is repeated");
        assert!(comes(&mut backlog, b"within a call", false, now));
        backlog.arrived();
        backlog.note(MOST_WAITING - 1);
        assert!(comes(&mut backlog, b"second", true, now));
    }

    #[test]
    fn while_hundreds_of_answers_wait_to_be_acknowledged_nobody_new_is_taken_in_but_not_for_ever() {
        let begin = clock::monotonic();
        let mut backlog = Backlog::new(begin);
        (0..MOST_UNACKNOWLEDGED as u64).for_each(|leg| backlog.answered(begin, leg));
        assert!(!comes(&mut backlog, b"one more", true, begin));
        assert!(comes(&mut backlog, b"within a call", false, begin));
        backlog.acknowledged(begin, 7);
        assert!(comes(&mut backlog, b"one more", true, begin));
        backlog.answered(begin, 7);
        assert!(!comes(&mut backlog, b"the next", true, after(begin, 2)));
        assert!(comes(&mut backlog, b"the next", true, after(begin, 3)), "those never come any more");
    }

    #[test]
    fn who_is_still_on_the_way_to_us_waits_too_and_who_never_comes_does_not_for_long() {
        let begin = clock::monotonic();
        let mut backlog = Backlog::new(begin);
        for invite in 0..MOST_WAITING as u64 {
            assert!(comes(&mut backlog, &invite.to_be_bytes(), true, begin));
        }
        assert!(!comes(&mut backlog, b"one more", true, begin));
        backlog.arrived();
        assert!(comes(&mut backlog, b"one more", true, begin), "one has come");
        assert!(!comes(&mut backlog, b"the next", true, begin));
        assert!(comes(&mut backlog, b"one more", true, after(begin, 5)));
        assert!(comes(&mut backlog, b"re-INVITE", false, after(begin, 5)));
        assert!(comes(&mut backlog, b"another re-INVITE", false, after(begin, 10)));
        assert!(
            comes(&mut backlog, b"the next", true, after(begin, 10)),
            "nobody of ten seconds ago is awaited"
        );
    }

    #[test]
    fn those_who_never_come_keep_nobody_out_for_long_though_nobody_else_rings() {
        let begin = clock::monotonic();
        let mut backlog = Backlog::new(begin);
        for invite in 0..MOST_WAITING as u64 {
            backlog.passed(&invite.to_be_bytes(), true, begin);
        }
        assert!(!backlog.admits(b"a resident", begin, || true));
        let admitted =
            (1..=12).find(|seconds| backlog.admits(b"a resident", after(begin, *seconds), || true));
        assert_eq!(admitted, Some(8), "after two turns");
    }

    #[test]
    fn nobody_is_kept_out_by_those_who_only_seem_to_be_on_the_way() {
        let now = clock::monotonic();
        let mut backlog = Backlog::new(now);
        (0..10 * MOST_WAITING as u64).for_each(|n| backlog.passed(&n.to_be_bytes(), false, now));
        assert!(comes(&mut backlog, b"a resident", true, now));
    }

    #[test]
    fn what_was_taken_in_is_forgotten_when_nobody_repeats_it_any_more() {
        let begin = clock::monotonic();
        let mut backlog = Backlog::new(begin);
        for at in 0..100 {
            backlog.passed(&[at], true, after(begin, u64::from(at) * 4));
        }
        assert!(backlog.recent.iter().map(HashSet::len).sum::<usize>() <= 2);
        backlog.note(MOST_WAITING);
        assert!(!comes(&mut backlog, &[1], true, after(begin, 400)));
    }

    #[test]
    fn no_flood_makes_it_remember_without_end() {
        let now = clock::monotonic();
        let mut backlog = Backlog::new(now);
        for invite in 0..3 * REMEMBERED as u64 {
            backlog.passed(&invite.to_be_bytes(), false, now);
        }
        assert!(backlog.recent.iter().map(HashSet::len).sum::<usize>() <= 2 * REMEMBERED);
    }
}
