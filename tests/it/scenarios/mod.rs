//! Scenarios: what the help line does, told as it happens.

mod callers;
mod console;
mod help;
mod helpers;
mod residents;
mod settings;
mod stations;
mod table;
pub mod town;
