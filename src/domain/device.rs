//! One-key devices 一键通: whose they are, and what each of their keys asks for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::category::CategoryCode;
use super::ids::{JurisdictionId, PersonId};
use super::phone_number::PhoneNumber;
use super::timestamp::Timestamp;
use super::urgency::Urgency;

/// A device as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The number it rings with.
    pub number: PhoneNumber,
    pub jurisdiction: JurisdictionId,
    pub owner: PersonId,
    pub keys: DeviceKeys,
    /// When its test key was pressed last.
    pub last_test_at: Option<Timestamp>,
}

/// What each key asks for. Without any, whoever presses the device's one key has an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceKeys(pub BTreeMap<char, DeviceKey>);

/// What one key asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum DeviceKey {
    /// P1 rings everybody at once; anything less a person, and opens a ticket where none is free.
    Help { category: CategoryCode, urgency: Urgency },
    /// Whoever looks after the device tries it.
    Test,
}
