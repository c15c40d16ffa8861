//! The volunteers of the roster by where they live, so that the nearest who could be asked are found without looking at
//! everybody.
//!
//! The index knows what follows from a volunteer alone: a skill, a language, at which hours they are there, whether they may be
//! asked at all. None of it knows the time, and whoever may be asked has all of it; so whoever the index leaves out may not be
//! asked, and those it finds are looked at by the rules, one after the other, until there are enough.

use std::collections::BTreeMap;
use std::iter::Peekable;

use super::card::Card;
use super::homes::Slot;
use super::index::areas::{Areas, Place, RINGS};
use super::index::around::{Around, Either, Filters};
use super::index::attributes::{Attribute, Attributes};
use super::index::{Index, Position, Query};
use crate::domain::area::Point;
use crate::domain::category::CategoryCode;
use crate::domain::language::Language;
use crate::domain::person::Gender;
use crate::domain::volunteer::{CredentialKind, Volunteer};

/// Active, and wants to be asked.
const ASKABLE: u8 = 0;
/// Said to be on duty, whatever keeps them from it.
const ON_DUTY: u8 = 1;
/// Agreed to be woken.
const AT_NIGHT: u8 = 2;
const FIRST_LANGUAGE: u8 = 3;
const FIRST_GENDER: u8 = 6;
/// Holds a credential, run out or not.
const FIRST_CREDENTIAL: u8 = 8;
/// There at that hour on some working day, and on some day of the weekend.
const FIRST_HOUR: u8 = 13;
const FIRST_WEEKEND_HOUR: u8 = 37;
const FIRST_SKILL: u8 = 61;

/// How far the quick part of the index reaches from the middle of the homes: a district and its neighbours.
const REACH_DM: i32 = 300_000;

/// The plane is laid out anew when the middle of the homes has moved so far from its own, in 10⁻⁷ degree: beyond, east
/// would be measured wrong by more than a thousandth.
const MOVED_E7: i32 = 1_000_000;

/// Room for those of a ring.
const USUAL: usize = 256;

/// With few homes the middle is looked at after each; with more whenever they have doubled.
const FEW_HOMES: usize = 64;

/// Decimetres of 10⁻⁷ degree of latitude, in parts of 2³².
const DM_E7: f64 = 0.111_194_93 * 4_294_967_296.0;

/// Those who live at a known place, each jurisdiction's on a plane of its own; and everybody by their area.
#[derive(Debug, Clone, Default)]
pub(super) struct Nearby {
    planes: BTreeMap<u16, Plane>,
    /// On which plane somebody stands.
    of_slot: BTreeMap<Slot, u16>,
    skills: BTreeMap<CategoryCode, Attribute>,
    /// Whose place nobody knows: each jurisdiction's stand all in one cell.
    unplaced: BTreeMap<u16, Index>,
    /// Each jurisdiction's by area, whether their place is known or not.
    areas: BTreeMap<u16, Areas>,
}

/// Where those stand whose place nobody knows.
const NOWHERE: Position = Position { east: 0, north: 0 };

#[derive(Debug, Clone)]
struct Plane {
    index: Index,
    homes: BTreeMap<Slot, Point>,
    middle: Point,
    /// Decimetres of 10⁻⁷ degree of longitude here, in parts of 2³².
    east_e7: i64,
}

impl Plane {
    fn around(middle: Point) -> Self {
        let corner = |end: i32| Position { east: end, north: end };
        let cosine = (f64::from(middle.latitude_e7) / 1e7).to_radians().cos();
        let index = Index::new(corner(-REACH_DM), corner(REACH_DM));
        Self { index, homes: BTreeMap::new(), middle, east_e7: (DM_E7 * cosine) as i64 }
    }

    /// Where it is from the middle, near enough to say who lives nearer.
    fn position(&self, point: Point) -> Position {
        let along = |here: i32, middle: i32, unit: i64| {
            let decimetres = ((i64::from(here) - i64::from(middle)) * unit) >> 32;
            i32::try_from(decimetres).unwrap_or(if decimetres < 0 { i32::MIN } else { i32::MAX })
        };
        Position {
            east: along(point.longitude_e7, self.middle.longitude_e7, self.east_e7),
            north: along(point.latitude_e7, self.middle.latitude_e7, DM_E7 as i64),
        }
    }

    fn put(&mut self, slot: Slot, point: Point, attributes: Attributes) {
        let is_new = self.homes.insert(slot, point).is_none();
        self.index.insert(slot, self.position(point), attributes);
        let count = self.homes.len();
        if count <= FEW_HOMES || (is_new && count.is_power_of_two()) {
            self.lay_out_anew_if_moved();
        }
    }

    fn remove(&mut self, slot: Slot) {
        self.homes.remove(&slot);
        self.index.remove(slot);
    }

    /// One home far away, or entered wrongly, does not move the median.
    fn lay_out_anew_if_moved(&mut self) {
        let median = |of: fn(&Point) -> i32| {
            let mut all: Vec<i32> = self.homes.values().map(of).collect();
            all.sort_unstable();
            all[all.len() / 2]
        };
        let middle =
            Point { latitude_e7: median(|p| p.latitude_e7), longitude_e7: median(|p| p.longitude_e7) };
        let moved = |one: i32, other: i32| one.abs_diff(other) > MOVED_E7.unsigned_abs();
        if !moved(middle.latitude_e7, self.middle.latitude_e7)
            && !moved(middle.longitude_e7, self.middle.longitude_e7)
        {
            return;
        }
        let mut anew = Self::around(middle);
        for (slot, point) in std::mem::take(&mut self.homes) {
            let attributes = self.index.attributes(slot).unwrap_or_default();
            anew.index.insert(slot, anew.position(point), attributes);
            anew.homes.insert(slot, point);
        }
        *self = anew;
    }
}

impl Nearby {
    /// Puts somebody in, or in another place.
    pub(super) fn put(&mut self, slot: Slot, card: &Card, volunteer: &Volunteer) {
        if let Some(before) = self.of_slot.insert(slot, card.jurisdiction) {
            if let Some(plane) = self.planes.get_mut(&before) {
                plane.remove(slot);
            }
            if let Some(unplaced) = self.unplaced.get_mut(&before) {
                unplaced.remove(slot);
            }
            if let Some(areas) = self.areas.get_mut(&before) {
                areas.remove(slot);
            }
        }
        let mut attributes = lasting(card, volunteer);
        for skill in &volunteer.skills {
            if let Some(skill) = self.skill_or_new(skill) {
                attributes = attributes.with(skill, true);
            }
        }
        self.areas.entry(card.jurisdiction).or_default().insert(slot, card.home, attributes);
        let Some(point) = card.point else {
            let unplaced = self.unplaced.entry(card.jurisdiction);
            unplaced.or_insert_with(|| Index::new(NOWHERE, NOWHERE)).insert(slot, NOWHERE, attributes);
            return;
        };
        let plane = self.planes.entry(card.jurisdiction).or_insert_with(|| Plane::around(point));
        plane.put(slot, point, attributes);
    }

    /// Notes whether somebody may be asked and is on duty.
    pub(super) fn stands(&mut self, slot: Slot, card: &Card) {
        let placed = self.planes.get_mut(&card.jurisdiction).map(|plane| &mut plane.index);
        for index in placed.into_iter().chain(self.unplaced.get_mut(&card.jurisdiction)) {
            index.set(slot, attribute(ASKABLE), card.is_askable());
            index.set(slot, attribute(ON_DUTY), card.on_duty);
        }
        if let Some(areas) = self.areas.get_mut(&card.jurisdiction) {
            areas.set(slot, attribute(ASKABLE), card.is_askable());
            areas.set(slot, attribute(ON_DUTY), card.on_duty);
        }
    }

    /// Everybody of a known place who may be asked, if nothing but what the index knows speaks against it, the nearest first, each with the
    /// square of how many decimetres off they live.
    pub(super) fn around(&self, sought: &Sought<'_>) -> impl Iterator<Item = (Slot, u64)> {
        let planes = sought.whose().filter_map(|jurisdiction| self.planes.get(&jurisdiction));
        let found = planes.filter_map(|plane| self.found(sought, &plane.index, plane.position(sought.at?)));
        let mut found: Vec<_> = found.map(Iterator::peekable).collect();
        let next = move || {
            if let [only] = found.as_mut_slice() {
                return only.next();
            }
            let near =
                |around: &mut Peekable<Around<'_>>| around.peek().map(|hit| (hit.distance_squared, hit.id));
            let next =
                found.iter_mut().enumerate().filter_map(|(at, around)| Some((near(around)?, at))).min();
            found[next?.1].next()
        };
        std::iter::from_fn(next).map(|hit| (hit.id, hit.distance_squared))
    }

    /// The same of those whose place nobody knows.
    pub(super) fn unplaced(&self, sought: &Sought<'_>) -> impl Iterator<Item = Slot> {
        let indexes = sought.whose().filter_map(|jurisdiction| self.unplaced.get(&jurisdiction));
        indexes.filter_map(|index| self.found(sought, index, NOWHERE)).flatten().map(|hit| hit.id)
    }

    /// Everybody who may be asked, if nothing but what the index knows speaks against it: the rings from the middle outwards,
    /// looked through as they are asked for, in each in no order.
    pub(super) fn ring_by_ring<'a>(
        &'a self,
        sought: &Sought<'_>,
        place: Place<'a>,
    ) -> impl Iterator<Item = (u8, Vec<Slot>)> + use<'a> {
        // Where nobody knows where, ours alone are near.
        let theirs = sought.lenders.iter().copied().filter(|_| place.area.is_some());
        let whose = sought.jurisdiction.into_iter().chain(theirs);
        let areas: Vec<&Areas> = whose.filter_map(|jurisdiction| self.areas.get(&jurisdiction)).collect();
        let wanted = self.wanted(sought);
        let filters = wanted.map(|(need, either)| Filters::new(need, Attributes::NONE, either));
        RINGS.map(move |ring| {
            let mut slots = Vec::with_capacity(USUAL);
            if let Some(filters) = &filters {
                areas.iter().for_each(|areas| areas.of_ring(place, ring, filters, &mut slots));
            }
            (ring, slots)
        })
    }

    /// Whether everybody who is found has the skill: with too many skills the rules have to say.
    pub(super) fn knows(&self, skill: &CategoryCode) -> bool {
        self.skills.contains_key(skill) || self.skill_number().is_some()
    }

    fn found<'a>(&self, sought: &Sought<'_>, index: &'a Index, at: Position) -> Option<Around<'a>> {
        let (need, either) = self.wanted(sought)?;
        Some(index.around(&Query { at, need, forbid: Attributes::NONE, within: None, except: &[] }, either))
    }

    /// What whoever is sought has all of, and in which ways they may be there; none where nobody has the skill.
    fn wanted(&self, sought: &Sought<'_>) -> Option<(Attributes, Either)> {
        let mut need =
            Attributes::NONE.with(attribute(ASKABLE), true).with(attribute(AT_NIGHT), sought.woken);
        match self.skills.get(sought.skill) {
            Some(skill) => need = need.with(*skill, true),
            None if self.knows(sought.skill) => return None,
            None => (),
        }
        let besides = [
            sought.language.map(speaks),
            sought.gender.map(gender),
            sought.minors.then(|| holds(CredentialKind::MinorsClearance)),
            sought.medicine.then(|| holds(CredentialKind::Carer)),
        ];
        let credentials = sought.credentials.iter().copied().map(holds);
        let need = besides
            .into_iter()
            .flatten()
            .chain(credentials)
            .fold(need, |need, besides| need.with(besides, true));
        let there = sought.hours.iter().map(|(weekday, hour)| there_at(*weekday, *hour)).collect();
        let either = if sought.at_once {
            Either::ThisOr(Attributes::NONE.with(attribute(ON_DUTY), true), there)
        } else {
            Either::This(there)
        };
        Some((need, either))
    }

    /// A skill's attribute; none when there are more skills than attributes, and nobody is then found by it.
    fn skill_or_new(&mut self, skill: &CategoryCode) -> Option<Attribute> {
        if let Some(known) = self.skills.get(skill) {
            return Some(*known);
        }
        let new = self.skill_number()?;
        self.skills.insert(skill.clone(), new);
        Some(new)
    }

    /// The attribute of the next skill; none when there are more skills than attributes.
    fn skill_number(&self) -> Option<Attribute> {
        let number = u8::try_from(self.skills.len()).ok()?.checked_add(FIRST_SKILL)?;
        Attribute::new(number)
    }
}

/// Who is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought<'a> {
    /// Whose volunteers, as the roster numbers them.
    pub(super) jurisdiction: Option<u16>,
    /// Whose besides, by agreement.
    pub(super) lenders: &'a [u16],
    /// Where; none when only the area is known.
    pub(super) at: Option<Point>,
    pub(super) skill: &'a CategoryCode,
    pub(super) language: Option<Language>,
    pub(super) gender: Option<Gender>,
    pub(super) minors: bool,
    /// Only who may be entrusted with it.
    pub(super) medicine: bool,
    pub(super) credentials: &'a [CredentialKind],
    /// Only who agreed to be woken.
    pub(super) woken: bool,
    /// Whoever is on duty will do, whatever their hours.
    pub(super) at_once: bool,
    /// The hours in which they are wanted, as (weekday, hour).
    pub(super) hours: &'a [(u8, u8)],
}

impl Sought<'_> {
    fn whose(&self) -> impl Iterator<Item = u16> {
        self.jurisdiction.into_iter().chain(self.lenders.iter().copied())
    }
}

fn attribute(number: u8) -> Attribute {
    Attribute::new(number).expect("the attributes that have a number are few")
}

/// What follows from a volunteer alone, but for skills.
fn lasting(card: &Card, volunteer: &Volunteer) -> Attributes {
    let stands = [(ASKABLE, card.is_askable()), (ON_DUTY, card.on_duty), (AT_NIGHT, card.night_consent)];
    let stands = stands.into_iter().filter(|(_, holds)| *holds).map(|(number, _)| attribute(number));
    let speaks = volunteer.languages.iter().copied().map(speaks);
    let credentials = volunteer.credentials.iter().map(|held| holds(held.kind));
    let week = (0..7).flat_map(|weekday| (0..24).map(move |hour| (weekday, hour)));
    let there = week.filter(|(weekday, hour)| card.available.covers(*weekday, *hour));
    let there = there.map(|(weekday, hour)| there_at(weekday, hour));
    stands.chain(speaks).chain([gender(card.gender)]).chain(credentials).chain(there).collect()
}

/// There at that hour: on some day of that kind. A day and an hour would be 168 attributes.
fn there_at(weekday: u8, hour: u8) -> Attribute {
    const SATURDAY: u8 = 5;
    attribute(hour + if weekday < SATURDAY { FIRST_HOUR } else { FIRST_WEEKEND_HOUR })
}

fn holds(kind: CredentialKind) -> Attribute {
    attribute(FIRST_CREDENTIAL + kind as u8)
}

fn speaks(language: Language) -> Attribute {
    attribute(FIRST_LANGUAGE + language as u8)
}

fn gender(gender: Gender) -> Attribute {
    attribute(FIRST_GENDER + gender as u8)
}

#[cfg(test)]
mod ring_tests;
#[cfg(test)]
pub(super) mod tests;
