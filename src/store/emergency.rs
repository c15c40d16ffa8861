//! The emergency log: numbers of callers noted while the store is away, so that each is rung back exactly once.
//!
//! The file is made whole at first start, every line of it written, so that noting a number needs no room on a full
//! disk. Lines are plain text: when nothing else works somebody can read whom to ring. An entry carries the id under
//! which the desk hears of it; the store knows that id again, so an entry that was handed over but not yet blanked
//! when the server stopped is not rung back twice.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::domain::ids::MessageId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::keys::hex;

pub const EMERGENCY_FILE: &str = "emergency.log";
/// Numbers that can wait at once.
pub const LINES: usize = 4_096;
const LINE_BYTES: usize = 128;
const CHECKSUM_BYTES: usize = 4;

/// One number somebody is to ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    pub number: PhoneNumber,
    pub at: Timestamp,
    /// The id under which the desk hears of it.
    pub note: MessageId,
}

#[derive(Debug, thiserror::Error)]
pub enum EmergencyError {
    /// Every line is taken: nothing more can be noted.
    #[error("the emergency log holds {LINES} numbers and is full")]
    Full,
    #[error("{what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// The log, open. One process has it: whoever holds the data directory.
#[derive(Debug)]
pub struct EmergencyLog {
    file: File,
    path: PathBuf,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Blank,
    Noted(Noted),
    /// Torn by a sudden end, or changed: kept for a person to look at.
    Damaged,
}

impl EmergencyLog {
    /// Opens the log in a data directory, or makes it.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(directory: &Path) -> Result<Self, EmergencyError> {
        let path = directory.join(EMERGENCY_FILE);
        let failed = |what| {
            let path = path.clone();
            move |source| EmergencyError::File { what, path, source }
        };
        let made = path.try_exists().map_err(failed("cannot look for"))?;
        if !made {
            make(directory, &path).map_err(failed("cannot make"))?;
        }
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed("cannot open"))?;
        let mut bytes = vec![b' '; LINES * LINE_BYTES];
        file.read_exact_at(&mut bytes, 0).map_err(failed("cannot read"))?;
        let lines = bytes.chunks(LINE_BYTES).map(parse).collect();
        Ok(Self { file, path, lines })
    }

    /// Notes a number; when this returns it is on the disk.
    ///
    /// # Errors
    /// [`EmergencyError::Full`] when no line is blank; else when the disk failed.
    pub fn append(&mut self, noted: &Noted) -> Result<(), EmergencyError> {
        let blank = self.lines.iter().position(|line| *line == Line::Blank).ok_or(EmergencyError::Full)?;
        self.write([(blank, format_line(noted))])?;
        self.lines[blank] = Line::Noted(noted.clone());
        Ok(())
    }

    /// The numbers that wait, in the order they were noted.
    pub fn waiting(&self) -> Vec<Noted> {
        let mut waiting: Vec<Noted> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Noted(noted) => Some(noted.clone()),
                Line::Blank | Line::Damaged => None,
            })
            .collect();
        waiting.sort_by_key(|noted| (noted.at, noted.note));
        waiting
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line, Line::Noted(_))).count()
    }

    /// Whether this number waits already.
    pub fn holds(&self, number: &PhoneNumber) -> bool {
        self.lines.iter().any(|line| matches!(line, Line::Noted(noted) if noted.number == *number))
    }

    /// Lines that cannot be read.
    pub fn damaged(&self) -> usize {
        self.lines.iter().filter(|line| **line == Line::Damaged).count()
    }

    /// Blanks the lines whose call-back requests are committed.
    ///
    /// # Errors
    /// When the disk failed: calling again with the same ids is safe.
    pub fn done(&mut self, notes: &[MessageId]) -> Result<(), EmergencyError> {
        let is_done = |line: &Line| matches!(line, Line::Noted(noted) if notes.contains(&noted.note));
        let done: Vec<usize> = (0..self.lines.len()).filter(|index| is_done(&self.lines[*index])).collect();
        self.write(done.iter().map(|index| (*index, blank_line())))?;
        for index in done {
            self.lines[index] = Line::Blank;
        }
        Ok(())
    }

    /// Writes lines, then syncs once.
    fn write(
        &self,
        lines: impl IntoIterator<Item = (usize, [u8; LINE_BYTES])>,
    ) -> Result<(), EmergencyError> {
        let write = || {
            for (line, bytes) in lines {
                self.file.write_all_at(&bytes, (line * LINE_BYTES) as u64)?;
            }
            self.file.sync_data()
        };
        write().map_err(|source| EmergencyError::File {
            what: "cannot write",
            path: self.path.clone(),
            source,
        })
    }
}

/// Writes every line of it under another name first, so that it is never found half made.
fn make(directory: &Path, path: &Path) -> io::Result<()> {
    let draft = path.with_extension("log.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&blank_line().repeat(LINES))?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    File::open(directory)?.sync_all()
}

fn blank_line() -> [u8; LINE_BYTES] {
    let mut line = [b' '; LINE_BYTES];
    line[LINE_BYTES - 1] = b'\n';
    line
}

fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..CHECKSUM_BYTES])
}

fn format_line(noted: &Noted) -> [u8; LINE_BYTES] {
    let words = format!("{} {} {}", noted.at.as_millis(), noted.note, noted.number.as_str());
    let text = format!("{words} {}", checksum(&words));
    let mut line = blank_line();
    line[..text.len()].copy_from_slice(text.as_bytes());
    line
}

fn parse(line: &[u8]) -> Line {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Line::Blank;
    }
    let noted = || {
        let text = std::str::from_utf8(line).ok()?.trim_end();
        let (words, sum) = text.rsplit_once(' ')?;
        if sum != checksum(words) {
            return None;
        }
        let mut parts = words.split(' ');
        let at = Timestamp::from_millis(parts.next()?.parse().ok()?);
        let note = parts.next()?.parse().ok()?;
        let number = PhoneNumber::try_from(parts.next()?.to_owned()).ok()?;
        Some(Noted { number, at, note })
    };
    noted().map_or(Line::Damaged, Line::Noted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Chance;
    use crate::domain::phone_number::NumberingPlan;

    fn noted(chance: &mut Chance, second: i64) -> Noted {
        let at = Timestamp::from_millis(1_777_600_800_000 + second * 1_000);
        let number = PhoneNumber::parse("13800000007", &NumberingPlan::default()).unwrap();
        Noted { number, at, note: chance.mint(at) }
    }

    #[test]
    fn noted_numbers_wait_through_a_restart_in_the_order_they_rang() {
        let directory = tempfile::tempdir().unwrap();
        let mut chance = Chance::from_number(1);
        let (late, early) = (noted(&mut chance, 9), noted(&mut chance, 3));
        let mut log = EmergencyLog::open(directory.path()).unwrap();
        log.append(&late).unwrap();
        log.append(&early).unwrap();
        drop(log);
        let mut log = EmergencyLog::open(directory.path()).unwrap();
        assert_eq!(log.waiting(), [early.clone(), late.clone()]);
        log.done(&[early.note]).unwrap();
        log.done(&[early.note]).unwrap();
        assert_eq!(EmergencyLog::open(directory.path()).unwrap().waiting(), [late]);
    }

    #[test]
    fn noting_a_number_needs_no_more_room_than_the_file_had_and_done_numbers_leave_no_trace() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(EMERGENCY_FILE);
        let mut log = EmergencyLog::open(directory.path()).unwrap();
        let size = std::fs::metadata(&path).unwrap().len();
        let one = noted(&mut Chance::from_number(2), 1);
        log.append(&one).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("+8613800000007"));
        log.done(&[one.note]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), size);
        assert!(!std::fs::read_to_string(&path).unwrap().contains("13800000007"));
    }

    #[test]
    fn a_torn_line_is_counted_and_never_rung() {
        let directory = tempfile::tempdir().unwrap();
        let mut chance = Chance::from_number(3);
        let mut log = EmergencyLog::open(directory.path()).unwrap();
        log.append(&noted(&mut chance, 1)).unwrap();
        log.append(&noted(&mut chance, 2)).unwrap();
        let file = OpenOptions::new().write(true).open(directory.path().join(EMERGENCY_FILE)).unwrap();
        file.write_all_at(b"    ", 60).unwrap();
        let mut log = EmergencyLog::open(directory.path()).unwrap();
        assert_eq!((log.waiting().len(), log.damaged()), (1, 1));
        // What is damaged is kept for a person to look at.
        log.append(&noted(&mut chance, 3)).unwrap();
        assert_eq!((log.waiting().len(), log.damaged()), (2, 1));
    }

    #[test]
    fn a_full_log_says_so() {
        let directory = tempfile::tempdir().unwrap();
        drop(EmergencyLog::open(directory.path()).unwrap());
        let mut chance = Chance::from_number(4);
        let file = OpenOptions::new().write(true).open(directory.path().join(EMERGENCY_FILE)).unwrap();
        for line in 0..LINES {
            let bytes = format_line(&noted(&mut chance, 1));
            file.write_all_at(&bytes, (line * LINE_BYTES) as u64).unwrap();
        }
        let mut log = EmergencyLog::open(directory.path()).unwrap();
        assert_eq!(log.waiting().len(), LINES);
        assert!(matches!(log.append(&noted(&mut chance, 2)), Err(EmergencyError::Full)));
    }
}
