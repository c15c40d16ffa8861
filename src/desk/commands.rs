//! What people at a console or the command line ask: checked against the table, their roles and what they saw.

use serde_json::json;

use super::Desk;
use super::case::Case;
use super::command::{CallbackCommand, Command, CommandOutcome};
use super::effect::Effect;
use super::event::Commander;
use super::history::{Entity, EventKind, Line};
use super::refusal::{Refusal, Why, for_others};
use super::ticket_commands::check_words;
use crate::domain::actor::{Actor, ActorKind, Role};
use crate::domain::callback::CallbackState;
use crate::domain::ids::{CallbackId, CommandId, StationId, TicketId, VolunteerId};
use crate::domain::ticket::{Channel, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::{Move, allowed, allowed_for_item};
use crate::domain::volunteer::DutyState;
use crate::domain::work_item::WorkItem;

/// What a command comes to.
pub(super) type Answer = Result<CommandOutcome, Refusal>;

pub(super) fn refuse<T>(why: impl Into<Refusal>) -> Result<T, Refusal> {
    Err(why.into())
}

impl Desk {
    pub(super) fn commanded(&mut self, id: CommandId, by: &Commander, command: &Command, now: Timestamp) {
        let outcome = match self.obey(by, command, now) {
            Ok(outcome) => outcome,
            Err(refusal) => CommandOutcome::Refused(refusal),
        };
        self.draft.effects.push(Effect::Reply { id, outcome });
    }

    fn obey(&mut self, by: &Commander, command: &Command, now: Timestamp) -> Answer {
        match command {
            Command::Ticket { ticket, version, what } => {
                self.take_up_past(*ticket, what);
                let Some(case) = self.cases.get(ticket) else {
                    return refuse(Why::TicketNotOpen);
                };
                if case.ticket.version != *version {
                    return refuse(Why::TicketChanged);
                }
                self.ticket_command(by, *ticket, what, now)
            }
            Command::Open(intake) => self.open_by_hand(by, intake, Channel::Console, None, now),
            Command::Callback { callback, what } => self.callback_command(by, *callback, what, now),
            Command::Inbox { text, what } => self.inbox_command(by, *text, what, now),
            Command::Number { number, station, what } => self.number_command(by, number, *station, what, now),
            Command::Duty { volunteer, duty } => self.set_duty(by, *volunteer, *duty, now),
            Command::SadEvent { volunteer, note } => self.sad_event(by, *volunteer, note, now),
            Command::Operator { whose, what } => self.operator_command(by, *whose, what, now),
            Command::Call { call, what } => self.call_command(by, *call, what, now),
            Command::Candidates { ticket, about } => self.candidates_for(by, *ticket, about, now),
            Command::ConfirmClock => self.confirm_clock(by, now),
        }
    }

    /// Who the asker is for this move: the first of their parts that the table lets make it.
    pub(super) fn acting(&self, by: &Commander, ticket: TicketId, mv: Move) -> Result<Actor, Refusal> {
        let case = &self.cases[&ticket];
        let mut refusal = None;
        for (role, station) in &by.roles {
            let Some(kind) = part_of(*role) else { continue };
            let concerned = self.covers(*station, case.ticket.owner)
                || (kind == ActorKind::Handler && self.works_on(*station, case));
            if !concerned {
                continue;
            }
            let state = case.ticket.state;
            let on_an_item = |item: &WorkItem| allowed_for_item(state, item.state, kind, mv).is_ok();
            match allowed(state, kind, mv) {
                Ok(_) => return Ok(Actor { kind, station: Some(*station), ..by.actor.clone() }),
                // Of two that were told one may be at work already while the other still waits.
                Err(_) if case.work.iter().any(on_an_item) => {
                    return Ok(Actor { kind, station: Some(*station), ..by.actor.clone() });
                }
                Err(refused) => refusal = Some(Refusal::from(refused)),
            }
        }
        Err(refusal.unwrap_or_else(|| Why::OtherStation.into()))
    }

    /// Whether the work was given to the station: as its own item, or told of it besides.
    fn works_on(&self, station: StationId, case: &Case) -> bool {
        case.ticket.progress.told.contains(&station)
            || case.live_work().any(|item| self.covers(station, item.station))
    }

    /// Who the asker is where any part at the ticket's station will do.
    pub(super) fn present(&self, by: &Commander, ticket: TicketId, parts: &[Role]) -> Result<Actor, Refusal> {
        let owner = self.cases[&ticket].ticket.owner;
        self.present_at(by, owner, parts)
    }

    pub(super) fn present_at(
        &self,
        by: &Commander,
        owner: StationId,
        parts: &[Role],
    ) -> Result<Actor, Refusal> {
        let held =
            by.roles.iter().find(|(role, station)| parts.contains(role) && self.covers(*station, owner));
        match held {
            Some((role, station)) => {
                let kind = part_of(*role).unwrap_or(ActorKind::Operator);
                Ok(Actor { kind, station: Some(*station), ..by.actor.clone() })
            }
            None => refuse(for_others(parts)),
        }
    }

    /// Whether a part held at `station` reaches down to `owner`.
    pub(super) fn covers(&self, station: StationId, owner: StationId) -> bool {
        let mut at = Some(owner);
        while let Some(id) = at {
            if id == station {
                return true;
            }
            at = self.stations.get(&id).and_then(|station| station.parent);
        }
        false
    }

    fn set_duty(
        &mut self,
        by: &Commander,
        volunteer: VolunteerId,
        duty: DutyState,
        now: Timestamp,
    ) -> Answer {
        let Some(home) = self.roster.find(volunteer).map(|v| v.home_station) else {
            return refuse(Why::NoSuchVolunteer);
        };
        let parts = [Role::Operator, Role::Dispatcher, Role::Supervisor];
        let actor = self.present_at(by, home, &parts)?;
        self.roster.set_duty(volunteer, duty);
        self.touch_volunteer(volunteer);
        let line = Line::new(EventKind::DutyChanged, Entity::Volunteer(volunteer), json!({ "to": duty }));
        self.tell(line.by(actor), now);
        Ok(CommandOutcome::Done)
    }

    fn sad_event(&mut self, by: &Commander, volunteer: VolunteerId, note: &str, now: Timestamp) -> Answer {
        let Some(home) = self.roster.find(volunteer).map(|v| v.home_station) else {
            return refuse(Why::NoSuchVolunteer);
        };
        let parts = [Role::Operator, Role::Dispatcher, Role::CallbackOfficer, Role::Supervisor];
        let actor = self.present_at(by, home, &parts)?;
        check_words(note)?;
        self.after_sad_event(volunteer, &actor, note, now);
        Ok(CommandOutcome::Done)
    }

    fn callback_command(
        &mut self,
        by: &Commander,
        id: CallbackId,
        what: &CallbackCommand,
        now: Timestamp,
    ) -> Answer {
        let Some(request) = self.callbacks.get(&id) else {
            return refuse(Why::CallbackOver);
        };
        let station = request.station;
        let number = request.number.clone();
        let rings = request.state == CallbackState::Dialing;
        let parts =
            [Role::Operator, Role::Dispatcher, Role::CallbackOfficer, Role::Supervisor, Role::DutyOfficer];
        let actor = self.present_at(by, station, &parts)?;
        let takes = matches!(what, CallbackCommand::Take | CallbackCommand::Dial { .. });
        if rings && takes {
            return refuse(Why::IsBeingRung);
        }
        match what {
            CallbackCommand::Take => self.move_callback(id, CallbackState::Offered, &actor, now),
            CallbackCommand::Dial { .. } if !self.may_reach(&number, now) => return refuse(Why::DangerNear),
            CallbackCommand::Dial { operator } => {
                self.dial_for_operator(id, operator, &actor, now);
            }
            CallbackCommand::Done { note } => {
                self.note_callback(id, &actor, note, now);
                self.move_callback(id, CallbackState::Done, &actor, now);
            }
            CallbackCommand::NotReached => {
                if let Some(request) = self.callback_mut(id) {
                    request.tries += 1;
                }
                self.callback_not_reached(id, &actor, now);
            }
            CallbackCommand::Cancel { reason } => {
                self.note_callback(id, &actor, reason, now);
                self.move_callback(id, CallbackState::Cancelled, &actor, now);
            }
            CallbackCommand::OpenTicket(intake) => {
                let mut intake = intake.as_ref().clone();
                intake.caller = intake.caller.or(Some(number));
                intake.station = intake.station.or(Some(station));
                let recording = self.callbacks.get(&id).and_then(|request| request.recording);
                let opened = self.open_by_hand(by, &intake, Channel::Console, recording, now)?;
                self.move_callback(id, CallbackState::Done, &actor, now);
                return Ok(opened);
            }
        }
        Ok(CommandOutcome::Done)
    }

    fn note_callback(&mut self, id: CallbackId, actor: &Actor, words: &str, now: Timestamp) {
        let person = self.callbacks.get(&id).and_then(|request| request.person);
        let line = Line::new(EventKind::TicketNoted, Entity::Callback(id), json!({ "words": words }));
        self.tell(line.by(actor.clone()).of(person), now);
    }

    pub(super) fn state_of_ticket(&self, ticket: TicketId) -> TicketState {
        self.cases[&ticket].ticket.state
    }
}

/// The part a role plays in the table; some roles move nothing.
pub(super) fn part_of(role: Role) -> Option<ActorKind> {
    match role {
        Role::Operator => Some(ActorKind::Operator),
        Role::Dispatcher => Some(ActorKind::Dispatcher),
        // The duty officer speaks for the station that was told.
        Role::Handler | Role::DutyOfficer => Some(ActorKind::Handler),
        Role::CallbackOfficer => Some(ActorKind::CallbackOfficer),
        Role::Supervisor => Some(ActorKind::Supervisor),
        Role::Manager | Role::Administrator => None,
    }
}
