//! What waits at the centre: parts of messages for handsets, texts and receipts for the help line.

use std::collections::BTreeMap;

use rusmpp::pdus::{DeliverSm, SubmitSm};
use rusmpp::tlvs::{MessageDeliveryRequestTlvValue, TlvValue};
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, MessageState, Npi, Ton};
use tokio::sync::mpsc;

use crate::domain::timestamp::Timestamp;
use crate::text::segments::{self, Alphabet};

use super::Received;
use super::wire::ConnectionId;

/// Messages of which parts are missing; the oldest makes room.
const MAX_JOINING: usize = 10_000;

/// A `deliver_sm` on its way, and whether it is a receipt.
pub struct Sending {
    pub receipt: bool,
    deliver: DeliverSm,
    to: ConnectionId,
    place: Place,
}

/// When something is due, then the order in which it was written.
type Place = (Timestamp, u64);

/// The centre's store.
pub struct Post {
    handsets: mpsc::Sender<Received>,
    /// By short number, handset, reference and number of parts.
    joining: BTreeMap<(String, String, u8, u8), BTreeMap<u8, String>>,
    /// Receipts and texts; `true` is a receipt.
    waiting: BTreeMap<Place, (bool, DeliverSm)>,
    next_place: u64,
    sent: BTreeMap<u32, Sending>,
    next_sequence: u32,
    next_reference: u8,
}

impl Post {
    pub fn new(handsets: mpsc::Sender<Received>) -> Self {
        Self {
            handsets,
            joining: BTreeMap::new(),
            waiting: BTreeMap::new(),
            next_place: 0,
            sent: BTreeMap::new(),
            next_sequence: 1,
            next_reference: 0,
        }
    }

    pub fn waiting(&self) -> u64 {
        u64::try_from(self.waiting.len() + self.sent.len()).unwrap_or(u64::MAX)
    }

    /// Takes a part for a handset, which shows the message when it has all; `false` when it is full.
    pub fn take(&mut self, submit: &SubmitSm, now: Timestamp) -> bool {
        let payload = submit.tlvs().iter().find_map(|tlv| match tlv.value() {
            Some(TlvValue::MessagePayload(payload)) => Some(payload.value.as_ref()),
            Some(_) | None => None,
        });
        let octets: &[u8] = payload.unwrap_or_else(|| submit.short_message().as_ref());
        let alphabet = if submit.data_coding == DataCoding::Ucs2 { Alphabet::Ucs2 } else { Alphabet::Gsm7 };
        let (to, from) =
            (submit.destination_addr.as_str().to_owned(), submit.source_addr.as_str().to_owned());
        let header = u8::from(submit.esm_class) & 0x40 != 0;
        let (body, parts) = match octets {
            [5, 0, 3, reference, of, part, words @ ..] if header => {
                let key = (from.clone(), to.clone(), *reference, *of);
                let joining = self.joining.entry(key.clone()).or_default();
                joining.insert(*part, alphabet.decode(words));
                if joining.len() < usize::from(*of) {
                    if self.joining.len() > MAX_JOINING {
                        self.joining.pop_first();
                    }
                    return true;
                }
                let whole = self.joining.remove(&key).unwrap_or_default();
                (whole.into_values().collect::<String>(), *of)
            }
            words => (alphabet.decode(words), 1),
        };
        match self.handsets.try_send(Received { to, from, body, parts, at: now }) {
            // Without anybody to look at them the handsets still get their messages.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => true,
            Err(mpsc::error::TrySendError::Full(_)) => false,
        }
    }

    /// A handset writes to a short number.
    pub fn write(&mut self, from: &str, to: &str, body: &str, now: Timestamp) {
        let alphabet = Alphabet::of(body);
        let parts = segments::split(body, alphabet);
        let of = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        self.next_reference = self.next_reference.wrapping_add(1);
        for (part, words) in (1..=of).zip(&parts) {
            let mut octets = alphabet.encode(words);
            if of > 1 {
                octets.splice(0..0, [5, 0, 3, self.next_reference, of, part]);
            }
            let deliver = deliver(from, to, &octets)
                .esm_class(EsmClass::from(if of > 1 { 0x40 } else { 0 }))
                .data_coding(match alphabet {
                    Alphabet::Gsm7 => DataCoding::McSpecific,
                    Alphabet::Ucs2 => DataCoding::Ucs2,
                })
                .build();
            self.put(now, false, deliver);
        }
    }

    /// Says what became of a part (SMPP 3.4 appendix B).
    pub fn receipt(&mut self, submit: &SubmitSm, name: &str, delivered: bool, due: Timestamp) {
        let (stat, error, state) = if delivered {
            ("DELIVRD", "000", MessageState::Delivered)
        } else {
            ("UNDELIV", "045", MessageState::Undeliverable)
        };
        let words = format!(
            "id:{name} sub:001 dlvrd:001 submit date:0101010000 done date:0101010000 stat:{stat} err:{error} text:"
        );
        let name = COctetString::from_string(name.to_owned()).unwrap_or_default();
        let deliver =
            deliver(submit.destination_addr.as_str(), submit.source_addr.as_str(), words.as_bytes())
                .esm_class(EsmClass::from(4))
                .push_tlv(MessageDeliveryRequestTlvValue::ReceiptedMessageId(name))
                .push_tlv(MessageDeliveryRequestTlvValue::MessageState(state))
                .build();
        self.put(due, true, deliver);
    }

    fn put(&mut self, due: Timestamp, receipt: bool, deliver: DeliverSm) {
        self.waiting.insert((due, self.next_place), (receipt, deliver));
        self.next_place += 1;
    }

    /// The next `deliver_sm` that is due, while the window allows one.
    pub fn next(&mut self, to: ConnectionId, window: usize, now: Timestamp) -> Option<(u32, DeliverSm)> {
        if self.sent.len() >= window {
            return None;
        }
        let entry = self.waiting.first_entry().filter(|entry| entry.key().0 <= now)?;
        let (place, (receipt, deliver)) = entry.remove_entry();
        let sequence = self.next_sequence;
        self.next_sequence = self.next_sequence.wrapping_add(1).max(1);
        self.sent.insert(sequence, Sending { receipt, deliver: deliver.clone(), to, place });
        Some((sequence, deliver))
    }

    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.waiting.keys().next().map(|(due, _)| *due)
    }

    pub fn acknowledged(&mut self, sequence: u32) -> Option<Sending> {
        self.sent.remove(&sequence)
    }

    /// To be sent again later.
    pub fn again(&mut self, sending: Sending, due: Timestamp) {
        self.waiting.insert((due, sending.place.1), (sending.receipt, sending.deliver));
    }

    /// What a lost connection had not acknowledged waits again, in its order.
    pub fn give_back(&mut self, from: ConnectionId) {
        let lost: Vec<u32> = self
            .sent
            .iter()
            .filter(|(_, sending)| sending.to == from)
            .map(|(sequence, _)| *sequence)
            .collect();
        for sequence in lost {
            if let Some(sending) = self.sent.remove(&sequence) {
                self.waiting.insert(sending.place, (sending.receipt, sending.deliver));
            }
        }
    }
}

fn deliver(from: &str, to: &str, octets: &[u8]) -> rusmpp::pdus::builders::DeliverSmBuilder {
    let address = |number: &str| {
        COctetString::from_string(number.trim_start_matches('+').to_owned()).unwrap_or_default()
    };
    DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(address(from))
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(address(to))
        .short_message(OctetString::from_slice(octets).unwrap_or_default())
}
