//! The network of stations and the tree of areas.

use rusqlite::Connection;

use crate::domain::area::AdminArea;
use crate::domain::station::Station;
use crate::store::error::RowError;
use crate::store::rows;

pub fn stations(connection: &Connection) -> Result<Vec<Station>, RowError> {
    connection
        .prepare_cached(&format!("SELECT {} FROM station ORDER BY id", rows::station::COLUMNS))?
        .query_and_then([], rows::station::read)?
        .collect()
}

pub fn areas(connection: &Connection) -> Result<Vec<AdminArea>, RowError> {
    rows::area::all(connection)
}
