//! A password, token or key that settings carry and nothing shows.

use serde::{Deserialize, Serialize};

/// A secret of the settings. `Debug` and `Display` hide it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// The secret itself: for the one place that proves it to somebody.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("•••")
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_itself_nowhere() {
        let secret = Secret::new("open sesame");
        assert_eq!(format!("{secret} {secret:?}"), "••• Secret(•••)");
        assert_eq!(secret.expose(), "open sesame");
    }
}
