//! What the telephone counts, and how it fares in a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::media::MediaCounters;
use super::sip::gate::GateCounters;

/// What the switchboard counts.
#[derive(Debug, Default)]
pub struct Counters {
    pub calls: AtomicU64,
    pub calls_in: AtomicU64,
    pub calls_out: AtomicU64,
    pub calls_turned_away: AtomicU64,
    pub calls_not_understood: AtomicU64,
    /// Calls of ours that went on over another trunk.
    pub calls_moved_on: AtomicU64,
    pub reports_lost: AtomicU64,
    pub gate: Arc<GateCounters>,
}

/// How the telephone fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether signalling and media threads are at work.
    pub alive: bool,
    pub calls: u64,
    pub calls_in: u64,
    pub calls_out: u64,
    pub calls_turned_away: u64,
    /// Those among them whose telephones offered nothing we can speak.
    pub calls_not_understood: u64,
    /// Calls of ours that went on over another trunk than the first that was tried.
    pub calls_moved_on: u64,
    /// Keys and reports nobody had room for.
    pub reports_lost: u64,
    /// Of the audio of ended calls.
    pub packets_received: u64,
    pub packets_lost: u64,
    /// Media ticks skipped because the machine was too busy.
    pub ticks_skipped: u64,
    pub sip_passed: u64,
    pub sip_repaired: u64,
    pub sip_refused: u64,
    pub sip_dropped: u64,
    pub sip_held_back: u64,
    pub sip_shed: u64,
    pub sip_connections_refused: u64,
    /// Telephones that came with a wrong password, and those that had to wait because of it.
    pub phone_passwords_refused: u64,
    pub phone_passwords_held_back: u64,
}

impl Counters {
    pub fn health(&self, media: &MediaCounters, alive: bool) -> Health {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Health {
            alive,
            calls: read(&self.calls),
            calls_in: read(&self.calls_in),
            calls_out: read(&self.calls_out),
            calls_turned_away: read(&self.calls_turned_away),
            calls_not_understood: read(&self.calls_not_understood),
            calls_moved_on: read(&self.calls_moved_on),
            reports_lost: read(&self.reports_lost) + read(&media.reports_lost) + read(&media.commands_lost),
            packets_received: read(&media.packets_received),
            packets_lost: read(&media.packets_lost),
            ticks_skipped: read(&media.ticks_skipped),
            sip_passed: read(&self.gate.passed),
            sip_repaired: read(&self.gate.repaired),
            sip_refused: read(&self.gate.refused),
            sip_dropped: read(&self.gate.dropped),
            sip_held_back: read(&self.gate.held_back),
            sip_shed: read(&self.gate.shed),
            sip_connections_refused: read(&self.gate.connections_refused),
            phone_passwords_refused: read(&self.gate.passwords_refused),
            phone_passwords_held_back: read(&self.gate.passwords_held_back),
        }
    }
}
