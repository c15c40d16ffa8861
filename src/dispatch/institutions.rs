//! Institutions that take work: which is the nearest for a category and a place, and why not the others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::candidates::{Nearness, nearness, ring};
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
    by_category: BTreeMap<CategoryCode, BTreeSet<FacilityId>>,
}

impl Institutions {
    /// Adds one, or puts it in place of what was known of it.
    pub fn put(&mut self, institution: Institution) {
        for ids in self.by_category.values_mut() {
            ids.remove(&institution.id);
        }
        for category in &institution.categories {
            self.by_category.entry(category.clone()).or_default().insert(institution.id);
        }
        self.known.insert(institution.id, institution);
    }

    pub fn find(&self, id: FacilityId) -> Option<&Institution> {
        self.known.get(&id)
    }

    /// The nearest that may be told; of two equally near ones the one with the lower number.
    pub fn nearest(&self, sought: &Sought<'_>, roster: &Roster) -> Option<FacilityId> {
        self.considered(sought, roster).into_iter().find_map(|(id, verdict)| match verdict {
            Verdict::May(_) => Some(id),
            Verdict::No(_) => None,
        })
    }

    /// Every institution that takes work of the category with its verdict: those that may be told, the nearest
    /// first, then the others by number.
    pub fn considered(&self, sought: &Sought<'_>, roster: &Roster) -> Vec<(FacilityId, Verdict)> {
        let ids = self.by_category.get(sought.category).into_iter().flatten();
        let mut all: Vec<(FacilityId, Verdict)> =
            ids.map(|id| (*id, self.verdict(*id, sought, roster))).collect();
        all.sort_by_key(|(id, verdict)| match verdict {
            Verdict::May(near) => (0, Reverse(ring_score(*near)), *id),
            Verdict::No(_) => (1, Reverse(0), *id),
        });
        all
    }

    pub fn verdict(&self, id: FacilityId, sought: &Sought<'_>, roster: &Roster) -> Verdict {
        let Some(institution) = self.known.get(&id) else { return Verdict::No(Against::Unknown) };
        let takes_texts = institution.notice_phone.as_ref().is_some_and(|phone| phone.is_mobile());
        let near = nearness(
            sought.point,
            institution.point,
            ring(roster, sought.area, &institution.area),
            sought.reach_m,
        );
        let against = [
            (institution.jurisdiction != *sought.jurisdiction, Against::Jurisdiction),
            (!institution.open, Against::Closed),
            (!takes_texts, Against::NoPhone),
            (!institution.categories.contains(sought.category), Against::Category),
            (sought.told.contains(&id), Against::AlreadyTold),
        ];
        match (against.into_iter().find(|(holds, _)| *holds), near) {
            (Some((_, against)), _) => Verdict::No(against),
            (None, Some(near)) => Verdict::May(near),
            (None, None) => Verdict::No(Against::TooFar),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{HOME, NEXT_DOOR, area, roster};
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
