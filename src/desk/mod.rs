//! The desk: what the help line decides. `Desk::handle(event, now)` says what to write and what to do.
//!
//! Pure: the desk knows no database, no trunk and no clock but the time it is handed.

pub mod case;
pub mod command;
pub mod effect;
pub mod event;
pub mod history;
pub mod write;
