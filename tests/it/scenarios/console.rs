//! What people at a console of the town ask of the desk.

use yingda::desk::command::{Command, Intake, TicketCommand};
use yingda::desk::event::{Commander, DeskEvent};
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::category::Catalogue;
use yingda::domain::ids::{PersonId, StationId};
use yingda::domain::settings::SettingsKind;
use yingda::service::rules;

use super::town::{COMMITTEE, Town, area, number};

impl Town {
    /// Somebody (900 and up are their persons) does something to the latest ticket.
    pub fn does(&mut self, person: i64, role: Role, what: TicketCommand) -> &mut Self {
        let (ticket, version) = (self.ticket().id, self.ticket().version);
        let what = self.as_the_page_sends(what);
        let command = Command::Ticket { ticket, version, what };
        self.asks_as(person, role, command)
    }

    /// Where two have to go the page asks who the second is.
    fn as_the_page_sends(&self, what: TicketCommand) -> TicketCommand {
        let ticket = self.ticket();
        let catalogue = Catalogue::parse(rules::built_in(SettingsKind::Catalogue)).unwrap();
        let category = ticket.category.as_ref().and_then(|code| catalogue.find(code));
        let two = ticket.two_person || category.is_some_and(|category| category.persons >= 2);
        if two && what == TicketCommand::Accept {
            return TicketCommand::AcceptTwo { second: "赵同去".into() };
        }
        what
    }

    /// Somebody of one station does something to the latest ticket.
    pub fn does_at(&mut self, station: i64, person: i64, role: Role, what: TicketCommand) -> &mut Self {
        let (ticket, version) = (self.ticket().id, self.ticket().version);
        let what = self.as_the_page_sends(what);
        let command = Command::Ticket { ticket, version, what };
        let actor = Actor { person: Some(PersonId(person)), ..Actor::of(ActorKind::Operator) };
        let by = Commander { actor, roles: vec![(role, StationId(station))] };
        let id = self.chance.mint(self.now);
        self.tell(DeskEvent::Commanded { id, by, command });
        self
    }

    /// An operator of the district asks for something.
    pub fn asks(&mut self, role: Role, command: Command) -> &mut Self {
        self.asks_as(900, role, command)
    }

    /// A person of the district asks for something.
    pub fn asks_as(&mut self, person: i64, role: Role, command: Command) -> &mut Self {
        let actor = Actor { person: Some(PersonId(person)), ..Actor::of(ActorKind::Operator) };
        let by = Commander { actor, roles: vec![(role, StationId(1))] };
        let id = self.chance.mint(self.now);
        self.tell(DeskEvent::Commanded { id, by, command });
        self
    }

    /// An operator types in a ticket for the registered home and sends it out.
    pub fn opens_by_hand(&mut self, category: &str) -> &mut Self {
        self.opens(category, "13900000001", |_| {})
    }

    /// The same for anybody, with whatever else is said.
    pub fn opens(&mut self, category: &str, caller: &str, more: impl FnOnce(&mut Intake)) -> &mut Self {
        let mut intake = Intake {
            station: Some(StationId(3)),
            caller: Some(number(caller)),
            category: Some(Self::category(category)),
            area: Some(area(COMMITTEE)),
            address: Some("商城路1号2单元301".into()),
            survey_consent: Some(true),
            ..Intake::default()
        };
        more(&mut intake);
        self.asks(Role::Operator, Command::Open(Box::new(intake)));
        self.does(900, Role::Operator, TicketCommand::Dispatch(Box::default()))
    }
}
