//! Ringing that is acknowledged (RFC 3262), for callers who require it; whoever only could is told once, as ever.
//!
//! Whom we ring is not offered it: we play nothing before an answer, so nothing of theirs is lost that matters. One who
//! sends it nevertheless is acknowledged by the library.

use std::time::{Duration, Instant};

use rsipstack::sip::message::HeadersExt;
use rsipstack::sip::{Header, Method, Request, StatusCode};
use rsipstack::transaction::transaction::Transaction;
use tracing::debug;

use super::arrive::reply;
use super::{Phase, Stack};
use crate::clock;
use crate::phone::sip::arrival::header_values;
use crate::phone::sip::leg::LegId;
use crate::phone::sip::trouble::kind;

/// The extension's name.
pub(super) const EXTENSION: &str = "100rel";

/// The first pause before it is said again; each is twice as long (T1).
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Whoever is answered so soon does not hear that it rings: it would only be one message more.
const ANSWERED_AT_ONCE: Duration = Duration::from_millis(50);

/// How long one waits for the acknowledgement (64 × T1).
const PATIENCE: Duration = Duration::from_secs(32);

/// How the caller hears that it rings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Reliable {
    #[default]
    NotAsked,
    Asked,
    Unacknowledged {
        number: u32,
        again_at: Instant,
        pause: Duration,
        until: Instant,
    },
    /// It was not, and the final answer has been given: late acknowledgements are due their answer all the same.
    Answered {
        number: u32,
    },
    Acknowledged,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Wait,
    Repeat,
    GiveUp,
}

impl Reliable {
    pub(super) fn required_by(request: &Request) -> Self {
        let requires = header_values(request, "require")
            .any(|value| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(EXTENSION)));
        if requires { Self::Asked } else { Self::NotAsked }
    }

    fn said(number: u32, now: Instant) -> Self {
        Self::Unacknowledged {
            number,
            again_at: now + FIRST_PAUSE,
            pause: FIRST_PAUSE,
            until: now + PATIENCE,
        }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        match self {
            Self::Unacknowledged { again_at, until, .. } => Some(*again_at.min(until)),
            Self::NotAsked | Self::Asked | Self::Answered { .. } | Self::Acknowledged => None,
        }
    }

    fn step(&mut self, now: Instant) -> Step {
        match self {
            Self::Unacknowledged { until, .. } if *until <= now => Step::GiveUp,
            Self::Unacknowledged { again_at, pause, .. } if *again_at <= now => {
                *pause *= 2;
                *again_at = now + *pause;
                Step::Repeat
            }
            Self::NotAsked
            | Self::Asked
            | Self::Unacknowledged { .. }
            | Self::Answered { .. }
            | Self::Acknowledged => Step::Wait,
        }
    }

    /// Whether `number` is what waits for its acknowledgement.
    fn acknowledge(&mut self, acknowledged: u32) -> bool {
        let waits = matches!(
            self,
            Self::Unacknowledged { number, .. } | Self::Answered { number } if *number == acknowledged
        );
        if waits {
            *self = Self::Acknowledged;
        }
        waits
    }
}

impl Stack {
    /// Lets the caller hear ringing, unless the answer follows at once.
    pub fn ring(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.rings_at = Some(clock::monotonic() + ANSWERED_AT_ONCE);
    }

    /// Tells a caller that it rings who was not answered at once.
    pub(super) fn begin_ringing(&mut self, id: LegId, now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.phase != Phase::Arriving || leg.rings_at.is_none_or(|at| at > now) {
            return;
        }
        leg.rings_at = None;
        match leg.reliable {
            Reliable::NotAsked => rings(&leg.dialog, None),
            Reliable::Asked => {
                // Any number from 1 to 2^31 - 1 (RFC 3262 §3).
                let number = (clock::wall().as_millis().unsigned_abs() as u32 & 0x3fff_ffff) + 1;
                leg.reliable = Reliable::said(number, now);
                rings(&leg.dialog, Some(number));
            }
            Reliable::Unacknowledged { .. } | Reliable::Answered { .. } | Reliable::Acknowledged => {}
        }
        leg.begins = None;
    }

    /// Says again what was not acknowledged, or gives the caller up.
    pub(super) fn repeat_ringing(&mut self, id: LegId, now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.phase != Phase::Arriving {
            // The final answer says more, and is repeated in its own way.
            if let Reliable::Unacknowledged { number, .. } = leg.reliable {
                leg.reliable = Reliable::Answered { number };
            }
            return;
        }
        match (leg.reliable.step(now), &leg.reliable) {
            (Step::Repeat, Reliable::Unacknowledged { number, .. }) => rings(&leg.dialog, Some(*number)),
            (Step::GiveUp, _) => {
                leg.reliable = Reliable::Acknowledged;
                if let Err(error) = leg.dialog.reject(Some(StatusCode::ServerTimeOut), None) {
                    debug!(error = kind(&error), "a caller who acknowledges nothing could not be refused");
                }
            }
            (Step::Wait | Step::Repeat, _) => {}
        }
    }

    /// A PRACK: 200 when it acknowledges what we said, else 481 (RFC 3262 §3).
    pub(super) fn ringing_acknowledged(&mut self, leg: Option<LegId>, transaction: Transaction) {
        let request = &transaction.original;
        let leg = leg.and_then(|id| self.legs.get_mut(&id));
        let status = match (request.rack_value(), leg) {
            (None, _) => StatusCode::BadRequest,
            (Some((number, sequence, Method::Invite)), Some(leg)) if leg.invite == Some(sequence) => {
                match leg.reliable.acknowledge(number) {
                    // We offered nothing, and take no offer by this way.
                    true if !request.body.is_empty() => StatusCode::NotAcceptableHere,
                    true => StatusCode::OK,
                    false => StatusCode::CallTransactionDoesNotExist,
                }
            }
            (Some(_), _) => StatusCode::CallTransactionDoesNotExist,
        };
        reply(transaction, status, vec![]);
    }
}

fn rings(dialog: &rsipstack::dialog::invite_dialog::InviteDialog, number: Option<u32>) {
    let headers =
        number.map(|number| vec![Header::Require(EXTENSION.into()), Header::RSeq(number.to_string().into())]);
    if let Err(error) = dialog.ringing(headers, None) {
        debug!(error = kind(&error), "180 could not be sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ringing_is_said_at_longer_and_longer_pauses_until_it_is_acknowledged_or_given_up() {
        let now = clock::monotonic();
        let mut reliable = Reliable::said(7, now);
        let mut said_at = vec![];
        loop {
            let due = reliable.due().unwrap();
            match reliable.step(due) {
                Step::Repeat => said_at.push((due - now).as_millis()),
                Step::GiveUp => break assert_eq!(due - now, PATIENCE),
                Step::Wait => panic!("it is due"),
            }
        }
        assert_eq!(said_at, [500, 1_500, 3_500, 7_500, 15_500, 31_500]);
        assert!(!reliable.acknowledge(8));
        assert!(reliable.acknowledge(7));
        assert!(!reliable.acknowledge(7), "what was acknowledged waits for nothing");
        assert_eq!(reliable.due(), None);
        let mut late = Reliable::Answered { number: 7 };
        assert!(late.due().is_none() && late.acknowledge(7), "the answer may overtake the acknowledgement");
    }
}
