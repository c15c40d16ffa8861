//! What an operator does with a call in progress: holds it, leads it on, brings somebody in; and a supervisor who listens.
//!
//! The same from the console and from a telephone's own keys (REFER). Whoever is led on has their place in the queue:
//! nobody is lost between two telephones.

use serde_json::json;

use super::Desk;
use super::calls::{CallRole, LiveCall};
use super::command::{CallCommand, CommandOutcome};
use super::commands::{Answer, refuse};
use super::effect::{Part, PhoneEffect};
use super::event::{Commander, PlayId};
use super::history::{Entity, EventKind, Line};
use super::legs::Dialling;
use super::refusal::{Refusal, Why};
use crate::domain::actor::{Actor, Role};
use crate::domain::call::{CallPart, CallPurpose};
use crate::domain::extension::Extension;
use crate::domain::ids::{CallId, UserId};
use crate::domain::language::Language;
use crate::domain::phone_number::{EMERGENCY_NUMBERS, PhoneNumber};
use crate::domain::timestamp::Timestamp;
use crate::ivr::walk::Walk;
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Signs of a number of the telephone network, at least.
const SHORTEST_NUMBER: usize = 7;

/// Whom somebody wants on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// One of our own, by their telephone.
    Operator(UserId),
    /// A number of the telephone network.
    Number(String),
}

/// What a supervisor does at a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attending {
    Listen,
    /// Heard by the operator alone.
    Whisper,
    /// Heard by all.
    Barge,
}

impl Desk {
    /// What was asked of a call in progress.
    pub(super) fn call_command(
        &mut self,
        by: &Commander,
        call: CallId,
        what: &CallCommand,
        now: Timestamp,
    ) -> Answer {
        let Some(live) = self.calls.get(&call).filter(|live| live.call.ended_at.is_none()) else {
            return refuse(Why::CallOver);
        };
        let station = live.call.station;
        match what {
            CallCommand::Listen => return self.attend(by, call, Attending::Listen, now),
            CallCommand::Whisper => return self.attend(by, call, Attending::Whisper, now),
            CallCommand::Barge => return self.attend(by, call, Attending::Barge, now),
            CallCommand::Hold { .. }
            | CallCommand::Mute { .. }
            | CallCommand::Transfer { .. }
            | CallCommand::BringIn { .. }
            | CallCommand::HangUp => {}
        }
        let attends = by.actor.user.and_then(|user| self.attending_leg(call, user));
        if let (CallCommand::HangUp, Some(leg)) = (what, attends) {
            self.draft.phone(PhoneEffect::Hangup { call: leg });
            return Ok(CommandOutcome::Done);
        }
        let Some((user, leg)) = by.actor.user.and_then(|user| Some((user, self.leg_of(call, user)?))) else {
            return refuse(Why::NotYourCall);
        };
        let actor = Actor { station: Some(station), ..self.actor_of(user) };
        match what {
            CallCommand::Hold { on } => self.hold(call, *on),
            CallCommand::Mute { on } => self.mute(leg, *on),
            CallCommand::Transfer { to } => {
                let whom = self.whom(to)?;
                self.transfer(call, leg, whom, &actor, now);
            }
            CallCommand::BringIn { to, aside } => {
                let target = self.third_for(call, to)?;
                if *aside {
                    self.hold(call, true);
                }
                self.bring_in_target(call, target, now);
            }
            CallCommand::HangUp => self.draft.phone(PhoneEffect::Hangup { call: leg }),
            CallCommand::Listen | CallCommand::Whisper | CallCommand::Barge => {}
        }
        Ok(CommandOutcome::Done)
    }

    /// The telephone of whoever is wanted on the line as a third: nobody else is, and an operator has nothing else to do.
    fn third_for(&self, call: CallId, to: &str) -> Result<String, Refusal> {
        let whom = self.whom(to)?;
        if self.has_a_third(call) {
            return refuse(Why::ThirdThere);
        }
        match whom {
            Whom::Number(number) => Ok(number),
            Whom::Operator(user) => match self.operators.get(&user).filter(|it| self.is_free(it)) {
                Some(operator) => Ok(operator.record.extension.target()),
                None => refuse(Why::NotFree),
            },
        }
    }

    /// The telephone of an operator within a call they talk in.
    fn leg_of(&self, call: CallId, user: UserId) -> Option<CallId> {
        let theirs = |leg: &&CallId| self.calls.get(leg).is_some_and(|it| it.call.operator == Some(user));
        self.calls.get(&call)?.with.iter().find(theirs).copied()
    }

    /// Who is meant by what was typed: an extension of ours, an emergency number, or a number machines may ring.
    fn whom(&self, to: &str) -> Result<Whom, Refusal> {
        let typed = to.trim();
        if let Ok(extension) = Extension::parse(typed)
            && let Some(operator) = self.operator_at(&extension)
        {
            return Ok(Whom::Operator(operator.record.user));
        }
        if EMERGENCY_NUMBERS.contains(&typed) || typed == self.rules.policy.calls.bring_in {
            return Ok(Whom::Number(typed.to_owned()));
        }
        match PhoneNumber::parse(typed, &self.rules.numbering) {
            // A short one is an extension that nobody has.
            Ok(number) if typed.len() >= SHORTEST_NUMBER && self.is_for_machines(&number) => {
                Ok(Whom::Number(number.as_str().to_owned()))
            }
            Ok(_) | Err(_) => refuse(Why::NobodyThere),
        }
    }

    /// Nobody hears the operator.
    fn mute(&mut self, leg: CallId, on: bool) {
        if let Some(live) = self.call_mut(leg) {
            live.call.muted = on;
        }
        self.draft.phone(PhoneEffect::Mute { call: leg, on });
    }

    /// The caller hears music, and nobody else hears them.
    pub(super) fn hold(&mut self, call: CallId, on: bool) {
        if let Some(live) = self.call_mut(call) {
            live.call.held = on;
        }
        self.draft.phone(PhoneEffect::Hold { call, on });
        if on {
            let clips = self.clips(&Sentence::of(Language::Zh, Phrase::HoldMusic));
            self.draft.phone(PhoneEffect::Play { call, play: PlayId(0), clips, repeat: true });
        } else {
            self.draft.phone(PhoneEffect::StopPlay { call });
        }
    }

    /// Leads the caller on: whom they are led to is rung first, and then whoever is next, in the caller's old place.
    fn transfer(&mut self, call: CallId, leg: CallId, to: Whom, by: &Actor, now: Timestamp) {
        self.draft.phone(PhoneEffect::Unbridge { a: call, b: leg });
        let Some(live) = self.call_mut(call) else { return };
        // Whoever else is on the line, or on the way, was there for the talk that ends.
        let mut gone = std::mem::take(&mut live.with);
        gone.extend(live.bringing_in.take());
        for other in gone {
            if let Some(live) = self.call_mut(other) {
                live.with.remove(&call);
            }
            self.draft.phone(PhoneEffect::Hangup { call: other });
        }
        self.stop_attending(call);
        let line = Line::new(EventKind::CallTransferred, Entity::Call(call), json!({}));
        self.tell(line.by(by.clone()), now);
        self.seek_the_next(call, Some(to), now);
    }

    /// Who was talked with is in their old place again, and whom they are led to is rung first.
    pub(super) fn seek_the_next(&mut self, call: CallId, to: Option<Whom>, now: Timestamp) {
        let Some(context) = self.context_of(call, now) else { return };
        if let Some(live) = self.call_mut(call) {
            live.led_to = to;
            // Whoever is on no bridge is on hold on none.
            live.call.held = false;
        }
        let started = Walk::start_transferred(&self.rules.menu, context, now);
        self.start_walk(call, started, now);
    }

    /// A telephone of ours asks to have its call led on. The line takes the caller over either way: where nobody answers
    /// they are back in their place.
    pub(super) fn transfer_asked(&mut self, leg: CallId, to: &str, replaces: Option<CallId>, now: Timestamp) {
        // An operator's telephone has one call at a time: whoever is to be asked first is brought in, and the two stay.
        let done = if replaces.is_none() { self.lead_on(leg, to, now) } else { None };
        if done.is_none() {
            self.draft.phone(PhoneEffect::TransferOutcome { call: leg, ok: false });
        }
    }

    fn lead_on(&mut self, leg: CallId, to: &str, now: Timestamp) -> Option<()> {
        let (caller, user) = self.caller_of_leg(leg)?;
        let whom = self.whom(to).ok()?;
        // Before its call ends: the telephone waits for it.
        self.draft.phone(PhoneEffect::TransferOutcome { call: leg, ok: true });
        self.transfer(caller, leg, whom, &self.actor_of(user), now);
        Some(())
    }

    /// The one caller an operator's telephone talks with.
    fn caller_of_leg(&self, leg: CallId) -> Option<(CallId, UserId)> {
        let live = self.calls.get(&leg)?;
        let user = live.call.operator?;
        let caller =
            live.with.iter().find(|call| self.calls.get(call).is_some_and(|it| it.role.is_a_residents()));
        Some((*caller?, user))
    }

    /// A shift supervisor of the caller's station listens, whispers or joins: their own telephone is rung, unless it is
    /// there already.
    fn attend(&mut self, by: &Commander, call: CallId, how: Attending, now: Timestamp) -> Answer {
        let station = self.calls[&call].call.station;
        let actor = self.present_at(by, station, &[Role::Supervisor])?;
        let operator = by.actor.user.and_then(|user| self.operators.get(&user));
        let Some((user, target)) = operator.map(|it| (it.record.user, it.record.extension.target())) else {
            return refuse(Why::NoTelephone);
        };
        if self.calls[&call].with.is_empty() {
            return refuse(Why::NobodyTalks);
        }
        let line = Line::new(EventKind::CallAttended, Entity::Call(call), json!({ "how": how.name() }));
        self.tell(line.by(actor), now);
        if let Some(leg) = self.attending_leg(call, user) {
            self.put_role(leg, CallRole::Attending { of: call, how });
            if self.calls[&leg].call.answered_at.is_some() {
                self.attends(leg, call, how);
            }
            return Ok(CommandOutcome::Done);
        }
        let dialling = Dialling {
            role: CallRole::Attending { of: call, how },
            purpose: CallPurpose::Person,
            target,
            number: None,
            station,
            ticket: None,
            ring_time: self.rules.policy.queue.operator_ring,
        };
        let leg = self.dial(dialling, now);
        if let Some(live) = self.call_mut(leg) {
            live.call.operator = Some(user);
        }
        Ok(CommandOutcome::Done)
    }

    /// The telephone of a supervisor who attends a talk.
    fn attending_leg(&self, call: CallId, user: UserId) -> Option<CallId> {
        let there = self.calls.values().find(|live| {
            live.call.operator == Some(user)
                && live.call.ended_at.is_none()
                && matches!(live.role, CallRole::Attending { of, .. } if of == call)
        });
        there.map(|live| live.call.id)
    }

    /// The supervisor's telephone is on the line, or changes its part.
    pub(super) fn attends(&mut self, leg: CallId, of: CallId, how: Attending) {
        let talks = |live: &&LiveCall| live.call.ended_at.is_none() && !live.with.is_empty();
        let Some(live) = self.calls.get(&of).filter(talks) else {
            return self.draft.phone(PhoneEffect::Hangup { call: leg });
        };
        let operator =
            live.with.iter().find(|other| self.calls.get(other).is_some_and(|it| it.role.has_the_caller()));
        let part = match (how, operator) {
            (Attending::Barge, _) => Part::Speak,
            (Attending::Whisper, Some(at)) => Part::Whisper { at: *at },
            (Attending::Listen | Attending::Whisper, _) => Part::Listen,
        };
        self.draft.phone(PhoneEffect::Join { to: of, call: leg, part });
    }

    /// The talk is over: nobody is left to listen to.
    pub(super) fn stop_attending(&mut self, of: CallId) {
        let attends = |live: &&LiveCall| {
            live.call.ended_at.is_none()
                && matches!(live.role, CallRole::Attending { of: at, .. } if at == of)
        };
        let legs: Vec<CallId> = self.calls.values().filter(attends).map(|live| live.call.id).collect();
        for call in legs {
            self.draft.phone(PhoneEffect::Hangup { call });
        }
    }

    /// The other end of a call put us on hold, or came back: it stands in the history of the talk.
    pub(super) fn held_by_telephone(&mut self, call: CallId, on: bool, now: Timestamp) {
        if self.calls.contains_key(&call) {
            self.tell(Line::new(EventKind::CallHeld, Entity::Call(call), json!({ "on": on })), now);
        }
    }
}

impl Attending {
    pub(super) fn part(self) -> CallPart {
        match self {
            Self::Listen => CallPart::Listens,
            Self::Whisper => CallPart::Whispers,
            Self::Barge => CallPart::Barges,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Barge => "barge",
        }
    }
}
