//! What every listener asks before a message goes to the SIP parser: is its source within its limit,
//! and is the message sound?

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use self::backlog::Backlog;
use super::grammar::has_tag;
use super::limit::{SourceLimit, SourceLimits};
use super::refusal::{Fault, Refusal, is_ack_of_refusal, refuse};
use super::screen::{Verdict, refuse_unless_response, screen};
use super::sketch::Sketch;
use super::trust::Trust;
use super::understood::is_understood;
use crate::clock;

mod backlog;

/// What the gate did, for health and metrics.
#[derive(Debug, Default)]
pub struct GateCounters {
    pub passed: AtomicU64,
    pub repaired: AtomicU64,
    pub refused: AtomicU64,
    pub dropped: AtomicU64,
    pub held_back: AtomicU64,
    /// Calls refused because too many waited for their answer.
    pub shed: AtomicU64,
    pub connections_refused: AtomicU64,
    pub passwords_refused: AtomicU64,
    pub passwords_held_back: AtomicU64,
}

/// One gate for all listeners, so that a source has one limit.
pub struct Gate {
    trust: Trust,
    limit: SourceLimit,
    /// A mutex because several listeners ask; each holds it for one map operation.
    limits: Mutex<SourceLimits>,
    backlog: Mutex<Backlog>,
    counters: Arc<GateCounters>,
}

/// What becomes of a message.
pub enum Judgement<'a> {
    Pass(Cow<'a, [u8]>),
    Answer(Refusal),
    Nothing,
}

impl Gate {
    pub fn new(trust: Trust, limit: SourceLimit, counters: Arc<GateCounters>) -> Self {
        let backlog = Mutex::new(Backlog::new(clock::monotonic()));
        Self { trust, limit, limits: Mutex::new(SourceLimits::new(limit)), backlog, counters }
    }

    /// Judges a whole message; at most `room` bytes may go to the parser.
    pub fn judge<'a>(&self, message: &'a [u8], source: SocketAddr, room: usize) -> Judgement<'a> {
        if !self.is_within_limit(source) {
            count(&self.counters.held_back);
            // Only who wants to ring is told to come back; the rest of a flood costs us nothing.
            return if is_invite(message) {
                self.answer(message, source, Fault::Overloaded)
            } else {
                Judgement::Nothing
            };
        }
        if is_ack_of_refusal(message) {
            return Judgement::Nothing; // nothing was kept of what it acknowledges
        }
        let is_invite = is_invite(message);
        if is_invite && !self.has_time_for(message) {
            count(&self.counters.shed);
            return self.answer(message, source, Fault::Overloaded);
        }
        let verdict = screen(message);
        let length = match &verdict {
            Verdict::Plain(message) => message.len(),
            Verdict::Pass(message) => message.len(),
            Verdict::Refuse(_) | Verdict::Drop => 0,
        };
        if length > room {
            return self.answer(message, source, Fault::TooLarge);
        }
        let judgement = self.carry_out(message, source, verdict);
        if is_invite && matches!(judgement, Judgement::Pass(_)) {
            let is_awaited = self.trust.is_trusted(source.ip());
            self.backlog().passed(message, is_awaited, clock::monotonic());
        }
        judgement
    }

    /// Answers a message with a fault that was found before it was whole, if it is one that may be answered.
    pub fn answer(&self, message: &[u8], source: SocketAddr, fault: Fault) -> Judgement<'static> {
        match refuse_unless_response(message, fault) {
            Verdict::Refuse(fault) => self.refuse(message, source, &fault),
            Verdict::Plain(_) | Verdict::Pass(_) | Verdict::Drop => self.drop(),
        }
    }

    fn carry_out<'a>(&self, message: &[u8], source: SocketAddr, verdict: Verdict<'a>) -> Judgement<'a> {
        match verdict {
            Verdict::Plain(sound) => {
                count(&self.counters.passed);
                Judgement::Pass(Cow::Borrowed(sound))
            }
            Verdict::Pass(sound) => {
                let is_keep_alive = sound.iter().all(u8::is_ascii_whitespace);
                if !is_keep_alive && !is_understood(&sound, source) {
                    return self.answer(message, source, Fault::BadRequest("this cannot be read"));
                }
                count(match sound {
                    Cow::Borrowed(_) => &self.counters.passed,
                    Cow::Owned(_) => &self.counters.repaired,
                });
                Judgement::Pass(sound)
            }
            Verdict::Refuse(fault) => self.refuse(message, source, &fault),
            Verdict::Drop => self.drop(),
        }
    }

    fn refuse(&self, message: &[u8], source: SocketAddr, fault: &Fault) -> Judgement<'static> {
        match refuse(message, source, fault) {
            Some(refusal) => {
                count(&self.counters.refused);
                Judgement::Answer(refusal)
            }
            None => self.drop(),
        }
    }

    fn drop(&self) -> Judgement<'static> {
        count(&self.counters.dropped);
        Judgement::Nothing
    }

    /// Whether a source may do as much as it wants.
    pub fn is_trusted(&self, source: IpAddr) -> bool {
        self.trust.is_trusted(source)
    }

    /// What a source may do that is not trusted.
    pub fn limit(&self) -> SourceLimit {
        self.limit
    }

    /// Counts a telephone's password that was wrong.
    pub fn password_refused(&self) {
        count(&self.counters.passwords_refused);
    }

    /// Counts a telephone that must wait because of wrong passwords.
    pub fn password_held_back(&self) {
        count(&self.counters.passwords_held_back);
    }

    /// Counts a call of a source that has as many as it may.
    pub fn held_back(&self) {
        count(&self.counters.held_back);
    }

    /// Counts a connection that was closed at once.
    pub fn connection_refused(&self) {
        count(&self.counters.connections_refused);
    }

    /// An INVITE that the gate passed has come to us. Strangers are not awaited: they could send what never comes, and
    /// have limits of their own.
    pub fn invite_arrived(&self, source: IpAddr) {
        if self.trust.is_trusted(source) {
            self.backlog().arrived();
        }
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call was answered, and will be acknowledged if all goes well.
    pub fn answered(&self, at: Instant, leg: u64) {
        self.backlog().answered(at, leg);
    }

    /// A call that was answered then is acknowledged, or ends.
    pub fn acknowledged(&self, at: Instant, leg: u64) {
        self.backlog().acknowledged(at, leg);
    }

    /// So many calls have come and have no answer yet.
    pub fn note_waiting(&self, calls: usize) {
        self.backlog().note(calls);
    }

    fn has_time_for(&self, invite: &[u8]) -> bool {
        self.backlog().admits(invite, clock::monotonic(), || begins_a_call(invite))
    }

    fn is_within_limit(&self, source: SocketAddr) -> bool {
        if self.trust.is_trusted(source.ip()) {
            return true;
        }
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.admits(source.ip(), clock::monotonic())
    }
}

/// Whether an INVITE is none within a call: those have both tags.
fn begins_a_call(invite: &[u8]) -> bool {
    Sketch::of(invite).is_ok_and(|sketch| !sketch.single("to").is_some_and(has_tag))
}

/// Whether a message wants to ring; line ends before it keep a connection alive and say nothing.
pub fn is_invite(message: &[u8]) -> bool {
    message.trim_ascii_start().starts_with(b"INVITE ")
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests;
