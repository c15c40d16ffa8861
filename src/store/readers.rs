//! A few read-only connections, lent out one query at a time.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;

/// How long a query waits for a free connection before it is told the store is busy.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Statements kept prepared on each connection.
pub(super) const STATEMENTS_KEPT: usize = 256;

#[derive(Debug)]
pub(super) struct Readers {
    free: Receiver<Connection>,
    back: Sender<Connection>,
}

/// A connection that goes back when it is dropped, also when the query panicked.
struct Lent<'a> {
    connection: Option<Connection>,
    back: &'a Sender<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // There is room: as many connections are out as places are free.
            self.back.try_send(connection).ok();
        }
    }
}

/// Opens one connection that only reads.
pub(super) fn reader(database: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.busy_timeout(LONGEST_WAIT)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

impl Readers {
    pub(super) fn open(database: &Path, count: usize) -> Result<Self, StoreError> {
        assert!(count > 0, "a store without readers");
        let (back, free) = bounded(count);
        for _ in 0..count {
            let connection = reader(database)?;
            back.try_send(connection).expect("there is a place for each reader");
        }
        Ok(Self { free, back })
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let connection = self.free.recv_timeout(LONGEST_WAIT).map_err(|_| StoreError::Busy)?;
        Ok(Lent { connection: Some(connection), back: &self.back })
    }

    /// Runs a query; everything it reads is of one moment.
    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let lent = self.lend()?;
        let connection = lent.connection.as_ref().expect("lent until dropped");
        let moment = connection.unchecked_transaction().map_err(StoreError::from)?;
        let answer = query(&moment);
        drop(moment);
        answer
    }
}
