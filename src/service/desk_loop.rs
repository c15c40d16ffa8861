//! The desk's thread: drain what has come, decide, commit once, then act (DESIGN §3, rule 1).

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use crossbeam_channel::Select;
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use super::inbox::{Arrivals, Post, unavailable};
use super::living;
use crate::clock::Clock;
use crate::desk::command::CommandOutcome;
use crate::desk::effect::{Effect, PhoneEffect};
use crate::desk::event::{DeskEvent, Input, PhoneEvent};
use crate::desk::write::{Step, Write};
use crate::desk::{Desk, Rules};
use crate::domain::ids::{CallId, Chance, CommandId};
use crate::domain::timestamp::Timestamp;
use crate::phone::Phone;
use crate::store::Store;
use crate::store::commit::{Batch, BatchReport, BatchStep, StepOutcome};
use crate::store::known::Register;

/// Events handled between two commits.
const BATCH: usize = 256;
/// The longest sleep: a jump of the clock is noticed this soon.
const NAP: Duration = Duration::from_secs(1);
/// Panics within `PANICS_WITHIN` after which the process gives up.
const PANICS: usize = 3;
const PANICS_WITHIN: Duration = Duration::from_secs(600);

/// Told after each commit: the number of its last line of history, and what it wrote.
pub type Committed = Box<dyn Fn(i64, &[&Write]) + Send>;

/// What the loop is made of.
pub struct Parts {
    pub rules: Rules,
    pub store: Store,
    pub phone: Arc<Phone>,
    pub clock: Clock,
    pub chance: Chance,
    pub arrivals: Arrivals,
    /// Told after each commit: the number of its last line of history, and what it wrote.
    pub committed: Committed,
    /// Keep the events with their facts, for replay.
    pub journal: bool,
}

/// The loop with what it keeps between two turns.
pub struct DeskLoop {
    parts: Parts,
    register: Register,
    desk: Desk,
    replies: BTreeMap<CommandId, oneshot::Sender<CommandOutcome>>,
    /// Calls the telephones hold, as far as we have heard.
    on_the_line: BTreeSet<CallId>,
    panics: Vec<Timestamp>,
    stopping: bool,
}

/// A handled event and what it led to.
struct Handled {
    input: Input,
    step: Step,
}

impl DeskLoop {
    /// Restores the desk from the store and commits what the restart broke.
    pub fn start(mut parts: Parts) -> anyhow::Result<Self> {
        let now = parts.clock.now();
        let living = living::read(&parts.store, now).context("read what is alive")?;
        let unhandled = living.unhandled_texts;
        let chance = Chance::from_seed(parts.chance.bytes());
        let (desk, step) = Desk::restore(parts.rules.clone(), chance, living.desk, &[], now);
        let register = parts.store.register().context("open the register for the desk")?;
        let mut this = Self {
            parts,
            register,
            desk,
            replies: BTreeMap::new(),
            on_the_line: BTreeSet::new(),
            panics: Vec::new(),
            stopping: false,
        };
        let input = this.input(DeskEvent::Tick, now);
        this.settle(vec![Handled { input, step }], now).context("commit what the restart broke")?;
        let waiting: Vec<Input> = unhandled.into_iter().map(|text| this.text_input(text, now)).collect();
        this.turn(waiting)?;
        Ok(this)
    }

    /// Runs until told to stop.
    pub fn run(mut self) -> anyhow::Result<()> {
        while !self.stopping {
            let inputs = self.wait();
            if !inputs.is_empty() {
                self.turn(inputs)?;
            }
        }
        Ok(())
    }

    /// Sleeps until something comes or a deadline is there; takes up to a batch of what waits.
    fn wait(&mut self) -> Vec<Input> {
        let now = self.parts.clock.now();
        let nap = self.desk.next_deadline().map_or(NAP, |(at, _)| now.until(at).min(NAP));
        let phone = self.parts.arrivals.phone.clone();
        let post = self.parts.arrivals.post.clone();
        let mut select = Select::new();
        select.recv(&phone);
        select.recv(&post);
        // Whether it was woken or slept through makes no difference: it looks at everything.
        let _woken = select.ready_timeout(nap).is_ok();
        let now = self.parts.clock.now();
        let mut inputs = Vec::new();
        while inputs.len() < BATCH {
            if let Ok(event) = phone.try_recv() {
                let event = self.attach(event, now);
                inputs.push(self.input(DeskEvent::Phone(event), now));
            } else if let Ok(post) = post.try_recv() {
                self.open(post, now, &mut inputs);
            } else {
                break;
            }
        }
        if self.desk.next_deadline().is_some_and(|(at, _)| at <= now) {
            inputs.push(self.input(DeskEvent::Tick, now));
        }
        inputs
    }

    fn input(&mut self, event: DeskEvent, now: Timestamp) -> Input {
        Input { id: self.parts.chance.mint(now), event }
    }

    fn open(&mut self, post: Post, now: Timestamp, inputs: &mut Vec<Input>) {
        let event = match post {
            Post::Text(text) => {
                inputs.push(self.text_input(text, now));
                return;
            }
            Post::Reported(report) => DeskEvent::TextReported(report),
            Post::Command { by, command, reply } => {
                let id = self.parts.chance.mint(now);
                self.replies.insert(id, reply);
                DeskEvent::Commanded { id, by, command }
            }
            Post::Changed(changes) => {
                for change in changes {
                    let input = self.input(DeskEvent::RecordChanged(change), now);
                    inputs.push(input);
                }
                return;
            }
            Post::InboundDrained => DeskEvent::InboundDrained,
            Post::Stop => {
                self.stopping = true;
                return;
            }
        };
        inputs.push(self.input(event, now));
    }

    fn text_input(&mut self, text: crate::domain::message::InboundText, now: Timestamp) -> Input {
        let known = self.register.known(&text.from, now).unwrap_or_default();
        self.input(DeskEvent::TextArrived { text, known }, now)
    }

    /// Attaches what the register knows of a caller: hints, read just now.
    fn attach(&mut self, event: PhoneEvent, now: Timestamp) -> PhoneEvent {
        match event {
            PhoneEvent::CallArrived { call, number, trust, dialled, known: _ } => {
                self.on_the_line.insert(call);
                let known = number.as_ref().map(|number| self.register.known(number, now));
                let known = known.transpose().unwrap_or_else(|error| {
                    warn!(%call, %error, "the register could not be asked about a caller");
                    None
                });
                PhoneEvent::CallArrived { call, number, trust, dialled, known: known.unwrap_or_default() }
            }
            PhoneEvent::CallEnded { call, .. } => {
                self.on_the_line.remove(&call);
                event
            }
            PhoneEvent::Ringing { .. }
            | PhoneEvent::Answered { .. }
            | PhoneEvent::Digit { .. }
            | PhoneEvent::PlayEnded { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::CallLost { .. } => event,
        }
    }

    /// Handles a batch: decide, commit once, act. What a failed commit undid is handled once more.
    fn turn(&mut self, inputs: Vec<Input>) -> anyhow::Result<()> {
        let now = self.parts.clock.now();
        let handled = self.handle_all(inputs.clone(), now)?;
        if handled.is_empty() {
            return Ok(());
        }
        match self.settle(handled, now) {
            Ok(()) => Ok(()),
            Err(first) => {
                warn!(
                    error = format!("{first:#}"),
                    "a commit failed; the desk is rebuilt and tries once more"
                );
                self.rebuild(now)?;
                let again = self.handle_all(inputs, now)?;
                self.settle(again, now)
            }
        }
    }

    fn handle_all(&mut self, inputs: Vec<Input>, now: Timestamp) -> anyhow::Result<Vec<Handled>> {
        let mut handled = Vec::with_capacity(inputs.len());
        for input in inputs {
            // Only `handle` is caught: what it left half done is thrown away with the desk.
            let step = catch_unwind(AssertUnwindSafe(|| self.desk.handle(&input.event, now)));
            match step {
                Ok(mut step) => {
                    // Audio never waits for the disk: what depends on nothing uncommitted leaves at once.
                    if step.writes.is_empty() && handled.is_empty() {
                        self.act(std::mem::take(&mut step.effects));
                        continue;
                    }
                    handled.push(Handled { input, step });
                }
                Err(_) => {
                    self.settle(std::mem::take(&mut handled), now)?;
                    self.quarantine(&input, "the desk panicked", now)?;
                    self.rebuild(now)?;
                }
            }
        }
        Ok(handled)
    }

    /// Commits a batch, then lets its effects go, in order.
    fn settle(&mut self, handled: Vec<Handled>, now: Timestamp) -> anyhow::Result<()> {
        if handled.is_empty() {
            return Ok(());
        }
        let steps = handled
            .iter()
            .map(|handled| BatchStep {
                input: handled.input.id,
                journal: self
                    .parts
                    .journal
                    .then(|| serde_json::to_vec(&handled.input.event).unwrap_or_default()),
                writes: handled.step.writes.clone(),
            })
            .collect();
        let report = self.parts.store.commit(Batch { now, steps })?;
        self.announce(&handled, &report);
        let refused: Vec<(usize, String)> =
            report.refused().map(|(index, reason)| (index, reason.to_owned())).collect();
        for (index, handled) in handled.into_iter().enumerate() {
            if matches!(report.steps[index], StepOutcome::Committed { .. }) {
                self.act(handled.step.effects);
            } else if let DeskEvent::Commanded { id, .. } = handled.input.event {
                self.reply(id, unavailable());
            }
        }
        for (index, reason) in &refused {
            error!(
                index,
                reason, "the store refused a step; its event is in quarantine, the desk is rebuilt"
            );
        }
        if refused.is_empty() { Ok(()) } else { self.rebuild(now) }
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
            (self.parts.committed)(last.max().unwrap_or(0), &writes);
        }
    }

    fn act(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Reply { id, outcome } => self.reply(id, outcome),
                Effect::Phone(effect) => {
                    if let PhoneEffect::Dial { call, .. } = &effect {
                        self.on_the_line.insert(*call);
                    }
                    let call = effect.call();
                    if self.parts.phone.try_send(effect).is_err() {
                        warn!(%call, "the telephone is full; the call ends and its number is owed a call");
                        self.parts.phone.try_send(PhoneEffect::Hangup { call }).unwrap_or_default();
                    }
                }
            }
        }
    }

    fn reply(&mut self, id: CommandId, outcome: CommandOutcome) {
        if let Some(reply) = self.replies.remove(&id) {
            // Whoever asked may have gone.
            let _gone = reply.send(outcome).err();
        }
    }

    /// Sets an event apart that made the desk panic; too many and the process gives up.
    fn quarantine(&mut self, input: &Input, reason: &str, now: Timestamp) -> anyhow::Result<()> {
        error!(input = %input.id.0, reason, "an event is set apart");
        let body = serde_json::to_vec(&input.event).ok();
        self.parts.store.quarantine(input.id, reason.to_owned(), body, now)?;
        if let DeskEvent::Commanded { id, .. } = input.event {
            self.reply(id, unavailable());
        }
        self.panics.retain(|at| now.since(*at) < PANICS_WITHIN);
        self.panics.push(now);
        anyhow::ensure!(self.panics.len() < PANICS, "the desk panicked {PANICS} times within ten minutes");
        Ok(())
    }

    /// Builds the desk anew from what is committed; living calls start at the top of their walk.
    fn rebuild(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let living = living::read(&self.parts.store, now).context("read what is alive")?;
        let chance = Chance::from_seed(self.parts.chance.bytes());
        let on_the_line: Vec<CallId> = self.on_the_line.iter().copied().collect();
        let (desk, step) = Desk::restore(self.parts.rules.clone(), chance, living.desk, &on_the_line, now);
        self.desk = desk;
        self.desk.texts_are_in();
        info!(calls = on_the_line.len(), "the desk was rebuilt");
        let input = self.input(DeskEvent::Tick, now);
        let report = self.parts.store.commit(Batch {
            now,
            steps: vec![BatchStep { input: input.id, journal: None, writes: step.writes.clone() }],
        })?;
        anyhow::ensure!(report.refused().next().is_none(), "the store refuses the restored desk");
        self.act(step.effects);
        Ok(())
    }
}
