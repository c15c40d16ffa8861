//! What came in and nobody looked at: word of it climbs from station to station, then to the duty officer's list
//! (DOMAIN §4, clock `triage`).
//!
//! Drafts in intake, call-back requests and texts nobody understood climb alike: the owner's station if it is
//! staffed, else the nearest staffed one above; each has the time of the clock before the next is told. An urgent
//! draft rings the duty officers besides.

use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::callbacks::Wish;
use super::history::{Entity, EventKind, Line};
use super::notices::Notice;
use crate::domain::callback::CallbackReason;
use crate::domain::clocks::ClockKind;
use crate::domain::ids::{CallbackId, MessageId, StationId, TicketId};
use crate::domain::language::Language;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::TicketState;
use crate::domain::timestamp::Timestamp;
use crate::domain::triage::Triage;
use crate::domain::urgency::Urgency;
use crate::text::when::moment_words;
use crate::text::words::Words;

/// A station is told of what can wait no oftener than this.
const REMIND_AGAIN: Duration = Duration::from_secs(15 * 60);

impl Desk {
    /// The triage clock of a draft is over: somebody is told, and the caller is owed a call.
    pub(super) fn triage_overdue(&mut self, id: TicketId, now: Timestamp) {
        let ticket = &self.cases[&id].ticket;
        if ticket.state != TicketState::Intake {
            return;
        }
        let (owner, caller) = (ticket.owner, ticket.caller.clone());
        self.triage_ticket(id, now);
        if let Some(number) = caller {
            let wish = Wish { ticket: Some(id), ..Wish::new(number, owner, CallbackReason::Ticket) };
            self.request_callback(wish, now);
        }
    }

    /// Whoever was told of a draft did not look at it in time: the next one is.
    pub(super) fn check_triage(&mut self, id: TicketId, now: Timestamp) {
        let due = self.cases.get(&id).and_then(super::case::Case::triage_next_at);
        if due.is_some_and(|at| at <= now) {
            self.triage_ticket(id, now);
        }
    }

    /// Somebody looked at it, or pressed 1. Of P1 the duty officers are rung on: now for the help itself.
    pub(super) fn end_triage(&mut self, id: TicketId) {
        let Some(case) = self.case_mut(id) else { return };
        if case.ticket.progress.triage.take().is_some() && case.ticket.urgency != Urgency::P1 {
            self.end_alarm(id);
        }
    }

    fn triage_ticket(&mut self, id: TicketId, now: Timestamp) {
        let ticket = &self.cases[&id].ticket;
        let (owner, urgency, before) = (ticket.owner, ticket.urgency, ticket.progress.triage);
        let urgent = urgency == Urgency::P1;
        let next = self.triaged_on(owner, before, urgent, now);
        if let Some(case) = self.case_mut(id) {
            case.ticket.progress.triage = Some(next);
            case.ticket.why = if next.is_on_duty_list() { "duty_list" } else { "triage_overdue" }.to_owned();
        }
        self.tell_about(id, said(next), Entity::Ticket(id), json!(next), now);
        self.tell_triaged(owner, next, urgent, now);
        let rings = match urgency {
            Urgency::P1 => true,
            Urgency::P2 => next.is_on_duty_list(),
            Urgency::P3 | Urgency::P4 => false,
        };
        if rings {
            self.start_alarm(id, now, now);
        }
    }

    /// A call-back request is late, or whoever was told of it did not ring. While somebody rings, nobody else is told.
    pub(super) fn triage_callback(&mut self, id: CallbackId, waits: bool, now: Timestamp) {
        let Some(request) = self.callbacks.get(&id) else { return };
        let (station, urgent, before) = (request.station, request.urgent, request.triage);
        let next = match before {
            Some(Triage::Told { station, .. }) if !waits => {
                Triage::Told { station, next_at: now + self.triage_time(urgent) }
            }
            Some(_) | None => self.triaged_on(station, before, urgent, now),
        };
        if let Some(request) = self.callback_mut(id) {
            request.triage = Some(next);
        }
        if !waits && before.is_some() {
            return;
        }
        if before != Some(next) {
            self.tell(Line::new(said(next), Entity::Callback(id), json!(next)), now);
        }
        self.tell_triaged(station, next, urgent, now);
    }

    /// Nobody read a text in time.
    pub(super) fn inbox_due(&mut self, id: MessageId, now: Timestamp) {
        let Some(text) = self.inbox.get(&id) else { return };
        let (station, before) = (text.station, text.triage);
        let next = self.triaged_on(station, before, false, now);
        if let Some(text) = self.inbox_mut(id) {
            text.triage = Some(next);
        }
        self.tell(Line::new(said(next), Entity::Text(id), json!(next)), now);
        self.tell_triaged(station, next, false, now);
    }

    /// How long whoever was told has before the next is.
    pub(super) fn triage_time(&self, urgent: bool) -> Duration {
        let triage = &self.rules.policy.triage;
        if urgent { triage.urgent } else { triage.other }
    }

    /// Who is told next: the nearest staffed station from the owner up; above the last, the duty officer's list.
    fn triaged_on(&self, owner: StationId, before: Option<Triage>, urgent: bool, now: Timestamp) -> Triage {
        let next = match before {
            None => Some(self.tree.staffed_from(owner)).filter(|station| self.tree.is_staffed(*station)),
            Some(Triage::Told { station, .. }) => self.tree.above(station),
            Some(listed @ Triage::DutyList { .. }) => return listed,
        };
        match next {
            Some(station) => Triage::Told { station, next_at: now + self.triage_time(urgent) },
            None => Triage::DutyList { since: now },
        }
    }

    fn tell_triaged(&mut self, owner: StationId, next: Triage, urgent: bool, now: Timestamp) {
        let station = match next {
            Triage::Told { station, .. } => station,
            Triage::DutyList { .. } => self.tree.district_of(owner),
        };
        self.tell_of_waiting(station, urgent, now);
    }

    /// A text to the duty mobile of the station, or of the nearest above that has one: so much waits for a person.
    pub(super) fn tell_of_waiting(&mut self, station: StationId, urgent: bool, now: Timestamp) {
        let Some(phone) = self.mobile_from(station) else { return };
        let lately = self.reminded_at.get(&station).is_some_and(|at| now.since(*at) < REMIND_AGAIN);
        if lately && !urgent {
            return;
        }
        self.reminded_at.insert(station, now);
        let (count, due) = self.waiting_at(station).fold((0_usize, now), |(n, due), at| (n + 1, due.min(at)));
        let words = Words::CallbackWaiting {
            count: count.max(1).to_string(),
            due: moment_words(&self.rules.calendar, due, now, Language::Zh),
        };
        self.send(Notice::new(phone, words), now);
    }

    fn mobile_from(&self, station: StationId) -> Option<PhoneNumber> {
        let up = std::iter::successors(Some(station), |station| self.tree.parent(*station));
        let mut phones = up.filter_map(|station| self.stations.get(&station)?.notice_phone.as_ref());
        phones.find(|phone| phone.is_mobile()).cloned()
    }

    /// When each thing is due that waits for a person of the station: its own, and what climbed to it.
    fn waiting_at(&self, station: StationId) -> impl Iterator<Item = Timestamp> {
        let here = move |owner: StationId, triage: Option<Triage>| {
            owner == station
                || match triage {
                    Some(Triage::Told { station: told, .. }) => told == station,
                    Some(Triage::DutyList { .. }) => self.tree.district_of(owner) == station,
                    None => false,
                }
        };
        let calls = self.callbacks.values().filter(move |r| r.state.is_open() && here(r.station, r.triage));
        let texts = self.inbox.values().filter(move |text| here(text.station, text.triage));
        let drafts = self.cases.values().filter(move |case| {
            let ticket = &case.ticket;
            ticket.state == TicketState::Intake && here(ticket.owner, ticket.progress.triage)
        });
        let drafts = drafts.filter_map(|case| case.clock(ClockKind::Triage).map(|clock| clock.due));
        calls.map(|request| request.due).chain(texts.map(|text| text.due)).chain(drafts)
    }
}

fn said(next: Triage) -> EventKind {
    match next {
        Triage::Told { .. } => EventKind::TriageClimbed,
        Triage::DutyList { .. } => EventKind::TriageListed,
    }
}
