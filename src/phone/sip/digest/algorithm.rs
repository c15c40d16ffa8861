//! The two hashes that telephones know: SHA-256 (RFC 8760), and MD5 for those that are older.

use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::authorization::Authorization;
use crate::domain::extension::PhoneHashes;
use crate::domain::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    #[serde(rename = "SHA-256")]
    Sha256,
    #[serde(rename = "MD5")]
    Md5,
}

impl Algorithm {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Md5].into_iter().find(|algorithm| name.eq_ignore_ascii_case(algorithm.name()))
    }

    pub(super) fn hash(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self {
            Self::Sha256 => hex(&Sha256::digest(&text)),
            Self::Md5 => hex(&Md5::digest(&text)),
        }
    }

    /// What whoever knows the password answers (RFC 7616 §3.4.1, qop=auth).
    pub fn response(self, hashes: &PhoneHashes, said: &Authorization, method: &str) -> String {
        let password = match self {
            Self::Sha256 => hex(&hashes.sha256),
            Self::Md5 => hex(&hashes.md5),
        };
        let what = self.hash(&[method, &said.uri]);
        self.hash(&[&password, &said.nonce, &said.count_text, &said.cnonce, "auth", &what])
    }
}

/// What is kept of a password.
pub fn hashes_of(user: &str, realm: &str, password: &Secret) -> PhoneHashes {
    let text = [user, realm, password.expose()].join(":");
    PhoneHashes { sha256: Sha256::digest(&text).into(), md5: Md5::digest(&text).into() }
}

/// Lower-case hexadecimal, as digests are written.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}
