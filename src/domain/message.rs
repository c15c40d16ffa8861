//! Text messages, both directions, and what became of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::{JurisdictionId, MessageId, OfferId, SurveyId, TicketId};
use super::names::named_enum;
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;

named_enum! {
    /// Where an outgoing text stands.
    pub enum TextState {
        /// Committed, not yet handed to the centre.
        Waiting = "waiting",
        /// Every part accepted by the centre.
        Sent = "sent",
        /// Every part reported on the handset.
        Delivered = "delivered",
        Failed = "failed",
        /// Withdrawn before it left.
        Cancelled = "cancelled",
        /// `not_after` passed before it could leave.
        Expired = "expired",
    }
}

/// A text to be sent: an outbox row. It goes at least once, or not at all when cancelled first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingText {
    pub id: MessageId,
    pub jurisdiction: JurisdictionId,
    pub to: PhoneNumber,
    /// The template's name and parameters, for centres that take only approved templates.
    pub template: String,
    pub parameters: BTreeMap<String, String>,
    /// The rendered words.
    pub body: String,
    pub ticket: Option<TicketId>,
    pub offer: Option<OfferId>,
    pub survey: Option<SurveyId>,
    pub created_at: Timestamp,
    /// Not handed over before this moment (quiet hours).
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Quiet hours are checked again when it is sent, unless it is urgent.
    pub quiet_exempt: bool,
    pub state: TextState,
}

/// A text that came in, committed before the centre is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundText {
    pub id: MessageId,
    pub from: PhoneNumber,
    /// The short number it was sent to.
    pub to: String,
    pub body: String,
    pub received_at: Timestamp,
}

/// What the centre said about a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextReport {
    pub id: MessageId,
    pub state: TextState,
    pub at: Timestamp,
    /// Parts it was sent in.
    pub segments: u8,
    /// The centre's reason, in its own code, when it failed.
    pub reason: Option<String>,
}
