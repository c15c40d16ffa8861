//! Keys sent as SIP INFO, the way of telephones that know no telephone-event.

use crate::rtp::telephone_event::Key;

/// Reads the key from an INFO body; nothing when it carries none.
///
/// `application/dtmf-relay` has a line `Signal=5`, `application/dtmf` just the key.
pub fn key_of(content_type: &str, body: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(body).ok()?;
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/dtmf-relay") {
        let signal = text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then_some(value.trim())
        })?;
        return key(signal);
    }
    if kind.eq_ignore_ascii_case("application/dtmf") { key(text.trim()) } else { None }
}

/// Some telephones say 10 for the star and 11 for the hash, as the event codes do.
fn key(signal: &str) -> Option<Key> {
    match signal {
        "10" => Key::from_char('*'),
        "11" => Key::from_char('#'),
        _ => {
            let mut chars = signal.chars();
            let only = chars.next()?;
            chars.next().is_none().then(|| Key::from_char(only))?
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_either_kind_of_body() {
        let relay = "application/dtmf-relay";
        let table = [
            (relay, "Signal=5\r\nDuration=160\r\n", Some('5')),
            (relay, "signal= *\r\n", Some('*')),
            (relay, "Signal=11\r\n", Some('#')),
            ("application/dtmf", "0", Some('0')),
            ("Application/DTMF; charset=utf-8", " # \r\n", Some('#')),
            (relay, "Duration=160\r\n", None),
            (relay, "Signal=55\r\n", None),
            (relay, "Signal=\r\n", None),
            ("text/plain", "5", None),
        ];
        for (content_type, body, expected) in table {
            let found = key_of(content_type, body.as_bytes()).map(Key::as_char);
            assert_eq!(found, expected, "{content_type} {body:?}");
        }
        assert_eq!(key_of("application/dtmf", &[0xff, 0xfe]), None);
    }
}
