//! Who fits, one after the other, the nearest first, for as long as somebody asks for the next.
//!
//! For whoever has to look at each before they know how many they need. Rings of cells around the corner nearest to the
//! place are looked through; whoever lies nearer than all that was not looked at may be told.

use std::hint::black_box;

use super::attributes::Attributes;
use super::best::{key, of_key};
use super::block::{Block, Filter, NONE};
use super::grid::{CELL, TILE};
use super::near::HALF;
use super::search::each_window;
use super::{Hit, Id, Index, Position, Query};

/// Room for those of the first rings.
const USUAL: usize = 256;
/// Room for the middle window and those around it.
const USUAL_WINDOWS: usize = 9;
/// So many are put in order at once: whoever asks seldom needs all that a ring holds.
const IN_ORDER: usize = 32;
/// Blocks looked at together.
const TOGETHER: usize = 8;

/// Those who fit, the nearest first, of equals the lower id.
pub struct Around<'a> {
    index: &'a Index,
    filters: Filters,
    /// The place, from the grid's south-west corner, and the corner of cells nearest to it.
    at: (i64, i64),
    corner: (i64, i64),
    limits: Limits<'a>,
    /// Windows that are looked through, by their south-west cells, with the cells left in which somebody may fit.
    windows: Vec<(i64, i64, u64)>,
    /// Cells from the corner that were looked at, to each side.
    reach: i64,
    /// Nobody who was not looked at is nearer; none when everybody was.
    beyond: Option<u64>,
    /// Who was looked at and not told.
    waiting: Vec<u128>,
    /// So many at the end are the nearest of them, in order, the nearest last.
    in_order: usize,
}

/// Those of a block who fit.
#[derive(Clone, Copy, Default)]
struct Part {
    block: u32,
    fitting: u32,
    /// The place asked about, seen from the cell's corner.
    from: (i64, i64),
}

/// What is needed of all, and besides in one or two ways to have it.
pub(in crate::dispatch) struct Filters {
    pub(super) all: Filter,
    pub(super) one: Filter,
    pub(super) other: Option<Filter>,
}

impl Filters {
    pub(in crate::dispatch) fn new(need: Attributes, forbid: Attributes, either: Either) -> Self {
        let filter = |need| Filter::new(need, Attributes::NONE);
        let (one, other) = match either {
            Either::This(this) => (filter(this), None),
            Either::ThisOr(this, other) => (filter(this), Some(filter(other))),
        };
        Self { all: Filter::new(need, forbid), one, other }
    }

    #[inline]
    pub(super) fn fitting(&self, block: &Block) -> u32 {
        let other = self.other.as_ref().map_or(0, |other| other.fitting(block));
        self.all.fitting(block) & (self.one.fitting(block) | other)
    }

    fn window(&self, index: &Index, column: i64, row: i64) -> u64 {
        let window = |filter| index.tiles.window(filter, column, row);
        window(&self.all) & (window(&self.one) | self.other.as_ref().map_or(0, window))
    }
}

impl Index {
    /// Those who fit and have all that one of `either` says, without end, looked for as they are asked for.
    pub fn around<'a>(&'a self, query: &Query<'a>, either: Either) -> Around<'a> {
        let filters = Filters::new(query.need, query.forbid, either);
        let at = self.grid.relative(query.at);
        let corner = self.grid.nearest_corner(at);
        let mut around = Around {
            index: self,
            at,
            corner,
            limits: Limits {
                farthest: query.within.map_or(u64::MAX, |within| u64::from(within) * u64::from(within)),
                except: query.except,
            },
            windows: Vec::with_capacity(USUAL_WINDOWS),
            filters,
            reach: 0,
            beyond: Some(0),
            waiting: Vec::with_capacity(USUAL),
            in_order: 0,
        };
        around.outside(query.at);
        around
    }
}

/// What is needed beside a query's `need`.
#[derive(Debug, Clone, Copy)]
pub enum Either {
    This(Attributes),
    ThisOr(Attributes, Attributes),
}

impl Iterator for Around<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        loop {
            if self.in_order == 0 {
                self.put_in_order();
            }
            if let Some(hit) = self.waiting.last().copied().map(of_key)
                && self.beyond.is_none_or(|least| hit.distance_squared < least)
            {
                self.waiting.pop();
                self.in_order -= 1;
                return Some(hit);
            }
            self.beyond?;
            self.look_farther();
        }
    }
}

impl Around<'_> {
    /// Cell by cell in the middle window, where most are found; then two at a time.
    fn look_farther(&mut self) {
        let known = self.waiting.len();
        if self.reach == 0 {
            self.open_windows(0);
        } else if self.reach % TILE == HALF {
            self.open_windows((self.reach + HALF) / TILE);
        }
        self.reach += if self.reach < HALF { 1 } else { 2 };
        let mut windows = std::mem::take(&mut self.windows);
        windows.retain_mut(|(column, row, left)| {
            let near = *left & within(self.reach, *column - self.corner.0, *row - self.corner.1);
            self.cells(*column, *row, near);
            *left &= !near;
            *left != 0
        });
        self.windows = windows;
        self.beyond = self.index.held.beyond(self.at, self.corner, self.reach);
        self.beyond = self.beyond.filter(|least| *least <= self.limits.farthest);
        if self.waiting.len() > known {
            self.in_order = 0;
        }
    }

    fn open_windows(&mut self, ring: i64) {
        let Self { index, filters, windows, .. } = self;
        each_window(self.corner, ring, |column, row| {
            if index.held.in_window(column, row) {
                windows.push((column, row, filters.window(index, column, row)));
            }
        });
    }

    /// Puts the nearest of those who wait in order.
    fn put_in_order(&mut self) {
        let others = self.waiting.len().saturating_sub(IN_ORDER);
        if others > 0 {
            self.waiting.select_nth_unstable_by(others, |one, other| other.cmp(one));
        }
        self.waiting[others..].sort_unstable_by(|one, other| other.cmp(one));
        self.in_order = self.waiting.len() - others;
    }

    /// Looks through the given cells of a window.
    fn cells(&mut self, column: i64, row: i64, mut cells: u64) {
        let (bins, grid) = (&self.index.bins, self.index.grid);
        let (mut parts, mut count) = ([Part::default(); TOGETHER], 0);
        while cells != 0 {
            let bit = i64::from(cells.trailing_zeros());
            cells &= cells - 1;
            let (column, row) = (column + bit % TILE, row + bit / TILE);
            let from = (self.at.0 - column * CELL, self.at.1 - row * CELL);
            let mut number = bins.first(grid.number(column, row));
            while number != NONE {
                let block = bins.block(number);
                let fitting = self.filters.fitting(block);
                parts[count] = Part { block: number, fitting, from };
                // Whether anybody fits is chance, and a wrong guess costs more than to write a part for nothing.
                count += usize::from(fitting != 0);
                if count == TOGETHER {
                    self.take(&parts);
                    count = 0;
                }
                number = block.next;
            }
        }
        self.take(&parts[..count]);
    }

    fn take(&mut self, parts: &[Part]) {
        let block = |part: &Part| self.index.bins.block(part.block);
        for block in parts.iter().map(block) {
            // Asked for here, the lines of places and ids come from memory together.
            black_box((block.east[0], block.north[0], block.ids[0]));
        }
        for part in parts {
            block(part).each(part.fitting, part.from, |far, id| self.limits.wait(&mut self.waiting, far, id));
        }
    }

    /// Whoever stands outside the grid waits from the start.
    fn outside(&mut self, at: Position) {
        let Self { index, filters, limits, waiting, .. } = self;
        let fitting = |block: &Block| filters.fitting(block);
        index.each_outside(at, fitting, |far, id| limits.wait(waiting, far, id));
    }
}

/// The cells of a window that lie not more than so many cells from the corner to each side; the window begins so far east and
/// north of it.
fn within(reach: i64, east: i64, north: i64) -> u64 {
    const EVERY_ROW: u64 = 0x0101_0101_0101_0101;
    let before = |cell: i64| cell.clamp(0, TILE) as u32;
    let below = |bits: u32| 1_u64.checked_shl(bits).unwrap_or(0).wrapping_sub(1);
    let columns = below(before(reach - east)) & !below(before(-reach - east));
    let rows = below(8 * before(reach - north)) & !below(8 * before(-reach - north));
    (columns * EVERY_ROW) & rows
}

/// Who is not wanted although they fit.
struct Limits<'a> {
    /// The squared distance still wanted.
    farthest: u64,
    /// In rising order.
    except: &'a [Id],
}

impl Limits<'_> {
    fn wait(&self, waiting: &mut Vec<u128>, distance_squared: u64, id: Id) {
        if distance_squared <= self.farthest && self.except.binary_search(&id).is_err() {
            waiting.push(key(distance_squared, id));
        }
    }
}
