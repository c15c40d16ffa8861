//! What people have noted of a telephone number: danger near it (SAF-8), abuse from it (SAF-9).

use super::actor::Doer;
use serde::{Deserialize, Serialize};

use super::ids::{JurisdictionId, MarkId, StationId};
use super::phone_number::PhoneNumber;
use super::safety::{self, AbuseStep};
use super::ticket::Window;
use super::timestamp::Timestamp;

/// The marks of one number. One without any is no row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberMark {
    pub id: MarkId,
    pub number: PhoneNumber,
    pub jurisdiction: JurisdictionId,
    /// Whose people marked it.
    pub station: StationId,
    /// Somebody dangerous may hear or read what comes to this telephone.
    pub abuser_near: bool,
    /// When the caller said that it may be rung all the same.
    pub safe: Option<Window>,
    pub abuse: AbuseStep,
    /// Who noted the last abusive call: somebody else leads it on to the recorded line.
    pub noted_by: Option<Doer>,
    /// Its calls go to the recorded line until then.
    pub limited_until: Option<Timestamp>,
    pub changed_at: Timestamp,
}

/// Whether a number may be rung or texted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Now,
    /// At the time its owner said is safe.
    At(Timestamp),
    /// Only its owner can say when.
    Never,
}

impl NumberMark {
    /// Whether nothing is noted of it any more.
    pub fn is_blank(&self) -> bool {
        !self.abuser_near && self.abuse == AbuseStep::None && self.limited_until.is_none()
    }

    /// SAF-8: not while an abuser may hear, but at the time that was said to be safe.
    pub fn reach(&self, now: Timestamp) -> Reach {
        let safe = self.safe.map(|window| (window.from, window.until));
        if safety::may_ring_back(self.abuser_near, safe, now) {
            return Reach::Now;
        }
        self.safe.filter(|window| window.from > now).map_or(Reach::Never, |window| Reach::At(window.from))
    }

    /// SAF-9: whether its calls are led to the recorded line.
    pub fn is_limited(&self, now: Timestamp) -> bool {
        safety::to_recorded_line(self.limited_until, now)
    }
}
