//! The menu: what may be chosen by key, as data. One level of groups, and at most one question in a group.

use std::time::Duration;

use crate::domain::category::{Catalogue, CategoryCode};
use crate::domain::language::Language;
use crate::ivr::announcement::Announcement;
use crate::ivr::menu_file;
use crate::ivr::places::Places;
use crate::prompts::clip::ClipId;
use crate::prompts::library::Library;

/// The menu that ships.
pub const DEFAULT_TEXT: &str = include_str!("../../config/ivr.toml");

/// Most choices a voice menu reads out: more are forgotten before the last is heard.
pub const MOST_CHOICES: usize = 5;
/// Keys of choices in menus and groups; 7 is the volunteers' own, 8, 9 and 0 mean the same everywhere.
pub const CHOICE_KEYS: std::ops::RangeInclusive<u8> = 1..=6;

/// One version of the voice menu, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    pub version: u32,
    pub timing: Timing,
    pub greeting: ClipId,
    /// Says that the call is recorded, and the key that refuses it.
    pub recording_notice: ClipId,
    /// What an emergency is registered as when nobody could be reached at once.
    pub emergency: CategoryCode,
    /// What the call of a one-key device is registered as on which nobody pressed a key.
    pub silent_device: CategoryCode,
    pub groups: Vec<Group>,
    /// Numbers at which only something is said.
    pub announcements: Vec<Announcement>,
    /// Languages a caller may change to by 8, in the order it leads through them.
    pub languages: Vec<Language>,
    pub places: Places,
}

/// How long callers are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the end of a prompt to the first key.
    pub first_key: Duration,
    /// A key this soon after the one that led to another question is the same press, by another way or a bounce.
    pub key_again: Duration,
    /// Between the keys of a number.
    pub next_key: Duration,
    /// Silences and wrong keys at one question before a person is rung.
    pub misses: u8,
    /// Times a ticket number is read again at `*`.
    pub number_repeats: u8,
    pub longest_recording: Duration,
    /// Silence that ends a recording.
    pub recording_silence: Duration,
}

/// A group of the first menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub key: u8,
    pub label: ClipId,
    /// Asked when the group has several categories.
    pub question: ClipId,
    pub choices: Vec<Choice>,
}

/// A category that can be chosen by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub key: u8,
    pub category: CategoryCode,
    /// Somebody goes to an address.
    pub needs_address: bool,
}

/// What is wrong with the menu's file, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {key}: {problem}; {remedy}")]
pub struct MenuError {
    pub file: String,
    pub line: usize,
    pub key: String,
    pub problem: String,
    pub remedy: String,
}

impl Menu {
    /// Reads and checks a menu; `file` is what errors call it.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the file: a key that means something else, a group without
    /// a way on, a category that may not be chosen by key or that nobody handles, a clip that is not there.
    pub fn parse(
        file: &str,
        text: &str,
        catalogue: &Catalogue,
        library: &Library,
    ) -> Result<Self, Vec<MenuError>> {
        menu_file::parse(file, text, catalogue, library)
    }

    #[must_use]
    pub fn with_places(self, places: Places) -> Self {
        Self { places, ..self }
    }

    /// The announcement of a dialled number, by its place in the list.
    pub fn announcement(&self, dialled: &str) -> Option<usize> {
        self.announcements.iter().position(|announcement| announcement.number == dialled)
    }

    pub(super) fn group(&self, key: u8) -> Option<&Group> {
        self.groups.iter().find(|group| group.key == key)
    }

    /// The language that 8 leads to.
    pub(super) fn next_language(&self, language: Language) -> Language {
        let at = self.languages.iter().position(|offered| *offered == language);
        let next = at.map_or(0, |at| (at + 1) % self.languages.len().max(1));
        self.languages.get(next).copied().unwrap_or(language)
    }
}
