//! The house at work: what starts the rooms, carries their words to each other, and answers the
//! command line. It decides nothing about tickets.

pub mod control;
