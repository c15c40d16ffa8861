//! Operators: people who answer residents at a telephone of the line, and what each is doing.

use serde::{Deserialize, Serialize};

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

/// The number of an operator's telephone within the house: three to five digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Extension(String);

/// What is no extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an extension has three to five digits")]
pub struct ExtensionError;

impl Extension {
    /// # Errors
    /// When it has not three to five digits.
    pub fn parse(text: &str) -> Result<Self, ExtensionError> {
        let fits = (3..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(ExtensionError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the telephones are told to ring.
    pub fn target(&self) -> String {
        format!("ext:{}", self.0)
    }
}

impl std::fmt::Display for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Extension {
    type Error = ExtensionError;
    fn try_from(text: String) -> Result<Self, ExtensionError> {
        Self::parse(&text)
    }
}

impl From<Extension> for String {
    fn from(extension: Extension) -> Self {
        extension.0
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
