//! Supervision (督办): a ticket that is not going as it should is looked at from higher up, level by level.
//!
//! At level 1 the station that owes the answer is told, at level 2 the one above it too, at level 3 the district. Each is
//! told by when it has to act and answer. What nobody answers in that time rises by itself, up to the highest level: an
//! answer is a move, or a note, by somebody of the stations.

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use crate::domain::actor::{Actor, ActorKind};
use crate::domain::assignment::HelperCall;
use crate::domain::ids::{StationId, TicketId};
use crate::domain::language::Language;
use crate::domain::ticket::TicketState;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::text::when::moment_words;
use crate::text::words::Words;

/// The highest supervision level.
const HIGHEST: u8 = 3;

impl Desk {
    /// Raises the supervision level to at least `level`; it never falls. Those whom the new level concerns are told.
    pub(super) fn supervise(&mut self, id: TicketId, level: u8, by: &Actor, why: &str, now: Timestamp) {
        let Some(case) = self.case_mut(id) else { return };
        let raised = level.max(case.ticket.supervision).min(HIGHEST);
        if raised == case.ticket.supervision {
            return;
        }
        case.ticket.supervision = raised;
        let subject = case.ticket.beneficiary;
        let until = self.answer_to_supervision(id, now);
        let rises_at = (raised < HIGHEST).then(|| self.rises_at(id, until));
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.supervision_due = rises_at;
        }
        let detail = json!({ "level": raised, "cause": why, "until": until });
        let line = Line::new(EventKind::TicketSupervised, Entity::Ticket(id), detail);
        self.tell(line.by(by.clone()).about(id).of(subject), now);
        for station in self.supervised_at(id, raised) {
            self.tell_supervised(id, station, now);
        }
    }

    /// The stations that a level concerns.
    fn supervised_at(&self, id: TicketId, level: u8) -> BTreeSet<StationId> {
        let owner = self.cases[&id].ticket.owner;
        let above = if level >= 2 { self.tree.above(owner) } else { None };
        let district = (level >= HIGHEST).then(|| self.tree.district_of(owner));
        [Some(owner), above, district].into_iter().flatten().collect()
    }

    /// By when a station that hears of supervision has to answer; what is life or safety at once.
    fn answer_to_supervision(&self, id: TicketId, now: Timestamp) -> Timestamp {
        match self.cases[&id].ticket.urgency {
            Urgency::P1 => now,
            Urgency::P2 | Urgency::P3 | Urgency::P4 => {
                self.rules.calendar.add(now, self.rules.policy.supervision.answer_within)
            }
        }
    }

    /// When a level that is to be answered by `until` rises of itself.
    fn rises_at(&self, id: TicketId, until: Timestamp) -> Timestamp {
        match self.cases[&id].ticket.urgency {
            Urgency::P1 => until + self.rules.policy.supervision.life_rises_after,
            Urgency::P2 | Urgency::P3 | Urgency::P4 => until,
        }
    }

    /// Nobody has answered in time: one level higher, unless the work is done or waits for somebody else.
    pub(super) fn check_supervision(&mut self, id: TicketId, now: Timestamp) {
        let Some(case) = self.case_mut(id) else { return };
        if case.is_over() || case.ticket.progress.supervision_due.is_none_or(|at| at > now) {
            return;
        }
        case.ticket.progress.supervision_due = None;
        let (state, level) = (case.ticket.state, case.ticket.supervision);
        if !matches!(state, TicketState::Suspended | TicketState::Handled) {
            self.supervise(id, level.saturating_add(1), &Actor::SYSTEM, "unanswered", now);
        }
    }

    /// Somebody of the stations acted, or wrote what is being done: the level stays, and does not rise.
    pub(super) fn answer_supervision(&mut self, id: TicketId, actor: &Actor) {
        let answers = match actor.kind {
            ActorKind::Handler | ActorKind::Dispatcher | ActorKind::DutyOfficer | ActorKind::Institution => {
                true
            }
            ActorKind::Citizen
            | ActorKind::Volunteer
            | ActorKind::Operator
            | ActorKind::CallbackOfficer
            | ActorKind::Supervisor
            | ActorKind::Ivr
            | ActorKind::System
            | ActorKind::Peer => false,
        };
        let waits = |case: &super::case::Case| case.ticket.progress.supervision_due.is_some();
        if answers
            && self.cases.get(&id).is_some_and(waits)
            && let Some(case) = self.case_mut(id)
        {
            case.ticket.progress.supervision_due = None;
        }
    }

    /// Tells a station that a ticket is supervised, and by when it has to act and answer.
    pub(super) fn tell_supervised(&mut self, id: TicketId, station: StationId, now: Timestamp) {
        let until = self.answer_to_supervision(id, now);
        let ticket = &self.cases[&id].ticket;
        let urgent = matches!(ticket.urgency, Urgency::P1 | Urgency::P2);
        let words = Words::Supervision {
            number: ticket.number.to_string(),
            level: ticket.supervision.to_string(),
            due: moment_words(&self.rules.calendar, until, now, Language::Zh),
        };
        let notice = |to| {
            let notice = Notice::new(to, words);
            if urgent { notice } else { notice.by_day() }
        };
        self.tell_duty_phone(id, station, HelperCall::Look, notice, now);
    }
}
