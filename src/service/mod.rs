//! The house at work: what starts the rooms, carries their words to each other, and answers the
//! command line. It decides nothing about tickets.

mod clock_watch;
pub mod control;
pub mod desk_loop;
pub mod errands;
pub mod front_desk;
pub mod house;
mod imports;
pub mod in_force;
pub mod inbox;
pub mod last_known;
pub mod living;
pub mod office;
mod recorded_day;
mod roads;
pub mod rules;
pub mod rules_check;
pub mod run;
pub mod screens;
mod telephones;
pub mod texts;
pub mod upkeep;
pub mod vitals;
