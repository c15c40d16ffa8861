//! The telephone against real peers: SIPp signals, a socket of ours is the telephone's ear and keypad.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops at the first surprise"
)]

mod accounts;
mod admission;
mod asking;
mod dialog;
pub mod gateway;
pub mod handset;
pub mod http;
pub mod line;
pub mod peer;
pub mod secret;
pub mod telephone;

pub mod baresip;
mod callers;
mod calls;
mod changes;
mod floor;
mod hostile;
mod messages;
mod outgoing;
mod over_tls;
mod protected;
mod races;
mod recordings;
mod registering;
mod reliable;
mod ringing;
mod sessions;
mod six;
pub mod telephones;
mod torture;
mod transfers;
mod trunks;
mod websocket;
