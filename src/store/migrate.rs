//! Makes a new store, leads an old one to the schema of this program, refuses a later one.

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

/// The schema of a new store.
pub const SCHEMA: &str = include_str!("../../schema.sql");

/// What leads a store from one version to the next; the first makes it out of nothing.
pub const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_first.sql")];

/// The version this program reads and writes.
pub fn version() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("migrations are counted by hand")
}

/// Brings the database to this program's version, each migration in a transaction of its own.
///
/// # Errors
/// [`StoreError::TooNew`] when a later program made it; nothing is changed then.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > version() {
        return Err(StoreError::TooNew { found, known: version() });
    }
    if found == 0 {
        return apply(connection, SCHEMA, version());
    }
    lead(connection, found)
}

/// Applies the migrations after `found`, one by one.
pub fn lead(connection: &mut Connection, found: i64) -> Result<(), StoreError> {
    for (number, migration) in (1..).zip(MIGRATIONS) {
        if number > found {
            apply(connection, migration, number)?;
        }
    }
    Ok(())
}

fn apply(connection: &mut Connection, sql: &str, version: i64) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    transaction.execute(
        "INSERT INTO meta (name, value) VALUES ('numbering_epoch', '1') ON CONFLICT (name) DO NOTHING",
        [],
    )?;
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()?;
    Ok(())
}
