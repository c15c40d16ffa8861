//! The whole service on loopback: real SIP and RTP in, a real store behind.

mod calls;
mod emergency;
mod full_disk;
pub mod house;
mod limits;
mod outsiders;
mod panics;
mod settings;
mod shift;
mod time;
mod upkeep;
