//! Dispatch: who may be asked, in which order, how many at once, and who is told when nobody answers.
//!
//! Pure: what it needs of people, places and time is handed in. It knows nothing of how anyone is reached.

pub mod batch;
pub mod candidates;
mod card;
mod chance;
pub mod escalation;
pub mod explain;
#[cfg(test)]
mod fixtures;
pub mod free_places;
mod homes;
pub mod index;
pub mod institutions;
mod nearby;
pub mod offer;
mod on_foot;
pub mod ranking;
pub mod roads;
pub mod roster;
pub mod stations;
pub mod together;
pub mod window;
