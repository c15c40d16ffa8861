//! Candidates of whom the area counts: the same committee first, then those next to it, the same street, the
//! same district.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::Id;
use super::around::Filters;
use super::attributes::{Attribute, Attributes};
use super::columns::Columns;
use crate::domain::area::AreaNumber;

/// The rings there are: 0 the same committee, 1 next to it, 2 the same street, 3 the same district.
pub const RINGS: RangeInclusive<u8> = 0..=3;

/// Where somebody is wanted, as far as its area says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// None when nobody knows: anyone is as near as can be said.
    pub area: Option<AreaNumber>,
    /// Areas that share a border with it, on whichever side of a district's border.
    pub bordering: Option<&'a BTreeSet<AreaNumber>>,
}

impl Place<'_> {
    /// The ring of a home; none outside the district and beyond its borders.
    pub fn ring(&self, home: AreaNumber) -> Option<u8> {
        let Some(area) = self.area else { return Some(*RINGS.end()) };
        if area == home && home.is_committee() {
            Some(0)
        } else if self.bordering.is_some_and(|bordering| bordering.contains(&home)) {
            Some(1)
        } else if area.street().is_some() && area.street() == home.street() {
            Some(2)
        } else {
            (area.district() == home.district()).then_some(3)
        }
    }
}

/// Candidates by area.
#[derive(Debug, Clone, Default)]
pub struct Areas {
    columns: Columns,
    /// The bin of each area that anybody ever lived in: what lies in a street stands together.
    numbers: BTreeMap<AreaNumber, u32>,
}

impl Areas {
    /// Puts a candidate in; one who is there already is moved and changed.
    pub fn insert(&mut self, id: Id, area: AreaNumber, attributes: Attributes) {
        self.remove(id);
        let columns = &mut self.columns;
        let bin = *self.numbers.entry(area).or_insert_with(|| columns.open());
        self.columns.add(id, bin, attributes);
    }

    /// Takes a candidate out; says whether the id was there.
    pub fn remove(&mut self, id: Id) -> bool {
        self.columns.remove(id)
    }

    /// Gives a candidate an attribute or takes it; says whether the id was there.
    pub fn set(&mut self, id: Id, attribute: Attribute, on: bool) -> bool {
        self.columns.set(id, attribute.bit(), on)
    }

    /// Adds those of one ring who fit, each once, in no order.
    pub(in crate::dispatch) fn of_ring(
        &self,
        place: Place<'_>,
        ring: u8,
        filters: &Filters,
        found: &mut Vec<Id>,
    ) {
        self.columns.fitting(&self.bins_of(place, ring), filters, found);
    }

    /// The bin of each area of a ring.
    fn bins_of(&self, place: Place<'_>, ring: u8) -> Vec<u32> {
        let Some(area) = place.area else {
            return if ring == *RINGS.end() { self.numbers.values().copied().collect() } else { Vec::new() };
        };
        let within = |area: AreaNumber| {
            let known = area.within().into_iter().flat_map(|part| self.numbers.range(part));
            known.filter(|(home, _)| place.ring(**home) == Some(ring)).map(|(_, bin)| *bin).collect()
        };
        match ring {
            0 => {
                self.numbers.get(&area).copied().filter(|_| place.ring(area) == Some(0)).into_iter().collect()
            }
            1 => {
                let bordering = place.bordering.into_iter().flatten();
                let known = bordering.filter(|home| place.ring(**home) == Some(1));
                known.filter_map(|home| self.numbers.get(home)).copied().collect()
            }
            2 => area.street().map(within).unwrap_or_default(),
            _ => within(area.district()),
        }
    }
}

#[cfg(test)]
mod tests;
