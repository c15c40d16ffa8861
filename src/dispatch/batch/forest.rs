//! As many seats as there are within a guessed cost, found by walking the forest of exchanges.
//!
//! From all requests without a seat at once: whom could they have, who has them, whom could those have instead.
//! The tree that first finds a free candidate moves everyone on its branch one on. When no tree finds one, there are
//! no more seats, and the forest is the proof.
//!
//! In a surge nearly all requests know the same few hundred candidates, and nearly all of those have been seen. So
//! who could have whom is kept as bits, and 64 candidates are passed over in one step.

use super::certificate::Cover;
use super::instance::{Candidate, Instance, More};
use super::seats::{Seats, number};

const UNNUMBERED: u32 = u32::MAX;

/// How far one guess got.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub(super) seats: Seats,
    pub(super) cover: Cover,
    /// Nothing changes below this cost; `None` when no cost helps anybody else.
    pub(super) next: Option<u32>,
}

/// The forest, with room for all of it.
#[derive(Debug)]
pub(super) struct Forest {
    /// Candidates are numbered as they appear in a list.
    numbers: Vec<u32>,
    candidates: Vec<usize>,
    /// For each request, which numbers it could have within the guess.
    bits: Vec<u64>,
    /// Words of bits a request has, and how many of them are in use.
    room: usize,
    words: usize,
    /// How many of each request's edges have a number, and how many are set in the bits.
    numbered: Vec<usize>,
    drawn: Vec<usize>,
    unseen: Vec<u64>,
    /// For each number, the request that saw it.
    from: Vec<u32>,
    queue: Vec<u32>,
    /// The request without a seat at whose tree a request hangs.
    root: Vec<u32>,
    done: Vec<bool>,
}

impl Forest {
    pub(super) fn new(instance: &Instance) -> Self {
        let requests = instance.requests();
        Self {
            numbers: vec![UNNUMBERED; instance.candidates()],
            candidates: Vec::new(),
            bits: Vec::new(),
            room: 0,
            words: 0,
            numbered: vec![0; requests],
            drawn: vec![0; requests],
            unseen: Vec::new(),
            from: Vec::new(),
            queue: Vec::with_capacity(requests),
            root: vec![0; requests],
            done: vec![false; requests],
        }
    }

    /// Seats as many as can be seated for at most `guess` each.
    pub(super) fn grow(
        &mut self,
        instance: &mut Instance,
        more: &mut More<'_>,
        seats: &Seats,
        guess: u32,
    ) -> Trial {
        let mut seats = seats.clone();
        loop {
            self.draw(instance, guess);
            while self.walk(instance, &mut seats) > 0 {}
            // The proof holds only if nobody within the guess was left out.
            let mut widened = false;
            for request in self.queue.iter().map(|request| *request as usize) {
                while instance.left_out_from(request).is_some_and(|cost| cost <= guess) {
                    instance.widen(request, more);
                    widened = true;
                }
            }
            if !widened {
                return Trial { seats, cover: self.cover(instance), next: self.next(instance, guess) };
            }
        }
    }

    /// Makes the bits those of all edges within the guess: turns the ones between the last guess and this one.
    fn draw(&mut self, instance: &Instance, guess: u32) {
        for (request, numbered) in self.numbered.iter_mut().enumerate() {
            let edges = instance.edges(request);
            for edge in &edges[*numbered..] {
                let candidate = edge.candidate.index();
                if self.numbers[candidate] == UNNUMBERED {
                    self.numbers[candidate] = number(self.candidates.len());
                    self.candidates.push(candidate);
                }
            }
            *numbered = edges.len();
        }
        self.words = self.candidates.len().div_ceil(64);
        self.from.resize(self.candidates.len(), 0);
        if self.words > self.room {
            self.room = self.words * 3 / 2;
            self.bits = vec![0; self.room * instance.requests()];
            self.drawn.fill(0);
        }
        for (request, drawn) in self.drawn.iter_mut().enumerate() {
            let row = &mut self.bits[request * self.room..][..self.room];
            let edges = instance.edges(request);
            let within = edges.partition_point(|edge| edge.cost <= guess);
            for edge in &edges[within.min(*drawn)..within.max(*drawn)] {
                let number = self.numbers[edge.candidate.index()] as usize;
                row[number / 64] ^= 1 << (number % 64);
            }
            *drawn = within;
        }
    }

    /// Walks once and says how many found a seat.
    fn walk(&mut self, instance: &Instance, seats: &mut Seats) -> usize {
        self.unseen.clear();
        self.unseen.resize(self.words, u64::MAX);
        self.queue.clear();
        for request in 0..instance.requests() {
            if seats.of(request).is_none() {
                self.root[request] = number(request);
                self.done[request] = false;
                self.queue.push(number(request));
            }
        }
        let (mut found, mut place) = (0, 0);
        while place < self.queue.len() {
            let request = self.queue[place] as usize;
            place += 1;
            let root = self.root[request];
            if !self.done[root as usize] && self.look_round(instance, seats, request) {
                self.done[root as usize] = true;
                found += 1;
            }
        }
        found
    }

    /// Looks at whom a request could have and nobody has seen; true when one of them is free and was taken.
    fn look_round(&mut self, instance: &Instance, seats: &mut Seats, request: usize) -> bool {
        for word in 0..self.words {
            let mut fresh = self.bits[request * self.room + word] & self.unseen[word];
            while fresh != 0 {
                let bit = fresh.trailing_zeros() as usize;
                fresh &= fresh - 1;
                self.unseen[word] &= !(1 << bit);
                let seen = word * 64 + bit;
                self.from[seen] = number(request);
                let candidate = self.candidates[seen];
                if seats.taken(candidate) < instance.capacities()[candidate] {
                    self.exchange(seats, candidate);
                    return true;
                }
                for other in seats.with(candidate) {
                    self.root[other] = self.root[request];
                    self.queue.push(number(other));
                }
            }
        }
        false
    }

    /// Everyone from the free candidate back to the root moves one on.
    fn exchange(&self, seats: &mut Seats, free: usize) {
        let mut candidate = Some(free);
        while let Some(to) = candidate {
            let request = self.from[self.numbers[to] as usize] as usize;
            candidate = seats.of(request);
            seats.take(request, to);
        }
    }

    fn has_seen(&self, candidate: Candidate) -> bool {
        let number = self.numbers[candidate.index()];
        number != UNNUMBERED && (number as usize) / 64 < self.words && {
            let number = number as usize;
            self.unseen[number / 64] & (1 << (number % 64)) == 0
        }
    }

    /// The forest of a walk that found nothing, as a proof.
    fn cover(&self, instance: &Instance) -> Cover {
        let mut outside = vec![true; instance.requests()];
        for request in &self.queue {
            outside[*request as usize] = false;
        }
        let all = self.candidates.iter().map(|candidate| Candidate(number(*candidate)));
        Cover { outside, candidates: all.filter(|candidate| self.has_seen(*candidate)).collect() }
    }

    /// The least cost that leads out of the forest.
    fn next(&self, instance: &Instance, guess: u32) -> Option<u32> {
        let beyond = self.queue.iter().filter_map(|request| {
            let request = *request as usize;
            let edges = instance.edges(request);
            let from = edges.partition_point(|edge| edge.cost <= guess);
            let out = edges[from..].iter().find(|edge| !self.has_seen(edge.candidate));
            out.map(|edge| edge.cost).or(instance.left_out_from(request))
        });
        beyond.min()
    }
}
