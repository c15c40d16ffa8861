//! Which cell a place lies in. Cells and tiles are powers of two wide: shifts find them.

use super::{Position, squared};

const CELL_SHIFT: u32 = 11;
/// The width of a cell, in decimetres: 204.8 m.
pub(super) const CELL: i64 = 1 << CELL_SHIFT;
/// Cells along one side of a tile.
pub(super) const TILE: i64 = 8;
/// Tiles along one side of the largest grid, 419 km: what it costs empty has a limit (100 MB).
const MOST_TILES: i64 = 256;

#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    west: i64,
    south: i64,
    /// Tiles from west to east, and from south to north, without the empty ones around.
    columns: i64,
    rows: i64,
}

/// From the first column and row of cells on in which anybody ever stood, until behind the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) columns: (i64, i64),
    pub(super) rows: (i64, i64),
}

impl Held {
    pub(super) const NOBODY: Self = Self { columns: (i64::MAX, i64::MIN), rows: (i64::MAX, i64::MIN) };

    pub(super) fn hold(&mut self, column: i64, row: i64) {
        for (span, cell) in [(&mut self.columns, column), (&mut self.rows, row)] {
            *span = (span.0.min(cell), span.1.max(cell + 1));
        }
    }

    /// Whether the window of cells from a south-west one on holds any of them.
    pub(super) fn in_window(self, column: i64, row: i64) -> bool {
        let meets = |from: i64, (first, end): (i64, i64)| from < end && from + TILE > first;
        meets(column, self.columns) && meets(row, self.rows)
    }

    /// The least squared distance from a place to anybody who is more than `reach` cells from its nearest corner, east, west,
    /// north or south; none when there is nobody.
    pub(super) fn beyond(self, at: (i64, i64), corner: (i64, i64), reach: i64) -> Option<u64> {
        let across =
            side(at.0, corner.0, reach, self.columns).map(|side| squared(side, outside(at.1, self.rows)));
        let along =
            side(at.1, corner.1, reach, self.rows).map(|side| squared(side, outside(at.0, self.columns)));
        match (across, along) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

/// A cell, and a place in it in decimetres from its south-west corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) number: u32,
    pub(super) column: i64,
    pub(super) row: i64,
    pub(super) local: (u16, u16),
}

impl Grid {
    pub(super) fn new(corner: Position, opposite: Position) -> Self {
        let tiles = |one: i32, other: i32| {
            let across = i64::from(one.abs_diff(other)) + 1;
            ((across + CELL * TILE - 1) / (CELL * TILE)).min(MOST_TILES)
        };
        Self {
            west: i64::from(corner.east.min(opposite.east)),
            south: i64::from(corner.north.min(opposite.north)),
            columns: tiles(corner.east, opposite.east),
            rows: tiles(corner.north, opposite.north),
        }
    }

    /// One ring of empty tiles lies around the others, so that a window over the edge needs no special case.
    pub(super) fn tiles(self) -> usize {
        ((self.columns + 2) * (self.rows + 2)) as usize
    }

    pub(super) fn cells(self) -> u32 {
        self.tiles() as u32 * 64
    }

    /// Tiles in a row, the empty ones at both ends included.
    pub(super) fn stride(self) -> usize {
        (self.columns + 2) as usize
    }

    /// How many cells it is from west to east, and from south to north.
    pub(super) fn extent(self) -> (i64, i64) {
        (self.columns * TILE, self.rows * TILE)
    }

    /// Decimetres from the south-west corner of the grid.
    #[inline]
    pub(super) fn relative(self, at: Position) -> (i64, i64) {
        (i64::from(at.east) - self.west, i64::from(at.north) - self.south)
    }

    /// Whether a place seen from the south-west corner lies in the grid.
    #[inline]
    pub(super) fn holds(self, (east, north): (i64, i64)) -> bool {
        let (columns, rows) = self.extent();
        (0..columns * CELL).contains(&east) && (0..rows * CELL).contains(&north)
    }

    /// The cell of a place; none outside the grid.
    pub(super) fn cell_of(self, at: Position) -> Option<Cell> {
        let (east, north) = self.relative(at);
        let (column, row) = (east >> CELL_SHIFT, north >> CELL_SHIFT);
        let local = |along: i64| (along & (CELL - 1)) as u16;
        self.holds((east, north)).then(|| Cell {
            number: self.number(column, row),
            column,
            row,
            local: (local(east), local(north)),
        })
    }

    /// The number of a cell of the grid or of the empty tiles around it.
    #[inline]
    pub(super) fn number(self, column: i64, row: i64) -> u32 {
        self.number_of_column(column) + self.number_of_row(row)
    }

    #[inline]
    pub(super) fn number_of_column(self, column: i64) -> u32 {
        ((column >> 3) + 1) as u32 * 64 + (column & 7) as u32
    }

    #[inline]
    pub(super) fn number_of_row(self, row: i64) -> u32 {
        ((row >> 3) + 1) as u32 * self.stride() as u32 * 64 + (row & 7) as u32 * 8
    }

    /// The number of the tile that a cell lies in.
    #[inline]
    pub(super) fn tile(self, column: i64, row: i64) -> usize {
        ((row >> 3) + 1) as usize * self.stride() + ((column >> 3) + 1) as usize
    }

    /// The corner between four cells that lies nearest to a place, in cells; on the edge for places outside.
    #[inline]
    pub(super) fn nearest_corner(self, (east, north): (i64, i64)) -> (i64, i64) {
        let (columns, rows) = self.extent();
        let corner = |along: i64, most: i64| ((along + CELL / 2) >> CELL_SHIFT).clamp(0, most);
        (corner(east, columns), corner(north, rows))
    }
}

/// The distance to the nearer of two lines, of those that have anybody behind them.
fn side(at: i64, corner: i64, reach: i64, (first, end): (i64, i64)) -> Option<u64> {
    let before = (first < corner - reach).then(|| at - (corner - reach) * CELL + 1);
    let behind = (corner + reach < end).then(|| (corner + reach) * CELL - at);
    let nearer = match (before, behind) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    nearer.map(|d| d.max(0) as u64)
}

/// How far it is along one axis from a place to those cells.
fn outside(at: i64, (first, end): (i64, i64)) -> u64 {
    away(at, first, end - first)
}

/// How far it is along one axis from a place to cells `from` and those behind it, `wide` of them.
#[inline]
pub(super) fn away(at: i64, from: i64, wide: i64) -> u64 {
    let inside = at - from * CELL;
    (-inside).max(inside - (wide * CELL - 1)).max(0) as u64
}
