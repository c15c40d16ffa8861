//! The store is away: numbers are noted, callers are put through or told, until it is back (DESIGN §3).

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{error, info, warn};

use super::on_the_line::{From, Held};
use super::{BATCH, DeskLoop, Mode, NAP, Trouble};
use crate::clock;
use crate::desk::effect::PhoneEffect;
use crate::desk::emergency::EmergencyCaller;
use crate::desk::event::{DeskEvent, Input, PhoneEvent};
use crate::domain::ids::{CallId, InputId};
use crate::domain::message::InboundText;
use crate::domain::phone_number::PhoneNumber;
use crate::service::inbox::{Post, unavailable};
use crate::service::living;
use crate::service::vitals::count;
use crate::store::emergency::Noted;
use crate::store::error::StoreError;

/// How soon the store is tried again at first; each time twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl DeskLoop {
    /// Stops deciding: whoever is on the line is served without the store; who asked is refused.
    pub(super) fn enter_emergency(&mut self, error: &StoreError) {
        let wait = match self.mode {
            Mode::Working => {
                error!(%error, "the store is away: callers are put through, or their numbers noted");
                count(&self.parts.vitals.emergencies);
                FIRST_WAIT
            }
            Mode::Emergency { wait, .. } => {
                warn!(%error, "the store is still away");
                (wait * 2).min(LONGEST_WAIT)
            }
        };
        self.mode = Mode::Emergency { again_at: clock::monotonic() + wait, wait };
        self.parts.vitals.emergency.store(true, Ordering::Relaxed);
        for (_, reply) in std::mem::take(&mut self.replies) {
            // Whoever asked may have gone.
            let _gone = reply.send(unavailable()).err();
        }
        self.emergency.know(self.desk.stations());
        let held: Vec<(CallId, Held)> = self.line.calls().map(|(call, held)| (call, held.clone())).collect();
        for (call, held) in held {
            match (held.from, held.bridged_with) {
                // Two who talk are left to talk.
                (_, Some(_)) => {}
                (From::Us, None) if self.emergency.holds(call) => {}
                (From::Us, None) => self.send(PhoneEffect::Hangup { call }),
                (From::Caller { number, dialled }, None) => {
                    self.serve_in_emergency(call, number.as_ref(), &dialled, held.answered);
                }
            }
        }
    }

    /// Serves the telephones without the store and, when it is time, tries whether it is back.
    pub(super) fn emergency_turn(&mut self, again_at: Instant) -> Result<(), Trouble> {
        let left = again_at.saturating_duration_since(clock::monotonic());
        self.sleep(left.min(NAP));
        for _ in 0..BATCH {
            if let Ok(event) = self.parts.arrivals.phone.try_recv() {
                self.heard_in_emergency(&event);
            } else if let Ok(post) = self.parts.arrivals.post.try_recv() {
                self.refuse(post);
            } else {
                break;
            }
        }
        if clock::monotonic() < again_at || self.stopping {
            return Ok(());
        }
        self.take_up_work()?;
        info!("the store is back: the desk is at work again");
        Ok(())
    }

    /// Restores the desk, commits what the interruption broke, and takes up the numbers and texts that waited.
    pub(super) fn take_up_work(&mut self) -> Result<(), Trouble> {
        let now = self.parts.clock.now();
        let mut living = living::read(&self.register, now)?;
        let texts: Vec<InboundText> = std::mem::take(&mut living.unhandled_texts);
        self.restore(living, now)?;
        self.hand_over()?;
        self.taken_up.extend(texts.iter().map(|text| text.id));
        let inputs = texts.into_iter().map(|text| self.text_input(text, now)).collect();
        self.turn(inputs)?;
        self.mode = Mode::Working;
        self.parts.vitals.emergency.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Makes call-back requests of the numbers that were noted. Handed over twice, an entry is known by its id.
    pub(super) fn hand_over(&mut self) -> Result<(), Trouble> {
        if self.desk.stations().next().is_none() {
            // Nobody could own them yet.
            return Ok(());
        }
        let waiting = self.parts.log.waiting();
        for entries in waiting.chunks(BATCH) {
            let notes: Vec<_> = entries.iter().map(|noted| noted.note).collect();
            let inputs = entries.iter().cloned().map(|Noted { number, at, note }| Input {
                id: InputId(note.0),
                event: DeskEvent::NotedInEmergency { number, at, note },
            });
            self.turn(inputs.collect())?;
            if let Err(error) = self.parts.log.done(&notes) {
                error!(%error, "numbers that became call-back requests stand in the emergency log still");
            }
        }
        if !waiting.is_empty() {
            info!(numbers = waiting.len(), "numbers noted without the store are owed a call");
        }
        self.count_waiting();
        Ok(())
    }

    pub(super) fn count_waiting(&self) {
        let waiting = self.parts.log.count() as u64;
        self.parts.vitals.numbers_waiting.store(waiting, Ordering::Relaxed);
    }

    /// Notes a caller's number and serves them without the store.
    pub(super) fn serve_in_emergency(
        &mut self,
        call: CallId,
        number: Option<&PhoneNumber>,
        dialled: &str,
        answered: bool,
    ) {
        if self.emergency.holds(call) {
            return;
        }
        let noted = self.note(number);
        let caller = EmergencyCaller { call, dialled: dialled.to_owned(), answered, noted };
        let effects = self.emergency.serve(caller, self.parts.clock.now());
        self.send_all(effects);
    }

    /// Whether the number is on the disk when this returns; one that waits already is not noted twice.
    fn note(&mut self, number: Option<&PhoneNumber>) -> bool {
        let Some(number) = number else { return false };
        if self.parts.log.holds(number) {
            return true;
        }
        let at = self.parts.clock.now();
        let noted = Noted { number: number.clone(), at, note: self.parts.chance.mint(at) };
        if let Err(error) = self.parts.log.append(&noted) {
            error!(%error, "a caller's number cannot be noted");
            count(&self.parts.vitals.numbers_lost);
            return false;
        }
        self.noted = true;
        self.count_waiting();
        true
    }

    fn heard_in_emergency(&mut self, event: &PhoneEvent) {
        if let PhoneEvent::CallEnded { call, .. } = event {
            let other = self.line.bridged_with(*call);
            if let Some(other) = other.filter(|_| !self.emergency.holds(*call)) {
                self.send(PhoneEffect::Hangup { call: other });
            }
        }
        self.line.reported(event);
        match event {
            PhoneEvent::CallArrived { call, number, dialled, .. } => {
                self.serve_in_emergency(*call, number.as_ref(), dialled, false);
            }
            PhoneEvent::CallLost { number, .. } => {
                self.note(number.as_ref());
            }
            PhoneEvent::Ringing { .. }
            | PhoneEvent::Answered { .. }
            | PhoneEvent::Digit { .. }
            | PhoneEvent::PlayEnded { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::CallEnded { .. } => {
                let effects = self.emergency.heard(event);
                self.send_all(effects);
            }
        }
    }

    /// What is asked of the desk while it rests. Texts and changed records lie in the store and are read when it is
    /// back.
    fn refuse(&mut self, post: Post) {
        match post {
            Post::Command { reply, .. } => {
                // Whoever asked may have gone.
                let _gone = reply.send(unavailable()).err();
            }
            Post::Reported(_) => count(&self.parts.vitals.dropped),
            Post::Text(_) | Post::Changed(_) | Post::InboundDrained => {}
            Post::Stop => self.stopping = true,
        }
    }
}
