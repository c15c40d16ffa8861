//! Reads Rust source as far as the layer test needs it: tokens, the paths they spell, and which of
//! them stand in test code. It is no compiler: it knows comments, strings, `use` trees and `mod`.

/// One token that matters here, with its line (from 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
    /// Inside `#[cfg(test)]`.
    pub test: bool,
    /// How many inline `mod x { … }` enclose it.
    pub inline_modules: usize,
}

/// A path somebody wrote, made absolute: `crate::desk::event::DeskEvent`, `std::fs::read`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub segments: Vec<String>,
    pub line: usize,
    pub test: bool,
    /// Written in a `pub use` that leaves the crate's rooms open to whoever imports this one.
    pub reexported: bool,
}

impl Path {
    pub fn starts_with(&self, prefix: &[&str]) -> bool {
        self.segments.len() >= prefix.len()
            && prefix.iter().zip(&self.segments).all(|(want, have)| want == have)
    }
}

/// Cuts source into identifiers, `::` and single marks; comments, strings and numbers are dropped.
pub fn tokens(source: &str) -> Vec<Token> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let rest = &source[at..];
        let length = match bytes[at] {
            b'/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => block_comment(rest),
            b'r' | b'b' | b'c' | b'"' if string_length(rest).is_some() => string_length(rest).unwrap_or(1),
            b'\'' => quote_length(rest),
            b'0'..=b'9' => rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len()),
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                push(&mut found, &rest[..end], line);
                end
            }
            b':' if rest.starts_with("::") => {
                push(&mut found, "::", line);
                2
            }
            b if b.is_ascii_whitespace() => 1,
            b if b.is_ascii() => {
                push(&mut found, &rest[..1], line);
                1
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        line += rest[..length].matches('\n').count();
        at += length;
    }
    mark_modules(&mut found);
    found
}

fn push(found: &mut Vec<Token>, text: &str, line: usize) {
    found.push(Token { text: text.to_owned(), line, test: false, inline_modules: 0 });
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of the string literal `rest` begins with: plain, byte, C or raw.
fn string_length(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|after| {
            after.starts_with('"')
                || (prefix.ends_with('r')
                    && after.trim_start_matches('#').starts_with('"')
                    && after.starts_with('#'))
        })
    })?;
    let after = &rest[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(rest[body..].find(&end).map_or(rest.len(), |found| body + found + end.len()));
    }
    let mut escaped = false;
    for (offset, c) in rest[body..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(body + offset + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// A character literal, or the quote of a lifetime (whose name then counts as an identifier).
fn quote_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 3)
        }
        Some((_, _)) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// Marks each token with the inline modules around it and with whether `#[cfg(test)]` covers it.
fn mark_modules(tokens: &mut [Token]) {
    let mut depth = 0_usize;
    // The brace depth at which each open `mod` or test item ends.
    let (mut modules, mut tests) = (Vec::new(), Vec::new());
    let (mut module_next, mut test_next) = (false, false);
    for at in 0..tokens.len() {
        let words: Vec<&str> = tokens[at..].iter().take(7).map(|token| token.text.as_str()).collect();
        if words.starts_with(&["#", "[", "cfg", "(", "test", ")", "]"]) {
            test_next = true;
        }
        if words.len() > 2 && words[0] == "mod" && words[2] == "{" {
            module_next = true;
        }
        tokens[at].test = test_next || !tests.is_empty();
        tokens[at].inline_modules = modules.len();
        match tokens[at].text.as_str() {
            "{" => {
                depth += 1;
                if std::mem::take(&mut module_next) {
                    modules.push(depth);
                }
                if std::mem::take(&mut test_next) {
                    tests.push(depth);
                }
            }
            "}" => {
                modules.pop_if(|open| *open == depth);
                tests.pop_if(|open| *open == depth);
                depth = depth.saturating_sub(1);
            }
            ";" => test_next = false,
            _ => {}
        }
    }
}

/// Every path in the tokens that begins with `crate`, `super` or a crate's name, made absolute by
/// `module`, the file's own place (`["desk", "queue"]`).
pub fn paths(tokens: &[Token], module: &[String]) -> Vec<Path> {
    let mut found = Vec::new();
    let mut public_use = false;
    for at in 0..tokens.len() {
        let text = tokens[at].text.as_str();
        match text {
            "use" => public_use = follows_pub(tokens, at),
            ";" => public_use = false,
            _ => {}
        }
        let continues = at > 0 && tokens[at - 1].text == "::";
        if continues || !is_word(text) || tokens.get(at + 1).is_none_or(|next| next.text != "::") {
            continue;
        }
        let start = found.len();
        expand(tokens, at, &home(module, &tokens[at]), Vec::new(), &mut found);
        for path in &mut found[start..] {
            path.reexported = public_use;
        }
    }
    found
}

/// Whether the `use` at `at` is `pub use` or `pub(…) use`.
fn follows_pub(tokens: &[Token], at: usize) -> bool {
    let before = tokens[..at].iter().rev().map(|token| token.text.as_str());
    before.take_while(|text| !matches!(*text, ";" | "}" | "{" | "]")).any(|text| text == "pub")
}

/// The module a token stands in. Inline modules have no name here, only a depth.
fn home(module: &[String], token: &Token) -> Vec<String> {
    let mut home = vec!["crate".to_owned()];
    home.extend(module.iter().cloned());
    home.extend((0..token.inline_modules).map(|_| "(inline)".to_owned()));
    home
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Follows one path, or one branch of a `use` tree, from the token at `at`.
fn expand(tokens: &[Token], at: usize, home: &[String], so_far: Vec<String>, found: &mut Vec<Path>) -> usize {
    let mut segments = so_far;
    let mut at = at;
    loop {
        let token = &tokens[at];
        match token.text.as_str() {
            "{" => return expand_group(tokens, at, home, &segments, found),
            "super" if segments.is_empty() => segments = home[..home.len().saturating_sub(1)].to_vec(),
            "super" => {
                segments.pop();
            }
            "self" if segments.is_empty() => segments = home.to_vec(),
            text => segments.push(text.to_owned()),
        }
        let follows = |step: usize, text: &str| tokens.get(at + step).is_some_and(|next| next.text == text);
        let goes_on = tokens
            .get(at + 2)
            .is_some_and(|next| is_word(&next.text) || matches!(next.text.as_str(), "{" | "*"));
        if follows(1, "::") && goes_on {
            at += 2;
            continue;
        }
        found.push(Path { segments, line: token.line, test: token.test, reexported: false });
        return at + 1;
    }
}

fn expand_group(
    tokens: &[Token],
    open: usize,
    home: &[String],
    so_far: &[String],
    found: &mut Vec<Path>,
) -> usize {
    let mut at = open + 1;
    while at < tokens.len() && tokens[at].text != "}" {
        let text = tokens[at].text.as_str();
        if is_word(text) || matches!(text, "*" | "{") {
            at = expand(tokens, at, home, so_far.to_vec(), found);
            // `as name` renames the branch; the name is no path.
            if tokens.get(at).is_some_and(|token| token.text == "as") {
                at += 2;
            }
        } else {
            at += 1;
        }
    }
    at + 1
}
