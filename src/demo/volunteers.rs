//! The demo's volunteers: who they are, what they can, when they may be asked.

use std::collections::BTreeSet;
use std::time::Duration;

use super::names::{one_in_hundred, pick};
use super::numbers::{Group, mobile};
use super::people::{Society, registered, volunteer_person_id};
use crate::domain::category::{Catalogue, CategoryCode, HandlerKind};
use crate::domain::ids::{Chance, VolunteerId};
use crate::domain::language::Language;
use crate::domain::person::{Gender, PhoneConfidence};
use crate::domain::register::VolunteerRecord;
use crate::domain::station::Station;
use crate::domain::urgency::Tier;
use crate::domain::volunteer::{
    Credential, CredentialKind, DutyState, Lifecycle, OfferAnswer, Volunteer, VolunteerKind, WeekHours,
};

/// Badge numbers have five digits.
const FIRST_BADGE: i64 = 10_001;
const DAY: Duration = Duration::from_secs(86_400);

/// Makes volunteers who live all over the district and belong to their committee's station.
pub(super) fn volunteers(
    society: &Society<'_>,
    stations: &[Station],
    catalogue: &Catalogue,
    count: u32,
    chance: &mut Chance,
) -> Vec<VolunteerRecord> {
    let skills = skills(catalogue);
    (0..count).map(|serial| volunteer(society, stations, &skills, serial, chance)).collect()
}

/// Categories that volunteers may handle; those of daily life come up most and stand there three times.
fn skills(catalogue: &Catalogue) -> Vec<&CategoryCode> {
    let open = catalogue.categories.values().filter(|row| row.by.contains(&HandlerKind::Volunteer));
    open.flat_map(|row| std::iter::repeat_n(&row.code, if row.code.group() == "ELD" { 3 } else { 1 }))
        .collect()
}

fn volunteer(
    society: &Society<'_>,
    stations: &[Station],
    skills: &[&CategoryCode],
    serial: u32,
    chance: &mut Chance,
) -> VolunteerRecord {
    let home = society.home(chance);
    let kind = kind(chance);
    let birth_year = society.this_year - age(kind, chance);
    let mut person = society.person(volunteer_person_id(serial), birth_year, home, chance);
    person.phones.push(registered(person.id, mobile(Group::Volunteers, serial), PhoneConfidence::Exact));
    let station = stations
        .iter()
        .find(|station| station.tier == Tier::Committee && station.area == home.code)
        .expect("every committee has its station");
    let mut languages = BTreeSet::from([Language::Zh]);
    languages.extend(one_in_hundred(6, chance).then_some(Language::En));
    languages.extend(one_in_hundred(1, chance).then_some(Language::Bo));
    let answers: Vec<OfferAnswer> =
        (0..chance.below(21)).map(|_| one_in_hundred(45, chance).into()).collect();
    let helped = answers.iter().any(|answer| answer.yes);
    let volunteer = Volunteer {
        id: VolunteerId(FIRST_BADGE + i64::from(serial)),
        person: person.id,
        jurisdiction: society.jurisdiction.clone(),
        kind,
        lifecycle: lifecycle(chance),
        phone: mobile(Group::Volunteers, serial),
        home_station: station.id,
        area: home.code.clone(),
        point: person.point,
        skills: (0..2 + chance.below(5)).map(|_| pick(skills, chance).clone()).collect(),
        languages,
        gender: person.gender.unwrap_or(Gender::Female),
        birth_year,
        credentials: credentials(society, chance),
        available: hours(kind, chance),
        duty: if one_in_hundred(12, chance) { DutyState::On } else { DutyState::Off },
        opted_out: one_in_hundred(1, chance),
        night_consent: one_in_hundred(10, chance),
        rating: helped.then(|| u16::try_from(600 + chance.below(400)).expect("below 1000")),
        last_assigned_at: helped.then(|| society.now - DAY * (1 + chance.below(120))),
        resting_until: None,
        answers,
        version: 1,
    };
    VolunteerRecord { person, volunteer }
}

fn kind(chance: &mut Chance) -> VolunteerKind {
    match chance.below(100) {
        0..34 => VolunteerKind::Retired,
        34..58 => VolunteerKind::Party,
        58..76 => VolunteerKind::Youth,
        76..88 => VolunteerKind::Student,
        88..94 => VolunteerKind::Staff,
        _ => VolunteerKind::Other,
    }
}

fn age(kind: VolunteerKind, chance: &mut Chance) -> i16 {
    let (youngest, span) = match kind {
        VolunteerKind::Retired => (56, 16),
        VolunteerKind::Student => (15, 9),
        VolunteerKind::Youth => (18, 18),
        VolunteerKind::Party | VolunteerKind::Staff | VolunteerKind::Other => (24, 36),
    };
    i16::try_from(youngest + chance.below(span)).expect("an age")
}

fn lifecycle(chance: &mut Chance) -> Lifecycle {
    match chance.below(100) {
        0..92 => Lifecycle::Active,
        92..94 => Lifecycle::Trained,
        94..95 => Lifecycle::IdVerified,
        95..97 => Lifecycle::Applied,
        97..98 => Lifecycle::Paused,
        98..99 => Lifecycle::Lapsed,
        _ => Lifecycle::Left,
    }
}

fn credentials(society: &Society<'_>, chance: &mut Chance) -> Vec<Credential> {
    let share = |kind: CredentialKind| match kind {
        CredentialKind::MinorsClearance => 8,
        CredentialKind::FirstAid => 15,
        CredentialKind::Electrician => 3,
        CredentialKind::Carer => 10,
        CredentialKind::SignLanguage => 2,
    };
    let held: Vec<CredentialKind> =
        CredentialKind::ALL.iter().copied().filter(|kind| one_in_hundred(share(*kind), chance)).collect();
    // One in fifteen has run out.
    let expires = |chance: &mut Chance| society.now + DAY * chance.below(900);
    held.into_iter()
        .map(|kind| Credential {
            kind,
            expires_at: if one_in_hundred(7, chance) { society.now - DAY * 30 } else { expires(chance) },
        })
        .collect()
}

/// Hours from `from` to before `until`, as bits.
fn span(from: u32, until: u32) -> u32 {
    (1 << until) - (1 << from)
}

/// Pensioners by day, students in the evening, the rest after work; everybody on some weekends.
fn hours(kind: VolunteerKind, chance: &mut Chance) -> WeekHours {
    let (weekday, weekend) = match kind {
        VolunteerKind::Retired => (span(8, 18), span(9, 17)),
        VolunteerKind::Student => (span(17, 21), span(9, 20)),
        VolunteerKind::Youth | VolunteerKind::Party | VolunteerKind::Other => (span(17, 21), span(8, 20)),
        VolunteerKind::Staff => (span(8, 18), 0),
    };
    let mut week = [weekday, weekday, weekday, weekday, weekday, weekend, weekend];
    for day in &mut week {
        if one_in_hundred(20, chance) {
            *day = 0;
        }
    }
    if one_in_hundred(8, chance) { WeekHours::ALWAYS } else { WeekHours(week) }
}
