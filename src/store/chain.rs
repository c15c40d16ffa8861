//! The chain of events: each line of history carries the hash of the one before it.
//!
//! The chained row holds opaque ids and the hash of a salt and the words; the words lie in `event_private`, where
//! they can be erased without breaking the chain.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::error::RowError;
use crate::clock::os_random;
use crate::desk::write::EventDraft;
use crate::domain::actor::Actor;

pub type Hash = [u8; 32];

/// What the first event stands on.
pub const GENESIS: Hash = [0; 32];
/// The form of the chained row, part of what is hashed.
const FORM: i64 = 1;
const SALT_BYTES: usize = 16;

pub const COLUMNS: &str = "seq, at, jurisdiction, actor_kind, actor_person, actor_user, actor_volunteer, \
     actor_station, entity, ticket, kind, v, body_hash, prev_hash, hash";

/// A chained row as it is stored: texts and numbers, nothing parsed, so that any change is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChainedRow {
    pub(super) seq: i64,
    at: i64,
    jurisdiction: String,
    actor_kind: String,
    actor_person: Option<i64>,
    actor_user: Option<i64>,
    actor_volunteer: Option<i64>,
    actor_station: Option<i64>,
    entity: String,
    ticket: Option<String>,
    pub(super) kind: String,
    v: i64,
    pub(super) body_hash: Vec<u8>,
    pub(super) prev_hash: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl ChainedRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get("seq")?,
            at: row.get("at")?,
            jurisdiction: row.get("jurisdiction")?,
            actor_kind: row.get("actor_kind")?,
            actor_person: row.get("actor_person")?,
            actor_user: row.get("actor_user")?,
            actor_volunteer: row.get("actor_volunteer")?,
            actor_station: row.get("actor_station")?,
            entity: row.get("entity")?,
            ticket: row.get("ticket")?,
            kind: row.get("kind")?,
            v: row.get("v")?,
            body_hash: row.get("body_hash")?,
            prev_hash: row.get("prev_hash")?,
            hash: row.get("hash")?,
        })
    }

    /// The hash over everything but itself; lengths stand before texts, so that no two rows read alike.
    pub(super) fn computed_hash(&self) -> Hash {
        let mut hasher = Sha256::new();
        let mut number = |value: Option<i64>| {
            hasher.update([u8::from(value.is_some())]);
            hasher.update(value.unwrap_or(0).to_be_bytes());
        };
        number(Some(self.seq));
        number(Some(self.at));
        number(Some(self.v));
        number(self.actor_person);
        number(self.actor_user);
        number(self.actor_volunteer);
        number(self.actor_station);
        number(self.ticket.as_ref().map(|_| 1));
        let ticket = self.ticket.as_deref().unwrap_or("");
        for text in [&*self.jurisdiction, &*self.actor_kind, &*self.entity, ticket, &*self.kind] {
            hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        for hash in [&self.body_hash, &self.prev_hash] {
            hasher.update(u64::try_from(hash.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(hash);
        }
        hasher.finalize().into()
    }
}

/// The hash that stands for the words of an event.
pub(super) fn body_hash(salt: &[u8], body: &[u8]) -> Hash {
    Sha256::new().chain_update(salt).chain_update(body).finalize().into()
}

/// The last event's number and hash; 0 and [`GENESIS`] when there is none.
pub(super) fn head(connection: &Connection) -> Result<(i64, Vec<u8>), RowError> {
    let last = connection
        .prepare_cached("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(last.unwrap_or_else(|| (0, GENESIS.to_vec())))
}

/// Appends one line of history and answers its number.
pub(super) fn append(connection: &Connection, draft: &EventDraft) -> Result<i64, RowError> {
    let (last, prev_hash) = head(connection)?;
    let salt: [u8; SALT_BYTES] = os_random();
    let body = draft.detail.to_string();
    let Actor { kind, person, user, volunteer, station } = &draft.actor;
    let mut row = ChainedRow {
        seq: last + 1,
        at: draft.at.as_millis(),
        jurisdiction: draft.jurisdiction.0.clone(),
        actor_kind: kind.name().to_owned(),
        actor_person: person.map(|id| id.0),
        actor_user: user.map(|id| id.0),
        actor_volunteer: volunteer.map(|id| id.0),
        actor_station: station.map(|id| id.0),
        entity: draft.entity.clone(),
        ticket: draft.ticket.map(|id| id.to_string()),
        kind: draft.kind.clone(),
        v: FORM,
        body_hash: body_hash(&salt, body.as_bytes()).to_vec(),
        prev_hash,
        hash: Vec::new(),
    };
    row.hash = row.computed_hash().to_vec();
    insert(connection, &row)?;
    connection
        .prepare_cached("INSERT INTO event_private (seq, subject, salt, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![row.seq, draft.subject, salt, body])?;
    Ok(row.seq)
}

fn insert(connection: &Connection, row: &ChainedRow) -> Result<(), RowError> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO event ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
        ))?
        .execute(params![
            row.seq,
            row.at,
            row.jurisdiction,
            row.actor_kind,
            row.actor_person,
            row.actor_user,
            row.actor_volunteer,
            row.actor_station,
            row.entity,
            row.ticket,
            row.kind,
            row.v,
            row.body_hash,
            row.prev_hash,
            row.hash,
        ])?;
    Ok(())
}
