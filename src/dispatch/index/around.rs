//! Who fits, one after the other, the nearest first, for as long as somebody asks for the next.
//!
//! For whoever has to look at each before they know how many they need. Rings of cells around the corner nearest to the
//! place are looked through, then rings of windows; whoever lies nearer than all that was not looked at may be told.

use std::hint::black_box;

use super::attributes::Attributes;
use super::best::{key, of_key};
use super::block::{Block, Filter, NONE};
use super::grid::{CELL, TILE};
use super::near::{HALF, RINGS};
use super::search::each_window;
use super::{Hit, Id, Index, Position, Query};

/// Room for those of the first rings.
const USUAL: usize = 256;
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
    /// Cells of the middle window in which somebody may fit.
    middle: u64,
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
struct Filters {
    all: Filter,
    one: Filter,
    other: Option<Filter>,
}

impl Filters {
    #[inline]
    fn fitting(&self, block: &Block) -> u32 {
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
        let filter = |need| Filter::new(need, Attributes::NONE);
        let (one, other) = match either {
            Either::This(this) => (filter(this), None),
            Either::ThisOr(this, other) => (filter(this), Some(filter(other))),
        };
        let filters = Filters { all: Filter::new(query.need, query.forbid), one, other };
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
            middle: filters.window(self, corner.0 - HALF, corner.1 - HALF),
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
    fn look_farther(&mut self) {
        if self.reach < HALF {
            self.cells(self.corner.0 - HALF, self.corner.1 - HALF, self.middle & RINGS[self.reach as usize]);
            self.reach += 1;
        } else {
            each_window(self.corner, (self.reach + HALF) / TILE, |column, row| {
                if self.index.held.in_window(column, row) {
                    self.cells(column, row, self.filters.window(self.index, column, row));
                }
            });
            self.reach += TILE;
        }
        self.beyond = self.index.held.beyond(self.at, self.corner, self.reach);
        self.beyond = self.beyond.filter(|least| *least <= self.limits.farthest);
        self.in_order = 0;
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
                // Asked for here, the lines of places and ids are there when the distances are taken.
                black_box((block.east[0], block.north[0], block.ids[0]));
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
        for part in parts {
            let block = self.index.bins.block(part.block);
            block.each(part.fitting, part.from, |far, id| self.limits.wait(&mut self.waiting, far, id));
        }
    }

    /// Whoever stands outside the grid waits from the start.
    fn outside(&mut self, at: Position) {
        let Self { index, filters, limits, waiting, .. } = self;
        let fitting = |block: &Block| filters.fitting(block);
        index.each_outside(at, fitting, |far, id| limits.wait(waiting, far, id));
    }
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
