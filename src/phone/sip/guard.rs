//! The UDP socket in front of the SIP parser. It mends, answers or drops what the parser would lose.

use std::net::SocketAddr;
use std::sync::Arc;

use rsipstack::platform::net::UdpSocket as ParserSocket;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::Mutex;
use tracing::debug;

use super::gate::{Gate, Judgement};

/// Room for some thousand messages while a burst is worked off.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;

/// The largest datagram there is.
const MAX_DATAGRAM_BYTES: usize = 65_536;

/// The socket the parser reads from.
pub struct Guard {
    socket: tokio::net::UdpSocket,
    gate: Arc<Gate>,
    /// A whole datagram, larger than what the parser takes, so that it can be answered. The parser
    /// reads with one task; the mutex only says so to the compiler.
    datagram: Mutex<Box<[u8]>>,
}

impl Guard {
    /// Binds the socket.
    pub fn bind(address: SocketAddr, gate: Arc<Gate>) -> std::io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        socket.bind(&address.into())?;
        let datagram = Mutex::new(vec![0; MAX_DATAGRAM_BYTES].into());
        Ok(Self { socket: tokio::net::UdpSocket::from_std(socket.into())?, gate, datagram })
    }

    pub fn local_address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Copies a datagram to `buffer`, mended if need be; returns its length there when it is fit for the parser.
    fn admit(&self, datagram: &[u8], source: SocketAddr, buffer: &mut [u8]) -> Option<usize> {
        match self.gate.judge(datagram, source, buffer.len()) {
            Judgement::Pass(message) => {
                buffer[..message.len()].copy_from_slice(&message);
                Some(message.len())
            }
            Judgement::Answer(refusal) => {
                if let Err(error) = self.socket.try_send_to(&refusal.bytes, refusal.to) {
                    debug!(%error, "a refusal could not be sent");
                }
                None
            }
            Judgement::Nothing => None,
        }
    }
}

#[async_trait::async_trait]
impl ParserSocket for Guard {
    async fn recv_from(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        let mut datagram = self.datagram.lock().await;
        loop {
            let (length, source) = self.socket.recv_from(&mut datagram).await?;
            if let Some(length) = self.admit(&datagram[..length], source, buffer) {
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
