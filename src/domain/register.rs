//! What the office keeps registers of: people, volunteers with their names, staff, facilities.
//!
//! The desk holds none of this: it is told what it needs to know of a caller (`person::Known`), of a helper
//! (`volunteer::Volunteer`) and of a facility (`Institution`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::area::{AreaCode, Point};
use super::category::CategoryCode;
use super::ids::{FacilityId, JurisdictionId, PersonId, StaffId, StationId};
use super::language::Language;
use super::names::named_enum;
use super::person::{Gender, PersonFlag, PersonPhone};
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;
use super::urgency::Tier;
use super::volunteer::Volunteer;

/// An ID number as HMAC-SHA-256 with the installation's key: tells two people apart, tells nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdNumberHash(pub [u8; 32]);

/// A person as registered, one row per human being.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    pub id: PersonId,
    pub jurisdiction: JurisdictionId,
    pub name: String,
    pub id_number: Option<IdNumberHash>,
    pub born: Option<jiff::civil::Date>,
    pub gender: Option<Gender>,
    /// Whom they want to be helped by.
    pub gender_wish: Option<Gender>,
    /// The preferred first; never empty.
    pub languages: Vec<Language>,
    pub area: Option<AreaCode>,
    pub address: Option<String>,
    pub point: Option<Point>,
    pub flags: Vec<HeldFlag>,
    pub phones: Vec<PersonPhone>,
    /// Whom to ring for them, in order.
    pub contacts: Vec<Contact>,
}

/// What a register says of a person, who says so, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFlag {
    pub flag: PersonFlag,
    pub source: String,
    pub valid_until: Option<Timestamp>,
}

/// Somebody to ring for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub name: String,
    pub relation: String,
    pub number: PhoneNumber,
}

/// A volunteer with the person they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolunteerRecord {
    pub person: PersonRecord,
    /// `volunteer.person` is `person.id`.
    pub volunteer: Volunteer,
}

/// A member of a station's staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    pub id: StaffId,
    pub jurisdiction: JurisdictionId,
    pub person: PersonId,
    pub station: StationId,
    pub post: String,
    pub active: bool,
    /// End of the certificate for the post; none without one.
    pub certified_until: Option<Timestamp>,
}

named_enum! {
    pub enum FacilityKind {
        /// Homes, day-care places, canteens for elders, children's homes.
        Welfare = "welfare",
        /// Repairs, laundries, shops: what a neighbourhood needs.
        Convenience = "convenience",
    }
}

named_enum! {
    pub enum CapacityKind {
        Bed = "bed",
        DayPlace = "day_place",
        Meal = "meal",
    }
}

/// How much of one thing a facility can give; the bed ratio is computed from these alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityUnit {
    pub kind: CapacityKind,
    pub maximum: u32,
    pub available: u32,
    pub updated_at: Timestamp,
}

/// A facility of an institution, as far as work may be given to it: the desk keeps a copy of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    pub id: FacilityId,
    pub jurisdiction: JurisdictionId,
    pub name: String,
    pub area: AreaCode,
    pub point: Option<Point>,
    pub categories: BTreeSet<CategoryCode>,
    pub notice_phone: Option<PhoneNumber>,
    pub open: bool,
}

impl From<&Facility> for Institution {
    fn from(facility: &Facility) -> Self {
        Self {
            id: facility.id,
            jurisdiction: facility.jurisdiction.clone(),
            name: facility.name.clone(),
            area: facility.area.clone(),
            point: facility.point,
            categories: facility.categories.clone(),
            notice_phone: facility.notice_phone.clone(),
            open: facility.open,
        }
    }
}

/// A facility of an institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facility {
    pub id: FacilityId,
    pub jurisdiction: JurisdictionId,
    pub kind: FacilityKind,
    pub name: String,
    pub tier: Tier,
    pub area: AreaCode,
    pub address: String,
    pub point: Option<Point>,
    pub phone: Option<PhoneNumber>,
    /// What it takes work of; none where it is only counted.
    pub categories: BTreeSet<CategoryCode>,
    /// Mobile that is told of work by text, and answers.
    pub notice_phone: Option<PhoneNumber>,
    pub open: bool,
    pub opened_on: jiff::civil::Date,
    pub units: Vec<CapacityUnit>,
}
