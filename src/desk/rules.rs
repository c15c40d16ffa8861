//! What a jurisdiction has laid down, and how the next version of a part of it takes force.
//!
//! A call keeps the menu it began with, a ticket its category's row and the clocks that were reckoned for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::Desk;
use super::history::{Entity, EventKind, Line};
use crate::dispatch::roads::Roads;
use crate::domain::area::{AdminArea, AreaCode};
use crate::domain::calendar::Calendar;
use crate::domain::category::{Catalogue, Category};
use crate::domain::ids::JurisdictionId;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::policy::Policy;
use crate::domain::settings::{SettingsChange, SettingsKind};
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::ivr::menu::Menu;
use crate::ivr::places::Places;
use crate::prompts::library::Library;
use crate::text::templates::Templates;

/// What a jurisdiction has laid down: one version of it.
#[derive(Debug, Clone)]
pub struct Rules {
    pub jurisdiction: JurisdictionId,
    pub policy: Policy,
    pub catalogue: Catalogue,
    pub calendar: Calendar,
    pub numbering: NumberingPlan,
    pub areas: BTreeMap<AreaCode, AdminArea>,
    pub templates: Templates,
    pub menu: Arc<Menu>,
    pub library: Arc<Library>,
    /// An SMS centre is set: what is texted leaves.
    pub texts: bool,
    /// The ways people may walk, once they are read.
    pub roads: Option<Arc<Roads>>,
}

impl Rules {
    /// Puts one part in its next version.
    ///
    /// # Errors
    /// Everything that is wrong with it, a line each; nothing was changed then.
    pub fn change(&mut self, change: &SettingsChange) -> Result<(), String> {
        let toml = &change.toml;
        match change.kind {
            SettingsKind::Ivr => {
                let parsed = Menu::parse("ivr.toml", toml, &self.catalogue, &self.library);
                let menu = parsed.map_err(|errors| {
                    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
                })?;
                let menu = Menu { version: change.version, ..menu };
                self.menu = Arc::new(menu.with_places(self.menu.places.clone()));
            }
            SettingsKind::Catalogue => {
                let catalogue = Catalogue::parse(toml).map_err(|error| error.to_string())?;
                self.catalogue = Catalogue { version: change.version, ..catalogue };
            }
            SettingsKind::Calendars => {
                self.calendar = Calendar::parse(toml).map_err(|error| error.to_string())?;
            }
            SettingsKind::Templates => {
                self.templates = Templates::parse(toml).map_err(|error| error.to_string())?;
            }
            SettingsKind::Policy => {
                self.policy = Policy::parse(toml).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
}

impl Desk {
    /// Areas are in force at once: for forms and texts, for who is near, and where their names are spoken for the menu
    /// of calls that come.
    pub(super) fn put_areas(&mut self, areas: &[AdminArea]) {
        for area in areas {
            self.roster.put_area(area);
            self.rules.areas.insert(area.code.clone(), area.clone());
        }
        let places = Places::new(self.rules.areas.keys().cloned(), &self.rules.library);
        let menu = self.rules.menu.as_ref().clone().with_places(places);
        self.rules.menu = Arc::new(menu);
    }

    /// From now on who is asked is nearest by road.
    pub fn learn_roads(&mut self, roads: Arc<Roads>) {
        self.rules.roads = Some(roads);
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Another version is in force from now on; what was wrong with one is said in the history, and it is not.
    pub(super) fn settings_changed(&mut self, change: &SettingsChange, now: Timestamp) {
        let before = self.rules.catalogue.clone();
        let detail = match self.rules.change(change) {
            Ok(()) => json!({ "kind": change.kind, "version": change.version }),
            Err(wrong) => json!({ "kind": change.kind, "version": change.version, "words": wrong }),
        };
        if before.version != self.rules.catalogue.version {
            self.older_catalogues.insert(before.version, before);
            let used: Vec<u32> = self.cases.values().map(|case| case.ticket.catalogue_version).collect();
            self.older_catalogues.retain(|version, _| used.contains(version));
        }
        self.tell(Line::new(EventKind::SettingsInForce, Entity::Desk, detail), now);
        // What falls due is reckoned anew: shares of the clocks and hours of calling may have changed.
        let ids: Vec<_> = self.cases.keys().copied().collect();
        for id in ids {
            let due = self.case_deadline(id, now);
            self.deadlines.set(super::deadlines::Due::Ticket(id), due);
        }
    }

    /// The row of the catalogue a ticket is handled by: of the version it was given its category in.
    pub(super) fn category_for(&self, ticket: &Ticket) -> Option<&Category> {
        let code = ticket.category.as_ref()?;
        let older = self.older_catalogues.get(&ticket.catalogue_version);
        older.and_then(|catalogue| catalogue.find(code)).or_else(|| self.rules.catalogue.find(code))
    }
}
