//! Callers who wait for a person: one place a call, which never gets worse.

use serde::{Deserialize, Serialize};

use super::ids::{CallId, JurisdictionId, StationId, UserId};
use super::language::Language;
use super::names::named_enum;
use super::timestamp::Timestamp;

named_enum! {
    pub enum QueueState {
        Waiting = "waiting",
        Answered = "answered",
        /// Hung up while waiting.
        Abandoned = "abandoned",
        /// Asked to be rung back when their turn comes.
        Kept = "kept",
        /// Nobody was left to wait for, or it took too long: the menu or a call-back request followed.
        GivenUp = "given_up",
        /// Pressed 9: everybody is rung for them, and no queue holds them.
        Emergency = "emergency",
    }
}

/// A call's place among those who wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueEntry {
    pub call: CallId,
    pub jurisdiction: JurisdictionId,
    pub station: StationId,
    pub language: Language,
    pub urgent: bool,
    pub state: QueueState,
    /// The place in line: it never changes, and is older than the wish of who had it before.
    pub queued_at: Timestamp,
    /// When they wanted a person, this time.
    pub wished_at: Timestamp,
    /// The place that was said last: a later one is never higher.
    pub said_place: Option<u16>,
    pub ended_at: Option<Timestamp>,
    /// Who answered.
    pub operator: Option<UserId>,
}

impl QueueEntry {
    /// The order in which callers are served: the urgent first, then who came first.
    pub fn turn(&self) -> (bool, Timestamp, CallId) {
        (!self.urgent, self.queued_at, self.call)
    }
}
