//! What the house does by itself, at the start and once a day: tickets closed long ago are archived, recordings whose
//! last day has come or whose person was erased are destroyed, what has had its time is forgotten, and the head of
//! history is noted outside of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use super::last_known::LastKnown;
use super::vitals::Vitals;
use crate::clock::{self, Clock};
use crate::domain::actor::Actor;
use crate::domain::ids::{JurisdictionId, StationId};
use crate::domain::policy::Policy;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::recordings::Recordings;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::records::By;

const DAILY: Duration = Duration::from_hours(24);
/// What could not be done is tried again after this time.
const AGAIN: Duration = Duration::from_hours(1);
/// How often the store is looked at for those who watch over the server.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How often it is noted that the desk is at work: an outage is known to this much. The shortest offer lives minutes,
/// and a quarter of its life lost makes it longer.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// What the chores need.
pub struct Chores {
    pub store: Store,
    pub recordings: Recordings,
    pub clock: Clock,
    pub jurisdiction: JurisdictionId,
    pub vitals: Arc<Vitals>,
    /// The figures in force.
    pub policy: watch::Receiver<Arc<Policy>>,
    pub stations: watch::Receiver<BTreeMap<StationId, Station>>,
}

/// The thread that does them.
pub struct Upkeep {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Chores {
    /// Does everything once. Each chore is tried, whatever became of the one before it.
    ///
    /// # Errors
    /// The first that could not be done: doing all again is safe.
    pub fn carry_out(&self) -> anyhow::Result<()> {
        let now = self.clock.now();
        // Forgetting first: on a full disk it makes the room that the rest needs.
        let forgotten = self.store.prune(now).context("forget what has had its time");
        let archived = self.archive(now);
        let destroyed = self.destroy_recordings();
        // An erasure that a long query kept from its last part.
        let scrubbed = self.store.scrub().context("empty the database's log");
        let noted = self.store.note_chain_head(now).context("note the head of history");
        forgotten.and(archived).and(destroyed).and(scrubbed).and(noted)
    }

    /// Row 20 of the table of moves, and the last day of recordings, by the figures in force.
    fn archive(&self, now: Timestamp) -> anyhow::Result<()> {
        let policy = Arc::clone(&self.policy.borrow());
        let by = By { actor: Actor::SYSTEM, jurisdiction: self.jurisdiction.clone(), at: now };
        let tickets = self.store.archive(&policy, &by).context("archive tickets")?;
        let recordings = self.store.expire(&policy, &by).context("look for recordings past their time")?;
        if tickets + recordings > 0 {
            info!(tickets, recordings, "tickets are archived, recordings have had their time");
        }
        Ok(())
    }

    fn destroy_recordings(&self) -> anyhow::Result<()> {
        let recordings = self.store.recordings_to_destroy().context("look for recordings to destroy")?;
        if recordings.is_empty() {
            return Ok(());
        }
        for recording in &recordings {
            self.recordings.destroy(*recording).context("destroy a recording")?;
        }
        info!(recordings = recordings.len(), "recordings are destroyed");
        let by = By { actor: Actor::SYSTEM, jurisdiction: self.jurisdiction.clone(), at: self.clock.now() };
        self.store.recordings_destroyed(recordings, by).context("note that recordings are destroyed")
    }

    fn look(&self) {
        match self.store.health() {
            Ok(health) => self.vitals.store_is(health),
            Err(error) => debug!(%error, "the store does not say how it is"),
        }
    }

    /// Notes that the desk is at work, when it is: a line nobody rings journals nothing.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn beat(&self) -> Result<(), StoreError> {
        let rests = self.vitals.emergency.load(Ordering::Relaxed);
        let works = self.vitals.desk_works.load(Ordering::Relaxed);
        if works && !rests { self.store.beat(self.clock.now()) } else { Ok(()) }
    }

    /// Copies the stations to where they are found without the store.
    ///
    /// # Errors
    /// When the copy cannot be written: the one before stays.
    fn copy_stations(&self) -> anyhow::Result<()> {
        let known = LastKnown::of(self.stations.borrow().values().cloned());
        // The copy says that a line has been at work here: one without stations has not.
        if known == LastKnown::default() {
            return Ok(());
        }
        known.write(self.store.directory()).context("copy the stations")
    }
}

impl Upkeep {
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(chores: Chores) -> std::io::Result<Self> {
        let (stop, stopped) = bounded(1);
        let thread =
            std::thread::Builder::new().name("upkeep".into()).spawn(move || work(&chores, &stopped))?;
        Ok(Self { stop, thread })
    }

    /// Ends after the chore in hand.
    pub fn stop(self) {
        // A full channel has the word in it already; without the thread nobody needs it.
        self.stop.try_send(()).ok();
        if self.thread.join().is_err() {
            warn!("the upkeep panicked");
        }
    }
}

fn work(chores: &Chores, stopped: &Receiver<()>) {
    let mut due = clock::monotonic();
    let mut stations = chores.stations.clone();
    stations.mark_changed();
    let mut beat_due = due;
    loop {
        chores.look();
        if stations.has_changed().unwrap_or(false) {
            stations.mark_unchanged();
            if let Err(error) = chores.copy_stations() {
                stations.mark_changed();
                warn!(error = format!("{error:#}"), "whom the stations ring is not known without the store");
            }
        }
        if beat_due <= clock::monotonic() {
            beat_due = clock::monotonic() + HEARTBEAT;
            if let Err(error) = chores.beat() {
                debug!(%error, "the desk's heartbeat is not kept");
            }
        }
        if due <= clock::monotonic() {
            let wait = match chores.carry_out() {
                Ok(()) => DAILY,
                Err(error) => {
                    warn!(error = format!("{error:#}"), "a chore of the house could not be done");
                    AGAIN
                }
            };
            due = clock::monotonic() + wait;
        }
        match stopped.recv_timeout(LOOK_EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
