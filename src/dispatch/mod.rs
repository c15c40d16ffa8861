//! Dispatch: who may be asked, in which order, how many at once, and who is told when nobody answers.
//!
//! Pure: what it needs of people, places and time is handed in. It knows nothing of how anyone is reached.

pub mod candidates;
mod card;
pub mod escalation;
pub mod explain;
#[cfg(test)]
mod fixtures;
mod index;
pub mod institutions;
pub mod offer;
pub mod ranking;
pub mod roster;
pub mod stations;
