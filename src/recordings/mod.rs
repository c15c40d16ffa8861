//! Recordings: what was said, one file a recording, encrypted from its first half second with a key of its own.
//!
//! One thread writes; a call's [`tape::Tape`] hands it half seconds and never waits. Playing seeks in the file and
//! decrypts what is asked for. Who may listen is not decided here.

pub mod error;
mod format;
pub mod tape;
pub mod wav;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use crossbeam_channel::{Receiver, Sender, bounded};

use self::error::RecordingError;
use self::tape::{Counts, Finished, PIECES_WAITING, Piece, Tape, TapeWriter};
use self::wav::Playback;
use crate::domain::ids::RecordingId;
use crate::keys::{InstallationKeys, KeyError};

/// News of ended recordings that may wait to be taken.
const NEWS_WAITING: usize = 1_024;
const EXTENSION: &str = "rec";

/// All recordings of the installation; clones share the writer.
#[derive(Debug, Clone)]
pub struct Recordings {
    directory: PathBuf,
    pieces: Sender<Piece>,
    /// Shared with the writer thread: turning the installation key changes it under both.
    keys: Arc<RwLock<InstallationKeys>>,
    counts: Arc<Counts>,
}

/// How recording goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Being recorded.
    pub open: u64,
    pub finished: u64,
    /// Not written: the disk failed or was full.
    pub failed: u64,
    /// Whether the last one that ended was not written.
    pub failing: bool,
    /// Half seconds that wait for the disk.
    pub waiting: usize,
}

/// What turning the installation key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rewrapped {
    pub renewed: u64,
    /// Already with the current key.
    pub current: u64,
    /// Their installation key was lost before: nobody can hear them.
    pub unreadable: u64,
}

/// Spread over 256 directories by the random end of the id.
fn path(directory: &Path, id: RecordingId) -> PathBuf {
    let name = id.to_string();
    directory.join(&name[name.len() - 2..]).join(format!("{name}.{EXTENSION}"))
}

impl Recordings {
    /// Opens (or makes) the directory and starts the writer; the receiver tells of each ended recording.
    ///
    /// # Errors
    /// When the directory cannot be made or the thread not started.
    pub fn open(
        directory: &Path,
        keys: InstallationKeys,
    ) -> Result<(Self, Receiver<Finished>), RecordingError> {
        let failed =
            |source| RecordingError::File { what: "cannot make", path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(failed)?;
        let (pieces, waiting) = bounded(PIECES_WAITING);
        let (finished, news) = bounded(NEWS_WAITING);
        let keys = Arc::new(RwLock::new(keys));
        let counts = Arc::<Counts>::default();
        let writer = TapeWriter {
            directory: directory.to_owned(),
            keys: Arc::clone(&keys),
            finished,
            counts: Arc::clone(&counts),
        };
        std::thread::Builder::new().name("recordings".into()).spawn(move || writer.run(&waiting)).map_err(
            |source| RecordingError::File {
                what: "cannot start the writer of",
                path: directory.to_owned(),
                source,
            },
        )?;
        Ok((Self { directory: directory.to_owned(), pieces, keys, counts }, news))
    }

    /// Begins a recording. Never waits for the disk.
    ///
    /// # Errors
    /// [`RecordingError::Overloaded`] when the writer cannot keep up.
    pub fn begin(&self, id: RecordingId) -> Result<Tape, RecordingError> {
        Tape::begin(id, &self.pieces)
    }

    /// Opens a recording for listening; one that is still being made plays as far as it is written.
    ///
    /// # Errors
    /// [`RecordingError::NotFound`] when there is none; else when its key or file cannot be read.
    pub fn play(&self, id: RecordingId) -> Result<Playback, RecordingError> {
        let path = path(&self.directory, id);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(RecordingError::NotFound),
            Err(source) => return Err(RecordingError::File { what: "cannot open", path, source }),
        };
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Ok(Playback::new(format::Opened::open(file, &keys)?))
    }

    /// Destroys a recording: its key first, then the file. Nothing happens when there is none.
    ///
    /// # Errors
    /// When the key cannot be overwritten or the file not removed.
    pub fn destroy(&self, id: RecordingId) -> Result<(), RecordingError> {
        let path = path(&self.directory, id);
        let destroy = || -> io::Result<()> {
            let file = match OpenOptions::new().write(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            format::destroy_key(&file)?;
            fs::remove_file(&path)
        };
        destroy().map_err(|source| RecordingError::File {
            what: "cannot destroy",
            path: path.clone(),
            source,
        })
    }

    /// Wraps every recording's key with the current one of `keys`, and uses it from now on.
    ///
    /// May be cut short anywhere and taken up again; only afterwards may the older installation keys go.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn rewrap(&self, keys: InstallationKeys) -> Result<Rewrapped, RecordingError> {
        let current = {
            let mut held = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            *held = keys;
            held.clone()
        };
        rewrap_all(&self.directory, &current)
    }

    pub fn health(&self) -> Health {
        Health {
            open: self.counts.open.load(Ordering::Relaxed),
            finished: self.counts.finished.load(Ordering::Relaxed),
            failed: self.counts.failed.load(Ordering::Relaxed),
            failing: self.counts.failing.load(Ordering::Relaxed),
            waiting: self.pieces.len(),
        }
    }
}

fn rewrap_all(directory: &Path, keys: &InstallationKeys) -> Result<Rewrapped, RecordingError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RecordingError::File { what: "cannot read", path, source }
    };
    let mut done = Rewrapped::default();
    for part in fs::read_dir(directory).map_err(failed(directory))? {
        let part = part.map_err(failed(directory))?.path();
        if !part.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&part).map_err(failed(&part))? {
            let path = entry.map_err(failed(&part))?.path();
            if path.extension().is_none_or(|extension| extension != EXTENSION) {
                continue;
            }
            let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed(&path))?;
            match format::rewrap(&file, keys) {
                Ok(true) => done.renewed += 1,
                Ok(false) => done.current += 1,
                Err(RecordingError::Key(KeyError::Missing { .. } | KeyError::Altered)) => {
                    done.unreadable += 1
                }
                Err(RecordingError::NotARecording) => done.unreadable += 1,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(done)
}
