//! One leg's audio: its socket, what it hears and what it is told.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use tracing::{debug, info};

use super::hearing::Hearing;
use super::play::Play;
use super::ports::Sockets;
use super::recorder::Recorder;
use super::reporter::Reporter;
use super::secure::Secure;
use crate::desk::event::{PhoneEvent, RecordingEnd};
use crate::domain::call::CallQuality;
use crate::domain::ids::CallId;
use crate::domain::timestamp::Timestamp;
use crate::phone::family::{named, plain};
use crate::phone::sip::sdp::Agreement;
use crate::phone::sounds::Sounds;
use crate::phone::translate;
use crate::rtp::FRAME_SAMPLES;
use crate::rtp::forward::Forward;
use crate::rtp::g711::Law;
use crate::rtp::mix::Voice;
use crate::rtp::packet::{HEADER_BYTES, MAX_PACKET_BYTES, Packet};
use crate::rtp::playout::Playout;
use crate::rtp::quality;
use crate::rtp::source::Credible;
use crate::rtp::telephone_event::{Key, Sender};

/// Packets read from one socket in one tick; a caller sends one.
const MAX_PACKETS_A_TICK: usize = 16;

/// Keys waiting to be sent; a caller's script is no longer.
const MAX_KEYS_WAITING: usize = 64;

/// A gap after each key we send, so that two of the same are heard as two.
const KEY_GAP_FRAMES: u8 = 4;

/// A packet's audio, for whoever listens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub call: CallId,
    pub law: Law,
    pub payload: Box<[u8]>,
}

/// How long a call may go on in which nothing happens, or at all.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Without any audio from the other side.
    pub deaf: Duration,
    /// On hold.
    pub hold: Duration,
    pub call: Duration,
}

/// What a session has to say to the desk, or to whoever asked for it.
pub type Reports = Vec<PhoneEvent>;

/// 20 ms of what a leg hears of its bridge.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bridged {
    pub heard: Option<[u8; FRAME_SAMPLES]>,
    /// Without what is whispered: that is nobody's to record.
    pub to_all: Option<[u8; FRAME_SAMPLES]>,
}

/// One leg's audio.
#[derive(Debug)]
pub struct Session {
    call: CallId,
    /// Whether the socket names IPv4 by IPv6.
    is_six: bool,
    socket: UdpSocket,
    peer: Peer,
    signalling: IpAddr,
    agreement: Option<Agreement>,
    /// Where the other side said it listens, when it last did.
    said: Option<SocketAddr>,
    /// When the call was answered; nothing is sent before.
    started: Option<Instant>,
    /// Since when the other side does not want to hear us.
    held_since: Option<Instant>,
    playout: Playout,
    hearing: Hearing,
    reporter: Option<Reporter>,
    /// What protects packets and reports, when that was agreed.
    secure: Option<Box<Secure>>,
    play: Option<Play>,
    recorder: Option<Recorder>,
    /// What this leg says to those it is bridged with.
    spoken: Option<Forward>,
    /// While the other telephone of its bridge is on hold.
    music: Option<Play>,
    pressing: Pressing,
    ear: Option<crossbeam_channel::Sender<Heard>>,
    /// More than one packet waited when it was looked last.
    behind: bool,
}

/// Where the other side is.
#[derive(Debug)]
enum Peer {
    Unknown,
    /// Said to be there; the first credible packet decides.
    Said(Credible),
    /// Found: the socket is connected and hears nobody else.
    Found(SocketAddr),
}

/// Keys we press ourselves, as a caller.
#[derive(Debug, Default)]
struct Pressing {
    waiting: std::collections::VecDeque<Key>,
    current: Option<Sender>,
    gap: u8,
}

impl Session {
    pub fn new(call: CallId, sockets: Sockets, signalling: IpAddr, playout: Playout, now: Instant) -> Self {
        let Sockets { audio, reports } = sockets;
        Self {
            call,
            is_six: audio.local_addr().is_ok_and(|address| address.is_ipv6()),
            socket: audio,
            peer: Peer::Unknown,
            signalling,
            agreement: None,
            said: None,
            started: None,
            held_since: None,
            playout,
            hearing: Hearing::new(now),
            reporter: reports.map(Reporter::new),
            secure: None,
            play: None,
            recorder: None,
            spoken: None,
            music: None,
            pressing: Pressing::default(),
            ear: None,
            behind: false,
        }
    }

    /// Passes on whatever is heard from now on.
    pub fn listen(&mut self, ear: crossbeam_channel::Sender<Heard>) {
        self.ear = Some(ear);
    }

    /// Takes where the call's messages come from, when that was not known before somebody answered.
    pub fn signalled(&mut self, from: IpAddr) {
        self.signalling = from;
    }

    /// Takes what was agreed; a changed address is connected to at once.
    pub fn agree(&mut self, agreement: Agreement, now: Instant) {
        if self.held_since.is_some() && agreement.listens {
            // A telephone on hold may have said nothing for long: it has its time to begin again.
            self.hearing.is_alive(now);
        }
        self.held_since = if agreement.listens { None } else { self.held_since.or(Some(now)) };
        // Old telephones hold by 0.0.0.0 and come back to where they were, which is no move.
        let moved = self.said.is_some_and(|before| before != agreement.remote);
        if agreement.listens {
            self.said = Some(agreement.remote);
        }
        Secure::agree(&mut self.secure, self.agreement.and_then(|before| before.secret), agreement.secret);
        self.agreement = Some(agreement);
        match &self.peer {
            Peer::Found(_) if moved && agreement.listens => match self.connect(agreement.remote) {
                Ok(()) => self.peer = Peer::Found(agreement.remote),
                Err(error) => debug!(call = %self.call, %error, "audio cannot follow to the new address"),
            },
            Peer::Found(_) => {}
            Peer::Unknown | Peer::Said(_) => {
                self.peer = Peer::Said(Credible::new(agreement.remote, self.signalling));
            }
        }
    }

    /// Begins to send: the call is answered.
    pub fn start(&mut self, now: Instant) {
        self.started = self.started.or(Some(now));
        self.hearing.is_alive(now);
    }

    pub fn law(&self) -> Law {
        self.agreement.map_or(Law::A, |agreement| agreement.law)
    }

    pub fn play(&mut self, play: Option<Play>) {
        self.play = play;
    }

    pub fn press(&mut self, key: Key) {
        if self.pressing.waiting.len() < MAX_KEYS_WAITING {
            self.pressing.waiting.push_back(key);
        }
    }

    /// Begins to record, ending what was recorded before.
    pub fn record(&mut self, recorder: Option<Recorder>, reports: &mut Reports) {
        if let Some(before) = std::mem::replace(&mut self.recorder, recorder) {
            reports.push(before.end(RecordingEnd::Stopped));
        }
    }

    /// Lets what this leg says be taken for others, or go nowhere again.
    pub fn bridge(&mut self, on: bool) {
        self.spoken = on.then(|| Forward::new(self.law()));
        self.music = None;
    }

    /// Returns the next 20 ms of the hold music while the one it talks with is away.
    pub fn waits(&mut self, on: bool, sounds: &Sounds) -> Option<[u8; FRAME_SAMPLES]> {
        if !on {
            self.music = None;
            return None;
        }
        let law = self.law();
        self.music.get_or_insert_with(|| Play::music(sounds)).next_frame(law)
    }

    /// Takes what this leg said in these 20 ms, for those it is bridged with.
    pub fn spoken(&mut self) -> Option<Voice> {
        let law = self.law();
        Some(Voice { law, frame: self.spoken.as_mut()?.take(law)? })
    }

    /// Whether the other side seems to have forgotten the call: nothing has come for too long, or we have been on
    /// hold for too long, or it lasts longer than any call should.
    pub fn is_forgotten(&self, now: Instant, patience: Patience) -> bool {
        let since = |moment: Instant| now.saturating_duration_since(moment);
        let Some(started) = self.started else { return false };
        let is_lost = match self.held_since {
            Some(held) => since(held.max(started)) > patience.hold,
            None => self.agreement.is_some() && since(self.hearing.heard_at()) > patience.deaf,
        };
        is_lost || since(started) > patience.call
    }

    /// Hears what the other side reports. A round trip is told by when it is heard: that must be soon.
    pub fn hear_reports(&mut self, now: Instant, wall: Timestamp) {
        let (Peer::Found(remote), Some(reporter)) = (&self.peer, &mut self.reporter) else { return };
        if reporter.read(*remote, self.playout.ssrc(), self.secure.as_deref_mut(), wall) {
            self.hearing.is_alive(now);
        }
    }

    /// Reports to the other side, when that is due.
    pub fn report(&mut self, wall: Timestamp) {
        let (Peer::Found(remote), Some(reporter)) = (&self.peer, &mut self.reporter) else { return };
        let secure = self.secure.as_deref_mut();
        reporter.write(*remote, (&self.playout, &mut self.hearing.reception), secure, wall, false);
    }

    /// Ends what is going on, when the call ends, and says how it was heard; returns packets received and lost.
    pub fn close(mut self, wall: Timestamp, reports: &mut Reports) -> (u32, u32) {
        if let (Peer::Found(remote), Some(reporter)) = (&self.peer, &mut self.reporter) {
            let secure = self.secure.as_deref_mut();
            reporter.write(*remote, (&self.playout, &mut self.hearing.reception), secure, wall, true);
        }
        let reception = &self.hearing.reception;
        let (received, lost) = (reception.received(), reception.lost().max(0).cast_unsigned());
        let jitter_ms = reception.jitter() / 8;
        let lost_there = self.reporter.as_ref().and_then(Reporter::theirs).map(|report| report.lost);
        let round_trip_ms = self.reporter.as_ref().and_then(Reporter::round_trip_ms);
        if received > 0 {
            let mos_hundredths =
                quality::mos_hundredths(received.saturating_add(lost), lost, jitter_ms, round_trip_ms);
            info!(
                call = %self.call, received, lost, jitter_ms, lost_there, round_trip_ms, mos_hundredths,
                "how the call was heard"
            );
            let quality = CallQuality { packets: received, lost, jitter_ms, round_trip_ms, mos_hundredths };
            reports.push(PhoneEvent::Quality { call: self.call, quality });
        }
        if let Some(recorder) = self.recorder.take() {
            reports.push(recorder.end(RecordingEnd::HungUp));
        }
        (received, lost)
    }

    /// Reads what has come in. What comes before it is known what is spoken waits in the socket: sound
    /// may overtake the answer that announces it.
    ///
    /// A caller sends one packet a tick, and to look for a second costs as much as to read the first: in a menu it is
    /// looked for when it is the call's turn, until all that waited has been read. Who is heard by others is read
    /// whole at once.
    pub fn sweep(&mut self, now: Instant, turn: bool, reports: &mut Reports) {
        let Some(agreement) = self.agreement else { return };
        let whole = turn || self.behind || self.spoken.is_some() || self.ear.is_some();
        let mut buffer = [0; MAX_PACKET_BYTES];
        for read in 1..=MAX_PACKETS_A_TICK {
            match self.receive(&mut buffer) {
                Ok(Some((length, from))) => {
                    self.take_in(agreement, &mut buffer[..length], from, now, reports);
                    if !whole && matches!(self.peer, Peer::Found(_)) {
                        return;
                    }
                    self.behind = read > 1;
                }
                Ok(None) => {
                    self.behind &= read > 1;
                    return;
                }
                // A port that is closed over there says so here (ICMP); the call's signalling decides.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                Err(error) => {
                    debug!(call = %self.call, %error, "audio cannot be read");
                    return;
                }
            }
        }
    }

    fn receive(&self, buffer: &mut [u8]) -> std::io::Result<Option<(usize, Option<SocketAddr>)>> {
        let received = match self.peer {
            Peer::Found(_) => self.socket.recv(buffer).map(|length| (length, None)),
            Peer::Unknown | Peer::Said(_) => {
                self.socket.recv_from(buffer).map(|(length, from)| (length, Some(plain(from))))
            }
        };
        match received {
            Ok(received) => Ok(Some(received)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn take_in(
        &mut self,
        agreement: Agreement,
        datagram: &mut [u8],
        from: Option<SocketAddr>,
        now: Instant,
        reports: &mut Reports,
    ) {
        // What is not the other side's does not even tell where they are.
        let datagram = match &mut self.secure {
            None => datagram,
            Some(secure) => match secure.opener.packet(datagram) {
                Ok(length) => &mut datagram[..length],
                Err(_) => return,
            },
        };
        let Ok(packet) = Packet::parse(datagram) else { return };
        if let Some(from) = from
            && !self.latch(from)
        {
            return;
        }
        let taken = self.hearing.take(agreement, &packet, now);
        reports.extend(taken.keys.into_iter().filter_map(|key| translate::digit(self.call, key)));
        if let Some(law) = taken.speech {
            self.heard(law, &packet);
        }
    }

    /// A key came in the signalling; it counts unless it came with the sound too.
    pub fn key_by_info(&mut self, key: Key, now: Instant, reports: &mut Reports) {
        if self.hearing.admits_info(key, now) {
            reports.extend(translate::digit(self.call, key));
        }
    }

    fn heard(&mut self, law: Law, packet: &Packet<'_>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.heard(packet.timestamp, law, packet.payload);
        }
        if let Some(spoken) = &mut self.spoken {
            spoken.put(packet.timestamp, packet.payload);
        }
        if let Some(ear) = &self.ear {
            let heard = Heard { call: self.call, law, payload: packet.payload.into() };
            // Whoever listens too slowly misses something, as people do.
            ear.try_send(heard).unwrap_or_default();
        }
    }

    fn connect(&self, to: SocketAddr) -> std::io::Result<()> {
        self.socket.connect(named(to, self.is_six))
    }

    /// Connects the socket to the first credible sender.
    fn latch(&mut self, from: SocketAddr) -> bool {
        let Peer::Said(credible) = &mut self.peer else { return false };
        if !credible.admits(from) {
            return false;
        }
        match self.connect(from) {
            Ok(()) => {
                self.peer = Peer::Found(from);
                true
            }
            Err(error) => {
                debug!(call = %self.call, %error, "audio cannot be locked to its sender");
                false
            }
        }
    }

    /// Sends what is due in these 20 ms: a key, a prompt, the others' words, or silence.
    pub fn speak(&mut self, others: Bridged, bytes: &mut Vec<u8>, reports: &mut Reports) {
        let Some(agreement) = self.agreement.filter(|_| self.started.is_some()) else {
            self.playout.silence();
            return;
        };
        let law = agreement.law;
        let silence = [law.silence(); FRAME_SAMPLES];
        let (frame, recorded) = match self.prompt(law, reports) {
            Some(frame) => (frame, frame),
            None => (others.heard.unwrap_or(silence), others.to_all.unwrap_or(silence)),
        };
        self.tap(law, &recorded, reports);
        if !agreement.listens {
            self.playout.silence();
            return;
        }
        match agreement.keys.and_then(|keys| Some((keys, self.pressing.next_frame()?))) {
            Some((keys, press)) => self.playout.key(keys, &press).write(bytes),
            None => self.playout.audio(agreement.audio, &frame).write(bytes),
        }
        self.send(agreement, bytes);
    }

    fn prompt(&mut self, law: Law, reports: &mut Reports) -> Option<[u8; FRAME_SAMPLES]> {
        let play = self.play.as_mut()?;
        let frame = play.next_frame(law);
        if frame.is_none() {
            reports.push(PhoneEvent::PlayEnded { call: self.call, play: play.id });
            self.play = None;
        }
        frame
    }

    fn tap(&mut self, law: Law, frame: &[u8; FRAME_SAMPLES], reports: &mut Reports) {
        let Some(recorder) = &mut self.recorder else { return };
        if let Some(why) = recorder.said(law, frame)
            && let Some(recorder) = self.recorder.take()
        {
            reports.push(recorder.end(why));
        }
    }

    fn send(&mut self, agreement: Agreement, bytes: &mut Vec<u8>) {
        if let Some(reporter) = &mut self.reporter {
            reporter.sent(bytes.len().saturating_sub(HEADER_BYTES));
        }
        if let Some(secure) = &mut self.secure {
            secure.protector.packet(bytes);
        }
        let sent = match &self.peer {
            Peer::Found(_) => self.socket.send(bytes),
            Peer::Said(_) | Peer::Unknown => self.socket.send_to(bytes, named(agreement.remote, self.is_six)),
        };
        match sent {
            Ok(_) => {}
            // A full buffer costs the caller 20 ms of sound, a closed port says so for a while.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionRefused) => {}
            Err(error) => debug!(call = %self.call, %error, "audio cannot be sent"),
        }
    }
}

impl Pressing {
    fn next_frame(&mut self) -> Option<crate::rtp::telephone_event::Frame> {
        if let Some(frame) = self.current.as_mut().and_then(Sender::next_frame) {
            return Some(frame);
        }
        if self.current.take().is_some() {
            self.gap = KEY_GAP_FRAMES;
        }
        if self.gap > 0 {
            self.gap -= 1;
            return None;
        }
        /// How long we hold a key, like a person: 100 ms.
        const HELD_MS: u64 = 100;
        let mut sender = Sender::new(self.waiting.pop_front()?, HELD_MS);
        let frame = sender.next_frame();
        self.current = Some(sender);
        frame
    }
}

#[cfg(test)]
mod tests;
