//! Texts as data: read, checked, and filled in.
//!
//! A jurisdiction may change every sentence; it cannot leave out of one what the reader needs, nor add what
//! the sender does not know. What it has not written is sent in the program's own words.

use std::collections::BTreeMap;

use super::template_file::{File, MAX_TEMPLATE_CHARS, Phrases, Piece, TemplateError, pieces};
use super::words::Words;
use crate::domain::language::Language;
use crate::domain::offer::ReplyCode;
use crate::domain::safety::Entrusted;
use crate::domain::ticket::TicketState;

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
        Self(File::shipped())
    }
}

impl Templates {
    /// Reads and checks a file of texts that is to be in force.
    ///
    /// # Errors
    /// Names the text, the language and the remedy.
    pub fn parse(toml: &str) -> Result<Self, TemplateError> {
        File::parse(toml).map(Self)
    }

    /// Reads a file of texts that was put in force earlier, perhaps with a program that knew other sentences: where it
    /// has none, or one that cannot be sent any more, the program's own stands in. Each such place is told.
    ///
    /// # Errors
    /// When it is no TOML at all.
    pub fn in_force(toml: &str) -> Result<(Self, Vec<TemplateError>), TemplateError> {
        File::in_force(toml).map(|(file, told)| (Self(file), told))
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
        let sentence = self.0.text.get(&template).expect("the program has every text").of(language);
        let mut body = self.0.signature.of(language).to_owned();
        for piece in pieces(sentence) {
            match piece {
                Piece::Words(words) => body.push_str(words),
                Piece::Placeholder(name) => {
                    body.push_str(parameters.get(name).expect("`check` knows every placeholder"));
                }
                Piece::Broken => unreachable!("`check` found no broken brace"),
            }
        }
        // A last placeholder may be empty.
        body.truncate(body.trim_end().len());
        Rendered { template: template.name().to_owned(), parameters, body }
    }

    /// A ticket's state in the words a resident reads.
    pub fn state_words(&self, state: TicketState, language: Language) -> &str {
        self.0.states.get(&state).expect("the program has words for every state").of(language)
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
    let of = |what| sentences.get(what).expect("the program has every sentence").of(language);
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
    fn nothing_is_cut_of_what_is_entrusted() {
        let templates = Templates::default();
        for language in Language::ALL {
            let said = templates.told_to_resident(Entrusted::ALL, *language);
            assert_eq!(tidy("entrusted", &said), said);
        }
    }
}
