//! Yingda 应达, a district's help line: every call answered, every need met.
//!
//! The rooms of the house, pure ones first; `docs/ARCHITECTURE.md` has the map and the rules.
pub mod clock;
pub mod commands;
pub mod config;
pub mod console;
#[cfg(feature = "demo")]
pub mod demo;
pub mod desk;
pub mod dispatch;
pub mod domain;
pub mod imports;
pub mod ivr;
pub mod keys;
pub mod phone;
pub mod places;
pub mod prompts;
pub mod recordings;
pub mod rtp;
pub mod service;
pub mod simulate;
pub mod sms;
pub mod store;
pub mod text;
pub mod tls;
