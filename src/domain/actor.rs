//! Who does something to a ticket.

use serde::{Deserialize, Serialize};

use super::ids::{PersonId, StationId, UserId, VolunteerId};
use super::names::named_enum;

named_enum! {
    /// The part somebody plays in a move; the table of DOMAIN §3 grants moves to parts.
    pub enum ActorKind {
        Citizen = "citizen",
        Volunteer = "volunteer",
        Operator = "operator",
        Dispatcher = "dispatcher",
        Handler = "handler",
        CallbackOfficer = "callback_officer",
        Supervisor = "supervisor",
        DutyOfficer = "duty_officer",
        Institution = "institution",
        /// The voice menu, for a caller.
        Ivr = "ivr",
        System = "system",
        /// A station of another region.
        Peer = "peer",
    }
}

/// Who it was, by opaque ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    /// The human being, where one is known: "not who handled" compares persons, not logins.
    pub person: Option<PersonId>,
    pub user: Option<UserId>,
    pub volunteer: Option<VolunteerId>,
    pub station: Option<StationId>,
}

impl Actor {
    pub const fn of(kind: ActorKind) -> Self {
        Self { kind, person: None, user: None, volunteer: None, station: None }
    }

    pub const SYSTEM: Self = Self::of(ActorKind::System);
    pub const IVR: Self = Self::of(ActorKind::Ivr);
    pub const CITIZEN: Self = Self::of(ActorKind::Citizen);

    pub fn volunteer(volunteer: VolunteerId, person: PersonId) -> Self {
        Self { volunteer: Some(volunteer), person: Some(person), ..Self::of(ActorKind::Volunteer) }
    }
}

named_enum! {
    /// A role a user holds at a station; several may be held at once.
    pub enum Role {
        Operator = "operator",
        Dispatcher = "dispatcher",
        Handler = "handler",
        CallbackOfficer = "callback_officer",
        Supervisor = "supervisor",
        DutyOfficer = "duty_officer",
        /// Reads figures and exports; moves nothing.
        Manager = "manager",
        /// Users, settings, imports.
        Administrator = "administrator",
    }
}

/// Who did something that another human being has to check: what they handled, noted or proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doer {
    pub person: Option<PersonId>,
    pub user: Option<UserId>,
}

impl Doer {
    /// The human being who acts; the line itself is none.
    pub fn of(actor: &Actor) -> Self {
        Self { person: actor.person, user: actor.user }
    }

    pub fn person(person: PersonId) -> Self {
        Self { person: Some(person), user: None }
    }

    pub fn is_known(self) -> bool {
        self.person.is_some() || self.user.is_some()
    }

    /// Whether both are one human being: by person where both are known, else by login.
    pub fn is_same(self, other: Self) -> bool {
        match (self.person, other.person) {
            (Some(one), Some(two)) => one == two,
            (Some(_), None) | (None, Some(_)) | (None, None) => {
                self.user.is_some() && self.user == other.user
            }
        }
    }
}
