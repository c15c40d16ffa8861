//! Whose word about a caller's number is taken.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Addresses that vouch for what they say: the trunks', and those the settings name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trust(Vec<IpAddr>);

impl Trust {
    pub fn new(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self(addresses.into_iter().collect())
    }

    pub fn is_trusted(&self, source: IpAddr) -> bool {
        self.0.contains(&source.to_canonical())
    }
}
