//! The running house: opened in the order in which its parts need each other, closed in the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::desk_loop::{Committed, DeskLoop, Parts};
use super::front_desk::{self, FrontDesk};
use super::in_force::InForce;
use super::inbox::{Inbox, Post, inbox};
use super::last_known::LAST_KNOWN_FILE;
use super::office::RECORDINGS_FOLDER;
use super::roads;
use super::rules::{self, FirstFiles};
use super::telephones::{AccountsChanged, Telephones};
use super::upkeep::{Chores, Upkeep};
use super::vitals::Vitals;
use crate::clock::{self, Clock};
use crate::desk::rules::Rules;
use crate::domain::actor::Actor;
use crate::domain::ids::JurisdictionId;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::station::Station;
use crate::keys::InstallationKeys;
use crate::keys::KeyError;
use crate::phone::sounds::{self, Sounds};
use crate::phone::{self, Phone, Supplies};
use crate::places as maps;
use crate::recordings::Recordings;
use crate::recordings::tape::Finished;
use crate::store::error::StoreError;
use crate::store::queries::places;
use crate::store::records::By;
use crate::store::{self, DATABASE_FILE, Store};

/// Where the installation's keys lie in the data directory; no part of a backup.
pub const KEYS_FOLDER: &str = "keys";

/// How long room at a full desk is waited for: nobody else knows that a recording is cut.
/// How long whoever is told at a stop has to hear it.
const LAST_SENTENCE: Duration = Duration::from_secs(15);
const TAPE_PATIENCE: Duration = Duration::from_secs(60);

/// What a house is built from.
#[derive(Clone)]
pub struct Plan {
    pub data_dir: PathBuf,
    pub jurisdiction: JurisdictionId,
    pub name: String,
    pub numbering: NumberingPlan,
    /// Files that become version 1 of menu, catalogue and the rest; what is not named comes with the program.
    pub first: FirstFiles,
    pub phone: phone::settings::Settings,
    pub sounds: sounds::Settings,
    /// An SMS centre is set: callers are told that their number also goes by text.
    pub texts: bool,
    pub roads: maps::Settings,
    /// Keep the events with their facts, for replay.
    pub journal: bool,
}

/// The database is not where it was: it was moved away, or the disk it lies on is not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} is gone, though this line has been at work: put it back, or bring back a backup with yingda restore; \
     to begin with nothing, remove {LAST_KNOWN_FILE} beside it"
)]
pub struct StoreGone(PathBuf);

/// What the store, the keys and the clock are opened as; everything else hangs on it.
pub struct Ground {
    pub store: Store,
    pub keys: InstallationKeys,
    pub clock: Clock,
}

impl Ground {
    /// Opens the data directory: keys, lock, database.
    ///
    /// # Errors
    /// When another process holds it, or the disk fails.
    pub fn open(data_dir: &Path) -> anyhow::Result<Self> {
        Self::open_by(data_dir, Clock::start())
    }

    fn open_by(data_dir: &Path, clock: Clock) -> anyhow::Result<Self> {
        if is_there(data_dir, LAST_KNOWN_FILE) {
            // Another one in its place would answer and know nobody.
            must_be_there(data_dir)?;
        }
        std::fs::create_dir_all(data_dir).with_context(|| format!("make {}", data_dir.display()))?;
        let keys =
            InstallationKeys::open(&data_dir.join(KEYS_FOLDER)).context("open the installation keys")?;
        let store = Store::open(&store::Settings::in_directory(data_dir), &keys, clock.now())
            .with_context(|| format!("open the store in {}", data_dir.display()))?;
        Ok(Self { store, keys, clock })
    }
}

/// Where it cannot even be said whether a file is there, it is: the directory is what has gone bad.
fn is_there(data_dir: &Path, file: &str) -> bool {
    !matches!(data_dir.join(file).try_exists(), Ok(false))
}

fn must_be_there(data_dir: &Path) -> Result<(), StoreGone> {
    if is_there(data_dir, DATABASE_FILE) { Ok(()) } else { Err(StoreGone(data_dir.join(DATABASE_FILE))) }
}

/// What works without the store: the telephones, and who answers them.
pub struct Door {
    pub phone: Arc<Phone>,
    pub vitals: Arc<Vitals>,
    inbox: Inbox,
    clock: Clock,
    front: FrontDesk,
}

impl Door {
    /// Opens the telephones; what comes waits until somebody looks at it.
    ///
    /// # Errors
    /// When the sounds cannot be read or an address is taken.
    pub fn open(plan: &Plan, clock: Clock) -> anyhow::Result<Self> {
        let mut chance = clock::os_chance();
        let library = Arc::new(rules::library(plan.sounds.folder.as_deref())?);
        let sounds = Arc::new(Sounds::load(&plan.sounds).context("load the sounds")?);
        let (from_phone, inbox, arrivals) = inbox();
        let supplies = Supplies {
            settings: plan.phone.clone(),
            plan: plan.numbering.clone(),
            sounds,
            desk: from_phone,
            recordings: None,
            clock: clock.clone(),
            chance: chance.another(),
        };
        let phone = Arc::new(Phone::start(supplies).context("start the telephones")?);
        let line = phone.line();
        let vitals = Arc::<Vitals>::default();
        let front = FrontDesk::new(front_desk::Parts {
            phone: Box::new(move |effect| line.try_send(effect)),
            arrivals,
            clock: clock.clone(),
            chance: chance.another(),
            vitals: vitals.clone(),
            numbering: plan.numbering.clone(),
            library,
            directory: plan.data_dir.clone(),
        });
        Ok(Self { phone, vitals, inbox, clock, front })
    }

    /// Serves callers without the store until it can be opened; none when it was stopped before.
    ///
    /// # Errors
    /// When there is no thread to open it.
    pub fn keep_open(mut self, plan: Plan, why: &anyhow::Error) -> anyhow::Result<(Self, Option<Prepared>)> {
        let clock = self.clock.clone();
        let opened = self.front.until_open(why, move || {
            must_be_there(&plan.data_dir)?;
            Prepared::open(&plan, clock.clone())
        })?;
        Ok((self, opened))
    }

    /// Closes the telephones; nobody is on the line any more.
    pub fn shut(self) {
        stop(self.phone);
    }

    /// Ends what [`Door::keep_open`] does: nobody else comes in, and calls end.
    pub fn closer(&self, plan: &Plan) -> impl FnOnce() + Send + 'static {
        let (phone, inbox) = (self.phone.clone(), self.inbox.clone());
        let within = Duration::from_secs(plan.phone.stop_within_s);
        move || leave(&phone, &inbox, within)
    }
}

/// What the store holds that the house cannot open without.
pub struct Prepared {
    ground: Ground,
    rules: Rules,
    stations: Vec<Station>,
    recordings: Recordings,
    /// What became of each recording.
    tapes: Receiver<Finished>,
}

impl Prepared {
    /// Opens the ground and reads the rules in force.
    ///
    /// # Errors
    /// What could not be opened or read, and why.
    pub fn open(plan: &Plan, clock: Clock) -> anyhow::Result<Self> {
        Self::on(plan, Ground::open_by(&plan.data_dir, clock)?)
    }

    /// As [`Prepared::open`], on ground that is open.
    ///
    /// # Errors
    /// What could not be read, and why.
    pub fn on(plan: &Plan, ground: Ground) -> anyhow::Result<Self> {
        let Ground { store, keys, clock } = &ground;
        let by = By { actor: Actor::SYSTEM, jurisdiction: plan.jurisdiction.clone(), at: clock.now() };
        store
            .put_jurisdiction(plan.jurisdiction.clone(), plan.name.clone())
            .context("note the jurisdiction")?;
        rules::first_versions(store, &plan.jurisdiction, &plan.first, plan.sounds.folder.as_deref(), &by)?;
        let library = rules::library(plan.sounds.folder.as_deref())?;
        let areas = store.read(|connection| Ok::<_, StoreError>(places::areas(connection)?))?;
        let stations = store.read(|connection| Ok::<_, StoreError>(places::stations(connection)?))?;
        let mut rules = rules::load(store, &plan.jurisdiction, &plan.numbering, areas, library)?;
        rules.texts = plan.texts;
        let (recordings, tapes) = Recordings::open(&plan.data_dir.join(RECORDINGS_FOLDER), keys.clone())
            .context("open the recordings")?;
        Ok(Self { ground, rules, stations, recordings, tapes })
    }
}

/// Whether the telephones are to be answered although this went wrong: an installation that has been at work, whose
/// store may be there again later. Another process that holds it answers them itself; what is written wrongly in the
/// settings no waiting mends.
pub fn may_open_later(plan: &Plan, error: &anyhow::Error) -> bool {
    let of_the_store = match error.downcast_ref::<StoreError>() {
        Some(StoreError::InUse { .. } | StoreError::Refused(_)) => false,
        Some(
            StoreError::TooNew { .. }
            | StoreError::Full
            | StoreError::Busy
            | StoreError::Disk(_)
            | StoreError::Stopped
            | StoreError::Broken(_)
            | StoreError::Sqlite(_)
            | StoreError::File { .. }
            | StoreError::Keys(_),
        ) => true,
        None => error.is::<KeyError>() || error.is::<StoreGone>(),
    };
    let there = |file: &str| is_there(&plan.data_dir, file);
    of_the_store && (there(DATABASE_FILE) || there(LAST_KNOWN_FILE))
}

/// The parts that run.
pub struct House {
    pub store: Store,
    pub clock: Clock,
    pub phone: Arc<Phone>,
    pub inbox: Inbox,
    pub recordings: Recordings,
    /// What is in force of catalogue and calendar.
    pub in_force: Arc<InForce>,
    pub vitals: Arc<Vitals>,
    desk: JoinHandle<anyhow::Result<()>>,
    desk_ended: CancellationToken,
    upkeep: Upkeep,
    telephones: Telephones,
    stop_within: Duration,
}

impl House {
    /// Opens the telephones and sets the desk to work. Everything committed before is restored first.
    ///
    /// # Errors
    /// When a part cannot be opened; the message says which and why.
    pub fn open(plan: Plan, ground: Ground, committed: Committed) -> anyhow::Result<Self> {
        let clock = ground.clock.clone();
        let prepared = Prepared::on(&plan, ground)?;
        let door = Door::open(&plan, clock)?;
        Self::begin(plan, prepared, door, committed)
    }

    /// Sets the desk to work behind telephones that are open.
    ///
    /// # Errors
    /// When a thread cannot be started or the telephones are full.
    pub fn begin(plan: Plan, prepared: Prepared, door: Door, committed: Committed) -> anyhow::Result<Self> {
        let Prepared { ground: Ground { store, clock, .. }, rules, stations, recordings, tapes } = prepared;
        let Door { phone, vitals, inbox, front, .. } = door;
        let stop_within = Duration::from_secs(plan.phone.stop_within_s);
        phone.record_onto(recordings.clone()).context("give the telephones their tapes")?;
        listen_to_the_tapes(tapes, inbox.clone())?;
        let in_force = Arc::new(InForce::new(&rules, stations));
        let parts = Parts {
            rules,
            roads: roads::read_beside(plan.roads)?,
            store: store.clone(),
            front,
            committed,
            journal: plan.journal,
            before_each: None,
        };
        let desk_ended = CancellationToken::new();
        let ending = desk_ended.clone().drop_guard();
        let desk = std::thread::Builder::new()
            .name("desk".into())
            .spawn(move || {
                // A panic ends it too.
                let _ending = ending;
                DeskLoop::start(parts).and_then(DeskLoop::run)
            })
            .context("start the desk")?;
        let chores = Chores {
            store: store.clone(),
            recordings: recordings.clone(),
            clock: clock.clone(),
            jurisdiction: plan.jurisdiction,
            vitals: vitals.clone(),
            policy: in_force.policy(),
            stations: in_force.stations(),
        };
        let upkeep = Upkeep::start(chores).context("start the upkeep")?;
        let keys = plan.data_dir.join(KEYS_FOLDER);
        let telephones = Telephones::start(store.clone(), keys, phone.line(), inbox.clone(), clock.now())
            .context("let the line's own telephones register")?;
        info!(sip = %phone.udp_address(), "the help line is open");
        Ok(Self {
            store,
            clock,
            phone,
            inbox,
            recordings,
            in_force,
            vitals,
            desk,
            desk_ended,
            upkeep,
            telephones,
            stop_within,
        })
    }

    /// Has the telephones' accounts looked at when they change.
    pub fn accounts_changed(&self) -> AccountsChanged {
        self.telephones.changed()
    }

    /// Resolves when the desk has ended by itself: it only does when it cannot go on.
    pub fn desk_ended(&self) -> impl Future<Output = ()> + Send + 'static {
        self.desk_ended.clone().cancelled_owned()
    }

    /// Closes in good order: nobody else comes in, calls end, the desk writes down what they came to, then everything
    /// stops.
    ///
    /// # Errors
    /// What ended the desk, if it had not worked to the last.
    pub fn close(self) -> anyhow::Result<()> {
        let Self { phone, inbox, desk, desk_ended, upkeep, telephones, stop_within, .. } = self;
        upkeep.stop();
        if !desk_ended.is_cancelled() {
            leave(&phone, &inbox, stop_within);
        }
        drop(inbox);
        let ended = desk.join().map_err(|_| anyhow::anyhow!("the desk's thread panicked"))?;
        telephones.stop();
        stop(phone);
        ended
    }
}

/// Calls may end within that time; who is still on the line then is told, and let go. Whoever answers them is told to
/// stop.
fn leave(phone: &Phone, inbox: &Inbox, within: Duration) {
    let (ended, all_ended) = crossbeam_channel::bounded::<()>(0);
    std::thread::scope(|threads| {
        threads.spawn(move || {
            let too_long = all_ended.recv_timeout(within) == Err(RecvTimeoutError::Timeout);
            if too_long && inbox.put(Post::LineStops).is_err() {
                error!("the desk's inbox is full: nobody is told that the line stops");
            }
        });
        phone.leave(within + LAST_SENTENCE);
        drop(ended);
    });
    if inbox.put(Post::Stop).is_err() {
        error!("the desk's inbox is full at the end");
    }
}

fn stop(phone: Arc<Phone>) {
    if let Ok(phone) = Arc::try_unwrap(phone) {
        phone.stop();
    }
}

/// Tells the desk of recordings that the disk did not take: the telephones may have reported their end as a good one.
fn listen_to_the_tapes(tapes: Receiver<Finished>, inbox: Inbox) -> anyhow::Result<()> {
    let listen = move || {
        for Finished { recording, complete, .. } in tapes {
            if !complete && inbox.put_within(Post::RecordingCut(recording), TAPE_PATIENCE).is_err() {
                warn!(%recording, "the desk could not be told that a recording is not whole");
            }
        }
    };
    std::thread::Builder::new().name("tape-news".into()).spawn(listen).context("listen to the tapes")?;
    Ok(())
}
