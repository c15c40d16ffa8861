//! A small town for scenarios: a district, a street, two committees, a few volunteers, and a clock.
//!
//! Only the desk is real: prompts last their time, texts leave after a second, what is dialled rings until answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use yingda::desk::Desk;
use yingda::desk::effect::{Clip, Effect, PhoneEffect};
use yingda::desk::event::{DeskEvent, Digit, EndReason, PhoneEvent, PlayId, RecordingEnd};
use yingda::desk::restore::OnTheLine;
use yingda::desk::rules::Rules;
use yingda::desk::write::{Step, Write};
use yingda::domain::area::{AdminArea, AreaCode};
use yingda::domain::calendar::Calendar;
use yingda::domain::call::CallerTrust;
use yingda::domain::category::{Catalogue, CategoryCode};
use yingda::domain::ids::{CallId, Chance, JurisdictionId, PersonId, RecordingId, StationId, VolunteerId};
use yingda::domain::language::Language;
use yingda::domain::message::{InboundText, OutgoingText, TextReport, TextState};
use yingda::domain::person::{Gender, Known, KnownPerson, PhoneConfidence};
use yingda::domain::phone_number::{NumberingPlan, PhoneNumber};
use yingda::domain::policy::{Policy, UNHURRIED_TEXT};
use yingda::domain::settings::SettingsKind;
use yingda::domain::station::{Front, Station};
use yingda::domain::ticket::Ticket;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::Tier;
use yingda::domain::volunteer::{DutyState, Lifecycle, Volunteer, VolunteerKind, WeekHours};
use yingda::ivr::menu::Menu;
use yingda::ivr::places::Places;
use yingda::service::rules;
use yingda::text::templates::Templates;

use super::bridges;
use crate::simulation::ledger::Ledger;

pub const DISTRICT: &str = "370203";
pub const STREET: &str = "370203031";
pub const COMMITTEE: &str = "370203031001";
pub const NEXT_COMMITTEE: &str = "370203031002";

/// Wednesday, a working day.
const DAY: &str = "2026-05-06";

/// Something that will happen by itself.
#[derive(Debug, Clone, PartialEq)]
enum Pending {
    PlayEnds { call: CallId, play: PlayId },
    TextLeaves(OutgoingText),
    RecordingEnds { call: CallId, recording: RecordingId, why: RecordingEnd },
}

pub struct Town {
    pub desk: Desk,
    rules: Rules,
    pub now: Timestamp,
    pub(super) chance: Chance,
    pending: Vec<(Timestamp, Pending)>,
    /// Calls by the names scenarios give them.
    pub(super) names: BTreeMap<String, CallId>,
    /// Outgoing calls that ring: what was dialled.
    pub ringing: BTreeMap<CallId, String>,
    recording: BTreeMap<CallId, RecordingId>,
    /// Every row by kind and id, as a store would hold it.
    pub ledger: Ledger,
    pub tickets: BTreeMap<String, Ticket>,
    pub rows: Vec<Write>,
    /// What the world heard and read, a line each.
    pub heard: String,
}

pub fn area(code: &str) -> AreaCode {
    AreaCode::parse(code).unwrap()
}

pub fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, &NumberingPlan::default()).unwrap()
}

pub fn moment(time: &str) -> Timestamp {
    let civil: jiff::civil::DateTime = format!("{DAY}T{time}").parse().unwrap();
    let zoned = civil.in_tz("Asia/Shanghai").unwrap();
    Timestamp::from_millis(zoned.timestamp().as_millisecond())
}

pub fn rules() -> Rules {
    let library = rules::library(None).unwrap();
    let catalogue = Catalogue::parse(rules::built_in(SettingsKind::Catalogue)).unwrap();
    let menu = Menu::parse("ivr.toml", rules::built_in(SettingsKind::Ivr), &catalogue, &library);
    let menu = menu.unwrap_or_else(|errors| panic!("{errors:#?}"));
    let areas: Vec<AdminArea> = [
        (DISTRICT, "市北区", vec![]),
        (STREET, "四方街道", vec![]),
        (COMMITTEE, "商城路社区", vec![NEXT_COMMITTEE]),
        (NEXT_COMMITTEE, "商丘路社区", vec![COMMITTEE]),
    ]
    .into_iter()
    .map(|(code, name, near)| AdminArea {
        code: area(code),
        name: name.to_owned(),
        point: None,
        adjacent: near.into_iter().map(area).collect(),
    })
    .collect();
    let places = Places::new(areas.iter().map(|area| area.code.clone()), &library);
    Rules {
        jurisdiction: JurisdictionId("shibei".into()),
        // Waves of half an hour: time enough to tell what happens in between.
        policy: Policy::laid_over(&[UNHURRIED_TEXT]).unwrap(),
        calendar: Calendar::default(),
        numbering: NumberingPlan::default(),
        areas: areas.into_iter().map(|area| (area.code.clone(), area)).collect(),
        templates: Templates::default(),
        menu: Arc::new(menu.with_places(places)),
        library: Arc::new(library),
        texts: true,
        roads: None,
        catalogue,
    }
}

pub fn station(id: i64, tier: Tier, code: &str, parent: Option<i64>) -> Station {
    Station {
        id: StationId(id),
        jurisdiction: JurisdictionId("shibei".into()),
        tier,
        parent: parent.map(StationId),
        area: area(code),
        name: format!("站{id}"),
        help_number: if id == 1 { "12349".to_owned() } else { format!("8372{id:04}") },
        ticket_code: u16::try_from(id).unwrap(),
        front: Front::Menu,
        hours: Default::default(),
        ring: vec![],
        notice_phone: Some(number(&format!("1390000{id:04}"))),
        duty: if id == 1 { vec!["sip:duty1@127.0.0.1".into(), "sip:duty2@127.0.0.1".into()] } else { vec![] },
        peers: vec![],
        point: None,
        staffed: true,
    }
}

/// A volunteer who does everything, always, and lives in the first committee.
pub fn volunteer(badge: i64, phone: &str) -> Volunteer {
    let catalogue = Catalogue::parse(rules::built_in(SettingsKind::Catalogue)).unwrap();
    Volunteer {
        id: VolunteerId(badge),
        person: PersonId(badge),
        jurisdiction: JurisdictionId("shibei".into()),
        kind: VolunteerKind::Retired,
        lifecycle: Lifecycle::Active,
        phone: number(phone),
        home_station: StationId(3),
        area: area(COMMITTEE),
        point: None,
        skills: catalogue.categories.keys().cloned().collect(),
        languages: [Language::Zh].into(),
        gender: Gender::Female,
        birth_year: 1960,
        credentials: vec![],
        available: WeekHours::ALWAYS,
        duty: DutyState::On,
        opted_out: false,
        night_consent: true,
        rating: None,
        last_assigned_at: None,
        resting_until: None,
        answers: vec![],
        version: 1,
    }
}

/// Somebody with a home in the first committee.
pub fn resident(id: i64, phone: &str) -> (PhoneNumber, KnownPerson) {
    let person = KnownPerson {
        person: PersonId(id),
        name: format!("居民{id}"),
        confidence: PhoneConfidence::Exact,
        jurisdiction: JurisdictionId("shibei".into()),
        language: Language::Zh,
        area: Some(area(COMMITTEE)),
        address: Some(format!("商城路{id}号1单元101")),
        point: None,
        birth_year: Some(1940),
        born: None,
        gender_wish: None,
        wishes_differ: false,
        flags: vec![],
        first_visit: false,
        blocked: vec![],
        acquainted: vec![],
    };
    (number(phone), person)
}

impl Town {
    /// Three stations, five volunteers, one registered home; nine in the morning.
    pub fn new() -> Self {
        Self::with(rules(), (1..=5).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect())
    }

    pub fn with(rules: Rules, volunteers: Vec<Volunteer>) -> Self {
        let stations = vec![
            station(1, Tier::District, DISTRICT, None),
            station(2, Tier::Street, STREET, Some(1)),
            station(3, Tier::Committee, COMMITTEE, Some(2)),
        ];
        let volunteers = volunteers.into_iter().map(|volunteer| (volunteer.id, volunteer)).collect();
        let ledger = Ledger { stations, volunteers, ..Ledger::default() };
        let now = moment("09:00:00");
        let (mut desk, _) =
            Desk::restore(rules.clone(), Chance::from_number(1), ledger.living(now), &[], now);
        desk.texts_are_in();
        let mut town = Self {
            desk,
            rules,
            now,
            chance: Chance::from_number(2),
            pending: vec![],
            names: BTreeMap::new(),
            ringing: BTreeMap::new(),
            recording: BTreeMap::new(),
            ledger,
            tickets: BTreeMap::new(),
            rows: vec![],
            heard: String::new(),
        };
        town.registers("13900000001", "王奶奶", "商城路1号2单元301");
        town
    }

    /// A resident with a home in the first committee.
    pub fn registers(&mut self, phone: &str, name: &str, address: &str) {
        let id = i64::try_from(self.ledger.people.len()).unwrap() + 1;
        let (number, person) = resident(id, phone);
        let person = KnownPerson { name: name.to_owned(), address: Some(address.to_owned()), ..person };
        self.ledger.people.insert(person.person, person.clone());
        let home = Known { persons: vec![person], ..Known::default() };
        self.ledger.homes.insert(number, home);
    }

    /// Goes on to a time of the day; everything that falls due on the way happens.
    pub fn at(&mut self, time: &str) -> &mut Self {
        self.until(moment(time))
    }

    pub fn later(&mut self, span: Duration) -> &mut Self {
        self.until(self.now + span)
    }

    pub fn until(&mut self, end: Timestamp) -> &mut Self {
        assert!(end >= self.now, "a scenario goes forward");
        let mut ticks_here = 0;
        loop {
            let pending = self.pending.iter().map(|(at, _)| *at).min();
            let due = self.desk.next_deadline().map(|(at, _)| at.max(self.now));
            let Some(next) = pending.into_iter().chain(due).min().filter(|at| *at <= end) else { break };
            ticks_here = if next > self.now { 0 } else { ticks_here + 1 };
            assert!(ticks_here < 1_000, "{:?} does not move: {}", self.desk.next_deadline(), self.heard);
            self.now = self.now.max(next);
            if let Some(at) = self.pending.iter().position(|(at, _)| *at <= self.now) {
                let (_, pending) = self.pending.remove(at);
                self.happens(pending);
            } else {
                self.tell(DeskEvent::Tick);
            }
        }
        self.now = end;
        self
    }

    fn happens(&mut self, pending: Pending) {
        match pending {
            Pending::PlayEnds { call, play } => {
                self.tell(DeskEvent::Phone(PhoneEvent::PlayEnded { call, play }))
            }
            Pending::TextLeaves(text) => {
                let cancelled = |write: &Write| matches!(write, Write::CancelText(id) if *id == text.id);
                if self.rows.iter().any(cancelled) {
                    return;
                }
                self.hear(format!("{} text to {}: {}", self.clock(), short(&text.to), text.body));
                let report = TextReport {
                    id: text.id,
                    state: TextState::Sent,
                    at: self.now,
                    segments: 1,
                    reason: None,
                };
                self.tell(DeskEvent::TextReported(report));
            }
            Pending::RecordingEnds { call, recording, why } => {
                if self.recording.remove(&call).is_some() {
                    let length = Duration::from_secs(5);
                    self.tell(DeskEvent::Phone(PhoneEvent::RecordingEnded { call, recording, length, why }));
                }
            }
        }
    }

    fn hear(&mut self, line: String) {
        self.heard.push_str(&line);
        self.heard.push('\n');
    }

    fn clock(&self) -> String {
        let zoned = jiff::Timestamp::from(self.now).in_tz("Asia/Shanghai").unwrap();
        zoned.strftime("%H:%M:%S").to_string()
    }

    /// Hands an event to the desk and lets the world hear what follows.
    pub fn tell(&mut self, event: DeskEvent) {
        let step = self.desk.handle(&event, self.now);
        self.carry_out(step);
    }

    fn carry_out(&mut self, step: Step) {
        for write in &step.writes {
            match write {
                Write::Text(text) => {
                    let leaves = text.not_before.max(self.now) + Duration::from_secs(1);
                    self.pending.push((leaves, Pending::TextLeaves(text.clone())));
                }
                Write::Ticket(ticket) => {
                    let before = self.tickets.insert(ticket.number.to_string(), ticket.as_ref().clone());
                    if before.as_ref().map(|t| t.state) != Some(ticket.state) {
                        self.hear(format!("{} ticket {} {}", self.clock(), ticket.number, ticket.state));
                    }
                }
                Write::Call(_)
                | Write::Attempt(_)
                | Write::WorkItem(_)
                | Write::Offer(_)
                | Write::Assignment(_)
                | Write::TaskNotice(_)
                | Write::Survey(_)
                | Write::Recording(_)
                | Write::RecordingCut(_)
                | Write::CancelText(_)
                | Write::TextReported(_)
                | Write::TextHandled(_)
                | Write::Inbox(_)
                | Write::Excluded { .. }
                | Write::Mark(_)
                | Write::Queue(_)
                | Write::Care(_)
                | Write::Operator(_)
                | Write::CallDisposed { .. }
                | Write::DeviceTested { .. }
                | Write::Duty(_)
                | Write::Sequence { .. }
                | Write::Event(_) => {}
                Write::Callback(request) => {
                    let (to, state, calls) = (short(&request.number), request.state, request.calls);
                    self.hear(format!(
                        "{} call back {to}: {state}, {} ({calls})",
                        self.clock(),
                        request.reason
                    ));
                }
            }
        }
        for write in &step.writes {
            self.ledger.put(write);
        }
        self.rows.extend(step.writes);
        for effect in step.effects {
            match effect {
                Effect::Phone(effect) => self.phone(effect),
                Effect::FollowClock => {
                    self.hear(format!("{} the line's time follows the clock", self.clock()))
                }
                Effect::Reply { outcome, .. } => {
                    self.hear(format!("{} reply {outcome:?}", self.clock()));
                }
            }
        }
    }

    fn phone(&mut self, effect: PhoneEffect) {
        let name = self.name_of(effect.call());
        let line = match effect {
            PhoneEffect::Ring { .. } | PhoneEffect::StopPlay { .. } => return,
            PhoneEffect::Answer { .. } => format!("answer {name}"),
            PhoneEffect::Reject { reason, .. } => format!("reject {name} {reason}"),
            PhoneEffect::Play { call, play, clips, repeat } => {
                self.pending.retain(|(_, p)| !matches!(p, Pending::PlayEnds { call: c, .. } if *c == call));
                if !repeat {
                    let ends = self.now + Duration::from_secs(3);
                    self.pending.push((ends, Pending::PlayEnds { call, play }));
                }
                format!("{name} hears {}", spoken(&clips))
            }
            PhoneEffect::Record { call, recording, limit, .. } => {
                self.recording.insert(call, recording);
                let ends = Pending::RecordingEnds { call, recording, why: RecordingEnd::Limit };
                self.pending.push((self.now + limit, ends));
                format!("record {name}")
            }
            PhoneEffect::StopRecording { call } => {
                if let Some(recording) = self.recording.get(&call).copied() {
                    let ends = Pending::RecordingEnds { call, recording, why: RecordingEnd::Stopped };
                    self.pending.push((self.now, ends));
                }
                return;
            }
            PhoneEffect::Hangup { call } => {
                self.pending.push((self.now, Pending::PlayEnds { call, play: PlayId(u32::MAX) }));
                self.hear(format!("{} hang up {name}", self.clock()));
                self.ends(call, EndReason::Released);
                return;
            }
            PhoneEffect::Dial { call, target, .. } => {
                self.ringing.insert(call, target.clone());
                format!("dial {}", target_words(&target))
            }
            PhoneEffect::Bridge { .. }
            | PhoneEffect::Join { .. }
            | PhoneEffect::Hold { .. }
            | PhoneEffect::Mute { .. }
            | PhoneEffect::TransferOutcome { .. }
            | PhoneEffect::Unbridge { .. } => bridges::told(&effect, |call| self.name_of(call)),
        };
        self.hear(format!("{} {line}", self.clock()));
    }

    fn name_of(&self, call: CallId) -> String {
        let named = self.names.iter().find(|(_, id)| **id == call).map(|(name, _)| name.clone());
        named
            .or_else(|| self.ringing.get(&call).map(|t| target_words(t)))
            .unwrap_or_else(|| "somebody".into())
    }

    fn ends(&mut self, call: CallId, reason: EndReason) {
        self.pending.retain(|(_, p)| !matches!(p, Pending::PlayEnds { call: c, .. } if *c == call));
        self.recording.remove(&call);
        self.ringing.remove(&call);
        self.tell(DeskEvent::Phone(PhoneEvent::CallEnded { call, reason }));
    }

    /// Somebody rings a number.
    pub fn rings(&mut self, name: &str, from: &str, dialled: &str) -> &mut Self {
        self.rings_by(CallerTrust::Verified, name, from, dialled)
    }

    /// Somebody rings with a number that no trunk vouches for.
    pub fn rings_unverified(&mut self, name: &str, from: &str, dialled: &str) -> &mut Self {
        self.rings_by(CallerTrust::Unverified, name, from, dialled)
    }

    fn rings_by(&mut self, trust: CallerTrust, name: &str, from: &str, dialled: &str) -> &mut Self {
        let call: CallId = self.chance.mint(self.now);
        self.names.insert(name.to_owned(), call);
        let from = number(from);
        let known = self.ledger.homes.get(&from).cloned().unwrap_or_default();
        let arrived =
            PhoneEvent::CallArrived { call, number: Some(from), trust, dialled: dialled.to_owned(), known };
        self.tell(DeskEvent::Phone(arrived));
        self
    }

    /// The server stops and starts after an outage: every call is gone, the rows are left.
    pub fn restarts(&mut self, outage: Duration) -> &mut Self {
        self.ledger.last_seen = Some(self.now);
        self.now = self.now + outage;
        self.pending.retain(|(_, pending)| matches!(pending, Pending::TextLeaves(_)));
        self.ringing.clear();
        self.recording.clear();
        self.is_built_anew(&[])
    }

    /// The desk is built anew from the rows while the telephones hold these calls.
    pub(super) fn is_built_anew(&mut self, held: &[OnTheLine]) -> &mut Self {
        let seed = Chance::from_number(self.rows.len() as u64);
        let (desk, step) =
            Desk::restore(self.rules.clone(), seed, self.ledger.living(self.now), held, self.now);
        self.desk = desk;
        self.carry_out(step);
        self
    }

    /// The latest ticket as it stands.
    pub fn ticket(&self) -> &Ticket {
        self.tickets.values().max_by_key(|ticket| ticket.opened_at).expect("a ticket was opened")
    }

    /// How the call of this name ended.
    pub fn result_of(&self, name: &str) -> Option<yingda::domain::call::CallResult> {
        self.ledger.calls[&self.names[name]].result
    }

    /// Presses keys, one second apart.
    pub fn presses(&mut self, name: &str, keys: &str) -> &mut Self {
        for key in keys.chars() {
            self.later(Duration::from_secs(1));
            let digit = Digit::from_char(key).unwrap();
            let call = self.names[name];
            self.tell(DeskEvent::Phone(PhoneEvent::Digit { call, digit }));
        }
        self
    }

    /// A second later everybody named presses the key, all in the same millisecond.
    pub fn press_together(&mut self, names: &[&str], key: char) -> &mut Self {
        self.later(Duration::from_secs(1));
        let digit = Digit::from_char(key).unwrap();
        for name in names {
            let call = self.names[*name];
            self.tell(DeskEvent::Phone(PhoneEvent::Digit { call, digit }));
        }
        self
    }

    pub fn hangs_up(&mut self, name: &str) -> &mut Self {
        let call = self.names[name];
        self.ends(call, EndReason::HungUp);
        self
    }

    /// Whoever is rung at `target` answers, and is called `name` from now on.
    pub fn answers(&mut self, target: &str, name: &str) -> &mut Self {
        let call = *self
            .ringing
            .iter()
            .find(|(_, t)| t.contains(target))
            .map(|(call, _)| call)
            .unwrap_or_else(|| panic!("nobody rings {target}; heard so far:\n{}", self.heard));
        self.names.insert(name.to_owned(), call);
        self.tell(DeskEvent::Phone(PhoneEvent::Answered { call }));
        self
    }

    /// Whoever is rung at `target` does not answer.
    pub fn ignores(&mut self, target: &str) -> &mut Self {
        let call = *self.ringing.iter().find(|(_, t)| t.contains(target)).expect("somebody rings").0;
        self.ends(call, EndReason::NoAnswer);
        self
    }

    /// A text comes in.
    pub fn texts(&mut self, from: &str, body: &str) -> &mut Self {
        let text = InboundText {
            id: self.chance.mint(self.now),
            from: number(from),
            to: "106912349".into(),
            body: body.to_owned(),
            received_at: self.now,
        };
        let known = self.known(&text.from);
        self.tell(DeskEvent::TextArrived { text, known });
        self
    }

    /// What was heard and read since the last time.
    pub fn heard(&mut self) -> String {
        std::mem::take(&mut self.heard)
    }

    /// The reply code in the last offer texted to a number.
    pub fn code_of(&self, phone: &str) -> String {
        let to = number(phone);
        let last = self.rows.iter().rev().find_map(|write| {
            let Write::Offer(offer) = write else { return None };
            (offer.phone == to).then(|| offer.code.to_string())
        });
        last.expect("an offer went to this number")
    }

    pub fn category(code: &str) -> CategoryCode {
        CategoryCode::parse(code).unwrap()
    }
}

fn short(number: &PhoneNumber) -> String {
    let digits = number.as_str();
    format!("…{}", &digits[digits.len() - 4..])
}

fn target_words(target: &str) -> String {
    let name = target.strip_prefix("ext:").or_else(|| target.strip_prefix("sip:")?.split('@').next());
    name.map_or_else(|| format!("…{}", &target[target.len().saturating_sub(4)..]), str::to_owned)
}

/// The clips by name; digits run together.
fn spoken(clips: &[Clip]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut digits = false;
    for clip in clips {
        let Clip::Sound { id, .. } = clip else { continue };
        match id.strip_prefix("digits/") {
            Some(digit) if digits => words.last_mut().expect("a digit came before").push_str(digit),
            Some(digit) => words.push(digit.to_owned()),
            None => words.push(id.clone()),
        }
        digits = id.starts_with("digits/");
    }
    words.join(" ")
}
