//! Keys sent as telephone-event packets (RFC 4733): reading them once each,
//! and sending them.

use super::packet::is_newer;

/// The payload type we offer for telephone-event; an answer uses the caller's.
pub const PAYLOAD_TYPE: u8 = 101;

/// A key of a telephone: `0`–`9`, `*`, `#`, or one of the rare `A`–`D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u8);

const KEYS: &[u8; 16] = b"0123456789*#ABCD";

impl Key {
    /// Reads an event code; 16 and above (flash, modem tones) are no keys.
    pub fn from_event(code: u8) -> Option<Self> {
        (usize::from(code) < KEYS.len()).then_some(Self(code))
    }

    /// Reads the key as it is printed on the telephone.
    pub fn from_char(c: char) -> Option<Self> {
        let c = u8::try_from(c.to_ascii_uppercase()).ok()?;
        KEYS.iter().position(|key| *key == c).map(|i| Self(i as u8))
    }

    /// Returns the key as it is printed on the telephone.
    pub fn as_char(self) -> char {
        char::from(KEYS[usize::from(self.0)])
    }

    /// Returns the event code of RFC 4733 §3.2.
    pub fn event(self) -> u8 {
        self.0
    }
}

/// What one telephone-event packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Report {
    code: u8,
    end: bool,
    duration: u16,
}

impl Report {
    fn parse(payload: &[u8]) -> Option<Self> {
        let bytes: &[u8; 4] = payload.first_chunk()?;
        let duration = u16::from_be_bytes([bytes[2], bytes[3]]);
        Some(Self { code: bytes[0], end: bytes[1] & 0x80 != 0, duration })
    }

    fn write(self) -> [u8; 4] {
        let duration = self.duration.to_be_bytes();
        [self.code, u8::from(self.end) << 7 | VOLUME_DBM0, duration[0], duration[1]]
    }
}

/// Loudness claimed for a sent key, in dB below the reference: the usual −10 dBm0.
const VOLUME_DBM0: u8 = 10;

/// A following segment of one long press may start this much after the segment before
/// it (RFC 4733 §2.5.1.3).
const LONG_PRESS_SEGMENT: u32 = 0xffff;

/// A sender that wrongly moves the timestamp with every packet moves it by at most
/// this much, 50 ms; two presses of a key are further apart.
const MOVING_TIMESTAMP_LIMIT: u32 = 400;

/// Turns a leg's telephone-event packets into keys, each pressed key once.
///
/// A press is known by its timestamp, so any of its packets may be lost,
/// repeated or late.
#[derive(Debug, Default)]
pub struct Receiver {
    last: Option<Press>,
}

#[derive(Debug)]
struct Press {
    code: u8,
    timestamp: u32,
    sequence: u16,
    ended: bool,
}

impl Receiver {
    /// Takes one packet; returns the key if this is the first that is seen of its press.
    pub fn receive(&mut self, sequence: u16, timestamp: u32, payload: &[u8]) -> Option<Key> {
        let report = Report::parse(payload)?;
        if let Some(last) = &mut self.last {
            if last.timestamp == timestamp {
                last.ended |= report.end;
                last.newest(sequence);
                return None;
            }
            if !is_newer(sequence, last.sequence) {
                return None; // a late packet of an earlier press
            }
            if last.goes_on_as(report.code, timestamp) {
                last.timestamp = timestamp;
                last.ended = report.end;
                last.newest(sequence);
                return None;
            }
        }
        self.last = Some(Press { code: report.code, timestamp, sequence, ended: report.end });
        Key::from_event(report.code)
    }
}

impl Press {
    fn newest(&mut self, sequence: u16) {
        if is_newer(sequence, self.sequence) {
            self.sequence = sequence;
        }
    }

    fn goes_on_as(&self, code: u8, timestamp: u32) -> bool {
        let later = timestamp.wrapping_sub(self.timestamp);
        code == self.code && !self.ended && (later == LONG_PRESS_SEGMENT || later <= MOVING_TIMESTAMP_LIMIT)
    }
}

/// One packet of a press to send: every packet of a press carries the timestamp of its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub marker: bool,
    pub payload: [u8; 4],
}

/// Sends one key: a packet every 20 ms while it is held, the last one three times.
#[derive(Debug)]
pub struct Sender {
    key: Key,
    held_frames: u16,
    sent: u16,
}

/// How often the end of a press is said (RFC 4733 §2.5.1.4).
const END_COPIES: u16 = 3;

/// Samples a press grows by in each packet.
const STEP: u16 = super::FRAME_SAMPLES as u16;

impl Sender {
    /// Holds `key` for `held_ms`, at least 40 ms and at most 5 s.
    pub fn new(key: Key, held_ms: u64) -> Self {
        let held_frames = (held_ms.clamp(40, 5_000) / super::FRAME_MS) as u16;
        Self { key, held_frames, sent: 0 }
    }

    /// Returns the packet for the next 20 ms, or nothing when the key has been let go.
    pub fn next_frame(&mut self) -> Option<Frame> {
        if self.sent >= self.held_frames + END_COPIES - 1 {
            return None;
        }
        self.sent += 1;
        let end = self.sent >= self.held_frames;
        let duration = self.sent.min(self.held_frames) * STEP;
        let report = Report { code: self.key.event(), end, duration };
        Some(Frame { marker: self.sent == 1, payload: report.write() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Packets as `(sequence, timestamp, code, end)`; returns the keys heard.
    fn heard(packets: &[(u16, u32, u8, bool)]) -> String {
        let mut receiver = Receiver::default();
        let report = |code, end| Report { code, end, duration: 800 }.write();
        packets
            .iter()
            .filter_map(|(sequence, timestamp, code, end)| {
                receiver.receive(*sequence, *timestamp, &report(*code, *end))
            })
            .map(Key::as_char)
            .collect()
    }

    #[test]
    fn a_press_is_one_key_however_often_its_end_is_repeated() {
        assert_eq!(
            heard(&[(1, 800, 5, false), (2, 800, 5, false), (3, 800, 5, true), (4, 800, 5, true)]),
            "5"
        );
    }

    #[test]
    fn a_press_whose_start_was_lost_counts() {
        assert_eq!(heard(&[(9, 800, 11, true)]), "#");
    }

    #[test]
    fn a_late_packet_of_an_earlier_press_is_no_key() {
        assert_eq!(
            heard(&[(1, 800, 1, false), (4, 2_400, 2, false), (3, 800, 1, true), (5, 2_400, 2, true)]),
            "12"
        );
    }

    #[test]
    fn the_same_key_twice_is_two_keys_even_when_the_first_end_was_lost() {
        assert_eq!(heard(&[(1, 800, 0, false), (9, 2_400, 0, true)]), "00");
    }

    #[test]
    fn a_key_held_for_ten_seconds_is_one_key() {
        let next = 800_u32.wrapping_add(LONG_PRESS_SEGMENT);
        assert_eq!(heard(&[(1, 800, 3, false), (400, next, 3, false), (500, next, 3, true)]), "3");
    }

    #[test]
    fn a_sender_that_moves_the_timestamp_presses_once() {
        assert_eq!(
            heard(&[(1, 800, 7, false), (2, 960, 7, false), (3, 1_120, 7, false), (4, 1_280, 7, true)]),
            "7"
        );
    }

    #[test]
    fn presses_go_on_when_sequence_and_timestamp_wrap() {
        assert_eq!(heard(&[(65_535, u32::MAX, 1, true), (0, 1_599, 2, true)]), "12");
    }

    #[test]
    fn a_hook_flash_is_no_key() {
        assert_eq!(heard(&[(1, 800, 16, true)]), "");
    }

    #[test]
    fn a_sent_press_is_heard_as_sent() {
        let mut sender = Sender::new(Key::from_char('*').unwrap(), 100);
        let mut receiver = Receiver::default();
        let mut frames = Vec::new();
        while let Some(frame) = sender.next_frame() {
            frames.push(frame);
        }
        assert_eq!(frames.len(), 7, "five packets while held, the last said three times");
        assert!(frames[0].marker && !frames[1].marker);
        assert_eq!(frames[6].payload, [10, 0x8a, 3, 0x20], "key 10, ended, 800 samples");
        let keys: Vec<_> =
            (1..).zip(&frames).filter_map(|(n, frame)| receiver.receive(n, 5, &frame.payload)).collect();
        assert_eq!(keys, [Key::from_char('*').unwrap()]);
    }

    proptest! {
        #[test]
        fn of_each_press_as_much_as_one_packet_in_order_is_the_key_once(
            presses in proptest::collection::vec((0_u8..16, 40_u64..400, any::<u64>(), any::<u8>()), 1..12),
            start in any::<(u16, u32)>(),
        ) {
            let (mut receiver, mut heard, mut pressed) = (Receiver::default(), vec![], vec![]);
            let (mut sequence, mut timestamp) = start;
            for (code, held_ms, lost, kept) in presses {
                let key = Key::from_event(code).unwrap();
                pressed.push(key);
                let mut sender = Sender::new(key, held_ms);
                let frames: Vec<_> = std::iter::from_fn(|| sender.next_frame()).collect();
                let kept = usize::from(kept) % frames.len();
                for (n, frame) in frames.iter().enumerate() {
                    sequence = sequence.wrapping_add(1);
                    let is_lost = lost.rotate_right(n as u32) & 1 == 1;
                    if n == kept || !is_lost {
                        heard.extend(receiver.receive(sequence, timestamp, &frame.payload));
                    }
                }
                timestamp = timestamp.wrapping_add(8_000);
            }
            prop_assert_eq!(heard, pressed);
        }

        #[test]
        fn no_payload_panics(packets in proptest::collection::vec(
            (any::<u16>(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..8)), 0..50)) {
            let mut receiver = Receiver::default();
            for (sequence, timestamp, payload) in packets {
                receiver.receive(sequence, timestamp, &payload);
            }
        }
    }
}
