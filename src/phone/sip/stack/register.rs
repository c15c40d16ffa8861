//! What we ask of a trunk by ourselves: that it knows where we are (REGISTER, RFC 3261 §10), and whether it is there
//! (OPTIONS).

use std::time::Duration;

use rsipstack::sip::prelude::HasHeaders;
use rsipstack::sip::{Header, Request, Response, SipMessage, StatusCode, StatusCodeKind, Uri};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::SipAddr;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::trunks::{ANSWERING, Endpoint, challenge_in, cnonce, proof_header};
use crate::clock;
use crate::domain::ids::Chance;
use crate::phone::settings::{Account, Trunk};
use crate::phone::sip::arrival;
use crate::phone::sip::digest::{Challenge, Said};
use crate::phone::sip::grammar::seconds;
use crate::phone::sip::registrar::contact::{Wish, key_of};
use crate::phone::sip::standing::Standings;
use crate::phone::sip::transport;
use crate::phone::sip::trouble::kind;

/// How long a goodbye may take.
pub(super) const DEREGISTERING: Duration = Duration::from_secs(2);

/// Questions within one attempt: the first, its proof, one for an old nonce, one for too short a time.
const QUESTIONS: u32 = 4;

/// The pauses between attempts double from the first to the longest. A password that was refused is not guessed at:
/// providers lock out who tries often.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
const PAUSE_OF_THE_REFUSED: Duration = Duration::from_secs(30);
const LONGEST_PAUSE_OF_THE_REFUSED: Duration = Duration::from_secs(1_800);

/// Whoever speaks with one trunk.
pub(super) struct Client {
    endpoint: Endpoint,
    at: usize,
    trunk: Trunk,
    standings: Standings,
    contact: Uri,
    chance: Chance,
    call_id: String,
    tag: String,
    sequence: u32,
    /// What was asked to be proven last, by which status, and how often it was: the next request proves it by itself.
    challenge: Option<(Challenge, Response, u32)>,
    expires_s: u32,
}

/// Why a registration did not come about.
#[derive(Debug, PartialEq, Eq)]
enum NotRegistered {
    NoAnswer,
    Refused(u16),
}

impl NotRegistered {
    /// What may be said of it to whoever watches over the line.
    fn problem(&self) -> String {
        match self {
            Self::NoAnswer => "it does not answer".into(),
            Self::Refused(401 | 403 | 407) => "it refuses user or password".into(),
            Self::Refused(404) => "it does not know the user".into(),
            Self::Refused(status) => format!("it answers {status}"),
        }
    }

    /// How long to wait after so many failures in a row.
    fn pause(&self, failures: u32) -> Duration {
        let (first, longest) = match self {
            Self::Refused(401 | 403 | 404 | 407) => (PAUSE_OF_THE_REFUSED, LONGEST_PAUSE_OF_THE_REFUSED),
            Self::NoAnswer | Self::Refused(_) => (FIRST_PAUSE, LONGEST_PAUSE),
        };
        first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest)
    }
}

impl Client {
    pub(super) fn new(
        endpoint: Endpoint,
        at: usize,
        trunk: Trunk,
        standings: Standings,
        mut contact: Uri,
        mut chance: Chance,
    ) -> Self {
        let expires_s = trunk.register.as_ref().map_or(0, |account| account.expires_s);
        if let Some(account) = &trunk.register {
            contact.auth = Some(rsipstack::sip::Auth { user: account.user.clone(), password: None });
        }
        let (call_id, tag) = (cnonce(&mut chance) + &cnonce(&mut chance), cnonce(&mut chance));
        let sequence = 0;
        Self {
            endpoint,
            at,
            trunk,
            standings,
            contact,
            chance,
            call_id,
            tag,
            sequence,
            challenge: None,
            expires_s,
        }
    }

    /// Keeps us registered until we leave.
    pub(super) async fn keeps_registered(mut self, leaving: CancellationToken) {
        let Some(account) = self.trunk.register.clone() else { return };
        let mut failures = 0;
        let mut holds_until = None;
        let standings = self.standings.clone();
        let Some(standing) = standings.get(self.at) else { return };
        loop {
            let registered = tokio::select! {
                () = leaving.cancelled() => break,
                registered = self.registers(&account, self.expires_s) => registered,
            };
            let pause = match registered {
                Ok(granted) => {
                    failures = 0;
                    holds_until = Some(clock::monotonic() + granted);
                    standing.registered();
                    granted * 3 / 4
                }
                Err(why) => {
                    failures += 1;
                    let holds = holds_until.is_some_and(|until| until > clock::monotonic());
                    standing.not_registered(&why.problem(), holds && why == NotRegistered::NoAnswer);
                    why.pause(failures)
                }
            };
            tokio::select! {
                () = leaving.cancelled() => break,
                () = standing.forgotten.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if holds_until.is_some_and(|until| until > clock::monotonic()) {
            let gone = tokio::time::timeout(DEREGISTERING, self.registers(&account, 0)).await;
            debug!(trunk = self.trunk.name, gone = gone.is_ok_and(|gone| gone.is_ok()), "left a trunk");
        }
    }

    /// Asks again and again whether it is there.
    pub(super) async fn keeps_asking(mut self, leaving: CancellationToken) {
        let between = Duration::from_secs(self.trunk.keep_alive_s);
        let standings = self.standings.clone();
        let Some(standing) = standings.get(self.at) else { return };
        let host = self.trunk.host();
        let (uri, us) = (format!("sip:{host}"), self.contact.to_string());
        loop {
            let asked_at = clock::monotonic();
            let answer = tokio::select! {
                () = leaving.cancelled() => return,
                answer = self.ask("OPTIONS", &uri, &us, &uri, between.min(ANSWERING), vec![]) => answer,
            };
            match answer {
                Some(answer) if !says_it_is_gone(&answer.status_code) => standing.answered(),
                Some(_) | None => standing.missed(),
            }
            tokio::select! {
                () = leaving.cancelled() => return,
                () = tokio::time::sleep_until((asked_at + between).into()) => {}
            }
        }
    }

    /// Asks to be registered for so many seconds; answers for how long we are.
    async fn registers(&mut self, account: &Account, expires_s: u32) -> Result<Duration, NotRegistered> {
        let host = self.trunk.host();
        let (uri, us) = (format!("sip:{host}"), format!("sip:{}@{host}", account.user));
        let mut expires_s = expires_s;
        let mut proven = false;
        let mut last = NotRegistered::NoAnswer;
        for _ in 0..QUESTIONS {
            let mut headers = vec![
                Header::Contact(format!("<{}>", self.contact).into()),
                Header::Expires(expires_s.to_string().into()),
            ];
            headers.extend(self.proof(account, &uri));
            let asked = self.ask("REGISTER", &uri, &us, &us, ANSWERING, headers);
            let response = asked.await.ok_or(NotRegistered::NoAnswer)?;
            last = NotRegistered::Refused(response.status_code.code());
            match response.status_code.code() {
                401 | 407 => {
                    let Some(challenge) = challenge_in(&response, account) else { return Err(last) };
                    // What we prove by ourselves goes by the nonce of another time: that it is asked anew says nothing.
                    if proven && !challenge.stale {
                        self.challenge = None;
                        return Err(last);
                    }
                    proven = true;
                    self.challenge = Some((challenge, response, 0));
                }
                423 => {
                    let least = first_number(&response, "min-expires").filter(|least| *least > expires_s);
                    let Some(least) = least.filter(|_| expires_s > 0) else { return Err(last) };
                    (expires_s, self.expires_s) = (least, least);
                }
                200..=299 => {
                    return match self.granted(&response).unwrap_or(expires_s) {
                        0 if expires_s > 0 => Err(last),
                        seconds => Ok(Duration::from_secs(seconds.into())),
                    };
                }
                _ => return Err(last),
            }
        }
        Err(last)
    }

    fn proof(&mut self, account: &Account, uri: &str) -> Option<Header> {
        let cnonce = cnonce(&mut self.chance);
        let (challenge, asked, count) = self.challenge.as_mut()?;
        *count += 1;
        let said = Said { method: "REGISTER", uri, count: *count, cnonce: &cnonce };
        Some(proof_header(asked, challenge.answer(account.login(), &account.password, said)))
    }

    /// For how many seconds it says that it knows us.
    fn granted(&self, response: &Response) -> Option<u32> {
        let ours = key_of(&self.contact.to_string());
        let listed = match Wish::read(arrival::values_in(&response.headers, "contact")) {
            Some(Wish::These(contacts)) => contacts,
            Some(Wish::Ask | Wish::NoneOfThem) | None => vec![],
        };
        let found = listed.iter().find(|contact| key_of(&contact.uri) == ours);
        // One that a router in between rewrote is ours, too.
        let found = found.or_else(|| listed.first().filter(|_| listed.len() == 1));
        found.and_then(|contact| contact.expires).or_else(|| first_number(response, "expires"))
    }

    /// Asks something and waits for the final answer; nothing when none came in time.
    async fn ask(
        &mut self,
        method: &str,
        uri: &str,
        from: &str,
        to: &str,
        within: Duration,
        more: Vec<Header>,
    ) -> Option<Response> {
        let answer = self.answer_to(method, uri, from, to, more);
        tokio::time::timeout(within, answer).await.ok().flatten()
    }

    async fn answer_to(
        &mut self,
        method: &str,
        uri: &str,
        from: &str,
        to: &str,
        more: Vec<Header>,
    ) -> Option<Response> {
        self.sequence += 1;
        let transport = transport::of(self.trunk.transport);
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {};branch=z9hG4bK{};rport\r\nMax-Forwards: 70\r\n\
             From: <{from}>;tag={}\r\nTo: <{to}>\r\nCall-ID: {}\r\nCSeq: {} {method}\r\nUser-Agent: {}\r\n\r\n",
            self.contact.host_with_port,
            cnonce(&mut self.chance),
            self.tag,
            self.call_id,
            self.sequence,
            self.endpoint.user_agent,
        );
        let Ok(SipMessage::Request(mut request)) = SipMessage::try_from(text) else { return None };
        request.headers_mut().extend(more);
        match self.transaction(request, transport).await {
            Ok(response) => response,
            Err(error) => {
                debug!(trunk = self.trunk.name, error = kind(&error), "a trunk could not be asked");
                None
            }
        }
    }

    async fn transaction(
        &self,
        request: Request,
        transport: rsipstack::sip::Transport,
    ) -> rsipstack::Result<Option<Response>> {
        let key = TransactionKey::from_request(&request, TransactionRole::Client)?;
        let mut transaction = Transaction::new_client(key, request, self.endpoint.clone(), None);
        transaction.destination = Some(SipAddr::new(transport, self.trunk.address.into()));
        transaction.send().await?;
        while let Some(message) = transaction.receive().await {
            if let SipMessage::Response(response) = message
                && response.status_code.kind() != StatusCodeKind::Provisional
            {
                return Ok(Some(response));
            }
        }
        Ok(None)
    }
}

/// 408 comes from whoever stands before it, 503 from one that serves nobody.
fn says_it_is_gone(status: &StatusCode) -> bool {
    matches!(status.code(), 408 | 503)
}

fn first_number(response: &Response, name: &str) -> Option<u32> {
    arrival::values_in(&response.headers, name).next().and_then(|value| seconds(value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_who_was_refused_waits_longer() {
        let pauses = |why: &NotRegistered| [1, 2, 3, 40].map(|failures| why.pause(failures).as_secs());
        assert_eq!(pauses(&NotRegistered::NoAnswer), [2, 4, 8, 120]);
        assert_eq!(pauses(&NotRegistered::Refused(503)), [2, 4, 8, 120]);
        assert_eq!(pauses(&NotRegistered::Refused(403)), [30, 60, 120, 1_800]);
    }
}
