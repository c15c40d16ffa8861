//! The call-back survey (DOMAIN §9): who calls and why, two questions, an optional comment.
//!
//! Silence, a machine and a wrong number infer nothing: only what was keyed is reported.

use serde::{Deserialize, Serialize};

use crate::domain::callback::CallbackReason;
use crate::domain::ids::RecordingId;
use crate::domain::language::Language;
use crate::domain::recording::RecordingPurpose;
use crate::domain::survey::{Resolved, Satisfaction};
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Fact, Key, NotReached, Outcome, RecordingStop, WalkAction, WalkEvent, WhyPerson};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ivr) struct Survey {
    step: Step,
    asks: Asks,
    resolved: Option<Resolved>,
    satisfaction: Option<Satisfaction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asks {
    /// Resolved, satisfied, a comment.
    Everything,
    /// Satisfied: whoever was answered a moment ago, before they hang up.
    OneQuestion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Step {
    Asking {
        question: Question,
        misses: u8,
    },
    /// The tone that starts the comment.
    Tone,
    Commenting,
    Ringing,
    Leaving,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Question {
    /// Is this the person who was helped?
    IsItYou,
    Resolved,
    Satisfied,
    Comment,
}

impl Survey {
    pub(super) fn start(household: bool, turn: &mut Turn<'_>) -> Self {
        let mut survey = Self::new(Asks::Everything);
        let first = if household { Question::IsItYou } else { Question::Resolved };
        survey.ask(turn.phrase(Phrase::SurveyIntro), first, 0, turn);
        survey
    }

    pub(super) fn start_on_the_line(turn: &mut Turn<'_>) -> Self {
        let mut survey = Self::new(Asks::OneQuestion);
        survey.ask(turn.sentence(), Question::Satisfied, 0, turn);
        survey
    }

    fn new(asks: Asks) -> Self {
        Self { step: Step::Leaving, asks, resolved: None, satisfaction: None }
    }

    /// Where it is, whatever was missed there.
    pub(super) fn stands_at(&self) -> Step {
        match self.step {
            Step::Asking { question, .. } => Step::Asking { question, misses: 0 },
            step @ (Step::Tone | Step::Commenting | Step::Ringing | Step::Leaving | Step::Over) => step,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        match event {
            WalkEvent::HungUp { recording } => self.hung_up(*recording, turn),
            WalkEvent::RecordingEnded { recording, why, .. } => {
                if self.step == Step::Commenting {
                    let kept = match why {
                        RecordingStop::Key | RecordingStop::Silence | RecordingStop::Limit => {
                            Some(*recording)
                        }
                        RecordingStop::Failed => None,
                    };
                    self.finish(kept, turn);
                }
            }
            WalkEvent::Fact { fact } => self.told(fact, turn),
            WalkEvent::Key { .. } | WalkEvent::PromptEnded { .. } | WalkEvent::Timeout => {
                self.heard(heard, turn);
            }
        }
    }

    fn told(&mut self, fact: &Fact, turn: &mut Turn<'_>) {
        match fact {
            // Also when they answer while we say that nobody does: the two are joined already.
            Fact::PersonAnswered if matches!(self.step, Step::Ringing | Step::Leaving) => {
                turn.act(WalkAction::StopSaying);
                self.over(turn);
            }
            Fact::NobodyAnswered if self.step == Step::Ringing => self.nobody(turn),
            Fact::PersonAnswered
            | Fact::NobodyAnswered
            | Fact::Waiting { .. }
            | Fact::AlreadyWaiting
            | Fact::NumberTaken { .. }
            | Fact::BringInFailed
            | Fact::TicketCommitted { .. }
            | Fact::NotCommitted
            | Fact::Register { .. }
            | Fact::Withdrawal { .. }
            | Fact::TaskFound { .. }
            | Fact::TaskAnswer { .. } => {}
        }
    }

    fn heard(&mut self, heard: Heard, turn: &mut Turn<'_>) {
        match (self.step, heard) {
            (Step::Asking { question, misses }, Heard::Key(key)) => self.key(question, misses, key, turn),
            (Step::Asking { .. }, Heard::PromptOver) => turn.wait_for_first_key(),
            (Step::Asking { question: Question::Comment, .. }, Heard::Silence) => self.finish(None, turn),
            (Step::Asking { question, misses }, Heard::Silence) => self.miss(question, misses, turn),
            (Step::Tone, Heard::PromptOver | Heard::Silence) => {
                turn.record(RecordingPurpose::Comment);
                self.step = Step::Commenting;
            }
            (Step::Commenting, Heard::Key(Key::HASH)) => turn.act(WalkAction::StopRecording),
            (Step::Commenting, Heard::Silence) => self.finish(None, turn),
            (Step::Ringing, Heard::PromptOver) => turn.hold(),
            (Step::Ringing, Heard::Silence) => self.nobody(turn),
            (Step::Leaving, Heard::PromptOver | Heard::Silence) => {
                turn.act(WalkAction::HangUp);
                self.over(turn);
            }
            (
                Step::Asking { .. }
                | Step::Tone
                | Step::Commenting
                | Step::Ringing
                | Step::Leaving
                | Step::Over,
                Heard::Key(_) | Heard::PromptOver | Heard::Silence | Heard::Nothing,
            ) => {}
        }
    }

    fn key(&mut self, question: Question, misses: u8, key: Key, turn: &mut Turn<'_>) {
        match (question, key.as_char()) {
            (_, '*') => self.ask(turn.sentence(), question, misses, turn),
            (_, '0') => self.person(turn),
            (Question::IsItYou | Question::Resolved, '9') => {
                self.not_reached(NotReached::WrongNumber, turn);
            }
            (Question::IsItYou, '1') => self.ask(turn.sentence(), Question::Resolved, 0, turn),
            (Question::IsItYou, '2') => self.not_reached(NotReached::AnotherPerson, turn),
            (Question::Resolved, '1') => self.resolved(Resolved::Yes, turn),
            (Question::Resolved, '2') => self.resolved(Resolved::Partly, turn),
            (Question::Resolved, '3') => self.resolved(Resolved::No, turn),
            (Question::Satisfied, '1') => self.satisfied(Satisfaction::Satisfied, turn),
            (Question::Satisfied, '2') => self.satisfied(Satisfaction::Basically, turn),
            (Question::Satisfied, '3') => self.satisfied(Satisfaction::Not, turn),
            (Question::Comment, '1') => {
                let words = turn.phrase(Phrase::LeaveMessage).phrase_in(Language::Zh, Phrase::Tone);
                turn.say(words);
                self.step = Step::Tone;
            }
            (Question::Comment, _) => self.finish(None, turn),
            (Question::IsItYou | Question::Resolved | Question::Satisfied, _) => {
                self.miss(question, misses, turn);
            }
        }
    }

    fn resolved(&mut self, answer: Resolved, turn: &mut Turn<'_>) {
        self.resolved = Some(answer);
        self.ask(turn.sentence(), Question::Satisfied, 0, turn);
    }

    fn satisfied(&mut self, answer: Satisfaction, turn: &mut Turn<'_>) {
        self.satisfaction = Some(answer);
        match self.asks {
            Asks::Everything => self.ask(turn.sentence(), Question::Comment, 0, turn),
            Asks::OneQuestion => self.finish(None, turn),
        }
    }

    fn ask(&mut self, before: Sentence, question: Question, misses: u8, turn: &mut Turn<'_>) {
        let words = match question {
            Question::IsItYou => before
                .phrase(Phrase::SurveyIsItYou)
                .choice(Phrase::LabelItIsMe, '1')
                .choice(Phrase::LabelItIsNot, '2')
                .choice(Phrase::LabelWrongNumber, '9'),
            Question::Resolved => before
                .phrase(Phrase::SurveyResolved)
                .choice(Phrase::LabelResolved, '1')
                .choice(Phrase::LabelPartly, '2')
                .choice(Phrase::LabelNotResolved, '3')
                .choice(Phrase::LabelPerson, '0')
                .choice(Phrase::LabelWrongNumber, '9'),
            Question::Satisfied => before
                .phrase(Phrase::SurveySatisfied)
                .choice(Phrase::LabelSatisfied, '1')
                .choice(Phrase::LabelBasically, '2')
                .choice(Phrase::LabelNotSatisfied, '3'),
            Question::Comment => before.choice(Phrase::LabelComment, '1').phrase(Phrase::OrWait),
        };
        if turn.ask(words) {
            self.step = Step::Asking { question, misses };
        } else {
            self.give_up(turn);
        }
    }

    fn miss(&mut self, question: Question, misses: u8, turn: &mut Turn<'_>) {
        let misses = misses.saturating_add(1);
        if misses < turn.menu.timing.misses {
            self.ask(turn.phrase(Phrase::TryAgain), question, misses, turn);
        } else {
            self.give_up(turn);
        }
    }

    /// Nobody keys anything: what was keyed counts, nothing else.
    fn give_up(&mut self, turn: &mut Turn<'_>) {
        match (self.asks, self.resolved) {
            (Asks::Everything, Some(_)) => self.finish(None, turn),
            (Asks::Everything, None) => self.not_reached(NotReached::Silence, turn),
            // They know who asks: nothing keyed is nothing said.
            (Asks::OneQuestion, _) => {
                turn.say(turn.phrase(Phrase::SurveyThanks));
                self.step = Step::Leaving;
            }
        }
    }

    fn finish(&mut self, comment: Option<RecordingId>, turn: &mut Turn<'_>) {
        self.report(comment, turn);
        let mut words = turn.sentence();
        if self.resolved == Some(Resolved::No) {
            words = words.phrase(Phrase::SurveyGoesOn);
        }
        turn.say(words.phrase(Phrase::SurveyThanks));
        self.step = Step::Leaving;
    }

    fn report(&mut self, comment: Option<RecordingId>, turn: &mut Turn<'_>) {
        let (resolved, satisfaction) = (self.resolved, self.satisfaction);
        turn.outcome(Outcome::Survey { resolved, satisfaction, comment });
    }

    fn not_reached(&mut self, why: NotReached, turn: &mut Turn<'_>) {
        turn.outcome(Outcome::NotReached { why });
        turn.say(turn.phrase(Phrase::SorryToDisturb));
        self.step = Step::Leaving;
    }

    fn person(&mut self, turn: &mut Turn<'_>) {
        if self.resolved.is_some() {
            self.report(None, turn);
        }
        turn.act(WalkAction::RingPerson { why: WhyPerson::Asked });
        turn.say(turn.phrase(Phrase::Connecting));
        self.step = Step::Ringing;
    }

    fn nobody(&mut self, turn: &mut Turn<'_>) {
        self.request_callback(turn);
        turn.say(turn.phrase(Phrase::NobodyFree).phrase(Phrase::Goodbye));
        self.step = Step::Leaving;
    }

    fn request_callback(&mut self, turn: &mut Turn<'_>) {
        turn.outcome(Outcome::RequestCallback {
            reason: CallbackReason::NobodyFree,
            recording: None,
            category: None,
            urgent: false,
        });
    }

    fn hung_up(&mut self, recording: Option<RecordingId>, turn: &mut Turn<'_>) {
        match self.step {
            Step::Asking { .. } | Step::Tone | Step::Commenting if self.resolved.is_some() => {
                self.report(recording, turn);
            }
            Step::Asking { .. } | Step::Tone | Step::Commenting if self.asks == Asks::Everything => {
                turn.outcome(Outcome::NotReached { why: NotReached::HungUp });
            }
            Step::Ringing => self.request_callback(turn),
            Step::Asking { .. } | Step::Tone | Step::Commenting | Step::Leaving | Step::Over => {}
        }
        self.over(turn);
    }

    fn over(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting();
        self.step = Step::Over;
    }
}
