//! The integration tests, one binary.
#![allow(clippy::unwrap_used, reason = "what a test cannot do without, it may insist on")]

mod commands;
mod config;
mod console;
mod control;
#[cfg(feature = "demo")]
mod crash;
#[cfg(feature = "demo")]
mod demo;
#[cfg(feature = "demo")]
mod district;
mod imports;
mod layers;
mod literature;
mod papers;
mod peers;
mod prompts;
mod recordings;
mod roads;
mod scenarios;
mod service;
mod simulation;
#[cfg(feature = "demo")]
mod sms;
mod speech;
mod store;
mod waiting;
mod wire;
