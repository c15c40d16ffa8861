//! Who is on which bridge, in which part, and who therefore hears whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::desk::effect::Part;
use crate::domain::ids::CallId;

/// All bridges, and what keeps a call from being heard on one.
#[derive(Debug, Default)]
pub struct Bridges {
    bridges: BTreeMap<u64, Vec<(CallId, Part)>>,
    on: BTreeMap<CallId, u64>,
    next: u64,
    muted: BTreeSet<CallId>,
    /// Taken off by the desk: they hear only what they are played.
    off: BTreeSet<CallId>,
    /// Their own telephone has put us on hold.
    away: BTreeSet<CallId>,
}

/// What somebody on a bridge hears of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ear {
    /// Those who speak to all: what a recording may hold.
    pub voices: Vec<CallId>,
    /// Those who speak to nobody else.
    pub whispers: Vec<CallId>,
    /// The one to talk with has put the bridge on hold.
    pub music: bool,
}

impl Bridges {
    #[cfg(test)]
    fn is_on_one(&self, call: CallId) -> bool {
        self.on.contains_key(&call)
    }

    /// Of how many calls something is kept.
    #[cfg(test)]
    pub fn known(&self) -> usize {
        let marked = [&self.muted, &self.off, &self.away].into_iter().flatten();
        marked.chain(self.on.keys()).collect::<BTreeSet<_>>().len()
    }

    /// Brings a call to whoever is with `to`, or changes its part when it is there. Returns those who were on no
    /// bridge before.
    pub fn join(&mut self, to: CallId, call: CallId, part: Part) -> Vec<CallId> {
        let bridge = self.on.get(&to).copied();
        if bridge.is_some() && bridge == self.on.get(&call).copied() {
            let there = bridge.and_then(|bridge| self.bridges.get_mut(&bridge)).into_iter().flatten();
            there.filter(|(id, _)| *id == call).for_each(|(_, now)| *now = part);
            return Vec::new();
        }
        self.next += u64::from(bridge.is_none());
        let bridge = bridge.unwrap_or(self.next);
        let mut new = Vec::new();
        for (id, part) in [(to, Part::Speak), (call, part)] {
            if self.on.get(&id) != Some(&bridge) {
                self.on.insert(id, bridge);
                self.bridges.entry(bridge).or_default().push((id, part));
                new.push(id);
            }
        }
        new
    }

    /// Takes a call from its bridge; one who would stay alone leaves too. Returns who is on no bridge any more: they
    /// are heard on the next one, whatever was said of them on this.
    pub fn leave(&mut self, call: CallId) -> Vec<CallId> {
        let gone = self.part(call);
        for call in &gone {
            self.muted.remove(call);
            self.off.remove(call);
        }
        gone
    }

    fn part(&mut self, call: CallId) -> Vec<CallId> {
        let Some(bridge) = self.on.remove(&call) else { return Vec::new() };
        let Some(there) = self.bridges.get_mut(&bridge) else { return vec![call] };
        there.retain(|(id, _)| *id != call);
        if there.len() > 1 {
            return vec![call];
        }
        let alone = self.bridges.remove(&bridge).into_iter().flatten().map(|(id, _)| id);
        let gone: Vec<CallId> = alone.chain([call]).collect();
        gone.iter().for_each(|id| {
            self.on.remove(id);
        });
        gone
    }

    pub fn are_together(&self, a: CallId, b: CallId) -> bool {
        self.on.contains_key(&a) && self.on.get(&a) == self.on.get(&b)
    }

    pub fn mute(&mut self, call: CallId, on: bool) {
        set(&mut self.muted, call, on);
    }

    pub fn take_off(&mut self, call: CallId, on: bool) {
        set(&mut self.off, call, on);
    }

    pub fn goes_away(&mut self, call: CallId, on: bool) {
        set(&mut self.away, call, on);
    }

    /// Forgets what was said of a call that is over.
    pub fn forget(&mut self, call: CallId) {
        for marked in [&mut self.muted, &mut self.off, &mut self.away] {
            marked.remove(&call);
        }
    }

    /// What a call hears now.
    pub fn ear(&self, call: CallId) -> Ear {
        let bridge = self.on.get(&call).and_then(|bridge| self.bridges.get(bridge));
        let Some(there) = bridge.filter(|_| self.is_there(call)) else { return Ear::default() };
        if self.waits(there) {
            return Ear { music: true, ..Ear::default() };
        }
        let heard =
            there.iter().filter(|(id, _)| *id != call && self.is_there(*id) && !self.muted.contains(id));
        let mut ear = Ear::default();
        for (id, part) in heard {
            match part {
                Part::Speak => ear.voices.push(*id),
                Part::Whisper { at } if *at == call => ear.whispers.push(*id),
                Part::Whisper { .. } | Part::Listen => {}
            }
        }
        ear
    }

    fn is_there(&self, call: CallId) -> bool {
        !self.off.contains(&call) && !self.away.contains(&call)
    }

    /// Whether somebody has put the bridge on hold and no two are left to talk. Of three, two go on without music.
    fn waits(&self, there: &[(CallId, Part)]) -> bool {
        let speakers = || there.iter().filter(|(_, part)| *part == Part::Speak).map(|(id, _)| *id);
        speakers().any(|id| self.away.contains(&id)) && speakers().filter(|id| self.is_there(*id)).count() < 2
    }
}

fn set(marked: &mut BTreeSet<CallId>, call: CallId, on: bool) {
    if on {
        marked.insert(call);
    } else {
        marked.remove(&call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Chance;
    use crate::domain::timestamp::Timestamp;
    use proptest::prelude::*;

    fn calls() -> [CallId; 4] {
        let mut chance = Chance::from_number(1);
        // In the order of their ids, as `hears` lists them.
        let mut calls = [(); 4].map(|()| chance.mint(Timestamp::from_millis(0)));
        calls.sort();
        calls
    }

    fn hears(bridges: &Bridges, call: CallId) -> Vec<CallId> {
        let Ear { mut voices, whispers, .. } = bridges.ear(call);
        voices.extend(whispers);
        voices.sort();
        voices
    }

    #[test]
    fn a_listener_hears_all_and_is_heard_by_nobody_until_they_speak() {
        let [caller, operator, chief, _] = calls();
        let mut bridges = Bridges::default();
        assert_eq!(bridges.join(caller, operator, Part::Speak), [caller, operator]);
        assert_eq!(bridges.join(caller, chief, Part::Listen), [chief]);
        assert_eq!(hears(&bridges, chief), [caller, operator]);
        assert_eq!((hears(&bridges, caller), hears(&bridges, operator)), (vec![operator], vec![caller]));
        assert!(bridges.join(operator, chief, Part::Speak).is_empty(), "only the part changes");
        assert_eq!(hears(&bridges, caller), [operator, chief]);
    }

    #[test]
    fn a_whisper_reaches_one_and_is_told_apart_from_what_all_hear() {
        let [caller, operator, chief, listener] = calls();
        let mut bridges = Bridges::default();
        bridges.join(caller, operator, Part::Speak);
        bridges.join(caller, chief, Part::Whisper { at: operator });
        bridges.join(caller, listener, Part::Listen);
        assert_eq!(bridges.ear(operator), Ear { voices: vec![caller], whispers: vec![chief], music: false });
        assert_eq!(hears(&bridges, caller), [operator]);
        assert_eq!(hears(&bridges, listener), [caller, operator], "not even who listens to all");
        assert_eq!(hears(&bridges, chief), [caller, operator]);
    }

    #[test]
    fn whoever_is_muted_hears_and_is_not_heard() {
        let [caller, operator, ..] = calls();
        let mut bridges = Bridges::default();
        bridges.join(caller, operator, Part::Speak);
        bridges.mute(caller, true);
        assert!(hears(&bridges, operator).is_empty());
        assert_eq!(hears(&bridges, caller), [operator]);
        bridges.mute(caller, false);
        assert_eq!(hears(&bridges, operator), [caller]);
    }

    #[test]
    fn who_was_taken_off_or_muted_is_heard_on_the_next_bridge() {
        let [caller, operator, next, _] = calls();
        let mut bridges = Bridges::default();
        bridges.join(caller, operator, Part::Speak);
        bridges.take_off(caller, true);
        bridges.mute(caller, true);
        bridges.leave(caller);
        bridges.join(caller, next, Part::Speak);
        assert_eq!((hears(&bridges, next), hears(&bridges, caller)), (vec![caller], vec![next]));
    }

    #[test]
    fn whoever_the_desk_takes_off_hears_nothing_of_the_bridge_and_there_is_no_music() {
        let [caller, operator, ..] = calls();
        let mut bridges = Bridges::default();
        bridges.join(caller, operator, Part::Speak);
        bridges.take_off(caller, true);
        assert_eq!((bridges.ear(caller), bridges.ear(operator)), (Ear::default(), Ear::default()));
        bridges.take_off(caller, false);
        assert_eq!(hears(&bridges, caller), [operator]);
    }

    #[test]
    fn a_telephone_on_hold_leaves_music_to_one_and_lets_two_talk_on() {
        let [caller, operator, chief, third] = calls();
        let music = Ear { music: true, ..Ear::default() };
        let mut bridges = Bridges::default();
        bridges.join(caller, operator, Part::Speak);
        bridges.join(caller, chief, Part::Listen);
        bridges.goes_away(operator, true);
        assert_eq!((bridges.ear(caller), bridges.ear(chief)), (music, Ear { music: true, ..Ear::default() }));
        assert_eq!(bridges.ear(operator), Ear::default(), "whoever holds hears nothing");
        bridges.join(caller, third, Part::Speak);
        assert_eq!((hears(&bridges, caller), hears(&bridges, third)), (vec![third], vec![caller]));
        bridges.goes_away(operator, false);
        assert_eq!(hears(&bridges, operator), [caller, third]);
        bridges.goes_away(chief, true);
        assert!(!bridges.ear(caller).music, "who only listened is not waited for");
    }

    #[test]
    fn two_go_on_when_one_of_three_leaves_and_one_alone_is_on_no_bridge() {
        let [a, b, c, _] = calls();
        let mut bridges = Bridges::default();
        bridges.join(a, b, Part::Speak);
        bridges.join(a, c, Part::Speak);
        assert_eq!(bridges.leave(b), [b]);
        assert!(bridges.are_together(a, c) && !bridges.are_together(a, b));
        assert_eq!(bridges.leave(c), [a, c]);
        assert!(!bridges.is_on_one(a) && bridges.leave(a).is_empty());
    }

    proptest! {
        #[test]
        fn nobody_is_on_two_bridges_or_hears_themselves(steps in proptest::collection::vec((0_usize..4, 0_usize..4, 0_u8..5), 0..40)) {
            let calls = calls();
            let mut bridges = Bridges::default();
            for (a, b, what) in steps {
                let (a, b) = (calls[a], calls[b]);
                match what {
                    0 if a != b => {
                        bridges.leave(b);
                        bridges.join(a, b, Part::Speak);
                    }
                    1 => drop(bridges.leave(a)),
                    2 => bridges.goes_away(a, a < b),
                    3 => bridges.take_off(a, a < b),
                    _ => bridges.mute(a, a < b),
                }
                for call in calls {
                    let seats = bridges.bridges.values().flatten().filter(|(id, _)| *id == call).count();
                    prop_assert_eq!(seats, usize::from(bridges.is_on_one(call)));
                    prop_assert!(!hears(&bridges, call).contains(&call));
                }
                prop_assert!(bridges.bridges.values().all(|there| there.len() > 1));
            }
        }
    }
}
