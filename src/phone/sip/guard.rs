//! The UDP socket in front of the SIP parser. It mends, answers or drops what the parser would lose.
//!
//! Whenever the parser asks for one datagram, all that the system holds are taken in and judged: what waits unseen is
//! repeated by its sender, and lost when the system has no more room. What belongs to calls that exist then goes
//! first, so that a rush of new ones keeps none of them from being acknowledged or ended; but whatever others send,
//! there is always room for a new call.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use rsipstack::platform::net::UdpSocket as ParserSocket;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::Mutex;
use tracing::debug;

use super::gate::{Gate, Judgement, is_invite};
use crate::phone::family::{named, plain};

/// Room for some thousand messages while a burst is worked off.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;

/// Datagrams judged before the parser gets the next: so many as come while a burst of other work is done.
const JUDGED_AT_ONCE: usize = 256;

/// Datagrams that wait for the parser; what more comes waits in the system. New calls are never so many, they are refused.
const WAITING: usize = 4_096;

/// The largest datagram there is.
const MAX_DATAGRAM_BYTES: usize = 65_536;

/// The socket the parser reads from.
pub struct Guard {
    socket: tokio::net::UdpSocket,
    /// Whether it may serve IPv4 too, by IPv6.
    is_six: bool,
    gate: Arc<Gate>,
    /// The parser reads with one task; the mutex only says so to the compiler.
    inbox: Mutex<Inbox>,
}

/// What has been taken in.
struct Inbox {
    /// A whole datagram, larger than what the parser takes, so that it can be answered.
    datagram: Box<[u8]>,
    of_calls: VecDeque<Waiting>,
    new_calls: VecDeque<Waiting>,
    others: VecDeque<Waiting>,
    taken: u32,
}

type Waiting = (Vec<u8>, SocketAddr);

/// How what belongs to a call begins. A re-INVITE waits with new calls: to tell them apart costs more than the wait.
const OF_CALLS: [&[u8]; 7] = [b"SIP/2.0 ", b"ACK ", b"BYE ", b"CANCEL ", b"PRACK ", b"UPDATE ", b"INFO "];

/// Of so many one is of the new calls, and of so many one is of the others, whatever waits of those before them.
const NEW_CALL_OF: u32 = 4;
const OTHER_OF: u32 = 16;

impl Inbox {
    fn has_room(&self) -> bool {
        self.of_calls.len() + self.new_calls.len() + self.others.len() < WAITING
    }

    fn put(&mut self, message: Vec<u8>, source: SocketAddr) {
        let queue = if is_invite(&message) {
            &mut self.new_calls
        } else if OF_CALLS.iter().any(|begin| message.starts_with(begin)) {
            &mut self.of_calls
        } else {
            &mut self.others
        };
        queue.push_back((message, source));
    }

    fn take(&mut self) -> Option<Waiting> {
        self.taken = self.taken.wrapping_add(1);
        let first = if self.taken.is_multiple_of(OTHER_OF) {
            self.others.pop_front()
        } else if self.taken.is_multiple_of(NEW_CALL_OF) {
            self.new_calls.pop_front()
        } else {
            None
        };
        let queues = [&mut self.of_calls, &mut self.new_calls, &mut self.others];
        first.or_else(|| queues.into_iter().find_map(VecDeque::pop_front))
    }
}

impl Guard {
    /// Binds the socket.
    pub fn bind(address: SocketAddr, gate: Arc<Gate>) -> std::io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            // Whatever the system's default is: `[::]` is everybody.
            socket.set_only_v6(false)?;
        }
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        socket.bind(&address.into())?;
        let datagram = vec![0; MAX_DATAGRAM_BYTES].into();
        let (of_calls, new_calls, others) = Default::default();
        let inbox = Inbox { datagram, of_calls, new_calls, others, taken: 0 };
        let socket = tokio::net::UdpSocket::from_std(socket.into())?;
        Ok(Self { socket, is_six: address.is_ipv6(), gate, inbox: Mutex::new(inbox) })
    }

    pub fn local_address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Takes in what the system holds; at most `room` bytes of each go to the parser.
    fn take_in(&self, inbox: &mut Inbox, room: usize) -> std::io::Result<()> {
        for _ in 0..JUDGED_AT_ONCE {
            if !inbox.has_room() {
                return Ok(());
            }
            let (length, source) = match self.socket.try_recv_from(&mut inbox.datagram) {
                Ok((length, source)) => (length, plain(source)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            match self.gate.judge(&inbox.datagram[..length], source, room) {
                Judgement::Pass(message) => {
                    let message = message.into_owned();
                    inbox.put(message, source);
                }
                Judgement::Answer(refusal) => {
                    if let Err(error) =
                        self.socket.try_send_to(&refusal.bytes, named(refusal.to, self.is_six))
                    {
                        debug!(%error, "a refusal could not be sent");
                    }
                }
                Judgement::Nothing => {}
            }
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl ParserSocket for Guard {
    async fn recv_from(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        let mut inbox = self.inbox.lock().await;
        loop {
            let taken_in = self.take_in(&mut inbox, buffer.len());
            if let Some((message, source)) = inbox.take() {
                buffer[..message.len()].copy_from_slice(&message);
                return Ok((message.len(), source));
            }
            taken_in?;
            self.socket.readable().await?;
        }
    }

    async fn send_to(&self, message: &[u8], to: SocketAddr) -> rsipstack::Result<usize> {
        Ok(self.socket.send_to(message, named(to, self.is_six)).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_calls_goes_first_and_no_rush_of_anything_leaves_a_new_call_waiting() {
        let (of_calls, new_calls, others) = Default::default();
        let mut inbox = Inbox { datagram: Box::default(), of_calls, new_calls, others, taken: 0 };
        let source: SocketAddr = "192.0.2.5:5060".parse().unwrap();
        for message in ["OPTIONS sip:a SIP/2.0", "INVITE sip:a SIP/2.0", "BYE sip:a SIP/2.0"] {
            (0..20).for_each(|_| inbox.put(message.into(), source));
        }
        let mut taken = || inbox.take().map(|(message, _)| char::from(message[0])).unwrap_or('-');
        let first: String = (0..16).map(|_| taken()).collect();
        assert_eq!(first, "BBBIBBBIBBBIBBBO");
        let all: String = (0..45).map(|_| taken()).collect();
        assert_eq!(all.matches('-').count(), 1, "none is lost: {all}");
    }
}
