//! What a walk hears and what it asks for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::call::Disposition;
use crate::domain::callback::CallbackReason;
use crate::domain::care::CareAnswer;
use crate::domain::category::CategoryCode;
use crate::domain::ids::{AssignmentId, OfferId, RecordingId, TaskNoticeId, TicketId, VolunteerId};
use crate::domain::language::Language;
use crate::domain::names::named_enum;
use crate::domain::offer::ReplyCode;
use crate::domain::recording::RecordingPurpose;
use crate::domain::survey::{Resolved, Satisfaction};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::urgency::Urgency;
use crate::ivr::context::{Register, VolunteerTask};
use crate::prompts::phrase::Phrase;
use crate::prompts::sentence::Sentence;

/// A key of a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct Key(char);

/// What is no key: anything but 0 to 9, * and #.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a telephone has the keys 0 to 9, * and #")]
pub struct KeyError;

impl Key {
    pub const STAR: Self = Self('*');
    pub const HASH: Self = Self('#');

    /// # Errors
    /// When a telephone has no such key.
    pub fn parse(key: char) -> Result<Self, KeyError> {
        if key.is_ascii_digit() || key == '*' || key == '#' { Ok(Self(key)) } else { Err(KeyError) }
    }

    pub fn as_char(self) -> char {
        self.0
    }

    /// The digit, for keys that have one.
    pub fn digit(self) -> Option<u8> {
        self.0.to_digit(10).and_then(|digit| u8::try_from(digit).ok())
    }
}

impl TryFrom<char> for Key {
    type Error = KeyError;
    fn try_from(key: char) -> Result<Self, KeyError> {
        Self::parse(key)
    }
}

impl From<Key> for char {
    fn from(key: Key) -> Self {
        key.0
    }
}

/// Numbers the prompts of one walk, so that the end of a replaced one is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromptId(pub u32);

/// Something that happens to a walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum WalkEvent {
    Key {
        key: Key,
    },
    /// A prompt was heard to its end.
    PromptEnded {
        prompt: PromptId,
    },
    /// The deadline has come.
    Timeout,
    RecordingEnded {
        recording: RecordingId,
        length: Duration,
        why: RecordingStop,
    },
    Fact {
        fact: Fact,
    },
    /// The other end is gone; `recording` is what was being recorded, if anything was.
    HungUp {
        recording: Option<RecordingId>,
    },
}

named_enum! {
    /// What ended a recording.
    pub enum RecordingStop {
        /// We stopped it, at a key.
        Key = "key",
        Silence = "silence",
        Limit = "limit",
        /// Nothing was kept.
        Failed = "failed",
    }
}

/// What the desk tells a walk, mostly answers to its actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// Whether the keyed number is one that can be rung.
    NumberTaken {
        taken: bool,
    },
    /// The ticket is in the store; `by_text` when its number also goes out as a text.
    TicketCommitted {
        number: TicketNumber,
        by_text: bool,
    },
    /// The store could not take it.
    NotCommitted,
    /// Somebody took the call and is joined to it.
    PersonAnswered,
    /// The ambulance could not be brought in.
    BringInFailed,
    /// Everybody was rung who could be; nobody came.
    NobodyAnswered,
    /// Another call of their number waits for a person: they keep that place.
    AlreadyWaiting,
    /// Everybody is busy: where the caller stands in the line, and how long it may take.
    Waiting {
        place: u16,
        minutes: u16,
    },
    /// What the register says of the number, when that came later than the call.
    Register {
        register: Register,
    },
    /// Whether the ticket could be withdrawn.
    Withdrawal {
        done: bool,
    },
    /// The task of the volunteer who keyed number and code; none when they do not fit.
    TaskFound {
        task: Option<VolunteerTask>,
    },
    TaskAnswer {
        answer: TaskAnswer,
    },
}

named_enum! {
    /// What came of a volunteer's choice.
    pub enum TaskAnswer {
        Accepted = "accepted",
        Declined = "declined",
        Finished = "finished",
        /// Accepted on a telephone that takes no texts: the details come by a call.
        AcceptedCall = "accepted_call",
        /// A station took it, at a telephone that takes no texts.
        Taken = "taken",
        /// Their partner cannot come: nobody goes alone (SAF-4).
        Alone = "alone",
        /// Taken note of.
        Noted = "noted",
        /// A visitor needs help: people were alarmed.
        HelpComing = "help_coming",
        /// Somebody else was quicker.
        TooLate = "too_late",
        /// It is no longer there.
        Gone = "gone",
    }
}

impl TaskAnswer {
    /// What the helper hears of it.
    pub(super) fn phrase(self) -> Phrase {
        match self {
            Self::Accepted => Phrase::TaskAccepted,
            Self::Declined => Phrase::TaskDeclined,
            Self::Finished => Phrase::TaskFinished,
            Self::AcceptedCall => Phrase::TaskAcceptedCall,
            Self::Taken => Phrase::DutyTaken,
            Self::Alone => Phrase::PartnerMissingCall,
            Self::Noted => Phrase::NotedThanks,
            Self::HelpComing => Phrase::HelpIsComing,
            Self::TooLate => Phrase::TaskTooLate,
            Self::Gone => Phrase::TaskGone,
        }
    }
}

/// Something to do for the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum WalkAction {
    /// Says it in place of whatever is being said. `repeat`: from the start again and again (music).
    Say {
        prompt: PromptId,
        sentence: Sentence,
        repeat: bool,
    },
    StopSaying,
    /// Records the caller until stopped, silent for `silence`, or `limit` long.
    Record {
        purpose: RecordingPurpose,
        limit: Duration,
        silence: Duration,
    },
    StopRecording,
    /// Rings a person and joins them to the call; answered by a fact.
    RingPerson {
        why: WhyPerson,
    },
    /// Rings everybody who may answer an emergency, all at once; answered by a fact.
    RingEmergency,
    /// The caller does not want to be recorded: keep nothing of this call's sound.
    DoNotRecord,
    /// The caller keyed the number they can be rung back at; answered by a fact.
    CallerNumber {
        number: KeyedNumber,
    },
    /// Finds a volunteer's task; answered by a fact.
    FindTask {
        badge: VolunteerId,
        code: ReplyCode,
    },
    /// Joins the volunteer to the resident, neither number shown; answered by a fact.
    RingResident {
        task: TaskId,
    },
    /// The caller goes on in this language.
    Language {
        language: Language,
    },
    Outcome {
        outcome: Outcome,
    },
    HangUp,
}

named_enum! {
    /// Why a person is wanted.
    pub enum WhyPerson {
        /// Every call of this station is answered by a person.
        Front = "front",
        /// The caller pressed 0.
        Asked = "asked",
        /// Twice nothing, or nothing that was a choice.
        GaveUp = "gave_up",
        /// Does not want to be recorded, and what is next could only be recorded.
        NotRecorded = "not_recorded",
        /// Wants something that keys cannot do.
        NotByKey = "not_by_key",
    }
}

/// What a call came to. Most walks end with one; some have one on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Answered by [`Fact::TicketCommitted`] or [`Fact::NotCommitted`].
    OpenTicket {
        ticket: NewTicket,
    },
    AddMessage {
        ticket: TicketId,
        recording: RecordingId,
    },
    /// Answered by [`Fact::Withdrawal`].
    Withdraw {
        ticket: TicketId,
    },
    RequestCallback {
        reason: CallbackReason,
        recording: Option<RecordingId>,
        category: Option<CategoryCode>,
        /// Ring back at once.
        urgent: bool,
    },
    /// Answered by [`Fact::TaskAnswer`].
    Task {
        task: TaskId,
        choice: TaskChoice,
    },
    /// What the resident said of the help; only what was said is there.
    Survey {
        resolved: Option<Resolved>,
        satisfaction: Option<Satisfaction>,
        comment: Option<RecordingId>,
    },
    /// The test key of a one-key device was pressed.
    DeviceTested,
    /// Somebody heard the whole message of a call that tells who comes.
    Told,
    /// The duty officer pressed 1.
    AlarmTaken,
    /// What somebody keyed whose care call it is. Who is well has done; the others go on as callers.
    Care {
        answer: CareAnswer,
    },
    /// A contact looks after who did not answer.
    CareTaken,
    /// Somebody who was rung for an emergency pressed 1: they want the caller.
    EmergencyTaken,
    /// Whoever took the emergency wants the ambulance on the line; only a failure is answered, by a fact.
    BringIn,
    /// A call that we made came to nothing.
    NotReached {
        why: NotReached,
    },
    Disposition {
        disposition: Disposition,
    },
}

named_enum! {
    /// Why a call that we made came to nothing although somebody, or something, answered.
    pub enum NotReached {
        WrongNumber = "wrong_number",
        /// Not the person who was helped.
        AnotherPerson = "another_person",
        /// No key was pressed: perhaps a machine.
        Silence = "silence",
        /// Hung up before an answer.
        HungUp = "hung_up",
        /// A contact cannot look after them.
        Declined = "declined",
    }
}

/// The ticket a caller asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTicket {
    pub category: CategoryCode,
    pub place: Place,
    /// Who, where and what, in the caller's words.
    pub recording: Option<RecordingId>,
    /// "May our automatic call ask you afterwards?"
    pub survey_consent: bool,
    pub language: Language,
    /// The caller is the one who needs help, as far as keys tell.
    pub for_self: bool,
    /// It is at least as urgent as this, whatever the category says.
    pub urgency: Option<Urgency>,
}

/// Where help is needed, as far as keys tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Place {
    /// The one home the register has for the caller's number.
    RegisteredHome,
    /// The committee whose number was dialled.
    DialledCommittee,
    ChosenCommittee {
        area: AreaCode,
    },
    /// Told in the recording, or nowhere.
    Described,
    /// An emergency waits for no question: what is known of the number has to do.
    NotAsked,
}

named_enum! {
    /// What a volunteer wants of a task.
    pub enum TaskChoice {
        Accept = "accept",
        Decline = "decline",
        Done = "done",
        /// Comes to a booked visit, as said.
        Confirm = "confirm",
        Arrived = "arrived",
        Late = "late",
        /// At the door for long, and well.
        Well = "well",
        /// At the door, and in need of help.
        Help = "help",
    }
}

/// What a volunteer, or a duty telephone, rings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "task", content = "id", rename_all = "snake_case")]
pub enum TaskId {
    Offer(OfferId),
    Assignment(AssignmentId),
    /// Of a station or an institution.
    Task(TaskNoticeId),
}

/// A telephone number as it was keyed. It never shows itself in a log.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyedNumber(String);

impl KeyedNumber {
    pub fn new(digits: String) -> Self {
        Self(digits)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many digits were keyed.
    pub fn digits(&self) -> usize {
        self.0.len()
    }

    /// Adds a digit; * and # are none.
    pub(super) fn push(&mut self, key: Key) {
        if key.digit().is_some() {
            self.0.push(key.as_char());
        }
    }
}

impl std::fmt::Debug for KeyedNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyedNumber({} digits)", self.0.len())
    }
}
