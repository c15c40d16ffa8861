//! A small district for the tests of this room.

use std::collections::BTreeSet;

use super::candidates::Wanted;
use super::free_places::AtLeast;
use super::roster::Roster;
use super::stations::StationTree;
use crate::domain::area::{AdminArea, AreaCode};
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState, VisitCode};
use crate::domain::calendar::Calendar;
use crate::domain::category::{Catalogue, Category, CategoryCode, DEFAULT_TEXT};
use crate::domain::ids::{
    AssignmentId, JurisdictionId, OfferId, PersonId, StationId, TicketId, VolunteerId, WorkItemId,
};
use crate::domain::language::Language;
use crate::domain::offer::{Offer, OfferState, RankVector, ReplyCode};
use crate::domain::opening::OpeningHours;
use crate::domain::person::Gender;
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::domain::policy::{Policy, UNHURRIED_TEXT};
use crate::domain::station::{Front, Station};
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Tier;
use crate::domain::volunteer::{DutyState, Lifecycle, Volunteer, VolunteerKind, WeekHours};

/// Waves of half an hour, of as many as make a yes nearly sure.
pub fn unhurried() -> Policy {
    Policy::laid_over(&[UNHURRIED_TEXT]).unwrap()
}

pub(super) const HOME: &str = "370203031001";
pub(super) const NEXT_DOOR: &str = "370203032001";
pub(super) const SAME_STREET: &str = "370203031002";
pub(super) const SAME_DISTRICT: &str = "370203033001";
pub(super) const ELSEWHERE: &str = "540502001001";

/// A civil time in Beijing.
pub(super) fn at(text: &str) -> Timestamp {
    let zoned: jiff::Zoned = format!("{text}[Asia/Shanghai]").parse().unwrap();
    Timestamp::from_millis(zoned.timestamp().as_millisecond())
}

pub(super) fn window(from: &str, until: &str) -> Window {
    Window { from: at(from), until: at(until) }
}

pub(super) fn code(text: &str) -> CategoryCode {
    CategoryCode::parse(text).unwrap()
}

pub(super) fn category(text: &str) -> Category {
    Catalogue::parse(DEFAULT_TEXT).unwrap().find(&code(text)).unwrap().clone()
}

pub(super) fn area(text: &str) -> AreaCode {
    AreaCode::parse(text).unwrap()
}

fn number(id: i64) -> PhoneNumber {
    PhoneNumber::parse(&format!("+86139{id:08}"), &NumberingPlan::default()).unwrap()
}

/// A volunteer of the committee who may bring meals and is on duty.
pub(super) fn volunteer(id: i64) -> Volunteer {
    Volunteer {
        id: VolunteerId(id),
        person: PersonId(id),
        jurisdiction: JurisdictionId("sifang".to_owned()),
        kind: VolunteerKind::Retired,
        lifecycle: Lifecycle::Active,
        phone: number(id),
        home_station: StationId(3),
        area: area(HOME),
        point: None,
        skills: [code("ELD-02")].into(),
        languages: [Language::Zh].into(),
        gender: Gender::Female,
        birth_year: 1960,
        credentials: Vec::new(),
        available: WeekHours([0; 7]),
        duty: DutyState::On,
        opted_out: false,
        night_consent: false,
        rating: None,
        last_assigned_at: None,
        resting_until: None,
        answers: Vec::new(),
        version: 1,
    }
}

pub(super) fn roster(volunteers: impl IntoIterator<Item = Volunteer>) -> Roster {
    let mut roster = Roster::default();
    roster.put_area(&AdminArea {
        code: area(HOME),
        name: "home".to_owned(),
        point: None,
        adjacent: vec![area(NEXT_DOOR)],
    });
    for volunteer in volunteers {
        assert!(roster.put(volunteer));
    }
    roster
}

pub(super) fn id<T: From<uuid::Uuid>>(n: u128) -> T {
    T::from(uuid::Uuid::from_u128(n))
}

pub(super) fn offer(n: u128, volunteer: i64, created_at: Timestamp) -> Offer {
    Offer {
        id: id::<OfferId>(n),
        ticket: id::<TicketId>(1),
        work_item: id::<WorkItemId>(1),
        volunteer: VolunteerId(volunteer),
        phone: number(0),
        wave: 1,
        code: ReplyCode(10),
        state: OfferState::Sent,
        rank: RankVector::default(),
        text: None,
        ring: None,
        created_at,
        sent_at: None,
        expires_at: created_at,
        ended_at: None,
    }
}

pub(super) fn visit(n: u128, volunteer: i64, window: Window) -> Assignment {
    Assignment {
        id: id::<AssignmentId>(n),
        ticket: id::<TicketId>(1),
        work_item: id::<WorkItemId>(1),
        volunteer: Some(VolunteerId(volunteer)),
        person: None,
        station: StationId(3),
        offer: None,
        kind: AssignmentKind::Visit,
        state: AssignmentState::Booked,
        visit_code: VisitCode(1234),
        window,
        accepted_at: window.from,
        asked_at: None,
        confirmed_at: None,
        well_at: None,
        missed_at: None,
        ring: None,
        checked_in_at: None,
        ended_at: None,
        minutes: 60,
    }
}

/// Everything a question refers to, so that a test can change what it is about.
pub(super) struct Scene {
    pub(super) policy: Policy,
    pub(super) calendar: Calendar,
    pub(super) jurisdiction: JurisdictionId,
    pub(super) area: AreaCode,
    pub(super) category: Category,
    pub(super) nobody: BTreeSet<VolunteerId>,
}

impl Scene {
    pub(super) fn of(category_code: &str) -> Self {
        Self {
            policy: unhurried(),
            calendar: Calendar::default(),
            jurisdiction: JurisdictionId("sifang".to_owned()),
            area: area(HOME),
            category: category(category_code),
            nobody: BTreeSet::new(),
        }
    }

    /// Somebody is wanted at home, from 14 to 16 h on Monday, 2 March 2026.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            jurisdiction: &self.jurisdiction,
            category: &self.category,
            urgency: self.category.urgency,
            kind: self.category.assignment,
            area: Some(&self.area),
            point: None,
            window: window("2026-03-02T14:00", "2026-03-02T16:00"),
            minutes: self.category.minutes,
            language: Some(Language::Zh),
            gender_wish: None,
            minor_age: None,
            must_hold: AtLeast::ANYBODY,
            declined: &self.nobody,
            blocked: &self.nobody,
            acquainted: &self.nobody,
            asked: &self.nobody,
        }
    }

    /// A quarter to two that day.
    pub(super) fn now() -> Timestamp {
        at("2026-03-02T13:45")
    }
}

fn station(n: i64, tier: Tier, parent: Option<i64>, code: &str, staffed: bool) -> Station {
    Station {
        id: StationId(n),
        jurisdiction: JurisdictionId("sifang".to_owned()),
        tier,
        parent: parent.map(StationId),
        area: area(code),
        name: format!("station {n}"),
        help_number: format!("{n}"),
        ticket_code: 1,
        front: Front::Menu,
        hours: Default::default(),
        ring: Vec::new(),
        notice_phone: None,
        duty: Vec::new(),
        peers: if n == 1 { vec![StationId(90)] } else { Vec::new() },
        point: None,
        staffed,
    }
}

/// District 1, street 2, committee 3, of which `staffed` have staff; region 90 agreed to help the district.
pub(super) fn stations(staffed: &[i64]) -> StationTree {
    stations_open(staffed, &[])
}

/// The same, of which some keep the calendar's working hours.
pub(super) fn stations_open(staffed: &[i64], working: &[i64]) -> StationTree {
    let mut tree = StationTree::default();
    for (n, tier, parent, code) in [
        (1, Tier::District, None, "370203"),
        (2, Tier::Street, Some(1), "370203031"),
        (3, Tier::Committee, Some(2), HOME),
    ] {
        let hours = if working.contains(&n) { OpeningHours::Working } else { OpeningHours::Always };
        tree.put(&Station { hours, ..station(n, tier, parent, code, staffed.contains(&n)) });
    }
    tree
}
