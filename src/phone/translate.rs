//! Between the telephone's words and the desk's.

use crate::desk::effect::RejectReason;
use crate::desk::event::{Digit, EndReason, PhoneEvent};
use crate::domain::ids::CallId;
use crate::phone::sip::leg::{LegEnd, Rejection};
use crate::rtp::telephone_event::Key;

/// A pressed key as the desk hears it; the rare keys A to D mean nothing to it.
pub fn digit(call: CallId, key: Key) -> Option<PhoneEvent> {
    Digit::from_char(key.as_char()).map(|digit| PhoneEvent::Digit { call, digit })
}

/// Why a leg ended, as the desk hears it.
pub fn end_reason(end: LegEnd) -> EndReason {
    match end {
        LegEnd::Cancelled => EndReason::Cancelled,
        LegEnd::HungUp => EndReason::HungUp,
        LegEnd::Expired => EndReason::WentDeaf,
        LegEnd::NeverAcked | LegEnd::Unreachable => EndReason::NetworkFailed,
        LegEnd::Refused(status) => match status {
            486 | 600 => EndReason::Busy,
            408 | 480 | 487 => EndReason::NoAnswer,
            401 | 403 | 407 | 603 | 607 => EndReason::Declined,
            404 | 410 | 484 | 604 => EndReason::NoSuchNumber,
            _ => EndReason::NetworkFailed,
        },
    }
}

/// How the desk's refusal is said in SIP.
pub fn rejection(reason: RejectReason) -> Rejection {
    match reason {
        RejectReason::Busy => Rejection::Busy,
        RejectReason::Overloaded => Rejection::Overloaded,
        RejectReason::NotFound => Rejection::NotFound,
        RejectReason::Forbidden => Rejection::Forbidden,
    }
}
