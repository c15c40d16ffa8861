//! Reports to and from the other side (RTCP), on the port above the audio's.

use std::net::{SocketAddr, UdpSocket};

use tracing::debug;

use super::secure::Secure;
use crate::domain::timestamp::Timestamp;
use crate::phone::family::{named, plain};
use crate::rtp::packet::MAX_PACKET_BYTES;
use crate::rtp::playout::Playout;
use crate::rtp::rtcp::{
    INTERVAL_MS, Reception, ReportBlock, Sent, middle, read_report, read_sent_at, round_trip_ms, write_report,
};

/// Reports read at once; one comes every few seconds.
const MAX_REPORTS_AT_ONCE: usize = 4;

/// One leg's reports.
#[derive(Debug)]
pub struct Reporter {
    /// Whether the socket names IPv4 by IPv6.
    is_six: bool,
    socket: UdpSocket,
    packets: u32,
    octets: u32,
    last_ms: i64,
    /// What the other side said last of our stream.
    theirs: Option<ReportBlock>,
    /// When we said something last, and when they did and we heard it, as reports tell the time.
    said: u32,
    heard: Option<(u32, u32)>,
    round_trip_ms: Option<u32>,
}

impl Reporter {
    pub fn new(socket: UdpSocket) -> Self {
        Self {
            is_six: socket.local_addr().is_ok_and(|address| address.is_ipv6()),
            socket,
            packets: 0,
            octets: 0,
            last_ms: 0,
            theirs: None,
            said: 0,
            heard: None,
            round_trip_ms: None,
        }
    }

    /// Counts a packet of ours.
    pub fn sent(&mut self, octets: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets as u32);
    }

    /// What the other side says of our stream.
    pub fn theirs(&self) -> Option<ReportBlock> {
        self.theirs
    }

    /// There and back, as far as they have told.
    pub fn round_trip_ms(&self) -> Option<u32> {
        self.round_trip_ms
    }

    /// Reads reports that have come from the host `remote`; true when there were any.
    pub fn read(
        &mut self,
        remote: SocketAddr,
        ours: u32,
        mut secure: Option<&mut Secure>,
        now: Timestamp,
    ) -> bool {
        let mut buffer = [0; MAX_PACKET_BYTES];
        let mut any = false;
        for _ in 0..MAX_REPORTS_AT_ONCE {
            let Ok((length, from)) = self.socket.recv_from(&mut buffer) else { break };
            if plain(from).ip() != remote.ip() {
                continue;
            }
            let length = match &mut secure {
                None => Some(length),
                Some(secure) => secure.opener.report(&mut buffer[..length]).ok(),
            };
            if let Some(length) = length {
                any = true;
                let report = &buffer[..length];
                if let Some(sent_at) = read_sent_at(report) {
                    self.heard = Some((sent_at, middle(now)));
                }
                let block = read_report(report, ours);
                let round_trip = block.and_then(|block| round_trip_ms(&block, self.said, middle(now)));
                self.round_trip_ms = round_trip.or(self.round_trip_ms);
                self.theirs = block.or(self.theirs);
            }
        }
        any
    }

    /// Sends a report when one is due, or a last one.
    pub fn write(
        &mut self,
        remote: SocketAddr,
        (playout, reception): (&Playout, &mut Reception),
        secure: Option<&mut Secure>,
        now: Timestamp,
        goodbye: bool,
    ) {
        let due = now.as_millis().saturating_sub(self.last_ms) >= INTERVAL_MS.cast_signed();
        let Some(port) = remote.port().checked_add(1).filter(|_| due || goodbye) else { return };
        self.last_ms = now.as_millis();
        let (ssrc, timestamp) = (playout.ssrc(), playout.timestamp());
        let sent = Sent { ssrc, packets: self.packets, octets: self.octets, timestamp, at: now };
        let mut bytes = Vec::with_capacity(100);
        let heard = reception.report().map(|block| match self.heard {
            Some((last_report, at)) => {
                ReportBlock { last_report, since: middle(now).wrapping_sub(at), ..block }
            }
            None => block,
        });
        self.said = if sent.packets > 0 { middle(now) } else { 0 };
        write_report(&mut bytes, &sent, heard, goodbye);
        if let Some(secure) = secure {
            secure.protector.report(&mut bytes);
        }
        // Most telephones listen there, some do not: that is no fault.
        let to = named(SocketAddr::new(remote.ip(), port), self.is_six);
        if let Err(error) = self.socket.send_to(&bytes, to) {
            debug!(%error, "a report could not be sent");
        }
    }
}
