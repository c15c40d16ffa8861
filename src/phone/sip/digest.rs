//! Who a telephone is: digest authentication, the server's side (RFC 7616, RFC 8760, RFC 3261 §22).
//!
//! Time and chance are handed in. A nonce is ours by its seal and for a while only; within it each request counts one
//! up, so that none is taken twice. What comes with any other nonce is challenged again before anything else is looked
//! at: whoever invents one makes no work, learns nothing of the password, and counts against nobody. An extension that
//! nobody has is answered after the very same work as a wrong password: no answer tells which extensions there are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use subtle::ConstantTimeEq;

use self::authorization::Authorization;
use self::nonce::Mint;
use self::throttle::Throttle;
use self::used::Used;
use crate::domain::extension::{Extension, PhoneAccount, PhoneHashes};
use crate::domain::timestamp::Timestamp;

mod algorithm;
mod authorization;
mod challenge;
mod nonce;
mod throttle;
mod used;

pub use algorithm::{Algorithm, hashes_of};
pub use challenge::{Challenge, Said};

/// How long a nonce is good for.
pub const NONCE_FOR: Duration = Duration::from_secs(300);

/// All accounts, and what was seen of those who try them.
pub struct Digest {
    realm: String,
    algorithms: Vec<Algorithm>,
    mint: Mint,
    accounts: BTreeMap<Extension, PhoneHashes>,
    used: BTreeMap<Extension, Used>,
    throttle: Throttle,
}

/// A request that wants to be known.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub method: &'a str,
    /// Its Authorization headers.
    pub authorizations: &'a [&'a str],
    pub source: IpAddr,
    pub now: Timestamp,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its sender knows the password of this extension.
    Known(Extension),
    /// It must prove itself. `stale`: it tried, with a nonce that is not to be used, or not any more.
    Challenge { stale: bool },
    /// The password was wrong, or the extension nobody's. It may try again.
    Wrong,
    /// Too many wrong passwords came from there, or for that extension: nothing was looked at.
    Wait(Duration),
}

impl Digest {
    /// `secret` seals the nonces; with another one all of them are stale.
    pub fn new(realm: String, algorithms: Vec<Algorithm>, secret: [u8; 32]) -> Self {
        let (accounts, used, throttle) = (BTreeMap::new(), BTreeMap::new(), Throttle::default());
        Self { realm, algorithms, mint: Mint::new(secret), accounts, used, throttle }
    }

    /// These accounts there are from now on. Returns those of before that are gone or have another password.
    pub fn put_accounts(&mut self, accounts: Vec<PhoneAccount>) -> BTreeSet<Extension> {
        let accounts = accounts.into_iter().map(|account| (account.extension, account.hashes)).collect();
        let before = std::mem::replace(&mut self.accounts, accounts);
        self.used.retain(|extension, _| self.accounts.contains_key(extension));
        let changed =
            before.into_iter().filter(|(extension, hashes)| self.accounts.get(extension) != Some(hashes));
        changed.map(|(extension, _)| extension).collect()
    }

    pub fn has(&self, extension: &Extension) -> bool {
        self.accounts.contains_key(extension)
    }

    /// Judges a request. `is_home` says whether a telephone of that extension is registered from where it came:
    /// somebody else's wrong passwords are no reason to shut it out.
    pub fn check(&mut self, attempt: Attempt<'_>, is_home: impl Fn(&Extension) -> bool) -> Verdict {
        let Attempt { method, authorizations, source, now } = attempt;
        // A telephone may send what it has for other realms too; what cannot be read guesses no password.
        let mut read = authorizations.iter().filter_map(|value| Authorization::parse(value));
        let Some(said) = read.find(|said| said.realm == self.realm) else {
            return Verdict::Challenge { stale: false };
        };
        let Some(expires_at) = self.mint.expiry_of(&said.nonce).filter(|expires_at| *expires_at > now) else {
            return Verdict::Challenge { stale: true };
        };
        let claimed = Extension::parse(&said.username).ok();
        if !claimed.as_ref().is_some_and(is_home)
            && let Some(wait) = self.throttle.wait(source, claimed.as_ref(), now)
        {
            return Verdict::Wait(wait);
        }
        let right = self.is_right(&said, claimed.as_ref(), method);
        let Some(extension) = claimed.clone().filter(|_| right) else {
            self.throttle.failed(source, claimed.as_ref(), now);
            return Verdict::Wrong;
        };
        let used = self.used.entry(extension.clone()).or_default();
        if used.take(&said.nonce, expires_at, said.count, now) {
            Verdict::Known(extension)
        } else {
            Verdict::Challenge { stale: true }
        }
    }

    /// The values of the WWW-Authenticate headers, one an algorithm.
    pub fn challenges(&self, stale: bool, now: Timestamp, random: [u8; 12]) -> Vec<String> {
        let nonce = self.mint.mint(now + NONCE_FOR, random);
        let stale = if stale { ", stale=true" } else { "" };
        let offer = |algorithm: &Algorithm| {
            let (realm, name) = (&self.realm, algorithm.name());
            format!(r#"Digest realm="{realm}", nonce="{nonce}", qop="auth", algorithm={name}{stale}"#)
        };
        self.algorithms.iter().map(offer).collect()
    }

    /// Whether the answer is that of the account. Without one the work is the same, with hashes that nobody's password
    /// gives.
    fn is_right(&self, said: &Authorization, claimed: Option<&Extension>, method: &str) -> bool {
        let nobody = self.nobody(&said.username);
        let account = claimed.and_then(|extension| self.accounts.get(extension));
        let expected = said.algorithm.response(account.unwrap_or(&nobody), said, method);
        let same: bool = expected.as_bytes().ct_eq(said.response.as_bytes()).into();
        same && account.is_some() && self.algorithms.contains(&said.algorithm)
    }

    fn nobody(&self, username: &str) -> PhoneHashes {
        let sha256 = self.mint.mac("nobody", username);
        let mut md5 = [0; 16];
        md5.copy_from_slice(&sha256[..16]);
        PhoneHashes { sha256, md5 }
    }
}

#[cfg(test)]
mod tests;
