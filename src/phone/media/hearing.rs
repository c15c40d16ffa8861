//! What a leg hears: one source, its keys by whatever way they come, and how much of it arrives.

use std::time::{Duration, Instant};

use crate::phone::sip::sdp::Agreement;
use crate::rtp::SAMPLE_RATE_HZ;
use crate::rtp::dtmf::Detector;
use crate::rtp::g711::Law;
use crate::rtp::once_pressed::{OncePressed, Way};
use crate::rtp::packet::{PCMA, PCMU, Packet};
use crate::rtp::rtcp::Reception;
use crate::rtp::source::{SourceLock, Verdict};
use crate::rtp::telephone_event::{Key, Receiver};

/// The receiving half of a leg.
#[derive(Debug)]
pub struct Hearing {
    began: Instant,
    heard_at: Instant,
    source: SourceLock,
    keys: Receiver,
    tones: Detector,
    /// Each pressed key once, by whichever way it comes first.
    once: OncePressed,
    pub reception: Reception,
}

/// What a packet brought.
#[derive(Debug, Default)]
pub struct Taken {
    pub keys: Vec<Key>,
    /// The law it speaks, when it is speech.
    pub speech: Option<Law>,
}

impl Hearing {
    pub fn new(now: Instant) -> Self {
        Self {
            began: now,
            heard_at: now,
            source: SourceLock::default(),
            keys: Receiver::default(),
            tones: Detector::default(),
            once: OncePressed::default(),
            reception: Reception::default(),
        }
    }

    /// When there was last a sign of life.
    pub fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Notes a sign of life that is no sound.
    pub fn is_alive(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// Takes a packet in.
    pub fn take(&mut self, agreement: Agreement, packet: &Packet<'_>, now: Instant) -> Taken {
        match self.source.judge(packet.ssrc) {
            Verdict::Stranger => return Taken::default(),
            Verdict::Restarted => {
                self.keys = Receiver::default();
                self.tones = Detector::default();
            }
            Verdict::Ours => {}
        }
        self.heard_at = now;
        let arrival = self.samples_until(now);
        self.reception.note(packet.ssrc, packet.sequence, packet.timestamp, arrival);
        if Some(packet.payload_type) == agreement.keys {
            let key = self.keys.receive(packet.sequence, packet.timestamp, packet.payload);
            let keys = key.into_iter().filter(|key| self.admits(Way::Event, *key, now)).collect();
            return Taken { keys, speech: None };
        }
        let Some(law) = law_of(agreement, packet.payload_type) else { return Taken::default() };
        let mut keys = Vec::new();
        if self.once.hears_tones() {
            keys = self.tones.hear(law, packet.payload);
            keys.retain(|key| self.admits(Way::Tone, *key, now));
            if let Some(key) = self.tones.down() {
                self.once.still_down(Way::Tone, key, self.passed(now));
            }
        }
        Taken { keys, speech: Some(law) }
    }

    /// Whether a key that came in the signalling counts.
    pub fn admits_info(&mut self, key: Key, now: Instant) -> bool {
        self.admits(Way::Info, key, now)
    }

    fn admits(&mut self, way: Way, key: Key, now: Instant) -> bool {
        let at = self.passed(now);
        self.once.admits(way, key, at)
    }

    fn passed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// Samples since the beginning, wrapping like a timestamp.
    fn samples_until(&self, now: Instant) -> u32 {
        let passed_us = self.passed(now).as_micros();
        (passed_us * u128::from(SAMPLE_RATE_HZ) / 1_000_000) as u32
    }
}

/// The law a payload type stands for; the static ones are understood whatever was agreed.
fn law_of(agreement: Agreement, payload_type: u8) -> Option<Law> {
    match payload_type {
        agreed if agreed == agreement.audio => Some(agreement.law),
        PCMA => Some(Law::A),
        PCMU => Some(Law::Mu),
        _ => None,
    }
}
