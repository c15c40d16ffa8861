//! What most rules ask of a volunteer, small enough to be read by the thousand.

use super::chance::Record;
use super::roster::{Hands, Load};
use crate::domain::area::{AreaNumber, Point};
use crate::domain::ids::VolunteerId;
use crate::domain::language::Language;
use crate::domain::person::Gender;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::{DutyState, Lifecycle, UNRATED, Volunteer, WeekHours};

/// Before everything that ever was.
pub(super) const NEVER: Timestamp = Timestamp::from_millis(i64::MIN);

/// The part of a seat that is looked at first; made anew with every change of the seat. Two cache lines: in the first stands
/// what is read of whoever may be asked and is not likely to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct Card {
    /// Both long ago for who never rested or had work.
    pub(super) resting_until: Timestamp,
    pub(super) last_assigned_at: Timestamp,
    pub(super) available: WeekHours,
    /// How much they have on their hands: what caps and overlaps look at first.
    pub(super) hands: Hands,
    /// The jurisdiction's place in the roster's list.
    pub(super) jurisdiction: u16,
    pub(super) birth_year: i16,
    pub(super) id: VolunteerId,
    pub(super) home: AreaNumber,
    pub(super) point: Option<Point>,
    pub(super) record: Record,
    pub(super) rating: u16,
    pub(super) active: bool,
    pub(super) opted_out: bool,
    /// Said to be on duty, whatever keeps them from it at the moment.
    pub(super) on_duty: bool,
    pub(super) night_consent: bool,
    pub(super) gender: Gender,
    languages: u8,
}

impl Card {
    pub(super) fn of(volunteer: &Volunteer, jurisdiction: u16, load: &Load) -> Self {
        let on_duty = match volunteer.duty {
            DutyState::On | DutyState::Busy | DutyState::Resting => true,
            DutyState::Off => false,
        };
        Self {
            id: volunteer.id,
            jurisdiction,
            active: volunteer.lifecycle == Lifecycle::Active,
            opted_out: volunteer.opted_out,
            on_duty,
            hands: load.hands(),
            gender: volunteer.gender,
            birth_year: volunteer.birth_year,
            record: Record::of(&volunteer.answers),
            rating: volunteer.rating.unwrap_or(UNRATED).min(1_000),
            point: volunteer.point,
            home: volunteer.area.number(),
            available: volunteer.available,
            resting_until: volunteer.resting_until.unwrap_or(NEVER),
            last_assigned_at: volunteer.last_assigned_at.unwrap_or(NEVER),
            night_consent: volunteer.night_consent,
            languages: volunteer.languages.iter().fold(0, |bits, language| bits | bit(*language)),
        }
    }

    pub(super) fn is_askable(&self) -> bool {
        self.active && !self.opted_out
    }

    pub(super) fn speaks(&self, language: Language) -> bool {
        self.languages & bit(language) != 0
    }
}

const fn bit(language: Language) -> u8 {
    1 << language as u8
}

const _: () = assert!(size_of::<Card>() == 128, "who is near is read from memory, line by line");
const _: () =
    assert!(std::mem::offset_of!(Card, id) == 64, "what the rules read of everybody is in one line");
