//! The command line: what `yingda` can be asked, and how it answers.
//!
//! While a server runs, whatever touches its data goes through its control socket; without one the
//! command takes the data directory's lock and does the work itself.

mod arguments;
mod call;
#[cfg(feature = "demo")]
mod demo;
mod imports;
mod logging;
mod office;
mod prompts;
#[cfg(feature = "demo")]
mod replay;
mod serve;
mod settings;
#[cfg(feature = "demo")]
pub mod simulate;
mod tickets;
mod upkeep;
mod users;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

pub use arguments::Arguments;
use arguments::Command;

use crate::config::{self, Environment, Settings};

/// Where the settings are looked for when nobody names them.
const SETTINGS_FILES: [&str; 2] = ["config/yingda.toml", "/etc/yingda/yingda.toml"];

/// What a command that could be carried out found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// What was looked at is not as it should be: exit code 1.
    Wrong,
}

/// Exit code of a command that could not be carried out.
const FAILED: u8 = 3;

/// Carries out what was asked.
pub fn run(arguments: Arguments) -> ExitCode {
    let place = Place { config: arguments.config, data: arguments.data };
    let done = match arguments.command {
        Command::Serve => serve::serve(&place),
        #[cfg(feature = "demo")]
        Command::Demo(asked) => demo::demo(asked),
        #[cfg(feature = "demo")]
        Command::Simulate(asked) => simulate::simulate(&place, &asked),
        Command::Call(asked) => call::call(&asked),
        Command::Import { what, file } => imports::import(&place, what, &file),
        Command::Tickets(asked) => tickets::show(&place, &asked),
        Command::Verify => upkeep::verify(&place),
        Command::Backup { directory } => upkeep::backup(&place, &directory),
        Command::Restore { directory } => upkeep::restore(&place, &directory),
        Command::Key { what: arguments::Key::Rotate } => upkeep::rotate_key(&place),
        Command::Erase { person } => upkeep::erase(&place, person),
        Command::User { what } => users::user(&place, what),
        Command::Config { what } => settings::config(&place, what),
        Command::Prompts { what: arguments::Prompts::Check { folder } } => prompts::check(&folder),
    };
    match done {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("yingda: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

/// Who pipes into `head` has seen enough: that nobody reads on is no mistake.
fn printed(written: std::io::Result<()>) -> anyhow::Result<Verdict> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Verdict::Good),
        written => Ok(written.map(|()| Verdict::Good)?),
    }
}

/// Which installation is meant.
struct Place {
    config: Option<PathBuf>,
    data: Option<PathBuf>,
}

impl Place {
    /// The settings file that is meant: the one named, else the first that is there.
    fn file(&self) -> PathBuf {
        match &self.config {
            Some(file) => file.clone(),
            None => {
                let there = SETTINGS_FILES.iter().map(Path::new).find(|file| file.exists());
                there.unwrap_or(Path::new(SETTINGS_FILES[0])).to_owned()
            }
        }
    }

    /// The settings, with the data directory that was named.
    fn settings(&self) -> anyhow::Result<Settings> {
        let file = self.file();
        let environment = Environment::of_process();
        // Who names a data directory may do without a file.
        let mut settings = if self.config.is_none() && self.data.is_some() && !file.exists() {
            config::read(&file, "", &environment)?
        } else {
            config::load(&file, &environment)?
        };
        if let Some(data) = &self.data {
            settings.data_dir.clone_from(data);
        }
        settings.data_dir = std::path::absolute(&settings.data_dir).context("find the data directory")?;
        Ok(settings)
    }
}
