//! The search near by: 8 × 8 cells around the place asked about, in rings of cells, in numbers of 32 bits.
//!
//! Nearly every question ends here. So nothing is done twice, little is left that the processor would have to
//! guess, and who fits is known of four blocks before the first distance is taken: their lines come from memory
//! together.

use std::hint::black_box;

use super::Id;
use super::bins::Bins;
use super::block::{Filter, NONE, SLOTS};
use super::grid::{CELL, Grid, TILE, away};
use super::keys::Keys;

/// From the window's corner to its middle, in cells.
pub(super) const HALF: i64 = TILE / 2;
/// Blocks looked at together.
const TOGETHER: usize = 4;
/// With fewer who fit, one after the other is quicker than all 32 at once.
const MANY: u32 = 4;
/// The cells of the window in four rings around its middle: 4, 12, 20 and 28.
const RINGS: [u64; 4] =
    [0x0000_0018_1800_0000, 0x0000_3C24_243C_0000, 0x007E_4242_4242_7E00, 0xFF81_8181_8181_81FF];

/// A question about a place inside the grid.
pub(super) struct Near<'a> {
    pub(super) grid: Grid,
    pub(super) bins: &'a Bins,
    pub(super) filter: &'a Filter,
    /// Who is not wanted, in rising order.
    pub(super) except: &'a [Id],
    /// The place, from the grid's south-west corner.
    pub(super) at: (i64, i64),
    /// The corner of cells nearest to it: the middle of the window.
    pub(super) corner: (i64, i64),
}

/// Those of a block who fit.
#[derive(Clone, Copy, Default)]
struct Part {
    block: u32,
    fitting: u32,
    /// Nobody of the cell can be nearer than this squared distance.
    least: i32,
    /// The place asked about, seen from the cell's corner.
    from: (i16, i16),
}

/// A column or row of cells.
#[derive(Clone, Copy, Default)]
struct Line {
    /// The place asked about, seen from where the line begins.
    from: i16,
    /// How far the line is from it, squared.
    away_squared: i32,
    /// Its part of a cell's number.
    number: u32,
}

impl Near<'_> {
    /// Finds the best among the cells of the window that are given; says whether nobody farther out can be better.
    pub(super) fn search(&self, cells: u64, keys: &mut Keys) -> bool {
        self.middle(cells, keys);
        if self.is_over(1, keys) {
            return true;
        }
        let mut columns = [Line::default(); 8];
        let mut rows = [Line::default(); 8];
        for (step, (column, row)) in (0..).zip(columns.iter_mut().zip(&mut rows)) {
            *column = self.column(step - HALF);
            *row = self.row(step - HALF);
        }
        for (ring, mask) in (2..).zip(&RINGS[1..]) {
            let mut left = cells & mask;
            let next = std::iter::from_fn(|| {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize % 64)?;
                left &= left - 1;
                Some((columns[bit % 8], rows[bit / 8]))
            });
            self.cells(next, keys);
            if self.is_over(ring, keys) {
                return true;
            }
        }
        false
    }

    /// The four cells around the corner: the one asked about, those beside it, the one across.
    fn middle(&self, cells: u64, keys: &mut Keys) {
        let own = (self.at.0 / CELL - self.corner.0, self.at.1 / CELL - self.corner.1);
        let (columns, rows) = ([self.column(-1), self.column(0)], [self.row(-1), self.row(0)]);
        let (across, up) = ((own.0 + 1) as usize & 1, (own.1 + 1) as usize & 1);
        let order = [(across, up), (across ^ 1, up), (across, up ^ 1), (across ^ 1, up ^ 1)];
        let held = order.into_iter().filter(|(across, up)| cells >> (27 + across + 8 * up) & 1 == 1);
        self.cells(held.map(|(across, up)| (columns[across], rows[up])), keys);
    }

    /// Whether nobody farther than so many cells from the corner can be wanted.
    #[inline]
    fn is_over(&self, reach: i64, keys: &Keys) -> bool {
        let side = |at: i64, corner: i64| {
            let off = at - corner * CELL;
            reach * CELL - off.max(-off - 1)
        };
        let least = side(self.at.0, self.corner.0).min(side(self.at.1, self.corner.1));
        least * least > i64::from(keys.limit())
    }

    /// Offers everybody who fits in some cells.
    #[inline]
    fn cells(&self, cells: impl Iterator<Item = (Line, Line)>, keys: &mut Keys) {
        let (mut parts, mut waiting) = ([Part::default(); TOGETHER], 0);
        for (column, row) in cells {
            let least = column.away_squared + row.away_squared;
            if least > keys.limit() {
                continue;
            }
            let mut number = self.bins.first(column.number + row.number);
            while number != NONE {
                let block = self.bins.block(number);
                // Asked for here, the lines of places and ids are there when the distances are taken.
                black_box((block.east[0], block.north[0], block.ids[0]));
                let fitting = self.filter.fitting(block);
                if fitting != 0 {
                    parts[waiting] = Part { block: number, fitting, least, from: (column.from, row.from) };
                    waiting += 1;
                    if waiting == TOGETHER {
                        self.offer(&parts, keys);
                        waiting = 0;
                    }
                }
                number = block.next;
            }
        }
        self.offer(&parts[..waiting], keys);
    }

    fn offer(&self, parts: &[Part], keys: &mut Keys) {
        for part in parts {
            if part.least > keys.limit() {
                continue;
            }
            let block = self.bins.block(part.block);
            let mut fitting = part.fitting;
            if fitting.count_ones() > MANY {
                let distances = block.distances(part.from);
                fitting &= within(&distances, keys.limit());
                while fitting != 0 {
                    let slot = fitting.trailing_zeros() as usize % SLOTS;
                    fitting &= fitting - 1;
                    self.offer_one(distances[slot], block.ids[slot], keys);
                }
            } else {
                while fitting != 0 {
                    let slot = fitting.trailing_zeros() as usize % SLOTS;
                    fitting &= fitting - 1;
                    self.offer_one(block.distance(slot, part.from), block.ids[slot], keys);
                }
            }
        }
    }

    #[inline]
    fn offer_one(&self, distance_squared: i32, id: Id, keys: &mut Keys) {
        let asked_before = || !self.except.is_empty() && self.except.binary_search(&id).is_ok();
        if keys.is_wanted(distance_squared, id) && !asked_before() {
            keys.insert(distance_squared, id);
        }
    }

    /// A column of cells, counted from the corner.
    #[inline]
    fn column(&self, step: i64) -> Line {
        let column = self.corner.0 + step;
        Line::new(self.at.0, column, self.grid.number_of_column(column))
    }

    #[inline]
    fn row(&self, step: i64) -> Line {
        let row = self.corner.1 + step;
        Line::new(self.at.1, row, self.grid.number_of_row(row))
    }
}

impl Line {
    #[inline]
    fn new(at: i64, cell: i64, number: u32) -> Self {
        Self { from: (at - cell * CELL) as i16, away_squared: away(at, cell, 1).pow(2) as i32, number }
    }
}

/// Who is not farther than a squared distance, one bit a slot.
#[inline]
fn within(distances: &[i32; SLOTS], limit: i32) -> u32 {
    let mut near = 0;
    for (slot, distance_squared) in distances.iter().enumerate() {
        near |= if *distance_squared <= limit { 1 << slot } else { 0 };
    }
    near
}
