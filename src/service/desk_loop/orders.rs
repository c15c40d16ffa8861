//! What follows a commit: orders to the telephones, answers to commands.

use std::sync::atomic::Ordering;

use tracing::info;

use super::DeskLoop;
use crate::desk::command::CommandOutcome;
use crate::desk::effect::Effect;
use crate::domain::ids::CommandId;

impl DeskLoop {
    pub(super) fn act(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Reply { id, outcome } => self.reply(id, outcome),
                Effect::Phone(effect) => self.front.send(effect),
                Effect::FollowClock => {
                    self.front.clock_watch.follow();
                    self.front.vitals.stepped_by_ms.store(0, Ordering::Relaxed);
                    info!("the line's time follows the machine's clock");
                    // Calls in progress counted by the old time; offers may have lost theirs.
                    self.stale = true;
                }
            }
        }
    }

    pub(super) fn reply(&mut self, id: CommandId, outcome: CommandOutcome) {
        if let Some(reply) = self.replies.remove(&id) {
            // Whoever asked may have gone.
            let _gone = reply.send(outcome).err();
        }
    }
}
