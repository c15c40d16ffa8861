//! Scenarios: what the help line does, told as it happens.

mod help;
pub mod town;
