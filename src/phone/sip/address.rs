//! Addresses as headers write them: `"Name" <sip:user@host;of=it?Header=of%20it>;of=the-header`, or without brackets.

/// An address and what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// The URI, without brackets.
    pub uri: &'a str,
    pub in_brackets: bool,
    /// The header's parameters, from their first semicolon on.
    pub parameters: &'a str,
}

/// Reads the first address of a header. None when a bracket has no end.
pub fn address_in(value: &str) -> Option<Address<'_>> {
    if let Some((open, _)) = outside_quotes(value).find(|(_, character)| *character == '<') {
        let (uri, rest) = value[open + 1..].split_once('>')?;
        return Some(Address { uri: uri.trim(), in_brackets: true, parameters: after_address(rest) });
    }
    // Without brackets all parameters are the header's (RFC 3261 §20.10), but for those within the user's part.
    let behind_user = value.find('@').unwrap_or(0);
    let end = value[behind_user..].find([';', ',']).map_or(value.len(), |at| behind_user + at);
    let parameters = after_address(&value[end..]);
    Some(Address { uri: value[..end].trim(), in_brackets: false, parameters })
}

/// The parameters of the first of several addresses.
fn after_address(rest: &str) -> &str {
    pieces(rest, ',').next().unwrap_or_default().trim()
}

/// What an address consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    pub scheme: Scheme,
    /// As written, with parameters and password; empty when it names nobody.
    pub user: &'a str,
    /// Host and port; empty in a number's.
    pub place: &'a str,
    pub parameters: &'a str,
    pub headers: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Sip,
    Sips,
    Tel,
}

impl<'a> Parts<'a> {
    /// Takes a URI apart. None when it is of another scheme, or to be read in two ways.
    pub fn of(uri: &'a str) -> Option<Self> {
        let (scheme, rest) = uri.split_once(':')?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "sip" => Scheme::Sip,
            "sips" => Scheme::Sips,
            "tel" => Scheme::Tel,
            _ => return None,
        };
        if scheme == Scheme::Tel {
            let (user, parameters) = rest.split_once(';').unwrap_or((rest, ""));
            return Some(Self { scheme, user, place: "", parameters, headers: "" });
        }
        // Semicolons and question marks may stand in the user's part.
        let (user, rest) = rest.split_once('@').unwrap_or(("", rest));
        let (rest, headers) = rest.split_once('?').unwrap_or((rest, ""));
        let (place, parameters) = rest.split_once(';').unwrap_or((rest, ""));
        if place.contains('@') {
            return None; // some would take the one for the host, and some the other
        }
        Some(Self { scheme, user, place, parameters, headers })
    }

    /// Who is named: without parameters, password and escapes. None when that is nobody, or no text of one line.
    pub fn who(&self) -> Option<String> {
        let user = unescaped(self.user.split([';', ':']).next()?)?;
        (!user.is_empty() && !user.chars().any(char::is_control)).then_some(user)
    }
}

/// Who is named by the address in a header.
pub fn user_in(value: &str) -> Option<String> {
    Parts::of(address_in(value)?.uri)?.who()
}

/// The same, with what a local number was written without before it (RFC 3966 §5.1.4): `+86532` and so on.
pub fn number_or_user_in(value: &str) -> Option<String> {
    let parts = Parts::of(address_in(value)?.uri)?;
    let who = parts.who()?;
    let parameters = match parts.scheme {
        Scheme::Tel => parts.parameters,
        Scheme::Sip | Scheme::Sips => parts.user.split_once(';').map_or("", |(_, parameters)| parameters),
    };
    let mut parameters = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let context =
        parameters.find(|(name, _)| name.eq_ignore_ascii_case("phone-context")).map(|(_, context)| context);
    let is_prefix = |context: &&str| {
        context
            .strip_prefix('+')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    match context.filter(is_prefix) {
        Some(prefix) if who.starts_with(|first: char| first.is_ascii_digit()) => {
            Some(format!("{prefix}{who}"))
        }
        Some(_) | None => Some(who),
    }
}

/// Cuts a text at a separator that stands neither in quotes nor in angle brackets.
pub fn pieces(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut bracket = false;
    let mut cuts: Vec<usize> = Vec::new();
    for (at, character) in outside_quotes(text) {
        match character {
            '<' => bracket = true,
            '>' => bracket = false,
            _ if character == separator && !bracket => cuts.push(at),
            _ => {}
        }
    }
    let starts = std::iter::once(0).chain(cuts.clone().into_iter().map(move |at| at + separator.len_utf8()));
    let ends = cuts.into_iter().chain(std::iter::once(text.len()));
    starts.zip(ends).map(|(start, end)| &text[start..end])
}

/// The characters that stand in no quotes.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().filter(move |(_, character)| {
        let was_quoted = quoted;
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        !was_quoted && *character != '"'
    })
}

/// Undoes `%40` and the like; nothing when it makes no text.
pub fn unescaped(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_is_named_is_read_however_the_address_is_written() {
        let table = [
            ("\"Li\" <sip:+8613800000001@10.0.0.1;user=phone>;tag=1", Some("+8613800000001")),
            ("\"<sip:110@a>\" <sip:201@10.0.0.1>", Some("201")),
            ("\"a \\\" <\" <sips:201:password@10.0.0.1>, <sip:202@10.0.0.1>", Some("201")),
            ("<tel:+86-138-0000-0001;phone-context=x>", Some("+86-138-0000-0001")),
            ("<sip:+8613800000001;phone-context=x@10.0.0.1;user=phone>", Some("+8613800000001")),
            ("sip:+8613800000001;phone-context=x@10.0.0.1;tag=1", Some("+8613800000001")),
            ("sip:13800000001@10.0.0.1;tag=1", Some("13800000001")),
            ("<sip:%2B8613800000001@10.0.0.1>", Some("+8613800000001")),
            ("SIP:201@[2001:db8::1]:5060", Some("201")),
            ("<sip:what?ever@10.0.0.1?Route=x>", Some("what?ever")),
            ("<sip:10.0.0.1>", None),
            ("<sip:201@10.0.0.1@10.0.0.2>", None),
            ("<sip:@10.0.0.1>", None),
            ("<sip:%0D%0A@10.0.0.1>", None),
            ("<sip:%4@10.0.0.1>", None),
            ("<http://201@10.0.0.1>", None),
            ("<sip:201@10.0.0.1", None),
            ("", None),
        ];
        for (value, user) in table {
            assert_eq!(user_in(value).as_deref(), user, "{value}");
        }
    }

    #[test]
    fn what_belongs_to_the_address_and_what_to_the_header_are_two() {
        let address =
            address_in("\"A, B\" <sip:a;x=1@b:5062;lr?c=d> ; expires=5;q=\"1,2\", <sip:e@f>").unwrap();
        let uri = "sip:a;x=1@b:5062;lr?c=d";
        assert_eq!(address, Address { uri, in_brackets: true, parameters: "; expires=5;q=\"1,2\"" });
        let parts = Parts::of(address.uri).unwrap();
        let expected =
            Parts { scheme: Scheme::Sip, user: "a;x=1", place: "b:5062", parameters: "lr", headers: "c=d" };
        assert_eq!(parts, expected);
    }

    proptest! {
        #[test]
        fn no_value_is_read_as_more_than_it_says(
            value in "[ -~]{0,60}", tail in "[<>\";,@:?%=a-z0-9\\\\]{0,40}"
        ) {
            for value in [value.clone(), format!("<sip:{tail}>"), format!("{value}<sip:a@{tail}>;{tail}")] {
                if let Some(user) = user_in(&value) {
                    prop_assert!(!user.is_empty() && user.len() <= value.len());
                    prop_assert!(!user.contains(['\r', '\n', '\0']));
                }
                prop_assert_eq!(pieces(&value, ',').collect::<Vec<_>>().join(","), value);
            }
        }
    }
}
