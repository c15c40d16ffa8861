//! The integration tests, one binary.
mod config;
mod layers;
mod peers;
mod store;
