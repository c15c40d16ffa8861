//! The walks of calls we make: asking how the help was, telling who comes, alarming the duty officer, calling helpers,
//! care calls.
//!
//! Ringing a resident back is not among them: it is the walk of an incoming call with another greeting.

mod care;
mod duty_alarm;
mod emergency_leg;
mod helper;
mod survey;
mod who_comes;

use serde::{Deserialize, Serialize};

use crate::domain::area::AreaCode;
use crate::domain::assignment::{HelperCall, VisitCode};
use crate::domain::category::CategoryCode;
use crate::domain::ids::VolunteerId;
use crate::domain::language::Language;
use crate::domain::names::named_enum;
use crate::ivr::announcement::WayOut;
use crate::ivr::context::{IncomingCall, SpokenWindow};
use crate::ivr::outgoing::care::{Care, CareContact};
use crate::ivr::outgoing::duty_alarm::DutyAlarm;
use crate::ivr::outgoing::emergency_leg::EmergencyLeg;
use crate::ivr::outgoing::helper::TaskCall;
pub use crate::ivr::outgoing::helper::{HelperTask, Whom};
use crate::ivr::outgoing::survey::Survey;
pub use crate::ivr::outgoing::who_comes::Help;
use crate::ivr::outgoing::who_comes::WhoComes;
use crate::ivr::voice::{Heard, Turn};
use crate::ivr::words::WalkEvent;

/// What we ring for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum OutgoingCall {
    /// Was it resolved, are you satisfied? Asks who answers first when the number is a household's.
    Survey { language: Language, household: bool },
    /// A question that was answered on this call: one key before it ends.
    Explained { language: Language },
    /// Who comes, with which codes, when: for a telephone that cannot get a text. Without visitors it tells that
    /// they cannot come, and that others are looked for.
    WhoComes { language: Language, help: Help, window: Option<SpokenWindow> },
    /// Somebody of the duty list has to take charge.
    DutyAlarm { language: Language, why: AlarmCause, category: Option<CategoryCode>, area: Option<AreaCode> },
    /// A helper, or a duty telephone, is asked or told something about one task.
    Helper { language: Language, why: HelperCall, task: HelperTask },
    /// A caller with an emergency is on the line: whoever presses 1 takes them.
    EmergencyLeg { language: Language, area: Option<AreaCode> },
    /// Are you well? Who is not goes on as a caller of whom this is known.
    Care { caller: IncomingCall },
    /// A care call was not answered: a contact is to look after them.
    CareContact { language: Language },
}

impl OutgoingCall {
    pub fn language(&self) -> Language {
        match self {
            Self::Survey { language, .. }
            | Self::Explained { language }
            | Self::WhoComes { language, .. }
            | Self::DutyAlarm { language, .. }
            | Self::Helper { language, .. }
            | Self::EmergencyLeg { language, .. }
            | Self::CareContact { language } => *language,
            Self::Care { caller } => caller.language,
        }
    }
}

/// Somebody who comes: the number on the badge (none where an institution sends somebody), and the four digits to say
/// at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    pub badge: Option<VolunteerId>,
    pub code: VisitCode,
}

named_enum! {
    /// What the duty officer is rung for.
    pub enum AlarmCause {
        /// Nobody has accepted a ticket.
        NobodyAccepts = "nobody_accepts",
        /// A visitor has not been heard of since the door (SAF-5).
        VisitorSilent = "visitor_silent",
    }
}

/// The place of somebody we rang.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outgoing", rename_all = "snake_case")]
pub(super) enum Outgoing {
    Survey(Survey),
    WhoComes(WhoComes),
    DutyAlarm(DutyAlarm),
    Helper(TaskCall),
    EmergencyLeg(EmergencyLeg),
    Care(Care),
    CareContact(CareContact),
}

/// Where a call is that we made, whatever was missed or repeated there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Where(Spot);

/// Which kind of call it is, and which of its steps.
#[derive(Debug, PartialEq, Eq)]
enum Spot {
    Survey(survey::Step),
    WhoComes(who_comes::Step),
    DutyAlarm(duty_alarm::Step),
    Helper(helper::Step),
    EmergencyLeg(emergency_leg::Step),
    Care(care::Step),
    CareContact(care::Step),
}

impl Outgoing {
    pub(super) fn start(call: OutgoingCall, turn: &mut Turn<'_>) -> Self {
        match call {
            OutgoingCall::Survey { household, .. } => Self::Survey(Survey::start(household, turn)),
            OutgoingCall::Explained { .. } => Self::Survey(Survey::start_on_the_line(turn)),
            OutgoingCall::WhoComes { help, window, .. } => {
                Self::WhoComes(WhoComes::start(help, window, turn))
            }
            OutgoingCall::DutyAlarm { why, category, area, .. } => {
                Self::DutyAlarm(DutyAlarm::start(why, category, area, turn))
            }
            OutgoingCall::Helper { why, task, .. } => Self::Helper(TaskCall::start(why, task, turn)),
            OutgoingCall::EmergencyLeg { area, .. } => Self::EmergencyLeg(EmergencyLeg::start(area, turn)),
            OutgoingCall::Care { caller } => Self::Care(Care::start(caller, turn)),
            OutgoingCall::CareContact { .. } => Self::CareContact(CareContact::start(turn)),
        }
    }

    /// Says where somebody goes on as a caller, when a key led out of a call of ours.
    pub(super) fn step(&mut self, event: &WalkEvent, heard: Heard, turn: &mut Turn<'_>) -> Option<WayOut> {
        match self {
            Self::Care(care) => return care.step(event, heard, turn),
            Self::CareContact(call) => call.step(event, heard, turn),
            Self::Survey(survey) => survey.step(event, heard, turn),
            Self::WhoComes(message) => message.step(event, heard, turn),
            Self::DutyAlarm(alarm) => alarm.step(event, heard, turn),
            Self::Helper(call) => call.step(event, heard, turn),
            Self::EmergencyLeg(leg) => leg.step(event, heard, turn),
        }
        None
    }

    /// Where the call is: which question of a survey, or which step; whatever was missed or repeated there.
    pub(super) fn stands_at(&self) -> Where {
        Where(match self {
            Self::Survey(survey) => Spot::Survey(survey.stands_at()),
            Self::WhoComes(message) => Spot::WhoComes(message.stands_at()),
            Self::DutyAlarm(alarm) => Spot::DutyAlarm(alarm.stands_at()),
            Self::Helper(call) => Spot::Helper(call.stands_at()),
            Self::EmergencyLeg(leg) => Spot::EmergencyLeg(leg.stands_at()),
            Self::Care(care) => Spot::Care(care.stands_at()),
            Self::CareContact(call) => Spot::CareContact(call.stands_at()),
        })
    }

    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Survey(survey) => survey.is_over(),
            Self::WhoComes(message) => message.is_over(),
            Self::DutyAlarm(alarm) => alarm.is_over(),
            Self::Helper(call) => call.is_over(),
            Self::EmergencyLeg(leg) => leg.is_over(),
            Self::Care(care) => care.is_over(),
            Self::CareContact(call) => call.is_over(),
        }
    }
}
