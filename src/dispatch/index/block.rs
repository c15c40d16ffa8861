//! Thirty-two people of one bin, turned on their side: one word an attribute, one bit a person.

use super::attributes::{Attributes, BITS};
use super::{Id, squared};

pub(super) const SLOTS: usize = 32;
pub(super) const PRESENT: usize = 0;
/// No block: the end of a bin's chain, or an empty bin.
pub(super) const NONE: u32 = u32::MAX;

/// Twelve cache lines: two words of order and the first attributes in the first, then attributes, places, ids.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Block {
    /// The next block of the same bin, or the next free one.
    pub(super) next: u32,
    pub(super) bin: u32,
    pub(super) words: [u32; BITS],
    pub(super) east: [u16; SLOTS],
    pub(super) north: [u16; SLOTS],
    pub(super) ids: [u32; SLOTS],
}

impl Block {
    pub(super) fn new(bin: u32, next: u32) -> Self {
        Self { next, bin, words: [0; BITS], east: [0; SLOTS], north: [0; SLOTS], ids: [0; SLOTS] }
    }

    pub(super) fn is_full(&self) -> bool {
        self.words[PRESENT] == u32::MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words[PRESENT] == 0
    }

    /// Tells how far those of the slots `fitting` are from a place, squared; it is seen from the cell's corner.
    #[inline]
    pub(super) fn each(&self, mut fitting: u32, from: (i64, i64), mut tell: impl FnMut(u64, Id)) {
        while fitting != 0 {
            let slot = fitting.trailing_zeros() as usize % SLOTS;
            fitting &= fitting - 1;
            let east = (i64::from(self.east[slot]) - from.0).unsigned_abs();
            let north = (i64::from(self.north[slot]) - from.1).unsigned_abs();
            tell(squared(east, north), self.ids[slot]);
        }
    }

    /// The squared distance of a slot from a place less than eight cells away, seen from the cell's corner.
    #[inline]
    pub(super) fn distance(&self, slot: usize, (east, north): (i16, i16)) -> i32 {
        let square = |along: u16, from: i16| {
            let along = i32::from((along as i16).wrapping_sub(from));
            along * along
        };
        square(self.east[slot], east) + square(self.north[slot], north)
    }

    /// That of all slots: straight through, without a branch, four or eight at once.
    #[inline]
    pub(super) fn distances(&self, from: (i16, i16)) -> [i32; SLOTS] {
        std::array::from_fn(|slot| self.distance(slot, from))
    }
}

/// Who is looked for, as far as attributes say: the numbers of the words that are read.
pub(super) struct Filter {
    /// The needed, then the forbidden.
    bits: [u8; 2 * BITS],
    needed: usize,
    all: usize,
}

impl Filter {
    pub(super) fn new(need: Attributes, forbid: Attributes) -> Self {
        // With nothing needed, being there is what is asked: an empty slot has no bits at all.
        let need = if need.is_empty() { Attributes::PRESENT } else { need };
        let mut filter = Self { bits: [0; 2 * BITS], needed: 0, all: 0 };
        filter.push(need);
        filter.needed = filter.all;
        filter.push(forbid);
        filter
    }

    #[inline]
    fn push(&mut self, attributes: Attributes) {
        attributes.each_bit(|bit| {
            self.bits[self.all] = bit as u8;
            self.all += 1;
        });
    }

    pub(super) fn needs(&self) -> impl Iterator<Item = usize> {
        self.bits[..self.needed].iter().map(|bit| usize::from(*bit))
    }

    pub(super) fn forbids(&self) -> impl Iterator<Item = usize> {
        self.bits[self.needed..self.all].iter().map(|bit| usize::from(*bit))
    }

    /// Who of a block fits, one bit a slot.
    #[inline]
    pub(super) fn fitting(&self, block: &Block) -> u32 {
        let (need, forbid) = self.bits[..self.all].split_at(self.needed);
        let needed = need.iter().fold(u32::MAX, |fitting, bit| fitting & block.words[usize::from(*bit)]);
        forbid.iter().fold(needed, |fitting, bit| fitting & !block.words[usize::from(*bit)])
    }
}
