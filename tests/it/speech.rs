//! Keys that are heard as tones, beside people who speak: Debian's recordings of Asterisk's voices, and our own.

use std::f32::consts::TAU;
use std::path::{Path, PathBuf};

use yingda::domain::ids::Chance;
use yingda::rtp::dtmf::Detector;
use yingda::rtp::g711::Law;
use yingda::rtp::telephone_event::Key;

/// A woman's English, a man's Italian, a woman's Russian.
const VOICES: [(&str, &str); 3] = [
    ("en_US_f_Allison", "asterisk-core-sounds-en-wav"),
    ("it_IT_m_Carlo", "asterisk-core-sounds-it-wav"),
    ("ru_RU_f_IvrvoiceRU", "asterisk-core-sounds-ru-wav"),
];

/// What nobody says: beeps, tones, music, screaming monkeys.
const NO_SPEECH: [&str; 7] = [
    "beep.wav",
    "beeperr.wav",
    "ascending-2tone.wav",
    "descending-2tone.wav",
    "tone.wav",
    "hold-music.wav",
    "tt-monkeys.wav",
];

const SAMPLES_A_SECOND: usize = 8_000;
const PACKET_SAMPLES: usize = 160;

/// Everything that somebody says.
fn speech() -> Vec<(PathBuf, Vec<f32>)> {
    let mut files = Vec::new();
    for (voice, package) in VOICES {
        let folder = Path::new("/usr/share/asterisk/sounds").join(voice);
        assert!(folder.is_dir(), "{} is missing: apt-get install {package} brings it", folder.display());
        find_clips(&folder, &mut files);
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds");
    find_clips(&own.join("zh"), &mut files);
    find_clips(&own.join("en"), &mut files);
    files.sort();
    files.into_iter().map(|path| (path.clone(), samples_of(&path))).collect()
}

fn find_clips(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        let is_speech = !NO_SPEECH.iter().any(|name| path.ends_with(name));
        if path.is_dir() {
            find_clips(&path, found);
        } else if is_speech && path.extension().is_some_and(|extension| extension == "wav") {
            found.push(path);
        }
    }
}

fn samples_of(path: &Path) -> Vec<f32> {
    let mut wav = hound::WavReader::open(path).unwrap();
    wav.samples::<i16>().map(|sample| f32::from(sample.unwrap())).collect()
}

/// The same, spoken faster and in a higher voice, or slower and in a lower.
fn at_speed(samples: &[f32], speed: f32) -> Vec<f32> {
    let length = (samples.len() as f32 / speed) as usize;
    let between = |n: usize| {
        let at = n as f32 * speed;
        let (before, part) = (samples[at as usize], at.fract());
        let after = samples.get(at as usize + 1).copied().unwrap_or_default();
        before + (after - before) * part
    };
    (0..length).map(between).collect()
}

/// The keys that are heard in it, each with its millisecond.
fn heard(samples: impl Iterator<Item = f32>) -> Vec<(usize, char)> {
    let bytes: Vec<u8> = samples.map(|sample| Law::A.encode(sample as i16)).collect();
    let mut detector = Detector::default();
    let packets = bytes.chunks(PACKET_SAMPLES).enumerate();
    let keys =
        packets.flat_map(|(n, packet)| detector.hear(Law::A, packet).into_iter().map(move |key| (n, key)));
    keys.map(|(n, key)| (n * 20, Key::as_char(key))).collect()
}

#[test]
fn in_hours_of_speech_no_key_is_heard() {
    let speeds_and_levels =
        [0.85, 1.0, 1.17, 0.93, 1.08].map(|speed| [0.25, 1.0, 2.0].map(|level| (speed, level)));
    let speeds_and_levels = speeds_and_levels.concat();
    let is_long = std::env::var_os("YINGDA_LONG").is_some();
    let (mut seconds, mut wrong) = (0, Vec::new());
    for (n, (path, clip)) in speech().into_iter().enumerate() {
        // Each clip its own way, and in the long run every way.
        let ways =
            speeds_and_levels.iter().cycle().skip(n).take(if is_long { speeds_and_levels.len() } else { 1 });
        for (speed, level) in ways {
            let spoken = at_speed(&clip, *speed);
            seconds += spoken.len() / SAMPLES_A_SECOND;
            for (at_ms, key) in heard(spoken.iter().map(|sample| sample * level)) {
                wrong.push(format!("{key} after {at_ms} ms of {} at {speed}, {level}", path.display()));
            }
        }
    }
    assert!(seconds > 3_600, "only {seconds} s were listened to");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS_HZ: [f32; 3] = [1_209.0, 1_336.0, 1_477.0];
const KEYS: [[char; 3]; 4] = [['1', '2', '3'], ['4', '5', '6'], ['7', '8', '9'], ['*', '0', '#']];

/// How loud each of a key's two tones is, so that both together have this as their effective value.
const LOUDNESS: f32 = 4_000.0;

/// Presses of `milliseconds` while somebody speaks, so many decibels below: how many in a thousand are heard as that
/// key, once, and how many otherwise.
fn pressed_over(speech: &[f32], milliseconds: usize, decibels_below: f32) -> (usize, usize) {
    let mut chance = Chance::from_number(milliseconds as u64);
    let press_samples = milliseconds * SAMPLES_A_SECOND / 1_000;
    let (mut right, mut wrong, mut presses) = (0, 0, 0);
    for window in speech.chunks_exact(SAMPLES_A_SECOND) {
        let begin = 3_000;
        let beside = &window[begin..begin + press_samples];
        let effective = (beside.iter().map(|s| s * s).sum::<f32>() / press_samples as f32).sqrt();
        if effective < 300.0 {
            continue; // a pause
        }
        let gain = LOUDNESS / effective / 10_f32.powf(decibels_below / 20.0);
        let (row, column) = (chance.below(4) as usize, chance.below(3) as usize);
        let tone = |n: usize| {
            let at = n as f32 / SAMPLES_A_SECOND as f32;
            LOUDNESS * ((TAU * ROWS_HZ[row] * at).sin() + (TAU * COLUMNS_HZ[column] * at).sin())
        };
        let with_press = window.iter().enumerate().map(|(n, sample)| {
            let is_pressed = (begin..begin + press_samples).contains(&n);
            sample * gain + if is_pressed { tone(n - begin) } else { 0.0 }
        });
        presses += 1;
        let keys: String = heard(with_press).into_iter().map(|(_, key)| key).collect();
        if keys == KEYS[row][column].to_string() {
            right += 1;
        } else if !keys.is_empty() {
            wrong += 1;
        }
    }
    assert!(presses > 500, "only {presses} presses");
    (right * 1_000 / presses, wrong)
}

#[test]
fn a_key_is_found_over_speech_and_counts_once() {
    let speech: Vec<f32> = speech().into_iter().step_by(6).flat_map(|(_, clip)| clip).collect();
    for (milliseconds, decibels_below, at_least) in
        [(60, 12.0, 980), (100, 6.0, 800), (100, 12.0, 990), (250, 3.0, 900)]
    {
        let (right, wrong) = pressed_over(&speech, milliseconds, decibels_below);
        let case = format!("{milliseconds} ms, {decibels_below} dB over speech");
        assert!(right >= at_least, "{case}: only {right} of 1,000 are heard");
        assert_eq!(wrong, 0, "{case}: heard as another key, or twice");
    }
}
