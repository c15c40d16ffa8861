//! What a person at a console or the command line may ask of the desk.

use serde::{Deserialize, Serialize};

use super::candidates::Candidates;
use super::refusal::Refusal;
use crate::domain::area::AreaCode;
use crate::domain::assignment::Assignment;
use crate::domain::call::Disposition;
use crate::domain::category::CategoryCode;
use crate::domain::ids::{
    CallId, CallbackId, FacilityId, MessageId, PersonId, StationId, TicketId, UserId, VolunteerId, WorkItemId,
};
use crate::domain::names::named_enum;
use crate::domain::offer::Offer;
use crate::domain::person::{Gender, KnownPerson};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::survey::{Resolved, Satisfaction};
use crate::domain::ticket::{ClosureCode, Referral, ReturnReason, SuspendReason, Ticket, VoidReason, Window};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::DutyState;
use crate::domain::work_item::WorkItem;

/// A request. Those on a ticket carry the version the asker saw: a stale one is refused, not merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    Ticket {
        ticket: TicketId,
        version: u32,
        what: TicketCommand,
    },
    /// An operator opens a ticket by hand.
    Open(Box<Intake>),
    Callback {
        callback: CallbackId,
        what: CallbackCommand,
    },
    /// What a person does with a text that waits in a station's inbox.
    Inbox {
        text: MessageId,
        what: InboxCommand,
    },
    /// What people note of a telephone number, for a station of theirs.
    Number {
        number: PhoneNumber,
        station: StationId,
        what: NumberCommand,
    },
    /// A volunteer's duty, set by staff.
    Duty {
        volunteer: VolunteerId,
        duty: DutyState,
    },
    /// A helper saw something sad (a death, violence): they rest, and the coordinator rings them.
    SadEvent {
        volunteer: VolunteerId,
        note: String,
    },
    /// What an operator says of themselves, or a supervisor of one of theirs.
    Operator {
        /// Whose; the asker's own when not said.
        #[serde(default)]
        whose: Option<UserId>,
        what: OperatorCommand,
    },
    /// An operator does something with the call they talk in, or a supervisor attends it.
    Call {
        call: CallId,
        what: CallCommand,
    },
    /// Who may be asked for a ticket's work, who may not and why; changes nothing.
    Candidates {
        ticket: TicketId,
        /// Volunteers to say something of in any case, at most forty.
        about: Vec<VolunteerId>,
    },
    /// Follow a clock that jumped.
    ConfirmClock,
}

impl Command {
    /// What was filled in, where it is that kind of request: `service` attaches what the register knows.
    pub fn intake_mut(&mut self) -> Option<&mut Intake> {
        match self {
            Self::Open(intake)
            | Self::Ticket {
                what: TicketCommand::Complete(intake) | TicketCommand::Dispatch(intake), ..
            }
            | Self::Callback { what: CallbackCommand::OpenTicket(intake), .. }
            | Self::Inbox { what: InboxCommand::OpenTicket(intake), .. } => Some(intake),
            Self::Ticket { .. }
            | Self::Callback { .. }
            | Self::Inbox { .. }
            | Self::Number { .. }
            | Self::Duty { .. }
            | Self::SadEvent { .. }
            | Self::Operator { .. }
            | Self::Call { .. }
            | Self::Candidates { .. }
            | Self::ConfirmClock => None,
        }
    }
}

/// What operators say of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum OperatorCommand {
    /// At work, and may be rung.
    Ready,
    /// At work, and not to be rung.
    Away,
    SignOff,
    /// The last call is written up, with what it came to when no ticket says so.
    WrapUp {
        #[serde(default)]
        disposition: Option<Disposition>,
    },
}

/// What is done with a call in progress; the call is the resident's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum CallCommand {
    /// The caller hears music, or is back.
    Hold { on: bool },
    /// The operator is not heard.
    Mute { on: bool },
    /// The caller is led on to an extension or a number; where nobody answers they are back in their place.
    Transfer { to: String },
    /// Somebody more on the line: an extension, a number, 110, 119, 120.
    BringIn {
        to: String,
        /// They are asked first: the caller hears music until the operator takes them back, or leaves the two.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        aside: bool,
    },
    /// The asker's own telephone; whoever else is on the line goes on.
    HangUp,
    /// A supervisor hears the talk.
    Listen,
    /// And is heard by the operator alone.
    Whisper,
    /// And by all.
    Barge,
}

/// What an operator fills in: for a ticket in `intake`, or a new one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Intake {
    pub station: Option<StationId>,
    pub caller: Option<PhoneNumber>,
    /// The operator has spoken with them at this number.
    #[serde(default)]
    pub caller_confirmed: bool,
    pub beneficiary: Option<PersonId>,
    /// What the register knows of the beneficiary: attached by `service`, never sent by a screen.
    pub known: Option<Box<KnownPerson>>,
    pub category: Option<CategoryCode>,
    pub urgency: Option<Urgency>,
    pub area: Option<AreaCode>,
    pub address: Option<String>,
    pub description: Option<String>,
    pub window: Option<Window>,
    pub survey_consent: Option<bool>,
    pub confidential: bool,
    /// A child's answers to the three risk questions (SAF-1).
    #[serde(default)]
    pub risk: Option<[bool; 3]>,
    /// Whether the child's guardian will be there (SAF-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardian: Option<bool>,
    /// By whom the beneficiary wants to be helped.
    #[serde(default)]
    pub gender_wish: Option<Gender>,
    /// Somebody dangerous is near the caller's telephone (SAF-8).
    #[serde(default)]
    pub danger_near: bool,
    /// When it may be rung and texted all the same.
    #[serde(default)]
    pub safe: Option<Window>,
    /// The earlier ticket of the same matter, which cannot be reopened any more.
    #[serde(default)]
    pub linked_to: Option<TicketId>,
}

/// Moves and notes on one ticket (DOMAIN §3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum TicketCommand {
    /// Fills in what intake lacks; nothing is sent yet.
    Complete(Box<Intake>),
    /// intake → pending_dispatch, with what was filled in.
    Dispatch(Box<Intake>),
    /// intake → closed(explained).
    Explain {
        answer: String,
    },
    Note {
        text: String,
    },
    /// Overrides the engine: this volunteer, with a reason.
    AssignVolunteer {
        volunteer: VolunteerId,
        reason: String,
    },
    /// To a station's staff.
    AssignStation {
        station: StationId,
        reason: String,
    },
    /// To an institution, whatever the ladder would do.
    AssignInstitution {
        facility: FacilityId,
        reason: String,
    },
    /// A member of staff takes it: dispatched → in_progress.
    Accept,
    /// The same where two have to go: who the second is.
    AcceptTwo {
        second: String,
    },
    /// Whoever a station or an institution sent is there.
    Arrived,
    /// And will be later than was said.
    Late,
    /// And is well, though the time is over (SAF-5).
    Well,
    /// dispatched → pending_dispatch.
    Return {
        reason: ReturnReason,
        evidence: String,
    },
    /// in_progress → pending_dispatch: the handler gives up.
    Abort {
        reason: String,
    },
    /// offering → pending_dispatch.
    RecallOffers {
        reason: String,
    },
    Reassign {
        station: StationId,
        reason: String,
    },
    /// Another station helps (协办): what is asked of it, and why.
    AddCoHandler {
        station: StationId,
        asked: String,
        reason: String,
    },
    /// Its part is taken off again.
    RemoveCoHandler {
        station: StationId,
        reason: String,
    },
    Suspend {
        reason: SuspendReason,
        resume_at: Timestamp,
    },
    Resume,
    /// in_progress → handled.
    Handled {
        outcome: String,
    },
    /// Somebody has spoken with the caller at a number that was only claimed.
    ConfirmCaller,
    /// The resident does not want this volunteer again (`excluded`), or no longer minds.
    Exclude {
        volunteer: VolunteerId,
        excluded: bool,
        reason: String,
    },
    /// SAF-2: under which number the police have it.
    PoliceReport {
        reference: String,
    },
    /// handled → closed by a call-back officer who did not handle it.
    Close {
        code: ClosureCode,
        words: String,
        satisfaction: Option<Satisfaction>,
        #[serde(default)]
        proof: Proof,
    },
    /// handled → pending_dispatch.
    Redo {
        reason: String,
    },
    /// The resident's answers, taken by an officer on the telephone.
    SurveyAnswers {
        resolved: Resolved,
        satisfaction: Option<Satisfaction>,
        words: String,
        /// What follows from "partly"; nothing else asks for it.
        #[serde(default)]
        after_partly: Option<AfterPartly>,
    },
    Reopen {
        reason: String,
        /// Of a ticket that the desk has forgotten: attached by `service`, never sent by a screen.
        #[serde(default)]
        past: Option<Box<PastCase>>,
    },
    ProposeVoid {
        reason: VoidReason,
        note: String,
    },
    ConfirmVoid,
    Merge {
        into: TicketNumber,
    },
    Unmerge,
    Withdraw {
        words: String,
    },
    Supervise {
        level: u8,
        note: String,
    },
    ChangeUrgency {
        urgency: Urgency,
        reason: String,
    },
    ChangeCategory {
        category: CategoryCode,
        reason: String,
    },
    /// The time that was agreed is another.
    ChangeWindow {
        window: Window,
        reason: String,
    },
    /// Removes one work item's open offers and asks for staff.
    ToStaff {
        work_item: Option<WorkItemId>,
        reason: String,
    },
}

/// A closed ticket with what hangs on it, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastCase {
    pub ticket: Ticket,
    pub work: Vec<WorkItem>,
    pub offers: Vec<Offer>,
    pub assignments: Vec<Assignment>,
    pub beneficiary: Option<KnownPerson>,
}

/// What some closure codes ask for besides words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// Who confirmed that another body has it.
    pub referral: Option<Referral>,
    /// The ticket that a duplicate repeats.
    pub duplicate_of: Option<TicketNumber>,
}

named_enum! {
    /// What an officer makes of "partly resolved".
    pub enum AfterPartly {
        Close = "close",
        Redo = "redo",
    }
}

/// What an operator does with a call-back request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum CallbackCommand {
    /// Takes it off the list for themselves.
    Take,
    /// Rings the number and the operator's telephone, and joins them.
    Dial {
        operator: String,
    },
    Done {
        note: String,
    },
    /// Nobody answered: try again later.
    NotReached,
    Cancel {
        reason: String,
    },
    /// A ticket is opened from it.
    OpenTicket(Box<Intake>),
}

/// What a person does with a text that the line did not understand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum InboxCommand {
    /// A ticket is opened from it.
    OpenTicket(Box<Intake>),
    /// A sentence of the help line's own goes back.
    Send { sentence: Prepared },
    /// Words of the writer's go back, two parts at most.
    Write { words: String },
    /// Read; nothing more is owed.
    Done { note: String },
}

named_enum! {
    /// A text that somebody may send back without writing one.
    pub enum Prepared {
        /// A person rings back: the number is owed a call from then on.
        RingsBack = "person_rings_back",
        /// What a resident may write, and the number to ring.
        HelpResident = "help_resident",
        /// What a volunteer may write.
        HelpVolunteer = "help_volunteer",
    }
}

/// What people note of a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum NumberCommand {
    /// SAF-8: somebody dangerous is near it, or not any more; `safe` is when it may be reached all the same.
    Danger { near: bool, safe: Option<Window>, note: String },
    /// SAF-9: one more abusive call, and what was said to the caller.
    Abuse { note: String },
    /// A supervisor leads its calls to the recorded line for so many hours.
    Limit { hours: u16, note: String },
    /// Nothing is held against it any more.
    Lift { note: String },
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CommandOutcome {
    Done,
    Opened { ticket: TicketId, number: TicketNumber },
    Candidates(Box<Candidates>),
    Refused(Refusal),
}
