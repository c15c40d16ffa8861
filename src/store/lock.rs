//! One process a data directory: a second one is refused with a sentence that says who holds it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use super::error::StoreError;

const LOCK_FILE: &str = "lock";
/// Longest note of the holder that is read back.
const HOLDER_BYTES: u64 = 64;

/// Holds the data directory until dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub struct DataLock {
    _file: Flock<File>,
}

impl DataLock {
    /// Takes the directory; makes it (and its parents) when it is not there.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process holds it.
    pub fn take(directory: &Path) -> Result<Self, StoreError> {
        let failed = |what| {
            let path: PathBuf = directory.join(LOCK_FILE);
            move |source| StoreError::File { what, path, source }
        };
        std::fs::create_dir_all(directory).map_err(failed("cannot make the directory of"))?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(directory.join(LOCK_FILE))
            .map_err(failed("cannot open"))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut file) => {
                let mut note = || -> std::io::Result<()> {
                    file.set_len(0)?;
                    file.rewind()?;
                    write!(file, "process {}", std::process::id())
                };
                note().map_err(failed("cannot write"))?;
                Ok(Self { _file: file })
            }
            Err((file, nix::errno::Errno::EWOULDBLOCK)) => {
                let mut holder = String::new();
                if file.take(HOLDER_BYTES).read_to_string(&mut holder).is_err() || holder.is_empty() {
                    holder = "process unknown".into();
                }
                Err(StoreError::InUse { directory: directory.to_owned(), holder })
            }
            Err((_, errno)) => Err(failed("cannot lock")(errno.into())),
        }
    }
}
