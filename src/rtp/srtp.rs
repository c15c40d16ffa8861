//! Secure RTP (RFC 3711) with the suites that telephones speak: AES in counter mode with keys of 128 bits, and HMAC-SHA1
//! tags of 80 or 32 bits. Packets are protected in place.
//!
//! What a tag does not vouch for changes nothing here: neither the window of what was heard before nor the count of
//! wraps.

use aes::Aes128;
use aes::cipher::{KeyIvInit, StreamCipher};
use ctr::Ctr128BE;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use self::window::Windows;
use super::packet::HEADER_BYTES;

mod window;

/// Bytes of a master key and of its salt (RFC 4568 §6.2).
pub const KEY_BYTES: usize = 16;
pub const SALT_BYTES: usize = 14;
pub const MASTER_BYTES: usize = KEY_BYTES + SALT_BYTES;

/// The tag of a report is always the long one (RFC 4568 §6.2.2), after the index of four bytes.
const REPORT_TAG_BYTES: usize = 10;
const INDEX_BYTES: usize = 4;

/// What is added to a packet at most.
pub const MAX_OVERHEAD_BYTES: usize = INDEX_BYTES + REPORT_TAG_BYTES;

/// A report's header and its source, which go in the clear.
const REPORT_HEADER_BYTES: usize = 8;

/// Says in a report's index that it is encrypted.
const IS_ENCRYPTED: u32 = 1 << 31;

/// How packets are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    Aes128Sha1Tag80,
    Aes128Sha1Tag32,
}

impl Suite {
    pub const ALL: [Self; 2] = [Self::Aes128Sha1Tag80, Self::Aes128Sha1Tag32];

    /// As session descriptions name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes128Sha1Tag80 => "AES_CM_128_HMAC_SHA1_80",
            Self::Aes128Sha1Tag32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    fn tag_bytes(self) -> usize {
        match self {
            Self::Aes128Sha1Tag80 => 10,
            Self::Aes128Sha1Tag32 => 4,
        }
    }
}

/// A master key with its salt. Whoever holds it hears the call, so it shows itself to nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Master(pub [u8; MASTER_BYTES]);

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Master")
    }
}

/// What two sides protect their sound with: each what it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    pub suite: Suite,
    pub ours: Master,
    pub theirs: Master,
}

/// Why a packet is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    #[error("too short to be protected")]
    TooShort,
    #[error("heard before, or too old to tell")]
    Replayed,
    #[error("the tag is not of this packet")]
    Forged,
    #[error("a report that is not encrypted")]
    Clear,
}

/// One direction's keys for packets or for reports (RFC 3711 §4.3).
struct Session {
    cipher: [u8; KEY_BYTES],
    salt: [u8; SALT_BYTES],
    /// Keyed once: a tag begins with a copy.
    mac: Hmac<Sha1>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

/// The labels of RFC 3711 §4.3.1 and §4.3.2: the cipher's, and after it those of tag and salt.
const PACKETS: u8 = 0;
const REPORTS: u8 = 3;

impl Session {
    fn derive(master: &Master, label: u8) -> Self {
        let mac_key: [u8; 20] = derived(master, label + 1);
        Self {
            cipher: derived(master, label),
            salt: derived(master, label + 2),
            mac: Hmac::new_from_slice(&mac_key).expect("HMAC takes keys of any length"),
        }
    }

    /// Encrypts, or decrypts, what is at this index of a source (RFC 3711 §4.1.1).
    fn crypt(&self, ssrc: u32, index: u64, bytes: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..SALT_BYTES].copy_from_slice(&self.salt);
        for (byte, other) in iv[4..8].iter_mut().zip(ssrc.to_be_bytes()) {
            *byte ^= other;
        }
        for (byte, other) in iv[8..14].iter_mut().zip(&index.to_be_bytes()[2..]) {
            *byte ^= other;
        }
        Ctr128BE::<Aes128>::new(&self.cipher.into(), &iv.into()).apply_keystream(bytes);
    }

    fn tag(&self, parts: [&[u8]; 2]) -> [u8; 20] {
        let mut mac = self.mac.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }

    fn is_tagged(&self, parts: [&[u8]; 2], tag: &[u8]) -> bool {
        let mut mac = self.mac.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.verify_truncated_left(tag).is_ok()
    }
}

/// A key made of the master key, which does not change as long as it is used (RFC 3711 §4.3).
fn derived<const N: usize>(master: &Master, label: u8) -> [u8; N] {
    let (key, salt) = master.0.split_at(KEY_BYTES);
    let mut iv = [0; 16];
    iv[..SALT_BYTES].copy_from_slice(salt);
    iv[7] ^= label;
    let key: [u8; KEY_BYTES] = key.try_into().expect("it was split there");
    let mut made = [0; N];
    Ctr128BE::<Aes128>::new(&key.into(), &iv.into()).apply_keystream(&mut made);
    made
}

/// Protects what one side sends: packets of one source.
#[derive(Debug)]
pub struct Protector {
    suite: Suite,
    packets: Session,
    reports: Session,
    /// How often the sequence numbers have wrapped, and the last of them.
    wraps: u32,
    last: Option<u16>,
    next_report: u32,
}

impl Protector {
    pub fn new(suite: Suite, master: &Master) -> Self {
        let (packets, reports) = (Session::derive(master, PACKETS), Session::derive(master, REPORTS));
        Self { suite, packets, reports, wraps: 0, last: None, next_report: 0 }
    }

    /// Takes another key. The count goes on (RFC 3711 §3.3.1).
    pub fn rekey(&mut self, suite: Suite, master: &Master) {
        (self.suite, self.packets, self.reports) =
            (suite, Session::derive(master, PACKETS), Session::derive(master, REPORTS));
    }

    /// Protects a packet of ours. They are made in order; one that is no packet stays as it is.
    pub fn packet(&mut self, packet: &mut Vec<u8>) {
        let Some((sequence, ssrc)) = numbers(packet) else { return };
        if self.last.replace(sequence).is_some_and(|last| sequence < last) {
            self.wraps = self.wraps.wrapping_add(1);
        }
        let index = u64::from(self.wraps) << 16 | u64::from(sequence);
        self.packets.crypt(ssrc, index, &mut packet[HEADER_BYTES..]);
        let tag = self.packets.tag([packet, &self.wraps.to_be_bytes()]);
        packet.extend_from_slice(&tag[..self.suite.tag_bytes()]);
    }

    /// Protects a report of ours (RFC 3711 §3.4).
    pub fn report(&mut self, report: &mut Vec<u8>) {
        let Some(ssrc) = reporter(report) else { return };
        let index = self.next_report;
        self.next_report = (index + 1) & !IS_ENCRYPTED;
        self.reports.crypt(ssrc, index.into(), &mut report[REPORT_HEADER_BYTES..]);
        report.extend_from_slice(&(index | IS_ENCRYPTED).to_be_bytes());
        let tag = self.reports.tag([report, &[]]);
        report.extend_from_slice(&tag[..REPORT_TAG_BYTES]);
    }
}

/// Opens what the other side sends.
#[derive(Debug)]
pub struct Opener {
    suite: Suite,
    packets: Session,
    reports: Session,
    heard: Windows,
    reported: Windows,
}

impl Opener {
    pub fn new(suite: Suite, master: &Master) -> Self {
        let (packets, reports) = (Session::derive(master, PACKETS), Session::derive(master, REPORTS));
        Self { suite, packets, reports, heard: Windows::default(), reported: Windows::default() }
    }

    /// Takes another key. What was heard stays heard (RFC 3711 §3.3.1).
    pub fn rekey(&mut self, suite: Suite, master: &Master) {
        (self.suite, self.packets, self.reports) =
            (suite, Session::derive(master, PACKETS), Session::derive(master, REPORTS));
    }

    /// Opens a packet; returns how long it is without what protected it.
    ///
    /// # Errors
    /// Why it is not taken. Its bytes are as they were, and nothing is different from before.
    pub fn packet(&mut self, datagram: &mut [u8]) -> Result<usize, Rejected> {
        let end = datagram.len().checked_sub(self.suite.tag_bytes()).ok_or(Rejected::TooShort)?;
        let (packet, tag) = datagram.split_at_mut(end);
        let (sequence, ssrc) = numbers(packet).ok_or(Rejected::TooShort)?;
        let clear = clear_bytes(packet).ok_or(Rejected::TooShort)?;
        let mut window = self.heard.of(ssrc);
        let index = window.index_of(sequence);
        if !window.admits(index) {
            return Err(Rejected::Replayed);
        }
        let wraps = (index >> 16) as u32;
        if !self.packets.is_tagged([packet, &wraps.to_be_bytes()], tag) {
            return Err(Rejected::Forged);
        }
        window.note(index);
        self.heard.put(ssrc, window);
        self.packets.crypt(ssrc, index, &mut packet[clear..]);
        Ok(end)
    }

    /// Opens a report; returns how long it is without what protected it.
    ///
    /// # Errors
    /// As `packet`.
    pub fn report(&mut self, datagram: &mut [u8]) -> Result<usize, Rejected> {
        let end = datagram.len().checked_sub(REPORT_TAG_BYTES).ok_or(Rejected::TooShort)?;
        let (tagged, tag) = datagram.split_at_mut(end);
        let (report, index) = tagged.split_last_chunk::<INDEX_BYTES>().ok_or(Rejected::TooShort)?;
        let (length, index) = (report.len(), u32::from_be_bytes(*index));
        let ssrc = reporter(report).ok_or(Rejected::TooShort)?;
        if index & IS_ENCRYPTED == 0 {
            return Err(Rejected::Clear);
        }
        let index = u64::from(index & !IS_ENCRYPTED);
        let mut window = self.reported.of(ssrc);
        if !window.admits(index) {
            return Err(Rejected::Replayed);
        }
        if !self.reports.is_tagged([tagged, &[]], tag) {
            return Err(Rejected::Forged);
        }
        window.note(index);
        self.reported.put(ssrc, window);
        self.reports.crypt(ssrc, index, &mut tagged[REPORT_HEADER_BYTES..length]);
        Ok(length)
    }
}

/// The sequence number and the source of a packet.
fn numbers(packet: &[u8]) -> Option<(u16, u32)> {
    let header: &[u8; HEADER_BYTES] = packet.first_chunk()?;
    let sequence = u16::from_be_bytes([header[2], header[3]]);
    Some((sequence, u32::from_be_bytes([header[8], header[9], header[10], header[11]])))
}

/// The source of a report.
fn reporter(report: &[u8]) -> Option<u32> {
    let header: &[u8; REPORT_HEADER_BYTES] = report.first_chunk()?;
    Some(u32::from_be_bytes([header[4], header[5], header[6], header[7]]))
}

/// How much of a packet goes in the clear: its header, contributing sources and extension.
fn clear_bytes(packet: &[u8]) -> Option<usize> {
    let flags = packet.first()?;
    let mut clear = HEADER_BYTES + 4 * usize::from(flags & 0x0f);
    if flags & 0x10 != 0 {
        let extension = packet.get(clear..clear + 4)?;
        clear += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
    }
    (clear <= packet.len()).then_some(clear)
}

#[cfg(test)]
mod tests;
