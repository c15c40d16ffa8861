//! The telephone against real peers: SIPp signals, a socket of ours is the telephone's ear and keypad.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops at the first surprise"
)]

mod admission;
mod asking;
pub mod handset;
pub mod http;
pub mod line;
pub mod peer;
pub mod telephone;

pub mod baresip;
mod callers;
mod calls;
mod floor;
mod hostile;
mod messages;
mod outgoing;
mod recordings;
mod registering;
mod ringing;
pub mod telephones;
mod torture;
mod transfers;
