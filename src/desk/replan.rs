//! What a ticket has become under way: another category or urgency after it went out asks for other people, another
//! station, or everybody at once.

use serde_json::json;

use super::Desk;
use super::history::{Entity, EventKind};
use super::notices::Notice;
use super::visits::CALLED_OFF;
use crate::dispatch::candidates::{Nature, Rule};
use crate::domain::actor::Actor;
use crate::domain::assignment::{Assignment, AssignmentState, HelperCall};
use crate::domain::category::{CategoryCode, HandlerKind};
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{OfferId, StationId, TicketId, VolunteerId, WorkItemId};
use crate::domain::language::Language;
use crate::domain::offer::OfferState;
use crate::domain::ticket::{Alarm, TicketState, Window};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::urgency::Urgency;
use crate::domain::work_item::{WorkItem, WorkRole, WorkState};
use crate::text::words::Words;

/// What a ticket was before somebody changed it.
pub(super) struct Was {
    category: Option<CategoryCode>,
    urgency: Urgency,
    window: Option<Window>,
    /// Whose duty it was by the catalogue.
    first_hand: StationId,
    /// Who was asked first by the catalogue.
    pub(super) began_with: HandlerKind,
}

impl Desk {
    pub(super) fn as_it_was(&self, id: TicketId, now: Timestamp) -> Was {
        let ticket = &self.cases[&id].ticket;
        Was {
            category: ticket.category.clone(),
            urgency: ticket.urgency,
            window: ticket.window,
            first_hand: self.first_hand_of(id),
            began_with: self.kind_to_begin(id, now),
        }
    }

    fn first_hand_of(&self, id: TicketId) -> StationId {
        let ticket = &self.cases[&id].ticket;
        self.first_hand(ticket.category.as_ref(), ticket.area.as_ref(), ticket.first_receiver)
    }

    /// A time that was said stays, and so does one that somebody promised to come at; what became urgent is wanted sooner.
    pub(super) fn keep_window(&mut self, id: TicketId, was: &Was, now: Timestamp) {
        let Some(category) = self.category_of(id) else { return };
        let urgency = self.cases[&id].ticket.urgency;
        let nobody_comes = self.cases[&id].coming().next().is_none();
        let urgent = urgency < was.urgency && matches!(urgency, Urgency::P1 | Urgency::P2) && nobody_comes;
        let fresh = self.default_window(&category, urgency, now);
        let window = match (was.window, fresh) {
            (Some(kept), Some(fresh)) if !urgent || kept.until <= fresh.until => Some(kept),
            (Some(_) | None, fresh) => fresh,
        };
        if let Some(case) = self.case_mut(id) {
            case.ticket.window = window;
            if window != was.window {
                case.ticket.progress.time_agreed_at = None;
            }
        }
        self.renew_two_person(id, now);
    }

    /// Brings work that goes on to what the ticket asks for now: its station, the people it may be left to and how many
    /// of them, and for life or safety everybody at once.
    pub(super) fn replan(&mut self, id: TicketId, was: &Was, actor: &Actor, now: Timestamp) {
        let ticket = &self.cases[&id].ticket;
        let recoded = ticket.category != was.category;
        let for_life = ticket.urgency == Urgency::P1 && (recoded || was.urgency != Urgency::P1);
        match ticket.state {
            TicketState::Closed | TicketState::Archived | TicketState::Merged | TicketState::Void => return,
            TicketState::Intake => return self.give_to_its_station(id, was, actor, now),
            TicketState::Handled => {
                self.give_to_its_station(id, was, actor, now);
                if for_life {
                    self.ring_for_life(id, now);
                }
                return;
            }
            TicketState::PendingDispatch
            | TicketState::Offering
            | TicketState::Dispatched
            | TicketState::InProgress
            | TicketState::Suspended => {}
        }
        if for_life || (recoded && !self.not_theirs_any_more(id, now).is_empty()) {
            // Nothing of this waits for a better day.
            self.resume_for(id, &Actor::SYSTEM, now);
        }
        self.give_to_its_station(id, was, actor, now);
        self.want_enough_people(id);
        if recoded {
            self.take_from_whom_it_is_not_for(id, now);
            if !for_life {
                self.take_from_staff(id, was, now);
            }
            self.let_go_whom_rules_keep_out(id, now);
        }
        self.ask_for_the_second(id, now);
        self.nobody_else_is_needed(id, now);
        if self.cases[&id].ticket.window != was.window {
            self.tell_whom_is_asked_the_time(id, now);
        }
        if for_life {
            self.begin_as_life(id, now);
        }
        self.climb(id, now);
    }

    /// The station that the catalogue gives it to now has the duty. Whoever has it by somebody's choice, or because
    /// those below slept, loses it to a higher tier alone; staff that is at it has taken the duty (首接负责制).
    fn give_to_its_station(&mut self, id: TicketId, was: &Was, actor: &Actor, now: Timestamp) {
        let to = self.first_hand_of(id);
        let from = self.cases[&id].ticket.owner;
        let higher = self.tree.tier(to) < self.tree.tier(from);
        if to == was.first_hand || (from != was.first_hand && !higher) || self.is_staff_at_it(id) {
            return;
        }
        self.own(id, to, actor, now);
        let Some(case) = self.case_mut(id) else { return };
        let mut waits = false;
        for item in case.work.iter_mut().filter(|item| item.state.is_live() && item.station == from) {
            item.station = to;
            if item.state == WorkState::Sent && item.facility.is_none() {
                item.sent_at = Some(now);
                waits = true;
            }
        }
        case.ticket.progress.told.retain(|station| *station != from);
        if waits {
            self.tell_stations(id, to, now);
        }
    }

    fn is_staff_at_it(&self, id: TicketId) -> bool {
        let case = &self.cases[&id];
        let staffs = |bound: &Assignment| {
            bound.volunteer.is_none()
                && case.work_item(bound.work_item).is_some_and(|item| item.facility.is_none())
                && !case.only_helps(bound.work_item)
        };
        case.live_assignments().any(staffs)
    }

    /// As many as come by the rule that holds now (SAF-4). Who has said yes is wanted on, where fewer would do.
    pub(super) fn want_enough_people(&mut self, id: TicketId) {
        let two = self.cases[&id].ticket.two_person;
        let persons = self.category_of(id).map_or(0, |category| category.persons);
        let wanted = if two { persons.max(2) } else { persons };
        if wanted == 0 {
            // It is not volunteers' any more.
            return;
        }
        let Some(case) = self.case_mut(id) else { return };
        let places: Vec<(WorkItemId, u8)> = case
            .work
            .iter()
            .filter(|item| is_volunteers(item))
            .map(|item| (item.id, wanted.max(item.slots.saturating_sub(case.free_slots(item.id)))))
            .collect();
        for (item, slots) in places {
            if let Some(item) = case.work_item_mut(item) {
                item.slots = slots;
            }
        }
    }

    /// Work of people the row leaves it to no more.
    fn not_theirs_any_more(&self, id: TicketId, now: Timestamp) -> Vec<WorkItemId> {
        let Some(category) = self.category_of(id) else { return Vec::new() };
        let others = |kind: HandlerKind| match kind {
            HandlerKind::Station | HandlerKind::Duty => false,
            HandlerKind::Volunteer => category.persons == 0 || !category.by.contains(&kind),
            HandlerKind::Institution => !category.by.contains(&kind),
        };
        let for_staff = self.is_for_staff_only(id, now);
        let others = |item: &&WorkItem| {
            let asks = matches!(item.kind, HandlerKind::Volunteer | HandlerKind::Institution);
            others(item.kind) || (asks && for_staff)
        };
        self.cases[&id].live_work().filter(others).map(|item| item.id).collect()
    }

    /// Offers are taken back, who is on the way need not come, and whoever the row names is asked. Nobody is sent away
    /// from the door: they help whoever comes.
    fn take_from_whom_it_is_not_for(&mut self, id: TicketId, now: Timestamp) {
        let items = self.not_theirs_any_more(id, now);
        if items.is_empty() {
            return;
        }
        for item in items {
            self.withdraw_offers_of(id, item, |_| true, now);
            let at_the_door = |visit: &Assignment| {
                visit.work_item == item && visit.volunteer.is_some() && visit.state == AssignmentState::OnSite
            };
            let stays = self.cases[&id].live_assignments().any(at_the_door);
            self.call_off(id, |visit| visit.work_item == item && !at_the_door(visit), now);
            if stays {
                self.lead_beside(id, item, now);
            } else {
                self.give_to_others(id, item, now);
            }
        }
        if self.cases[&id].clock(ClockKind::Accept).is_none_or(|clock| clock.stopped.is_some()) {
            self.accept_anew(id, now);
        }
        let Some(case) = self.case_mut(id) else { return };
        case.ticket.progress.rung = None;
        case.ticket.progress.ladder_rests_until = None;
    }

    /// Somebody is at the door: another leads from now on.
    fn lead_beside(&mut self, id: TicketId, item: WorkItemId, now: Timestamp) {
        let (owner, kind) = (self.cases[&id].ticket.owner, self.kind_to_begin(id, now));
        if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(item)) {
            item.role = WorkRole::Co;
        }
        self.add_item(id, kind, owner, 1, now);
        self.follow_work(id, Move::GiveUp, &Actor::SYSTEM, json!({}), now);
    }

    fn give_to_others(&mut self, id: TicketId, item: WorkItemId, now: Timestamp) {
        let (owner, kind) = (self.cases[&id].ticket.owner, self.kind_to_begin(id, now));
        let life = self.cases[&id].ticket.urgency == Urgency::P1;
        let Some(work) = self.case_mut(id).and_then(|case| case.work_item_mut(item)) else { return };
        if work.state == WorkState::Sent {
            // An institution was asked: the ladder takes it from there.
            return;
        }
        work.kind = kind;
        work.facility = None;
        work.station = owner;
        let mv = match work.state {
            WorkState::Working => Move::GiveUp,
            // What is life or safety does not wait for a step of the ladder; what is not goes to whoever is first on it.
            WorkState::Offering if life => Move::Exhaust,
            WorkState::Open
            | WorkState::Offering
            | WorkState::Sent
            | WorkState::Accepted
            | WorkState::Done
            | WorkState::Returned
            | WorkState::Withdrawn
            | WorkState::Failed => return,
        };
        // Both are the table's for the system.
        let _refused = self.move_item(id, item, mv, &Actor::SYSTEM, json!({ "station": owner }), now).err();
    }

    /// Who was asked or said yes and lacks what the row asks for, or is kept out by it.
    fn let_go_whom_rules_keep_out(&mut self, id: TicketId, now: Timestamp) {
        let items: Vec<WorkItemId> =
            self.cases[&id].work.iter().filter(|i| is_volunteers(i)).map(|i| i.id).collect();
        for item in items {
            let kept_out: Vec<VolunteerId> = self
                .asked_or_bound(id, item)
                .into_iter()
                .filter(|volunteer| self.is_kept_out(id, item, *volunteer, now))
                .collect();
            self.withdraw_offers_of(id, item, |volunteer| kept_out.contains(&volunteer), now);
            let case = &self.cases[&id];
            let on_the_way = case.live_assignments().filter(|visit| {
                visit.work_item == item
                    && visit.state != AssignmentState::OnSite
                    && visit.volunteer.is_some_and(|volunteer| kept_out.contains(&volunteer))
            });
            let on_the_way: Vec<Assignment> = on_the_way.cloned().collect();
            for visit in on_the_way {
                self.tell_helper(id, &visit, CALLED_OFF, |code| Words::Withdrawn { code }, now);
                self.visit_failed(id, visit.id, AssignmentState::Cancelled, now);
            }
            if let Some(case) = self.case_mut(id) {
                case.candidates_left = usize::MAX;
            }
            self.replace(id, item, now);
        }
    }

    fn asked_or_bound(&self, id: TicketId, item: WorkItemId) -> Vec<VolunteerId> {
        let case = &self.cases[&id];
        let bound = case.live_assignments().filter(|visit| visit.work_item == item);
        let bound = bound.filter_map(|visit| visit.volunteer);
        case.open_offers(item).map(|offer| offer.volunteer).chain(bound).collect()
    }

    /// Whether what the ticket is now keeps a volunteer out, whatever else speaks for or against asking them.
    pub(super) fn is_kept_out(
        &self,
        id: TicketId,
        item: WorkItemId,
        volunteer: VolunteerId,
        now: Timestamp,
    ) -> bool {
        let of_the_work = |rule: &Rule| rule.nature() == Nature::Work;
        let theirs = self.cases[&id].work_item(item).is_some_and(is_volunteers);
        let against = self.ask_roster(id, item, now, |asking| asking.all_against(volunteer));
        !theirs || against.is_none_or(|rules| rules.iter().any(of_the_work))
    }

    pub(super) fn withdraw_offers_of(
        &mut self,
        id: TicketId,
        item: WorkItemId,
        whose: impl Fn(VolunteerId) -> bool,
        now: Timestamp,
    ) {
        let open = self.cases[&id].open_offers(item).filter(|offer| whose(offer.volunteer));
        let open: Vec<OfferId> = open.map(|offer| offer.id).collect();
        for offer in open {
            self.withdraw_offer_saying(
                id,
                offer,
                OfferState::Withdrawn,
                |code| Words::Withdrawn { code },
                now,
            );
        }
    }

    /// Whoever was to come need not, and is told; the resident hears it who was told to expect them.
    fn call_off(&mut self, id: TicketId, which: impl Fn(&Assignment) -> bool, now: Timestamp) {
        let expected = self.cases[&id].coming().any(&which);
        self.call_off_helpers(id, which, now);
        if expected {
            self.tell_resident_replaced(id, now);
        }
    }

    /// Where one was enough and two have to come, the second is asked for; whoever said yes waits for them.
    pub(super) fn ask_for_the_second(&mut self, id: TicketId, now: Timestamp) {
        let case = &self.cases[&id];
        let short = |item: &&WorkItem| {
            is_volunteers(item) && item.state == WorkState::Working && case.free_slots(item.id) > 0
        };
        let short: Vec<WorkItemId> = case.work.iter().filter(short).map(|item| item.id).collect();
        if !short.is_empty() {
            self.resume_for(id, &Actor::SYSTEM, now);
        }
        for item in short {
            let bound = self.cases[&id]
                .live_assignments()
                .filter(|visit| visit.work_item == item && visit.state != AssignmentState::OnSite);
            let bound: Vec<Assignment> = bound.cloned().collect();
            if self.move_item(id, item, Move::GiveUp, &Actor::SYSTEM, json!({}), now).is_err() {
                continue;
            }
            self.accept_before_visit(id, now);
            for visit in bound {
                let why = Some(HelperCall::PartnerMissing);
                self.tell_helper(id, &visit, why, |code| Words::AcceptedWaiting { code }, now);
            }
        }
    }

    /// Life or safety: every step of the ladder at once, as for what began so; beside whoever is at it already.
    fn begin_as_life(&mut self, id: TicketId, now: Timestamp) {
        let on_the_ladder = self.cases[&id].ticket.state != TicketState::InProgress;
        if on_the_ladder {
            for kind in [ClockKind::FirstContact, ClockKind::OnSite, ClockKind::Window] {
                self.start_clock(id, kind, now);
            }
            if let Some(case) = self.case_mut(id) {
                case.ticket.progress.rung = None;
            }
            return;
        }
        if !self.is_staff_at_it(id) {
            self.staff_beside(id, now);
        }
        self.ring_for_life(id, now);
    }

    /// Staff is told beside volunteers, or an institution, who are at it.
    fn staff_beside(&mut self, id: TicketId, now: Timestamp) {
        let owner = self.tree.staffed_from(self.cases[&id].ticket.owner);
        if self.leading_in(id, WorkState::Sent).is_empty() && self.cases[&id].part_of(owner).is_none() {
            let part = self.push_item(id, (WorkRole::Co, HandlerKind::Station), owner, 1, now);
            let detail =
                json!({ "kind": HandlerKind::Station, "station": owner, "slots": 1, "role": WorkRole::Co });
            self.tell_about(id, EventKind::WorkOpened, Entity::Ticket(id), detail, now);
            let detail = json!({ "station": owner });
            // An item that is just open may always be sent.
            let _refused = self.move_item(id, part, Move::SendToStation, &Actor::SYSTEM, detail, now).err();
        }
        self.tell_station(id, owner, now);
        if let Some(above) = self.tree.above(owner) {
            self.tell_station(id, above, now);
        }
    }

    /// The stations concerned read what it has become, and the district's duty officers are rung until somebody
    /// presses 1, whoever is at it.
    fn ring_for_life(&mut self, id: TicketId, now: Timestamp) {
        let case = &self.cases[&id];
        let owner = case.ticket.owner;
        let at_it =
            case.live_assignments().filter(|bound| bound.volunteer.is_none()).map(|bound| bound.station);
        let above = [Some(owner), self.tree.above(owner), Some(self.tree.district_of(owner))];
        let mut stations: Vec<StationId> = at_it.chain(above.into_iter().flatten()).collect();
        stations.sort_unstable();
        stations.dedup();
        for station in stations {
            let words = Words::BecameUrgent {
                number: self.cases[&id].ticket.number.to_string(),
                category: self.category_words(self.cases[&id].ticket.category.as_ref(), Language::Zh),
                area: self.street_words(id),
            };
            self.tell_duty_phone(id, station, HelperCall::Look, |to| Notice::new(to, words), now);
        }
        if let Some(case) = self.case_mut(id) {
            let rings = case.ticket.progress.alarm.unwrap_or(Alarm { rung: 0, next_at: now, for_life: true });
            case.ticket.progress.alarm = Some(Alarm { for_life: true, ..rings });
        }
        self.check_alarm(id, now);
    }
}

/// Live work of volunteers.
fn is_volunteers(item: &WorkItem) -> bool {
    item.kind == HandlerKind::Volunteer && item.state.is_live()
}
