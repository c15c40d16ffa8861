//! A case: one ticket with everything that hangs on it. What the desk keeps of a ticket that lives.

use std::collections::BTreeSet;

use crate::domain::assignment::{Assignment, AssignmentState};
use crate::domain::category::HandlerKind;
use crate::domain::clocks::{Clock, ClockKind};
use crate::domain::ids::{AssignmentId, OfferId, StationId, TaskNoticeId, VolunteerId, WorkItemId};
use crate::domain::offer::Offer;
use crate::domain::person::KnownPerson;
use crate::domain::survey::Survey;
use crate::domain::task_notice::TaskNotice;
use crate::domain::ticket::{Ticket, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::triage::Triage;
use crate::domain::work_item::{WorkItem, WorkRole, WorkState};

/// One ticket, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub ticket: Ticket,
    pub work: Vec<WorkItem>,
    pub offers: Vec<Offer>,
    pub assignments: Vec<Assignment>,
    pub task_notices: Vec<TaskNotice>,
    pub survey: Option<Survey>,
    /// Volunteers who said no, dropped out or failed: not asked again for this.
    pub declined: BTreeSet<VolunteerId>,
    /// A late yes keeps for two hours: asked first when a slot comes free.
    pub standby: Vec<(VolunteerId, Timestamp)>,
    /// What the register said of the beneficiary when the ticket was opened.
    pub beneficiary: Option<KnownPerson>,
    /// The number it was opened from is a household's.
    pub household: bool,
    /// How many could still be asked after the last wave.
    pub candidates_left: usize,
}

impl Case {
    pub fn new(ticket: Ticket) -> Self {
        Self {
            ticket,
            work: Vec::new(),
            offers: Vec::new(),
            assignments: Vec::new(),
            task_notices: Vec::new(),
            survey: None,
            declined: BTreeSet::new(),
            standby: Vec::new(),
            beneficiary: None,
            household: false,
            candidates_left: usize::MAX,
        }
    }

    pub fn clock(&self, kind: ClockKind) -> Option<&Clock> {
        self.ticket.clocks.iter().find(|clock| clock.kind == kind)
    }

    pub fn clock_mut(&mut self, kind: ClockKind) -> Option<&mut Clock> {
        self.ticket.clocks.iter_mut().find(|clock| clock.kind == kind)
    }

    pub fn work_item(&self, id: WorkItemId) -> Option<&WorkItem> {
        self.work.iter().find(|item| item.id == id)
    }

    pub fn work_item_mut(&mut self, id: WorkItemId) -> Option<&mut WorkItem> {
        self.work.iter_mut().find(|item| item.id == id)
    }

    /// The work that is still to be done, the lead first.
    pub fn live_work(&self) -> impl Iterator<Item = &WorkItem> {
        self.work.iter().filter(|item| item.state.is_live())
    }

    pub fn offer_mut(&mut self, id: OfferId) -> Option<&mut Offer> {
        self.offers.iter_mut().find(|offer| offer.id == id)
    }

    pub fn task_notice_mut(&mut self, id: TaskNoticeId) -> Option<&mut TaskNotice> {
        self.task_notices.iter_mut().find(|notice| notice.id == id)
    }

    pub fn open_offers(&self, work: WorkItemId) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(move |offer| offer.work_item == work && offer.state.is_open())
    }

    pub fn live_assignments(&self) -> impl Iterator<Item = &Assignment> {
        self.assignments.iter().filter(|assignment| assignment.state.is_live())
    }

    /// Whom the resident is to expect: volunteers, and whom an institution sends.
    pub fn coming(&self) -> impl Iterator<Item = &Assignment> {
        let institution =
            |visit: &Assignment| self.work_item(visit.work_item).is_some_and(|item| item.facility.is_some());
        self.live_assignments().filter(move |visit| visit.volunteer.is_some() || institution(visit))
    }

    /// When the next station is told that it waits in intake.
    pub fn triage_next_at(&self) -> Option<Timestamp> {
        let triage = self.ticket.progress.triage.filter(|_| self.ticket.state == TicketState::Intake);
        triage.and_then(Triage::next_at)
    }

    /// When the next helper, or duty telephone, is rung that is owed a call.
    pub fn next_ring(&self) -> Option<Timestamp> {
        let offers = self.offers.iter().filter_map(|offer| offer.ring);
        let visits = self.assignments.iter().filter_map(|visit| visit.ring);
        let stations = self.ticket.progress.station_calls.iter().map(|owed| owed.ring);
        offers.chain(visits).chain(stations).map(|ring| ring.at).min()
    }

    /// Whether somebody has said yes to a work item and is still counted on.
    pub fn is_bound(&self, work: WorkItemId) -> bool {
        self.live_assignments().any(|visit| visit.work_item == work)
    }

    pub fn assignment_mut(&mut self, id: AssignmentId) -> Option<&mut Assignment> {
        self.assignments.iter_mut().find(|assignment| assignment.id == id)
    }

    /// Slots of a work item that nobody fills yet. Where two have to go, whoever has left goes with nobody: while
    /// somebody is asked for again, their place is free too (SAF-4).
    pub fn free_slots(&self, work: WorkItemId) -> u8 {
        let item = self.work_item(work);
        let wanted = item.map_or(0, |item| item.slots);
        let goes_on = item.is_some_and(|item| item.state == WorkState::Working);
        let left_counts = goes_on || !self.ticket.two_person;
        let fills = |a: &&Assignment| {
            a.work_item == work && (a.state.is_live() || (a.state == AssignmentState::Done && left_counts))
        };
        let filled = self.assignments.iter().filter(fills).count();
        wanted.saturating_sub(u8::try_from(filled).unwrap_or(u8::MAX))
    }

    /// When a helper was given the address last.
    pub fn given_at(&self, visit: &Assignment) -> Option<Timestamp> {
        self.given_moments(visit).max()
    }

    /// The moments at which as many as the work needs had said yes, this helper among them; none before it went on at all.
    pub fn given_moments(&self, visit: &Assignment) -> impl Iterator<Item = Timestamp> {
        let work = self.work_item(visit.work_item);
        let slots = work.map_or(1, |item| usize::from(item.slots));
        let began = work.and_then(|item| item.accepted_at);
        let (item, since) = (visit.work_item, visit.accepted_at);
        let theirs = move || self.assignments.iter().filter(move |other| other.work_item == item);
        let coming = |other: &&Assignment, at: Timestamp| {
            let goes_along = other.state == AssignmentState::Done && !self.ticket.two_person;
            let left = other.ended_at.filter(|_| !goes_along);
            other.accepted_at <= at && left.is_none_or(|left| left > at)
        };
        let moments = theirs().map(|other| other.accepted_at).filter(move |at| *at >= since);
        let moments = moments.filter(move |at| theirs().filter(|other| coming(other, *at)).count() >= slots);
        // Where fewer came to be enough they were given it then, and not when they said yes.
        moments.map(move |at| began.map_or(at, |began| at.max(began)))
    }

    /// Whether the work of a visit goes on: while somebody is still looked for, whoever said yes waits.
    pub fn goes_on(&self, visit: &Assignment) -> bool {
        self.work_item(visit.work_item).is_some_and(|item| {
            let theirs = visit.volunteer.is_none() || item.kind == HandlerKind::Volunteer;
            theirs && item.state == WorkState::Working
        })
    }

    /// From when a helper is expected: from the time that was agreed on, or, who took over later, from then on.
    pub fn expected_from(&self, visit: &Assignment) -> Timestamp {
        visit.window.from.max(self.given_at(visit).unwrap_or(visit.accepted_at))
    }

    /// Whether the item helps another that leads or led: it has no say in whose the ticket is.
    pub fn only_helps(&self, id: WorkItemId) -> bool {
        let leads = |item: &WorkItem| {
            item.role == WorkRole::Lead && (item.state.is_live() || item.state == WorkState::Done)
        };
        self.work_item(id).is_some_and(|item| item.role == WorkRole::Co) && self.work.iter().any(leads)
    }

    /// The part of a station that helps, while it is not over.
    pub fn part_of(&self, station: StationId) -> Option<&WorkItem> {
        let theirs = |item: &&WorkItem| {
            item.role == WorkRole::Co && item.kind != HandlerKind::Volunteer && item.station == station
        };
        self.live_work().find(theirs)
    }

    /// Forgets which stations were told of the work, but for those that have a part in it.
    pub fn forget_told(&mut self) {
        let mut told = std::mem::take(&mut self.ticket.progress.told);
        told.retain(|station| self.part_of(*station).is_some());
        self.ticket.progress.told = told;
    }

    /// Of several that were asked at the same moment the first at work leads, the others help (协办).
    pub fn lead_by(&mut self, first: WorkItemId) {
        if self.only_helps(first) {
            return;
        }
        let begun = |item: &WorkItem| matches!(item.state, WorkState::Working | WorkState::Done);
        if self.work.iter().any(|item| item.id != first && item.role == WorkRole::Lead && begun(item)) {
            return;
        }
        for item in self.work.iter_mut().filter(|item| item.state.is_live()) {
            item.role = if item.id == first { WorkRole::Lead } else { WorkRole::Co };
        }
    }

    /// The clocks of co-handlers whose part is not over.
    pub fn co_clocks(&self) -> impl Iterator<Item = &Clock> {
        self.work.iter().filter(|item| item.state.is_live()).filter_map(|item| item.clock.as_ref())
    }

    pub fn co_clocks_mut(&mut self) -> impl Iterator<Item = &mut Clock> {
        self.work.iter_mut().filter(|item| item.state.is_live()).filter_map(|item| item.clock.as_mut())
    }

    /// Whether nothing more will happen by itself: closed, merged or void, and nobody on the way.
    pub fn is_over(&self) -> bool {
        !self.ticket.state.is_open()
    }

    /// Whether any work item is being offered to volunteers.
    pub fn is_offering(&self) -> bool {
        self.work.iter().any(|item| item.state == WorkState::Offering)
    }
}
