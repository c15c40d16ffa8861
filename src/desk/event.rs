//! What the desk hears. Plain data with stable names: journalled, replayed, sent between processes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::command::Command;
use crate::domain::actor::{Actor, Role};
use crate::domain::area::AdminArea;
use crate::domain::call::{CallQuality, CallerTrust};
use crate::domain::care::PlannedCare;
use crate::domain::extension::Extension;
use crate::domain::ids::{
    CallId, CommandId, InputId, JurisdictionId, MessageId, RecordingId, StationId, TicketId,
};
use crate::domain::message::{InboundText, TextReport};
use crate::domain::names::named_enum;
use crate::domain::operator::OperatorRecord;
use crate::domain::person::Known;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::register::Institution;
use crate::domain::settings::SettingsChange;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::domain::volunteer::Volunteer;

/// An event with its id: one seen before is ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    pub id: InputId,
    pub event: DeskEvent,
}

/// Everything that can happen to the desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum DeskEvent {
    Phone(PhoneEvent),
    /// A text came in; `service` attaches what the register knows of its sender.
    TextArrived {
        text: InboundText,
        known: Known,
    },
    TextReported(TextReport),
    /// Somebody at a console or the command line asks for something.
    Commanded {
        id: CommandId,
        by: Commander,
        command: Command,
    },
    /// A record that the desk keeps a copy of changed in the store.
    RecordChanged(RecordChange),
    /// The deadline that `next_deadline` named has come.
    Tick,
    /// Texts that waited at the centre have been drained, or a minute has passed.
    InboundDrained,
    /// Numbers noted while the store was away.
    NotedInEmergency {
        number: PhoneNumber,
        at: Timestamp,
        note: MessageId,
    },
    /// The telephones took no more orders about a call: it is being ended, and is owed a call.
    CallCut {
        call: CallId,
    },
    /// The disk did not take all of a recording. `ticket` is attached by `service`: the one it belongs to, when the
    /// desk no longer holds it.
    RecordingCut {
        recording: RecordingId,
        ticket: Option<TicketId>,
    },
    /// The program is to stop, and who is still on the line has had their time: they are told, and owed a call.
    LineStops,
    /// The machine's clock was set: its time less the line's. The line goes on with its own until somebody confirms.
    ClockStepped {
        by_ms: i64,
    },
}

/// Somebody who is logged in: the roles they hold, at which stations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commander {
    pub actor: Actor,
    pub roles: Vec<(Role, StationId)>,
}

/// What the telephones report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phone", rename_all = "snake_case")]
pub enum PhoneEvent {
    /// An INVITE; `known` is attached by `service`.
    CallArrived {
        call: CallId,
        /// None when withheld.
        number: Option<PhoneNumber>,
        trust: CallerTrust,
        /// The user part of the request URI.
        dialled: String,
        known: Known,
    },
    /// The other end of an outgoing call rings.
    Ringing {
        call: CallId,
    },
    /// An outgoing call was answered.
    Answered {
        call: CallId,
    },
    Digit {
        call: CallId,
        digit: Digit,
    },
    PlayEnded {
        call: CallId,
        play: PlayId,
    },
    RecordingEnded {
        call: CallId,
        recording: RecordingId,
        length: Duration,
        why: RecordingEnd,
    },
    /// The other end put us on hold, or came back.
    Held {
        call: CallId,
        on: bool,
    },
    /// A telephone that we rang wants its call led elsewhere (REFER); `PhoneEffect::TransferOutcome` must follow.
    TransferAsked {
        call: CallId,
        /// What would be dialled: an extension or a number.
        to: String,
        /// The call of theirs that is to be taken over, when they have asked first.
        replaces: Option<CallId>,
    },
    /// How a call was heard, told just before its end.
    Quality {
        call: CallId,
        quality: CallQuality,
    },
    /// Over, whoever ended it; an outgoing call that failed ends with this too.
    CallEnded {
        call: CallId,
        reason: EndReason,
    },
    /// A call could not be taken in: a channel was full or a limit reached.
    CallLost {
        number: Option<PhoneNumber>,
        dialled: String,
    },
    /// A telephone of this extension registered, or the last of them is gone. Said again for each that is there when the
    /// desk is built anew.
    PhoneReachable {
        extension: Extension,
        reachable: bool,
    },
}

impl PhoneEvent {
    /// The call it is about; none for one that was never taken in.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::CallArrived { call, .. }
            | Self::Ringing { call }
            | Self::Answered { call }
            | Self::Digit { call, .. }
            | Self::PlayEnded { call, .. }
            | Self::RecordingEnded { call, .. }
            | Self::Held { call, .. }
            | Self::TransferAsked { call, .. }
            | Self::Quality { call, .. }
            | Self::CallEnded { call, .. } => Some(*call),
            Self::CallLost { .. } | Self::PhoneReachable { .. } => None,
        }
    }
}

/// Numbers the plays of one call, so that the end of a replaced one is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlayId(pub u32);

/// A key of a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Digit {
    /// 0 to 9.
    Number(u8),
    Star,
    Hash,
}

impl Digit {
    pub fn from_char(c: char) -> Option<Self> {
        match c {
            '0'..='9' => Some(Self::Number(c as u8 - b'0')),
            '*' => Some(Self::Star),
            '#' => Some(Self::Hash),
            _ => None,
        }
    }

    pub fn as_char(self) -> char {
        match self {
            Self::Number(n) => char::from(b'0' + n % 10),
            Self::Star => '*',
            Self::Hash => '#',
        }
    }
}

named_enum! {
    pub enum RecordingEnd {
        /// The caller pressed #, or we stopped it.
        Stopped = "stopped",
        Silence = "silence",
        Limit = "limit",
        HungUp = "hung_up",
        /// The tap or the disk could not keep up.
        Failed = "failed",
    }
}

named_enum! {
    pub enum EndReason {
        /// The other end hung up.
        HungUp = "hung_up",
        /// We hung up.
        Released = "released",
        /// The caller gave up before an answer.
        Cancelled = "cancelled",
        Busy = "busy",
        NoAnswer = "no_answer",
        Declined = "declined",
        /// 404, 410, 484, 604.
        NoSuchNumber = "no_such_number",
        /// 5xx, timeout, no route.
        NetworkFailed = "network_failed",
        /// No audio came for too long.
        WentDeaf = "went_deaf",
        /// Refused at the door.
        Refused = "refused",
    }
}

/// A changed record, whole: the desk replaces its copy when the version is higher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
// With its content apart: a list has no place for the tag within.
#[serde(tag = "record", content = "now", rename_all = "snake_case")]
pub enum RecordChange {
    Volunteer(Box<Volunteer>),
    Station(Box<Station>),
    /// Many at once, after an import; sorted by id.
    Volunteers(Vec<Volunteer>),
    Stations(Vec<Station>),
    /// Areas of the register, as they are from now on.
    Areas(Vec<AdminArea>),
    /// Facilities as far as work may be given to them.
    Institutions(Vec<Institution>),
    /// All care plans there are.
    CarePlans(Vec<PlannedCare>),
    /// All operators there are.
    Operators(Vec<OperatorRecord>),
    /// Another version of what the jurisdiction has laid down: in force from now on.
    Settings(SettingsChange),
    /// People were imported or changed; facts attached from now on are fresh.
    People {
        jurisdiction: JurisdictionId,
    },
}
