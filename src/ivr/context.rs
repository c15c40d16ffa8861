//! What a walk is told when it starts.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;
use crate::domain::device::DeviceKeys;
use crate::domain::ids::TicketId;
use crate::domain::language::Language;
use crate::domain::names::named_enum;
use crate::domain::station::Front;
use crate::domain::ticket::TicketState;
use crate::ivr::words::TaskId;

named_enum! {
    /// What the register has for the caller's number.
    pub enum Register {
        /// Nothing that could be relied on.
        Unknown = "unknown",
        /// Several people of several homes.
        Shared = "shared",
        /// One person or household with one home.
        OneHome = "one_home",
    }
}

named_enum! {
    /// Whether we know where to ring back.
    pub enum CallerLine {
        Known = "known",
        Withheld = "withheld",
    }
}

/// What is known of an incoming call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingCall {
    pub front: Front,
    /// Nobody who could be rung for it is at work: when the first station opens again, if it is known.
    pub opens: Option<SpokenMoment>,
    pub language: Language,
    pub line: CallerLine,
    pub register: Register,
    /// The area of the station that was dialled; a committee's own number names the place of the help.
    pub dialled: AreaCode,
    /// The call comes from a one-key device: what its keys mean.
    pub device: Option<DeviceKeys>,
    /// Open tickets of this number, the latest first.
    pub open: Vec<OpenTicket>,
    /// Offers and visits of the volunteer whose verified number this is, the latest first.
    pub tasks: Vec<VolunteerTask>,
}

impl IncomingCall {
    /// A call of which nothing is known but where it went.
    pub fn to(dialled: AreaCode) -> Self {
        Self {
            front: Front::Menu,
            opens: None,
            language: Language::Zh,
            line: CallerLine::Known,
            register: Register::Unknown,
            dialled,
            device: None,
            open: Vec::new(),
            tasks: Vec::new(),
        }
    }
}

/// A ticket that was opened from the caller's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTicket {
    pub ticket: TicketId,
    pub category: Option<CategoryCode>,
    pub state: TicketState,
    /// Nothing of it is spoken to anybody who rings.
    pub confidential: bool,
    /// Neither sealed nor P1 nor a mandatory report.
    pub withdrawable: bool,
}

impl OpenTicket {
    pub(super) fn may_be_spoken(&self) -> bool {
        !self.confidential && self.state.is_open()
    }
}

/// An offer to a volunteer, or a visit they took on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolunteerTask {
    pub task: TaskId,
    pub category: CategoryCode,
    /// The street; never the door.
    pub street: Option<AreaCode>,
    pub window: Option<SpokenWindow>,
    pub stage: TaskStage,
    /// A station's: two of theirs have to go.
    pub two: bool,
}

named_enum! {
    pub enum TaskStage {
        /// Asked, not answered.
        Offered = "offered",
        /// Said yes to work that begins later.
        Booked = "booked",
        /// Said yes; not done.
        Accepted = "accepted",
    }
}

/// A moment in the civil time of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpokenMoment {
    pub at: DateTime,
    pub today: Date,
}

/// A window in the civil time of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpokenWindow {
    pub from: DateTime,
    pub until: DateTime,
    pub today: Date,
}
