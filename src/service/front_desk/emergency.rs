//! There is no desk, or it lost a caller: numbers are noted, callers are put through or told (DESIGN §3).

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use tracing::{error, warn};

use super::on_the_line::{From, Held};
use super::{BATCH, FrontDesk, NAP};
use crate::clock;
use crate::desk::effect::PhoneEffect;
use crate::desk::emergency::{EmergencyCaller, Fate};
use crate::desk::event::{DeskEvent, PhoneEvent};
use crate::domain::ids::{CallId, MessageId};
use crate::domain::phone_number::PhoneNumber;
use crate::service::inbox::{Post, unavailable};
use crate::service::vitals::count;
use crate::store::emergency::{EmergencyError, EmergencyLog, Noted};

/// How soon the store is tried again at first; each time twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// When what is away is tried again.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct TryAgain {
    at: Instant,
    wait: Duration,
}

impl TryAgain {
    pub(in crate::service) fn soon() -> Self {
        Self { at: clock::monotonic() + FIRST_WAIT, wait: FIRST_WAIT }
    }

    /// After a try in vain.
    pub(in crate::service) fn later(self) -> Self {
        let wait = (self.wait * 2).min(LONGEST_WAIT);
        Self { at: clock::monotonic() + wait, wait }
    }

    pub(in crate::service) fn is_due(self) -> bool {
        self.left().is_zero()
    }

    /// How long until then.
    pub(in crate::service) fn left(self) -> Duration {
        self.at.saturating_duration_since(clock::monotonic())
    }
}

impl FrontDesk {
    /// From here on whoever is on the line is served without the desk.
    pub(in crate::service) fn serve_everybody(&mut self) {
        let held: Vec<(CallId, Held)> = self.line.calls().map(|(call, held)| (call, held.clone())).collect();
        for (call, held) in held {
            match self.emergency.fate(call, held.from == From::Us, held.bridged_with.is_some()) {
                Fate::Left => {}
                Fate::HungUp => self.send(PhoneEffect::Hangup { call }),
                Fate::Served => {
                    let From::Caller { number, dialled } = held.from else { continue };
                    self.serve_in_emergency(call, number.as_ref(), &dialled, held.answered);
                }
            }
        }
    }

    /// Serves the telephones until there is news or `nap` is over.
    pub(in crate::service) fn emergency_turn<T>(&mut self, nap: Duration, news: &Receiver<T>) {
        self.sleep_beside(nap.min(NAP), news);
        for _ in 0..BATCH {
            if let Ok(event) = self.arrivals.phone.try_recv() {
                self.heard_in_emergency(&event);
            } else if let Ok(post) = self.arrivals.post.try_recv() {
                self.refuse(post);
            } else {
                break;
            }
        }
    }

    /// Notes a caller's number and serves them without the store.
    pub(in crate::service) fn serve_in_emergency(
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
        let effects = self.emergency.serve(caller, self.clock.now());
        self.send_all(effects);
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
            // The line knows it, and tells the desk when that is at work again.
            PhoneEvent::PhoneReachable { .. } => {}
            PhoneEvent::Ringing { .. }
            | PhoneEvent::Answered { .. }
            | PhoneEvent::Digit { .. }
            | PhoneEvent::PlayEnded { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::Held { .. }
            | PhoneEvent::TransferAsked { .. }
            | PhoneEvent::Quality { .. }
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
            Post::Reported(_) => count(&self.vitals.dropped),
            // Without a store nothing could be promised: whose number is noted is rung back, told or not.
            Post::Text(_) | Post::Changed(_) | Post::InboundDrained | Post::LineStops => {}
            // The store cannot say it of itself.
            Post::RecordingCut(recording) => {
                self.owed.push_back(DeskEvent::RecordingCut { recording, ticket: None })
            }
            Post::Stop => self.stopping = true,
        }
    }

    /// Whether the number is on the disk when this returns; one that waits already is not noted twice.
    fn note(&mut self, number: Option<&PhoneNumber>) -> bool {
        let Some(number) = number else { return false };
        let at = self.clock.now();
        let noted = Noted { number: number.clone(), at, note: self.chance.mint(at) };
        let Some(log) = self.open_log() else {
            count(&self.vitals.numbers_lost);
            return false;
        };
        if log.holds(number) {
            return true;
        }
        if let Err(error) = log.append(&noted) {
            error!(%error, "a caller's number cannot be noted");
            count(&self.vitals.numbers_lost);
            return false;
        }
        self.noted = true;
        self.count_waiting();
        true
    }

    /// The numbers that wait to become call-back requests.
    pub(in crate::service) fn waiting(&mut self) -> Vec<Noted> {
        self.open_log().map(|log| log.waiting()).unwrap_or_default()
    }

    /// These have become call-back requests.
    pub(in crate::service) fn handed_over(&mut self, notes: &[MessageId]) {
        let done = self.open_log().map_or(Ok(()), |log| log.done(notes));
        if let Err(error) = done {
            error!(%error, "numbers that became call-back requests stand in the emergency log still");
        }
        self.count_waiting();
    }

    pub(super) fn count_waiting(&self) {
        let waiting = self.log.as_ref().map_or(0, EmergencyLog::count) as u64;
        self.vitals.numbers_waiting.store(waiting, Ordering::Relaxed);
    }

    /// The log; tried anew each time while it cannot be opened.
    pub(super) fn open_log(&mut self) -> Option<&mut EmergencyLog> {
        if self.log.is_none() {
            self.log = EmergencyLog::open(&self.directory)
                .map_err(|error: EmergencyError| {
                    warn!(%error, "the emergency log cannot be opened: no number can be noted");
                })
                .ok();
            // What was noted before a stop waits as well.
            self.noted |= self.log.as_ref().is_some_and(|log| log.count() > 0);
        }
        self.log.as_mut()
    }
}
