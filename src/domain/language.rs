//! Languages the line speaks.

use super::names::named_enum;

named_enum! {
    /// A language of prompts, texts and screens (BCP 47 primary tags).
    pub enum Language {
        Zh = "zh",
        En = "en",
        /// Tibetan; what has not been recorded by a person falls back to Chinese.
        Bo = "bo",
    }
}
