//! A day that was lived, as lines of JSON: what is needed to live through it again under another policy, and nothing that
//! says who anybody is.
//!
//! [`record`](super::record) writes such a file; here it is read. The line `day` comes first, what a line refers to stands
//! before it. The requests are those of the file. Whoever was asked about one of them then, and is asked about it again,
//! answers as they did, after as long; everybody else answers by chance, as often as they did before that day, and after
//! as long as people took on it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::demand::Request;
use super::scenario::People;
use super::town::{Answer, Land, Lived, Says};
use crate::dispatch::stations::StationTree;
use crate::domain::area::{AdminArea, AreaCode, Point};
use crate::domain::calendar::Calendar;
use crate::domain::category::{self, Catalogue, CategoryCode};
use crate::domain::ids::{FacilityId, JurisdictionId, PersonId, StationId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::person::Gender;
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::domain::register::Institution;
use crate::domain::settings::SettingsKind;
use crate::domain::station::{Front, Station};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::{Tier, Urgency};
use crate::domain::volunteer::{
    Credential, CredentialKind, DutyState, Lifecycle, OfferAnswer, Volunteer, VolunteerKind, WeekHours,
};

/// Fewer answers say too little of how people answer.
const ENOUGH_ANSWERS: usize = 20;
/// Somebody of whom it is said that they are of age, and somebody who is not.
const AGES: (i16, i16) = (40, 16);
/// The longest day there is, when clocks go back.
const LONGEST_DAY_S: f64 = 25.0 * 3_600.0;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// Which day it was.
    Day {
        date: Date,
    },
    /// Catalogue, calendar or policy, as they were in force.
    Settings {
        kind: SettingsKind,
        toml: String,
    },
    Area {
        code: AreaCode,
        point: Option<Point>,
        adjacent: Vec<AreaCode>,
    },
    Station {
        number: i64,
        tier: Tier,
        parent: Option<i64>,
        area: AreaCode,
        point: Option<Point>,
        staffed: bool,
    },
    Institution {
        number: i64,
        area: AreaCode,
        point: Option<Point>,
        categories: BTreeSet<CategoryCode>,
        /// It is open and has a telephone that takes texts.
        may_be_told: bool,
    },
    Volunteer(RecordedVolunteer),
    Request {
        number: u32,
        /// Seconds from the beginning of the day.
        at_s: f64,
        category: CategoryCode,
        urgency: Urgency,
        area: AreaCode,
        point: Option<Point>,
    },
    /// What a volunteer answered to a request, so many seconds after they were asked.
    Answer {
        request: u32,
        volunteer: i64,
        says: Says,
        after_s: f64,
    },
}

/// A volunteer without anything that tells who it is: numbered anew, of a home to about 100 m, of age or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedVolunteer {
    pub number: i64,
    pub area: AreaCode,
    pub point: Option<Point>,
    pub skills: BTreeSet<CategoryCode>,
    pub credentials: BTreeSet<CredentialKind>,
    pub available: WeekHours,
    pub on_duty: bool,
    pub at_night: bool,
    pub of_age: bool,
    pub rating: Option<u16>,
    /// The last offers before the export, the oldest first: accepted or not.
    pub answers: Vec<OfferAnswer>,
    /// Whole days from the last work to that day.
    pub worked_days_ago: Option<u16>,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Replay {
    pub date: Date,
    pub catalogue: Catalogue,
    pub calendar: Calendar,
    /// The text of the policy in force, if the file says it.
    pub policy: Option<String>,
    pub land: Land,
}

/// Why a file cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Wrong {
    pub line: usize,
    pub problem: String,
}

impl Replay {
    /// Reads a file.
    ///
    /// # Errors
    /// The first line that cannot be used, with the remedy.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        let mut file = File::default();
        for (at, words) in text.lines().enumerate().filter(|(_, words)| !words.trim().is_empty()) {
            let wrong = |problem: String| Wrong { line: at + 1, problem };
            let line: Line = serde_json::from_str(words).map_err(|error| {
                // It counts lines too, and of one line every one is the first.
                let said = error.to_string();
                let said = said.split(" at line ").next().unwrap_or_default();
                wrong(format!("{said}: take the line out, or write it as `yingda simulate --export` does"))
            })?;
            file.take(line, at + 1).map_err(wrong)?;
        }
        file.finish()
    }

    /// How people behave, as far as the day's answers say it; the rest stays as it is.
    pub fn people(&self, otherwise: &People) -> People {
        let answers: Vec<&Answer> = self.land.lived.iter().flat_map(|lived| lived.answers.values()).collect();
        let mut people = otherwise.clone();
        if answers.len() < ENOUGH_ANSWERS {
            return people;
        }
        let say = |says: Says| answers.iter().filter(|answer| answer.says == says).count() as f64;
        let (yes, no, all) = (say(Says::Yes), say(Says::No), answers.len() as f64);
        // Never and always are what twenty answers say and what no chance may be.
        let share = (yes / all).clamp(0.01, 0.99);
        let sure = people.alpha + people.beta;
        (people.alpha, people.beta) = (share * sure, (1.0 - share) * sure);
        people.declines = if all > yes { no / (all - yes) } else { people.declines };
        let spoken = answers.iter().filter(|answer| answer.says != Says::Nothing);
        let mut logarithms: Vec<f64> = spoken.map(|answer| answer.after_s.max(1.0).ln()).collect();
        logarithms.sort_by(f64::total_cmp);
        if logarithms.len() >= ENOUGH_ANSWERS {
            let median = logarithms[logarithms.len() / 2];
            let squares = logarithms.iter().map(|one| (one - median).powi(2)).sum::<f64>();
            people.reply_median_s = median.exp();
            people.reply_sigma = (squares / logarithms.len() as f64).sqrt();
        }
        people
    }
}

/// The file as far as it was read.
#[derive(Default)]
struct File {
    date: Option<Date>,
    catalogue: Option<Catalogue>,
    calendar: Option<Calendar>,
    policy: Option<String>,
    areas: BTreeMap<AreaCode, AdminArea>,
    stations: Vec<Station>,
    institutions: Vec<Institution>,
    volunteers: BTreeMap<VolunteerId, Volunteer>,
    requests: BTreeMap<u32, Wish>,
    answers: BTreeMap<(VolunteerId, u32), Answer>,
}

/// A request as it stands in the file.
struct Wish {
    line: usize,
    at_s: f64,
    category: CategoryCode,
    urgency: Urgency,
    area: AreaCode,
    point: Option<Point>,
}

impl File {
    fn take(&mut self, line: Line, number_of_line: usize) -> Result<(), String> {
        if self.date.is_none() != matches!(line, Line::Day { .. }) {
            return Err("a file is of one day, whose line comes first: write {\"line\":\"day\",\"date\":\"2026-03-03\"}".into());
        }
        match line {
            Line::Day { date } => self.date = Some(date),
            Line::Settings { kind, toml } => return self.settings(kind, &toml),
            Line::Area { code, point, adjacent } => {
                let area = AdminArea { name: code.to_string(), code: code.clone(), point, adjacent };
                self.areas.insert(code, area);
            }
            Line::Station { number, tier, parent, area, point, staffed } => {
                self.stations.push(station((number, tier, parent), (area, point), staffed));
            }
            Line::Institution { number, area, point, categories, may_be_told } => {
                self.institutions.push(institution(number, (area, point), categories, may_be_told));
            }
            Line::Volunteer(recorded) => return self.volunteer(recorded),
            Line::Request { number, at_s, category, urgency, area, point } => {
                let wish = Wish { line: number_of_line, at_s, category, urgency, area, point };
                return self.request(number, wish);
            }
            Line::Answer { request, volunteer, says, after_s } => {
                let who = VolunteerId(volunteer);
                if !self.requests.contains_key(&request) || !self.volunteers.contains_key(&who) {
                    return Err("an answer comes after its request and its volunteer: take it out, or add what it refers to".into());
                }
                if !(after_s.is_finite() && after_s >= 0.0) {
                    return Err("`after_s` is a number of seconds, 0 or more: correct it".into());
                }
                self.answers.insert((who, request), Answer { says, after_s });
            }
        }
        Ok(())
    }

    fn settings(&mut self, kind: SettingsKind, toml: &str) -> Result<(), String> {
        match kind {
            SettingsKind::Catalogue => {
                self.catalogue = Some(Catalogue::parse(toml).map_err(|error| error.to_string())?);
            }
            SettingsKind::Calendars => {
                self.calendar = Some(Calendar::parse(toml).map_err(|error| error.to_string())?);
            }
            SettingsKind::Policy => self.policy = Some(toml.to_owned()),
            SettingsKind::Ivr | SettingsKind::Templates => {
                return Err(format!("a day is not made of {kind}: take the line out"));
            }
        }
        Ok(())
    }

    fn calendar(&self) -> Calendar {
        self.calendar.clone().unwrap_or_default()
    }

    fn catalogue(&self) -> Catalogue {
        let shipped = || Catalogue::parse(category::DEFAULT_TEXT).expect("the shipped catalogue is read");
        self.catalogue.clone().unwrap_or_else(shipped)
    }

    fn morning(&self) -> Timestamp {
        self.calendar().moment(self.date.unwrap_or_default(), 0)
    }

    fn volunteer(&mut self, recorded: RecordedVolunteer) -> Result<(), String> {
        let id = VolunteerId(recorded.number);
        let volunteer = somebody(recorded, self.morning(), self.date.unwrap_or_default().year());
        match self.volunteers.insert(id, volunteer) {
            Some(_) => Err(format!("two volunteers have the number {id}: give one of them another")),
            None => Ok(()),
        }
    }

    fn request(&mut self, number: u32, wish: Wish) -> Result<(), String> {
        if !(0.0..LONGEST_DAY_S).contains(&wish.at_s) {
            return Err("`at_s` is within the day: write seconds from its beginning".into());
        }
        match self.requests.insert(number, wish) {
            Some(_) => Err(format!("two requests have the number {number}: give one of them another")),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<Replay, Wrong> {
        let last = |problem: &str| Wrong { line: 1, problem: problem.to_owned() };
        let date =
            self.date.ok_or_else(|| last("the file is empty: write one with `yingda simulate --export`"))?;
        let (calendar, catalogue, morning) = (self.calendar(), self.catalogue(), self.morning());
        let mut tree = StationTree::default();
        self.stations.iter().for_each(|station| tree.put(station));
        for wish in self.requests.values() {
            let wrong = |problem: String| Err(Wrong { line: wish.line, problem });
            let Some(category) = catalogue.find(&wish.category) else {
                return wrong(format!(
                    "the catalogue has no {}: add it there, or take the line out",
                    wish.category
                ));
            };
            if category.consultation {
                return wrong(format!(
                    "{} is answered in the call, nobody is sent: take the line out",
                    wish.category
                ));
            }
            if tree.for_area(&wish.area, category.tier).is_none() {
                return wrong(format!(
                    "no station answers for {}: add its line, or take this one out",
                    wish.area
                ));
            }
        }
        let middle = self.middle();
        let mut in_order: Vec<(&u32, &Wish)> = self.requests.iter().collect();
        in_order.sort_by(|(_, one), (_, other)| one.at_s.total_cmp(&other.at_s));
        let mut numbers = BTreeMap::new();
        let (mut homes, mut requests) = (vec![], vec![]);
        for (number, (written, wish)) in (0_u32..).zip(in_order) {
            numbers.insert(*written, number);
            let point = wish.point.or_else(|| self.centre(&wish.area)).unwrap_or(middle);
            homes.push((wish.area.clone(), point));
            let at = Timestamp::from_millis(morning.as_millis() + (wish.at_s * 1_000.0).round() as i64);
            let (category, urgency) = (wish.category.clone(), Some(wish.urgency));
            requests.push(Request { number, at, category, urgency, home: number as usize, in_surge: false });
        }
        let answers = self.answers.iter().map(|((who, number), answer)| ((*who, numbers[number]), *answer));
        let lived = Lived { requests, answers: answers.collect() };
        let land = Land {
            jurisdiction: jurisdiction(),
            homes,
            lived: Some(lived),
            areas: self.areas.into_values().collect(),
            stations: self.stations,
            volunteers: self.volunteers.into_values().collect(),
            institutions: self.institutions,
        };
        Ok(Replay { date, catalogue, calendar, policy: self.policy, land })
    }

    /// The middle of the smallest area around that has one.
    fn centre(&self, area: &AreaCode) -> Option<Point> {
        let around = [area.committee(), area.street(), Some(area.district())];
        around.into_iter().flatten().find_map(|code| self.areas.get(&code)?.point)
    }

    /// Somewhere, where nothing says where.
    fn middle(&self) -> Point {
        let somewhere = self.stations.iter().find_map(|station| station.point);
        let home = || self.volunteers.values().find_map(|volunteer| volunteer.point);
        somewhere.or_else(home).unwrap_or_default()
    }
}

fn jurisdiction() -> JurisdictionId {
    JurisdictionId("replayed".to_owned())
}

/// A mobile number of a segment that nobody has.
fn nobodys(number: i64) -> Option<PhoneNumber> {
    let digits = number.unsigned_abs() % 100_000_000;
    PhoneNumber::parse(&format!("154{digits:08}"), &NumberingPlan::default()).ok()
}

fn station(
    (number, tier, parent): (i64, Tier, Option<i64>),
    (area, point): (AreaCode, Option<Point>),
    staffed: bool,
) -> Station {
    Station {
        id: StationId(number),
        jurisdiction: jurisdiction(),
        tier,
        parent: parent.map(StationId),
        area,
        name: format!("station {number}"),
        help_number: number.to_string(),
        ticket_code: 0,
        front: Front::Menu,
        hours: Default::default(),
        ring: vec![],
        notice_phone: None,
        duty: vec![],
        peers: vec![],
        point,
        staffed,
    }
}

fn institution(
    number: i64,
    (area, point): (AreaCode, Option<Point>),
    categories: BTreeSet<CategoryCode>,
    may_be_told: bool,
) -> Institution {
    Institution {
        id: FacilityId(number),
        jurisdiction: jurisdiction(),
        name: format!("institution {number}"),
        area,
        point,
        categories,
        notice_phone: nobodys(number).filter(|_| may_be_told),
        open: may_be_told,
    }
}

fn somebody(recorded: RecordedVolunteer, morning: Timestamp, year: i16) -> Volunteer {
    let credential = |kind| Credential { kind, expires_at: Timestamp::from_millis(i64::MAX) };
    let day = std::time::Duration::from_hours(24);
    Volunteer {
        id: VolunteerId(recorded.number),
        person: PersonId(recorded.number),
        jurisdiction: jurisdiction(),
        kind: VolunteerKind::Other,
        lifecycle: Lifecycle::Active,
        phone: nobodys(recorded.number).expect("eleven digits of a mobile's segment"),
        home_station: StationId(0),
        area: recorded.area,
        point: recorded.point,
        skills: recorded.skills,
        languages: [Language::Zh].into(),
        gender: Gender::Female,
        birth_year: year - if recorded.of_age { AGES.0 } else { AGES.1 },
        credentials: recorded.credentials.into_iter().map(credential).collect(),
        available: recorded.available,
        duty: if recorded.on_duty { DutyState::On } else { DutyState::Off },
        opted_out: false,
        night_consent: recorded.at_night,
        rating: recorded.rating,
        last_assigned_at: recorded.worked_days_ago.map(|days| morning - day * u32::from(days)),
        resting_until: None,
        answers: recorded.answers,
        version: 1,
    }
}
