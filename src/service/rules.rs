//! What the jurisdiction has laid down, from the store: menu, catalogue, calendar, policy, texts.
//!
//! The files of `config/` are the first version; from then on the store is the truth.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};

use super::rules_check;
use crate::desk::rules::Rules;
use crate::domain::area::AdminArea;
use crate::domain::calendar::{self, Calendar};
use crate::domain::category::{self, Catalogue};
use crate::domain::ids::JurisdictionId;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::policy::{self, Policy};
use crate::domain::settings::SettingsKind;
use crate::ivr::menu::Menu;
use crate::ivr::places::Places;
use crate::prompts::library::Library;
use crate::prompts::manifest::Manifest;
use crate::store::Store;
use crate::store::records::By;
use crate::store::settings::SettingsVersion;
use crate::text::templates::Templates;

/// The voice menu that comes with the program.
const MENU: &str = include_str!("../../config/ivr.toml");
/// The texts that come with the program.
const TEMPLATES: &str = include_str!("../../config/templates.toml");
/// What is said in each language, and which of it is recorded.
const MANIFESTS: [(&str, &str); 3] = [
    ("sounds/zh/manifest.toml", include_str!("../../sounds/zh/manifest.toml")),
    ("sounds/en/manifest.toml", include_str!("../../sounds/en/manifest.toml")),
    ("sounds/bo/manifest.toml", include_str!("../../sounds/bo/manifest.toml")),
];

/// The text that comes with the program, of one kind.
pub fn built_in(kind: SettingsKind) -> &'static str {
    match kind {
        SettingsKind::Ivr => MENU,
        SettingsKind::Catalogue => category::DEFAULT_TEXT,
        SettingsKind::Calendars => calendar::DEFAULT_TEXT,
        SettingsKind::Templates => TEMPLATES,
        SettingsKind::Policy => policy::DEFAULT_TEXT,
    }
}

/// Files that stand in for what comes with the program, at the first start.
pub type FirstFiles = BTreeMap<SettingsKind, std::path::PathBuf>;

/// Puts version 1 of each kind into a store that has none.
///
/// # Errors
/// When a file cannot be read or says something impossible; nothing of any is kept then.
pub fn first_versions(
    store: &Store,
    jurisdiction: &JurisdictionId,
    files: &FirstFiles,
    sounds: Option<&Path>,
    by: &By,
) -> anyhow::Result<()> {
    let there = newest(store, jurisdiction)?;
    let text = |kind: SettingsKind| match (there.get(&kind), files.get(&kind).filter(|path| path.exists())) {
        (Some(version), _) => Ok(version.toml.clone()),
        (None, Some(path)) => {
            std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
        }
        (None, None) => Ok(built_in(kind).to_owned()),
    };
    let new: Vec<SettingsKind> =
        SettingsKind::ALL.iter().copied().filter(|kind| !there.contains_key(kind)).collect();
    for kind in &new {
        let place =
            || files.get(kind).map_or_else(|| "built in".to_owned(), |path| path.display().to_string());
        rules_check::check(*kind, &text(*kind)?, text, sounds).with_context(place)?;
    }
    for kind in new {
        store
            .add_settings(kind, text(kind)?, by.clone())
            .with_context(|| format!("keep the first {kind}"))?;
    }
    Ok(())
}

fn newest(
    store: &Store,
    jurisdiction: &JurisdictionId,
) -> anyhow::Result<BTreeMap<SettingsKind, SettingsVersion>> {
    let mut found = BTreeMap::new();
    for kind in SettingsKind::ALL {
        let versions =
            store.read(|connection| crate::store::settings::versions(connection, jurisdiction, *kind))?;
        if let Some(newest) = versions.into_iter().next() {
            found.insert(*kind, newest);
        }
    }
    Ok(found)
}

/// The prompts that come with the program, or those of a folder laid over them.
///
/// # Errors
/// When a manifest cannot be read.
pub fn library(folder: Option<&Path>) -> anyhow::Result<Library> {
    let mut manifests = Vec::new();
    for (name, text) in MANIFESTS {
        let over = folder.map(|folder| folder.join(name.trim_start_matches("sounds/")));
        let text = match over.filter(|path| path.exists()) {
            Some(path) => {
                std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?
            }
            None => text.to_owned(),
        };
        manifests.push(Manifest::parse(name, &text).with_context(|| format!("read {name}"))?);
    }
    Ok(Library::new(manifests))
}

/// The rules in force.
///
/// # Errors
/// When a version in the store says something impossible: it was checked when it came in, so this is a fault.
pub fn load(
    store: &Store,
    jurisdiction: &JurisdictionId,
    numbering: &NumberingPlan,
    areas: Vec<AdminArea>,
    library: Library,
) -> anyhow::Result<Rules> {
    let versions = newest(store, jurisdiction)?;
    let text = |kind: SettingsKind| {
        versions.get(&kind).map_or_else(|| built_in(kind).to_owned(), |version| version.toml.clone())
    };
    let mut catalogue = Catalogue::parse(&text(SettingsKind::Catalogue)).context("the catalogue in force")?;
    catalogue.version = versions.get(&SettingsKind::Catalogue).map_or(0, |version| version.version);
    let mut menu = Menu::parse("ivr.toml", &text(SettingsKind::Ivr), &catalogue, &library)
        .map_err(|errors| anyhow!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
        .context("the menu in force")?;
    menu.version = versions.get(&SettingsKind::Ivr).map_or(menu.version, |version| version.version);
    let places = Places::new(areas.iter().map(|area| area.code.clone()), &library);
    Ok(Rules {
        jurisdiction: jurisdiction.clone(),
        policy: Policy::parse(&text(SettingsKind::Policy)).context("the policy in force")?,
        calendar: Calendar::parse(&text(SettingsKind::Calendars)).context("the calendar in force")?,
        numbering: numbering.clone(),
        areas: areas.into_iter().map(|area| (area.code.clone(), area)).collect(),
        templates: texts(&text(SettingsKind::Templates))?,
        menu: Arc::new(menu.with_places(places)),
        library: Arc::new(library),
        texts: true,
        roads: None,
        catalogue,
    })
}

/// A program that knows more sentences than the one before starts with those that the jurisdiction has written, and
/// with its own for the rest.
fn texts(toml: &str) -> anyhow::Result<Templates> {
    let (templates, told) = Templates::in_force(toml).context("the texts in force")?;
    for wrong in told {
        tracing::warn!("the texts in force: {wrong}; until then the program's own words are sent");
    }
    Ok(templates)
}
