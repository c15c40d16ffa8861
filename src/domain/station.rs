//! Service centres of three tiers, and who is rung at each.

use serde::{Deserialize, Serialize};

use super::area::{AreaCode, Point};
use super::ids::{JurisdictionId, StationId};
use super::names::named_enum;
use super::opening::OpeningHours;
use super::phone_number::PhoneNumber;
use super::urgency::Tier;

named_enum! {
    /// Who answers a station's number.
    pub enum Front {
        /// A person within the ring budget; the menu when nobody is free, and out of hours.
        Person = "person",
        Menu = "menu",
    }
}

/// A service centre.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Station {
    pub id: StationId,
    pub jurisdiction: JurisdictionId,
    pub tier: Tier,
    pub parent: Option<StationId>,
    pub area: AreaCode,
    pub name: String,
    /// What residents dial, as the trunk delivers it.
    pub help_number: String,
    /// Three digits that stand for it in ticket numbers.
    pub ticket_code: u16,
    pub front: Front,
    /// When people are there for whoever rings; at other times the menu answers.
    #[serde(default, skip_serializing_if = "OpeningHours::is_always")]
    pub hours: OpeningHours,
    /// SIP addresses or numbers of the people who answer here, in order.
    pub ring: Vec<String>,
    /// Mobile that gets the station's notices by text.
    pub notice_phone: Option<PhoneNumber>,
    /// People who are rung when all else failed, in order (district: the duty officers).
    pub duty: Vec<String>,
    /// Other regions' stations that agreed to help.
    pub peers: Vec<StationId>,
    pub point: Option<Point>,
    pub staffed: bool,
}
