//! How often somebody may try to log in: by account and by address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

/// Tries an account has at once; one more comes back every ten seconds.
const ACCOUNT_TRIES: NonZeroU32 = NonZeroU32::new(5).expect("five is not zero");
const ACCOUNT_AGAIN: Duration = Duration::from_secs(10);
/// Tries an address has at once: an office shares one; one more comes back every second.
const ADDRESS_TRIES: NonZeroU32 = NonZeroU32::new(30).expect("thirty is not zero");
const ADDRESS_AGAIN: Duration = Duration::from_secs(1);
/// Keys kept at most before those that are full again are forgotten.
const KEYS: usize = 10_000;
/// Longest login remembered: a longer one is nobody's.
const LOGIN_BYTES: usize = 128;

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock>;

pub struct Limits {
    accounts: Limiter<String>,
    addresses: Limiter<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        let quota =
            |tries, again| Quota::with_period(again).expect("the period is not zero").allow_burst(tries);
        Self {
            accounts: RateLimiter::dashmap(quota(ACCOUNT_TRIES, ACCOUNT_AGAIN)),
            addresses: RateLimiter::dashmap(quota(ADDRESS_TRIES, ADDRESS_AGAIN)),
        }
    }
}

impl Limits {
    /// Whether a password may be tried now; counts as a try.
    pub fn may_try(&self, login: &str, address: Option<IpAddr>) -> bool {
        if self.accounts.len() > KEYS {
            self.accounts.retain_recent();
        }
        if self.addresses.len() > KEYS {
            self.addresses.retain_recent();
        }
        let account: String = login.trim().to_lowercase().chars().take(LOGIN_BYTES).collect();
        let by_address = address.is_none_or(|address| self.addresses.check_key(&address).is_ok());
        by_address && self.accounts.check_key(&account).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_try_at_once_is_refused_and_other_accounts_are_not() {
        let limits = Limits::default();
        let from = Some(IpAddr::from([192, 0, 2, 1]));
        assert!((0..5).all(|_| limits.may_try("wang", from)));
        assert!(!limits.may_try("Wang ", from));
        assert!(limits.may_try("li", from));
    }
}
