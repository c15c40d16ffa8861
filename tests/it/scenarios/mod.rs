//! Scenarios: what the help line does, told as it happens.

mod callers;
mod candidates;
mod chosen;
mod console;
mod duty_phones;
mod help;
mod helpers;
pub mod institutions;
mod landlines;
mod residents;
mod settings;
mod stations;
mod table;
mod tasks;
pub mod town;
mod visits;
