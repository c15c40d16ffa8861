//! Operators at their telephones: ready, away, gone home, talking, leading callers on, writing up.

use yingda::desk::command::{CallCommand, Command, OperatorCommand};
use yingda::desk::event::{Commander, DeskEvent, PhoneEvent};
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::extension::Extension;
use yingda::domain::ids::{CallId, PersonId, StationId, UserId};
use yingda::domain::language::Language;
use yingda::domain::operator::{OperatorRecord, OperatorState};

use super::world::{Next, World};

/// Two at the committee, one in the street, one in the district.
pub(super) fn all() -> Vec<OperatorRecord> {
    [(201, 3), (202, 3), (203, 2), (204, 1)]
        .map(|(extension, station)| OperatorRecord {
            user: UserId(extension),
            person: Some(PersonId(extension)),
            extension: Extension::parse(&extension.to_string()).unwrap(),
            stations: vec![StationId(station)],
            speaks: vec![Language::Zh],
        })
        .to_vec()
}

impl World {
    /// One of them does something at their telephone, or something is done to it.
    pub(super) fn at_a_seat(&mut self) {
        let wait = self.seconds(5, 90);
        self.after(wait, Next::AtASeat);
        let records = self.ledger.operators.clone();
        let record = records[self.chance.below(4) as usize].clone();
        let standing = self.ledger.standings.get(&record.user);
        let state = standing.map_or(OperatorState::Off, |standing| standing.state);
        let talks_with = standing.and_then(|standing| standing.call);
        if self.once_in(25) {
            return self.telephone_comes_or_goes(record.extension);
        }
        let command = match (state, talks_with) {
            (OperatorState::Talking, Some(call)) => {
                Command::Call { call, what: self.in_a_talk(&record.extension) }
            }
            _ => {
                let what = match self.chance.below(10) {
                    0 => OperatorCommand::Away,
                    1 => OperatorCommand::SignOff,
                    2 => OperatorCommand::WrapUp { disposition: None },
                    _ => OperatorCommand::Ready,
                };
                Command::Operator { whose: None, what }
            }
        };
        let actor =
            Actor { user: Some(record.user), person: record.person, ..Actor::of(ActorKind::Operator) };
        let roles = record.stations.iter().map(|station| (Role::Operator, *station)).collect();
        let id = self.chance.mint(self.now);
        self.tell(DeskEvent::Commanded { id, by: Commander { actor, roles }, command });
    }

    fn telephone_comes_or_goes(&mut self, extension: Extension) {
        let reachable = !self.ledger.reachable.contains(&extension);
        if reachable {
            self.ledger.reachable.insert(extension.clone());
        } else {
            self.ledger.reachable.remove(&extension);
        }
        self.tell(DeskEvent::Phone(PhoneEvent::PhoneReachable { extension, reachable }));
    }

    fn in_a_talk(&mut self, own: &Extension) -> CallCommand {
        let colleague = ["201", "202", "203", "204"][self.chance.below(4) as usize];
        let to = if colleague == own.to_string() { "110" } else { colleague }.to_owned();
        match self.chance.below(9) {
            0 | 1 => CallCommand::Hold { on: true },
            2 => CallCommand::Hold { on: false },
            3 => CallCommand::Mute { on: self.once_in(2) },
            4 => CallCommand::Transfer { to },
            5 => CallCommand::BringIn { to, aside: true },
            6 => CallCommand::BringIn { to, aside: false },
            _ => CallCommand::HangUp,
        }
    }
}

/// The callers an operator talks with at their telephone at once.
pub(super) fn talks_of(ledger: &super::ledger::Ledger, record: &OperatorRecord) -> Vec<CallId> {
    let target = record.extension.target();
    let legs = ledger.calls.values().filter(|call| {
        call.ended_at.is_none()
            && call.answered_at.is_some()
            && call.dialled == target
            && call.joins.is_some()
    });
    legs.map(|call| call.id).collect()
}
