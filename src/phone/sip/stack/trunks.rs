//! The trunks, as the stack knows them: what a call over one says of us, how we prove who we are, and which of them a
//! call came over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rsipstack::dialog::invitation::InviteOption;
use rsipstack::sip::{Auth, Header, Request, Response, StatusCode, Uri};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::register::{Client, DEREGISTERING};
use super::{LegId, Stack};
use crate::domain::ids::Chance;
use crate::phone::settings::{Account, Trunk};
use crate::phone::sip::arrival;
use crate::phone::sip::digest::{Challenge, Said};
use crate::phone::sip::leg::{LegEnd, LegEvent};
use crate::phone::sip::standing::Standings;
use crate::phone::sip::transport;

/// All trunks, and whoever speaks with them.
#[derive(Default)]
pub(super) struct Trunks {
    lines: Vec<Trunk>,
    standings: Standings,
    leaving: CancellationToken,
    clients: Vec<JoinHandle<()>>,
}

/// What a call of ours over a trunk shows of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over {
    /// Which, in the order of the settings.
    pub trunk: usize,
    pub asserted: bool,
    pub private: bool,
}

impl Stack {
    /// Registers with the trunks that want it from now on, and asks those that are to be asked whether they are there.
    pub fn begin_trunks(&mut self, trunks: Vec<Trunk>, standings: Standings) {
        let leaving = self.stop.child_token();
        let mut clients = Vec::new();
        for (at, trunk) in trunks.iter().enumerate() {
            if trunk.keep_alive_s > 0 {
                let client = self.client_of(at, trunk, &standings);
                clients.push(tokio::spawn(client.keeps_asking(leaving.clone())));
            }
            if trunk.register.is_some() {
                let client = self.client_of(at, trunk, &standings);
                clients.push(tokio::spawn(client.keeps_registered(leaving.clone())));
            }
        }
        self.trunks = Trunks { lines: trunks, standings, leaving, clients };
    }

    fn client_of(&mut self, at: usize, trunk: &Trunk, standings: &Standings) -> Client {
        let rung = Uri::from(transport::address(trunk.transport, trunk.address));
        let contact = self.contact(self.local_towards(trunk.address), trunk.transport, &rung);
        let endpoint = self.dialogs.endpoint.clone();
        Client::new(endpoint, at, trunk.clone(), standings.clone(), contact, self.chance.another())
    }

    /// Says goodbye where we are registered.
    pub async fn leave_trunks(&mut self) {
        self.trunks.leaving.cancel();
        for client in std::mem::take(&mut self.trunks.clients) {
            if tokio::time::timeout(DEREGISTERING, client).await.is_err() {
                debug!("a trunk did not say goodbye in time");
            }
        }
    }

    /// How the trunks stand.
    pub fn standings(&self) -> &Standings {
        &self.trunks.standings
    }

    /// The number that was dialled, and which trunk a call came over.
    pub(super) fn wanted(&self, request: &Request, source: SocketAddr) -> (String, Option<usize>) {
        let dialled = arrival::dialled(request);
        let at = trunk_of(&self.trunks.lines, source, &dialled);
        let trunk = at.and_then(|at| self.trunks.lines.get(at));
        let is_account =
            |trunk: &&Trunk| trunk.register.as_ref().is_some_and(|account| account.user == dialled);
        let Some(trunk) = trunk.filter(is_account) else { return (dialled, at) };
        // What we registered as is nobody's number.
        let addressed = || arrival::addressed(request).filter(|to| *to != dialled);
        (trunk.did.clone().or_else(addressed).unwrap_or(dialled), at)
    }

    /// Makes an INVITE say what one over this trunk says.
    pub(super) fn dress(&self, option: &mut InviteOption, over: Over) {
        let Some(trunk) = self.trunks.lines.get(over.trunk) else { return };
        let number = option.caller.auth.as_ref().map(|auth| auth.user.clone()).unwrap_or_default();
        let named = |user: &str, host: &str| Uri::try_from(format!("sip:{user}@{host}")).ok();
        if trunk.register.is_some() || trunk.domain.is_some() {
            option.caller = named(&number, &trunk.host()).unwrap_or_else(|| option.caller.clone());
        }
        if let Some(account) = &trunk.register {
            option.contact.auth = Some(Auth { user: account.user.clone(), password: None });
        }
        let headers = option.headers.get_or_insert_default();
        if over.asserted {
            let value = format!("<sip:{number}@{}>", option.caller.host_with_port);
            headers.push(Header::PAssertedIdentity(value.into()));
        }
        if over.private {
            headers.push(Header::Privacy("id".into()));
            // RFC 3323 §4.1.1.3.
            option.caller_display_name = Some("Anonymous".into());
            option.caller = named("anonymous", "anonymous.invalid").unwrap_or_else(|| option.caller.clone());
        }
    }

    /// Whether a trunk may ask who we are at any request.
    pub(super) fn asks_for_proof(&self, over: Over) -> bool {
        self.trunks.lines.get(over.trunk).is_some_and(|trunk| trunk.register.is_some())
    }

    /// An INVITE of ours is asked who we are: it is sent once more and says so, or the call has failed.
    pub(super) fn challenged(&mut self, id: LegId, response: &Response) {
        if let Err(end) = self.proves(id, response) {
            self.forget(id);
            self.report(id, LegEvent::Ended(end));
        }
    }

    fn proves(&mut self, id: LegId, response: &Response) -> Result<(), LegEnd> {
        let refused = LegEnd::Refused(response.status_code.code());
        let invitation = self.legs.get_mut(&id).and_then(|leg| leg.invitation.as_mut()).ok_or(refused)?;
        let trunk = invitation.trunk().and_then(|at| self.trunks.lines.get(at)).ok_or(refused)?;
        let account = trunk.register.as_ref().ok_or(refused)?;
        let challenge = challenge_in(response, account).ok_or(refused)?;
        let cnonce = cnonce(&mut self.chance);
        let option = invitation.proven(challenge.stale, |uri| {
            let said = Said { method: "INVITE", uri, count: 1, cnonce: &cnonce };
            proof_header(response, challenge.answer(account.login(), &account.password, said))
        });
        let is_sent = option.is_some_and(|option| self.invite_again(id, option));
        if is_sent { Ok(()) } else { Err(refused) }
    }
}

/// What we are asked to prove, if it is for us to prove.
pub(super) fn challenge_in(response: &Response, account: &Account) -> Option<Challenge> {
    let name = if asks_for_a_proxy(response) { "proxy-authenticate" } else { "www-authenticate" };
    Challenge::best(arrival::values_in(&response.headers, name), account.realm.as_deref())
}

/// The proof, in the header that the one who asks reads.
pub(super) fn proof_header(response: &Response, proof: String) -> Header {
    if asks_for_a_proxy(response) {
        Header::ProxyAuthorization(proof.into())
    } else {
        Header::Authorization(proof.into())
    }
}

fn asks_for_a_proxy(response: &Response) -> bool {
    response.status_code == StatusCode::ProxyAuthenticationRequired
}

pub(super) fn cnonce(chance: &mut Chance) -> String {
    chance.bytes::<8>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Of the trunks at an address the one whose account is dialled, else the one that sends from this very port, else the
/// first.
fn trunk_of(trunks: &[Trunk], source: SocketAddr, dialled: &str) -> Option<usize> {
    let there =
        || trunks.iter().enumerate().filter(|(_, trunk)| trunk.address.ip() == source.ip().to_canonical());
    let of_account = |trunk: &Trunk| trunk.register.as_ref().is_some_and(|account| account.user == dialled);
    let found = there().find(|(_, trunk)| of_account(trunk));
    let found = found.or_else(|| there().find(|(_, trunk)| trunk.address.port() == source.port()));
    found.or_else(|| there().next()).map(|(at, _)| at)
}

/// How long a trunk that is asked may take at most.
pub(super) const ANSWERING: Duration = Duration::from_secs(10);

/// Shared by the tasks that speak with trunks.
pub(super) type Endpoint = Arc<rsipstack::transaction::endpoint::EndpointInner>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    #[test]
    fn a_call_belongs_to_the_trunk_whose_account_it_dials_else_to_the_one_it_comes_from() {
        let account = |user: &str| Account {
            user: user.into(),
            login: None,
            password: Secret::new("x"),
            realm: None,
            expires_s: 60,
        };
        let trunk = |address: &str, user: Option<&str>| Trunk {
            register: user.map(account),
            ..Trunk::at("trunk", address.parse().unwrap())
        };
        let trunks = [
            trunk("192.0.2.5:5060", Some("line-a")),
            trunk("192.0.2.5:5060", Some("line-b")),
            trunk("192.0.2.5:5070", None),
        ];
        for (source, dialled, expected) in [
            ("192.0.2.5:5060", "line-b", Some(1)),
            ("192.0.2.5:5060", "12349", Some(0)),
            ("192.0.2.5:5070", "12349", Some(2)),
            ("192.0.2.5:40000", "12349", Some(0)),
            ("192.0.2.6:5060", "line-a", None),
        ] {
            assert_eq!(trunk_of(&trunks, source.parse().unwrap(), dialled), expected, "{source} {dialled}");
        }
    }
}
