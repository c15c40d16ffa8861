//! Reports about a stream (RTCP, RFC 3550 §6): how much we sent, how much of theirs arrived, goodbye.

use super::SAMPLE_RATE_HZ;
use crate::domain::timestamp::Timestamp;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;

/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_OFFSET_S: u64 = 2_208_988_800;

/// How often a side reports; RFC 3550 §6.2 asks for 5 s at least, varied by the caller.
pub const INTERVAL_MS: u64 = 5_000;

/// What arrived of the other side's stream (RFC 3550 appendix A.3, A.8).
#[derive(Debug, Default)]
pub struct Reception {
    source: u32,
    first: Option<u32>,
    /// The highest sequence number, with its wraps in the upper half.
    highest: u32,
    received: u32,
    /// Expected and received at the last report.
    reported: (u32, u32),
    /// Jitter in samples, times 16.
    jitter_16: u32,
    transit: Option<u32>,
}

/// One side's view of the other's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    pub source: u32,
    /// Of the packets since the report before, in 256ths.
    pub fraction_lost: u8,
    pub lost: i32,
    pub highest: u32,
    /// In samples.
    pub jitter: u32,
    /// The middle of the NTP time of the report of ours they heard last, and how long ago, in 2⁻¹⁶ s.
    pub last_report: u32,
    pub since: u32,
}

impl Reception {
    /// Notes a packet that arrived `arrival` samples after any fixed moment.
    pub fn note(&mut self, source: u32, sequence: u16, timestamp: u32, arrival: u32) {
        if self.first.is_none() || self.source != source {
            *self = Self { source, first: Some(u32::from(sequence)), ..Self::default() };
            self.highest = u32::from(sequence);
        }
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < 0x8000 {
            self.highest = self.highest.wrapping_add(u32::from(ahead));
        }
        self.received = self.received.wrapping_add(1);
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let moved = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            // A jump of seconds is a new talk spurt on another clock, not jitter.
            if moved < SAMPLE_RATE_HZ {
                self.jitter_16 = self.jitter_16 + moved - ((self.jitter_16 + 8) >> 4);
            }
        }
    }

    /// Packets that never came.
    pub fn lost(&self) -> i32 {
        self.expected().wrapping_sub(self.received).cast_signed()
    }

    /// Mean deviation of the packets' spacing, in samples.
    pub fn jitter(&self) -> u32 {
        self.jitter_16 >> 4
    }

    pub fn received(&self) -> u32 {
        self.received
    }

    /// Reports on the time since the last report; nothing when nothing ever came.
    pub fn report(&mut self) -> Option<ReportBlock> {
        self.first?;
        let (expected_before, received_before) = self.reported;
        self.reported = (self.expected(), self.received);
        let expected = self.expected().wrapping_sub(expected_before);
        let received = self.received.wrapping_sub(received_before);
        let lost = expected.saturating_sub(received);
        let fraction = (u64::from(lost) << 8).checked_div(u64::from(expected)).unwrap_or(0);
        Some(ReportBlock {
            source: self.source,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: self.lost().clamp(-0x80_0000, 0x7f_ffff),
            highest: self.highest,
            jitter: self.jitter(),
            last_report: 0,
            since: 0,
        })
    }

    fn expected(&self) -> u32 {
        self.first.map_or(0, |first| self.highest.wrapping_sub(first).wrapping_add(1))
    }
}

/// What we sent, for our report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub ssrc: u32,
    pub packets: u32,
    pub octets: u32,
    /// The timestamp that stands for `at`.
    pub timestamp: u32,
    pub at: Timestamp,
}

/// Writes our report: sender's, or receiver's while nothing was sent, and who we are.
pub fn write_report(buffer: &mut Vec<u8>, sent: &Sent, heard: Option<ReportBlock>, goodbye: bool) {
    buffer.clear();
    let blocks = u8::from(heard.is_some());
    let body = 6 * u16::from(blocks);
    if sent.packets > 0 {
        header(buffer, blocks, SENDER_REPORT, 6 + body);
        put(buffer, sent.ssrc);
        let (seconds, fraction) = ntp(sent.at);
        for word in [seconds, fraction, sent.timestamp, sent.packets, sent.octets] {
            put(buffer, word);
        }
    } else {
        header(buffer, blocks, RECEIVER_REPORT, 1 + body);
        put(buffer, sent.ssrc);
    }
    if let Some(block) = heard {
        put(buffer, block.source);
        put(buffer, u32::from(block.fraction_lost) << 24 | block.lost.cast_unsigned() & 0x00ff_ffff);
        for word in [block.highest, block.jitter, block.last_report, block.since] {
            put(buffer, word);
        }
    }
    // CNAME, required in every compound packet; a random name tells nobody anything (RFC 7022).
    let name = format!("{:08x}", sent.ssrc);
    header(buffer, 1, SOURCE_DESCRIPTION, 4);
    put(buffer, sent.ssrc);
    buffer.extend_from_slice(&[1, 8]);
    buffer.extend_from_slice(name.as_bytes());
    buffer.extend_from_slice(&[0, 0]);
    if goodbye {
        header(buffer, 1, GOODBYE, 1);
        put(buffer, sent.ssrc);
    }
}

/// The middle 32 bits of the NTP time in their sender's report; nothing when the packet holds none.
pub fn read_sent_at(datagram: &[u8]) -> Option<u32> {
    let report = datagram.first_chunk::<16>().filter(|head| head[0] >> 6 == 2 && head[1] == SENDER_REPORT)?;
    Some(u32::from_be_bytes([report[10], report[11], report[12], report[13]]))
}

/// The middle 32 bits of the NTP time: seconds and their 65,536ths.
pub fn middle(at: Timestamp) -> u32 {
    let (seconds, fraction) = ntp(at);
    seconds << 16 | fraction >> 16
}

/// How long a report of ours took there and theirs back (RFC 3550 §6.4.1), in milliseconds. They name the report of
/// ours they heard, which must be the last we sent, and how long they kept it.
pub fn round_trip_ms(block: &ReportBlock, sent: u32, now: u32) -> Option<u32> {
    /// Longer than this is no round trip but a clock that was set.
    const LONGEST_MS: u64 = 10_000;
    if block.last_report == 0 || block.last_report != sent {
        return None;
    }
    let passed = now.wrapping_sub(sent).checked_sub(block.since)?;
    let milliseconds = (u64::from(passed) * 1_000) >> 16;
    u32::try_from(milliseconds).ok().filter(|_| milliseconds < LONGEST_MS)
}

/// Reads the other side's view of our stream from a compound packet; nothing when there is none.
pub fn read_report(datagram: &[u8], ours: u32) -> Option<ReportBlock> {
    let mut rest = datagram;
    while let Some(head) = rest.first_chunk::<4>() {
        if head[0] >> 6 != 2 {
            return None;
        }
        let length = 4 * (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1);
        let packet = rest.get(..length)?;
        rest = &rest[length..];
        let start = match head[1] {
            SENDER_REPORT => 28,
            RECEIVER_REPORT => 8,
            _ => continue,
        };
        let blocks = packet.get(start..).unwrap_or_default().chunks_exact(24);
        let ours =
            blocks.take(usize::from(head[0] & 0x1f)).map(read_block).find(|block| block.source == ours);
        if ours.is_some() {
            return ours;
        }
    }
    None
}

fn read_block(bytes: &[u8]) -> ReportBlock {
    let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    ReportBlock {
        source: word(0),
        fraction_lost: bytes[4],
        lost: (word(4) << 8).cast_signed() >> 8,
        highest: word(8),
        jitter: word(12),
        last_report: word(16),
        since: word(20),
    }
}

fn header(buffer: &mut Vec<u8>, count: u8, kind: u8, words: u16) {
    buffer.extend_from_slice(&[0x80 | count, kind]);
    buffer.extend_from_slice(&words.to_be_bytes());
}

fn put(buffer: &mut Vec<u8>, word: u32) {
    buffer.extend_from_slice(&word.to_be_bytes());
}

/// Seconds since 1900 and their fraction in 2⁻³² s.
fn ntp(at: Timestamp) -> (u32, u32) {
    let since_1970_ms = u64::try_from(at.as_millis()).unwrap_or(0);
    let seconds = since_1970_ms / 1_000 + NTP_OFFSET_S;
    let fraction = ((since_1970_ms % 1_000) << 32) / 1_000;
    // NTP's seconds wrap in 2036; the fraction is below 2³² by its division.
    (seconds as u32, fraction as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(packets: u32) -> Sent {
        let at = Timestamp::from_millis(1_500);
        Sent { ssrc: 0xabcd, packets, octets: packets * 160, timestamp: 8_000, at }
    }

    #[test]
    fn loss_is_counted_since_the_beginning_and_since_the_last_report() {
        let mut reception = Reception::default();
        for n in (0..100).filter(|n| n % 4 != 3) {
            reception.note(7, 65_500_u16.wrapping_add(n), u32::from(n) * 160, u32::from(n) * 160);
        }
        let report = reception.report().unwrap();
        assert_eq!(
            (report.lost, report.highest),
            (24, 65_500 + 98),
            "the last lost packet is not known of yet"
        );
        assert_eq!(report.fraction_lost, (24 * 256 / 99) as u8);
        for n in 100..200 {
            reception.note(7, 65_500_u16.wrapping_add(n), u32::from(n) * 160, u32::from(n) * 160);
        }
        let report = reception.report().unwrap();
        assert_eq!((report.lost, report.fraction_lost), (25, (256 / 101) as u8));
    }

    #[test]
    fn an_even_stream_has_no_jitter_and_an_uneven_one_has() {
        let mut even = Reception::default();
        let mut uneven = Reception::default();
        for n in 0..200_u16 {
            let timestamp = u32::from(n) * 160;
            even.note(7, n, timestamp, timestamp + 500);
            uneven.note(7, n, timestamp, timestamp + if n % 2 == 0 { 0 } else { 80 });
        }
        assert_eq!(even.jitter(), 0);
        assert!((70..=80).contains(&uneven.jitter()), "{}", uneven.jitter());
    }

    #[test]
    fn a_report_is_written_as_the_standard_draws_it() {
        let mut bytes = Vec::new();
        write_report(&mut bytes, &sent(50), None, true);
        assert_eq!(bytes[..8], [0x80, 200, 0, 6, 0, 0, 0xab, 0xcd]);
        assert_eq!(bytes[8..16], [0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0], "1970 and 1.5 s in NTP's count");
        assert_eq!(bytes[28..32], [0x81, 202, 0, 4]);
        assert_eq!(bytes[48..], [0x81, 203, 0, 1, 0, 0, 0xab, 0xcd]);
        assert_eq!(bytes.len() % 4, 0);
    }

    #[test]
    fn what_one_side_reports_the_other_reads() {
        let block = ReportBlock {
            source: 7,
            fraction_lost: 12,
            lost: -3,
            highest: 99_000,
            jitter: 17,
            last_report: 0x7e81_8000,
            since: 0x1_0000,
        };
        for packets in [0, 50] {
            let mut bytes = Vec::new();
            write_report(&mut bytes, &sent(packets), Some(block), false);
            assert_eq!(read_report(&bytes, 7), Some(block), "{packets} packets sent");
            assert_eq!(read_report(&bytes, 8), None);
        }
    }

    #[test]
    fn the_round_trip_is_what_passed_less_what_they_kept_it() {
        let mut bytes = Vec::new();
        write_report(&mut bytes, &sent(50), None, false);
        let ours = middle(Timestamp::from_millis(1_500));
        assert_eq!(read_sent_at(&bytes), Some(ours));
        let heard = |last_report, since_ms: u32| ReportBlock {
            source: 1,
            fraction_lost: 0,
            lost: 0,
            highest: 0,
            jitter: 0,
            last_report,
            since: since_ms * 65_536 / 1_000,
        };
        let now = middle(Timestamp::from_millis(4_750));
        assert_eq!(round_trip_ms(&heard(ours, 3_000), ours, now), Some(250));
        assert_eq!(round_trip_ms(&heard(ours, 3_300), ours, now), None, "kept for longer than passed");
        assert_eq!(round_trip_ms(&heard(ours ^ 1, 3_000), ours, now), None, "not the report we sent");
        assert_eq!(round_trip_ms(&heard(0, 0), 0, now), None, "they heard none");
    }

    proptest! {
        #[test]
        fn no_datagram_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            read_report(&bytes, 7);
            read_sent_at(&bytes);
        }

        #[test]
        fn no_stream_panics(packets in proptest::collection::vec((any::<u32>(), any::<u16>(), any::<u32>(), any::<u32>()), 0..50)) {
            let mut reception = Reception::default();
            for (source, sequence, timestamp, arrival) in packets {
                reception.note(source % 2, sequence, timestamp, arrival);
                reception.report();
            }
        }
    }
}
