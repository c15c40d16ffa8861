//! Keys in session descriptions (SDES, RFC 4568).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sdp_types::{Attribute, Media};
use serde::{Deserialize, Serialize};

use crate::domain::extension::PhoneTransport;
use crate::rtp::srtp::{Keys, MASTER_BYTES, Master, Suite};

/// What `phone.srtp` says: where sound is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SrtpUse {
    Off,
    /// Where a telephone came over TLS and can.
    #[default]
    WithTls,
    /// Wherever a telephone came over TLS: no call is made or taken there that is not protected.
    RequiredWithTls,
}

impl SrtpUse {
    /// What it means for a call whose messages travel so.
    pub fn over(self, transport: PhoneTransport) -> Secrecy {
        match self {
            _ if !transport.is_secret() => Secrecy::Never,
            Self::Off => Secrecy::Never,
            Self::WithTls => Secrecy::Possible,
            Self::RequiredWithTls => Secrecy::Required,
        }
    }
}

/// Whether sound is to be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Keys would be read by whoever reads the messages: they are neither offered nor taken.
    Never,
    Possible,
    Required,
}

/// What a call may protect its sound with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secrets {
    pub secrecy: Secrecy,
    /// Whether an offer of ours asks for it.
    pub offers: bool,
    /// Our key for each suite.
    pub(super) masters: [Master; Suite::ALL.len()],
}

impl Secrets {
    pub const NONE: Self = Self {
        secrecy: Secrecy::Never,
        offers: false,
        masters: [Master([0; MASTER_BYTES]); Suite::ALL.len()],
    };

    /// Keys of bytes that nobody can guess.
    pub fn new(secrecy: Secrecy, mut bytes: impl FnMut() -> [u8; MASTER_BYTES]) -> Self {
        Self { secrecy, offers: false, masters: Suite::ALL.map(|_| Master(bytes())) }
    }

    /// The same, asked for by offers of ours or not.
    #[must_use]
    pub fn offering(self, offers: bool) -> Self {
        Self { offers, ..self }
    }

    /// The attributes of an offer.
    pub(super) fn offered(&self) -> Vec<Attribute> {
        let numbered = (1..).zip(Suite::ALL).zip(&self.masters);
        numbered.map(|((tag, suite), master)| written(&format!("{tag}"), suite, master)).collect()
    }

    fn of(&self, suite: Suite) -> Master {
        match suite {
            Suite::Aes128Sha1Tag80 => self.masters[0],
            Suite::Aes128Sha1Tag32 => self.masters[1],
        }
    }
}

/// What was offered first of what we know, or answered.
#[derive(Debug, Clone)]
pub(super) struct Crypto {
    tag: String,
    pub keys: Keys,
}

impl Crypto {
    pub(super) fn find(media: &Media, secrets: &Secrets) -> Option<Self> {
        let attributes = media.attributes.iter().filter(|attribute| attribute.attribute == "crypto");
        attributes.filter_map(|attribute| Self::read(attribute.value.as_deref()?, secrets)).next()
    }

    /// Reads `1 AES_CM_128_HMAC_SHA1_80 inline:…|2^20`. None when it asks for what we do not do: more keys than one, keys
    /// with names of their own, sound or reports in the clear.
    fn read(value: &str, secrets: &Secrets) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let (tag, suite, key) = (words.next()?, words.next()?, words.next()?);
        let suite = Suite::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(suite))?;
        let may_be_ignored = |parameter: &str| parameter.starts_with('-') || parameter.starts_with("WSH=");
        let is_tag = (1..=9).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_digit());
        if !is_tag || !words.all(may_be_ignored) {
            return None;
        }
        let (method, key) = key.split_once(':')?;
        let mut parts = key.split('|');
        let key = parts.next()?;
        // A lifetime is more than any call has; what has a colon is a key's name.
        if !method.eq_ignore_ascii_case("inline") || parts.any(|part| part.contains([':', ';'])) {
            return None;
        }
        let bytes = STANDARD.decode(key).or_else(|_| STANDARD_NO_PAD.decode(key)).ok()?;
        let theirs = Master(bytes.try_into().ok()?);
        Some(Self { tag: tag.to_owned(), keys: Keys { suite, ours: secrets.of(suite), theirs } })
    }

    /// The attribute that answers it.
    pub(super) fn answered(&self) -> Attribute {
        written(&self.tag, self.keys.suite, &self.keys.ours)
    }
}

fn written(tag: &str, suite: Suite, master: &Master) -> Attribute {
    let key = STANDARD.encode(master.0);
    Attribute::with_value("crypto", format!("{tag} {} inline:{key}", suite.name()))
}
