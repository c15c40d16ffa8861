//! The control socket: how the command line speaks to the server that holds the data directory.
//!
//! One request and one answer a connection, each a line of JSON, on `<data>/control.sock`, which only
//! the owner may open. What a request does is not decided here: the server hands in who answers.

mod socket;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::extension::Extension;
use crate::domain::ids::PersonId;
use crate::domain::language::Language;
use crate::domain::secret::Secret;
use crate::domain::settings::SettingsKind;

pub use socket::{Control, ask};

/// The socket's name in the data directory.
pub const SOCKET_FILE: &str = "control.sock";

/// Longest request line: the largest is a settings text.
pub const REQUEST_BYTES: u64 = 4 << 20;
/// Longest answer line: the largest is the list of tickets.
pub const ANSWER_BYTES: u64 = 64 << 20;
/// Most tickets in one answer.
pub const TICKETS: u32 = 100_000;

/// What the command line asks for. Paths are absolute: server and asker may stand in different folders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Whether somebody is there.
    Ping,
    /// Open tickets, or with `all` the closed ones too; the newest first.
    Tickets {
        all: bool,
        limit: u32,
    },
    /// A day of the past, to be replayed: nothing in it says who anybody is.
    RecordedDay {
        day: Date,
    },
    /// Follows the chain of history from its beginning.
    Verify,
    /// The newest version of a kind of settings, or the one asked for.
    ExportSettings {
        kind: SettingsKind,
        version: Option<u32>,
    },
    /// Adds the next version, after checking it.
    ImportSettings {
        kind: SettingsKind,
        toml: String,
    },
    Users,
    AddUser(NewLogin),
    /// Ends every session of the login.
    SetPassword {
        login: String,
        password: Secret,
    },
    /// Gives a login's telephones an extension, and a password that is shown once.
    GivePhone {
        login: String,
        extension: Extension,
    },
    /// The login's telephones may register no more.
    TakePhone {
        login: String,
    },
    /// Which languages the login speaks with residents.
    SetSpeaks {
        login: String,
        speaks: Vec<Language>,
    },
    /// All rows or none.
    Import {
        what: ImportKind,
        file: PathBuf,
    },
    Backup {
        directory: PathBuf,
    },
    RotateKey,
    /// Takes away what identifies a person.
    Erase {
        person: PersonId,
    },
}

/// A login to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLogin {
    pub login: String,
    pub name: String,
    pub password: Secret,
    pub person: Option<PersonId>,
    pub language: Language,
    /// `operator@12349`: a role, and the help number of the station it is held at.
    pub roles: Vec<String>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    Areas,
    People,
    Volunteers,
    Stations,
    Facilities,
    Devices,
    CarePlans,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    Done,
    Tickets {
        tickets: Vec<TicketLine>,
    },
    /// The lines of the day, with how many requests and answers are in them, and how many tickets were left out.
    RecordedDay {
        text: String,
        requests: usize,
        answers: usize,
        left_out: usize,
    },
    Verified(Verified),
    Settings {
        kind: SettingsKind,
        version: u32,
        toml: String,
    },
    /// The version the settings became.
    SettingsImported {
        version: u32,
    },
    Users {
        users: Vec<UserLine>,
    },
    /// What is typed into a telephone.
    PhoneGiven {
        extension: Extension,
        password: Secret,
        realm: String,
    },
    Imported {
        rows: usize,
        /// Rows that are worth a look all the same.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<BadRow>,
    },
    /// Nothing was imported; every bad row is named.
    BadRows {
        rows: Vec<BadRow>,
    },
    BackedUp {
        files: u64,
    },
    KeyRotated {
        rewrapped: u64,
        unreadable: u64,
    },
    Erased {
        events: u64,
        tickets: u64,
        recordings: u64,
    },
    /// Nothing was changed: what is wrong, with the remedy.
    Refused {
        why: String,
    },
}

/// A ticket as `yingda tickets` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketLine {
    pub number: String,
    /// The whole number: for the owner of the data directory, never for a log.
    pub caller: Option<String>,
    pub state: String,
    pub category: Option<String>,
    /// The owning station's name.
    pub station: String,
    /// ISO 8601, UTC.
    pub opened_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub events: u64,
    /// Events whose personal part was erased.
    pub erased: u64,
    /// Where the chain is broken and how; none when it holds.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserLine {
    pub login: String,
    pub name: String,
    /// `operator@12`: a role and the station it is held at.
    pub roles: Vec<String>,
    pub disabled: bool,
}

/// A row of an import that may not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// From 1, the header included, as an editor shows it.
    pub line: u64,
    pub reason: String,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No server holds the data directory.
    #[error("no server is running on {}", .directory.display())]
    NobodyThere { directory: PathBuf },
    #[error(
        "{} is too long a path for a socket: choose a data directory with a path of at most 90 characters",
        .path.display()
    )]
    PathTooLong { path: PathBuf },
    #[error("{what} {}", .path.display())]
    Socket {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the server's answer cannot be read: is it of another version of the program?")]
    Unreadable(#[source] serde_json::Error),
    #[error("the request is longer than 4 MiB: split what it carries")]
    TooLong,
    #[error("the server closed the connection without an answer: its log says why")]
    NoAnswer,
}

fn socket_path(directory: &Path) -> PathBuf {
    directory.join(SOCKET_FILE)
}
