//! A person, an emergency, and being rung back when nobody could come.

use std::time::Duration;

use crate::domain::callback::CallbackReason;
use crate::domain::ids::RecordingId;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::ivr::context::CallerLine;
use crate::ivr::incoming::{AfterNumber, Incoming, Question, Step, Wanted};
use crate::ivr::voice::{Heard, LONGEST_RINGING, Turn, Waiting};
use crate::ivr::words::{Key, NewTicket, Outcome, Place, WalkAction, WhyPerson};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Nobody for an emergency in this time: it is recorded and becomes a ticket (DOMAIN §4).
pub const EMERGENCY_RINGING: Duration = Duration::from_secs(45);

impl Incoming {
    pub(super) fn person(&mut self, why: WhyPerson, turn: &mut Turn<'_>) {
        self.ring_person(why, turn.phrase(Phrase::Connecting), turn);
    }

    pub(super) fn ring_person(&mut self, why: WhyPerson, words: Sentence, turn: &mut Turn<'_>) {
        turn.act(WalkAction::RingPerson { why });
        turn.say(words);
        self.step = Step::Ringing { why, until: turn.now + LONGEST_RINGING };
    }

    pub(super) fn while_ringing(
        &mut self,
        why: WhyPerson,
        until: Timestamp,
        heard: Heard,
        turn: &mut Turn<'_>,
    ) {
        match heard {
            Heard::PromptOver if until <= turn.now => self.nobody(why, turn),
            Heard::PromptOver => {
                turn.play_music();
                turn.wait_until(until, Waiting::Person);
            }
            Heard::Silence => self.nobody(why, turn),
            Heard::Key(Key::HASH) if why == WhyPerson::Front => self.refuse_recording(turn),
            Heard::Key(key) if key.digit() == Some(9) => self.emergency(turn),
            Heard::Key(_) | Heard::Nothing => {}
        }
    }

    pub(super) fn refuse_recording(&mut self, turn: &mut Turn<'_>) {
        if !self.recording_refused {
            self.recording_refused = true;
            turn.act(WalkAction::DoNotRecord);
        }
    }

    /// Everybody was rung. The greeting and its notice are heard to their end first.
    pub(super) fn nobody_came(&mut self, why: WhyPerson, turn: &mut Turn<'_>) {
        if why == WhyPerson::Front && turn.is_speaking() {
            self.step = Step::Ringing { why, until: turn.now };
        } else {
            self.nobody(why, turn);
        }
    }

    /// Nobody is free: the menu for who had not heard it, the ticket for who had said enough, else a
    /// request to be rung back.
    pub(super) fn nobody(&mut self, why: WhyPerson, turn: &mut Turn<'_>) {
        let unheard = match why {
            WhyPerson::Front => true,
            WhyPerson::NotRecorded => self.draft.category.is_none(),
            WhyPerson::Asked | WhyPerson::GaveUp | WhyPerson::NotByKey => false,
        };
        if unheard && !self.call.tasks.is_empty() {
            self.ask(Question::TaskOrOwnHelp, turn);
        } else if unheard {
            self.own_help(false, turn);
        } else if self.draft.is_enough() {
            self.open_ticket(turn);
        } else {
            self.callback(CallbackReason::NobodyFree, turn);
        }
    }

    fn callback(&mut self, reason: CallbackReason, turn: &mut Turn<'_>) {
        let words = match self.call.opens {
            Some(opens) => turn.phrase(Phrase::ClosedNow).call_back_from(opens.at, opens.today),
            None => turn.phrase(Phrase::NobodyFree),
        };
        if self.call.line == CallerLine::Withheld && !self.number_asked {
            self.ask_number(AfterNumber::Callback { reason }, words, turn);
        } else if self.call.line == CallerLine::Withheld {
            self.without_number(AfterNumber::Callback { reason }, turn);
        } else if self.recording_refused {
            self.finish_callback(reason, None, turn);
        } else {
            self.instruct(words, Wanted::Callback { reason }, turn);
        }
    }

    /// After the number of a withheld line was asked for.
    pub(super) fn go_on_with_callback(&mut self, reason: CallbackReason, turn: &mut Turn<'_>) {
        if reason == CallbackReason::KeptPlace {
            self.place_kept(turn);
        } else if self.recording_refused {
            self.finish_callback(reason, None, turn);
        } else {
            self.instruct(turn.sentence(), Wanted::Callback { reason }, turn);
        }
    }

    pub(super) fn finish_callback(
        &mut self,
        reason: CallbackReason,
        recording: Option<RecordingId>,
        turn: &mut Turn<'_>,
    ) {
        self.request_callback(reason, recording.or(self.draft.words), false, turn);
        self.leave(turn.phrase(Phrase::CallbackNoted), turn);
    }

    pub(super) fn request_callback(
        &mut self,
        reason: CallbackReason,
        recording: Option<RecordingId>,
        urgent: bool,
        turn: &mut Turn<'_>,
    ) {
        let category = self.draft.category.clone();
        turn.outcome(Outcome::RequestCallback { reason, recording, category, urgent });
    }

    /// No confirmation: everybody is rung at once while the caller is told whom else to ring.
    pub(super) fn emergency(&mut self, turn: &mut Turn<'_>) {
        self.ring_emergency(turn.phrase(Phrase::Emergency), turn);
    }

    pub(super) fn ring_emergency(&mut self, words: Sentence, turn: &mut Turn<'_>) {
        turn.act(WalkAction::RingEmergency);
        turn.say(words);
        self.step = Step::RingingEmergency { until: turn.now + EMERGENCY_RINGING };
    }

    pub(super) fn while_ringing_emergency(&mut self, until: Timestamp, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::PromptOver if until <= turn.now => self.record_emergency(turn),
            Heard::PromptOver => {
                turn.play_music();
                turn.wait_until(until, Waiting::Person);
            }
            Heard::Silence => self.record_emergency(turn),
            Heard::Key(_) | Heard::Nothing => {}
        }
    }

    /// Nobody can come to the telephone; what else to dial is said to its end first.
    pub(super) fn nobody_for_emergency(&mut self, turn: &mut Turn<'_>) {
        if turn.is_speaking() {
            self.step = Step::RingingEmergency { until: turn.now };
        } else {
            self.record_emergency(turn);
        }
    }

    /// Nobody took it: told after the tone, unless it is told already and we only rang back.
    fn record_emergency(&mut self, turn: &mut Turn<'_>) {
        if self.emergency_back {
            self.leave(turn.phrase(Phrase::EmergencyTold), turn);
        } else if self.recording_refused {
            self.open_emergency(None, turn);
        } else {
            self.instruct(turn.sentence(), Wanted::Emergency, turn);
        }
    }

    pub(super) fn open_emergency(&mut self, recording: Option<RecordingId>, turn: &mut Turn<'_>) {
        turn.outcome(Outcome::OpenTicket { ticket: self.emergency_ticket(recording, turn) });
        self.commit(true, turn);
    }

    pub(super) fn emergency_ticket(&self, recording: Option<RecordingId>, turn: &Turn<'_>) -> NewTicket {
        NewTicket {
            category: self.alarm.clone().unwrap_or_else(|| turn.menu.emergency.clone()),
            place: self.draft.place.clone().unwrap_or(Place::NotAsked),
            recording: recording.or(self.draft.words),
            survey_consent: false,
            language: turn.voice.language,
            for_self: !self.draft.for_someone_else,
            urgency: self.alarm.as_ref().map(|_| Urgency::P1),
        }
    }
}
