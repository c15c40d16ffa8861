//! What it costs to find the nearest five who may be asked, and to change somebody, beside rstar in the same run.
//!
//! `cargo bench --bench index` prints a table: 28,600 people in 10 × 10 km and a million in 60 × 60 km, who live in
//! committees and streets as people do. Each question is put fifteen times and its quickest counts, less what
//! reading the clock costs; p50 and p99 are over the questions. Changes are the median of thousands.
#![allow(clippy::disallowed_methods, reason = "a stopwatch has to read the clock")]

mod timed;

use std::hint::black_box;
use std::time::Instant;

use rstar::RTree;
use rstar::primitives::GeomWithData;
use yingda::dispatch::index::attributes::{Attribute, Attributes};
use yingda::dispatch::index::{Hit, Id, Index, Position, Query};
use yingda::domain::ids::Chance;

use timed::timed;

const WANTED: usize = 5;
const PASSES: usize = 15;
const QUESTIONS: usize = 20_000;
const QUESTIONS_OF_RSTAR: usize = 2_000;
const COMMITTEES_A_STREET: u32 = 35;

/// A share of people, in thousandths, and the attribute they have.
const SHARES: [(u32, u8); 3] = [(500, 0), (50, 1), (5, 20)];
/// What a real question needs: on duty, has room, a language, a skill of one in twenty; and forbids resting.
const DAILY: ([u8; 4], u8) = ([2, 3, 4, 1], 5);

struct Town {
    people: u32,
    side_dm: u32,
    committees: Vec<Position>,
}

type Row = GeomWithData<[f64; 2], (Id, Attributes)>;

fn attribute(number: u8) -> Attribute {
    Attribute::new(number).expect("below the count")
}

impl Town {
    fn new(people: u32, side_km: u32, streets: u32, chance: &mut Chance) -> Self {
        let side_dm = side_km * 10_000;
        let mut committees = Vec::new();
        for _ in 0..streets {
            let street = (chance.below(side_dm) as i32, chance.below(side_dm) as i32);
            for _ in 0..COMMITTEES_A_STREET {
                let near = |from: i32, chance: &mut Chance| {
                    (from + chance.below(24_000) as i32 - 12_000).clamp(0, side_dm as i32 - 1)
                };
                committees.push(Position { east: near(street.0, chance), north: near(street.1, chance) });
            }
        }
        Self { people, side_dm, committees }
    }

    fn home(&self, chance: &mut Chance) -> Position {
        let committee = self.committees[chance.below(self.committees.len() as u32) as usize];
        moved(committee, 2_000, self.side_dm, chance)
    }
}

/// A step of about normal length in both directions.
fn moved(from: Position, sigma_dm: i32, side_dm: u32, chance: &mut Chance) -> Position {
    // The sum of twelve uniform numbers of variance 1/12 has variance 1.
    let mut step = |along: i32| {
        let sum: i64 = (0..12).map(|_| i64::from(chance.below(10_001)) - 5_000).sum();
        let step = sum * i64::from(sigma_dm) / 10_000;
        (along + step as i32).clamp(0, side_dm as i32 - 1)
    };
    Position { east: step(from.east), north: step(from.north) }
}

fn redrawn(chance: &mut Chance) -> Attributes {
    let mut attributes = Attributes::NONE;
    for (share, number) in SHARES {
        attributes = attributes.with(attribute(number), chance.below(1_000) < share);
    }
    for (number, share) in [(2, 300), (3, 800), (4, 950), (5, 100)] {
        attributes = attributes.with(attribute(number), chance.below(1_000) < share);
    }
    for _ in 0..5 {
        attributes = attributes.with(attribute(40 + chance.below(80) as u8), true);
    }
    attributes
}

/// The median of chunks of a thousand, in nanoseconds a change.
fn median(changes: usize, mut change: impl FnMut(usize)) -> f64 {
    let mut chunks = Vec::new();
    for chunk in 0..changes / 1_000 {
        let began = Instant::now();
        (chunk * 1_000..(chunk + 1) * 1_000).for_each(&mut change);
        chunks.push(began.elapsed().as_nanos());
    }
    chunks.sort_unstable();
    chunks[chunks.len() / 2] as f64 / 1_000.0
}

fn rstar_nearest(tree: &RTree<Row>, at: Position, need: Attributes, forbid: Attributes, hits: &mut [Hit]) {
    let from = [f64::from(at.east), f64::from(at.north)];
    let near = tree.nearest_neighbor_iter_with_distance_2(from);
    let fitting = near.filter(|(row, _)| row.data.1.fit(need, forbid));
    for (hit, (row, squared)) in hits.iter_mut().zip(fitting) {
        *hit = Hit { id: row.data.0, distance_squared: squared as u64 };
    }
}

fn ask_both(
    name: &str,
    need: Attributes,
    forbid: Attributes,
    index: &Index,
    tree: &RTree<Row>,
    places: &[Position],
) {
    let mut hits = [Hit::default(); WANTED];
    let query = |at| Query { at, need, forbid, within: None, except: &[] };
    for at in places.iter().take(500) {
        let mut theirs = [Hit::default(); WANTED];
        assert_eq!(index.nearest(&query(*at), &mut hits), WANTED, "there are always five");
        rstar_nearest(tree, *at, need, forbid, &mut theirs);
        let distances = |hits: [Hit; WANTED]| hits.map(|hit| hit.distance_squared);
        assert_eq!(distances(hits), distances(theirs), "both are exact");
    }
    let (p50, p99) = timed(PASSES, QUESTIONS, |number| {
        black_box(index.nearest(black_box(&query(places[number])), &mut hits));
    });
    let (theirs_p50, theirs_p99) = timed(PASSES, QUESTIONS_OF_RSTAR, |number| {
        rstar_nearest(tree, black_box(places[number]), need, forbid, &mut hits);
        black_box(&hits);
    });
    let ratio = theirs_p50 as f64 / p50 as f64;
    println!("| {name} | {p50} / {p99} | {theirs_p50} / {theirs_p99} | {ratio:.1} |");
}

fn measure(town: &Town, chance: &mut Chance) {
    let mut homes: Vec<Position> = (0..town.people).map(|_| town.home(chance)).collect();
    let everything: Vec<Attributes> = homes.iter().map(|_| redrawn(chance)).collect();
    let rows: Vec<Row> = (0..town.people)
        .map(|id| {
            let (at, has) = (homes[id as usize], everything[id as usize]);
            Row::new([f64::from(at.east), f64::from(at.north)], (id, has))
        })
        .collect();
    let began = Instant::now();
    let mut tree = RTree::bulk_load(rows.clone());
    let tree_took = began.elapsed();
    let last = town.side_dm as i32 - 1;
    let began = Instant::now();
    let mut index = Index::new(Position { east: 0, north: 0 }, Position { east: last, north: last });
    for (id, (at, has)) in (0..).zip(homes.iter().zip(&everything)) {
        index.insert(id, *at, *has);
    }
    let took = began.elapsed();
    let bytes = index.bytes() / town.people as usize;
    println!(
        "\n{} people in {} km, {bytes} bytes each; built in {took:.0?}, rstar in {tree_took:.0?}\n",
        town.people,
        town.side_dm / 10_000
    );
    println!("| needed | p50 / p99 ns | rstar p50 / p99 ns | times |\n|---|---|---|---|");
    let places: Vec<Position> = (0..QUESTIONS).map(|_| town.home(chance)).collect();
    for (share, number) in SHARES {
        let need = Attributes::NONE.with(attribute(number), true);
        let name = format!("one attribute of {:.1} %", f64::from(share) / 10.0);
        ask_both(&name, need, Attributes::NONE, &index, &tree, &places);
    }
    let need = DAILY.0.into_iter().map(attribute).collect();
    let forbid = Attributes::NONE.with(attribute(DAILY.1), true);
    ask_both("four needed, one forbidden (1 %)", need, forbid, &index, &tree, &places);
    let anywhere: Vec<Position> = (0..QUESTIONS)
        .map(|_| Position {
            east: chance.below(town.side_dm) as i32,
            north: chance.below(town.side_dm) as i32,
        })
        .collect();
    let need = Attributes::NONE.with(attribute(SHARES[1].1), true);
    ask_both("5 %, asked from anywhere", need, Attributes::NONE, &index, &tree, &anywhere);
    changes(town, &mut index, &mut tree, &mut homes, &rows, chance);
}

fn changes(
    town: &Town,
    index: &mut Index,
    tree: &mut RTree<Row>,
    homes: &mut [Position],
    rows: &[Row],
    chance: &mut Chance,
) {
    const CHANGES: usize = 200_000;
    let ids: Vec<Id> = (0..CHANGES).map(|_| chance.below(town.people)).collect();
    let moves: Vec<Position> = ids
        .iter()
        .map(|id| {
            let home = &mut homes[*id as usize];
            *home = moved(*home, 1_500, town.side_dm, chance);
            *home
        })
        .collect();
    let redraws: Vec<Attributes> = ids.iter().map(|_| redrawn(chance)).collect();
    let move_ns = median(CHANGES, |n| assert!(index.move_to(ids[n], moves[n])));
    let redraw_ns = median(CHANGES, |n| assert!(index.set_attributes(ids[n], redraws[n])));
    let toggle_ns = median(CHANGES, |n| assert!(index.set(ids[n], attribute(2), n % 2 == 0)));
    let out_and_in_ns = median(CHANGES, |n| {
        assert!(index.remove(ids[n]));
        index.insert(ids[n], moves[n], redraws[n]);
    });
    let tree_ns = median(2_000, |n| {
        let row = rows[n];
        assert!(tree.remove(&row).is_some());
        tree.insert(row);
    });
    println!(
        "\nmove {move_ns:.0} ns, all attributes drawn again {redraw_ns:.0} ns, one toggled {toggle_ns:.0} ns, out and in {out_and_in_ns:.0} ns; rstar out and in {tree_ns:.0} ns"
    );
    println!("{} bytes each afterwards", index.bytes() / town.people as usize);
}

fn main() {
    let mut chance = Chance::from_number(1);
    measure(&Town::new(28_600, 10, 10, &mut chance), &mut chance);
    if std::env::args().all(|word| word != "small") {
        measure(&Town::new(1_000_000, 60, 350, &mut chance), &mut chance);
    }
}
