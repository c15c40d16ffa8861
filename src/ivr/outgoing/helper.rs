//! Calls to helpers and to stations' duty telephones: an offer where no text can go, what was taken on, a reminder, another
//! time, "are you well?".
//!
//! Neither a name nor a door number is spoken. Silence, a machine and a hang-up infer nothing.

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::assignment::{AssignmentKind, HelperCall, VisitCode};
use crate::domain::category::CategoryCode;
use crate::domain::ids::VolunteerId;
use crate::domain::offer::ReplyCode;
use crate::domain::work_item::WorkRole;
use crate::ivr::context::SpokenWindow;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{
    Fact, Key, NotReached, Outcome, TaskAnswer, TaskChoice, TaskId, WalkAction, WalkEvent, WhyPerson,
};
use crate::prompts::clip::ClipId;
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::{Item, Sentence};

/// Times it is said again, by `*` or after silence.
const MOST_REPEATS: u8 = 5;
/// Silences after which nobody is thought to listen.
const MOST_SILENCES: u8 = 2;

/// What a helper is told on the telephone: never who needs help, never the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelperTask {
    /// None where no key means anything.
    pub task: Option<TaskId>,
    pub whom: Whom,
    /// To a door, to a station, or by telephone.
    pub kind: AssignmentKind,
    /// Where the station is that group work is done at.
    pub meets_at: Option<AreaCode>,
    pub category: Option<CategoryCode>,
    /// The street; the committee once the task was accepted.
    pub area: Option<AreaCode>,
    pub window: Option<SpokenWindow>,
    /// Spoken to the registered number alone, and only in the call that gives the details.
    pub code: Option<ReplyCode>,
    pub visit_code: Option<VisitCode>,
}

/// Who is rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// A volunteer: the number on the badge is said, for a landline has a family.
    Helper(VolunteerId),
    /// A station's duty telephone, or an institution's; whether they lead or help, and whether two of them have to go.
    Staff { role: WorkRole, two: bool },
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
        let intro = match call.task.whom {
            Whom::Helper(badge) => {
                let number = format!("{:05}", badge.0.max(0));
                turn.phrase(Phrase::HelperCallIntro).phrase_and_digits(Phrase::HelperNumberIs, &number)
            }
            Whom::Staff { .. } => turn.phrase(Phrase::StaffCallIntro),
        };
        turn.say(intro.and_then(call.words(turn)));
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
            HelperCall::Offer => {
                self.offer(words).choice(Phrase::LabelAccept, '1').choice(Phrase::LabelDecline, '2')
            }
            HelperCall::Details => self.details(words).choice(Phrase::LabelConnect, '3'),
            HelperCall::Reminder => self.asks_to_come(words.phrase(Phrase::ReminderCall)),
            HelperCall::NewTime => self.asks_to_come(words.phrase(Phrase::NewTimeCall)),
            HelperCall::PutOff => {
                self.about(words.phrase(Phrase::PutOffCall)).choice(Phrase::LabelCannotCome, '2')
            }
            HelperCall::PartnerMissing => self.about(words.phrase(Phrase::PartnerMissingCall)),
            HelperCall::OnTheWay => words
                .phrase(self.of_whom(Phrase::OnTheWayCall, Phrase::StaffOnTheWayCall))
                .choice(Phrase::LabelArrived, '8')
                .choice(Phrase::LabelLate, '7')
                .choice(Phrase::LabelCannotCome, '2'),
            HelperCall::AreYouWell => words
                .phrase(self.of_whom(Phrase::AreYouWellCall, Phrase::StaffWellCall))
                .choice(Phrase::LabelWell, '1')
                .choice(Phrase::LabelNeedHelp, '2'),
            HelperCall::CalledOff => self.about(words.phrase(Phrase::CalledOffCall)),
            HelperCall::VisitorSilent => self.about(words.phrase(Phrase::DutyAlarmVisitor)),
            HelperCall::Look => self.about(words.phrase(Phrase::StaffLookCall)),
        };
        let words = if self.repeats < MOST_REPEATS { words.choice(Phrase::LabelAgain, '*') } else { words };
        match self.why {
            HelperCall::Offer => words.choice(Phrase::LabelPerson, '0').choice(Phrase::LabelWrongNumber, '9'),
            HelperCall::Details
            | HelperCall::Reminder
            | HelperCall::NewTime
            | HelperCall::PutOff
            | HelperCall::PartnerMissing
            | HelperCall::OnTheWay => words.choice(Phrase::LabelPerson, '0'),
            HelperCall::AreYouWell | HelperCall::CalledOff | HelperCall::VisitorSilent | HelperCall::Look => {
                words
            }
        }
    }

    fn of_whom(&self, helper: Phrase, staff: Phrase) -> Phrase {
        match self.task.whom {
            Whom::Helper(_) => helper,
            Whom::Staff { .. } => staff,
        }
    }

    fn offer(&self, words: Sentence) -> Sentence {
        let Whom::Staff { role, two } = self.task.whom else {
            return self.about(words.phrase(Phrase::OfferAsks));
        };
        let asks = match role {
            WorkRole::Lead => Phrase::StaffTaskCall,
            WorkRole::Co => Phrase::StaffPartCall,
        };
        let words = self.about(words.phrase(asks));
        if two { words.phrase(Phrase::TwoGo) } else { words }
    }

    fn asks_to_come(&self, words: Sentence) -> Sentence {
        self.about(words).choice(Phrase::LabelCanCome, '1').choice(Phrase::LabelCannotCome, '2')
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
        words = match self.task.kind {
            AssignmentKind::Visit => words,
            AssignmentKind::Group => {
                words = words.phrase(Phrase::TaskAtStation);
                let place = self.task.meets_at.as_ref().map(ClipId::area);
                place
                    .into_iter()
                    .fold(words, |words, place| words.item(Item::of([Phrase::StationIn.into(), place])))
            }
            AssignmentKind::Phone => words.phrase(Phrase::TaskByPhone),
        };
        if let Some(code) = self.task.visit_code {
            words = words.phrase_and_digits(Phrase::VisitCodeIs, &code.to_string());
        }
        if let Some(code) = self.task.code {
            words = words.phrase_and_digits(Phrase::TaskCodeIs, &code.to_string());
        }
        match self.task.kind {
            AssignmentKind::Visit => words.phrase(Phrase::DetailsByPerson),
            AssignmentKind::Group if self.task.meets_at.is_none() => words.phrase(Phrase::DetailsByPerson),
            AssignmentKind::Group | AssignmentKind::Phone => words,
        }
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
            (W::Reminder | W::NewTime, '1') => self.choose(TaskChoice::Confirm, turn),
            (W::Offer | W::Reminder | W::NewTime | W::PutOff | W::OnTheWay, '2') => {
                self.choose(TaskChoice::Decline, turn);
            }
            (W::OnTheWay, '8') => self.choose(TaskChoice::Arrived, turn),
            (W::OnTheWay, '7') => self.choose(TaskChoice::Late, turn),
            (W::AreYouWell, '1') => self.choose(TaskChoice::Well, turn),
            (W::AreYouWell, '2' | '0') => self.choose(TaskChoice::Help, turn),
            (W::Details, '3') => {
                if let Some(task) = self.task.task {
                    turn.act(WalkAction::RingResident { task });
                    turn.say(turn.phrase(Phrase::ConnectingResident));
                    self.step = Step::Ringing;
                }
            }
            (
                W::Offer
                | W::Details
                | W::Reminder
                | W::NewTime
                | W::PutOff
                | W::PartnerMissing
                | W::OnTheWay,
                '0',
            ) => {
                turn.act(WalkAction::RingPerson { why: WhyPerson::Asked });
                turn.say(turn.phrase(Phrase::Connecting));
                self.step = Step::Ringing;
            }
            (W::Offer, '9') => {
                turn.outcome(Outcome::NotReached { why: NotReached::WrongNumber });
                self.leave(Phrase::SorryToDisturb, turn);
            }
            // Any other key means nothing here; the silence after it does not either.
            (
                W::Offer
                | W::Details
                | W::Reminder
                | W::NewTime
                | W::PutOff
                | W::PartnerMissing
                | W::OnTheWay
                | W::AreYouWell
                | W::CalledOff
                | W::VisitorSilent
                | W::Look,
                _,
            ) => {}
        }
    }

    fn choose(&mut self, choice: TaskChoice, turn: &mut Turn<'_>) {
        let Some(task) = self.task.task else { return };
        turn.hush();
        turn.outcome(Outcome::Task { task, choice });
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
            HelperCall::Offer
            | HelperCall::Reminder
            | HelperCall::NewTime
            | HelperCall::OnTheWay
            | HelperCall::AreYouWell => true,
            HelperCall::Details
            | HelperCall::CalledOff
            | HelperCall::PartnerMissing
            | HelperCall::PutOff
            | HelperCall::VisitorSilent
            | HelperCall::Look => false,
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
