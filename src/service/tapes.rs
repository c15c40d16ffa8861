//! Joins the telephones' recording taps to the recordings on disk. Neither waits for the other.

use std::collections::BTreeMap;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use tracing::warn;

use crate::domain::ids::RecordingId;
use crate::phone::media::recorder::RecordingMessage;
use crate::recordings::Recordings;
use crate::recordings::tape::Tape;
use crate::rtp::g711::Law;

/// Messages of taps that may wait: two seconds of 400 recordings.
const MESSAGES: usize = 40_000;
/// A hole longer than this is not filled with silence: the clock of a tap has gone astray.
const LONGEST_HOLE: u64 = 8_000 * 60;

struct Making {
    tape: Tape,
    /// Samples written so far.
    at: u64,
}

/// Starts the thread between taps and tapes.
///
/// # Errors
/// When the thread cannot be started.
pub fn start(recordings: Recordings) -> std::io::Result<(Sender<RecordingMessage>, JoinHandle<()>)> {
    let (taps, messages) = bounded(MESSAGES);
    let thread =
        std::thread::Builder::new().name("tapes".into()).spawn(move || run(&recordings, &messages))?;
    Ok((taps, thread))
}

fn run(recordings: &Recordings, messages: &Receiver<RecordingMessage>) {
    let mut making: BTreeMap<RecordingId, Making> = BTreeMap::new();
    for message in messages {
        match message {
            RecordingMessage::Begin { recording, call } => match recordings.begin(recording) {
                Ok(tape) => {
                    making.insert(recording, Making { tape, at: 0 });
                }
                Err(error) => warn!(%call, %error, "a recording could not be begun"),
            },
            RecordingMessage::Piece { recording, at_sample, stereo } => {
                let Some(making) = making.get_mut(&recording) else { continue };
                let hole = at_sample.saturating_sub(making.at).min(LONGEST_HOLE);
                let silence = vec![Law::A.silence(); usize::try_from(hole).unwrap_or(0)];
                let sound = mixed(&stereo);
                making.at = at_sample + sound.len() as u64;
                // A tape that was cut says so when it is finished.
                let _cut = making.tape.write(&silence).and_then(|()| making.tape.write(&sound)).err();
            }
            RecordingMessage::End { recording, .. } => {
                if let Some(making) = making.remove(&recording)
                    && let Err(error) = making.tape.finish()
                {
                    warn!(%recording, %error, "a recording ends before the call did");
                }
            }
        }
    }
}

/// Both sides in one channel.
fn mixed(stereo: &[u8]) -> Vec<u8> {
    let both = stereo.chunks_exact(2);
    both.map(|pair| {
        let sum = i32::from(Law::A.decode(pair[0])) + i32::from(Law::A.decode(pair[1]));
        let clipped = sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX));
        Law::A.encode(i16::try_from(clipped).expect("clamped to i16 on the line before"))
    })
    .collect()
}
