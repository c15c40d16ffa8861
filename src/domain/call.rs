//! Calls: what happened on the telephone, and how it ended.

use serde::{Deserialize, Serialize};

use super::ids::{
    AttemptId, CallId, CallbackId, JurisdictionId, PersonId, RecordingId, StationId, TicketId, UserId,
    VolunteerId,
};
use super::language::Language;
use super::names::named_enum;
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;

named_enum! {
    pub enum CallDirection {
        Incoming = "incoming",
        Outgoing = "outgoing",
    }
}

named_enum! {
    /// Whether the number may be believed: only a configured trunk's is.
    pub enum CallerTrust {
        Verified = "verified",
        Unverified = "unverified",
    }
}

named_enum! {
    /// How a call ended for the help line. Every call that reached us has one at its end.
    pub enum CallResult {
        /// A ticket was opened or added to.
        Ticket = "ticket",
        /// A call-back request stands for it.
        Callback = "callback",
        /// Ended in a recorded "no ticket needed".
        Disposition = "disposition",
        /// Shorter than 3 s, counted only.
        Short = "short",
        /// Heard what a number says at which nothing else is done.
        Announcement = "announcement",
        /// Nobody could be rung back: no number.
        LostAnonymous = "lost_anonymous",
        /// Refused at the door: limit, drain or unknown number.
        Refused = "refused",
        /// An outgoing call that was answered and did its work.
        Completed = "completed",
        /// An outgoing call that did not reach anybody.
        NotReached = "not_reached",
    }
}

named_enum! {
    /// A recorded reason for needing no ticket.
    pub enum Disposition {
        /// Told what they wanted to know.
        Answered = "answered",
        /// Heard the state of an open ticket.
        TicketState = "ticket_state",
        /// A volunteer spoke about a task.
        VolunteerTask = "volunteer_task",
        /// Another call of their number waited for a person already.
        AlreadyWaiting = "already_waiting",
        /// A person talked to them and noted none.
        TalkedToPerson = "talked_to_person",
        WrongNumber = "wrong_number",
        Abuse = "abuse",
        Test = "test",
    }
}

impl Disposition {
    /// Whether an operator says it of a call; the line knows the others by itself.
    pub fn is_said_by_people(self) -> bool {
        self != Self::AlreadyWaiting
    }
}

named_enum! {
    /// As what a call of ours is in somebody else's.
    pub enum CallPart {
        /// A telephone that is rung for them, and talks with them.
        Talks = "talks",
        /// Wanted on the line by whoever talks with them.
        BroughtIn = "brought_in",
        /// A supervisor: heard by nobody.
        Listens = "listens",
        /// Heard by the operator alone.
        Whispers = "whispers",
        /// Heard by all.
        Barges = "barges",
    }
}

/// The call in which another has a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joins {
    pub to: CallId,
    pub part: CallPart,
}

/// How a call was heard: of the stream from the other end, as RTCP reckons it (RFC 3550).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallQuality {
    /// Packets that arrived, and that never came.
    pub packets: u32,
    pub lost: u32,
    pub jitter_ms: u32,
    /// There and back, when their reports tell.
    pub round_trip_ms: Option<u32>,
    /// Hundredths of a mean opinion score, 100 to 450, estimated (ITU-T G.107, reduced).
    pub mos_hundredths: u32,
}

/// One telephone call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub id: CallId,
    pub jurisdiction: JurisdictionId,
    pub direction: CallDirection,
    /// The other end's number; withheld or unknown is none.
    pub number: Option<PhoneNumber>,
    pub trust: CallerTrust,
    /// What was dialled, incoming; whom we rang, outgoing.
    pub dialled: String,
    pub station: StationId,
    pub language: Language,
    /// The person the number belongs to, when it is exact.
    pub person: Option<PersonId>,
    pub volunteer: Option<VolunteerId>,
    /// The operator who talked with them, or whose telephone this call rings.
    #[serde(default)]
    pub operator: Option<UserId>,
    #[serde(default)]
    pub joins: Option<Joins>,
    /// The call-back request it is made for.
    #[serde(default)]
    pub owed: Option<CallbackId>,
    /// Whoever talks with them put them on hold.
    #[serde(default)]
    pub held: bool,
    /// Nobody hears them.
    #[serde(default)]
    pub muted: bool,
    /// How their sound arrived, once the call is over.
    #[serde(default)]
    pub quality: Option<CallQuality>,
    /// The outgoing try this call is.
    pub attempt: Option<AttemptId>,
    pub ticket: Option<TicketId>,
    pub recording: Option<RecordingId>,
    pub started_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    /// When the caller pressed the emergency key.
    pub emergency_at: Option<Timestamp>,
    /// When a person, not the menu, spoke to them.
    pub talked_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub result: Option<CallResult>,
    pub disposition: Option<Disposition>,
}

named_enum! {
    /// Why we ring somebody.
    pub enum CallPurpose {
        Survey = "survey",
        /// Telling a landline who comes and when.
        WhoComes = "who_comes",
        /// The duty officer's alarm.
        DutyAlarm = "duty_alarm",
        Callback = "callback",
        /// A person of a station, for a caller who wants one.
        Person = "person",
        /// The ambulance, for an emergency that somebody took.
        BringIn = "bring_in",
        /// A volunteer's way to the resident.
        Connect = "connect",
        /// Asking a volunteer whose telephone takes no texts.
        Offer = "offer",
        /// Telling or asking a helper about a task they took.
        Helper = "helper",
        /// Telling or asking a station, at its duty telephone.
        Station = "station",
        /// Whether somebody is well who agreed to be rung.
        CareCall = "care_call",
        /// Whom to ring when they do not answer.
        CareContact = "care_contact",
    }
}

named_enum! {
    /// What became of one try.
    pub enum AttemptState {
        /// Written down; the telephone may be ringing.
        Open = "open",
        Answered = "answered",
        NoAnswer = "no_answer",
        Busy = "busy",
        /// Refused, unreachable, or the trunk failed.
        Failed = "failed",
        /// The server stopped while it was open: nobody knows.
        Unknown = "unknown",
        /// Answered, and what it was for was done.
        Done = "done",
        Cancelled = "cancelled",
    }
}

impl CallPurpose {
    /// Whether a machine rings somebody who does not expect it: such calls are capped by the day and number.
    pub fn is_capped(self) -> bool {
        match self {
            Self::Survey | Self::WhoComes | Self::Offer | Self::Helper | Self::Station => true,
            // Who is rung by a plan has agreed to it: three tries a day and no more are its own cap.
            Self::CareCall | Self::CareContact => false,
            Self::DutyAlarm | Self::Callback | Self::Person | Self::BringIn | Self::Connect => false,
        }
    }
}

/// One try to ring somebody, committed before its INVITE leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallAttempt {
    pub id: AttemptId,
    pub jurisdiction: JurisdictionId,
    pub purpose: CallPurpose,
    pub call: CallId,
    pub ticket: Option<TicketId>,
    /// A SIP address or an E.164 number.
    pub target: String,
    pub state: AttemptState,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl AttemptState {
    /// Whether the telephones said what became of it.
    pub fn is_known(self) -> bool {
        match self {
            Self::Answered | Self::NoAnswer | Self::Busy | Self::Failed | Self::Done | Self::Cancelled => {
                true
            }
            Self::Open | Self::Unknown => false,
        }
    }
}

impl CallAttempt {
    /// Whether it went out over a trunk, and not to a telephone of our own.
    pub fn is_over_the_lines(&self) -> bool {
        self.target.starts_with(|first: char| first == '+' || first.is_ascii_digit())
    }
}
