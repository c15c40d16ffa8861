//! What follows a commit: orders to the telephones, answers to commands.

use std::sync::atomic::Ordering;

use tracing::{info, warn};

use super::DeskLoop;
use crate::desk::command::CommandOutcome;
use crate::desk::effect::{Effect, PhoneEffect};
use crate::desk::event::{DeskEvent, EndReason, PhoneEvent};
use crate::domain::ids::CommandId;
use crate::service::vitals::count;

impl DeskLoop {
    pub(super) fn act(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Reply { id, outcome } => self.reply(id, outcome),
                Effect::Phone(effect) => self.send(effect),
                Effect::FollowClock => {
                    self.clock_watch.follow();
                    self.parts.vitals.stepped_by_ms.store(0, Ordering::Relaxed);
                    info!("the line's time follows the machine's clock");
                    // Calls in progress counted by the old time; offers may have lost theirs.
                    self.stale = true;
                }
            }
        }
    }

    pub(super) fn send_all(&mut self, effects: Vec<PhoneEffect>) {
        for effect in effects {
            self.send(effect);
        }
    }

    /// Hands an order to the telephones. When they are full the call it is about ends, and is owed a call.
    pub(super) fn send(&mut self, effect: PhoneEffect) {
        self.line.ordered(&effect);
        let call = effect.call();
        let instead = match &effect {
            PhoneEffect::Hangup { .. } => None,
            // Nobody was rung: no end of it will be reported.
            PhoneEffect::Dial { .. } => {
                let reason = EndReason::NetworkFailed;
                Some(DeskEvent::Phone(PhoneEvent::CallEnded { call, reason }))
            }
            PhoneEffect::Ring { .. }
            | PhoneEffect::Answer { .. }
            | PhoneEffect::Reject { .. }
            | PhoneEffect::Play { .. }
            | PhoneEffect::StopPlay { .. }
            | PhoneEffect::Record { .. }
            | PhoneEffect::StopRecording { .. }
            | PhoneEffect::Bridge { .. }
            | PhoneEffect::Join { .. }
            | PhoneEffect::Unbridge { .. } => Some(DeskEvent::CallCut { call }),
        };
        if (self.parts.phone)(effect).is_ok() {
            return;
        }
        count(&self.parts.vitals.orders_refused);
        warn!(%call, "the telephones are full: a call ends and its number is owed a call");
        match instead {
            Some(DeskEvent::Phone(ended)) => {
                self.line.reported(&ended);
                self.owed.push_back(DeskEvent::Phone(ended));
            }
            instead => {
                self.owed.extend(instead);
                self.not_hung_up.insert(call);
            }
        }
    }

    pub(super) fn hang_up_again(&mut self) {
        while let Some(call) = self.not_hung_up.first().copied() {
            if (self.parts.phone)(PhoneEffect::Hangup { call }).is_err() {
                return;
            }
            self.not_hung_up.remove(&call);
        }
    }

    pub(super) fn reply(&mut self, id: CommandId, outcome: CommandOutcome) {
        if let Some(reply) = self.replies.remove(&id) {
            // Whoever asked may have gone.
            let _gone = reply.send(outcome).err();
        }
    }
}
