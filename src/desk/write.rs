//! What a step writes. Rows are whole: the store puts each in place of the row with its id.

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use crate::domain::actor::Actor;
use crate::domain::assignment::Assignment;
use crate::domain::call::{Call, CallAttempt, Disposition};
use crate::domain::callback::CallbackRequest;
use crate::domain::care::CareCall;
use crate::domain::ids::{
    CallId, JurisdictionId, MessageId, PersonId, RecordingId, StationId, TicketId, VolunteerId,
};
use crate::domain::inbox::InboxText;
use crate::domain::message::{InboundText, OutgoingText, TextReport};
use crate::domain::number_mark::NumberMark;
use crate::domain::offer::Offer;
use crate::domain::operator::OperatorStanding;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::QueueEntry;
use crate::domain::recording::Recording;
use crate::domain::survey::Survey;
use crate::domain::task_notice::TaskNotice;
use crate::domain::ticket::Ticket;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::DutyState;
use crate::domain::volunteer::OfferAnswer;
use crate::domain::work_item::WorkItem;

/// What one event led to: rows to commit, then things to do, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Step {
    pub writes: Vec<Write>,
    pub effects: Vec<Effect>,
}

/// One row to put, or one line to append.
///
/// Ending rows are written before starting ones: the order is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "write", rename_all = "snake_case")]
pub enum Write {
    Call(Call),
    Attempt(CallAttempt),
    Ticket(Box<Ticket>),
    WorkItem(WorkItem),
    Offer(Offer),
    TaskNotice(TaskNotice),
    Assignment(Assignment),
    Callback(CallbackRequest),
    /// One day's call of a care plan.
    Care(CareCall),
    /// A caller's place among those who wait for a person.
    Queue(QueueEntry),
    /// The test key of a one-key device was pressed.
    DeviceTested {
        number: PhoneNumber,
        at: Timestamp,
    },
    /// What an operator is doing.
    Operator(OperatorStanding),
    /// What a call came to, said when it was over.
    CallDisposed {
        call: CallId,
        disposition: Disposition,
    },
    /// A text that waits for a person, or did.
    Inbox(InboxText),
    /// A volunteer whom a resident does not want, and since when; none takes it back.
    Excluded {
        person: PersonId,
        volunteer: VolunteerId,
        since: Option<Timestamp>,
    },
    /// What is noted of a number; without any mark the row goes.
    Mark(NumberMark),
    Survey(Survey),
    Recording(Recording),
    /// What is kept of it is not the whole.
    RecordingCut(RecordingId),
    /// An outbox row.
    Text(OutgoingText),
    /// Takes back a text that has not left; one that has is left alone.
    CancelText(MessageId),
    TextReported(TextReport),
    /// The desk is done with this inbound text.
    TextHandled(InboundText),
    /// What changes of a volunteer by the desk's own doing.
    Duty(VolunteerStanding),
    /// The highest ticket number given at a station on a day.
    Sequence {
        station: StationId,
        day: u32,
        last: u16,
    },
    /// One line of history.
    Event(EventDraft),
}

/// The part of a volunteer's row that the desk owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolunteerStanding {
    pub volunteer: VolunteerId,
    pub duty: DutyState,
    pub opted_out: bool,
    pub last_assigned_at: Option<Timestamp>,
    pub resting_until: Option<Timestamp>,
    /// The last twenty offers, oldest first: accepted or not.
    pub answers: Vec<OfferAnswer>,
    /// What residents said of them, in thousandths; none without data.
    #[serde(default)]
    pub rating: Option<u16>,
}

/// One line of history. Opaque ids are chained for ever; `detail` is erasable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventDraft {
    pub at: Timestamp,
    pub jurisdiction: JurisdictionId,
    pub actor: Actor,
    /// What it is about, as `offer:<id>`: opaque.
    pub entity: String,
    /// The ticket whose timeline shows it.
    pub ticket: Option<TicketId>,
    /// A stable name: `ticket.opened`, `offer.accepted`.
    pub kind: String,
    /// Whose data `detail` is: erasing the person erases it.
    pub subject: Option<PersonId>,
    /// What a person may read: from, to, words, names, numbers. A JSON object.
    pub detail: serde_json::Value,
}
