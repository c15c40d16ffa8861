//! The centre's task: who is bound, what each PDU gets, what is due.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rusmpp::pdus::{BindTransceiverResp, SubmitSm};
use rusmpp::{Command, CommandStatus, Pdu};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::post::{Post, Sending};
use super::wire::{self, ConnectionId, FromWire, Wire};
use super::{Behaviour, CentreSettings, Counts, Order, PartNames, Receipts, Received};
use crate::clock::Clock;
use crate::domain::timestamp::Timestamp;

/// PDUs read and not yet served, over all connections.
const PDUS: usize = 256;
/// `deliver_sm` without an answer at a time.
const WINDOW: usize = 10;
/// The rest before a text that the help line could not keep goes again.
const RETRY: Duration = Duration::from_millis(500);

/// The centre's one task: it owns everything.
pub(super) struct Centre {
    settings: CentreSettings,
    clock: Clock,
    listener: Option<TcpListener>,
    behaviour: Behaviour,
    /// Those who bound, the last one served.
    bound: Vec<ConnectionId>,
    wires: BTreeMap<ConnectionId, Wire>,
    next_connection: u64,
    next_part: u64,
    second: (Timestamp, u32),
    post: Post,
    /// Handsets that will write, by when.
    planned: BTreeMap<(Timestamp, u64), (String, String, String)>,
    next_plan: u64,
    counts: Counts,
    pdu: (mpsc::Sender<FromWire>, mpsc::Receiver<FromWire>),
}

impl Centre {
    pub(super) fn new(
        settings: CentreSettings,
        clock: Clock,
        listener: TcpListener,
        handsets: mpsc::Sender<Received>,
    ) -> Self {
        Self {
            settings,
            clock,
            listener: Some(listener),
            behaviour: Behaviour::default(),
            bound: Vec::new(),
            wires: BTreeMap::new(),
            next_connection: 0,
            next_part: 1,
            second: (Timestamp::default(), 0),
            post: Post::new(handsets),
            planned: BTreeMap::new(),
            next_plan: 0,
            counts: Counts::default(),
            pdu: mpsc::channel(PDUS),
        }
    }

    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            self.hand_over();
            let now = self.clock.now();
            let wait = self.next_deadline().map_or(Duration::from_secs(60), |deadline| now.until(deadline));
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return,
                },
                Some(from_wire) = self.pdu.1.recv() => self.serve(from_wire),
                Ok((stream, _)) = accept(self.listener.as_ref()) => self.connect(stream),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let planned = self.planned.keys().next().map(|(at, _)| *at);
        let post = (!self.bound.is_empty()).then(|| self.post.next_deadline()).flatten();
        planned.into_iter().chain(post).min()
    }

    async fn obey(&mut self, order: Order) {
        let now = self.clock.now();
        match order {
            Order::Say { from, to, body, after } => {
                self.planned.insert((now + after, self.next_plan), (from, to, body));
                self.next_plan += 1;
            }
            Order::Behave(behaviour) => self.behaviour = behaviour,
            Order::Raw(octets) => {
                if let Some(wire) = self.bound.last().and_then(|id| self.wires.get(id)) {
                    wire.send_raw(octets.as_slice().into());
                }
            }
            Order::Down(done) => {
                self.listener = None;
                for id in std::mem::take(&mut self.wires).into_keys() {
                    self.hang_up(id);
                }
                // Whoever asked may be gone: then nobody needs the answer.
                let _asked = done.send(());
            }
            Order::Up(done) => {
                let listening = TcpListener::bind(self.settings.listen).await;
                let answer = listening.map(|listener| self.listener = Some(listener));
                let _asked = done.send(answer);
            }
            Order::Counts(done) => {
                let counts = Counts { waiting: self.post.waiting(), ..self.counts };
                let _asked = done.send(counts);
            }
        }
    }

    fn connect(&mut self, stream: TcpStream) {
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        self.wires.insert(id, Wire::start(id, stream, self.pdu.0.clone()));
    }

    fn hang_up(&mut self, id: ConnectionId) {
        self.wires.remove(&id);
        self.bound.retain(|bound| *bound != id);
        self.post.give_back(id);
    }

    /// What is due goes to whoever is bound.
    fn hand_over(&mut self) {
        let now = self.clock.now();
        while let Some(entry) = self.planned.first_entry().filter(|entry| entry.key().0 <= now) {
            let (from, to, body) = entry.remove();
            self.post.write(&from, &to, &body, now);
        }
        let Some((id, wire)) = self.bound.last().and_then(|id| Some((*id, self.wires.get(id)?))) else {
            return;
        };
        while let Some((sequence, deliver)) = self.post.next(id, WINDOW, now) {
            wire.send(Command::new(CommandStatus::EsmeRok, sequence, deliver));
        }
    }

    fn serve(&mut self, from_wire: FromWire) {
        let FromWire { id, command } = from_wire;
        let Some(command) = command else { return self.hang_up(id) };
        let (sequence, status) = (command.sequence_number(), command.status());
        match command.pdu() {
            Some(Pdu::BindTransceiver(bind)) => {
                let known = bind.system_id.as_str() == self.settings.system_id
                    && bind.password.as_str() == self.settings.password.expose();
                let status = if known { CommandStatus::EsmeRok } else { CommandStatus::EsmeRinvpaswd };
                self.reply(id, status, sequence, BindTransceiverResp::builder().build());
                if known {
                    self.counts.binds += 1;
                    self.bound.push(id);
                } else {
                    self.counts.binds_refused += 1;
                }
            }
            Some(Pdu::SubmitSm(_)) if !self.bound.contains(&id) => {
                self.reply(id, CommandStatus::EsmeRinvbndsts, sequence, wire::submit_resp(""));
            }
            Some(Pdu::SubmitSm(submit)) => self.take_part(id, sequence, submit),
            Some(Pdu::DeliverSmResp(_)) => self.acknowledged(sequence, status),
            Some(Pdu::EnquireLink) => self.reply(id, CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp),
            Some(Pdu::Unbind) => {
                self.reply(id, CommandStatus::EsmeRok, sequence, Pdu::UnbindResp);
                self.bound.retain(|bound| *bound != id);
                self.post.give_back(id);
            }
            Some(Pdu::EnquireLinkResp | Pdu::UnbindResp | Pdu::GenericNack) => {}
            Some(_) | None => self.reply(id, CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack),
        }
    }

    fn acknowledged(&mut self, sequence: u32, status: CommandStatus) {
        let now = self.clock.now();
        match (status, self.post.acknowledged(sequence)) {
            (CommandStatus::EsmeRok, Some(Sending { receipt: true, .. })) => {
                self.counts.receipts_acknowledged += 1
            }
            (CommandStatus::EsmeRok, Some(_)) => self.counts.texts_acknowledged += 1,
            (CommandStatus::EsmeRxPAppn, _) | (_, None) => {}
            (_, Some(sending)) => {
                self.counts.texts_put_off += 1;
                self.post.again(sending, now + RETRY);
            }
        }
    }

    /// One part of a message to a handset.
    fn take_part(&mut self, id: ConnectionId, sequence: u32, submit: &SubmitSm) {
        let now = self.clock.now();
        if let Some(cut) = &mut self.behaviour.cut {
            if cut.after == 0 {
                if cut.taken {
                    self.post.take(submit, now);
                }
                self.behaviour.cut = None;
                return self.hang_up(id);
            }
            cut.after -= 1;
        }
        let to = submit.destination_addr.as_str();
        if let Some(status) = self.behaviour.refused.get(to) {
            self.counts.parts_refused += 1;
            return self.reply(id, CommandStatus::from(*status), sequence, wire::submit_resp(""));
        }
        if self.too_fast(now) {
            self.counts.parts_throttled += 1;
            return self.reply(id, CommandStatus::EsmeRthrottled, sequence, wire::submit_resp(""));
        }
        let undelivered = self.behaviour.receipts == Receipts::Undelivered;
        if !undelivered && !self.post.take(submit, now) {
            return self.reply(id, CommandStatus::EsmeRmsgqful, sequence, wire::submit_resp(""));
        }
        self.counts.parts_taken += 1;
        let number = self.next_part;
        self.next_part += 1;
        let (given, receipted) = match self.behaviour.names {
            PartNames::Same => (format!("{number:010}"), format!("{number:010}")),
            PartNames::HexThenDecimal => (format!("{number:08X}"), number.to_string()),
        };
        self.reply(id, CommandStatus::EsmeRok, sequence, wire::submit_resp(&given));
        let wanted = u8::from(submit.registered_delivery) & 1 == 1;
        match self.behaviour.receipts {
            Receipts::After(delay) if wanted => self.post.receipt(submit, &receipted, true, now + delay),
            Receipts::Undelivered if wanted => self.post.receipt(submit, &receipted, false, now),
            Receipts::After(_) | Receipts::Undelivered | Receipts::Never => {}
        }
    }

    fn too_fast(&mut self, now: Timestamp) -> bool {
        let Some(most) = self.behaviour.parts_per_second else { return false };
        if now.since(self.second.0) >= Duration::from_secs(1) {
            self.second = (now, 0);
        }
        self.second.1 += 1;
        self.second.1 > most
    }

    fn reply(&self, id: ConnectionId, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
        if let Some(wire) = self.wires.get(&id) {
            wire.send(Command::new(status, sequence, pdu));
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}
