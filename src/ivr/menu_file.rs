//! Reading and checking `config/ivr.toml`.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::domain::category::{Catalogue, CategoryCode};
use crate::domain::language::Language;
use crate::ivr::announcement::{AnnouncedPart, Announcement};
use crate::ivr::menu::{CHOICE_KEYS, Choice, Group, MOST_CHOICES, Menu, MenuError, Timing};
use crate::ivr::places::Places;
use crate::prompts::clip::ClipId;
use crate::prompts::library::Library;
use crate::prompts::phrase::Phrase;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMenu {
    version: u32,
    greeting: Spanned<String>,
    recording_notice: Spanned<String>,
    emergency: Spanned<String>,
    silent_device: Option<Spanned<String>>,
    #[serde(default)]
    timing: RawTiming,
    #[serde(default)]
    group: Vec<Spanned<RawGroup>>,
    #[serde(default)]
    announcement: Vec<RawAnnouncement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawTiming {
    first_key_s: Spanned<u64>,
    next_key_s: Spanned<u64>,
    key_again_ms: Spanned<u64>,
    misses: Spanned<u8>,
    number_repeats: Spanned<u8>,
    longest_recording_s: Spanned<u64>,
    recording_silence_s: Spanned<u64>,
}

impl Default for RawTiming {
    fn default() -> Self {
        Self {
            first_key_s: Spanned::new(0..0, 10),
            next_key_s: Spanned::new(0..0, 5),
            key_again_ms: Spanned::new(0..0, 400),
            misses: Spanned::new(0..0, 2),
            number_repeats: Spanned::new(0..0, 3),
            longest_recording_s: Spanned::new(0..0, 120),
            recording_silence_s: Spanned::new(0..0, 6),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    key: Spanned<u8>,
    label: Spanned<String>,
    question: Option<Spanned<String>>,
    #[serde(default)]
    choices: Vec<Spanned<RawChoice>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChoice {
    key: Spanned<u8>,
    category: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnnouncement {
    number: Spanned<String>,
    #[serde(default)]
    parts: Vec<RawPart>,
    #[serde(default)]
    again: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    say: Spanned<String>,
    #[serde(default)]
    key: bool,
}

/// Longest name of a number that has an announcement.
const LONGEST_NUMBER: usize = 32;

/// What every menu says that leads somewhere: to a person, to an emergency, once more, to being rung back, out.
const NEEDED: &[Phrase] = &[
    Phrase::LabelPerson,
    Phrase::LabelEmergency,
    Phrase::LabelAgain,
    Phrase::TryAgain,
    Phrase::WhichHelp,
    Phrase::Connecting,
    Phrase::NobodyFree,
    Phrase::LeaveMessage,
    Phrase::CallbackNoted,
    Phrase::LabelRegisteredHome,
    Phrase::LabelOtherPlace,
    Phrase::WhichStreet,
    Phrase::WhichCommittee,
    Phrase::LabelMore,
    Phrase::Describe,
    Phrase::NothingHeard,
    Phrase::MayWeAsk,
    Phrase::LabelYes,
    Phrase::LabelNo,
    Phrase::Emergency,
    Phrase::EmergencyDescribe,
    Phrase::EmergencyNoted,
    Phrase::TicketNumberIs,
    Phrase::Goodbye,
    Phrase::Tone,
];

/// Collects what is wrong while the rest is still read.
struct Reading<'a> {
    file: &'a str,
    text: &'a str,
    catalogue: &'a Catalogue,
    library: &'a Library,
    wrong: Vec<MenuError>,
}

pub(super) fn parse(
    file: &str,
    text: &str,
    catalogue: &Catalogue,
    library: &Library,
) -> Result<Menu, Vec<MenuError>> {
    let mut reading = Reading { file, text, catalogue, library, wrong: Vec::new() };
    let raw: RawMenu = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reading.report(
                at,
                "menu",
                error.message().to_owned(),
                "correct it as the comments of the file show",
            );
            return Err(reading.wrong);
        }
    };
    let menu = reading.menu(&raw);
    match (menu, reading.wrong.is_empty()) {
        (Some(menu), true) => Ok(menu),
        (Some(_) | None, _) => Err(reading.wrong),
    }
}

impl Reading<'_> {
    fn report(&mut self, at: usize, key: &str, problem: String, remedy: &str) {
        let line = 1 + self.text.bytes().take(at).filter(|b| *b == b'\n').count();
        let (file, key, remedy) = (self.file.to_owned(), key.to_owned(), remedy.to_owned());
        self.wrong.push(MenuError { file, line, key, problem, remedy });
    }

    fn menu(&mut self, raw: &RawMenu) -> Option<Menu> {
        let greeting = self.clip("greeting", &raw.greeting);
        let recording_notice = self.clip("recording_notice", &raw.recording_notice);
        let emergency = self.emergency("emergency", &raw.emergency);
        let silent_device = match &raw.silent_device {
            Some(raw) => self.emergency("silent_device", raw),
            None => emergency.clone(),
        };
        self.needed_phrases();
        let timing = self.timing(&raw.timing);
        if raw.group.is_empty() {
            let remedy = "add a [[group]] with key, label and choices";
            self.report(0, "group", "a menu without groups leads nowhere".into(), remedy);
        }
        if let Some(sixth) = raw.group.get(MOST_CHOICES) {
            let problem = format!("{} groups, at most {MOST_CHOICES} can be remembered", raw.group.len());
            self.report(sixth.span().start, "group", problem, "join groups, or leave one to a person");
        }
        let mut taken = BTreeSet::new();
        let groups: Vec<Option<Group>> =
            raw.group.iter().map(|group| self.group(group, &mut taken)).collect();
        let mut numbers = BTreeSet::new();
        let announcements: Vec<Option<Announcement>> =
            raw.announcement.iter().map(|it| self.announcement(it, &mut numbers)).collect();
        Some(Menu {
            version: raw.version,
            timing,
            greeting: greeting?,
            recording_notice: recording_notice?,
            emergency: emergency?,
            silent_device: silent_device?,
            groups: groups.into_iter().collect::<Option<Vec<Group>>>()?,
            announcements: announcements.into_iter().collect::<Option<_>>()?,
            languages: self.languages(),
            places: Places::default(),
        })
    }

    /// Chinese always; English when its invitation is there; Tibetan when people have recorded it.
    fn languages(&self) -> Vec<Language> {
        let invited = [(Language::En, Phrase::ForEnglish), (Language::Bo, Phrase::ForTibetan)];
        let there = |(language, phrase): &(Language, Phrase)| {
            self.library.has_sound(*language, &ClipId::from(*phrase))
                && self.library.has_sound(*language, &ClipId::from(Phrase::Greeting))
        };
        let more = invited.iter().filter(|invited| there(invited)).map(|(language, _)| *language);
        std::iter::once(Language::Zh).chain(more).collect()
    }

    fn group(&mut self, raw: &Spanned<RawGroup>, taken: &mut BTreeSet<u8>) -> Option<Group> {
        let at = raw.span().start;
        let raw = raw.get_ref();
        let key = self.choice_key("group.key", &raw.key, taken);
        let label = self.clip("group.label", &raw.label);
        let question = match &raw.question {
            Some(question) => self.clip("group.question", question),
            None => Some(ClipId::from(Phrase::WhichHelp)),
        };
        if raw.choices.is_empty() {
            let remedy = "add choices = [{ key = 1, category = \"…\" }], or remove the group";
            self.report(at, "group.choices", "a group without categories is a dead end".into(), remedy);
        }
        if let Some(sixth) = raw.choices.get(MOST_CHOICES) {
            let problem = format!("{} choices, at most {MOST_CHOICES} can be remembered", raw.choices.len());
            self.report(sixth.span().start, "group.choices", problem, "leave the rarest to a person");
        }
        let mut taken = BTreeSet::new();
        let choices: Vec<Option<Choice>> =
            raw.choices.iter().map(|choice| self.choice(choice.get_ref(), &mut taken)).collect();
        Some(Group {
            key: key?,
            label: label?,
            question: question?,
            choices: choices.into_iter().collect::<Option<Vec<Choice>>>()?,
        })
    }

    fn choice(&mut self, raw: &RawChoice, taken: &mut BTreeSet<u8>) -> Option<Choice> {
        let key = self.choice_key("group.choices.key", &raw.key, taken);
        let at = raw.category.span().start;
        let code = self.category("group.choices.category", &raw.category)?;
        let row = self.catalogue.find(&code)?;
        let (by_key, nobody, needs_address) = (row.ivr, row.by.is_empty(), row.needs_address);
        if !by_key {
            let problem = format!("{code} may not be chosen by key");
            self.report(
                at,
                "group.choices.category",
                problem,
                "set ivr = true in the catalogue, or leave it to a person",
            );
        }
        if nobody {
            let problem = format!("nobody handles {code}");
            self.report(
                at,
                "group.choices.category",
                problem,
                "name who handles it (by = […]) in the catalogue",
            );
        }
        let clip = ClipId::category(&code);
        if !self.library.has_sound(Language::Zh, &clip) {
            let problem = format!("no Chinese clip {clip} says {code}");
            self.report(
                at,
                "group.choices.category",
                problem,
                "add it to sounds/zh/manifest.toml and make it",
            );
        }
        Some(Choice { key: key?, category: code, needs_address })
    }

    fn announcement<'a>(
        &mut self,
        raw: &'a RawAnnouncement,
        numbers: &mut BTreeSet<&'a str>,
    ) -> Option<Announcement> {
        let (at, number) = (raw.number.span().start, raw.number.get_ref().as_str());
        let named = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        if number.is_empty() || number.len() > LONGEST_NUMBER || !number.chars().all(named) {
            let problem = format!("{number:?} cannot be dialled");
            let remedy = format!("write 1 to {LONGEST_NUMBER} digits, letters or + - . _");
            self.report(at, "announcement.number", problem, &remedy);
        }
        if !numbers.insert(number) {
            let problem = format!("{number} is given twice");
            self.report(at, "announcement.number", problem, "give each announcement a number of its own");
        }
        let parts = raw.parts.iter().map(|part| {
            let say = self.clip("announcement.parts.say", &part.say)?;
            Some(AnnouncedPart { say, key: part.key })
        });
        let parts: Vec<Option<AnnouncedPart>> = parts.collect();
        Some(Announcement {
            number: number.to_owned(),
            parts: parts.into_iter().collect::<Option<_>>()?,
            again: raw.again,
        })
    }

    /// An emergency has to be in the catalogue with somebody who handles it; it is reached by 9, not chosen, so `ivr`
    /// does not matter.
    fn emergency(&mut self, key: &'static str, raw: &Spanned<String>) -> Option<CategoryCode> {
        let code = self.category(key, raw)?;
        if self.catalogue.find(&code).is_some_and(|row| row.by.is_empty()) {
            let remedy = "name who handles it (by = […]) in the catalogue";
            self.report(raw.span().start, key, format!("nobody handles {code}"), remedy);
        }
        Some(code)
    }

    /// What has no clip is left out of a sentence: without these a menu would not say how to get out of it.
    fn needed_phrases(&mut self) {
        for phrase in NEEDED {
            let clip = ClipId::from(*phrase);
            if !self.library.has_sound(Language::Zh, &clip) {
                let problem = format!("there is no Chinese clip {clip}, and every menu needs it");
                self.report(0, "menu", problem, "add it to sounds/zh/manifest.toml and make it");
            }
        }
    }

    fn category(&mut self, key: &str, raw: &Spanned<String>) -> Option<CategoryCode> {
        let at = raw.span().start;
        match CategoryCode::parse(raw.get_ref()) {
            Err(wrong) => {
                self.report(
                    at,
                    key,
                    format!("{:?}: {wrong}", raw.get_ref()),
                    "write a code of the catalogue",
                );
                None
            }
            Ok(code) if self.catalogue.find(&code).is_none() => {
                let problem = format!("the catalogue has no category {code}");
                self.report(at, key, problem, "add it to config/catalogue.toml or choose another");
                None
            }
            Ok(code) => Some(code),
        }
    }

    fn clip(&mut self, key: &str, raw: &Spanned<String>) -> Option<ClipId> {
        let at = raw.span().start;
        match ClipId::parse(raw.get_ref()) {
            Err(wrong) => {
                self.report(
                    at,
                    key,
                    format!("{:?}: {wrong}", raw.get_ref()),
                    "write the name of a clip of sounds/zh",
                );
                None
            }
            Ok(clip) => {
                if !self.library.has_sound(Language::Zh, &clip) {
                    let problem = format!("there is no Chinese clip {clip}");
                    self.report(at, key, problem, "add it to sounds/zh/manifest.toml and make it");
                }
                Some(clip)
            }
        }
    }

    fn choice_key(&mut self, name: &str, raw: &Spanned<u8>, taken: &mut BTreeSet<u8>) -> Option<u8> {
        let (at, key) = (raw.span().start, *raw.get_ref());
        let meaning = match key {
            0 => Some("always a person"),
            7 => Some("the volunteers' key"),
            8 => Some("always another language"),
            9 => Some("always the emergency"),
            _ => None,
        };
        if let Some(meaning) = meaning {
            self.report(at, name, format!("{key} is {meaning}"), "use 1 to 6");
            return None;
        }
        if !CHOICE_KEYS.contains(&key) {
            self.report(at, name, format!("{key} is no key"), "use 1 to 6");
            return None;
        }
        if !taken.insert(key) {
            self.report(at, name, format!("{key} is given twice"), "give each choice a key of its own");
            return None;
        }
        Some(key)
    }

    fn timing(&mut self, raw: &RawTiming) -> Timing {
        let mut seconds = |key, raw, range| Duration::from_secs(self.figure(key, raw, range, " seconds"));
        Timing {
            first_key: seconds("timing.first_key_s", &raw.first_key_s, 3..=60),
            next_key: seconds("timing.next_key_s", &raw.next_key_s, 2..=30),
            longest_recording: seconds("timing.longest_recording_s", &raw.longest_recording_s, 10..=600),
            recording_silence: seconds("timing.recording_silence_s", &raw.recording_silence_s, 3..=30),
            key_again: Duration::from_millis(self.figure(
                "timing.key_again_ms",
                &raw.key_again_ms,
                0..=1_000,
                " milliseconds",
            )),
            misses: self.figure("timing.misses", &raw.misses, 1..=5, ""),
            number_repeats: self.figure("timing.number_repeats", &raw.number_repeats, 1..=9, ""),
        }
    }

    /// A figure as it is written, in its `unit`; one out of range is reported.
    fn figure<T: Copy + PartialOrd + Display>(
        &mut self,
        key: &str,
        raw: &Spanned<T>,
        range: RangeInclusive<T>,
        unit: &str,
    ) -> T {
        let figure = *raw.get_ref();
        if !range.contains(&figure) {
            let remedy = format!("write {} to {}", range.start(), range.end());
            self.report(raw.span().start, key, format!("{figure}{unit} is out of range"), &remedy);
        }
        figure
    }
}
