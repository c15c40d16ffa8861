//! Volunteers: who may be asked, for what, and when.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::area::{AreaCode, Point};
use super::category::CategoryCode;
use super::ids::{JurisdictionId, PersonId, StationId, VolunteerId};
use super::language::Language;
use super::names::named_enum;
use super::person::Gender;
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;

named_enum! {
    pub enum VolunteerKind {
        Youth = "youth",
        Student = "student",
        Party = "party",
        Retired = "retired",
        Staff = "staff",
        Other = "other",
    }
}

named_enum! {
    /// Where a volunteer stands in their life with the line.
    pub enum Lifecycle {
        Applied = "applied",
        IdVerified = "id_verified",
        Trained = "trained",
        Active = "active",
        Paused = "paused",
        /// A credential ran out.
        Lapsed = "lapsed",
        Suspended = "suspended",
        Left = "left",
    }
}

named_enum! {
    pub enum DutyState {
        Off = "off",
        On = "on",
        Busy = "busy",
        Resting = "resting",
    }
}

named_enum! {
    pub enum CredentialKind {
        /// The check of people who work with minors (从业查询).
        MinorsClearance = "minors_clearance",
        FirstAid = "first_aid",
        Electrician = "electrician",
        Carer = "carer",
        SignLanguage = "sign_language",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub kind: CredentialKind,
    pub expires_at: Timestamp,
}

/// Hours of a week at which a volunteer may be asked: one bit an hour, Monday 00:00 first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WeekHours(pub [u32; 7]);

impl WeekHours {
    pub const ALWAYS: Self = Self([0xff_ffff; 7]);

    /// `weekday` 0 is Monday; `hour` 0–23.
    pub fn covers(self, weekday: u8, hour: u8) -> bool {
        self.0.get(usize::from(weekday)).is_some_and(|hours| hours >> hour & 1 == 1)
    }

    /// Whether every hour of `wanted` is among these.
    pub fn covers_all(self, wanted: Self) -> bool {
        self.0.iter().zip(wanted.0).fold(0, |missing, (hours, wanted)| missing | (wanted & !hours)) == 0
    }
}

impl FromIterator<(u8, u8)> for WeekHours {
    /// Of weekdays and hours.
    fn from_iter<I: IntoIterator<Item = (u8, u8)>>(all: I) -> Self {
        let mut week = [0; 7];
        for (weekday, hour) in all {
            week[usize::from(weekday)] |= 1 << hour;
        }
        Self(week)
    }
}

/// Whether a credential of that kind is among them that lasts beyond that moment.
pub fn holds(held: &[Credential], kind: CredentialKind, until: Timestamp) -> bool {
    held.iter().any(|held| held.kind == kind && held.expires_at > until)
}

/// So many of the last answers are kept.
pub const ANSWERS_KEPT: usize = 20;

/// Whether somebody said yes to an offer, and to which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeptAnswer", into = "KeptAnswer")]
pub struct OfferAnswer {
    pub yes: bool,
    /// None where nobody kept it.
    pub occasion: Option<Occasion>,
}

/// When somebody was asked, by the wall clock, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    pub hour: u8,
    pub category: CategoryCode,
}

/// As it is stored: `true`, or `{"yes":true,"hour":9,"category":"ELD-02"}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum KeptAnswer {
    Bare(bool),
    Whole { yes: bool, hour: u8, category: CategoryCode },
}

impl From<bool> for OfferAnswer {
    /// Nobody kept on what occasion.
    fn from(yes: bool) -> Self {
        Self { yes, occasion: None }
    }
}

impl From<KeptAnswer> for OfferAnswer {
    fn from(kept: KeptAnswer) -> Self {
        match kept {
            KeptAnswer::Bare(yes) => yes.into(),
            KeptAnswer::Whole { yes, hour, category } => {
                Self { yes, occasion: Some(Occasion { hour, category }) }
            }
        }
    }
}

impl From<OfferAnswer> for KeptAnswer {
    fn from(answer: OfferAnswer) -> Self {
        let OfferAnswer { yes, occasion } = answer;
        match occasion {
            None => Self::Bare(yes),
            Some(Occasion { hour, category }) => Self::Whole { yes, hour, category },
        }
    }
}

/// What somebody counts as of whom no resident has said anything, in thousandths (DOMAIN §5.4).
pub const UNRATED: u16 = 500;

/// The rating, in thousandths, after one more resident said `said`: drawn a step of `1 / (weight + 1)` of the way
/// there, at the least by one, so that what was said long ago counts less and less.
pub fn rated(before: Option<u16>, said: u16, weight: u16) -> u16 {
    let before = i32::from(before.unwrap_or(UNRATED).min(1_000));
    let way = i32::from(said.min(1_000)) - before;
    let step = way / (i32::from(weight) + 1);
    let step = if step == 0 { way.signum() } else { step };
    u16::try_from(before + step).expect("between two that fit")
}

/// What the desk's roster holds of a volunteer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volunteer {
    /// The badge number, five digits.
    pub id: VolunteerId,
    pub person: PersonId,
    pub jurisdiction: JurisdictionId,
    pub kind: VolunteerKind,
    pub lifecycle: Lifecycle,
    pub phone: PhoneNumber,
    pub home_station: StationId,
    pub area: AreaCode,
    pub point: Option<Point>,
    pub skills: BTreeSet<CategoryCode>,
    pub languages: BTreeSet<Language>,
    pub gender: Gender,
    pub birth_year: i16,
    pub credentials: Vec<Credential>,
    pub available: WeekHours,
    pub duty: DutyState,
    pub opted_out: bool,
    /// Agreed to be asked at night for P1 and P2.
    pub night_consent: bool,
    /// What residents said, the latest the most (`rated`), 0–1000; none without data.
    pub rating: Option<u16>,
    pub last_assigned_at: Option<Timestamp>,
    pub resting_until: Option<Timestamp>,
    /// The last twenty offers, oldest first: accepted or not.
    pub answers: Vec<OfferAnswer>,
    /// The row's version: a stale `RecordChanged` is ignored.
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_is_drawn_to_what_residents_say_and_reaches_it() {
        assert_eq!(rated(None, 1_000, 9), 550);
        assert_eq!(rated(None, 0, 9), 450);
        assert_eq!(rated(Some(550), 500, 9), 545);
        assert_eq!(rated(Some(999), 1_000, 9), 1_000);
        assert_eq!(rated(Some(1), 0, 9), 0);
        assert_eq!(rated(Some(400), 1_000, 0), 1_000, "with no weight the latest is all that counts");
        // One bad word after many good ones costs as much as the last nine of those brought.
        let good = (0..20).fold(None, |rating, _| Some(rated(rating, 1_000, 9)));
        assert_eq!((good, rated(good, 0, 9)), (Some(935), 842));
    }
}
