//! The running house: opened in the order in which its parts need each other, closed in the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use tracing::{error, info};

use super::desk_loop::{Committed, DeskLoop, Parts};
use super::in_force::InForce;
use super::inbox::{Inbox, Post, inbox};
use super::office::RECORDINGS_FOLDER;
use super::rules::{self, FirstFiles};
use super::upkeep::{Chores, Upkeep};
use super::vitals::Vitals;
use crate::clock::{self, Clock};
use crate::domain::actor::Actor;
use crate::domain::ids::{Chance, JurisdictionId};
use crate::domain::phone_number::NumberingPlan;
use crate::keys::InstallationKeys;
use crate::phone::sounds::{self, Sounds};
use crate::phone::{self, Phone, Supplies};
use crate::recordings::Recordings;
use crate::store::emergency::EmergencyLog;
use crate::store::error::StoreError;
use crate::store::queries::places;
use crate::store::records::By;
use crate::store::{self, Store};

/// Where the installation's keys lie in the data directory; no part of a backup.
pub const KEYS_FOLDER: &str = "keys";

/// What a house is built from.
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
    /// Keep the events with their facts, for replay.
    pub journal: bool,
}

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
        std::fs::create_dir_all(data_dir).with_context(|| format!("make {}", data_dir.display()))?;
        let clock = Clock::start();
        let keys =
            InstallationKeys::open(&data_dir.join(KEYS_FOLDER)).context("open the installation keys")?;
        let store = Store::open(&store::Settings::in_directory(data_dir), &keys, clock.now())
            .with_context(|| format!("open the store in {}", data_dir.display()))?;
        Ok(Self { store, keys, clock })
    }
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
    upkeep: Upkeep,
    stop_within: Duration,
}

impl House {
    /// Opens the telephones and sets the desk to work. Everything committed before is restored first.
    ///
    /// # Errors
    /// When a part cannot be opened; the message says which and why.
    pub fn open(plan: Plan, ground: Ground, committed: Committed) -> anyhow::Result<Self> {
        let Ground { store, keys, clock } = ground;
        let mut chance = clock::os_chance();
        let by = By { actor: Actor::SYSTEM, jurisdiction: plan.jurisdiction.clone(), at: clock.now() };
        store
            .put_jurisdiction(plan.jurisdiction.clone(), plan.name.clone())
            .context("note the jurisdiction")?;
        rules::first_versions(&store, &plan.jurisdiction, &plan.first, &by)?;
        let library = rules::library(plan.sounds.folder.as_deref())?;
        let areas = store.read(|connection| Ok::<_, StoreError>(places::areas(connection)?))?;
        let mut rules = rules::load(&store, &plan.jurisdiction, &plan.numbering, areas, library)?;
        rules.texts = plan.texts;
        let recordings = open_recordings(&plan.data_dir, keys)?;
        let sounds = Arc::new(Sounds::load(&plan.sounds).context("load the sounds")?);
        let (from_phone, inbox, arrivals) = inbox();
        let stop_within = Duration::from_secs(plan.phone.stop_within_s);
        let supplies = Supplies {
            settings: plan.phone,
            plan: plan.numbering,
            sounds,
            desk: from_phone,
            recordings: Some(recordings.clone()),
            clock: clock.clone(),
            chance: Chance::from_seed(chance.bytes()),
        };
        let phone = Arc::new(Phone::start(supplies).context("start the telephones")?);
        let in_force = Arc::new(InForce::new(&rules));
        let vitals = Arc::<Vitals>::default();
        let line = phone.line();
        let parts = Parts {
            rules,
            store: store.clone(),
            phone: Box::new(move |effect| line.try_send(effect)),
            clock: clock.clone(),
            chance: Chance::from_seed(chance.bytes()),
            arrivals,
            committed,
            journal: plan.journal,
            log: EmergencyLog::open(&plan.data_dir).context("open the emergency log")?,
            vitals: vitals.clone(),
            before_each: None,
        };
        let desk = std::thread::Builder::new()
            .name("desk".into())
            .spawn(move || DeskLoop::start(parts).and_then(DeskLoop::run))
            .context("start the desk")?;
        let chores = Chores {
            store: store.clone(),
            recordings: recordings.clone(),
            clock: clock.clone(),
            jurisdiction: plan.jurisdiction,
            vitals: vitals.clone(),
        };
        let upkeep = Upkeep::start(chores).context("start the upkeep")?;
        info!(sip = %phone.udp_address(), "the help line is open");
        Ok(Self { store, clock, phone, inbox, recordings, in_force, vitals, desk, upkeep, stop_within })
    }

    /// Whether the desk has ended by itself: it only does when it cannot go on.
    pub fn has_ended(&self) -> bool {
        self.desk.is_finished()
    }

    /// Closes in good order: nobody else comes in, calls end, the desk writes down what they came to, then everything
    /// stops.
    ///
    /// # Errors
    /// What ended the desk, if it had not worked to the last.
    pub fn close(self) -> anyhow::Result<()> {
        let Self { phone, inbox, desk, upkeep, stop_within, .. } = self;
        if !desk.is_finished() {
            phone.leave(stop_within);
        }
        upkeep.stop();
        if inbox.put(Post::Stop).is_err() {
            error!("the desk's inbox is full at the end");
        }
        drop(inbox);
        let ended = desk.join().map_err(|_| anyhow::anyhow!("the desk's thread panicked"))?;
        if let Ok(phone) = Arc::try_unwrap(phone) {
            phone.stop();
        }
        ended
    }
}

/// Opens the recordings. The desk hears of a recording's end from the telephones; the tape's own news only empties its
/// channel.
fn open_recordings(data_dir: &Path, keys: InstallationKeys) -> anyhow::Result<Recordings> {
    let (recordings, finished) =
        Recordings::open(&data_dir.join(RECORDINGS_FOLDER), keys).context("open the recordings")?;
    std::thread::Builder::new()
        .name("tape-news".into())
        .spawn(move || finished.iter().for_each(drop))
        .context("start listening to the tapes")?;
    Ok(recordings)
}
