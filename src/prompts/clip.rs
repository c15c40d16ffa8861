//! Names of clips: one recording each, the same name in every language.

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;
use crate::prompts::phrase::Phrase;

/// Characters of the longest name; it is a file name too.
const LONGEST: usize = 60;

/// A clip's name: `greeting`, `digits/0`, `area-370203005`, `category-ELD-02`.
///
/// Its file is `sounds/<language>/<name>.wav`, so a name is made of letters, digits, dashes and at most
/// one slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClipId(String);

/// Why a string is not a clip's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a clip is named with letters, digits, dashes and at most one slash, as digits/0")]
pub struct ClipIdError;

impl ClipId {
    /// # Errors
    /// When it could not be a file name under `sounds/<language>/`.
    pub fn parse(text: &str) -> Result<Self, ClipIdError> {
        let parts: Vec<&str> = text.split('/').collect();
        let good = |part: &&str| {
            !part.is_empty()
                && !part.starts_with('-')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if text.len() <= LONGEST && parts.len() <= 2 && parts.iter().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ClipIdError)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One digit of a number that is read digit by digit.
    ///
    /// # Panics
    /// When `digit` is above 9.
    pub fn digit(digit: u8) -> Self {
        assert!(digit <= 9, "a digit is 0 to 9");
        Self(format!("digits/{digit}"))
    }

    /// "press 3", "press star", "press the hash key".
    pub fn press(key: char) -> Self {
        Self(match key {
            '*' => "press-star".to_owned(),
            '#' => "press-hash".to_owned(),
            digit => format!("press-{digit}"),
        })
    }

    pub fn area(area: &AreaCode) -> Self {
        Self(format!("area-{area}"))
    }

    pub fn category(category: &CategoryCode) -> Self {
        Self(format!("category-{category}"))
    }

    /// A numbered clip of a series: `hour-4`, `month-11`, `count-2`.
    pub(super) fn numbered(series: &str, number: u32) -> Self {
        Self(format!("{series}-{number}"))
    }
}

impl From<Phrase> for ClipId {
    fn from(phrase: Phrase) -> Self {
        Self(phrase.name().to_owned())
    }
}

impl TryFrom<String> for ClipId {
    type Error = ClipIdError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ClipId> for String {
    fn from(id: ClipId) -> Self {
        id.0
    }
}

impl std::fmt::Display for ClipId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leaves_the_sounds_folder_is_refused() {
        for text in ["", "../greeting", "a/b/c", "/greeting", "digits/", "-x", "größe", "a b"] {
            assert_eq!(ClipId::parse(text), Err(ClipIdError), "{text}");
        }
        assert_eq!(ClipId::parse("digits/0").as_ref().map(ClipId::as_str), Ok("digits/0"));
    }

    #[test]
    fn every_phrase_has_a_name_that_can_be_a_file() {
        for phrase in Phrase::ALL {
            assert_eq!(ClipId::parse(phrase.name()), Ok(ClipId::from(*phrase)));
        }
    }
}
