//! Where a simulated day takes place: the synthetic district with its volunteers, stations and institutions, and what
//! its volunteers are really like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::demand::{HOURS, Request};
use super::dice::Dice;
use super::scenario::{People, Scenario};
use crate::dispatch::institutions::Institutions;
use crate::dispatch::roster::Roster;
use crate::dispatch::stations::StationTree;
use crate::domain::area::{AdminArea, AreaCode, Point};
use crate::domain::calendar::Calendar;
use crate::domain::category::{Catalogue, CategoryCode};
use crate::domain::ids::{FacilityId, JurisdictionId, StationId, VolunteerId};
use crate::domain::register::Institution;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::{DutyState, Lifecycle, Occasion, OfferAnswer, Volunteer};

/// What each draw is for, so that no two share theirs.
const NATURE: u64 = 1;
const PAST: u64 = 2;
const REPLY: u64 = 3;

/// Everything that stands before the first request.
#[derive(Debug)]
pub struct Town {
    pub roster: Roster,
    pub stations: StationTree,
    pub institutions: Institutions,
    pub catalogue: Catalogue,
    pub jurisdiction: JurisdictionId,
    /// Where residents live.
    pub homes: Vec<(AreaCode, Point)>,
    pub station_points: BTreeMap<StationId, Point>,
    pub facility_points: BTreeMap<FacilityId, Point>,
    /// Answers that were given once, and are given again.
    given: BTreeMap<(VolunteerId, u32), Answer>,
    /// How often those say yes whose past is known.
    known: BTreeMap<VolunteerId, f64>,
    seed: u64,
}

/// What somebody answers to one question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    pub says: Says,
    pub after_s: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    Yes,
    No,
    Nothing,
}

/// A district: the same for every seed, with other natures in its people.
#[derive(Debug, Clone)]
pub struct Land {
    pub jurisdiction: JurisdictionId,
    pub areas: Vec<AdminArea>,
    pub stations: Vec<Station>,
    pub volunteers: Vec<Volunteer>,
    pub institutions: Vec<Institution>,
    /// Where residents live.
    pub homes: Vec<(AreaCode, Point)>,
    /// What happened there on the day, where it is one that was lived.
    pub lived: Option<Lived>,
}

/// Requests that came, and what those who were asked answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lived {
    /// In the order they came, numbered in it.
    pub requests: Vec<Request>,
    pub answers: BTreeMap<(VolunteerId, u32), Answer>,
}

impl Town {
    pub fn of(
        land: &Land,
        catalogue: &Catalogue,
        scenario: &Scenario,
        calendar: &Calendar,
        seed: u64,
    ) -> Self {
        let mut town = Self {
            roster: Roster::default(),
            stations: StationTree::default(),
            institutions: Institutions::default(),
            catalogue: catalogue.clone(),
            jurisdiction: land.jurisdiction.clone(),
            homes: land.homes.clone(),
            station_points: BTreeMap::new(),
            facility_points: BTreeMap::new(),
            given: land.lived.as_ref().map_or_else(BTreeMap::new, |lived| lived.answers.clone()),
            known: BTreeMap::new(),
            seed,
        };
        land.areas.iter().for_each(|area| town.roster.put_area(area));
        for station in &land.stations {
            town.stations.put(station);
            town.station_points.extend(station.point.map(|point| (station.id, point)));
        }
        for institution in &land.institutions {
            town.facility_points.extend(institution.point.map(|point| (institution.id, point)));
            town.institutions.put(institution.clone());
        }
        let first = scenario.mornings(calendar).first().map_or_else(Timestamp::default, |(_, at)| *at);
        for volunteer in &land.volunteers {
            let mut volunteer = volunteer.clone();
            if land.lived.is_some() {
                town.knows(&volunteer, &scenario.people);
            } else {
                volunteer.answers = town.past(&volunteer, &scenario.people);
            }
            volunteer.last_assigned_at = volunteer.last_assigned_at.map(|at| at.min(first));
            town.roster.put(volunteer);
        }
        town
    }

    /// What they answered before the day: all that the engine can know of them.
    fn past(&self, volunteer: &Volunteer, people: &People) -> Vec<OfferAnswer> {
        let mut dice = self.dice(PAST, volunteer.id, 0);
        let nature = self.nature(volunteer.id, people);
        let skills: Vec<&CategoryCode> = volunteer.skills.iter().collect();
        let count = if skills.is_empty() { 0 } else { volunteer.answers.len() };
        (0..count)
            .map(|_| {
                let hour = u8::try_from(dice.pick(&HOURS)).expect("a day has fewer hours");
                let category = skills[dice.below(skills.len())].clone();
                let yes = dice.happens(nature.chance_of_yes(band(hour), group(&category)));
                OfferAnswer { yes, occasion: Some(Occasion { hour, category }) }
            })
            .collect()
    }

    /// Who answered before says yes as often from now on; of whom little is known, as often as people do.
    fn knows(&mut self, volunteer: &Volunteer, people: &People) {
        if !volunteer.answers.is_empty() {
            let yes = volunteer.answers.iter().filter(|answer| answer.yes).count() as f64;
            let all = volunteer.answers.len() as f64;
            let chance = (people.alpha + yes) / (people.alpha + people.beta + all);
            self.known.insert(volunteer.id, chance);
        }
    }

    fn dice(&self, purpose: u64, volunteer: VolunteerId, other: u64) -> Dice {
        Dice::of(&[self.seed, purpose, volunteer.0.unsigned_abs(), other])
    }

    fn nature(&self, volunteer: VolunteerId, people: &People) -> Nature {
        let mut dice = self.dice(NATURE, volunteer, 0);
        let known = self.known.get(&volunteer).copied();
        let own = known.unwrap_or_else(|| dice.beta(people.alpha, people.beta)).clamp(0.001, 0.999);
        let mut swings = [0.0; BANDS + GROUPS];
        swings.iter_mut().for_each(|swing| *swing = people.swing * dice.normal());
        Nature { odds: (own / (1.0 - own)).ln(), swings }
    }

    /// What a volunteer would answer if asked about the day's request of that number.
    pub fn answer(
        &self,
        volunteer: VolunteerId,
        (number, category): (u32, &CategoryCode),
        hour: u8,
        people: &People,
    ) -> Answer {
        if let Some(given) = self.given.get(&(volunteer, number)) {
            return *given;
        }
        let mut dice = self.dice(REPLY, volunteer, u64::from(number));
        let after_s = dice.lognormal(people.reply_median_s, people.reply_sigma);
        let chance = self.nature(volunteer, people).chance_of_yes(band(hour), group(category));
        let says = if dice.happens(chance) {
            Says::Yes
        } else if dice.happens(people.declines) {
            Says::No
        } else {
            Says::Nothing
        };
        Answer { says, after_s }
    }

    /// Those who could be asked for something on a day of the week (0 is Monday), by badge number.
    pub fn available(&self, weekday: u8) -> impl Iterator<Item = VolunteerId> {
        let is_there = move |one: &&Volunteer| {
            let has_hours = one.available.0.get(usize::from(weekday)).is_some_and(|hours| *hours != 0);
            let may = one.lifecycle == Lifecycle::Active && !one.opted_out && !one.skills.is_empty();
            may && (has_hours || one.duty != DutyState::Off)
        };
        self.roster.volunteers().filter(is_there).map(|one| one.id)
    }

    /// How long the way takes on foot.
    pub fn way_s(from: Point, to: Point, people: &People) -> f64 {
        f64::from(from.distance_m(to)) * people.seconds_a_metre()
    }
}

/// What somebody is like: the logarithm of their odds of a yes, moved by the time of day and the kind of work.
struct Nature {
    odds: f64,
    swings: [f64; BANDS + GROUPS],
}

impl Nature {
    /// The true chance of a yes.
    fn chance_of_yes(&self, band: usize, group: usize) -> f64 {
        let odds = self.odds + self.swings[band] + self.swings[BANDS + group];
        1.0 / (1.0 + (-odds).exp())
    }
}

const BANDS: usize = 4;
const GROUPS: usize = 4;

/// Night, morning, afternoon, evening.
fn band(hour: u8) -> usize {
    usize::from(hour / 6).min(BANDS - 1)
}

/// Kinds of work that somebody may like more or less than others.
fn group(category: &CategoryCode) -> usize {
    match category.group() {
        "ELD" => 0,
        "DIS" | "HLT" | "CAR" => 1,
        "CHD" | "ENT" | "POV" => 2,
        _ => 3,
    }
}

/// The morning of the scenario's day.
pub fn morning(scenario: &Scenario, calendar: &Calendar) -> Timestamp {
    calendar.moment(scenario.date, 0)
}
