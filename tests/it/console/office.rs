//! A small office to look at: a district centre, two streets, three committees, their people, a morning's work.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc};
use yingda::clock::{Clock, os_chance};
use yingda::console::hub::Change;
use yingda::console::settings::Settings;
use yingda::console::{self, CommandRequest, Parts};
use yingda::desk::write::{EventDraft, Write};
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::area::{AdminArea, AreaCode};
use yingda::domain::category::{Catalogue, CategoryCode, DEFAULT_TEXT};
use yingda::domain::clocks::{Clock as TicketClock, ClockCalendar, ClockKind};
use yingda::domain::ids::{Chance, FacilityId, JurisdictionId, PersonId, StationId, UserId, VolunteerId};
use yingda::domain::language::Language;
use yingda::domain::phone_number::{NumberingPlan, PhoneNumber};
use yingda::domain::register::{Facility, FacilityKind};
use yingda::domain::station::{Front, Station};
use yingda::domain::ticket::{Channel, Confidentiality, PlaceBasis, Progress, Ticket, TicketState};
use yingda::domain::ticket_number::TicketNumber;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::{Tier, Urgency};
use yingda::keys::InstallationKeys;
use yingda::recordings::Recordings;
use yingda::store::commit::{Batch, BatchStep, StepOutcome};
use yingda::store::error::{RowError, StoreError};
use yingda::store::records::By;
use yingda::store::users::NewUser;
use yingda::store::{self, Store};

pub const DISTRICT: StationId = StationId(1);
pub const SIFANG: StationId = StationId(2);
pub const FUXIN: StationId = StationId(3);
/// A committee of the street of Sifang.
pub const HARBOUR: StationId = StationId(4);
/// Another one there.
pub const HILL: StationId = StationId(5);
/// A committee of the street of Fuxin.
pub const BRIDGE: StationId = StationId(6);

pub const PASSWORD: &str = "海堤与潮声 42";

/// Every login of the office: name, roles, where. The person's id is the position counted from 101.
pub const LOGINS: &[(&str, &str, &[Role], StationId)] = &[
    ("operator", "陈晓云", &[Role::Operator], DISTRICT),
    ("dispatcher", "刘志强", &[Role::Dispatcher], DISTRICT),
    ("handler", "孙丽", &[Role::Handler], HARBOUR),
    ("officer", "周敏", &[Role::CallbackOfficer], DISTRICT),
    ("supervisor", "吴国栋", &[Role::Supervisor, Role::Operator, Role::Dispatcher], DISTRICT),
    ("duty", "郑海", &[Role::DutyOfficer], DISTRICT),
    ("manager", "马静", &[Role::Manager], DISTRICT),
    ("administrator", "高翔", &[Role::Administrator], DISTRICT),
    ("street", "林涛", &[Role::Dispatcher, Role::Handler], SIFANG),
    ("bridge", "何春燕", &[Role::Handler], BRIDGE),
];

pub struct Office {
    pub directory: PathBuf,
    pub store: Store,
    pub clock: Clock,
    pub chance: Chance,
    pub recordings: Recordings,
    pub changes: broadcast::Sender<Change>,
    pub seq: i64,
    /// How often the telephones were told that accounts changed.
    pub phones_told: Arc<AtomicUsize>,
}

pub fn jurisdiction() -> JurisdictionId {
    JurisdictionId("shibei".into())
}

pub fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, &NumberingPlan::default()).unwrap()
}

pub fn category(code: &str) -> CategoryCode {
    CategoryCode::parse(code).unwrap()
}

pub fn area(code: &str) -> AreaCode {
    AreaCode::parse(code).unwrap()
}

fn station(id: StationId, tier: Tier, parent: Option<StationId>, code: &str, name: &str) -> Station {
    Station {
        id,
        jurisdiction: jurisdiction(),
        tier,
        parent,
        area: area(code),
        name: name.into(),
        help_number: format!("12349{:03}", id.0),
        ticket_code: u16::try_from(id.0).unwrap(),
        front: if tier == Tier::District { Front::Person } else { Front::Menu },
        hours: Default::default(),
        ring: vec!["sip:1001@127.0.0.1".into()],
        notice_phone: None,
        duty: vec![],
        peers: vec![],
        point: None,
        staffed: tier != Tier::Committee || id != HILL,
    }
}

/// An institution that clears drains.
pub fn facility(id: i64, name: &str, at: &str) -> Facility {
    Facility {
        id: FacilityId(id),
        jurisdiction: jurisdiction(),
        kind: FacilityKind::Convenience,
        name: name.into(),
        tier: Tier::Committee,
        area: area(at),
        address: "海岸路 9 号".into(),
        point: None,
        phone: None,
        categories: [category("CON-02")].into(),
        notice_phone: Some(number(&format!("137000000{id}"))),
        open: true,
        opened_on: jiff::civil::date(2020, 5, 1),
        units: vec![],
    }
}

/// The clock that runs, and the acceptance before it.
fn clocks(wish: &Wish<'_>, opened: Timestamp, now: Timestamp) -> Vec<TicketClock> {
    let away = Duration::from_secs(wish.due_in_minutes.unsigned_abs() * 60);
    let due = if wish.due_in_minutes >= 0 { now + away } else { now - away };
    let clock = |kind, due, stopped| TicketClock {
        kind,
        calendar: ClockCalendar::Always,
        started: opened,
        pauses: vec![],
        stopped,
        due,
        breached_at: (due < now && stopped.is_none()).then_some(due),
    };
    let accepted = (wish.clock != ClockKind::Accept && wish.clock != ClockKind::Triage).then(|| {
        clock(ClockKind::Accept, opened + Duration::from_secs(1_200), Some(opened + Duration::from_secs(300)))
    });
    accepted.into_iter().chain([clock(wish.clock, due, None)]).collect()
}

impl Office {
    /// An office with its stations and logins, and no tickets yet.
    pub fn open(directory: &Path) -> Self {
        let clock = Clock::start();
        let keys = InstallationKeys::open(directory).unwrap();
        let store = Store::open(&store::Settings::in_directory(directory), &keys, clock.now()).unwrap();
        let (recordings, _news) = Recordings::open(&directory.join("recordings"), keys).unwrap();
        let (changes, _) = broadcast::channel(256);
        let chance = Chance::from_number(11);
        let directory = directory.to_owned();
        let office = Self {
            directory,
            store,
            clock,
            chance,
            recordings,
            changes,
            seq: 0,
            phones_told: Arc::default(),
        };
        office.furnish();
        office
    }

    pub fn by(&self) -> By {
        By { actor: Actor::SYSTEM, jurisdiction: jurisdiction(), at: self.clock.now() }
    }

    fn furnish(&self) {
        let named = |code: &str, name: &str| AdminArea {
            code: area(code),
            name: name.into(),
            point: None,
            adjacent: vec![],
        };
        let areas = vec![
            named("370203", "市北区"),
            named("370203028", "四方街道"),
            named("370203026", "阜新路街道"),
            named("370203028001", "海岸路社区"),
            named("370203028002", "嘉禾路社区"),
            named("370203026001", "平安路社区"),
        ];
        self.store.import_areas(areas, self.by()).unwrap();
        let stations = vec![
            station(DISTRICT, Tier::District, None, "370203", "市北区社会服务中心"),
            station(SIFANG, Tier::Street, Some(DISTRICT), "370203028", "四方街道服务中心"),
            station(FUXIN, Tier::Street, Some(DISTRICT), "370203026", "阜新路街道服务中心"),
            station(HARBOUR, Tier::Committee, Some(SIFANG), "370203028001", "海岸路社区服务站"),
            station(HILL, Tier::Committee, Some(SIFANG), "370203028002", "嘉禾路社区服务站"),
            station(BRIDGE, Tier::Committee, Some(FUXIN), "370203026001", "平安路社区服务站"),
        ];
        self.store.import_stations(stations, self.by()).unwrap();
        self.store.import_people(super_people(), self.by()).unwrap();
        let hash = console::password::hash(PASSWORD, [5; 16]).unwrap();
        for (at, (login, name, roles, station)) in LOGINS.iter().enumerate() {
            let user = NewUser {
                login: (*login).into(),
                name: (*name).into(),
                password_hash: hash.clone(),
                person: Some(PersonId(101 + i64::try_from(at).unwrap())),
                language: Language::Zh,
                roles: roles.iter().map(|role| (*role, *station)).collect(),
            };
            self.store.add_user(user, self.by()).unwrap();
        }
    }

    /// What a query finds now.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, RowError>) -> T {
        self.store.read(|connection| Ok::<_, StoreError>(query(connection)?)).unwrap()
    }

    pub fn user(&self, login: &str) -> UserId {
        self.login(login).id
    }

    pub fn login(&self, login: &str) -> yingda::store::users::User {
        let found = self.store.read(|connection| yingda::store::users::find_by_login(connection, login));
        found.unwrap().expect("one of LOGINS, or added since").0
    }

    /// Commits and tells the console, as the service does.
    pub fn write(&mut self, writes: Vec<Write>) {
        let now = self.clock.now();
        let told = writes.clone();
        let step = BatchStep { input: self.chance.mint(now), journal: None, writes };
        let report = self.store.commit(Batch { now, steps: vec![step] }).unwrap();
        match &report.steps[..] {
            [StepOutcome::Committed { events }] => {
                self.seq = events.last().copied().unwrap_or(self.seq);
                self.changes.send(Change::of(self.seq, &told)).ok();
            }
            other => panic!("the store refused a row of the office: {other:?}"),
        }
    }

    /// A ticket in a state, opened some minutes ago.
    pub fn ticket(&mut self, wish: &Wish<'_>) -> Ticket {
        let now = self.clock.now();
        let opened = now - Duration::from_secs(wish.minutes_ago * 60);
        let sequence = u16::try_from(self.chance.below(9_000)).unwrap() + 1;
        Ticket {
            id: self.chance.mint(opened),
            number: TicketNumber { day: 261_123, station: u16::try_from(wish.owner.0).unwrap(), sequence },
            jurisdiction: jurisdiction(),
            channel: Channel::Phone,
            call: None,
            caller: Some(number(wish.caller)),
            caller_trust: yingda::domain::call::CallerTrust::Verified,
            beneficiary: wish.beneficiary,
            language: Language::Zh,
            category: wish.category.map(category),
            urgency: wish.urgency,
            tier: wish.tier,
            owner: wish.owner,
            first_receiver: wish.owner,
            area: Some(area(wish.area)),
            address: Some(wish.address.into()),
            point: None,
            place_basis: PlaceBasis::Confirmed,
            for_other: false,
            description: wish.description.into(),
            recording: None,
            state: wish.state,
            former_state: None,
            version: 1,
            confidentiality: Confidentiality::Normal,
            window: None,
            survey_consent: true,
            two_person: wish.urgency == Urgency::P1,
            closure: None,
            referral: None,
            redo_count: 0,
            reopen_count: 0,
            return_count: 0,
            repeat_count: 0,
            merged_into: None,
            linked_to: None,
            supervision: u8::from(wish.due_in_minutes < 0),
            handlers: vec![],
            police_report: None,
            risk: None,
            guardian: None,
            gender_wish: None,
            catalogue_version: 1,
            clocks: clocks(wish, opened, now),
            progress: Progress::default(),
            opened_at: opened,
            handled_at: None,
            closed_at: None,
            why: wish.why.into(),
        }
    }

    /// One line of a ticket's history.
    pub fn line(&self, ticket: &Ticket, minutes_ago: u64, kind: &str, actor: Actor, detail: Value) -> Write {
        Write::Event(EventDraft {
            at: self.clock.now() - Duration::from_secs(minutes_ago * 60),
            jurisdiction: jurisdiction(),
            actor,
            entity: format!("ticket:{}", ticket.id),
            ticket: Some(ticket.id),
            kind: kind.into(),
            subject: ticket.beneficiary,
            detail,
        })
    }

    pub fn opened(&self, ticket: &Ticket, minutes_ago: u64) -> Vec<Write> {
        let detail = json!({
            "number": ticket.number, "category": ticket.category, "urgency": ticket.urgency, "owner": ticket.owner
        });
        vec![
            Write::Ticket(Box::new(ticket.clone())),
            self.line(ticket, minutes_ago, "ticket.opened", Actor::of(ActorKind::Ivr), detail),
        ]
    }

    /// The console over this office, and where its commands arrive.
    pub async fn console(&self, settings: Settings) -> (axum::Router, mpsc::Receiver<CommandRequest>) {
        self.console_with_room(settings, 16).await
    }

    pub async fn console_with_room(
        &self,
        settings: Settings,
        commands: usize,
    ) -> (axum::Router, mpsc::Receiver<CommandRequest>) {
        let (sender, receiver) = mpsc::channel(commands);
        let ask = Box::new(move |request| sender.try_send(request).is_ok());
        (console::app(self.parts(settings, ask)).await.unwrap(), receiver)
    }

    /// The office behind the pages of the administration: the house's own.
    pub fn errands(&self) -> console::office::Office {
        let office = yingda::service::office::Office {
            store: self.store.clone(),
            keys: self.directory.clone(),
            recordings: self.recordings.clone(),
            clock: self.clock.clone(),
            jurisdiction: jurisdiction(),
            numbering: NumberingPlan::default(),
            beside: yingda::store::backup::Beside::default(),
            tell: Box::new(|_changes| true),
            phone_server: yingda::domain::extension::PhoneServer {
                host: None,
                port: 5060,
                realm: "yingda".into(),
                tcp: true,
                tls: Some(5061),
                ws: None,
                wss: None,
            },
            tell_phones: Box::new({
                let told = self.phones_told.clone();
                move || {
                    told.fetch_add(1, Ordering::Relaxed);
                }
            }),
        };
        Arc::new(move |errand, by| yingda::service::errands::carry_out(&office, errand, by))
    }

    /// What a console over this office is made of.
    pub fn parts(&self, settings: Settings, commands: console::Commands) -> Parts {
        Parts {
            settings,
            store: self.store.clone(),
            recordings: self.recordings.clone(),
            clock: self.clock.clone(),
            chance: os_chance(),
            catalogue: tokio::sync::watch::Sender::new(Arc::new(Catalogue::parse(DEFAULT_TEXT).unwrap()))
                .subscribe(),
            jurisdiction: jurisdiction(),
            numbering: NumberingPlan::default(),
            commands,
            office: self.errands(),
            changes: self.changes.subscribe(),
            health: Box::new(|| json!({ "ok": true, "store": { "ok": true } })),
            metrics: Box::new(|| "yingda_calls_total 7\n".into()),
        }
    }
}

/// What a resident wants, for a ticket of the office.
pub struct Wish<'a> {
    pub category: Option<&'a str>,
    pub urgency: Urgency,
    pub tier: Tier,
    pub state: TicketState,
    pub owner: StationId,
    pub area: &'a str,
    pub address: &'a str,
    pub caller: &'a str,
    pub beneficiary: Option<PersonId>,
    pub description: &'a str,
    pub clock: ClockKind,
    pub minutes_ago: u64,
    pub due_in_minutes: i64,
    pub why: &'a str,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            category: Some("ELD-02"),
            urgency: Urgency::P3,
            tier: Tier::Committee,
            state: TicketState::Offering,
            owner: HARBOUR,
            area: "370203028001",
            address: "海岸路 12 号 3 单元 402",
            caller: "053283740001",
            beneficiary: None,
            description: "老人今天没人做饭，想要送一份软一点的午饭。",
            clock: ClockKind::Accept,
            minutes_ago: 20,
            due_in_minutes: 40,
            why: "volunteers_first",
        }
    }
}

fn super_people() -> Vec<yingda::domain::register::PersonRecord> {
    LOGINS
        .iter()
        .enumerate()
        .map(|(at, (_, name, ..))| person(101 + i64::try_from(at).unwrap(), name, None))
        .collect()
}

/// Somebody of the register.
pub fn person(id: i64, name: &str, phone: Option<&str>) -> yingda::domain::register::PersonRecord {
    use yingda::domain::person::{PersonPhone, PhoneConfidence};
    yingda::domain::register::PersonRecord {
        id: PersonId(id),
        jurisdiction: jurisdiction(),
        name: name.into(),
        id_number: None,
        born: None,
        gender: None,
        gender_wish: None,
        languages: vec![Language::Zh],
        area: Some(area("370203028001")),
        address: Some("海岸路 12 号 3 单元 402".into()),
        point: None,
        flags: vec![],
        phones: phone
            .map(|text| PersonPhone {
                person: PersonId(id),
                number: number(text),
                confidence: PhoneConfidence::Exact,
                shared: false,
                verified_at: None,
            })
            .into_iter()
            .collect(),
        contacts: vec![],
    }
}

/// Somebody who helps, with a badge.
pub fn volunteer(badge: i64, name: &str, phone: &str) -> yingda::domain::register::VolunteerRecord {
    use yingda::domain::person::Gender;
    use yingda::domain::volunteer::{DutyState, Lifecycle, Volunteer, VolunteerKind, WeekHours};
    let who = person(1_000 + badge, name, Some(phone));
    yingda::domain::register::VolunteerRecord {
        volunteer: Volunteer {
            id: VolunteerId(badge),
            person: who.id,
            jurisdiction: jurisdiction(),
            kind: VolunteerKind::Retired,
            lifecycle: Lifecycle::Active,
            phone: number(phone),
            home_station: HARBOUR,
            area: area("370203028001"),
            point: None,
            skills: ["ELD-01", "ELD-02", "ELD-05", "ELD-07"].into_iter().map(category).collect(),
            languages: [Language::Zh].into(),
            gender: Gender::Female,
            birth_year: 1962,
            credentials: vec![],
            available: WeekHours::ALWAYS,
            duty: DutyState::On,
            opted_out: false,
            night_consent: false,
            rating: Some(910),
            last_assigned_at: None,
            resting_until: None,
            answers: vec![],
            version: 1,
        },
        person: who,
    }
}

/// The staff member of a login, acting.
pub fn staff(office: &Office, login: &str, kind: ActorKind) -> Actor {
    let at = LOGINS.iter().position(|(name, ..)| *name == login).expect("one of LOGINS");
    Actor {
        user: Some(office.user(login)),
        person: Some(PersonId(101 + i64::try_from(at).unwrap())),
        ..Actor::of(kind)
    }
}

pub fn since(now: Timestamp, minutes: u64) -> Timestamp {
    now - Duration::from_secs(minutes * 60)
}
