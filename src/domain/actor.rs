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
