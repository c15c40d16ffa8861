//! The volunteers and what they have on their hands: open offers, visits, rest.
//!
//! The desk tells it of every change; what it says is never stale.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::card::Card;
use super::homes::{Homes, Slot};
use super::index::areas::Place;
use super::nearby::Nearby;
use crate::domain::area::{AdminArea, AreaCode, AreaNumber};
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState};
use crate::domain::category::CategoryCode;
use crate::domain::ids::{AssignmentId, JurisdictionId, OfferId, VolunteerId};
use crate::domain::offer::{Offer, OfferState};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Policy;
use crate::domain::span::days_of;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::{ANSWERS_KEPT, DutyState, Occasion, OfferAnswer, Volunteer, rated};

/// Offers and ended work are remembered this long, for the weekly caps.
const REMEMBERED: Duration = days_of(15);

/// A task as far as caps and overlaps care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    pub kind: AssignmentKind,
    pub state: AssignmentState,
    pub window: Window,
    pub minutes: u16,
}

/// What a volunteer has on their hands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Load {
    pub open_offers: BTreeSet<OfferId>,
    /// When each offer of the last days was made, the latest last: few, and counted often.
    offered: Vec<(Timestamp, OfferId)>,
    /// Live tasks and those that ended lately.
    tasks: BTreeMap<AssignmentId, Task>,
    no_shows: BTreeMap<AssignmentId, Timestamp>,
}

impl Load {
    pub fn offers_in(&self, span: Window) -> usize {
        let lately = self.offered.iter().rev().map(|(at, _)| *at).take_while(|at| *at >= span.from);
        lately.filter(|at| span.holds(*at)).count()
    }

    /// Tasks that begin in the span and were not given up.
    pub fn tasks_in(&self, span: Window) -> usize {
        self.counted().filter(|task| span.holds(task.window.from)).count()
    }

    pub fn minutes_in(&self, span: Window) -> u32 {
        self.counted().filter(|task| span.holds(task.window.from)).map(|task| u32::from(task.minutes)).sum()
    }

    pub fn live_tasks(&self) -> impl Iterator<Item = (AssignmentId, Task)> {
        self.tasks.iter().filter(|(_, task)| task.state.is_live()).map(|(id, task)| (*id, *task))
    }

    /// Tasks begun and not ended, of one kind.
    pub fn active(&self, kind: AssignmentKind) -> usize {
        self.tasks.values().filter(|task| task.kind == kind && task.state.is_active()).count()
    }

    pub(super) fn hands(&self) -> Hands {
        Hands {
            open_offers: count(self.open_offers.len()),
            offers: count(self.offered.len()),
            last_offer: self.offered.last().map_or(0, |(at, _)| minute(*at)),
            tasks: count(self.tasks.len()),
            visits: count(self.active(AssignmentKind::Visit) + self.active(AssignmentKind::Group)),
            by_phone: count(self.active(AssignmentKind::Phone)),
        }
    }

    pub fn is_busy(&self) -> bool {
        self.tasks.values().any(|task| task.state.is_active())
    }

    pub fn no_shows_since(&self, since: Timestamp) -> usize {
        self.no_shows.values().filter(|at| **at >= since).count()
    }

    fn counted(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values().filter(|task| task.state.is_live() || task.state == AssignmentState::Done)
    }

    fn offered(&mut self, offer: OfferId, at: Timestamp) {
        if let Err(place) = self.offered.binary_search(&(at, offer)) {
            self.offered.insert(place, (at, offer));
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let since = now - REMEMBERED;
        self.offered.retain(|(at, id)| *at >= since || self.open_offers.contains(id));
        self.tasks.retain(|_, task| task.state.is_live() || task.window.until >= since);
    }
}

/// How much somebody has on their hands, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hands {
    pub(super) open_offers: u16,
    /// All that are remembered: in no span there are more.
    pub(super) offers: u16,
    /// In minutes, for want of room.
    last_offer: u32,
    pub(super) tasks: u16,
    /// Visits and group tasks begun and not ended.
    pub(super) visits: u16,
    pub(super) by_phone: u16,
}

impl Hands {
    /// Whether the last offer was made before that: in no span from then on there are any.
    pub(super) fn last_asked_before(self, from: Timestamp) -> bool {
        self.last_offer < minute(from)
    }

    pub(super) fn are_empty(self) -> bool {
        (self.open_offers, self.offers, self.tasks) == (0, 0, 0)
    }
}

/// The minute that holds a moment, since 1970.
fn minute(at: Timestamp) -> u32 {
    u32::try_from(at.as_millis() / 60_000).unwrap_or(0)
}

fn count(all: usize) -> u16 {
    u16::try_from(all).unwrap_or(u16::MAX)
}

/// What the desk writes of a volunteer after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub volunteer: VolunteerId,
    pub duty: DutyState,
    pub opted_out: bool,
    pub last_assigned_at: Option<Timestamp>,
    pub resting_until: Option<Timestamp>,
    pub answers: Vec<OfferAnswer>,
    pub rating: Option<u16>,
}

#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) volunteer: Volunteer,
    pub(super) load: Load,
}

/// All volunteers, with their load.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    seats: Vec<Seat>,
    /// One a seat, in the same order.
    cards: Vec<Card>,
    jurisdictions: Vec<JurisdictionId>,
    slots: BTreeMap<VolunteerId, Slot>,
    phones: BTreeMap<PhoneNumber, BTreeSet<VolunteerId>>,
    homes: Homes,
    nearby: Nearby,
    adjacent: BTreeMap<AreaCode, BTreeSet<AreaCode>>,
    /// The same both ways, in numbers.
    borders: BTreeMap<AreaNumber, BTreeSet<AreaNumber>>,
}

impl Roster {
    /// Adds a volunteer or a newer version of one; says whether it was taken.
    ///
    /// Of a known volunteer the desk's own part (duty, opt-out, rest, answers) stays as the roster has it.
    pub fn put(&mut self, volunteer: Volunteer) -> bool {
        let Some(slot) = self.slots.get(&volunteer.id).copied() else {
            let slot = Slot::try_from(self.seats.len()).expect("fewer than four billion volunteers");
            self.enter(slot, &volunteer);
            self.slots.insert(volunteer.id, slot);
            let load = Load::default();
            let jurisdiction = self.jurisdiction_number(&volunteer.jurisdiction);
            let card = Card::of(&volunteer, jurisdiction, &load);
            self.nearby.put(slot, &card, &volunteer);
            self.cards.push(card);
            self.seats.push(Seat { volunteer, load });
            return true;
        };
        let old = self.seat(slot).volunteer.clone();
        if volunteer.version < old.version {
            return false;
        }
        self.homes.remove(slot, &old.skills, &old.area);
        if let Some(sharers) = self.phones.get_mut(&old.phone) {
            sharers.remove(&old.id);
        }
        self.enter(slot, &volunteer);
        let kept = Volunteer {
            duty: old.duty,
            opted_out: old.opted_out,
            last_assigned_at: old.last_assigned_at,
            resting_until: old.resting_until,
            answers: old.answers,
            // What was learned here goes before what a file says.
            rating: old.rating.or(volunteer.rating),
            ..volunteer
        };
        self.cards[slot as usize].jurisdiction = self.jurisdiction_number(&kept.jurisdiction);
        self.change(kept.id, |seat| seat.volunteer = kept);
        let (seat, card) = (&self.seats[slot as usize], &self.cards[slot as usize]);
        self.nearby.put(slot, card, &seat.volunteer);
        true
    }

    fn enter(&mut self, slot: Slot, volunteer: &Volunteer) {
        self.homes.add(slot, &volunteer.skills, &volunteer.area);
        self.phones.entry(volunteer.phone.clone()).or_default().insert(volunteer.id);
    }

    /// The jurisdiction's place in the list, made when it is new.
    fn jurisdiction_number(&mut self, jurisdiction: &JurisdictionId) -> u16 {
        let known = self.number_of(jurisdiction);
        known.unwrap_or_else(|| {
            self.jurisdictions.push(jurisdiction.clone());
            self.number_of(jurisdiction).expect("it was just put there, and there are few")
        })
    }

    pub(super) fn number_of(&self, jurisdiction: &JurisdictionId) -> Option<u16> {
        let place = self.jurisdictions.iter().position(|known| known == jurisdiction)?;
        u16::try_from(place).ok()
    }

    /// Says which areas share a border.
    pub fn put_area(&mut self, area: &AdminArea) {
        let before = self.adjacent.insert(area.code.clone(), area.adjacent.iter().cloned().collect());
        let code = area.code.number();
        for other in before.into_iter().flatten() {
            let says_so_too = self.adjacent.get(&other).is_some_and(|near| near.contains(&area.code));
            if !says_so_too {
                self.borders.entry(code).or_default().remove(&other.number());
                self.borders.entry(other.number()).or_default().remove(&code);
            }
        }
        for other in &area.adjacent {
            self.borders.entry(code).or_default().insert(other.number());
            self.borders.entry(other.number()).or_default().insert(code);
        }
    }

    /// Where an area lies, and which others share a border with it.
    pub(super) fn place(&self, area: Option<&AreaCode>) -> Place<'_> {
        let area = area.map(AreaCode::number);
        Place { area, bordering: area.and_then(|area| self.borders.get(&area)) }
    }

    pub(super) fn nearby(&self) -> &Nearby {
        &self.nearby
    }

    pub fn len(&self) -> usize {
        self.seats.len()
    }

    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    pub fn find(&self, id: VolunteerId) -> Option<&Volunteer> {
        self.slots.get(&id).map(|slot| &self.seat(*slot).volunteer)
    }

    pub fn load(&self, id: VolunteerId) -> Option<&Load> {
        self.slots.get(&id).map(|slot| &self.seat(*slot).load)
    }

    /// Everyone by badge number.
    pub fn volunteers(&self) -> impl Iterator<Item = &Volunteer> {
        self.slots.values().map(|slot| &self.seat(*slot).volunteer)
    }

    /// All who are reached at a number, by badge number.
    pub fn by_phone(&self, number: &PhoneNumber) -> impl Iterator<Item = &Volunteer> {
        self.phones.get(number).into_iter().flatten().filter_map(|id| self.find(*id))
    }

    /// Where the volunteer stands: work begun and rest go before what they said of themselves.
    pub fn duty(&self, id: VolunteerId, now: Timestamp) -> Option<DutyState> {
        let seat = self.seat(*self.slots.get(&id)?);
        Some(seat.duty(now))
    }

    /// What the desk writes of the volunteer.
    pub fn standing(&self, id: VolunteerId, now: Timestamp) -> Option<Standing> {
        let volunteer = self.find(id)?;
        Some(Standing {
            volunteer: id,
            duty: self.duty(id, now)?,
            opted_out: volunteer.opted_out,
            last_assigned_at: volunteer.last_assigned_at,
            resting_until: volunteer.resting_until,
            answers: volunteer.answers.clone(),
            rating: volunteer.rating,
        })
    }

    /// A resident said how satisfied they are with the help, in thousandths.
    pub fn rate(&mut self, id: VolunteerId, said: u16, policy: &Policy) {
        self.change(id, |seat| {
            let before = seat.volunteer.rating;
            seat.volunteer.rating = Some(rated(before, said, policy.offers.rating_weight));
        });
    }

    pub fn set_duty(&mut self, id: VolunteerId, duty: DutyState) {
        self.change(id, |seat| seat.volunteer.duty = duty);
    }

    pub fn opt_out(&mut self, id: VolunteerId) {
        self.change(id, |seat| seat.volunteer.opted_out = true);
    }

    pub fn opt_in(&mut self, id: VolunteerId) {
        self.change(id, |seat| seat.volunteer.opted_out = false);
    }

    /// Lets them rest at least until then (after a sad event).
    pub fn rest(&mut self, id: VolunteerId, until: Timestamp) {
        self.change(id, |seat| seat.volunteer.resting_until = seat.volunteer.resting_until.max(Some(until)));
    }

    /// Counts an offer that was made, open or ended; also at restore.
    pub fn offer_sent(&mut self, offer: &Offer) {
        self.change(offer.volunteer, |seat| {
            seat.load.forget(offer.created_at);
            seat.load.offered(offer.id, offer.created_at);
            if offer.state.is_open() {
                seat.load.open_offers.insert(offer.id);
            }
        });
    }

    /// Notes how an open offer ended. Silence and a no lower the chance of a yes; a yes, even late, raises it.
    pub fn offer_ended(
        &mut self,
        volunteer: VolunteerId,
        offer: OfferId,
        ended: OfferState,
        asked: Option<Occasion>,
    ) {
        let said_yes = match ended {
            OfferState::Accepted | OfferState::TooLate => Some(true),
            OfferState::Declined | OfferState::Expired => Some(false),
            OfferState::Draft
            | OfferState::Sent
            | OfferState::Delivered
            | OfferState::Withdrawn
            | OfferState::Failed => None,
        };
        self.change(volunteer, |seat| {
            let was_open = seat.load.open_offers.remove(&offer);
            // Of who was silent until the time was over and then said yes both count.
            let counts = was_open || said_yes == Some(true);
            if let Some(yes) = said_yes.filter(|_| counts) {
                let answers = &mut seat.volunteer.answers;
                answers.push(OfferAnswer { yes, occasion: asked });
                let surplus = answers.len().saturating_sub(ANSWERS_KEPT);
                answers.drain(..surplus);
            }
        });
    }

    /// Takes an assignment as it stands: begun, moved, ended. Told twice, it counts once.
    pub fn assignment(&mut self, assignment: &Assignment, policy: &Policy, now: Timestamp) {
        let Some(volunteer) = assignment.volunteer else { return };
        let task = Task {
            kind: assignment.kind,
            state: assignment.state,
            window: assignment.window,
            minutes: assignment.minutes,
        };
        self.change(volunteer, |seat| {
            seat.load.forget(now);
            seat.load.tasks.insert(assignment.id, task);
            let last = &mut seat.volunteer.last_assigned_at;
            *last = (*last).max(Some(assignment.accepted_at));
            if let Some(ended) = assignment.ended_at {
                match assignment.state {
                    AssignmentState::Done if assignment.kind != AssignmentKind::Phone => {
                        let rest = &mut seat.volunteer.resting_until;
                        *rest = (*rest).max(Some(ended + policy.visits.rest));
                    }
                    AssignmentState::NoShow => {
                        seat.load.no_shows.insert(assignment.id, ended);
                    }
                    AssignmentState::Booked
                    | AssignmentState::Accepted
                    | AssignmentState::EnRoute
                    | AssignmentState::OnSite
                    | AssignmentState::Done
                    | AssignmentState::Aborted
                    | AssignmentState::Cancelled => {}
                }
            }
        });
    }

    /// Whether a coordinator should have a word with them; it excludes nobody.
    pub fn needs_a_word(&self, id: VolunteerId, policy: &Policy, now: Timestamp) -> bool {
        self.load(id).is_some_and(|load| {
            load.no_shows_since(now - policy.visits.no_shows_within)
                >= usize::from(policy.visits.no_shows_max)
        })
    }

    fn change(&mut self, id: VolunteerId, change: impl FnOnce(&mut Seat)) {
        if let Some(slot) = self.slots.get(&id) {
            let seat = &mut self.seats[*slot as usize];
            change(seat);
            let card = &mut self.cards[*slot as usize];
            let before = (card.is_askable(), card.on_duty);
            *card = Card::of(&seat.volunteer, card.jurisdiction, &seat.load);
            if (card.is_askable(), card.on_duty) != before {
                self.nearby.stands(*slot, card);
            }
        }
    }

    pub(super) fn slot_of(&self, id: VolunteerId) -> Option<Slot> {
        self.slots.get(&id).copied()
    }

    pub(super) fn card(&self, slot: Slot) -> &Card {
        &self.cards[slot as usize]
    }

    pub(super) fn seat(&self, slot: Slot) -> &Seat {
        &self.seats[slot as usize]
    }

    pub(super) fn with_skill(
        &self,
        skill: &CategoryCode,
    ) -> impl Iterator<Item = (&AreaCode, &BTreeSet<Slot>)> {
        self.homes.with_skill(skill)
    }
}

impl Seat {
    pub(super) fn duty(&self, now: Timestamp) -> DutyState {
        if self.load.is_busy() {
            return DutyState::Busy;
        }
        match self.volunteer.duty {
            DutyState::Off => DutyState::Off,
            DutyState::On | DutyState::Busy | DutyState::Resting => {
                if self.volunteer.resting_until.is_some_and(|until| now < until) {
                    DutyState::Resting
                } else {
                    DutyState::On
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
