//! Checks a menu, catalogue, calendar, policy or set of texts before it becomes a version: with the
//! others in force, because a menu names categories and prompts.

use std::path::Path;

use anyhow::{Context, anyhow};

use super::rules;
use crate::domain::calendar::Calendar;
use crate::domain::category::Catalogue;
use crate::domain::policy::Policy;
use crate::domain::settings::SettingsKind;
use crate::ivr::menu::Menu;
use crate::text::templates::Templates;

/// Checks `toml` as the next version of `kind`; `in_force` answers the text of the other kinds.
///
/// # Errors
/// Everything that is wrong, each with its line and remedy.
pub fn check(
    kind: SettingsKind,
    toml: &str,
    in_force: impl Fn(SettingsKind) -> anyhow::Result<String>,
    sounds: Option<&Path>,
) -> anyhow::Result<()> {
    let menu = |menu: &str, catalogue: &str| {
        let catalogue = Catalogue::parse(catalogue).context("the catalogue")?;
        let library = rules::library(sounds)?;
        let told = |errors: Vec<_>| {
            let lines: Vec<String> =
                errors.iter().map(|error: &crate::ivr::menu::MenuError| error.to_string()).collect();
            anyhow!("{}", lines.join("\n"))
        };
        Menu::parse("ivr.toml", menu, &catalogue, &library).map(|_| ()).map_err(told).context("the menu")
    };
    match kind {
        SettingsKind::Ivr => menu(toml, &in_force(SettingsKind::Catalogue)?),
        // The menu in force must still find its categories.
        SettingsKind::Catalogue => menu(&in_force(SettingsKind::Ivr)?, toml),
        SettingsKind::Calendars => Calendar::parse(toml).map(|_| ()).context("the calendar"),
        SettingsKind::Policy => Policy::parse(toml).map(|_| ()).context("the policy"),
        SettingsKind::Templates => Templates::parse(toml).map(|_| ()).context("the texts"),
    }
}
