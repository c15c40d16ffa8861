//! Reading an Authorization header: strictly, for what stands in it decides who somebody is.

use super::algorithm::Algorithm;

/// Longer ones are no telephone's.
const MAX_BYTES: usize = 2_048;

/// What an Authorization header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    pub username: String,
    pub realm: String,
    pub nonce: String,
    pub uri: String,
    /// In small letters.
    pub response: String,
    pub algorithm: Algorithm,
    pub cnonce: String,
    pub count: u32,
    /// The count as written: it is hashed so.
    pub count_text: String,
}

impl Authorization {
    /// Reads the value of the header. None when it is not the digest that was asked for (`qop=auth`), says anything
    /// twice or is not written as RFC 7616 §3.4 has it.
    pub fn parse(value: &str) -> Option<Self> {
        if value.len() > MAX_BYTES {
            return None;
        }
        let (scheme, rest) = value.trim().split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut fields = Fields::read(rest)?;
        let algorithm = match fields.take("algorithm") {
            Some(name) => Algorithm::parse(&name)?,
            None => Algorithm::Md5, // RFC 7616 §3.4
        };
        let is_plain = |fields: &mut Fields, name: &str, only: &str| {
            fields.take(name).is_none_or(|value| value.eq_ignore_ascii_case(only))
        };
        if !fields.take("qop")?.eq_ignore_ascii_case("auth") || !is_plain(&mut fields, "userhash", "false") {
            return None;
        }
        let count_text = fields.take("nc")?;
        if count_text.len() != 8 || !count_text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        Some(Self {
            username: fields.take("username")?,
            realm: fields.take("realm")?,
            nonce: fields.take("nonce")?,
            uri: fields.take("uri")?,
            response: fields.take("response")?.to_ascii_lowercase(),
            algorithm,
            cnonce: fields.take("cnonce").filter(|cnonce| !cnonce.is_empty())?,
            count: u32::from_str_radix(&count_text, 16).ok()?,
            count_text,
        })
    }
}

/// The fields behind the scheme, each once.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn read(mut rest: &str) -> Option<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        loop {
            let (name, after) = rest.trim_start().split_once('=')?;
            let name = name.trim_end().to_ascii_lowercase();
            if !is_token(&name) || fields.iter().any(|(other, _)| *other == name) {
                return None;
            }
            let (value, after) = value(after.trim_start())?;
            fields.push((name, value));
            let after = after.trim_start();
            if after.is_empty() {
                return Some(Self(fields));
            }
            rest = after.strip_prefix(',')?;
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// A token or a quoted string, and what stands behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (token, after) = text.split_at(end);
        return is_token(token).then(|| (token.to_owned(), after));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ if character.is_control() => return None,
            _ => value.push(character),
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
}
