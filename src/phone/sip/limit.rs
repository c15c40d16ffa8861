//! How many messages one source may send: a token bucket each.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What one source that is not trusted may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceLimit {
    /// Messages a second, over time.
    pub per_second: u32,
    /// Messages at once.
    pub burst: u32,
    /// Calls at once.
    pub calls: usize,
    /// Of these, how many may ring without having acknowledged an answer.
    pub half_open: usize,
    /// TCP connections at once.
    pub connections: usize,
    /// Seconds a TCP connection has for its first whole message, and any message from its first byte to its last.
    pub message_s: u64,
}

impl Default for SourceLimit {
    fn default() -> Self {
        Self { per_second: 20, burst: 60, calls: 10, half_open: 5, connections: 5, message_s: 10 }
    }
}

/// What counts as one source: an address, or the /64 that an IPv6 host may choose its addresses from.
pub fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
    }
}

/// Sources remembered at once; when more knock, the fullest buckets are forgotten.
const MAX_SOURCES: usize = 10_000;

/// The buckets of all sources.
#[derive(Debug)]
pub struct SourceLimits {
    limit: SourceLimit,
    buckets: BTreeMap<IpAddr, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl SourceLimits {
    pub fn new(limit: SourceLimit) -> Self {
        Self { limit, buckets: BTreeMap::new() }
    }

    /// Takes a token of `source`; false when it has none left.
    pub fn admits(&mut self, source: IpAddr, now: Instant) -> bool {
        let source = source_of(source);
        if self.buckets.len() >= MAX_SOURCES && !self.buckets.contains_key(&source) {
            self.forget_idle(now);
        }
        let full = f64::from(self.limit.burst);
        let bucket = self.buckets.entry(source).or_insert(Bucket { tokens: full, filled_at: now });
        bucket.fill(self.limit, now);
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }

    /// Forgets every source whose bucket is full again; if none is, all of them.
    fn forget_idle(&mut self, now: Instant) {
        let limit = self.limit;
        self.buckets.retain(|_, bucket| {
            bucket.fill(limit, now);
            bucket.tokens < f64::from(limit.burst)
        });
        if self.buckets.len() >= MAX_SOURCES {
            self.buckets.clear();
        }
    }
}

impl Bucket {
    fn fill(&mut self, limit: SourceLimit, now: Instant) {
        let passed: Duration = now.saturating_duration_since(self.filled_at);
        self.filled_at = now;
        let gained = passed.as_secs_f64() * f64::from(limit.per_second);
        self.tokens = (self.tokens + gained).min(f64::from(limit.burst));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_knocks_too_often_waits_and_others_do_not() {
        let start = crate::clock::monotonic();
        let mut limits = SourceLimits::new(SourceLimit { per_second: 2, burst: 3, ..SourceLimit::default() });
        let (loud, quiet) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let admitted: Vec<_> = (0..5).map(|_| limits.admits(loud, start)).collect();
        assert_eq!(admitted, [true, true, true, false, false]);
        assert!(limits.admits(quiet, start));
        assert!(limits.admits(loud, start + Duration::from_millis(600)));
        assert!(!limits.admits(loud, start + Duration::from_millis(600)));
    }

    #[test]
    fn a_host_is_one_source_whichever_of_its_addresses_it_takes() {
        let one = source_of("2001:db8::1".parse().unwrap());
        assert_eq!(source_of("2001:db8::ffff:2".parse().unwrap()), one);
        assert_ne!(source_of("2001:db8:0:1::1".parse().unwrap()), one);
        let old: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(source_of("::ffff:192.0.2.1".parse().unwrap()), old);
    }

    #[test]
    fn a_flood_of_sources_does_not_fill_the_memory() {
        let now = crate::clock::monotonic();
        let mut limits = SourceLimits::new(SourceLimit::default());
        for n in 0..(MAX_SOURCES as u32 + 50) {
            limits.admits(IpAddr::V4(n.into()), now);
        }
        assert!(limits.buckets.len() <= MAX_SOURCES);
    }
}
