//! Calls to helpers: an offer where no text can go, what was taken on, a reminder, "are you well?".
//!
//! Neither a name nor a door number is spoken. Silence, a machine and a hang-up infer nothing.

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::assignment::{HelperCall, VisitCode};
use crate::domain::category::CategoryCode;
use crate::domain::ids::VolunteerId;
use crate::domain::offer::ReplyCode;
use crate::ivr::context::SpokenWindow;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{
    Fact, Key, NotReached, Outcome, TaskAnswer, TaskChoice, TaskId, WalkAction, WalkEvent, WhyPerson,
};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// Times it is said again, by `*` or after silence.
const MOST_REPEATS: u8 = 5;
/// Silences after which nobody is thought to listen.
const MOST_SILENCES: u8 = 2;

/// What a helper is told on the telephone: never who needs help, never the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelperTask {
    pub task: TaskId,
    pub badge: VolunteerId,
    pub category: Option<CategoryCode>,
    /// The street; the committee once the task was accepted.
    pub area: Option<AreaCode>,
    pub window: Option<SpokenWindow>,
    /// Spoken to the registered number alone, and only in the call that gives the details.
    pub code: Option<ReplyCode>,
    pub visit_code: Option<VisitCode>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ivr) struct TaskCall {
    why: HelperCall,
    task: HelperTask,
    repeats: u8,
    silences: u8,
    /// The whole message was heard once.
    told: bool,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    Telling,
    /// The desk takes note of what was keyed.
    Answering,
    Ringing,
    Leaving,
    Over,
}

impl TaskCall {
    pub(super) fn start(why: HelperCall, task: HelperTask, turn: &mut Turn<'_>) -> Self {
        let call = Self { why, task, repeats: 0, silences: 0, told: false, step: Step::Telling };
        let intro = turn.phrase(Phrase::HelperCallIntro);
        let number = format!("{:05}", call.task.badge.0.max(0));
        turn.say(intro.phrase_and_digits(Phrase::HelperNumberIs, &number).and_then(call.words(turn)));
        call
    }

    pub(super) fn stands_at(&self) -> Step {
        self.step
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    /// The message with its keys; a call whose keys mean nothing has none but `*`.
    fn words(&self, turn: &Turn<'_>) -> Sentence {
        let words = turn.sentence();
        let words = match self.why {
            HelperCall::Offer => self
                .about(words.phrase(Phrase::OfferAsks))
                .choice(Phrase::LabelAccept, '1')
                .choice(Phrase::LabelDecline, '2'),
            HelperCall::Details => self.details(words).choice(Phrase::LabelConnect, '3'),
            HelperCall::Reminder => self
                .about(words.phrase(Phrase::ReminderCall))
                .choice(Phrase::LabelCanCome, '1')
                .choice(Phrase::LabelCannotCome, '2'),
            HelperCall::OnTheWay => words
                .phrase(Phrase::OnTheWayCall)
                .choice(Phrase::LabelArrived, '8')
                .choice(Phrase::LabelLate, '7')
                .choice(Phrase::LabelCannotCome, '2'),
            HelperCall::AreYouWell => words
                .phrase(Phrase::AreYouWellCall)
                .choice(Phrase::LabelWell, '1')
                .choice(Phrase::LabelNeedHelp, '2'),
            HelperCall::CalledOff => self.about(words.phrase(Phrase::CalledOffCall)),
        };
        let words = if self.repeats < MOST_REPEATS { words.choice(Phrase::LabelAgain, '*') } else { words };
        match self.why {
            HelperCall::Offer => words.choice(Phrase::LabelPerson, '0').choice(Phrase::LabelWrongNumber, '9'),
            HelperCall::Details | HelperCall::Reminder | HelperCall::OnTheWay => {
                words.choice(Phrase::LabelPerson, '0')
            }
            HelperCall::AreYouWell | HelperCall::CalledOff => words,
        }
    }

    fn about(&self, mut words: Sentence) -> Sentence {
        if let Some(area) = &self.task.area {
            words = words.area(area);
        }
        if let Some(category) = &self.task.category {
            words = words.category(category);
        }
        if let Some(window) = self.task.window {
            words = words.window(window.from, window.until, window.today);
        }
        words
    }

    fn details(&self, words: Sentence) -> Sentence {
        let mut words = self.about(words.phrase(Phrase::TaskIs));
        if let Some(code) = self.task.visit_code {
            words = words.phrase_and_digits(Phrase::VisitCodeIs, &code.to_string());
        }
        if let Some(code) = self.task.code {
            words = words.phrase_and_digits(Phrase::TaskCodeIs, &code.to_string());
        }
        words.phrase(Phrase::DetailsByPerson)
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        match event {
            WalkEvent::HungUp { .. } => {
                if self.step == Step::Telling && (self.asks() || !self.told) {
                    turn.outcome(Outcome::NotReached { why: NotReached::HungUp });
                }
                self.over(turn);
            }
            WalkEvent::Fact { fact } => self.told(fact, turn),
            WalkEvent::Key { .. }
            | WalkEvent::PromptEnded { .. }
            | WalkEvent::RecordingEnded { .. }
            | WalkEvent::Timeout => self.heard(heard, turn),
        }
    }

    fn heard(&mut self, heard: Heard, turn: &mut Turn<'_>) {
        match (self.step, heard) {
            (Step::Telling, Heard::Key(key)) => self.key(key, turn),
            (Step::Telling, Heard::PromptOver) => {
                if !self.told && !self.asks() {
                    turn.outcome(Outcome::Told);
                }
                self.told = true;
                turn.wait_for_first_key();
            }
            (Step::Telling, Heard::Silence) => self.silence(turn),
            (Step::Ringing, Heard::PromptOver) => turn.hold(),
            (Step::Ringing, Heard::Silence) => self.nobody(turn),
            (Step::Leaving, Heard::PromptOver | Heard::Silence) => {
                turn.act(WalkAction::HangUp);
                self.over(turn);
            }
            (Step::Answering, Heard::Silence) => self.leave(Phrase::TaskGone, turn),
            (
                Step::Answering | Step::Ringing | Step::Leaving | Step::Over,
                Heard::Key(_) | Heard::PromptOver | Heard::Silence | Heard::Nothing,
            )
            | (Step::Telling, Heard::Nothing) => {}
        }
    }

    fn key(&mut self, key: Key, turn: &mut Turn<'_>) {
        use HelperCall as W;
        match (self.why, key.as_char()) {
            (_, '*') if self.repeats < MOST_REPEATS => self.again(turn),
            (W::Offer, '1') => self.choose(TaskChoice::Accept, turn),
            (W::Reminder, '1') => self.choose(TaskChoice::Confirm, turn),
            (W::Offer | W::Reminder | W::OnTheWay, '2') => self.choose(TaskChoice::Decline, turn),
            (W::OnTheWay, '8') => self.choose(TaskChoice::Arrived, turn),
            (W::OnTheWay, '7') => self.choose(TaskChoice::Late, turn),
            (W::AreYouWell, '1') => self.choose(TaskChoice::Well, turn),
            (W::AreYouWell, '2' | '0') => self.choose(TaskChoice::Help, turn),
            (W::Details, '3') => {
                turn.act(WalkAction::RingResident { task: self.task.task });
                turn.say(turn.phrase(Phrase::ConnectingResident));
                self.step = Step::Ringing;
            }
            (W::Offer | W::Details | W::Reminder | W::OnTheWay, '0') => {
                turn.act(WalkAction::RingPerson { why: WhyPerson::Asked });
                turn.say(turn.phrase(Phrase::Connecting));
                self.step = Step::Ringing;
            }
            (W::Offer, '9') => {
                turn.outcome(Outcome::NotReached { why: NotReached::WrongNumber });
                self.leave(Phrase::SorryToDisturb, turn);
            }
            // Any other key means nothing here; the silence after it does not either.
            (W::Offer | W::Details | W::Reminder | W::OnTheWay | W::AreYouWell | W::CalledOff, _) => {}
        }
    }

    fn choose(&mut self, choice: TaskChoice, turn: &mut Turn<'_>) {
        turn.hush();
        turn.outcome(Outcome::Task { task: self.task.task, choice });
        self.step = Step::Answering;
        turn.wait_for_next_key();
    }

    fn again(&mut self, turn: &mut Turn<'_>) {
        self.repeats += 1;
        let words = self.words(turn);
        turn.say(words);
    }

    fn silence(&mut self, turn: &mut Turn<'_>) {
        self.silences += 1;
        if self.asks() && self.silences < MOST_SILENCES {
            return self.again(turn);
        }
        if self.asks() {
            turn.outcome(Outcome::NotReached { why: NotReached::Silence });
        }
        self.leave(Phrase::Goodbye, turn);
    }

    /// Whether a key is wanted: without one nothing is known, for a machine may have listened.
    fn asks(&self) -> bool {
        match self.why {
            HelperCall::Offer | HelperCall::Reminder | HelperCall::OnTheWay | HelperCall::AreYouWell => true,
            HelperCall::Details | HelperCall::CalledOff => false,
        }
    }

    fn told(&mut self, fact: &Fact, turn: &mut Turn<'_>) {
        match (fact, self.step) {
            (Fact::TaskAnswer { answer: TaskAnswer::HelpComing }, Step::Answering) => {
                turn.act(WalkAction::RingEmergency);
                turn.say(turn.phrase(Phrase::HelpIsComing));
                self.step = Step::Ringing;
            }
            (Fact::TaskAnswer { answer }, Step::Answering) => self.leave(answer.phrase(), turn),
            // Also when they answer while we say that nobody does: the two are joined already.
            (Fact::PersonAnswered, Step::Ringing | Step::Leaving) => {
                turn.act(WalkAction::StopSaying);
                self.over(turn);
            }
            (Fact::NobodyAnswered, Step::Ringing) => self.nobody(turn),
            (
                Fact::TaskAnswer { .. }
                | Fact::PersonAnswered
                | Fact::NobodyAnswered
                | Fact::Waiting { .. }
                | Fact::AlreadyWaiting
                | Fact::TicketCommitted { .. }
                | Fact::NotCommitted
                | Fact::Register { .. }
                | Fact::Withdrawal { .. }
                | Fact::TaskFound { .. }
                | Fact::NumberTaken { .. }
                | Fact::BringInFailed,
                Step::Telling | Step::Answering | Step::Ringing | Step::Leaving | Step::Over,
            ) => {}
        }
    }

    fn nobody(&mut self, turn: &mut Turn<'_>) {
        turn.outcome(Outcome::RequestCallback {
            reason: crate::domain::callback::CallbackReason::NobodyFree,
            recording: None,
            category: None,
            urgent: self.why == HelperCall::AreYouWell,
        });
        let danger = self.why == HelperCall::AreYouWell;
        self.leave(if danger { Phrase::HelpIsComing } else { Phrase::NobodyFree }, turn);
    }

    fn leave(&mut self, words: Phrase, turn: &mut Turn<'_>) {
        turn.say(turn.phrase(words));
        self.step = Step::Leaving;
    }

    fn over(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting();
        self.step = Step::Over;
    }
}
