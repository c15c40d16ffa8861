//! Clocks: what is owed, since when, until when.

use serde::{Deserialize, Serialize};

use super::names::named_enum;
use super::timestamp::Timestamp;

named_enum! {
    pub enum ClockKind {
        Answer = "answer",
        Accept = "accept",
        FirstContact = "first_contact",
        OnSite = "on_site",
        Handle = "handle",
        Followup = "followup",
        /// A ticket in intake or a call-back request.
        Triage = "triage",
        Window = "window",
    }
}

named_enum! {
    pub enum ClockCalendar {
        /// 24 × 7.
        Always = "always",
        /// The jurisdiction's working hours.
        Working = "working",
    }
}

/// A span in which the clock stood still; `until` is none while it still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

/// One clock of one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub kind: ClockKind,
    pub calendar: ClockCalendar,
    pub started: Timestamp,
    pub pauses: Vec<Pause>,
    pub stopped: Option<Timestamp>,
    pub due: Timestamp,
    pub breached_at: Option<Timestamp>,
}

impl Clock {
    /// Whether it runs: neither stopped nor paused.
    pub fn is_running(&self) -> bool {
        self.stopped.is_none() && self.pauses.last().is_none_or(|pause| pause.until.is_some())
    }
}
