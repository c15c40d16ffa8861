//! Who may open which page: roles × stations, one table for every route.

use std::collections::BTreeSet;

use axum::http::Method;

use crate::domain::actor::{Doer, Role};
use crate::domain::ids::{PersonId, StationId, UserId};
use crate::domain::language::Language;
use crate::domain::ticket::{Confidentiality, Ticket};
use crate::domain::work_item::WorkItem;

/// What a route asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Nothing: the login page, assets, health.
    Nobody,
    /// Anybody who is logged in.
    SignedIn,
    /// Sees tickets of their stations.
    Tickets,
    /// Asks the desk to change a ticket; which change, the desk's own table decides.
    Move,
    /// Takes wishes in.
    Intake,
    /// Rings people back, and sees who is owed a call.
    Callbacks,
    /// Reads texts that nobody understood; each reading is written down.
    Inbox,
    /// Hears recordings; each hearing is written down.
    Listen,
    /// Looks people up in the register.
    Register,
    /// Notes danger near a telephone, or abuse from it.
    MarkNumber,
    /// Notes that a helper saw something sad.
    SadEvent,
    /// Logins, imports, and what the jurisdiction has laid down.
    Administer,
    /// Says that a clock that jumped is right.
    Clock,
    /// Says what they are doing at their own telephone.
    Seat,
    /// Sees who waits for a person, and who is there for them.
    Queue,
    /// Says what an operator of theirs is doing.
    SetSeat,
    /// Listens to an operator's talk, whispers to them or joins; each time is written down.
    Attend,
}

impl Need {
    /// Roles that may; any one of them is enough. Empty where no role is asked for.
    pub const fn roles(self) -> &'static [Role] {
        use Role as R;
        match self {
            Self::Nobody | Self::SignedIn => &[],
            Self::Tickets => &[
                R::Operator,
                R::Dispatcher,
                R::Handler,
                R::CallbackOfficer,
                R::Supervisor,
                R::DutyOfficer,
                R::Manager,
            ],
            Self::Move | Self::Listen => {
                &[R::Operator, R::Dispatcher, R::Handler, R::CallbackOfficer, R::Supervisor, R::DutyOfficer]
            }
            Self::Intake | Self::Seat => &[R::Operator],
            Self::Queue => &[R::Operator, R::Dispatcher, R::Supervisor],
            Self::SetSeat | Self::Attend => &[R::Supervisor],
            Self::Callbacks => &[R::Operator, R::CallbackOfficer, R::Supervisor, R::DutyOfficer],
            Self::Administer => &[R::Administrator],
            Self::SadEvent => &[R::Operator, R::Dispatcher, R::CallbackOfficer, R::Supervisor],
            Self::Clock => &[R::Supervisor, R::Administrator],
            Self::Register | Self::Inbox | Self::MarkNumber => {
                &[R::Operator, R::Dispatcher, R::CallbackOfficer, R::Supervisor, R::DutyOfficer]
            }
        }
    }
}

/// Every route and what it needs. A route that is not here is refused to everybody.
pub const ROUTES: &[(&str, &str, Need)] = &[
    ("GET", "/login", Need::Nobody),
    ("POST", "/login", Need::Nobody),
    ("POST", "/logout", Need::SignedIn),
    ("GET", "/", Need::SignedIn),
    ("GET", "/me", Need::SignedIn),
    ("POST", "/me", Need::SignedIn),
    ("POST", "/me/password", Need::SignedIn),
    ("GET", "/keys", Need::SignedIn),
    ("GET", "/board", Need::Tickets),
    ("GET", "/live", Need::Tickets),
    ("GET", "/search", Need::Tickets),
    ("GET", "/tickets/new", Need::Intake),
    ("POST", "/tickets/new", Need::Intake),
    ("GET", "/tickets/{number}", Need::Tickets),
    ("GET", "/tickets/{number}/candidates", Need::Move),
    ("GET", "/tickets/{number}/institutions", Need::Move),
    ("POST", "/tickets/{number}/do/{action}", Need::Move),
    ("GET", "/callbacks", Need::Callbacks),
    ("GET", "/callbacks/{id}", Need::Callbacks),
    ("POST", "/callbacks/{id}/do/{action}", Need::Callbacks),
    ("GET", "/inbox", Need::Inbox),
    ("GET", "/inbox/{id}", Need::Inbox),
    ("POST", "/inbox/{id}/do/{action}", Need::Inbox),
    ("GET", "/calls", Need::Tickets),
    ("GET", "/stations", Need::SignedIn),
    ("GET", "/care", Need::Register),
    ("GET", "/people", Need::Register),
    ("POST", "/numbers", Need::MarkNumber),
    ("POST", "/volunteers/{id}/sad_event", Need::SadEvent),
    ("GET", "/recordings/{id}", Need::Listen),
    ("GET", "/users", Need::Administer),
    ("POST", "/users", Need::Administer),
    ("GET", "/users/{id}", Need::Administer),
    ("POST", "/users/{id}/do/{action}", Need::Administer),
    ("GET", "/imports", Need::Administer),
    ("POST", "/imports", Need::Administer),
    ("GET", "/settings", Need::Administer),
    ("GET", "/settings/{kind}", Need::Administer),
    ("POST", "/settings/{kind}", Need::Administer),
    ("POST", "/clock", Need::Clock),
    ("POST", "/seat/do/{action}", Need::Seat),
    ("POST", "/seat/call/{action}", Need::Seat),
    ("GET", "/queue", Need::Queue),
    ("POST", "/operators/{id}/do/{action}", Need::SetSeat),
    ("POST", "/operators/{id}/attend/{how}", Need::Attend),
];

/// What a route needs, by the method and the path it was declared with.
pub fn need(method: &Method, path: &str) -> Option<Need> {
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    ROUTES.iter().find(|(m, p, _)| *m == method && *p == path).map(|(_, _, need)| *need)
}

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub person: Option<PersonId>,
    pub name: String,
    pub language: Language,
    pub roles: Vec<(Role, StationId)>,
    /// The stations of those of their roles that may make the request, and all below them.
    pub scope: BTreeSet<StationId>,
}

impl User {
    pub fn may(&self, need: Need) -> bool {
        let wanted = need.roles();
        wanted.is_empty() || self.roles.iter().any(|(role, _)| wanted.contains(role))
    }

    pub fn holds(&self, role: Role) -> bool {
        self.roles.iter().any(|(held, _)| *held == role)
    }

    /// Whether a ticket is theirs to see: one of their stations owes the answer, or was the first to take it.
    ///
    /// A sealed one is seen by supervisors, duty officers and those who handle it.
    pub fn sees(&self, ticket: &Ticket) -> bool {
        self.sees_with(ticket, &[])
    }

    /// So do those whom a part of its work was given to, while that is not over.
    pub fn sees_with(&self, ticket: &Ticket, work: &[WorkItem]) -> bool {
        let given = |item: &WorkItem| item.state.is_live() && self.scope.contains(&item.station);
        let in_scope = self.scope.contains(&ticket.owner)
            || self.scope.contains(&ticket.first_receiver)
            || work.iter().any(given);
        in_scope
            && match ticket.confidentiality {
                Confidentiality::Normal | Confidentiality::Confidential => true,
                Confidentiality::Sealed => {
                    self.holds(Role::Supervisor)
                        || self.holds(Role::DutyOfficer)
                        || ticket.was_handled_by(self.doer())
                }
            }
    }

    /// As whoever acts is held against who handled it.
    pub fn doer(&self) -> Doer {
        Doer { person: self.person, user: Some(self.id) }
    }

    pub fn sees_station(&self, station: StationId) -> bool {
        self.scope.contains(&station)
    }

    /// The stations where a role is held, each once.
    pub fn stations(&self) -> BTreeSet<StationId> {
        self.stations_for(Need::SignedIn)
    }

    /// The stations where a role is held that may do this, each once: a role of one station opens nothing at another.
    pub fn stations_for(&self, need: Need) -> BTreeSet<StationId> {
        let wanted = need.roles();
        let held = self.roles.iter().filter(|(role, _)| wanted.is_empty() || wanted.contains(role));
        held.map(|(_, station)| *station).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(roles: &[(Role, i64)]) -> User {
        User {
            id: UserId(1),
            person: None,
            name: "测试".into(),
            language: Language::Zh,
            roles: roles.iter().map(|(role, station)| (*role, StationId(*station))).collect(),
            scope: BTreeSet::new(),
        }
    }

    #[test]
    fn a_manager_reads_and_moves_nothing() {
        let manager = user(&[(Role::Manager, 1)]);
        assert!(manager.may(Need::Tickets) && manager.may(Need::SignedIn));
        assert!(!manager.may(Need::Move) && !manager.may(Need::Listen) && !manager.may(Need::Intake));
    }

    #[test]
    fn an_administrator_sees_no_tickets() {
        let administrator = user(&[(Role::Administrator, 1)]);
        assert!(!administrator.may(Need::Tickets) && !administrator.may(Need::Register));
        assert!(administrator.may(Need::SignedIn));
    }

    #[test]
    fn a_role_of_one_station_opens_nothing_at_another() {
        let both = user(&[(Role::Manager, 1), (Role::Handler, 4), (Role::Administrator, 3)]);
        assert_eq!(both.stations_for(Need::Listen), [StationId(4)].into());
        assert_eq!(both.stations_for(Need::Tickets), [StationId(1), StationId(4)].into());
        assert_eq!(both.stations_for(Need::Administer), [StationId(3)].into());
        assert_eq!(both.stations().len(), 3);
    }

    #[test]
    fn a_route_nobody_declared_is_refused() {
        assert_eq!(need(&Method::GET, "/secret"), None);
        assert_eq!(need(&Method::POST, "/board"), None);
        assert_eq!(need(&Method::HEAD, "/board"), Some(Need::Tickets));
    }
}
