//! What a leg sends: one packet every 20 ms, whose sequence and timestamp run
//! on without a break through prompts, silence and bridged speech.

use super::packet::Packet;
use super::{FRAME_SAMPLES, telephone_event};

/// A leg's outgoing stream.
#[derive(Debug)]
pub struct Playout {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// Whether the next audio packet begins a talk spurt.
    after_silence: bool,
    key_began: u32,
}

impl Playout {
    /// Begins a stream at numbers nobody can guess (RFC 3550 §5.1).
    pub fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self { ssrc, sequence, timestamp, after_silence: true, key_began: timestamp }
    }

    /// Returns the stream's source, as its reports name it.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Returns the timestamp of the packet that is due.
    pub fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// Makes the packet for these 20 ms of audio.
    pub fn audio<'a>(&mut self, payload_type: u8, payload: &'a [u8]) -> Packet<'a> {
        let marker = std::mem::take(&mut self.after_silence);
        let packet = self.packet(marker, payload_type, self.timestamp, payload);
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        packet
    }

    /// Lets 20 ms pass without a packet; the next one carries the marker bit.
    pub fn silence(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        self.after_silence = true;
    }

    /// Makes the packet for these 20 ms of a pressed key, in place of audio.
    pub fn key<'a>(&mut self, payload_type: u8, frame: &'a telephone_event::Frame) -> Packet<'a> {
        if frame.marker {
            self.key_began = self.timestamp;
        }
        let packet = self.packet(frame.marker, payload_type, self.key_began, &frame.payload);
        self.silence();
        packet
    }

    fn packet<'a>(
        &mut self,
        marker: bool,
        payload_type: u8,
        timestamp: u32,
        payload: &'a [u8],
    ) -> Packet<'a> {
        let packet =
            Packet { marker, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc, payload };
        self.sequence = self.sequence.wrapping_add(1);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::packet::PCMA;
    use crate::rtp::telephone_event::{Key, PAYLOAD_TYPE, Sender};

    #[test]
    fn sequence_and_timestamp_run_on_through_silence() {
        let mut playout = Playout::new(1, 65_535, u32::MAX);
        let frame = [0xd5; FRAME_SAMPLES];
        let first = playout.audio(PCMA, &frame);
        assert_eq!((first.marker, first.sequence, first.timestamp), (true, 65_535, u32::MAX));
        let second = playout.audio(PCMA, &frame);
        assert_eq!((second.marker, second.sequence, second.timestamp), (false, 0, 159));
        playout.silence();
        let third = playout.audio(PCMA, &frame);
        assert_eq!((third.marker, third.sequence, third.timestamp), (true, 1, 479));
    }

    #[test]
    fn every_packet_of_a_key_names_its_beginning_and_time_goes_on() {
        let mut playout = Playout::new(1, 10, 1_000);
        let mut sender = Sender::new(Key::from_char('5').unwrap(), 60);
        let mut stamps = Vec::new();
        while let Some(frame) = sender.next_frame() {
            let packet = playout.key(PAYLOAD_TYPE, &frame);
            stamps.push((packet.sequence, packet.timestamp));
        }
        assert_eq!(stamps, [(10, 1_000), (11, 1_000), (12, 1_000), (13, 1_000), (14, 1_000)]);
        assert_eq!(playout.audio(PCMA, &[0xd5; 160]).timestamp, 1_800);
    }
}
