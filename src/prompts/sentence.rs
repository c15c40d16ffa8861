//! Sentences: lists of items that are said one after the other.
//!
//! An item is said whole or not at all: when one of its clips is missing, the item is left out of the
//! sentence. Nothing is ever spelled.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;
use crate::domain::ids::VolunteerId;
use crate::domain::language::Language;
use crate::domain::ticket_number::TicketNumber;
use crate::prompts::clip::ClipId;
use crate::prompts::phrase::Phrase;

/// Silence between two items: long enough for the old to take one in before the next begins.
pub const ITEM_GAP: Duration = Duration::from_millis(800);
/// Silence between what may be chosen and its key.
pub const KEY_GAP: Duration = Duration::from_millis(500);
/// Silence between two digits of a number, beyond what the clips themselves carry.
pub const DIGIT_GAP: Duration = Duration::from_millis(80);
/// Silence between two groups of a number: time to write one down.
pub const GROUP_GAP: Duration = Duration::from_millis(900);
/// Largest count that has a clip.
pub const LARGEST_COUNT: u32 = 20;

/// The waits there is a clip of, in minutes.
pub const WAITS: [u32; 11] = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30];
/// How the thirteen digits of a ticket number are grouped: YYM MDD - TTT - NNNN.
const TICKET_GROUPS: [usize; 4] = [3, 3, 3, 4];

/// A clip or a silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Clip(ClipId),
    Pause(Duration),
}

/// Parts that only make sense together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub parts: Vec<Part>,
    /// Said in this language whatever the sentence's is ("For English, press eight").
    pub always_in: Option<Language>,
}

/// What is said in one breath.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    pub language: Language,
    pub items: Vec<Item>,
}

impl Item {
    pub fn of(clips: impl IntoIterator<Item = ClipId>) -> Self {
        Self { parts: clips.into_iter().map(Part::Clip).collect(), always_in: None }
    }

    /// What may be chosen, a pause, and how.
    pub fn before_key(label: ClipId, press: ClipId) -> Self {
        let parts = vec![Part::Clip(label), Part::Pause(KEY_GAP), Part::Clip(press)];
        Self { parts, always_in: None }
    }

    /// Digits one by one, in groups of the given sizes; what is left over forms a last group.
    fn digits(digits: &str, groups: &[usize]) -> Self {
        let mut parts = Vec::with_capacity(digits.len() * 2);
        let mut boundary = groups.iter().scan(0, |sum, size| {
            *sum += size;
            Some(*sum)
        });
        let mut group_ends = boundary.next();
        for (at, digit) in digits.bytes().filter(u8::is_ascii_digit).enumerate() {
            if group_ends == Some(at) {
                parts.push(Part::Pause(GROUP_GAP));
                group_ends = boundary.next();
            } else if at > 0 {
                parts.push(Part::Pause(DIGIT_GAP));
            }
            parts.push(Part::Clip(ClipId::digit(digit - b'0')));
        }
        Self { parts, always_in: None }
    }
}

impl Sentence {
    pub fn new(language: Language) -> Self {
        Self { language, items: Vec::new() }
    }

    pub fn of(language: Language, phrase: Phrase) -> Self {
        Self::new(language).phrase(phrase)
    }

    #[must_use]
    pub fn item(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }

    #[must_use]
    pub fn phrase(self, phrase: Phrase) -> Self {
        self.clip(ClipId::from(phrase))
    }

    #[must_use]
    pub fn clip(self, clip: ClipId) -> Self {
        self.item(Item::of([clip]))
    }

    /// A phrase in a language of its own.
    #[must_use]
    pub fn phrase_in(self, language: Language, phrase: Phrase) -> Self {
        self.item(Item { always_in: Some(language), ..Item::of([ClipId::from(phrase)]) })
    }

    /// "Meals, press 2": both or neither.
    #[must_use]
    pub fn choice(self, label: impl Into<ClipId>, key: char) -> Self {
        self.item(Item::before_key(label.into(), ClipId::press(key)))
    }

    /// A ticket's number: whole, digit by digit, in groups.
    #[must_use]
    pub fn ticket_number(self, number: TicketNumber) -> Self {
        self.item(Item::digits(&number.digits(), &TICKET_GROUPS))
    }

    /// A phrase and the number it announces: both or neither.
    #[must_use]
    pub fn phrase_and_digits(self, phrase: Phrase, digits: &str) -> Self {
        let mut item = Item::of([ClipId::from(phrase)]);
        item.parts.push(Part::Pause(ITEM_GAP));
        item.parts.extend(Item::digits(digits, &[]).parts);
        self.item(item)
    }

    /// A helper's number, five digits, the one said at the door.
    #[must_use]
    pub fn badge(self, badge: VolunteerId) -> Self {
        self.phrase_and_digits(Phrase::BadgeIs, &format!("{:05}", badge.0.max(0)))
    }

    #[must_use]
    pub fn category(self, category: &CategoryCode) -> Self {
        self.clip(ClipId::category(category))
    }

    #[must_use]
    pub fn area(self, area: &AreaCode) -> Self {
        self.clip(ClipId::area(area))
    }

    /// How many there are; more than [`LARGEST_COUNT`] is left unsaid.
    #[must_use]
    pub fn count(self, count: u32) -> Self {
        if (1..=LARGEST_COUNT).contains(&count) { self.clip(ClipId::numbered("count", count)) } else { self }
    }

    /// Where a caller stands in the line.
    #[must_use]
    pub fn place_in_line(self, place: u16) -> Self {
        let place = u32::from(place);
        if (1..=LARGEST_COUNT).contains(&place) {
            self.clip(ClipId::numbered("place", place))
        } else {
            self.phrase(Phrase::PlaceMore)
        }
    }

    /// How long the wait may be, never less than it is.
    #[must_use]
    pub fn wait_of(self, minutes: u16) -> Self {
        match WAITS.iter().find(|wait| **wait >= u32::from(minutes)) {
            Some(wait) => self.clip(ClipId::numbered("wait", *wait)),
            None => self.phrase(Phrase::WaitMore),
        }
    }

    #[must_use]
    pub fn and_then(mut self, more: Self) -> Self {
        self.items.extend(more.items);
        self
    }

    pub fn clips(&self) -> impl Iterator<Item = &ClipId> {
        self.items.iter().flat_map(|item| &item.parts).filter_map(|part| match part {
            Part::Clip(clip) => Some(clip),
            Part::Pause(_) => None,
        })
    }
}

/// Names the clips with pauses of 300 ms and more as commas: for people who read walks.
impl std::fmt::Display for Sentence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut words: Vec<String> = Vec::new();
        for item in &self.items {
            for part in &item.parts {
                match part {
                    Part::Clip(clip) => {
                        words.push(clip.as_str().strip_prefix("digits/").unwrap_or(clip.as_str()).to_owned());
                    }
                    Part::Pause(GROUP_GAP) => words.push(",".to_owned()),
                    Part::Pause(_) => {}
                }
            }
        }
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_number_is_read_whole_in_groups_with_its_zeros() {
        let number = TicketNumber::parse("060101-007-0042").unwrap();
        let sentence = Sentence::new(Language::Zh).ticket_number(number);
        assert_eq!(sentence.to_string(), "0 6 0 , 1 0 1 , 0 0 7 , 0 0 4 2");
        assert_eq!(sentence.items.len(), 1, "a number that cannot be read whole is not read in part");
    }

    #[test]
    fn a_badge_is_read_with_five_digits() {
        let sentence = Sentence::new(Language::Zh).badge(VolunteerId(421));
        assert_eq!(sentence.to_string(), "badge-is 0 0 4 2 1");
    }

    #[test]
    fn a_wait_is_never_said_to_be_shorter_than_it_is() {
        let said =
            |place, minutes| Sentence::new(Language::Zh).place_in_line(place).wait_of(minutes).to_string();
        assert_eq!(said(3, 7), "place-3 wait-8");
        assert_eq!(said(20, 30), "place-20 wait-30");
        assert_eq!(said(21, 31), "place-more wait-more");
    }

    #[test]
    fn a_count_beyond_the_clips_is_not_said() {
        assert_eq!(Sentence::new(Language::Zh).count(2).count(0).count(21).to_string(), "count-2");
    }
}
