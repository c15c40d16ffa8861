//! What the centre hands over: texts are kept before they are answered, receipts find their parts.

use futures_util::FutureExt;
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tracing::{debug, warn};

use crate::domain::ids::MessageId;
use crate::domain::message::InboundText;
use crate::domain::timestamp::Timestamp;
use crate::sms::counters::count;
use crate::sms::inbound::{self, Arrived, Incoming, PartKey};
use crate::sms::ports::{Found, Receipt};

use super::{Accepted, EARLY, Early, LATE_RETRY, MAX_EARLY, Receipted, Sms, State};

impl Sms {
    pub(super) fn take_in_command(&mut self, command: &Command, now: Timestamp) {
        let sequence = command.sequence_number();
        if let Some(Pdu::DeliverSm(deliver)) = command.pdu() {
            self.take_in_delivery(sequence, &inbound::read(deliver, &self.plan, now), now);
        } else if command.id() == CommandId::Unbind {
            if let State::Up(live) = &self.state {
                live.answer_unbind(sequence);
            }
            debug!("the SMS centre says good-bye");
        } else {
            // A late answer, an alert, or a request we do not serve.
            debug!(id = ?command.id(), sequence, "nothing for us");
        }
    }

    pub(super) fn take_in_delivery(&mut self, sequence: u32, incoming: &Incoming, now: Timestamp) {
        let answer = Some((self.sessions, sequence));
        match incoming {
            Incoming::Text(arrived) => self.accept(arrived.clone(), answer, None, now),
            Incoming::Part { key, part, octets, coding } => {
                match self.reassembly.add(key, *part, octets.clone(), *coding, now) {
                    Some(whole) => self.accept(whole, answer, Some(key.clone()), now),
                    None => self.answer(answer, CommandStatus::EsmeRok),
                }
            }
            Incoming::Receipt(receipt) => {
                count(&self.counters.receipts);
                self.keep_receipt(receipt.clone(), 0, answer);
            }
            Incoming::Nothing => self.answer(answer, CommandStatus::EsmeRok),
            Incoming::Unreadable => {
                count(&self.counters.unreadable);
                warn!("a text that cannot be read was refused");
                self.answer(answer, CommandStatus::EsmeRxPAppn);
            }
        }
    }

    pub(super) fn accept(
        &mut self,
        arrived: Arrived,
        answer: Option<(u64, u32)>,
        key: Option<PartKey>,
        now: Timestamp,
    ) {
        self.quiet_since = now;
        let id: MessageId = self.chance.mint(now);
        let text = InboundText {
            id,
            from: arrived.from.clone(),
            to: arrived.to.clone(),
            body: arrived.body.clone(),
            received_at: now,
        };
        let keeping = (self.ports.accept_inbound)(text);
        self.arrivals.push(async move { Accepted { arrived, answer, key, kept: keeping.await } }.boxed());
    }

    pub(super) fn take_in_accepted(&mut self, accepted: Accepted, now: Timestamp) {
        self.quiet_since = now;
        match accepted.kept {
            Ok(()) => {
                count(&self.counters.received);
                if let Some(key) = &accepted.key {
                    self.reassembly.kept(key);
                }
                self.answer(accepted.answer, CommandStatus::EsmeRok);
            }
            Err(problem) => {
                count(&self.counters.put_off);
                warn!(%problem, "a text that came in is not kept; the centre will send it again");
                match accepted.answer {
                    Some(_) => self.answer(accepted.answer, CommandStatus::EsmeRxTAppn),
                    // The centre was answered when its part came: it is on us.
                    None => self.late.push_back((accepted.arrived, now + LATE_RETRY)),
                }
            }
        }
    }

    pub(super) fn keep_receipt(&mut self, receipt: Receipt, tries: usize, answer: Option<(u64, u32)>) {
        let keeping = (self.ports.keep_receipt)(receipt.clone());
        self.receipts.push(async move { Receipted { receipt, tries, answer, kept: keeping.await } }.boxed());
    }

    pub(super) fn take_in_receipted(&mut self, receipted: Receipted, now: Timestamp) {
        match receipted.kept {
            Ok(Found::Yes) => self.answer(receipted.answer, CommandStatus::EsmeRok),
            // Faster than its part's name: asked about again. A receipt is news, not a promise.
            Ok(Found::No) => {
                match EARLY.get(receipted.tries) {
                    Some(wait) if self.early.len() < MAX_EARLY => {
                        let Receipted { receipt, tries, .. } = receipted;
                        self.next_early += 1;
                        self.early
                            .insert((now + *wait, self.next_early), Early { receipt, tries: tries + 1 });
                    }
                    Some(_) | None => count(&self.counters.receipts_unknown),
                }
                self.answer(receipted.answer, CommandStatus::EsmeRok);
            }
            Err(problem) => {
                warn!(%problem, "a receipt is not kept; the centre will send it again");
                self.answer(receipted.answer, CommandStatus::EsmeRxTAppn);
            }
        }
    }

    /// Answers a `deliver_sm` of this link; one of an earlier link comes again.
    pub(super) fn answer(&self, answer: Option<(u64, u32)>, status: CommandStatus) {
        if let (State::Up(live), Some((session, sequence))) = (&self.state, answer)
            && live.session == session
        {
            live.answer(sequence, status);
        }
    }
}
