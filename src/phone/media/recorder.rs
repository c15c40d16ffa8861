//! Taking a recording from a call to whoever writes it, without ever waiting for them.

use std::time::Duration;

use tracing::warn;

use crate::desk::event::{PhoneEvent, RecordingEnd};
use crate::domain::ids::{CallId, RecordingId};
use crate::recordings::Recordings;
use crate::recordings::tape::Tape;
use crate::rtp::g711::Law;
use crate::rtp::tap::{Piece, Tap};
use crate::rtp::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// One recording being made: caller and line mixed, A-law.
#[derive(Debug)]
pub struct Recorder {
    call: CallId,
    recording: RecordingId,
    limit_samples: u64,
    silence_samples: u64,
    tap: Tap,
    /// Nothing once the writer did not keep up: what it has is not the whole.
    tape: Option<Tape>,
}

impl Recorder {
    /// Begins a recording of at most `limit`, which also ends when the caller is silent for `silence`.
    /// One that nobody can write down ends at once, as failed.
    pub fn begin(
        call: CallId,
        recording: RecordingId,
        limit: Duration,
        silence: Duration,
        recordings: Option<&Recordings>,
    ) -> Self {
        let tape = recordings.and_then(|recordings| match recordings.begin(recording) {
            Ok(tape) => Some(tape),
            Err(error) => {
                warn!(%call, %error, "a recording cannot begin");
                None
            }
        });
        let (limit_samples, silence_samples) = (samples(limit), samples(silence));
        Self { call, recording, limit_samples, silence_samples, tap: Tap::default(), tape }
    }

    pub fn heard(&mut self, timestamp: u32, law: Law, payload: &[u8]) {
        self.tap.heard(timestamp, law, payload);
    }

    /// Lets 20 ms pass in which the line said `frame`; returns why the recording is over, when it is.
    pub fn said(&mut self, law: Law, frame: &[u8; FRAME_SAMPLES]) -> Option<RecordingEnd> {
        self.tap.said(law, frame);
        if let Some(piece) = self.tap.piece() {
            self.hand_over(&piece);
        }
        if self.tape.as_ref().is_none_or(Tape::is_lost) {
            Some(RecordingEnd::Failed)
        } else if self.tap.length() >= self.limit_samples {
            Some(RecordingEnd::Limit)
        } else if self.tap.silent_for() >= self.silence_samples {
            Some(RecordingEnd::Silence)
        } else {
            None
        }
    }

    /// Hands over what is left and says how it ended.
    pub fn end(mut self, why: RecordingEnd) -> PhoneEvent {
        let length = Duration::from_millis(self.tap.length() * 1_000 / u64::from(SAMPLE_RATE_HZ));
        let rest = self.tap.rest();
        self.hand_over(&rest);
        let written = self.tape.take().is_some_and(|tape| tape.finish().is_ok());
        let why = if written { why } else { RecordingEnd::Failed };
        PhoneEvent::RecordingEnded { call: self.call, recording: self.recording, length, why }
    }

    /// The call never waits: when the writer has no room the recording is a failed one.
    fn hand_over(&mut self, piece: &Piece) {
        let Some(tape) = &mut self.tape else { return };
        if let Err(error) = tape.write(&mixed(&piece.stereo)) {
            warn!(call = %self.call, %error, "a recording was cut");
            self.tape = None;
        }
    }
}

/// Both sides as one: whoever speaks alone is heard unchanged.
fn mixed(stereo: &[u8]) -> Vec<u8> {
    let quiet = Law::A.silence();
    let both =
        |caller: u8, line: u8| Law::A.encode(Law::A.decode(caller).saturating_add(Law::A.decode(line)));
    stereo
        .chunks_exact(2)
        .map(|pair| match (pair[0], pair[1]) {
            (caller, line) if line == quiet => caller,
            (caller, line) if caller == quiet => line,
            (caller, line) => both(caller, line),
        })
        .collect()
}

fn samples(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX).saturating_mul(u64::from(SAMPLE_RATE_HZ) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Chance;
    use crate::domain::timestamp::Timestamp;

    #[test]
    fn whoever_speaks_alone_is_heard_unchanged_and_two_are_heard_together() {
        let (quiet, loud) = (Law::A.silence(), Law::A.encode(1_000));
        assert_eq!(mixed(&[loud, quiet, quiet, loud]), [loud, loud]);
        let both = Law::A.decode(mixed(&[loud, loud])[0]);
        assert!((1_900..2_100).contains(&both), "{both}");
        assert_eq!(mixed(&[0xaa, 0xaa]), [0xaa], "the loudest stays the loudest");
    }

    #[test]
    fn a_recording_nobody_can_write_down_fails_at_once_and_the_call_goes_on() {
        let mut chance = Chance::from_number(1);
        let now = Timestamp::from_millis(0);
        let (limit, silence) = (Duration::from_secs(60), Duration::from_secs(5));
        let mut recorder = Recorder::begin(chance.mint(now), chance.mint(now), limit, silence, None);
        assert_eq!(recorder.said(Law::A, &[0xd5; FRAME_SAMPLES]), Some(RecordingEnd::Failed));
    }
}
