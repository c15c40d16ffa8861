//! A care call (SAF-10): are you well? And whoever is rung when nobody answered that.
//!
//! Only a key says that somebody is there: silence, a machine and a hang-up infer nothing. Who asks for help, for a person
//! or in an emergency goes on as if they had rung the line themselves.

use serde::{Deserialize, Serialize};

use crate::domain::care::CareAnswer;
use crate::ivr::announcement::WayOut;
use crate::ivr::context::IncomingCall;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Key, NotReached, Outcome, WalkAction, WalkEvent};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Times the question of a care call is asked, and a contact hears what it is about.
const MOST_ROUNDS: u8 = 3;

/// Somebody whose care call it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ivr) struct Care {
    /// What the menu is told when they go on.
    call: IncomingCall,
    rounds: u8,
    step: Step,
}

/// A contact, who is to look after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ivr) struct CareContact {
    rounds: u8,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    Asking,
    Leaving,
    Over,
}

impl Care {
    pub(super) fn start(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let care = Self { call, rounds: 1, step: Step::Asking };
        let greeting = turn.sentence().clip(turn.menu.greeting.clone());
        turn.say(greeting.and_then(words(turn)));
        care
    }

    pub(super) fn stands_at(&self) -> Step {
        self.step
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    /// Says where they go on, when a key led out.
    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) -> Option<WayOut> {
        if let WalkEvent::HungUp { .. } = event {
            if self.step == Step::Asking {
                turn.outcome(Outcome::NotReached { why: NotReached::HungUp });
            }
            self.step = over(turn);
            return None;
        }
        match (self.step, heard) {
            (Step::Asking, Heard::Key(key)) => return self.key(key, turn),
            (Step::Asking, Heard::PromptOver) => turn.wait_for_first_key(),
            (Step::Asking, Heard::Silence) if self.rounds < MOST_ROUNDS => self.again(turn),
            (Step::Asking, Heard::Silence) => {
                turn.outcome(Outcome::NotReached { why: NotReached::Silence });
                self.hang_up(turn);
            }
            (Step::Leaving, Heard::PromptOver | Heard::Silence) => self.hang_up(turn),
            (
                Step::Asking | Step::Leaving | Step::Over,
                Heard::Key(_) | Heard::PromptOver | Heard::Silence | Heard::Nothing,
            ) => {}
        }
        None
    }

    fn key(&mut self, key: Key, turn: &mut Turn<'_>) -> Option<WayOut> {
        let mut answer = |answer| turn.outcome(Outcome::Care { answer });
        match key.digit() {
            Some(1) => {
                answer(CareAnswer::Well);
                turn.say(turn.phrase(Phrase::SurveyThanks));
                self.step = Step::Leaving;
                None
            }
            Some(2) => {
                answer(CareAnswer::Help);
                turn.hush();
                Some(WayOut::Menu(self.call.clone()))
            }
            Some(9) => {
                answer(CareAnswer::Emergency);
                turn.hush();
                Some(WayOut::Emergency(self.call.clone()))
            }
            other if other != Some(0) && self.rounds < MOST_ROUNDS => {
                self.again(turn);
                None
            }
            // Whoever presses keys is there, and did not find theirs: a person asks.
            Some(_) | None => {
                answer(CareAnswer::Person);
                turn.hush();
                Some(WayOut::PersonUntold(self.call.clone()))
            }
        }
    }

    fn again(&mut self, turn: &mut Turn<'_>) {
        self.rounds += 1;
        turn.say(words(turn));
    }

    fn hang_up(&mut self, turn: &mut Turn<'_>) {
        turn.act(WalkAction::HangUp);
        self.step = over(turn);
    }
}

fn words(turn: &Turn<'_>) -> Sentence {
    turn.phrase(Phrase::CareCall)
        .choice(Phrase::LabelWell, '1')
        .choice(Phrase::LabelNeedHelp, '2')
        .choice(Phrase::LabelPerson, '0')
        .choice(Phrase::LabelEmergency, '9')
}

fn over(turn: &mut Turn<'_>) -> Step {
    turn.stop_waiting();
    Step::Over
}

impl CareContact {
    pub(super) fn start(turn: &mut Turn<'_>) -> Self {
        let greeting = turn.sentence().clip(turn.menu.greeting.clone());
        turn.say(greeting.and_then(Self::words(turn)));
        Self { rounds: 1, step: Step::Asking }
    }

    pub(super) fn stands_at(&self) -> Step {
        self.step
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    /// Nobody is named: who answers may be somebody else.
    fn words(turn: &Turn<'_>) -> Sentence {
        turn.phrase(Phrase::CareCallMissed)
            .choice(Phrase::LabelTake, '1')
            .choice(Phrase::LabelCannotCome, '2')
            .choice(Phrase::LabelAgain, '*')
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        if let WalkEvent::HungUp { .. } = event {
            if self.step == Step::Asking {
                turn.outcome(Outcome::NotReached { why: NotReached::HungUp });
            }
            self.step = over(turn);
            return;
        }
        match (self.step, heard) {
            (Step::Asking, Heard::Key(key)) if key.digit() == Some(1) => {
                turn.outcome(Outcome::CareTaken);
                self.leave(Phrase::NotedThanks, turn);
            }
            (Step::Asking, Heard::Key(key)) if key.digit() == Some(2) => {
                turn.outcome(Outcome::NotReached { why: NotReached::Declined });
                self.leave(Phrase::SurveyThanks, turn);
            }
            (Step::Asking, Heard::Key(_) | Heard::Silence) if self.rounds < MOST_ROUNDS => {
                self.rounds += 1;
                turn.say(Self::words(turn));
            }
            (Step::Asking, Heard::Key(_) | Heard::Silence) => {
                turn.outcome(Outcome::NotReached { why: NotReached::Silence });
                turn.act(WalkAction::HangUp);
                self.step = over(turn);
            }
            (Step::Asking, Heard::PromptOver) => turn.wait_for_first_key(),
            (Step::Leaving, Heard::PromptOver | Heard::Silence) => {
                turn.act(WalkAction::HangUp);
                self.step = over(turn);
            }
            (
                Step::Leaving | Step::Over,
                Heard::Key(_) | Heard::PromptOver | Heard::Silence | Heard::Nothing,
            )
            | (Step::Asking, Heard::Nothing) => {}
        }
    }

    fn leave(&mut self, words: Phrase, turn: &mut Turn<'_>) {
        turn.say(turn.phrase(words));
        self.step = Step::Leaving;
    }
}
