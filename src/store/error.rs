//! What can go wrong with the store, told apart by what the caller does about it.

use std::path::PathBuf;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the data directory.
    #[error(
        "{directory} is in use by another yingda ({holder}): stop it, or give this one a directory of its own"
    )]
    InUse { directory: PathBuf, holder: String },
    /// The store was made by a later version of the program.
    #[error(
        "the store has schema {found}, this program knows {known}: use the program it was made with, or a later one"
    )]
    TooNew { found: i64, known: i64 },
    /// No room: the disk, or the limit set for the database.
    #[error("the disk, or the room set aside for the store, is full")]
    Full,
    /// Somebody else holds the database, or every reader was taken for too long.
    #[error("the store is busy")]
    Busy,
    /// The disk failed.
    #[error("the disk failed while reading or writing the store")]
    Disk(#[source] rusqlite::Error),
    /// The writer has stopped; nothing can be committed until the program starts again.
    #[error("the store's writer has stopped")]
    Stopped,
    /// What was asked contradicts what is there: a row of an import, a taken login.
    #[error("{0}")]
    Refused(String),
    /// A row that may not be: our own bug.
    #[error("{0}")]
    Broken(String),
    #[error("the store cannot be read or written")]
    Sqlite(#[source] rusqlite::Error),
    #[error("{what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("an installation key is missing or wrong")]
    Keys(#[from] crate::keys::KeyError),
}

impl StoreError {
    /// Whether the same may be tried again as it is, now or when the world is better.
    ///
    /// A commit that failed changed nothing, whatever the reason.
    pub fn may_be_retried(&self) -> bool {
        match self {
            Self::Full | Self::Busy | Self::Disk(_) => true,
            Self::InUse { .. }
            | Self::TooNew { .. }
            | Self::Stopped
            | Self::Refused(_)
            | Self::Broken(_)
            | Self::Sqlite(_)
            | Self::File { .. }
            | Self::Keys(_) => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Self::Full,
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy,
            Some(Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly) => Self::Disk(error),
            _ => Self::Sqlite(error),
        }
    }
}

/// Why one row was refused.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The row says two things that cannot both be true.
    #[error("{table}: {what}")]
    Broken { table: &'static str, what: &'static str },
}

impl RowError {
    /// Whether the row alone is at fault, so that only its step is rolled back.
    pub fn is_of_the_row(&self) -> bool {
        use rusqlite::ErrorCode as Code;
        match self {
            Self::Broken { .. } => true,
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(code) => {
                    matches!(
                        code,
                        Code::ConstraintViolation
                            | Code::TypeMismatch
                            | Code::TooBig
                            | Code::ParameterOutOfRange
                    )
                }
                // Conversions and the like: no code of SQLite's, so a value of ours.
                None => true,
            },
        }
    }
}

impl From<RowError> for StoreError {
    fn from(error: RowError) -> Self {
        match error {
            RowError::Sqlite(error) => error.into(),
            broken @ RowError::Broken { .. } => Self::Broken(broken.to_string()),
        }
    }
}

/// Checks what must hold of a row, on its way in and on its way out.
pub(super) fn must_hold(condition: bool, table: &'static str, what: &'static str) -> Result<(), RowError> {
    if condition { Ok(()) } else { Err(RowError::Broken { table, what }) }
}
