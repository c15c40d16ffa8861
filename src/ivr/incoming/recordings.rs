//! What is said after the tone.

use std::time::Duration;

use crate::domain::ids::RecordingId;
use crate::domain::language::Language;
use crate::domain::recording::RecordingPurpose;
use crate::ivr::incoming::{Incoming, Step, Wanted, has_words};
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Key, Outcome, Place, RecordingStop, WalkAction, WhyPerson};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

impl Incoming {
    /// Says what to say, then the tone; the recording starts when that has been heard.
    pub(super) fn instruct(&mut self, before: Sentence, wanted: Wanted, turn: &mut Turn<'_>) {
        let phrase = match &wanted {
            Wanted::Description { again: false } => Phrase::Describe,
            Wanted::Description { again: true } => Phrase::NothingHeard,
            Wanted::Emergency => Phrase::EmergencyDescribe,
            Wanted::Message { .. } | Wanted::Callback { .. } => Phrase::LeaveMessage,
        };
        turn.say(before.phrase(phrase).phrase_in(Language::Zh, Phrase::Tone));
        self.step = Step::Instructing { wanted };
    }

    pub(super) fn instructed(&mut self, wanted: Wanted, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::PromptOver | Heard::Silence => self.record(wanted, turn),
            // Who knows the words need not hear them again.
            Heard::Key(Key::HASH) => {
                turn.hush();
                self.record(wanted, turn);
            }
            Heard::Key(Key::STAR) => self.instruct(turn.sentence(), wanted, turn),
            Heard::Key(key) => self.key_beside_recording(&wanted, key, turn),
            Heard::Nothing => {}
        }
    }

    fn record(&mut self, wanted: Wanted, turn: &mut Turn<'_>) {
        turn.record(match wanted {
            Wanted::Callback { .. } => RecordingPurpose::Callback,
            Wanted::Description { .. } | Wanted::Emergency | Wanted::Message { .. } => {
                RecordingPurpose::Description
            }
        });
        self.step = Step::Recording { wanted };
    }

    pub(super) fn while_recording(&mut self, wanted: Wanted, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            // Its end is reported with its length.
            Heard::Key(Key::HASH) => turn.act(WalkAction::StopRecording),
            Heard::Key(key) => self.key_beside_recording(&wanted, key, turn),
            Heard::Silence => self.without_words(wanted, turn),
            Heard::PromptOver | Heard::Nothing => {}
        }
    }

    /// 0 and 9 mean the same as everywhere; other keys are part of the noise.
    fn key_beside_recording(&mut self, wanted: &Wanted, key: Key, turn: &mut Turn<'_>) {
        let recording = matches!(self.step, Step::Recording { .. });
        let asks_for_person = match wanted {
            // Somebody is on the way already, or nobody was free a moment ago.
            Wanted::Emergency | Wanted::Callback { .. } => false,
            Wanted::Description { .. } | Wanted::Message { .. } => key.digit() == Some(0),
        };
        let emergency = *wanted != Wanted::Emergency && key.digit() == Some(9);
        if recording && (asks_for_person || emergency) {
            turn.act(WalkAction::StopRecording);
        }
        if asks_for_person {
            self.person(WhyPerson::Asked, turn);
        } else if emergency {
            self.emergency(turn);
        }
    }

    pub(super) fn recording_ended(
        &mut self,
        recording: RecordingId,
        length: Duration,
        why: RecordingStop,
        turn: &mut Turn<'_>,
    ) {
        let spoken = has_words(length, why, turn.menu.timing.recording_silence);
        match self.step.clone() {
            Step::Recording { wanted } if spoken => self.recorded(wanted, recording, turn),
            Step::Recording { wanted } => self.without_words(wanted, turn),
            // The caller asked for a person while speaking: what was said goes with them.
            Step::Ringing { .. } | Step::Waiting { .. } | Step::RingingEmergency { .. } if spoken => {
                self.draft.words = self.draft.words.or(Some(recording));
            }
            Step::Ringing { .. }
            | Step::Waiting { .. }
            | Step::RingingEmergency { .. }
            | Step::Asking { .. }
            | Step::Device
            | Step::KeyingNumber { .. }
            | Step::CheckingNumber { .. }
            | Step::KeyingBadge { .. }
            | Step::KeyingCode { .. }
            | Step::FindingTask
            | Step::Instructing { .. }
            | Step::Committing { .. }
            | Step::ReadingNumber { .. }
            | Step::Withdrawing
            | Step::AnsweringTask { .. }
            | Step::RingingResident { .. }
            | Step::Leaving
            | Step::Over => {}
        }
    }

    fn recorded(&mut self, wanted: Wanted, recording: RecordingId, turn: &mut Turn<'_>) {
        match wanted {
            Wanted::Description { .. } => {
                self.draft.words = Some(recording);
                self.go_on(turn);
            }
            Wanted::Emergency => self.open_emergency(Some(recording), turn),
            Wanted::Message { ticket } => {
                turn.outcome(Outcome::AddMessage { ticket, recording });
                self.leave(turn.phrase(Phrase::MessageAdded), turn);
            }
            Wanted::Callback { reason } => self.finish_callback(reason, Some(recording), turn),
        }
    }

    /// Nothing was said, or nothing could be kept.
    fn without_words(&mut self, wanted: Wanted, turn: &mut Turn<'_>) {
        match wanted {
            Wanted::Description { again: false } => {
                self.instruct(turn.sentence(), Wanted::Description { again: true }, turn);
            }
            Wanted::Description { again: true } if self.draft.place == Some(Place::Described) => {
                self.person(WhyPerson::GaveUp, turn);
            }
            Wanted::Description { again: true } => self.go_on(turn),
            Wanted::Emergency => self.open_emergency(None, turn),
            Wanted::Message { .. } => self.person(WhyPerson::GaveUp, turn),
            Wanted::Callback { reason } => self.finish_callback(reason, None, turn),
        }
    }
}
