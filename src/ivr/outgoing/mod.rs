//! The walks of calls we make: asking how the help was, telling who comes, alarming the duty officer.
//!
//! Ringing a resident back is not among them: it is the walk of an incoming call with another greeting.

mod duty_alarm;
mod emergency_leg;
mod survey;
mod who_comes;

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;
use crate::domain::ids::VolunteerId;
use crate::domain::language::Language;
use crate::ivr::context::SpokenWindow;
use crate::ivr::outgoing::duty_alarm::DutyAlarm;
use crate::ivr::outgoing::emergency_leg::EmergencyLeg;
use crate::ivr::outgoing::survey::Survey;
use crate::ivr::outgoing::who_comes::WhoComes;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::WalkEvent;

/// What we ring for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum OutgoingCall {
    /// Was it resolved, are you satisfied? Asks who answers first when the number is a household's.
    Survey { language: Language, household: bool },
    /// Who comes, with which code, when: for a telephone that cannot get a text.
    WhoComes { language: Language, badge: VolunteerId, code: VisitCode, window: Option<SpokenWindow> },
    /// Somebody of the duty list has to take charge.
    DutyAlarm { language: Language, category: Option<CategoryCode>, area: Option<AreaCode> },
    /// A caller with an emergency is on the line: whoever presses 1 takes them.
    EmergencyLeg { language: Language, area: Option<AreaCode> },
}

impl OutgoingCall {
    pub fn language(&self) -> Language {
        match self {
            Self::Survey { language, .. }
            | Self::WhoComes { language, .. }
            | Self::DutyAlarm { language, .. }
            | Self::EmergencyLeg { language, .. } => *language,
        }
    }
}

/// The four digits a helper has to say at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitCode(pub u16);

impl std::fmt::Display for VisitCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

/// The place of somebody we rang.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outgoing", rename_all = "snake_case")]
pub(super) enum Outgoing {
    Survey(Survey),
    WhoComes(WhoComes),
    DutyAlarm(DutyAlarm),
    EmergencyLeg(EmergencyLeg),
}

impl Outgoing {
    pub(super) fn start(call: OutgoingCall, turn: &mut Turn<'_>) -> Self {
        match call {
            OutgoingCall::Survey { household, .. } => Self::Survey(Survey::start(household, turn)),
            OutgoingCall::WhoComes { badge, code, window, .. } => {
                Self::WhoComes(WhoComes::start(badge, code, window, turn))
            }
            OutgoingCall::DutyAlarm { category, area, .. } => {
                Self::DutyAlarm(DutyAlarm::start(category, area, turn))
            }
            OutgoingCall::EmergencyLeg { area, .. } => Self::EmergencyLeg(EmergencyLeg::start(area, turn)),
        }
    }

    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) {
        match self {
            Self::Survey(survey) => survey.step(event, heard, turn),
            Self::WhoComes(message) => message.step(event, heard, turn),
            Self::DutyAlarm(alarm) => alarm.step(event, heard, turn),
            Self::EmergencyLeg(leg) => leg.step(event, heard, turn),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Survey(survey) => survey.is_over(),
            Self::WhoComes(message) => message.is_over(),
            Self::DutyAlarm(alarm) => alarm.is_over(),
            Self::EmergencyLeg(leg) => leg.is_over(),
        }
    }
}
