//! Calls that come in.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use tracing::{info, warn};

use super::Switchboard;
use super::line::{Branch, Line};
use super::trunks::OnTrunk;
use crate::desk::event::PhoneEvent;
use crate::domain::call::CallerTrust;
use crate::domain::ids::CallId;
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::phone::media::Command;
use crate::phone::sip::leg::{Identity, Incoming, Rejection, Turning};

impl Switchboard {
    /// Takes a caller in: a port for their audio, then word to the desk. A desk that has no room
    /// turns the call away, as busy telephones do, instead of keeping it in silence.
    pub(super) fn rung(&mut self, incoming: Incoming) {
        let Incoming { leg, caller, dialled, trunk, source, local, offer } = incoming;
        let on_trunk = trunk.map(|trunk| OnTrunk { trunk, incoming: true });
        if self.leaving.is_some() || on_trunk.is_some_and(|on| self.is_full(on)) {
            self.has.stack.reject(leg, Rejection::Overloaded);
            self.lost(&caller, dialled);
            return;
        }
        let port = match self.has.ports.open() {
            Ok(sockets) => sockets.audio.local_addr().map(|address| (sockets, address.port())).ok(),
            Err(error) => {
                warn!(%error, "a caller was turned away");
                None
            }
        };
        let Some((sockets, port)) = port else {
            self.has.stack.reject(leg, Rejection::Overloaded);
            self.lost(&caller, dialled);
            return;
        };
        let call: CallId = self.has.chance.mint(self.has.clock.now());
        self.tell_media(Command::Open { call, sockets, signalling: source.ip() });
        if let Some(agreement) = offer {
            self.tell_media(Command::Agree { call, agreement });
        }
        let trust = if caller.vouched { CallerTrust::Verified } else { CallerTrust::Unverified };
        let number = self.number_of(&caller);
        let known = Known::default();
        let arrived = PhoneEvent::CallArrived { call, number, trust, dialled: dialled.clone(), known };
        if self.has.desk.try_send(arrived).is_err() {
            self.has.stack.reject(leg, Rejection::Overloaded);
            self.tell_media(Command::Close { call });
            self.lost(&caller, dialled);
            return;
        }
        info!(%call, "a call came in");
        let media = SocketAddr::new(local, port);
        let line = Line::new(Branch { leg, media, peer: source.ip() });
        self.lines.insert(call, Line { agreed: offer.is_some(), on_trunk, ..line });
        self.by_leg.insert(leg, call);
        self.holds(call, offer.is_some_and(|agreement| !agreement.listens));
        self.has.counters.calls_in.fetch_add(1, Ordering::Relaxed);
    }

    /// Answers: from here on the caller hears us.
    pub(super) fn answer(&mut self, call: CallId) {
        if self.lines.contains_key(&call) {
            self.with_line(call, |stack, line| stack.accept(line.branch.leg, line.branch.media));
            self.tell_media(Command::Start { call });
        }
    }

    /// A caller was refused at the door.
    pub(super) fn turned_away(&mut self, caller: &Identity, dialled: String, why: Turning) {
        match why {
            Turning::NoLine => {}
            Turning::NothingInCommon { status } => {
                warn!(status, "a caller's telephone offers nothing we can speak: let its gateway send G.711");
                self.has.counters.calls_not_understood.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.lost(caller, dialled);
    }

    /// Tells the desk of a caller who could not be taken in, so that somebody rings back.
    fn lost(&mut self, caller: &Identity, dialled: String) {
        self.has.counters.calls_turned_away.fetch_add(1, Ordering::Relaxed);
        let number = self.number_of(caller);
        self.say(PhoneEvent::CallLost { number, dialled });
    }

    fn number_of(&self, caller: &Identity) -> Option<PhoneNumber> {
        PhoneNumber::parse(caller.user.as_deref()?, &self.has.plan).ok()
    }
}
