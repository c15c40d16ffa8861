//! Who could be asked for a category, by where they live.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;

/// A volunteer's place in the roster's list.
pub(super) type Slot = u32;

/// Slots by category, then by area of home.
#[derive(Debug, Clone, Default)]
pub(super) struct Homes {
    homes: BTreeMap<CategoryCode, BTreeMap<AreaCode, BTreeSet<Slot>>>,
}

impl Homes {
    pub(super) fn add(&mut self, slot: Slot, skills: &BTreeSet<CategoryCode>, area: &AreaCode) {
        for skill in skills {
            // Nearly always both are known: only what is new is copied.
            let areas = match self.homes.get_mut(skill) {
                Some(areas) => areas,
                None => self.homes.entry(skill.clone()).or_default(),
            };
            match areas.get_mut(area) {
                Some(slots) => slots.insert(slot),
                None => areas.entry(area.clone()).or_default().insert(slot),
            };
        }
    }

    pub(super) fn remove(&mut self, slot: Slot, skills: &BTreeSet<CategoryCode>, area: &AreaCode) {
        for skill in skills {
            let Some(areas) = self.homes.get_mut(skill) else { continue };
            let Some(slots) = areas.get_mut(area) else { continue };
            slots.remove(&slot);
            if slots.is_empty() {
                areas.remove(area);
            }
        }
    }

    /// Everyone with the skill, area by area.
    pub(super) fn with_skill(
        &self,
        skill: &CategoryCode,
    ) -> impl Iterator<Item = (&AreaCode, &BTreeSet<Slot>)> {
        self.homes.get(skill).into_iter().flatten()
    }
}
