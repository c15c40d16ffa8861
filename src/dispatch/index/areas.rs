//! Candidates of whom only the area is known: the same committee first, then those next to it, the same
//! street, the same district.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::Id;
use super::attributes::Attributes;
use super::bins::Bins;
use super::block::Filter;
use crate::domain::area::AreaCode;

/// Who is looked for around an area.
#[derive(Debug, Clone, Copy)]
pub struct AreaQuery<'a> {
    pub area: &'a AreaCode,
    /// Areas that share a border with it, on whichever side of a district's border.
    pub bordering: &'a [AreaCode],
    /// All of these.
    pub need: Attributes,
    /// None of these.
    pub forbid: Attributes,
    /// The last ring wanted, 0 to 3.
    pub within: u8,
    /// Not these, who were asked before; in rising order.
    pub except: &'a [Id],
}

/// The same district.
const LAST_RING: u8 = 3;

/// Somebody found, and the ring: 0 same committee, 1 next to it, 2 same street, 3 same district.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RingHit {
    pub id: Id,
    pub ring: u8,
}

/// Candidates by area.
#[derive(Debug, Clone)]
pub struct Areas {
    bins: Bins,
    /// The bin of each area that anybody ever lived in, by its code: what lies in a street stands together.
    numbers: BTreeMap<String, u32>,
}

impl Default for Areas {
    fn default() -> Self {
        Self { bins: Bins::new(0), numbers: BTreeMap::new() }
    }
}

impl Areas {
    /// Puts a candidate in; one who is there already is moved and changed.
    pub fn insert(&mut self, id: Id, area: &AreaCode, attributes: Attributes) {
        self.bins.remove(id, |_, _, _| ());
        let number = match self.numbers.get(area.as_str()) {
            Some(number) => *number,
            None => {
                let number = self.bins.open();
                self.numbers.insert(area.as_str().to_owned(), number);
                number
            }
        };
        self.bins.add(id, number, (0, 0), attributes, |_, _, _| ());
    }

    /// Takes a candidate out; says whether the id was there.
    pub fn remove(&mut self, id: Id) -> bool {
        self.bins.remove(id, |_, _, _| ()).is_some()
    }

    /// Gives a candidate these attributes and no others; says whether the id was there.
    pub fn set_attributes(&mut self, id: Id, attributes: Attributes) -> bool {
        self.bins.set(id, attributes, |_, _, _| ())
    }

    /// What is known of a candidate; none when the id is not there.
    pub fn attributes(&self, id: Id) -> Option<Attributes> {
        self.bins.attributes(id)
    }

    /// Finds those who fit, ring by ring, in each the lower id first; as many as `hits` has room for.
    ///
    /// The answer is how many were found. Exact, and allocates nothing.
    pub fn nearest(&self, query: &AreaQuery, hits: &mut [RingHit]) -> usize {
        let filter = Filter::new(query.need, query.forbid);
        let mut found = Found { hits, begin: 0, end: 0, except: query.except };
        for ring in 0..=query.within.min(LAST_RING) {
            found.begin = found.end;
            if found.begin == found.hits.len() {
                break;
            }
            self.each_area(query, ring, |bin| {
                for block in self.bins.blocks(bin) {
                    let mut fitting = filter.fitting(block);
                    while fitting != 0 {
                        found.offer(RingHit { id: block.ids[fitting.trailing_zeros() as usize], ring });
                        fitting &= fitting - 1;
                    }
                }
            });
        }
        found.end
    }

    /// Each area of a ring, once.
    fn each_area(&self, query: &AreaQuery, ring: u8, mut tell: impl FnMut(u32)) {
        if ring == 1 {
            for (place, area) in query.bordering.iter().enumerate() {
                let known = self.numbers.get(area.as_str());
                let first = !query.bordering[..place].contains(area);
                if let Some(number) = known.filter(|_| first && query.ring(area.as_str()) == Some(1)) {
                    tell(*number);
                }
            }
            return;
        }
        // Everything under the code of the committee, the street or the district.
        let digits = [12, 0, 9, 6][usize::from(ring)];
        let Some(prefix) = query.area.as_str().get(..digits) else { return };
        let under = self.numbers.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        for (code, number) in under.take_while(|(code, _)| code.starts_with(prefix)) {
            if query.ring(code) == Some(ring) {
                tell(*number);
            }
        }
    }
}

impl AreaQuery<'_> {
    /// The ring of an area; none outside the district and beyond its borders.
    fn ring(&self, code: &str) -> Option<u8> {
        let own = self.area.as_str();
        let shared = |digits: usize| own.get(..digits).is_some_and(|prefix| code.starts_with(prefix));
        if shared(12) {
            Some(0)
        } else if self.bordering.iter().any(|area| area.as_str() == code) {
            Some(1)
        } else if shared(9) {
            Some(2)
        } else {
            shared(6).then_some(3)
        }
    }
}

/// What was found; from `begin` on the ring that is being filled, by id.
struct Found<'a> {
    hits: &'a mut [RingHit],
    begin: usize,
    end: usize,
    except: &'a [Id],
}

impl Found<'_> {
    fn offer(&mut self, hit: RingHit) {
        let full = self.end == self.hits.len();
        if (full && self.hits[self.end - 1].id < hit.id) || self.except.binary_search(&hit.id).is_ok() {
            return;
        }
        let mut place = if full { self.end - 1 } else { self.end };
        while place > self.begin && self.hits[place - 1].id > hit.id {
            self.hits[place] = self.hits[place - 1];
            place -= 1;
        }
        self.hits[place] = hit;
        self.end = self.hits.len().min(self.end + 1);
    }
}

#[cfg(test)]
mod tests;
