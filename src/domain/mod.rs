//! The words of the help line: people, places, tickets and the rules that hold between them.
//!
//! Nothing here knows that telephones, text messages or databases exist.

pub mod actor;
pub mod area;
pub mod assignment;
pub mod calendar;
pub mod call;
pub mod callback;
pub mod category;
pub mod clocks;
pub mod device;
pub mod extension;
pub mod guard;
pub mod ids;
pub mod inbox;
pub mod language;
pub mod message;
pub(crate) mod names;
pub mod number_mark;
pub mod offer;
pub mod opening;
pub mod operator;
pub mod person;
pub mod phone_number;
pub mod policy;
pub mod queue;
pub mod recording;
pub mod register;
pub mod safety;
pub mod secret;
pub mod settings;
pub mod span;
pub mod station;
pub mod survey;
pub mod task_notice;
pub mod ticket;
pub mod ticket_number;
pub mod timestamp;
pub mod transition;
pub mod triage;
pub mod urgency;
pub mod volunteer;
pub mod work_item;
