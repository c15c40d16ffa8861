//! Speech handed from one leg of a bridge to the others.
//!
//! A short buffer takes out what the network did to the packets' order and
//! spacing. It holds nothing back while they come evenly; each one that comes
//! too late makes it hold 20 ms more, up to 60 ms, and what it has held for
//! nothing is let go again. Small holes are filled with silence.

use super::FRAME_SAMPLES;
use super::g711::Law;
use std::collections::VecDeque;

/// Held back at most: 60 ms.
const MOST_FRAMES: usize = 3;

/// Held at most, 200 ms: after a burst the oldest is let go down to `MOST_FRAMES`.
const MAX_SAMPLES: usize = 10 * FRAME_SAMPLES;

/// A hole up to this long, 100 ms, is filled with silence; after a longer one speech simply goes on.
const MAX_HOLE_SAMPLES: u32 = 5 * FRAME_SAMPLES as u32;

/// What was never needed in so many frames, 5 s, is let go.
const FRAMES_TO_LET_GO: u32 = 250;

/// One direction of a bridge.
#[derive(Debug)]
pub struct Forward {
    law: Law,
    samples: VecDeque<u8>,
    /// The timestamp that follows the last sample held.
    next_timestamp: Option<u32>,
    speaking: bool,
    /// Frames that must be there before speaking begins.
    hold: usize,
    /// A frame was due and not there.
    starved: bool,
    /// The least that was left over after a frame was taken, and in how many of them.
    spare: usize,
    taken: u32,
}

impl Forward {
    /// Begins empty; what is put in is in `law`.
    pub fn new(law: Law) -> Self {
        Self {
            law,
            samples: VecDeque::with_capacity(MAX_SAMPLES),
            next_timestamp: None,
            speaking: false,
            hold: 1,
            starved: false,
            spare: MAX_SAMPLES,
            taken: 0,
        }
    }

    /// Takes in a packet's audio.
    pub fn put(&mut self, timestamp: u32, payload: &[u8]) {
        if payload.len() > MAX_SAMPLES {
            return;
        }
        let ahead = timestamp.wrapping_sub(self.next_timestamp.unwrap_or(timestamp));
        // It follows what was spoken last and was not there in time; after a pause or a loss it would not follow.
        let was_late = self.starved && ahead == 0;
        self.starved = false;
        if was_late {
            self.hold_more();
        }
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
            self.samples.drain(..self.samples.len() - MOST_FRAMES * FRAME_SAMPLES);
        }
    }

    /// Puts a late packet where it belongs, unless that has been spoken: then it is dropped.
    fn fill_in(&mut self, behind: usize, payload: &[u8]) {
        let Some(start) = self.samples.len().checked_sub(behind) else {
            self.speaking = false;
            self.hold_more();
            return;
        };
        for (sample, byte) in self.samples.range_mut(start..).zip(payload) {
            *sample = *byte;
        }
    }

    fn hold_more(&mut self) {
        self.hold = (self.hold + 1).min(MOST_FRAMES);
        (self.spare, self.taken) = (MAX_SAMPLES, 0);
    }

    /// Returns the next 20 ms in the law `to`, or nothing when there is nothing to say.
    pub fn take(&mut self, to: Law) -> Option<[u8; FRAME_SAMPLES]> {
        let needed = if self.speaking { 1 } else { self.hold };
        if self.samples.len() < needed * FRAME_SAMPLES {
            self.starved |= self.speaking;
            self.speaking = false;
            return None;
        }
        self.speaking = true;
        let mut frame = [0; FRAME_SAMPLES];
        for (place, sample) in frame.iter_mut().zip(self.samples.drain(..FRAME_SAMPLES)) {
            *place = self.law.translate(sample, to);
        }
        self.let_go();
        Some(frame)
    }

    /// Lets go whole frames that lay unused for long: talk stays prompt when the network is even again.
    fn let_go(&mut self) {
        self.spare = self.spare.min(self.samples.len());
        self.taken += 1;
        if self.taken < FRAMES_TO_LET_GO {
            return;
        }
        let frames = self.spare / FRAME_SAMPLES;
        self.samples.drain(..frames * FRAME_SAMPLES);
        self.hold = self.hold.saturating_sub(frames).max(1);
        (self.spare, self.taken) = (MAX_SAMPLES, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(byte: u8) -> [u8; FRAME_SAMPLES] {
        [byte; FRAME_SAMPLES]
    }

    /// Takes a frame, by its first sample.
    fn taken(forward: &mut Forward) -> Option<u8> {
        forward.take(Law::A).map(|frame| frame[0])
    }

    #[test]
    fn what_comes_evenly_is_handed_on_at_once() {
        let mut forward = Forward::new(Law::A);
        for n in 0..1_000 {
            forward.put(n * 160, &frame(n as u8));
            assert_eq!(taken(&mut forward), Some(n as u8));
        }
    }

    #[test]
    fn packets_that_come_too_late_are_waited_for_from_then_on() {
        let mut forward = Forward::new(Law::A);
        forward.put(0, &frame(1));
        assert_eq!((taken(&mut forward), taken(&mut forward)), (Some(1), None));
        // The second came a little later than its time, and now there is one to spare.
        forward.put(160, &frame(2));
        assert_eq!(taken(&mut forward), None);
        forward.put(320, &frame(3));
        assert_eq!((taken(&mut forward), taken(&mut forward)), (Some(2), Some(3)));
        for n in 3..40 {
            while taken(&mut forward).is_some() {}
            forward.put(n * 160, &frame(n as u8 + 1));
        }
        assert_eq!(forward.hold, MOST_FRAMES, "never more than 60 ms");
    }

    #[test]
    fn a_packet_whose_time_is_over_is_dropped_and_the_next_like_it_is_in_time() {
        let mut forward = Forward::new(Law::A);
        forward.put(0, &frame(1));
        assert_eq!(taken(&mut forward), Some(1));
        forward.put(320, &frame(3));
        assert_eq!(taken(&mut forward), Some(Law::A.silence()), "the second is not there");
        forward.put(160, &frame(2));
        assert_eq!(taken(&mut forward), None, "20 ms more are held from now on");
        forward.put(640, &frame(5));
        assert_eq!(taken(&mut forward), Some(3));
        forward.put(480, &frame(4));
        assert_eq!((taken(&mut forward), taken(&mut forward)), (Some(4), Some(5)));
    }

    #[test]
    fn a_pause_in_what_is_said_is_no_lateness() {
        let mut forward = Forward::new(Law::A);
        for n in [0, 1, 20, 21, 70, 71] {
            forward.put(n * 160, &frame(n as u8));
            assert_eq!(taken(&mut forward), Some(n as u8));
            if n % 2 == 1 {
                assert_eq!((taken(&mut forward), taken(&mut forward)), (None, None));
            }
        }
    }

    #[test]
    fn what_was_held_for_nothing_is_let_go() {
        let mut forward = Forward::new(Law::A);
        (0..4).for_each(|n| forward.put(n * 160, &frame(0)));
        for n in 4..=FRAMES_TO_LET_GO + 4 {
            taken(&mut forward);
            forward.put(n * 160, &frame(n as u8));
        }
        assert_eq!(forward.samples.len(), FRAME_SAMPLES, "only the one that is due");
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
