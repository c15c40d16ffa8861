//! A telephone on the other side of the line: it rings the help line or is
//! rung by it, hears which clips are said, and presses keys.
//!
//! Real SIP and RTP over sockets, made of the same rooms as the help line's
//! own telephone. `yingda call` and the demo's residents use it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use self::recognise::{ClipName, Index};
use super::media::Heard;
use super::settings::Settings;
use super::sounds::Sounds;
use super::{Full, Phone, PhoneLine, StartError, Supplies};
use crate::clock::Clock;
use crate::desk::effect::{Clip, PhoneEffect, RejectReason};
use crate::desk::event::{EndReason, PlayId};
use crate::domain::ids::{CallId, Chance};
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::rtp::telephone_event::Key;

pub mod recognise;
mod route;
pub mod script;

/// What happens to somebody on the telephone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// It rings over there.
    Ringing,
    /// They picked up, or we did.
    Answered,
    /// A clip was said whole.
    Said(ClipName),
    /// After something was said, nothing has been for `QUIET`.
    Quiet,
    /// They pressed a key.
    Pressed(char),
    /// Over.
    Ended(EndReason),
}

/// How long nothing must be said before the other side counts as quiet: longer than the pauses
/// within a sentence.
pub const QUIET: Duration = Duration::from_millis(900);

/// How long it may ring over there.
const RING_TIME: Duration = Duration::from_secs(60);

/// Moments that wait for somebody who is not listening.
const MOMENTS_WAITING: usize = 1_000;

/// Packets and events on their way to the ears of all conversations.
const HEARD_WAITING: usize = 20_000;

/// Conversations at once: as many as the range of audio ports below has pairs for, with room to spare.
const CALLS: usize = 2_000;

/// Calls that ring here and have not been picked up.
const RINGING_WAITING: usize = 1_000;

/// A telephone with as many lines as are wanted.
pub struct Caller {
    phone: Phone,
    shared: Shared,
    rung: Receiver<Rung>,
    router: JoinHandle<()>,
}

/// What the caller's threads share: the way to the telephone, and to whom each call belongs.
#[derive(Clone)]
struct Shared {
    line: PhoneLine,
    clock: Clock,
    /// Where the telephone brings what is heard.
    ear: Sender<Heard>,
    /// The dialling thread adds, the router adds and removes; each holds it for one map operation.
    conversations: Arc<Mutex<Conversations>>,
}

struct Conversations {
    chance: Chance,
    moments: BTreeMap<CallId, Sender<Moment>>,
}

/// Somebody rings us.
pub struct Rung {
    pub conversation: Conversation,
    /// Whom they want: the user part of the address they rang.
    pub wanted: String,
    pub number: Option<PhoneNumber>,
}

/// One call, from our side.
pub struct Conversation {
    call: CallId,
    line: PhoneLine,
    moments: Receiver<Moment>,
}

impl Caller {
    /// Binds a port of `address` (0 lets the system choose) and knows the clips of `sounds`.
    pub fn start(
        address: SocketAddr,
        sounds: Arc<Sounds>,
        clock: Clock,
        mut chance: Chance,
    ) -> Result<Self, StartError> {
        let (desk, events) = bounded(HEARD_WAITING);
        let settings = Settings {
            udp: address,
            tcp: None,
            trusted: vec![address.ip()],
            max_calls: CALLS,
            deaf_after_s: 3_600,
            longest_hold_s: 3_600,
            rtp_ports: super::media::ports::PortRange { first: 30_000, last: 39_999 },
            ..Settings::default()
        };
        let conversations = Conversations { chance: chance.another(), moments: BTreeMap::new() };
        let index = Arc::new(Index::new(&sounds));
        let plan = NumberingPlan::default();
        let supplies =
            Supplies { settings, plan, sounds, desk, recordings: None, clock: clock.clone(), chance };
        let phone = Phone::start(supplies)?;
        let (ear, heard) = bounded(HEARD_WAITING);
        let conversations = Arc::new(Mutex::new(conversations));
        let shared = Shared { line: phone.line(), clock, ear, conversations };
        let (ringing, rung) = bounded(RINGING_WAITING);
        let route = route::Route::new(shared.clone(), index, ringing);
        let thread = std::thread::Builder::new().name("caller".into());
        let router = thread.spawn(move || route.run(&events, &heard))?;
        Ok(Self { phone, shared, rung, router })
    }

    /// Where this telephone can be rung.
    pub fn address(&self) -> SocketAddr {
        self.phone.udp_address()
    }

    /// Rings `target` (a SIP address) as `from`.
    pub fn dial(&self, target: &str, from: &str) -> Result<Conversation, Full> {
        let call = self.shared.mint();
        let conversation = self.shared.converse(call);
        self.shared.line.dial_as(call, target, from, RING_TIME, self.shared.ear.clone())?;
        Ok(conversation)
    }

    /// Calls that come in.
    pub fn rung(&self) -> &Receiver<Rung> {
        &self.rung
    }

    /// Hangs everything up.
    pub fn stop(self) {
        let Self { phone, shared, rung, router } = self;
        phone.stop();
        drop((shared, rung));
        if router.join().is_err() {
            tracing::error!("the caller's thread had panicked");
        }
    }
}

impl Shared {
    fn mint(&self) -> CallId {
        let mut conversations = self.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        conversations.chance.mint(self.clock.now())
    }

    fn converse(&self, call: CallId) -> Conversation {
        let (moments_in, moments) = bounded(MOMENTS_WAITING);
        let mut conversations = self.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        conversations.moments.insert(call, moments_in);
        Conversation { call, line: self.line.clone(), moments }
    }
}

impl Conversation {
    /// What happens, in order.
    pub fn moments(&self) -> &Receiver<Moment> {
        &self.moments
    }

    pub fn answer(&self) -> Result<(), Full> {
        self.line.try_send(PhoneEffect::Answer { call: self.call })
    }

    pub fn refuse(&self) -> Result<(), Full> {
        self.line.try_send(PhoneEffect::Reject { call: self.call, reason: RejectReason::Busy })
    }

    /// Presses keys one after the other, as a person would; what is on no telephone is left out.
    pub fn press(&self, keys: &str) -> Result<(), Full> {
        self.line.press(self.call, keys.chars().filter_map(Key::from_char).collect())
    }

    /// Says clips, for want of a voice.
    pub fn say(&self, clips: Vec<Clip>) -> Result<(), Full> {
        self.line.try_send(PhoneEffect::Play { call: self.call, play: PlayId(0), clips, repeat: false })
    }

    pub fn hang_up(&self) -> Result<(), Full> {
        self.line.try_send(PhoneEffect::Hangup { call: self.call })
    }
}

/// The number that the last clips said, digit by digit: what a resident writes down.
pub fn digits_said<'a>(clips: impl IntoIterator<Item = &'a ClipName>) -> String {
    clips.into_iter().filter_map(|clip| clip.id.strip_prefix("digits/")).collect()
}
