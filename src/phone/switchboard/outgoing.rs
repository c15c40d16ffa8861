//! Calls that we make.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{info, warn};

use super::transfer::may_refer;
use super::{Line, Switchboard};
use crate::clock;
use crate::desk::event::{EndReason, PhoneEvent};
use crate::domain::ids::CallId;
use crate::domain::phone_number::PhoneNumber;
use crate::phone::media::Command;
use crate::phone::sip::leg::LegId;
use crate::phone::sip::sdp::Agreement;
use crate::phone::sip::stack::Dialling;

/// Where a call leads.
struct Way {
    address: String,
    hop: Option<SocketAddr>,
}

/// Why a call could not even be tried.
#[derive(Debug, thiserror::Error)]
enum NoWay {
    #[error("neither a SIP address nor a telephone number")]
    BadTarget,
    #[error("no trunk is configured to ring numbers over; add one under [[phone.trunks]]")]
    NoTrunk,
    #[error(transparent)]
    NoPort(#[from] crate::phone::media::ports::NoPort),
    #[error("the port for audio has no address")]
    NoAddress(#[from] std::io::Error),
    #[error(transparent)]
    Dial(#[from] crate::phone::sip::stack::DialError),
}

impl Switchboard {
    /// Rings somebody; whatever stands in the way ends the call like an unreachable number.
    pub(super) fn dial(&mut self, call: CallId, target: &str, from_user: String, ring_time: Duration) {
        if self.lines.contains_key(&call) {
            return; // an effect may be carried out twice
        }
        match self.try_dial(call, target, from_user) {
            Ok((leg, media)) => {
                let ring_until = Some(clock::monotonic() + ring_time);
                self.lines.insert(call, Line { leg, media, agreed: false, held: false, ring_until });
                self.by_leg.insert(leg, call);
                self.has.counters.calls_out.fetch_add(1, Ordering::Relaxed);
                info!(%call, "a call goes out");
            }
            Err(error) => {
                warn!(%call, %error, "a call cannot be made");
                self.tell_media(Command::Close { call });
                let reason = EndReason::NetworkFailed;
                self.unsaid.push_back(PhoneEvent::CallEnded { call, reason });
                self.say_the_unsaid();
            }
        }
    }

    fn try_dial(
        &mut self,
        call: CallId,
        target: &str,
        from_user: String,
    ) -> Result<(LegId, SocketAddr), NoWay> {
        let way = self.way_to(target)?;
        let sockets = self.has.ports.open()?;
        let media_port = sockets.audio.local_addr()?.port();
        let may_refer = may_refer(target);
        let dialling = Dialling { to: way.address, from_user, via: way.hop, media_port, may_refer };
        let (leg, local, peer): (LegId, IpAddr, IpAddr) = self.has.stack.dial(&dialling)?;
        self.tell_media(Command::Open { call, sockets, signalling: peer });
        Ok((leg, SocketAddr::new(local, media_port)))
    }

    /// A SIP address is rung as it stands, a number over the first trunk.
    fn way_to(&self, target: &str) -> Result<Way, NoWay> {
        let is_sip = target.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sip:"));
        if is_sip {
            return Ok(Way { address: target.to_owned(), hop: None });
        }
        if (3..=5).contains(&target.len()) && target.bytes().all(|byte| byte.is_ascii_digit()) {
            // 120, 110, 12345: the same in every place, and dialled as they stand.
            let trunk = self.has.settings.trunks.first().ok_or(NoWay::NoTrunk)?;
            return Ok(Way { address: trunk.address_of_code(target), hop: Some(trunk.address) });
        }
        let number = PhoneNumber::parse(target, &self.has.plan).map_err(|_| NoWay::BadTarget)?;
        let trunk = self.has.settings.trunks.first().ok_or(NoWay::NoTrunk)?;
        Ok(Way { address: trunk.address_of(&number, &self.has.plan), hop: Some(trunk.address) })
    }

    /// Somebody picked up.
    pub(super) fn answered(&mut self, call: CallId, agreement: Agreement) {
        if let Some(line) = self.lines.get_mut(&call) {
            line.ring_until = None;
            self.tell_media(Command::Start { call });
            self.say(PhoneEvent::Answered { call });
            self.agree(call, agreement);
        }
    }
}
