//! The file as far as it was read, and what is made of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{LATEST_S, Line, RecordedVolunteer, Replay, Wrong};
use crate::dispatch::stations::StationTree;
use crate::domain::area::{AdminArea, AreaCode, Point};
use crate::domain::calendar::Calendar;
use crate::domain::category::{self, Catalogue, CategoryCode};
use crate::domain::ids::{FacilityId, JurisdictionId, PersonId, StationId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::opening::OpeningHours;
use crate::domain::person::Gender;
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::domain::register::Institution;
use crate::domain::settings::SettingsKind;
use crate::domain::station::{Front, Station};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::{Tier, Urgency};
use crate::domain::volunteer::{Credential, DutyState, Lifecycle, Volunteer, VolunteerKind};
use crate::simulate::demand::Request;
use crate::simulate::lived::Went;
use crate::simulate::town::{Answer, Land, Lived};

/// Somebody of whom it is said that they are of age, and somebody who is not.
const AGES: (i16, i16) = (40, 16);
/// The longest day there is, when clocks go back.
const LONGEST_DAY_S: f64 = 25.0 * 3_600.0;

/// The file as far as it was read.
#[derive(Default)]
pub(super) struct File {
    date: Option<Date>,
    catalogue: Option<Catalogue>,
    calendar: Option<Calendar>,
    policy: Option<String>,
    areas: BTreeMap<AreaCode, AdminArea>,
    /// With the line each stands on.
    stations: BTreeMap<StationId, (usize, Station)>,
    institutions: BTreeMap<FacilityId, Institution>,
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
    went: Went,
}

impl File {
    pub(super) fn take(&mut self, line: Line, number_of_line: usize) -> Result<(), String> {
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
            Line::Station { number, tier, parent, area, point, staffed, hours } => {
                let station = station((number, tier, parent), (area, point), (staffed, hours));
                if self.stations.insert(station.id, (number_of_line, station)).is_some() {
                    return Err(twice("stations", number));
                }
            }
            Line::Institution { number, area, point, categories, may_be_told } => {
                let institution = institution(number, (area, point), categories, may_be_told);
                if self.institutions.insert(institution.id, institution).is_some() {
                    return Err(twice("institutions", number));
                }
            }
            Line::Volunteer(recorded) => return self.volunteer(recorded),
            Line::Request { number, at_s, category, urgency, area, point, by, accept_s, arrive_s } => {
                let went = Went { by, accept_s, arrive_s };
                let wish = Wish { line: number_of_line, at_s, category, urgency, area, point, went };
                return self.request(number, wish);
            }
            Line::Answer { request, volunteer, says, after_s } => {
                let who = VolunteerId(volunteer);
                if !self.requests.contains_key(&request) || !self.volunteers.contains_key(&who) {
                    return Err("an answer comes after its request and its volunteer: take it out, or add what it refers to".into());
                }
                seconds("after_s", Some(after_s))?;
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
            Some(_) => Err(twice("volunteers", id.0)),
            None => Ok(()),
        }
    }

    fn request(&mut self, number: u32, wish: Wish) -> Result<(), String> {
        if !(0.0..LONGEST_DAY_S).contains(&wish.at_s) {
            return Err("`at_s` is within the day: write seconds from its beginning".into());
        }
        seconds("accept_s", wish.went.accept_s)?;
        seconds("arrive_s", wish.went.arrive_s)?;
        if wish.went.by.is_some() != wish.went.accept_s.is_some() {
            return Err("`by` and `accept_s` stand together: add the other, or take it out".into());
        }
        match self.requests.insert(number, wish) {
            Some(_) => Err(twice("requests", i64::from(number))),
            None => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<Replay, Wrong> {
        let last = |problem: &str| Wrong { line: 1, problem: problem.to_owned() };
        let date =
            self.date.ok_or_else(|| last("the file is empty: write one with `yingda simulate --export`"))?;
        let (calendar, catalogue, morning) = (self.calendar(), self.catalogue(), self.morning());
        self.stations_hang_together()?;
        self.somebody_can_be_sent(&catalogue)?;
        let middle = self.middle();
        let mut in_order: Vec<(&u32, &Wish)> = self.requests.iter().collect();
        in_order.sort_by(|(_, one), (_, other)| one.at_s.total_cmp(&other.at_s));
        let mut numbers = BTreeMap::new();
        let (mut homes, mut requests, mut went) = (vec![], vec![], vec![]);
        for (number, (written, wish)) in (0_u32..).zip(in_order) {
            numbers.insert(*written, number);
            let point = wish.point.or_else(|| self.centre(&wish.area)).unwrap_or(middle);
            homes.push((wish.area.clone(), point));
            went.push(wish.went);
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
            stations: self.stations.into_values().map(|(_, station)| station).collect(),
            volunteers: self.volunteers.into_values().collect(),
            institutions: self.institutions.into_values().collect(),
        };
        Ok(Replay { date, catalogue, calendar, policy: self.policy, land, went })
    }

    /// A climb leads to somebody.
    fn stations_hang_together(&self) -> Result<(), Wrong> {
        let knows = |parent: &StationId| self.stations.contains_key(parent);
        for (line, station) in self.stations.values() {
            if let Some(parent) = station.parent.filter(|parent| !knows(parent)) {
                let problem =
                    format!("there is no station {parent}: add its line, or write `\"parent\":null`");
                return Err(Wrong { line: *line, problem });
            }
        }
        Ok(())
    }

    /// Each request is of a kind and at a place that somebody is sent for and to.
    fn somebody_can_be_sent(&self, catalogue: &Catalogue) -> Result<(), Wrong> {
        let mut tree = StationTree::default();
        self.stations.values().for_each(|(_, station)| tree.put(station));
        for Wish { line, category: code, area, .. } in self.requests.values() {
            let wrong = |problem: String| Err(Wrong { line: *line, problem });
            let Some(category) = catalogue.find(code) else {
                return wrong(format!("the catalogue has no {code}: add it there, or take the line out"));
            };
            if category.consultation {
                return wrong(format!("{code} is answered in the call, nobody is sent: take the line out"));
            }
            if tree.for_area(area, category.tier).is_none() {
                return wrong(format!("no station answers for {area}: add its line, or take this one out"));
            }
        }
        Ok(())
    }

    /// The middle of the smallest area around that has one.
    fn centre(&self, area: &AreaCode) -> Option<Point> {
        let around = [area.committee(), area.street(), Some(area.district())];
        around.into_iter().flatten().find_map(|code| self.areas.get(&code)?.point)
    }

    /// Somewhere, where nothing says where.
    fn middle(&self) -> Point {
        let somewhere = self.stations.values().find_map(|(_, station)| station.point);
        let home = || self.volunteers.values().find_map(|volunteer| volunteer.point);
        somewhere.or_else(home).unwrap_or_default()
    }
}

fn twice(what: &str, number: i64) -> String {
    format!("two {what} have the number {number}: give one of them another")
}

fn seconds(key: &str, value: Option<f64>) -> Result<(), String> {
    match value {
        Some(value) if !(0.0..=LATEST_S).contains(&value) => {
            Err(format!("`{key}` is a number of seconds, from 0 to a month of them: correct it"))
        }
        Some(_) | None => Ok(()),
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
    (staffed, hours): (bool, OpeningHours),
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
        hours,
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
