//! Somebody who is rung for an emergency: whoever presses 1 has the caller, 9 then brings in the ambulance.
//!
//! A voicemail presses nothing: it never takes a caller, and the others go on ringing.

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Fact, NotReached, Outcome, WalkAction, WalkEvent};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Times it is said; who did not press 1 by then is not listening.
const MOST_ROUNDS: u8 = 4;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ivr) struct EmergencyLeg {
    area: Option<AreaCode>,
    rounds: u8,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    Asking,
    /// Has the caller.
    Talking,
    Over,
}

impl EmergencyLeg {
    pub(super) fn start(area: Option<AreaCode>, turn: &mut Turn<'_>) -> Self {
        let leg = Self { area, rounds: 1, step: Step::Asking };
        turn.say(leg.words(turn));
        leg
    }

    pub(super) fn stands_at(&self) -> Step {
        self.step
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    /// What it is and in which street; no name and no door before somebody has taken it.
    fn words(&self, turn: &Turn<'_>) -> Sentence {
        let street = self.area.as_ref().and_then(AreaCode::street);
        let words = street.iter().fold(turn.phrase(Phrase::EmergencyCall), Sentence::area);
        words.choice(Phrase::LabelTakeCall, '1').choice(Phrase::LabelBringIn, '9')
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        if let WalkEvent::HungUp { .. } = event {
            return self.over(turn);
        }
        if let (WalkEvent::Fact { fact: Fact::BringInFailed }, Step::Talking) = (event, self.step) {
            return turn.say(turn.phrase(Phrase::BringInFailed));
        }
        match (self.step, heard) {
            (Step::Asking, Heard::Key(key)) if key.digit() == Some(1) => {
                turn.act(WalkAction::StopSaying);
                turn.stop_waiting();
                turn.outcome(Outcome::EmergencyTaken);
                self.step = Step::Talking;
            }
            (Step::Asking, Heard::Key(_) | Heard::Silence) => self.again(turn),
            (Step::Asking, Heard::PromptOver) => turn.wait_for_next_key(),
            (Step::Talking, Heard::Key(key)) if key.digit() == Some(9) => turn.outcome(Outcome::BringIn),
            (Step::Talking, Heard::PromptOver | Heard::Silence) => turn.stop_waiting(),
            (
                Step::Asking | Step::Talking | Step::Over,
                Heard::Key(_) | Heard::PromptOver | Heard::Silence | Heard::Nothing,
            ) => {}
        }
    }

    fn again(&mut self, turn: &mut Turn<'_>) {
        if self.rounds < MOST_ROUNDS {
            self.rounds += 1;
            let words = self.words(turn);
            turn.say(words);
        } else {
            turn.outcome(Outcome::NotReached { why: NotReached::Silence });
            turn.act(WalkAction::HangUp);
            self.over(turn);
        }
    }

    fn over(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting();
        self.step = Step::Over;
    }
}
