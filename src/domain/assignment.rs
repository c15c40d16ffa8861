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

named_enum! {
    /// What a helper, or a duty telephone, is rung for: all of it where the telephone takes no texts, their safety for
    /// everybody.
    pub enum HelperCall {
        /// Will you do it?
        Offer = "offer",
        /// You do it: when, and with which code.
        Details = "details",
        /// It is soon: can you come?
        Reminder = "reminder",
        OnTheWay = "on_the_way",
        /// Not heard of since the door (SAF-5).
        AreYouWell = "are_you_well",
        CalledOff = "called_off",
        /// Whoever was to come with you cannot: do not go yet (SAF-4).
        PartnerMissing = "partner_missing",
        /// Not before another time.
        PutOff = "put_off",
        /// At another time: can you come?
        NewTime = "new_time",
        /// To a station: whoever went is not heard of, find out.
        VisitorSilent = "visitor_silent",
        /// To a station: a ticket waits for a person to look at it.
        Look = "look",
    }
}

impl HelperCall {
    /// Whether somebody at a door may be in danger: such a call waits for no morning, and no cap of a day holds it back.
    pub fn is_about_a_life(self) -> bool {
        matches!(self, Self::AreYouWell | Self::VisitorSilent)
    }
}

/// A call that is still owed to a helper. It stays until it was heard, answered or given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    pub why: HelperCall,
    /// The next try; while the telephone rings, the moment by which the try must have ended.
    pub at: Timestamp,
    pub tries: u8,
}

impl Ring {
    pub fn new(why: HelperCall, at: Timestamp) -> Self {
        Self { why, at, tries: 0 }
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
    /// When the helper was last asked something: a reminder, "on the way?", "are you well?".
    pub asked_at: Option<Timestamp>,
    /// A booked visit that the helper said yes to once more.
    pub confirmed_at: Option<Timestamp>,
    /// The helper's last "I am well" from the door: the watch over the visit starts anew from it.
    pub well_at: Option<Timestamp>,
    /// A station or an institution was asked whether somebody is there, and nobody said so: it is supervised, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_at: Option<Timestamp>,
    pub ring: Option<Ring>,
    pub checked_in_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Planned minutes on site.
    pub minutes: u16,
}

impl Assignment {
    /// Whether "are you well?" waits for an answer: a 1 then means yes.
    pub fn is_asked_after(&self) -> bool {
        let heard = self.checked_in_at.max(self.well_at);
        self.state == AssignmentState::OnSite && self.asked_at > heard
    }
}
