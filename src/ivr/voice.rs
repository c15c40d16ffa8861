//! The voice of a walk: what is being said, what is waited for, and one turn's actions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::domain::names::named_enum;
use crate::domain::recording::RecordingPurpose;
use crate::domain::timestamp::Timestamp;
use crate::ivr::menu::Menu;
use crate::ivr::words::{Key, Outcome, PromptId, WalkAction, WalkEvent};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// A prompt whose end was not reported after this long is taken as over; none is as long.
const LONGEST_PROMPT: Duration = Duration::from_secs(180);
/// People are rung for less; the desk says when nobody answers, this is for a desk that does not.
pub(super) const LONGEST_RINGING: Duration = Duration::from_secs(90);
/// Questions one walk asks before it rings a person: a telephone in a pocket shall not talk to us all night.
pub const MOST_QUESTIONS: u32 = 40;

/// When a walk has to be told that time has passed, and what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    pub at: Timestamp,
    pub why: Waiting,
}

named_enum! {
    /// What a walk waits for.
    pub enum Waiting {
        /// The end of a prompt.
        Prompt = "prompt",
        FirstKey = "first_key",
        NextKey = "next_key",
        /// A person to answer.
        Person = "person",
        /// The end of a recording.
        Recording = "recording",
        /// The desk's answer.
        Desk = "desk",
    }
}

/// What is being said and waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Voice {
    pub(super) language: Language,
    prompt: PromptId,
    speaking: bool,
    deadline: Option<Deadline>,
    questions: u32,
}

/// An event as the steps of a walk see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Key(Key),
    /// What was said has been heard.
    PromptOver,
    /// The deadline came.
    Silence,
    /// Too late, or somebody else's: changes nothing.
    Nothing,
}

impl Voice {
    pub(super) fn new(language: Language) -> Self {
        Self { language, prompt: PromptId(0), speaking: false, deadline: None, questions: 0 }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// Sorts out an event of the ear: keys, ends of prompts, passing time.
    pub(super) fn hear(&mut self, event: &WalkEvent, now: Timestamp) -> Heard {
        match event {
            WalkEvent::Key { key } => Heard::Key(*key),
            WalkEvent::PromptEnded { prompt } if self.speaking && *prompt == self.prompt => {
                self.prompt_over()
            }
            WalkEvent::Timeout => match self.deadline {
                Some(deadline) if deadline.at <= now && self.speaking => self.prompt_over(),
                Some(deadline) if deadline.at <= now => {
                    self.deadline = None;
                    Heard::Silence
                }
                Some(_) | None => Heard::Nothing,
            },
            WalkEvent::PromptEnded { .. }
            | WalkEvent::RecordingEnded { .. }
            | WalkEvent::Fact { .. }
            | WalkEvent::HungUp { .. } => Heard::Nothing,
        }
    }

    fn prompt_over(&mut self) -> Heard {
        self.speaking = false;
        self.deadline = None;
        Heard::PromptOver
    }
}

/// One event's worth of actions.
pub(super) struct Turn<'a> {
    pub(super) voice: &'a mut Voice,
    pub(super) menu: &'a Menu,
    pub(super) now: Timestamp,
    actions: Vec<WalkAction>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(voice: &'a mut Voice, menu: &'a Menu, now: Timestamp) -> Self {
        Self { voice, menu, now, actions: Vec::new() }
    }

    pub(super) fn actions(self) -> Vec<WalkAction> {
        self.actions
    }

    pub(super) fn act(&mut self, action: WalkAction) {
        self.actions.push(action);
    }

    pub(super) fn outcome(&mut self, outcome: Outcome) {
        self.act(WalkAction::Outcome { outcome });
    }

    /// An empty sentence in the walk's language.
    pub(super) fn sentence(&self) -> Sentence {
        Sentence::new(self.voice.language)
    }

    pub(super) fn phrase(&self, phrase: Phrase) -> Sentence {
        Sentence::of(self.voice.language, phrase)
    }

    /// Says it; the step goes on when it has been heard.
    pub(super) fn say(&mut self, sentence: Sentence) {
        self.start(sentence, false);
        self.voice.speaking = true;
        self.wait(LONGEST_PROMPT, Waiting::Prompt);
    }

    /// Asks a question. Says whether it may: after too many a person has to be found.
    pub(super) fn ask(&mut self, sentence: Sentence) -> bool {
        if self.voice.questions >= MOST_QUESTIONS {
            return false;
        }
        self.voice.questions += 1;
        self.say(sentence);
        true
    }

    /// Plays the hold music until something else is said.
    pub(super) fn play_music(&mut self) {
        self.repeat(self.sentence().phrase_in(Language::Zh, Phrase::HoldMusic));
    }

    /// Says it again and again until something else is said; nobody waits for its end.
    pub(super) fn repeat(&mut self, sentence: Sentence) {
        self.start(sentence, true);
        self.voice.speaking = false;
    }

    /// Music until somebody answers.
    pub(super) fn hold(&mut self) {
        self.play_music();
        self.wait(LONGEST_RINGING, Waiting::Person);
    }

    fn start(&mut self, sentence: Sentence, repeat: bool) {
        self.voice.prompt = PromptId(self.voice.prompt.0.wrapping_add(1));
        self.act(WalkAction::Say { prompt: self.voice.prompt, sentence, repeat });
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.voice.speaking
    }

    /// Ends what is being said, if anything is.
    pub(super) fn hush(&mut self) {
        if self.voice.speaking {
            self.voice.speaking = false;
            self.act(WalkAction::StopSaying);
        }
    }

    pub(super) fn wait(&mut self, time: Duration, why: Waiting) {
        self.wait_until(self.now + time, why);
    }

    pub(super) fn wait_until(&mut self, at: Timestamp, why: Waiting) {
        self.voice.deadline = Some(Deadline { at, why });
    }

    pub(super) fn wait_for_first_key(&mut self) {
        self.wait(self.menu.timing.first_key, Waiting::FirstKey);
    }

    pub(super) fn wait_for_next_key(&mut self) {
        self.wait(self.menu.timing.next_key, Waiting::NextKey);
    }

    pub(super) fn record(&mut self, purpose: RecordingPurpose) {
        let timing = self.menu.timing;
        let (limit, silence) = (timing.longest_recording, timing.recording_silence);
        self.act(WalkAction::Record { purpose, limit, silence });
        // The recorder ends by itself; this is for a recorder that does not report it.
        self.wait(limit + silence, Waiting::Recording);
    }

    /// Leaves the call: nothing more is waited for.
    pub(super) fn stop_waiting(&mut self) {
        self.voice.deadline = None;
        self.voice.speaking = false;
    }
}
