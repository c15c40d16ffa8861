//! Institutions that take work: which is the nearest for a category and a place, and why not the others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::candidates::{Nearness, nearness};
use super::ranking::ring_score;
use super::roster::Roster;
use crate::domain::area::{AreaCode, Point};
use crate::domain::category::CategoryCode;
use crate::domain::ids::{FacilityId, JurisdictionId};
use crate::domain::names::named_enum;
use crate::domain::register::Institution;

named_enum! {
    /// Why an institution is not told of work.
    pub enum Against {
        /// No institution of that number is registered.
        Unknown = "unknown",
        Jurisdiction = "jurisdiction",
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

/// Whether an institution may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    May(Nearness),
    No(Against),
}

/// The work an institution is sought for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    pub jurisdiction: &'a JurisdictionId,
    pub category: &'a CategoryCode,
    pub area: Option<&'a AreaCode>,
    pub point: Option<Point>,
    /// Told of this ticket before, whatever they said.
    pub told: &'a BTreeSet<FacilityId>,
    /// Beyond the district only who lies nearer than this.
    pub reach_m: u32,
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

    /// The nearest that may be told; of two equally near ones the one with the lower number.
    pub fn nearest(&self, sought: &Sought<'_>, roster: &Roster) -> Option<FacilityId> {
        let mut best: Option<(u16, FacilityId)> = None;
        for (id, point) in self.by_category.get(sought.category).into_iter().flatten() {
            let at_most = sought.point.zip(*point).map_or(u16::MAX, |(there, here)| {
                let metres = there.metres_north(here);
                ring_score(Nearness { ring: 0, metres: Some(metres) })
            });
            if best.is_some_and(|(score, _)| at_most <= score) {
                continue;
            }
            if let Verdict::May(near) = self.verdict(*id, sought, roster) {
                let score = ring_score(near);
                if best.is_none_or(|(before, _)| score > before) {
                    best = Some((score, *id));
                }
            }
        }
        best.map(|(_, id)| id)
    }

    /// Every institution that takes work of the category with its verdict: those that may be told, the nearest
    /// first, then the others by number.
    pub fn considered(&self, sought: &Sought<'_>, roster: &Roster) -> Vec<(FacilityId, Verdict)> {
        let ids = self.by_category.get(sought.category).into_iter().flatten();
        let mut all: Vec<(FacilityId, Verdict)> =
            ids.map(|(id, _)| (*id, self.verdict(*id, sought, roster))).collect();
        all.sort_by_key(|(id, verdict)| match verdict {
            Verdict::May(near) => (0, Reverse(ring_score(*near)), *id),
            Verdict::No(_) => (1, Reverse(0), *id),
        });
        all
    }

    pub fn verdict(&self, id: FacilityId, sought: &Sought<'_>, roster: &Roster) -> Verdict {
        let Some(institution) = self.known.get(&id) else { return Verdict::No(Against::Unknown) };
        let takes_texts = institution.notice_phone.as_ref().is_some_and(|phone| phone.is_mobile());
        let near = || {
            let ring = roster.place(sought.area).ring(institution.area.number());
            nearness(sought.point, institution.point, ring, sought.reach_m)
        };
        let against = [
            (institution.jurisdiction != *sought.jurisdiction, Against::Jurisdiction),
            (!institution.open, Against::Closed),
            (!takes_texts, Against::NoPhone),
            (!institution.categories.contains(sought.category), Against::Category),
            (sought.told.contains(&id), Against::AlreadyTold),
        ];
        match against.into_iter().find(|(holds, _)| *holds) {
            Some((_, against)) => Verdict::No(against),
            None => near().map_or(Verdict::No(Against::TooFar), Verdict::May),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{HOME, NEXT_DOOR, area, roster};
    use crate::domain::ids::Chance;
    use crate::domain::phone_number::{NumberingPlan, PhoneNumber};

    fn meals() -> CategoryCode {
        CategoryCode::parse("ELD-02").unwrap()
    }

    fn canteen(id: i64, at: &str) -> Institution {
        let mobile = format!("138000000{id:02}");
        Institution {
            id: FacilityId(id),
            jurisdiction: JurisdictionId("sifang".into()),
            name: format!("助餐点{id}"),
            area: area(at),
            point: None,
            categories: [meals()].into(),
            notice_phone: PhoneNumber::parse(&mobile, &NumberingPlan::default()).ok(),
            open: true,
        }
    }

    fn known(all: impl IntoIterator<Item = Institution>) -> Institutions {
        let mut known = Institutions::default();
        all.into_iter().for_each(|institution| known.put(institution));
        known
    }

    fn ask<T>(told: &[i64], question: impl FnOnce(&Sought<'_>, &Roster) -> T) -> T {
        let told = told.iter().map(|id| FacilityId(*id)).collect();
        let (jurisdiction, home) = (JurisdictionId("sifang".into()), area(HOME));
        let sought = Sought {
            jurisdiction: &jurisdiction,
            category: &meals(),
            area: Some(&home),
            point: Some(Point { latitude_e7: 361_000_000, longitude_e7: 1_203_800_000 }),
            told: &told,
            reach_m: 3_000,
        };
        question(&sought, &roster([]))
    }

    #[test]
    fn the_nearest_is_of_the_committee_then_next_door_then_of_the_street_then_of_the_district() {
        let street = format!("{}999", &HOME[..9]);
        let district = format!("{}999999", &HOME[..6]);
        let known = known([
            canteen(4, &district),
            canteen(3, &street),
            canteen(2, NEXT_DOOR),
            canteen(9, HOME),
            canteen(1, HOME),
        ]);
        let order = ask(&[], |sought, roster| known.considered(sought, roster));
        let ids: Vec<i64> = order.iter().map(|(id, _)| id.0).collect();
        assert_eq!(ids, [1, 9, 2, 3, 4], "equally near ones by number");
        assert_eq!(ask(&[1, 9], |sought, roster| known.nearest(sought, roster)), Some(FacilityId(2)));
    }

    #[test]
    fn metres_count_where_both_places_are_known() {
        let at =
            |metres: i32| Some(Point { latitude_e7: 361_000_000 + metres * 90, longitude_e7: 1_203_800_000 });
        let near = Institution { point: at(100), ..canteen(8, NEXT_DOOR) };
        let far = Institution { point: at(2_000), ..canteen(1, HOME) };
        let known = known([near, far]);
        assert_eq!(ask(&[], |sought, roster| known.nearest(sought, roster)), Some(FacilityId(8)));
    }

    #[test]
    fn the_nearest_is_the_first_of_all_who_are_considered() {
        // Some nearer than the others by chance, some shut, some equally near, some of whom only the committee is known.
        let mut chance = Chance::from_number(3);
        for _ in 0..200 {
            let known = known((1..20).map(|id| {
                let metres = |chance: &mut Chance| 90 * 100 * chance.below(45) as i32;
                let (north, east) = (metres(&mut chance), metres(&mut chance));
                let point = Point { latitude_e7: 360_800_000 + north, longitude_e7: 1_203_600_000 + east };
                let home = [HOME, NEXT_DOOR, "540502001001"][chance.below(3) as usize];
                let is_known = chance.below(5) > 0;
                Institution {
                    point: is_known.then_some(point),
                    open: chance.below(4) > 0,
                    ..canteen(id, home)
                }
            }));
            let told = [i64::from(chance.below(20)), i64::from(chance.below(20))];
            let first = ask(&told, |sought, roster| known.considered(sought, roster)).into_iter().next();
            let first = first.filter(|(_, verdict)| matches!(verdict, Verdict::May(_))).map(|(id, _)| id);
            assert_eq!(ask(&told, |sought, roster| known.nearest(sought, roster)), first);
        }
    }

    #[test]
    fn every_institution_that_is_not_told_has_its_reason() {
        let elsewhere = JurisdictionId("nedong".into());
        let known = known([
            Institution { jurisdiction: elsewhere, ..canteen(1, HOME) },
            Institution { open: false, ..canteen(2, HOME) },
            Institution { notice_phone: None, ..canteen(3, HOME) },
            canteen(4, HOME),
            canteen(5, "540502001001"),
            Institution { categories: [].into(), ..canteen(6, HOME) },
        ]);
        let verdict = |id: i64| ask(&[4], |sought, roster| known.verdict(FacilityId(id), sought, roster));
        for (id, against) in [
            (1, Against::Jurisdiction),
            (2, Against::Closed),
            (3, Against::NoPhone),
            (4, Against::AlreadyTold),
            (5, Against::TooFar),
            (6, Against::Category),
            (7, Against::Unknown),
        ] {
            assert_eq!(verdict(id), Verdict::No(against), "{id}");
        }
        assert_eq!(ask(&[4], |sought, roster| known.nearest(sought, roster)), None);
    }

    #[test]
    fn one_that_no_longer_takes_a_category_is_not_found_for_it() {
        let mut known = known([canteen(1, HOME)]);
        known.put(Institution { categories: [].into(), ..canteen(1, HOME) });
        assert_eq!(ask(&[], |sought, roster| known.nearest(sought, roster)), None);
    }
}
