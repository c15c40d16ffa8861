//! A town full of people who do as they please: they ring, press keys, hang up, answer texts early, late and twice.

use std::collections::BTreeMap;
use std::time::Duration;

use yingda::desk::Desk;
use yingda::desk::effect::{Effect, PhoneEffect};
use yingda::desk::event::{DeskEvent, Digit, EndReason, PhoneEvent, PlayId, RecordingEnd};
use yingda::desk::restore::Living;
use yingda::desk::rules::Rules;
use yingda::desk::write::{Step, Write};
use yingda::domain::call::CallerTrust;
use yingda::domain::ids::{CallId, Chance, RecordingId};
use yingda::domain::message::{InboundText, OutgoingText, TextReport, TextState};
use yingda::domain::person::Known;
use yingda::domain::phone_number::PhoneNumber;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::Tier;
use yingda::domain::volunteer::Volunteer;

use super::ledger::Ledger;
use super::people::{care_plan, resident_of};
use super::{operators, promises, rules};
use crate::scenarios::institutions::institution;
use crate::scenarios::town::{COMMITTEE, DISTRICT, NEXT_COMMITTEE, STREET, resident, station, volunteer};

/// Ticks that may follow one another at one moment: more is a deadline that does not move.
const TICKS_AT_ONCE: u32 = 300;
/// Steps between two looks at everything.
const LOOK_EVERY: u64 = 500;
const MINUTE: Duration = Duration::from_secs(60);

/// Something that will happen.
#[derive(Debug, Clone)]
pub(super) enum Next {
    Rings { number: Option<PhoneNumber>, dialled: &'static str },
    Key(CallId),
    HangsUp(CallId, EndReason),
    Answers(CallId),
    PlayEnds(CallId, PlayId),
    RecordingEnds(CallId, RecordingId, RecordingEnd),
    TextLeaves(Box<OutgoingText>),
    Text { from: PhoneNumber, body: String },
    Report(TextReport),
    AtTheConsole,
    AtASeat,
    Restart { outage: Duration },
    ClockJumps(Duration),
}

/// The town and its desk.
pub struct World {
    pub desk: Desk,
    pub ledger: Ledger,
    pub now: Timestamp,
    pub calls_made: u32,
    pub steps: u64,
    pub restarts: u32,
    rules: Rules,
    pub(super) chance: Chance,
    queue: BTreeMap<(Timestamp, u64), Next>,
    queued: u64,
    /// Calls on the line, with what is being recorded.
    line: BTreeMap<CallId, Option<RecordingId>>,
    ticks_here: u32,
    /// What the desk was told and what it decided, where somebody wants to hold it against another desk.
    pub log: Option<Vec<Logged>>,
}

/// One thing the desk was told, when, and what it decided, as text.
pub enum Logged {
    Began { seed: u64, living: Box<Living>, at: Timestamp, decided: String },
    Told { event: String, at: Timestamp, decided: String },
}

fn as_text(step: &Step) -> String {
    format!("{step:?}")
}

impl World {
    pub fn new(rules: Rules, seed: u64, begins: Timestamp) -> Self {
        let mut chance = Chance::from_number(seed);
        let mut stations = vec![
            station(1, Tier::District, DISTRICT, None),
            station(2, Tier::Street, STREET, Some(1)),
            station(3, Tier::Committee, COMMITTEE, Some(2)),
        ];
        stations[0].ring = vec!["sip:operator1@127.0.0.1".into(), "sip:operator2@127.0.0.1".into()];
        if chance.below(2) == 0 {
            stations[2].front = yingda::domain::station::Front::Person;
            stations[2].ring = vec!["sip:local@127.0.0.1".into()];
        }
        stations[2].staffed = chance.below(4) > 0;
        let volunteers: Vec<Volunteer> = (1..=12)
            .map(|n| {
                // The last two share one telephone; one of them is not to be woken. Three have no mobile.
                let phone = if n == 12 { 11 } else { n };
                let night_consent = n % 3 == 0;
                let number =
                    if n % 4 == 2 { format!("0532837100{n:02}") } else { format!("138000000{phone:02}") };
                Volunteer { night_consent, ..volunteer(10_000 + n, &number) }
            })
            .collect();
        // One of them has no telephone that takes texts.
        let institutions = vec![
            institution(31, COMMITTEE, "13700000001"),
            institution(32, NEXT_COMMITTEE, "13700000002"),
            institution(33, COMMITTEE, "053283720033"),
        ];
        let people = (1..=30).map(|n| resident(n, &format!("139000001{n:02}"))).collect::<Vec<_>>();
        let ledger = Ledger {
            stations,
            institutions,
            volunteers: volunteers.into_iter().map(|v| (v.id, v)).collect(),
            operators: operators::all(),
            reachable: operators::all().into_iter().map(|record| record.extension).collect(),
            care_plans: people.iter().take(8).map(care_plan).collect(),
            people: people.into_iter().map(|(_, person)| (person.person, person)).collect(),
            ..Ledger::default()
        };
        let seed = u64::from(chance.below(u32::MAX));
        let living = ledger.living(begins);
        let (desk, step) =
            Desk::restore(rules.clone(), Chance::from_number(seed), living.clone(), &[], begins);
        let began = Logged::Began { seed, living: Box::new(living), at: begins, decided: as_text(&step) };
        let mut world = Self {
            desk,
            ledger,
            now: begins,
            calls_made: 0,
            steps: 0,
            restarts: 0,
            rules,
            chance,
            queue: BTreeMap::new(),
            queued: 0,
            line: BTreeMap::new(),
            ticks_here: 0,
            log: Some(vec![began]),
        };
        world.follow(step);
        world.after(MINUTE, Next::AtTheConsole);
        world.after(MINUTE, Next::AtASeat);
        world
    }

    /// Lets so many calls come in, one after the other or on top of each other, and then everything settle.
    pub fn live_through(&mut self, calls: u32) {
        let mut at = self.now;
        for _ in 0..calls {
            at = at + Duration::from_secs(u64::from(self.chance.below(400)));
            let next = self.somebody_rings();
            self.put(at, next);
            match self.chance.below(150) {
                0 => self.put(at, Next::Restart { outage: Duration::ZERO }),
                1 => {
                    let outage = MINUTE * self.chance.below(180);
                    self.put(at, Next::Restart { outage });
                }
                2 => {
                    let jump = MINUTE * self.chance.below(600);
                    self.put(at, Next::ClockJumps(jump));
                }
                _ => {}
            }
        }
        self.until(at + Duration::from_secs(3 * 24 * 3600));
        rules::figures_balance(&self.ledger);
    }

    fn until(&mut self, end: Timestamp) {
        loop {
            let queued = self.queue.first_key_value().map(|(key, _)| key.0);
            let due = self.desk.next_deadline().map(|(at, _)| at.max(self.now));
            let Some(at) = queued.into_iter().chain(due).min().filter(|at| *at <= end) else { break };
            if at > self.now {
                self.ticks_here = 0;
            }
            self.now = self.now.max(at);
            if due.is_some_and(|due| due <= self.now) {
                self.ticks_here += 1;
                assert!(self.ticks_here < TICKS_AT_ONCE, "{:?} does not move", self.desk.next_deadline());
                self.tell(DeskEvent::Tick);
            } else if let Some((_, next)) = self.queue.pop_first() {
                self.happens(next);
            }
        }
        self.now = end;
    }

    fn put(&mut self, at: Timestamp, next: Next) {
        self.queued += 1;
        self.queue.insert((at.max(self.now), self.queued), next);
    }

    pub(super) fn after(&mut self, wait: Duration, next: Next) {
        self.put(self.now + wait, next);
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: u32) -> bool {
        self.chance.below(times) == 0
    }

    pub(super) fn seconds(&mut self, from: u32, until: u32) -> Duration {
        Duration::from_secs(u64::from(from + self.chance.below(until - from)))
    }

    pub(super) fn tell(&mut self, event: DeskEvent) {
        let step = self.desk.handle(&event, self.now);
        promises::an_ambiguous_answer_never_accepts(&self.ledger, &event, &step);
        if let Some(log) = &mut self.log {
            log.push(Logged::Told {
                event: serde_json::to_string(&event).expect("it can be written down"),
                at: self.now,
                decided: as_text(&step),
            });
        }
        self.follow(step);
    }

    fn follow(&mut self, step: Step) {
        self.steps += 1;
        rules::keep(&mut self.ledger, &self.rules, &step, self.now);
        if self.steps.is_multiple_of(LOOK_EVERY) {
            rules::everything_has_a_deadline(&self.desk, &self.ledger);
        }
        for write in step.writes {
            if let Write::Text(text) = write {
                let wait = self.seconds(1, 20);
                let at = text.not_before.max(self.now) + wait;
                self.put(at, Next::TextLeaves(Box::new(text)));
            }
        }
        for effect in step.effects {
            if let Effect::Phone(effect) = effect {
                self.phone(&effect);
            }
        }
    }

    fn phone(&mut self, effect: &PhoneEffect) {
        match effect {
            PhoneEffect::Play { call, play, repeat, .. } if !repeat => {
                let wait = self.seconds(2, 12);
                self.after(wait, Next::PlayEnds(*call, *play));
            }
            PhoneEffect::Record { call, recording, limit, .. } => {
                self.line.insert(*call, Some(*recording));
                let wait = self.seconds(1, 40).min(*limit);
                let why = if self.once_in(9) { RecordingEnd::Failed } else { RecordingEnd::Silence };
                self.after(wait, Next::RecordingEnds(*call, *recording, why));
            }
            PhoneEffect::StopRecording { call } => {
                if let Some(Some(recording)) = self.line.get(call).copied() {
                    self.after(Duration::ZERO, Next::RecordingEnds(*call, recording, RecordingEnd::Stopped));
                }
            }
            PhoneEffect::Hangup { call } => {
                self.after(Duration::ZERO, Next::HangsUp(*call, EndReason::Released));
            }
            PhoneEffect::Dial { call, ring_time, .. } => {
                self.line.insert(*call, None);
                let (wait, whole) = (self.seconds(2, 30), *ring_time);
                let next = match self.chance.below(4) {
                    0 => Next::HangsUp(*call, EndReason::Busy),
                    1 | 2 => Next::Answers(*call),
                    _ => Next::HangsUp(*call, EndReason::NoAnswer),
                };
                let wait = if matches!(next, Next::HangsUp(_, EndReason::NoAnswer)) { whole } else { wait };
                self.after(wait.min(whole), next);
            }
            PhoneEffect::Ring { .. }
            | PhoneEffect::Answer { .. }
            | PhoneEffect::Reject { .. }
            | PhoneEffect::Play { .. }
            | PhoneEffect::StopPlay { .. }
            | PhoneEffect::Bridge { .. }
            | PhoneEffect::Join { .. }
            | PhoneEffect::Hold { .. }
            | PhoneEffect::Mute { .. }
            | PhoneEffect::TransferOutcome { .. }
            | PhoneEffect::Unbridge { .. } => {}
        }
    }

    fn happens(&mut self, next: Next) {
        match next {
            Next::Rings { number, dialled } => self.rings(number, dialled),
            Next::Key(call) if self.line.contains_key(&call) => self.presses(call),
            Next::HangsUp(call, reason) if self.line.remove(&call).is_some() => {
                self.tell(DeskEvent::Phone(PhoneEvent::CallEnded { call, reason }));
            }
            Next::Answers(call) if self.line.contains_key(&call) => {
                self.tell(DeskEvent::Phone(PhoneEvent::Answered { call }));
                self.goes_on(call);
            }
            Next::PlayEnds(call, play) if self.line.contains_key(&call) => {
                self.tell(DeskEvent::Phone(PhoneEvent::PlayEnded { call, play }));
            }
            Next::RecordingEnds(call, recording, why) => {
                let length = Duration::from_secs(4);
                self.tell(DeskEvent::Phone(PhoneEvent::RecordingEnded { call, recording, length, why }));
            }
            Next::TextLeaves(text) => self.text_leaves(&text),
            Next::Text { from, body } => self.text(from, body),
            Next::Report(report) => self.tell(DeskEvent::TextReported(report)),
            Next::AtTheConsole => self.at_the_console(),
            Next::AtASeat => self.at_a_seat(),
            Next::Restart { outage } => self.restart(outage),
            Next::ClockJumps(span) => self.now = self.now + span,
            // Nobody is on that line any more.
            Next::Key(_) | Next::HangsUp(..) | Next::Answers(_) | Next::PlayEnds(..) => {}
        }
    }

    fn rings(&mut self, number: Option<PhoneNumber>, dialled: &str) {
        self.calls_made += 1;
        let call: CallId = self.chance.mint(self.now);
        let home = number.as_ref().and_then(|n| resident_of(n, &self.ledger));
        let known = Known { persons: home.into_iter().collect(), ..Known::default() };
        let trust = if self.once_in(15) { CallerTrust::Unverified } else { CallerTrust::Verified };
        self.line.insert(call, None);
        let dialled = dialled.to_owned();
        self.tell(DeskEvent::Phone(PhoneEvent::CallArrived { call, number, trust, dialled, known }));
        self.goes_on(call);
    }

    /// Presses a key soon, waits in silence, or hangs up.
    fn goes_on(&mut self, call: CallId) {
        let wait = self.seconds(1, 9);
        let next = match self.chance.below(12) {
            0 => Next::HangsUp(call, EndReason::HungUp),
            1 => Next::HangsUp(call, EndReason::WentDeaf),
            2 => {
                self.after(MINUTE, Next::HangsUp(call, EndReason::HungUp));
                return;
            }
            _ => Next::Key(call),
        };
        self.after(wait, next);
    }

    fn presses(&mut self, call: CallId) {
        let key = match self.chance.below(12) {
            0..5 => '1',
            5 => '2',
            6 => '3',
            7 => '#',
            _ => ['0', '4', '5', '6', '7', '8', '9', '*'][self.chance.below(8) as usize],
        };
        let digit = Digit::from_char(key).expect("it is a key");
        self.tell(DeskEvent::Phone(PhoneEvent::Digit { call, digit }));
        if self.line.contains_key(&call) {
            self.goes_on(call);
        }
    }

    fn text_leaves(&mut self, text: &OutgoingText) {
        if self.ledger.cancelled_texts.contains_key(&text.id) || text.not_after < self.now {
            return;
        }
        let state = match self.chance.below(30) {
            0 => TextState::Failed,
            1 => return,
            2..10 => TextState::Delivered,
            _ => TextState::Sent,
        };
        let report = TextReport { id: text.id, state, at: self.now, segments: 1, reason: None };
        if self.once_in(10) {
            let wait = self.seconds(1, 900);
            self.after(wait, Next::Report(report));
        } else {
            self.tell(DeskEvent::TextReported(report));
        }
        if state != TextState::Failed {
            self.reads(text);
        }
    }

    fn text(&mut self, from: PhoneNumber, body: String) {
        let id = self.chance.mint(self.now);
        let home = resident_of(&from, &self.ledger);
        let known = Known { persons: home.into_iter().collect(), ..Known::default() };
        let text = InboundText { id, from, to: "106912349".into(), body, received_at: self.now };
        self.tell(DeskEvent::TextArrived { text, known });
    }

    /// The server stops and starts: every call is gone, the rows are all that is left.
    fn restart(&mut self, outage: Duration) {
        self.restarts += 1;
        self.now = self.now + outage;
        let dead = std::mem::take(&mut self.line);
        self.queue.retain(|_, next| match next {
            Next::Key(call)
            | Next::HangsUp(call, _)
            | Next::Answers(call)
            | Next::PlayEnds(call, _)
            | Next::RecordingEnds(call, ..) => !dead.contains_key(call),
            Next::Rings { .. }
            | Next::TextLeaves(_)
            | Next::Text { .. }
            | Next::Report(_)
            | Next::AtTheConsole
            | Next::AtASeat
            | Next::Restart { .. }
            | Next::ClockJumps(_) => true,
        });
        let seed = u64::from(self.chance.below(u32::MAX));
        let living = self.ledger.living(self.now);
        let (desk, step) =
            Desk::restore(self.rules.clone(), Chance::from_number(seed), living.clone(), &[], self.now);
        if let Some(log) = &mut self.log {
            let living = Box::new(living);
            log.push(Logged::Began { seed, living, at: self.now, decided: as_text(&step) });
        }
        self.desk = desk;
        self.follow(step);
        rules::everything_has_a_deadline(&self.desk, &self.ledger);
        // A start right after a start finds nothing to mend.
        let seed = u64::from(self.chance.below(u32::MAX));
        let (_, again) = Desk::restore(
            self.rules.clone(),
            Chance::from_number(seed),
            self.ledger.living(self.now),
            &[],
            self.now,
        );
        let mended: Vec<_> = again.writes.iter().filter(|w| !matches!(w, Write::Event(_))).collect();
        assert!(mended.is_empty(), "a second start mends what the first one wrote: {mended:#?}");
        if self.once_in(2) {
            self.tell(DeskEvent::InboundDrained);
        }
    }
}
