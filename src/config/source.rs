//! The text of the settings with its places kept: so that an error can name the line or the variable.
//!
//! Values of the environment and of secret files are put into the parsed file under places of their
//! own, past its end, and read with it in one pass.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::Impossible;
use super::problem::{Place, Problem, explain};

/// What the names of our variables begin with.
const PREFIX: &str = "YINGDA_";
/// Between the tables of a key in a variable's name.
const SEPARATOR: &str = "__";
/// A key that ends so names a file whose first line is the value of the key without it.
const FILE_SUFFIX: &str = "_file";
/// Keys that may be given as a file, by their last part.
const SECRET_KEYS: &[&str] = &["password", "secret", "token"];

/// The variables that override settings: `YINGDA_SMS__PASSWORD=…` is `sms.password`.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Takes ours among the process's variables.
    pub fn of_process() -> Self {
        std::env::vars().filter(|(name, _)| name.starts_with(PREFIX)).collect()
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// A parsed file with what was laid over it.
pub(super) struct Source<'t> {
    file: PathBuf,
    text: &'t str,
    table: DeTable<'t>,
    overlays: Vec<Overlay>,
}

/// A value that did not come from the file's text. The n-th stands at `text.len() + 1 + n`.
struct Overlay {
    place: Place,
    key: Vec<String>,
    /// As given: read as text when reading it as TOML does not fit.
    raw: String,
}

impl<'t> Source<'t> {
    pub(super) fn parse(file: &Path, text: &'t str, environment: &'t Environment) -> Result<Self, Problem> {
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, span.start));
            Problem {
                place: Place::File { file: file.to_owned(), line },
                key: String::new(),
                what: format!("this is not TOML: {}", error.message()),
                remedy: "compare the line with the annotated config/yingda.toml".into(),
            }
        })?;
        let mut source =
            Self { file: file.to_owned(), text, table: table.into_inner(), overlays: Vec::new() };
        source.read_secret_files()?;
        for (name, value) in &environment.0 {
            source.lay_variable(name, value)?;
        }
        Ok(source)
    }

    /// Reads the settings out of it.
    pub(super) fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let mut table = self.table.clone();
        let mut read_as_text = BTreeSet::new();
        loop {
            let spanned = Spanned::new(0..self.text.len(), table.clone());
            let error = match T::deserialize(toml::de::Deserializer::from(spanned)) {
                Ok(settings) => return Ok(settings),
                Err(error) => error,
            };
            // A variable that looks like a number may be meant as text: `12349` is a name, too.
            if let Some((at, overlay)) = error.span().and_then(|span| self.overlay_at(&span))
                && error.message().starts_with("invalid type")
                && read_as_text.insert(at)
                && put(
                    &mut table,
                    &overlay.key,
                    DeValue::String(overlay.raw.clone().into()),
                    self.place_of(at),
                )
            {
                continue;
            }
            return Err(self.problem(&error));
        }
    }

    /// Gives a problem found by a check the place its key stands at.
    pub(super) fn locate(&self, found: Impossible) -> Problem {
        let path: Vec<&str> = found.key.split('.').collect();
        Problem {
            place: self.place_at(&span_of(&self.table, &path).unwrap_or(usize::MAX..usize::MAX)),
            key: found.key,
            what: found.what,
            remedy: found.remedy,
        }
    }

    fn problem(&self, error: &toml::de::Error) -> Problem {
        let (what, remedy) = explain(error.message());
        let span = error.span().unwrap_or(usize::MAX..usize::MAX);
        let key = key_at(&self.table, &span).unwrap_or_default().join(".");
        Problem { place: self.place_at(&span), key, what, remedy }
    }

    fn place_at(&self, span: &Range<usize>) -> Place {
        match self.overlay_at(span) {
            Some((_, overlay)) => overlay.place.clone(),
            None => {
                let line = (span.start <= self.text.len()).then(|| line_of(self.text, span.start));
                Place::File { file: self.file.clone(), line }
            }
        }
    }

    fn overlay_at(&self, span: &Range<usize>) -> Option<(usize, &Overlay)> {
        let at = span.start.checked_sub(self.text.len() + 1)?;
        self.overlays.get(at).map(|overlay| (at, overlay))
    }

    fn place_of(&self, overlay: usize) -> Range<usize> {
        let start = self.text.len() + 1 + overlay;
        start..start
    }

    fn lay_variable(&mut self, name: &str, value: &'t str) -> Result<(), Problem> {
        let spelled = name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase();
        let mut key: Vec<String> = spelled.split(SEPARATOR).map(str::to_owned).collect();
        let place = Place::Variable(name.to_owned());
        if let Some(plain) = key.last().and_then(|last| secret_named_by(last)).map(str::to_owned) {
            let secret = read_secret(Path::new(value), &place, &key.join("."))?;
            *key.last_mut().expect("a split has a last part") = plain;
            return self.lay(key, secret.clone(), DeValue::String(secret.into()), place);
        }
        let as_text = || DeValue::String(value.into());
        let parsed = DeValue::parse(value).map_or_else(|_| as_text(), Spanned::into_inner);
        self.lay(key, value.to_owned(), parsed, place)
    }

    fn lay(
        &mut self,
        key: Vec<String>,
        raw: String,
        value: DeValue<'t>,
        place: Place,
    ) -> Result<(), Problem> {
        let at = self.place_of(self.overlays.len());
        if !put(&mut self.table, &key, value, at) {
            return Err(Problem {
                place,
                key: key.join("."),
                what: "a part of this key is a value, not a table".into(),
                remedy: format!("write the variable as {PREFIX}TABLE{SEPARATOR}KEY"),
            });
        }
        self.overlays.push(Overlay { place, key, raw });
        Ok(())
    }

    /// Puts the contents of each `password_file = "…"` in place of the name.
    fn read_secret_files(&mut self) -> Result<(), Problem> {
        let mut found = Vec::new();
        collect_secret_files(&self.table, &mut Vec::new(), &mut found);
        for (key, file, span) in found {
            let place = self.place_at(&span);
            let folder = self.file.parent().unwrap_or(Path::new(""));
            let secret = read_secret(&folder.join(file), &place, &key.join("."))?;
            take(&mut self.table, &key);
            let mut plain = key;
            let last = plain.last_mut().expect("a key has a last part");
            last.truncate(last.len() - FILE_SUFFIX.len());
            self.lay(plain, secret.clone(), DeValue::String(secret.into()), place)?;
        }
        Ok(())
    }
}

/// `password` for `password_file`, when that key may be given as a file.
fn secret_named_by(last: &str) -> Option<&str> {
    let plain = last.strip_suffix(FILE_SUFFIX)?;
    SECRET_KEYS.iter().any(|secret| plain.ends_with(secret)).then_some(plain)
}

fn read_secret(file: &Path, place: &Place, key: &str) -> Result<String, Problem> {
    let problem = |what: String, remedy: &str| Problem {
        place: place.clone(),
        key: key.to_owned(),
        what,
        remedy: remedy.to_owned(),
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        problem(
            format!("the secret in {} cannot be read: {error}", file.display()),
            "name a file that the help line's user may read",
        )
    })?;
    match text.lines().next() {
        Some(secret) if !secret.is_empty() => Ok(secret.to_owned()),
        _ => Err(problem(format!("{} is empty", file.display()), "write the secret on its first line")),
    }
}

/// Puts a value at a key, whose tables are made as needed; every part of it stands at `at`.
///
/// False when something on the way is no table.
fn put<'t>(table: &mut DeTable<'t>, key: &[String], mut value: DeValue<'t>, at: Range<usize>) -> bool {
    let Some((last, tables)) = key.split_last() else { return false };
    let mut table = table;
    for name in tables {
        if item_of(name).is_none() && table.get(name.as_str()).is_none() {
            let inner = Spanned::new(at.clone(), DeValue::Table(DeTable::new()));
            table.insert(Spanned::new(at.clone(), name.clone().into()), inner);
        }
        match below(table, name) {
            Some(inner) => table = inner,
            None => return false,
        }
    }
    move_to(&mut value, &at);
    table.remove(last.as_str());
    table.insert(Spanned::new(at.clone(), last.clone().into()), Spanned::new(at, value));
    true
}

/// `trunks[2]` as its list and the place in it, which counts from 1.
fn item_of(name: &str) -> Option<(&str, usize)> {
    let (list, place) = name.strip_suffix(']')?.split_once('[')?;
    Some((list, place.parse::<usize>().ok()?.checked_sub(1)?))
}

/// The table of that name, or the one of a list.
fn below<'a, 't>(table: &'a mut DeTable<'t>, name: &str) -> Option<&'a mut DeTable<'t>> {
    let (list, item) = item_of(name).map_or((name, None), |(list, at)| (list, Some(at)));
    let mut value = table.get_mut(list)?.get_mut();
    if let Some(at) = item {
        let DeValue::Array(items) = value else { return None };
        value = items.get_mut(at)?.get_mut();
    }
    if let DeValue::Table(inner) = value { Some(inner) } else { None }
}

/// Gives everything inside a value one place.
fn move_to(value: &mut DeValue<'_>, at: &Range<usize>) {
    match value {
        DeValue::Array(items) => {
            for item in items.iter_mut() {
                move_to(item.get_mut(), at);
                let inner = std::mem::replace(item.get_mut(), DeValue::Boolean(false));
                *item = Spanned::new(at.clone(), inner);
            }
        }
        DeValue::Table(table) => {
            for (key, mut inner) in std::mem::take(table) {
                move_to(inner.get_mut(), at);
                table.insert(
                    Spanned::new(at.clone(), key.into_inner()),
                    Spanned::new(at.clone(), inner.into_inner()),
                );
            }
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => {}
    }
}

fn take(table: &mut DeTable<'_>, key: &[String]) {
    let Some((last, tables)) = key.split_last() else { return };
    let mut table = table;
    for name in tables {
        match below(table, name) {
            Some(inner) => table = inner,
            None => return,
        }
    }
    table.remove(last.as_str());
}

/// Every `…_file` of a secret, with its key and the place of its value.
fn collect_secret_files(
    table: &DeTable<'_>,
    above: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, String, Range<usize>)>,
) {
    for (name, value) in table {
        above.push(name.get_ref().to_string());
        let items = value.get_ref().as_array().map_or(&[][..], |array| array);
        for (at, inner) in
            items.iter().enumerate().filter_map(|(at, item)| Some((at, item.get_ref().as_table()?)))
        {
            let list = above.pop().unwrap_or_default();
            above.push(format!("{list}[{}]", at + 1));
            collect_secret_files(inner, above, found);
            above.pop();
            above.push(list);
        }
        if let Some(inner) = value.get_ref().as_table() {
            collect_secret_files(inner, above, found);
        } else if let Some(file) = value.get_ref().as_str()
            && secret_named_by(name.get_ref()).is_some()
        {
            found.push((above.clone(), file.to_owned(), value.span()));
        }
        above.pop();
    }
}

/// The place of the value at a key, or of the deepest table on the way to it that was written.
fn span_of(table: &DeTable<'_>, key: &[&str]) -> Option<Range<usize>> {
    let (name, below) = key.split_first()?;
    let (list, item) = item_of(name).map_or((*name, None), |(list, at)| (list, Some(at)));
    let (written, value) = table.get_key_value(list)?;
    let (here, value) = match item {
        Some(at) => {
            let item = value.get_ref().as_array()?.get(at)?;
            (item.span(), item)
        }
        None => (written.span(), value),
    };
    match value.get_ref().as_table() {
        Some(inner) if !below.is_empty() => span_of(inner, below).or(Some(here)),
        Some(_) | None => Some(here),
    }
}

/// The key whose name or value a place belongs to.
fn key_at(table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<String>> {
    for (name, value) in table {
        let named = name.get_ref().to_string();
        if name.span() == *span || value.span() == *span {
            return Some(vec![named]);
        }
        let items = value.get_ref().as_array().map_or(&[][..], |array| array);
        let tables = value.get_ref().as_table().into_iter();
        let tables = tables.chain(items.iter().filter_map(|item| item.get_ref().as_table()));
        for (at, inner) in tables.enumerate() {
            if let Some(below) = key_at(inner, span) {
                let here = if items.is_empty() { named } else { format!("{named}[{}]", at + 1) };
                return Some(std::iter::once(here).chain(below).collect());
            }
        }
    }
    None
}

/// Lines count from 1.
fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|b| *b == b'\n').count()
}
