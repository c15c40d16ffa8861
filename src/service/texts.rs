//! Joins the link to the SMS centre to the store and the desk.
//!
//! One thread does the store's part, in the order in which things happened.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use futures_util::FutureExt;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::inbox::{Inbox, Post};
use crate::clock::{self, Clock};
use crate::domain::calendar::Calendar;
use crate::domain::ids::MessageId;
use crate::domain::message::{InboundText, OutgoingText, TextReport, TextState};
use crate::domain::phone_number::NumberingPlan;
use crate::domain::policy::Policy;
use crate::domain::timestamp::Timestamp;
use crate::sms::counters::Counters;
use crate::sms::health::Health;
use crate::sms::ports::{Answer, Found, Happened, Leave, NotKept, Ports, Receipt};
use crate::sms::session::Sms;
use crate::sms::settings::Settings;
use crate::store::Store;
use crate::store::outbox::{Inbound, PartNoted, PartState};

/// Errands that may wait for the store.
const ERRANDS: usize = 1_024;
/// How soon what a full desk had no room for is brought to it again.
const CATCH_UP: Duration = Duration::from_millis(500);
/// What may wait for a full desk here: reports of a minute at the fastest centre. It is all in the store; what does not
/// fit is seen by the desk when it is next built from there.
const LATE: usize = 10_000;

/// What the link to the centre is given besides the store.
pub struct Texts {
    pub settings: Settings,
    pub numbering: NumberingPlan,
    pub calendar: watch::Receiver<Arc<Calendar>>,
    pub policy: watch::Receiver<Arc<Policy>>,
    pub clock: Clock,
}

type Errand = Box<dyn FnOnce(&mut Clerk) + Send>;

/// Does the store's part.
struct Clerk {
    store: Store,
    inbox: Inbox,
    policy: watch::Receiver<Arc<Policy>>,
    /// What the desk had no room for, in order.
    late: VecDeque<Post>,
}

/// The running link.
pub struct TextLink {
    pub health: tokio::sync::watch::Receiver<Health>,
    pub counters: Arc<Counters>,
    /// Ends some seconds after the stop: what is on the way is waited for, the rest goes back to the outbox.
    pub running: tokio::task::JoinHandle<()>,
}

/// Starts the link on the current runtime.
///
/// # Errors
/// When the thread cannot be started.
pub fn start(
    texts: Texts,
    store: &Store,
    inbox: &Inbox,
    stop: CancellationToken,
) -> std::io::Result<TextLink> {
    let (errands, waiting) = bounded(ERRANDS);
    let clerk =
        Clerk { store: store.clone(), inbox: inbox.clone(), policy: texts.policy, late: VecDeque::new() };
    let clerk = std::thread::Builder::new().name("texts".into()).spawn(move || work(clerk, &waiting))?;
    let ports = ports(&errands, store, inbox, texts.calendar);
    let chance = clock::os_chance();
    let sms = Sms::new(texts.settings, texts.numbering, ports, texts.clock, chance);
    let (health, counters) = (sms.health(), sms.counters());
    let running = async move {
        sms.run(stop).await;
        // It holds the store, which somebody may open again: its last errand is waited for.
        let ended = tokio::task::spawn_blocking(move || clerk.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            warn!("the texts' thread did not end in order");
        }
    };
    Ok(TextLink { health, counters, running: tokio::spawn(running) })
}

fn work(mut clerk: Clerk, errands: &Receiver<Errand>) {
    loop {
        match errands.recv_timeout(CATCH_UP) {
            Ok(errand) => errand(&mut clerk),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        clerk.catch_up();
    }
}

/// Puts an errand in line before it returns; the answer is only waited for.
fn send<T: Send + 'static>(
    errands: &Sender<Errand>,
    errand: impl FnOnce(&mut Clerk) -> Result<T, NotKept> + Send + 'static,
) -> Answer<T> {
    let (reply, answer) = oneshot::channel();
    let put = errands.try_send(Box::new(move |clerk| {
        // Whoever asked may have been stopped.
        reply.send(errand(clerk)).ok();
    }));
    async move {
        put.map_err(|_| NotKept("too many errands wait for the store".into()))?;
        answer.await.unwrap_or_else(|_| Err(NotKept("the texts' thread has ended".into())))
    }
    .boxed()
}

fn not_kept(error: impl std::fmt::Display) -> NotKept {
    NotKept(error.to_string())
}

fn ports(
    errands: &Sender<Errand>,
    store: &Store,
    inbox: &Inbox,
    calendar: watch::Receiver<Arc<Calendar>>,
) -> Ports {
    let (take, keep, receipt, accept) = (errands.clone(), errands.clone(), errands.clone(), errands.clone());
    let inbox = inbox.clone();
    Ports {
        take: Box::new(move |limit, now| send(&take, move |clerk| clerk.take(limit, now))),
        keep: Box::new(move |happened| send(&keep, move |clerk| clerk.keep(happened))),
        keep_receipt: Box::new(move |given| send(&receipt, move |clerk| clerk.receipt(given))),
        accept_inbound: Box::new(move |text| send(&accept, move |clerk| clerk.accept(text))),
        may_leave: Box::new(move |text, now| may_leave(&calendar.borrow(), text, now)),
        drained: Box::new(move || {
            if inbox.put(Post::InboundDrained).is_err() {
                warn!("the desk could not be told that waiting texts are in; it waits a minute instead");
            }
        }),
        waiting: Arc::clone(&store.texts_waiting()),
    }
}

/// Quiet hours, asked again at the last moment.
fn may_leave(calendar: &Calendar, text: &OutgoingText, now: Timestamp) -> Leave {
    if text.quiet_exempt || !calendar.in_quiet_hours(now) {
        Leave::Now
    } else {
        Leave::NotBefore(calendar.after_quiet_hours(now))
    }
}

impl Clerk {
    fn take(&mut self, limit: usize, now: Timestamp) -> Result<Vec<OutgoingText>, NotKept> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let taken = self.store.take_texts(limit, now).map_err(not_kept)?;
        for id in taken.expired {
            self.tell(TextReport { id, state: TextState::Expired, at: now, segments: 0, reason: None });
        }
        Ok(taken.texts)
    }

    fn keep(&mut self, happened: Vec<Happened>) -> Result<(), NotKept> {
        let (mut left, mut back, mut reports) = (Vec::new(), Vec::<MessageId>::new(), Vec::new());
        for happened in happened {
            match happened {
                Happened::Left { id, provider_ids, at } => left.push((id, provider_ids, at)),
                Happened::Ended(report) => reports.push(report),
                Happened::PutBack { id, not_before: None } => back.push(id),
                Happened::PutBack { id, not_before: Some(at) } => {
                    self.store.postpone_text(id, at).map_err(not_kept)?;
                }
            }
        }
        for report in &reports {
            self.store.text_reported(report.clone()).map_err(not_kept)?;
        }
        if !left.is_empty() {
            reports.extend(self.store.texts_left(left).map_err(not_kept)?);
        }
        if !back.is_empty() {
            self.store.give_back_texts(back).map_err(not_kept)?;
        }
        for report in reports {
            self.tell(report);
        }
        Ok(())
    }

    fn receipt(&mut self, receipt: Receipt) -> Result<Found, NotKept> {
        let Receipt { from, provider_ids, state, at, reason } = receipt;
        let state = if state == TextState::Delivered { PartState::Delivered } else { PartState::Failed };
        match self.store.part_reported(provider_ids, from, state, reason, at).map_err(not_kept)? {
            PartNoted::Unknown => Ok(Found::No),
            PartNoted::Noted => Ok(Found::Yes),
            PartNoted::Decided(report) => {
                self.tell(report);
                Ok(Found::Yes)
            }
        }
    }

    /// Committed before the centre is answered. While the desk is behind nothing is taken: the centre brings it again,
    /// and no yes waits behind thousands of posts while its writer believes it has been heard.
    fn accept(&mut self, text: InboundText) -> Result<(), NotKept> {
        self.catch_up();
        if !self.late.is_empty() || !self.inbox.has_room() {
            return Err(NotKept("the desk has no room".into()));
        }
        let same_within = self.policy.borrow().offers.same_text;
        let taken = self.store.take_in(vec![text.clone()], same_within).map_err(not_kept)?;
        if taken.first() == Some(&Inbound::New) {
            self.hand_on(Post::Text(text));
        }
        Ok(())
    }

    fn tell(&mut self, report: TextReport) {
        self.hand_on(Post::Reported(report));
    }

    /// Brings the desk what it had no room for, as far as it has now.
    fn catch_up(&mut self) {
        while self.inbox.has_room()
            && let Some(post) = self.late.pop_front()
        {
            if let Err(post) = self.inbox.give(post) {
                self.late.push_front(post);
                return;
            }
        }
    }

    /// In order: behind what waits already.
    fn hand_on(&mut self, post: Post) {
        self.late.push_back(post);
        self.catch_up();
        if self.late.len() > LATE {
            self.late.pop_front();
            warn!(
                "the desk has long had no room for what came by text; it is kept and seen when the desk is built anew"
            );
        }
    }
}
