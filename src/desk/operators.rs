//! Operators: who is at work, who is rung next, and what each is left doing when a call is over.

use serde_json::json;

use super::Desk;
use super::calls::CallRole;
use super::command::{CommandOutcome, OperatorCommand};
use super::commands::{Answer, refuse};
use super::deadlines::Due;
use super::effect::PhoneEffect;
use super::event::{Commander, EndReason};
use super::history::{Entity, EventKind, Line};
use super::refusal::Why;
use crate::domain::actor::{Actor, ActorKind, Role};
use crate::domain::call::Disposition;
use crate::domain::extension::Extension;
use crate::domain::ids::{CallId, StationId, UserId};
use crate::domain::language::Language;
use crate::domain::operator::{AwayReason, OperatorRecord, OperatorStanding, OperatorState};
use crate::domain::timestamp::Timestamp;

/// An operator with what they are doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub record: OperatorRecord,
    pub standing: OperatorStanding,
}

impl Operator {
    /// Whether they answer for one of these stations.
    pub fn answers_for(&self, stations: &[StationId]) -> bool {
        self.record.stations.iter().any(|station| stations.contains(station))
    }
}

impl Desk {
    /// The operator, remembered as they were before this step touched them.
    fn standing_mut(&mut self, user: UserId) -> Option<&mut OperatorStanding> {
        let operator = self.operators.get_mut(&user)?;
        self.draft.operators_before.entry(user).or_insert_with(|| Some(operator.standing.clone()));
        Some(&mut operator.standing)
    }

    /// All operators there are: those who are no longer among them go home.
    pub(super) fn put_operators(&mut self, records: &[OperatorRecord], now: Timestamp) {
        let gone: Vec<UserId> = self
            .operators
            .keys()
            .filter(|user| records.iter().all(|record| record.user != **user))
            .copied()
            .collect();
        for user in &gone {
            self.move_operator(*user, OperatorState::Off, (None, None), now);
        }
        self.operators_gone.extend(gone);
        for record in records {
            match self.operators.get_mut(&record.user) {
                Some(operator) => operator.record = record.clone(),
                None => self.add_operator(record.clone(), None, now),
            }
        }
        self.operators_changed(now);
    }

    /// Adds an operator, with what they were doing when that is known.
    pub(super) fn add_operator(
        &mut self,
        record: OperatorRecord,
        standing: Option<OperatorStanding>,
        now: Timestamp,
    ) {
        let user = record.user;
        let standing = standing.unwrap_or(OperatorStanding {
            user,
            jurisdiction: self.jurisdiction.clone(),
            state: OperatorState::Off,
            since: now,
            away: None,
            call: None,
            idle_since: now,
        });
        self.operators.insert(user, Operator { record, standing });
    }

    /// Changes what an operator is doing. Who was only rung keeps their turn.
    pub(super) fn move_operator(
        &mut self,
        user: UserId,
        to: OperatorState,
        (call, away): (Option<CallId>, Option<AwayReason>),
        now: Timestamp,
    ) {
        let Some(standing) = self.standing_mut(user) else { return };
        let from = standing.state;
        if from == to && standing.call == call {
            return;
        }
        standing.state = to;
        standing.since = now;
        standing.away = away;
        standing.call = call;
        if to == OperatorState::Ready && from != OperatorState::Ringing {
            standing.idle_since = now;
        }
        let detail = json!({ "from": from, "to": to, "away": away });
        let actor = self.actor_of(user);
        self.tell(Line::new(EventKind::OperatorMoved, Entity::Operator(user), detail).by(actor), now);
    }

    pub(super) fn actor_of(&self, user: UserId) -> Actor {
        let person = self.operators.get(&user).and_then(|it| it.record.person);
        Actor { user: Some(user), person, ..Actor::of(ActorKind::Operator) }
    }

    /// Who is at work and answers for one of these stations.
    pub(super) fn at_work<'a>(&'a self, stations: &'a [StationId]) -> impl Iterator<Item = &'a Operator> {
        self.operators.values().filter(move |it| it.standing.state.is_at_work() && it.answers_for(stations))
    }

    /// Who is rung next for a caller: of those who are ready the one idle longest, among those who speak the
    /// caller's language when anybody at work does.
    pub(super) fn next_operator(&self, stations: &[StationId], language: Language) -> Option<UserId> {
        let speaks = |it: &Operator| it.record.speaks.contains(&language);
        let needs = self.at_work(stations).any(speaks);
        self.at_work(stations)
            .filter(|it| self.is_free(it) && (!needs || speaks(it)))
            .min_by_key(|it| (it.standing.idle_since, it.record.user))
            .map(|it| it.record.user)
    }

    pub(super) fn has_signed_on(&self, user: UserId) -> bool {
        let state = self.operators.get(&user).map(|it| it.standing.state);
        state.is_some_and(|state| state != OperatorState::Off)
    }

    /// A telephone that is rung by its address may be an operator's: it is they who are rung. Who is away or writes up
    /// stays so until they answer.
    pub(super) fn ring_at_operators(&mut self, leg: CallId, target: &str, of: CallId, now: Timestamp) {
        let Some(Ok(extension)) = Extension::of_target(target) else { return };
        let theirs = self.operator_at(&extension).map(|it| (it.record.user, it.standing.state));
        let Some((user, state)) = theirs else { return };
        if let Some(live) = self.call_mut(leg) {
            live.call.operator = Some(user);
        }
        if state == OperatorState::Ready {
            self.move_operator(user, OperatorState::Ringing, (Some(of), None), now);
        }
    }

    /// Whether their telephone is on a call, whatever it is for: a supervisor who listens is not rung.
    fn is_on_a_call(&self, user: UserId) -> bool {
        self.calls.values().any(|live| {
            live.call.operator == Some(user)
                && live.call.ended_at.is_none()
                && live.role.is_rung_for_another()
        })
    }

    /// Whether they may be rung for a caller now.
    pub(super) fn is_free(&self, operator: &Operator) -> bool {
        operator.standing.state == OperatorState::Ready && !self.is_on_a_call(operator.record.user)
    }

    /// Whose telephone an extension is.
    pub(super) fn operator_at(&self, extension: &Extension) -> Option<&Operator> {
        self.operators.values().find(|it| it.record.extension == *extension)
    }

    /// The leg of an operator is over: they write the call up, or are ready again, or away when they did not answer.
    pub(super) fn operator_leg_ended(&mut self, leg: CallId, reason: EndReason, now: Timestamp) {
        let Some(live) = self.calls.get(&leg) else { return };
        let of_an_operator = match live.role {
            CallRole::Leg { .. } | CallRole::Offered(_) | CallRole::BroughtIn { .. } => true,
            CallRole::Attending { .. }
            | CallRole::Incoming
            | CallRole::Survey(_)
            | CallRole::WhoComes(_)
            | CallRole::Alarm(_)
            | CallRole::Helper(..)
            | CallRole::Care(_)
            | CallRole::CareContact(_)
            | CallRole::Callback(_) => false,
        };
        let Some(user) = live.call.operator.filter(|_| of_an_operator) else { return };
        let talked = live.call.talked_at.is_some();
        let Some(standing) = self.operators.get(&user).map(|it| &it.standing) else { return };
        let about = standing.call;
        match standing.state {
            OperatorState::Talking if talked => {
                let began = live.call.talked_at.unwrap_or(now);
                self.learn_talk_length(now.since(began));
                return self.move_operator(user, OperatorState::WrapUp, (about, None), now);
            }
            // They waited for a number that was not reached.
            OperatorState::Talking => return self.ready_again(user, now),
            OperatorState::Ringing => {}
            OperatorState::Off | OperatorState::Ready | OperatorState::WrapUp | OperatorState::Away => return,
        }
        let away = match reason {
            // We stopped ringing them: somebody else was quicker, or the caller is gone.
            EndReason::Released | EndReason::Cancelled => None,
            EndReason::NoAnswer | EndReason::WentDeaf => Some(AwayReason::NoAnswer),
            EndReason::Busy | EndReason::Declined | EndReason::HungUp => Some(AwayReason::Declined),
            EndReason::NoSuchNumber | EndReason::NetworkFailed | EndReason::Refused => {
                Some(AwayReason::PhoneGone)
            }
        };
        let to = if away.is_some() { OperatorState::Away } else { OperatorState::Ready };
        self.move_operator(user, to, (None, away), now);
    }

    /// The telephone of an operator came, or went.
    pub(super) fn phone_reachable(&mut self, extension: &Extension, reachable: bool, now: Timestamp) {
        if reachable {
            self.reachable.insert(extension.clone());
        } else {
            self.reachable.remove(extension);
        }
        let theirs = self.operator_at(extension);
        let Some((user, standing)) = theirs.map(|it| (it.record.user, it.standing.clone())) else { return };
        match (reachable, standing.state, standing.away) {
            (false, OperatorState::Ready, _) => {
                self.move_operator(user, OperatorState::Away, (None, Some(AwayReason::PhoneGone)), now);
            }
            (true, OperatorState::Away, Some(AwayReason::PhoneGone)) => {
                self.move_operator(user, OperatorState::Ready, (None, None), now);
            }
            _ => {}
        }
        self.operators_changed(now);
    }

    /// Whether a telephone of theirs is registered.
    fn has_telephone(&self, user: UserId) -> bool {
        self.operators.get(&user).is_some_and(|it| self.reachable.contains(&it.record.extension))
    }

    /// A call is over, or written up: they are ready again, unless their telephone went meanwhile.
    fn ready_again(&mut self, user: UserId, now: Timestamp) {
        if self.has_telephone(user) {
            self.move_operator(user, OperatorState::Ready, (None, None), now);
        } else {
            self.move_operator(user, OperatorState::Away, (None, Some(AwayReason::PhoneGone)), now);
        }
    }

    /// When an operator who writes a call up is ready by themselves.
    pub(super) fn wrap_up_ends(&self, user: UserId) -> Option<Timestamp> {
        let standing = &self.operators.get(&user)?.standing;
        (standing.state == OperatorState::WrapUp).then(|| standing.since + self.rules.policy.queue.wrap_up)
    }

    pub(super) fn operator_due(&mut self, user: UserId, now: Timestamp) {
        if self.wrap_up_ends(user).is_some_and(|at| at <= now) {
            self.ready_again(user, now);
        }
        // After a restart it is the first tick: a step that restores rings nobody.
        self.deadlines.set(Due::Operator(user), self.wrap_up_ends(user));
        self.operators_changed(now);
    }

    pub(super) fn operator_command(
        &mut self,
        by: &Commander,
        whose: Option<UserId>,
        what: &OperatorCommand,
        now: Timestamp,
    ) -> Answer {
        let Some(user) = whose.or(by.actor.user) else { return refuse(Why::NoTelephone) };
        let Some(operator) = self.operators.get(&user).cloned() else { return refuse(Why::NoTelephone) };
        if by.actor.user != Some(user) {
            // Somebody else's: a shift supervisor of theirs.
            let home = operator.record.stations.first().copied();
            let Some(home) = home else { return refuse(Why::NoTelephone) };
            self.present_at(by, home, &[Role::Supervisor])?;
        }
        let on_a_call = operator.standing.state == OperatorState::Talking;
        match what {
            OperatorCommand::Ready if on_a_call => return refuse(Why::IsTalking),
            // Their telephone rings: they are as ready as can be.
            OperatorCommand::Ready if operator.standing.state == OperatorState::Ringing => {}
            OperatorCommand::Ready if !self.has_telephone(user) => return refuse(Why::PhoneNotRegistered),
            OperatorCommand::Ready => {
                self.move_operator(user, OperatorState::Ready, (None, None), now);
            }
            OperatorCommand::Away | OperatorCommand::SignOff if on_a_call => return refuse(Why::IsTalking),
            OperatorCommand::Away => {
                self.stop_ringing_operator(user);
                self.move_operator(user, OperatorState::Away, (None, Some(AwayReason::Asked)), now);
            }
            OperatorCommand::SignOff => {
                self.stop_ringing_operator(user);
                self.move_operator(user, OperatorState::Off, (None, None), now);
            }
            OperatorCommand::WrapUp { .. } if operator.standing.state != OperatorState::WrapUp => {
                return refuse(Why::NothingToWriteUp);
            }
            OperatorCommand::WrapUp { disposition } => {
                if let (Some(disposition), Some(call)) = (disposition, operator.standing.call) {
                    self.dispose(call, *disposition, by, now);
                }
                self.ready_again(user, now);
            }
        }
        self.operators_changed(now);
        Ok(CommandOutcome::Done)
    }

    /// What the last call came to: kept with the call, which may be over.
    fn dispose(&mut self, call: CallId, disposition: Disposition, by: &Commander, now: Timestamp) {
        if let Some(live) = self.call_mut(call) {
            live.call.disposition = Some(disposition);
        } else {
            self.draft.dispositions.push((call, disposition));
        }
        let detail = json!({ "disposition": disposition });
        let line = Line::new(EventKind::CallDisposed, Entity::Call(call), detail);
        self.tell(line.by(by.actor.clone()), now);
    }

    fn stop_ringing_operator(&mut self, user: UserId) {
        let rings = self.calls.values().filter(|live| {
            live.call.operator == Some(user)
                && live.call.ended_at.is_none()
                && live.call.talked_at.is_none()
                && live.role.is_rung_for_another()
                && !matches!(live.role, CallRole::Attending { .. })
        });
        let legs: Vec<CallId> = rings.map(|live| live.call.id).collect();
        for call in legs {
            self.draft.phone(PhoneEffect::Hangup { call });
        }
    }
}
