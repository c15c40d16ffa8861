//! All sessions, and what one beat does with those that are due in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::beats::{BEATS, Beats};
use super::bridges::Bridges;
use super::play::Play;
use super::recorder::Recorder;
use super::session::{Bridged, Patience, Reports, Session};
use super::{Command, Listeners, MediaCounters, Notice};
use crate::clock::{self, Clock};
use crate::desk::effect::Part;
use crate::domain::ids::{CallId, Chance};
use crate::phone::sounds::Sounds;
use crate::rtp::mix::{Voice, mix};
use crate::rtp::packet::{HEADER_BYTES, MAX_PACKET_BYTES};
use crate::rtp::playout::Playout;

/// How often reports are exchanged and deaf calls looked for: once a second.
const TICKS_BETWEEN_CHECKS: u32 = 50;

/// How many turns the calls take in having their reports looked for, and audio beyond a packet a tick. They come
/// seconds apart, and a look costs as much as one for audio, so in each tick every fifth call is looked at: a round trip
/// is told longer than it was by less than 100 ms.
const TURNS: u32 = 5;

/// The media thread's whole state.
pub struct Floor {
    sounds: Arc<Sounds>,
    listeners: Listeners,
    patience: Patience,
    clock: Clock,
    chance: Chance,
    counters: Arc<MediaCounters>,
    sessions: Beats,
    bridges: Bridges,
    reports: Reports,
    packet: Vec<u8>,
    /// The beat that is next, of the 20 ms in which each session is due once.
    beat: usize,
    ticks: u32,
}

impl Floor {
    pub fn new(
        sounds: Arc<Sounds>,
        listeners: Listeners,
        patience: Patience,
        clock: Clock,
        chance: Chance,
        counters: Arc<MediaCounters>,
    ) -> Self {
        let packet = Vec::with_capacity(HEADER_BYTES + MAX_PACKET_BYTES);
        let (sessions, bridges, reports) = (Beats::default(), Bridges::default(), Vec::new());
        Self {
            sounds,
            listeners,
            patience,
            clock,
            chance,
            counters,
            sessions,
            bridges,
            reports,
            packet,
            beat: 0,
            ticks: 0,
        }
    }

    pub fn counters(&self) -> &MediaCounters {
        &self.counters
    }

    /// Carries out a command. One about a call that is gone comes too late and changes nothing.
    pub fn obey(&mut self, command: Command) {
        match command {
            Command::Open { call, sockets, signalling } => {
                let playout = self.stream();
                let session = Session::new(call, sockets, signalling, playout, clock::monotonic());
                self.sessions.insert(call, session);
                self.counters.sessions.store(self.sessions.count() as u64, Ordering::Relaxed);
            }
            Command::Signalled { call, from } => self.with(call, |s, _| s.signalled(from)),
            Command::Agree { call, agreement } => {
                self.mark(call, |bridges| bridges.goes_away(call, !agreement.listens));
                self.with(call, |s, _| s.agree(agreement, clock::monotonic()));
            }
            Command::Start { call } => self.with(call, |s, _| s.start(clock::monotonic())),
            Command::Play { call, play, clips, repeat } => {
                let sounds = self.sounds.clone();
                self.with(call, |s, _| s.play(Some(Play::new(play, &clips, repeat, &sounds))));
            }
            Command::StopPlay { call } => self.with(call, |s, _| s.play(None)),
            Command::Record { call, recording, limit, silence } => {
                if let Some(session) = self.sessions.get_mut(call) {
                    let recordings = self.listeners.recordings.as_ref();
                    let recorder = Recorder::begin(call, recording, limit, silence, recordings);
                    session.record(Some(recorder), &mut self.reports);
                }
            }
            Command::StopRecording { call } => self.with(call, |s, reports| s.record(None, reports)),
            Command::Press { call, keys } => {
                self.with(call, |s, _| keys.iter().for_each(|key| s.press(*key)))
            }
            Command::KeyByInfo { call, key } => {
                self.with(call, |s, reports| s.key_by_info(key, clock::monotonic(), reports));
            }
            Command::Listen { call, ear } => self.with(call, |s, _| s.listen(ear)),
            Command::Bridge { a, b } => self.bridge(a, b),
            Command::Join { to, call, part } => self.join(to, call, part),
            Command::Hold { call, on } => self.mark(call, |bridges| bridges.take_off(call, on)),
            Command::Mute { call, on } => self.mark(call, |bridges| bridges.mute(call, on)),
            Command::Unbridge { a, b } => self.unbridge(a, b),
            Command::Close { call } => self.close_call(call),
            Command::RecordOnto(recordings) => self.listeners.recordings = Some(recordings),
            Command::Stop => self.close(),
        }
        self.report();
    }

    /// Reads the sockets of those who are due in this beat, then sends each what it hears.
    pub fn beat(&mut self, now: Instant) {
        let wall = self.clock.now();
        let turn = self.ticks % TURNS;
        let is_time_to_check = self.ticks.is_multiple_of(TICKS_BETWEEN_CHECKS);
        let due = self.sessions.due(self.beat);
        for (call, session) in due.iter_mut() {
            let is_its_turn = turn_of(*call) == turn;
            session.sweep(now, is_its_turn, &mut self.reports);
            if is_its_turn {
                session.hear_reports(now, wall);
            }
        }
        let said: BTreeMap<CallId, Voice> =
            due.iter_mut().filter_map(|(call, s)| Some((*call, s.spoken()?))).collect();
        for (call, session) in due.iter_mut() {
            let ear = self.bridges.ear(*call);
            let (law, voices) = (session.law(), || ear.voices.iter().filter_map(|id| said.get(id)));
            let music = session.waits(ear.music, &self.sounds);
            let to_all = music.or_else(|| mix(voices(), law));
            let heard = if ear.whispers.is_empty() {
                to_all
            } else {
                mix(voices().chain(ear.whispers.iter().filter_map(|id| said.get(id))), law)
            };
            session.speak(Bridged { heard, to_all }, &mut self.packet, &mut self.reports);
            if is_time_to_check {
                session.report(wall);
            }
        }
        self.report();
        self.beat += 1;
        if self.beat == BEATS {
            self.beat = 0;
            self.ticks = self.ticks.wrapping_add(1);
            if is_time_to_check {
                self.tell_of_deaf(now);
            }
        }
    }

    /// Ends everything.
    pub fn close(&mut self) {
        for session in self.sessions.take() {
            self.end(session);
        }
        self.report();
    }

    fn with(&mut self, call: CallId, act: impl FnOnce(&mut Session, &mut Reports)) {
        if let Some(session) = self.sessions.get_mut(call) {
            act(session, &mut self.reports);
        }
    }

    /// Says something of a call on its bridge. Of one that is gone nothing is kept: nobody would forget it again.
    fn mark(&mut self, call: CallId, say: impl FnOnce(&mut Bridges)) {
        if self.sessions.contains(call) {
            say(&mut self.bridges);
        }
    }

    fn stream(&mut self) -> Playout {
        let numbers: [u8; 10] = self.chance.bytes();
        let [a, b, c, d, e, f, g, h, i, j] = numbers;
        Playout::new(
            u32::from_be_bytes([a, b, c, d]),
            // Whoever misses the first packets must not take one after the wrap for one before it (RFC 3711 §3.3.1).
            u16::from_be_bytes([e, f]) & 0x7fff,
            u32::from_be_bytes([g, h, i, j]),
        )
    }

    fn bridge(&mut self, a: CallId, b: CallId) {
        self.part(a);
        self.part(b);
        self.join(a, b, Part::Speak);
    }

    /// Adds a call to a bridge, or changes its part there.
    fn join(&mut self, to: CallId, call: CallId, part: Part) {
        if to == call || !self.sessions.contains(to) || !self.sessions.contains(call) {
            return;
        }
        if !self.bridges.are_together(to, call) {
            self.part(call);
        }
        for new in self.bridges.join(to, call, part) {
            self.sessions.bring_together(new);
            self.with(new, |s, _| s.bridge(true));
        }
    }

    fn unbridge(&mut self, a: CallId, b: CallId) {
        if self.bridges.are_together(a, b) {
            self.part(a);
        }
    }

    /// Parts a call from whomever it is bridged with; those who are left go on.
    fn part(&mut self, call: CallId) {
        for gone in self.bridges.leave(call) {
            self.with(gone, |s, _| s.bridge(false));
        }
    }

    fn close_call(&mut self, call: CallId) {
        self.part(call);
        self.bridges.forget(call);
        if let Some(session) = self.sessions.remove(call) {
            self.end(session);
        }
        self.report();
        // Without room for this signalling goes on by itself, a little later.
        self.listeners.signalling.try_send(Notice::Closed(call)).unwrap_or_default();
        self.counters.sessions.store(self.sessions.count() as u64, Ordering::Relaxed);
    }

    fn end(&mut self, session: Session) {
        let (received, lost) = session.close(self.clock.now(), &mut self.reports);
        self.counters.packets_received.fetch_add(received.into(), Ordering::Relaxed);
        self.counters.packets_lost.fetch_add(lost.into(), Ordering::Relaxed);
    }

    fn tell_of_deaf(&mut self, now: Instant) {
        let deaf = self.sessions.iter().filter(|(_, s)| s.is_forgotten(now, self.patience));
        for (call, _) in deaf {
            // Without room they are told of again in a second.
            if self.listeners.signalling.try_send(Notice::Deaf(*call)).is_err() {
                return;
            }
        }
    }

    fn report(&mut self) {
        for event in self.reports.drain(..) {
            if self.listeners.desk.try_send(event).is_err() {
                self.counters.reports_lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Which turn is a call's: by the chance in its id, so that it keeps it whoever else comes or goes.
fn turn_of(call: CallId) -> u32 {
    let [.., last] = call.0.into_bytes();
    u32::from(last) % TURNS
}

#[cfg(test)]
mod tests;
