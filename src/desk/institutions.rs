//! Institutions as handlers: the nearest that takes such work is told, takes it, says no, gives it up, ends it.
//!
//! An institution acts as handler, and of its own work item only; the station keeps the duty to answer.

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::case::Case;
use super::commands::refuse;
use super::event::Commander;
use super::history::EventKind;
use super::notices::Notice;
use super::refusal::of_others::not_told;
use super::refusal::{Refusal, Why};
use super::task_notices::Told;
use super::ticket_commands::check_words;
use crate::dispatch::escalation::InstitutionTurn;
use crate::dispatch::institutions::{Against, Sought, Verdict};
use crate::domain::actor::Actor;
use crate::domain::assignment::Assignment;
use crate::domain::category::HandlerKind;
use crate::domain::clocks::ClockKind;
use crate::domain::guard;
use crate::domain::ids::{FacilityId, TicketId, WorkItemId};
use crate::domain::language::Language;
use crate::domain::offer::ReplyCode;
use crate::domain::register::Institution;
use crate::domain::ticket::{ReturnReason, Rung, Window};
use crate::domain::timestamp::Timestamp;
use crate::domain::transition::Move;
use crate::domain::work_item::{WorkRole, WorkState};
use crate::text::when::moment_words;
use crate::text::words::Words;

impl Desk {
    /// Asks dispatch about institutions for a ticket's category and place.
    pub(super) fn ask_institutions<T>(
        &self,
        id: TicketId,
        question: impl FnOnce(&Self, &Sought<'_>) -> T,
    ) -> Option<T> {
        let case = self.cases.get(&id)?;
        let told: BTreeSet<FacilityId> =
            case.task_notices.iter().filter_map(|notice| notice.facility).collect();
        let sought = Sought {
            jurisdiction: &case.ticket.jurisdiction,
            category: self.category_for(&case.ticket)?,
            area: case.ticket.area.as_ref(),
            point: case.ticket.point,
            told: &told,
            policy: &self.rules.policy,
            roads: self.rules.roads.as_deref(),
        };
        Some(question(self, &sought))
    }

    fn nearest_institution(&self, id: TicketId) -> Option<FacilityId> {
        self.ask_institutions(id, |desk, sought| desk.institutions.nearest(sought, &desk.roster)).flatten()
    }

    /// How institutions stand to a ticket's work, for the ladder. One is told in each climb.
    pub(super) fn institution_turn(&self, id: TicketId, now: Timestamp) -> InstitutionTurn {
        let case = &self.cases[&id];
        if case.work.iter().any(|item| item.state == WorkState::Sent && item.facility.is_some()) {
            return InstitutionTurn::Waits;
        }
        let told_in_this_climb = case.clock(ClockKind::Accept).is_none_or(|accept| {
            case.task_notices.iter().any(|n| n.facility.is_some() && n.created_at >= accept.started)
        });
        let before_staff = case.ticket.progress.rung < Some(Rung::Institution);
        let may = self.ladder_may_give(id, HandlerKind::Institution, now);
        if may && before_staff && !told_in_this_climb && self.nearest_institution(id).is_some() {
            InstitutionTurn::MayBeTold
        } else {
            InstitutionTurn::Nobody
        }
    }

    /// A step of the ladder: what volunteers did not take, or may not, goes to the nearest institution.
    pub(super) fn step_to_institution(&mut self, id: TicketId, why: &str, now: Timestamp) {
        let Some(facility) = self.nearest_institution(id) else { return };
        self.withdraw_all_offers(id, now);
        let case = &self.cases[&id];
        let waits = |state: WorkState| matches!(state, WorkState::Open | WorkState::Offering);
        let Some(item) = case.live_work().find(|item| waits(item.state)) else { return };
        let (item, state) = (item.id, item.state);
        // From `offering` the table calls it row 8, else row 6; nothing else can refuse it.
        let mv = if state == WorkState::Offering { Move::Exhaust } else { Move::SendToStation };
        let _refused = self.send_to_institution(id, item, facility, (mv, &Actor::SYSTEM, why), now).err();
    }

    fn send_to_institution(
        &mut self,
        id: TicketId,
        item: WorkItemId,
        facility: FacilityId,
        (mv, actor, why): (Move, &Actor, &str),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.may_move_item(id, item, mv, actor)?;
        let owner = self.cases[&id].ticket.owner;
        if let Some(item) = self.case_mut(id).and_then(|case| case.work_item_mut(item)) {
            item.kind = HandlerKind::Institution;
            item.facility = Some(facility);
            item.station = owner;
        }
        let detail = json!({ "facility": facility, "station": owner, "why": why });
        self.move_item(id, item, mv, actor, detail, now)?;
        self.stands_because(id, "sent_to_institution");
        self.notify(id, Told { station: owner, facility: Some(facility) }, WorkRole::Lead, now);
        Ok(())
    }

    /// Names why the ticket stands where it stands: the move alone would say it of a station.
    fn stands_because(&mut self, id: TicketId, why: &str) {
        if let Some(case) = self.case_mut(id) {
            case.ticket.why = why.to_owned();
        }
    }

    /// What an institution is asked: number, kind, street, when, until when; never a name or a door.
    pub(super) fn institution_words(&self, id: TicketId, code: ReplyCode, now: Timestamp) -> Words {
        let case = &self.cases[&id];
        let share = u32::from(self.rules.policy.escalation.institution_percent) * 10;
        let accept = case.clock(ClockKind::Accept);
        let due = accept.map_or(now, |clock| clock.moment_at(&self.rules.calendar, share).max(now));
        let window = case.ticket.window.map_or_else(String::new, |w| self.window_words(w, Language::Zh, now));
        let (code, number) = (code.to_string(), case.ticket.number.to_string());
        let category = self.category_words(case.ticket.category.as_ref(), Language::Zh);
        let area = self.street_words(id);
        let due = moment_words(&self.rules.calendar, due, now, Language::Zh);
        if self.persons_of(id) >= 2 {
            Words::TaskForInstitutionTwo { code, number, category, area, window, due }
        } else {
            Words::TaskForInstitution { code, number, category, area, window, due }
        }
    }

    /// Row 9: the institution takes it; the resident hears which one comes.
    pub(super) fn institution_takes(
        &mut self,
        id: TicketId,
        facility: FacilityId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(item) = self.item_of_institution(id, facility) else {
            return refuse(Why::NothingForStaff);
        };
        self.may_move_item(id, item, Move::Accept, actor)?;
        self.bind_institution(id, item, actor, now);
        let detail = json!({ "facility": facility, "station": actor.station });
        self.move_item(id, item, Move::Accept, actor, detail, now)?;
        self.stands_because(id, "with_institution");
        let bound = self.cases[&id].live_assignments().find(|bound| bound.work_item == item).cloned();
        if let Some(bound) = bound {
            self.tell_resident_which_institution(id, &bound, now);
        }
        Ok(())
    }

    /// The item that waits for this institution.
    pub(super) fn item_of_institution(&self, id: TicketId, facility: FacilityId) -> Option<WorkItemId> {
        let work = self.cases.get(&id)?.work.iter();
        let theirs = |item: &&crate::domain::work_item::WorkItem| {
            item.state == WorkState::Sent && item.facility == Some(facility)
        };
        work.into_iter().find(theirs).map(|item| item.id)
    }

    /// Row 10 by an institution: its no. The station's staff has it next, or the district where it has to rule. Who says
    /// why it is not theirs objects: whoever has it next decides that, in time.
    pub(super) fn institution_declines(
        &mut self,
        id: TicketId,
        facility: FacilityId,
        (actor, said, words): (&Actor, Option<ReturnReason>, &str),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(item) = self.item_of_institution(id, facility) else {
            return refuse(Why::NothingForStaff);
        };
        self.check_return(id, item, now)?;
        self.may_move_item(id, item, Move::Return, actor)?;
        let reason = said.unwrap_or(self.rules.policy.returns.by_text);
        let detail = json!({ "reason": reason, "words": words, "facility": facility });
        let Some(case) = self.case_mut(id) else { return Ok(()) };
        case.ticket.return_count += 1;
        let (owner, returns) = (case.ticket.owner, case.ticket.return_count);
        // What replaces it is there before it goes: a ticket with nothing to do would count as handled.
        self.add_item(id, HandlerKind::Station, owner, self.persons_of(id), now);
        self.move_item(id, item, Move::Return, actor, detail.clone(), now)?;
        self.tell_by(id, EventKind::TicketReturned, actor, detail, now);
        let rules = guard::return_needs_ruling(returns, &self.rules.policy);
        let district = self.district_station().unwrap_or(owner);
        if let Some(reason) = said {
            let decides = if rules { district } else { owner };
            let from = Told { station: owner, facility: Some(facility) };
            self.object(id, (from, None), (reason, decides, rules), now);
        }
        if rules {
            return self.send_to_station(id, district, Move::SendToStation, &Actor::SYSTEM, "returned", now);
        }
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.ladder_rests_until = None;
        }
        self.climb(id, now);
        Ok(())
    }

    /// What an institution that took the work has to know, and nobody else.
    pub(super) fn institution_details(
        &self,
        id: TicketId,
        code: ReplyCode,
        bound: &Assignment,
        now: Timestamp,
    ) -> Words {
        let door = self.door(id, bound.window, now);
        Words::TaskDetails {
            code: code.to_string(),
            number: door.number,
            category: door.category,
            window: door.window,
            address: door.address,
            name: door.name,
            visit_code: bound.visit_code.to_string(),
            line_number: door.line_number,
        }
    }

    /// Which institution comes, when and with which code: a text to a mobile, a call without names to a landline.
    pub(super) fn tell_resident_which_institution(
        &mut self,
        id: TicketId,
        bound: &Assignment,
        now: Timestamp,
    ) {
        let Some(case) = self.cases.get(&id) else { return };
        let Some(name) = self.institution_of(case, bound).map(|institution| institution.name.clone()) else {
            return;
        };
        let Some(caller) = case.ticket.caller.clone() else { return };
        if !case.ticket.may_be_told() {
            return self.tell_by_person(id, now);
        }
        let language = case.ticket.language;
        if !caller.is_mobile() {
            return self.tell_landline(id, now);
        }
        let words = Words::InstitutionComes {
            number: case.ticket.number.to_string(),
            name,
            visit_code: bound.visit_code.to_string(),
            window: self.window_words(bound.window, language, now),
            station_number: self.number_of(case.ticket.owner),
        };
        self.send(Notice::new(caller, words).about(id).in_language(language), now);
    }

    /// The institution that is bound so; none where it is a volunteer's or a station's.
    fn institution_of(&self, case: &Case, bound: &Assignment) -> Option<&Institution> {
        self.institutions.find(case.work_item(bound.work_item)?.facility?)
    }

    /// A dispatcher chooses an institution; its station keeps the duty to answer.
    pub(super) fn institution_by_hand(
        &mut self,
        by: &Commander,
        id: TicketId,
        facility: FacilityId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        check_words(reason)?;
        if let Some(why) = self.against_kind(id, HandlerKind::Institution, now) {
            return refuse(why);
        }
        let verdict = self
            .ask_institutions(id, |desk, sought| desk.institutions.verdict(facility, sought, &desk.roster));
        match verdict {
            None => return refuse(Why::NoCategory),
            Some(Verdict::No(Against::Unknown)) => return refuse(Why::NoSuchInstitution),
            Some(verdict) if !may_be_chosen(verdict) => return refuse(not_told(verdict)),
            Some(_) => {}
        }
        let detail = json!({ "facility": facility, "words": reason });
        let (mv, actor) = self.take_in_hand(by, id, Rung::Institution, (detail, reason), now)?;
        let Some(item) = self.item_to_move(id, actor.kind, mv) else { return refuse(Why::NothingForStaff) };
        self.send_to_institution(id, item, facility, (mv, &actor, reason), now)
    }

    /// The first live item that the table lets be moved so.
    fn item_to_move(
        &self,
        id: TicketId,
        actor: crate::domain::actor::ActorKind,
        mv: Move,
    ) -> Option<WorkItemId> {
        let case = &self.cases[&id];
        let may = |item: &&crate::domain::work_item::WorkItem| {
            crate::domain::transition::allowed_for_item(case.ticket.state, item.state, actor, mv).is_ok()
        };
        case.live_work().filter(|item| !case.only_helps(item.id)).find(may).map(|item| item.id)
    }

    /// When an institution is expected where nobody said when.
    pub(super) fn window_for(&self, id: TicketId, now: Timestamp) -> Window {
        let urgent = self.rules.policy.visits.window_urgent;
        self.cases[&id].ticket.window.unwrap_or(Window { from: now, until: now + urgent })
    }
}

/// Whether a person may give work to it: they may know better than the catalogue and the map, and may ask once more.
pub(super) fn may_be_chosen(verdict: Verdict) -> bool {
    match verdict {
        Verdict::May(_) | Verdict::No(Against::Category | Against::AlreadyTold | Against::TooFar) => true,
        Verdict::No(
            Against::Unknown
            | Against::Jurisdiction
            | Against::NotShared
            | Against::Closed
            | Against::NoPhone,
        ) => false,
    }
}
