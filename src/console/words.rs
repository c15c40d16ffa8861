//! What the screens say, in the reader's language.
//!
//! The sentences lie in `ftl/`. Chinese has them all; English too (a test compares); Tibetan holds what
//! a person has checked, and everything it lacks is read in Chinese.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::domain::language::Language;

type Bundle = FluentBundle<FluentResource>;

const ZH: &[&str] =
    &[include_str!("ftl/zh.ftl"), include_str!("ftl/zh-history.ftl"), include_str!("ftl/zh-office.ftl")];
const EN: &[&str] =
    &[include_str!("ftl/en.ftl"), include_str!("ftl/en-history.ftl"), include_str!("ftl/en-office.ftl")];
const BO: &[&str] = &[include_str!("ftl/bo.ftl")];

static CHINESE: LazyLock<Bundle> = LazyLock::new(|| bundle("zh-CN", ZH));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", EN));
static TIBETAN: LazyLock<Bundle> = LazyLock::new(|| bundle("bo", BO));

fn bundle(tag: &str, sources: &[&str]) -> Bundle {
    let language: LanguageIdentifier = tag.parse().expect("the three tags are well-formed");
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // The screens set `dir` and `lang`; invisible isolation marks would end up in copied text.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned())
            .expect("the sentences are part of the program, and a test reads them");
        bundle.add_resource(resource).expect("no key stands twice in the sentences; a test reads them");
    }
    bundle
}

/// The sentences in one language. Templates call it `w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub language: Language,
}

impl Words {
    pub const fn new(language: Language) -> Self {
        Self { language }
    }

    /// The language as HTML's `lang` wants it.
    pub fn lang(&self) -> &'static str {
        match self.language {
            Language::Zh => "zh-CN",
            Language::En => "en",
            Language::Bo => "bo",
        }
    }

    /// The sentence named `key`; the key itself when there is none.
    pub fn t(&self, key: &str) -> String {
        self.find(key, None).unwrap_or_else(|| key.to_owned())
    }

    /// The sentence with one thing filled in.
    pub fn t1(&self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        self.filled(key, &[(name, value.to_string())])
    }

    /// The sentence with a count filled in, for the plural.
    pub fn count(&self, key: &str, n: usize) -> String {
        let mut args = FluentArgs::new();
        args.set("n", FluentValue::from(n));
        self.find(key, Some(&args)).unwrap_or_else(|| format!("{key} {n}"))
    }

    /// The word for a stored name, as `state-offering`; the name itself when there is none.
    pub fn name(&self, group: &str, name: &str) -> String {
        self.find(&format!("{group}-{name}"), None).unwrap_or_else(|| name.to_owned())
    }

    /// The sentence with things filled in.
    pub fn filled(&self, key: &str, values: &[(&str, String)]) -> String {
        self.known(key, values).unwrap_or_else(|| key.to_owned())
    }

    /// The same, or none when there is no such sentence.
    pub fn known(&self, key: &str, values: &[(&str, String)]) -> Option<String> {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(Cow::from((*name).to_owned()), FluentValue::from(value.clone()));
        }
        self.find(key, Some(&args))
    }

    fn find(&self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let own: &Bundle = match self.language {
            Language::Zh => &CHINESE,
            Language::En => &ENGLISH,
            Language::Bo => &TIBETAN,
        };
        say(own, key, args).or_else(|| say(&CHINESE, key, args))
    }
}

fn say(bundle: &Bundle, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    // A missing argument shows as its name in braces: better than no sentence.
    let mut errors = Vec::new();
    Some(bundle.format_pattern(pattern, args, &mut errors).into_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn keys(sources: &[&str]) -> BTreeSet<String> {
        sources
            .iter()
            .flat_map(|source| source.lines())
            .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
            .filter_map(|line| line.split_once('=').map(|(key, _)| key.trim().to_owned()))
            .collect()
    }

    #[test]
    fn every_sentence_stands_in_both_languages() {
        let (zh, en) = (keys(ZH), keys(EN));
        assert!(zh.len() > 200, "only {} sentences were read", zh.len());
        assert_eq!(zh.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in English");
        assert_eq!(en.difference(&zh).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in Chinese");
    }

    #[test]
    fn what_tibetan_lacks_is_listed() {
        let missing: BTreeSet<String> =
            include_str!("ftl/bo.missing").lines().filter(|l| !l.is_empty()).map(str::to_owned).collect();
        let bo = keys(BO);
        let lacking: BTreeSet<String> = keys(ZH).difference(&bo).cloned().collect();
        assert_eq!(
            lacking.symmetric_difference(&missing).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "bo.missing lists exactly the keys of zh that bo.ftl does not have"
        );
    }

    #[test]
    fn every_sentence_a_template_asks_for_is_there() {
        let zh = keys(ZH);
        let mut asked = 0;
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/templates");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for call in ["w.t(\"", "w.t1(\"", "w.count(\""] {
                for part in text.split(call).skip(1) {
                    let key = part.split('"').next().unwrap();
                    asked += 1;
                    assert!(zh.contains(key), "{}: no sentence {key}", path.display());
                }
            }
        }
        assert!(asked > 50, "only {asked} keys were found in the templates");
    }

    #[test]
    fn a_language_without_a_sentence_is_read_in_chinese() {
        assert_eq!(Words::new(Language::Bo).t("nav-board"), Words::new(Language::Zh).t("nav-board"));
    }

    #[test]
    fn one_ticket_and_two_tickets_differ_in_english() {
        let w = Words::new(Language::En);
        assert_eq!(w.count("board-count", 1), "1 ticket");
        assert_eq!(w.count("board-count", 2), "2 tickets");
    }
}
