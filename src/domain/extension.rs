//! Telephones of the line's own people: their extensions, what they prove themselves with, where they are reached.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::names::named_enum;
use super::timestamp::Timestamp;

/// What such a telephone is rung by: 3 to 5 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Extension(String);

/// Why a text is no extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an extension has 3 to 5 digits, as 201")]
pub struct ExtensionError;

impl Extension {
    /// Reads 3 to 5 digits.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, ExtensionError> {
        let is_one = (3..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_one { Ok(Self(text.to_owned())) } else { Err(ExtensionError) }
    }

    /// Reads what a call is sent to: `ext:201`. None when it does not begin so.
    pub fn of_target(target: &str) -> Option<Result<Self, ExtensionError>> {
        let digits = target.get(..4).filter(|start| start.eq_ignore_ascii_case("ext:"))?.len();
        Some(Self::parse(&target[digits..]))
    }

    /// What a call to it is sent to.
    pub fn target(&self) -> String {
        format!("ext:{}", self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
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

/// What is kept of a telephone's password: the hash of user, realm and password in each algorithm (RFC 7616 §3.4.2).
/// Whoever holds one can register in its place, so it shows itself to nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PhoneHashes {
    pub sha256: [u8; 32],
    pub md5: [u8; 16],
}

impl std::fmt::Debug for PhoneHashes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneHashes")
    }
}

/// A telephone that may register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneAccount {
    pub extension: Extension,
    pub hashes: PhoneHashes,
}

named_enum! {
    /// What a telephone's messages travel by.
    pub enum PhoneTransport {
        Udp = "udp",
        Tcp = "tcp",
        Tls = "tls",
        Ws = "ws",
        Wss = "wss",
    }
}

impl PhoneTransport {
    /// Whether nobody on the way can read what it carries, keys of calls among that.
    pub fn is_secret(self) -> bool {
        match self {
            Self::Tls | Self::Wss => true,
            Self::Udp | Self::Tcp | Self::Ws => false,
        }
    }

    /// Whether a telephone is reached by the connection that it made, and by nothing else: we make none to it.
    pub fn is_one_way(self) -> bool {
        match self {
            Self::Tls | Self::Ws | Self::Wss => true,
            Self::Udp | Self::Tcp => false,
        }
    }
}

/// Where a telephone said that it is reached (RFC 3261 §10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneBinding {
    pub extension: Extension,
    /// The address it wrote itself: what it knows itself by, and nothing more when a router stands between.
    pub contact: String,
    /// In thousandths: of several the highest is meant first.
    pub preference: u16,
    /// Where its registration came from, and by what.
    pub source: SocketAddr,
    pub transport: PhoneTransport,
    /// Of the registration: an older one that comes late changes nothing.
    pub call_id: String,
    pub sequence: u32,
    pub expires_at: Timestamp,
}

/// Where a telephone registers: what is typed into it besides its extension and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneServer {
    /// The machine's own address when none is said.
    pub host: Option<IpAddr>,
    pub port: u16,
    pub realm: String,
    /// Over TCP too, not UDP alone.
    pub tcp: bool,
    /// The ports where it may register over TLS and over WebSocket, in the clear and over TLS.
    pub tls: Option<u16>,
    pub ws: Option<u16>,
    pub wss: Option<u16>,
}

impl PhoneServer {
    /// What it may register by at ports of their own.
    pub fn other_ports(&self) -> Vec<(&'static str, u16)> {
        let all = [("TLS", self.tls), ("WS", self.ws), ("WSS", self.wss)];
        all.into_iter().filter_map(|(name, port)| Some((name, port?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_three_to_five_digits() {
        for good in ["201", "0201", "99999"] {
            assert_eq!(Extension::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "20", "123456", "2o1", "２０１", "+201"] {
            assert_eq!(Extension::parse(bad), Err(ExtensionError), "{bad}");
        }
    }

    #[test]
    fn a_call_to_an_extension_says_so() {
        let extension = Extension::parse("201").unwrap();
        assert_eq!(Extension::of_target(&extension.target()), Some(Ok(extension)));
        assert_eq!(Extension::of_target("ext:sip:201@10.0.0.1"), Some(Err(ExtensionError)));
        assert_eq!(Extension::of_target("201"), None);
        assert_eq!(Extension::of_target("一二"), None);
    }
}
