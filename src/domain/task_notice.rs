//! Notices of tasks: one piece of work, one duty telephone, one code its answers are recognised by.

use serde::{Deserialize, Serialize};

use super::assignment::Ring;
use super::ids::{FacilityId, MessageId, StationId, TaskNoticeId, TicketId};
use super::offer::ReplyCode;
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;

/// A station's duty telephone, or an institution's, was told of work it may take.
///
/// The telephone stands for the station or institution: who held it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskNotice {
    pub id: TaskNoticeId,
    pub ticket: TicketId,
    /// The station that was told; where an institution was, the one that has the duty to answer.
    pub station: StationId,
    pub facility: Option<FacilityId>,
    pub phone: PhoneNumber,
    pub code: ReplyCode,
    /// Its text, where the telephone takes one.
    pub text: Option<MessageId>,
    pub created_at: Timestamp,
    /// When the last part went out.
    pub sent_at: Option<Timestamp>,
    /// When whoever was told took the work.
    pub taken_at: Option<Timestamp>,
    /// When there was nothing left to say about it: given back, done, or somebody else's.
    pub ended_at: Option<Timestamp>,
}

impl TaskNotice {
    /// Whether the work is theirs and goes on.
    pub fn is_taken(&self) -> bool {
        self.taken_at.is_some() && self.ended_at.is_none()
    }

    /// Whether it waits for somebody to take it.
    pub fn is_open(&self) -> bool {
        self.taken_at.is_none() && self.ended_at.is_none()
    }
}

/// A call that is owed to a duty telephone, about one ticket. It stays until it was heard, answered or given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationCall {
    pub station: StationId,
    /// The task it is about; without one whoever is at the station's telephone is told of the ticket.
    pub task: Option<TaskNoticeId>,
    pub ring: Ring,
}
