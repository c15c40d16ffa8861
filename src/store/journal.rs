//! The input journal and the quarantine: what the desk was given, encrypted, kept two weeks.

use std::time::Duration;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use rusqlite::{Connection, OptionalExtension, params};

use super::error::{RowError, StoreError};
use crate::clock::os_random;
use crate::domain::ids::InputId;
use crate::domain::timestamp::Timestamp;
use crate::keys::{InstallationKeys, SecretKey};

/// How long inputs are kept, and recognised when they come again.
pub const KEPT: Duration = Duration::from_hours(14 * 24);

const NONCE_BYTES: usize = 12;

/// Encrypts what the desk was given.
pub(super) struct Journal {
    key_id: i64,
    cipher: Aes256Gcm,
}

/// One input of the journal, decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journalled {
    pub input: InputId,
    pub at: Timestamp,
    /// None when the journal was off, the event was quarantined, or the key is lost.
    pub body: Option<Vec<u8>>,
}

fn about_key(key_id: i64) -> Vec<u8> {
    format!("yingda journal {key_id}").into_bytes()
}

impl Journal {
    /// Takes up the newest key that the installation can open, or makes one.
    pub(super) fn open(
        connection: &Connection,
        keys: &InstallationKeys,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let newest: Option<(i64, Vec<u8>)> = connection
            .query_row("SELECT id, wrapped FROM journal_key ORDER BY id DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let last = newest.as_ref().map_or(0, |(id, _)| *id);
        if let Some((id, wrapped)) = newest {
            match keys.unwrap(&wrapped, &about_key(id)) {
                Ok(key) => return Ok(Self { key_id: id, cipher: key.cipher() }),
                Err(error) => {
                    tracing::warn!(%error, "older inputs of the journal cannot be read; it begins anew")
                }
            }
        }
        let (key_id, key) = (last + 1, SecretKey::random());
        let wrapped = keys.wrap(&key, &about_key(key_id));
        connection.execute(
            "INSERT INTO journal_key (id, wrapped, created_at) VALUES (?1, ?2, ?3)",
            params![key_id, wrapped, now],
        )?;
        Ok(Self { key_id, cipher: key.cipher() })
    }

    fn seal(&self, input: InputId, body: &[u8]) -> ([u8; NONCE_BYTES], Vec<u8>) {
        let nonce: [u8; NONCE_BYTES] = os_random();
        let sealed = self
            .cipher
            .encrypt(&nonce.into(), Payload { msg: body, aad: input.0.as_bytes() })
            .expect("an input is far shorter than what AES-GCM takes");
        (nonce, sealed)
    }

    /// Notes an input; false when it was noted before.
    pub(super) fn note(
        &self,
        connection: &Connection,
        input: InputId,
        at: Timestamp,
        body: Option<&[u8]>,
    ) -> Result<bool, RowError> {
        let sealed = body.map(|body| self.seal(input, body));
        let noted = connection
            .prepare_cached(
                "INSERT INTO input_journal (input, at, key, nonce, body) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (input) DO NOTHING",
            )?
            .execute(params![
                input,
                at,
                sealed.as_ref().map(|_| self.key_id),
                sealed.as_ref().map(|(nonce, _)| nonce.as_slice()),
                sealed.as_ref().map(|(_, body)| body.as_slice()),
            ])?;
        Ok(noted == 1)
    }

    /// Sets an input apart: it was refused or panicked, and is never replayed.
    pub(super) fn quarantine(
        &self,
        connection: &Connection,
        input: InputId,
        at: Timestamp,
        reason: &str,
        body: Option<&[u8]>,
    ) -> Result<(), RowError> {
        let sealed = body.map(|body| self.seal(input, body));
        connection
            .prepare_cached(
                "INSERT INTO quarantine (input, at, reason, key, nonce, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT (input) DO NOTHING",
            )?
            .execute(params![
                input,
                at,
                reason,
                sealed.as_ref().map(|_| self.key_id),
                sealed.as_ref().map(|(nonce, _)| nonce.as_slice()),
                sealed.as_ref().map(|(_, body)| body.as_slice()),
            ])?;
        self.note(connection, input, at, None)?;
        connection
            .prepare_cached(
                "UPDATE input_journal SET key = NULL, nonce = NULL, body = NULL WHERE input = ?1",
            )?
            .execute([input])?;
        Ok(())
    }

    /// Decrypts the body of a row; none when there is none or its key is not the one in use.
    fn open_body(
        &self,
        input: InputId,
        key: Option<i64>,
        nonce: Option<&[u8]>,
        body: Option<&[u8]>,
    ) -> Option<Vec<u8>> {
        if key? != self.key_id {
            return None;
        }
        let nonce = Nonce::try_from(nonce?).ok()?;
        self.cipher.decrypt(&nonce, Payload { msg: body?, aad: input.0.as_bytes() }).ok()
    }

    /// The inputs since a moment, in order: what replay reads. Stops after `limit`.
    pub(super) fn since(
        &self,
        connection: &Connection,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Journalled>, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT input, at, key, nonce, body FROM input_journal WHERE at >= ?1 ORDER BY seq LIMIT ?2",
        )?;
        let mut rows = statement.query(params![since, limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let input = row.get(0)?;
            let (nonce, body): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.get(3)?, row.get(4)?);
            let body = self.open_body(input, row.get(2)?, nonce.as_deref(), body.as_deref());
            found.push(Journalled { input, at: row.get(1)?, body });
        }
        Ok(found)
    }

    /// Empties every input and quarantined event that speaks of one of these words; says how many.
    pub(super) fn forget(&self, connection: &Connection, words: &[String]) -> Result<usize, StoreError> {
        let mut forgotten = 0;
        for table in ["input_journal", "quarantine"] {
            let mut found: Vec<InputId> = Vec::new();
            {
                let mut statement = connection.prepare(&format!(
                    "SELECT input, key, nonce, body FROM {table} WHERE body IS NOT NULL"
                ))?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let input = row.get(0)?;
                    let (nonce, body): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
                    let open = self.open_body(input, row.get(1)?, nonce.as_deref(), body.as_deref());
                    // What nobody can read is forgotten too: it cannot be told whom it speaks of.
                    let speaks = open.is_none_or(|open| {
                        let text = String::from_utf8_lossy(&open);
                        words.iter().any(|word| text.contains(word.as_str()))
                    });
                    if speaks {
                        found.push(input);
                    }
                }
            }
            for input in &found {
                connection.execute(
                    &format!("UPDATE {table} SET key = NULL, nonce = NULL, body = NULL WHERE input = ?1"),
                    [input],
                )?;
            }
            forgotten += found.len();
        }
        Ok(forgotten)
    }
}

/// Notes that the desk is at work.
pub(super) fn beat(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO heartbeat (only, at) VALUES (1, ?1) ON CONFLICT (only) DO UPDATE SET at = excluded.at",
        )?
        .execute([now])?;
    Ok(())
}

/// When the desk was last known at work: by its last input, or by its heartbeat on a quiet line.
pub(super) fn last_seen(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let latest =
        "SELECT max(at) FROM (SELECT max(at) AS at FROM input_journal UNION ALL SELECT at FROM heartbeat)";
    Ok(connection.query_row(latest, [], |row| row.get(0))?)
}

/// Forgets what is older than [`KEPT`].
pub(super) fn prune(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM input_journal WHERE at < ?1", [now - KEPT])?;
    connection.execute("DELETE FROM quarantine WHERE at < ?1", [now - KEPT])?;
    Ok(())
}

/// Wraps the journal's keys with the current installation key.
pub(super) fn rewrap(connection: &Connection, keys: &InstallationKeys) -> Result<usize, StoreError> {
    let wrapped: Vec<(i64, Vec<u8>)> = connection
        .prepare("SELECT id, wrapped FROM journal_key")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut renewed = 0;
    for (id, old) in wrapped {
        if keys.is_current(&old) {
            continue;
        }
        match keys.unwrap(&old, &about_key(id)) {
            Ok(key) => {
                let new = keys.wrap(&key, &about_key(id));
                connection.execute("UPDATE journal_key SET wrapped = ?2 WHERE id = ?1", params![id, new])?;
                renewed += 1;
            }
            // Its installation key was lost before: nobody can read what it encrypted.
            Err(error) => tracing::warn!(%error, key = id, "a journal key cannot be wrapped again"),
        }
    }
    Ok(renewed)
}
