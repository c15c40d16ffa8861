//! In which cells anybody has an attribute: one word for 8 × 8 cells.

use super::attributes::BITS;
use super::block::Filter;
use super::grid::{Grid, TILE};

#[derive(Debug, Clone)]
pub(super) struct Tiles {
    grid: Grid,
    tiles: usize,
    /// A word a tile, tile by tile, attribute after attribute: a search far out reads them in a row. The last
    /// tile of each attribute is for the bin of those outside, and never read.
    masks: Vec<u64>,
}

impl Tiles {
    pub(super) fn new(grid: Grid) -> Self {
        let tiles = grid.tiles() + 1;
        Self { grid, tiles, masks: vec![0; BITS * tiles] }
    }

    /// Notes whether anybody in a cell has an attribute.
    #[inline]
    pub(super) fn note(&mut self, cell: u32, bit: usize, held: bool) {
        let mask = &mut self.masks[bit * self.tiles + (cell / 64) as usize];
        *mask = *mask & !(1 << (cell % 64)) | u64::from(held) << (cell % 64);
    }

    /// Notes that somebody took an attribute from one cell, where others may have it still, into another.
    #[inline]
    pub(super) fn carry(&mut self, (from, to): (u32, u32), bit: usize, held: bool) {
        let row = bit * self.tiles;
        let left = &mut self.masks[row + (from / 64) as usize];
        let stays = *left & !(1 << (from % 64)) | u64::from(held) << (from % 64);
        if from / 64 == to / 64 {
            *left = stays | 1 << (to % 64);
        } else {
            *left = stays;
            self.masks[row + (to / 64) as usize] |= 1 << (to % 64);
        }
    }

    /// The cells in which everything needed is found, if not in one person, in 8 × 8 cells from a south-west one.
    ///
    /// The window may lie across four tiles, and over the edge of the grid by less than its own width.
    #[inline]
    pub(super) fn window(&self, filter: &Filter, column: i64, row: i64) -> u64 {
        let corner = self.grid.tile(column, row);
        let (mut south_west, mut south_east, mut north_west, mut north_east) =
            (u64::MAX, u64::MAX, u64::MAX, u64::MAX);
        for bit in filter.needs() {
            let masks = &self.masks[bit * self.tiles..];
            let (south, north) = (&masks[corner..corner + 2], &masks[corner + self.grid.stride()..][..2]);
            south_west &= south[0];
            south_east &= south[1];
            north_west &= north[0];
            north_east &= north[1];
        }
        let across = (column & (TILE - 1)) as u32;
        let up = 8 * (row & (TILE - 1)) as u32;
        let south = join(south_west, south_east, across);
        let north = join(north_west, north_east, across);
        south >> up | north.checked_shl(64 - up).unwrap_or(0)
    }

    pub(super) fn bytes(&self) -> usize {
        self.masks.capacity() * size_of::<u64>()
    }
}

/// Eight columns of two tiles side by side, from one of the west tile's on.
#[inline]
fn join(west: u64, east: u64, column: u32) -> u64 {
    const EVERY_ROW: u64 = 0x0101_0101_0101_0101;
    let kept = (0xFF >> column) * EVERY_ROW;
    (west >> column & kept) | (east << ((8 - column) % 64) & !kept)
}
