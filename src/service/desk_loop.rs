//! The desk's thread: drain what has come, decide, commit once, then act (DESIGN §3).
//!
//! While the store is away the desk rests and the front desk answers the telephones.

mod gather;
mod orders;
mod rest;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use crossbeam_channel::Receiver;
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use super::front_desk::FrontDesk;
use super::front_desk::emergency::TryAgain;
use super::inbox::unavailable;
use super::living::{self, Restored};
use super::vitals::count;
use crate::clock;
use crate::desk::Desk;
use crate::desk::command::CommandOutcome;
use crate::desk::event::{DeskEvent, Input, PhoneEvent};
use crate::desk::rules::Rules;
use crate::desk::write::{Step, Write};
use crate::dispatch::roads::Roads;
use crate::domain::ids::{CommandId, MessageId};
use crate::domain::timestamp::Timestamp;
use crate::store::Store;
use crate::store::commit::{Batch, BatchReport, BatchStep, StepOutcome};
use crate::store::error::StoreError;
use crate::store::known::Register;

/// Panics within `PANICS_WITHIN` after which the process gives up.
const PANICS: usize = 3;
const PANICS_WITHIN: Duration = Duration::from_secs(600);

/// What comes this soon after a commit waits for the next: a busy line syncs the disk for many at once, and a quiet
/// one never waits.
const BETWEEN_COMMITS: Duration = Duration::from_millis(5);

/// Told after each commit: the number of its last line of history, and what it wrote.
pub type Committed = Box<dyn Fn(i64, &[&Write]) + Send>;
/// Called before each decision, inside of what is caught when it panics.
pub type BeforeEach = Box<dyn FnMut() + Send>;

/// What the loop is made of.
pub struct Parts {
    pub rules: Rules,
    /// The roads, when they have been read.
    pub roads: Receiver<Arc<Roads>>,
    pub store: Store,
    /// Between the telephones and the desk; it may be serving callers already.
    pub front: FrontDesk,
    pub committed: Committed,
    /// Keep the events with their facts, for replay.
    pub journal: bool,
    /// A place for tests to plant a panic; none when the line is at work.
    pub before_each: Option<BeforeEach>,
}

/// The loop with what it keeps between two turns.
pub struct DeskLoop {
    roads: Receiver<Arc<Roads>>,
    store: Store,
    front: FrontDesk,
    committed: Committed,
    journal: bool,
    before_each: Option<BeforeEach>,
    register: Register,
    desk: Desk,
    mode: Mode,
    replies: BTreeMap<CommandId, oneshot::Sender<CommandOutcome>>,
    /// Texts that were taken up from the store: their posting comes too late.
    taken_up: BTreeSet<MessageId>,
    /// The desk no longer is what the store holds: it is built anew before the next decision.
    stale: bool,
    /// When something was committed last.
    committed_at: Option<Instant>,
    panics: Vec<Timestamp>,
}

/// Whether the desk is at work.
#[derive(Debug, Clone, Copy)]
enum Mode {
    Working,
    /// The store is away.
    Emergency {
        again: TryAgain,
    },
}

/// Why a turn could not be finished.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// Nothing can be committed or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the desk panicked {PANICS} times within ten minutes")]
    Panics,
}

/// A handled event and what it led to.
struct Handled {
    input: Input,
    step: Step,
}

impl DeskLoop {
    /// Restores the desk from the store and commits what the restart broke; takes up numbers and texts that waited.
    ///
    /// Where the store cannot be used the line begins in an emergency.
    ///
    /// # Errors
    /// When the desk panics again and again.
    pub fn start(parts: Parts) -> anyhow::Result<Self> {
        let Parts { rules, roads, store, mut front, committed, journal, before_each } = parts;
        let register = store.register().context("open the register for the desk")?;
        let desk = Desk::new(rules, front.chance.another());
        let mut this = Self {
            roads,
            store,
            front,
            committed,
            journal,
            before_each,
            register,
            desk,
            mode: Mode::Working,
            replies: BTreeMap::new(),
            taken_up: BTreeSet::new(),
            stale: false,
            committed_at: None,
            panics: Vec::new(),
        };
        let taken_up = this.take_up_work();
        this.bear(taken_up)?;
        this.front.vitals.desk_works.store(true, Ordering::Relaxed);
        Ok(this)
    }

    /// Runs until told to stop, and until everything the telephones had said by then is dealt with.
    ///
    /// # Errors
    /// When the desk panics again and again.
    pub fn run(mut self) -> anyhow::Result<()> {
        let ended = self.work();
        self.front.vitals.desk_works.store(false, Ordering::Relaxed);
        ended
    }

    fn work(&mut self) -> anyhow::Result<()> {
        while !(self.front.stopping && self.front.arrivals.phone.is_empty()) {
            let turned = match self.mode {
                Mode::Working => self.working_turn(),
                Mode::Emergency { again } => self.emergency_turn(again),
            };
            self.bear(turned)?;
        }
        Ok(())
    }

    /// Goes on without the store when it is the store; gives up when it is the desk.
    fn bear(&mut self, turned: Result<(), Trouble>) -> anyhow::Result<()> {
        match turned {
            Ok(()) => Ok(()),
            Err(Trouble::Store(error)) => {
                self.rest(&error);
                Ok(())
            }
            Err(trouble @ Trouble::Panics) => bail!(trouble),
        }
    }

    fn working_turn(&mut self) -> Result<(), Trouble> {
        let inputs = self.gather();
        if let Ok(roads) = self.roads.try_recv() {
            self.desk.learn_roads(roads);
        }
        self.turn(inputs)?;
        if self.front.noted { self.hand_over() } else { Ok(()) }
    }

    fn input(&mut self, event: DeskEvent, now: Timestamp) -> Input {
        Input { id: self.front.chance.mint(now), event }
    }

    /// Handles a batch: decide, commit once, act. What a failed commit undid is handled once more.
    fn turn(&mut self, inputs: Vec<Input>) -> Result<(), Trouble> {
        let mut inputs = VecDeque::from(inputs);
        let mut failed = false;
        while !inputs.is_empty() {
            let now = self.front.clock.now();
            let (handled, panicked) = self.decide(&mut inputs, now);
            let count_handled = handled.len();
            match self.settle(handled, now) {
                Ok(()) => {
                    inputs.drain(..count_handled);
                    failed = false;
                }
                Err(error) => {
                    count(&self.front.vitals.commits_failed);
                    if failed {
                        return Err(error.into());
                    }
                    warn!(%error, "a commit failed; the desk is rebuilt and tries once more");
                    failed = true;
                    self.rebuild()?;
                    continue;
                }
            }
            if panicked && let Some(input) = inputs.pop_front() {
                self.quarantine(&input, now)?;
            }
            if std::mem::take(&mut self.stale) {
                self.rebuild()?;
            }
        }
        Ok(())
    }

    /// Decides until the inputs are through or the desk panics; says whether it did.
    ///
    /// Only the decision is caught: what it left half done is thrown away with the desk. Audio never waits for the
    /// disk: what depends on nothing uncommitted leaves at once, and its input is done with.
    fn decide(&mut self, inputs: &mut VecDeque<Input>, now: Timestamp) -> (Vec<Handled>, bool) {
        let mut handled: Vec<Handled> = Vec::with_capacity(inputs.len());
        while let Some(input) = inputs.get(handled.len()) {
            let step = catch_unwind(AssertUnwindSafe(|| {
                if let Some(before_each) = &mut self.before_each {
                    before_each();
                }
                self.desk.handle(&input.event, now)
            }));
            match step {
                Ok(step) if step.writes.is_empty() && handled.is_empty() => {
                    inputs.pop_front();
                    self.act(step.effects);
                }
                Ok(step) => handled.push(Handled { input: input.clone(), step }),
                Err(_) => return (handled, true),
            }
        }
        (handled, false)
    }

    /// Commits a batch, then lets its effects go, in order. A failure changed nothing.
    fn settle(&mut self, handled: Vec<Handled>, now: Timestamp) -> Result<(), StoreError> {
        if handled.is_empty() {
            return Ok(());
        }
        let journal = self.journal;
        let body = |input: &Input| if journal { serde_json::to_vec(&input.event).ok() } else { None };
        let steps = handled
            .iter()
            .map(|Handled { input, step }| BatchStep {
                input: input.id,
                journal: body(input),
                writes: step.writes.clone(),
            })
            .collect();
        let report = self.store.commit(Batch { now, steps })?;
        self.committed_at = Some(clock::monotonic());
        self.announce(&handled, &report);
        for (Handled { input, step }, outcome) in handled.into_iter().zip(report.steps) {
            match outcome {
                StepOutcome::Committed { .. } => self.act(step.effects),
                // The desk took it for new, the store knows better.
                StepOutcome::Seen => self.stale = true,
                StepOutcome::Refused { reason } => {
                    error!(input = %input.id, reason, "the store refused a step; its event is in quarantine");
                    count(&self.front.vitals.refused);
                    self.stale = true;
                    self.answer_instead(&input.event, now);
                }
            }
        }
        Ok(())
    }

    /// Tells the screens which rows a commit changed.
    fn announce(&self, handled: &[Handled], report: &BatchReport) {
        let last = report.steps.iter().filter_map(|step| match step {
            StepOutcome::Committed { events } => events.last().copied(),
            StepOutcome::Seen | StepOutcome::Refused { .. } => None,
        });
        let committed = handled.iter().zip(&report.steps).filter_map(|(handled, step)| match step {
            StepOutcome::Committed { .. } => Some(&handled.step.writes),
            StepOutcome::Seen | StepOutcome::Refused { .. } => None,
        });
        let writes: Vec<&Write> = committed.flatten().collect();
        if !writes.is_empty() {
            (self.committed)(last.max().unwrap_or(0), &writes);
        }
    }

    /// Sets an event apart that made the desk panic; too many and the process gives up.
    fn quarantine(&mut self, input: &Input, now: Timestamp) -> Result<(), Trouble> {
        error!(input = %input.id, "the desk panicked; the event is set apart");
        count(&self.front.vitals.panics);
        self.panics.retain(|at| now.since(*at) < PANICS_WITHIN);
        self.panics.push(now);
        self.stale = true;
        let body = serde_json::to_vec(&input.event).ok();
        self.store.quarantine(input.id, "the desk panicked".to_owned(), body, now)?;
        self.answer_instead(&input.event, now);
        if self.panics.len() < PANICS { Ok(()) } else { Err(Trouble::Panics) }
    }

    /// Nobody waits for an answer to an event that was set apart.
    fn answer_instead(&mut self, event: &DeskEvent, now: Timestamp) {
        match event {
            DeskEvent::Commanded { id, .. } => self.reply(*id, unavailable()),
            DeskEvent::Phone(PhoneEvent::CallArrived { call, number, dialled, .. }) => {
                self.front.serve_in_emergency(*call, number.as_ref(), dialled, false);
            }
            DeskEvent::TextArrived { text, .. } => {
                // It lies in quarantine: the next start must not take it up again.
                let writes = vec![Write::TextHandled(text.clone())];
                let step = BatchStep { input: self.front.chance.mint(now), journal: None, writes };
                if let Err(error) = self.store.commit(Batch { now, steps: vec![step] }) {
                    warn!(%error, "a text that was set apart will come up again at the next start");
                }
            }
            DeskEvent::Phone(_)
            | DeskEvent::TextReported(_)
            | DeskEvent::RecordChanged(_)
            | DeskEvent::Tick
            | DeskEvent::InboundDrained
            | DeskEvent::LineStops
            | DeskEvent::NotedInEmergency { .. }
            | DeskEvent::CallCut { .. }
            | DeskEvent::RecordingCut { .. }
            | DeskEvent::ClockStepped { .. } => {}
        }
    }

    /// Builds the desk anew from what is committed; living calls start at the top of their walk.
    fn rebuild(&mut self) -> Result<(), Trouble> {
        let now = self.front.clock.now();
        let living = living::read(&self.register, now)?;
        self.restore(living, now)?;
        self.desk.texts_are_in();
        info!("the desk was rebuilt");
        Ok(())
    }

    /// Takes the desk from the store, commits what the interruption broke, and does what follows.
    fn restore(&mut self, living: Restored, now: Timestamp) -> Result<(), StoreError> {
        let chance = self.front.chance.another();
        let on_the_line = self.on_the_line(now);
        // In the version in force, which may be later than the one it was started with.
        let rules = self.desk.rules().clone();
        let (desk, step) = Desk::restore(rules, chance, living.desk, &on_the_line, now);
        self.desk = desk;
        self.front.owed.extend(self.front.line.reachable().map(DeskEvent::Phone));
        self.stale = false;
        let input = self.input(DeskEvent::Tick, now);
        self.settle(vec![Handled { input, step }], now)?;
        if std::mem::take(&mut self.stale) {
            return Err(StoreError::Broken("the store refuses the restored desk".into()));
        }
        Ok(())
    }
}
