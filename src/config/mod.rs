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

use crate::domain::ids::JurisdictionId;
use crate::domain::phone_number::NumberingPlan;

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
    pub place: PlaceSettings,
    pub first: FirstVersions,
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

/// The files that become version 1 in the store at the first start; read no more after that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FirstVersions {
    pub menu: PathBuf,
    pub catalogue: PathBuf,
    pub policy: PathBuf,
    pub calendars: PathBuf,
    /// Prompts: one folder a language.
    pub sounds: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: "../data".into(),
            log: "info".into(),
            place: PlaceSettings::default(),
            first: FirstVersions::default(),
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

impl Default for FirstVersions {
    fn default() -> Self {
        Self {
            menu: "ivr.toml".into(),
            catalogue: "catalogue.toml".into(),
            policy: "policy.toml".into(),
            calendars: "calendars".into(),
            sounds: "../sounds".into(),
        }
    }
}

/// Reads the file, lays the environment over it, and checks what came of it.
///
/// # Errors
/// Every problem found, each with its place and remedy. A value of the wrong type or an unknown key
/// stops the reading, so it comes alone.
pub fn load(file: &Path, environment: &Environment) -> Result<Settings, Problems> {
    let text = std::fs::read_to_string(file).map_err(|error| Problem::unreadable(file, &error))?;
    let settings = read(file, &text, environment)?;
    Ok(settings.with_paths_from(file.parent().unwrap_or(Path::new(""))))
}

/// Reads settings from the text of `file`; paths stay as written.
///
/// # Errors
/// As `load`.
pub fn read(file: &Path, text: &str, environment: &Environment) -> Result<Settings, Problems> {
    let source = source::Source::parse(file, text, environment)?;
    let settings: Settings = source.deserialize()?;
    let problems: Vec<Problem> =
        check::impossible(&settings).into_iter().map(|found| source.locate(found)).collect();
    if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
}

impl Settings {
    /// Counts relative paths from `folder`.
    fn with_paths_from(mut self, folder: &Path) -> Self {
        let first = &mut self.first;
        for path in [
            &mut self.data_dir,
            &mut first.menu,
            &mut first.catalogue,
            &mut first.policy,
            &mut first.calendars,
            &mut first.sounds,
        ] {
            *path = folder.join(&*path);
        }
        self
    }
}
