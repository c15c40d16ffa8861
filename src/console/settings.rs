//! Where the console listens, and for how long somebody stays logged in.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::domain::secret::Secret;
use crate::tls::Files;

/// The console's part of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Loopback by default; any other address needs `tls` or `behind_proxy`.
    pub listen: SocketAddr,
    /// A proxy in front speaks TLS and sets X-Forwarded-For.
    pub behind_proxy: bool,
    pub tls: Option<Files>,
    /// Logged out after so many minutes without a request.
    pub idle_minutes: u32,
    /// Logged out after so many hours in any case.
    pub session_hours: u32,
    /// What a reader of /metrics from another machine shows as its bearer token.
    pub metrics_token: Option<Secret>,
    /// The IANA time zone that times on the screens are in.
    pub time_zone: String,
}

/// Why the console cannot be served as it is set up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error(
        "console.listen = \"{0}\" is not a loopback address: passwords would cross the network in the clear. \
         Set console.tls (certificate and key), or console.behind_proxy = true when a proxy in front speaks TLS"
    )]
    Unprotected(SocketAddr),
    #[error("console.time_zone = \"{0}\" is no IANA time zone; write for example \"Asia/Shanghai\"")]
    NoSuchZone(String),
    #[error("console.{0} must be at least 1")]
    Zero(&'static str),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            behind_proxy: false,
            tls: None,
            idle_minutes: 60,
            session_hours: 12,
            metrics_token: None,
            time_zone: "Asia/Shanghai".into(),
        }
    }
}

impl Settings {
    /// Whether they may be served.
    ///
    /// # Errors
    /// The sentence that says what to change.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !self.listen.ip().is_loopback() && !self.is_protected() {
            return Err(SettingsError::Unprotected(self.listen));
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            return Err(SettingsError::NoSuchZone(self.time_zone.clone()));
        }
        match (self.idle_minutes, self.session_hours) {
            (0, _) => Err(SettingsError::Zero("idle_minutes")),
            (_, 0) => Err(SettingsError::Zero("session_hours")),
            _ => Ok(()),
        }
    }

    /// Whether browsers reach us over TLS, so that cookies may say so.
    pub fn is_protected(&self) -> bool {
        self.tls.is_some() || self.behind_proxy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_address_without_tls_is_refused_with_the_remedy() {
        let open = Settings { listen: SocketAddr::from(([0, 0, 0, 0], 8080)), ..Settings::default() };
        let refusal = open.check().unwrap_err().to_string();
        assert!(refusal.contains("console.tls") && refusal.contains("console.behind_proxy"), "{refusal}");
        assert_eq!(Settings { behind_proxy: true, ..open }.check(), Ok(()));
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn a_zone_nobody_knows_is_refused() {
        let settings = Settings { time_zone: "Asia/Qingdao".into(), ..Settings::default() };
        assert_eq!(settings.check(), Err(SettingsError::NoSuchZone("Asia/Qingdao".into())));
    }
}
