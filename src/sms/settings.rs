//! How the SMS centre is reached, and how fast it may be fed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::names::named_enum;
use crate::domain::phone_number::{NumberingPlan, PhoneNumber};
use crate::domain::secret::Secret;

/// Octets a name may have in a bind (SMPP 3.4 §4.1.5, without the closing NUL).
const MAX_SYSTEM_ID: usize = 15;
const MAX_PASSWORD: usize = 8;
const MAX_SYSTEM_TYPE: usize = 12;
/// Octets of an address (§5.2.8).
const MAX_ADDRESS: usize = 20;

named_enum! {
    /// How a subscriber's number is written to the centre.
    pub enum NumberStyle {
        /// `8613800000001`, TON international.
        International = "international",
        /// `13800000001`, TON national.
        National = "national",
    }
}

named_enum! {
    /// Which alphabet texts go in.
    pub enum AlphabetChoice {
        /// GSM 7 bit when it holds the whole text, UCS-2 otherwise.
        Smallest = "smallest",
        /// UCS-2 always: for centres whose default alphabet is not GSM 7 bit.
        Ucs2 = "ucs2",
    }
}

/// The settings of the SMPP link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `host:port`; the name is resolved by the system at each connect.
    pub address: String,
    pub system_id: String,
    pub password: Secret,
    pub system_type: String,
    /// The short number texts come from.
    pub source: String,
    /// Type of number and numbering plan of `source` (SMPP 3.4 §5.2.5, §5.2.6).
    pub source_ton: u8,
    pub source_npi: u8,
    pub number_style: NumberStyle,
    pub alphabet: AlphabetChoice,
    /// Ask for a receipt of every part.
    pub receipts: bool,
    /// Tell the centre to give up at the text's own deadline.
    pub validity: bool,
    /// Parts on the way to the centre at a time.
    pub window: u16,
    /// Parts a second, as the contract with the centre says.
    pub parts_per_second: u16,
    pub enquire_link_s: u16,
    pub response_s: u16,
    /// The first wait before connecting again; it doubles, with chance in it, up to the longest.
    pub reconnect_first_ms: u32,
    pub reconnect_longest_s: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: String::new(),
            system_id: String::new(),
            password: Secret::default(),
            system_type: String::new(),
            source: String::new(),
            source_ton: 0,
            source_npi: 1,
            number_style: NumberStyle::International,
            alphabet: AlphabetChoice::Smallest,
            receipts: true,
            validity: true,
            window: 10,
            parts_per_second: 20,
            enquire_link_s: 30,
            response_s: 10,
            reconnect_first_ms: 500,
            reconnect_longest_s: 60,
        }
    }
}

/// Why the settings cannot be used; `key` is the key in the section of the SMS centre.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {problem}")]
pub struct SettingsError {
    pub key: &'static str,
    pub problem: String,
}

impl Settings {
    /// Checks what types cannot.
    ///
    /// # Errors
    /// The first key that is wrong, with its remedy.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |key, problem: String| Err(SettingsError { key, problem });
        let port = self
            .address
            .rsplit_once(':')
            .and_then(|(host, port)| port.parse::<u16>().ok().filter(|port| *port > 0 && !host.is_empty()));
        if port.is_none() {
            return wrong("address", "must be host:port, as `10.0.0.5:2775`".into());
        }
        for (key, value, most) in [
            ("system_id", self.system_id.as_str(), MAX_SYSTEM_ID),
            ("password", self.password.expose(), MAX_PASSWORD),
            ("system_type", self.system_type.as_str(), MAX_SYSTEM_TYPE),
            ("source", self.source.as_str(), MAX_ADDRESS),
        ] {
            if value.len() > most || !value.is_ascii() || value.contains('\0') {
                return wrong(key, format!("must be at most {most} ASCII characters"));
            }
        }
        if self.system_id.is_empty() {
            return wrong("system_id", "must name the account at the centre".into());
        }
        for (key, value, least, most) in [
            ("window", u32::from(self.window), 1, 200),
            ("parts_per_second", u32::from(self.parts_per_second), 1, 10_000),
            ("enquire_link_s", u32::from(self.enquire_link_s), 1, 3_600),
            ("response_s", u32::from(self.response_s), 1, 300),
            ("reconnect_first_ms", self.reconnect_first_ms, 10, 60_000),
            ("reconnect_longest_s", u32::from(self.reconnect_longest_s), 1, 3_600),
        ] {
            if !(least..=most).contains(&value) {
                return wrong(key, format!("must be {least} to {most}, not {value}"));
            }
        }
        Ok(())
    }

    pub(super) fn response_time(&self) -> Duration {
        Duration::from_secs(self.response_s.into())
    }

    /// A subscriber's number as the centre wants it, with its type of number.
    pub(super) fn destination(&self, to: &PhoneNumber, plan: &NumberingPlan) -> (u8, String) {
        let whole = to.as_str().trim_start_matches('+').to_owned();
        match self.number_style {
            NumberStyle::International => (1, whole),
            NumberStyle::National => match whole.strip_prefix(&plan.country) {
                Some(national) => (2, national.to_owned()),
                None => (1, whole),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Settings {
        Settings { address: "127.0.0.1:2775".into(), system_id: "line".into(), ..Settings::default() }
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_remedy() {
        assert_eq!(good().check(), Ok(()));
        let says = |settings: Settings| settings.check().unwrap_err().to_string();
        assert_eq!(
            says(Settings { address: "centre".into(), ..good() }),
            "`address` must be host:port, as `10.0.0.5:2775`"
        );
        assert_eq!(
            says(Settings { password: Secret::new("123456789"), ..good() }),
            "`password` must be at most 8 ASCII characters"
        );
        assert_eq!(says(Settings { window: 0, ..good() }), "`window` must be 1 to 200, not 0");
        assert_eq!(
            says(Settings { system_id: String::new(), ..good() }),
            "`system_id` must name the account at the centre"
        );
    }

    #[test]
    fn a_number_is_written_as_the_centre_wants_it() {
        let plan = NumberingPlan::default();
        let number = |text| PhoneNumber::parse(text, &plan).unwrap();
        let style = |number_style| Settings { number_style, ..good() };
        let mobile = number("13800000001");
        assert_eq!(
            style(NumberStyle::International).destination(&mobile, &plan),
            (1, "8613800000001".into())
        );
        assert_eq!(style(NumberStyle::National).destination(&mobile, &plan), (2, "13800000001".into()));
        let abroad = number("+85291234567");
        assert_eq!(style(NumberStyle::National).destination(&abroad, &plan), (1, "85291234567".into()));
    }
}
