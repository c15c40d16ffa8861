//! What can be said: clips, the manifests that list them, and sentences put together from them.
//!
//! Pure: this room reads no file. Somebody else brings the manifests' text and says which files are
//! there; [`check`] compares the two, [`library::Library`] turns a [`sentence::Sentence`] into what is played.

pub mod check;
pub mod clip;
pub mod library;
pub mod manifest;
pub mod phrase;
pub mod sentence;
pub mod times;
