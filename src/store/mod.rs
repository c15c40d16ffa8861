//! The store: everything the help line must not forget, in one SQLite database.
//!
//! One thread owns the one write connection; steps of the desk ([`Store::commit`]) and record transactions queue up
//! for it. Queries run on a few read-only connections ([`Store::read`]). Calls block: from async code they belong on
//! a blocking thread.

mod archive;
pub mod backup;
pub mod chain;
pub mod commit;
pub mod emergency;
pub mod erase;
pub mod error;
mod expire;
pub mod journal;
pub mod known;
pub mod living;
pub mod lock;
pub mod migrate;
pub mod outbox;
pub mod phones;
pub mod queries;
mod readers;
pub mod records;
pub mod rows;
pub mod settings;
pub mod sql;
mod transactions;
pub mod users;
pub mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::Notify;

use self::commit::{Batch, BatchReport};
use self::error::StoreError;
use self::journal::Journal;
use self::known::Register;
use self::living::Living;
use self::lock::DataLock;
use self::readers::Readers;
use self::writer::{Writer, Writing};
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::register::IdNumberHash;
use crate::domain::timestamp::Timestamp;
use crate::keys::InstallationKeys;

/// The database's name in the data directory.
pub const DATABASE_FILE: &str = "yingda.db";

/// Where the store lies and how large it may grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The data directory.
    pub directory: PathBuf,
    /// Queries that may run at once.
    pub readers: usize,
    /// The database grows no larger than this, so that a full disk is met with room to spare.
    pub largest_bytes: Option<u64>,
}

impl Settings {
    pub fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), readers: 4, largest_bytes: None }
    }
}

/// How the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    pub database_bytes: u64,
    /// The log before the database: what the next checkpoint moves over.
    pub log_bytes: u64,
    /// Jobs that wait for the writer.
    pub jobs_waiting: usize,
    /// Texts that wait to leave.
    pub texts_waiting: u32,
    /// Events that were set apart: each is a fault of the program.
    pub quarantined: u32,
}

/// The store; clones share it. The last one to go stops the writer and gives the directory free.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

/// Dropped in this order: the writer ends before the directory is given free.
#[derive(Debug)]
struct Shared {
    writer: Writer,
    readers: Readers,
    texts_waiting: Arc<Notify>,
    keys: InstallationKeys,
    directory: PathBuf,
    _lock: DataLock,
}

impl Store {
    /// Takes the data directory and opens its database, making or leading it to this program's schema.
    ///
    /// # Errors
    /// When another process holds the directory, a later program made the store, or the disk fails.
    pub fn open(settings: &Settings, keys: &InstallationKeys, now: Timestamp) -> Result<Self, StoreError> {
        let lock = DataLock::take(&settings.directory)?;
        let database = settings.directory.join(DATABASE_FILE);
        let connection = writer::open(&database, settings.largest_bytes)?;
        outbox::give_back_all(&connection)?;
        let journal = Journal::open(&connection, keys, now)?;
        let writer = Writer::start(Writing { connection, journal })?;
        let readers = Readers::open(&database, settings.readers)?;
        Ok(Self {
            shared: Arc::new(Shared {
                writer,
                readers,
                texts_waiting: Arc::default(),
                keys: keys.clone(),
                directory: settings.directory.clone(),
                _lock: lock,
            }),
        })
    }

    pub fn directory(&self) -> &Path {
        &self.shared.directory
    }

    /// Commits steps of the desk in one transaction, each in a savepoint of its own.
    ///
    /// A step that a constraint refuses is rolled back alone and its event quarantined: see the report.
    ///
    /// # Errors
    /// Nothing of the batch was written; [`StoreError::may_be_retried`] says whether trying again makes sense.
    pub fn commit(&self, batch: Batch) -> Result<BatchReport, StoreError> {
        let (report, text_waits) = self.shared.writer.run(move |writing| {
            writing.transaction(|transaction, journal| commit::commit(transaction, journal, &batch))
        })?;
        if text_waits {
            self.shared.texts_waiting.notify_one();
        }
        Ok(report)
    }

    /// Runs a query on a read-only connection; everything it reads is of one moment.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when every connection is out for too long; else what the query returned.
    pub fn read<T, E: From<StoreError>>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.shared.readers.read(query)
    }

    /// Everything that is alive: what the desk is restored from.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn living(&self, now: Timestamp) -> Result<Living, StoreError> {
        self.read(|connection| living::living(connection, now))
    }

    /// The register with a connection of its own, for who may not wait: see [`known::Register`].
    ///
    /// # Errors
    /// When the database cannot be opened once more.
    pub fn register(&self) -> Result<Register, StoreError> {
        Register::open(&self.directory().join(DATABASE_FILE))
    }

    /// What the register knows of a number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn known(&self, number: &PhoneNumber, now: Timestamp) -> Result<Known, StoreError> {
        self.read(|connection| known::known(connection, number, now))
    }

    /// How the store is; reads no more than it must.
    ///
    /// # Errors
    /// When the store cannot be read: that is how it is, then.
    pub fn health(&self) -> Result<Health, StoreError> {
        let size = |name: &str| std::fs::metadata(self.directory().join(name)).map_or(0, |file| file.len());
        let (texts_waiting, quarantined) = self.read(|connection| {
            let count = "SELECT (SELECT count(*) FROM outgoing_text WHERE state = 'waiting' AND taken_at IS NULL), \
                 (SELECT count(*) FROM quarantine)";
            Ok::<_, StoreError>(connection.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
        })?;
        Ok(Health {
            database_bytes: size(DATABASE_FILE),
            log_bytes: size(&format!("{DATABASE_FILE}-wal")),
            jobs_waiting: self.shared.writer.waiting(),
            texts_waiting,
            quarantined,
        })
    }

    /// Woken after each commit that put a text into the outbox.
    pub fn texts_waiting(&self) -> Arc<Notify> {
        Arc::clone(&self.shared.texts_waiting)
    }

    /// What stands for an ID number here.
    pub fn id_number_hash(&self, id_number: &str) -> IdNumberHash {
        IdNumberHash(self.shared.keys.identity_hmac(id_number))
    }

    /// What SQLite says of `PRAGMA synchronous` on the write connection: 2 is FULL.
    ///
    /// # Errors
    /// When the writer has stopped.
    pub fn synchronous(&self) -> Result<i64, StoreError> {
        self.shared.writer.run(|writing| {
            Ok(writing.connection.pragma_query_value(None, "synchronous", |row| row.get(0))?)
        })
    }
}
