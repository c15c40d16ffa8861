//! Signalling: SIP and the session descriptions it carries.
//!
//! The SIP library stays inside this folder; what leaves it are legs and what
//! happens to them ([`leg`]).

mod address;
mod arrival;
pub mod digest;
pub mod door;
mod framing;
pub mod gate;
mod grammar;
mod guard;
mod info;
pub mod leg;
pub mod limit;
mod plain;
mod refusal;
pub mod registrar;
mod screen;
pub mod sdp;
pub mod session_timer;
mod sketch;
pub mod stack;
pub mod standing;
pub mod transport;
mod trouble;
pub mod trust;
mod understood;
mod unfold;
