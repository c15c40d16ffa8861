//! Keys heard as tones, from telephones that send them no other way (ITU-T Q.23).
//!
//! Two Goertzel banks of four frequencies look at blocks of 12.75 ms. A key is
//! taken when two blocks in a row agree: 40 ms, the shortest press Q.24 asks
//! for, always holds two whole blocks.

use super::g711::Law;
use super::telephone_event::Key;

/// 2·cos(2πf/8000) of the rows' tones (697, 770, 852, 941 Hz) and the columns' (1209, 1336, 1477, 1633 Hz).
const COEFFICIENTS: [f32; 8] =
    [1.707_737_8, 1.645_281, 1.568_687, 1.478_204_6, 1.164_104, 0.996_370_2, 0.798_618_4, 0.568_532_7];

/// Keys by row and column.
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Samples in a block: narrow enough to part neighbours 73 Hz away, short enough for two in 40 ms.
const BLOCK_SAMPLES: usize = 102;

/// Blocks that must agree before a key counts.
const BLOCKS_TO_BEGIN: u8 = 2;

/// Blocks without the tone before the same key may count again, about the 40 ms gap of Q.24.
const BLOCKS_TO_END: u8 = 3;

/// A tone must be louder than this in each band: −40 dBm0 or so, below which telephones do not send.
const QUIETEST: f32 = 4.0e7;

/// The louder tone of its band must exceed the other three by 8 dB.
const LEAD: f32 = 6.3;

/// The column tone may be up to 8 dB weaker or 4 dB louder than the row's, and reverse (Q.24 leaves it
/// to administrations; these are common).
const TWIST: f32 = 6.3;
const REVERSE_TWIST: f32 = 2.5;

/// The two tones must be nearly all there is: speech has much besides. A pure pair scores 1.
const PURITY: f32 = 0.7;

/// Listens to one stream.
#[derive(Debug)]
pub struct Detector {
    block: [i16; BLOCK_SAMPLES],
    /// How many samples of the block there are.
    filled: usize,
    /// What the last blocks held, and how many of them in a row.
    candidate: Option<char>,
    agreeing: u8,
    /// The key that is down.
    down: Option<char>,
    missing: u8,
}

impl Default for Detector {
    fn default() -> Self {
        Self { block: [0; BLOCK_SAMPLES], filled: 0, candidate: None, agreeing: 0, down: None, missing: 0 }
    }
}

impl Detector {
    /// Takes a packet's audio; returns the keys that were pressed in it.
    pub fn hear(&mut self, law: Law, payload: &[u8]) -> Vec<Key> {
        let mut pressed = Vec::new();
        let mut rest = payload;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BLOCK_SAMPLES - self.filled));
            for (sample, byte) in self.block[self.filled..].iter_mut().zip(now) {
                *sample = law.decode(*byte);
            }
            self.filled += now.len();
            rest = later;
            if self.filled == BLOCK_SAMPLES {
                self.filled = 0;
                let tone = tone_of(&self.block);
                pressed.extend(self.next_block(tone).and_then(Key::from_char));
            }
        }
        pressed
    }

    /// The key whose tones sound now.
    pub fn down(&self) -> Option<Key> {
        self.down.and_then(Key::from_char)
    }

    fn next_block(&mut self, tone: Option<char>) -> Option<char> {
        self.agreeing = if tone == self.candidate { self.agreeing.saturating_add(1) } else { 1 };
        self.candidate = tone;
        if self.down.is_some() && tone != self.down {
            self.missing += 1;
            if self.missing >= BLOCKS_TO_END || (tone.is_some() && self.agreeing >= BLOCKS_TO_BEGIN) {
                self.down = None;
            }
        } else {
            self.missing = 0;
        }
        let begins = self.down.is_none() && tone.is_some() && self.agreeing >= BLOCKS_TO_BEGIN;
        if begins {
            self.down = tone;
            self.missing = 0;
        }
        tone.filter(|_| begins)
    }
}

/// Returns the key whose two tones the block holds, and nothing else.
fn tone_of(block: &[i16; BLOCK_SAMPLES]) -> Option<char> {
    let total: i64 = block.iter().map(|sample| i64::from(*sample) * i64::from(*sample)).sum();
    let total = total as f32;
    // No bin holds more than N times the sum of squares: most of a quiet line is not looked at any further.
    if total * (BLOCK_SAMPLES as f32) < QUIETEST {
        return None;
    }
    let [a, b, c, d, e, f, g, h] = goertzel(block);
    let (row, row_power) = leader([a, b, c, d])?;
    let (column, column_power) = leader([e, f, g, h])?;
    let balanced = column_power < row_power * REVERSE_TWIST && row_power < column_power * TWIST;
    // A tone of power p makes a Goertzel bin of p·N²/2 and a sum of squares of p·N.
    let explained = (row_power + column_power) * 2.0 / (BLOCK_SAMPLES as f32 * total);
    (balanced && explained > PURITY).then_some(KEYS[row][column])
}

/// The frequency that stands out of its band.
fn leader(powers: [f32; 4]) -> Option<(usize, f32)> {
    let (best, power) = powers.into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let alone = powers.iter().enumerate().all(|(other, p)| other == best || p * LEAD < power);
    (alone && power > QUIETEST).then_some((best, power))
}

/// The power of each of the eight tones. All eight go through the block together: one after the other each step
/// would wait for the one before.
fn goertzel(block: &[i16; BLOCK_SAMPLES]) -> [f32; 8] {
    let (mut before, mut last) = ([0.0_f32; 8], [0.0_f32; 8]);
    for sample in block {
        let sample = f32::from(*sample);
        let mut next = [0.0_f32; 8];
        for tone in 0..8 {
            next[tone] = sample + COEFFICIENTS[tone] * last[tone] - before[tone];
        }
        (before, last) = (last, next);
    }
    std::array::from_fn(|tone| {
        let (before, last) = (before[tone], last[tone]);
        before * before + last * last - COEFFICIENTS[tone] * before * last
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Chance;
    use proptest::prelude::*;

    const TONES_HZ: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0];

    fn tones(key: char, milliseconds: usize, loudness: f32, twist: f32) -> Vec<f32> {
        let row = KEYS.iter().position(|row| row.contains(&key)).unwrap();
        let column = KEYS[row].iter().position(|k| *k == key).unwrap();
        let wave = |hz: f32, n: usize| (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin();
        (0..milliseconds * 8)
            .map(|n| loudness * (wave(TONES_HZ[row], n) + twist * wave(TONES_HZ[4 + column], n)))
            .collect()
    }

    fn heard(law: Law, samples: &[f32]) -> String {
        let bytes: Vec<u8> = samples.iter().map(|sample| law.encode(*sample as i16)).collect();
        let mut detector = Detector::default();
        bytes.chunks(160).flat_map(|packet| detector.hear(law, packet)).map(Key::as_char).collect()
    }

    fn silence(milliseconds: usize) -> Vec<f32> {
        vec![0.0; milliseconds * 8]
    }

    #[test]
    fn each_tone_has_the_coefficient_of_its_frequency() {
        for (frequency, coefficient) in TONES_HZ.into_iter().zip(COEFFICIENTS) {
            let exact = 2.0 * (std::f64::consts::TAU * f64::from(frequency) / 8_000.0).cos();
            assert!((f64::from(coefficient) - exact).abs() < 1e-6, "{frequency}");
        }
    }

    #[test]
    fn every_key_is_heard_in_both_laws_at_any_loudness_and_offset() {
        for key in KEYS.iter().flatten() {
            for law in [Law::A, Law::Mu] {
                for (offset, loudness) in [(0, 8_000.0), (3, 1_000.0), (7, 200.0)] {
                    let call = [silence(offset), tones(*key, 40, loudness, 1.0), silence(60)].concat();
                    assert_eq!(heard(law, &call), key.to_string(), "{law:?} {loudness} after {offset} ms");
                }
            }
        }
    }

    #[test]
    fn a_long_press_is_one_key_and_two_presses_are_two() {
        assert_eq!(heard(Law::A, &tones('5', 2_000, 4_000.0, 1.0)), "5");
        let twice = [tones('5', 80, 4_000.0, 1.0), silence(60), tones('5', 80, 4_000.0, 1.0)].concat();
        assert_eq!(heard(Law::A, &twice), "55");
        let number =
            ['0', '0', '7', '#'].map(|key| [tones(key, 60, 4_000.0, 1.0), silence(60)].concat()).concat();
        assert_eq!(heard(Law::A, &number), "007#");
    }

    #[test]
    fn a_line_that_weakens_the_high_tones_is_understood_and_a_single_tone_is_not() {
        assert_eq!(heard(Law::A, &tones('8', 100, 4_000.0, 0.5)), "8");
        assert_eq!(heard(Law::A, &tones('8', 100, 4_000.0, 1.4)), "8");
        assert_eq!(heard(Law::A, &tones('8', 100, 4_000.0, 0.0)), "");
    }

    #[test]
    fn noise_and_tones_drowned_in_noise_are_no_keys() {
        let mut chance = Chance::from_number(4);
        let noise: Vec<f32> = (0..80_000).map(|_| chance.below(16_000) as f32 - 8_000.0).collect();
        assert_eq!(heard(Law::A, &noise), "");
        let drowned: Vec<f32> =
            tones('1', 1_000, 2_000.0, 1.0).iter().zip(&noise).map(|(a, b)| a + b).collect();
        assert_eq!(heard(Law::A, &drowned), "");
    }

    /// The clips of the line are speech in three languages: none of it may press a key.
    #[test]
    fn a_voice_presses_no_key() {
        let mut words = 0;
        for folder in ["zh", "en"] {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds").join(folder);
            for file in root.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
                let is_speech = file.extension().is_some_and(|e| e == "wav")
                    && !file.ends_with("tone.wav")
                    && !file.ends_with("hold-music.wav");
                if is_speech {
                    let mut wav = hound::WavReader::open(&file).unwrap();
                    let samples: Vec<f32> = wav.samples::<i16>().map(|s| f32::from(s.unwrap())).collect();
                    assert_eq!(heard(Law::A, &samples), "", "{}", file.display());
                    words += 1;
                }
            }
        }
        assert!(words > 100, "only {words} clips were listened to");
    }

    proptest! {
        #[test]
        fn no_audio_panics(bytes in proptest::collection::vec(any::<u8>(), 0..1_000)) {
            Detector::default().hear(Law::Mu, &bytes);
        }
    }
}
