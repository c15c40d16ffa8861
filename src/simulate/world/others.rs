//! Those beside the volunteers: staff who are told, institutions, the duty officer.

use super::{Event, Setting, World, seconds};
use crate::dispatch::institutions::Sought;
use crate::domain::area::Point;
use crate::domain::ids::{FacilityId, StationId};
use crate::domain::opening::OpeningHours;
use crate::domain::ticket::Rung;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Tier;
use crate::simulate::case::By;
use crate::simulate::dice::Dice;
use crate::simulate::town::Town;

const STAFF: u64 = 21;

impl World<'_> {
    pub(super) fn tell_staff(&mut self, id: u32, station: StationId, is_duty: bool, now: Timestamp) {
        let staff = &self.set.scenario.staff;
        let tier = self.set.town.stations.tier(station);
        let there = if is_duty { Some(now) } else { self.somebody_there(station, now) };
        let case = &mut self.cases[id as usize];
        case.told_staff += 1;
        if !case.stations_told.contains(&station) {
            case.stations_told.push(station);
        }
        case.climbed(tier, is_duty);
        let Some(there) = there else { return };
        let haste = staff.times(case.urgency);
        let mean = match tier {
            _ if is_duty => staff.duty_s,
            Some(Tier::Committee) => staff.committee_s * haste,
            Some(Tier::Street) => staff.street_s * haste,
            Some(Tier::District) | None => staff.district_s * haste,
        };
        let told = u64::from(self.cases[id as usize].told_staff);
        let after = Dice::of(&[self.set.seed, STAFF, u64::from(id), told]).exponential(mean);
        self.later(there + seconds(after), Event::StaffTakes { case: id, station });
    }

    /// When somebody is there who reads what the station was told: while it is open by the register. Where that says always,
    /// nobody is taken to sit there beyond the working hours but at the district.
    fn somebody_there(&self, station: StationId, now: Timestamp) -> Option<Timestamp> {
        let Setting { town, calendar, .. } = self.set;
        let hours = town.stations.hours(station)?;
        let always = hours.is_always() && town.stations.tier(station) != Some(Tier::District);
        calendar.opens(if always { &OpeningHours::Working } else { hours }, now)
    }

    pub(super) fn staff_takes(&mut self, id: u32, station: StationId, now: Timestamp) {
        if self.cases[id as usize].is_taken() {
            return;
        }
        let from = self.set.town.station_points.get(&station).copied();
        self.taken_from(id, By::Station, from, now);
    }

    fn taken_from(&mut self, id: u32, by: By, from: Option<Point>, now: Timestamp) {
        let people = &self.set.scenario.people;
        let way = from.map_or(0.0, |from| Town::way_s(from, self.place(id), people));
        let case = &mut self.cases[id as usize];
        case.arrives(now.max(case.window.from) + seconds(people.leaves_after_s + way));
        case.taken(by, now);
        self.stand_down(id);
    }

    /// The institution to be told: asked only while none was.
    pub(super) fn nearest(&self, id: u32) -> Option<FacilityId> {
        let case = &self.cases[id as usize];
        *case.nearest.get_or_init(|| {
            let (area, point) = &self.set.town.homes[self.set.requests[id as usize].home];
            let sought = Sought {
                jurisdiction: &self.set.town.jurisdiction,
                category: self.category(id),
                area: Some(area),
                point: Some(*point),
                told: &case.told,
                policy: self.set.policy,
                roads: None,
            };
            self.set.town.institutions.nearest(&sought, &self.roster)
        })
    }

    pub(super) fn tell_institution(&mut self, id: u32, now: Timestamp) {
        let Some(facility) = self.nearest(id) else { return };
        self.stand_down(id);
        let staff = &self.set.scenario.staff;
        let case = &mut self.cases[id as usize];
        case.institution = Some(facility);
        case.told.insert(facility);
        case.told_institutions += 1;
        let mut dice = Dice::of(&[self.set.seed, STAFF, u64::from(id), 1_000]);
        let after = seconds(dice.exponential(staff.institution_s * staff.times(case.urgency)));
        let yes = dice.happens(staff.institution_takes);
        if yes || dice.happens(staff.institution_declines) {
            self.later(now + after, Event::InstitutionSays { case: id, facility, yes });
        }
    }

    pub(super) fn institution_says(&mut self, id: u32, facility: FacilityId, yes: bool, now: Timestamp) {
        let case = &mut self.cases[id as usize];
        if case.is_taken() || case.institution != Some(facility) || case.rung > Some(Rung::Institution) {
            return;
        }
        if yes {
            let from = self.set.town.facility_points.get(&facility).copied();
            return self.taken_from(id, By::Institution, from, now);
        }
        case.institution = None;
        self.climb(id, now);
    }
}
