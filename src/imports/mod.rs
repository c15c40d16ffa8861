//! Imports: what an office's spreadsheet says, read into records; every bad row with its line and reason.
//!
//! Pure: bytes in, records or reasons out. The store takes them all or none.

pub mod areas;
pub mod care;
pub mod devices;
pub mod facilities;
mod fields;
pub mod people;
mod position;
pub mod reason;
mod region;
pub mod stations;
mod table;
pub mod volunteers;

use reason::{Reason, Why};

use crate::domain::area::AdminArea;
use crate::domain::calendar::Calendar;
use crate::domain::category::Catalogue;
use crate::domain::ids::JurisdictionId;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::register::IdNumberHash;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;

pub use region::Neighbours;
pub use table::{FILE_BYTES, ROWS};

/// A row that may not be imported, and why; or one that was, and what is worth a look in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// From 1, the header included, as an editor shows it.
    pub line: u64,
    pub reason: Reason,
}

/// What rows are read against.
pub struct Surroundings<'a> {
    pub jurisdiction: &'a JurisdictionId,
    pub neighbours: &'a Neighbours,
    pub numbering: &'a NumberingPlan,
    pub areas: &'a [AdminArea],
    pub stations: &'a [Station],
    pub catalogue: &'a Catalogue,
    pub calendar: &'a Calendar,
    pub now: Timestamp,
    /// What stands for an ID number in this installation.
    pub hash: &'a dyn Fn(&str) -> IdNumberHash,
}

/// A record with the line it stood on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<T> {
    pub line: u64,
    pub record: T,
}

/// Takes rows apart into those that could be read and those that could not; all good or all reasons.
fn all_or_reasons<T>(
    table: &table::Table,
    read: impl Fn(&table::Row<'_>) -> Result<T, Reason>,
) -> Result<Vec<Read<T>>, Vec<BadRow>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in table.rows() {
        match read(&row) {
            Ok(record) => good.push(Read { line: row.line, record }),
            Err(reason) => bad.push(BadRow { line: row.line, reason }),
        }
    }
    if bad.is_empty() { Ok(good) } else { Err(bad) }
}

/// Adds a reason for each row whose `key` an earlier row has too.
fn refuse_twins<T, K: Ord>(
    rows: &[Read<T>],
    column: &'static str,
    why: Why,
    key: impl Fn(&T) -> Vec<K>,
) -> Result<(), Vec<BadRow>> {
    let mut seen = std::collections::BTreeMap::new();
    let mut bad = Vec::new();
    for row in rows {
        for key in key(&row.record) {
            if let Some(line) = seen.insert(key, row.line)
                && line != row.line
            {
                let reason = Reason::new(why).with("line", line).at(column);
                bad.push(BadRow { line: row.line, reason });
            }
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(bad) }
}
