//! A recording as a WAV file of A-law sound, any part of which can be asked for.

use std::ops::Range;

use super::error::RecordingError;
use super::format::{CHUNK_BYTES, Opened};

/// RIFF, an 18-byte `fmt ` as for every form but PCM, `fact`, `data`.
const HEADER_BYTES: u64 = 58;
const SAMPLE_RATE_HZ: u32 = 8_000;
/// WAVE_FORMAT_ALAW. Source: Microsoft's registry of wave formats (mmreg.h), RFC 2361 §A.
const FORMAT_ALAW: u16 = 6;
/// Most bytes answered at once: whoever wants more asks again.
pub const MOST_BYTES: u64 = 1 << 20;

/// A recording opened for listening.
pub struct Playback {
    opened: Opened,
}

impl Playback {
    pub(super) fn new(opened: Opened) -> Self {
        Self { opened }
    }

    /// Whether the recording was ended properly; one that was cut plays up to its last whole half second.
    pub fn is_complete(&self) -> bool {
        self.opened.is_complete()
    }

    /// Length of the whole WAV file.
    pub fn wav_bytes(&self) -> u64 {
        let sound = self.opened.sound_bytes();
        HEADER_BYTES + sound + sound % 2
    }

    /// The bytes of the WAV file in `range`, cut to its length and to [`MOST_BYTES`].
    ///
    /// # Errors
    /// [`RecordingError::Altered`] when a piece was changed, else when it cannot be read.
    pub fn read(&self, range: Range<u64>) -> Result<Vec<u8>, RecordingError> {
        let end = range.end.min(self.wav_bytes()).min(range.start.saturating_add(MOST_BYTES));
        let mut bytes = Vec::new();
        let mut at = range.start;
        while at < end {
            let (part, first) = self.part(at)?;
            let skipped = usize::try_from(at - first).expect("less than a part");
            let wanted = usize::try_from(end - at).expect("less than what is answered at once");
            let taken = &part[skipped..part.len().min(skipped + wanted)];
            bytes.extend_from_slice(taken);
            at += taken.len() as u64;
        }
        Ok(bytes)
    }

    /// The part of the file that a byte lies in, and where that part begins.
    fn part(&self, at: u64) -> Result<(Vec<u8>, u64), RecordingError> {
        let sound = self.opened.sound_bytes();
        if at < HEADER_BYTES {
            return Ok((header(sound), 0));
        }
        if at == HEADER_BYTES + sound {
            // Chunks of a RIFF file have an even length.
            return Ok((vec![0], at));
        }
        let number = (at - HEADER_BYTES) / CHUNK_BYTES as u64;
        Ok((self.opened.chunk(number)?, HEADER_BYTES + number * CHUNK_BYTES as u64))
    }
}

fn header(sound_bytes: u64) -> Vec<u8> {
    // A recording is limited to far less than the 4 GiB (six days) that a WAV file can hold.
    let size = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let mut header = Vec::new();
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&size(HEADER_BYTES - 8 + sound_bytes + sound_bytes % 2));
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&18_u32.to_le_bytes());
    header.extend_from_slice(&FORMAT_ALAW.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&SAMPLE_RATE_HZ.to_le_bytes());
    header.extend_from_slice(&SAMPLE_RATE_HZ.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&8_u16.to_le_bytes());
    header.extend_from_slice(&0_u16.to_le_bytes());
    header.extend_from_slice(b"fact");
    header.extend_from_slice(&4_u32.to_le_bytes());
    header.extend_from_slice(&size(sound_bytes));
    header.extend_from_slice(b"data");
    header.extend_from_slice(&size(sound_bytes));
    assert!(header.len() as u64 == HEADER_BYTES, "the header is as long as its table says");
    header
}
