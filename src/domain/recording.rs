//! Recordings: what was said, kept encrypted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{CallId, JurisdictionId, RecordingId, TicketId};
use super::names::named_enum;
use super::timestamp::Timestamp;

named_enum! {
    pub enum RecordingPurpose {
        /// Who, where and what, in the caller's own words.
        Description = "description",
        /// What to ring back about.
        Callback = "callback",
        /// A comment on the help given.
        Comment = "comment",
        /// A whole conversation.
        Conversation = "conversation",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    pub id: RecordingId,
    pub jurisdiction: JurisdictionId,
    pub call: CallId,
    pub ticket: Option<TicketId>,
    pub purpose: RecordingPurpose,
    pub started_at: Timestamp,
    pub length: Option<Duration>,
    /// False once the disk did not take all of it: it plays up to where it was cut.
    pub complete: bool,
}
