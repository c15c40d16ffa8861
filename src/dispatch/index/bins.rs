//! Candidates in bins, the cells of the grid. A bin is a chain of blocks; whoever comes takes
//! the first free slot in it, and an empty block goes back.

use super::Id;
use super::attributes::Attributes;
use super::block::{Block, NONE, PRESENT, SLOTS};

/// Where a candidate is, and the attributes once more: to change or move them nothing has to be gathered.
#[derive(Debug, Clone, Copy)]
struct Seat {
    /// Block and slot; [`NONE`] for nobody.
    place: u32,
    /// That of the block: whoever only asks where somebody is need not fetch it.
    bin: u32,
    attributes: Attributes,
}

const NOBODY: Seat = Seat { place: NONE, bin: NONE, attributes: Attributes::NONE };

impl Seat {
    fn block(self) -> usize {
        self.place as usize / SLOTS
    }

    fn slot(self) -> usize {
        self.place as usize % SLOTS
    }
}

/// One of a chain: a block of a bin, or a page.
pub(super) trait Link {
    /// The next of the same bin, or the next free one.
    fn next(&mut self) -> &mut u32;
}

impl Link for Block {
    fn next(&mut self) -> &mut u32 {
        &mut self.next
    }
}

/// Takes a link out of the chain that begins with `first`, and puts it before the free ones.
pub(super) fn give_back(links: &mut [impl Link], (first, free): (&mut u32, &mut u32), number: u32) {
    let next = *links[number as usize].next();
    if *first == number {
        *first = next;
    } else {
        let mut before = *first;
        loop {
            let after = links[before as usize].next();
            if *after == number {
                *after = next;
                break;
            }
            before = *after;
        }
    }
    *links[number as usize].next() = *free;
    *free = number;
}

#[derive(Debug, Clone)]
pub(super) struct Bins {
    blocks: Vec<Block>,
    /// The first block of each bin.
    first: Vec<u32>,
    /// The first of the blocks that no bin uses.
    free: u32,
    seats: Vec<Seat>,
    people: usize,
}

impl Bins {
    pub(super) fn new(bins: u32) -> Self {
        Self {
            blocks: Vec::new(),
            first: vec![NONE; bins as usize],
            free: NONE,
            seats: Vec::new(),
            people: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.people
    }

    /// The first block of a bin, or [`NONE`].
    #[inline]
    pub(super) fn first(&self, bin: u32) -> u32 {
        self.first[bin as usize]
    }

    #[inline]
    pub(super) fn block(&self, number: u32) -> &Block {
        &self.blocks[number as usize]
    }

    /// The blocks of a bin.
    #[inline]
    pub(super) fn blocks(&self, bin: u32) -> Chain<'_> {
        Chain { blocks: &self.blocks, next: self.first[bin as usize] }
    }

    pub(super) fn attributes(&self, id: Id) -> Option<Attributes> {
        self.seat(id).map(|seat| seat.attributes.xor(Attributes::PRESENT))
    }

    pub(super) fn bin_of(&self, id: Id) -> Option<u32> {
        self.seat(id).map(|seat| seat.bin)
    }

    /// Changes where in its bin somebody stands.
    pub(super) fn shift(&mut self, id: Id, (east, north): (u16, u16)) {
        let seat = self.seat(id).expect("only somebody who has a bin is shifted");
        let (block, slot) = (&mut self.blocks[seat.block()], seat.slot());
        block.east[slot] = east;
        block.north[slot] = north;
    }

    /// Puts somebody in who is in no bin.
    ///
    /// `tell` hears of each attribute, by bin and bit, whether anybody in the bin has it now; so below.
    pub(super) fn add(
        &mut self,
        id: Id,
        bin: u32,
        at: (u16, u16),
        attributes: Attributes,
        mut tell: impl FnMut(u32, usize, bool),
    ) {
        let attributes = attributes.or(Attributes::PRESENT);
        let seat = self.take_slot(id, bin, at, attributes);
        let (block, mask) = (&mut self.blocks[seat.block()], 1 << seat.slot());
        attributes.each_bit(|bit| {
            block.words[bit] |= mask;
            tell(bin, bit, true);
        });
        let needed = id as usize + 1;
        if self.seats.len() < needed {
            grow(&mut self.seats, needed);
            self.seats.resize(needed, NOBODY);
        }
        self.seats[id as usize] = seat;
        self.people += 1;
    }

    /// Takes somebody into another bin.
    ///
    /// `tell` hears of each of their attributes, by the two bins and the bit, whether anybody in the one left has it now.
    pub(super) fn carry(
        &mut self,
        id: Id,
        bin: u32,
        at: (u16, u16),
        mut tell: impl FnMut((u32, u32), usize, bool),
    ) {
        let left = self.seat(id).expect("only somebody who has a bin is carried");
        let (bins, attributes) = ((left.bin, bin), left.attributes);
        let came = self.take_slot(id, bin, at, attributes);
        let (was, is) = (1 << left.slot(), 1 << came.slot());
        if self.blocks[left.block()].next == NONE && self.first[left.bin as usize] as usize == left.block() {
            let [from, to] =
                self.blocks.get_disjoint_mut([left.block(), came.block()]).expect("blocks of two bins");
            attributes.each_bit(|bit| {
                to.words[bit] |= is;
                from.words[bit] ^= was;
                tell(bins, bit, from.words[bit] != 0);
            });
        } else {
            attributes.each_bit(|bit| {
                self.blocks[came.block()].words[bit] |= is;
                let word = &mut self.blocks[left.block()].words[bit];
                *word ^= was;
                let held = *word != 0 || self.blocks(left.bin).any(|block| block.words[bit] != 0);
                tell(bins, bit, held);
            });
        }
        self.seats[id as usize] = came;
        self.give_back_if_empty(left.block());
    }

    /// Takes somebody out; the answer is the bin.
    pub(super) fn remove(&mut self, id: Id, tell: impl FnMut(u32, usize, bool)) -> Option<u32> {
        let seat = self.seat(id)?;
        self.seats[id as usize] = NOBODY;
        self.people -= 1;
        let bin = self.turn(seat, seat.attributes, tell);
        self.give_back_if_empty(seat.block());
        Some(bin)
    }

    /// Gives somebody these attributes and no others; says whether the id was there.
    pub(super) fn set(&mut self, id: Id, attributes: Attributes, tell: impl FnMut(u32, usize, bool)) -> bool {
        let Some(seat) = self.seat(id) else { return false };
        let attributes = attributes.or(Attributes::PRESENT);
        self.seats[id as usize].attributes = attributes;
        self.turn(seat, attributes.xor(seat.attributes), tell);
        true
    }

    pub(super) fn bytes(&self) -> usize {
        self.blocks.capacity() * size_of::<Block>()
            + self.first.capacity() * size_of::<u32>()
            + self.seats.capacity() * size_of::<Seat>()
    }

    fn seat(&self, id: Id) -> Option<Seat> {
        self.seats.get(id as usize).copied().filter(|seat| seat.place != NONE)
    }

    /// A free slot of the bin, with somebody's place and number in it, and none of their attributes yet.
    fn take_slot(&mut self, id: Id, bin: u32, (east, north): (u16, u16), attributes: Attributes) -> Seat {
        let number = self.block_with_room(bin);
        let block = &mut self.blocks[number as usize];
        let slot = block.words[PRESENT].trailing_ones() as usize;
        block.east[slot] = east;
        block.north[slot] = north;
        block.ids[slot] = id;
        Seat { place: number * SLOTS as u32 + slot as u32, bin, attributes }
    }

    /// The first block of the bin with a free slot; another one in front when there is none.
    fn block_with_room(&mut self, bin: u32) -> u32 {
        let first = self.first[bin as usize];
        let mut number = first;
        while let Some(block) = self.blocks.get(number as usize) {
            if !block.is_full() {
                return number;
            }
            number = block.next;
        }
        let number = self.free;
        let number = if number == NONE {
            let needed = self.blocks.len() + 1;
            grow(&mut self.blocks, needed);
            self.blocks.push(Block::new(bin, first));
            (self.blocks.len() - 1) as u32
        } else {
            // Whoever was in it took their bits along: it is as good as new.
            let block = &mut self.blocks[number as usize];
            self.free = block.next;
            (block.bin, block.next) = (bin, first);
            number
        };
        self.first[bin as usize] = number;
        number
    }

    /// Turns attributes of somebody over; the answer is the bin.
    fn turn(&mut self, seat: Seat, attributes: Attributes, mut tell: impl FnMut(u32, usize, bool)) -> u32 {
        let block = &mut self.blocks[seat.block()];
        let (bin, next, mask) = (block.bin, block.next, 1 << seat.slot());
        if next == NONE && self.first[bin as usize] as usize == seat.block() {
            attributes.each_bit(|bit| {
                block.words[bit] ^= mask;
                tell(bin, bit, block.words[bit] != 0);
            });
        } else {
            attributes.each_bit(|bit| {
                let word = &mut self.blocks[seat.block()].words[bit];
                *word ^= mask;
                let held = *word != 0 || self.blocks(bin).any(|block| block.words[bit] != 0);
                tell(bin, bit, held);
            });
        }
        bin
    }

    fn give_back_if_empty(&mut self, block: usize) {
        if self.blocks[block].is_empty() {
            self.give_back(block as u32);
        }
    }

    /// Takes an empty block out of its chain.
    fn give_back(&mut self, number: u32) {
        let bin = self.blocks[number as usize].bin as usize;
        give_back(&mut self.blocks, (&mut self.first[bin], &mut self.free), number);
    }
}

/// Makes room for `needed` rows; an eighth more than that, as doubling would leave half of a large index empty.
pub(super) fn grow<T>(rows: &mut Vec<T>, needed: usize) {
    if needed > rows.capacity() {
        rows.reserve_exact(needed - rows.len() + needed / 8);
    }
}

/// The blocks of one bin, the newest first.
pub(super) struct Chain<'a> {
    blocks: &'a [Block],
    next: u32,
}

impl<'a> Iterator for Chain<'a> {
    type Item = &'a Block;

    #[inline]
    fn next(&mut self) -> Option<&'a Block> {
        let block = self.blocks.get(self.next as usize)?;
        self.next = block.next;
        Some(block)
    }
}
