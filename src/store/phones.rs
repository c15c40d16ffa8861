//! Telephones of the line's own people: who may register, and where each said that it is.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde_json::json;

use super::error::{RowError, StoreError};
use super::records::By;
use super::sql::Json;
use crate::domain::extension::{Extension, PhoneAccount, PhoneBinding, PhoneHashes};
use crate::domain::ids::{StationId, UserId};
use crate::domain::language::Language;
use crate::domain::operator::OperatorRecord;
use crate::domain::timestamp::Timestamp;
use crate::keys::{InstallationKeys, KEY_BYTES, SecretKey, WRAPPED_BYTES};

/// Which accounts there are, without what they prove themselves with: whether anything changed is told by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    pub extension: Extension,
    pub changed_at: Timestamp,
}

/// The accounts of logins that are not shut out.
pub fn enrolled(connection: &Connection) -> Result<Vec<Enrolled>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT extension, phone_account.changed_at FROM phone_account JOIN app_user ON app_user.id = user \
             WHERE disabled_at IS NULL ORDER BY extension",
        )?
        .query_map([], |row| Ok(Enrolled { extension: row.get(0)?, changed_at: row.get(1)? }))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// The same with what telephones prove themselves with. One whose installation key is not here is left out.
pub fn accounts(connection: &Connection, keys: &InstallationKeys) -> Result<Vec<PhoneAccount>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT extension, sha256, md5 FROM phone_account JOIN app_user ON app_user.id = user \
         WHERE disabled_at IS NULL ORDER BY extension",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let extension: Extension = row.get(0)?;
        let (sha256, md5): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
        let opened = keys
            .unwrap(&sha256, &about(&extension, "sha256"))
            .and_then(|sha256| Ok((sha256, keys.unwrap(&md5, &about(&extension, "md5"))?)));
        match opened {
            Ok((sha256, padded)) => {
                let mut md5 = [0; 16];
                md5.copy_from_slice(&padded.0[..16]);
                found.push(PhoneAccount { extension, hashes: PhoneHashes { sha256: sha256.0, md5 } });
            }
            Err(error) => {
                tracing::warn!(%error, %extension, "a telephone's password is sealed with a key that is not here");
            }
        }
    }
    Ok(found)
}

/// Logins with a telephone, and where they have the part of an operator: there they are rung for residents. Who has it
/// nowhere may listen to talks, as a supervisor.
pub fn operators(connection: &Connection) -> Result<Vec<OperatorRecord>, RowError> {
    operators_where(connection, "true", [])
}

/// One of them.
pub fn operator(connection: &Connection, user: UserId) -> Result<Option<OperatorRecord>, RowError> {
    Ok(operators_where(connection, "u.id = ?1", [user])?.pop())
}

fn operators_where(
    connection: &Connection,
    which: &str,
    params: impl Params,
) -> Result<Vec<OperatorRecord>, RowError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT u.id, u.person, u.speaks, p.extension, \
         (SELECT json_group_array(station) FROM user_role WHERE user = u.id AND role = 'operator') AS stations \
         FROM phone_account p JOIN app_user u ON u.id = p.user \
         WHERE u.disabled_at IS NULL AND {which} ORDER BY u.id"
    ))?;
    let read = |row: &Row<'_>| -> Result<OperatorRecord, RowError> {
        Ok(OperatorRecord {
            user: row.get("id")?,
            person: row.get("person")?,
            extension: row.get("extension")?,
            stations: row.get::<_, Json<Vec<StationId>>>("stations")?.0,
            speaks: row.get::<_, Json<Vec<Language>>>("speaks")?.0,
        })
    };
    statement.query_and_then(params, read)?.collect()
}

/// The extension of a login's telephones.
pub fn extension_of(connection: &Connection, user: UserId) -> Result<Option<Extension>, StoreError> {
    let kept = "SELECT extension FROM phone_account WHERE user = ?1";
    Ok(connection.prepare_cached(kept)?.query_row([user], |row| row.get(0)).optional()?)
}

/// Gives a login's telephones an extension and a password; those it had before are gone.
pub(super) fn give(
    connection: &Connection,
    user: UserId,
    extension: &Extension,
    sealed: &Sealed,
    by: &By,
) -> Result<(), StoreError> {
    let another: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM phone_account WHERE extension = ?1 AND user <> ?2)")?
        .query_row(params![extension, user], |row| row.get(0))?;
    if another {
        return Err(StoreError::Refused(format!(
            "extension {extension} is another login's: choose one that is free"
        )));
    }
    let number: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM station WHERE help_number = ?1)")?
        .query_row([extension], |row| row.get(0))?;
    if number {
        return Err(StoreError::Refused(format!(
            "{extension} is a station's help number: choose another extension"
        )));
    }
    connection.prepare_cached("DELETE FROM phone_account WHERE user = ?1")?.execute([user])?;
    connection
        .prepare_cached(
            "INSERT INTO phone_account (extension, user, sha256, md5, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![extension, user, sealed.sha256, sealed.md5, by.at])?;
    let detail = json!({ "extension": extension });
    by.note(connection, format!("user:{user}"), "user.phone_given", None, detail)?;
    Ok(())
}

pub(super) fn take(connection: &Connection, user: UserId, by: &By) -> Result<(), StoreError> {
    let taken = connection.prepare_cached("DELETE FROM phone_account WHERE user = ?1")?.execute([user])?;
    if taken == 0 {
        return Err(StoreError::Refused("this login has no telephone".into()));
    }
    by.note(connection, format!("user:{user}"), "user.phone_taken", None, json!({}))?;
    Ok(())
}

/// What is kept of a password, wrapped with the installation's key: it is good for registering in the telephone's place.
pub struct Sealed {
    sha256: [u8; WRAPPED_BYTES],
    md5: [u8; WRAPPED_BYTES],
}

impl Sealed {
    pub fn of(hashes: &PhoneHashes, extension: &Extension, keys: &InstallationKeys) -> Self {
        // Half as long as a key: the rest is nothing.
        let mut padded = [0; KEY_BYTES];
        padded[..hashes.md5.len()].copy_from_slice(&hashes.md5);
        let sha256 = keys.wrap(&SecretKey(hashes.sha256), &about(extension, "sha256"));
        Self { sha256, md5: keys.wrap(&SecretKey(padded), &about(extension, "md5")) }
    }
}

fn about(extension: &Extension, algorithm: &str) -> Vec<u8> {
    format!("phone:{extension}:{algorithm}").into_bytes()
}

/// Wraps every telephone's password with the current installation key.
pub(super) fn rewrap(connection: &Connection, keys: &InstallationKeys) -> Result<usize, StoreError> {
    let mut renewed = 0;
    for algorithm in ["sha256", "md5"] {
        let wrapped: Vec<(Extension, Vec<u8>)> = connection
            .prepare(&format!("SELECT extension, {algorithm} FROM phone_account"))?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (extension, old) in wrapped.into_iter().filter(|(_, old)| !keys.is_current(old)) {
            let about = about(&extension, algorithm);
            match keys.unwrap(&old, &about) {
                Ok(key) => {
                    let renew = format!("UPDATE phone_account SET {algorithm} = ?2 WHERE extension = ?1");
                    connection.execute(&renew, params![extension, keys.wrap(&key, &about)])?;
                    renewed += 1;
                }
                // Its installation key was lost before: the telephone needs another password.
                Err(error) => {
                    tracing::warn!(%error, %extension, "a telephone's password cannot be wrapped again")
                }
            }
        }
    }
    Ok(renewed)
}

/// Where every telephone said that it is, unless that has run out.
pub fn bindings(connection: &Connection, now: Timestamp) -> Result<Vec<PhoneBinding>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT extension, contact, preference, source, transport, call_id, sequence, expires_at \
             FROM phone_binding WHERE expires_at > ?1 ORDER BY extension, expires_at",
        )?
        .query_map([now], read_binding)?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

fn read_binding(row: &Row<'_>) -> rusqlite::Result<PhoneBinding> {
    let source: String = row.get("source")?;
    let at = row.as_ref().column_index("source")?;
    let source = source
        .parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(error)))?;
    Ok(PhoneBinding {
        extension: row.get("extension")?,
        contact: row.get("contact")?,
        preference: row.get("preference")?,
        source,
        transport: row.get("transport")?,
        call_id: row.get("call_id")?,
        sequence: row.get("sequence")?,
        expires_at: row.get("expires_at")?,
    })
}

/// These are the telephones of an extension from now on. One that has no account any more has none.
pub(super) fn put_bindings(
    connection: &Connection,
    extension: &Extension,
    bindings: &[PhoneBinding],
) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM phone_binding WHERE extension = ?1")?.execute([extension])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO phone_binding \
         (extension, contact, preference, source, transport, call_id, sequence, expires_at) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 \
         WHERE EXISTS (SELECT 1 FROM phone_account WHERE extension = ?1) ON CONFLICT DO NOTHING",
    )?;
    for binding in bindings {
        statement.execute(params![
            extension,
            binding.contact,
            binding.preference,
            binding.source.to_string(),
            binding.transport,
            binding.call_id,
            binding.sequence,
            binding.expires_at,
        ])?;
    }
    Ok(())
}

pub(super) fn prune(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM phone_binding WHERE expires_at <= ?1", [now])?;
    Ok(())
}
