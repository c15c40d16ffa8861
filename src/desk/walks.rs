//! A call and its walk: what happens on the telephone goes to the walk, what the walk wants is done.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::Desk;
use super::calls::CallRole;
use super::effect::{Clip, PhoneEffect};
use super::event::{Digit, PlayId, RecordingEnd};
use super::history::{Entity, EventKind, Line};
use crate::domain::actor::Actor;
use crate::domain::call::{AttemptState, CallerTrust};
use crate::domain::ids::{CallId, RecordingId, TicketId};
use crate::domain::language::Language;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::recording::{Recording, RecordingPurpose};
use crate::domain::timestamp::Timestamp;
use crate::ivr::walk::Walk;
use crate::ivr::words::{Fact, Key, PromptId, RecordingStop, WalkAction, WalkEvent};
use crate::prompts::library::{Library, Played};
use crate::prompts::sentence::Sentence;

/// Most facts one event may lead to in one call: beyond it a walk goes in circles, and its call is ended.
const FACTS_AT_ONCE: usize = 32;

impl Desk {
    /// Gives a call its walk and does what the walk begins with.
    pub(super) fn start_walk(&mut self, call: CallId, started: (Walk, Vec<WalkAction>), now: Timestamp) {
        let (walk, actions) = started;
        let menu = self.rules.menu.clone();
        if let Some(live) = self.call_mut(call) {
            live.menu = Some(menu);
            live.walk = Some(walk);
        }
        let outermost = !std::mem::replace(&mut self.performing, true);
        for action in actions {
            self.perform(call, action, now);
        }
        if outermost {
            self.tell_facts(now);
        }
    }

    pub(super) fn answered(&mut self, id: CallId, now: Timestamp) {
        let Some(live) = self.call_mut(id) else { return };
        live.call.answered_at = Some(now);
        match live.role.clone() {
            CallRole::Incoming => {}
            CallRole::Leg { of } => self.leg_answered(id, of, now),
            CallRole::Survey(ticket) => self.survey_call_answered(id, ticket, now),
            CallRole::WhoComes(ticket) => self.who_comes_call_answered(id, ticket, now),
            CallRole::Alarm(ticket) => self.alarm_call_answered(id, ticket, now),
            CallRole::Helper(ticket, rung) => self.helper_call_answered(id, ticket, rung, now),
            CallRole::Care(_) => self.care_call_answered(id, now),
            CallRole::CareContact(_) => self.care_contact_answered(id, now),
            CallRole::Callback(callback) => self.callback_call_answered(id, callback, now),
            CallRole::Attending { of, how } => self.attends(id, of, how),
            CallRole::Offered(callback) => self.operator_takes_callback(id, callback, now),
            CallRole::BroughtIn { to } => self.brought_in(id, to, now),
        }
    }

    pub(super) fn digit(&mut self, call: CallId, digit: Digit, now: Timestamp) {
        let key = Key::parse(digit.as_char()).expect("a digit is a key of a telephone");
        self.walk_event(call, &WalkEvent::Key { key }, now);
    }

    pub(super) fn play_ended(&mut self, call: CallId, play: PlayId, now: Timestamp) {
        self.walk_event(call, &WalkEvent::PromptEnded { prompt: PromptId(play.0) }, now);
    }

    pub(super) fn walk_timeout(&mut self, call: CallId, now: Timestamp) {
        self.walk_event(call, &WalkEvent::Timeout, now);
    }

    pub(super) fn walk_fact(&mut self, call: CallId, fact: Fact, now: Timestamp) {
        self.walk_event(call, &WalkEvent::Fact { fact }, now);
    }

    pub(super) fn hung_up(&mut self, call: CallId, now: Timestamp) {
        let recording = self.call_mut(call).and_then(|live| live.recording.take());
        self.walk_event(call, &WalkEvent::HungUp { recording }, now);
    }

    pub(super) fn recording_ended(
        &mut self,
        call: CallId,
        recording: RecordingId,
        length: Duration,
        why: RecordingEnd,
        now: Timestamp,
    ) {
        // The length is kept even when the call it belongs to is over.
        let ticket = self.calls.get(&call).and_then(|live| live.call.ticket);
        if let Some(row) = self.recordings.get_mut(&recording) {
            row.length = Some(length);
            row.complete &= why != RecordingEnd::Failed;
            if row.purpose == RecordingPurpose::Conversation {
                row.ticket = row.ticket.or(ticket);
            }
            let row = row.clone();
            self.draft.recordings.push(row);
        }
        let Some(live) = self.call_mut(call) else { return };
        if live.recording == Some(recording) {
            live.recording = None;
        }
        let why = match why {
            RecordingEnd::Stopped => RecordingStop::Key,
            RecordingEnd::Silence => RecordingStop::Silence,
            RecordingEnd::Limit => RecordingStop::Limit,
            RecordingEnd::Failed => RecordingStop::Failed,
            // The walk hears of the hang-up itself, with the recording.
            RecordingEnd::HungUp => return,
        };
        self.walk_event(call, &WalkEvent::RecordingEnded { recording, length, why }, now);
    }

    /// What is on the disk is not all that was said: whoever works on the ticket is told.
    pub(super) fn recording_cut(&mut self, id: RecordingId, ticket: Option<TicketId>, now: Timestamp) {
        let held = self.recordings.get_mut(&id);
        let ticket = held.as_ref().and_then(|row| row.ticket).or(ticket);
        if let Some(row) = held {
            row.complete = false;
        }
        self.draft.cut_recordings.push(id);
        let line = Line::new(EventKind::RecordingCut, Entity::Recording(id), json!({}));
        self.tell(Line { ticket, ..line }, now);
    }

    /// Tells the walk; while actions of a walk are being done, facts wait until the last of them is.
    fn walk_event(&mut self, call: CallId, event: &WalkEvent, now: Timestamp) {
        self.facts.push_back((call, event.clone()));
        if self.performing {
            return;
        }
        self.performing = true;
        self.tell_facts(now);
    }

    /// Tells the facts that wait, in their order, and those they lead to.
    fn tell_facts(&mut self, now: Timestamp) {
        let mut told: BTreeMap<CallId, usize> = BTreeMap::new();
        while let Some((call, event)) = self.facts.pop_front() {
            let times = told.entry(call).or_default();
            *times += 1;
            match (*times).cmp(&(FACTS_AT_ONCE + 1)) {
                Ordering::Less => self.walk_on(call, &event, now),
                // This walk goes in circles: its caller must not hear it for ever. The others are told what waits.
                Ordering::Equal => self.draft.phone(PhoneEffect::Hangup { call }),
                Ordering::Greater => {}
            }
        }
        self.performing = false;
    }

    fn walk_on(&mut self, call: CallId, event: &WalkEvent, now: Timestamp) {
        let Some(live) = self.call_mut(call) else { return };
        let (Some(walk), Some(menu)) = (live.walk.as_mut(), live.menu.clone()) else { return };
        let actions = walk.step(&menu, event, now);
        for action in actions {
            self.perform(call, action, now);
        }
    }

    /// Does one thing the walk wants.
    fn perform(&mut self, call: CallId, action: WalkAction, now: Timestamp) {
        match action {
            WalkAction::Say { prompt, sentence, repeat } => {
                let clips = self.clips(&sentence);
                self.draft.phone(PhoneEffect::Play { call, play: PlayId(prompt.0), clips, repeat });
            }
            WalkAction::StopSaying => self.draft.phone(PhoneEffect::StopPlay { call }),
            WalkAction::Record { purpose, limit, silence } => {
                self.record(call, purpose, limit, silence, now);
            }
            WalkAction::StopRecording => self.stop_recording(call),
            WalkAction::RingPerson { .. } => self.ring_person(call, now),
            WalkAction::RingEmergency => {
                self.danger_lifts_the_limit(call, now);
                self.ring_emergency(call, now);
            }
            WalkAction::DoNotRecord => {
                let line = Line::new(EventKind::Recorded, Entity::Call(call), json!({ "refused": true }));
                self.tell(line, now);
                if let Some(live) = self.call_mut(call) {
                    live.recording_refused = true;
                }
            }
            WalkAction::CallerNumber { number } => {
                let taken = self.keyed_number(call, number.as_str(), now);
                self.walk_fact(call, Fact::NumberTaken { taken }, now);
            }
            WalkAction::FindTask { badge, code } => {
                let task = self.find_task(badge, code, now);
                self.walk_fact(call, Fact::TaskFound { task }, now);
            }
            WalkAction::RingResident { task } => self.ring_resident(call, task, now),
            WalkAction::Language { language } => self.change_language(call, language),
            WalkAction::Outcome { outcome } => self.outcome(call, outcome, now),
            WalkAction::HangUp => self.draft.phone(PhoneEffect::Hangup { call }),
        }
    }

    pub(super) fn clips(&self, sentence: &Sentence) -> Vec<Clip> {
        clips(&self.rules.library, sentence)
    }

    /// A walk stops what it began; a talk with a person is recorded to its end.
    fn stop_recording(&mut self, call: CallId) {
        let recording = self.calls.get(&call).and_then(|live| live.recording);
        let talk = recording
            .and_then(|id| self.recordings.get(&id))
            .is_some_and(|row| row.purpose == RecordingPurpose::Conversation);
        if !talk {
            self.draft.phone(PhoneEffect::StopRecording { call });
        }
    }

    pub(super) fn record(
        &mut self,
        call: CallId,
        purpose: RecordingPurpose,
        limit: Duration,
        silence: Duration,
        now: Timestamp,
    ) {
        let recording: RecordingId = self.chance.mint(now);
        let Some(live) = self.call_mut(call) else { return };
        live.recording = Some(recording);
        live.call.recording = Some(recording);
        let row = Recording {
            id: recording,
            jurisdiction: live.call.jurisdiction.clone(),
            call,
            ticket: live.call.ticket,
            purpose,
            started_at: now,
            length: None,
            complete: true,
        };
        self.recordings.insert(recording, row.clone());
        self.draft.recordings.push(row);
        self.draft.phone(PhoneEffect::Record { call, recording, limit, silence });
    }

    /// The caller keyed where they can be rung back: it is believed for that, and for nothing else.
    /// Says whether it can be rung.
    fn keyed_number(&mut self, call: CallId, keyed: &str, now: Timestamp) -> bool {
        let Ok(number) = PhoneNumber::parse(keyed, &self.rules.numbering) else { return false };
        let Some(live) = self.call_mut(call) else { return false };
        live.call.number = Some(number.clone());
        live.number_keyed = true;
        if let Some(ticket) = live.call.ticket {
            self.caller_of_ticket(ticket, number, now);
        }
        true
    }

    /// A ticket that was opened before its caller keyed a number can be rung back now.
    fn caller_of_ticket(&mut self, ticket: TicketId, number: PhoneNumber, now: Timestamp) {
        let Some(case) = self.case_mut(ticket).filter(|case| case.ticket.caller.is_none()) else { return };
        case.ticket.caller = Some(number);
        case.ticket.caller_trust = CallerTrust::Unverified;
        self.tell_by(ticket, EventKind::TicketChanged, &Actor::CITIZEN, json!({ "caller": "keyed" }), now);
    }

    fn change_language(&mut self, call: CallId, language: Language) {
        if let Some(live) = self.call_mut(call) {
            live.call.language = language;
        }
    }

    /// An outgoing call has done its work.
    pub(super) fn attempt_done(&mut self, call: CallId, now: Timestamp) {
        self.close_attempt(call, AttemptState::Done, now);
    }
}

/// What is played for a sentence; an item without a clip is left out.
pub(super) fn clips(library: &Library, sentence: &Sentence) -> Vec<Clip> {
    let played = library.render(sentence).into_iter();
    played
        .map(|played| match played {
            Played::Sound { language, id } => Clip::Sound { language, id: id.as_str().to_owned() },
            Played::Silence(length) => Clip::Pause(length),
        })
        .collect()
}
