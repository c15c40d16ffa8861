//! The whole service on loopback: real SIP and RTP in, a real store behind.

mod calls;
pub mod house;
mod settings;
