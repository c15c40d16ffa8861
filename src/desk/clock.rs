//! A machine's clock that was set: written down, and followed when somebody says so.

use serde_json::json;

use super::Desk;
use super::command::CommandOutcome;
use super::commands::{Answer, part_of, refuse};
use super::effect::Effect;
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::refusal::for_others;
use crate::domain::actor::{Actor, ActorKind, Role};
use crate::domain::timestamp::Timestamp;

impl Desk {
    pub(super) fn clock_stepped(&mut self, by_ms: i64, now: Timestamp) {
        let line = Line::new(EventKind::ClockStepped, Entity::Desk, json!({ "by_ms": by_ms }));
        self.tell(line, now);
    }

    /// A supervisor or administrator has looked at the machine's clock. Deadlines stay what they are: those that the
    /// step has passed are overdue, as after a restart.
    pub(super) fn confirm_clock(&mut self, by: &Commander, now: Timestamp) -> Answer {
        let may = |(role, _): &&(Role, _)| matches!(role, Role::Supervisor | Role::Administrator);
        let Some((role, station)) = by.roles.iter().find(may) else {
            return refuse(for_others(&[Role::Supervisor, Role::Administrator]));
        };
        let kind = part_of(*role).unwrap_or(ActorKind::System);
        let actor = Actor { kind, station: Some(*station), ..by.actor.clone() };
        self.tell(Line::new(EventKind::ClockConfirmed, Entity::Desk, json!({})).by(actor), now);
        self.draft.effects.push(Effect::FollowClock);
        Ok(CommandOutcome::Done)
    }
}
