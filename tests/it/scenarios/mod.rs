//! Scenarios: what the help line does, told as it happens.

mod bridges;
mod callers;
mod candidates;
mod chosen;
mod clocks;
mod closing;
mod console;
mod duty_phones;
mod help;
mod helpers;
mod inbox;
pub mod institutions;
mod landlines;
mod numbers;
mod reopening;
mod residents;
mod safety;
mod settings;
mod stations;
mod surveys;
mod table;
mod tasks;
pub mod town;
mod transfers;
mod triage;
mod trust;
mod visits;
