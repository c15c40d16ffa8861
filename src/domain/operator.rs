//! Operators: people who answer residents at a telephone of the line, and what each is doing.

use serde::{Deserialize, Serialize};

use super::extension::Extension;
use super::ids::{CallId, JurisdictionId, PersonId, StationId, UserId};
use super::language::Language;
use super::names::named_enum;
use super::timestamp::Timestamp;

named_enum! {
    /// What an operator is doing (DOMAIN §2, the duty roster of a station).
    pub enum OperatorState {
        /// Not at work.
        Off = "off",
        Ready = "ready",
        /// Their telephone rings for a caller.
        Ringing = "ringing",
        Talking = "talking",
        /// Writes down what the last call came to.
        WrapUp = "wrap_up",
        /// At work, but not to be rung.
        Away = "away",
    }
}

impl OperatorState {
    /// Whether callers may wait for this operator: they are at work, and come back by themselves.
    pub fn is_at_work(self) -> bool {
        match self {
            Self::Ready | Self::Ringing | Self::Talking | Self::WrapUp => true,
            Self::Off | Self::Away => false,
        }
    }
}

named_enum! {
    /// Why an operator is away.
    pub enum AwayReason {
        /// They said so.
        Asked = "asked",
        /// Their telephone rang and was not answered.
        NoAnswer = "no_answer",
        /// They refused the call, or their telephone was busy.
        Declined = "declined",
        /// Their telephone cannot be reached.
        PhoneGone = "phone_gone",
    }
}

/// An operator as the office has them: a login with a telephone, and the stations they answer for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRecord {
    pub user: UserId,
    pub person: Option<PersonId>,
    pub extension: Extension,
    /// Where they hold the part of an operator; they answer for every station below too.
    pub stations: Vec<StationId>,
    pub speaks: Vec<Language>,
}

impl OperatorRecord {
    /// Whether they are rung for callers; a supervisor with a telephone may only listen.
    pub fn is_rung(&self) -> bool {
        !self.stations.is_empty()
    }
}

/// What an operator is doing, kept over a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorStanding {
    pub user: UserId,
    pub jurisdiction: JurisdictionId,
    pub state: OperatorState,
    pub since: Timestamp,
    pub away: Option<AwayReason>,
    /// Of the caller they are rung for, talk with, or write about.
    pub call: Option<CallId>,
    /// When they last had nothing to do begin: who waits longest is rung first.
    pub idle_since: Timestamp,
}
