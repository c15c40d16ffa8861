//! Where the line's own telephones are: their bindings (RFC 3261 §10.3).
//!
//! A telephone is reached where its registration came from, whatever it wrote as its address: between the two there may
//! be a router. Behind another router there may be another telephone with the same address: it is another one. Over TCP
//! it is the same connection while that lasts, then its own address, when that is where it came from: nobody has calls
//! sent to anybody else's. Over TLS and WebSocket it is its connection alone: with that it is gone. Time is handed in, nothing is sent from here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::contact::{Contact, Wish, key_of, own_place};
use crate::domain::extension::{Extension, PhoneBinding, PhoneTransport};
use crate::domain::timestamp::Timestamp;
use crate::phone::sip::digest::Algorithm;

pub mod contact;

/// Everything `[phone.registrar]` can hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistrarSettings {
    /// What passwords are for: with another one all telephones need new passwords.
    pub realm: String,
    /// What telephones may prove their password with, the better first.
    pub algorithms: Vec<Algorithm>,
    /// Seconds for which a telephone may register at least; who wants less is told so (423).
    pub shortest_s: u32,
    /// Seconds for which it may register at most, and does when it names none.
    pub longest_s: u32,
    /// Telephones of one extension at once; beyond, the one that would run out first gives way.
    pub contacts: usize,
}

impl Default for RegistrarSettings {
    fn default() -> Self {
        Self {
            realm: "yingda".into(),
            algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
            shortest_s: 60,
            longest_s: 300,
            contacts: 5,
        }
    }
}

/// All bindings, and which connections are open that they came by.
pub struct Registrar {
    settings: RegistrarSettings,
    bindings: BTreeMap<Extension, Vec<PhoneBinding>>,
    streams: BTreeSet<(SocketAddr, PhoneTransport)>,
    /// Whether others are registered than when that was asked last, or elsewhere.
    is_news: bool,
}

/// A REGISTER whose sender is known.
#[derive(Debug, Clone)]
pub struct Registration {
    pub extension: Extension,
    pub wish: Wish,
    /// Of the Expires header.
    pub expires: Option<u32>,
    pub call_id: String,
    pub sequence: u32,
    pub source: SocketAddr,
    pub transport: PhoneTransport,
}

/// Why a registration is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// 423, with Min-Expires.
    #[error("a telephone registers for at least {at_least} s")]
    TooBrief { at_least: u32 },
    /// 400.
    #[error("a request of the same Call-ID was there before with this CSeq or a higher one")]
    OutOfOrder,
    /// 400.
    #[error("`*` takes all bindings away and stands alone, with Expires: 0")]
    StarMisused,
}

/// How a telephone is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub contact: String,
    /// Where its messages go to.
    pub through: (SocketAddr, PhoneTransport),
}

impl Registrar {
    pub fn new(settings: RegistrarSettings) -> Self {
        Self { settings, bindings: BTreeMap::new(), streams: BTreeSet::new(), is_news: false }
    }

    /// Takes up what was known before a restart; connections did not outlive it.
    pub fn restore(&mut self, bindings: Vec<PhoneBinding>, now: Timestamp) {
        let is_there = |binding: &PhoneBinding| binding.expires_at > now && !binding.transport.is_one_way();
        for binding in bindings.into_iter().filter(is_there) {
            let theirs = self.bindings.entry(binding.extension.clone()).or_default();
            if !theirs.iter().any(|other| is_it(other, &binding.contact, binding.source.ip())) {
                theirs.push(binding);
                self.is_news = true;
            }
        }
    }

    /// Adds, renews or takes away bindings: all of what is asked for, or nothing. Answers whether anything changed.
    ///
    /// # Errors
    /// Why nothing was done.
    pub fn register(&mut self, request: &Registration, now: Timestamp) -> Result<bool, NotTaken> {
        let (contacts, extension) = (&self.settings.contacts, &request.extension);
        let mut theirs = self.bindings.get(extension).cloned().unwrap_or_default();
        theirs.retain(|binding| binding.expires_at > now);
        match &request.wish {
            Wish::Ask => {}
            Wish::NoneOfThem => {
                if request.expires != Some(0) {
                    return Err(NotTaken::StarMisused);
                }
                if theirs.iter().any(|binding| is_late(binding, request)) {
                    return Err(NotTaken::OutOfOrder);
                }
                theirs.clear();
            }
            Wish::These(wanted) => {
                for contact in wanted {
                    let lasts = self.lasts(contact, request.expires)?;
                    let same = |binding: &PhoneBinding| is_it(binding, &contact.uri, request.source.ip());
                    let at = theirs.iter().position(same);
                    if at.is_some_and(|at| is_late(&theirs[at], request)) {
                        return Err(NotTaken::OutOfOrder);
                    }
                    at.map(|at| theirs.remove(at));
                    if let Some(lasts) = lasts {
                        theirs.push(binding(request, contact, now + lasts));
                    }
                }
                while theirs.len() > *contacts {
                    let first = theirs.iter().enumerate().min_by_key(|(_, binding)| binding.expires_at);
                    let Some((first, _)) = first else { break };
                    theirs.remove(first);
                }
            }
        }
        if request.transport != PhoneTransport::Udp {
            self.streams.insert((request.source, request.transport));
        }
        Ok(self.put(extension, theirs))
    }

    /// How long a contact is registered for; none takes it away.
    fn lasts(&self, contact: &Contact, expires: Option<u32>) -> Result<Option<Duration>, NotTaken> {
        let longest = self.settings.longest_s;
        match contact.expires.or(expires).unwrap_or(longest) {
            0 => Ok(None),
            brief if brief < self.settings.shortest_s => {
                Err(NotTaken::TooBrief { at_least: self.settings.shortest_s })
            }
            wanted => Ok(Some(Duration::from_secs(wanted.min(longest).into()))),
        }
    }

    /// Says whether anything is different from before.
    fn put(&mut self, extension: &Extension, theirs: Vec<PhoneBinding>) -> bool {
        let before = if theirs.is_empty() {
            self.bindings.remove(extension)
        } else {
            self.bindings.insert(extension.clone(), theirs)
        };
        let before = before.unwrap_or_default();
        if sources_of(&before) != sources_of(self.of(extension)) {
            self.is_news = true;
            let bound = sources_of(self.bindings.values().flatten());
            self.streams.retain(|source| bound.contains(source));
        }
        before != self.of(extension)
    }

    /// The bindings of an extension, those that run out among them until [`Registrar::expire`].
    pub fn of(&self, extension: &Extension) -> &[PhoneBinding] {
        self.bindings.get(extension).map_or(&[], Vec::as_slice)
    }

    /// Every extension that has a binding.
    pub fn reachable(&self) -> impl Iterator<Item = &Extension> {
        self.bindings.keys()
    }

    /// The Contact values of the answer to a registration from there: every binding, with the seconds that are left to
    /// it. Of another telephone with the same address it is told nothing: it would take that one's seconds for its own.
    pub fn listed(&self, extension: &Extension, source: IpAddr, now: Timestamp) -> Vec<String> {
        let live = || self.of(extension).iter().filter(|binding| binding.expires_at > now);
        let is_anothers = |binding: &&PhoneBinding| {
            binding.source.ip() != source && live().any(|theirs| is_it(theirs, &binding.contact, source))
        };
        live()
            .filter(|binding| !is_anothers(binding))
            .map(|binding| {
                let seconds = binding.expires_at.since(now).as_millis().div_ceil(1_000);
                let q = contact::written_preference(binding.preference);
                format!("<{}>;expires={seconds};q={q}", binding.contact)
            })
            .collect()
    }

    /// Whether a telephone of the extension is registered from that address.
    pub fn is_home(&self, extension: &Extension, source: IpAddr, now: Timestamp) -> bool {
        self.of(extension).iter().any(|binding| binding.expires_at > now && binding.source.ip() == source)
    }

    /// How each telephone of an extension is reached, the preferred first.
    pub fn ways(&self, extension: &Extension, now: Timestamp) -> Vec<Way> {
        let mut live: Vec<_> = self.of(extension).iter().filter(|binding| binding.expires_at > now).collect();
        live.sort_by_key(|binding| std::cmp::Reverse(binding.preference));
        live.into_iter().filter_map(|binding| self.way(binding)).collect()
    }

    fn way(&self, binding: &PhoneBinding) -> Option<Way> {
        let mut through = (binding.source, binding.transport);
        if binding.transport == PhoneTransport::Tcp && !self.streams.contains(&through) {
            let own = own_place(&binding.contact);
            through = own.filter(|(place, by)| place.ip() == binding.source.ip() && !by.is_one_way())?;
        }
        Some(Way { contact: binding.contact.clone(), through })
    }

    /// Where messages of registered telephones come from, when that is not what it was when it was asked last.
    pub fn new_sources(&mut self) -> Option<BTreeSet<(SocketAddr, PhoneTransport)>> {
        std::mem::take(&mut self.is_news).then(|| sources_of(self.bindings.values().flatten()))
    }

    /// A connection is gone: what came by it is from now on looked for at its own address, or not reached any more; says
    /// whose telephones are not.
    pub fn closed(&mut self, ended: (SocketAddr, PhoneTransport)) -> Vec<Extension> {
        self.streams.remove(&ended);
        let (source, transport) = ended;
        if !transport.is_one_way() {
            return vec![];
        }
        self.keep(|binding| (binding.source, binding.transport) != (source, transport))
    }

    /// When the next binding runs out.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.bindings.values().flatten().map(|binding| binding.expires_at).min()
    }

    /// Takes away what has run out, and says of which extensions.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Extension> {
        self.keep(|binding| binding.expires_at > now)
    }

    /// Takes away whoever has no account any more, and says whom.
    pub fn only(&mut self, has_account: impl Fn(&Extension) -> bool) -> Vec<Extension> {
        self.keep(|binding| has_account(&binding.extension))
    }

    fn keep(&mut self, stays: impl Fn(&PhoneBinding) -> bool) -> Vec<Extension> {
        let leaves = |bindings: &Vec<PhoneBinding>| !bindings.iter().all(&stays);
        let changed: Vec<_> =
            self.bindings.iter().filter(|(_, theirs)| leaves(theirs)).map(|(who, _)| who.clone()).collect();
        for extension in &changed {
            let stay = self.of(extension).iter().filter(|binding| stays(binding)).cloned().collect();
            self.put(extension, stay);
        }
        changed
    }
}

fn binding(request: &Registration, contact: &Contact, expires_at: Timestamp) -> PhoneBinding {
    PhoneBinding {
        extension: request.extension.clone(),
        contact: contact.uri.clone(),
        preference: contact.preference,
        source: request.source,
        transport: request.transport,
        call_id: request.call_id.clone(),
        sequence: request.sequence,
        expires_at,
    }
}

/// Whether a binding is that of the telephone with this address that comes from there.
fn is_it(binding: &PhoneBinding, contact: &str, source: IpAddr) -> bool {
    binding.source.ip() == source && key_of(&binding.contact) == key_of(contact)
}

fn sources_of<'a>(
    bindings: impl IntoIterator<Item = &'a PhoneBinding>,
) -> BTreeSet<(SocketAddr, PhoneTransport)> {
    bindings.into_iter().map(|binding| (binding.source, binding.transport)).collect()
}

/// Whether a request is older than what made the binding (RFC 3261 §10.3, step 7).
fn is_late(binding: &PhoneBinding, request: &Registration) -> bool {
    binding.call_id == request.call_id && request.sequence <= binding.sequence
}

#[cfg(test)]
mod tests;
