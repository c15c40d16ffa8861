//! Text messages on the wire: the outbox goes out to an SMS centre over SMPP 3.4, and what comes back
//! is kept before the centre is answered.
//!
//! Knows no store: `service` gives it `ports::Ports`.

pub mod backoff;
pub mod counters;
pub mod courier;
pub mod guard;
pub mod health;
pub mod inbound;
mod keeper;
mod link;
mod pace;
pub mod ports;
pub mod receipt;
pub mod session;
pub mod settings;
