//! Joins the link to the SMS centre to the store and the desk.
//!
//! One thread does the store's part, in the order in which things happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::inbox::{Inbox, Post};
use crate::clock::{self, Clock};
use crate::domain::calendar::Calendar;
use crate::domain::ids::{Chance, MessageId};
use crate::domain::message::{InboundText, OutgoingText, TextReport, TextState};
use crate::domain::phone_number::NumberingPlan;
use crate::domain::timestamp::Timestamp;
use crate::sms::health::Health;
use crate::sms::ports::{Answer, Happened, Leave, NotKept, PartsOf, Ports, Receipt};
use crate::sms::session::Sms;
use crate::sms::settings::Settings;
use crate::store::Store;
use crate::store::outbox::{Inbound, PartState};

/// Errands that may wait for the store.
const ERRANDS: usize = 1_024;

/// What the link to the centre is given besides the store.
pub struct Texts {
    pub settings: Settings,
    pub numbering: NumberingPlan,
    pub calendar: Calendar,
    pub clock: Clock,
}

type Errand = Box<dyn FnOnce(&mut Clerk) + Send>;

/// Does the store's part.
struct Clerk {
    store: Store,
    inbox: Inbox,
    /// What the centre called the parts of a text that has not left whole.
    names: BTreeMap<MessageId, BTreeMap<u8, String>>,
}

/// Starts the link; answers its health as it changes.
///
/// # Errors
/// When the thread cannot be started.
pub fn start(
    texts: Texts,
    store: &Store,
    inbox: &Inbox,
    stop: CancellationToken,
) -> std::io::Result<tokio::sync::watch::Receiver<Health>> {
    let (errands, waiting) = bounded(ERRANDS);
    let clerk = Clerk { store: store.clone(), inbox: inbox.clone(), names: BTreeMap::new() };
    std::thread::Builder::new().name("texts".into()).spawn(move || work(clerk, &waiting))?;
    let ports = ports(&errands, store, inbox, texts.calendar);
    let chance = Chance::from_seed(clock::os_random());
    let sms = Sms::new(texts.settings, texts.numbering, ports, texts.clock, chance);
    let health = sms.health();
    tokio::spawn(sms.run(stop));
    Ok(health)
}

fn work(mut clerk: Clerk, errands: &Receiver<Errand>) {
    for errand in errands {
        errand(&mut clerk);
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

fn ports(errands: &Sender<Errand>, store: &Store, inbox: &Inbox, calendar: Calendar) -> Ports {
    let (take, keep, receipt, accept) = (errands.clone(), errands.clone(), errands.clone(), errands.clone());
    let inbox = inbox.clone();
    Ports {
        take: Box::new(move |limit, now| send(&take, move |clerk| clerk.take(limit, now))),
        keep: Box::new(move |happened| send(&keep, move |clerk| clerk.keep(happened))),
        keep_receipt: Box::new(move |given| send(&receipt, move |clerk| clerk.receipt(&given))),
        accept_inbound: Box::new(move |text| send(&accept, move |clerk| clerk.accept(text))),
        may_leave: Box::new(move |text, now| may_leave(&calendar, text, now)),
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
        for happened in happened {
            match happened {
                Happened::PartTaken { id, part, of: _, provider_id, at: _ } => {
                    let name = provider_id.unwrap_or_else(|| format!("{id}/{part}"));
                    self.names.entry(id).or_default().insert(part, name);
                }
                Happened::Reported(report) if report.state == TextState::Sent => {
                    let names = self.names.remove(&report.id).unwrap_or_default();
                    let names = names.into_values().collect();
                    let report = self.store.text_left(report.id, names, report.at).map_err(not_kept)?;
                    self.tell(report);
                }
                Happened::Reported(report) => {
                    self.names.remove(&report.id);
                    self.store.text_reported(report.clone()).map_err(not_kept)?;
                    self.tell(report);
                }
                Happened::PutBack { id, not_before } => {
                    self.names.remove(&id);
                    match not_before {
                        Some(at) => self.store.postpone_text(id, at).map_err(not_kept)?,
                        None => self.store.give_back_texts(vec![id]).map_err(not_kept)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn receipt(&mut self, receipt: &Receipt) -> Result<Option<PartsOf>, NotKept> {
        let state =
            if receipt.state == TextState::Delivered { PartState::Delivered } else { PartState::Failed };
        for name in &receipt.provider_ids {
            let kept = self
                .store
                .receipt(name.clone(), receipt.from.clone(), state, receipt.reason.clone(), receipt.at)
                .map_err(not_kept)?;
            if let Some((id, states)) = kept {
                let of = u8::try_from(states.len()).unwrap_or(u8::MAX);
                let states = states.into_iter().map(state_of).collect();
                return Ok(Some(PartsOf { id, states, of }));
            }
        }
        Ok(None)
    }

    /// Committed before the centre is answered; one the desk has no room for is taken up at the next restart.
    fn accept(&mut self, text: InboundText) -> Result<(), NotKept> {
        let taken = self.store.take_in(vec![text.clone()]).map_err(not_kept)?;
        if taken.first() == Some(&Inbound::New) && self.inbox.put(Post::Text(text)).is_err() {
            warn!("the desk has no room for a text; it is kept and handled at the next start");
        }
        Ok(())
    }

    fn tell(&self, report: TextReport) {
        if self.inbox.put(Post::Reported(report)).is_err() {
            warn!("the desk has no room for what became of a text");
        }
    }
}

fn state_of(part: PartState) -> TextState {
    match part {
        PartState::Sent => TextState::Sent,
        PartState::Delivered => TextState::Delivered,
        PartState::Failed => TextState::Failed,
    }
}
