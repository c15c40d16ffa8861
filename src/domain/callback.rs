//! Requests to be rung back: what a call becomes when it ends with nothing in hand.

use serde::{Deserialize, Serialize};

use super::category::CategoryCode;
use super::ids::{CallId, CallbackId, JurisdictionId, PersonId, RecordingId, StationId, TicketId};
use super::language::Language;
use super::names::named_enum;
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;
use super::triage::Triage;

named_enum! {
    pub enum CallbackState {
        Queued = "queued",
        /// Shown to an operator who is to ring.
        Offered = "offered",
        Dialing = "dialing",
        Done = "done",
        RetryWait = "retry_wait",
        Exhausted = "exhausted",
        Cancelled = "cancelled",
    }
}

impl CallbackState {
    pub fn is_open(self) -> bool {
        match self {
            Self::Queued | Self::Offered | Self::Dialing | Self::RetryWait => true,
            Self::Done | Self::Exhausted | Self::Cancelled => false,
        }
    }
}

named_enum! {
    /// Why somebody is owed a call.
    pub enum CallbackReason {
        /// Hung up, or was cut off, with nothing in hand.
        Abandoned = "abandoned",
        /// Asked for it, or left a recording.
        Requested = "requested",
        /// Wanted a person and nobody was free.
        NobodyFree = "nobody_free",
        /// Waited for a person, and asked to be rung when their turn comes.
        KeptPlace = "kept_place",
        /// The server stopped during the call.
        Interrupted = "interrupted",
        /// Noted while the store was away.
        Emergency = "emergency",
        /// A ticket's resident has to be talked to by a person.
        Ticket = "ticket",
        /// A helper whose telephone takes no texts is to hear name and address, or what no call could tell.
        Helper = "helper",
        /// A station's duty telephone that no call of the machine reached.
        Station = "station",
        /// The coordinator is to have a word with a helper: after a sad event, or two no-shows.
        Coordinator = "coordinator",
        /// A care call that no machine may make.
        CareCall = "care_call",
    }
}

impl CallbackReason {
    /// Whether it takes nobody in particular to ring back: the rest is for whoever knows what it is about.
    pub fn is_for_anybody(self) -> bool {
        match self {
            Self::Abandoned
            | Self::Requested
            | Self::NobodyFree
            | Self::KeptPlace
            | Self::Interrupted
            | Self::Emergency => true,
            Self::Ticket | Self::Helper | Self::Station | Self::Coordinator | Self::CareCall => false,
        }
    }
}

/// One number that is owed a call; further calls from it add to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackRequest {
    pub id: CallbackId,
    pub jurisdiction: JurisdictionId,
    pub station: StationId,
    pub number: PhoneNumber,
    pub person: Option<PersonId>,
    pub language: Language,
    pub reason: CallbackReason,
    pub state: CallbackState,
    /// Never changes: the place in the queue does not grow.
    pub queued_at: Timestamp,
    /// By when somebody has to have rung (the triage clock).
    pub due: Timestamp,
    pub breached_at: Option<Timestamp>,
    /// Who was told that nobody rang.
    #[serde(default)]
    pub triage: Option<Triage>,
    /// The first call that made it.
    pub call: Option<CallId>,
    /// How many calls it stands for.
    pub calls: u32,
    pub tries: u32,
    pub next_try_at: Option<Timestamp>,
    pub recording: Option<RecordingId>,
    pub ticket: Option<TicketId>,
    /// The help that was chosen by key before the call ended.
    pub category: Option<CategoryCode>,
    /// Only a person may dial it: foreign, unverified and unknown numbers.
    pub by_person_only: bool,
    pub urgent: bool,
    pub ended_at: Option<Timestamp>,
}

impl CallbackRequest {
    /// Whether it waits among the callers for the next operator there is.
    pub fn may_stand_in_line(&self) -> bool {
        self.state == CallbackState::Queued && self.reason.is_for_anybody() && !self.by_person_only
    }

    /// The order in which those in line are served, as a caller's on the line.
    pub fn turn(&self) -> (bool, Timestamp, CallbackId) {
        (!self.urgent, self.queued_at, self.id)
    }
}
