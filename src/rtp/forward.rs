//! Speech handed from one leg of a bridge to the other.
//!
//! A short buffer takes out what the network did to the packets' order and
//! spacing: it begins to speak once 60 ms are there, fills small holes with
//! silence, and lets the oldest go when more than 200 ms have gathered.

use super::FRAME_SAMPLES;
use super::g711::Law;
use std::collections::VecDeque;

/// Held before speaking begins: 60 ms.
const START_SAMPLES: usize = 3 * FRAME_SAMPLES;

/// Held at most, 200 ms; what is older is let go down to `START_SAMPLES`.
const MAX_SAMPLES: usize = 10 * FRAME_SAMPLES;

/// A hole up to this long, 100 ms, is filled with silence; after a longer one speech simply goes on.
const MAX_HOLE_SAMPLES: u32 = 5 * FRAME_SAMPLES as u32;

/// One direction of a bridge.
#[derive(Debug)]
pub struct Forward {
    to: Law,
    samples: VecDeque<u8>,
    /// The timestamp that follows the last sample held.
    next_timestamp: Option<u32>,
    speaking: bool,
}

impl Forward {
    /// Begins empty; what is taken out is in the law `to`.
    pub fn new(to: Law) -> Self {
        Self { to, samples: VecDeque::with_capacity(MAX_SAMPLES), next_timestamp: None, speaking: false }
    }

    /// Takes a packet's audio, spoken in the law `from`.
    pub fn put(&mut self, timestamp: u32, from: Law, payload: &[u8]) {
        if payload.len() > MAX_SAMPLES {
            return;
        }
        let to = self.to;
        let spoken = payload.iter().map(|byte| from.translate(*byte, to));
        let ahead = timestamp.wrapping_sub(self.next_timestamp.unwrap_or(timestamp));
        if ahead <= MAX_HOLE_SAMPLES {
            self.samples.extend(std::iter::repeat_n(self.to.silence(), ahead as usize));
        } else {
            let behind = ahead.wrapping_neg() as usize;
            if behind < 0x4000_0000 {
                self.fill_in(behind, spoken);
                return;
            }
        }
        self.samples.extend(spoken);
        self.next_timestamp = Some(timestamp.wrapping_add(payload.len() as u32));
        if self.samples.len() > MAX_SAMPLES {
            self.samples.drain(..self.samples.len() - START_SAMPLES);
        }
    }

    /// Puts a late packet where it belongs, if that has not been spoken yet.
    fn fill_in(&mut self, behind: usize, spoken: impl Iterator<Item = u8>) {
        let Some(start) = self.samples.len().checked_sub(behind) else { return };
        for (sample, byte) in self.samples.range_mut(start..).zip(spoken) {
            *sample = byte;
        }
    }

    /// Returns the next 20 ms, or nothing when there is nothing to say.
    pub fn take(&mut self) -> Option<[u8; FRAME_SAMPLES]> {
        if self.samples.len() < if self.speaking { FRAME_SAMPLES } else { START_SAMPLES } {
            self.speaking = false;
            return None;
        }
        self.speaking = true;
        let mut frame = [0; FRAME_SAMPLES];
        for (place, sample) in frame.iter_mut().zip(self.samples.drain(..FRAME_SAMPLES)) {
            *place = sample;
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(byte: u8) -> [u8; FRAME_SAMPLES] {
        [byte; FRAME_SAMPLES]
    }

    #[test]
    fn speech_comes_out_in_order_after_sixty_milliseconds() {
        let mut forward = Forward::new(Law::A);
        forward.put(0, Law::A, &frame(1));
        forward.put(160, Law::A, &frame(2));
        assert_eq!(forward.take(), None);
        forward.put(320, Law::A, &frame(3));
        assert_eq!([forward.take(), forward.take(), forward.take()], [1, 2, 3].map(|n| Some(frame(n))));
        assert_eq!(forward.take(), None);
    }

    #[test]
    fn a_late_packet_takes_its_place() {
        let mut forward = Forward::new(Law::A);
        forward.put(0, Law::A, &frame(1));
        forward.put(320, Law::A, &frame(3));
        forward.put(160, Law::A, &frame(2));
        assert_eq!([forward.take(), forward.take(), forward.take()], [1, 2, 3].map(|n| Some(frame(n))));
    }

    #[test]
    fn a_lost_packet_is_silence() {
        let mut forward = Forward::new(Law::Mu);
        forward.put(0, Law::Mu, &frame(1));
        forward.put(320, Law::Mu, &frame(3));
        assert_eq!([forward.take(), forward.take()], [1, 0xff].map(|n| Some(frame(n))));
    }

    #[test]
    fn the_other_law_is_translated() {
        let mut forward = Forward::new(Law::Mu);
        for n in 0..3 {
            forward.put(n * 160, Law::A, &frame(Law::A.silence()));
        }
        assert_eq!(forward.take(), Some(frame(0xfe)));
    }

    #[test]
    fn a_hoard_is_cut_so_that_talk_stays_prompt() {
        let mut forward = Forward::new(Law::A);
        for n in 0..40 {
            forward.put(n * 160, Law::A, &frame(n as u8));
        }
        let mut held = 0;
        while forward.take().is_some() {
            held += 1;
        }
        assert!(held <= 10, "{held} frames");
    }

    proptest! {
        #[test]
        fn no_stream_panics_or_grows(packets in proptest::collection::vec(
            (any::<u32>(), proptest::collection::vec(any::<u8>(), 0..2_000), any::<bool>()), 0..60)) {
            let mut forward = Forward::new(Law::A);
            for (timestamp, payload, take) in packets {
                forward.put(timestamp, Law::Mu, &payload);
                prop_assert!(forward.samples.len() <= MAX_SAMPLES);
                if take {
                    forward.take();
                }
            }
        }
    }
}
