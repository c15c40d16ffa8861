//! Triage: word of what came in goes from station to station until somebody has looked at it (DOMAIN §4).

use serde::{Deserialize, Serialize};

use super::ids::StationId;
use super::timestamp::Timestamp;

/// How far word has gone of something that nobody looked at in time. Data: it survives a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "triage", rename_all = "snake_case")]
pub enum Triage {
    /// The last station that was told; the next one above hears of it at `next_at`.
    Told { station: StationId, next_at: Timestamp },
    /// Every staffed station was told, or there is none: it is on the duty officer's list.
    DutyList { since: Timestamp },
}

impl Triage {
    /// When the next is told; none when there is nobody further up.
    pub const fn next_at(self) -> Option<Timestamp> {
        match self {
            Self::Told { next_at, .. } => Some(next_at),
            Self::DutyList { .. } => None,
        }
    }

    pub const fn is_on_duty_list(self) -> bool {
        match self {
            Self::Told { .. } => false,
            Self::DutyList { .. } => true,
        }
    }
}
