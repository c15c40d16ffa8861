//! What the room listens to, and until when.

use futures_util::StreamExt;
use rusmppc::Event;
use tokio_util::sync::CancellationToken;

use super::{Accepted, LOOK, MAX_KEEPING, MAX_UNKEPT, QUIET, Receipted, Sms, State};
use crate::domain::message::OutgoingText;
use crate::domain::timestamp::Timestamp;
use crate::sms::link::{Landed, LinkError, Live};
use crate::sms::ports::{Answer, NotKept};

/// What the loop hears.
pub(super) enum Heard {
    Stop,
    Event(Option<Event>),
    Linked(Result<Live, LinkError>),
    Landed(Landed),
    /// A batch of happenings is kept.
    Kept,
    Accepted(Accepted),
    Receipted(Receipted),
    Taken(Result<Vec<OutgoingText>, NotKept>),
    /// The link's connection ended.
    Ended,
    /// The outbox rang.
    Rang,
    /// An answer left, or a deadline came.
    Woken,
}

impl Sms {
    /// Waits for the next thing to happen.
    pub(super) async fn hear(&mut self, stop: &CancellationToken) -> Heard {
        let wait = self.clock.now().until(self.next_deadline());
        let crowded = self.arrivals.len() + self.receipts.len() >= MAX_KEEPING;
        let State::Up(live) = &mut self.state else {
            let State::Connecting(connecting) = &mut self.state else {
                return tokio::select! {
                    biased;
                    () = stop.cancelled() => Heard::Stop,
                    () = self.keeper.step(&self.ports) => Heard::Kept,
                    Some(accepted) = self.arrivals.next() => Heard::Accepted(accepted),
                    Some(receipted) = self.receipts.next() => Heard::Receipted(receipted),
                    Some(taken) = maybe(&mut self.taking) => Heard::Taken(taken),
                    () = tokio::time::sleep(wait) => Heard::Woken,
                };
            };
            return tokio::select! {
                biased;
                () = stop.cancelled() => Heard::Stop,
                linked = connecting => Heard::Linked(linked),
                () = self.keeper.step(&self.ports) => Heard::Kept,
                Some(accepted) = self.arrivals.next() => Heard::Accepted(accepted),
                Some(receipted) = self.receipts.next() => Heard::Receipted(receipted),
                Some(taken) = maybe(&mut self.taking) => Heard::Taken(taken),
                () = tokio::time::sleep(wait) => Heard::Woken,
            };
        };
        // What is here comes before what may come: the connection is read last, and not at all while
        // too much is being kept, so neither its events nor our answers pile up.
        tokio::select! {
            biased;
            () = stop.cancelled() => Heard::Stop,
            event = live.events.next() => Heard::Event(event),
            Some(landed) = live.flights.next() => Heard::Landed(landed),
            () = self.keeper.step(&self.ports) => Heard::Kept,
            Some(accepted) = self.arrivals.next() => Heard::Accepted(accepted),
            Some(receipted) = self.receipts.next() => Heard::Receipted(receipted),
            Some(taken) = maybe(&mut self.taking) => Heard::Taken(taken),
            Some(()) = live.answers.next() => Heard::Woken,
            () = &mut live.connection, if !crowded => Heard::Ended,
            () = self.ports.waiting.notified() => Heard::Rang,
            () = tokio::time::sleep(wait) => Heard::Woken,
        }
    }

    /// The moment at which something is due that nobody will tell us.
    fn next_deadline(&self) -> Timestamp {
        let link = match &self.state {
            State::Down { until } => Some(*until),
            State::Connecting(_) => None,
            State::Up(_) => self.look_deadline(),
        };
        let drained = self.drained_by.map(|by| match &self.state {
            State::Up(_) if self.arrivals.is_empty() => by.min(self.quiet_since + QUIET),
            State::Up(_) | State::Down { .. } | State::Connecting(_) => by,
        });
        let early = self.early.keys().next().map(|(due, _)| *due);
        let late = self.late.front().map(|(_, at)| *at);
        [link, drained, early, late, self.courier_deadline, self.reassembly.next_deadline()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| self.clock.now() + LOOK)
    }

    /// When to look into the outbox: not while there is no room for what might be in it.
    fn look_deadline(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        if self.taking.is_some() || self.keeper.unkept() > MAX_UNKEPT {
            return None;
        }
        self.courier.resting_until(now).or_else(|| (self.courier.room(now) > 0).then_some(self.look_at))
    }
}

/// Waits for a future if there is one, and takes it away when it is done.
async fn maybe<T>(future: &mut Option<Answer<T>>) -> Option<Result<T, NotKept>> {
    match future {
        Some(waiting) => {
            let answer = waiting.await;
            *future = None;
            Some(answer)
        }
        None => std::future::pending().await,
    }
}
