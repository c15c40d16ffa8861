//! The whole service on loopback: real SIP and RTP in, a real store behind.

mod calls;
mod closed;
mod emergency;
mod flood;
mod full_disk;
pub mod house;
mod limits;
mod outsiders;
mod panics;
mod people;
mod recordings;
mod settings;
mod shift;
mod stop;
mod telephones;
mod time;
mod trunks;
mod upkeep;
