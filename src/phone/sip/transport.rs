//! What messages travel by, in the library's words and in ours.

use std::net::SocketAddr;

use rsipstack::sip::Transport;
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::SipAddr;

use crate::domain::extension::PhoneTransport;

/// Where each is listened for, with the port the system chose when none was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    pub udp: SocketAddr,
    pub tcp: Option<SocketAddr>,
    pub tls: Option<SocketAddr>,
    pub ws: Option<SocketAddr>,
    pub wss: Option<SocketAddr>,
}

impl Listening {
    pub fn by_udp(udp: SocketAddr) -> Self {
        Self { udp, tcp: None, tls: None, ws: None, wss: None }
    }

    /// The same, and at this address for that too.
    #[must_use]
    pub fn and(mut self, transport: PhoneTransport, address: SocketAddr) -> Self {
        match transport {
            PhoneTransport::Udp => self.udp = address,
            PhoneTransport::Tcp => self.tcp = Some(address),
            PhoneTransport::Tls => self.tls = Some(address),
            PhoneTransport::Ws => self.ws = Some(address),
            PhoneTransport::Wss => self.wss = Some(address),
        }
        self
    }

    /// The address for one of them, if it is listened for.
    pub fn by(&self, transport: PhoneTransport) -> Option<SocketAddr> {
        match transport {
            PhoneTransport::Udp => Some(self.udp),
            PhoneTransport::Tcp => self.tcp,
            PhoneTransport::Tls => self.tls,
            PhoneTransport::Ws => self.ws,
            PhoneTransport::Wss => self.wss,
        }
    }
}

pub fn of(transport: PhoneTransport) -> Transport {
    match transport {
        PhoneTransport::Udp => Transport::Udp,
        PhoneTransport::Tcp => Transport::Tcp,
        PhoneTransport::Tls => Transport::Tls,
        PhoneTransport::Ws => Transport::Ws,
        PhoneTransport::Wss => Transport::Wss,
    }
}

/// What an address says its messages travel by.
pub fn named(transport: Option<Transport>) -> PhoneTransport {
    match transport {
        Some(Transport::Tcp) => PhoneTransport::Tcp,
        Some(Transport::Tls) => PhoneTransport::Tls,
        Some(Transport::Ws) => PhoneTransport::Ws,
        Some(Transport::Wss) => PhoneTransport::Wss,
        Some(Transport::Udp | Transport::Sctp | Transport::TlsSctp) | None => PhoneTransport::Udp,
    }
}

/// What a request came by. Of a connection its address says so: to the library every one that comes through our door is
/// TCP.
pub fn came_by(transaction: &Transaction) -> PhoneTransport {
    let connection = transaction.connection.as_ref();
    let from = connection.and_then(|connection| connection.get_remote_addr());
    named(from.and_then(|address| address.r#type))
}

pub fn address(transport: PhoneTransport, address: SocketAddr) -> SipAddr {
    SipAddr::new(of(transport), address.into())
}
