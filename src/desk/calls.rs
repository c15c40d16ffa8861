//! Calls: how one arrives, and what it is about. What it has become when it ends is `settled`'s.

use std::sync::Arc;

use std::collections::BTreeSet;

use serde_json::json;

use super::Desk;
use super::effect::{PhoneEffect, RejectReason};
use super::event::PhoneEvent;
use super::history::{Entity, EventKind, Line};
use super::queue::Seeking;
use super::rings::RungFor;
use super::talks::{Attending, Whom};
use crate::domain::actor::Actor;
use crate::domain::call::{Call, CallDirection, CallPart, CallerTrust, Joins};
use crate::domain::callback::CallbackReason;
use crate::domain::clocks::Clock;
use crate::domain::ids::{
    AttemptId, CallId, CallbackId, CareCallId, RecordingId, StationId, TicketId, VolunteerId,
};
use crate::domain::language::Language;
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;
use crate::ivr::menu::Menu;
use crate::ivr::walk::Walk;

/// What a call is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallRole {
    /// Somebody rang us.
    Incoming,
    /// A person is rung for another call.
    Leg { of: CallId },
    /// The resident is asked whether it helped.
    Survey(TicketId),
    /// A landline is told who comes.
    WhoComes(TicketId),
    /// A duty officer is to press 1.
    Alarm(TicketId),
    /// A helper is asked or told something.
    Helper(TicketId, RungFor),
    /// Somebody who agreed to be rung is asked whether they are well.
    Care(CareCallId),
    /// Somebody is to look after them.
    CareContact(CareCallId),
    /// Somebody who is owed a call.
    Callback(CallbackId),
    /// An operator is rung for somebody who is owed a call.
    Offered(CallbackId),
    /// A supervisor listens to a talk, or has a part in it.
    Attending { of: CallId, how: Attending },
    /// The ambulance, brought in to an emergency, or whoever an operator wants on the line.
    BroughtIn { to: CallId },
}

impl CallRole {
    /// Whether somebody is rung, or talks, on it for a call that is there already: one telephone has one such at a time.
    pub fn is_rung_for_another(&self) -> bool {
        match self {
            Self::Leg { .. } | Self::Offered(_) | Self::Attending { .. } | Self::BroughtIn { .. } => true,
            Self::Incoming
            | Self::Survey(_)
            | Self::WhoComes(_)
            | Self::Alarm(_)
            | Self::Helper(..)
            | Self::Care(_)
            | Self::CareContact(_)
            | Self::Callback(_) => false,
        }
    }

    /// Whether whoever is on it is the one a caller was given to.
    pub fn has_the_caller(&self) -> bool {
        matches!(self, Self::Leg { .. } | Self::Offered(_))
    }

    /// Whether a resident is on it who is led on, left to a colleague or let go like a caller.
    pub fn is_a_residents(&self) -> bool {
        matches!(self, Self::Incoming | Self::Callback(_) | Self::Care(_))
    }

    /// The call in which it has a part, as the rows keep it.
    pub fn joins(&self) -> Option<Joins> {
        match self {
            Self::Leg { of } => Some(Joins { to: *of, part: CallPart::Talks }),
            Self::BroughtIn { to } => Some(Joins { to: *to, part: CallPart::BroughtIn }),
            Self::Attending { of, how } => Some(Joins { to: *of, part: how.part() }),
            // Whom it is joined to is rung when it is answered.
            Self::Offered(_)
            | Self::Incoming
            | Self::Survey(_)
            | Self::WhoComes(_)
            | Self::Alarm(_)
            | Self::Helper(..)
            | Self::Care(_)
            | Self::CareContact(_)
            | Self::Callback(_) => None,
        }
    }

    /// The call-back request it is made for.
    pub fn owed(&self) -> Option<CallbackId> {
        match self {
            Self::Callback(id) | Self::Offered(id) => Some(*id),
            Self::Leg { .. }
            | Self::Incoming
            | Self::Survey(_)
            | Self::WhoComes(_)
            | Self::Alarm(_)
            | Self::Helper(..)
            | Self::Care(_)
            | Self::CareContact(_)
            | Self::Attending { .. }
            | Self::BroughtIn { .. } => None,
        }
    }
}

/// People being rung for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ringing {
    pub legs: BTreeSet<CallId>,
    pub until: Timestamp,
    pub wanted: Wanted,
}

/// Who is wanted for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A person of a station: who answers has the caller.
    Person,
    /// Anybody for an emergency: who presses 1 has the caller.
    Helper,
    /// The resident of a volunteer's task, who heard no notice that calls are recorded.
    Resident,
    /// The operator who rings a number from the list; that number heard no notice either.
    Operator,
}

/// A call in progress.
#[derive(Debug, Clone)]
pub struct LiveCall {
    pub call: Call,
    pub role: CallRole,
    pub attempt: Option<AttemptId>,
    pub known: Known,
    pub walk: Option<Walk>,
    /// The version of the menu its walk began with.
    pub menu: Option<Arc<Menu>>,
    pub recording: Option<RecordingId>,
    pub ringing: Option<Ringing>,
    /// How far the search for a person has come.
    pub seeking: Option<Seeking>,
    /// Whom an operator leads them on to.
    pub led_to: Option<Whom>,
    /// The calls it is joined to.
    pub with: BTreeSet<CallId>,
    /// The ambulance that is being rung for it.
    pub bringing_in: Option<CallId>,
    /// The caller does not want to be recorded.
    pub recording_refused: bool,
    /// Their number is one they keyed: they may be rung back at it, and that is all.
    pub number_keyed: bool,
    /// How long they have waited for a person.
    pub answer: Option<Clock>,
    /// The program stops, and they heard so: what they wanted is not done, however long they talked.
    pub told_of_the_stop: bool,
    /// The ticket that was answered in this call, about which one question is asked before hanging up.
    pub asked_about: Option<TicketId>,
    /// Whether something was made of it already: a ticket, a call-back request, a disposition.
    pub callback: Option<CallbackId>,
    /// A try of a care call that counts: a telephone that was engaged is rung in between.
    pub counts: bool,
}

impl LiveCall {
    pub fn new(call: Call, role: CallRole, known: Known) -> Self {
        Self {
            call,
            role,
            attempt: None,
            known,
            walk: None,
            menu: None,
            recording: None,
            ringing: None,
            seeking: None,
            led_to: None,
            with: BTreeSet::new(),
            bringing_in: None,
            recording_refused: false,
            number_keyed: false,
            answer: None,
            told_of_the_stop: false,
            asked_about: None,
            callback: None,
            counts: false,
        }
    }

    /// Whether a trunk vouches for the number.
    pub fn number_trust(&self) -> CallerTrust {
        if self.number_keyed { CallerTrust::Unverified } else { self.call.trust }
    }

    /// When the desk has to look at it again: its walk waits for a key, or people are rung for it.
    pub fn deadline(&self) -> Option<Timestamp> {
        if self.call.ended_at.is_some() {
            return None;
        }
        let walk = self.walk.as_ref().and_then(Walk::deadline).map(|deadline| deadline.at);
        let ringing = self.ringing.as_ref().map(|ringing| ringing.until);
        let answer = self.answer.as_ref().and_then(Clock::next_breach);
        walk.into_iter().chain(ringing).chain(answer).min()
    }
}

impl Desk {
    pub(super) fn phone(&mut self, event: &PhoneEvent, now: Timestamp) {
        match event {
            PhoneEvent::CallArrived { call, number, trust, dialled, known } => {
                self.arrived(*call, number.as_ref(), *trust, dialled, known, now);
            }
            // The other end rings; nothing follows from it until it is answered or ends.
            PhoneEvent::Ringing { .. } => {}
            PhoneEvent::Answered { call } => self.answered(*call, now),
            PhoneEvent::Digit { call, digit } => self.digit(*call, *digit, now),
            PhoneEvent::PlayEnded { call, play } => self.play_ended(*call, *play, now),
            PhoneEvent::RecordingEnded { call, recording, length, why } => {
                self.recording_ended(*call, *recording, *length, *why, now);
            }
            PhoneEvent::TransferAsked { call, to, replaces } => {
                self.transfer_asked(*call, to, *replaces, now);
            }
            // The telephones play the music.
            PhoneEvent::Held { call, on } => self.held_by_telephone(*call, *on, now),
            PhoneEvent::Quality { call, quality } => {
                if let Some(live) = self.call_mut(*call) {
                    live.call.quality = Some(*quality);
                }
            }
            PhoneEvent::CallEnded { call, reason } => self.ended(*call, *reason, now),
            PhoneEvent::PhoneReachable { extension, reachable } => {
                self.phone_reachable(extension, *reachable, now);
            }
            PhoneEvent::CallLost { number, dialled } => self.lost(number.as_ref(), dialled, now),
        }
    }

    /// The live call, remembered as it was before this step touched it.
    pub(super) fn call_mut(&mut self, id: CallId) -> Option<&mut LiveCall> {
        let live = self.calls.get_mut(&id)?;
        self.draft.calls_before.entry(id).or_insert_with(|| Some(live.call.clone()));
        Some(live)
    }

    /// What a call is for changes: its row says so.
    pub(super) fn put_role(&mut self, id: CallId, role: CallRole) {
        if let Some(live) = self.call_mut(id) {
            live.call.joins = role.joins();
            live.role = role;
        }
    }

    pub(super) fn add_call(&mut self, live: LiveCall) {
        self.draft.calls_before.entry(live.call.id).or_insert(None);
        self.calls.insert(live.call.id, live);
    }

    fn arrived(
        &mut self,
        id: CallId,
        number: Option<&PhoneNumber>,
        trust: CallerTrust,
        dialled: &str,
        known: &Known,
        now: Timestamp,
    ) {
        if self.calls.contains_key(&id) {
            return;
        }
        let answers = self.station_of_number(dialled);
        let Some(station) = answers.or_else(|| self.district_station()) else {
            self.draft.phone(PhoneEffect::Reject { call: id, reason: RejectReason::NotFound });
            return;
        };
        let known = believed(trust, known);
        let person = known.registered().filter(|_| !known.is_household()).map(|p| p.person);
        let verified = number.filter(|_| trust == CallerTrust::Verified);
        let volunteer = verified.and_then(|number| self.only_volunteer_with(number));
        let call = Call {
            id,
            jurisdiction: self.stations[&station].jurisdiction.clone(),
            direction: CallDirection::Incoming,
            number: number.cloned(),
            trust,
            dialled: dialled.to_owned(),
            station,
            language: known.registered().map_or(Language::Zh, |p| p.language),
            person,
            volunteer,
            operator: None,
            joins: None,
            owed: None,
            held: false,
            muted: false,
            quality: None,
            attempt: None,
            ticket: None,
            recording: None,
            started_at: now,
            answered_at: Some(now),
            emergency_at: None,
            talked_at: None,
            ended_at: None,
            result: None,
            disposition: None,
        };
        let is_device = known.device.is_some();
        self.add_call(LiveCall::new(call, CallRole::Incoming, known));
        let detail = json!({ "station": station, "unknown_number": answers.is_none() });
        let line = Line::new(EventKind::CallArrived, Entity::Call(id), detail);
        self.tell(line.by(Actor::CITIZEN).of(person), now);
        self.draft.phone(PhoneEffect::Ring { call: id });
        self.draft.phone(PhoneEffect::Answer { call: id });
        // An announcement is never refused for want of people, and a one-key device may be an emergency.
        let may_be_too_many = !is_device && self.announcement_of(&self.calls[&id].call).is_none();
        if may_be_too_many && self.callers_on_the_line() > self.rules.policy.calls.most_at_once {
            return self.turn_away(id, now);
        }
        self.greet(id, now);
    }

    fn callers_on_the_line(&self) -> usize {
        let on_the_line = |live: &&LiveCall| live.role == CallRole::Incoming && live.call.ended_at.is_none();
        self.calls.values().filter(on_the_line).count()
    }

    /// The volunteer whose number it is; a number that several share is none of theirs alone.
    fn only_volunteer_with(&self, number: &PhoneNumber) -> Option<VolunteerId> {
        let mut volunteers = self.roster.by_phone(number).map(|volunteer| volunteer.id);
        volunteers.next().filter(|_| volunteers.next().is_none())
    }

    /// The announcement that a call is for: its number has one, and is no station's help number.
    pub(super) fn announcement_of(&self, call: &Call) -> Option<usize> {
        let announcement = self.rules.menu.announcement(&call.dialled)?;
        self.help_numbers.spelled(&call.dialled, &self.rules.numbering).is_none().then_some(announcement)
    }

    /// The station that answers a number, however the trunk spells it.
    pub(super) fn station_of_number(&self, dialled: &str) -> Option<StationId> {
        self.help_numbers.station_of(dialled, &self.rules.numbering)
    }

    /// A call could not even be taken in: its number is owed a call.
    fn lost(&mut self, number: Option<&PhoneNumber>, dialled: &str, now: Timestamp) {
        let station = self.station_of_number(dialled).or_else(|| self.district_station());
        if let (Some(number), Some(station)) = (number, station) {
            let request = super::callbacks::Wish::new(number.clone(), station, CallbackReason::Interrupted);
            self.request_callback(request, now);
        }
    }

    pub(super) fn call_due(&mut self, id: CallId, now: Timestamp) {
        self.check_answer(id, now);
        let Some(live) = self.call_mut(id) else { return };
        if live.ringing.as_ref().is_some_and(|ringing| ringing.until <= now) {
            return if live.seeking.is_some() { self.seek(id, now) } else { self.nobody_answered(id, now) };
        }
        self.walk_timeout(id, now);
    }
}

/// A number that anybody could have written matches nobody.
pub(super) fn believed(trust: CallerTrust, known: &Known) -> Known {
    match trust {
        CallerTrust::Verified => known.clone(),
        CallerTrust::Unverified => Known::default(),
    }
}
