//! What an installation can say about one line to the telephone network.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::domain::extension::PhoneTransport;
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::domain::secret::Secret;

/// A line to the telephone network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    pub name: String,
    /// Where its gateway listens. Calls from there are the trunk's.
    pub address: SocketAddr,
    #[serde(default = "udp")]
    pub transport: PhoneTransport,
    /// What its provider is called in SIP addresses; the address itself when left out.
    #[serde(default)]
    pub domain: Option<String>,
    /// Numbers are dialled over the lowest first.
    #[serde(default)]
    pub priority: u32,
    /// How numbers are dialled over it.
    #[serde(default)]
    pub dials: NumberStyle,
    /// Put before a dialled number.
    #[serde(default)]
    pub prefix: String,
    /// How often it is asked whether it is there; 0 never.
    #[serde(default = "half_a_minute")]
    pub keep_alive_s: u64,
    /// Callers at once over it; without a limit of its own when left out.
    #[serde(default)]
    pub max_calls_in: Option<usize>,
    /// Calls of ours at once over it.
    #[serde(default)]
    pub max_calls_out: Option<usize>,
    /// The number that callers over it dialled, where it does not say so itself.
    #[serde(default)]
    pub did: Option<String>,
    #[serde(default)]
    pub identity: Shown,
    /// The account we register with; none where the provider knows us by our address.
    #[serde(default)]
    pub register: Option<Account>,
}

fn udp() -> PhoneTransport {
    PhoneTransport::Udp
}

fn half_a_minute() -> u64 {
    30
}

/// How a trunk wants numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberStyle {
    /// `+8653283721234`.
    #[default]
    International,
    /// `053283721234`, mobile numbers without anything before them.
    National,
}

/// What is shown of us to whom we ring.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shown {
    /// Another number than the line's own.
    pub number: Option<String>,
    /// Also as P-Asserted-Identity, for providers that go by it.
    pub asserted: bool,
    /// The provider is asked to show no number.
    pub private: bool,
}

/// An account at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub user: String,
    /// Who proves to know the password, when that is not the user.
    #[serde(default)]
    pub login: Option<String>,
    pub password: Secret,
    /// Only whoever asks in this name is told anything; anybody at the trunk's address when left out.
    #[serde(default)]
    pub realm: Option<String>,
    /// How long a registration is asked to hold.
    #[serde(default = "ten_minutes")]
    pub expires_s: u32,
}

fn ten_minutes() -> u32 {
    600
}

impl Account {
    pub fn login(&self) -> &str {
        self.login.as_deref().unwrap_or(&self.user)
    }
}

impl Trunk {
    /// A trunk of which nothing but its place is known.
    pub fn at(name: &str, address: SocketAddr) -> Self {
        Self {
            name: name.into(),
            address,
            transport: udp(),
            domain: None,
            priority: 0,
            dials: NumberStyle::default(),
            prefix: String::new(),
            keep_alive_s: half_a_minute(),
            max_calls_in: None,
            max_calls_out: None,
            did: None,
            identity: Shown::default(),
            register: None,
        }
    }

    /// What stands behind the @ in addresses of this trunk.
    pub fn host(&self) -> String {
        self.domain.clone().unwrap_or_else(|| self.address.to_string())
    }

    /// Returns the SIP address that rings `number` over this trunk.
    pub fn address_of(&self, number: &PhoneNumber, plan: &NumberingPlan) -> String {
        let digits = match self.dials {
            NumberStyle::International => number.as_str().to_owned(),
            NumberStyle::National => number.national(plan),
        };
        self.address_of_code(&digits)
    }

    /// Returns the SIP address that rings a short number, 120, over this trunk.
    pub fn address_of_code(&self, code: &str) -> String {
        format!("sip:{}{code}@{}", self.prefix, self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_as_the_trunk_wants_it() {
        let plan = NumberingPlan::default();
        let number = PhoneNumber::parse("0532 8372 1234", &plan).unwrap();
        let trunk = |dials, prefix: &str| Trunk {
            dials,
            prefix: prefix.into(),
            ..Trunk::at("telecom", "192.0.2.5:5060".parse().unwrap())
        };
        let international = trunk(NumberStyle::International, "");
        assert_eq!(international.address_of(&number, &plan), "sip:+8653283721234@192.0.2.5:5060");
        let national = trunk(NumberStyle::National, "9");
        assert_eq!(national.address_of(&number, &plan), "sip:9053283721234@192.0.2.5:5060");
        assert_eq!(national.address_of_code("120"), "sip:9120@192.0.2.5:5060");
        let named = Trunk { domain: Some("sd.example".into()), ..international };
        assert_eq!(named.address_of(&number, &plan), "sip:+8653283721234@sd.example");
    }
}
