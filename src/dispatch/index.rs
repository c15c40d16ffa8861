//! Who is near and may be asked: the nearest of those whose attributes fit, exactly.
//!
//! Everyone stands in a cell of about 200 m. A cell keeps its people in blocks of 32, and a block keeps one
//! word an attribute, one bit a person: 32 people are held against a question by a few ANDs. Above the cells
//! stand tiles of 8 × 8: one word an attribute says in which cells anyone has it. Whole numbers only, and of
//! equals the lower id comes first: the same question gets the same answer everywhere.
//!
//! It knows no rule of dispatch, and no time. Whoever keeps it says what an attribute means (a skill, on duty) and
//! turns it when that changes. [`areas`] is for those of whom only the committee is known, [`around`] for whoever has to
//! look at each before they know how many they need.

use attributes::{Attribute, Attributes};
use bins::Bins;
use grid::{Grid, Held};
use tiles::Tiles;

pub mod areas;
pub mod around;
pub mod attributes;
mod best;
mod bins;
mod block;
mod columns;
mod grid;
mod keys;
mod near;
mod search;
#[cfg(test)]
mod tests;
mod tiles;

/// A candidate's number: small, as the index keeps a row for every number up to the highest.
pub type Id = u32;

/// A place in decimetres, east and north of a point that the keeper of the index chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub east: i32,
    pub north: i32,
}

impl Position {
    /// The square of the distance, in square decimetres.
    pub fn distance_squared(self, other: Self) -> u64 {
        let (east, north) = (self.east.abs_diff(other.east), self.north.abs_diff(other.north));
        squared(u64::from(east), u64::from(north))
    }
}

/// The squared length of two sides. Only beyond 400,000 km does it saturate; there is nobody.
fn squared(east: u64, north: u64) -> u64 {
    east.saturating_mul(east).saturating_add(north.saturating_mul(north))
}

/// Who is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    pub at: Position,
    /// All of these.
    pub need: Attributes,
    /// None of these.
    pub forbid: Attributes,
    /// Not farther than this, in decimetres.
    pub within: Option<u32>,
    /// Not these, who were asked before; in rising order.
    pub except: &'a [Id],
}

/// Somebody found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hit {
    pub id: Id,
    /// In square decimetres.
    pub distance_squared: u64,
}

/// Candidates by place.
#[derive(Debug, Clone)]
pub struct Index {
    grid: Grid,
    /// One bin a cell, and the last one for everyone outside the grid.
    bins: Bins,
    tiles: Tiles,
    held: Held,
    outside: search::Outside,
}

impl Index {
    /// An empty index, quick between two opposite corners and exact everywhere.
    ///
    /// Whoever stands outside is looked at in every search. The grid reaches 400 km at most.
    pub fn new(corner: Position, opposite: Position) -> Self {
        let grid = Grid::new(corner, opposite);
        Self {
            bins: Bins::new(grid.cells() + 1),
            tiles: Tiles::new(grid),
            held: Held::NOBODY,
            outside: search::Outside::new(),
            grid,
        }
    }

    pub fn len(&self) -> usize {
        self.bins.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of a candidate; none when the id is not in the index.
    pub fn attributes(&self, id: Id) -> Option<Attributes> {
        self.bins.attributes(id)
    }

    /// Puts a candidate in; one who is there already is moved and changed.
    pub fn insert(&mut self, id: Id, at: Position, attributes: Attributes) {
        self.remove(id);
        self.place(id, at, attributes);
    }

    /// Takes a candidate out; says whether the id was there.
    pub fn remove(&mut self, id: Id) -> bool {
        let tiles = &mut self.tiles;
        let Some(bin) = self.bins.remove(id, |bin, bit, held| tiles.note(bin, bit, held)) else {
            return false;
        };
        if bin == self.grid.cells() {
            self.outside.remove(&id);
        }
        true
    }

    /// Moves a candidate; says whether the id was there.
    pub fn move_to(&mut self, id: Id, at: Position) -> bool {
        let Some(bin) = self.bins.bin_of(id) else { return false };
        match self.grid.cell_of(at) {
            Some(cell) if cell.number == bin => self.bins.shift(id, cell.local),
            Some(cell) if bin != self.grid.cells() => {
                self.held.hold(cell.column, cell.row);
                let tiles = &mut self.tiles;
                self.bins.carry(id, cell.number, cell.local, |bins, bit, held| tiles.carry(bins, bit, held));
            }
            _ => {
                let attributes = self.bins.attributes(id).expect("whoever has a bin has attributes");
                self.insert(id, at, attributes);
            }
        }
        true
    }

    /// Gives a candidate an attribute or takes it; says whether the id was there.
    pub fn set(&mut self, id: Id, attribute: Attribute, on: bool) -> bool {
        let Some(attributes) = self.bins.attributes(id) else { return false };
        self.set_attributes(id, attributes.with(attribute, on))
    }

    /// Gives a candidate these attributes and no others; says whether the id was there.
    pub fn set_attributes(&mut self, id: Id, attributes: Attributes) -> bool {
        let tiles = &mut self.tiles;
        self.bins.set(id, attributes, |bin, bit, held| tiles.note(bin, bit, held))
    }

    /// Bytes held, by what is allocated.
    pub fn bytes(&self) -> usize {
        self.bins.bytes() + self.tiles.bytes()
    }

    fn place(&mut self, id: Id, at: Position, attributes: Attributes) {
        let tiles = &mut self.tiles;
        let tell = |bin, bit, held| tiles.note(bin, bit, held);
        match self.grid.cell_of(at) {
            Some(cell) => {
                self.held.hold(cell.column, cell.row);
                self.bins.add(id, cell.number, cell.local, attributes, tell);
            }
            None => {
                self.bins.add(id, self.grid.cells(), (0, 0), attributes, tell);
                self.outside.insert(id, at);
            }
        }
    }
}
