//! Institutions as the screens show them: their names, and a list to look through.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;
use crate::domain::ids::FacilityId;
use crate::domain::phone_number::PhoneNumber;
use crate::store::error::RowError;
use crate::store::sql::Json;

/// Institutions of a list.
const LISTED: u32 = 200;

/// One institution of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstitutionFound {
    pub id: FacilityId,
    pub name: String,
    pub area: AreaCode,
    pub categories: Vec<CategoryCode>,
    pub notice_phone: Option<PhoneNumber>,
    pub open: bool,
}

const FOUND: &str = "SELECT id, name, area, categories, notice_phone, open FROM facility";

fn found(row: &Row<'_>) -> Result<InstitutionFound, RowError> {
    let categories: Json<Vec<CategoryCode>> = row.get("categories")?;
    Ok(InstitutionFound {
        id: row.get("id")?,
        name: row.get("name")?,
        area: row.get("area")?,
        categories: categories.0,
        notice_phone: row.get("notice_phone")?,
        open: row.get("open")?,
    })
}

/// Institutions within these areas that take work, by a part of their name or a category's code; all without words.
pub fn list(
    connection: &Connection,
    words: &str,
    areas: &[AreaCode],
) -> Result<Vec<InstitutionFound>, RowError> {
    // Codes are digits, so they may stand in the condition.
    let within: Vec<String> = areas.iter().map(|area| format!(" OR area GLOB '{area}*'")).collect();
    let sql = format!(
        "{FOUND} WHERE categories <> '[]' AND (name LIKE '%' || ?1 || '%' OR categories LIKE '%' || ?1 || '%') \
         AND (false{}) ORDER BY area, name, id LIMIT {LISTED}",
        within.concat()
    );
    connection.prepare_cached(&sql)?.query_and_then([words.trim()], found)?.collect()
}

/// Their names.
pub fn names(connection: &Connection, ids: &[FacilityId]) -> Result<BTreeMap<FacilityId, String>, RowError> {
    let mut statement = connection.prepare_cached("SELECT name FROM facility WHERE id = ?1")?;
    let mut names = BTreeMap::new();
    for id in ids {
        let name: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
        names.extend(name.map(|name| (*id, name)));
    }
    Ok(names)
}
