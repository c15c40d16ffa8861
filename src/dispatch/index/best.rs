//! The best found so far, in order, in the slice that the asker gave.

use super::{Hit, Id};

/// More than these are searched for the place of one more.
const FEW: usize = 16;

pub(super) struct Best<'a> {
    hits: &'a mut [Hit],
    found: usize,
    /// Who is not wanted, in rising order.
    except: &'a [Id],
    /// Only who comes before this is wanted.
    limit: u128,
}

/// Nearer is less, and of equals the lower id: one number, as one comparison is quicker than two.
#[inline]
pub(super) fn key(distance_squared: u64, id: Id) -> u128 {
    u128::from(distance_squared) << 64 | u128::from(id)
}

/// Whose key it is.
#[inline]
pub(super) fn of_key(key: u128) -> Hit {
    Hit { id: key as Id, distance_squared: (key >> 64) as u64 }
}

impl<'a> Best<'a> {
    /// `farthest` is the squared distance still wanted.
    pub(super) fn new(hits: &'a mut [Hit], farthest: u64, except: &'a [Id]) -> Self {
        Self { hits, found: 0, except, limit: key(farthest, 0) | u128::from(u64::MAX) }
    }

    pub(super) fn found(&self) -> usize {
        self.found
    }

    /// Takes the first ones over, in order and wanted.
    pub(super) fn take(&mut self, found: impl Iterator<Item = (u64, Id)>) {
        for (distance_squared, id) in found {
            self.hits[self.found] = Hit { id, distance_squared };
            self.found += 1;
        }
        self.tighten();
    }

    /// Nobody farther than this squared distance is wanted.
    #[inline]
    pub(super) fn limit(&self) -> u64 {
        (self.limit >> 64) as u64
    }

    #[inline]
    pub(super) fn offer(&mut self, distance_squared: u64, id: Id) {
        if key(distance_squared, id) < self.limit
            && (self.except.is_empty() || self.except.binary_search(&id).is_err())
        {
            self.insert(Hit { id, distance_squared });
        }
    }

    /// Of few everybody is compared and written, moved or not: who moves is chance, and a wrong guess costs more.
    #[inline]
    fn insert(&mut self, hit: Hit) {
        let key = |hit: Hit| key(hit.distance_squared, hit.id);
        if self.found > FEW {
            let at = self.hits[..self.found].partition_point(|before| key(*before) < key(hit));
            let end = (self.found + 1).min(self.hits.len());
            self.hits.copy_within(at..end - 1, at + 1);
            self.hits[at] = hit;
            self.found = end;
            return self.tighten();
        }
        let mut carried = hit;
        for place in &mut self.hits[..self.found] {
            let (here, coming) = (*place, carried);
            let moves = key(here) > key(coming);
            *place = if moves { coming } else { here };
            carried = if moves { here } else { coming };
        }
        if let Some(room) = self.hits.get_mut(self.found) {
            *room = carried;
            self.found += 1;
        }
        self.tighten();
    }

    #[inline]
    fn tighten(&mut self) {
        if let Some(last) = self.hits.last().filter(|_| self.found == self.hits.len()) {
            self.limit = key(last.distance_squared, last.id);
        }
    }
}
