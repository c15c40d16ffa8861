//! Texts that the line did not understand: a person of a station reads them (DOMAIN §5).

use serde::{Deserialize, Serialize};

use super::ids::{JurisdictionId, MessageId, PersonId, StationId, TicketId};
use super::names::named_enum;
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;
use super::triage::Triage;

named_enum! {
    /// Where a text stands that waits for a person.
    pub enum InboxState {
        Waiting = "waiting",
        /// Somebody wrote back.
        Answered = "answered",
        /// It became a ticket.
        Ticket = "ticket",
        /// Read, and nothing more is owed.
        Done = "done",
    }
}

/// A text in a station's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxText {
    /// The inbound text's own.
    pub id: MessageId,
    pub jurisdiction: JurisdictionId,
    pub station: StationId,
    pub from: PhoneNumber,
    pub person: Option<PersonId>,
    pub body: String,
    pub received_at: Timestamp,
    /// By when somebody has to have read it (the triage clock).
    pub due: Timestamp,
    pub triage: Option<Triage>,
    /// What the line itself sent back; none where the number had its help text within the hour.
    pub line_said: Option<MessageId>,
    pub state: InboxState,
    /// What a person sent back.
    pub answer: Option<MessageId>,
    pub ticket: Option<TicketId>,
    pub ended_at: Option<Timestamp>,
}

impl InboxText {
    /// When somebody has to be told that it still waits.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match (self.state, self.triage) {
            (InboxState::Waiting, None) => Some(self.due),
            (InboxState::Waiting, Some(triage)) => triage.next_at(),
            (InboxState::Answered | InboxState::Ticket | InboxState::Done, _) => None,
        }
    }
}
