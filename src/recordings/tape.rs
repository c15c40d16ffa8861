//! What a call records onto, and the thread that writes it down.
//!
//! A tape never makes its call wait: when the writer cannot keep up the recording ends there, and says so.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock, Weak};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::error::RecordingError;
use super::format::{self, CHUNK_BYTES, Cipher};
use crate::domain::ids::RecordingId;
use crate::keys::{InstallationKeys, SecretKey};

/// Samples, and bytes, of A-law sound a second.
const BYTES_A_SECOND: u64 = 8_000;
/// Pieces of half a second that may wait for the disk: 500 recordings for a second.
pub(super) const PIECES_WAITING: usize = 1_024;

/// What became of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub recording: RecordingId,
    pub length: Duration,
    /// On the disk and whole; else it plays up to where it was cut.
    pub complete: bool,
}

pub(super) enum Piece {
    /// The tape is alive as long as its flag is.
    Begin {
        id: RecordingId,
        alive: Weak<AtomicBool>,
    },
    Sound {
        id: RecordingId,
        sound: Vec<u8>,
    },
    /// The rest, shorter than a chunk.
    End {
        id: RecordingId,
        rest: Vec<u8>,
    },
}

/// Sound of one call on its way to the disk.
#[derive(Debug)]
pub struct Tape {
    id: RecordingId,
    waiting: Vec<u8>,
    pieces: Sender<Piece>,
    cut: bool,
    /// Set by the writer when the disk did not take it.
    lost: Arc<AtomicBool>,
}

impl Tape {
    pub(super) fn begin(id: RecordingId, pieces: &Sender<Piece>) -> Result<Self, RecordingError> {
        let lost = Arc::new(AtomicBool::new(false));
        let begin = Piece::Begin { id, alive: Arc::downgrade(&lost) };
        pieces.try_send(begin).map_err(|_| RecordingError::Overloaded)?;
        let waiting = Vec::with_capacity(CHUNK_BYTES);
        Ok(Self { id, waiting, pieces: pieces.clone(), cut: false, lost })
    }

    /// Whether the disk did not take what was recorded: what comes is for nothing.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Records A-law sound. Never waits; after it could not keep up, nothing more is taken.
    ///
    /// # Errors
    /// [`RecordingError::Overloaded`] when the recording was cut, each time it is tried.
    pub fn write(&mut self, mut sound: &[u8]) -> Result<(), RecordingError> {
        while !sound.is_empty() && !self.cut {
            let (now, later) = sound.split_at(sound.len().min(CHUNK_BYTES - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            sound = later;
            if self.waiting.len() == CHUNK_BYTES {
                let whole = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK_BYTES));
                let sent = self.pieces.try_send(Piece::Sound { id: self.id, sound: whole });
                self.cut = matches!(sent, Err(TrySendError::Full(_) | TrySendError::Disconnected(_)));
            }
        }
        if self.cut { Err(RecordingError::Overloaded) } else { Ok(()) }
    }

    /// Ends the recording; [`Finished`] follows when it is on the disk.
    ///
    /// # Errors
    /// [`RecordingError::Overloaded`] when the end, or what came before, is lost: no [`Finished`] follows, what came before plays.
    pub fn finish(mut self) -> Result<(), RecordingError> {
        if self.cut || self.is_lost() {
            return Err(RecordingError::Overloaded);
        }
        let rest = std::mem::take(&mut self.waiting);
        self.pieces.try_send(Piece::End { id: self.id, rest }).map_err(|_| RecordingError::Overloaded)
    }
}

/// Counts that `health` shows.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) open: AtomicU64,
    pub(super) finished: AtomicU64,
    pub(super) failed: AtomicU64,
    /// Whether the last one failed.
    pub(super) failing: AtomicBool,
}

struct Recording {
    file: File,
    cipher: Cipher,
    chunks: u64,
    alive: Weak<AtomicBool>,
}

/// The thread's own: files being written.
pub(super) struct TapeWriter {
    pub(super) directory: PathBuf,
    /// Shared with the handle, which puts others in place when the installation key is turned.
    pub(super) keys: Arc<RwLock<InstallationKeys>>,
    pub(super) finished: Sender<Finished>,
    pub(super) counts: Arc<Counts>,
}

impl TapeWriter {
    pub(super) fn run(self, pieces: &Receiver<Piece>) {
        let mut open: BTreeMap<RecordingId, Recording> = BTreeMap::new();
        for piece in pieces {
            match piece {
                Piece::Begin { id, alive } => {
                    // Calls that ended without ending their tape.
                    open.retain(|_, recording| recording.alive.strong_count() > 0);
                    match self.create(id, alive.clone()) {
                        Ok(recording) => drop(open.insert(id, recording)),
                        Err(error) => self.lost(id, &alive, &error),
                    }
                }
                Piece::Sound { id, sound } => {
                    if let Some(recording) = open.get_mut(&id)
                        && let Err(error) = recording.append(&sound)
                    {
                        self.lost(id, &recording.alive, &error);
                        open.remove(&id);
                    }
                }
                Piece::End { id, rest } => {
                    if let Some(mut recording) = open.remove(&id) {
                        match recording.end(&rest, &self.directory) {
                            Ok(length) => self.tell(Finished { recording: id, length, complete: true }),
                            Err(error) => self.lost(id, &recording.alive, &error),
                        }
                    }
                }
            }
            self.counts.open.store(open.len() as u64, Ordering::Relaxed);
        }
    }

    fn create(&self, id: RecordingId, alive: Weak<AtomicBool>) -> io::Result<Recording> {
        let path = super::path(&self.directory, id);
        fs::create_dir_all(path.parent().expect("a recording lies in a directory"))?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let key = SecretKey::random();
        let header = {
            let keys = self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            format::header(id, &key, &keys)
        };
        file.write_all_at(&header, 0)?;
        Ok(Recording { file, cipher: Cipher::new(id, &key), chunks: 0, alive })
    }

    fn lost(&self, id: RecordingId, tape: &Weak<AtomicBool>, error: &io::Error) {
        if let Some(lost) = tape.upgrade() {
            lost.store(true, Ordering::Relaxed);
        }
        self.counts.failing.store(true, Ordering::Relaxed);
        tracing::error!(recording = %id, %error, "a recording could not be written");
        self.counts.failed.fetch_add(1, Ordering::Relaxed);
        self.tell(Finished { recording: id, length: Duration::ZERO, complete: false });
    }

    fn tell(&self, finished: Finished) {
        if finished.complete {
            self.counts.finished.fetch_add(1, Ordering::Relaxed);
            self.counts.failing.store(false, Ordering::Relaxed);
        }
        if self.finished.try_send(finished).is_err() {
            tracing::warn!("nobody takes the news that a recording has ended");
        }
    }
}

impl Recording {
    fn append(&mut self, sound: &[u8]) -> io::Result<()> {
        let sealed = self.cipher.seal(self.chunks, sound);
        self.file.write_all_at(&sealed, format::position(self.chunks))?;
        self.chunks += 1;
        Ok(())
    }

    /// Writes the last chunk and waits until all of it is on the disk.
    fn end(&mut self, rest: &[u8], directory: &Path) -> io::Result<Duration> {
        let bytes = self.chunks * CHUNK_BYTES as u64 + rest.len() as u64;
        self.append(rest)?;
        self.file.sync_all()?;
        File::open(directory)?.sync_all()?;
        Ok(Duration::from_millis(bytes * 1_000 / BYTES_A_SECOND))
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;
    use crate::domain::ids::Chance;
    use crate::domain::timestamp::Timestamp;

    #[test]
    fn a_call_never_waits_for_a_writer_that_stands_still() {
        // Room for the beginning and one piece; nobody takes them out.
        let (pieces, _never_read) = bounded(2);
        let id = Chance::from_number(1).mint(Timestamp::default());
        let mut tape = Tape::begin(id, &pieces).unwrap();
        tape.write(&[0; CHUNK_BYTES]).unwrap();
        tape.write(&[0; CHUNK_BYTES - 1]).unwrap();
        assert!(matches!(tape.write(&[0; 160]), Err(RecordingError::Overloaded)));
        assert!(matches!(tape.write(&[0; 160]), Err(RecordingError::Overloaded)));
        assert!(matches!(tape.finish(), Err(RecordingError::Overloaded)));
        assert!(matches!(Tape::begin(id, &pieces), Err(RecordingError::Overloaded)));
    }
}
