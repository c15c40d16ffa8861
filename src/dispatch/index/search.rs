//! The search: near by first, then in windows of 8 × 8 cells outwards, until nobody farther out can be nearer.
//!
//! The windows lie around the corner of cells nearest to the place: one over it, eight around that, sixteen
//! around those. A window is one word, the cells in which anybody may fit.

use std::collections::BTreeMap;

use super::best::Best;
use super::block::{Block, Filter};
use super::grid::{CELL, TILE, away};
use super::keys::{self, Keys};
use super::near::{HALF, Near};
use super::{Hit, Id, Index, Position, Query, squared};

/// Where those stand who stand outside the grid.
pub(super) type Outside = BTreeMap<Id, Position>;

impl Index {
    /// Finds the nearest who fit, the nearest first, of equals the lower id; as many as `hits` has room for.
    ///
    /// The answer is how many were found. Exact, and allocates nothing.
    pub fn nearest(&self, query: &Query, hits: &mut [Hit]) -> usize {
        if hits.is_empty() {
            return 0;
        }
        let farthest = query.within.map_or(u64::MAX, |within| u64::from(within) * u64::from(within));
        let filter = Filter::new(query.need, query.forbid);
        let at = self.grid.relative(query.at);
        let corner = self.grid.nearest_corner(at);
        let small = hits.len() <= keys::MOST && self.grid.holds(at);
        let mut keys = Keys::new(hits.len().min(keys::MOST), farthest);
        let best = Best::new(hits, farthest, query.except);
        let mut search = Search { index: self, filter: &filter, at, corner, best };
        if small {
            let near =
                Near { grid: self.grid, bins: &self.bins, filter: &filter, except: query.except, at, corner };
            let cells = self.tiles.window(&filter, corner.0 - HALF, corner.1 - HALF);
            let over = near.search(cells, &mut keys);
            search.best.take(keys.found());
            search.outside(query.at);
            if !over {
                search.windows_from(1);
            }
        } else {
            search.outside(query.at);
            search.windows_from(0);
        }
        search.best.found()
    }

    /// Tells of those in a cell whom `fitting` picks how far they are, squared; `from` is measured from the cell's corner.
    #[inline]
    pub(super) fn each_in_cell(
        &self,
        (column, row): (i64, i64),
        from: (i64, i64),
        fitting: impl Fn(&Block) -> u32,
        mut tell: impl FnMut(u64, Id),
    ) {
        for block in self.bins.blocks(self.grid.number(column, row)) {
            block.each(fitting(block), from, &mut tell);
        }
    }

    /// The same of those who stand outside the grid.
    pub(super) fn each_outside(
        &self,
        at: Position,
        fitting: impl Fn(&Block) -> u32,
        mut tell: impl FnMut(u64, Id),
    ) {
        if self.outside.is_empty() {
            return;
        }
        for block in self.bins.blocks(self.grid.cells()) {
            let mut fitting = fitting(block);
            while fitting != 0 {
                let id = block.ids[fitting.trailing_zeros() as usize];
                fitting &= fitting - 1;
                tell(at.distance_squared(self.outside[&id]), id);
            }
        }
    }
}

struct Search<'a> {
    index: &'a Index,
    filter: &'a Filter,
    /// The place asked about, from the grid's south-west corner.
    at: (i64, i64),
    /// The corner of cells nearest to it.
    corner: (i64, i64),
    best: Best<'a>,
}

impl Search<'_> {
    fn outside(&mut self, at: Position) {
        self.index.each_outside(at, |block| self.filter.fitting(block), |far, id| self.best.offer(far, id));
    }

    /// Looks through rings of windows until there can be nobody better.
    fn windows_from(&mut self, first: i64) {
        for ring in first.. {
            self.windows(ring);
            let beyond = self.index.held.beyond(self.at, self.corner, ring * TILE + HALF);
            if beyond.is_none_or(|least| least > self.best.limit()) {
                return;
            }
        }
    }

    /// The windows of one ring around the middle one.
    fn windows(&mut self, ring: i64) {
        each_window(self.corner, ring, |column, row| self.window(column, row));
    }

    fn window(&mut self, column: i64, row: i64) {
        if !self.index.held.in_window(column, row) || !self.may_hold(column, row, TILE) {
            return;
        }
        let mut cells = self.index.tiles.window(self.filter, column, row);
        while cells != 0 {
            let bit = i64::from(cells.trailing_zeros());
            cells &= cells - 1;
            let (column, row) = (column + bit % 8, row + bit / 8);
            if self.may_hold(column, row, 1) {
                self.cell(column, row);
            }
        }
    }

    /// Whether so many cells from one on, across and up, are near enough.
    fn may_hold(&self, column: i64, row: i64, wide: i64) -> bool {
        let (east, north) = (away(self.at.0, column, wide), away(self.at.1, row, wide));
        squared(east, north) <= self.best.limit()
    }

    fn cell(&mut self, column: i64, row: i64) {
        let from = (self.at.0 - column * CELL, self.at.1 - row * CELL);
        let fitting = |block: &Block| self.filter.fitting(block);
        self.index.each_in_cell((column, row), from, fitting, |far, id| self.best.offer(far, id));
    }
}

/// The south-west cells of the windows of one ring around the middle one.
pub(super) fn each_window(corner: (i64, i64), ring: i64, mut tell: impl FnMut(i64, i64)) {
    for up in -ring..=ring {
        let step = if up.abs() == ring { 1 } else { 2 * ring };
        for across in (-ring..=ring).step_by(step as usize) {
            tell(corner.0 - HALF + across * TILE, corner.1 - HALF + up * TILE);
        }
    }
}
