//! The line while the store is away: nothing can be written down, so nothing is registered and no number is read.
//!
//! Whoever rings is put through to a person. Where nobody comes they hear that nothing can be registered, that their
//! number is noted (where it could be) and what to dial in danger. Whether it was noted is told by whoever keeps the
//! emergency log; what is noted becomes a call-back request when the store is back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::effect::{Clip, PhoneEffect};
use super::event::{PhoneEvent, PlayId};
use super::help_numbers::HelpNumbers;
use super::legs::LEGS_AT_ONCE;
use super::walks::clips;
use crate::domain::ids::{CallId, Chance, StationId};
use crate::domain::language::Language;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Tier;
use crate::prompts::library::Library;
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Plays are numbered from here, so that the end of one that a walk began is told apart.
const FIRST_PLAY: u32 = 1_000_000;

/// A caller to be served without the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyCaller {
    pub call: CallId,
    pub dialled: String,
    /// Whether they hear us already.
    pub answered: bool,
    /// Whether their number is on the disk.
    pub noted: bool,
}

/// What becomes of a call when there is no desk any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes on as it is.
    Left,
    HungUp,
    /// Its caller is served as one who comes.
    Served,
}

/// Serves callers without writing anything.
#[derive(Debug)]
pub struct EmergencyDesk {
    numbers: HelpNumbers,
    plan: NumberingPlan,
    /// Whom to ring for a station's callers.
    people: BTreeMap<StationId, Vec<String>>,
    /// Answers what is dialled and nobody's number.
    district: Option<StationId>,
    library: Arc<Library>,
    ring_time: Duration,
    chance: Chance,
    callers: BTreeMap<CallId, Caller>,
    legs: BTreeMap<CallId, Leg>,
    last_play: u32,
}

#[derive(Debug)]
struct Caller {
    noted: bool,
    state: CallerState,
}

#[derive(Debug, PartialEq, Eq)]
enum CallerState {
    Ringing {
        legs: BTreeSet<CallId>,
    },
    Talking {
        with: CallId,
    },
    /// Hears what cannot be done; then the call ends.
    Told {
        play: PlayId,
    },
}

#[derive(Debug)]
struct Leg {
    of: CallId,
    target: String,
}

impl EmergencyDesk {
    /// `ring_time` is how long people are rung; without stations every number is answered and nobody is rung.
    pub fn new<'a>(
        stations: impl Iterator<Item = &'a Station>,
        plan: NumberingPlan,
        library: Arc<Library>,
        ring_time: Duration,
        chance: Chance,
    ) -> Self {
        let mut this = Self {
            numbers: HelpNumbers::default(),
            plan,
            people: BTreeMap::new(),
            district: None,
            library,
            ring_time,
            chance,
            callers: BTreeMap::new(),
            legs: BTreeMap::new(),
            last_play: FIRST_PLAY,
        };
        this.know(stations, ring_time);
        this
    }

    /// Takes over whom the stations ring, and for how long.
    pub fn know<'a>(&mut self, stations: impl Iterator<Item = &'a Station>, ring_time: Duration) {
        self.ring_time = ring_time;
        let stations: BTreeMap<StationId, &Station> = stations.map(|station| (station.id, station)).collect();
        self.people = stations.keys().map(|id| (*id, people_of(*id, &stations))).collect();
        self.district =
            stations.values().find(|station| station.tier == Tier::District).map(|station| station.id);
        self.numbers = HelpNumbers::default();
        for station in stations.values() {
            self.numbers.put(&station.help_number, station.id, &self.plan);
        }
    }

    /// Whether it serves this call, or rings it for somebody.
    pub fn holds(&self, call: CallId) -> bool {
        self.callers.contains_key(&call) || self.legs.contains_key(&call)
    }

    /// What becomes of a call that goes on while the desk is lost. `ours` are those we rang.
    pub fn fate(&self, call: CallId, ours: bool, talks: bool) -> Fate {
        match (ours, talks) {
            // Two who talk are left to talk, and whom it rang for a caller is awaited.
            (_, true) => Fate::Left,
            (true, false) if self.holds(call) => Fate::Left,
            // Whom the desk rang for is forgotten.
            (true, false) => Fate::HungUp,
            (false, false) => Fate::Served,
        }
    }

    /// Answers a caller and rings a person for them; says at once how it is where there is none to ring.
    pub fn serve(&mut self, caller: EmergencyCaller, now: Timestamp) -> Vec<PhoneEffect> {
        let EmergencyCaller { call, dialled, answered, noted } = caller;
        if self.holds(call) {
            return Vec::new();
        }
        let station = self.numbers.station_of(&dialled, &self.plan).or(self.district);
        let targets = station.and_then(|station| self.people.get(&station)).cloned();
        let mut effects = Vec::new();
        if !answered {
            effects.extend([PhoneEffect::Ring { call }, PhoneEffect::Answer { call }]);
        }
        let mut legs = BTreeSet::new();
        let mut dials = Vec::new();
        for target in targets.unwrap_or_default() {
            if legs.len() == LEGS_AT_ONCE || self.legs.values().any(|leg| leg.target == target) {
                continue;
            }
            let leg: CallId = self.chance.mint(now);
            legs.insert(leg);
            self.legs.insert(leg, Leg { of: call, target: target.clone() });
            dials.push(PhoneEffect::Dial { call: leg, target, ring_time: self.ring_time });
        }
        if legs.is_empty() {
            effects.push(self.tell(call, noted));
            return effects;
        }
        self.callers.insert(call, Caller { noted, state: CallerState::Ringing { legs } });
        let (_, play) = self.play(call, &[Phrase::Connecting]);
        effects.push(play);
        effects.extend(dials);
        effects
    }

    /// What follows from what a telephone reports; nothing for calls that are not served here.
    pub fn heard(&mut self, event: &PhoneEvent) -> Vec<PhoneEffect> {
        match event {
            PhoneEvent::Answered { call } => self.answered(*call),
            PhoneEvent::PlayEnded { call, play } => {
                let told = CallerState::Told { play: *play };
                let over = self.callers.get(call).is_some_and(|caller| caller.state == told);
                if over { vec![PhoneEffect::Hangup { call: *call }] } else { Vec::new() }
            }
            PhoneEvent::CallEnded { call, .. } => self.ended(*call),
            PhoneEvent::TransferAsked { call, .. } => {
                vec![PhoneEffect::TransferOutcome { call: *call, ok: false }]
            }
            PhoneEvent::CallArrived { .. }
            | PhoneEvent::Held { .. }
            | PhoneEvent::Quality { .. }
            | PhoneEvent::Ringing { .. }
            | PhoneEvent::Digit { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::CallLost { .. }
            | PhoneEvent::PhoneReachable { .. } => Vec::new(),
        }
    }

    /// A person picked up: the first is joined to the caller, the others are released.
    fn answered(&mut self, leg: CallId) -> Vec<PhoneEffect> {
        let Some(of) = self.legs.get(&leg).map(|leg| leg.of) else { return Vec::new() };
        let Some(caller) = self.callers.get_mut(&of) else { return vec![PhoneEffect::Hangup { call: leg }] };
        let CallerState::Ringing { legs } = &caller.state else {
            return vec![PhoneEffect::Hangup { call: leg }];
        };
        let others: Vec<CallId> = legs.iter().copied().filter(|other| *other != leg).collect();
        caller.state = CallerState::Talking { with: leg };
        let mut effects = vec![PhoneEffect::StopPlay { call: of }, PhoneEffect::Bridge { a: of, b: leg }];
        effects.extend(others.into_iter().map(|call| PhoneEffect::Hangup { call }));
        effects
    }

    fn ended(&mut self, call: CallId) -> Vec<PhoneEffect> {
        if let Some(caller) = self.callers.remove(&call) {
            let legs = match caller.state {
                CallerState::Ringing { legs } => legs,
                CallerState::Talking { with } => [with].into(),
                CallerState::Told { .. } => BTreeSet::new(),
            };
            let live = legs.into_iter().filter(|leg| self.legs.contains_key(leg));
            return live.map(|call| PhoneEffect::Hangup { call }).collect();
        }
        let Some(Leg { of, .. }) = self.legs.remove(&call) else { return Vec::new() };
        let Some(caller) = self.callers.get_mut(&of) else { return Vec::new() };
        match &mut caller.state {
            CallerState::Talking { with } if *with == call => vec![PhoneEffect::Hangup { call: of }],
            CallerState::Ringing { legs } => {
                legs.remove(&call);
                let (nobody, noted) = (legs.is_empty(), caller.noted);
                if nobody { vec![self.tell(of, noted)] } else { Vec::new() }
            }
            // Somebody else was faster.
            CallerState::Talking { .. } | CallerState::Told { .. } => Vec::new(),
        }
    }

    /// Says that nothing can be registered; the call ends when it is said.
    fn tell(&mut self, call: CallId, noted: bool) -> PhoneEffect {
        let words = if noted { Phrase::CannotRegister } else { Phrase::CannotNote };
        let (play, effect) = self.play(call, &[words, Phrase::Goodbye]);
        self.callers.insert(call, Caller { noted, state: CallerState::Told { play } });
        effect
    }

    /// In Chinese, then in English: nobody can ask which is understood.
    fn play(&mut self, call: CallId, phrases: &[Phrase]) -> (PlayId, PhoneEffect) {
        self.last_play += 1;
        let play = PlayId(self.last_play);
        let said = |language| {
            let sentence =
                phrases.iter().fold(Sentence::new(language), |sentence, phrase| sentence.phrase(*phrase));
            clips(&self.library, &sentence)
        };
        let clips: Vec<Clip> = [Language::Zh, Language::En].into_iter().flat_map(said).collect();
        (play, PhoneEffect::Play { call, play, clips, repeat: false })
    }
}

/// The people of the nearest station up the tree that has any; else who is rung when all else failed.
fn people_of(station: StationId, stations: &BTreeMap<StationId, &Station>) -> Vec<String> {
    let up = |station: &StationId| stations.get(station).and_then(|station| station.parent);
    // No tree is deeper than it has stations.
    let way = || std::iter::successors(Some(station), up).take(stations.len());
    let found = |list: fn(&Station) -> &Vec<String>| {
        way().filter_map(|id| stations.get(&id)).map(|station| list(station)).find(|list| !list.is_empty())
    };
    found(|station| &station.ring).or_else(|| found(|station| &station.duty)).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
