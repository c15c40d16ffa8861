//! UDP ports for audio, one call each, out of the configured range.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use serde::{Deserialize, Serialize};
use socket2::{Domain, Protocol, Socket, Type};

use crate::domain::ids::Chance;

/// The ports audio may use, both ends included. Even ones carry audio, the odd one above its reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

impl Default for PortRange {
    fn default() -> Self {
        Self { first: 20_000, last: 29_999 }
    }
}

/// What one call hears and speaks through.
#[derive(Debug)]
pub struct Sockets {
    pub audio: UdpSocket,
    /// On the port above; a call does without when another program holds it.
    pub reports: Option<UdpSocket>,
}

/// No port of the range is free.
#[derive(Debug, thiserror::Error)]
#[error("no free UDP port from {} to {} for audio; widen phone.rtp_ports", range.first, range.last)]
pub struct NoPort {
    range: PortRange,
}

/// Hands out ports in turn, so that a port rests as long as possible before its next call: late
/// packets of the call before must not be heard in the next.
#[derive(Debug)]
pub struct Ports {
    address: IpAddr,
    range: PortRange,
    next: u16,
}

impl Ports {
    /// Begins somewhere in the range: after a restart, far ends of calls that died go on sending to the ports those
    /// had, and should find nobody there.
    pub fn new(address: IpAddr, range: PortRange, chance: &mut Chance) -> Self {
        let pairs = (u32::from(range.last) + 1).saturating_sub(u32::from(range.first)) / 2;
        let begin = u16::try_from(2 * chance.below(pairs.max(1))).unwrap_or(0);
        Self { address, range, next: range.first.saturating_add(begin) }
    }

    /// Binds the next free port.
    pub fn open(&mut self) -> Result<Sockets, NoPort> {
        let PortRange { first, last } = self.range;
        let pairs = (u32::from(last) + 1).saturating_sub(u32::from(first)) / 2;
        for _ in 0..pairs {
            let port = self.next;
            self.next = match self.next.checked_add(2) {
                Some(next) if next < last => next,
                Some(_) | None => first,
            };
            if let Ok(audio) = self.bind(port) {
                return Ok(Sockets { audio, reports: self.bind(port + 1).ok() });
            }
        }
        Err(NoPort { range: self.range })
    }

    fn bind(&self, port: u16) -> std::io::Result<UdpSocket> {
        let address = SocketAddr::new(self.address, port);
        let socket =
            Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
        socket.bind(&address.into())?;
        Ok(socket.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_taken_in_turn_and_run_out_with_a_sentence() {
        // Three pairs found free a moment ago.
        let probe = UdpSocket::bind("127.0.0.1:0").unwrap();
        let first = probe.local_addr().unwrap().port() & !1;
        drop(probe);
        let range = PortRange { first, last: first.saturating_add(5) };
        let mut ports = Ports::new("127.0.0.1".parse().unwrap(), range, &mut Chance::from_number(1));
        let mut open = Vec::new();
        let error = loop {
            match ports.open() {
                Ok(socket) => open.push(socket),
                Err(error) => break error,
            }
        };
        let taken: Vec<_> =
            open.iter().map(|sockets: &Sockets| sockets.audio.local_addr().unwrap().port()).collect();
        assert!(
            taken.iter().all(|port| port % 2 == 0 && (range.first..=range.last).contains(port)),
            "{taken:?}"
        );
        let again = taken.iter().position(|port| *port == first).unwrap_or(0);
        let in_turn = [&taken[again..], &taken[..again]].concat();
        assert!(in_turn.is_sorted() && taken.len() <= 3, "{taken:?}");
        assert!(error.to_string().contains("widen phone.rtp_ports"));
    }
}
