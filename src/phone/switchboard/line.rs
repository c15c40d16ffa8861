//! A call as the switchboard knows it: one leg, or several that ring until the first of them answers.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::trunks::{Attempts, OnTrunk};
use crate::desk::event::EndReason;
use crate::phone::sip::leg::LegId;

/// One telephone of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Branch {
    pub leg: LegId,
    /// Where we receive its audio.
    pub media: SocketAddr,
    /// Where its messages come from.
    pub peer: IpAddr,
}

pub(super) struct Line {
    /// The telephone that is talked to, or rings.
    pub branch: Branch,
    /// Others that ring for the same call.
    pub others: Vec<Branch>,
    /// Why telephones that rang for it ring no more, as far as it matters most.
    pub failed: Option<EndReason>,
    /// Whether the desk has heard that it rings.
    pub rings: bool,
    pub agreed: bool,
    /// The other end has put us on hold.
    pub held: bool,
    /// When an outgoing call that nobody answers is given up.
    pub ring_until: Option<Instant>,
    pub on_trunk: Option<OnTrunk>,
    /// Over which trunks it may still be tried, until it is answered.
    pub attempts: Option<Attempts>,
}

impl Line {
    pub(super) fn new(branch: Branch) -> Self {
        Self {
            branch,
            others: vec![],
            failed: None,
            rings: false,
            agreed: false,
            held: false,
            ring_until: None,
            on_trunk: None,
            attempts: None,
        }
    }

    pub(super) fn legs(&self) -> impl Iterator<Item = LegId> {
        std::iter::once(&self.branch).chain(&self.others).map(|branch| branch.leg)
    }

    /// Somebody answered: the call is theirs. Returns the telephones that may stop ringing.
    pub(super) fn settle(&mut self, leg: LegId) -> Vec<Branch> {
        if let Some(other) = self.others.iter_mut().find(|other| other.leg == leg) {
            std::mem::swap(other, &mut self.branch);
        }
        std::mem::take(&mut self.others)
    }

    /// A telephone rings no more. Returns why the call ends when it was the last.
    pub(super) fn lose(&mut self, leg: LegId, why: EndReason) -> Option<EndReason> {
        let why = self.failed.map_or(why, |before| if weight(before) > weight(why) { before } else { why });
        if self.branch.leg != leg {
            self.others.retain(|other| other.leg != leg);
        } else if let Some(other) = self.others.pop() {
            self.branch = other;
        } else {
            return Some(why);
        }
        self.failed = Some(why);
        None
    }
}

/// Of several reasons the one is told that says most of the person: who declines was there.
fn weight(reason: EndReason) -> u8 {
    match reason {
        EndReason::Declined => 4,
        EndReason::Busy => 3,
        EndReason::NoAnswer => 2,
        EndReason::HungUp
        | EndReason::Released
        | EndReason::Cancelled
        | EndReason::WentDeaf
        | EndReason::Refused
        | EndReason::NoSuchNumber => 1,
        EndReason::NetworkFailed => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(legs: u64) -> Line {
        let branch = |n| {
            let address: SocketAddr = "192.0.2.1:4000".parse().unwrap();
            Branch { leg: LegId(n), media: address, peer: address.ip() }
        };
        Line { others: (2..=legs).map(branch).collect(), ..Line::new(branch(1)) }
    }

    fn legs(line: &Line) -> Vec<u64> {
        let mut legs: Vec<_> = line.legs().map(|leg| leg.0).collect();
        legs.sort_unstable();
        legs
    }

    #[test]
    fn the_first_telephone_that_answers_has_the_call_and_the_others_stop() {
        for first in 1..=3 {
            let mut line = line(3);
            let stop = line.settle(LegId(first));
            assert_eq!((line.branch.leg, legs(&line)), (LegId(first), vec![first]));
            assert_eq!(stop.len(), 2);
            assert!(stop.iter().all(|branch| branch.leg != LegId(first)));
        }
    }

    #[test]
    fn a_call_ends_with_its_last_telephone_and_says_what_says_most_of_the_person() {
        let mut line = line(3);
        assert_eq!(line.lose(LegId(1), EndReason::NetworkFailed), None);
        assert_eq!(line.lose(LegId(3), EndReason::Busy), None);
        assert_eq!(legs(&line), [2]);
        assert_eq!(line.lose(LegId(2), EndReason::NetworkFailed), Some(EndReason::Busy));
    }
}
