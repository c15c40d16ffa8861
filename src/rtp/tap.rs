//! A recording in the making: what a leg heard and said, side by side.
//!
//! The caller's packets are put where their timestamps say, so loss is silence
//! and a late packet still finds its place; what we said is put where it was
//! said. Finished pieces are taken out for whoever writes them.

use super::FRAME_SAMPLES;
use super::g711::Law;

/// A piece handed to the writer: half a second.
pub const PIECE_SAMPLES: usize = 4_000;

/// How long a packet may be late and still be recorded in its place: 200 ms.
const LATE_SAMPLES: usize = 1_600;

/// Held at most: a piece, what may still change, and as much ahead of its time.
const HELD_SAMPLES: usize = PIECE_SAMPLES + 2 * LATE_SAMPLES;

/// The loudness above which the caller is taken to speak: mean amplitude, about −42 dBm0.
const SPEECH_AMPLITUDE: u32 = 160;

/// Two channels of A-law: the caller left, the line right.
#[derive(Debug)]
pub struct Tap {
    /// Samples already taken out.
    taken: u64,
    /// Samples since the beginning that have passed.
    now: u64,
    caller: Vec<u8>,
    line: Vec<u8>,
    /// Which sample of the recording a timestamp of the caller's stands for.
    anchor: Option<(u32, u64)>,
    spoke_at: u64,
}

/// A finished piece: A-law samples of caller and line in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins, in samples from the beginning.
    pub at: u64,
    pub stereo: Vec<u8>,
}

impl Default for Tap {
    fn default() -> Self {
        let silence = vec![Law::A.silence(); HELD_SAMPLES];
        Self { taken: 0, now: 0, caller: silence.clone(), line: silence, anchor: None, spoke_at: 0 }
    }
}

impl Tap {
    /// Samples recorded.
    pub fn length(&self) -> u64 {
        self.now
    }

    /// Samples since the caller last spoke.
    pub fn silent_for(&self) -> u64 {
        self.now.saturating_sub(self.spoke_at)
    }

    /// Puts in a packet from the caller.
    pub fn heard(&mut self, timestamp: u32, law: Law, payload: &[u8]) {
        let at = self.place(timestamp);
        if is_speech(law, payload) {
            self.spoke_at = self.now;
        }
        let Some(start) = at.checked_sub(self.taken).and_then(|at| usize::try_from(at).ok()) else { return };
        for (place, byte) in self.caller.iter_mut().skip(start).zip(payload) {
            *place = law.translate(*byte, Law::A);
        }
    }

    /// Puts in what the line says in these 20 ms, and lets them pass.
    pub fn said(&mut self, law: Law, frame: &[u8; FRAME_SAMPLES]) {
        let start = usize::try_from(self.now - self.taken).expect("pieces are taken before they pile up");
        for (place, byte) in self.line.iter_mut().skip(start).zip(frame) {
            *place = law.translate(*byte, Law::A);
        }
        self.now += FRAME_SAMPLES as u64;
    }

    /// Takes out the next piece that no packet can change any more.
    pub fn piece(&mut self) -> Option<Piece> {
        let held = usize::try_from(self.now - self.taken).expect("pieces are taken before they pile up");
        (held >= PIECE_SAMPLES + LATE_SAMPLES).then(|| self.take(PIECE_SAMPLES))
    }

    /// Takes out everything that is left.
    pub fn rest(&mut self) -> Piece {
        let held = usize::try_from(self.now - self.taken).expect("pieces are taken before they pile up");
        self.take(held.min(HELD_SAMPLES))
    }

    fn take(&mut self, samples: usize) -> Piece {
        let at = self.taken;
        let silence = std::iter::repeat_n(Law::A.silence(), samples);
        let caller: Vec<u8> = self.caller.drain(..samples).collect();
        let line: Vec<u8> = self.line.drain(..samples).collect();
        self.caller.extend(silence.clone());
        self.line.extend(silence);
        self.taken += samples as u64;
        Piece { at, stereo: caller.into_iter().zip(line).flat_map(|(left, right)| [left, right]).collect() }
    }

    /// Returns the sample a timestamp stands for. A timestamp far from the present means that the
    /// caller's clock has jumped: it stands for the present, from then on.
    fn place(&mut self, timestamp: u32) -> u64 {
        if let Some((began, at)) = self.anchor {
            let passed = i64::from(timestamp.wrapping_sub(began).cast_signed());
            let place = at.cast_signed() + passed;
            if (place - self.now.cast_signed()).unsigned_abs() <= LATE_SAMPLES as u64
                && let Ok(place) = u64::try_from(place)
            {
                return place;
            }
        }
        self.anchor = Some((timestamp, self.now));
        self.now
    }
}

fn is_speech(law: Law, payload: &[u8]) -> bool {
    let sum: u32 = payload.iter().map(|byte| u32::from(law.decode(*byte).unsigned_abs())).sum();
    sum / (payload.len().max(1) as u32) > SPEECH_AMPLITUDE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const QUIET: [u8; FRAME_SAMPLES] = [0xd5; FRAME_SAMPLES];

    /// Plays `ticks` of 20 ms; at each the caller's packets `(tick, timestamp, byte)` come in.
    fn record(ticks: u32, packets: &[(u32, u32, u8)]) -> Vec<u8> {
        let mut tap = Tap::default();
        let mut caller = Vec::new();
        let mut keep = |piece: Piece| {
            assert_eq!(piece.at as usize, caller.len());
            caller.extend(piece.stereo.chunks(2).map(|pair| pair[0]));
        };
        for tick in 0..ticks {
            for (_, timestamp, byte) in packets.iter().filter(|(at, ..)| *at == tick) {
                tap.heard(*timestamp, Law::A, &[*byte; FRAME_SAMPLES]);
            }
            tap.said(Law::A, &QUIET);
            tap.piece().into_iter().for_each(&mut keep);
        }
        keep(tap.rest());
        caller.chunks(FRAME_SAMPLES).map(|frame| frame[0]).collect()
    }

    #[test]
    fn packets_stand_where_their_timestamps_say() {
        let frames = record(8, &[(0, 1_000, 1), (1, 1_160, 2), (4, 1_480, 4), (4, 1_320, 3), (7, 2_120, 8)]);
        assert_eq!(frames, [1, 2, 3, 4, 0xd5, 0xd5, 0xd5, 8]);
    }

    #[test]
    fn a_clock_that_jumps_goes_on_in_the_present() {
        let frames = record(4, &[(0, 1_000, 1), (1, 1_160, 2), (2, 900_000, 3), (3, 900_160, 4)]);
        assert_eq!(frames, [1, 2, 3, 4]);
    }

    #[test]
    fn a_long_recording_comes_out_whole_in_pieces() {
        let packets: Vec<_> = (0..200).map(|n| (n, n * 160, n as u8)).collect();
        let frames = record(200, &packets);
        assert_eq!(frames, (0..200).map(|n| n as u8).collect::<Vec<_>>());
    }

    #[test]
    fn silence_is_counted_since_the_caller_last_spoke() {
        let mut tap = Tap::default();
        tap.said(Law::A, &QUIET);
        tap.heard(0, Law::A, &[Law::A.encode(3_000); FRAME_SAMPLES]);
        for _ in 0..10 {
            tap.said(Law::A, &QUIET);
        }
        tap.heard(1_600, Law::A, &QUIET);
        assert_eq!(tap.silent_for(), 1_600);
    }

    proptest! {
        #[test]
        fn no_stream_panics(steps in proptest::collection::vec(
            (any::<u32>(), proptest::collection::vec(any::<u8>(), 0..400)), 0..80)) {
            let mut tap = Tap::default();
            for (timestamp, payload) in steps {
                tap.heard(timestamp, Law::Mu, &payload);
                tap.said(Law::Mu, &[0; FRAME_SAMPLES]);
                tap.piece();
            }
            prop_assert_eq!(tap.rest().stereo.len() % 2, 0);
        }
    }
}
