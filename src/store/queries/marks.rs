//! What was noted of a number.

use rusqlite::Connection;

use crate::domain::number_mark::NumberMark;
use crate::domain::phone_number::PhoneNumber;
use crate::store::error::RowError;
use crate::store::rows;

/// The marks of a number; none when there are none.
pub fn of(connection: &Connection, number: &PhoneNumber) -> Result<Option<NumberMark>, RowError> {
    connection
        .prepare_cached(&format!("SELECT {} FROM number_mark WHERE number = ?1", rows::mark::COLUMNS))?
        .query_and_then([number], rows::mark::read)?
        .next()
        .transpose()
}
