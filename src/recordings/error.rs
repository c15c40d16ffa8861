//! What can go wrong with a recording.

use std::path::PathBuf;

use crate::keys::KeyError;

#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// Never made, or destroyed.
    #[error("there is no such recording")]
    NotFound,
    #[error("the file is not a recording of this program")]
    NotARecording,
    /// Somebody changed the file, or the disk did.
    #[error("a piece of the recording was changed")]
    Altered,
    /// The writer has more to do than it keeps up with; nothing more is recorded here.
    #[error("recordings come faster than the disk takes them")]
    Overloaded,
    #[error("{what}")]
    Disk {
        what: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("{what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the recording's key cannot be opened")]
    Key(#[from] KeyError),
}
