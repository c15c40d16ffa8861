//! Work of stations' staff: told, taken, given back, given up, done.

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::commands::refuse;
use super::event::Commander;
use super::history::{Entity, EventKind};
use super::refusal::{Refusal, Why};
use super::task_notices::Told;
use super::ticket_commands::check_words;
use super::visits::CALLED_OFF;
use crate::domain::actor::{Actor, Doer};
use crate::domain::assignment::{Assignment, AssignmentKind, AssignmentState, VisitCode};
use crate::domain::category::HandlerKind;
use crate::domain::ids::{StationId, TicketId, WorkItemId};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::{Move, allowed_for_item};
use crate::domain::work_item::{WorkItem, WorkRole, WorkState};
use crate::text::words::Words;

impl Desk {
    pub(super) fn items_in(&self, id: TicketId, state: WorkState) -> Vec<WorkItemId> {
        let work = self.cases.get(&id).map(|case| case.work.as_slice()).unwrap_or_default();
        work.iter().filter(|item| item.state == state).map(|item| item.id).collect()
    }

    /// Adds a work item; the first that lives is the lead.
    pub(super) fn add_item(
        &mut self,
        id: TicketId,
        kind: HandlerKind,
        station: StationId,
        slots: u8,
        now: Timestamp,
    ) -> WorkItemId {
        let item = self.push_item(id, (WorkRole::Lead, kind), station, slots, now);
        let detail = json!({ "kind": kind, "station": station, "slots": slots });
        self.tell_about(id, EventKind::WorkOpened, Entity::Ticket(id), detail, now);
        item
    }

    pub(super) fn push_item(
        &mut self,
        id: TicketId,
        (role, kind): (WorkRole, HandlerKind),
        station: StationId,
        slots: u8,
        now: Timestamp,
    ) -> WorkItemId {
        let item_id = self.chance.mint(now);
        let Some(case) = self.case_mut(id) else { return item_id };
        let item = WorkItem {
            id: item_id,
            ticket: id,
            role,
            kind,
            state: WorkState::Open,
            station,
            facility: None,
            slots,
            wave: 0,
            created_at: now,
            sent_at: None,
            accepted_at: None,
            ended_at: None,
            clock: None,
        };
        case.work.push(item);
        item_id
    }

    /// Tells a station: every live item but those that help goes to its staff, the station owes the answer from now on.
    pub(super) fn send_to_station(
        &mut self,
        id: TicketId,
        station: StationId,
        mv: Move,
        actor: &Actor,
        why: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let case = &self.cases[&id];
        let items = case.live_work().map(|item| item.id).filter(|item| !case.only_helps(*item));
        let items: Vec<WorkItemId> = items.collect();
        let mut moved = false;
        for item in items {
            let at = self.cases[&id].work_item(item).expect("it was listed above").state;
            if allowed_for_item(self.state_of_ticket(id), at, actor.kind, mv).is_err() {
                continue;
            }
            if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(item)) {
                for_staff(item, station);
            }
            self.move_item(id, item, mv, actor, json!({ "station": station, "why": why }), now)?;
            moved = true;
        }
        if !moved && mv == Move::SendToStation {
            let item = self.add_item(id, HandlerKind::Station, station, self.persons_of(id), now);
            self.move_item(id, item, mv, actor, json!({ "station": station, "why": why }), now)?;
        }
        // Reassigned work changes hands when the new station takes it: until then the duty stays where it is.
        if mv != Move::Reassign {
            self.own(id, station, actor, now);
        }
        self.tell_stations(id, station, now);
        Ok(())
    }

    /// Tells the station and every other whose item waits beside (local and district at the same moment).
    pub(super) fn tell_stations(&mut self, id: TicketId, station: StationId, now: Timestamp) {
        let case = &self.cases[&id];
        let sent = case.work.iter().filter(|item| item.state == WorkState::Sent).map(|item| item.station);
        let others: BTreeSet<StationId> = sent.filter(|other| *other != station).collect();
        self.tell_station(id, station, now);
        for other in others {
            if !self.cases[&id].ticket.progress.told.contains(&other) {
                self.tell_station(id, other, now);
            }
        }
    }

    /// Tells a station of work that its staff may take from now on.
    pub(super) fn tell_station(&mut self, id: TicketId, station: StationId, now: Timestamp) {
        self.tell_as(id, station, WorkRole::Lead, now);
    }

    /// Tells a station that it is asked to help.
    pub(super) fn ask_to_help(&mut self, id: TicketId, station: StationId, now: Timestamp) {
        self.tell_as(id, station, WorkRole::Co, now);
    }

    fn tell_as(&mut self, id: TicketId, station: StationId, role: WorkRole, now: Timestamp) {
        if let Some(case) = self.case_mut(id)
            && !case.ticket.progress.told.contains(&station)
        {
            case.ticket.progress.told.push(station);
        }
        self.notify(id, Told::station(station), role, now);
    }

    /// Exactly one station owes the answer.
    pub(super) fn own(&mut self, id: TicketId, station: StationId, actor: &Actor, now: Timestamp) {
        let Some(tier) = self.stations.get(&station).map(|station| station.tier) else { return };
        let Some(case) = self.case_mut(id) else { return };
        let from = case.ticket.owner;
        if from == station {
            return;
        }
        case.ticket.owner = station;
        case.ticket.tier = tier;
        self.tell_by(id, EventKind::TicketReassigned, actor, json!({ "from": from, "to": station }), now);
    }

    /// Where two have to go whoever takes it says who the second is (SAF-4).
    pub(super) fn accept_by_staff(
        &mut self,
        by: &Commander,
        id: TicketId,
        second: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Accept)?;
        match second {
            Some(second) => check_words(second)?,
            None if self.persons_of(id) >= 2 => return refuse(Why::NameTheSecond),
            None => {}
        }
        self.staff_takes(id, &actor, now)?;
        if let Some(second) = second {
            self.tell_by(id, EventKind::SecondNamed, &actor, json!({ "second": second.trim() }), now);
        }
        Ok(())
    }

    /// dispatched → in_progress: somebody of a station that was told took it, and the duty with it.
    pub(super) fn staff_takes(&mut self, id: TicketId, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
        let Some(item) = self.item_for(id, actor.station, WorkState::Sent) else {
            return refuse(Why::NothingForStaff);
        };
        self.may_move_item(id, item, Move::Accept, actor)?;
        let told = |station: &StationId| self.cases[&id].ticket.progress.told.contains(station);
        let taker = actor.station.filter(told);
        if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(item)) {
            let station = taker.unwrap_or(item.station);
            if item.facility.is_some() {
                for_staff(item, station);
            }
            item.station = station;
        }
        let station =
            self.cases[&id].work_item(item).map_or(self.cases[&id].ticket.owner, |item| item.station);
        let helps = self.cases[&id].only_helps(item);
        let part = helps.then_some(item);
        let detail = match part {
            Some(_) => json!({ "station": station, "role": WorkRole::Co }),
            None => json!({ "station": station }),
        };
        self.decide_objection(id, part, (actor, &detail), now);
        self.bind_staff(id, item, actor, now);
        self.move_item(id, item, Move::Accept, actor, json!({ "station": station }), now)?;
        if helps {
            // Whose the ticket is, and what the resident was told of that, stays as it is.
            return Ok(());
        }
        if self.cases[&id].work_item(item).is_some_and(|item| item.role == WorkRole::Lead) {
            self.own(id, station, actor, now);
        }
        let station_number = self.number_of(self.cases[&id].ticket.owner);
        self.tell_resident(id, |number| Words::StationTookOver { number, station_number }, now);
        self.tell_who_reads_no_texts(id, now);
        Ok(())
    }

    /// The items in this state that lead, or could.
    pub(super) fn leading_in(&self, id: TicketId, state: WorkState) -> Vec<WorkItemId> {
        let items = self.items_in(id, state);
        items.into_iter().filter(|item| !self.cases[&id].only_helps(*item)).collect()
    }

    /// The item in this state that is the station's own, else the first; what only helps comes last, and is for its
    /// own station and those above it.
    pub(super) fn item_for(
        &self,
        id: TicketId,
        station: Option<StationId>,
        state: WorkState,
    ) -> Option<WorkItemId> {
        let items = self.items_in(id, state);
        let is = |item: &WorkItemId, so: fn(&WorkItem, Option<StationId>) -> bool| {
            self.cases[&id].work_item(*item).is_some_and(|item| so(item, station))
        };
        let own = items
            .iter()
            .find(|item| is(item, |item, station| Some(item.station) == station && item.facility.is_none()));
        let leading = self.leading_in(id, state);
        // What waits for an institution comes after: staff may take it, the station has the duty.
        let staffs = leading.iter().find(|item| is(item, |item, _| item.facility.is_none()));
        let reaches = |item: &&WorkItemId| {
            let at = self.cases[&id].work_item(**item).map(|item| item.station);
            station.zip(at).is_some_and(|(station, at)| self.covers(station, at))
        };
        own.or(staffs).or(leading.first()).or_else(|| items.iter().find(reaches)).copied()
    }

    fn bind_staff(&mut self, id: TicketId, item: WorkItemId, actor: &Actor, now: Timestamp) {
        self.bind(id, item, actor, VisitCode(0), now);
    }

    /// Who comes to the door has a code to say there.
    pub(super) fn bind_institution(&mut self, id: TicketId, item: WorkItemId, actor: &Actor, now: Timestamp) {
        let code = self.draw_visit_code();
        self.bind(id, item, actor, code, now);
    }

    fn bind(&mut self, id: TicketId, item: WorkItemId, actor: &Actor, visit_code: VisitCode, now: Timestamp) {
        let assignment_id = self.chance.mint(now);
        let kind = self.kind_of_task(id);
        let minutes = self.minutes_of(id);
        let window = self.window_for(id, now);
        // Who has nowhere to go is at it with the yes; who has is expected there at the time that was said.
        let state = if kind == AssignmentKind::Phone {
            AssignmentState::OnSite
        } else if window.from > now + self.rules.policy.visits.booked_ahead {
            AssignmentState::Booked
        } else {
            AssignmentState::Accepted
        };
        let Some(case) = self.case_mut(id) else { return };
        let assignment = Assignment {
            id: assignment_id,
            ticket: id,
            work_item: item,
            volunteer: None,
            person: actor.person,
            station: actor.station.unwrap_or(case.ticket.owner),
            offer: None,
            kind,
            state,
            visit_code,
            window,
            accepted_at: now,
            asked_at: None,
            confirmed_at: None,
            well_at: None,
            missed_at: None,
            ring: None,
            checked_in_at: (state == AssignmentState::OnSite).then_some(now),
            ended_at: None,
            minutes,
        };
        case.assignments.push(assignment);
        case.ticket.note_handler(Doer::of(actor));
    }

    /// Whether somebody has to go to do it: desk work is done where they are.
    fn kind_of_task(&self, id: TicketId) -> AssignmentKind {
        let category = self.category_of(id).filter(|category| category.persons > 0);
        category.map_or(AssignmentKind::Phone, |category| category.assignment)
    }

    /// How many have to go, whoever does: by the catalogue, or two by SAF-4.
    pub(super) fn persons_of(&self, id: TicketId) -> u8 {
        let Some(category) = self.category_of(id) else { return 1 };
        let two = self.cases[&id].ticket.two_person;
        if two { category.persons.max(2) } else { category.persons.max(1) }
    }

    pub(super) fn minutes_of(&self, id: TicketId) -> u16 {
        let category = self.cases.get(&id).and_then(|case| self.category_for(&case.ticket));
        category.map_or(60, |category| category.minutes)
    }

    /// The work goes to somebody else: staff are freed, volunteers are told; co-handlers go on.
    pub(super) fn release_helpers(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let bound = case.live_assignments().filter(|bound| !case.only_helps(bound.work_item));
        let (visits, staff): (Vec<Assignment>, Vec<Assignment>) =
            bound.cloned().partition(|bound| bound.volunteer.is_some());
        for bound in staff {
            self.move_assignment(id, bound.id, AssignmentState::Aborted, now);
        }
        self.visitor_heard_of(id);
        for visit in visits {
            self.move_assignment(id, visit.id, AssignmentState::Cancelled, now);
            self.tell_helper(id, &visit, CALLED_OFF, |code| Words::Withdrawn { code }, now);
        }
    }

    pub(super) fn handled_by_staff(
        &mut self,
        by: &Commander,
        id: TicketId,
        outcome: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let actor = self.acting(by, id, Move::Handled)?;
        check_words(outcome)?;
        self.note(id, &actor, outcome, now);
        let theirs = self.part_of(id, actor.station);
        let case = &self.cases[&id];
        // Who said yes to what is still offered has done nothing of it.
        let of_others = |item: WorkItemId| !theirs.contains(&item) && self.may_go_on(id, item);
        let live = case.live_assignments().filter(|a| !of_others(a.work_item));
        for visit in live.cloned().collect::<Vec<_>>() {
            // Staff that says it is done has done it, also before the time.
            if visit.state.is_active() || visit.volunteer.is_none() {
                self.move_assignment(id, visit.id, AssignmentState::Done, now);
            } else {
                self.call_off_helpers(id, |other| other.id == visit.id, now);
            }
        }
        self.visitor_heard_of(id);
        if let Some(case) = self.case_mut(id) {
            case.ticket.note_handler(Doer::of(&actor));
        }
        for item in theirs {
            self.call_off_the_rest(id, item, now);
            self.move_item(id, item, Move::Handled, &actor, json!({}), now)?;
        }
        Ok(())
    }
}

impl Desk {
    /// What a station's word that it is done ends: all that is being worked on, but for the part of another station that
    /// works beside it.
    pub(super) fn part_of(&self, id: TicketId, station: Option<StationId>) -> Vec<WorkItemId> {
        let working = self.items_in(id, WorkState::Working);
        let staffs = |item: &&WorkItemId| {
            let item = self.cases[&id].work_item(**item);
            item.filter(|item| item.kind == HandlerKind::Station).map(|item| item.station)
        };
        let own = working.iter().any(|item| staffs(&item).is_some_and(|at| Some(at) == station));
        let beside = |item: &WorkItemId| own && staffs(&item).is_some_and(|at| Some(at) != station);
        working.iter().copied().filter(|item| !beside(item)).collect()
    }

    fn may_go_on(&self, id: TicketId, item: WorkItemId) -> bool {
        self.cases[&id].work_item(item).is_some_and(|item| item.state.is_live())
    }
}

/// The work is for the station's staff from now on, whoever it was for before.
pub(super) fn for_staff(item: &mut WorkItem, station: StationId) {
    item.station = station;
    item.facility = None;
    match item.kind {
        HandlerKind::Volunteer | HandlerKind::Institution => item.kind = HandlerKind::Station,
        HandlerKind::Station | HandlerKind::Duty => {}
    }
}
