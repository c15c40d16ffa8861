//! Reports to and from the other side (RTCP), on the port above the audio's.

use std::net::{SocketAddr, UdpSocket};

use tracing::debug;

use crate::domain::timestamp::Timestamp;
use crate::rtp::packet::MAX_PACKET_BYTES;
use crate::rtp::playout::Playout;
use crate::rtp::rtcp::{INTERVAL_MS, Reception, ReportBlock, Sent, read_report, write_report};

/// Reports read at once; one comes every few seconds.
const MAX_REPORTS_AT_ONCE: usize = 4;

/// One leg's reports.
#[derive(Debug)]
pub struct Reporter {
    socket: UdpSocket,
    packets: u32,
    octets: u32,
    last_ms: i64,
    /// What the other side said last of our stream.
    theirs: Option<ReportBlock>,
}

impl Reporter {
    pub fn new(socket: UdpSocket) -> Self {
        Self { socket, packets: 0, octets: 0, last_ms: 0, theirs: None }
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

    /// Reads reports that have come from the host `remote`; true when there were any.
    pub fn read(&mut self, remote: SocketAddr, ours: u32) -> bool {
        let mut buffer = [0; MAX_PACKET_BYTES];
        let mut any = false;
        for _ in 0..MAX_REPORTS_AT_ONCE {
            let Ok((length, from)) = self.socket.recv_from(&mut buffer) else { break };
            if from.ip() == remote.ip() {
                any = true;
                self.theirs = read_report(&buffer[..length], ours).or(self.theirs);
            }
        }
        any
    }

    /// Sends a report when one is due, or a last one.
    pub fn write(
        &mut self,
        remote: SocketAddr,
        playout: &Playout,
        reception: &mut Reception,
        now: Timestamp,
        goodbye: bool,
    ) {
        let due = now.as_millis().saturating_sub(self.last_ms) >= INTERVAL_MS.cast_signed();
        let Some(port) = remote.port().checked_add(1).filter(|_| due || goodbye) else { return };
        self.last_ms = now.as_millis();
        let (ssrc, timestamp) = (playout.ssrc(), playout.timestamp());
        let sent = Sent { ssrc, packets: self.packets, octets: self.octets, timestamp, at: now };
        let mut bytes = Vec::with_capacity(100);
        write_report(&mut bytes, &sent, reception.report(), goodbye);
        // Most telephones listen there, some do not: that is no fault.
        if let Err(error) = self.socket.send_to(&bytes, SocketAddr::new(remote.ip(), port)) {
            debug!(%error, "a report could not be sent");
        }
    }
}
