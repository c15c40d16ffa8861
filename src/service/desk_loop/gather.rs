//! What the desk is handed: events of the telephones and everybody else's posts, with what the register knows attached.

use std::time::Duration;

use tracing::warn;

use super::{BETWEEN_COMMITS, DeskLoop};
use crate::clock;
use crate::desk::command::{Command, TicketCommand};
use crate::desk::event::{DeskEvent, Input, PhoneEvent};
use crate::desk::restore::OnTheLine;
use crate::domain::ids::CallId;
use crate::domain::message::InboundText;
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::service::front_desk::on_the_line::Held;
use crate::service::front_desk::{BATCH, NAP};
use crate::service::inbox::Post;
use crate::store::queries::case;

impl DeskLoop {
    /// Sleeps until something comes or a deadline is there; takes up to a batch of what waits.
    pub(super) fn gather(&mut self) -> Vec<Input> {
        let now = self.front.clock.now();
        let nap = self.desk.next_deadline().map_or(NAP, |(at, _)| now.until(at).min(NAP));
        self.front.sleep(if self.front.owed.is_empty() { nap } else { Duration::ZERO });
        self.let_more_come();
        let now = self.front.clock.now();
        let mut inputs = Vec::new();
        while let Some(mut event) = self.front.owed.pop_front() {
            self.attach_ticket(&mut event);
            inputs.push(self.input(event, now));
        }
        while inputs.len() < BATCH {
            if let Ok(event) = self.front.arrivals.phone.try_recv() {
                self.front.line.reported(&event);
                if event.call().is_some_and(|call| self.front.emergency.holds(call)) {
                    let effects = self.front.emergency.heard(&event);
                    self.front.send_all(effects);
                    continue;
                }
                let event = self.attach(event, now);
                inputs.push(self.input(DeskEvent::Phone(event), now));
            } else if let Ok(post) = self.front.arrivals.post.try_recv() {
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

    fn let_more_come(&self) {
        let Some(committed_at) = self.committed_at else { return };
        let passed = clock::monotonic().saturating_duration_since(committed_at);
        if let Some(rest) = BETWEEN_COMMITS.checked_sub(passed) {
            std::thread::sleep(rest);
        }
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
                let id = self.front.chance.mint(now);
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
            Post::LineStops => DeskEvent::LineStops,
            Post::RecordingCut(recording) => {
                let mut event = DeskEvent::RecordingCut { recording, ticket: None };
                self.attach_ticket(&mut event);
                event
            }
            Post::Stop => {
                self.front.stopping = true;
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

    /// Attaches the ticket that a recording belongs to.
    fn attach_ticket(&self, event: &mut DeskEvent) {
        let DeskEvent::RecordingCut { recording, ticket } = event else { return };
        match self.register.read(|connection| Ok(case::recording(connection, *recording)?)) {
            Ok(row) => *ticket = row.and_then(|row| row.ticket),
            Err(error) => warn!(%recording, %error, "the store could not be asked whose recording this is"),
        }
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
    fn attach(&mut self, event: PhoneEvent, now: Timestamp) -> PhoneEvent {
        match event {
            PhoneEvent::CallArrived { call, number, trust, dialled, known: _ } => {
                let known = self.known_of(call, number.as_ref(), now);
                PhoneEvent::CallArrived { call, number, trust, dialled, known }
            }
            PhoneEvent::CallEnded { .. }
            | PhoneEvent::Ringing { .. }
            | PhoneEvent::Answered { .. }
            | PhoneEvent::Digit { .. }
            | PhoneEvent::PlayEnded { .. }
            | PhoneEvent::RecordingEnded { .. }
            | PhoneEvent::Held { .. }
            | PhoneEvent::TransferAsked { .. }
            | PhoneEvent::Quality { .. }
            | PhoneEvent::PhoneReachable { .. }
            | PhoneEvent::CallLost { .. } => event,
        }
    }

    /// What a desk that is built anew is told of the calls that go on: who talks with whom, and what the register knows.
    pub(super) fn on_the_line(&self, now: Timestamp) -> Vec<OnTheLine> {
        let calls = self.front.line.calls().filter(|(call, _)| !self.front.emergency.holds(*call));
        let told = |(call, held): (CallId, &Held)| OnTheLine {
            call,
            bridged_with: held.bridged_with,
            known: self.known_of(call, held.from.number(), now),
        };
        calls.map(told).collect()
    }

    fn known_of(&self, call: CallId, number: Option<&PhoneNumber>, now: Timestamp) -> Known {
        let Some(number) = number else { return Known::default() };
        self.register.known(number, now).unwrap_or_else(|error| {
            warn!(%call, %error, "the register could not be asked about a caller");
            Known::default()
        })
    }
}
