//! Header lines as the parser reads them: on one line, without the space that may stand around separators.
//!
//! RFC 3261 §7.3.1 and §25.1 allow a header to go on in further lines and almost any amount of space around `/ ; = ,`;
//! the parser behind us loses messages that make use of it.

use super::sketch::Line;

/// Headers made of tokens and separators; in others space may mean something.
const STRUCTURED: [&str; 17] = [
    "via",
    "v",
    "from",
    "f",
    "to",
    "t",
    "contact",
    "m",
    "route",
    "record-route",
    "cseq",
    "max-forwards",
    "call-id",
    "i",
    "content-type",
    "c",
    "require",
];

/// Whether a line is written in a way that the parser does not read.
pub fn is_spread(line: &Line<'_>) -> bool {
    line.whole.contains(&b'\n') || line.whole.get(line.name.len()) != Some(&b':')
}

/// The line in its plainest spelling.
pub fn plain(name: &str, value: &str) -> String {
    let known = STRUCTURED.iter().any(|known| name.eq_ignore_ascii_case(known));
    let value =
        if known { without_space(value) } else { value.split_whitespace().collect::<Vec<_>>().join(" ") };
    format!("{name}: {value}")
}

/// What stands in quotes or angle brackets is kept, but for line breaks.
fn without_space(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let (mut quoted, mut escaped, mut bracketed, mut space) = (false, false, false, false);
    for character in value.chars() {
        if matches!(character, '\r' | '\n') || (!quoted && !bracketed && matches!(character, ' ' | '\t')) {
            space = true;
            continue;
        }
        let separates = |c: char| matches!(c, '/' | ';' | '=' | ',');
        let inside = quoted || bracketed;
        let closes_up = !inside && (separates(character) || plain.chars().last().is_none_or(separates));
        if std::mem::take(&mut space) && !closes_up && !inside {
            plain.push(' ');
        }
        plain.push(character);
        match character {
            '"' if !escaped && !bracketed => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        escaped = quoted && character == '\\' && !escaped;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_around_separators_goes_and_what_is_quoted_stays() {
        for (name, spread, expected) in [
            (
                "v",
                "SIP  /   2.0\r\n /UDP\r\n    192.0.2.2 ;branch\r\n = z9hG4bKa , SIP / 2.0/ TCP pbx.example",
                "v: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKa,SIP/2.0/TCP pbx.example",
            ),
            ("CSeq", "0009\r\n  INVITE", "CSeq: 0009 INVITE"),
            (
                "from",
                "\"A \\\" ;  b\"    <sip:a@b.example;x = y>\r\n  ;\r\n  tag = 9",
                "from: \"A \\\" ;  b\" <sip:a@b.example;x = y>;tag=9",
            ),
            ("Subject", "a  =  b\r\n ; c", "Subject: a = b ; c"),
        ] {
            assert_eq!(plain(name, spread), expected);
        }
    }
}
