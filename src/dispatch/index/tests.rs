//! Every answer of the index is that of looking at everyone, after whatever happened before.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::around::Either;
use super::attributes::{Attribute, Attributes};
use super::{Hit, Id, Index, Position, Query};

/// The south-west corner of the grid, and how wide it is.
const WEST: i32 = -20_000;
const SOUTH: i32 = 5_000;
const WIDE: i32 = 60_000;

/// What an index is held against: a list.
type Everyone = BTreeMap<Id, (Position, Attributes)>;

#[derive(Debug, Clone)]
enum Step {
    Insert(Id, Position, Attributes),
    Remove(Id),
    Move(Id, Position),
    Set(Id, Attribute, bool),
    SetAll(Id, Attributes),
}

#[derive(Debug, Clone)]
struct Question {
    at: Position,
    need: Attributes,
    /// Or these instead, where the index is asked for either.
    instead: Attributes,
    forbid: Attributes,
    within: Option<u32>,
    except: Vec<Id>,
    wanted: usize,
}

impl Question {
    fn of(&self, index: &Index) -> Vec<Hit> {
        let Self { at, need, forbid, within, .. } = *self;
        let mut hits = vec![Hit::default(); self.wanted];
        let query = Query { at, need, forbid, within, except: &self.except };
        let found = index.nearest(&query, &mut hits);
        hits.truncate(found);
        let one_by_one: Vec<Hit> =
            index.around(&query, Either::This(Attributes::NONE)).take(self.wanted).collect();
        assert_eq!(one_by_one, hits, "told one by one they are the same");
        hits
    }

    /// Who has what is needed, or what may be had instead, told one by one.
    fn of_either(&self, index: &Index) -> Vec<Hit> {
        let Self { at, need, instead, forbid, within, .. } = *self;
        let query = Query { at, need: Attributes::NONE, forbid, within, except: &self.except };
        index.around(&query, Either::ThisOr(need, instead)).take(self.wanted).collect()
    }

    fn of_everyone(&self, everyone: &Everyone) -> Vec<Hit> {
        self.among(everyone, |attributes| attributes.fit(self.need, self.forbid))
    }

    fn either_of_everyone(&self, everyone: &Everyone) -> Vec<Hit> {
        let Self { need, instead, forbid, .. } = *self;
        self.among(everyone, |attributes| attributes.fit(need, forbid) || attributes.fit(instead, forbid))
    }

    fn among(&self, everyone: &Everyone, fits: impl Fn(Attributes) -> bool) -> Vec<Hit> {
        let farthest = self.within.map_or(u64::MAX, |within| u64::from(within).pow(2));
        let wanted = |id: &Id, attributes: &Attributes| fits(*attributes) && !self.except.contains(id);
        let mut hits: Vec<Hit> = everyone
            .iter()
            .filter(|(id, (_, attributes))| wanted(id, attributes))
            .map(|(id, (at, _))| Hit { id: *id, distance_squared: at.distance_squared(self.at) })
            .filter(|hit| hit.distance_squared <= farthest)
            .collect();
        hits.sort_unstable_by_key(|hit| (hit.distance_squared, hit.id));
        hits.truncate(self.wanted);
        hits
    }
}

fn empty() -> Index {
    let corner = Position { east: WEST, north: SOUTH };
    Index::new(corner, Position { east: WEST + WIDE, north: SOUTH + WIDE })
}

fn take(step: &Step, index: &mut Index, everyone: &mut Everyone) {
    match *step {
        Step::Insert(id, at, attributes) => {
            index.insert(id, at, attributes);
            everyone.insert(id, (at, attributes));
        }
        Step::Remove(id) => assert_eq!(index.remove(id), everyone.remove(&id).is_some()),
        Step::Move(id, at) => {
            let known = everyone.get_mut(&id).map(|person| person.0 = at);
            assert_eq!(index.move_to(id, at), known.is_some());
        }
        Step::Set(id, attribute, on) => {
            let known = everyone.get_mut(&id).map(|person| person.1 = person.1.with(attribute, on));
            assert_eq!(index.set(id, attribute, on), known.is_some());
        }
        Step::SetAll(id, attributes) => {
            let known = everyone.get_mut(&id).map(|person| person.1 = attributes);
            assert_eq!(index.set_attributes(id, attributes), known.is_some());
        }
    }
}

/// Places a few metres apart, for equal distances and cells that overflow.
fn in_a_crowd() -> impl Strategy<Value = Position> + Clone {
    let along = |from: i32| (0..5_i32).prop_map(move |step| from + 4_000 + step * 30);
    (along(WEST), along(SOUTH)).prop_map(|(east, north)| Position { east, north })
}

/// The same on both sides of a border between cells, each side more than a block holds.
fn in_two_crowds() -> impl Strategy<Value = Position> + Clone {
    (in_a_crowd(), any::<bool>())
        .prop_map(|(at, beyond)| Position { east: at.east + if beyond { 2_048 } else { 0 }, ..at })
}

/// Places all over the grid, at its edge and far outside.
fn anywhere() -> impl Strategy<Value = Position> + Clone {
    let along = |from: i32| {
        prop_oneof![
            4 => (0..6_i32).prop_map(move |step| from + step * 700),
            6 => from..from + WIDE,
            2 => from - 3..from + 3,
            2 => from + WIDE - 2..from + WIDE + 9_000,
            1 => from - 40_000..from + 200_000,
            1 => any::<i32>(),
        ]
    };
    (along(WEST), along(SOUTH)).prop_map(|(east, north)| Position { east, north })
}

/// Attributes at both ends of both words.
fn attribute() -> impl Strategy<Value = Attribute> {
    prop_oneof![0..4_u8, 60..66_u8, 122..Attribute::COUNT]
        .prop_map(|number| Attribute::new(number).expect("below the count"))
}

fn attributes(most: usize) -> impl Strategy<Value = Attributes> {
    vec(attribute(), 0..=most).prop_map(|all| all.into_iter().collect())
}

fn id() -> std::ops::Range<Id> {
    0..160
}

fn step(place: impl Strategy<Value = Position> + Clone) -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (id(), place.clone(), attributes(5)).prop_map(|(id, at, has)| Step::Insert(id, at, has)),
        2 => id().prop_map(Step::Remove),
        3 => (id(), place).prop_map(|(id, at)| Step::Move(id, at)),
        2 => (id(), attribute(), any::<bool>()).prop_map(|(id, one, on)| Step::Set(id, one, on)),
        2 => (id(), attributes(5)).prop_map(|(id, has)| Step::SetAll(id, has)),
    ]
}

fn question(place: impl Strategy<Value = Position>) -> impl Strategy<Value = Question> {
    let within = prop_oneof![
        4 => Just(None),
        2 => (0..30_000_u32).prop_map(Some),
        1 => any::<u32>().prop_map(Some),
    ];
    let wanted = prop_oneof![8 => 0..9_usize, 1 => 15..20_usize];
    (place, [attributes(2), attributes(2)], attributes(1), within, vec(id(), 0..9), wanted).prop_map(
        |(at, [need, instead], forbid, within, mut except, wanted)| {
            except.sort_unstable();
            Question { at, need, instead, forbid, within, except, wanted }
        },
    )
}

fn check(steps: &[(Step, Question)]) {
    check_from((empty(), Everyone::new()), steps);
}

fn check_from((mut index, mut everyone): (Index, Everyone), steps: &[(Step, Question)]) {
    for (step, question) in steps {
        take(step, &mut index, &mut everyone);
        assert_eq!(question.of(&index), question.of_everyone(&everyone), "after {step:?}: {question:?}");
        let either = (question.of_either(&index), question.either_of_everyone(&everyone));
        assert_eq!(either.0, either.1, "after {step:?}: either of {question:?}");
        assert_eq!(index.len(), everyone.len());
        let id = question.wanted as Id;
        assert_eq!(index.attributes(id), everyone.get(&id).map(|person| person.1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_that_of_looking_at_everyone(
        steps in vec((step(anywhere()), question(anywhere())), 1..400),
    ) {
        check(&steps);
    }

    #[test]
    fn a_crowd_in_one_cell_is_told_apart(
        steps in vec((step(in_a_crowd()), question(in_a_crowd())), 1..400),
    ) {
        check(&steps);
    }

    #[test]
    fn crowds_of_two_cells_change_places(
        first in vec(in_two_crowds(), 160),
        steps in vec((step(in_two_crowds()), question(in_two_crowds())), 1..300),
    ) {
        let (mut index, mut everyone) = (empty(), Everyone::new());
        for (id, at) in (0..).zip(first) {
            take(&Step::Insert(id, at, Attributes::NONE), &mut index, &mut everyone);
        }
        check_from((index, everyone), &steps);
    }
}

#[test]
fn finding_the_nearest_allocates_nothing() {
    let mut index = empty();
    for id in 0..500 {
        index.insert(id, at(WEST + id as i32 * 97 % WIDE, SOUTH + id as i32 * 613 % WIDE), Attributes::NONE);
    }
    index.insert(500, at(WEST - 9_000, SOUTH), Attributes::NONE);
    let mut hits = [Hit::default(); 40];
    let mut found = 0;
    let memory = allocation_counter::measure(|| {
        found = index.nearest(&everybody_near(at(WEST + WIDE / 2, SOUTH + WIDE / 2)), &mut hits);
    });
    assert_eq!((found, memory.count_total), (40, 0));
}

fn at(east: i32, north: i32) -> Position {
    Position { east, north }
}

fn everybody_near(at: Position) -> Query<'static> {
    Query { at, need: Attributes::NONE, forbid: Attributes::NONE, within: None, except: &[] }
}

#[test]
fn the_next_five_are_found_by_leaving_out_those_asked_before() {
    let mut index = empty();
    for id in 0..12 {
        index.insert(id, at(id as i32 * 100, 20_000), Attributes::NONE);
    }
    let mut asked = Vec::new();
    let mut waves = Vec::new();
    loop {
        let mut hits = [Hit::default(); 5];
        let found = index.nearest(&Query { except: &asked, ..everybody_near(at(0, 20_000)) }, &mut hits);
        if found == 0 {
            break;
        }
        let wave: Vec<Id> = hits[..found].iter().map(|hit| hit.id).collect();
        asked.extend(&wave);
        waves.push(wave);
    }
    assert_eq!(waves, [vec![0, 1, 2, 3, 4], vec![5, 6, 7, 8, 9], vec![10, 11]]);
}

#[test]
fn of_two_as_near_the_lower_id_comes_first_whichever_cell_it_stands_in() {
    let mut index = empty();
    let middle = 4 * 2_048;
    for (id, east) in [(7, middle - 500), (3, middle + 500), (5, middle - 500)] {
        index.insert(id, at(WEST + east, 20_000), Attributes::NONE);
    }
    let mut hits = [Hit::default(); 2];
    assert_eq!(index.nearest(&everybody_near(at(WEST + middle, 20_000)), &mut hits), 2);
    assert_eq!(hits.map(|hit| hit.id), [3, 5]);
}

#[test]
fn a_grid_too_large_to_hold_is_exact_all_the_same() {
    let mut index = Index::new(at(i32::MIN, i32::MIN), at(i32::MAX, i32::MAX));
    index.insert(1, at(i32::MAX, i32::MAX), Attributes::NONE);
    index.insert(2, at(i32::MIN, i32::MIN), Attributes::NONE);
    let mut hits = [Hit::default(); 3];
    assert_eq!(index.nearest(&everybody_near(at(5, 5)), &mut hits), 2);
    assert_eq!(hits[0].id, 1);
    assert_eq!(index.nearest(&everybody_near(at(i32::MAX, i32::MAX)), &mut hits), 2);
    assert_eq!(hits[..2].iter().map(|hit| hit.distance_squared).collect::<Vec<_>>(), [0, u64::MAX]);
}

/// The four ways along the axes.
const WAYS: [(i32, i32); 4] = [(1, 0), (-1, 0), (0, 1), (0, -1)];

#[test]
fn whoever_stands_just_behind_the_edge_of_what_was_looked_at_is_not_missed() {
    let mut index = empty();
    let mut everyone = Everyone::new();
    // A corner of four cells in the middle, and places as far from it as they come.
    let (east, north) = (WEST + 16 * 2_048, SOUTH + 16 * 2_048);
    let offs = [-1_024, -700, 0, 1_023];
    let places = offs.iter().flat_map(|across| offs.map(|up| at(east + across, north + up)));
    for (place, cells) in places.flat_map(|place| [1, 2, 3, 4, 12].map(|cells| (place, cells))) {
        for (outside, inside) in WAYS.iter().flat_map(|one| WAYS.map(|other| (*one, other))) {
            let edge = cells * 2_048;
            let away = match outside {
                (1, _) => east + edge - place.east,
                (-1, _) => place.east - (east - edge) + 1,
                (_, 1) => north + edge - place.north,
                (_, _) => place.north - (north - edge) + 1,
            };
            for nearer in [-1, 0, 1] {
                let step =
                    |way: (i32, i32), far: i32| at(place.east + way.0 * far, place.north + way.1 * far);
                for (id, at) in [(1, step(outside, away)), (2, step(inside, away + nearer))] {
                    take(&Step::Insert(id, at, Attributes::NONE), &mut index, &mut everyone);
                }
                let Query { need, forbid, within, .. } = everybody_near(place);
                let (instead, except) = (need, Vec::new());
                let question = Question { at: place, need, instead, forbid, within, except, wanted: 1 };
                assert_eq!(
                    question.of(&index),
                    question.of_everyone(&everyone),
                    "{place:?} {cells} {outside:?}"
                );
            }
        }
    }
}
