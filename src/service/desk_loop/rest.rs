//! The desk rests while the store is away, and takes up what waited when it is back (DESIGN §3).

use std::sync::atomic::Ordering;

use tracing::{error, info, warn};

use super::{DeskLoop, Mode, Trouble};
use crate::desk::event::{DeskEvent, Input};
use crate::domain::ids::InputId;
use crate::domain::message::InboundText;
use crate::service::front_desk::BATCH;
use crate::service::front_desk::emergency::TryAgain;
use crate::service::inbox::unavailable;
use crate::service::living;
use crate::service::vitals::count;
use crate::store::emergency::Noted;
use crate::store::error::StoreError;

impl DeskLoop {
    /// Stops deciding: whoever is on the line is served without the store; who asked is refused.
    pub(super) fn rest(&mut self, error: &StoreError) {
        let again = match self.mode {
            Mode::Working => {
                error!(%error, "the store is away: callers are put through, or their numbers noted");
                count(&self.front.vitals.emergencies);
                TryAgain::soon()
            }
            Mode::Emergency { again } => {
                warn!(%error, "the store is still away");
                again.later()
            }
        };
        self.mode = Mode::Emergency { again };
        self.front.vitals.emergency.store(true, Ordering::Relaxed);
        for (_, reply) in std::mem::take(&mut self.replies) {
            // Whoever asked may have gone.
            let _gone = reply.send(unavailable()).err();
        }
        self.tell_the_front_desk();
        self.front.serve_everybody();
    }

    /// The front desk knows the stations as the desk does; a desk that never saw them leaves it what it knew.
    fn tell_the_front_desk(&mut self) {
        if self.desk.stations().next().is_some() {
            let ring_time = self.desk.rules().policy.calls.ring_budget;
            self.front.emergency.know(self.desk.stations(), ring_time);
        }
    }

    /// Serves the telephones without the store and, when it is time, tries whether it is back.
    pub(super) fn emergency_turn(&mut self, again: TryAgain) -> Result<(), Trouble> {
        self.front.emergency_turn(again.left(), &crossbeam_channel::never::<()>());
        if !again.is_due() || self.front.stopping {
            return Ok(());
        }
        self.take_up_work()?;
        info!("the store is back: the desk is at work again");
        Ok(())
    }

    /// Restores the desk, commits what the interruption broke, and takes up the numbers and texts that waited.
    pub(super) fn take_up_work(&mut self) -> Result<(), Trouble> {
        let now = self.front.clock.now();
        let mut living = living::read(&self.register, now)?;
        let texts: Vec<InboundText> = std::mem::take(&mut living.unhandled_texts);
        self.restore(living, now)?;
        self.hand_over()?;
        self.taken_up.extend(texts.iter().map(|text| text.id));
        let inputs = texts.into_iter().map(|text| self.text_input(text, now)).collect();
        self.turn(inputs)?;
        self.mode = Mode::Working;
        self.front.vitals.emergency.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Makes call-back requests of the numbers that were noted. Handed over twice, an entry is known by its id.
    pub(super) fn hand_over(&mut self) -> Result<(), Trouble> {
        if self.desk.stations().next().is_none() {
            // Nobody could own them yet: they wait until there is a station.
            return Ok(());
        }
        let waiting = self.front.waiting();
        // Whoever is noted from here on is handed over in the next turn.
        self.front.noted = false;
        let handed = self.hand_over_all(&waiting);
        self.front.noted |= handed.is_err();
        handed
    }

    fn hand_over_all(&mut self, waiting: &[Noted]) -> Result<(), Trouble> {
        for entries in waiting.chunks(BATCH) {
            let notes: Vec<_> = entries.iter().map(|noted| noted.note).collect();
            let inputs = entries.iter().cloned().map(|Noted { number, at, note }| Input {
                id: InputId(note.0),
                event: DeskEvent::NotedInEmergency { number, at, note },
            });
            self.turn(inputs.collect())?;
            self.front.handed_over(&notes);
        }
        if !waiting.is_empty() {
            info!(numbers = waiting.len(), "numbers noted without the store are owed a call");
        }
        Ok(())
    }
}
