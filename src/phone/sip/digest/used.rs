//! Which nonces an extension has used, and how far it has counted in each: no request is taken twice.

use std::collections::BTreeMap;

use crate::domain::timestamp::Timestamp;

/// Nonces of one extension remembered at once: each of its telephones needs one at a time.
const MAX_NONCES: usize = 32;

/// The nonces with which the right password came.
#[derive(Debug, Default)]
pub struct Used {
    /// By when they run out.
    counts: BTreeMap<(Timestamp, String), u32>,
    /// Whatever runs out by then is taken no more: its count may have been forgotten.
    forgotten_until: Option<Timestamp>,
}

impl Used {
    /// Notes that a nonce was used with a count; false when that count, or a higher one, was used before.
    pub fn take(&mut self, nonce: &str, expires_at: Timestamp, count: u32, now: Timestamp) -> bool {
        self.counts.retain(|(expires_at, _), _| *expires_at > now);
        if self.forgotten_until.is_some_and(|until| expires_at <= until) {
            return false;
        }
        let highest = self.counts.entry((expires_at, nonce.to_owned())).or_default();
        if count <= *highest {
            return false;
        }
        *highest = count;
        while self.counts.len() > MAX_NONCES {
            let Some(((expires_at, _), _)) = self.counts.pop_first() else { break };
            self.forgotten_until = self.forgotten_until.max(Some(expires_at));
        }
        true
    }
}
