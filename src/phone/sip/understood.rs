//! What the SIP parser says of a message before it gets it.
//!
//! The parser is silent about what it cannot read, and ends the whole connection when that comes over TCP. Whoever asks
//! is to get an answer: so it is asked beforehand, as far as it must read a message to answer it.

use std::net::SocketAddr;

use rsipstack::sip::{Method, SipMessage, Transport};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transport::SipConnection;

/// Whether the parser will read `message` from `source` and find to which transaction it belongs.
pub fn is_understood(message: &[u8], source: SocketAddr) -> bool {
    let Ok(message) = SipMessage::try_from(message) else { return false };
    // It notes in the topmost Via where a request came from, and needs to read that for it.
    match SipConnection::update_msg_received(message, source, Transport::Udp) {
        // What an ACK belongs to is never told to its sender.
        Ok(SipMessage::Request(request)) if request.method == Method::Ack => true,
        Ok(SipMessage::Request(request)) => {
            TransactionKey::from_request(&request, TransactionRole::Server).is_ok()
        }
        Ok(SipMessage::Response(_)) => true,
        Err(_) => false,
    }
}
