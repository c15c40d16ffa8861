//! Alphabets and parts: how many parts a text takes, and where it is cut.
//!
//! Source: 3GPP TS 23.038 §6.2.1 (GSM 7 bit default alphabet and its extension), TS 23.040 §9.2.3.24.1
//! (concatenation with an 8-bit reference: six octets of header).

/// The alphabet a text is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alphabet {
    /// GSM 7 bit: 160 septets in one part, 153 in each of several.
    Gsm7,
    /// UCS-2 (UTF-16 on every handset of today): 70 units in one part, 67 in each of several.
    Ucs2,
}

impl Alphabet {
    /// Units a text may have to go in one part.
    pub const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units of one part among several.
    pub const fn joined(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// The smaller alphabet that holds the whole text.
    pub fn of(text: &str) -> Self {
        if text.chars().all(|c| gsm7(c).is_some()) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// Units a character takes: septets, or 16-bit units.
    fn units(self, c: char) -> usize {
        match self {
            Self::Gsm7 => gsm7(c).map_or(0, Septets::len),
            Self::Ucs2 => c.len_utf16(),
        }
    }

    /// The octets of a text on the wire of SMPP: one an unpacked septet, two a UTF-16 unit.
    ///
    /// A character the alphabet lacks becomes `?`; `of` never picks an alphabet that lacks one.
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Gsm7 => {
                let mut octets = Vec::with_capacity(text.len());
                for c in text.chars() {
                    match gsm7(c) {
                        Some(Septets::One(septet)) => octets.push(septet),
                        Some(Septets::Escaped(septet)) => octets.extend([ESCAPE, septet]),
                        None => octets.push(b'?'),
                    }
                }
                octets
            }
            Self::Ucs2 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }

    /// Reads octets of the wire; what cannot be read becomes U+FFFD.
    pub fn decode(self, octets: &[u8]) -> String {
        match self {
            Self::Gsm7 => {
                let mut text = String::with_capacity(octets.len());
                let mut escaped = false;
                for octet in octets {
                    match (escaped, *octet) {
                        (false, ESCAPE) => escaped = true,
                        (false, septet) => text.push(from_basic(septet)),
                        (true, septet) => {
                            escaped = false;
                            text.push(from_extension(septet));
                        }
                    }
                }
                text
            }
            Self::Ucs2 => {
                let (pairs, odd) = octets.as_chunks::<2>();
                let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
                let mut text: String =
                    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
                if !odd.is_empty() {
                    text.push(char::REPLACEMENT_CHARACTER);
                }
                text
            }
        }
    }
}

/// How many parts a text takes in the smallest alphabet that holds it.
pub fn count(text: &str) -> usize {
    split(text, Alphabet::of(text)).len()
}

/// Cuts a text into its parts, between characters only: neither a surrogate pair nor an escaped
/// character is ever divided.
pub fn split(text: &str, alphabet: Alphabet) -> Vec<&str> {
    let whole: usize = text.chars().map(|c| alphabet.units(c)).sum();
    if whole <= alphabet.alone() {
        return vec![text];
    }
    let mut parts = Vec::new();
    let (mut start, mut filled) = (0, 0);
    for (at, c) in text.char_indices() {
        let units = alphabet.units(c);
        if filled + units > alphabet.joined() {
            parts.push(&text[start..at]);
            (start, filled) = (at, 0);
        }
        filled += units;
    }
    parts.push(&text[start..]);
    parts
}

const ESCAPE: u8 = 0x1b;

#[derive(Clone, Copy)]
enum Septets {
    One(u8),
    /// After `ESCAPE`.
    Escaped(u8),
}

impl Septets {
    const fn len(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Escaped(_) => 2,
        }
    }
}

/// The default alphabet in the order of its septets; 0x1b is the escape.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_', 'Φ', 'Γ',
    'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#', '¤', '%', '&', '\'',
    '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<',
    '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q',
    'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä',
    'ö', 'ñ', 'ü', 'à',
];

/// The characters behind the escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

fn gsm7(c: char) -> Option<Septets> {
    if c == '\u{1b}' {
        return None;
    }
    if let Some(at) = BASIC.iter().position(|basic| *basic == c) {
        return u8::try_from(at).ok().map(Septets::One);
    }
    EXTENSION.iter().find(|(_, extended)| *extended == c).map(|(septet, _)| Septets::Escaped(*septet))
}

fn from_basic(septet: u8) -> char {
    BASIC.get(usize::from(septet)).copied().unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn from_extension(septet: u8) -> char {
    EXTENSION.iter().find(|(extended, _)| *extended == septet).map_or_else(|| from_basic(septet), |(_, c)| *c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chinese_goes_seventy_alone_and_sixty_seven_joined() {
        for (characters, parts) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
            assert_eq!(count(&"助".repeat(characters)), parts, "{characters}");
        }
    }

    #[test]
    fn latin_goes_a_hundred_and_sixty_alone_and_a_hundred_and_fifty_three_joined() {
        for (characters, parts) in [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3)] {
            assert_eq!(count(&"a".repeat(characters)), parts, "{characters}");
        }
        // An escaped character takes two.
        assert_eq!((count(&"€".repeat(80)), count(&"€".repeat(81))), (1, 2));
    }

    #[test]
    fn one_chinese_character_makes_the_whole_text_ucs2() {
        assert_eq!(Alphabet::of("Reply 1 yes, 2 no"), Alphabet::Gsm7);
        assert_eq!(Alphabet::of("Reply 上班"), Alphabet::Ucs2);
        assert_eq!(Alphabet::of("café [1] ~ {2}"), Alphabet::Gsm7);
        assert_eq!(Alphabet::of("`"), Alphabet::Ucs2);
    }

    #[test]
    fn a_surrogate_pair_is_never_cut() {
        // 66 units, then a character of two: it moves to the second part whole.
        let text = format!("{}𠮷{}", "助".repeat(66), "餐".repeat(10));
        let parts = split(&text, Alphabet::Ucs2);
        assert_eq!(parts[0], "助".repeat(66));
        assert_eq!(parts[1], format!("𠮷{}", "餐".repeat(10)));
    }

    #[test]
    fn an_escaped_character_is_never_cut() {
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(20));
        assert_eq!(split(&text, Alphabet::Gsm7)[0], "a".repeat(152));
    }

    #[test]
    fn the_alphabet_has_each_character_once_and_in_its_place() {
        for (septet, c) in
            [(0x00, '@'), (0x10, 'Δ'), (0x20, ' '), (0x31, '1'), (0x41, 'A'), (0x7a, 'z'), (0x7f, 'à')]
        {
            assert_eq!(Alphabet::Gsm7.encode(&c.to_string()), [septet], "{c}");
        }
        assert_eq!(Alphabet::Gsm7.encode("[€]"), [0x1b, 0x3c, 0x1b, 0x65, 0x1b, 0x3e]);
    }

    #[test]
    fn half_a_character_reads_as_a_mark_and_not_as_a_failure() {
        assert_eq!(Alphabet::Ucs2.decode(&[0x52, 0xa9, 0x99]), "助\u{fffd}");
        assert_eq!(Alphabet::Ucs2.decode(&[0xd8, 0x42]), "\u{fffd}");
        assert_eq!(Alphabet::Gsm7.decode(&[0x31, 0xff, 0x1b]), "1\u{fffd}");
    }

    proptest! {
        #[test]
        fn parts_joined_are_the_text_and_each_fits(text in "[\\PC助餐𠮷€]{0,300}") {
            let alphabet = Alphabet::of(&text);
            let parts = split(&text, alphabet);
            prop_assert_eq!(parts.concat(), text.clone());
            for part in &parts {
                let units: usize = part.chars().map(|c| alphabet.units(c)).sum();
                let limit = if parts.len() == 1 { alphabet.alone() } else { alphabet.joined() };
                prop_assert!(units <= limit);
            }
            prop_assert_eq!(alphabet.decode(&alphabet.encode(&text)), text);
        }

        #[test]
        fn no_octets_can_harm_the_reader(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            for alphabet in [Alphabet::Gsm7, Alphabet::Ucs2] {
                prop_assert!(alphabet.decode(&octets).chars().count() <= octets.len());
            }
        }
    }
}
