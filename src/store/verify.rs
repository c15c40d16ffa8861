//! Walks the chain of events and says whether anything was changed, taken out or cut off.
//!
//! The chain alone cannot show that its end was cut: its head is written to a file once a day
//! ([`Store::note_chain_head`](super::Store::note_chain_head)), and every head that was ever written must be found.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::chain::{self, ChainedRow, GENESIS};
use super::error::StoreError;
use crate::domain::timestamp::Timestamp;
use crate::keys::hex;

pub const HEADS_FILE: &str = "chain-heads";
/// What an erasure is called in history; its words list the events whose words it took.
pub(super) const ERASED: &str = "person.erased";
/// What was taken out of a ticket when it was archived; its words list those events too.
pub(super) const MINIMISED: &str = "ticket.minimised";

/// What was found when nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub events: i64,
    /// Events whose words were erased, each vouched for by an erasure.
    pub erased: i64,
    /// The last event's hash.
    pub head: String,
    /// Heads of former days that were found in place.
    pub heads: usize,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    #[error("event {seq}: its words were changed")]
    BodyChanged { seq: i64 },
    #[error("event {seq}: its words are gone and no erasure took them")]
    BodyMissing { seq: i64 },
    #[error("event {seq}: the row was changed")]
    RowChanged { seq: i64 },
    #[error("event {seq}: the row was taken out")]
    RowMissing { seq: i64 },
    #[error("events up to {expected} were there on {at}, the chain ends at {found}")]
    TailCut { expected: i64, found: i64, at: String },
    #[error("event {seq} is not what it was on {at}")]
    Rewritten { seq: i64, at: String },
    #[error("line {line} of {HEADS_FILE} cannot be read")]
    HeadsUnreadable { line: usize },
}

/// Why the chain could not be vouched for.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the history was tampered with: {0}")]
    Fault(#[from] ChainFault),
    #[error("the history cannot be read")]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for VerifyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Walks the whole chain, then looks for every head in `directory`.
///
/// # Errors
/// The first fault, or that the store or the heads cannot be read.
pub fn verify(connection: &Connection, directory: &Path) -> Result<Verified, VerifyError> {
    let vouched = erased_by_somebody(connection)?;
    let mut last = (0, GENESIS.to_vec());
    let mut erased = 0;
    let mut private = connection.prepare("SELECT salt, body FROM event_private WHERE seq = ?1")?;
    let mut statement = connection.prepare(&format!("SELECT {} FROM event ORDER BY seq", chain::COLUMNS))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let row = ChainedRow::read(row)?;
        let seq = row.seq;
        if seq != last.0 + 1 {
            return Err(ChainFault::RowMissing { seq: last.0 + 1 }.into());
        }
        if row.prev_hash != last.1 || row.hash != row.computed_hash() {
            return Err(ChainFault::RowChanged { seq }.into());
        }
        let words: Option<(Vec<u8>, String)> =
            private.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match words {
            Some((salt, body)) if chain::body_hash(&salt, body.as_bytes()) == *row.body_hash => {}
            Some(_) => return Err(ChainFault::BodyChanged { seq }.into()),
            None if vouched.contains(&seq) => erased += 1,
            None => return Err(ChainFault::BodyMissing { seq }.into()),
        }
        last = (seq, row.hash);
    }
    let heads = check_heads(connection, directory, last.0)?;
    Ok(Verified { events: last.0, erased, head: hex(&last.1), heads })
}

/// The events that erasures say they took the words of. An erasure's own words are hashed like all others.
fn erased_by_somebody(connection: &Connection) -> Result<BTreeSet<i64>, StoreError> {
    let mut vouched = BTreeSet::new();
    let mut statement = connection.prepare(
        "SELECT p.body FROM event e JOIN event_private p ON p.seq = e.seq WHERE e.kind IN (?1, ?2)",
    )?;
    let mut rows = statement.query([ERASED, MINIMISED])?;
    while let Some(row) = rows.next()? {
        let body: String = row.get(0)?;
        let words: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let taken = words["events"].as_array().into_iter().flatten();
        vouched.extend(taken.filter_map(serde_json::Value::as_i64));
    }
    Ok(vouched)
}

struct Head {
    at: String,
    seq: i64,
    hash: String,
}

fn check_heads(connection: &Connection, directory: &Path, end: i64) -> Result<usize, VerifyError> {
    let heads = read_heads(directory)?;
    let mut hash_of = connection.prepare("SELECT hash FROM event WHERE seq = ?1")?;
    for head in &heads {
        if head.seq > end {
            let fault = ChainFault::TailCut { expected: head.seq, found: end, at: head.at.clone() };
            return Err(fault.into());
        }
        let found: Option<Vec<u8>> = hash_of.query_row([head.seq], |row| row.get(0)).optional()?;
        if found.is_none_or(|found| hex(&found) != head.hash) {
            return Err(ChainFault::Rewritten { seq: head.seq, at: head.at.clone() }.into());
        }
    }
    Ok(heads.len())
}

fn read_heads(directory: &Path) -> Result<Vec<Head>, VerifyError> {
    let path = directory.join(HEADS_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(StoreError::File { what: "cannot read", path, source }.into()),
    };
    (1..)
        .zip(text.lines())
        .map(|(line, text)| {
            let mut words = text.split(' ');
            let mut head = || {
                let (at, seq, hash) = (words.next()?, words.next()?, words.next()?);
                Some(Head { at: at.to_owned(), seq: seq.parse().ok()?, hash: hash.to_owned() })
            };
            head().ok_or_else(|| ChainFault::HeadsUnreadable { line }.into())
        })
        .collect()
}

/// Appends the chain's head to the file, unless it stands there already.
pub(super) fn note_head(connection: &Connection, directory: &Path, now: Timestamp) -> Result<(), StoreError> {
    let (seq, hash) = chain::head(connection)?;
    if seq == 0 {
        return Ok(());
    }
    let path = directory.join(HEADS_FILE);
    let last = format!(" {seq} {}\n", hex(&hash));
    let note = || -> io::Result<()> {
        if path.try_exists()? && fs::read_to_string(&path)?.ends_with(&last) {
            return Ok(());
        }
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        write!(file, "{now}{last}")?;
        file.sync_all()?;
        File::open(directory)?.sync_all()
    };
    note().map_err(|source| StoreError::File { what: "cannot write", path: path.clone(), source })
}
