//! How many wrong passwords may come from one source, and for one extension: a bucket each.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::domain::extension::Extension;
use crate::domain::timestamp::Timestamp;
use crate::phone::sip::limit::source_of;

/// Sources, and extensions, remembered at once; when more come, those who owe least are forgotten.
const MAX_REMEMBERED: usize = 10_000;

/// Of one source: behind one router there may be a whole office.
const OF_A_SOURCE: Patience = Patience { at_once: 20, one_more_after: Duration::from_secs(10) };

/// Of one extension, wherever they come from.
const OF_AN_EXTENSION: Patience = Patience { at_once: 10, one_more_after: Duration::from_secs(30) };

#[derive(Debug, Clone, Copy)]
struct Patience {
    at_once: u32,
    one_more_after: Duration,
}

/// Everybody who sent a wrong password lately. An extension is counted whether there is one or not.
#[derive(Debug, Default)]
pub struct Throttle {
    /// Until when what came in wrongly is remembered: each failure puts it off by one more.
    sources: BTreeMap<IpAddr, Timestamp>,
    extensions: BTreeMap<Extension, Timestamp>,
}

impl Throttle {
    /// How long it must wait; none when it may try.
    pub fn wait(&self, source: IpAddr, claimed: Option<&Extension>, now: Timestamp) -> Option<Duration> {
        let of_source = self.sources.get(&source_of(source)).and_then(|until| OF_A_SOURCE.wait(*until, now));
        let of_extension = claimed.and_then(|extension| self.extensions.get(extension));
        of_source.max(of_extension.and_then(|until| OF_AN_EXTENSION.wait(*until, now)))
    }

    pub fn failed(&mut self, source: IpAddr, claimed: Option<&Extension>, now: Timestamp) {
        note(&mut self.sources, source_of(source), OF_A_SOURCE, now);
        if let Some(extension) = claimed {
            note(&mut self.extensions, extension.clone(), OF_AN_EXTENSION, now);
        }
    }
}

impl Patience {
    fn wait(self, until: Timestamp, now: Timestamp) -> Option<Duration> {
        let full = now + self.one_more_after * (self.at_once - 1);
        (until > full).then(|| until.since(full))
    }
}

fn note<K: Ord + Clone>(owed: &mut BTreeMap<K, Timestamp>, who: K, patience: Patience, now: Timestamp) {
    if owed.len() >= MAX_REMEMBERED {
        owed.retain(|_, until| *until > now);
    }
    if owed.len() >= MAX_REMEMBERED
        && !owed.contains_key(&who)
        && let Some(least) = owed.iter().min_by_key(|(_, until)| **until).map(|(least, _)| least.clone())
    {
        owed.remove(&least);
    }
    let until = owed.entry(who).or_insert(now);
    *until = (*until).max(now) + patience.one_more_after;
}
