//! The walk of somebody who rang: from the greeting to a ticket, a person or a request to be rung back.

mod device;
mod hang_up;
mod keyed;
mod people;
mod questions;
mod recordings;
pub(super) mod stands;
mod tasks;
mod ticket;
mod waiting;

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::callback::CallbackReason;
use crate::domain::category::CategoryCode;
use crate::domain::ids::{RecordingId, TicketId, VolunteerId};
use crate::domain::station::Front;
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::ivr::context::{CallerLine, IncomingCall, OpenTicket};
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::{Fact, KeyedNumber, Place, RecordingStop, TaskId, WalkAction, WalkEvent, WhyPerson};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// A caller's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Incoming {
    call: IncomingCall,
    step: Step,
    draft: Draft,
    /// Nothing of this call may be kept as sound.
    recording_refused: bool,
    /// The number of a withheld line was asked for, whether or not it was keyed.
    number_asked: bool,
    /// The caller heard how a ticket of theirs stands.
    state_heard: bool,
    /// The caller heard that another call of their number waits.
    told_they_wait: bool,
    /// Wrong pairs of volunteer number and code.
    wrong_tasks: u8,
    /// What a one-key device's call is registered as when nobody comes.
    alarm: Option<CategoryCode>,
    /// We ring back because of an emergency: no menu follows.
    emergency_back: bool,
}

/// What the caller has told us so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Draft {
    category: Option<CategoryCode>,
    needs_address: bool,
    place: Option<Place>,
    /// "After the tone say who, where and what" was said.
    words_asked: bool,
    words: Option<RecordingId>,
    survey_consent: Option<bool>,
    for_someone_else: bool,
    /// What the key of a one-key device asked for.
    urgency: Option<Urgency>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Step {
    /// A question was asked; `misses` counts silences and keys that were no choice.
    Asking {
        question: Question,
        misses: u8,
    },
    /// A one-key device rings: its key is waited for.
    Device,
    /// A withheld caller keys the number to ring back.
    KeyingNumber {
        digits: KeyedNumber,
        misses: u8,
        then: AfterNumber,
    },
    /// The desk looks whether the keyed number can be rung.
    CheckingNumber {
        misses: u8,
        then: AfterNumber,
    },
    KeyingBadge {
        digits: String,
    },
    KeyingCode {
        badge: VolunteerId,
        digits: String,
    },
    /// The desk looks for the task of a number and a code.
    FindingTask,
    /// Being told what to say after the tone.
    Instructing {
        wanted: Wanted,
    },
    Recording {
        wanted: Wanted,
    },
    Ringing {
        why: WhyPerson,
        until: Timestamp,
    },
    /// Everybody is busy: music, and where the caller stands.
    Waiting {
        why: WhyPerson,
        place: u16,
        minutes: u16,
        /// They have heard it once.
        said: bool,
    },
    RingingEmergency {
        until: Timestamp,
    },
    /// The desk writes the ticket down.
    Committing {
        emergency: bool,
    },
    ReadingNumber {
        number: TicketNumber,
        by_text: bool,
        repeats: u8,
    },
    Withdrawing,
    /// The desk takes note of a volunteer's choice.
    AnsweringTask {
        task: TaskId,
    },
    RingingResident {
        until: Timestamp,
    },
    /// The last words are being said.
    Leaving,
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
enum Question {
    /// A volunteer rings: about a task, or for help?
    TaskOrOwnHelp,
    /// One task: what about it? `five` when the first of the two fives was pressed.
    Task {
        index: usize,
        five: bool,
    },
    /// How the caller's ticket stands: what about it?
    OpenTicket {
        index: usize,
    },
    SureToWithdraw {
        ticket: TicketId,
    },
    /// The first menu; greeted when it is the first thing the caller hears.
    Main {
        greet: bool,
    },
    Group {
        key: u8,
    },
    RegisteredHome,
    /// Streets of a district or committees of a street, a page at a time.
    Places {
        within: AreaCode,
        page: usize,
    },
    SurveyConsent,
}

/// What is recorded, and so what happens with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wanted", rename_all = "snake_case")]
enum Wanted {
    /// Who, where and what; `again` when nothing was heard the first time.
    Description {
        again: bool,
    },
    Emergency,
    /// More about an open ticket.
    Message {
        ticket: TicketId,
    },
    Callback {
        reason: CallbackReason,
    },
}

/// What a withheld caller's number was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "then", rename_all = "snake_case")]
enum AfterNumber {
    Ticket,
    Callback {
        reason: CallbackReason,
    },
    /// The emergency is registered; nobody could ring back.
    Emergency,
}

impl Incoming {
    pub(super) fn start(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        if call.device.is_some() {
            return Self::start_device(call, turn);
        }
        let mut walk = Self::new(call);
        if walk.call.front == Front::Person {
            let greeting = turn.sentence().clip(turn.menu.greeting.clone());
            let greeting = greeting.clip(turn.menu.recording_notice.clone()).phrase(Phrase::Connecting);
            walk.ring_person(WhyPerson::Front, greeting, turn);
        } else if walk.call.tasks.is_empty() {
            walk.own_help(true, turn);
        } else {
            walk.ask(Question::TaskOrOwnHelp, turn);
        }
        walk
    }

    /// An operator leads them on: they talked with a person, and want one.
    pub(super) fn start_transferred(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut walk = Self::new(call);
        walk.person(WhyPerson::Asked, turn);
        walk
    }

    /// They want a person, and have not heard yet that calls are recorded.
    pub(super) fn start_person(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut walk = Self::new(call);
        let notice = turn.sentence().clip(turn.menu.recording_notice.clone());
        walk.ring_person(WhyPerson::Asked, notice.phrase(Phrase::Connecting), turn);
        walk
    }

    /// We ring back: a person first, the menu when nobody is free.
    pub(super) fn start_ringing_back(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut walk = Self::new(call);
        let greeting = turn.phrase(Phrase::CallbackIntro).clip(turn.menu.recording_notice.clone());
        walk.ring_person(WhyPerson::Front, greeting.phrase(Phrase::Connecting), turn);
        walk
    }

    /// We ring back somebody with an emergency: everybody is rung for them, as when they rang.
    pub(super) fn start_emergency_back(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut walk = Self::new(call);
        walk.emergency_back = true;
        walk.ring_emergency(turn.phrase(Phrase::EmergencyBack), turn);
        walk
    }

    /// The desk forgot the walk of an emergency that is still on the line: everybody is rung anew.
    pub(super) fn start_emergency_again(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut walk = Self::new(call);
        walk.emergency(turn);
        walk
    }

    /// Every line is taken: the caller hears it and is owed a call.
    pub(super) fn start_full(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut walk = Self::new(call);
        let words = match walk.call.line {
            CallerLine::Known => Phrase::LineFull,
            CallerLine::Withheld => Phrase::LineFullAnonymous,
        };
        walk.request_callback(CallbackReason::NobodyFree, None, false, turn);
        walk.leave(turn.phrase(words), turn);
        walk
    }

    /// The line stops: whoever is on it hears so, and that they are rung back.
    pub(super) fn start_stopping(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut walk = Self::new(call);
        let words = match walk.call.line {
            CallerLine::Known => Phrase::LineStops,
            CallerLine::Withheld => Phrase::LineStopsAnonymous,
        };
        walk.leave(turn.phrase(words), turn);
        walk
    }

    /// Repeated abuse: nobody is rung, a message is taken, and an emergency is an emergency (SAF-9).
    pub(super) fn start_limited(call: IncomingCall, turn: &mut Turn<'_>) -> Self {
        let mut walk = Self::new(call);
        let greeting = turn.sentence().clip(turn.menu.greeting.clone()).choice(Phrase::LabelEmergency, '9');
        walk.instruct(greeting, Wanted::Callback { reason: CallbackReason::Requested }, turn);
        walk
    }

    fn new(call: IncomingCall) -> Self {
        Self {
            call,
            step: Step::Leaving,
            draft: Draft::default(),
            recording_refused: false,
            number_asked: false,
            state_heard: false,
            told_they_wait: false,
            alarm: None,
            wrong_tasks: 0,
            emergency_back: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    pub(super) fn is_asking(&self) -> bool {
        matches!(self.step, Step::Asking { .. })
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        match event {
            WalkEvent::HungUp { recording } => self.hung_up(*recording, turn),
            WalkEvent::Fact { fact } => self.told(fact, turn),
            WalkEvent::RecordingEnded { recording, length, why } => {
                self.recording_ended(*recording, *length, *why, turn);
            }
            WalkEvent::Key { .. } | WalkEvent::PromptEnded { .. } | WalkEvent::Timeout => {
                self.heard(heard, turn);
            }
        }
    }

    fn heard(&mut self, heard: Heard, turn: &mut Turn<'_>) {
        if heard == Heard::Nothing {
            return;
        }
        match self.step.clone() {
            Step::Asking { question, misses } => self.answered(question, misses, heard, turn),
            Step::Device => self.while_device(heard, turn),
            Step::KeyingNumber { digits, misses, then } => {
                self.number_keyed(digits, misses, then, heard, turn);
            }
            Step::CheckingNumber { misses, then } => self.while_checking_number(misses, then, heard, turn),
            Step::KeyingBadge { digits } => self.badge_keyed(digits, heard, turn),
            Step::KeyingCode { badge, digits } => self.code_keyed(badge, digits, heard, turn),
            Step::Instructing { wanted } => self.instructed(wanted, heard, turn),
            Step::Recording { wanted } => self.while_recording(wanted, heard, turn),
            Step::Ringing { why, until } => self.while_ringing(why, until, heard, turn),
            Step::Waiting { why, said, .. } => self.while_waiting(why, said, heard, turn),
            Step::RingingEmergency { until } => self.while_ringing_emergency(until, heard, turn),
            Step::Committing { emergency } => self.while_committing(emergency, heard, turn),
            Step::ReadingNumber { number, by_text, repeats } => {
                self.while_reading(number, by_text, repeats, heard, turn);
            }
            Step::FindingTask | Step::AnsweringTask { .. } | Step::Withdrawing => {
                self.while_desk_answers(heard, turn);
            }
            Step::RingingResident { until } => self.while_ringing_resident(until, heard, turn),
            Step::Leaving => self.while_leaving(heard, turn),
            Step::Over => {}
        }
    }

    /// A fact counts for the step that waits for it; any other comes too late.
    fn told(&mut self, fact: &Fact, turn: &mut Turn<'_>) {
        match (fact, self.step.clone()) {
            (Fact::Register { register }, _) => self.call.register = *register,
            (Fact::NumberTaken { taken }, Step::CheckingNumber { misses, then }) => {
                self.number_checked(*taken, misses, then, turn);
            }
            (Fact::TicketCommitted { number, by_text }, Step::Committing { emergency }) => {
                self.committed(*number, *by_text, emergency, turn);
            }
            (Fact::NotCommitted, Step::Committing { emergency }) => self.not_committed(emergency, turn),
            (
                Fact::PersonAnswered,
                Step::Ringing { .. }
                | Step::Waiting { .. }
                | Step::RingingEmergency { .. }
                | Step::RingingResident { .. },
            ) => self.joined(turn),
            // Somebody came after all, later than we waited.
            (
                Fact::PersonAnswered,
                Step::Instructing { .. }
                | Step::KeyingNumber { then: AfterNumber::Callback { .. }, .. }
                | Step::CheckingNumber { then: AfterNumber::Callback { .. }, .. },
            ) => self.joined(turn),
            (Fact::PersonAnswered, Step::Recording { .. }) => {
                turn.act(WalkAction::StopRecording);
                self.joined(turn);
            }
            (Fact::NobodyAnswered, Step::Ringing { why, .. }) => self.nobody_came(why, turn),
            (Fact::AlreadyWaiting, Step::Ringing { .. }) => self.waits_already(turn),
            (Fact::NobodyAnswered, Step::Waiting { why, .. }) => self.nobody(why, turn),
            (Fact::Waiting { place, minutes }, Step::Ringing { why, .. } | Step::Waiting { why, .. }) => {
                self.told_to_wait(why, *place, *minutes, turn);
            }
            (Fact::NobodyAnswered, Step::RingingEmergency { .. }) => self.nobody_for_emergency(turn),
            (Fact::NobodyAnswered, Step::RingingResident { .. }) => self.resident_not_reached(turn),
            (Fact::Withdrawal { done }, Step::Withdrawing) => self.withdrawal(*done, turn),
            (Fact::TaskFound { task }, Step::FindingTask) => self.task_found(task.clone(), turn),
            (Fact::TaskAnswer { answer }, Step::AnsweringTask { .. }) => self.task_answer(*answer, turn),
            (
                Fact::NumberTaken { .. }
                | Fact::TicketCommitted { .. }
                | Fact::NotCommitted
                | Fact::PersonAnswered
                | Fact::NobodyAnswered
                | Fact::Waiting { .. }
                | Fact::AlreadyWaiting
                | Fact::BringInFailed
                | Fact::Withdrawal { .. }
                | Fact::TaskFound { .. }
                | Fact::TaskAnswer { .. },
                _,
            ) => {}
        }
    }

    /// The way in for somebody who wants help: first how their open tickets stand, if any may be told.
    fn own_help(&mut self, greet: bool, turn: &mut Turn<'_>) {
        if self.spoken_tickets().next().is_some() {
            self.ask(Question::OpenTicket { index: 0 }, turn);
        } else {
            self.ask(Question::Main { greet }, turn);
        }
    }

    fn spoken_tickets(&self) -> impl Iterator<Item = &OpenTicket> {
        self.call.open.iter().filter(|ticket| ticket.may_be_spoken())
    }

    /// Says last words and hangs up after them.
    fn leave(&mut self, words: Sentence, turn: &mut Turn<'_>) {
        turn.say(words.phrase(Phrase::Goodbye));
        self.step = Step::Leaving;
    }

    fn while_leaving(&mut self, heard: Heard, turn: &mut Turn<'_>) {
        match heard {
            Heard::PromptOver | Heard::Silence => {
                turn.act(WalkAction::HangUp);
                self.over(turn);
            }
            Heard::Key(_) | Heard::Nothing => {}
        }
    }

    fn over(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting();
        self.step = Step::Over;
    }

    /// A person, or the resident, has the call.
    fn joined(&mut self, turn: &mut Turn<'_>) {
        turn.act(WalkAction::StopSaying);
        self.over(turn);
    }
}

impl Draft {
    /// Whether somebody can begin with it: what, and where or at least who to ask.
    fn is_enough(&self) -> bool {
        let Some(place) = &self.place else { return false };
        self.category.is_some() && (*place != Place::Described || self.words.is_some())
    }
}

/// Whether anything was said in it.
fn has_words(length: std::time::Duration, why: RecordingStop, silence: std::time::Duration) -> bool {
    /// Shorter is a click or a breath.
    const SHORTEST: std::time::Duration = std::time::Duration::from_secs(1);
    match why {
        RecordingStop::Key | RecordingStop::Limit => length >= SHORTEST,
        RecordingStop::Silence => length.saturating_sub(silence) >= SHORTEST,
        RecordingStop::Failed => false,
    }
}
