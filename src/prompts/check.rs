//! Compares what the manifests promise with the files that are there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::language::Language;
use crate::prompts::clip::ClipId;
use crate::prompts::library::{Library, Played};
use crate::prompts::manifest::{Clip, ClipStatus};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;
use crate::prompts::sentence::WAITS;

/// The one format of a clip: 8 kHz, one channel, 16 bits.
pub const FORMAT: SoundFormat = SoundFormat { sample_rate_hz: 8_000, channels: 1, bits: 16 };
/// Chinese characters a minute, pauses included, that the old can follow.
pub const MOST_CHARACTERS_A_MINUTE: u32 = 140;
/// English words a minute, likewise.
pub const MOST_WORDS_A_MINUTE: u32 = 140;
/// Characters (words) up to which a text is a noun or a call, not a sentence, and has no speed.
const EXEMPT_CHARACTERS: u32 = 8;
const EXEMPT_WORDS: u32 = 6;
/// Anything shorter is silence or a cut-off file.
const SHORTEST: Duration = Duration::from_millis(150);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoundFormat {
    pub sample_rate_hz: u32,
    pub channels: u16,
    pub bits: u16,
}

/// A WAV file found under `sounds/<language>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    pub language: Language,
    /// Its path below the language's folder, without `.wav`.
    pub name: String,
    /// None when it is no WAV file.
    pub format: Option<SoundFormat>,
    pub duration: Duration,
}

/// Something that `yingda prompts check` reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub language: Language,
    pub name: String,
    pub what: Trouble,
}

/// What is the matter with a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The manifest says it has a sound; there is no file.
    NoFile,
    /// The line needs it in this language and the manifest has no line for it.
    NotListed,
    /// Waits for somebody to record it; it is said in Chinese or left out meanwhile.
    NotRecorded,
    /// A file that no manifest line names, or whose line says "missing".
    Unknown,
    WrongFormat(Option<SoundFormat>),
    TooShort(Duration),
    /// The text was changed after the file was made; `expected` is the hash of the text.
    Stale {
        expected: String,
    },
    /// Faster than the old can follow.
    TooFast {
        a_minute: u32,
        most: u32,
    },
    /// A sentence of several clips that is, pauses included.
    SentenceTooFast {
        a_minute: u32,
        most: u32,
    },
}

impl Finding {
    /// Whether it has to be put right; what waits for a recording does not stop anybody.
    pub fn is_fault(&self) -> bool {
        self.what != Trouble::NotRecorded
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Trouble::SentenceTooFast { a_minute, most } = &self.what {
            let (language, name) = (self.language, &self.name);
            return write!(
                f,
                "{language}, {name}: {a_minute} a minute in all, at most {most} are allowed; speak its clips more slowly"
            );
        }
        write!(f, "sounds/{}/{}.wav: ", self.language, self.name)?;
        match &self.what {
            Trouble::NoFile => f.write_str("no such file; run sounds/make.py or record it"),
            Trouble::NotListed => f.write_str("the manifest has no line for it; add one with its text"),
            Trouble::NotRecorded => f.write_str("not recorded yet"),
            Trouble::Unknown => f.write_str("no clip of the manifest; remove it or set its status"),
            Trouble::WrongFormat(Some(found)) => write!(
                f,
                "{} Hz, {} channel(s), {} bits; a clip has 8000 Hz, 1 channel, 16 bits",
                found.sample_rate_hz, found.channels, found.bits
            ),
            Trouble::WrongFormat(None) => f.write_str("not a WAV file of plain samples; save it as one"),
            Trouble::TooShort(length) => write!(f, "only {} ms long; make it again", length.as_millis()),
            Trouble::Stale { expected } => write!(
                f,
                "says an older text; run sounds/make.py, or record it and set text_hash = \"{expected}\""
            ),
            Trouble::TooFast { a_minute, most } | Trouble::SentenceTooFast { a_minute, most } => {
                write!(f, "{a_minute} a minute, at most {most} are allowed; speak it more slowly")
            }
        }
    }
}

/// Everything that is wrong or still to be recorded, by language and name.
pub fn check(library: &Library, files: &[FoundFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let found: BTreeMap<(Language, &str), &FoundFile> =
        files.iter().map(|file| ((file.language, file.name.as_str()), file)).collect();
    let mut known = BTreeSet::new();
    for manifest in library.manifests() {
        let language = manifest.language;
        let mut report = |name: &str, what| findings.push(Finding { language, name: name.to_owned(), what });
        for (id, clip) in &manifest.clips {
            let file = found.get(&(language, id.as_str())).copied();
            if clip.has_sound() {
                known.insert((language, id.as_str()));
            }
            for trouble in troubles_of(language, clip, file) {
                report(id.as_str(), trouble);
            }
        }
        for id in needed(language) {
            if !manifest.clips.contains_key(&id) {
                report(id.as_str(), Trouble::NotListed);
            }
        }
    }
    for (language, name) in found.keys().filter(|key| !known.contains(*key)) {
        findings.push(Finding { language: *language, name: (*name).to_owned(), what: Trouble::Unknown });
    }
    findings.sort_by(|a, b| (a.language, &a.name).cmp(&(b.language, &b.name)));
    findings
}

/// Whole sentences that are said faster than the old can follow, pauses included.
///
/// Short clips have no speed of their own; strung together they do.
pub fn check_sentences(
    library: &Library,
    files: &[FoundFile],
    sentences: &[(String, Sentence)],
) -> Vec<Finding> {
    let lengths: BTreeMap<(Language, &str), Duration> =
        files.iter().map(|file| ((file.language, file.name.as_str()), file.duration)).collect();
    let mut findings = Vec::new();
    for (name, sentence) in sentences {
        let (mut said, mut length) = (String::new(), Duration::ZERO);
        for played in library.render(sentence) {
            match played {
                Played::Silence(pause) => length += pause,
                // An invitation in another language is no part of what this one's speakers follow.
                Played::Sound { language, .. } if language != sentence.language => {}
                Played::Sound { language, id } => {
                    let text = library.clip(language, &id).and_then(|clip| clip.text.as_deref());
                    said = format!("{said} {}", text.unwrap_or_default());
                    length += lengths.get(&(language, id.as_str())).copied().unwrap_or_default();
                }
            }
        }
        if let Some((a_minute, most)) = speed(sentence.language, &said, length)
            && a_minute > most
        {
            let what = Trouble::SentenceTooFast { a_minute, most };
            findings.push(Finding { language: sentence.language, name: name.clone(), what });
        }
    }
    findings
}

fn troubles_of(language: Language, clip: &Clip, file: Option<&FoundFile>) -> Vec<Trouble> {
    let Some(file) = file else {
        return match clip.status {
            ClipStatus::Recorded | ClipStatus::Synthetic => vec![Trouble::NoFile],
            ClipStatus::Missing => vec![Trouble::NotRecorded],
        };
    };
    let mut troubles = Vec::new();
    if file.format != Some(FORMAT) {
        troubles.push(Trouble::WrongFormat(file.format));
        return troubles;
    }
    if file.duration < SHORTEST {
        troubles.push(Trouble::TooShort(file.duration));
    }
    match clip.expected_hash() {
        Some(expected) if clip.text_hash.as_ref() != Some(&expected) => {
            troubles.push(Trouble::Stale { expected });
        }
        Some(_) | None => {}
    }
    if let Some(text) = &clip.text
        && let Some((a_minute, most)) = speed(language, text, file.duration)
        && a_minute > most
    {
        troubles.push(Trouble::TooFast { a_minute, most });
    }
    troubles
}

/// How fast a text is said and how fast it may be; none for short calls and for languages without a rule.
fn speed(language: Language, text: &str, duration: Duration) -> Option<(u32, u32)> {
    let (units, exempt, most) = match language {
        Language::Zh => {
            let said = text.chars().filter(|c| c.is_alphanumeric()).count();
            (u32::try_from(said).ok()?, EXEMPT_CHARACTERS, MOST_CHARACTERS_A_MINUTE)
        }
        Language::En => {
            (u32::try_from(text.split_whitespace().count()).ok()?, EXEMPT_WORDS, MOST_WORDS_A_MINUTE)
        }
        // Nobody here can judge it: a person recorded it for people who speak it.
        Language::Bo => return None,
    };
    if units <= exempt {
        return None;
    }
    let per_minute = f64::from(units) * 60.0 / duration.as_secs_f64().max(0.001);
    Some((per_minute.round() as u32, most))
}

/// The clips that the line itself says in a language. Menu labels, places and categories are data.
fn needed(language: Language) -> Vec<ClipId> {
    let mut ids: Vec<ClipId> = Phrase::ALL
        .iter()
        .filter(|phrase| {
            // Each language's invitation is in that language alone; tone and music are kept once.
            let one_language = [
                (Phrase::ForChinese, Language::Zh),
                (Phrase::ForEnglish, Language::En),
                (Phrase::ForTibetan, Language::Bo),
                (Phrase::Tone, Language::Zh),
                (Phrase::HoldMusic, Language::Zh),
            ];
            one_language.iter().all(|(kept, only)| kept != *phrase || *only == language)
        })
        .map(|phrase| ClipId::from(*phrase))
        .collect();
    ids.extend((0..=9).map(ClipId::digit));
    ids.extend("0123456789*#".chars().map(ClipId::press));
    for (series, last) in [("month", 12), ("day", 31), ("hour", 12), ("count", 20), ("place", 20)] {
        ids.extend((1..=last).map(|number| ClipId::numbered(series, number)));
    }
    ids.extend(WAITS.map(|minutes| ClipId::numbered("wait", minutes)));
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::manifest::{Manifest, text_hash};

    const WORDS: &str = "请在提示音后留言,说完按井号。";

    fn one_clip(hash: &str, status: &str) -> Library {
        let line = format!(
            "\"leave-message\" = {{ text = \"{WORDS}\", text_hash = \"{hash}\", status = \"{status}\" }}"
        );
        Library::new([Manifest::parse("m", &format!("language = \"zh\"\n[clips]\n{line}\n")).unwrap()])
    }

    fn file(name: &str, duration_ms: u64) -> FoundFile {
        let duration = Duration::from_millis(duration_ms);
        FoundFile { language: Language::Zh, name: name.to_owned(), format: Some(FORMAT), duration }
    }

    fn found(library: &Library, files: &[FoundFile]) -> Vec<(String, Trouble)> {
        check(library, files)
            .into_iter()
            .filter(|finding| finding.what != Trouble::NotListed)
            .map(|finding| (finding.name, finding.what))
            .collect()
    }

    #[test]
    fn a_clip_that_says_its_text_slowly_is_in_order() {
        let library = one_clip(&text_hash(WORDS), "synthetic");
        assert_eq!(found(&library, &[file("leave-message", 6_000)]), []);
    }

    #[test]
    fn what_is_missing_stale_fast_or_unknown_is_named() {
        let library = one_clip(&text_hash("旧"), "recorded");
        assert_eq!(found(&library, &[]), [("leave-message".to_owned(), Trouble::NoFile)]);
        let expected = text_hash(WORDS);
        assert_eq!(
            found(&library, &[file("leave-message", 3_000), file("other", 500)]),
            [
                ("leave-message".to_owned(), Trouble::Stale { expected }),
                ("leave-message".to_owned(), Trouble::TooFast { a_minute: 260, most: 140 }),
                ("other".to_owned(), Trouble::Unknown),
            ]
        );
    }

    #[test]
    fn a_file_of_another_format_is_refused() {
        let library = one_clip(&text_hash(WORDS), "recorded");
        let stereo = SoundFormat { sample_rate_hz: 44_100, channels: 2, bits: 16 };
        let wrong = FoundFile { format: Some(stereo), ..file("leave-message", 6_000) };
        assert_eq!(
            found(&library, &[wrong]),
            [("leave-message".to_owned(), Trouble::WrongFormat(Some(stereo)))]
        );
    }

    #[test]
    fn what_waits_for_a_voice_is_told_but_is_no_fault() {
        let library = Library::new([Manifest::parse(
            "m",
            "language = \"bo\"\n[clips]\n\"greeting\" = { status = \"missing\" }\n",
        )
        .unwrap()]);
        let findings = check(&library, &[]);
        let greeting = findings.iter().find(|finding| finding.name == "greeting").unwrap();
        assert_eq!(greeting.what, Trouble::NotRecorded);
        assert!(!greeting.is_fault());
    }

    #[test]
    fn a_phrase_the_manifest_forgot_is_a_fault() {
        let findings = check(&one_clip("", "missing"), &[]);
        let greeting = findings.iter().find(|finding| finding.name == "greeting").unwrap();
        assert_eq!(greeting.what, Trouble::NotListed);
        assert!(greeting.is_fault());
    }
}
