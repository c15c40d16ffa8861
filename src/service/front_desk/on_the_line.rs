//! What the telephones hold, as far as they and the desk have said: who may be served when the desk itself is lost.

use std::collections::{BTreeMap, BTreeSet};

use crate::desk::effect::{Part, PhoneEffect};
use crate::desk::event::PhoneEvent;
use crate::domain::extension::Extension;
use crate::domain::ids::CallId;
use crate::domain::phone_number::PhoneNumber;

/// All calls that are not known to be over.
#[derive(Debug, Default)]
pub(in crate::service) struct OnTheLine {
    calls: BTreeMap<CallId, Held>,
    /// Extensions of which a telephone is registered.
    reachable: BTreeSet<Extension>,
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
            PhoneEvent::PhoneReachable { extension, reachable: true } => {
                self.reachable.insert(extension.clone());
            }
            PhoneEvent::PhoneReachable { extension, reachable: false } => {
                self.reachable.remove(extension);
            }
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

    /// Which of the line's own people can be rung: what a desk that is built anew does not know.
    pub(in crate::service) fn reachable(&self) -> impl Iterator<Item = PhoneEvent> {
        let event = |extension: &Extension| PhoneEvent::PhoneReachable {
            extension: extension.clone(),
            reachable: true,
        };
        self.reachable.iter().map(event)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_that_is_built_anew_hears_which_extensions_can_be_rung() {
        let event = |digits: &str, reachable| {
            let extension = Extension::parse(digits).expect("three digits");
            PhoneEvent::PhoneReachable { extension, reachable }
        };
        let mut line = OnTheLine::default();
        for said in [event("201", true), event("202", true), event("203", true), event("202", false)] {
            line.reported(&said);
        }
        let told: Vec<_> = line.reachable().collect();
        assert_eq!(told, [event("201", true), event("203", true)]);
    }
}
