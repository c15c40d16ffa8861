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
        this.know(stations);
        this
    }

    /// Takes over whom the stations ring.
    pub fn know<'a>(&mut self, stations: impl Iterator<Item = &'a Station>) {
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
            PhoneEvent::CallArrived { .. }
            | PhoneEvent::Ringing { .. }
            | PhoneEvent::Digit { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::CallLost { .. } => Vec::new(),
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
mod tests {
    use super::*;
    use crate::desk::event::EndReason;
    use crate::domain::area::AreaCode;
    use crate::domain::ids::JurisdictionId;
    use crate::domain::station::Front;
    use crate::prompts::manifest::Manifest;

    fn station(id: i64, parent: Option<i64>, ring: &[&str]) -> Station {
        Station {
            id: StationId(id),
            jurisdiction: JurisdictionId("shibei".into()),
            tier: Tier::District,
            parent: parent.map(StationId),
            area: AreaCode::parse("370203").unwrap(),
            name: format!("站{id}"),
            help_number: format!("1234{id}"),
            ticket_code: 1,
            front: Front::Menu,
            ring: ring.iter().map(|target| (*target).to_owned()).collect(),
            notice_phone: None,
            duty: if parent.is_none() { vec!["duty".into()] } else { vec![] },
            peers: vec![],
            point: None,
            staffed: true,
        }
    }

    fn desk(stations: &[Station]) -> EmergencyDesk {
        let manifests = [
            ("zh", include_str!("../../sounds/zh/manifest.toml")),
            ("en", include_str!("../../sounds/en/manifest.toml")),
            ("bo", include_str!("../../sounds/bo/manifest.toml")),
        ];
        let manifests = manifests.map(|(language, text)| {
            Manifest::parse(&format!("sounds/{language}/manifest.toml"), text).unwrap()
        });
        let library = Arc::new(Library::new(manifests));
        EmergencyDesk::new(
            stations.iter(),
            NumberingPlan::default(),
            library,
            Duration::from_secs(15),
            Chance::from_number(1),
        )
    }

    fn call(n: u64) -> CallId {
        Chance::from_number(n).mint(Timestamp::from_millis(0))
    }

    fn caller(n: u64, dialled: &str, noted: bool) -> EmergencyCaller {
        EmergencyCaller { call: call(n), dialled: dialled.into(), answered: false, noted }
    }

    /// Effects a line each: what is said by its Chinese clips, whom it is about by what the test calls them.
    fn shown(effects: &[PhoneEffect]) -> Vec<String> {
        let name = |id: &CallId| match (1..9).find(|n| call(*n) == *id) {
            Some(n) => format!("caller {n}"),
            None => "leg".to_owned(),
        };
        let shown = |effect: &PhoneEffect| match effect {
            PhoneEffect::Play { call, clips, .. } => {
                let said: Vec<&str> = clips
                    .iter()
                    .filter_map(|clip| match clip {
                        Clip::Sound { language: Language::Zh, id } => Some(id.as_str()),
                        Clip::Sound { .. } | Clip::Pause(_) => None,
                    })
                    .collect();
                format!("play {} to {}", said.join(" "), name(call))
            }
            PhoneEffect::Dial { target, ring_time, .. } => format!("ring {target} for {ring_time:?}"),
            PhoneEffect::Bridge { a, b } => format!("join {} and {}", name(a), name(b)),
            PhoneEffect::Ring { call } => format!("180 to {}", name(call)),
            PhoneEffect::Answer { call } => format!("answer {}", name(call)),
            PhoneEffect::Hangup { call } => format!("hang up {}", name(call)),
            PhoneEffect::StopPlay { call } => format!("silence for {}", name(call)),
            PhoneEffect::Join { .. }
            | PhoneEffect::Reject { .. }
            | PhoneEffect::Record { .. }
            | PhoneEffect::StopRecording { .. }
            | PhoneEffect::Unbridge { .. } => format!("{effect:?}"),
        };
        effects.iter().map(shown).collect()
    }

    fn dialled(effects: &[PhoneEffect]) -> Vec<CallId> {
        let dial = |effect: &PhoneEffect| matches!(effect, PhoneEffect::Dial { .. }).then(|| effect.call());
        effects.iter().filter_map(dial).collect()
    }

    fn ended(call: CallId) -> PhoneEvent {
        PhoneEvent::CallEnded { call, reason: EndReason::NoAnswer }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_777_600_800_000);

    #[test]
    fn without_the_store_a_caller_is_put_through_and_the_first_who_answers_is_joined() {
        let mut desk = desk(&[station(1, None, &["ana", "ben"]), station(2, Some(1), &[])]);
        let rung = desk.serve(caller(1, "12342", true), NOW);
        assert_eq!(
            shown(&rung),
            [
                "180 to caller 1",
                "answer caller 1",
                "play connecting to caller 1",
                "ring ana for 15s",
                "ring ben for 15s"
            ]
        );
        let legs = dialled(&rung);
        assert!(desk.holds(legs[0]) && desk.holds(call(1)) && !desk.holds(call(2)));
        let joined = desk.heard(&PhoneEvent::Answered { call: legs[1] });
        assert_eq!(shown(&joined), ["silence for caller 1", "join caller 1 and leg", "hang up leg"]);
        // The slower one picked up in the same moment.
        assert_eq!(
            desk.heard(&PhoneEvent::Answered { call: legs[0] }),
            [PhoneEffect::Hangup { call: legs[0] }]
        );
        assert_eq!(desk.heard(&ended(legs[0])), []);
        assert_eq!(desk.heard(&ended(legs[1])), [PhoneEffect::Hangup { call: call(1) }]);
        assert_eq!(desk.heard(&ended(call(1))), []);
        assert!(!desk.holds(call(1)));
    }

    #[test]
    fn nobody_to_put_through_to_means_hearing_how_it_is_and_no_number() {
        let mut desk = desk(&[station(1, None, &["ana"])]);
        let rung = desk.serve(caller(1, "12341", true), NOW);
        let told = desk.heard(&ended(dialled(&rung)[0]));
        assert_eq!(shown(&told), ["play cannot-register goodbye to caller 1"]);
        let [PhoneEffect::Play { play, .. }] = told[..] else { panic!("{told:?}") };
        let over = |play| PhoneEvent::PlayEnded { call: call(1), play };
        assert_eq!(desk.heard(&over(PlayId(1))), [], "what a walk had begun to say");
        assert_eq!(desk.heard(&over(play)), [PhoneEffect::Hangup { call: call(1) }]);
        // Ana is being rung for somebody else: nobody is left for the third.
        let _second = desk.serve(caller(2, "12341", true), NOW);
        let third = desk.serve(caller(3, "12341", false), NOW);
        assert_eq!(shown(&third[2..]), ["play cannot-note goodbye to caller 3"]);
    }

    #[test]
    fn without_people_anywhere_the_duty_list_is_rung_and_without_stations_everybody_is_answered() {
        let mut known = desk(&[station(1, None, &[]), station(2, Some(1), &[])]);
        let rung = known.serve(caller(1, "12342", true), NOW);
        assert_eq!(shown(&rung)[3..], ["ring duty for 15s"]);
        let mut unknown = desk(&[]);
        let answered = unknown.serve(caller(1, "anything", true), NOW);
        assert_eq!(shown(&answered)[1..], ["answer caller 1", "play cannot-register goodbye to caller 1"]);
    }

    #[test]
    fn however_a_trunk_spells_the_number_its_people_are_rung_and_the_districts_for_nobodys_number() {
        for (spelled, rung) in [("+8653212342", "ana"), ("9912342", "ana"), ("53100000", "ben")] {
            let mut desk = desk(&[station(1, None, &["ben"]), station(2, Some(1), &["ana"])]);
            let effects = desk.serve(caller(1, spelled, true), NOW);
            assert_eq!(shown(&effects)[3..], [format!("ring {rung} for 15s")], "{spelled}");
        }
    }

    #[test]
    fn a_caller_who_hangs_up_takes_the_ringing_with_them() {
        let mut desk = desk(&[station(1, None, &["ana", "ben"])]);
        let legs = dialled(&desk.serve(caller(1, "12341", true), NOW));
        let released: Vec<CallId> = desk.heard(&ended(call(1))).iter().map(PhoneEffect::call).collect();
        assert_eq!(released.len(), legs.len());
        let late = desk.heard(&PhoneEvent::Answered { call: legs[0] });
        assert_eq!(late, [PhoneEffect::Hangup { call: legs[0] }]);
    }
}
