//! What stands between the telephones and the desk: it passes on what each says to the other, knows who is on the
//! line, and serves callers when there is no desk that could ([`emergency`]).

pub mod emergency;
pub(super) mod on_the_line;
pub mod vigil;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Select};
use tracing::{info, warn};

use self::on_the_line::OnTheLine;
use super::clock_watch::{ClockNews, ClockWatch};
use super::inbox::Arrivals;
use super::last_known::LastKnown;
use super::vitals::{Vitals, count};
use crate::clock::Clock;
use crate::desk::effect::PhoneEffect;
use crate::desk::emergency::EmergencyDesk;
use crate::desk::event::{DeskEvent, EndReason, PhoneEvent};
use crate::domain::ids::{CallId, Chance};
use crate::domain::phone_number::NumberingPlan;
use crate::domain::policy::Policy;
use crate::phone::Full;
use crate::prompts::library::Library;
use crate::store::emergency::EmergencyLog;

/// Events handled in one turn.
pub(super) const BATCH: usize = 256;
/// The longest sleep: a jump of the clock is noticed this soon.
pub(super) const NAP: Duration = Duration::from_secs(1);
/// How soon the telephones are asked again to end a call that they had no room for.
const HANG_UP_AGAIN: Duration = Duration::from_millis(20);

/// The way to the telephones: an order is taken at once or not at all.
pub type PhoneWay = Box<dyn Fn(PhoneEffect) -> Result<(), Full> + Send>;

/// What the front desk is made of.
pub struct Parts {
    pub phone: PhoneWay,
    pub arrivals: Arrivals,
    pub clock: Clock,
    pub chance: Chance,
    pub vitals: Arc<Vitals>,
    pub numbering: NumberingPlan,
    pub library: Arc<Library>,
    /// Where the emergency log and the last known stations lie.
    pub directory: PathBuf,
}

/// Between the telephones and the desk.
pub struct FrontDesk {
    pub(super) arrivals: Arrivals,
    pub(super) clock: Clock,
    pub(super) clock_watch: ClockWatch,
    pub(super) chance: Chance,
    pub(super) vitals: Arc<Vitals>,
    pub(super) line: OnTheLine,
    /// Serves callers whom the desk cannot serve.
    pub(super) emergency: EmergencyDesk,
    /// What it has to tell the desk by itself.
    pub(super) owed: VecDeque<DeskEvent>,
    /// A number was noted that the store does not hold yet.
    pub(super) noted: bool,
    pub(super) stopping: bool,
    phone: PhoneWay,
    directory: PathBuf,
    /// None where it could not be opened: it is tried again for each number.
    log: Option<EmergencyLog>,
    /// Calls that the telephones had no room to be told to end.
    not_hung_up: BTreeSet<CallId>,
}

impl FrontDesk {
    /// Opens the emergency log and takes up the stations as they were last known. What cannot be read is no reason not
    /// to answer.
    pub fn new(parts: Parts) -> Self {
        let Parts { phone, arrivals, clock, mut chance, vitals, numbering, library, directory } = parts;
        let known = LastKnown::read(&directory).unwrap_or_else(|error| {
            warn!(%error, "the stations as they were last known cannot be read");
            LastKnown::default()
        });
        let emergency = EmergencyDesk::new(
            known.stations(),
            numbering,
            library,
            Policy::default().calls.ring_budget,
            chance.another(),
        );
        let mut this = Self {
            arrivals,
            clock_watch: ClockWatch::new(clock.clone()),
            clock,
            chance,
            vitals,
            line: OnTheLine::default(),
            emergency,
            owed: VecDeque::new(),
            noted: false,
            stopping: false,
            phone,
            directory,
            log: None,
            not_hung_up: BTreeSet::new(),
        };
        this.open_log();
        this.count_waiting();
        this
    }

    /// Sleeps until something comes, at most for `nap`.
    pub(super) fn sleep(&mut self, nap: Duration) {
        self.sleep_beside(nap, &crossbeam_channel::never::<()>());
    }

    /// As [`FrontDesk::sleep`]; `news` wakes it too.
    fn sleep_beside<T>(&mut self, nap: Duration, news: &Receiver<T>) {
        let nap = if self.not_hung_up.is_empty() { nap } else { nap.min(HANG_UP_AGAIN) };
        let Arrivals { phone, post } = &self.arrivals;
        let mut select = Select::new();
        select.recv(phone);
        select.recv(post);
        select.recv(news);
        // Whether it was woken or slept through makes no difference: it looks at everything.
        let _woken = select.ready_timeout(nap).is_ok();
        self.hang_up_again();
        self.look_at_the_clock();
    }

    fn look_at_the_clock(&mut self) {
        match self.clock_watch.look() {
            Some(ClockNews::Stepped(step)) => {
                warn!(by_ms = step.by_ms, "the machine's clock was set; the line keeps its own time");
                self.vitals.stepped_by_ms.store(step.by_ms, Ordering::Relaxed);
                self.owed.push_back(DeskEvent::ClockStepped { by_ms: step.by_ms });
            }
            Some(ClockNews::Agrees) => {
                info!("the machine's clock agrees with the line's again");
                self.vitals.stepped_by_ms.store(0, Ordering::Relaxed);
            }
            None => {}
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
            | PhoneEffect::Hold { .. }
            | PhoneEffect::Mute { .. }
            | PhoneEffect::TransferOutcome { .. }
            | PhoneEffect::Unbridge { .. } => Some(DeskEvent::CallCut { call }),
        };
        if (self.phone)(effect).is_ok() {
            return;
        }
        count(&self.vitals.orders_refused);
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

    fn hang_up_again(&mut self) {
        while let Some(call) = self.not_hung_up.first().copied() {
            if (self.phone)(PhoneEffect::Hangup { call }).is_err() {
                return;
            }
            self.not_hung_up.remove(&call);
        }
    }
}
