//! Scenarios: what the help line does, told as it happens.

mod callers;
mod candidates;
mod chosen;
mod clocks;
mod closing;
mod console;
mod help;
mod helpers;
mod landlines;
mod reopening;
mod residents;
mod settings;
mod stations;
mod table;
mod tasks;
pub mod town;
mod trust;
mod visits;
