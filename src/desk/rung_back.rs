//! Whoever is owed a call and has their place in the queue: an operator is rung, then the number.

use super::Desk;
use super::calls::CallRole;
use super::effect::PhoneEffect;
use super::event::{EndReason, PlayId};
use super::legs::{Dialling, state_of};
use crate::domain::actor::Actor;
use crate::domain::call::{AttemptState, CallPart, CallPurpose, Joins};
use crate::domain::callback::CallbackState;
use crate::domain::ids::{CallId, CallbackId};
use crate::domain::language::Language;
use crate::domain::operator::OperatorState;
use crate::domain::timestamp::Timestamp;
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

impl Desk {
    /// Whoever is rung back is offered to an operator first: when they answer, the number is rung.
    pub(super) fn serve_callback(&mut self, id: CallbackId, now: Timestamp) {
        let Some(request) = self.callbacks.get(&id).cloned() else { return };
        if self.is_on_a_line(&request.number) {
            return; // they talk to us: their turn comes when they have hung up
        }
        let stages = self.tiers_from(request.station);
        let Some(user) = self.next_operator(&stages, request.language) else { return };
        let Some(operator) = self.operators.get(&user) else { return };
        let dialling = Dialling {
            role: CallRole::Offered(id),
            purpose: CallPurpose::Person,
            target: operator.record.extension.target(),
            number: None,
            station: request.station,
            ticket: request.ticket,
            ring_time: self.rules.policy.queue.operator_ring,
        };
        let actor = self.actor_of(user);
        self.move_callback(id, CallbackState::Offered, &actor, now);
        let leg = self.dial(dialling, now);
        if let Some(live) = self.call_mut(leg) {
            live.call.operator = Some(user);
        }
        self.move_operator(user, OperatorState::Ringing, (Some(leg), None), now);
    }

    /// The operator who was offered a request is there: the number is rung, and they hear music meanwhile.
    pub(super) fn operator_takes_callback(&mut self, leg: CallId, id: CallbackId, now: Timestamp) {
        let user = self.calls.get(&leg).and_then(|live| live.call.operator);
        let offered = self.callbacks.get(&id).filter(|it| it.state == CallbackState::Offered);
        // While the operator's telephone rang they may have rung us, or somebody dangerous come near.
        let offered = offered
            .filter(|it| self.may_be_rung_now(it, now) && !self.is_on_a_line(&it.number))
            .map(|request| request.id);
        let rung = user.filter(|_| offered.is_some()).and_then(|user| {
            let actor = self.actor_of(user);
            Some((user, self.ring_the_owed(id, &actor, now)?))
        });
        let Some((user, call)) = rung else {
            return self.draft.phone(PhoneEffect::Hangup { call: leg });
        };
        for (one, other) in [(call, leg), (leg, call)] {
            if let Some(live) = self.call_mut(one) {
                live.with.insert(other);
                live.call.operator = Some(user);
            }
        }
        if let Some(live) = self.call_mut(leg) {
            live.call.joins = Some(Joins { to: call, part: CallPart::Talks });
        }
        self.move_operator(user, OperatorState::Talking, (Some(call), None), now);
        let clips = self.clips(&Sentence::of(Language::Zh, Phrase::HoldMusic));
        self.draft.phone(PhoneEffect::Play { call: leg, play: PlayId(0), clips, repeat: true });
    }

    /// An operator's telephone rang for a request, and is over: whoever is owed the call waits for the next.
    pub(super) fn offer_of_callback_ended(
        &mut self,
        leg: CallId,
        id: CallbackId,
        reason: EndReason,
        now: Timestamp,
    ) {
        let talked = self.calls.get(&leg).is_some_and(|live| live.call.talked_at.is_some());
        self.close_attempt(leg, if talked { AttemptState::Done } else { state_of(reason) }, now);
        if self.callbacks.get(&id).is_some_and(|it| it.state == CallbackState::Offered) {
            self.move_callback(id, CallbackState::Queued, &Actor::SYSTEM, now);
        }
    }
}
