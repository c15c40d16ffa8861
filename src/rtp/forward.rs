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
    law: Law,
    samples: VecDeque<u8>,
    /// The timestamp that follows the last sample held.
    next_timestamp: Option<u32>,
    speaking: bool,
}

impl Forward {
    /// Begins empty; what is put in is in `law`.
    pub fn new(law: Law) -> Self {
        Self { law, samples: VecDeque::with_capacity(MAX_SAMPLES), next_timestamp: None, speaking: false }
    }

    /// Takes in a packet's audio.
    pub fn put(&mut self, timestamp: u32, payload: &[u8]) {
        if payload.len() > MAX_SAMPLES {
            return;
        }
        let ahead = timestamp.wrapping_sub(self.next_timestamp.unwrap_or(timestamp));
        if ahead <= MAX_HOLE_SAMPLES {
            self.samples.extend(std::iter::repeat_n(self.law.silence(), ahead as usize));
        } else {
            let behind = ahead.wrapping_neg() as usize;
            if behind < 0x4000_0000 {
                self.fill_in(behind, payload);
                return;
            }
        }
        self.samples.extend(payload);
        self.next_timestamp = Some(timestamp.wrapping_add(payload.len() as u32));
        if self.samples.len() > MAX_SAMPLES {
            self.samples.drain(..self.samples.len() - START_SAMPLES);
        }
    }

    /// Puts a late packet where it belongs, if that has not been spoken yet.
    fn fill_in(&mut self, behind: usize, payload: &[u8]) {
        let Some(start) = self.samples.len().checked_sub(behind) else { return };
        for (sample, byte) in self.samples.range_mut(start..).zip(payload) {
            *sample = *byte;
        }
    }

    /// Returns the next 20 ms in the law `to`, or nothing when there is nothing to say.
    pub fn take(&mut self, to: Law) -> Option<[u8; FRAME_SAMPLES]> {
        if self.samples.len() < if self.speaking { FRAME_SAMPLES } else { START_SAMPLES } {
            self.speaking = false;
            return None;
        }
        self.speaking = true;
        let mut frame = [0; FRAME_SAMPLES];
        for (place, sample) in frame.iter_mut().zip(self.samples.drain(..FRAME_SAMPLES)) {
            *place = self.law.translate(sample, to);
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
        forward.put(0, &frame(1));
        forward.put(160, &frame(2));
        assert_eq!(forward.take(Law::A), None);
        forward.put(320, &frame(3));
        assert_eq!(
            [forward.take(Law::A), forward.take(Law::A), forward.take(Law::A)],
            [1, 2, 3].map(|n| Some(frame(n)))
        );
        assert_eq!(forward.take(Law::A), None);
    }

    #[test]
    fn a_late_packet_takes_its_place() {
        let mut forward = Forward::new(Law::A);
        forward.put(0, &frame(1));
        forward.put(320, &frame(3));
        forward.put(160, &frame(2));
        assert_eq!(
            [forward.take(Law::A), forward.take(Law::A), forward.take(Law::A)],
            [1, 2, 3].map(|n| Some(frame(n)))
        );
    }

    #[test]
    fn a_lost_packet_is_silence() {
        let mut forward = Forward::new(Law::A);
        forward.put(0, &frame(1));
        forward.put(320, &frame(3));
        assert_eq!([forward.take(Law::A), forward.take(Law::A)], [1, 0xd5].map(|n| Some(frame(n))));
    }

    #[test]
    fn the_other_law_is_translated() {
        let mut forward = Forward::new(Law::A);
        for n in 0..3 {
            forward.put(n * 160, &frame(Law::A.silence()));
        }
        assert_eq!(forward.take(Law::Mu), Some(frame(0xfe)));
    }

    #[test]
    fn a_hoard_is_cut_so_that_talk_stays_prompt() {
        let mut forward = Forward::new(Law::A);
        for n in 0..40 {
            forward.put(n * 160, &frame(n as u8));
        }
        let mut held = 0;
        while forward.take(Law::A).is_some() {
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
                forward.put(timestamp, &payload);
                prop_assert!(forward.samples.len() <= MAX_SAMPLES);
                if take {
                    forward.take(Law::A);
                }
            }
        }
    }
}
