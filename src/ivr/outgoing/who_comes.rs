//! Telling a resident without a mobile who comes: each helper's number, the code to ask for, the time.
//!
//! Names are never spoken.

use serde::{Deserialize, Serialize};

use crate::ivr::context::SpokenWindow;
use crate::ivr::outgoing::Visitor;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Key, NotReached, Outcome, WalkAction, WalkEvent};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Times `*` says it again.
const MOST_REPEATS: u8 = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ivr) struct WhoComes {
    visitors: Vec<Visitor>,
    window: Option<SpokenWindow>,
    repeats: u8,
    /// The whole message was heard once.
    told: bool,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Telling,
    Leaving,
    Over,
}

impl WhoComes {
    pub(super) fn start(visitors: Vec<Visitor>, window: Option<SpokenWindow>, turn: &mut Turn<'_>) -> Self {
        let message = Self { visitors, window, repeats: 0, told: false, step: Step::Telling };
        // Nobody comes yet: the greeting of a call back says who speaks without promising anybody.
        let intro = if message.visitors.is_empty() { Phrase::CallbackIntro } else { Phrase::WhoComesIntro };
        turn.say(turn.phrase(intro).and_then(message.words(turn)));
        message
    }

    pub(super) fn stands_at(&self) -> u8 {
        match self.step {
            Step::Telling => 0,
            Step::Leaving => 1,
            Step::Over => 2,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    fn words(&self, turn: &Turn<'_>) -> Sentence {
        let mut words = turn.sentence();
        for (at, visitor) in self.visitors.iter().enumerate() {
            if at > 0 {
                words = words.phrase(Phrase::AnotherComes);
            }
            if let Some(badge) = visitor.badge {
                words = words.badge(badge);
            }
            words = words.phrase_and_digits(Phrase::VisitCodeIs, &visitor.code.to_string());
        }
        if let Some(window) = self.window.filter(|_| !self.visitors.is_empty()) {
            words = words.phrase(Phrase::WindowIs).window(window.from, window.until, window.today);
        }
        words = words.phrase(if self.visitors.is_empty() {
            Phrase::HelperReplaced
        } else {
            Phrase::WhoComesCare
        });
        if self.repeats < MOST_REPEATS { words.choice(Phrase::LabelAgain, '*') } else { words }
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        if let WalkEvent::HungUp { .. } = event {
            if self.step == Step::Telling && !self.told {
                turn.outcome(Outcome::NotReached { why: NotReached::HungUp });
            }
            return self.over(turn);
        }
        match (self.step, heard) {
            (Step::Telling, Heard::Key(Key::STAR)) if self.repeats < MOST_REPEATS => {
                self.repeats += 1;
                let words = self.words(turn);
                turn.say(words);
            }
            (Step::Telling, Heard::PromptOver) => {
                if !self.told {
                    self.told = true;
                    turn.outcome(Outcome::Told);
                }
                turn.wait_for_first_key();
            }
            (Step::Telling, Heard::Silence) => {
                turn.say(turn.phrase(Phrase::SurveyThanks));
                self.step = Step::Leaving;
            }
            (Step::Leaving, Heard::PromptOver | Heard::Silence) => {
                turn.act(WalkAction::HangUp);
                self.over(turn);
            }
            (
                Step::Telling | Step::Leaving | Step::Over,
                Heard::Key(_) | Heard::PromptOver | Heard::Silence | Heard::Nothing,
            ) => {}
        }
    }

    fn over(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting();
        self.step = Step::Over;
    }
}
