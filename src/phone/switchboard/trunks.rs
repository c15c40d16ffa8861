//! Which trunk a call goes over, and over which it goes on when one lets it down.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::Switchboard;
use super::line::{Branch, Line};
use super::outgoing::NoWay;
use super::target::Target;
use crate::clock;
use crate::domain::ids::CallId;
use crate::phone::media::Command;
use crate::phone::settings::Trunk;
use crate::phone::sip::leg::{LegEnd, LegId};
use crate::phone::sip::stack::{Dialling, Hop, Over};

/// How long a trunk may say nothing at all before the next is tried: many times what a network takes, and little of
/// the time that somebody is rung for.
const SILENCE: Duration = Duration::from_secs(4);

/// The trunk a call is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OnTrunk {
    pub trunk: usize,
    pub incoming: bool,
}

/// What is left to try for a call over trunks.
pub(super) struct Attempts {
    target: Target,
    from_user: String,
    media_port: u16,
    /// Trunks, the next first.
    left: VecDeque<usize>,
    /// When the trunk that is tried has been silent for too long; nothing once it has said anything.
    silent_at: Option<Instant>,
}

impl Switchboard {
    /// Dials over the first trunk that takes the call.
    pub(super) fn try_trunks(
        &mut self,
        call: CallId,
        target: Target,
        from_user: &str,
    ) -> Result<Line, NoWay> {
        let left = self.trunks_in_order();
        if left.is_empty() {
            return Err(NoWay::NoTrunk);
        }
        let sockets = self.has.ports.open()?;
        let media_port = sockets.audio.local_addr()?.port();
        let from_user = from_user.to_owned();
        let mut attempts = Attempts { target, from_user, media_port, left, silent_at: None };
        let (branch, trunk) = self.next_trunk(&mut attempts)?;
        self.tell_media(Command::Open { call, sockets, signalling: branch.peer });
        Ok(Line { on_trunk: Some(trunk), attempts: Some(attempts), ..Line::new(branch) })
    }

    /// The lowest priority first; those that do not answer, or do not know us, after all others.
    fn trunks_in_order(&self) -> VecDeque<usize> {
        let trunks = &self.has.settings.trunks;
        let standings = self.has.stack.standings();
        let is_down = |at: usize| standings.get(at).is_some_and(|standing| !standing.is_up());
        let mut order: Vec<usize> = (0..trunks.len()).collect();
        order.sort_by_key(|at| (is_down(*at), trunks[*at].priority));
        order.into()
    }

    fn next_trunk(&mut self, attempts: &mut Attempts) -> Result<(Branch, OnTrunk), NoWay> {
        let mut failed = NoWay::TrunksFull;
        while let Some(at) = attempts.left.pop_front() {
            let on = OnTrunk { trunk: at, incoming: false };
            let trunk = &self.has.settings.trunks[at];
            // A limit of the contract is no reason not to ring for help.
            if self.is_full(on) && !attempts.target.is_for_help() {
                info!(trunk = trunk.name, "a trunk has as many calls as it takes");
                continue;
            }
            let dialling = self.dialling(at, trunk, attempts);
            match self.has.stack.dial(&dialling) {
                Ok((leg, local, peer)) => {
                    attempts.silent_at = Some(clock::monotonic() + SILENCE);
                    let media = SocketAddr::new(local, attempts.media_port);
                    return Ok((Branch { leg, media, peer }, on));
                }
                Err(error) => failed = error.into(),
            }
        }
        Err(failed)
    }

    fn dialling(&self, at: usize, trunk: &Trunk, attempts: &Attempts) -> Dialling {
        let to = match &attempts.target {
            Target::Number(number) => trunk.address_of(number, &self.has.plan),
            Target::Code(code) => trunk.address_of_code(code),
            Target::Extension(_) | Target::Address(_) => String::new(), // no trunk leads there
        };
        let for_help = attempts.target.is_for_help();
        let shown = &trunk.identity;
        let is_the_lines = attempts.from_user == self.has.settings.number;
        let from_user = shown.number.clone().filter(|_| is_the_lines).unwrap_or(attempts.from_user.clone());
        Dialling {
            to,
            from_user,
            via: Some(Hop { address: trunk.address, transport: trunk.transport }),
            media_port: attempts.media_port,
            may_refer: attempts.target.may_refer(),
            // Whoever is to send help must be able to ring back.
            over: Some(Over { trunk: at, asserted: shown.asserted, private: shown.private && !for_help }),
        }
    }

    /// Whether a trunk has as many calls in this direction as it may.
    pub(super) fn is_full(&self, on: OnTrunk) -> bool {
        let Some(trunk) = self.has.settings.trunks.get(on.trunk) else { return false };
        let most = if on.incoming { trunk.max_calls_in } else { trunk.max_calls_out };
        let calls = || self.lines.values().filter(|line| line.on_trunk == Some(on)).count();
        most.is_some_and(|most| calls() >= most)
    }

    /// Tries the next trunk when the one that was tried let a call down. False when the call has come to its end.
    pub(super) fn goes_on(&mut self, call: CallId, leg: LegId, end: LegEnd) -> bool {
        let is_tried = |line: &&mut Line| line.branch.leg == leg && !line.rings;
        let Some(line) = self.lines.get_mut(&call).filter(is_tried) else { return false };
        if !lets_down(end) {
            return false;
        }
        let on_trunk = line.on_trunk;
        let Some(attempts) = line.attempts.take() else { return false };
        if let LegEnd::Refused(401 | 403 | 407) = end
            && let Some(standing) = on_trunk.and_then(|on| self.has.stack.standings().get(on.trunk))
        {
            standing.doubt();
        }
        self.moves_on(call, attempts)
    }

    fn moves_on(&mut self, call: CallId, mut attempts: Attempts) -> bool {
        // The call that moves on takes no place on the trunk it leaves.
        let left = self.lines.get_mut(&call).and_then(|line| line.on_trunk.take());
        let next = self.next_trunk(&mut attempts);
        let Some(line) = self.lines.get_mut(&call) else { return false };
        let Ok((branch, trunk)) = next else {
            line.on_trunk = left;
            return false;
        };
        self.by_leg.remove(&line.branch.leg);
        self.by_leg.insert(branch.leg, call);
        (line.branch, line.on_trunk, line.attempts) = (branch, Some(trunk), Some(attempts));
        let name = |on: OnTrunk| self.has.settings.trunks.get(on.trunk).map(|trunk| trunk.name.as_str());
        warn!(%call, from = left.and_then(name), to = name(trunk), "a call goes on over another trunk");
        if let Some(standing) = left.and_then(|left| self.has.stack.standings().get(left.trunk)) {
            standing.let_down();
        }
        self.has.counters.calls_moved_on.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// The trunk that is tried says that it is at work.
    pub(super) fn tried(&mut self, call: CallId) {
        if let Some(attempts) = self.lines.get_mut(&call).and_then(|line| line.attempts.as_mut()) {
            attempts.silent_at = None;
        }
    }

    /// Calls over trunks that have said nothing for too long go on over the next. With none left they wait: better late
    /// than not at all.
    pub(super) fn leave_the_silent(&mut self, now: Instant) {
        let silent_at = |line: &Line| line.attempts.as_ref().and_then(|attempts| attempts.silent_at);
        let is_silent = |line: &Line| silent_at(line).is_some_and(|at| at <= now);
        let silent: Vec<_> =
            self.lines.iter().filter(|(_, line)| is_silent(line)).map(|(call, _)| *call).collect();
        for call in silent {
            let Some(line) = self.lines.get_mut(&call) else { continue };
            let (leg, Some(mut attempts)) = (line.branch.leg, line.attempts.take()) else { continue };
            attempts.silent_at = None;
            if self.moves_on(call, attempts) {
                self.has.stack.hang_up(leg);
            }
        }
    }
}

/// Whether it was the trunk and not who was rung: it did not take the call, does not let us in, or has no way on.
fn lets_down(end: LegEnd) -> bool {
    match end {
        LegEnd::Unreachable => true,
        LegEnd::Refused(status) => matches!(status, 401 | 403 | 407 | 408 | 500..=599),
        LegEnd::Cancelled | LegEnd::HungUp | LegEnd::NeverAcked | LegEnd::Expired => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trunk_cannot_do_is_tried_elsewhere_and_what_a_person_does_is_not() {
        for status in [401, 403, 407, 408, 500, 502, 503, 504] {
            assert!(lets_down(LegEnd::Refused(status)), "{status}");
        }
        for status in [404, 410, 480, 484, 486, 487, 488, 600, 603, 604] {
            assert!(!lets_down(LegEnd::Refused(status)), "{status}");
        }
        assert!(lets_down(LegEnd::Unreachable) && !lets_down(LegEnd::HungUp));
    }
}
