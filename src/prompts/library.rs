//! All manifests together: which sound is played for what is to be said.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::prompts::clip::ClipId;
use crate::prompts::manifest::{Clip, Manifest};
use crate::prompts::sentence::{ITEM_GAP, Item, Part, Sentence};

/// A sound that exists, or a silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Played {
    /// The file `sounds/<language>/<id>.wav`.
    Sound {
        language: Language,
        id: ClipId,
    },
    Silence(Duration),
}

/// The clips of every language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Library {
    manifests: BTreeMap<Language, Manifest>,
}

/// The languages in which a clip may be said, the wanted one first.
///
/// Tibetan is only ever a person's voice, so what nobody has recorded is said in Chinese.
fn fallbacks(language: Language) -> &'static [Language] {
    match language {
        Language::Zh => &[Language::Zh],
        Language::En => &[Language::En],
        Language::Bo => &[Language::Bo, Language::Zh],
    }
}

impl Library {
    pub fn new(manifests: impl IntoIterator<Item = Manifest>) -> Self {
        Self { manifests: manifests.into_iter().map(|manifest| (manifest.language, manifest)).collect() }
    }

    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.manifests.values()
    }

    pub fn clip(&self, language: Language, id: &ClipId) -> Option<&Clip> {
        self.manifests.get(&language)?.clips.get(id)
    }

    /// Whether this very language has a sound for it.
    pub fn has_sound(&self, language: Language, id: &ClipId) -> bool {
        self.clip(language, id).is_some_and(Clip::has_sound)
    }

    /// Whether it is said at all to somebody who chose `language`.
    pub fn is_said(&self, language: Language, id: &ClipId) -> bool {
        fallbacks(language).iter().any(|language| self.has_sound(*language, id))
    }

    /// What is played for a sentence: each item whole, in the first language that has all of it.
    pub fn render(&self, sentence: &Sentence) -> Vec<Played> {
        let mut played = Vec::new();
        for item in &sentence.items {
            let wanted = item.always_in.unwrap_or(sentence.language);
            let Some(language) =
                fallbacks(wanted).iter().copied().find(|language| self.says_all(*language, item))
            else {
                continue;
            };
            if !played.is_empty() {
                played.push(Played::Silence(ITEM_GAP));
            }
            played.extend(item.parts.iter().map(|part| match part {
                Part::Clip(id) => Played::Sound { language, id: id.clone() },
                Part::Pause(length) => Played::Silence(*length),
            }));
        }
        played
    }

    fn says_all(&self, language: Language, item: &Item) -> bool {
        item.parts.iter().all(|part| match part {
            Part::Clip(id) => self.has_sound(language, id),
            Part::Pause(_) => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::area::AreaCode;
    use crate::prompts::phrase::Phrase;

    fn library() -> Library {
        let clip =
            |id: &str| format!("\"{id}\" = {{ text = \"x\", text_hash = \"y\", status = \"recorded\" }}\n");
        let manifest = |language: &str, ids: &[&str]| {
            let lines: String = ids.iter().map(|id| clip(id)).collect();
            Manifest::parse(language, &format!("language = \"{language}\"\n[clips]\n{lines}")).unwrap()
        };
        Library::new([
            manifest(
                "zh",
                &["greeting", "label-person", "press-0", "area-370203005", "press-1", "for-chinese"],
            ),
            manifest("en", &["greeting", "press-1"]),
            manifest("bo", &["greeting", "press-0"]),
        ])
    }

    fn heard(sentence: &Sentence) -> Vec<String> {
        library()
            .render(sentence)
            .into_iter()
            .filter_map(|played| match played {
                Played::Sound { language, id } => Some(format!("{language}/{id}")),
                Played::Silence(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_choice_without_a_clip_for_its_name_is_left_out_with_its_key() {
        let street = AreaCode::parse("370203005").unwrap();
        let ask = |language| Sentence::of(language, Phrase::Greeting).choice(ClipId::area(&street), '1');
        assert_eq!(heard(&ask(Language::Zh)), ["zh/greeting", "zh/area-370203005", "zh/press-1"]);
        assert_eq!(heard(&ask(Language::En)), ["en/greeting"]);
    }

    #[test]
    fn what_is_not_recorded_in_tibetan_is_said_in_chinese_an_item_at_a_time() {
        let sentence = Sentence::of(Language::Bo, Phrase::Greeting).choice(Phrase::LabelPerson, '0');
        assert_eq!(heard(&sentence), ["bo/greeting", "zh/label-person", "zh/press-0"]);
    }

    #[test]
    fn the_way_to_another_language_is_said_in_that_language() {
        let sentence =
            Sentence::of(Language::En, Phrase::Greeting).phrase_in(Language::Zh, Phrase::ForChinese);
        assert_eq!(heard(&sentence), ["en/greeting", "zh/for-chinese"]);
    }
}
