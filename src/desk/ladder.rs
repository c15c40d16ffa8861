//! The ladder: waves, the station's staff, the one above, the duty officer; inside the accept clock (DOMAIN §4).

use serde_json::json;

use super::Desk;
use super::calls::CallRole;
use super::event::EndReason;
use super::history::{Entity, EventKind};
use super::legs::{Dialling, state_of};
use super::staff::for_staff;
use crate::dispatch::escalation::{Climb, Due, Ground, LadderStep};
use crate::domain::actor::{Actor, ActorKind};
use crate::domain::authority::most_fitting;
use crate::domain::call::CallPurpose;
use crate::domain::category::{Category, HandlerKind};
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{CallId, StationId, TicketId, WorkItemId};
use crate::domain::ticket::{Alarm, Rung, Ticket, TicketState};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::urgency::Urgency;
use crate::domain::work_item::WorkState;

/// Steps that may fall due at one moment (P1 takes them all); more would be a ladder that leads in a circle.
const STEPS_AT_ONCE: usize = 8;
/// A step that could not be taken is tried again this much later.
const STUCK: std::time::Duration = std::time::Duration::from_secs(60);

impl Desk {
    /// Makes the work items a ticket needs, by its category.
    pub(super) fn plan_work(&mut self, id: TicketId, now: Timestamp) {
        let ticket = &self.cases[&id].ticket;
        let (owner, urgency) = (ticket.owner, ticket.urgency);
        let persons = self.persons_of(id);
        let Some(category) = self.category_of(id) else {
            // Reopened before anybody said what it is: staff of its station finds out.
            let item = self.add_item(id, HandlerKind::Station, owner, persons, now);
            let detail = json!({ "station": owner });
            let _refused = self.move_item(id, item, Move::SendToStation, &Actor::SYSTEM, detail, now).err();
            self.tell_station(id, owner, now);
            return;
        };
        match self.kind_to_begin(id, now) {
            HandlerKind::Volunteer => {
                self.add_item(id, HandlerKind::Volunteer, owner, persons, now);
                // Life or safety: staff is told in the same moment as volunteers.
                if urgency == Urgency::P1 {
                    self.add_item(id, HandlerKind::Station, owner, persons, now);
                }
            }
            kind @ (HandlerKind::Station | HandlerKind::Institution | HandlerKind::Duty) => {
                self.add_item(id, kind, owner, persons, now);
            }
        }
        let district = self.district_station().filter(|_| category.also_district);
        for station in [district, self.station_beside(id)].into_iter().flatten().filter(|it| *it != owner) {
            self.add_item(id, HandlerKind::Station, station, self.persons_of(id), now);
        }
    }

    /// The place's own station, where the catalogue gives the work to another and wants both (双派).
    fn station_beside(&self, id: TicketId) -> Option<StationId> {
        let ticket = &self.cases[&id].ticket;
        let rows = &self.rules.catalogue.authority;
        let row = most_fitting(rows, ticket.category.as_ref()?, ticket.area.as_ref())?;
        let tier = self.category_for(ticket)?.tier;
        row.with_place.then(|| self.start_station(ticket.area.as_ref(), tier, ticket.first_receiver))
    }

    pub(super) fn category_of(&self, id: TicketId) -> Option<Category> {
        self.category_for(&self.cases.get(&id)?.ticket).cloned()
    }

    /// What is due next on the ladder, when the ticket stands on it.
    pub(super) fn next_rung(&self, id: TicketId, now: Timestamp) -> Vec<Due> {
        let Some(case) = self.cases.get(&id) else { return Vec::new() };
        let on_ladder = match case.ticket.state {
            TicketState::PendingDispatch | TicketState::Offering | TicketState::Dispatched => true,
            TicketState::Intake
            | TicketState::InProgress
            | TicketState::Suspended
            | TicketState::Handled
            | TicketState::Closed
            | TicketState::Archived
            | TicketState::Merged
            | TicketState::Void => false,
        };
        let category = self.category_for(&case.ticket);
        let (Some(category), Some(accept), true) = (category, case.clock(ClockKind::Accept), on_ladder)
        else {
            return Vec::new();
        };
        let asked = self.volunteer_item(id);
        let climb = Climb {
            category,
            urgency: case.ticket.urgency,
            accept,
            // Reassigned work waits at its new station while the old one still has the duty.
            station: case
                .work
                .iter()
                .find(|item| item.state == WorkState::Sent && !case.only_helps(item.id))
                .map_or(case.ticket.owner, |item| item.station),
            rung: case.ticket.progress.rung,
            waves: asked.and_then(|item| case.work_item(item)).map_or(0, |item| item.wave),
            wave_expires: asked.and_then(|item| case.open_offers(item).map(|o| o.expires_at).max()),
            candidates_left: if asked.is_some() { case.candidates_left } else { 0 },
            institution: self.institution_turn(id, now),
            peers_told: &case.ticket.progress.told,
        };
        let mut steps = self.ground().steps(&climb, now);
        // What a person chose has its time, whatever moves the ticket meanwhile.
        if let Some(until) = case.ticket.progress.ladder_rests_until {
            steps.iter_mut().for_each(|due| due.at = due.at.max(until));
        }
        steps
    }

    fn ground(&self) -> Ground<'_> {
        Ground { policy: &self.rules.policy, calendar: &self.rules.calendar, stations: &self.tree }
    }

    /// The item volunteers are or could be asked for.
    pub(super) fn volunteer_item(&self, id: TicketId) -> Option<WorkItemId> {
        let live = |item: &&crate::domain::work_item::WorkItem| {
            item.kind == HandlerKind::Volunteer && matches!(item.state, WorkState::Open | WorkState::Offering)
        };
        self.cases.get(&id)?.work.iter().find(live).map(|item| item.id)
    }

    /// Takes every step whose time has come.
    pub(super) fn climb(&mut self, id: TicketId, now: Timestamp) {
        for _ in 0..STEPS_AT_ONCE {
            let due: Vec<Due> = self.next_rung(id, now).into_iter().filter(|due| due.at <= now).collect();
            if due.is_empty() {
                return;
            }
            for step in due {
                self.take(id, &step, now);
            }
        }
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.ladder_rests_until = Some(now + STUCK);
        }
    }

    fn take(&mut self, id: TicketId, due: &Due, now: Timestamp) {
        let detail = json!({ "rung": due.step.rung(), "why": due.why });
        self.tell_about(id, EventKind::LadderStep, Entity::Ticket(id), detail, now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.rung = case.ticket.progress.rung.max(due.step.rung());
            case.ticket.why = due.why.name().to_owned();
        }
        match due.step {
            LadderStep::OfferWave => {
                if let Some(item) = self.volunteer_item(id) {
                    self.send_wave(id, item, now);
                }
            }
            LadderStep::ToInstitution => self.step_to_institution(id, due.why.name(), now),
            LadderStep::ToStation(station) => self.step_to_station(id, station, due.why.name(), now),
            LadderStep::TierUp(station) => self.step_up(id, station, due.why.name(), now),
            LadderStep::Peer(station) => {
                self.tell_station(id, station, now);
            }
            LadderStep::DutyOfficer(_) => self.start_alarm(id, now, now),
        }
    }

    /// To staff: what volunteers did not take, or could not be asked for.
    fn step_to_station(&mut self, id: TicketId, station: StationId, why: &str, now: Timestamp) {
        let urgent = self.cases[&id].ticket.urgency == Urgency::P1;
        if !urgent {
            self.withdraw_all_offers(id, now);
            for item in self.items_in(id, WorkState::Offering) {
                self.staff_item(id, item, station);
                let detail = json!({ "station": station, "why": why });
                // From `offering` the table calls it row 8; nothing else can refuse it.
                let _refused = self.move_item(id, item, Move::Exhaust, &Actor::SYSTEM, detail, now).err();
            }
        }
        for item in self.items_in(id, WorkState::Open) {
            let kind = self.cases[&id].work_item(item).map(|item| item.kind);
            if urgent && kind == Some(HandlerKind::Volunteer) {
                continue;
            }
            // What another station was to have beside this one (the district, the place's own) stays that one's.
            let own = self.cases[&id].work_item(item).map_or(station, |item| item.station);
            let to = if own == self.cases[&id].ticket.owner { station } else { self.tree.staffed_from(own) };
            self.staff_item(id, item, to);
            let detail = json!({ "station": to, "why": why });
            let _refused = self.move_item(id, item, Move::SendToStation, &Actor::SYSTEM, detail, now).err();
        }
        for item in self.items_in(id, WorkState::Sent) {
            if self.cases[&id].work_item(item).is_some_and(|item| item.facility.is_some()) {
                // The institution's time is over: row 11, from it to the staff of the station with the duty.
                self.staff_item(id, item, station);
                let detail = json!({ "station": station, "why": why });
                let _refused = self.move_item(id, item, Move::TierUp, &Actor::SYSTEM, detail, now).err();
            }
        }
        if urgent && self.leading_in(id, WorkState::Sent).is_empty() {
            // What became P1 while volunteers were asked: staff is told beside them, as from the beginning.
            let item = self.add_item(id, HandlerKind::Station, station, self.persons_of(id), now);
            let detail = json!({ "station": station, "why": why });
            let _refused = self.move_item(id, item, Move::SendToStation, &Actor::SYSTEM, detail, now).err();
        }
        self.own(id, station, &Actor::SYSTEM, now);
        self.tell_stations(id, station, now);
    }

    fn staff_item(&mut self, id: TicketId, item: WorkItemId, station: StationId) {
        if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(item)) {
            for_staff(item, station);
        }
    }

    /// The station above owes the answer from now on.
    fn step_up(&mut self, id: TicketId, station: StationId, why: &str, now: Timestamp) {
        let target = self.tree.tier(station);
        for item in self.leading_in(id, WorkState::Sent) {
            let own = self.cases[&id].work_item(item).map(|item| item.station);
            // What the district was told at the same moment does not come down again.
            if own.and_then(|own| self.tree.tier(own)) <= target {
                continue;
            }
            self.staff_item(id, item, station);
            let detail = json!({ "station": station, "why": why });
            let _refused = self.move_item(id, item, Move::TierUp, &Actor::SYSTEM, detail, now).err();
        }
        self.own(id, station, &Actor::SYSTEM, now);
        self.tell_station(id, station, now);
    }

    /// A dispatcher ends the asking of volunteers.
    pub(super) fn offers_to_staff(&mut self, id: TicketId, now: Timestamp) {
        let Ticket { owner, urgency, .. } = &self.cases[&id].ticket;
        let station = self.ground().staff_for(*owner, *urgency, now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.rung = case.ticket.progress.rung.max(Some(Rung::Station));
        }
        self.step_to_station(id, station, "by_hand", now);
    }

    /// Duty officers are rung from a moment on, unless they are being rung.
    pub(super) fn start_alarm(&mut self, id: TicketId, from: Timestamp, now: Timestamp) {
        if let Some(case) = self.case_mut(id) {
            let alarm = &mut case.ticket.progress.alarm;
            *alarm = alarm.or(Some(Alarm { rung: 0, next_at: from, for_life: false }));
        }
        self.check_alarm(id, now);
    }

    /// Rings the next duty officer when the alarm's moment has come and none is being rung.
    pub(super) fn check_alarm(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.cases.get(&id) else { return };
        let Some(alarm) = case.ticket.progress.alarm.filter(|alarm| alarm.next_at <= now) else { return };
        let district = self.tree.district_of(case.ticket.owner);
        let Some(station) = self.stations.get(&district) else { return };
        let people = if station.duty.is_empty() { &station.ring } else { &station.duty };
        let again = self.rules.policy.escalation.duty_ring_again;
        let ring_time = self.rules.policy.calls.emergency_ring;
        let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
        let target = (count > 0).then(|| people[(alarm.rung % count) as usize].clone());
        if let Some(case) = self.case_mut(id) {
            let rung = alarm.rung.saturating_add(1);
            // A backstop: the end of the call moves it forward.
            case.ticket.progress.alarm = Some(Alarm { rung, next_at: now + ring_time + again, ..alarm });
        }
        let Some(target) = target else {
            self.supervise(id, 3, &Actor::SYSTEM, "no_duty_officer", now);
            return;
        };
        let dialling = Dialling {
            role: CallRole::Alarm(id),
            purpose: CallPurpose::DutyAlarm,
            target,
            number: None,
            station: district,
            ticket: Some(id),
            ring_time,
        };
        let call = self.dial(dialling, now);
        self.tell_about(id, EventKind::AlarmRung, Entity::Call(call), json!({ "try": alarm.rung + 1 }), now);
    }

    /// Nobody pressed 1: the next one at once, after a whole round with a pause.
    pub(super) fn alarm_call_ended(&mut self, call: CallId, id: TicketId, reason: EndReason, now: Timestamp) {
        if self.attempt_is_done(call) {
            return;
        }
        self.close_attempt(call, state_of(reason), now);
        let Some(case) = self.cases.get(&id) else { return };
        let Some(alarm) = case.ticket.progress.alarm else { return };
        let district = self.tree.district_of(case.ticket.owner);
        let count = self.stations.get(&district).map_or(1, |s| s.duty.len().max(s.ring.len()).max(1));
        let whole_round = (alarm.rung as usize).is_multiple_of(count);
        let wait = if whole_round {
            self.rules.policy.escalation.duty_ring_again
        } else {
            std::time::Duration::ZERO
        };
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.alarm = Some(Alarm { next_at: now + wait, ..alarm });
        }
    }

    /// A duty officer pressed 1: the district has it.
    pub(super) fn alarm_taken(&mut self, call: CallId, id: TicketId, now: Timestamp) {
        self.attempt_done(call, now);
        let Some(case) = self.cases.get(&id) else { return };
        let district = self.tree.district_of(case.ticket.owner);
        let actor = Actor { station: Some(district), ..Actor::of(ActorKind::Handler) };
        self.tell_by(id, EventKind::AlarmTaken, &actor, json!({}), now);
        self.own(id, district, &Actor::SYSTEM, now);
        if let Some(case) = self.case_mut(id)
            && !case.ticket.progress.told.contains(&district)
        {
            case.ticket.progress.told.push(district);
        }
        let waits = match self.cases[&id].ticket.state {
            TicketState::PendingDispatch | TicketState::Offering | TicketState::Dispatched => true,
            TicketState::Intake
            | TicketState::InProgress
            | TicketState::Suspended
            | TicketState::Handled
            | TicketState::Closed
            | TicketState::Archived
            | TicketState::Merged
            | TicketState::Void => false,
        };
        if waits && self.leading_in(id, WorkState::Sent).is_empty() {
            let item = self.add_item(id, HandlerKind::Duty, district, 1, now);
            let system = Actor::SYSTEM;
            // An item that is just open may always be sent.
            let _refused = self.move_item(id, item, Move::SendToStation, &system, json!({}), now).err();
        }
        self.end_triage(id);
        if !waits || self.staff_takes(id, &actor, now).is_err() {
            self.end_alarm(id);
        }
    }

    /// No more ringing: the alarm is over, calls that ring for it are released.
    pub(super) fn end_alarm(&mut self, id: TicketId) {
        if let Some(case) = self.cases.get(&id)
            && case.ticket.progress.alarm.is_none()
        {
            return;
        }
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.alarm = None;
        }
        self.leave_in_peace(|role| *role == CallRole::Alarm(id));
    }
}
