//! A file of texts: what may be written in one, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::words::Template;
use crate::domain::language::Language;
use crate::domain::safety::Entrusted;
use crate::domain::ticket::TicketState;

/// The texts that come with the program.
const DEFAULT: &str = include_str!("../../config/templates.toml");
/// The longest sentence before it is filled in: with its parameters about five parts of Chinese.
pub(super) const MAX_TEMPLATE_CHARS: usize = 240;

/// Why a file of texts cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the file of texts cannot be read: {0}")]
    Toml(String),
    #[error("{place} is not written: write zh and en for it")]
    Missing { place: String },
    #[error("{place} cannot be read: {why}")]
    Piece { place: String, why: String },
    #[error("{place}: {{{placeholder}}} is not known here; the placeholders are {known}")]
    UnknownPlaceholder { place: String, placeholder: String, known: String },
    #[error("{place}: {{{placeholder}}} must stand in the text, its reader needs it")]
    MissingPlaceholder { place: String, placeholder: &'static str },
    #[error("{place}: a brace is not closed, or one too many is; write {{name}}")]
    Brace { place: String },
    #[error("{place}: {found} characters are too many, at most {MAX_TEMPLATE_CHARS} fit")]
    TooLong { place: String, found: usize },
    #[error("{place}: the text is empty")]
    Empty { place: String },
}

/// A sentence in the languages it is written in; a language without it reads Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phrases {
    zh: String,
    en: String,
    bo: Option<String>,
}

impl Phrases {
    pub(super) fn of(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
            Language::Bo => self.bo.as_deref().unwrap_or(&self.zh),
        }
    }

    fn each(&self) -> impl Iterator<Item = (Language, &str)> {
        [(Language::Zh, Some(&self.zh)), (Language::En, Some(&self.en)), (Language::Bo, self.bo.as_ref())]
            .into_iter()
            .filter_map(|(language, phrase)| phrase.map(|p| (language, p.as_str())))
    }
}

/// Every sentence there is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) signature: Phrases,
    pub(super) states: BTreeMap<TicketState, Phrases>,
    pub(super) to_helper: BTreeMap<Entrusted, Phrases>,
    pub(super) to_resident: BTreeMap<Entrusted, Phrases>,
    pub(super) text: BTreeMap<Template, Phrases>,
}

impl File {
    /// The one that comes with the program.
    pub(super) fn shipped() -> Self {
        toml::from_str(DEFAULT).expect("the texts that come with the program are checked by a test")
    }

    /// See `Templates::parse`.
    pub(super) fn parse(toml: &str) -> Result<Self, TemplateError> {
        let written: Written = toml::from_str(toml).map_err(|e| TemplateError::Toml(e.to_string()))?;
        if written.signature.is_none() {
            // Networks let pass the one that was registered; another is not guessed.
            return Err(TemplateError::Missing { place: "[signature]".to_owned() });
        }
        written.check()?;
        let mut file = Self::shipped();
        file.lay(written);
        Ok(file)
    }

    /// See `Templates::in_force`.
    pub(super) fn in_force(toml: &str) -> Result<(Self, Vec<TemplateError>), TemplateError> {
        let table: toml::Table = toml::from_str(toml).map_err(|e| TemplateError::Toml(e.to_string()))?;
        let (mut file, mut told) = (Self::shipped(), Vec::new());
        let mut unwritten: BTreeSet<String> = places().collect();
        for (place, sentence) in sentences(table) {
            unwritten.remove(&place);
            match sentence.try_into::<Written>() {
                Ok(written) => match written.check() {
                    Ok(()) => file.lay(written),
                    Err(wrong) => told.push(wrong),
                },
                Err(e) => told.push(TemplateError::Piece { place, why: e.message().to_owned() }),
            }
        }
        told.extend(unwritten.into_iter().map(|place| TemplateError::Missing { place }));
        Ok((file, told))
    }

    /// What is written goes before what stands here.
    fn lay(&mut self, written: Written) {
        if let Some(signature) = written.signature {
            self.signature = signature;
        }
        self.states.extend(written.states);
        self.to_helper.extend(written.to_helper);
        self.to_resident.extend(written.to_resident);
        self.text.extend(written.text);
    }
}

/// What a jurisdiction has written, or one piece of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    signature: Option<Phrases>,
    states: BTreeMap<TicketState, Phrases>,
    to_helper: BTreeMap<Entrusted, Phrases>,
    to_resident: BTreeMap<Entrusted, Phrases>,
    text: BTreeMap<Template, Phrases>,
}

impl Written {
    fn check(&self) -> Result<(), TemplateError> {
        if let Some(signature) = &self.signature {
            check("signature", signature, &[])?;
        }
        for (state, phrases) in &self.states {
            check(&format!("[states.{state}]"), phrases, &[])?;
        }
        for (to, told) in [("to_helper", &self.to_helper), ("to_resident", &self.to_resident)] {
            for (what, phrases) in told {
                check(&format!("[{to}.{what}]"), phrases, &[])?;
            }
        }
        for (template, phrases) in &self.text {
            check(&format!("[text.{template}]"), phrases, template.parameters())?;
        }
        Ok(())
    }
}

/// A file of texts sentence by sentence, each with where it stands.
fn sentences(file: toml::Table) -> Vec<(String, toml::Table)> {
    let mut sentences = Vec::new();
    for (section, value) in file {
        // Of the signature the languages stand at once where the others have their sentences.
        if let (Some(entries), false) = (value.as_table(), section == "signature") {
            for (name, sentence) in entries {
                let place = format!("[{section}.{name}]");
                let entry = toml::Table::from_iter([(name.clone(), sentence.clone())]);
                sentences.push((place, toml::Table::from_iter([(section.clone(), entry.into())])));
            }
        } else {
            let place = format!("[{section}]");
            sentences.push((place, toml::Table::from_iter([(section, value)])));
        }
    }
    sentences
}

/// Where each sentence stands that the program knows.
fn places() -> impl Iterator<Item = String> {
    let entrusted = |to: &'static str| Entrusted::ALL.iter().map(move |what| format!("[{to}.{what}]"));
    std::iter::once("[signature]".to_owned())
        .chain(TicketState::ALL.iter().map(|state| format!("[states.{state}]")))
        .chain(entrusted("to_helper"))
        .chain(entrusted("to_resident"))
        .chain(Template::ALL.iter().map(|template| format!("[text.{template}]")))
}

pub(super) enum Piece<'a> {
    Words(&'a str),
    Placeholder(&'a str),
    /// A brace without its partner.
    Broken,
}

/// Cuts a sentence at its placeholders.
pub(super) fn pieces(sentence: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some(at) = rest.find(['{', '}']) {
        pieces.push(Piece::Words(&rest[..at]));
        let placeholder = rest[at..].strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let Some((name, after)) = placeholder.filter(|(name, _)| !name.contains('{')) else {
            pieces.push(Piece::Broken);
            return pieces;
        };
        pieces.push(Piece::Placeholder(name));
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    pieces
}

fn check(place: &str, phrases: &Phrases, known: &[&'static str]) -> Result<(), TemplateError> {
    for (language, sentence) in phrases.each() {
        let place = format!("{place} {language}");
        let found = sentence.chars().count();
        if sentence.trim().is_empty() {
            return Err(TemplateError::Empty { place });
        }
        if found > MAX_TEMPLATE_CHARS {
            return Err(TemplateError::TooLong { place, found });
        }
        let mut missing = known.to_vec();
        for piece in pieces(sentence) {
            match piece {
                Piece::Words(_) => {}
                Piece::Placeholder(name) if known.contains(&name) => missing.retain(|m| *m != name),
                Piece::Placeholder(name) => {
                    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                    return Err(TemplateError::UnknownPlaceholder {
                        place,
                        placeholder: name.to_owned(),
                        known,
                    });
                }
                Piece::Broken => return Err(TemplateError::Brace { place }),
            }
        }
        if let Some(placeholder) = missing.first() {
            return Err(TemplateError::MissingPlaceholder { place, placeholder });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file of texts with one line put in place of another.
    fn changed(from: &str, to: &str) -> Result<File, TemplateError> {
        assert!(DEFAULT.contains(from), "{from} is not in the file");
        File::parse(&DEFAULT.replacen(from, to, 1))
    }

    #[test]
    fn a_file_of_texts_is_refused_with_place_and_remedy() {
        let says = |result: Result<File, TemplateError>| result.unwrap_err().to_string();
        assert_eq!(
            says(changed("邀单 {code}:", "邀单:")),
            "[text.offer] zh: {code} must stand in the text, its reader needs it"
        );
        assert_eq!(
            says(changed("邀单 {code}:", "邀单 {code}{name}:")),
            "[text.offer] zh: {name} is not known here; the placeholders are \
             code, area, category, window, duration, station_number"
        );
        for broken in ["}邀单 {code}:", "邀单 {code:", "邀单 {code}{"] {
            assert_eq!(
                says(changed("邀单 {code}:", broken)),
                "[text.offer] zh: a brace is not closed, or one too many is; write {name}"
            );
        }
        assert!(says(changed("[text.offer]", "[text.ofer]")).contains("ofer"));
        let stranger = says(changed("[to_helper.medicine]", "[to_helper.jewels]"));
        assert!(stranger.contains("jewels") && stranger.contains("medicine"), "{stranger}");
        assert!(says(changed("[states.intake]", "[states.intak]")).contains("intak"));
        assert!(
            says(changed("zh = \"【社区服务】\"", "zh = \" \"")).contains("signature zh: the text is empty")
        );
        assert!(says(changed("邀单 {code}:", &format!("{{code}}{}", "长".repeat(240)))).contains("too many"));
    }

    #[test]
    fn the_texts_that_come_with_the_program_are_whole_and_pass_their_own_check() {
        let (texts, told) = File::in_force(DEFAULT).unwrap();
        assert_eq!(told, []);
        assert_eq!(File::parse(DEFAULT).unwrap(), texts);
        assert_eq!(File::shipped(), texts);
    }

    /// The shipped file without the sentence that stands there.
    fn without(place: &str) -> String {
        let left: Vec<&str> = DEFAULT.split("\n\n").filter(|part| !part.contains(place)).collect();
        assert!(left.len() < DEFAULT.split("\n\n").count(), "{place} is not in the file");
        left.join("\n\n")
    }

    #[test]
    fn what_a_file_does_not_say_is_said_in_the_program_s_words_but_the_signature_is_asked_for() {
        for place in ["[text.offer]", "[to_resident.bank_card]", "[states.intake]"] {
            assert_eq!(File::parse(&without(place)), Ok(File::shipped()), "{place}");
        }
        assert_eq!(
            File::parse(&without("[signature]")).unwrap_err().to_string(),
            "[signature] is not written: write zh and en for it"
        );
    }

    #[test]
    fn a_file_of_an_earlier_program_is_in_force_with_what_can_be_sent_and_the_rest_is_told() {
        let earlier = format!(
            "{}\n[text.of_old]\nzh = \"旧\"\nen = \"old\"\n\n[letters]\nzh = \"信\"\n",
            without("[text.accepted_details]")
                .replacen("邀单 {code}:", "邀单 {code}{name}:", 1)
                .replace("【社区服务】", "【本区热线】")
        );
        assert!(File::parse(&earlier).is_err());
        let (texts, told) = File::in_force(&earlier).unwrap();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        let [letters, of_old, offer, details] = &told[..] else { panic!("{told:?}") };
        assert!(letters.starts_with("[letters.zh] cannot be read: unknown field `letters`"), "{letters}");
        assert!(of_old.starts_with("[text.of_old] cannot be read: unknown variant `of_old`"), "{of_old}");
        assert!(offer.starts_with("[text.offer] zh: {name} is not known here"), "{offer}");
        assert_eq!(details, "[text.accepted_details] is not written: write zh and en for it");
        let mut expected = File::shipped();
        expected.signature.zh = "【本区热线】".to_owned();
        assert_eq!(texts, expected);
        assert!(File::in_force("no toml").is_err());
    }
}
