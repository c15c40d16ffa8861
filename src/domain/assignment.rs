//! Assignments: a helper bound to a piece of work.

use serde::{Deserialize, Serialize};

use super::ids::{AssignmentId, OfferId, PersonId, StationId, TicketId, VolunteerId, WorkItemId};
use super::names::named_enum;
use super::ticket::Window;
use super::timestamp::Timestamp;

named_enum! {
    pub enum AssignmentKind {
        Visit = "visit",
        Phone = "phone",
        Group = "group",
    }
}

named_enum! {
    pub enum AssignmentState {
        /// Starts in more than an hour: not busy yet.
        Booked = "booked",
        Accepted = "accepted",
        EnRoute = "en_route",
        OnSite = "on_site",
        Done = "done",
        Aborted = "aborted",
        NoShow = "no_show",
        Cancelled = "cancelled",
    }
}

impl AssignmentState {
    /// Whether the helper is still expected to do something.
    pub fn is_live(self) -> bool {
        match self {
            Self::Booked | Self::Accepted | Self::EnRoute | Self::OnSite => true,
            Self::Done | Self::Aborted | Self::NoShow | Self::Cancelled => false,
        }
    }

    /// Whether it keeps the helper from other visits.
    pub fn is_active(self) -> bool {
        match self {
            Self::Accepted | Self::EnRoute | Self::OnSite => true,
            Self::Booked | Self::Done | Self::Aborted | Self::NoShow | Self::Cancelled => false,
        }
    }
}

/// Four digits said at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitCode(pub u16);

impl std::fmt::Display for VisitCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub id: AssignmentId,
    pub ticket: TicketId,
    pub work_item: WorkItemId,
    /// The volunteer, or none for staff.
    pub volunteer: Option<VolunteerId>,
    /// The human being who does it, when known.
    pub person: Option<PersonId>,
    pub station: StationId,
    pub offer: Option<OfferId>,
    pub kind: AssignmentKind,
    pub state: AssignmentState,
    pub visit_code: VisitCode,
    pub window: Window,
    pub accepted_at: Timestamp,
    /// Asked "on the way?"; the no-show deadline runs.
    pub asked_at: Option<Timestamp>,
    pub checked_in_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Planned minutes on site.
    pub minutes: u16,
}
