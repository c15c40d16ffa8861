//! The one write connection and the thread that owns it.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::StoreError;
use super::journal::Journal;
use super::migrate;
use super::readers::STATEMENTS_KEPT;

/// How long the writer waits for a lock; nobody else should ever hold one.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(2);
/// Jobs that may wait for the writer; beyond this whoever hands in waits, then hears "busy".
const JOBS_WAITING: usize = 256;
/// How long a job waits for a place in the queue.
const QUEUE_WAIT: Duration = Duration::from_secs(5);
/// SQLite's page, the same in every store of ours.
const PAGE_BYTES: u32 = 4_096;

/// What a job may use while it runs.
pub(super) struct Writing {
    pub(super) connection: Connection,
    pub(super) journal: Journal,
}

impl Writing {
    /// Runs `work` in one transaction: all of it is committed, or nothing.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &Journal) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction, &self.journal)?;
        transaction.commit()?;
        Ok(done)
    }
}

type Job = Box<dyn FnOnce(&mut Writing) + Send>;

/// Hands jobs to the writer thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(writing: Writing) -> Result<Self, StoreError> {
        let (jobs, waiting) = bounded(JOBS_WAITING);
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || work(writing, &waiting))
            .map_err(|source| StoreError::File {
                what: "cannot start the writer of",
                path: "store".into(),
                source,
            })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Jobs in the queue.
    pub(super) fn waiting(&self) -> usize {
        self.jobs.as_ref().map_or(0, Sender::len)
    }

    /// Has the writer do something, and waits for what came of it.
    pub(super) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writing) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, wait) = bounded(1);
        let job: Job = Box::new(move |writing| {
            // Whoever asked may be gone; the work is done all the same.
            answer.send(job(writing)).ok();
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send_timeout(job, QUEUE_WAIT)
            .map_err(|error| if error.is_timeout() { StoreError::Busy } else { StoreError::Stopped })?;
        wait.recv().map_err(|_| StoreError::Stopped)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has said so already.
            thread.join().ok();
        }
    }
}

fn work(mut writing: Writing, jobs: &Receiver<Job>) {
    for job in jobs {
        job(&mut writing);
        // A job that was cut short must not leave its transaction to the next.
        if !writing.connection.is_autocommit() && writing.connection.execute_batch("ROLLBACK").is_err() {
            tracing::error!("the store's writer could not roll back and stops");
            return;
        }
    }
    if let Err(error) = writing.connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "the last checkpoint of the store failed; the next start does it");
    }
}

/// Opens the write connection and brings the schema up to date.
pub(super) fn open(database: &Path, largest_bytes: Option<u64>) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(database)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    if let Some(bytes) = largest_bytes {
        let pages = i64::try_from(bytes / u64::from(PAGE_BYTES)).unwrap_or(i64::MAX);
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    migrate::migrate(&mut connection)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_that_stands_still_is_busy_and_nobody_waits_for_ever() {
        let (jobs, _waiting) = bounded(1);
        let writer = Writer { jobs: Some(jobs.clone()), thread: None };
        jobs.send(Box::new(|_| {})).unwrap();
        let handed_in = writer.run(|_| Ok(()));
        assert!(matches!(handed_in, Err(StoreError::Busy)), "{handed_in:?}");
        assert_eq!(jobs.len(), 1, "what did not fit is not done later");
    }
}
