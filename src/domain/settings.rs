//! What is wrong with a settings text, and where: line, key, remedy. The file's name is the reader's to add.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::names::named_enum;

named_enum! {
    /// What a version is of.
    pub enum SettingsKind {
        Ivr = "ivr",
        Catalogue = "catalogue",
        Calendars = "calendars",
        Templates = "templates",
        Policy = "policy",
    }
}

/// The next version of one kind: plain data, checked when it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsChange {
    pub kind: SettingsKind,
    /// From 1, without gaps.
    pub version: u32,
    pub toml: String,
}

/// One mistake in a settings text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// From 1; none when the text as a whole lacks something.
    pub line: Option<usize>,
    /// What is wrong, with the key and the remedy.
    pub problem: String,
}

impl std::fmt::Display for SettingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}

impl SettingsError {
    /// About the line where `key` first stands, when it does.
    pub fn about(text: &str, key: &str, problem: impl Into<String>) -> Self {
        let line = text.lines().position(|line| line.contains(key)).map(|at| at + 1);
        Self { line, problem: problem.into() }
    }

    fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        let key = line
            .and_then(|line| text.lines().nth(line - 1))
            .and_then(|line| line.split_once('='))
            .map(|(key, _)| key.trim().to_owned());
        let problem = match key {
            Some(key) => format!("`{key}`: {}", error.message()),
            None => error.message().to_owned(),
        };
        Self { line, problem }
    }
}

/// Reads a settings text whole.
///
/// # Errors
/// An unknown key, a wrong type or an impossible value, with its line.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, SettingsError> {
    toml::from_str(text).map_err(|error| SettingsError::from_toml(text, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[expect(dead_code, reason = "only its reading matters")]
        tries: u8,
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_key() {
        let unknown = read::<Small>("tries = 3\n\ntires = 4\n").unwrap_err();
        assert_eq!(unknown.line, Some(3));
        assert!(unknown.to_string().contains("tires"), "{unknown}");
        let wrong = read::<Small>("# how often\ntries = \"three\"\n").unwrap_err();
        assert_eq!(wrong.line, Some(2));
        assert!(wrong.to_string().contains("`tries`"), "{wrong}");
    }
}
