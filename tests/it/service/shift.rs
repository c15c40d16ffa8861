//! A desk's loop at work on a real store, with telephones of which only the orders are looked at.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use yingda::clock::{self, Clock};
use yingda::desk::effect::{Clip, PhoneEffect};
use yingda::desk::event::{DeskEvent, Digit, EndReason, PhoneEvent};
use yingda::domain::call::CallerTrust;
use yingda::domain::callback::CallbackRequest;
use yingda::domain::ids::{CallId, Chance};
use yingda::domain::person::Known;
use yingda::domain::station::Station;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::Tier;
use yingda::keys::InstallationKeys;
use yingda::phone::Full;
use yingda::service::desk_loop::{BeforeEach, DeskLoop, Parts};
use yingda::service::front_desk::{self, FrontDesk};
use yingda::service::inbox::{Inbox, Post, inbox};
use yingda::service::vitals::Vitals;
use yingda::store::error::StoreError;
use yingda::store::{Settings, Store};

use super::house::{PATIENCE, by, settle};
use crate::scenarios::town::{self, number, rules, station};

/// What a shift needs of the world.
pub struct Set {
    pub directory: tempfile::TempDir,
    pub store: Store,
    pub clock: Clock,
    /// Orders the telephones have room for.
    pub room: usize,
    pub before_each: Option<BeforeEach>,
}

/// A front desk that nobody has set to work.
pub struct Front {
    pub desk: FrontDesk,
    pub orders: Receiver<PhoneEffect>,
    pub phone: Sender<PhoneEvent>,
    pub inbox: Inbox,
    pub vitals: Arc<Vitals>,
}

/// A running loop.
pub struct Shift {
    pub orders: Receiver<PhoneEffect>,
    pub phone: Sender<PhoneEvent>,
    pub inbox: Inbox,
    pub vitals: Arc<Vitals>,
    thread: JoinHandle<anyhow::Result<()>>,
}

/// The town's three stations; at the district somebody answers the telephone.
pub fn stations() -> Vec<Station> {
    let mut district = station(1, Tier::District, town::DISTRICT, None);
    district.ring = vec!["sip:ana@127.0.0.1".into()];
    vec![
        district,
        station(2, Tier::Street, town::STREET, Some(1)),
        station(3, Tier::Committee, town::COMMITTEE, Some(2)),
    ]
}

impl Set {
    pub fn new() -> Self {
        Self::with(Clock::start(), None)
    }

    pub fn with(clock: Clock, largest_bytes: Option<u64>) -> Self {
        let set = Self::unsettled(clock, largest_bytes);
        settle(&set.store, set.clock.now());
        set.store.import_stations(stations(), by(set.clock.now())).unwrap();
        set
    }

    /// With registers in which nobody is yet, no station either.
    pub fn unsettled(clock: Clock, largest_bytes: Option<u64>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let keys = InstallationKeys::open(&directory.path().join("keys")).unwrap();
        let settings = Settings { largest_bytes, ..Settings::in_directory(directory.path()) };
        let store = Store::open(&settings, &keys, clock.now()).unwrap();
        Self { directory, store, clock, room: 10_000, before_each: None }
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Starts a shift to which all of `said` has been said before it looks.
    pub fn shift(&mut self, said: &[PhoneEvent]) -> Shift {
        // What is said before the shift looks is all said at one moment.
        let mut rules = rules();
        Arc::make_mut(&mut rules.menu).timing.key_again = std::time::Duration::ZERO;
        let Front { desk: front, orders, phone, inbox, vitals } = self.front();
        for event in said {
            phone.send(event.clone()).unwrap();
        }
        let parts = Parts {
            rules,
            roads: crossbeam_channel::never(),
            store: self.store.clone(),
            front,
            committed: Box::new(|_, _| {}),
            journal: true,
            before_each: self.before_each.take(),
        };
        let thread = std::thread::spawn(move || DeskLoop::start(parts).and_then(DeskLoop::run));
        Shift { orders, phone, inbox, vitals, thread }
    }

    /// A front desk in the same directory, and what is around it.
    pub fn front(&self) -> Front {
        let (order, orders) = bounded(self.room);
        let (phone, inbox, arrivals) = inbox();
        let vitals = Arc::<Vitals>::default();
        let rules = rules();
        let desk = FrontDesk::new(front_desk::Parts {
            phone: Box::new(move |effect| order.try_send(effect).map_err(|_| Full)),
            arrivals,
            clock: self.clock.clone(),
            chance: clock::os_chance(),
            vitals: vitals.clone(),
            numbering: rules.numbering.clone(),
            library: rules.library.clone(),
            directory: self.directory().to_owned(),
        });
        Front { desk, orders, phone, inbox, vitals }
    }

    /// Everybody who is owed a call.
    pub fn owed(&self) -> Vec<CallbackRequest> {
        self.store.living(self.clock.now()).unwrap().callbacks
    }

    pub fn owed_to(&self, caller: &str) -> usize {
        self.owed().iter().filter(|request| request.number == number(caller)).count()
    }

    pub fn quarantined(&self) -> u32 {
        self.store.health().unwrap().quarantined
    }

    /// What the desk was given and what was committed for it, in order.
    pub fn journal(&self) -> Vec<DeskEvent> {
        let all = self.store.journal(Timestamp::from_millis(0), 10_000).unwrap();
        all.iter().filter_map(|input| serde_json::from_slice(input.body.as_deref()?).ok()).collect()
    }

    /// Kinds of the lines of history, in order.
    pub fn history(&self) -> Vec<String> {
        let kinds = |connection: &rusqlite::Connection| {
            let mut statement = connection.prepare("SELECT kind FROM event ORDER BY seq")?;
            let kinds = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>();
            Ok::<_, StoreError>(kinds?)
        };
        self.store.read(kinds).unwrap()
    }
}

impl Shift {
    /// The next order that is wanted; what comes before it is passed over.
    pub fn order(&self, what: &str, wanted: impl Fn(&PhoneEffect) -> bool) -> PhoneEffect {
        let deadline = clock::monotonic() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(clock::monotonic());
            let order = self.orders.recv_timeout(left).unwrap_or_else(|_| panic!("no order: {what}"));
            if wanted(&order) {
                return order;
            }
        }
    }

    /// Waits until a caller begins to hear a clip; answers the whole order.
    pub fn hears(&self, call: CallId, clip: &str) -> PhoneEffect {
        self.order(clip, |order| order.call() == call && said(order).iter().any(|id| id == clip))
    }

    pub fn say(&self, event: PhoneEvent) {
        self.phone.send(event).unwrap();
    }

    /// Tells the loop to stop when it has dealt with everything, and waits for it; answers the orders left.
    pub fn end(self) -> (anyhow::Result<()>, Vec<PhoneEffect>) {
        // A loop that has ended by itself takes no more.
        self.inbox.put(Post::Stop).ok();
        drop(self.phone);
        let ended = self.thread.join().unwrap();
        (ended, self.orders.try_iter().collect())
    }
}

/// The clips of a play.
pub fn said(order: &PhoneEffect) -> Vec<String> {
    let PhoneEffect::Play { clips, .. } = order else { return vec![] };
    let id = |clip: &Clip| match clip {
        Clip::Sound { id, .. } => Some(id.clone()),
        Clip::Pause(_) => None,
    };
    clips.iter().filter_map(id).collect()
}

pub fn call(n: u64) -> CallId {
    Chance::from_number(1_000 + n).mint(Timestamp::from_millis(0))
}

pub fn arrives(n: u64, from: &str) -> PhoneEvent {
    PhoneEvent::CallArrived {
        call: call(n),
        number: Some(number(from)),
        trust: CallerTrust::Verified,
        dialled: "12349".into(),
        known: Known::default(),
    }
}

pub fn presses(n: u64, key: u8) -> PhoneEvent {
    PhoneEvent::Digit { call: call(n), digit: Digit::Number(key) }
}

pub fn hangs_up(n: u64) -> PhoneEvent {
    PhoneEvent::CallEnded { call: call(n), reason: EndReason::HungUp }
}
