//! What a centre hands over: a text, a part of one, or a receipt.

use std::collections::BTreeMap;
use std::time::Duration;

use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::TlvValue;

use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::domain::timestamp::Timestamp;
use crate::text::segments::Alphabet;

use super::guard::UNREADABLE;
use super::ports::Receipt;
use super::receipt::{self, ReceiptTags};

/// Characters kept of one text; an order takes ten, and a person reads the rest in the station's inbox.
const MAX_CHARS: usize = 1_000;
/// Texts whose parts are awaited at a time; the oldest is given up for another.
const MAX_PENDING: usize = 256;
/// How long parts wait for each other.
pub const PART_PATIENCE: Duration = Duration::from_mins(10);
/// What stands for parts that never came. No reply with these characters in it is an order.
const MISSING: &str = "[缺]";

/// One `deliver_sm`, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    Text(Arrived),
    Part {
        key: PartKey,
        part: u8,
        octets: Vec<u8>,
        coding: Coding,
    },
    Receipt(Receipt),
    /// A receipt without news, or a text from what is no telephone number.
    Nothing,
    /// Not to be read by anybody: the centre need not send it again.
    Unreadable,
}

/// A whole text.
#[derive(Clone, PartialEq, Eq)]
pub struct Arrived {
    pub from: PhoneNumber,
    pub to: String,
    pub body: String,
}

/// The words stay out of logs.
impl std::fmt::Debug for Arrived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Arrived({}, {} characters)", self.from, self.body.chars().count())
    }
}

/// What parts of one text have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartKey {
    from: PhoneNumber,
    to: String,
    reference: u16,
    of: u8,
}

/// How the octets of a text are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Default,
    Latin1,
    Ucs2,
    Gbk,
    Octets,
}

impl Coding {
    /// Source: SMPP 3.4 §5.2.19, 3GPP TS 23.038 §4; 15 is what mainland gateways use for GBK.
    fn of(data_coding: u8) -> Self {
        match data_coding {
            0 | 1 => Self::Default,
            3 => Self::Latin1,
            8 => Self::Ucs2,
            15 => Self::Gbk,
            0x02..=0x0e => Self::Octets,
            0x10..=0x3f => match data_coding >> 2 & 3 {
                0 => Self::Default,
                2 => Self::Ucs2,
                _ => Self::Octets,
            },
            0xe0..=0xef => Self::Ucs2,
            0xf0..=0xff if data_coding & 4 == 0 => Self::Default,
            _ => Self::Octets,
        }
    }

    fn decode(self, octets: &[u8]) -> String {
        match self {
            Self::Ucs2 => Alphabet::Ucs2.decode(octets),
            Self::Default if octets.is_ascii() => Alphabet::Gsm7.decode(octets),
            Self::Latin1 => octets.iter().map(|octet| char::from(*octet)).collect(),
            // Centres that pass on what they got: UTF-8 when it is that, else what China writes.
            Self::Default | Self::Octets | Self::Gbk => match std::str::from_utf8(octets) {
                Ok(text) => text.to_owned(),
                Err(_) => encoding_rs::GB18030.decode_without_bom_handling(octets).0.into_owned(),
            },
        }
    }
}

/// Reads one `deliver_sm`.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parameters of the protocol are not our enum")]
pub fn read(deliver: &DeliverSm, plan: &NumberingPlan, at: Timestamp) -> Incoming {
    let mut tags = ReceiptTags::default();
    let (mut payload, mut reference, mut part, mut of) = (None, None, None, None);
    for value in deliver.tlvs().iter().filter_map(|tlv| tlv.value()) {
        match value {
            TlvValue::MessagePayload(octets) => payload = Some(octets.value.as_ref()),
            TlvValue::ReceiptedMessageId(id) => tags.message_id = Some(id.as_str().to_owned()),
            TlvValue::MessageState(state) => tags.state = Some(u8::from(*state)),
            TlvValue::SarMsgRefNum(number) => reference = Some(*number),
            TlvValue::SarSegmentSeqnum(number) => part = Some(*number),
            TlvValue::SarTotalSegments(number) => of = Some(*number),
            TlvValue::Other { tag, .. } if u16::from(*tag) == UNREADABLE => return Incoming::Unreadable,
            _ => {}
        }
    }
    let whole = payload.unwrap_or_else(|| deliver.short_message().as_ref());
    let coding = Coding::of(u8::from(deliver.data_coding));
    let esm_class = u8::from(deliver.esm_class);
    match esm_class & 0b0011_1100 {
        0b0000_0100 => {
            return receipt::read(sender(deliver, plan), &coding.decode(whole), &tags, at)
                .map_or(Incoming::Nothing, Incoming::Receipt);
        }
        // Intermediate notifications and what other networks know.
        0b0010_0000 | 0b0001_1000 => return Incoming::Nothing,
        _ => {}
    }
    let Some(from) = sender(deliver, plan) else { return Incoming::Nothing };
    let to = deliver.destination_addr.as_str().to_owned();
    let mut joined = reference.zip(of).zip(part).map(|((reference, of), part)| (reference, of, part));
    let mut octets = whole;
    if esm_class & 0x40 != 0 {
        let Some((header, rest)) =
            whole.split_first().and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)))
        else {
            return Incoming::Unreadable;
        };
        octets = rest;
        joined = concatenation(header).or(joined);
    }
    match joined {
        Some((reference, of, part)) if of > 1 && (1..=of).contains(&part) => {
            let key = PartKey { from, to, reference, of };
            Incoming::Part { key, part, octets: octets.to_vec(), coding }
        }
        Some(_) | None => Incoming::Text(Arrived { from, to, body: shorten(coding.decode(octets)) }),
    }
}

/// The number a text came from. A domestic mobile is one even where the centre calls eleven digits
/// international.
fn sender(deliver: &DeliverSm, plan: &NumberingPlan) -> Option<PhoneNumber> {
    let written = deliver.source_addr.as_str();
    let plain = PhoneNumber::parse(written, plan).ok();
    let international = u8::from(deliver.source_addr_ton) == 1 && !written.starts_with('+');
    if !international || plain.as_ref().is_some_and(PhoneNumber::is_mobile) {
        return plain;
    }
    PhoneNumber::parse(&format!("+{written}"), plan).ok()
}

/// Reference, number of parts, and which this is (TS 23.040 §9.2.3.24.1, .8).
fn concatenation(mut header: &[u8]) -> Option<(u16, u8, u8)> {
    while let [id, length, rest @ ..] = header {
        let (value, after) = rest.split_at_checked(usize::from(*length))?;
        match (id, value) {
            (0, [reference, of, part]) => return Some(((*reference).into(), *of, *part)),
            (8, [high, low, of, part]) => return Some((u16::from_be_bytes([*high, *low]), *of, *part)),
            _ => header = after,
        }
    }
    None
}

fn shorten(mut body: String) -> String {
    if let Some((end, _)) = body.char_indices().nth(MAX_CHARS) {
        body.truncate(end);
        body.push_str(MISSING);
    }
    body
}

/// Parts of texts that wait for each other.
#[derive(Debug, Default)]
pub struct Reassembly {
    pending: BTreeMap<PartKey, Pending>,
}

#[derive(Debug)]
struct Pending {
    since: Timestamp,
    coding: Coding,
    parts: BTreeMap<u8, Vec<u8>>,
}

impl Reassembly {
    /// Takes in a part; answers the text when none is missing. It stays here until `kept`: when it
    /// cannot be kept its last part is refused, comes again, and completes it again.
    pub fn add(
        &mut self,
        key: &PartKey,
        part: u8,
        octets: Vec<u8>,
        coding: Coding,
        now: Timestamp,
    ) -> Option<Arrived> {
        let pending = self.pending.entry(key.clone()).or_insert_with(|| Pending {
            since: now,
            coding,
            parts: BTreeMap::new(),
        });
        pending.parts.insert(part, octets);
        (pending.parts.len() == usize::from(key.of)).then(|| pending.join(key))
    }

    /// The whole text is kept.
    pub fn kept(&mut self, key: &PartKey) {
        self.pending.remove(key);
    }

    /// Texts whose missing parts are waited for no longer, or for which there is no room.
    pub fn overdue(&mut self, now: Timestamp) -> Vec<Arrived> {
        let mut given_up: Vec<PartKey> = self
            .pending
            .iter()
            .filter(|(_, pending)| pending.since + PART_PATIENCE <= now)
            .map(|(key, _)| key.clone())
            .collect();
        if self.pending.len() - given_up.len() > MAX_PENDING {
            let oldest = self.pending.iter().min_by_key(|(_, pending)| pending.since);
            given_up.extend(oldest.map(|(key, _)| key.clone()));
        }
        given_up
            .into_iter()
            .filter_map(|key| self.pending.remove(&key).map(|pending| pending.join(&key)))
            .collect()
    }

    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.pending.values().map(|pending| pending.since + PART_PATIENCE).min()
    }
}

impl Pending {
    /// The words in order. Octets are joined first: a character may lie across two parts.
    fn join(&self, key: &PartKey) -> Arrived {
        let mut body = String::new();
        let mut run = Vec::new();
        for part in 1..=key.of {
            match self.parts.get(&part) {
                Some(octets) => run.extend(octets),
                None => {
                    body.push_str(&self.coding.decode(&std::mem::take(&mut run)));
                    body.push_str(MISSING);
                }
            }
        }
        body.push_str(&self.coding.decode(&run));
        Arrived { from: key.from.clone(), to: key.to.clone(), body: shorten(body) }
    }
}

#[cfg(test)]
mod tests {
    use rusmpp::types::{COctetString, OctetString};
    use rusmpp::values::{DataCoding, EsmClass, Ton};

    use super::*;
    use crate::text::reply::{Reply, parse};

    const NOON: Timestamp = Timestamp::from_millis(1_777_600_800_000);

    fn deliver(from: &str, esm_class: u8, data_coding: u8, octets: &[u8]) -> DeliverSm {
        DeliverSm::builder()
            .source_addr_ton(Ton::International)
            .source_addr(COctetString::from_string(from.to_owned()).unwrap())
            .destination_addr(COctetString::from_string("106900".to_owned()).unwrap())
            .esm_class(EsmClass::from(esm_class))
            .data_coding(DataCoding::from(data_coding))
            .short_message(OctetString::from_slice(octets).unwrap())
            .build()
    }

    fn read_text(data_coding: u8, octets: &[u8]) -> String {
        let read = read(&deliver("8613800000001", 0, data_coding, octets), &NumberingPlan::default(), NOON);
        let Incoming::Text(arrived) = read else { panic!("not a text: {read:?}") };
        arrived.body
    }

    #[test]
    fn a_reply_is_read_in_every_alphabet_a_centre_uses() {
        assert_eq!(read_text(0, b"1"), "1");
        assert_eq!(read_text(8, &[0xff, 0x11]), "\u{ff11}");
        assert_eq!(read_text(0x18, &[0x63, 0xa5]), "接");
        assert_eq!(read_text(15, &[0xbd, 0xd3]), "接");
        assert_eq!(read_text(0, &[0xbd, 0xd3]), "接");
        assert_eq!(read_text(0, "接".as_bytes()), "接");
        assert_eq!(read_text(3, &[0xe9]), "é");
        assert_eq!(read_text(0, b"\x00"), "@");
    }

    #[test]
    fn the_sender_is_known_however_the_centre_writes_the_number() {
        for (from, number) in [
            ("8613800000001", "+8613800000001"),
            ("+8613800000001", "+8613800000001"),
            ("13800000001", "+8613800000001"),
            ("85291234567", "+85291234567"),
        ] {
            let read = read(&deliver(from, 0, 0, b"1"), &NumberingPlan::default(), NOON);
            assert!(matches!(&read, Incoming::Text(a) if a.from.as_str() == number), "{from}: {read:?}");
        }
        let shop = read(&deliver("SHOP", 0, 0, b"1"), &NumberingPlan::default(), NOON);
        assert_eq!(shop, Incoming::Nothing);
    }

    #[test]
    fn a_text_in_parts_is_joined_whatever_their_order_and_wherever_they_are_cut() {
        // 𠮷 is cut in the middle of its surrogate pair.
        let octets = Alphabet::Ucs2.encode("我不𠮷");
        let parts = [&octets[..6], &octets[6..]];
        let mut reassembly = Reassembly::default();
        let mut joined = None;
        for (number, octets) in [(2, parts[1]), (1, parts[0])] {
            let udh = [&[5, 0, 3, 77, 2, number], octets].concat();
            let Incoming::Part { key, part, octets, coding } =
                read(&deliver("8613800000001", 0x40, 8, &udh), &NumberingPlan::default(), NOON)
            else {
                panic!("not a part")
            };
            joined = reassembly.add(&key, part, octets, coding, NOON);
            // Until it is kept a part that comes again completes it again.
            if joined.is_some() {
                assert_eq!(
                    reassembly.add(&key, part, Alphabet::Ucs2.encode("吉"), coding, NOON).map(|_| ()),
                    Some(())
                );
                reassembly.kept(&key);
            }
        }
        assert_eq!(joined.map(|arrived| arrived.body).as_deref(), Some("我不𠮷"));
        assert_eq!(reassembly.next_deadline(), None);
    }

    #[test]
    fn a_text_whose_part_never_came_is_handed_on_and_is_no_order() {
        let key = PartKey {
            from: PhoneNumber::parse("13800000001", &NumberingPlan::default()).unwrap(),
            to: "106900".into(),
            reference: 1,
            of: 2,
        };
        let mut reassembly = Reassembly::default();
        assert_eq!(reassembly.add(&key, 2, b"1".to_vec(), Coding::Default, NOON), None);
        assert_eq!(reassembly.overdue(NOON), []);
        let late = reassembly.overdue(NOON + PART_PATIENCE);
        assert_eq!(late[0].body, "[缺]1");
        assert_eq!(parse(&late[0].body), Reply::Unknown);
    }

    #[test]
    fn a_header_that_lies_about_its_length_is_not_read() {
        let read = read(&deliver("8613800000001", 0x40, 8, &[200, 0, 3]), &NumberingPlan::default(), NOON);
        assert_eq!(read, Incoming::Unreadable);
    }

    #[test]
    fn the_words_of_a_text_do_not_show_in_a_log() {
        let read = read(&deliver("8613800000001", 0, 0, b"secret"), &NumberingPlan::default(), NOON);
        assert_eq!(format!("{read:?}"), "Text(Arrived(…01, 6 characters))");
    }
}
