//! What can be written behind `yingda`, with the words that explain it.

use std::net::IpAddr;
#[cfg(feature = "demo")]
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::domain::extension::Extension;
use crate::domain::language::Language;
use crate::domain::settings::SettingsKind;
use crate::service::control::ImportKind;
#[cfg(feature = "demo")]
use crate::simulate::report::Lang;

/// Yingda 应达: a district's help line. Every call answered, every need met.
#[derive(Debug, Parser)]
#[command(
    name = "yingda",
    version,
    after_help = "While a server runs, commands speak to it through <data>/control.sock; otherwise they take the data \
                  directory themselves.\n\nExit codes: 0 done; 1 done, and what was looked at is not as it should \
                  be; 2 the command was not understood; 3 it could not be carried out."
)]
pub struct Arguments {
    /// The settings file [default: config/yingda.toml, else /etc/yingda/yingda.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data directory, instead of the one in the settings
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer the telephones
    ///
    /// Opens the store, the telephones, the link to the SMS centre and the console, and says on one screen what it
    /// listens on, which station answers which number, and what is missing. Ends in good order at Ctrl-C or SIGTERM.
    Serve,
    /// Show the whole line at work, with nothing to set up
    ///
    /// Makes a synthetic district in a fresh folder (real streets, invented people), rings it with simulated residents
    /// over SIP, lets simulated volunteers answer their texts, and prints where to look and with which login. Times
    /// between steps are shortened. Nothing leaves this machine.
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Live through a district's day under several policies, and compare what came of it
    ///
    /// The engine that runs the line decides; residents, volunteers and staff are made of chance that is the same for each
    /// policy. Policies are files like config/policy.toml, of which only what differs need be written. With --events it is
    /// a real day that is lived through again, written down before with --export.
    #[cfg(feature = "demo")]
    Simulate(Simulate),
    /// Ring a number over SIP, press keys, and print what was heard
    ///
    /// The keys are steps apart by spaces, each taken when the line falls quiet: digits, * and # are pressed, `-`
    /// listens once more, `x` hangs up. Exit code 1 when the call ended before its steps.
    Call(Call),
    /// Take areas, stations, people, volunteers, facilities, one-key devices or care plans over from a spreadsheet
    ///
    /// Take them in this order: stations lie in areas, people live in them, volunteers belong to stations. The file is CSV
    /// in UTF-8 or GB18030, its header names the columns in Chinese or English; a header that is not understood is answered
    /// with the names that are. All rows are taken or none: every bad one is shown with its line and reason, and the exit
    /// code is 1. A running server knows all of them at once. ID numbers are kept as a keyed hash only.
    Import {
        /// What the rows are
        what: ImportKind,
        /// The CSV file
        file: PathBuf,
    },
    /// List tickets, the newest first
    ///
    /// Open ones, or with --all the closed ones too. Shows whole telephone numbers: mind who reads along.
    Tickets(Tickets),
    /// Check that nobody tampered with the history
    ///
    /// Follows the chain of events from the first to the last and compares it with the heads that were written down
    /// daily. Says how many events were erased by right. Exit code 1 when the chain is broken.
    Verify,
    /// Look after the prompts
    Prompts {
        #[command(subcommand)]
        what: Prompts,
    },
    /// Look after menu, catalogue, calendar, policy and texts
    ///
    /// Their versions live in the store: every call and ticket keeps the one it began with. `check` reads the
    /// settings file; `export` writes the version in force, `diff` compares it with a file, `import` makes a file
    /// the next version, after checking it.
    Config {
        #[command(subcommand)]
        what: Config,
    },
    /// Look after the console's logins
    User {
        #[command(subcommand)]
        what: User,
    },
    /// Write a backup of this moment into a new directory
    ///
    /// Holds the database, recordings, prompts and settings, but not the installation's keys: without a copy of
    /// its `keys` folder kept elsewhere nobody can hear the recordings.
    Backup {
        /// The directory to be made; it must not be there yet
        directory: PathBuf,
    },
    /// Bring a backup back into an empty data directory
    ///
    /// Begins a new numbering epoch, so that no ticket number is given twice. No server may be running. Put the
    /// installation's `keys` folder back into the data directory before.
    Restore {
        /// A directory that `backup` made
        directory: PathBuf,
    },
    /// Look after the installation's keys
    Key {
        #[command(subcommand)]
        what: Key,
    },
    /// Erase what identifies one person
    ///
    /// Takes name, numbers, addresses and words out of the store, its log and the recordings. The history keeps its
    /// opaque ids and still verifies. Refused while the line owes the person something.
    Erase {
        /// The person's number in the register
        person: i64,
    },
}

#[cfg(feature = "demo")]
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// End after so many minutes, with totals that balance
    #[arg(long, value_name = "N")]
    pub minutes: Option<u32>,
    /// Nobody rings by themselves: ring it yourself
    #[arg(long)]
    pub no_calls: bool,
    /// Where SIP is listened for
    #[arg(long, default_value = "127.0.0.1:5060", value_name = "ADDRESS")]
    pub sip: SocketAddr,
    /// Where the console is served
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub http: SocketAddr,
    /// Keep the data here and go on with what is there [default: a fresh folder under the user's data directory]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// A twentieth of the people
    #[arg(long)]
    pub small: bool,
    /// How much the log tells
    #[arg(long, default_value = "warn", value_name = "FILTER")]
    pub log: String,
}

#[cfg(feature = "demo")]
#[derive(Debug, clap::Args)]
pub struct Simulate {
    /// `day`, `week`, `surge`, `outage`, or a file like config/simulate/day.toml
    #[arg(long, default_value = "day", value_name = "NAME")]
    pub scenario: String,
    /// A policy to compare with the shipped one; may stand several times [default: nearest-three]
    #[arg(long, value_name = "FILE")]
    pub policy: Vec<PathBuf>,
    /// Days a policy
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub seeds: u64,
    /// Instead of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub volunteers: Option<u32>,
    /// Instead of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub requests: Option<u32>,
    /// Replay the day of this file, which --export wrote, instead of the synthetic district's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["volunteers", "requests"])]
    pub events: Option<PathBuf>,
    /// Write a day of the store here, to be replayed: no names, no numbers, places to about 100 m. Nothing is simulated
    #[arg(long, value_name = "FILE", requires = "day",
        conflicts_with_all = ["events", "scenario", "policy", "seeds", "volunteers", "requests", "csv", "html"])]
    pub export: Option<PathBuf>,
    /// Which day
    #[arg(long, value_name = "YYYY-MM-DD", requires = "export")]
    pub day: Option<jiff::civil::Date>,
    /// Write every figure here, of each urgency and street too
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write a page for whoever decides here: what is better, what is worse, what it costs
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// The page's language, zh or en [default: zh]
    #[arg(long, value_name = "LANGUAGE", requires = "html", value_parser = page_language)]
    pub lang: Option<Lang>,
}

#[derive(Debug, clap::Args)]
pub struct Call {
    /// Whom to ring: sip:12349@127.0.0.1:5060
    pub target: String,
    /// What to do, one step at each silence
    pub keys: Vec<String>,
    /// The number to ring from
    #[arg(long, default_value = "15410000001", value_name = "NUMBER")]
    pub from: String,
    /// The address of this machine to ring from
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub here: IpAddr,
    /// A folder of the line's own prompts, to know them by
    #[arg(long, value_name = "DIR")]
    pub sounds: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Tickets {
    /// One JSON object a line: number, caller, state, category, station, opened_at
    #[arg(long)]
    pub json: bool,
    /// Closed ones too
    #[arg(long)]
    pub all: bool,
    /// At most so many
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    pub limit: u32,
}

#[derive(Debug, Subcommand)]
pub enum Prompts {
    /// Check that every prompt is there, in the right format, slow enough and of the present text
    Check {
        /// A folder laid out as sounds/
        #[arg(long, default_value = "sounds", value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Read settings, environment and the files they name, and say what is wrong
    Check,
    /// Write the version in force to the standard output
    Export {
        /// What to write
        kind: Kind,
        /// An older version
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Make a file the next version; a running server has it in force at once
    Import {
        /// What the file is about
        kind: Kind,
        /// A TOML file, as `export` writes one
        file: PathBuf,
    },
    /// Show what a file would change; exit code 1 when it would
    Diff {
        /// What the file is about
        kind: Kind,
        /// A TOML file, as `export` writes one
        file: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    Menu,
    Catalogue,
    Calendar,
    Policy,
    Templates,
}

impl Kind {
    pub fn stored(self) -> SettingsKind {
        match self {
            Self::Menu => SettingsKind::Ivr,
            Self::Catalogue => SettingsKind::Catalogue,
            Self::Calendar => SettingsKind::Calendars,
            Self::Policy => SettingsKind::Policy,
            Self::Templates => SettingsKind::Templates,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a login; its password is asked for, or read from the standard input
    Add {
        /// What is typed at the login page
        login: String,
        /// The name that others see
        #[arg(long)]
        name: String,
        /// A role at a station, as operator@12349; may be given several times
        ///
        /// Roles: operator, dispatcher, handler, callback_officer, supervisor, duty_officer, manager, administrator.
        #[arg(long, value_name = "ROLE@NUMBER", required = true)]
        role: Vec<String>,
        /// The human being's number in the register: nobody closes what they handled, whatever login they use
        #[arg(long, value_name = "ID")]
        person: Option<i64>,
        /// Language of the screens: zh, en or bo
        #[arg(long, default_value = "zh", value_parser = language)]
        language: Language,
    },
    /// Give a login another password and end its sessions
    Passwd {
        /// The login, as `list` shows it
        login: String,
    },
    /// Let a login's telephones register, or no longer
    ///
    /// With --extension makes a password and shows it once, with what is typed into a SIP telephone or softphone; several
    /// telephones may use it and ring together. Whatever password there was before is good no more. A running server
    /// knows it at once.
    Phone {
        /// The login, as `list` shows it
        login: String,
        /// What it is rung by: 3 to 5 digits, no station's help number
        #[arg(long, value_name = "DIGITS", value_parser = extension, required_unless_present = "remove")]
        extension: Option<Extension>,
        /// Its telephones may register no more
        #[arg(long, conflicts_with = "extension")]
        remove: bool,
    },
    /// Say which languages a login speaks with residents
    ///
    /// A caller who wants a person is given to an operator who speaks their language, where one is at work.
    Speaks {
        /// The login, as `list` shows it
        login: String,
        /// zh, en or bo; one or several
        #[arg(required = true, value_parser = language)]
        languages: Vec<Language>,
    },
    /// List logins with their roles
    List,
}

fn extension(text: &str) -> Result<Extension, String> {
    Extension::parse(text).map_err(|error| error.to_string())
}

#[cfg(feature = "demo")]
fn page_language(text: &str) -> Result<Lang, String> {
    Lang::parse(text).ok_or_else(|| "the page is written in zh or en".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| "take zh, en or bo".to_owned())
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make another installation key and wrap everything with it; the older ones are destroyed
    Rotate,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_put_together_rightly() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{} says nothing of itself", command.get_name());
        }
    }
}
