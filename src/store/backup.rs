//! Backups: the database, recordings, prompts and settings in one directory; the keys stay behind.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use serde_json::json;

use super::error::StoreError;
use super::lock::DataLock;
use super::records::By;
use super::verify::{self, HEADS_FILE};
use super::{DATABASE_FILE, settings, writer};
use crate::domain::calendar::Calendar;
use crate::domain::ids::{JurisdictionId, StationId};
use crate::domain::settings::SettingsKind;
use crate::domain::ticket_number::LAST_SEQUENCE;

const README_FILE: &str = "README.txt";
const RECORDINGS: &str = "recordings";
const PROMPTS: &str = "prompts";
const SETTINGS: &str = "settings";
/// Numbers above this are left to days on which a backup was restored.
const FIRST_AFTER_RESTORE: u32 = 5_000;
const SECONDS_A_DAY: u32 = 86_400;

/// How long a locked database is waited for before the copy is given up.
const COPY_WAIT: Duration = Duration::from_secs(3);

/// What lies outside the database and belongs into a backup.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beside {
    pub recordings: Option<PathBuf>,
    /// Prompts of the installation's own.
    pub prompts: Option<PathBuf>,
    /// Files such as `yingda.toml`.
    pub settings: Vec<PathBuf>,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The numbering epoch that begins.
    pub epoch: i64,
    pub tickets: i64,
    /// The last event of the backup.
    pub events: i64,
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File { what, path, source }
}

/// Writes a backup of one moment into `to`, which must not be there yet; it appears when it is whole.
pub(super) fn backup(data: &Path, to: &Path, beside: &Beside, by: &By) -> Result<u64, StoreError> {
    if to.try_exists().map_err(failed("cannot look for", to))? {
        return Err(StoreError::Refused(format!("{} is there already: name a new directory", to.display())));
    }
    let draft = to.with_extension("partial");
    fs::create_dir_all(&draft).map_err(failed("cannot make", &draft))?;
    let database = draft.join(DATABASE_FILE);
    copy_database(&data.join(DATABASE_FILE), &database)?;
    let heads = data.join(HEADS_FILE);
    if heads.try_exists().map_err(failed("cannot look for", &heads))? {
        copy_file(&heads, &draft.join(HEADS_FILE))?;
    }
    let mut files = 0;
    for (from, name) in [(&beside.recordings, RECORDINGS), (&beside.prompts, PROMPTS)] {
        if let Some(from) = from {
            files += copy_tree(from, &draft.join(name))?;
        }
    }
    for from in &beside.settings {
        let name =
            from.file_name().ok_or_else(|| StoreError::Refused("a settings file has a name".into()))?;
        let settings = draft.join(SETTINGS);
        fs::create_dir_all(&settings).map_err(failed("cannot make", &settings))?;
        copy_file(from, &settings.join(name))?;
        files += 1;
    }
    let readme = draft.join(README_FILE);
    fs::write(&readme, readme_text(by)).map_err(failed("cannot write", &readme))?;
    sync(&readme)?;
    sync(&draft)?;
    fs::rename(&draft, to).map_err(failed("cannot finish", to))?;
    Ok(files)
}

fn readme_text(by: &By) -> String {
    format!(
        "A backup of Yingda, made {at}.\n\n\
         {DATABASE_FILE}    every ticket, call, text, person and line of history\n\
         {HEADS_FILE}  heads of the chain of history, for `yingda verify`\n\
         {RECORDINGS}/   what was said, encrypted\n\
         {PROMPTS}/      prompts of the installation's own\n\
         {SETTINGS}/     settings files; they hold passwords of trunks and centres\n\n\
         The installation's keys are NOT here. Without the keys directory of the installation nobody can hear these\n\
         recordings: keep a copy of it elsewhere, apart from this backup.\n\n\
         The database names people. Keep this directory as safe as the server itself, and destroy it when its time\n\
         is over: a person erased after {at} is still in here.\n\n\
         To bring it back: yingda restore DIRECTORY\n",
        at = by.at
    )
}

fn copy_database(from: &Path, to: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    let mut target = Connection::open(to)?;
    copy_pages(&source, &mut target)?;
    let fault: String = target.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if fault != "ok" {
        return Err(StoreError::Broken(format!("the copy of the database is damaged: {fault}")));
    }
    // One file, without a log beside it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.close().map_err(|(_, error)| error)?;
    sync(to)
}

/// Copies all pages in one step: of one moment, while the writer goes on. A database that stays locked was not copied.
fn copy_pages(source: &Connection, target: &mut Connection) -> Result<(), StoreError> {
    source.busy_timeout(COPY_WAIT)?;
    let copied = Backup::new(source, target)?.step(-1)?;
    if copied == StepResult::Done { Ok(()) } else { Err(StoreError::Busy) }
}

fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed("cannot sync", path))
}

fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to).map_err(failed("cannot copy", from))?;
    sync(to)
}

/// Copies a directory with everything in it; says how many files. One that is not there is empty.
fn copy_tree(from: &Path, to: &Path) -> Result<u64, StoreError> {
    fs::create_dir_all(to).map_err(failed("cannot make", to))?;
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(source) => return Err(failed("cannot read", from)(source)),
    };
    let mut files = 0;
    for entry in entries {
        let entry = entry.map_err(failed("cannot read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            files += copy_tree(&source, &target)?;
        } else {
            copy_file(&source, &target)?;
            files += 1;
        }
    }
    sync(to)?;
    Ok(files)
}

/// Brings a backup back into a data directory that has no database.
///
/// A new numbering epoch begins, because nobody knows which numbers were given after the backup was made: on the day
/// of the restore every station goes on far above the numbers it gave, by the calendar that its jurisdiction had in force
/// when the backup was made. They rise with the time of day, so that the
/// same backup may be restored twice on one day. No number is given twice as long as a station gave fewer than
/// 5,000 that day before the first restore, and fewer than three a minute between two of them.
///
/// # Errors
/// When the directory is in use or has a database, a file cannot be copied or a calendar cannot be read.
pub fn restore(from: &Path, data: &Path, by: &By) -> Result<Restored, StoreError> {
    let _lock = DataLock::take(data)?;
    let database = data.join(DATABASE_FILE);
    if database.try_exists().map_err(failed("cannot look for", &database))? {
        return Err(StoreError::Refused(format!("{} is there: move it away first", database.display())));
    }
    let source = from.join(DATABASE_FILE);
    if !source.try_exists().map_err(failed("cannot look for", &source))? {
        return Err(StoreError::Refused(format!(
            "{} is not a backup: it has no {DATABASE_FILE}",
            from.display()
        )));
    }
    for name in [RECORDINGS, PROMPTS, SETTINGS] {
        let part = from.join(name);
        if part.try_exists().map_err(failed("cannot look for", &part))? {
            copy_tree(&part, &data.join(name))?;
        }
    }
    let heads = from.join(HEADS_FILE);
    if heads.try_exists().map_err(failed("cannot look for", &heads))? {
        copy_file(&heads, &data.join(HEADS_FILE))?;
    }
    let draft = data.join(format!("{DATABASE_FILE}.restoring"));
    copy_file(&source, &draft)?;
    let mut connection = writer::open(&draft, None)?;
    let restored = begin_epoch(&mut connection, by)?;
    verify::note_head(&connection, data, by.at)?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| error)?;
    sync(&draft)?;
    fs::rename(&draft, &database).map_err(failed("cannot finish", &database))?;
    sync(data)?;
    Ok(restored)
}

fn begin_epoch(connection: &mut Connection, by: &By) -> Result<Restored, StoreError> {
    let transaction = connection.transaction()?;
    let events = super::chain::head(&transaction)?.0;
    let epoch: i64 = transaction.query_row(
        "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'numbering_epoch' \
         RETURNING CAST(value AS INTEGER)",
        [],
        |row| row.get(0),
    )?;
    let stations: Vec<(StationId, JurisdictionId)> = transaction
        .prepare("SELECT id, jurisdiction FROM station")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let calendars = calendars(&transaction)?;
    let customary = Calendar::default();
    for (station, jurisdiction) in stations {
        let calendar = calendars.get(&jurisdiction).unwrap_or(&customary);
        let (day, second_of_day) = (calendar.civil_day(by.at), calendar.second_of_day(by.at));
        transaction.execute(
            "INSERT INTO ticket_sequence (station, day, last, epoch) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (station, day) DO UPDATE SET last = excluded.last, epoch = excluded.epoch",
            params![station, day, goes_on_above(last(&transaction, station, day)?, second_of_day), epoch],
        )?;
    }
    // Whoever was logged in then logs in again.
    transaction.execute("DELETE FROM session", [])?;
    let tickets = transaction.query_row("SELECT count(*) FROM ticket", [], |row| row.get(0))?;
    by.note(
        &transaction,
        "store".into(),
        "store.restored",
        None,
        json!({ "epoch": epoch, "events": events }),
    )?;
    transaction.commit()?;
    Ok(Restored { epoch, tickets, events })
}

/// The calendar in force in each jurisdiction that has one of its own.
fn calendars(connection: &Connection) -> Result<BTreeMap<JurisdictionId, Calendar>, StoreError> {
    let versions = settings::newest(connection, SettingsKind::Calendars)?;
    let read = |version: settings::SettingsVersion| match Calendar::parse(&version.toml) {
        Ok(calendar) => Ok((version.jurisdiction, calendar)),
        Err(error) => Err(StoreError::Refused(format!(
            "the calendar of {} in the backup, version {}: {error}",
            version.jurisdiction, version.version
        ))),
    };
    versions.into_iter().map(read).collect()
}

/// The last number that a station gave on a day.
fn last(connection: &Connection, station: StationId, day: u32) -> Result<u16, StoreError> {
    let given = "SELECT last FROM ticket_sequence WHERE station = ?1 AND day = ?2";
    Ok(connection.query_row(given, params![station, day], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// The number above which a station goes on: by the time of day, or halfway to the end when it is past that already.
fn goes_on_above(last: u16, second_of_day: u32) -> u16 {
    let room = u32::from(LAST_SEQUENCE) - FIRST_AFTER_RESTORE;
    let by_time = FIRST_AFTER_RESTORE - 1 + room * second_of_day.min(SECONDS_A_DAY - 1) / SECONDS_A_DAY;
    let halfway = u32::from(last) + (u32::from(LAST_SEQUENCE) - u32::from(last)) / 2;
    let above = if u32::from(last) < by_time { by_time } else { halfway };
    u16::try_from(above).expect("a sequence is at most 9999")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_database_makes_no_backup_and_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from.db"), directory.path().join("to.db"));
        let holder = Connection::open(&from).unwrap();
        holder.execute_batch("CREATE TABLE said (words TEXT); BEGIN EXCLUSIVE").unwrap();
        assert!(matches!(copy_database(&from, &to), Err(StoreError::Busy)));
        holder.execute_batch("INSERT INTO said VALUES ('a'); COMMIT").unwrap();
        fs::remove_file(&to).unwrap();
        copy_database(&from, &to).unwrap();
        let copy = Connection::open(&to).unwrap();
        assert_eq!(copy.query_row("SELECT words FROM said", [], |row| row.get(0)), Ok("a".to_owned()));
    }

    #[test]
    fn numbers_go_on_further_up_with_each_restore_of_a_day() {
        assert_eq!(goes_on_above(37, 0), 4_999);
        assert_eq!(goes_on_above(37, 36_000), 7_081);
        assert_eq!(goes_on_above(37, 86_399), 9_997);
        assert_eq!(goes_on_above(7_200, 36_000), 8_599);
        assert_eq!(goes_on_above(LAST_SEQUENCE, 86_399), LAST_SEQUENCE);
    }
}
