//! What the SIP stack tells the rest of the house: legs and what happens to them.

use std::net::{IpAddr, SocketAddr};

use super::sdp::Agreement;
use crate::domain::extension::Extension;
use crate::rtp::telephone_event::Key;

/// One telephone on one call, as the stack numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// Something the stack reports.
#[derive(Debug)]
pub enum Happening {
    Incoming(Incoming),
    Leg(LegId, LegEvent),
    /// Telephones of these extensions registered, or are reached no more.
    PhonesMoved(Vec<Extension>),
    /// A call was refused at the door.
    Turned {
        caller: Identity,
        dialled: String,
        why: Turning,
    },
}

/// Why a call is refused at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turning {
    /// All lines are taken.
    NoLine,
    /// We cannot speak what they offer, or cannot read it; they were told this status.
    NothingInCommon { status: u16 },
}

/// Somebody rings us.
#[derive(Debug)]
pub struct Incoming {
    pub leg: LegId,
    pub caller: Identity,
    /// The number they dialled.
    pub dialled: String,
    /// The trunk it came over, in the order of the settings.
    pub trunk: Option<usize>,
    /// Where the INVITE came from.
    pub source: SocketAddr,
    /// Our address as the caller sees it.
    pub local: IpAddr,
    /// What they offer to speak; without an offer we make one in the answer.
    pub offer: Option<Agreement>,
}

/// Who says to be ringing.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user part of their address; nothing when withheld.
    pub user: Option<String>,
    /// Whether whoever sent the call vouches for it.
    pub vouched: bool,
}

impl std::fmt::Debug for Identity {
    /// Shows nothing of the number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity {{ withheld: {}, vouched: {} }}", self.user.is_none(), self.vouched)
    }
}

/// What happens to a leg.
#[derive(Debug)]
pub enum LegEvent {
    /// Somebody on the way is at work on it (outgoing).
    Tried,
    /// The other end rings (outgoing).
    Ringing,
    /// The other end answered (outgoing).
    Answered(Agreement),
    /// Our answer was acknowledged; with an agreement when the offer was ours.
    Acked(Option<Agreement>),
    /// The other end wants to change the media; `answer_change` must follow.
    ChangeOffered(Option<Agreement>),
    /// The other end answered an offer that we made because it asked for one.
    Changed(Agreement),
    /// The other end wants the call led elsewhere; `accept_transfer` or `refuse_transfer` must follow.
    Referred {
        /// What would be dialled.
        to: String,
        /// Their other leg that is to be taken over.
        replaces: Option<LegId>,
    },
    /// A key came by INFO.
    Pressed(Key),
    /// Over. The leg is forgotten.
    Ended(LegEnd),
}

/// How a leg came to its end without our doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegEnd {
    /// The caller gave up before an answer.
    Cancelled,
    HungUp,
    /// Our answer was never acknowledged.
    NeverAcked,
    /// An outgoing call was refused with this status.
    Refused(u16),
    /// The other end did not say in time that it still lasts.
    Expired,
    /// Nobody reacted, or no way leads there.
    Unreachable,
}

/// How we refuse a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    Busy,
    Overloaded,
    NotFound,
    Forbidden,
}
