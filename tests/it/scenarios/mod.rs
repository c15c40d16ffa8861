//! Scenarios: what the help line does, told as it happens.

mod callers;
mod candidates;
mod chosen;
mod console;
mod help;
mod helpers;
mod residents;
mod table;
pub mod town;
