//! What the desk is handed: events of the telephones and everybody else's posts, with what the register knows attached.

use std::time::Duration;

use tracing::warn;

use super::{BATCH, DeskLoop, NAP};
use crate::desk::command::{Command, TicketCommand};
use crate::desk::event::{DeskEvent, Input, PhoneEvent};
use crate::domain::message::InboundText;
use crate::domain::person::Known;
use crate::domain::timestamp::Timestamp;
use crate::service::inbox::Post;

impl DeskLoop {
    /// Sleeps until something comes or a deadline is there; takes up to a batch of what waits.
    pub(super) fn gather(&mut self) -> Vec<Input> {
        let now = self.parts.clock.now();
        let nap = self.desk.next_deadline().map_or(NAP, |(at, _)| now.until(at).min(NAP));
        self.sleep(if self.owed.is_empty() { nap } else { Duration::ZERO });
        let now = self.parts.clock.now();
        let mut inputs = Vec::new();
        while let Some(event) = self.owed.pop_front() {
            inputs.push(self.input(event, now));
        }
        while inputs.len() < BATCH {
            if let Ok(event) = self.parts.arrivals.phone.try_recv() {
                self.line.reported(&event);
                if event.call().is_some_and(|call| self.emergency.holds(call)) {
                    let effects = self.emergency.heard(&event);
                    self.send_all(effects);
                    continue;
                }
                let event = self.attach(event, now);
                inputs.push(self.input(DeskEvent::Phone(event), now));
            } else if let Ok(post) = self.parts.arrivals.post.try_recv() {
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

    pub(super) fn open(&mut self, post: Post, now: Timestamp, inputs: &mut Vec<Input>) {
        let event = match post {
            Post::Text(text) => {
                if !self.taken_up.remove(&text.id) {
                    inputs.push(self.text_input(text, now));
                }
                return;
            }
            Post::Reported(report) => DeskEvent::TextReported(report),
            Post::Command { by, mut command, reply } => {
                self.attach_beneficiary(&mut command, now);
                self.attach_past(&mut command, now);
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

    pub(super) fn text_input(&mut self, text: InboundText, now: Timestamp) -> Input {
        let known = self.register.known(&text.from, now).unwrap_or_else(|error| {
            warn!(text = %text.id, %error, "the register could not be asked about a sender");
            Known::default()
        });
        self.input(DeskEvent::TextArrived { text, known }, now)
    }

    /// Attaches what the register knows of the person an operator chose.
    pub(super) fn attach_beneficiary(&self, command: &mut Command, now: Timestamp) {
        let Some(intake) = command.intake_mut() else { return };
        let Some(person) = intake.beneficiary else { return };
        match self.register.person(person, now) {
            Ok(known) => intake.known = known.map(Box::new),
            Err(error) => warn!(%error, "the register could not be asked about a beneficiary"),
        }
    }

    /// Attaches a ticket that is to be opened again: the desk has forgotten those that were closed long ago.
    fn attach_past(&self, command: &mut Command, now: Timestamp) {
        let Command::Ticket { ticket, what: TicketCommand::Reopen { past, .. }, .. } = command else {
            return;
        };
        match self.register.past_case(*ticket, now) {
            Ok(found) => *past = found.map(Box::new),
            Err(error) => warn!(%ticket, %error, "the store could not be asked about a closed ticket"),
        }
    }

    /// Attaches what the register knows of a caller: hints, read just now.
    pub(super) fn attach(&mut self, event: PhoneEvent, now: Timestamp) -> PhoneEvent {
        match event {
            PhoneEvent::CallArrived { call, number, trust, dialled, known: _ } => {
                let known = number.as_ref().map(|number| self.register.known(number, now));
                let known = known.transpose().unwrap_or_else(|error| {
                    warn!(%call, %error, "the register could not be asked about a caller");
                    None
                });
                PhoneEvent::CallArrived { call, number, trust, dialled, known: known.unwrap_or_default() }
            }
            PhoneEvent::CallEnded { .. }
            | PhoneEvent::Ringing { .. }
            | PhoneEvent::Answered { .. }
            | PhoneEvent::Digit { .. }
            | PhoneEvent::PlayEnded { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::CallLost { .. } => event,
        }
    }
}
