use super::*;
use crate::dispatch::explain::may_be_told;
use crate::dispatch::fixtures::{ELSEWHERE, HOME, NEXT_DOOR, Scene, area, roster};
use crate::dispatch::roads::tests::{at, node, town as town_of_ways};
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

/// A question from home, with what a test may change.
struct Asked {
    scene: Scene,
    here: Point,
    roads: Option<Roads>,
}

impl Asked {
    fn at(here: Point) -> Self {
        Self { scene: Scene::of("ELD-02"), here, roads: None }
    }

    /// With work that may be shared, and as agreed with the neighbours.
    fn agreed(mut self) -> Self {
        self.scene.category.shareable = true;
        self.scene.policy.agreements.institutions_of = vec![nedong()];
        self
    }

    fn ask<T>(&self, told: &[i64], question: impl FnOnce(&Sought<'_>, &Roster) -> T) -> T {
        let told = told.iter().map(|id| FacilityId(*id)).collect();
        let Scene { jurisdiction, category, area, policy, .. } = &self.scene;
        let sought = Sought {
            jurisdiction,
            category,
            area: Some(area),
            point: Some(self.here),
            told: &told,
            policy,
            roads: self.roads.as_ref(),
        };
        question(&sought, &roster([]))
    }

    fn order(&self, known: &Institutions) -> Vec<i64> {
        let considered = self.ask(&[], |sought, roster| known.considered(sought, roster));
        considered
            .into_iter()
            .filter(|one| matches!(one.verdict, Verdict::May(_)))
            .map(|one| one.id.0)
            .collect()
    }
}

fn nedong() -> JurisdictionId {
    JurisdictionId("nedong".into())
}

fn ask<T>(told: &[i64], question: impl FnOnce(&Sought<'_>, &Roster) -> T) -> T {
    Asked::at(Point { latitude_e7: 361_000_000, longitude_e7: 1_203_800_000 }).ask(told, question)
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
    let ids: Vec<i64> = order.iter().map(|one| one.id.0).collect();
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
fn beyond_what_counts_in_a_rank_the_nearer_is_still_the_nearer() {
    let north = |metres| Some(Point { latitude_e7: 361_000_000 + metres * 90, longitude_e7: 1_203_800_000 });
    let far = Institution { point: north(8_000), ..canteen(1, HOME) };
    let less_far = Institution { point: north(4_000), ..canteen(8, HOME) };
    let known = known([far, less_far]);
    assert_eq!(ask(&[], |sought, roster| known.nearest(sought, roster)), Some(FacilityId(8)));
}

#[test]
fn the_one_across_the_river_is_nearest_by_air_and_not_on_foot() {
    let across = Institution { point: Some(node(5, 2).1), ..canteen(1, HOME) };
    let along = Institution { point: Some(node(4, 7).1), ..canteen(2, HOME) };
    let known = known([across, along]);
    let mut asked = Asked::at(node(4, 2).1);
    assert_eq!(asked.order(&known), [1, 2]);
    asked.roads = Some(Roads::new(&town_of_ways()).unwrap());
    assert_eq!(asked.order(&known), [2, 1]);
    let considered = asked.ask(&[], |sought, roster| known.considered(sought, roster));
    let by_road: Vec<Option<u32>> = considered.iter().map(|one| one.by_road).collect();
    assert_eq!(by_road, [Some(500), Some(1_700)]);
    let said = considered.iter().map(|one| match one.verdict {
        Verdict::May(near) => may_be_told(near, one.by_road).en,
        Verdict::No(against) => panic!("{against}"),
    });
    let said: Vec<String> = said.collect();
    assert_eq!(said[1], "may be told: same committee, 100 m away, 1700 m by road");
}

#[test]
fn across_a_border_an_institution_is_told_as_agreed_and_as_near_as_a_volunteer() {
    let here = Point { latitude_e7: 361_000_000, longitude_e7: 1_203_800_000 };
    let theirs = |id: i64, home: &str, metres: Option<i32>| Institution {
        jurisdiction: nedong(),
        point: metres.map(|metres| Point { latitude_e7: here.latitude_e7 + metres * 90, ..here }),
        ..canteen(id, home)
    };
    let known = known([
        theirs(1, ELSEWHERE, Some(2_000)),
        theirs(2, ELSEWHERE, Some(4_000)),
        theirs(3, NEXT_DOOR, None),
        theirs(4, ELSEWHERE, None),
        theirs(5, HOME, Some(3_500)),
    ]);
    let against = |asked: &Asked, id: i64| match asked
        .ask(&[], |sought, roster| known.verdict(FacilityId(id), sought, roster))
    {
        Verdict::May(_) => None,
        Verdict::No(against) => Some(against),
    };
    let mut asked = Asked::at(here);
    assert_eq!(against(&asked, 1), Some(Against::Jurisdiction), "nothing was agreed");
    asked = asked.agreed();
    let far = Some(Against::TooFar);
    let said: Vec<Option<Against>> = (1..=5).map(|id| against(&asked, id)).collect();
    assert_eq!(said, [None, far, None, far, far], "within reach, or next door where a place is not known");
    asked.scene.category.shareable = false;
    assert_eq!(against(&asked, 1), Some(Against::NotShared));
}

/// Some nearer than the others by chance, some shut, some of the neighbours, some of whom only the committee is known.
fn by_chance(chance: &mut Chance, place: impl Fn(&mut Chance) -> Point) -> Institutions {
    known((1..20).map(|id| {
        let point = place(chance);
        let home = [HOME, NEXT_DOOR, ELSEWHERE][chance.below(3) as usize];
        let is_known = chance.below(5) > 0;
        let of_here = canteen(id, home);
        Institution {
            jurisdiction: if chance.below(4) > 0 { of_here.jurisdiction } else { nedong() },
            point: is_known.then_some(point),
            open: chance.below(4) > 0,
            ..of_here
        }
    }))
}

#[test]
fn the_nearest_is_the_first_of_all_who_are_considered() {
    let mut chance = Chance::from_number(3);
    let in_the_district = |chance: &mut Chance| {
        let metres = |chance: &mut Chance| 90 * 100 * chance.below(45) as i32;
        let (north, east) = (metres(chance), metres(chance));
        Point { latitude_e7: 360_800_000 + north, longitude_e7: 1_203_600_000 + east }
    };
    let in_the_town =
        |chance: &mut Chance| at(f64::from(chance.below(1_100)), f64::from(chance.below(1_100)) - 100.0);
    let mut town = Asked::at(node(4, 2).1).agreed();
    town.roads = Some(Roads::new(&town_of_ways()).unwrap());
    let home = Point { latitude_e7: 361_000_000, longitude_e7: 1_203_800_000 };
    let (district, alone) = (Asked::at(home).agreed(), Asked::at(home));
    for round in 0..300 {
        let (asked, known) = match round % 3 {
            0 => (&town, by_chance(&mut chance, in_the_town)),
            1 => (&district, by_chance(&mut chance, in_the_district)),
            _ => (&alone, by_chance(&mut chance, in_the_district)),
        };
        let told = [i64::from(chance.below(20)), i64::from(chance.below(20))];
        let first = asked.ask(&told, |sought, roster| known.considered(sought, roster)).into_iter().next();
        let first = first.filter(|one| matches!(one.verdict, Verdict::May(_))).map(|one| one.id);
        assert_eq!(asked.ask(&told, |sought, roster| known.nearest(sought, roster)), first);
    }
}

#[test]
fn every_institution_that_is_not_told_has_its_reason() {
    let known = known([
        Institution { jurisdiction: nedong(), ..canteen(1, HOME) },
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
