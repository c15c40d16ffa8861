//! Who may be taken in, before there is anything of them: not all lines are for strangers, few of those for one of them,
//! and fewer for whoever does not even acknowledge that we answered.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::{Leg, Phase, Stack};
use crate::clock;
use crate::phone::sip::gate::Gate;
use crate::phone::sip::leg::{LegEnd, LegEvent, LegId};

/// How long a stranger has to acknowledge our answer when others need the line: many times what any network takes.
const ACKNOWLEDGING: Duration = Duration::from_secs(3);

/// What strangers hold of the lines.
#[derive(Default)]
struct Held {
    /// By the one who asks, and of these half open.
    theirs: usize,
    theirs_half_open: usize,
    /// By all strangers.
    half_open: usize,
    /// The one that has waited longest for its answer to be acknowledged.
    longest: Option<(Instant, LegId)>,
}

impl Stack {
    /// Whether another caller may be taken in. For a stranger the line of another may be taken back who has had time
    /// enough to acknowledge our answer: addresses that are only claimed never do.
    pub(super) fn has_line_for(&mut self, stranger: Option<IpAddr>) -> bool {
        let lines = self.settings.lines;
        let Some(stranger) = stranger else { return self.legs.len() < lines.callers };
        let held = self.held_by_strangers(stranger);
        let limit = self.settings.limit;
        if held.theirs >= limit.calls || held.theirs_half_open >= limit.half_open {
            self.gate.held_back();
            return false;
        }
        let is_full = held.half_open >= lines.half_open || self.legs.len() >= lines.strangers;
        !is_full || self.takes_back(held.longest)
    }

    fn held_by_strangers(&self, asking: IpAddr) -> Held {
        let mut held = Held::default();
        for (id, leg) in &self.legs {
            let Some(stranger) = leg.stranger else { continue };
            let (is_theirs, is_half_open) = (stranger == asking, leg.is_half_open());
            held.theirs += usize::from(is_theirs);
            held.theirs_half_open += usize::from(is_theirs && is_half_open);
            held.half_open += usize::from(is_half_open);
            let waiting = leg.answered_at.filter(|_| is_half_open).map(|at| (at, *id));
            held.longest = [held.longest, waiting].into_iter().flatten().min_by_key(|(at, _)| *at);
        }
        held
    }

    fn takes_back(&mut self, longest: Option<(Instant, LegId)>) -> bool {
        let now = clock::monotonic();
        let has_had_time = |at: Instant| now.saturating_duration_since(at) >= ACKNOWLEDGING;
        let Some((_, leg)) = longest.filter(|(at, _)| has_had_time(*at)) else { return false };
        self.hang_up(leg);
        self.report(leg, LegEvent::Ended(LegEnd::NeverAcked));
        true
    }
}

impl Leg {
    /// Whether its other end has said no more than that it wants to ring.
    fn is_half_open(&self) -> bool {
        matches!(self.phase, Phase::Arriving | Phase::Accepted)
    }

    /// Our answer is to be acknowledged. Strangers are not waited for: they could keep all others out by not doing it, and
    /// have limits of their own.
    pub(super) fn answered(&mut self, id: LegId, gate: &Gate) {
        let now = clock::monotonic();
        self.answered_at = Some(now);
        if self.stranger.is_none() {
            gate.answered(now, id.0);
        }
    }

    /// Our answer was acknowledged, or is not waited for any more.
    pub(super) fn acknowledged(&self, id: LegId, gate: &Gate) {
        if let (Some(at), None) = (self.answered_at, self.stranger) {
            gate.acknowledged(at, id.0);
        }
    }
}
