//! The line's own telephones, as the stack knows them: who may register, and where each of them is.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Request, StatusCode, Uri};
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::mpsc::UnboundedReceiver;
use tracing::{debug, info};

use super::Stack;
use super::arrive::reply;
use crate::clock::{self, Clock};
use crate::domain::extension::{Extension, PhoneAccount, PhoneBinding, PhoneTransport};
use crate::domain::ids::Chance;
use crate::domain::timestamp::Timestamp;
use crate::phone::sip::arrival;
use crate::phone::sip::digest::{Attempt, Digest, Verdict};
use crate::phone::sip::door::Ended;
use crate::phone::sip::gate::Gate;
use crate::phone::sip::grammar::seconds;
use crate::phone::sip::leg::Happening;
use crate::phone::sip::registrar::contact::{Wish, wants_tls};
use crate::phone::sip::registrar::{NotTaken, Registrar, RegistrarSettings, Registration, Way};
use crate::phone::sip::transport;

/// How long nothing is looked at when nothing runs out: the line's time may be set meanwhile.
const LOOK: Duration = Duration::from_secs(30);

/// Accounts, bindings, and who asks.
pub(super) struct Phones {
    registrar: Registrar,
    digest: Digest,
    clock: Clock,
    chance: Chance,
    gate: Arc<Gate>,
    /// Whether the accounts are known: before, nobody can be told that their password is wrong.
    is_open: bool,
    homes: Homes,
    /// Connections that have ended.
    closed: UnboundedReceiver<Ended>,
}

/// Where messages of registered telephones come from.
#[derive(Clone, Default)]
pub struct Homes(
    /// A mutex because the library asks for each message, in tasks of its own; each holds it for one set operation.
    Arc<Mutex<BTreeSet<(SocketAddr, PhoneTransport)>>>,
);

impl Homes {
    pub fn contains(&self, source: SocketAddr, transport: PhoneTransport) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(source, transport))
    }

    fn set(&self, homes: BTreeSet<(SocketAddr, PhoneTransport)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = homes;
    }
}

/// What a request is answered with, and whose telephones are elsewhere because of it.
struct Answer {
    status: StatusCode,
    headers: Vec<Header>,
    moved: Option<Extension>,
}

impl Answer {
    fn of(status: StatusCode, headers: Vec<Header>) -> Self {
        Self { status, headers, moved: None }
    }
}

impl Phones {
    pub(super) fn new(
        settings: &RegistrarSettings,
        clock: Clock,
        mut chance: Chance,
        gate: Arc<Gate>,
        homes: Homes,
        closed: UnboundedReceiver<Ended>,
    ) -> Self {
        let digest = Digest::new(settings.realm.clone(), settings.algorithms.clone(), chance.bytes());
        let registrar = Registrar::new(settings.clone());
        Self { registrar, digest, clock, chance, gate, is_open: false, homes, closed }
    }

    /// Waits until a connection has ended or a binding has run out; says whose telephones are elsewhere.
    pub(super) async fn next(&mut self) -> Vec<Extension> {
        let left = self.registrar.next_deadline().map(|deadline| deadline.since(self.clock.now()));
        let wake = clock::monotonic() + left.unwrap_or(LOOK).min(LOOK);
        tokio::select! {
            Some(ended) = self.closed.recv() => {
                let moved = self.registrar.closed(ended);
                self.note_homes();
                moved
            }
            () = tokio::time::sleep_until(wake.into()) => {
                let moved = self.registrar.expire(self.clock.now());
                self.note_homes();
                moved
            }
        }
    }

    fn note_homes(&mut self) {
        if let Some(sources) = self.registrar.new_sources() {
            self.homes.set(sources);
        }
    }

    fn answer(&mut self, request: &Request, source: SocketAddr, transport: PhoneTransport) -> Answer {
        if !self.is_open {
            return Answer::of(StatusCode::ServiceUnavailable, vec![]);
        }
        let now = self.clock.now();
        let authorizations: Vec<&str> = arrival::header_values(request, "authorization").collect();
        let attempt =
            Attempt { method: "REGISTER", authorizations: &authorizations, source: source.ip(), now };
        let registrar = &self.registrar;
        match self.digest.check(attempt, |extension| registrar.is_home(extension, source.ip(), now)) {
            Verdict::Known(extension) => self.register(request, extension, (source, transport), now),
            Verdict::Challenge { stale } => self.challenge(stale, now),
            Verdict::Wrong => {
                self.gate.password_refused();
                self.challenge(false, now)
            }
            Verdict::Wait(wait) => {
                self.gate.password_held_back();
                let seconds = wait.as_millis().div_ceil(1_000);
                let header = Header::RetryAfter(seconds.to_string().into());
                Answer::of(StatusCode::ServiceUnavailable, vec![header])
            }
        }
    }

    fn challenge(&mut self, stale: bool, now: Timestamp) -> Answer {
        let challenges = self.digest.challenges(stale, now, self.chance.bytes());
        let headers = challenges.into_iter().map(|value| Header::WwwAuthenticate(value.into())).collect();
        Answer::of(StatusCode::Unauthorized, headers)
    }

    fn register(
        &mut self,
        request: &Request,
        extension: Extension,
        (source, transport): (SocketAddr, PhoneTransport),
        now: Timestamp,
    ) -> Answer {
        // Nobody registers for anybody else.
        if arrival::addressed(request).as_deref() != Some(extension.as_str()) {
            return Answer::of(StatusCode::Forbidden, vec![]);
        }
        let Some(registration) = registration(request, extension, source, transport) else {
            return Answer::of(StatusCode::BadRequest, vec![]);
        };
        match self.registrar.register(&registration, now) {
            Ok(changed) => {
                self.note_homes();
                let extension = registration.extension;
                let listed = self.registrar.listed(&extension, source.ip(), now);
                let headers = listed.into_iter().map(|value| Header::Contact(value.into())).collect();
                Answer { status: StatusCode::OK, headers, moved: changed.then_some(extension) }
            }
            Err(error) => {
                debug!(%error, "a registration was not taken");
                match error {
                    NotTaken::TooBrief { at_least } => {
                        let header = Header::MinExpires(at_least.to_string().into());
                        Answer::of(StatusCode::IntervalTooBrief, vec![header])
                    }
                    NotTaken::OutOfOrder | NotTaken::StarMisused => {
                        Answer::of(StatusCode::BadRequest, vec![])
                    }
                }
            }
        }
    }
}

impl Stack {
    /// A telephone says where it is.
    pub(super) fn registers(&mut self, transaction: Transaction) {
        let Some(source) = arrival::source_of(&transaction) else { return };
        let transport = transport::came_by(&transaction);
        let Answer { status, headers, moved } = self.phones.answer(&transaction.original, source, transport);
        self.moved(moved.into_iter().collect());
        reply(transaction, status, headers);
    }

    pub(super) fn moved(&mut self, extensions: Vec<Extension>) {
        if !extensions.is_empty() {
            self.ready.push_back(Happening::PhonesMoved(extensions));
        }
    }

    /// Lets telephones register from now on, and takes up where they were before.
    pub fn open_registrar(&mut self, accounts: Vec<PhoneAccount>, bindings: Vec<PhoneBinding>) {
        self.phones.registrar.restore(bindings, self.phones.clock.now());
        self.phones.is_open = true;
        self.put_accounts(accounts);
        let moved: Vec<_> = self.phones.registrar.reachable().cloned().collect();
        info!(telephones = moved.len(), "telephones may register");
        self.moved(moved);
    }

    /// Only these may register from now on; the others are reached no more, nor is who has another password until it has
    /// come with that.
    pub fn put_accounts(&mut self, accounts: Vec<PhoneAccount>) {
        let phones = &mut self.phones;
        let changed = phones.digest.put_accounts(accounts);
        let stays = |extension: &Extension| phones.digest.has(extension) && !changed.contains(extension);
        let gone = phones.registrar.only(stays);
        phones.note_homes();
        self.moved(gone);
    }

    /// Where the telephones of an extension said that they are.
    pub fn bindings_of(&self, extension: &Extension) -> &[PhoneBinding] {
        self.phones.registrar.of(extension)
    }

    /// How each of them is reached.
    pub fn ways_to(&self, extension: &Extension) -> Vec<Way> {
        self.phones.registrar.ways(extension, self.phones.clock.now())
    }
}

/// Reads a REGISTER. None when it cannot be read, or names an address that no call can be sent to.
fn registration(
    request: &Request,
    extension: Extension,
    source: SocketAddr,
    transport: PhoneTransport,
) -> Option<Registration> {
    let wish = Wish::read(arrival::header_values(request, "contact"))?;
    let is_reached = |uri: &str| Uri::try_from(uri).is_ok() && (transport.is_secret() || !wants_tls(uri));
    if let Wish::These(contacts) = &wish
        && !contacts.iter().all(|contact| is_reached(&contact.uri))
    {
        return None;
    }
    // One that cannot be read counts as none (RFC 3261 §10.3, step 7).
    let expires = arrival::header_values(request, "expires").next().and_then(|value| seconds(value.trim()));
    let call_id = request.call_id_header().ok()?.value().to_owned();
    let sequence = request.cseq_header().ok()?.seq().ok()?;
    Some(Registration { extension, wish, expires, call_id, sequence, source, transport })
}
