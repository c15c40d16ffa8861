//! The words of text messages: what is sent, in how many parts, and what a reply means.
//!
//! Here too: what differs between two texts. Pure. Who is texted and when is `desk`'s business, how it travels is `sms`'s.

pub mod difference;
pub mod meaning;
pub mod reply;
pub mod segments;
pub mod staff;
pub mod template_file;
pub mod templates;
pub mod when;
pub mod words;
