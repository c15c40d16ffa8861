//! Our nonces: until when they are good, chance, and a seal over both. Nothing is remembered of those given out.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::algorithm::hex;
use crate::domain::timestamp::Timestamp;

/// Hexadecimal digits of the moment, of chance, and of the seal.
const MOMENT: usize = 16;
const CHANCE: usize = 24;
const SEAL: usize = 32;

/// Makes nonces and knows its own. Keeps the secret.
pub struct Mint {
    secret: [u8; 32],
}

impl Mint {
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    /// A nonce that is good until a moment.
    pub fn mint(&self, until: Timestamp, random: [u8; 12]) -> String {
        let body = format!("{:016x}{}", until.as_millis(), hex(&random));
        let seal = self.seal(&body);
        body + &seal
    }

    /// Until when a nonce is good; none when it is not of our making.
    pub fn expiry_of(&self, nonce: &str) -> Option<Timestamp> {
        if nonce.len() != MOMENT + CHANCE + SEAL || !nonce.is_ascii() {
            return None;
        }
        let (body, seal) = nonce.split_at(MOMENT + CHANCE);
        let same: bool = self.seal(body).as_bytes().ct_eq(seal.as_bytes()).into();
        if !same {
            return None;
        }
        i64::from_str_radix(&body[..MOMENT], 16).ok().map(Timestamp::from_millis)
    }

    fn seal(&self, body: &str) -> String {
        hex(&self.mac("nonce", body)[..SEAL / 2])
    }

    /// What nobody else can make of a text; for each purpose it is another.
    pub fn mac(&self, purpose: &str, text: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}
