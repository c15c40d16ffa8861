//! Keys heard as tones, from telephones that send them no other way (ITU-T Q.23).
//!
//! Two Goertzel banks of four frequencies look at blocks of 12.75 ms. A key is taken when blocks in a row agree: two in
//! which its tones are all there is, for 40 ms, the shortest press Q.24 asks for, always hold two whole blocks; or three
//! and more in which somebody speaks besides. Once down it stays down for as long as its tones are there, whatever else is.

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

/// Blocks without the tones before the same key may count again: fewer than the 40 ms gap of Q.24.
const BLOCKS_TO_END: u8 = 2;

/// A tone must be louder than this in each band: −40 dBm0 or so, below which telephones do not send.
const QUIETEST: f32 = 4.0e7;

/// The louder tone of its band must exceed the other three by 8 dB.
const LEAD: f32 = 6.3;

/// The column tone may be up to 8 dB weaker or 4 dB louder than the row's, and reverse (Q.24 leaves it
/// to administrations; these are common).
const TWIST: f32 = 6.3;
const REVERSE_TWIST: f32 = 2.5;

/// How much of all there is the two tones must be, in each block and over those that agree: speech has much besides.
/// A pure pair scores 1. With these no key is heard in 27 hours of speech, each clip at five speeds and three levels, and
/// at least 80 of 100 presses of 100 ms whose tones are 6 dB above somebody who speaks (`tests/it/speech.rs`).
const PURITY: f32 = 0.6;
const PURITY_OF_TWO: f32 = 0.85;
const PURITY_OF_MORE: f32 = 0.7;

/// A tone that has lost 10 dB has ended.
const GOES_ON: f32 = 0.1;

/// Listens to one stream.
#[derive(Debug)]
pub struct Detector {
    block: [i16; BLOCK_SAMPLES],
    /// How many samples of the block there are.
    filled: usize,
    /// What the last blocks held.
    candidate: Option<Candidate>,
    /// The key that is down.
    down: Option<Down>,
}

/// Blocks in a row that held the same key.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    key: char,
    blocks: u8,
    /// The sum of how pure they were.
    purity: f32,
}

/// A key that counted and has not ended.
#[derive(Debug)]
struct Down {
    tone: Tone,
    /// Blocks in a row without its tones.
    missing: u8,
}

/// A key's two tones, as a block held them.
#[derive(Debug, Clone, Copy)]
struct Tone {
    row: usize,
    column: usize,
    row_power: f32,
    column_power: f32,
    /// The part that they are of all there is.
    purity: f32,
}

impl Default for Detector {
    fn default() -> Self {
        Self { block: [0; BLOCK_SAMPLES], filled: 0, candidate: None, down: None }
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
                let sound = Sound::of(&self.block);
                pressed.extend(self.next_block(sound.as_ref()).and_then(Key::from_char));
            }
        }
        pressed
    }

    /// The key whose tones sound now.
    pub fn down(&self) -> Option<Key> {
        Key::from_char(self.down.as_ref()?.tone.key())
    }

    fn next_block(&mut self, sound: Option<&Sound>) -> Option<char> {
        let tone = sound.and_then(Sound::tone);
        if let Some(down) = &mut self.down {
            // Weaker and pure it is the same press, as is one that is as strong beside whatever else.
            let goes_on = sound.is_some_and(|sound| sound.still_holds(&down.tone))
                || tone.is_some_and(|tone| tone.key() == down.tone.key());
            down.missing = if goes_on { 0 } else { down.missing + 1 };
            if down.missing >= BLOCKS_TO_END {
                self.down = None;
            }
        }
        self.candidate = tone.map(|tone| Candidate::after(self.candidate, &tone));
        let (tone, candidate) = (tone?, self.candidate?);
        let is_down = self.down.as_ref().is_some_and(|down| down.tone.key() == candidate.key);
        if is_down || !candidate.is_a_press() {
            return None;
        }
        self.down = Some(Down { tone, missing: 0 });
        Some(candidate.key)
    }
}

impl Candidate {
    /// What a block's key makes of the blocks before it.
    fn after(before: Option<Self>, tone: &Tone) -> Self {
        match before {
            Some(before) if before.key == tone.key() => match before.blocks.checked_add(1) {
                Some(blocks) => Self { blocks, purity: before.purity + tone.purity, ..before },
                None => before,
            },
            Some(_) | None => Self { key: tone.key(), blocks: 1, purity: tone.purity },
        }
    }

    fn is_a_press(&self) -> bool {
        let mean = self.purity / f32::from(self.blocks);
        match self.blocks {
            0 | 1 => false,
            2 => mean > PURITY_OF_TWO,
            _ => mean > PURITY_OF_MORE,
        }
    }
}

impl Tone {
    fn key(&self) -> char {
        KEYS[self.row][self.column]
    }
}

/// What a block holds: the power of each of the eight tones, and of everything.
struct Sound {
    rows: [f32; 4],
    columns: [f32; 4],
    total: f32,
}

impl Sound {
    /// Nothing when it is too quiet for a key.
    fn of(block: &[i16; BLOCK_SAMPLES]) -> Option<Self> {
        let total: i64 = block.iter().map(|sample| i64::from(*sample) * i64::from(*sample)).sum();
        let total = total as f32;
        // No bin holds more than N times the sum of squares: most of a quiet line is not looked at any further.
        if total * (BLOCK_SAMPLES as f32) < QUIETEST {
            return None;
        }
        let [a, b, c, d, e, f, g, h] = goertzel(block);
        Some(Self { rows: [a, b, c, d], columns: [e, f, g, h], total })
    }

    /// The key whose two tones it holds, and little else.
    fn tone(&self) -> Option<Tone> {
        let (row, row_power) = leader(self.rows)?;
        let (column, column_power) = leader(self.columns)?;
        let balanced = column_power < row_power * REVERSE_TWIST && row_power < column_power * TWIST;
        // A tone of power p makes a Goertzel bin of p·N²/2 and a sum of squares of p·N.
        let purity = (row_power + column_power) * 2.0 / (BLOCK_SAMPLES as f32 * self.total);
        let tone = Tone { row, column, row_power, column_power, purity };
        (balanced && purity > PURITY).then_some(tone)
    }

    /// Whether a key's tones are still there, whatever sounds beside them.
    fn still_holds(&self, tone: &Tone) -> bool {
        self.rows[tone.row] > tone.row_power * GOES_ON
            && self.columns[tone.column] > tone.column_power * GOES_ON
    }
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
        let shortest = [tones('5', 40, 4_000.0, 1.0), silence(40), tones('5', 40, 4_000.0, 1.0)].concat();
        assert_eq!(heard(Law::A, &shortest), "55", "as short as Q.24 allows");
        let fading = [tones('5', 80, 4_000.0, 1.0), tones('5', 80, 800.0, 1.0)].concat();
        assert_eq!(heard(Law::A, &fading), "5", "a press that fades is one");
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

    proptest! {
        #[test]
        fn no_audio_panics(bytes in proptest::collection::vec(any::<u8>(), 0..1_000)) {
            Detector::default().hear(Law::Mu, &bytes);
        }
    }
}
