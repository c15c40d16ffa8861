//! Institutions that take work: which is the nearest for a category and a place, and why not the others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::candidates::{Nearness, is_in_reach, nearness};
use super::on_foot::OnFoot;
use super::ranking::ring_score;
use super::roads::Roads;
use super::roster::Roster;
use crate::domain::area::{AreaCode, Point};
use crate::domain::category::{Category, CategoryCode};
use crate::domain::ids::{FacilityId, JurisdictionId};
use crate::domain::names::named_enum;
use crate::domain::policy::Policy;
use crate::domain::register::Institution;

named_enum! {
    /// Why an institution is not told of work.
    pub enum Against {
        /// No institution of that number is registered.
        Unknown = "unknown",
        Jurisdiction = "jurisdiction",
        /// It is another region's, with which it was agreed, and work of this category stays within.
        NotShared = "not_shared",
        /// It takes no work of this category.
        Category = "category",
        Closed = "closed",
        /// It has no mobile to be told on.
        NoPhone = "no_phone",
        /// It was told of this ticket before.
        AlreadyTold = "already_told",
        TooFar = "too_far",
    }
}

/// Whether an institution may be told, and how near it is by the straight line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    May(Nearness),
    No(Against),
}

/// The work an institution is sought for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    pub jurisdiction: &'a JurisdictionId,
    pub category: &'a Category,
    pub area: Option<&'a AreaCode>,
    pub point: Option<Point>,
    /// Told of this ticket before, whatever they said.
    pub told: &'a BTreeSet<FacilityId>,
    pub policy: &'a Policy,
    /// The ways people walk, where they are known.
    pub roads: Option<&'a Roads>,
}

impl Sought<'_> {
    fn on_foot(&self) -> OnFoot<'_> {
        OnFoot::new(self.point, self.policy.offers.detour_permille).along(self.roads)
    }

    /// Why one of that jurisdiction is not told across the border.
    fn border(&self, of: &JurisdictionId) -> Option<Against> {
        if of == self.jurisdiction {
            None
        } else if !self.policy.agreements.institutions_of.contains(of) {
            Some(Against::Jurisdiction)
        } else {
            (!self.category.shareable).then_some(Against::NotShared)
        }
    }
}

/// One that takes such work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Considered {
    pub id: FacilityId,
    pub verdict: Verdict,
    /// Metres to it by road; none without roads or places.
    pub by_road: Option<u32>,
}

/// How far off, as far as the order goes: what nearness counts in a volunteer's rank, then the metres.
type Far = (Reverse<u16>, u32);

fn far(near: Nearness) -> Far {
    (Reverse(ring_score(near)), near.metres.unwrap_or(u32::MAX))
}

/// What dispatch knows of institutions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Institutions {
    known: BTreeMap<FacilityId, Institution>,
    /// In order of their numbers, each with its place.
    by_category: BTreeMap<CategoryCode, Vec<(FacilityId, Option<Point>)>>,
}

impl Institutions {
    /// Adds one, or puts it in place of what was known of it.
    pub fn put(&mut self, institution: Institution) {
        let id = institution.id;
        if let Some(before) = self.known.remove(&id) {
            for category in &before.categories {
                self.by_category.entry(category.clone()).or_default().retain(|(other, _)| *other != id);
            }
        }
        for category in &institution.categories {
            let places = self.by_category.entry(category.clone()).or_default();
            let behind = places.partition_point(|(other, _)| *other < id);
            places.insert(behind, (id, institution.point));
        }
        self.known.insert(id, institution);
    }

    pub fn find(&self, id: FacilityId) -> Option<&Institution> {
        self.known.get(&id)
    }

    /// The nearest on foot that may be told; of two equally near ones the one with the lower number.
    pub fn nearest(&self, sought: &Sought<'_>, roster: &Roster) -> Option<FacilityId> {
        let on_foot = sought.on_foot();
        let mut best: Option<(Far, FacilityId)> = None;
        for (id, point) in self.by_category.get(&sought.category.code).into_iter().flatten() {
            // No way is shorter than the straight line, and that no shorter than what lies north or south of it.
            let beaten = |far: Far| best.is_some_and(|best| best < (far, *id));
            let north = sought.point.zip(*point).map(|(there, here)| there.metres_north(here));
            if north.is_some_and(|metres| beaten(far(Nearness { ring: 0, metres: Some(metres) }))) {
                continue;
            }
            if let Verdict::May(near) = self.verdict(*id, sought, roster)
                && !beaten(far(near))
            {
                let this = (far(on_foot.walked(near, *point)), *id);
                best = Some(best.map_or(this, |best| best.min(this)));
            }
        }
        best.map(|(_, id)| id)
    }

    /// Every institution that takes work of the category with its verdict: those that may be told, the nearest
    /// on foot first, then the others by number.
    pub fn considered(&self, sought: &Sought<'_>, roster: &Roster) -> Vec<Considered> {
        let on_foot = sought.on_foot();
        let told = |(id, point): &(FacilityId, Option<Point>)| {
            let verdict = self.verdict(*id, sought, roster);
            let (by_road, far) = match verdict {
                Verdict::May(near) => (on_foot.by_road(*point), Some(far(on_foot.walked(near, *point)))),
                Verdict::No(_) => (None, None),
            };
            (far, Considered { id: *id, verdict, by_road })
        };
        let takers = self.by_category.get(&sought.category.code).into_iter().flatten();
        let mut all: Vec<(Option<Far>, Considered)> = takers.map(told).collect();
        all.sort_by_key(|(far, one)| (far.is_none(), *far, one.id));
        all.into_iter().map(|(_, one)| one).collect()
    }

    pub fn verdict(&self, id: FacilityId, sought: &Sought<'_>, roster: &Roster) -> Verdict {
        let Some(institution) = self.known.get(&id) else { return Verdict::No(Against::Unknown) };
        let takes_texts = institution.notice_phone.as_ref().is_some_and(|phone| phone.is_mobile());
        let is_ours = institution.jurisdiction == *sought.jurisdiction;
        let near = || {
            let ring = roster.place(sought.area).ring(institution.area.number());
            let reach = sought.policy.offers.reach_m;
            let near = nearness(sought.point, institution.point, ring, reach)?;
            (is_ours || is_in_reach(near, reach)).then_some(near)
        };
        let against = [
            (!institution.open, Against::Closed),
            (!takes_texts, Against::NoPhone),
            (!institution.categories.contains(&sought.category.code), Against::Category),
            (sought.told.contains(&id), Against::AlreadyTold),
        ];
        let against = against.into_iter().find(|(holds, _)| *holds).map(|(_, against)| against);
        match sought.border(&institution.jurisdiction).or(against) {
            Some(against) => Verdict::No(against),
            None => near().map_or(Verdict::No(Against::TooFar), Verdict::May),
        }
    }
}

#[cfg(test)]
mod tests;
