//! What the telephones hold, as far as they and the desk have said: who may be served when the desk itself is lost.

use std::collections::BTreeMap;

use crate::desk::effect::{Part, PhoneEffect};
use crate::desk::event::PhoneEvent;
use crate::domain::ids::CallId;
use crate::domain::phone_number::PhoneNumber;

/// All calls that are not known to be over.
#[derive(Debug, Default)]
pub(in crate::service) struct OnTheLine {
    calls: BTreeMap<CallId, Held>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::service) struct Held {
    pub from: From,
    pub answered: bool,
    pub bridged_with: Option<CallId>,
}

/// Who rang whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::service) enum From {
    Caller { number: Option<PhoneNumber>, dialled: String },
    Us,
}

impl From {
    /// Of whoever rang us.
    pub(in crate::service) fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Caller { number, .. } => number.as_ref(),
            Self::Us => None,
        }
    }
}

impl OnTheLine {
    pub(in crate::service) fn reported(&mut self, event: &PhoneEvent) {
        match event {
            PhoneEvent::CallArrived { call, number, dialled, .. } => {
                let from = From::Caller { number: number.clone(), dialled: dialled.clone() };
                self.calls.insert(*call, Held { from, answered: false, bridged_with: None });
            }
            PhoneEvent::CallEnded { call, .. } => {
                self.part(*call);
                self.calls.remove(call);
            }
            PhoneEvent::Answered { call } => self.answered(*call),
            PhoneEvent::Ringing { .. }
            | PhoneEvent::Digit { .. }
            | PhoneEvent::PlayEnded { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::Held { .. }
            | PhoneEvent::TransferAsked { .. }
            | PhoneEvent::Quality { .. }
            | PhoneEvent::CallLost { .. } => {}
        }
    }

    pub(in crate::service) fn ordered(&mut self, effect: &PhoneEffect) {
        match effect {
            PhoneEffect::Answer { call } => self.answered(*call),
            PhoneEffect::Dial { call, .. } => {
                let held = Held { from: From::Us, answered: false, bridged_with: None };
                self.calls.entry(*call).or_insert(held);
            }
            PhoneEffect::Bridge { a, b } => {
                for (one, other) in [(a, b), (b, a)] {
                    if let Some(held) = self.calls.get_mut(one) {
                        held.bridged_with = Some(*other);
                    }
                }
            }
            PhoneEffect::Join { to, call, part } => {
                if let Some(held) = self.calls.get_mut(call) {
                    // Who only listens or whispers has nobody to talk with.
                    held.bridged_with = match part {
                        Part::Speak => Some(*to),
                        Part::Listen | Part::Whisper { .. } => None,
                    };
                }
            }
            PhoneEffect::Unbridge { a, .. } => self.part(*a),
            PhoneEffect::Ring { .. }
            | PhoneEffect::Reject { .. }
            | PhoneEffect::Play { .. }
            | PhoneEffect::StopPlay { .. }
            | PhoneEffect::Record { .. }
            | PhoneEffect::StopRecording { .. }
            | PhoneEffect::Hold { .. }
            | PhoneEffect::Mute { .. }
            | PhoneEffect::TransferOutcome { .. }
            | PhoneEffect::Hangup { .. } => {}
        }
    }

    pub(in crate::service) fn bridged_with(&self, call: CallId) -> Option<CallId> {
        self.calls.get(&call)?.bridged_with
    }

    pub(in crate::service) fn calls(&self) -> impl Iterator<Item = (CallId, &Held)> {
        self.calls.iter().map(|(call, held)| (*call, held))
    }

    fn answered(&mut self, call: CallId) {
        if let Some(held) = self.calls.get_mut(&call) {
            held.answered = true;
        }
    }

    fn part(&mut self, call: CallId) {
        for (id, held) in &mut self.calls {
            if *id == call || held.bridged_with == Some(call) {
                held.bridged_with = None;
            }
        }
    }
}
