//! The settings of one installation: `yingda.toml`, then the environment, checked once at start.
//!
//! Each room defines what it can be told (`Settings` with its defaults); this room reads them all
//! from one file and says where and how to mend what is wrong. Menus, the catalogue, calendars and
//! policy are not here: the files named under `[first]` are only their first version, the store
//! keeps the ones that followed.

mod check;
mod problem;
mod source;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::console::settings::Settings as ConsoleSettings;
use crate::domain::ids::JurisdictionId;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::settings::SettingsKind;
use crate::phone::settings::Settings as PhoneSettings;
use crate::phone::sounds::Settings as SoundSettings;
use crate::places::Settings as RoadSettings;
use crate::sms::settings::Settings as SmsSettings;

pub use problem::{Problem, Problems};
pub use source::Environment;

/// Every setting. Relative paths are counted from the folder of the file they stand in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where everything the line remembers is kept.
    pub data_dir: PathBuf,
    /// How much the log tells, in the spelling of `RUST_LOG`; libraries never get below `warn`.
    pub log: String,
    /// Keeps every event the desk was given, encrypted, for 14 days: what replay reads.
    pub journal: bool,
    pub place: PlaceSettings,
    pub first: FirstVersions,
    pub sounds: SoundSettings,
    pub phone: PhoneSettings,
    pub roads: RoadSettings,
    /// The link to the SMS centre; without one no text leaves.
    pub sms: Option<SmsSettings>,
    pub console: ConsoleSettings,
}

/// Where this help line is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlaceSettings {
    /// Open311's jurisdiction_id: what records belong to unless they say otherwise.
    pub jurisdiction: JurisdictionId,
    pub name: String,
    /// Country and area codes put before a number that was written without them.
    pub numbering: NumberingPlan,
}

/// Files that become version 1 in the store at the first start, instead of those that come with the
/// program; read no more after that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FirstVersions {
    pub menu: Option<PathBuf>,
    pub catalogue: Option<PathBuf>,
    pub calendar: Option<PathBuf>,
    pub policy: Option<PathBuf>,
    pub templates: Option<PathBuf>,
}

impl FirstVersions {
    /// The file named for a kind.
    pub fn file(&self, kind: SettingsKind) -> Option<&PathBuf> {
        match kind {
            SettingsKind::Ivr => self.menu.as_ref(),
            SettingsKind::Catalogue => self.catalogue.as_ref(),
            SettingsKind::Calendars => self.calendar.as_ref(),
            SettingsKind::Policy => self.policy.as_ref(),
            SettingsKind::Templates => self.templates.as_ref(),
        }
    }

    fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let Self { menu, catalogue, calendar, policy, templates } = self;
        [menu, catalogue, calendar, policy, templates].into_iter().flatten()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: "../data".into(),
            log: "info".into(),
            journal: true,
            place: PlaceSettings::default(),
            first: FirstVersions::default(),
            sounds: SoundSettings::default(),
            phone: PhoneSettings::default(),
            roads: RoadSettings::default(),
            sms: None,
            console: ConsoleSettings::default(),
        }
    }
}

impl Default for PlaceSettings {
    fn default() -> Self {
        Self {
            jurisdiction: JurisdictionId("shibei".into()),
            name: "市北区".into(),
            numbering: NumberingPlan::default(),
        }
    }
}

/// Reads the file, lays the environment over it, and checks what came of it.
///
/// # Errors
/// Every problem found, each with its place and remedy. A value of the wrong type or an unknown key
/// stops the reading, so it comes alone.
pub fn load(file: &Path, environment: &Environment) -> Result<Settings, Problems> {
    let octets = std::fs::read(file).map_err(|error| Problem::unreadable(file, &error))?;
    let text =
        str::from_utf8(&octets).map_err(|error| Problem::no_utf8(file, &octets, error.valid_up_to()))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    check(file, text, environment, |settings| settings.with_paths_from(folder), check::not_there)
}

/// Reads settings from the text of `file`; paths stay as written and are not looked for.
///
/// # Errors
/// As `load`.
pub fn read(file: &Path, text: &str, environment: &Environment) -> Result<Settings, Problems> {
    check(file, text, environment, |settings| settings, |_| vec![])
}

fn check(
    file: &Path,
    text: &str,
    environment: &Environment,
    placed: impl FnOnce(Settings) -> Settings,
    also: impl FnOnce(&Settings) -> Vec<check::Impossible>,
) -> Result<Settings, Problems> {
    let source = source::Source::parse(file, text, environment)?;
    let settings = placed(source.deserialize()?);
    let found = check::impossible(&settings).into_iter().chain(also(&settings));
    let problems: Vec<Problem> = found.map(|found| source.locate(found)).collect();
    if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
}

impl Settings {
    /// Counts relative paths from `folder`.
    fn with_paths_from(mut self, folder: &Path) -> Self {
        let certificates = self.console.tls.iter_mut().chain(&mut self.phone.certificate);
        let tls = certificates.flat_map(|files| [&mut files.certificate, &mut files.key]);
        let others =
            [&mut self.data_dir].into_iter().chain(&mut self.sounds.folder).chain(&mut self.roads.file);
        for path in others.chain(self.first.paths()).chain(tls) {
            *path = folder.join(&*path);
        }
        self
    }
}
