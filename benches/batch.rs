//! What planning a surge costs, and what it is worth: against order of arrival, and against a dense exact method.
//!
//! `cargo bench --bench batch` prints for each case the median of its runs and the quickest. `quick` as an argument leaves the dense method out.
#![allow(clippy::disallowed_methods, reason = "a stopwatch has to read the clock")]

use std::hint::black_box;
use std::time::Instant;

use pathfinding::prelude::{Matrix, kuhn_munkres_min};
use yingda::dispatch::batch::{Assignment, BatchPolicy, Candidate, Edge, Instance, Plan, greedy, plan};

/// Decimetres.
const CITY: f64 = 100_000.0;
const HOT_SPOT: f64 = 5_000.0;
/// Leaving somebody costs more than any way across the city.
const LEAVE: u32 = 1_000_000;

/// A generator of its own, so that the same places come out everywhere.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn spread(&mut self) -> Point {
        (self.unit() * CITY, self.unit() * CITY)
    }

    /// Twelve dice are as good as a bell.
    fn around(&mut self, (x, y): Point, sigma: f64) -> Point {
        let mut bell = || (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        let (dx, dy) = (bell() * sigma, bell() * sigma);
        ((x + dx).clamp(0.0, CITY - 1.0), (y + dy).clamp(0.0, CITY - 1.0))
    }
}

type Point = (f64, f64);

fn cost((ax, ay): Point, (bx, by): Point) -> u32 {
    ((ax - bx).powi(2) + (ay - by).powi(2)).sqrt() as u32
}

/// Candidates in square cells, to find the nearest.
struct Grid {
    points: Vec<Point>,
    cells: Vec<Vec<u32>>,
    side: usize,
}

impl Grid {
    fn new(points: &[Point]) -> Self {
        let side = ((points.len() as f64 / 4.0).sqrt() as usize).max(1);
        let mut grid = Self { points: points.to_vec(), cells: vec![Vec::new(); side * side], side };
        for (number, point) in points.iter().enumerate() {
            let (x, y) = grid.cell(*point);
            grid.cells[y * side + x].push(number as u32);
        }
        grid
    }

    fn cell(&self, (x, y): Point) -> (usize, usize) {
        let at = |v: f64| ((v / CITY * self.side as f64) as usize).min(self.side - 1);
        (at(x), at(y))
    }

    /// A square of cells around the place: as large as so many should need, and larger if they do.
    fn nearest(&self, from: Point, count: usize, into: &mut Vec<Edge>) {
        let width = CITY / self.side as f64;
        let expected = (count as f64 / self.points.len() as f64 / std::f64::consts::PI).sqrt() * CITY;
        let (x, y) = self.cell(from);
        let mut rings = (expected * 1.1 / width).ceil() as usize;
        loop {
            into.clear();
            let (left, right) = (x.saturating_sub(rings), (x + rings).min(self.side - 1));
            for row in y.saturating_sub(rings)..=(y + rings).min(self.side - 1) {
                for cell in &self.cells[row * self.side + left..=row * self.side + right] {
                    into.extend(cell.iter().map(|number| Edge {
                        candidate: Candidate(*number),
                        cost: cost(from, self.points[*number as usize]),
                    }));
                }
            }
            // Everybody within so many whole cells is in the square.
            let sure = (rings as f64 * width) as u32;
            if rings >= self.side || into.iter().filter(|edge| edge.cost < sure).count() >= count {
                break;
            }
            rings += 1 + rings / 4;
        }
        if into.len() > count {
            into.select_nth_unstable_by_key(count, |edge| (edge.cost, edge.candidate));
            into.truncate(count);
        }
        into.sort_unstable_by_key(|edge| (edge.cost, edge.candidate));
    }
}

struct Case {
    name: &'static str,
    requests: Vec<Point>,
    candidates: Vec<Point>,
    runs: usize,
    dense: bool,
}

fn surge(dice: &mut Dice, count: usize, hot: usize) -> Vec<Point> {
    let centre = (CITY / 2.0, CITY / 2.0);
    (0..count).map(|n| if n < hot { dice.around(centre, HOT_SPOT) } else { dice.spread() }).collect()
}

fn cases() -> Vec<Case> {
    let dice = &mut Dice(7);
    let mut case = |name, requests: usize, hot, candidates: usize, runs, dense| Case {
        name,
        requests: surge(dice, requests, hot),
        candidates: (0..candidates).map(|_| dice.spread()).collect(),
        runs,
        dense,
    };
    let mut all = vec![
        case("8 x 5,000 surge", 8, 8, 5_000, 51, true),
        case("50 x 500 surge", 50, 50, 500, 51, true),
        case("500 x 5,000 surge", 500, 500, 5_000, 21, true),
        case("500 x 5,000 half surge", 500, 250, 5_000, 21, true),
        case("500 x 5,000 spread", 500, 0, 5_000, 21, true),
        case("500 x 600 scarce", 500, 0, 600, 21, true),
        case("500 x 600 scarce surge", 500, 500, 600, 11, true),
        case("600 x 500 too few", 600, 300, 500, 11, false),
        case("500 x 5,000 one place", 500, 0, 5_000, 11, true),
        case("2,000 x 20,000 surge", 2_000, 2_000, 20_000, 5, false),
    ];
    all[8].requests.fill((CITY / 2.0, CITY / 2.0));
    all
}

/// The median, and the quickest in brackets: what others do on the machine is in the first.
fn times(all: &mut [f64]) -> String {
    all.sort_by(f64::total_cmp);
    format!("{:.2} ({:.2})", all[all.len() / 2], all[0])
}

fn timed<T>(times: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = black_box(work());
    times.push(began.elapsed().as_secs_f64() * 1e3);
    result
}

fn main() {
    let dense_too = !std::env::args().any(|argument| argument == "quick");
    for case in cases() {
        measure(&case, dense_too && case.dense);
    }
}

/// What one case came to.
struct Outcome {
    plan: Plan,
    instance: Instance,
    by_turns: Assignment,
}

fn measure(case: &Case, dense: bool) {
    let grid = Grid::new(&case.candidates);
    let fresh = || Instance::new(&vec![LEAVE; case.requests.len()], vec![1; case.candidates.len()]);
    let mut more = |request: usize, count: usize, into: &mut Vec<Edge>| {
        grid.nearest(case.requests[request], count, into);
    };
    let policy = BatchPolicy { from: 8, tolerance_percent: 10 };
    let (mut whole, mut given, mut checks, mut turns) = (vec![], vec![], vec![], vec![]);
    let mut last = None;
    for _ in 0..case.runs {
        let mut instance = fresh();
        let first = timed(&mut whole, || plan(&mut instance, &mut more, policy));
        let mut listed = instance.clone();
        let mut never = |_: usize, _: usize, _: &mut Vec<Edge>| unreachable!("the lists are long enough");
        let again = timed(&mut given, || plan(&mut listed, &mut never, policy));
        assert_eq!(first.total, again.total, "two exact plans cost the same");
        timed(&mut checks, || first.check(&instance)).expect("the certificate holds");
        let mut unlisted = fresh();
        let by_turns = timed(&mut turns, || greedy(&mut unlisted, &mut more));
        last = Some(Outcome { plan: first, instance, by_turns });
    }
    let outcome = last.expect("there are runs");
    println!(
        "{}: {} ms with the lists, {} without, check {}; by turns {} with the lists",
        case.name,
        times(&mut whole),
        times(&mut given),
        times(&mut checks),
        times(&mut turns)
    );
    say_what_it_is_worth(&outcome);
    if dense {
        compare_with_the_dense_method(case, &outcome.plan, given[0]);
    }
}

fn say_what_it_is_worth(outcome: &Outcome) {
    let Outcome { plan, instance, by_turns } = outcome;
    let requests = instance.requests();
    let edges: usize = (0..requests).map(|request| instance.edges(request).len()).sum();
    let mean = |assignment: &Assignment| {
        let sum: u64 = assignment.assigned.iter().flatten().map(|edge| u64::from(edge.cost)).sum();
        sum as f64 / assignment.served() as f64 / 10.0
    };
    println!(
        "    {} of {requests} helped, mean {:.1} m, worst {} m of bottleneck {} m; by turns {:.1} m, worst {} m; {edges} edges",
        plan.assignment.served(),
        mean(&plan.assignment),
        plan.worst / 10,
        plan.bottleneck / 10,
        mean(by_turns),
        by_turns.worst() / 10,
    );
}

/// The same plan from the whole matrix, where a way that is too far is forbidden.
fn compare_with_the_dense_method(case: &Case, plan: &Plan, given: f64) {
    const FORBIDDEN: i64 = 1 << 40;
    let weight = |(row, column): (usize, usize)| {
        let cost = cost(case.requests[row], case.candidates[column]);
        if cost > plan.limit() { FORBIDDEN } else { i64::from(cost) }
    };
    let matrix = Matrix::from_fn(case.requests.len(), case.candidates.len(), weight);
    let mut dense = vec![];
    let (total, _) = timed(&mut dense, || kuhn_munkres_min(&matrix));
    assert_eq!(u64::try_from(total), Ok(plan.total), "the dense method finds the same total");
    println!(
        "    the dense method: the same total in {:.1} ms, {:.0} times as long",
        dense[0],
        dense[0] / given
    );
}
