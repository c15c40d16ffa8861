//! Places a caller may choose by key: streets of a district, committees of a street.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::area::{AreaCode, AreaLevel};
use crate::domain::language::Language;
use crate::prompts::clip::ClipId;
use crate::prompts::library::Library;

/// Choices on one page of places: the keys 1 to 7, since 8 and 9 keep their meaning in every menu.
pub const PLACES_A_PAGE: usize = 7;

/// The areas that have a clip, so that they can be offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    spoken: BTreeMap<Language, BTreeSet<AreaCode>>,
}

impl Places {
    /// Of the given areas, those that can be said; one whose name has no clip is not offered.
    pub fn new(areas: impl IntoIterator<Item = AreaCode>, library: &Library) -> Self {
        let areas: BTreeSet<AreaCode> = areas.into_iter().collect();
        let spoken = Language::ALL
            .iter()
            .map(|language| {
                let said = areas.iter().filter(|area| library.is_said(*language, &ClipId::area(area)));
                (*language, said.cloned().collect())
            })
            .collect();
        Self { spoken }
    }

    /// The next smaller areas within one, in the order of their codes.
    pub fn within(&self, area: &AreaCode, language: Language) -> Vec<AreaCode> {
        let smaller = match area.level() {
            AreaLevel::District => AreaLevel::Street,
            AreaLevel::Street => AreaLevel::Committee,
            AreaLevel::Committee => return Vec::new(),
        };
        let Some(spoken) = self.spoken.get(&language) else { return Vec::new() };
        spoken
            .iter()
            .filter(|inner| inner.level() == smaller && inner.as_str().starts_with(area.as_str()))
            .cloned()
            .collect()
    }
}
