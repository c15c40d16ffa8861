//! Asking the resident whether the help helped.

use serde::{Deserialize, Serialize};

use super::ids::{JurisdictionId, SurveyId, TicketId};
use super::names::named_enum;
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;

named_enum! {
    pub enum SurveyState {
        /// Waiting for its hour.
        Planned = "planned",
        /// A machine or a person is talking to the resident.
        Asking = "asking",
        /// The text is out; silence closes as unreachable.
        Texted = "texted",
        /// A person has to ask.
        ForPerson = "for_person",
        Answered = "answered",
        Unreachable = "unreachable",
        Cancelled = "cancelled",
        /// A consultation outside the sample: it is closed without anybody being asked.
        NotAsked = "not_asked",
    }
}

named_enum! {
    /// "Was it resolved?" Keys 1, 2, 3; letters A, B, C by text.
    pub enum Resolved {
        Yes = "yes",
        Partly = "partly",
        No = "no",
    }
}

named_enum! {
    pub enum Satisfaction {
        Satisfied = "satisfied",
        Basically = "basically",
        Not = "not",
    }
}

impl Satisfaction {
    /// What it says of whoever helped, in thousandths.
    pub const fn rating(self) -> u16 {
        match self {
            Self::Satisfied => 1_000,
            Self::Basically => 500,
            Self::Not => 0,
        }
    }
}

/// One call-back survey of one handled ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    pub id: SurveyId,
    pub jurisdiction: JurisdictionId,
    pub ticket: TicketId,
    pub number: PhoneNumber,
    pub state: SurveyState,
    /// A machine may ask: the resident agreed, and nothing demands a person.
    pub by_machine: bool,
    pub tries: u8,
    /// Hours of the day (0–23) at which a try was made, to try at another.
    pub tried_hours: Vec<u8>,
    pub next_try_at: Timestamp,
    pub resolved: Option<Resolved>,
    pub satisfaction: Option<Satisfaction>,
    /// Answered within ten minutes of `handled`, or from the helper's own number.
    pub discounted: bool,
    pub ended_at: Option<Timestamp>,
}

impl Survey {
    /// Whether what they said of the helpers counts already.
    pub fn has_rated(&self) -> bool {
        self.satisfaction.is_some() && !self.discounted
    }
}
