//! The best found near by: squared distance and id in one number each, in order.

use super::Id;

/// More than this many are found by the search at large.
pub(super) const MOST: usize = 16;
/// No squared distance near by is as long.
const FARTHEST: u64 = 1 << 31;

pub(super) struct Keys {
    /// In order; behind those found the farthest that is wanted.
    keys: [u64; MOST],
    wanted: usize,
    /// The last of those wanted.
    last: u64,
}

impl Keys {
    /// Room for `wanted`, of whom none is farther than a squared distance.
    pub(super) fn new(wanted: usize, farthest: u64) -> Self {
        let last = key(farthest.min(FARTHEST - 1) as i32, Id::MAX);
        Self { keys: [last; MOST], wanted, last }
    }

    /// Nobody farther than this squared distance is wanted.
    #[inline]
    pub(super) fn limit(&self) -> i32 {
        (self.last >> 32) as i32
    }

    #[inline]
    pub(super) fn is_wanted(&self, distance_squared: i32, id: Id) -> bool {
        key(distance_squared, id) < self.last
    }

    /// Everybody is compared and written, moved or not: who moves is chance, and a wrong guess costs more.
    #[inline]
    pub(super) fn insert(&mut self, distance_squared: i32, id: Id) {
        let mut coming = key(distance_squared, id);
        for place in &mut self.keys[..self.wanted] {
            let here = *place;
            *place = here.min(coming);
            coming = here.max(coming);
        }
        self.last = self.keys[self.wanted - 1];
    }

    /// Those found, as squared distance and id.
    pub(super) fn found(&self) -> impl Iterator<Item = (u64, Id)> {
        let all = self.keys[..self.wanted].iter().map(|key| (key >> 32, *key as Id));
        all.take_while(|(_, id)| *id != Id::MAX)
    }
}

#[inline]
fn key(distance_squared: i32, id: Id) -> u64 {
    (distance_squared as u64) << 32 | u64::from(id)
}
