//! Who sits with whom: each request with at most one candidate, each candidate with a chain of requests.

use super::instance::Candidate;

const NOBODY: u32 = u32::MAX;

/// The requests' places. Taking and leaving one are a few writes, whatever a candidate can take.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    place: Vec<u32>,
    next: Vec<u32>,
    before: Vec<u32>,
    first: Vec<u32>,
    taken: Vec<u32>,
    seated: usize,
}

impl Seats {
    pub(super) fn new(requests: usize, candidates: usize) -> Self {
        Self {
            place: vec![NOBODY; requests],
            next: vec![NOBODY; requests],
            before: vec![NOBODY; requests],
            first: vec![NOBODY; candidates],
            taken: vec![0; candidates],
            seated: 0,
        }
    }

    pub(super) fn of(&self, request: usize) -> Option<usize> {
        known(self.place[request])
    }

    /// How many requests this candidate has.
    pub(super) fn taken(&self, candidate: usize) -> u32 {
        self.taken[candidate]
    }

    /// How many requests have a seat.
    pub(super) fn seated(&self) -> usize {
        self.seated
    }

    /// The requests with this candidate, the last one seated first.
    pub(super) fn with(&self, candidate: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.first(candidate), |request| self.after(*request))
    }

    pub(super) fn first(&self, candidate: usize) -> Option<usize> {
        known(self.first[candidate])
    }

    pub(super) fn after(&self, request: usize) -> Option<usize> {
        known(self.next[request])
    }

    /// Every request with its candidate.
    pub(super) fn placed(&self) -> impl Iterator<Item = (usize, Option<Candidate>)> {
        let seat = |place: &u32| (*place != NOBODY).then_some(Candidate(*place));
        self.place.iter().map(seat).enumerate()
    }

    /// Seats the request, who leaves the seat it had.
    pub(super) fn take(&mut self, request: usize, candidate: usize) {
        self.leave(request);
        let after = self.first[candidate];
        self.next[request] = after;
        self.before[request] = NOBODY;
        if after != NOBODY {
            self.before[after as usize] = number(request);
        }
        self.first[candidate] = number(request);
        self.place[request] = number(candidate);
        self.taken[candidate] += 1;
        self.seated += 1;
    }

    pub(super) fn leave(&mut self, request: usize) {
        let Some(candidate) = self.of(request) else { return };
        let (before, next) = (self.before[request], self.next[request]);
        if before == NOBODY {
            self.first[candidate] = next;
        } else {
            self.next[before as usize] = next;
        }
        if next != NOBODY {
            self.before[next as usize] = before;
        }
        self.place[request] = NOBODY;
        self.taken[candidate] -= 1;
        self.seated -= 1;
    }
}

fn known(number: u32) -> Option<usize> {
    (number != NOBODY).then_some(number as usize)
}

/// An index as it is kept: four bytes, for the cache's sake.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than four thousand million")
}
