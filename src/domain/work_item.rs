//! Work items (子工单): one per handler wanted. A ticket's state follows from them.

use serde::{Deserialize, Serialize};

use super::category::HandlerKind;
use super::clocks::Clock;
use super::ids::{FacilityId, StationId, TicketId, WorkItemId};
use super::names::named_enum;
use super::timestamp::Timestamp;

named_enum! {
    pub enum WorkRole {
        Lead = "lead",
        /// Helps the lead (协办).
        Co = "co",
    }
}

named_enum! {
    pub enum WorkState {
        /// Nobody asked yet.
        Open = "open",
        /// Volunteers are being asked.
        Offering = "offering",
        /// A station or institution was told.
        Sent = "sent",
        Accepted = "accepted",
        Working = "working",
        Done = "done",
        /// Given back with a reason.
        Returned = "returned",
        Withdrawn = "withdrawn",
        Failed = "failed",
    }
}

impl WorkState {
    /// Whether anybody still has to do something about it.
    pub fn is_live(self) -> bool {
        match self {
            Self::Open | Self::Offering | Self::Sent | Self::Accepted | Self::Working => true,
            Self::Done | Self::Returned | Self::Withdrawn | Self::Failed => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    pub id: WorkItemId,
    pub ticket: TicketId,
    pub role: WorkRole,
    pub kind: HandlerKind,
    pub state: WorkState,
    /// The station that answers for it.
    pub station: StationId,
    /// The institution it was given to, where its kind is one.
    pub facility: Option<FacilityId>,
    /// How many people are wanted.
    pub slots: u8,
    /// Waves sent so far.
    pub wave: u8,
    pub created_at: Timestamp,
    /// When it was last sent to a station or institution: the time for giving it back runs from here.
    pub sent_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// A co-handler's own: until somebody takes it, then until it is done. A lead is measured by the ticket's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
}
