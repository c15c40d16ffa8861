//! Versions of menus, catalogue, calendars and templates. A call or ticket keeps the version it began with.

use rusqlite::{Connection, Row, params};

use super::error::StoreError;
use super::records::By;
use crate::domain::ids::{JurisdictionId, UserId};
use crate::domain::settings::SettingsKind;
use crate::domain::timestamp::Timestamp;

/// One version, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsVersion {
    pub jurisdiction: JurisdictionId,
    pub kind: SettingsKind,
    /// From 1, without gaps.
    pub version: u32,
    pub toml: String,
    pub created_at: Timestamp,
    pub created_by: Option<UserId>,
}

const COLUMNS: &str = "jurisdiction, kind, version, toml, created_at, created_by";

fn read(row: &Row<'_>) -> rusqlite::Result<SettingsVersion> {
    Ok(SettingsVersion {
        jurisdiction: row.get("jurisdiction")?,
        kind: row.get("kind")?,
        version: row.get("version")?,
        toml: row.get("toml")?,
        created_at: row.get("created_at")?,
        created_by: row.get("created_by")?,
    })
}

/// The newest version of a kind in each jurisdiction.
pub fn newest(connection: &Connection, kind: SettingsKind) -> Result<Vec<SettingsVersion>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM settings_version s WHERE kind = ?1 AND version = (SELECT max(version) \
             FROM settings_version n WHERE n.jurisdiction = s.jurisdiction AND n.kind = s.kind) \
             ORDER BY jurisdiction"
        ))?
        .query_map([kind], read)?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// All versions of a kind, the newest first.
pub fn versions(
    connection: &Connection,
    jurisdiction: &JurisdictionId,
    kind: SettingsKind,
) -> Result<Vec<SettingsVersion>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM settings_version WHERE jurisdiction = ?1 AND kind = ?2 ORDER BY version DESC"
        ))?
        .query_map(params![jurisdiction, kind], read)?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// Adds the next version and answers its number.
pub(super) fn add(
    connection: &Connection,
    kind: SettingsKind,
    toml: &str,
    by: &By,
) -> Result<u32, StoreError> {
    let version: u32 = connection
        .prepare_cached(
            "INSERT INTO settings_version (jurisdiction, kind, version, toml, created_at, created_by) \
             VALUES (?1, ?2, (SELECT coalesce(max(version), 0) + 1 FROM settings_version \
             WHERE jurisdiction = ?1 AND kind = ?2), ?3, ?4, ?5) RETURNING version",
        )?
        .query_row(params![by.jurisdiction, kind, toml, by.at, by.actor.user], |row| row.get(0))?;
    by.note(
        connection,
        format!("settings:{kind}"),
        "settings.changed",
        None,
        serde_json::json!({ "version": version }),
    )?;
    Ok(version)
}
