//! What is wrong with the settings: where, which key, what, and how to mend it.

use std::path::{Path, PathBuf};

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    File { file: PathBuf, line: Option<usize> },
    Variable(String),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {}{what}; {remedy}", key_prefix(.key))]
pub struct Problem {
    pub place: Place,
    /// The key with its tables, `sms.smpp.port`; empty when it is about the whole file.
    pub key: String,
    pub what: String,
    pub remedy: String,
}

fn key_prefix(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{key}: ") }
}

/// All that was found, in the order of the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Problem {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what may go wrong with a file is not our enum")]
    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let (what, remedy) = match error.kind() {
            Kind::NotFound => (
                "there is no such file".to_owned(),
                "name the settings with --config FILE, or copy config/yingda.toml there",
            ),
            Kind::IsADirectory => ("this is a folder".to_owned(), "name the file in it with --config FILE"),
            Kind::PermissionDenied => (
                "the settings may not be read by this user".to_owned(),
                "let the help line's user read them (chown, chmod), or run as that user",
            ),
            other => (
                format!("the settings cannot be read: {other}"),
                "see to the disk, or name another file with --config FILE",
            ),
        };
        Self {
            place: Place::File { file: file.to_owned(), line: None },
            key: String::new(),
            what,
            remedy: remedy.into(),
        }
    }

    /// Octets that are no UTF-8, from `at` on.
    pub(super) fn no_utf8(file: &Path, octets: &[u8], at: usize) -> Self {
        let line = 1 + octets.iter().take(at).filter(|octet| **octet == b'\n').count();
        Self {
            place: Place::File { file: file.to_owned(), line: Some(line) },
            key: String::new(),
            what: "this line is not UTF-8".into(),
            remedy: "save the file as UTF-8 (editors on Chinese systems may write GB18030)".into(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { file, line: Some(line) } => write!(f, "{}:{line}", file.display()),
            Self::File { file, line: None } => write!(f, "{}", file.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// Puts a parser's message into words and says how to mend it.
pub(super) fn explain(message: &str) -> (String, String) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let kind = if message.starts_with("unknown field") { "key" } else { "value" };
        let (found, known) = quoted.split_first().unwrap_or((&"", &[]));
        let what = format!("there is no {kind} `{found}` here");
        let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let remedy = match nearest(found, known) {
            Some(name) => format!("did you mean `{name}`? Known here: {list}"),
            None => format!("known here: {list}"),
        };
        return (what, remedy);
    }
    if let Some(expected) = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "))
    {
        return match expected.rsplit_once(", expected ") {
            Some((found, wanted)) => {
                (format!("{found} cannot stand here"), format!("write {}", in_words(wanted)))
            }
            None => (message.to_owned(), "see the annotated config/yingda.toml".into()),
        };
    }
    if message.starts_with("missing field") {
        let key = quoted.first().copied().unwrap_or_default();
        return (format!("the key `{key}` is missing"), format!("add `{key} = …`"));
    }
    (message.to_owned(), "see the annotated config/yingda.toml".into())
}

/// What a parser calls a type, for people.
fn in_words(wanted: &str) -> String {
    let range = |low: &str, high: &str| format!("a whole number from {low} to {high}, without quotes");
    match wanted {
        "u8" => range("0", "255"),
        "u16" => range("0", "65535"),
        "u32" => range("0", "4294967295"),
        "u64" | "usize" => "a whole number, 0 or more, without quotes".into(),
        "i8" | "i16" | "i32" | "i64" => "a whole number, without quotes".into(),
        "f32" | "f64" => "a number, without quotes".into(),
        "a boolean" => "true or false, without quotes".into(),
        "a string" => "text in \"quotes\"".into(),
        "a sequence" => "a list in [brackets]".into(),
        "a map" => "a table".into(),
        other if other.starts_with("struct ") => "a table".into(),
        other => other.into(),
    }
}

/// The known name that a typing mistake most likely meant: at most a third of it differs.
fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, name) = known.iter().map(|name| (distance(found, name), *name)).min()?;
    (distance <= found.chars().count().max(3) / 3).then_some(name)
}

/// Letters to insert, drop or change to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_is_told_the_name_it_meant() {
        let known = ["listen", "trunks", "ring_time_s"];
        assert_eq!(nearest("lisen", &known), Some("listen"));
        assert_eq!(nearest("ringtime_s", &known), Some("ring_time_s"));
        assert_eq!(nearest("colour", &known), None);
    }

    #[test]
    fn a_parsers_message_becomes_a_sentence_with_a_remedy() {
        for (message, what, remedy) in [
            (
                "unknown field `lisen`, expected one of `listen`, `trunks`",
                "there is no key `lisen` here",
                "did you mean `listen`? Known here: listen, trunks",
            ),
            (
                "unknown variant `loud`, expected `info` or `warn`",
                "there is no value `loud` here",
                "known here: info, warn",
            ),
            (
                "invalid type: string \"5060\", expected u16",
                "string \"5060\" cannot stand here",
                "write a whole number from 0 to 65535, without quotes",
            ),
            (
                "invalid value: integer `70000`, expected u16",
                "integer `70000` cannot stand here",
                "write a whole number from 0 to 65535, without quotes",
            ),
            ("missing field `name`", "the key `name` is missing", "add `name = …`"),
        ] {
            assert_eq!(explain(message), (what.to_owned(), remedy.to_owned()));
        }
    }
}
