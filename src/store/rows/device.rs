//! One-key devices.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::device::{Device, DeviceKeys};
use crate::domain::ids::PersonId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::store::error::{RowError, must_hold};
use crate::store::sql::Json;

/// Adds a device, or changes whose it is and what its keys mean: when it was tried stays.
pub fn put(connection: &Connection, device: &Device, now: Timestamp) -> Result<(), RowError> {
    let owner = connection
        .prepare_cached("SELECT 1 FROM person WHERE id = ?1 AND erased_at IS NULL")?
        .exists([device.owner])?;
    must_hold(owner, "device", "nobody in the register is its owner")?;
    connection
        .prepare_cached(
            "INSERT INTO device (number, jurisdiction, owner, keys, last_test_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (number) DO UPDATE SET jurisdiction = excluded.jurisdiction, \
             owner = excluded.owner, keys = excluded.keys, \
             last_test_at = coalesce(excluded.last_test_at, last_test_at), updated_at = excluded.updated_at",
        )?
        .execute(params![
            device.number,
            device.jurisdiction,
            device.owner,
            Json(&device.keys),
            device.last_test_at,
            now
        ])?;
    Ok(())
}

/// Its test key was pressed.
pub fn tested(connection: &Connection, number: &PhoneNumber, at: Timestamp) -> Result<(), RowError> {
    connection
        .prepare_cached("UPDATE device SET last_test_at = ?2 WHERE number = ?1")?
        .execute(params![number, at])?;
    Ok(())
}

/// Whose device a number is, and what its keys mean.
pub fn find(
    connection: &Connection,
    number: &PhoneNumber,
) -> Result<Option<(PersonId, DeviceKeys)>, RowError> {
    let found = connection
        .prepare_cached("SELECT owner, keys FROM device WHERE number = ?1")?
        .query_row([number], |row| {
            let keys: Json<DeviceKeys> = row.get("keys")?;
            Ok((row.get("owner")?, keys.0))
        })
        .optional()?;
    Ok(found)
}
