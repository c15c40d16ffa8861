//! The list of one language's clips: what each is to say, and which words its file says.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::domain::language::Language;
use crate::domain::names::named_enum;
use crate::prompts::clip::ClipId;

named_enum! {
    /// Where a clip's sound comes from.
    pub enum ClipStatus {
        /// A person's voice.
        Recorded = "recorded",
        /// Spoken by `sounds/make.py`.
        Synthetic = "synthetic",
        Missing = "missing",
    }
}

/// One clip of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// What is said; a language without a written text yet has none.
    pub text: Option<String>,
    /// What the synthetic voice is given where the text alone would be said wrongly.
    pub spoken: Option<String>,
    /// Which words the file says: the [`text_hash`] of the text it was made from.
    pub text_hash: Option<String>,
    pub status: ClipStatus,
}

impl Clip {
    /// The hash its file should carry.
    pub fn expected_hash(&self) -> Option<String> {
        self.spoken.as_deref().or(self.text.as_deref()).map(text_hash)
    }

    pub fn has_sound(&self) -> bool {
        match self.status {
            ClipStatus::Recorded | ClipStatus::Synthetic => true,
            ClipStatus::Missing => false,
        }
    }
}

/// The clips of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub language: Language,
    pub clips: BTreeMap<ClipId, Clip>,
}

/// What is wrong with a manifest, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}; {remedy}")]
pub struct ManifestError {
    pub file: String,
    pub line: usize,
    pub problem: String,
    pub remedy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    language: Language,
    clips: BTreeMap<toml::Spanned<String>, RawClip>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClip {
    text: Option<String>,
    spoken: Option<String>,
    text_hash: Option<String>,
    status: ClipStatus,
}

impl Manifest {
    /// Reads a manifest; `file` is what errors call it.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and the remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, ManifestError> {
        let error = |at: usize, problem: String, remedy: &str| ManifestError {
            file: file.to_owned(),
            line: line_of(text, at),
            problem,
            remedy: remedy.to_owned(),
        };
        let raw: RawManifest = toml::from_str(text).map_err(|wrong| {
            error(
                wrong.span().map_or(0, |span| span.start),
                wrong.message().to_owned(),
                "a clip is one line: \"name\" = { text = \"…\", status = \"recorded|synthetic|missing\" }",
            )
        })?;
        let mut clips = BTreeMap::new();
        for (name, clip) in raw.clips {
            let at = name.span().start;
            let id = ClipId::parse(name.get_ref())
                .map_err(|wrong| error(at, format!("{}: {wrong}", name.get_ref()), "rename the clip"))?;
            let clip =
                Clip { text: clip.text, spoken: clip.spoken, text_hash: clip.text_hash, status: clip.status };
            if clip.has_sound() && (clip.text.is_none() || clip.text_hash.is_none()) {
                let problem = format!("{id} has a sound but not both text and text_hash");
                return Err(error(at, problem, "write what the file says, or set status = \"missing\""));
            }
            clips.insert(id, clip);
        }
        Ok(Self { language: raw.language, clips })
    }
}

/// Says which words a file says: the first 16 hexadecimal digits of SHA-256 over the text.
pub fn text_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The line, from 1, of a byte position.
fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_lists_clips_by_name() {
        let text = "language = \"zh\"\n[clips]\n\"digits/1\" = { text = \"幺\", text_hash = \"00\", status = \"synthetic\" }\n";
        let manifest = Manifest::parse("zh", text).unwrap();
        assert_eq!(manifest.language, Language::Zh);
        assert_eq!(manifest.clips[&ClipId::digit(1)].text.as_deref(), Some("幺"));
    }

    #[test]
    fn an_error_names_file_line_and_remedy() {
        let text = "language = \"zh\"\n[clips]\n\"a\" = { text = \"x\", state = \"missing\" }\n";
        let wrong = Manifest::parse("sounds/zh/manifest.toml", text).unwrap_err().to_string();
        assert!(wrong.starts_with("sounds/zh/manifest.toml:3: unknown field `state`"), "{wrong}");
        let text = "language = \"zh\"\n[clips]\n\"a\" = { status = \"recorded\" }\n";
        let wrong = Manifest::parse("m", text).unwrap_err().to_string();
        assert_eq!(
            wrong,
            "m:3: a has a sound but not both text and text_hash; write what the file says, or set status = \"missing\""
        );
    }

    #[test]
    fn the_hash_is_the_one_make_py_writes() {
        // printf 零 | sha256sum
        assert_eq!(text_hash("零").len(), 16);
        assert_eq!(text_hash(""), "e3b0c44298fc1c14");
    }
}
