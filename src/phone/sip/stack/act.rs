//! What we do with legs: ring, accept, refuse, dial, hang up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use rsipstack::dialog::invitation::{InviteAsyncResult, InviteOption};
use rsipstack::sip::uri::ParamsExt;
use rsipstack::sip::{Header, Response, StatusCode, StatusCodeKind, Transport, Uri};
use rsipstack::transport::SipAddr;
use tracing::debug;

use super::arrive::ALLOW;
use super::follow::respond;
use super::{Outcome, Phase, Stack};
use crate::clock;
use crate::domain::extension::PhoneTransport;
use crate::phone::sip::leg::{LegEnd, LegId, Rejection};
use crate::phone::sip::sdp::{CONTENT_TYPE, Ours};
use crate::phone::sip::trouble::kind;

/// Why a call cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    #[error("not a SIP address")]
    BadTarget,
    #[error("all lines are taken")]
    NoLine,
    #[error("the SIP library refused the call: {0}")]
    Library(&'static str),
}

/// An address nobody has (RFC 5737), to ask the system which of ours leads out into the world.
const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 5060);

/// Where a message goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    pub address: SocketAddr,
    pub transport: PhoneTransport,
}

impl Hop {
    fn transport(self) -> Transport {
        match self.transport {
            PhoneTransport::Udp => Transport::Udp,
            PhoneTransport::Tcp => Transport::Tcp,
        }
    }
}

/// Whom to ring, and how.
#[derive(Debug, Clone)]
pub struct Dialling {
    /// A SIP address.
    pub to: String,
    /// The user part of our own address.
    pub from_user: String,
    /// The next hop, when it is not the target itself.
    pub via: Option<Hop>,
    /// The port at which we receive audio.
    pub media_port: u16,
    /// Whether who is rung may have the call led elsewhere.
    pub may_refer: bool,
}

impl Stack {
    /// Lets the caller hear ringing.
    pub fn ring(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        if leg.phase == Phase::Arriving
            && let Err(error) = leg.dialog.ringing(None, None)
        {
            debug!(error = kind(&error), "180 could not be sent");
        }
    }

    /// Answers the call; `media` is where we receive audio.
    pub fn accept(&mut self, id: LegId, media: SocketAddr) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.phase != Phase::Arriving {
            return;
        }
        let ours = ours(media, leg.ours);
        leg.ours = Some(ours);
        let body = match &leg.described {
            Some(described) => described.answer(&ours),
            None => ours.offer(),
        };
        leg.phase = Phase::Accepted;
        self.arriving -= 1;
        leg.answered_at = Some(clock::monotonic());
        let headers = vec![Header::ContentType(CONTENT_TYPE.into())];
        if let Err(error) = leg.dialog.accept(Some(headers), Some(body)) {
            debug!(error = kind(&error), "200 could not be sent");
        }
    }

    /// Refuses the call and forgets it.
    pub fn reject(&mut self, id: LegId, rejection: Rejection) {
        let status = match rejection {
            Rejection::Busy => StatusCode::BusyHere,
            Rejection::Overloaded => StatusCode::ServiceUnavailable,
            Rejection::NotFound => StatusCode::NotFound,
            Rejection::Forbidden => StatusCode::Forbidden,
        };
        let Some(leg) = self.forget(id) else { return };
        if let Err(error) = leg.dialog.reject(Some(status), None) {
            debug!(error = kind(&error), "a refusal could not be sent");
        }
    }

    /// Answers an offered change of media with where we receive audio now.
    pub fn answer_change(&mut self, id: LegId, media: SocketAddr) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(handle) = leg.change.take() else { return };
        let ours = ours(media, leg.ours);
        leg.ours = Some(ours);
        let body = match &leg.described {
            Some(described) => described.answer(&ours),
            None => ours.offer(),
        };
        respond(handle, StatusCode::OK, Some(body));
    }

    /// Ends the leg in whatever way its state asks for and forgets it.
    pub fn hang_up(&mut self, id: LegId) {
        let Some(leg) = self.forget(id) else { return };
        let dialogs = self.dialogs.clone();
        tokio::spawn(async move {
            let ended = match leg.phase {
                Phase::Arriving => leg.dialog.reject(Some(StatusCode::TemporarilyUnavailable), None),
                Phase::Accepted | Phase::Dialling | Phase::Ringing | Phase::Talking => {
                    leg.dialog.hangup().await
                }
            };
            if let Err(error) = ended {
                debug!(error = kind(&error), "a call could not be ended in order");
            }
            dialogs.remove_dialog(&leg.dialog.id());
        });
    }

    /// Rings somebody. What comes of it is reported for the leg that is returned, beside our
    /// address as they see it and theirs.
    pub fn dial(&mut self, dialling: &Dialling) -> Result<(LegId, IpAddr, IpAddr), DialError> {
        if self.legs.len() >= self.settings.lines.all {
            return Err(DialError::NoLine);
        }
        let callee = Uri::try_from(dialling.to.as_str()).map_err(|_| DialError::BadTarget)?;
        let hop = dialling.via.map(|hop| SipAddr::new(hop.transport(), hop.address.into()));
        let towards = dialling
            .via
            .map(|hop| hop.address)
            .or_else(|| SocketAddr::try_from(callee.host_with_port.clone()).ok());
        let local = self.local_towards(towards.unwrap_or(ANYWHERE));
        let named = callee.transport().copied().unwrap_or(Transport::Udp);
        let goes_by = dialling.via.map_or(named, Hop::transport);
        let contact = self.contact(local, goes_by);
        let ours = ours(SocketAddr::new(local, dialling.media_port), None);
        let mut caller = contact.clone();
        caller.auth = Some(rsipstack::sip::Auth { user: dialling.from_user.clone(), password: None });
        let option = InviteOption {
            caller,
            callee,
            destination: hop,
            content_type: Some(CONTENT_TYPE.into()),
            offer: Some(ours.offer()),
            contact,
            headers: Some(vec![Header::Allow(ALLOW.into())]),
            ..InviteOption::default()
        };
        let (dialog, outcome) = self
            .dialogs
            .do_invite_async(option, self.states_in.clone())
            .map_err(|error| DialError::Library(kind(&error)))?;
        let id = self.register(dialog, Phase::Dialling, None);
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.ours = Some(ours);
            leg.may_refer = dialling.may_refer;
        }
        let outcomes = self.outcomes_in.clone();
        tokio::spawn(async move {
            let outcome = match outcome.await {
                Ok(result) => outcome_of(result),
                Err(_) => Outcome::Failed(LegEnd::Unreachable),
            };
            // The stack itself holds the other end; it can only be gone when everything is.
            outcomes.send((id, outcome)).ok();
        });
        Ok((id, local, towards.map_or(local, |hop| hop.ip())))
    }
}

fn outcome_of(result: InviteAsyncResult) -> Outcome {
    match result {
        Ok((_, Some(response))) => answered_or_refused(response),
        Ok((_, None)) => Outcome::Failed(LegEnd::Unreachable),
        Err(error) => {
            debug!(error = kind(&error), "an INVITE failed");
            Outcome::Failed(LegEnd::Unreachable)
        }
    }
}

fn answered_or_refused(response: Response) -> Outcome {
    if response.status_code.kind() == StatusCodeKind::Successful {
        return Outcome::Answered(response.body);
    }
    Outcome::Failed(LegEnd::Refused(response.status_code.code()))
}

/// Our side of the description: a new one, or the next version of the one before.
fn ours(media: SocketAddr, before: Option<Ours>) -> Ours {
    match before {
        Some(before) => Ours { address: media, version: before.version + 1, ..before },
        None => {
            let session_id = clock::wall().as_millis().unsigned_abs();
            Ours { address: media, session_id, version: 1 }
        }
    }
}
