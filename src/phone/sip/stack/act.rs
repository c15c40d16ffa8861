//! What we do with legs: ring, accept, refuse, dial, hang up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use rsipstack::dialog::invitation::InviteOption;
use rsipstack::sip::typed::Route;
use rsipstack::sip::uri::ParamsExt;
use rsipstack::sip::{Header, Param, StatusCode, Uri};
use tracing::debug;

use super::arrive::ALLOW;
use super::follow::respond_with;
use super::invitation::Invitation;
use super::trunks::Over;
use super::within::Change;
use super::{Phase, Stack};
use crate::clock;
use crate::domain::extension::PhoneTransport;
use crate::phone::sip::leg::{LegId, Rejection};
use crate::phone::sip::sdp::{CONTENT_TYPE, Ours, Secrets};
use crate::phone::sip::transport;
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
    /// The trunk it goes over, and what is shown of us there.
    pub over: Option<Over>,
}

impl Stack {
    /// Answers the call; `media` is where we receive audio.
    pub fn accept(&mut self, id: LegId, media: SocketAddr) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.phase != Phase::Arriving {
            return;
        }
        let ours = ours(media, leg.ours, leg.secrets);
        leg.ours = Some(ours);
        let body = match &leg.described {
            Some(described) => described.answer(&ours),
            None => ours.offer(),
        };
        leg.said.clone_from(&body);
        leg.phase = Phase::Accepted;
        self.arriving -= 1;
        leg.answered(id, &self.gate);
        let answering = std::mem::take(&mut leg.answering);
        let mut headers = leg.answers(answering);
        headers.push(Header::ContentType(CONTENT_TYPE.into()));
        if let Err(error) = leg.dialog.accept(Some(headers), Some(body)) {
            debug!(error = kind(&error), "200 could not be sent");
        }
        leg.begins = None;
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
        let Some(Change { handle, answering }) = leg.change.take() else { return };
        let ours = ours(media, leg.ours, leg.secrets);
        leg.ours = Some(ours);
        let body = match &leg.described {
            Some(described) => described.answer(&ours),
            None => ours.offer(),
        };
        leg.said.clone_from(&body);
        respond_with(handle, StatusCode::OK, leg.answers(answering), Some(body));
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
        let secrets = self.secrets_for(dialling)?;
        let callee = Uri::try_from(dialling.to.as_str()).map_err(|_| DialError::BadTarget)?;
        let hop = dialling.via.map(|hop| transport::address(hop.transport, hop.address));
        let towards = dialling
            .via
            .map(|hop| hop.address)
            .or_else(|| SocketAddr::try_from(callee.host_with_port.clone()).ok());
        let local = self.local_towards(towards.unwrap_or(ANYWHERE));
        let contact = self.contact(local, goes_by(dialling.via, &callee), &callee);
        let ours = ours(SocketAddr::new(local, dialling.media_port), None, secrets);
        let mut caller = contact.clone();
        caller.auth = Some(rsipstack::sip::Auth { user: dialling.from_user.clone(), password: None });
        let offer = ours.offer();
        let mut headers = vec![Header::Allow(ALLOW.into())];
        let they_refresh = dialling.over.is_some_and(|over| self.asks_for_proof(over));
        self.offer_session(&mut headers, they_refresh);
        let mut option = InviteOption {
            caller,
            route_set: route_by(dialling.via, &callee),
            callee,
            destination: hop,
            content_type: Some(CONTENT_TYPE.into()),
            offer: Some(offer.clone()),
            contact,
            headers: Some(headers),
            ..InviteOption::default()
        };
        if let Some(over) = dialling.over {
            self.dress(&mut option, over);
        }
        let invitation = Invitation::of(option, dialling.over);
        let (dialog, outcome) = self.invite(invitation.option())?;
        let id = self.register(dialog, Phase::Dialling, None);
        if let Some(leg) = self.legs.get_mut(&id) {
            (leg.ours, leg.said, leg.secrets) = (Some(ours), offer, secrets);
            leg.invitation = Some(Box::new(invitation));
            leg.may_refer = dialling.may_refer;
        }
        self.await_answer(id, outcome);
        Ok((id, local, towards.map_or(local, |hop| hop.ip())))
    }
}

/// Where a call goes by UDP that is not where its address leads: without it a CANCEL would go astray, which must go the
/// way of its INVITE (RFC 3261 §9.1). By a connection all go the same way.
fn route_by(via: Option<Hop>, callee: &Uri) -> Vec<Route> {
    let named = SocketAddr::try_from(callee.host_with_port.clone()).ok();
    let Some(hop) = via.filter(|hop| hop.transport == PhoneTransport::Udp && named != Some(hop.address))
    else {
        return vec![];
    };
    let mut uri = Uri::from(transport::address(hop.transport, hop.address));
    uri.params.push(Param::Lr);
    vec![Route { display_name: None, uri, params: vec![] }]
}

/// What the messages of a call travel by.
pub(super) fn goes_by(via: Option<Hop>, callee: &Uri) -> PhoneTransport {
    via.map_or(transport::named(callee.transport().copied()), |hop| hop.transport)
}

/// Our side of the description: a new one, or the next version of the one before.
fn ours(media: SocketAddr, before: Option<Ours>, secrets: Secrets) -> Ours {
    match before {
        Some(before) => Ours { address: media, version: before.version + 1, secrets, ..before },
        None => {
            let session_id = clock::wall().as_millis().unsigned_abs();
            Ours { address: media, session_id, version: 1, secrets }
        }
    }
}
