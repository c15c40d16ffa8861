//! Scenarios: what happens on a call, and what the walk does about it.

mod incoming;
mod script;
