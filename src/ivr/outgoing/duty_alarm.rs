//! The duty officer's alarm: what and where, again and again until 1 is pressed.

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;
use crate::ivr::outgoing::AlarmCause;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{NotReached, Outcome, WalkAction, WalkEvent};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Times it is said; who did not press 1 by then is not listening, and the next officer is rung.
const MOST_ROUNDS: u8 = 4;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ivr) struct DutyAlarm {
    why: AlarmCause,
    category: Option<CategoryCode>,
    area: Option<AreaCode>,
    rounds: u8,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    Alarming,
    Leaving,
    Over,
}

impl DutyAlarm {
    pub(super) fn start(
        why: AlarmCause,
        category: Option<CategoryCode>,
        area: Option<AreaCode>,
        turn: &mut Turn<'_>,
    ) -> Self {
        let alarm = Self { why, category, area, rounds: 1, step: Step::Alarming };
        turn.say(alarm.words(turn));
        alarm
    }

    pub(super) fn stands_at(&self) -> Step {
        self.step
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    fn words(&self, turn: &Turn<'_>) -> Sentence {
        let mut words = turn.phrase(match self.why {
            AlarmCause::NobodyAccepts => Phrase::DutyAlarm,
            AlarmCause::VisitorSilent => Phrase::DutyAlarmVisitor,
        });
        if let Some(category) = &self.category {
            words = words.category(category);
        }
        if let Some(area) = &self.area {
            // The street is said even where the committee has no clip.
            words = area.street().iter().filter(|street| *street != area).fold(words, Sentence::area);
            words = words.area(area);
        }
        words.choice(Phrase::LabelTake, '1').choice(Phrase::LabelAgain, '*')
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        if let WalkEvent::HungUp { .. } = event {
            if self.step == Step::Alarming {
                turn.outcome(Outcome::NotReached { why: NotReached::HungUp });
            }
            return self.over(turn);
        }
        match (self.step, heard) {
            (Step::Alarming, Heard::Key(key)) if key.digit() == Some(1) => {
                turn.outcome(Outcome::AlarmTaken);
                turn.say(turn.phrase(Phrase::DutyTaken));
                self.step = Step::Leaving;
            }
            (Step::Alarming, Heard::Key(_) | Heard::Silence) => self.again(turn),
            (Step::Alarming, Heard::PromptOver) => turn.wait_for_next_key(),
            (Step::Leaving, Heard::PromptOver | Heard::Silence) => {
                turn.act(WalkAction::HangUp);
                self.over(turn);
            }
            (
                Step::Alarming | Step::Leaving | Step::Over,
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
