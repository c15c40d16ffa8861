//! One request while somebody is sought for it.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dispatch::roster::Roster;
use crate::domain::assignment::{Assignment, AssignmentState, VisitCode};
use crate::domain::category::Category;
use crate::domain::clocks::Clock;
use crate::domain::ids::{AssignmentId, FacilityId, OfferId, StationId, TicketId, VolunteerId, WorkItemId};
use crate::domain::offer::{Offer, OfferState, RankVector, ReplyCode};
use crate::domain::policy::Policy;
use crate::domain::ticket::{Rung, Window};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::{Tier, Urgency};

/// Who took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Volunteer,
    Institution,
    Station,
}

/// Somebody who was asked, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub volunteer: VolunteerId,
    pub offer: OfferId,
    pub at: Timestamp,
}

/// An offer that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub volunteer: VolunteerId,
    pub id: OfferId,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub accept: Clock,
    pub station: StationId,
    pub window: Window,
    pub urgency: Urgency,
    pub rung: Option<Rung>,
    pub waves: u8,
    pub open: Vec<Open>,
    pub asked: BTreeSet<VolunteerId>,
    pub declined: BTreeSet<VolunteerId>,
    pub candidates_left: usize,
    /// The institution that was told and has not answered.
    pub institution: Option<FacilityId>,
    pub told: BTreeSet<FacilityId>,
    /// A peer that helps beyond the border is told once.
    pub stations_told: Vec<StationId>,
    /// The one to be told first, once it was looked for: no institution changes in a day.
    pub nearest: OnceCell<Option<FacilityId>>,
    /// Counts the looks at its ladder, so that an old appointment is none.
    pub turn: u32,
    pub late: u32,
    pub stood_down: u32,
    /// Answers that were answered by a text: every no, every yes of no use.
    pub answered: u32,
    pub told_staff: u32,
    pub told_institutions: u32,
    /// The highest tier that was told, and whether the duty officer was rung.
    pub highest: Option<Tier>,
    pub duty_rung: bool,
    pub taken: Option<(By, Timestamp)>,
    pub arrived_at: Option<Timestamp>,
    need: u8,
    asked_in_all: Vec<Asked>,
    visits: Vec<Assignment>,
}

impl Case {
    pub fn new(accept: Clock, station: StationId, window: Window, need: u8, urgency: Urgency) -> Self {
        Self {
            accept,
            station,
            window,
            urgency,
            rung: None,
            waves: 0,
            open: vec![],
            asked: BTreeSet::new(),
            declined: BTreeSet::new(),
            candidates_left: usize::MAX,
            institution: None,
            told: BTreeSet::new(),
            stations_told: vec![],
            nearest: OnceCell::new(),
            turn: 0,
            late: 0,
            stood_down: 0,
            answered: 0,
            told_staff: 0,
            told_institutions: 0,
            highest: None,
            duty_rung: false,
            taken: None,
            arrived_at: None,
            need,
            asked_in_all: vec![],
            visits: vec![],
        }
    }

    pub fn is_taken(&self) -> bool {
        self.taken.is_some()
    }

    pub fn taken(&mut self, by: By, now: Timestamp) {
        self.taken = self.taken.or(Some((by, now)));
    }

    /// Who said yes.
    pub fn goes(&self) -> impl Iterator<Item = VolunteerId> {
        self.visits.iter().filter_map(|visit| visit.volunteer)
    }

    /// The first who comes counts.
    pub fn arrives(&mut self, at: Timestamp) {
        self.arrived_at = Some(self.arrived_at.map_or(at, |before| before.min(at)));
    }

    pub fn climbed(&mut self, tier: Option<Tier>, is_duty: bool) {
        self.duty_rung |= is_duty;
        // District is the first of tiers.
        self.highest = match (self.highest, tier) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// How many more are wanted.
    pub fn free(&self) -> u8 {
        self.need.saturating_sub(u8::try_from(self.visits.len()).unwrap_or(u8::MAX))
    }

    pub fn offers(&self) -> usize {
        self.asked_in_all.len()
    }

    pub fn asked_of(&self, volunteer: VolunteerId) -> Option<Asked> {
        self.asked_in_all.iter().find(|asked| asked.volunteer == volunteer).copied()
    }

    /// Notes that somebody is asked.
    pub fn asks(
        &mut self,
        id: u32,
        volunteer: VolunteerId,
        expires_at: Timestamp,
        now: Timestamp,
        roster: &Roster,
    ) -> Offer {
        let number = u128::from(id) << 32 | self.asked_in_all.len() as u128;
        let offer = OfferId(Uuid::from_u128(number));
        self.asked.insert(volunteer);
        self.asked_in_all.push(Asked { volunteer, offer, at: now });
        self.open.push(Open { volunteer, id: offer, expires_at });
        let phone = roster.find(volunteer).expect("who is asked is registered").phone.clone();
        Offer {
            id: offer,
            ticket: TicketId(Uuid::from_u128(u128::from(id))),
            work_item: WorkItemId(Uuid::from_u128(u128::from(id))),
            volunteer,
            phone,
            wave: self.waves,
            code: ReplyCode(10),
            state: OfferState::Sent,
            rank: RankVector::default(),
            text: None,
            ring: None,
            created_at: now,
            sent_at: Some(now),
            expires_at,
            ended_at: None,
        }
    }

    /// Notes who goes: at once, or booked for later.
    pub fn assign(
        &mut self,
        id: u32,
        volunteer: VolunteerId,
        (offer, category): (OfferId, &Category),
        policy: &Policy,
        now: Timestamp,
    ) -> Assignment {
        self.open.retain(|open| open.volunteer != volunteer);
        let at_once = self.window.from <= now + policy.visits.booked_ahead;
        let number = u128::from(id) << 32 | self.visits.len() as u128;
        let visit = Assignment {
            id: AssignmentId(Uuid::from_u128(number)),
            ticket: TicketId(Uuid::from_u128(u128::from(id))),
            work_item: WorkItemId(Uuid::from_u128(u128::from(id))),
            volunteer: Some(volunteer),
            person: None,
            station: self.station,
            offer: Some(offer),
            kind: category.assignment,
            state: if at_once { AssignmentState::Accepted } else { AssignmentState::Booked },
            visit_code: VisitCode(1_000),
            window: self.window,
            accepted_at: now,
            asked_at: None,
            confirmed_at: None,
            well_at: None,
            missed_at: None,
            ring: None,
            checked_in_at: None,
            ended_at: None,
            minutes: category.minutes,
        };
        self.visits.push(visit.clone());
        visit
    }

    pub fn end(&mut self, volunteer: VolunteerId, now: Timestamp) -> Option<Assignment> {
        let visit = self.visits.iter_mut().find(|visit| visit.volunteer == Some(volunteer))?;
        (visit.state, visit.ended_at) = (AssignmentState::Done, Some(now));
        Some(visit.clone())
    }
}
