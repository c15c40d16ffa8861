//! The ways people may walk, as a net: how far it is on foot from one place to another.
//!
//! Prepared once, which takes seconds for a district, then asked hundreds of times for each wave. Whoever lives beside the
//! river is near by air and far on foot.

use std::collections::BTreeMap;

use fast_paths::{FastGraph, InputGraph, PathCalculator};

use crate::domain::area::Point;

/// Farther than this from every way, nobody knows how one gets there.
const BESIDE_CM: u32 = 50_000;
/// Side of the cells in which the nearest way is looked for, in 10⁻⁷ degree: about 220 m.
const CELL_E7: i32 = 20_000;
/// Most crossings: a district and all around it have a tenth. Twice as many take four times as long to prepare.
const MOST_CROSSINGS: usize = 300_000;
const CM_PER_E7: f64 = 1.111_949_3;

/// A way as a map has it: nodes by number, in the order in which one walks past them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way(pub Vec<(i64, Point)>);

/// Why ways make no net.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoads {
    #[error("there is no way in it that people may walk")]
    NoWays,
    #[error(
        "it has {0} crossings, more than {MOST_CROSSINGS}: cut it to the district and what lies around it"
    )]
    TooLarge(usize),
}

/// All ways that hang together, ready to be asked.
pub struct Roads {
    graph: FastGraph,
    stretches: Vec<Stretch>,
    pieces: Vec<Piece>,
    /// The pieces that touch each cell.
    cells: BTreeMap<(i32, i32), Vec<u32>>,
}

/// What lies between two crossings.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    ends: [usize; 2],
    length_cm: u32,
}

/// What of a stretch lies between two neighbouring nodes: straight.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: Point,
    to: Point,
    stretch: u32,
    /// From the first end of the stretch to `from`.
    begins_cm: u32,
}

/// Where one steps onto the net.
#[derive(Debug, Clone, Copy)]
struct Step {
    stretch: u32,
    along_cm: u32,
    /// From the door to the way.
    beside_cm: u32,
}

/// Ways from one place; asked for many others it does its preparations once.
pub struct FromHere {
    step: Step,
    calculator: PathCalculator,
}

impl Roads {
    /// Makes a net of ways. Of parts that do not hang together the longest is kept: the others are mostly mistakes of
    /// the map, and a path inside of a courtyard leads nowhere.
    ///
    /// # Errors
    /// When there is nothing to walk on, or too much.
    pub fn new(ways: &[Way]) -> Result<Self, NoRoads> {
        let crossings = crossings(ways);
        if crossings.len() > MOST_CROSSINGS {
            return Err(NoRoads::TooLarge(crossings.len()));
        }
        let (mut stretches, mut pieces) = (Vec::new(), Vec::new());
        for way in ways {
            take_apart(way, &crossings, &mut stretches, &mut pieces);
        }
        let kept = longest_part(crossings.len(), &stretches);
        pieces.retain(|piece: &Piece| kept[stretches[piece.stretch as usize].ends[0]].is_some());
        // Two ways may join the same crossings: the shorter counts.
        let mut joined: BTreeMap<[usize; 2], u32> = BTreeMap::new();
        for Stretch { ends, length_cm } in &mut stretches {
            let [Some(from), Some(to)] = ends.map(|end| kept[end]) else { continue };
            *ends = [from, to];
            // A way that comes back to where it began leads nowhere else.
            if from != to {
                let shortest = joined.entry([from.min(to), from.max(to)]).or_insert(u32::MAX);
                *shortest = (*length_cm).clamp(1, *shortest);
            }
        }
        if joined.is_empty() {
            return Err(NoRoads::NoWays);
        }
        let mut input = InputGraph::new();
        for ([from, to], length_cm) in joined {
            input.add_edge_bidir(from, to, length_cm as usize);
        }
        input.freeze();
        let graph = fast_paths::prepare(&input);
        let mut cells: BTreeMap<(i32, i32), Vec<u32>> = BTreeMap::new();
        for (number, piece) in (0..).zip(&pieces) {
            for cell in piece.cells() {
                cells.entry(cell).or_default().push(number);
            }
        }
        Ok(Self { graph, stretches, pieces, cells })
    }

    /// Metres on foot; none when one of the places is beside no way.
    pub fn metres(&self, from: Point, to: Point) -> Option<u32> {
        self.metres_from(&mut self.from(from)?, to)
    }

    /// The ways from one place; none when it is beside no way.
    pub fn from(&self, place: Point) -> Option<FromHere> {
        let step = self.step(place)?;
        Some(FromHere { step, calculator: fast_paths::create_calculator(&self.graph) })
    }

    /// Metres on foot from where `from` was made to there; none when it is beside no way.
    pub fn metres_from(&self, from: &mut FromHere, to: Point) -> Option<u32> {
        let (step, to) = (from.step, self.step(to)?);
        let along = (step.stretch == to.stretch)
            .then(|| (step.beside_cm + to.beside_cm + step.along_cm.abs_diff(to.along_cm)) as usize);
        let (starts, ends) = (self.ends(step), self.ends(to));
        let around = from.calculator.calc_path_multiple_sources_and_targets(&self.graph, starts, ends);
        let cm = along.into_iter().chain(around.map(|path| path.get_weight())).min()?;
        u32::try_from(cm.div_ceil(100)).ok()
    }

    /// How many crossings and ends of ways there are.
    pub fn crossings(&self) -> usize {
        self.graph.get_num_nodes()
    }

    /// Where one steps onto the nearest way.
    fn step(&self, at: Point) -> Option<Step> {
        let (row, column) = cell(at);
        let narrow_cm = f64::from(CELL_E7) * CM_PER_E7 * cosine(at);
        let mut best: Option<(u32, Step)> = None;
        for ring in 0..=(f64::from(BESIDE_CM) / narrow_cm) as i32 + 1 {
            // What was not looked at yet begins that far away.
            let seen_cm = f64::from(ring - 1) * narrow_cm;
            if best.is_some_and(|(_, step)| f64::from(step.beside_cm) <= seen_cm) {
                break;
            }
            for number in self.around(row, column, ring) {
                let step = self.pieces[number as usize].step_from(at);
                if best.is_none_or(|(other, best)| (step.beside_cm, number) < (best.beside_cm, other)) {
                    best = Some((number, step));
                }
            }
        }
        best.map(|(_, step)| step).filter(|step| step.beside_cm <= BESIDE_CM)
    }

    /// The pieces that touch the cells so many steps away.
    fn around(&self, row: i32, column: i32, ring: i32) -> impl Iterator<Item = u32> {
        let rows = row - ring..=row + ring;
        let cells = rows.flat_map(move |north| {
            let is_edge = (north - row).abs() == ring;
            let step = if is_edge { 1 } else { (2 * ring).max(1) as usize };
            (column - ring..=column + ring).step_by(step).map(move |east| (north, east))
        });
        cells.filter_map(|cell| self.cells.get(&cell)).flatten().copied()
    }

    /// The ends of the stretch stepped onto, and how far each is from the door.
    fn ends(&self, step: Step) -> Vec<(usize, usize)> {
        let Stretch { ends: [first, last], length_cm } = self.stretches[step.stretch as usize];
        let back = (step.beside_cm + step.along_cm) as usize;
        let on = (step.beside_cm + length_cm - step.along_cm) as usize;
        if first == last { vec![(first, back.min(on))] } else { vec![(first, back), (last, on)] }
    }
}

impl std::fmt::Debug for Roads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Roads").field("crossings", &self.crossings()).finish_non_exhaustive()
    }
}

impl Piece {
    fn cells(&self) -> impl Iterator<Item = (i32, i32)> {
        let (from, to) = (cell(self.from), cell(self.to));
        let columns = from.1.min(to.1)..=from.1.max(to.1);
        (from.0.min(to.0)..=from.0.max(to.0))
            .flat_map(move |row| columns.clone().map(move |column| (row, column)))
    }

    /// The place of this piece that is nearest.
    fn step_from(&self, at: Point) -> Step {
        let (east, north) = offset_cm(self.from, self.to);
        let (x, y) = offset_cm(self.from, at);
        let length_2 = east * east + north * north;
        let share = if length_2 > 0.0 { ((x * east + y * north) / length_2).clamp(0.0, 1.0) } else { 0.0 };
        let beside = (x - share * east).hypot(y - share * north);
        let along = share * length_2.sqrt();
        Step {
            stretch: self.stretch,
            along_cm: self.begins_cm + along.round() as u32,
            beside_cm: beside.round() as u32,
        }
    }
}

/// Where ways end or meet, by the map's numbers, with ours.
fn crossings(ways: &[Way]) -> BTreeMap<i64, usize> {
    let mut passed: BTreeMap<i64, bool> = BTreeMap::new();
    for Way(nodes) in ways {
        for (at, (node, _)) in nodes.iter().enumerate() {
            let is_end = at == 0 || at + 1 == nodes.len();
            passed.entry(*node).and_modify(|meets| *meets = true).or_insert(is_end);
        }
    }
    let meet = passed.into_iter().filter(|(_, meets)| *meets);
    meet.enumerate().map(|(number, (node, _))| (node, number)).collect()
}

fn take_apart(
    Way(nodes): &Way,
    crossings: &BTreeMap<i64, usize>,
    stretches: &mut Vec<Stretch>,
    pieces: &mut Vec<Piece>,
) {
    let Some(mut begins) = nodes.first().and_then(|(node, _)| crossings.get(node)).copied() else { return };
    let mut length_cm = 0;
    for pair in nodes.windows(2) {
        let [(_, from), (node, to)] = pair else { continue };
        let stretch = u32::try_from(stretches.len()).expect("fewer than four billion stretches");
        pieces.push(Piece { from: *from, to: *to, stretch, begins_cm: length_cm });
        let (east, north) = offset_cm(*from, *to);
        length_cm += east.hypot(north).round() as u32;
        if let Some(ends) = crossings.get(node).copied() {
            stretches.push(Stretch { ends: [begins, ends], length_cm });
            (begins, length_cm) = (ends, 0);
        }
    }
}

/// Numbers the crossings of the part with the most metres; the others have none.
fn longest_part(crossings: usize, stretches: &[Stretch]) -> Vec<Option<usize>> {
    // Each crossing points towards the one that stands for its part.
    let mut towards: Vec<usize> = (0..crossings).collect();
    for Stretch { ends: [from, to], .. } in stretches {
        let (one, other) = (part(&mut towards, *from), part(&mut towards, *to));
        towards[one.max(other)] = one.min(other);
    }
    let mut lengths: BTreeMap<usize, u64> = BTreeMap::new();
    for stretch in stretches {
        *lengths.entry(part(&mut towards, stretch.ends[0])).or_default() += u64::from(stretch.length_cm);
    }
    let longest = lengths.into_iter().max_by_key(|(part, length)| (*length, std::cmp::Reverse(*part)));
    let mut numbers = 0..;
    let mut number = |at| {
        let is_kept = longest.is_some_and(|(longest, _)| part(&mut towards, at) == longest);
        is_kept.then(|| numbers.next().expect("there are fewer crossings than numbers"))
    };
    (0..crossings).map(&mut number).collect()
}

/// The crossing that stands for the part in which this one lies.
fn part(towards: &mut [usize], mut at: usize) -> usize {
    while towards[at] != at {
        towards[at] = towards[towards[at]];
        at = towards[at];
    }
    at
}

fn cell(at: Point) -> (i32, i32) {
    (at.latitude_e7.div_euclid(CELL_E7), at.longitude_e7.div_euclid(CELL_E7))
}

fn cosine(at: Point) -> f64 {
    (f64::from(at.latitude_e7) / 1e7).to_radians().cos().max(0.01)
}

/// East and north from one place to another, in centimetres.
fn offset_cm(from: Point, to: Point) -> (f64, f64) {
    let north = (f64::from(to.latitude_e7) - f64::from(from.latitude_e7)) * CM_PER_E7;
    let east = (f64::from(to.longitude_e7) - f64::from(from.longitude_e7)) * CM_PER_E7;
    (east * cosine(from), north)
}

#[cfg(test)]
pub(super) mod tests;
