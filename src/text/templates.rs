//! Texts as data: read, checked, and filled in.
//!
//! A jurisdiction may change every sentence; it cannot leave out what the reader needs, nor add what
//! the sender does not know.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::{Template, Words};
use crate::domain::language::Language;
use crate::domain::offer::ReplyCode;
use crate::domain::safety::Entrusted;
use crate::domain::ticket::TicketState;

/// The texts that come with the program.
const DEFAULT: &str = include_str!("../../config/templates.toml");
/// The longest sentence before it is filled in: with its parameters about five parts of Chinese.
const MAX_TEMPLATE_CHARS: usize = 240;
/// The longest parameter; the rest is cut, marked with `…`.
pub const MAX_PARAMETER_CHARS: usize = 60;
/// Offers named in one list; a volunteer has at most three open, a shared number a few more.
pub const MAX_LISTED: usize = 5;
/// The longest words of a person; how many parts they may take, the desk says.
const MAX_WRITTEN_CHARS: usize = 300;
/// What is said of what is entrusted, a sentence for each thing there is.
const MAX_ENTRUSTED_CHARS: usize = MAX_TEMPLATE_CHARS;
/// The longest list of offers.
const MAX_LIST_CHARS: usize = MAX_LISTED * (MAX_PARAMETER_CHARS + 4);

/// Why a file of texts cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the file of texts cannot be read: {0}")]
    Toml(String),
    #[error("[text.{template}] is missing: write zh and en for it")]
    MissingText { template: Template },
    #[error("[states.{state}] is missing: write zh and en for it")]
    MissingState { state: TicketState },
    #[error("[{to}.{what}] is missing: write zh and en for it")]
    MissingEntrusted { to: &'static str, what: Entrusted },
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
struct Phrases {
    zh: String,
    en: String,
    bo: Option<String>,
}

impl Phrases {
    fn of(&self, language: Language) -> &str {
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

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    signature: Phrases,
    states: BTreeMap<TicketState, Phrases>,
    to_helper: BTreeMap<Entrusted, Phrases>,
    to_resident: BTreeMap<Entrusted, Phrases>,
    text: BTreeMap<Template, Phrases>,
}

/// A text ready for the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The template's stable name.
    pub template: String,
    pub parameters: BTreeMap<String, String>,
    pub body: String,
}

/// All texts of a jurisdiction, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates(File);

impl Default for Templates {
    /// The texts that come with the program.
    fn default() -> Self {
        Self::parse(DEFAULT).expect("the texts that come with the program are checked by a test")
    }
}

impl Templates {
    /// Reads and checks a file of texts.
    ///
    /// # Errors
    /// Names the text, the language and the remedy.
    pub fn parse(toml: &str) -> Result<Self, TemplateError> {
        let file: File = toml::from_str(toml).map_err(|e| TemplateError::Toml(e.to_string()))?;
        check("signature", &file.signature, &[])?;
        for state in TicketState::ALL {
            let phrases = file.states.get(state).ok_or(TemplateError::MissingState { state: *state })?;
            check(&format!("[states.{state}]"), phrases, &[])?;
        }
        for (to, told) in [("to_helper", &file.to_helper), ("to_resident", &file.to_resident)] {
            for what in Entrusted::ALL {
                let phrases = told.get(what).ok_or(TemplateError::MissingEntrusted { to, what: *what })?;
                check(&format!("[{to}.{what}]"), phrases, &[])?;
            }
        }
        for template in Template::ALL {
            let phrases =
                file.text.get(template).ok_or(TemplateError::MissingText { template: *template })?;
            check(&format!("[text.{template}]"), phrases, template.parameters())?;
        }
        Ok(Self(file))
    }

    /// Fills in a text, signature first.
    ///
    /// Parameters are made one line and cut to `MAX_PARAMETER_CHARS`; nothing in them is read as a
    /// placeholder.
    pub fn render(&self, words: Words, language: Language) -> Rendered {
        let template = words.template();
        let parameters: BTreeMap<String, String> = words
            .into_parameters()
            .into_iter()
            .map(|(name, value)| (name.clone(), tidy(&name, &value)))
            .collect();
        let sentence = self.0.text.get(&template).expect("`parse` found every text").of(language);
        let mut body = self.0.signature.of(language).to_owned();
        for piece in pieces(sentence) {
            match piece {
                Piece::Words(words) => body.push_str(words),
                Piece::Placeholder(name) => {
                    body.push_str(parameters.get(name).expect("`parse` knows every placeholder"));
                }
                Piece::Broken => unreachable!("`parse` found no broken brace"),
            }
        }
        // A last placeholder may be empty.
        body.truncate(body.trim_end().len());
        Rendered { template: template.name().to_owned(), parameters, body }
    }

    /// A ticket's state in the words a resident reads.
    pub fn state_words(&self, state: TicketState, language: Language) -> &str {
        self.0.states.get(&state).expect("`parse` found every state").of(language)
    }

    /// What a helper reads of what their work entrusts to them, a sentence each (SAF-6).
    pub fn told_to_helper(&self, entrusts: &[Entrusted], language: Language) -> String {
        told(&self.0.to_helper, entrusts, language)
    }

    /// The same for the resident to whom they come.
    pub fn told_to_resident(&self, entrusts: &[Entrusted], language: Language) -> String {
        told(&self.0.to_resident, entrusts, language)
    }
}

fn told(sentences: &BTreeMap<Entrusted, Phrases>, entrusts: &[Entrusted], language: Language) -> String {
    let between = match language {
        Language::Zh | Language::Bo => "",
        Language::En => " ",
    };
    let of = |what| sentences.get(what).expect("`parse` found every sentence").of(language);
    entrusts.iter().map(of).collect::<Vec<_>>().join(between)
}

/// The list of `Words::WhichOffer`: each code with what it is about, at most `MAX_LISTED`.
pub fn offer_list<'a>(offers: impl IntoIterator<Item = (ReplyCode, &'a str)>) -> String {
    let mut list = String::new();
    for (code, about) in offers.into_iter().take(MAX_LISTED) {
        if !list.is_empty() {
            list.push(';');
        }
        list.push_str(&format!("{code} {}", tidy("about", about)));
    }
    list
}

/// One line, no longer than a text can bear.
fn tidy(name: &str, value: &str) -> String {
    let limit = match name {
        "list" => MAX_LIST_CHARS,
        "words" => MAX_WRITTEN_CHARS,
        "entrusted" => MAX_ENTRUSTED_CHARS,
        _ => MAX_PARAMETER_CHARS,
    };
    let mut line = String::with_capacity(value.len().min(limit * 4));
    for (taken, c) in value.trim().chars().enumerate() {
        if taken == limit {
            line.pop();
            line.push('…');
            break;
        }
        line.push(if c.is_control() { ' ' } else { c });
    }
    line
}

enum Piece<'a> {
    Words(&'a str),
    Placeholder(&'a str),
    /// A brace without its partner.
    Broken,
}

/// Cuts a sentence at its placeholders.
fn pieces(sentence: &str) -> Vec<Piece<'_>> {
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
    use crate::text::segments;

    fn offer() -> Words {
        Words::Offer {
            code: "37".into(),
            area: "四方街道".into(),
            category: "助餐".into(),
            window: "今天16-18时".into(),
            duration: "约1小时".into(),
            station_number: "83721234".into(),
        }
    }

    #[test]
    fn an_offer_says_code_street_kind_and_hour_and_nothing_of_the_resident() {
        let rendered = Templates::default().render(offer(), Language::Zh);
        assert_eq!(
            rendered.body,
            "【社区服务】邀单 37:四方街道 助餐 今天16-18时 约1小时。回1接2拒,或致电83721234。"
        );
        assert_eq!(rendered.template, "offer");
        assert_eq!(
            rendered.parameters.keys().map(String::as_str).collect::<Vec<_>>(),
            ["area", "category", "code", "duration", "station_number", "window"]
        );
    }

    #[test]
    fn every_text_that_comes_with_the_program_reads_in_every_language() {
        let templates = Templates::default();
        for language in Language::ALL {
            for words in Words::examples() {
                let name = words.template();
                let rendered = templates.render(words, *language);
                assert!(rendered.body.starts_with(templates.0.signature.of(*language)), "{name}");
                assert!(!rendered.body.contains(['{', '}']), "{name} {language}: {}", rendered.body);
            }
        }
    }

    #[test]
    fn tibetan_reads_chinese_until_a_person_has_written_it() {
        let templates = Templates::default();
        assert_eq!(templates.render(offer(), Language::Bo), templates.render(offer(), Language::Zh));
    }

    #[test]
    fn what_a_resident_said_cannot_become_a_placeholder_or_a_second_line() {
        let words = Words::WhoComes {
            number: "1".into(),
            badge: "{visit_code}\n7".into(),
            visit_code: "4821".into(),
            window: "w".into(),
            entrusted: String::new(),
        };
        let body = Templates::default().render(words, Language::Zh).body;
        assert!(body.contains("{visit_code} 7"), "{body}");
    }

    #[test]
    fn a_long_parameter_is_cut_and_marked() {
        assert_eq!(tidy("address", &"长".repeat(MAX_PARAMETER_CHARS)).chars().count(), MAX_PARAMETER_CHARS);
        let cut = tidy("address", &"长".repeat(MAX_PARAMETER_CHARS + 1));
        assert_eq!((cut.chars().count(), cut.chars().last()), (MAX_PARAMETER_CHARS, Some('…')));
    }

    #[test]
    fn the_list_names_each_offer_by_its_code() {
        let list = offer_list([(ReplyCode(37), "四方街道 助餐"), (ReplyCode(42), "海伦路街道 助洁")]);
        assert_eq!(list, "37 四方街道 助餐;42 海伦路街道 助洁");
    }

    /// The file of texts with one line put in place of another.
    fn changed(from: &str, to: &str) -> Result<Templates, TemplateError> {
        assert!(DEFAULT.contains(from), "{from} is not in the file");
        Templates::parse(&DEFAULT.replacen(from, to, 1))
    }

    #[test]
    fn a_file_of_texts_is_refused_with_place_and_remedy() {
        let says = |result: Result<Templates, TemplateError>| result.unwrap_err().to_string();
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
        assert!(says(changed("[states.intake]", "[states.intak]")).contains("intak"));
        assert!(
            says(changed("zh = \"【社区服务】\"", "zh = \" \"")).contains("signature zh: the text is empty")
        );
        assert!(says(changed("邀单 {code}:", &format!("{{code}}{}", "长".repeat(240)))).contains("too many"));
    }

    #[test]
    fn what_is_entrusted_is_said_in_a_sentence_each_and_costs_a_usual_text_no_more_parts() {
        let templates = Templates::default();
        let all = Entrusted::ALL;
        assert_eq!(
            templates.told_to_helper(&all[..2], Language::En),
            "Take no money. Take no bank card.",
            "in the order of the catalogue"
        );
        assert_eq!(templates.told_to_helper(&[], Language::Zh), "");
        let details = |entrusted: String| Words::AcceptedDetails {
            code: "37".into(),
            number: "260501-014-0007".into(),
            category: "代办代购".into(),
            window: "今天16-18时".into(),
            address: "商城路1号2单元301".into(),
            name: "王桂英".into(),
            visit_code: "4821".into(),
            line_number: "83721234".into(),
            entrusted,
        };
        let who_comes = |window: &str, entrusted: String| Words::WhoComes {
            number: "260501-014-0007".into(),
            badge: "10001".into(),
            visit_code: "4821".into(),
            window: window.into(),
            entrusted,
        };
        let parts = |words: Words, language| segments::count(&templates.render(words, language).body);
        // What the rows of the catalogue name together. Helpers read Chinese.
        for entrusts in [&all[..2], &all[2..]] {
            let said = templates.told_to_helper(entrusts, Language::Zh);
            let without = parts(details(String::new()), Language::Zh);
            assert_eq!(parts(details(said), Language::Zh), without, "{entrusts:?}");
            for (language, window) in [(Language::Zh, "今天16-18时"), (Language::En, "today 16:00-18:00")]
            {
                let said = templates.told_to_resident(entrusts, language);
                let without = parts(who_comes(window, String::new()), language);
                assert_eq!(parts(who_comes(window, said), language), without, "{language} {entrusts:?}");
            }
        }
    }

    #[test]
    fn nothing_is_cut_of_what_is_entrusted_and_a_file_without_a_sentence_of_it_is_refused() {
        let templates = Templates::default();
        for language in Language::ALL {
            let said = templates.told_to_resident(Entrusted::ALL, *language);
            assert_eq!(tidy("entrusted", &said), said);
        }
        let stranger = changed("[to_helper.medicine]", "[to_helper.jewels]").unwrap_err().to_string();
        assert!(stranger.contains("jewels") && stranger.contains("medicine"), "{stranger}");
        let without: String = DEFAULT
            .split("\n\n")
            .filter(|part| !part.contains("[to_resident.bank_card]"))
            .collect::<Vec<_>>()
            .join("\n\n");
        let missing = Templates::parse(&without).unwrap_err();
        assert_eq!(missing, TemplateError::MissingEntrusted { to: "to_resident", what: Entrusted::BankCard });
        assert_eq!(missing.to_string(), "[to_resident.bank_card] is missing: write zh and en for it");
    }

    #[test]
    fn a_file_without_a_text_is_refused() {
        let file: String = DEFAULT
            .split("\n\n")
            .filter(|part| !part.contains("[text.offer]"))
            .collect::<Vec<_>>()
            .join("\n\n");
        assert_eq!(Templates::parse(&file), Err(TemplateError::MissingText { template: Template::Offer }));
    }
}
