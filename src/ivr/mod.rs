//! Voice menus: what a caller may key, and where in it each caller is.
//!
//! [`menu::Menu`] is the tree, data from `config/ivr.toml`. [`walk::Walk`] is one call's place in it: it is
//! told what happens ([`words::WalkEvent`]) and answers with what to do ([`words::WalkAction`]). It plays
//! nothing, rings nobody and opens no ticket; the desk does.
//!
//! Keys are the same everywhere a resident is asked something: `0` a person, `9` an emergency, `8` another
//! language, `*` once more. `1` to `7` are choices; `#` ends what is spoken or keyed, turns a page of
//! places, and in the first menu refuses the recording.

pub mod announcement;
pub mod context;
mod incoming;
pub mod menu;
mod menu_file;
pub mod outgoing;
pub mod places;
pub mod spoken;
pub mod voice;
pub mod walk;
pub mod words;

#[cfg(test)]
mod tests;
