//! How far it is on foot: by road where a road file is set, else the straight line and what ways usually add to it.
//!
//! The straight line finds who might be near; who is near is said by the way there.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use super::candidates::{Asking, Nearness};
use super::homes::Slot;
use super::nearby::Sought;
use super::roads::{FromHere, Roads};
use crate::domain::area::Point;
use crate::domain::ids::VolunteerId;

/// The ways to where somebody is wanted.
pub(super) struct OnFoot<'a> {
    roads: Option<&'a Roads>,
    there: Option<Point>,
    detour_permille: u16,
    /// Made when the first way is asked for: who only wants a verdict needs none.
    from_there: OnceCell<Option<RefCell<FromHere>>>,
}

impl<'a> OnFoot<'a> {
    pub(super) fn new(there: Option<Point>, detour_permille: u16) -> Self {
        Self { roads: None, there, detour_permille, from_there: OnceCell::new() }
    }

    /// With the roads of the district, where they are known.
    pub(super) fn along(self, roads: Option<&'a Roads>) -> Self {
        Self { roads, ..self }
    }

    /// By road; none without roads, or for somebody who lives beside none.
    pub(super) fn by_road(&self, home: Option<Point>) -> Option<u32> {
        let roads = self.roads?;
        let start = || Some(RefCell::new(roads.from(self.there?)?));
        let from_there = self.from_there.get_or_init(start).as_ref()?;
        roads.metres_from(&mut from_there.borrow_mut(), home?)
    }

    fn estimate(&self, straight: u32) -> u32 {
        let metres = u64::from(straight) * u64::from(self.detour_permille) / 1_000;
        u32::try_from(metres).unwrap_or(u32::MAX)
    }

    fn metres(&self, home: Option<Point>, straight: u32) -> u32 {
        match self.by_road(home) {
            // Both are rounded: no way is shorter than the straight line.
            Some(metres) => metres.max(straight),
            None => self.estimate(straight),
        }
    }

    /// As near as the way there is long.
    pub(super) fn walked(&self, near: Nearness, home: Option<Point>) -> Nearness {
        Nearness { metres: near.metres.map(|straight| self.metres(home, straight)), ..near }
    }
}

impl std::fmt::Debug for OnFoot<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnFoot")
            .field("roads", &self.roads)
            .field("there", &self.there)
            .finish_non_exhaustive()
    }
}

impl<'a> Asking<'a> {
    /// With the roads of the district, where they are known.
    pub fn by_road(mut self, roads: Option<&'a Roads>) -> Self {
        self.on_foot = self.on_foot.along(roads);
        self
    }

    /// Metres by road to a volunteer; none without roads or places.
    pub fn road_metres(&self, id: VolunteerId) -> Option<u32> {
        self.on_foot.by_road(self.roster.card(self.roster.slot_of(id)?).point)
    }

    /// As near as the way there is long.
    pub(super) fn walked(&self, slot: Slot, near: Nearness) -> Nearness {
        self.on_foot.walked(near, self.roster.card(slot).point)
    }

    /// As near as the way there may be long, without looking for it.
    pub(super) fn estimated(&self, near: Nearness) -> Nearness {
        Nearness { metres: near.metres.map(|straight| self.on_foot.estimate(straight)), ..near }
    }

    /// The nearest who may be asked, as many as the policy lets be compared.
    ///
    /// By road it goes on along those who are nearest by air until the next lives farther off, straight, than the last
    /// of the list by road: nobody after them can be nearer.
    pub(super) fn nearest_on_foot(&self, sought: &Sought<'_>) -> Vec<(Slot, Nearness)> {
        let enough = usize::from(self.policy.offers.shortlist);
        let by_air = self.nearest_by_air(sought);
        if self.on_foot.roads.is_none() {
            let mut listed = self.first_of(enough, by_air);
            listed.iter_mut().for_each(|(_, near)| *near = self.estimated(*near));
            return listed;
        }
        let mut best: BTreeMap<(Option<u32>, VolunteerId), (Slot, Nearness)> = BTreeMap::new();
        for ((slot, near), _) in by_air {
            let farthest = best.last_key_value().map(|((metres, _), _)| *metres);
            if best.len() == enough && farthest.is_some_and(|farthest| near.metres > farthest) {
                break;
            }
            let way = self.walked(slot, near);
            best.insert((way.metres, self.roster.card(slot).id), (slot, way));
            if best.len() > enough {
                best.pop_last();
            }
        }
        best.into_values().collect()
    }

    /// As many as are enough; of those who live as far off as the last of them, whoever has the lower badge number: who
    /// came to the register first says nothing.
    fn first_of(
        &self,
        enough: usize,
        mut by_air: impl Iterator<Item = ((Slot, Nearness), u64)>,
    ) -> Vec<(Slot, Nearness)> {
        let mut listed = Vec::with_capacity(enough + 1);
        let mut last = None;
        let mut as_far = 0;
        for (one, squared) in by_air.by_ref() {
            if listed.len() >= enough && last != Some(squared) {
                break;
            }
            as_far = if last == Some(squared) { as_far + 1 } else { 1 };
            last = Some(squared);
            listed.push(one);
        }
        if listed.len() > enough {
            let equals = listed.len() - as_far;
            listed[equals..].sort_unstable_by_key(|(slot, _)| self.roster.card(*slot).id);
            listed.truncate(enough);
        }
        listed
    }
}

#[cfg(test)]
mod tests;
