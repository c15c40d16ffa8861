//! Telling a resident without a mobile who comes: each helper's number, the code to ask for, the time. Or who rings them,
//! or at which station somebody meets them.
//!
//! Names are never spoken. 9 is an emergency at any moment, 0 a person once all was said.

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::assignment::AssignmentKind;
use crate::domain::callback::CallbackReason;
use crate::ivr::context::SpokenWindow;
use crate::ivr::outgoing::Visitor;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Fact, Key, NotReached, Outcome, WalkAction, WalkEvent, WhyPerson};
use crate::prompts::clip::ClipId;
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::{Item, Sentence};

/// Times `*` says it again.
const MOST_REPEATS: u8 = 5;

/// Who helps, and how: at the door, by telephone, or at a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    pub kind: AssignmentKind,
    pub visitors: Vec<Visitor>,
    /// Where the station is that they meet at.
    pub meets_at: Option<AreaCode>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ivr) struct WhoComes {
    help: Help,
    window: Option<SpokenWindow>,
    repeats: u8,
    /// The whole message was heard once.
    told: bool,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    Telling,
    /// A person is rung, or everybody for an emergency.
    Ringing {
        emergency: bool,
    },
    Leaving,
    Over,
}

impl WhoComes {
    pub(super) fn start(help: Help, window: Option<SpokenWindow>, turn: &mut Turn<'_>) -> Self {
        let message = Self { help, window, repeats: 0, told: false, step: Step::Telling };
        let intro = match message.help.kind {
            // Nobody comes yet: the greeting of a call back says who speaks without promising anybody.
            _ if message.help.visitors.is_empty() => Phrase::CallbackIntro,
            AssignmentKind::Visit => Phrase::WhoComesIntro,
            AssignmentKind::Group | AssignmentKind::Phone => Phrase::WhoHelpsIntro,
        };
        turn.say(turn.phrase(intro).and_then(message.words(turn)));
        message
    }

    pub(super) fn stands_at(&self) -> Step {
        self.step
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    fn words(&self, turn: &Turn<'_>) -> Sentence {
        let somebody = !self.help.visitors.is_empty();
        let mut words = self.who(turn.sentence());
        if let Some(window) = self.window.filter(|_| somebody) {
            words = words.phrase(Phrase::WindowIs).window(window.from, window.until, window.today);
        }
        words = words.phrase(match self.help.kind {
            _ if !somebody => Phrase::HelperReplaced,
            AssignmentKind::Visit => Phrase::WhoComesCare,
            AssignmentKind::Group | AssignmentKind::Phone => Phrase::FreeCare,
        });
        if self.repeats < MOST_REPEATS { words.choice(Phrase::LabelAgain, '*') } else { words }
    }

    fn who(&self, mut words: Sentence) -> Sentence {
        let at_the_door = self.help.kind == AssignmentKind::Visit;
        for (at, visitor) in self.help.visitors.iter().enumerate() {
            match (at, self.help.kind) {
                (0, AssignmentKind::Visit) => {}
                (0, AssignmentKind::Group) => {
                    words = words.phrase(Phrase::WhoMeets);
                    let place = self.help.meets_at.as_ref().map(ClipId::area);
                    let said = |place| Item::of([Phrase::StationIn.into(), place]);
                    words = place.map(said).into_iter().fold(words, Sentence::item);
                }
                (0, AssignmentKind::Phone) => words = words.phrase(Phrase::WhoRings),
                (_, AssignmentKind::Visit | AssignmentKind::Group | AssignmentKind::Phone) => {
                    words = words.phrase(Phrase::AnotherComes);
                }
            }
            words = match visitor.badge {
                Some(badge) if at_the_door => words.badge(badge),
                Some(badge) => {
                    words.phrase_and_digits(Phrase::HelperNumberIs, &format!("{:05}", badge.0.max(0)))
                }
                None => words,
            };
            if at_the_door {
                words = words.phrase_and_digits(Phrase::VisitCodeIs, &visitor.code.to_string());
            }
        }
        words
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        match event {
            WalkEvent::HungUp { .. } => return self.hung_up(turn),
            WalkEvent::Fact { fact } => return self.fact(fact, turn),
            WalkEvent::Key { .. }
            | WalkEvent::PromptEnded { .. }
            | WalkEvent::RecordingEnded { .. }
            | WalkEvent::Timeout => {}
        }
        match (self.step, heard) {
            (Step::Telling | Step::Ringing { emergency: false } | Step::Leaving, Heard::Key(key))
                if key.digit() == Some(9) =>
            {
                turn.act(WalkAction::RingEmergency);
                turn.say(turn.phrase(Phrase::Emergency));
                self.step = Step::Ringing { emergency: true };
            }
            (Step::Telling, Heard::Key(key)) if key.digit() == Some(0) && self.told => {
                turn.act(WalkAction::RingPerson { why: WhyPerson::Asked });
                turn.say(turn.phrase(Phrase::Connecting));
                self.step = Step::Ringing { emergency: false };
            }
            (Step::Ringing { .. }, Heard::PromptOver) => turn.hold(),
            (Step::Ringing { emergency }, Heard::Silence) => self.nobody(emergency, turn),
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
                Step::Telling | Step::Ringing { .. } | Step::Leaving | Step::Over,
                Heard::Key(_) | Heard::PromptOver | Heard::Silence | Heard::Nothing,
            ) => {}
        }
    }

    fn hung_up(&mut self, turn: &mut Turn<'_>) {
        match self.step {
            Step::Telling if !self.told => turn.outcome(Outcome::NotReached { why: NotReached::HungUp }),
            Step::Ringing { emergency } => request_callback(emergency, turn),
            Step::Telling | Step::Leaving | Step::Over => {}
        }
        self.over(turn);
    }

    fn fact(&mut self, fact: &Fact, turn: &mut Turn<'_>) {
        match (fact, self.step) {
            // Also when they answer while we say that nobody does: the two are joined already.
            (Fact::PersonAnswered, Step::Ringing { .. } | Step::Leaving) => {
                turn.act(WalkAction::StopSaying);
                self.over(turn);
            }
            (Fact::NobodyAnswered, Step::Ringing { emergency }) => self.nobody(emergency, turn),
            (
                Fact::PersonAnswered
                | Fact::NobodyAnswered
                | Fact::Waiting { .. }
                | Fact::AlreadyWaiting
                | Fact::TicketCommitted { .. }
                | Fact::NotCommitted
                | Fact::Register { .. }
                | Fact::Withdrawal { .. }
                | Fact::TaskFound { .. }
                | Fact::TaskAnswer { .. }
                | Fact::NumberTaken { .. }
                | Fact::BringInFailed,
                Step::Telling | Step::Ringing { .. } | Step::Leaving | Step::Over,
            ) => {}
        }
    }

    /// Nobody came to the telephone: they are rung back, at once when there is danger.
    fn nobody(&mut self, emergency: bool, turn: &mut Turn<'_>) {
        request_callback(emergency, turn);
        let words = if emergency { Phrase::EmergencyTold } else { Phrase::NobodyFree };
        turn.say(turn.phrase(words).phrase(Phrase::Goodbye));
        self.step = Step::Leaving;
    }

    fn over(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting();
        self.step = Step::Over;
    }
}

fn request_callback(urgent: bool, turn: &mut Turn<'_>) {
    let reason = CallbackReason::NobodyFree;
    turn.outcome(Outcome::RequestCallback { reason, recording: None, category: None, urgent });
}
