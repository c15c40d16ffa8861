//! What an installation can say about its telephones.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::media::ports::PortRange;
use super::sip::limit::SourceLimit;
use super::sip::registrar::RegistrarSettings;
use super::sip::sdp::SrtpUse;
use super::sip::session_timer;
use super::sip::stack::Lines;
use crate::domain::extension::PhoneServer;
use crate::tls::Files;

mod trunk;

pub use trunk::{Account, NumberStyle, Shown, Trunk};

/// Everything `[phone]` can hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where SIP is listened for on UDP.
    pub udp: SocketAddr,
    /// Where SIP is listened for on TCP; nowhere when left out.
    pub tcp: Option<SocketAddr>,
    /// Where SIP over TLS is listened for; nowhere when left out.
    pub tls: Option<SocketAddr>,
    /// Where SIP over WebSocket is listened for, in the clear and over TLS; nowhere when left out.
    pub ws: Option<SocketAddr>,
    pub wss: Option<SocketAddr>,
    /// What is shown to telephones that connect over TLS.
    pub certificate: Option<Files>,
    /// Where sound is protected.
    pub srtp: SrtpUse,
    /// The address told to others, behind a router that translates addresses.
    pub advertised: Option<IpAddr>,
    /// The number outgoing calls come from.
    pub number: String,
    /// The ports for audio.
    pub rtp_ports: PortRange,
    /// The lines to the telephone network.
    pub trunks: Vec<Trunk>,
    /// Other addresses whose word about a caller's number is believed.
    pub trusted: Vec<IpAddr>,
    /// Calls at once, in both directions; a caller beyond gets 503.
    pub max_calls: usize,
    /// Of these, how many are kept from whom.
    pub reserve: Reserve,
    /// Messages a source may send that is neither a trunk nor trusted.
    pub source_limit: SourceLimit,
    /// How the line's own telephones register.
    pub registrar: RegistrarSettings,
    /// Seconds without any audio from the other side after which a call is ended.
    pub deaf_after_s: u64,
    /// Seconds that calls in progress may go on when the program is told to stop; then they are ended, and whoever
    /// has nothing in hand is owed a call.
    pub stop_within_s: u64,
    /// Seconds the other side may keep us on hold, without wanting to hear anything, before a call is ended.
    pub longest_hold_s: u64,
    /// Seconds after which any call is ended.
    pub longest_call_s: u64,
    /// Seconds for which one side of a call may say no word about it, as offered to whom we ring (RFC 4028); 0 offers
    /// nothing.
    pub session_expires_s: u32,
    /// Fewer seconds than these are refused to a caller's telephone.
    pub shortest_session_s: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 5060);
        Self {
            udp: anywhere,
            tcp: Some(anywhere),
            tls: None,
            ws: None,
            wss: None,
            certificate: None,
            srtp: SrtpUse::default(),
            advertised: None,
            number: "12349".into(),
            rtp_ports: PortRange::default(),
            trunks: vec![],
            trusted: vec![],
            max_calls: 400,
            reserve: Reserve::default(),
            source_limit: SourceLimit::default(),
            registrar: RegistrarSettings::default(),
            deaf_after_s: 60,
            stop_within_s: 10,
            longest_hold_s: 1_800,
            longest_call_s: 14_400,
            session_expires_s: 1_800,
            shortest_session_s: session_timer::SHORTEST_S,
        }
    }
}

/// One in so many of the lines of strangers may wait for an answer to be acknowledged, which takes no time where there
/// is somebody; and a few at least, however few lines there are.
const HALF_OPEN_PART: usize = 4;
const HALF_OPEN_AT_LEAST: usize = 8;

/// Shares of `max_calls` that others cannot take, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reserve {
    /// For trunks, trusted addresses and our own dialling: callers from anywhere else cannot take them.
    pub trusted_percent: usize,
    /// For our own dialling alone: no caller can take them. An alarm must find a line however many ring.
    pub dialling_percent: usize,
}

impl Default for Reserve {
    fn default() -> Self {
        Self { trusted_percent: 25, dialling_percent: 5 }
    }
}

impl Settings {
    /// Where the line's own telephones register.
    pub fn server(&self) -> PhoneServer {
        let host = self.advertised.unwrap_or(self.udp.ip());
        PhoneServer {
            host: (!host.is_unspecified()).then_some(host),
            port: self.udp.port(),
            realm: self.registrar.realm.clone(),
            tcp: self.tcp.is_some(),
            tls: self.tls.map(|address| address.port()),
            ws: self.ws.map(|address| address.port()),
            wss: self.wss.map(|address| address.port()),
        }
    }

    /// Whether anybody can connect to it.
    pub fn takes_connections(&self) -> bool {
        [self.tcp, self.tls, self.ws, self.wss].iter().any(Option::is_some)
    }

    /// How many lines there are, and for whom.
    pub fn lines(&self) -> Lines {
        let without = |percent: usize| self.max_calls - self.max_calls * percent.min(100) / 100;
        let callers = without(self.reserve.dialling_percent);
        let strangers = callers.min(without(self.reserve.trusted_percent));
        let half_open = (strangers / HALF_OPEN_PART).max(HALF_OPEN_AT_LEAST).min(strangers);
        Lines { all: self.max_calls, callers, strangers, half_open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_lines_is_kept_from_strangers_and_one_from_every_caller() {
        let lines = |max_calls| Settings { max_calls, ..Settings::default() }.lines();
        assert_eq!(lines(400), Lines { all: 400, callers: 380, strangers: 300, half_open: 75 });
        assert_eq!(lines(8), Lines { all: 8, callers: 8, strangers: 6, half_open: 6 });
        assert_eq!(lines(0), Lines { all: 0, callers: 0, strangers: 0, half_open: 0 });
        let reserve = Reserve { trusted_percent: 0, dialling_percent: 300 };
        assert_eq!(Settings { reserve, ..Settings::default() }.lines().strangers, 0);
    }
}
