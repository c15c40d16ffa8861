//! The UDP socket in front of the SIP parser: repairs, answers or drops what
//! the parser would lose, and holds back sources that send too much.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rsipstack::platform::net::UdpSocket as ParserSocket;
use socket2::{Domain, Protocol, Socket, Type};
use tracing::debug;

use super::limit::{SourceLimit, SourceLimits};
use super::refusal::{Fault, refuse};
use super::screen::{Verdict, screen};
use super::trust::Trust;
use crate::clock;

/// Room for some thousand messages while a burst is worked off.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;

/// What the guard did, for health and metrics.
#[derive(Debug, Default)]
pub struct GuardCounters {
    pub passed: AtomicU64,
    pub repaired: AtomicU64,
    pub refused: AtomicU64,
    pub dropped: AtomicU64,
    pub held_back: AtomicU64,
}

/// The socket the parser reads from.
pub struct Guard {
    socket: tokio::net::UdpSocket,
    trust: Trust,
    /// A mutex because the parser wants a shared socket; one task alone ever takes it.
    limits: Mutex<SourceLimits>,
    counters: Arc<GuardCounters>,
}

impl Guard {
    /// Binds the socket.
    pub fn bind(
        address: SocketAddr,
        limit: SourceLimit,
        trust: Trust,
        counters: Arc<GuardCounters>,
    ) -> std::io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        socket.bind(&address.into())?;
        let socket = tokio::net::UdpSocket::from_std(socket.into())?;
        Ok(Self { socket, trust, limits: Mutex::new(SourceLimits::new(limit)), counters })
    }

    pub fn local_address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Decides about the datagram in `buffer[..length]`; returns its length when it goes to the parser.
    fn admit(&self, buffer: &mut [u8], length: usize, source: SocketAddr) -> Option<usize> {
        let datagram = &buffer[..length];
        if !self.trust.is_trusted(source.ip()) && !self.within_limit(source) {
            count(&self.counters.held_back);
            if datagram.starts_with(b"INVITE ") {
                self.answer(datagram, source, &Fault::Overloaded);
            }
            return None;
        }
        match screen(datagram) {
            Verdict::Pass(std::borrow::Cow::Borrowed(_)) => {
                count(&self.counters.passed);
                Some(length)
            }
            Verdict::Pass(std::borrow::Cow::Owned(message)) if message.len() <= buffer.len() => {
                count(&self.counters.repaired);
                buffer[..message.len()].copy_from_slice(&message);
                Some(message.len())
            }
            Verdict::Pass(std::borrow::Cow::Owned(_)) => {
                self.answer(datagram, source, &Fault::TooLarge);
                None
            }
            Verdict::Refuse(fault) => {
                self.answer(datagram, source, &fault);
                None
            }
            Verdict::Drop => {
                count(&self.counters.dropped);
                None
            }
        }
    }

    fn within_limit(&self, source: SocketAddr) -> bool {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.admits(source.ip(), clock::monotonic())
    }

    fn answer(&self, datagram: &[u8], source: SocketAddr, fault: &Fault) {
        let Some(refusal) = refuse(datagram, source, fault) else {
            count(&self.counters.dropped);
            return;
        };
        count(&self.counters.refused);
        if let Err(error) = self.socket.try_send_to(&refusal.bytes, refusal.to) {
            debug!(%error, "a refusal could not be sent");
        }
    }
}

#[async_trait::async_trait]
impl ParserSocket for Guard {
    async fn recv_from(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        loop {
            let (length, source) = self.socket.recv_from(buffer).await?;
            if let Some(length) = self.admit(buffer, length, source) {
                return Ok((length, source));
            }
        }
    }

    async fn send_to(&self, message: &[u8], to: SocketAddr) -> rsipstack::Result<usize> {
        Ok(self.socket.send_to(message, to).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
