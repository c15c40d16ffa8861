//! Taking a recording from a call to whoever writes it, without ever waiting for them.

use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};

use crate::desk::event::{PhoneEvent, RecordingEnd};
use crate::domain::ids::{CallId, RecordingId};
use crate::rtp::g711::Law;
use crate::rtp::tap::{Piece, Tap};
use crate::rtp::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// What the writer of recordings is told. Audio is A-law, 8 kHz, two channels in turn: the caller
/// left, the line right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingMessage {
    Begin {
        recording: RecordingId,
        call: CallId,
    },
    /// Samples of both channels from `at_sample` on. A hole before it is silence.
    Piece {
        recording: RecordingId,
        at_sample: u64,
        stereo: Vec<u8>,
    },
    End {
        recording: RecordingId,
        length: Duration,
        why: RecordingEnd,
    },
}

/// One recording being made.
#[derive(Debug)]
pub struct Recorder {
    call: CallId,
    recording: RecordingId,
    limit_samples: u64,
    silence_samples: u64,
    tap: Tap,
    sink: Sender<RecordingMessage>,
    /// The writer did not keep up; what it has is not the whole.
    has_holes: bool,
}

impl Recorder {
    /// Begins a recording of at most `limit`, which also ends when the caller is silent for `silence`.
    pub fn begin(
        call: CallId,
        recording: RecordingId,
        limit: Duration,
        silence: Duration,
        sink: Sender<RecordingMessage>,
    ) -> Self {
        let mut recorder = Self {
            call,
            recording,
            limit_samples: samples(limit),
            silence_samples: samples(silence),
            tap: Tap::default(),
            sink,
            has_holes: false,
        };
        recorder.tell(RecordingMessage::Begin { recording, call });
        recorder
    }

    pub fn heard(&mut self, timestamp: u32, law: Law, payload: &[u8]) {
        self.tap.heard(timestamp, law, payload);
    }

    /// Lets 20 ms pass in which the line said `frame`; returns why the recording is over, when it is.
    pub fn said(&mut self, law: Law, frame: &[u8; FRAME_SAMPLES]) -> Option<RecordingEnd> {
        self.tap.said(law, frame);
        if let Some(piece) = self.tap.piece() {
            self.hand_over(piece);
        }
        if self.has_holes {
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
        if !rest.stereo.is_empty() {
            self.hand_over(rest);
        }
        let why = if self.has_holes { RecordingEnd::Failed } else { why };
        let (call, recording) = (self.call, self.recording);
        self.tell(RecordingMessage::End { recording, length, why });
        PhoneEvent::RecordingEnded { call, recording, length, why }
    }

    fn hand_over(&mut self, piece: Piece) {
        let recording = self.recording;
        self.tell(RecordingMessage::Piece { recording, at_sample: piece.at, stereo: piece.stereo });
    }

    /// The call never waits: a message the writer has no room for makes the recording a failed one.
    fn tell(&mut self, message: RecordingMessage) {
        match self.sink.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.has_holes = true,
        }
    }
}

fn samples(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX).saturating_mul(u64::from(SAMPLE_RATE_HZ) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Chance;
    use crate::domain::timestamp::Timestamp;

    const QUIET: [u8; FRAME_SAMPLES] = [0xd5; FRAME_SAMPLES];

    fn recorder(capacity: usize, limit_s: u64) -> (Recorder, crossbeam_channel::Receiver<RecordingMessage>) {
        let mut chance = Chance::from_number(1);
        let (sink, written) = crossbeam_channel::bounded(capacity);
        let now = Timestamp::from_millis(0);
        let (limit, silence) = (Duration::from_secs(limit_s), Duration::from_secs(5));
        (Recorder::begin(chance.mint(now), chance.mint(now), limit, silence, sink), written)
    }

    fn run(recorder: &mut Recorder) -> RecordingEnd {
        (0..10_000).find_map(|_| recorder.said(Law::A, &QUIET)).unwrap()
    }

    #[test]
    fn a_recording_ends_at_its_limit_or_when_the_caller_falls_silent() {
        assert_eq!(run(&mut recorder(100, 2).0), RecordingEnd::Limit);
        assert_eq!(run(&mut recorder(100, 60).0), RecordingEnd::Silence);
    }

    #[test]
    fn the_writer_gets_every_sample_once() {
        let (mut recorder, written) = recorder(100, 2);
        let why = run(&mut recorder);
        let event = recorder.end(why);
        assert!(matches!(event, PhoneEvent::RecordingEnded { length, why: RecordingEnd::Limit, .. }
            if length == Duration::from_secs(2)));
        let mut next = 0;
        for message in written.try_iter() {
            if let RecordingMessage::Piece { at_sample, stereo, .. } = message {
                assert_eq!(at_sample, next);
                next += stereo.len() as u64 / 2;
            }
        }
        assert_eq!(next, 16_000);
    }

    #[test]
    fn a_writer_that_cannot_keep_up_fails_the_recording_and_not_the_call() {
        let (mut recorder, _written) = recorder(1, 60);
        assert_eq!(run(&mut recorder), RecordingEnd::Failed);
    }
}
