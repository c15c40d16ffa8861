//! Which call is which leg, and where its audio goes: between the desk, the
//! SIP stack and the media thread.
//!
//! It decides nothing about people. It runs on the signalling thread and owns
//! the stack; the desk's orders come by a bounded channel.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use tokio::sync::mpsc::Receiver;
use tracing::{info, warn};

use super::counters::Counters;
use super::media::ports::Ports;
use super::media::{Command, Heard, Media, Notice};
use super::settings::Settings;
use super::sip::leg::{Happening, LegEvent, LegId};
use super::sip::sdp::Agreement;
use super::sip::stack::Stack;
use super::translate;
use crate::clock::{self, Clock};
use crate::desk::effect::PhoneEffect;
use crate::desk::event::{EndReason, PhoneEvent};
use crate::domain::extension::PhoneAccount;
use crate::domain::ids::{CallId, Chance};
use crate::domain::phone_number::NumberingPlan;

mod incoming;
mod line;
mod outgoing;
mod target;
mod telephones;
mod transfer;
mod trunks;

use line::Line;
use telephones::News;
pub use telephones::{Moved, Registry};

/// How long ended calls may take to say goodbye when the telephone stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// How soon an event the desk had no room for is offered again.
const RETRY: Duration = Duration::from_millis(20);

/// How often all lines are looked at: to find the first that is due after each event would cost more than the event.
const LOOKING: Duration = Duration::from_millis(100);

/// How long the media thread may take to say its last word about a call.
const LAST_WORD: Duration = Duration::from_millis(200);

/// What the signalling thread is told.
#[derive(Debug)]
pub enum Order {
    Carry(PhoneEffect),
    /// Rings somebody from a number that is not the line's own.
    DialAs {
        call: CallId,
        target: String,
        from_user: String,
        ring_time: Duration,
        /// Who hears what is said from the first packet on.
        ear: Sender<Heard>,
    },
    /// Lets the line's own telephones register.
    OpenRegistrar(Registry),
    /// Only these may register from now on.
    PutAccounts(Vec<PhoneAccount>),
    /// Turns callers away from now on and lets the calls in progress end, by themselves until a moment, then by us.
    Leave {
        until: Instant,
        /// Told when the desk has heard of the last end.
        gone: Sender<()>,
    },
    Stop,
}

/// Everything the switchboard is given.
pub struct Equipment {
    pub stack: Stack,
    pub media: Media,
    pub ports: Ports,
    pub settings: Settings,
    pub plan: NumberingPlan,
    pub desk: Sender<PhoneEvent>,
    pub clock: Clock,
    pub chance: Chance,
    pub counters: Arc<Counters>,
}

/// All calls and everybody they concern.
pub struct Switchboard {
    has: Equipment,
    lines: BTreeMap<CallId, Line>,
    by_leg: BTreeMap<LegId, CallId>,
    /// Ended calls of which the media thread still has something to report: a recording's end comes
    /// before its call's.
    closing: BTreeMap<CallId, Closing>,
    /// Ends of calls that the desk must hear of and had no room for: at most one a call.
    unsaid: VecDeque<PhoneEvent>,
    news: News,
    leaving: Option<Leaving>,
    /// When the lines were last looked at for whose time is over.
    looked_at: Instant,
}

/// The line is being closed: nobody else comes in.
struct Leaving {
    until: Instant,
    /// None when it was told already.
    gone: Option<Sender<()>>,
}

struct Closing {
    reason: EndReason,
    until: Instant,
}

impl Switchboard {
    pub fn new(equipment: Equipment) -> Self {
        let (lines, by_leg, closing) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (unsaid, news) = (VecDeque::new(), News::default());
        Self {
            has: equipment,
            lines,
            by_leg,
            closing,
            unsaid,
            news,
            leaving: None,
            looked_at: clock::monotonic(),
        }
    }

    /// Works until told to stop.
    pub async fn run(mut self, mut orders: Receiver<Order>, mut notices: Receiver<Notice>) {
        loop {
            let wake = self.wake_at();
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Carry(effect)) => self.carry(effect),
                    Some(Order::DialAs { call, target, from_user, ring_time, ear }) => {
                        self.dial(call, &target, from_user, ring_time);
                        self.tell_media(Command::Listen { call, ear });
                    }
                    Some(Order::OpenRegistrar(registry)) => self.open_registrar(registry),
                    Some(Order::PutAccounts(accounts)) => self.has.stack.put_accounts(accounts),
                    Some(Order::Leave { until, gone }) => {
                        self.leaving = Some(Leaving { until, gone: Some(gone) });
                    }
                    Some(Order::Stop) | None => break,
                },
                happening = self.has.stack.next() => self.happened(happening),
                Some(notice) = notices.recv() => match notice {
                    Notice::Deaf(call) => self.went_deaf(call),
                    Notice::Closed(call) => self.closed(call),
                },
                () = tokio::time::sleep_until(wake.into()) => self.wake(),
            }
            self.leave();
            self.has.counters.calls.store(self.lines.len() as u64, Ordering::Relaxed);
        }
        self.close(notices).await;
    }

    fn carry(&mut self, effect: PhoneEffect) {
        match effect {
            PhoneEffect::Ring { call } => self.with_line(call, |stack, line| stack.ring(line.branch.leg)),
            PhoneEffect::Answer { call } => self.answer(call),
            PhoneEffect::Reject { call, reason } => {
                let rejection = translate::rejection(reason);
                self.with_line(call, |stack, line| stack.reject(line.branch.leg, rejection));
                self.ended(call, EndReason::Refused);
            }
            PhoneEffect::Hangup { call } => self.hang_up(call, EndReason::Released),
            PhoneEffect::Dial { call, target, ring_time } => {
                self.dial(call, &target, self.has.settings.number.clone(), ring_time);
            }
            PhoneEffect::TransferOutcome { call, ok } => {
                self.with_line(call, |stack, line| stack.transferred(line.branch.leg, ok));
            }
            // The front door sends these straight to the media thread.
            PhoneEffect::Play { .. }
            | PhoneEffect::StopPlay { .. }
            | PhoneEffect::Record { .. }
            | PhoneEffect::StopRecording { .. }
            | PhoneEffect::Bridge { .. }
            | PhoneEffect::Join { .. }
            | PhoneEffect::Hold { .. }
            | PhoneEffect::Mute { .. }
            | PhoneEffect::Unbridge { .. } => {}
        }
    }

    fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Incoming(incoming) => self.rung(incoming),
            Happening::Turned { caller, dialled, why } => self.turned_away(&caller, dialled, why),
            Happening::Leg(leg, event) => {
                // A leg that we hung up may still have had something to say.
                if let Some(call) = self.by_leg.get(&leg).copied() {
                    self.leg_event(call, leg, event);
                }
            }
            Happening::PhonesMoved(extensions) => self.phones_moved(extensions),
        }
    }

    fn leg_event(&mut self, call: CallId, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Tried => self.tried(call),
            LegEvent::Ringing => self.rings(call),
            LegEvent::Answered(agreement) => self.answered(call, leg, agreement),
            LegEvent::Acked(Some(agreement)) => self.agree(call, agreement),
            LegEvent::Acked(None) => {
                // Our offer was acknowledged without an answer: there is nothing to speak.
                if self.lines.get(&call).is_some_and(|line| !line.agreed) {
                    self.hang_up(call, EndReason::NetworkFailed);
                }
            }
            LegEvent::ChangeOffered(agreement) => {
                if let Some(agreement) = agreement {
                    self.agree(call, agreement);
                }
                self.with_line(call, |stack, line| stack.answer_change(line.branch.leg, line.branch.media));
            }
            LegEvent::Changed(agreement) => self.agree(call, agreement),
            LegEvent::Referred { to, replaces } => self.transfer_asked(call, to, replaces),
            // The media thread knows by which other ways keys come.
            LegEvent::Pressed(key) => self.tell_media(Command::KeyByInfo { call, key }),
            LegEvent::Ended(end) => {
                if !self.goes_on(call, leg, end) {
                    self.lost_leg(call, leg, translate::end_reason(end));
                }
            }
        }
    }

    fn agree(&mut self, call: CallId, agreement: Agreement) {
        if let Some(line) = self.lines.get_mut(&call) {
            line.agreed = true;
            self.tell_media(Command::Agree { call, agreement });
            self.holds(call, !agreement.listens);
        }
    }

    /// Tells the desk when the other end puts us on hold or comes back.
    fn holds(&mut self, call: CallId, on: bool) {
        if let Some(line) = self.lines.get_mut(&call).filter(|line| line.held != on) {
            line.held = on;
            self.say(PhoneEvent::Held { call, on });
        }
    }

    fn went_deaf(&mut self, call: CallId) {
        if self.lines.contains_key(&call) {
            info!(%call, "no audio came for too long, or the call was held or lasted too long");
            self.hang_up(call, EndReason::WentDeaf);
        }
    }

    /// Ends a call ourselves.
    fn hang_up(&mut self, call: CallId, reason: EndReason) {
        self.with_line(call, |stack, line| line.legs().for_each(|leg| stack.hang_up(leg)));
        self.ended(call, reason);
    }

    /// A telephone of a call is gone; with the last the call ends.
    fn lost_leg(&mut self, call: CallId, leg: LegId, why: EndReason) {
        self.by_leg.remove(&leg);
        if let Some(why) = self.lines.get_mut(&call).and_then(|line| line.lose(leg, why)) {
            self.ended(call, why);
        }
    }

    /// Forgets a call. The desk hears of its end after everything else about it.
    fn ended(&mut self, call: CallId, reason: EndReason) {
        let Some(line) = self.lines.remove(&call) else { return };
        for leg in line.legs() {
            self.by_leg.remove(&leg);
        }
        info!(%call, %reason, "a call ended");
        self.closing.insert(call, Closing { reason, until: clock::monotonic() + LAST_WORD });
        if !self.has.media.tell(Command::Close { call }) {
            self.closed(call);
        }
    }

    /// Tells the desk, who must hear of it however full its channel is.
    fn closed(&mut self, call: CallId) {
        if let Some(Closing { reason, .. }) = self.closing.remove(&call) {
            self.unsaid.push_back(PhoneEvent::CallEnded { call, reason });
            self.say_the_unsaid();
        }
    }

    fn with_line(&mut self, call: CallId, act: impl FnOnce(&mut Stack, &Line)) {
        if let Some(line) = self.lines.get(&call) {
            act(&mut self.has.stack, line);
        }
    }

    /// Reports what may be lost when the desk is overrun: the menu asks again.
    fn say(&mut self, event: PhoneEvent) {
        self.told(event);
    }

    /// As `say`; whether the desk had room for it.
    fn told(&mut self, event: PhoneEvent) -> bool {
        let told = self.has.desk.try_send(event).is_ok();
        if !told {
            self.has.counters.reports_lost.fetch_add(1, Ordering::Relaxed);
        }
        told
    }

    fn say_the_unsaid(&mut self) {
        while let Some(event) = self.unsaid.pop_front() {
            if let Err(error) = self.has.desk.try_send(event) {
                self.unsaid.push_front(error.into_inner());
                return;
            }
        }
    }

    fn tell_media(&self, command: Command) {
        if !self.has.media.tell(command) {
            self.has.counters.reports_lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn wake_at(&self) -> Instant {
        /// With nothing to wait for, any time will do.
        const IDLE: Duration = Duration::from_secs(60);
        let now = clock::monotonic();
        let is_busy = !self.lines.is_empty() || !self.closing.is_empty();
        let look = is_busy.then(|| self.looked_at + LOOKING);
        let retry = (!self.unsaid.is_empty() || !self.news.is_empty()).then(|| now + RETRY);
        let leaving = self.leaving.as_ref().filter(|leaving| leaving.gone.is_some());
        let leaving = leaving.map(|leaving| leaving.until.max(now + RETRY));
        [look, retry, leaving].into_iter().flatten().min().unwrap_or(now + IDLE)
    }

    fn wake(&mut self) {
        self.say_the_unsaid();
        self.tell_of_phones();
        let now = clock::monotonic();
        self.looked_at = now;
        let over = |line: &Line| line.ring_until.is_some_and(|until| until <= now);
        let unanswered: Vec<_> =
            self.lines.iter().filter(|(_, line)| over(line)).map(|(call, _)| *call).collect();
        for call in unanswered {
            self.hang_up(call, EndReason::NoAnswer);
        }
        self.leave_the_silent(now);
        let silent = self.closing.iter().filter(|(_, closing)| closing.until <= now);
        let silent: Vec<_> = silent.map(|(call, _)| *call).collect();
        for call in silent {
            self.closed(call);
        }
    }

    /// Ends what went on too long while the line is being closed, and says when nothing is left.
    fn leave(&mut self) {
        let Some(Leaving { until, .. }) = &self.leaving else { return };
        if *until <= clock::monotonic() {
            let calls: Vec<_> = self.lines.keys().copied().collect();
            calls.into_iter().for_each(|call| self.hang_up(call, EndReason::Released));
        }
        let all_said = self.lines.is_empty() && self.closing.is_empty() && self.unsaid.is_empty();
        if all_said && let Some(gone) = self.leaving.as_mut().and_then(|leaving| leaving.gone.take()) {
            // Whoever asked has run out of patience, then.
            gone.try_send(()).ok();
        }
    }

    async fn close(mut self, mut notices: Receiver<Notice>) {
        let calls: Vec<_> = self.lines.keys().copied().collect();
        let talking = !calls.is_empty();
        for call in calls {
            self.hang_up(call, EndReason::Released);
        }
        let until = clock::monotonic() + FAREWELL;
        while !self.closing.is_empty() && clock::monotonic() < until {
            match tokio::time::timeout(LAST_WORD, notices.recv()).await {
                Ok(Some(Notice::Closed(call))) => self.closed(call),
                Ok(Some(Notice::Deaf(_))) => {}
                Ok(None) | Err(_) => break,
            }
        }
        let left: Vec<_> = self.closing.keys().copied().collect();
        left.into_iter().for_each(|call| self.closed(call));
        if talking {
            tokio::time::sleep_until(until.into()).await;
        }
        if !self.unsaid.is_empty() {
            warn!(calls = self.unsaid.len(), "the desk was not told of every call's end");
        }
        self.has.stack.leave_trunks().await;
        self.has.stack.stop();
    }
}
