//! The file as a table: its encoding, its header, its rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::BadRow;
use super::reason::{Reason, Why};

/// Largest file read.
pub const FILE_BYTES: u64 = 64 << 20;
/// Most rows of one import.
pub const ROWS: usize = 100_000;
/// Longest value of one field, in characters.
const FIELD_CHARS: usize = 500;

/// A column: the name the code uses, and what may stand in the header besides it.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) also: &'static [&'static str],
    pub(super) required: bool,
}

pub(super) const fn required(name: &'static str, also: &'static [&'static str]) -> Column {
    Column { name, also, required: true }
}

pub(super) const fn optional(name: &'static str, also: &'static [&'static str]) -> Column {
    Column { name, also, required: false }
}

/// All rows, each with its line.
pub(super) struct Table {
    columns: BTreeMap<&'static str, usize>,
    rows: Vec<(u64, csv::StringRecord)>,
}

/// One row.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    columns: &'a BTreeMap<&'static str, usize>,
    fields: &'a csv::StringRecord,
}

impl Row<'_> {
    /// The trimmed value of a column; none when it is empty or not there.
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        let field = self.fields.get(*self.columns.get(column)?)?.trim();
        (!field.is_empty()).then_some(field)
    }

    /// The value of a column that has to have one.
    pub(super) fn need(&self, column: &'static str) -> Result<&str, Reason> {
        self.get(column).ok_or_else(|| Reason::new(Why::Empty).at(column))
    }

    /// Reads a column when it has a value.
    pub(super) fn read<T>(
        &self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Result<Option<T>, Reason> {
        self.get(column).map(read).transpose().map_err(|reason| reason.at(column))
    }
}

impl Table {
    /// Reads a file of these columns.
    pub(super) fn read(bytes: &[u8], columns: &'static [Column]) -> Result<Self, Vec<BadRow>> {
        let whole = |line, reason: Reason| Err(vec![BadRow { line, reason }]);
        let text = match decode(bytes) {
            Ok(text) => text,
            Err(reason) => return whole(1, reason),
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return whole(1, Reason::new(Why::HeaderUnread).with("error", error)),
        };
        let found = match find_columns(&header, columns) {
            Ok(found) => found,
            Err(reason) => return whole(1, reason),
        };
        let (mut rows, mut bad) = (Vec::new(), Vec::new());
        for row in reader.records() {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    bad.push(BadRow { line, reason: Reason::new(Why::RowUnread).with("error", error) });
                    continue;
                }
            };
            let line = row.position().map_or(0, csv::Position::line);
            if row.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            match fits(&row, header.len()) {
                Ok(()) => rows.push((line, row)),
                Err(reason) => bad.push(BadRow { line, reason }),
            }
            if rows.len() > ROWS {
                return whole(line, Reason::new(Why::TooManyRows).with("most", ROWS));
            }
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        if rows.is_empty() {
            return whole(1, Why::NoRows.into());
        }
        Ok(Self { columns: found, rows })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, fields)| Row { line: *line, columns: &self.columns, fields })
    }
}

fn fits(row: &csv::StringRecord, columns: usize) -> Result<(), Reason> {
    if row.len() != columns {
        return Err(Reason::new(Why::OtherFields).with("count", row.len()).with("columns", columns));
    }
    match row.iter().find(|field| field.chars().count() > FIELD_CHARS) {
        Some(_) => Err(Reason::new(Why::FieldTooLong).with("most", FIELD_CHARS)),
        None => Ok(()),
    }
}

/// UTF-8 with or without its mark, else GB18030, which spreadsheets on Chinese systems write.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Reason> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Why::Utf16.into());
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.into());
    }
    encoding_rs::GB18030
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| Why::NoEncoding.into())
}

fn find_columns(
    header: &csv::StringRecord,
    columns: &'static [Column],
) -> Result<BTreeMap<&'static str, usize>, Reason> {
    let mut found = BTreeMap::new();
    for (at, title) in header.iter().enumerate() {
        let title = title.trim().to_lowercase().replace([' ', '-'], "_");
        let column =
            columns.iter().find(|column| column.name == title || column.also.contains(&title.as_str()));
        let Some(column) = column else {
            let known: Vec<String> = columns
                .iter()
                .map(|column| format!("{} ({})", column.name, column.also.join(", ")))
                .collect();
            return Err(Reason::of(Why::UnknownColumn, title).with("known", known.join("; ")));
        };
        if found.insert(column.name, at).is_some() {
            return Err(Reason::of(Why::TwoColumns, column.name));
        }
    }
    match columns.iter().find(|column| column.required && !found.contains_key(column.name)) {
        Some(column) => Err(Reason::of(Why::MissingColumn, column.name).with("also", column.also.join(", "))),
        None => Ok(found),
    }
}
