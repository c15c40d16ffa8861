//! Attributes that change with the hour: a rest that ends, a shift that begins.
//!
//! The index knows no time. Whoever keeps it plans the turns here, asks when the next is due, and turns
//! what is due before a question is put.

use std::collections::{BTreeMap, BTreeSet};

use super::Id;
use super::attributes::Attribute;
use crate::domain::timestamp::Timestamp;

/// An attribute to be given to a candidate or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flip {
    pub at: Timestamp,
    pub id: Id,
    pub attribute: Attribute,
    pub on: bool,
}

/// What is to be turned when; one turn a candidate and attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    flips: BTreeSet<Flip>,
    planned: BTreeMap<(Id, Attribute), (Timestamp, bool)>,
}

impl Schedule {
    /// Plans a turn, in place of what was planned for this candidate and attribute.
    pub fn plan(&mut self, flip: Flip) {
        self.cancel(flip.id, flip.attribute);
        self.planned.insert((flip.id, flip.attribute), (flip.at, flip.on));
        self.flips.insert(flip);
    }

    /// Drops what was planned for a candidate and attribute, if anything was.
    pub fn cancel(&mut self, id: Id, attribute: Attribute) {
        if let Some((at, on)) = self.planned.remove(&(id, attribute)) {
            self.flips.remove(&Flip { at, id, attribute, on });
        }
    }

    /// Drops all that was planned for a candidate.
    pub fn forget(&mut self, id: Id) {
        let (first, last) = Attribute::ENDS;
        while let Some((&(_, attribute), _)) = self.planned.range((id, first)..=(id, last)).next() {
            self.cancel(id, attribute);
        }
    }

    /// When the next turn is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.flips.first().map(|flip| flip.at)
    }

    /// Takes out what is due, in the order of time, then of id and attribute.
    pub fn due(&mut self, now: Timestamp) -> impl Iterator<Item = Flip> {
        std::iter::from_fn(move || {
            let flip = *self.flips.first().filter(|flip| flip.at <= now)?;
            self.cancel(flip.id, flip.attribute);
            Some(flip)
        })
    }
}

#[cfg(test)]
mod tests;
