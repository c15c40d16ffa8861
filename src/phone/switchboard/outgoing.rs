//! Calls that we make.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{debug, info, warn};

use super::Switchboard;
use super::line::{Branch, Line};
use super::target::Target;
use crate::clock;
use crate::desk::event::{EndReason, PhoneEvent};
use crate::domain::extension::Extension;
use crate::domain::ids::CallId;
use crate::phone::media::Command;
use crate::phone::sip::leg::LegId;
use crate::phone::sip::registrar;
use crate::phone::sip::sdp::Agreement;
use crate::phone::sip::stack::{Dialling, Hop};

/// Where a call leads.
struct Way {
    address: String,
    hop: Option<Hop>,
}

/// Why a call could not even be tried.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoWay {
    #[error("neither a SIP address nor a telephone number nor an extension")]
    BadTarget,
    #[error("no telephone of this extension is registered")]
    NotRegistered,
    #[error("no trunk is configured to ring numbers over; add one under [[phone.trunks]]")]
    NoTrunk,
    #[error("each trunk has as many calls as it takes (max_calls_out)")]
    TrunksFull,
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
        match self.try_dial(call, target, &from_user) {
            Ok(mut line) => {
                line.ring_until = Some(clock::monotonic() + ring_time);
                self.by_leg.extend(line.legs().map(|leg| (leg, call)));
                info!(%call, telephones = line.legs().count(), "a call goes out");
                self.lines.insert(call, line);
                self.has.counters.calls_out.fetch_add(1, Ordering::Relaxed);
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

    /// Rings every telephone that the target leads to; they have one place for their audio, and one of them will have
    /// the call.
    fn try_dial(&mut self, call: CallId, target: &str, from_user: &str) -> Result<Line, NoWay> {
        let target = Target::parse(target, &self.has.plan).ok_or(NoWay::BadTarget)?;
        let ways = match &target {
            Target::Code(_) | Target::Number(_) => return self.try_trunks(call, target, from_user),
            Target::Extension(extension) => self.ways_to_telephones(extension),
            Target::Address(address) => vec![Way { address: address.clone(), hop: None }],
        };
        let sockets = self.has.ports.open()?;
        let media_port = sockets.audio.local_addr()?.port();
        let mut line: Option<Line> = None;
        let mut failed = NoWay::NotRegistered;
        for Way { address, hop } in ways {
            let dialling = Dialling {
                to: address,
                from_user: from_user.to_owned(),
                via: hop,
                media_port,
                may_refer: target.may_refer(),
                over: None,
            };
            match self.has.stack.dial(&dialling) {
                Ok((leg, local, peer)) => {
                    let branch = Branch { leg, media: SocketAddr::new(local, media_port), peer };
                    match &mut line {
                        Some(line) => line.others.push(branch),
                        None => line = Some(Line::new(branch)),
                    }
                }
                Err(error) => {
                    debug!(%call, %error, "one telephone of a call cannot be rung");
                    failed = error.into();
                }
            }
        }
        let line = line.ok_or(failed)?;
        self.tell_media(Command::Open { call, sockets, signalling: line.branch.peer });
        Ok(line)
    }

    fn ways_to_telephones(&self, extension: &Extension) -> Vec<Way> {
        let way = |way: registrar::Way| Way {
            address: way.contact,
            hop: Some(Hop { address: way.through.0, transport: way.through.1 }),
        };
        self.has.stack.ways_to(extension).into_iter().map(way).collect()
    }

    /// A telephone rings; of several the first is enough.
    pub(super) fn rings(&mut self, call: CallId) {
        self.tried(call);
        let Some(line) = self.lines.get_mut(&call) else { return };
        if !std::mem::replace(&mut line.rings, true) {
            self.say(PhoneEvent::Ringing { call });
        }
    }

    /// Somebody picked up; whatever else rings for the call may stop.
    pub(super) fn answered(&mut self, call: CallId, leg: LegId, agreement: Agreement) {
        let Some(line) = self.lines.get_mut(&call) else { return };
        line.ring_until = None;
        line.attempts = None;
        let others = line.settle(leg);
        let peer = line.branch.peer;
        for other in others {
            self.by_leg.remove(&other.leg);
            self.has.stack.hang_up(other.leg);
        }
        // Said whoever it is: the one that rang first may be gone by now, and another stand in its place.
        self.tell_media(Command::Signalled { call, from: peer });
        self.tell_media(Command::Start { call });
        self.say(PhoneEvent::Answered { call });
        self.agree(call, agreement);
    }
}
