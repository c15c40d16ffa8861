//! Scenarios: what happens on a call, and what the walk does about it.

mod care;
mod emergency;
mod emergency_calls;
mod front;
mod helper;
mod known;
mod menu;
mod outgoing;
mod person;
mod place;
mod presses;
mod random;
mod script;
mod ticket;
mod volunteer;
mod waiting;
