//! The clips the line speaks, encoded once for both laws and shared by every call.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::rtp::g711::Law;
use crate::rtp::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// Where the clips come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A folder laid out like `sounds/` (`zh/welcome.wav`); its clips replace the built-in ones of the same name.
    pub folder: Option<PathBuf>,
}

/// A clip is refused above this: nobody listens for five minutes.
const MAX_SAMPLES: u32 = 300 * SAMPLE_RATE_HZ;

#[derive(rust_embed::RustEmbed)]
#[folder = "sounds/"]
struct BuiltIn;

/// One clip, ready to be sent: whole frames, the last one filled up with silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    a: Arc<[u8]>,
    mu: Arc<[u8]>,
}

impl Sound {
    /// Encodes 8 kHz samples.
    pub fn encode(samples: &[i16]) -> Self {
        let encoded = |law: Law| {
            let frames = samples.len().div_ceil(FRAME_SAMPLES);
            let mut bytes: Vec<u8> = samples.iter().map(|sample| law.encode(*sample)).collect();
            bytes.resize(frames * FRAME_SAMPLES, law.silence());
            bytes.into()
        };
        Self { a: encoded(Law::A), mu: encoded(Law::Mu) }
    }

    /// The clip as it goes over the wire.
    pub fn bytes(&self, law: Law) -> &Arc<[u8]> {
        match law {
            Law::A => &self.a,
            Law::Mu => &self.mu,
        }
    }
}

/// What is wrong with a clip's file.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    #[error("{file}: not a WAV file that can be read; convert it to 8 kHz mono 16-bit PCM")]
    Unreadable { file: String, source: hound::Error },
    #[error("{file}: {found}, not 8 kHz mono 16-bit PCM; convert it (sox {file} -r 8000 -c 1 -b 16 …)")]
    WrongFormat { file: String, found: String },
    #[error("{file}: longer than 5 minutes; cut it")]
    TooLong { file: String },
    #[error("{file}: cannot be read")]
    Io { file: String, source: std::io::Error },
}

/// All clips, by language and id.
#[derive(Debug, Clone, Default)]
pub struct Sounds {
    clips: BTreeMap<(Language, String), Sound>,
}

impl Sounds {
    /// Loads the built-in clips that the folder does not replace, then those of the folder.
    pub fn load(settings: &Settings) -> Result<Self, SoundError> {
        let mut sounds = Self::default();
        let replaced = |file: &str| settings.folder.as_ref().is_some_and(|folder| folder.join(file).exists());
        for file in BuiltIn::iter().filter(|file| !replaced(file)) {
            if let (Some((language, id)), Some(content)) = (named(&file), BuiltIn::get(&file)) {
                sounds.insert(language, id, decode(&file, &content.data)?);
            }
        }
        if let Some(folder) = &settings.folder {
            sounds.load_folder(folder)?;
        }
        Ok(sounds)
    }

    pub fn insert(&mut self, language: Language, id: &str, sound: Sound) {
        self.clips.insert((language, id.to_owned()), sound);
    }

    /// Finds a clip; a language that lacks it speaks Chinese.
    pub fn find(&self, language: Language, id: &str) -> Option<&Sound> {
        let own = self.clips.get(&(language, id.to_owned()));
        own.or_else(|| self.clips.get(&(Language::Zh, id.to_owned())))
    }

    pub fn iter(&self) -> impl Iterator<Item = (Language, &str, &Sound)> {
        self.clips.iter().map(|((language, id), sound)| (*language, id.as_str(), sound))
    }

    pub fn len(&self) -> usize {
        self.clips.len()
    }

    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    fn load_folder(&mut self, folder: &Path) -> Result<(), SoundError> {
        for language in Language::ALL {
            let root = folder.join(language.name());
            if root.is_dir() {
                self.load_below(*language, &root, &root)?;
            }
        }
        Ok(())
    }

    fn load_below(&mut self, language: Language, root: &Path, folder: &Path) -> Result<(), SoundError> {
        let at = |source| SoundError::Io { file: folder.display().to_string(), source };
        for entry in folder.read_dir().map_err(at)? {
            let path = entry.map_err(at)?.path();
            if path.is_dir() {
                self.load_below(language, root, &path)?;
            } else if path.extension().is_some_and(|e| e == "wav") {
                let file = path.display().to_string();
                let bytes =
                    std::fs::read(&path).map_err(|source| SoundError::Io { file: file.clone(), source })?;
                let sound = decode(&file, &bytes)?;
                let relative = path.strip_prefix(root).expect("the path was found below the root");
                self.insert(language, &relative.with_extension("").to_string_lossy(), sound);
            }
        }
        Ok(())
    }
}

/// Reads language and id from `zh/digits/0.wav`.
fn named(file: &str) -> Option<(Language, &str)> {
    let (language, rest) = file.split_once('/')?;
    Some((Language::parse(language)?, rest.strip_suffix(".wav")?))
}

fn decode(file: &str, wav: &[u8]) -> Result<Sound, SoundError> {
    let unreadable = |source| SoundError::Unreadable { file: file.to_owned(), source };
    let mut reader = hound::WavReader::new(wav).map_err(unreadable)?;
    let spec = reader.spec();
    let is_pcm = spec.sample_format == hound::SampleFormat::Int && spec.bits_per_sample == 16;
    if !is_pcm || spec.channels != 1 || spec.sample_rate != SAMPLE_RATE_HZ {
        let found =
            format!("{} Hz, {} channels, {} bits", spec.sample_rate, spec.channels, spec.bits_per_sample);
        return Err(SoundError::WrongFormat { file: file.to_owned(), found });
    }
    if reader.len() > MAX_SAMPLES {
        return Err(SoundError::TooLong { file: file.to_owned() });
    }
    let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    Ok(Sound::encode(&samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_clips_load_and_fill_whole_frames() {
        let sounds = Sounds::load(&Settings::default()).unwrap();
        assert!(sounds.len() > 10, "{} clips", sounds.len());
        for (language, id, sound) in sounds.iter() {
            assert_eq!(sound.bytes(Law::A).len() % FRAME_SAMPLES, 0, "{language} {id}");
            assert_eq!(sound.bytes(Law::A).len(), sound.bytes(Law::Mu).len(), "{language} {id}");
        }
    }

    #[test]
    fn a_clip_nobody_spoke_in_tibetan_is_spoken_in_chinese() {
        let mut sounds = Sounds::default();
        sounds.insert(Language::Zh, "welcome", Sound::encode(&[1; 10]));
        sounds.insert(Language::En, "welcome", Sound::encode(&[2_000; 10]));
        assert_eq!(sounds.find(Language::Bo, "welcome"), sounds.find(Language::Zh, "welcome"));
        assert_ne!(sounds.find(Language::En, "welcome"), sounds.find(Language::Zh, "welcome"));
        assert_eq!(sounds.find(Language::Zh, "farewell"), None);
    }

    #[test]
    fn a_folder_of_ones_own_replaces_built_in_clips() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("zh/digits")).unwrap();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(folder.path().join("zh/digits/0.wav"), spec).unwrap();
        (0..200).for_each(|_| wav.write_sample(1_000_i16).unwrap());
        wav.finalize().unwrap();
        let sounds = Sounds::load(&Settings { folder: Some(folder.path().to_owned()) }).unwrap();
        let zero = sounds.find(Language::Zh, "digits/0").unwrap();
        assert_eq!(zero.bytes(Law::A).len(), 2 * FRAME_SAMPLES);
        assert_eq!(zero.bytes(Law::A)[0], Law::A.encode(1_000));
    }

    #[test]
    fn a_file_of_the_wrong_kind_is_named_with_its_remedy() {
        let error = decode("zh/welcome.wav", b"RIFF????").unwrap_err();
        assert!(error.to_string().starts_with("zh/welcome.wav: not a WAV file"), "{error}");
    }
}
