//! Candidates in bins of which nobody asks how far they are: attribute by attribute, one bit a person.
//!
//! A page is 64 people of one bin. Of each attribute all pages stand in a row, one word a page: a question reads a few rows,
//! not a part of what is known of everybody. An attribute is turned in one word.

use super::Id;
use super::around::Filters;
use super::attributes::{Attributes, BITS};
use super::bins::{Link, give_back, grow};
use super::block::{Filter, NONE, PRESENT};

const SLOTS: usize = 64;
/// Of a page so many fit, more or less.
const FEW: usize = 4;

#[derive(Debug, Clone)]
struct Page {
    bin: u32,
    /// The next page of the same bin, or the next free one.
    next: u32,
    ids: [Id; SLOTS],
}

impl Link for Page {
    fn next(&mut self) -> &mut u32 {
        &mut self.next
    }
}

#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// One row an attribute.
    rows: Vec<Vec<u64>>,
    pages: Vec<Page>,
    /// The first page of each bin.
    first: Vec<u32>,
    /// The first of the pages that no bin uses.
    free: u32,
    /// Page and slot of each id; [`NONE`] for nobody.
    places: Vec<u32>,
}

impl Default for Columns {
    fn default() -> Self {
        let (pages, first, places) = (Vec::new(), Vec::new(), Vec::new());
        Self { rows: vec![Vec::new(); BITS], pages, first, free: NONE, places }
    }
}

impl Columns {
    /// Another bin, empty; the answer is its number.
    pub(super) fn open(&mut self) -> u32 {
        self.first.push(NONE);
        (self.first.len() - 1) as u32
    }

    /// Puts somebody in who is in no bin.
    pub(super) fn add(&mut self, id: Id, bin: u32, attributes: Attributes) {
        let page = self.page_with_room(bin) as usize;
        let slot = self.rows[PRESENT][page].trailing_ones() as usize;
        attributes.or(Attributes::PRESENT).each_bit(|bit| self.rows[bit][page] |= 1 << slot);
        self.pages[page].ids[slot] = id;
        let needed = id as usize + 1;
        if self.places.len() < needed {
            grow(&mut self.places, needed);
            self.places.resize(needed, NONE);
        }
        self.places[id as usize] = (page * SLOTS + slot) as u32;
    }

    /// Takes somebody out; says whether the id was there.
    pub(super) fn remove(&mut self, id: Id) -> bool {
        let Some((page, slot)) = self.place(id) else { return false };
        self.places[id as usize] = NONE;
        for row in &mut self.rows {
            row[page] &= !(1 << slot);
        }
        if self.rows[PRESENT][page] == 0 {
            self.give_back(page as u32);
        }
        true
    }

    /// Gives somebody an attribute or takes it; says whether the id was there.
    pub(super) fn set(&mut self, id: Id, bit: usize, on: bool) -> bool {
        let Some((page, slot)) = self.place(id) else { return false };
        let word = &mut self.rows[bit][page];
        *word = (*word & !(1 << slot)) | (u64::from(on) << slot);
        true
    }

    /// Adds everybody of some bins who fits.
    pub(super) fn fitting(&self, bins: &[u32], filters: &Filters, found: &mut Vec<Id>) {
        let mut pages = Vec::with_capacity(4 * bins.len());
        for bin in bins {
            let mut number = self.first[*bin as usize];
            while let Some(page) = self.pages.get(number as usize) {
                pages.push(number);
                number = page.next;
            }
        }
        let mut all = self.words(&filters.one, &pages);
        if let Some(other) = &filters.other {
            let other = self.words(other, &pages);
            all.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
        }
        self.narrow(&mut all, &filters.all, &pages);
        for (word, page) in all.into_iter().zip(&pages) {
            let (mut word, ids) = (word, &self.pages[*page as usize].ids);
            while word != 0 {
                // A few at once, whether there are as many or not: how many is chance, and a wrong guess costs more.
                let mut few = found.len();
                found.extend_from_slice(&std::array::from_fn::<Id, FEW, _>(|_| {
                    let slot = word.trailing_zeros() as usize % SLOTS;
                    few += usize::from(word != 0);
                    word &= word.wrapping_sub(1);
                    ids[slot]
                }));
                found.truncate(few);
            }
        }
    }

    /// Who of each page fits, one bit a slot.
    fn words(&self, filter: &Filter, pages: &[u32]) -> Vec<u64> {
        let mut words = vec![u64::MAX; pages.len()];
        self.narrow(&mut words, filter, pages);
        words
    }

    /// Takes out who does not fit: row by row, straight through.
    fn narrow(&self, words: &mut [u64], filter: &Filter, pages: &[u32]) {
        for bit in filter.needs() {
            let row = self.rows[bit].as_slice();
            words.iter_mut().zip(pages).for_each(|(word, page)| *word &= row[*page as usize]);
        }
        for bit in filter.forbids() {
            let row = self.rows[bit].as_slice();
            words.iter_mut().zip(pages).for_each(|(word, page)| *word &= !row[*page as usize]);
        }
    }

    fn place(&self, id: Id) -> Option<(usize, usize)> {
        let place = self.places.get(id as usize).copied().filter(|place| *place != NONE)? as usize;
        Some((place / SLOTS, place % SLOTS))
    }

    /// A page of the bin with a free slot; another one in front when there is none.
    fn page_with_room(&mut self, bin: u32) -> u32 {
        let first = self.first[bin as usize];
        let mut number = first;
        while let Some(page) = self.pages.get(number as usize) {
            if self.rows[PRESENT][number as usize] != u64::MAX {
                return number;
            }
            number = page.next;
        }
        let number = self.free;
        let number = match self.pages.get_mut(number as usize) {
            // Whoever was in it took their bits along: it is as good as new.
            Some(page) => {
                self.free = page.next;
                (page.bin, page.next) = (bin, first);
                number
            }
            None => self.another_page(bin, first),
        };
        self.first[bin as usize] = number;
        number
    }

    fn another_page(&mut self, bin: u32, next: u32) -> u32 {
        let needed = self.pages.len() + 1;
        grow(&mut self.pages, needed);
        self.pages.push(Page { bin, next, ids: [0; SLOTS] });
        for row in &mut self.rows {
            grow(row, needed);
            row.push(0);
        }
        (needed - 1) as u32
    }

    /// Takes an empty page out of its chain.
    fn give_back(&mut self, number: u32) {
        let bin = self.pages[number as usize].bin as usize;
        give_back(&mut self.pages, (&mut self.first[bin], &mut self.free), number);
    }
}
