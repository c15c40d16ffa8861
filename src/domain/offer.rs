//! Offers: one piece of work, one volunteer, one question.

use serde::{Deserialize, Serialize};

use super::assignment::Ring;
use super::ids::{MessageId, OfferId, TicketId, VolunteerId, WorkItemId};
use super::names::named_enum;
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;

named_enum! {
    pub enum OfferState {
        Draft = "draft",
        Sent = "sent",
        Delivered = "delivered",
        Accepted = "accepted",
        Declined = "declined",
        /// Nobody answered in time: not the same as declined.
        Expired = "expired",
        /// We took it back.
        Withdrawn = "withdrawn",
        /// A yes after somebody else's.
        TooLate = "too_late",
        /// The text could not be delivered.
        Failed = "failed",
    }
}

impl OfferState {
    /// Whether a yes would still count.
    pub fn is_open(self) -> bool {
        match self {
            Self::Draft | Self::Sent | Self::Delivered => true,
            Self::Accepted
            | Self::Declined
            | Self::Expired
            | Self::Withdrawn
            | Self::TooLate
            | Self::Failed => false,
        }
    }
}

/// The digits a text is answered with, unique per telephone number: two for an offer, four for a task.
///
/// A task's first digit is none that says something by itself (0, 1, 2, 7, 8, 9), so that `41231` and `14123` read
/// one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyCode(pub u16);

impl ReplyCode {
    pub const OFFERS: std::ops::RangeInclusive<u16> = 10..=99;
    pub const TASKS: std::ops::RangeInclusive<u16> = 3_000..=6_999;
}

impl std::fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// Why a volunteer stands where they stand: each part 0–1000, kept so that a person can see why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct RankVector {
    pub ring: u16,
    pub acceptance: u16,
    pub fairness: u16,
    pub continuity: u16,
    pub rating: u16,
    /// The sum of the parts, each times its weight in the policy (`weigh_…` of `[offers]`).
    pub score: u32,
}

/// An offer (邀单).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub id: OfferId,
    pub ticket: TicketId,
    pub work_item: WorkItemId,
    pub volunteer: VolunteerId,
    pub phone: PhoneNumber,
    pub wave: u8,
    pub code: ReplyCode,
    pub state: OfferState,
    pub rank: RankVector,
    pub text: Option<MessageId>,
    /// The call that asks where the telephone takes no texts.
    pub ring: Option<Ring>,
    pub created_at: Timestamp,
    /// When the last part went out, or the question was heard on the telephone.
    pub sent_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}
