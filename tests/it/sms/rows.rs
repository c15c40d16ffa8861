//! The rows behind the link, kept in memory: what the store does for the service.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, watch};
use yingda::clock::Clock;
use yingda::domain::ids::{Chance, JurisdictionId, MessageId};
use yingda::domain::message::{InboundText, OutgoingText, TextState};
use yingda::domain::phone_number::PhoneNumber;
use yingda::domain::timestamp::Timestamp;
use yingda::sms::ports::{Found, Happened, Leave, NotKept, Ports, Receipt};

/// A row of the outbox.
#[derive(Debug, Clone)]
pub struct Row {
    text: OutgoingText,
    pub state: TextState,
    pub in_hand: bool,
    reason: Option<String>,
    parts: Vec<(String, TextState)>,
    history: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Tables {
    order: Vec<MessageId>,
    texts: BTreeMap<MessageId, Row>,
    inbound: Vec<InboundText>,
    failing_inbound: u32,
    quiet_until: Timestamp,
    drained: u32,
}

/// Shared by the test and the closures the room was given; no lock is held across an await.
#[derive(Clone, Default)]
pub struct Rows {
    tables: Arc<Mutex<Tables>>,
    changed: Arc<watch::Sender<()>>,
    waiting: Arc<Notify>,
}

/// A text that may leave at once and within the hour.
pub fn text(clock: &Clock, to: &str, body: &str) -> OutgoingText {
    let now = clock.now();
    let seed = body.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    OutgoingText {
        id: Chance::from_number(seed).mint(now),
        jurisdiction: JurisdictionId("sifang".into()),
        to: PhoneNumber::try_from(format!("+{to}")).unwrap(),
        template: "offer".into(),
        parameters: BTreeMap::new(),
        body: body.into(),
        ticket: None,
        offer: None,
        survey: None,
        created_at: now,
        not_before: now,
        not_after: now + Duration::from_hours(1),
        quiet_exempt: false,
        state: TextState::Waiting,
    }
}

impl Tables {
    pub fn state(&self, id: MessageId) -> TextState {
        self.texts[&id].state
    }
    pub fn reason(&self, id: MessageId) -> Option<String> {
        self.texts[&id].reason.clone()
    }
    pub fn parts(&self, id: MessageId) -> Vec<TextState> {
        self.texts[&id].parts.iter().map(|(_, state)| *state).collect()
    }
    pub fn texts(&self) -> impl Iterator<Item = &Row> {
        self.texts.values()
    }
    pub fn inbound(&self) -> &[InboundText] {
        &self.inbound
    }
    pub fn drained(&self) -> u32 {
        self.drained
    }

    fn take(&mut self, limit: usize, now: Timestamp) -> Vec<OutgoingText> {
        let mut taken = Vec::new();
        for id in &self.order {
            let row = self.texts.get_mut(id).unwrap();
            let ready = row.state == TextState::Waiting && !row.in_hand && row.text.not_before <= now;
            if ready && taken.len() < limit {
                row.in_hand = true;
                taken.push(row.text.clone());
            }
        }
        taken
    }

    fn keep(&mut self, happened: Happened) {
        match happened {
            Happened::Left { id, provider_ids, .. } => {
                let row = self.texts.get_mut(&id).unwrap();
                row.in_hand = false;
                row.state = TextState::Sent;
                row.history.push(format!("sent in {}", provider_ids.len()));
                row.parts = provider_ids.into_iter().map(|name| (name, TextState::Sent)).collect();
            }
            Happened::Ended(report) => {
                let row = self.texts.get_mut(&report.id).unwrap();
                row.in_hand = false;
                row.end(report.state, report.reason);
            }
            Happened::PutBack { id, not_before } => {
                let row = self.texts.get_mut(&id).unwrap();
                row.in_hand = false;
                row.text.not_before = not_before.unwrap_or(row.text.not_before);
                row.history.push(if not_before.is_some() {
                    "put back until".into()
                } else {
                    "put back".into()
                });
            }
        }
    }

    fn receipt(&mut self, receipt: &Receipt) -> Found {
        for row in self.texts.values_mut().filter(|row| receipt.from.as_ref() == Some(&row.text.to)) {
            let part = row.parts.iter_mut().find(|(name, _)| receipt.provider_ids.contains(name));
            let Some((_, state)) = part else { continue };
            *state = receipt.state;
            if receipt.state == TextState::Failed {
                row.end(TextState::Failed, receipt.reason.clone());
            } else if row.parts.iter().all(|(_, state)| *state == TextState::Delivered) {
                row.end(TextState::Delivered, None);
            }
            return Found::Yes;
        }
        Found::No
    }
}

impl Row {
    fn end(&mut self, state: TextState, reason: Option<String>) {
        self.state = state;
        self.reason = reason;
        self.history.push(state.name().into());
    }
}

impl Rows {
    pub fn look(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> T {
        let result = change(&mut self.look());
        self.changed.send_replace(());
        result
    }

    /// Commits a text to the outbox.
    pub fn put(&self, text: OutgoingText) -> MessageId {
        let id = text.id;
        self.change(|tables| {
            tables.order.push(id);
            let row = Row {
                text,
                state: TextState::Waiting,
                in_hand: false,
                reason: None,
                parts: Vec::new(),
                history: Vec::new(),
            };
            assert!(tables.texts.insert(id, row).is_none(), "two texts with one id");
        });
        self.waiting.notify_one();
        id
    }

    pub fn history(&self, id: MessageId) -> Vec<String> {
        self.look().texts[&id].history.clone()
    }

    /// The next so many texts that come in cannot be kept.
    pub fn fail_inbound(&self, times: u32) {
        self.change(|tables| tables.failing_inbound = times);
    }

    pub fn quiet_for(&self, until: Timestamp) {
        self.change(|tables| tables.quiet_until = until);
    }

    /// Waits until something holds of the rows.
    pub async fn until(&self, patience: Duration, holds: impl Fn(&Tables) -> bool) -> Tables {
        let mut changed = self.changed.subscribe();
        let waiting = async {
            while !holds(&self.look()) {
                changed.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(patience, waiting).await.is_err() {
            panic!("not in time: {:#?}", self.look());
        }
        self.look().clone()
    }

    pub fn ports(&self) -> Ports {
        let (take, keep, receipts, inbound, leave, drained) =
            (self.clone(), self.clone(), self.clone(), self.clone(), self.clone(), self.clone());
        Ports {
            take: Box::new(move |limit, now| {
                let taken = take.change(|tables| tables.take(limit, now));
                async move { Ok(taken) }.boxed()
            }),
            keep: Box::new(move |happened| {
                keep.change(|tables| happened.into_iter().for_each(|one| tables.keep(one)));
                async { Ok(()) }.boxed()
            }),
            keep_receipt: Box::new(move |receipt| {
                let parts = receipts.change(|tables| tables.receipt(&receipt));
                async move { Ok(parts) }.boxed()
            }),
            accept_inbound: Box::new(move |text| {
                let kept = inbound.change(|tables| {
                    if tables.failing_inbound > 0 {
                        tables.failing_inbound -= 1;
                        return Err(NotKept("the disk is full".into()));
                    }
                    tables.inbound.push(text);
                    Ok(())
                });
                async move { kept }.boxed()
            }),
            may_leave: Box::new(move |text, now| {
                let until = leave.look().quiet_until;
                if text.quiet_exempt || until <= now { Leave::Now } else { Leave::NotBefore(until) }
            }),
            drained: Box::new(move || drained.change(|tables| tables.drained += 1)),
            waiting: self.waiting.clone(),
        }
    }
}
