//! A SIP message as lines, before anything is believed about it.
//!
//! Only as much as screening needs: where the header ends, which lines belong
//! together, and what stands in the few headers every message must have.

use super::grammar::is_token;

/// The lines of a message, unfolded, and where its body begins.
#[derive(Debug)]
pub struct Sketch<'a> {
    /// Start line, headers and the empty line after them.
    pub head: &'a [u8],
    pub start: &'a [u8],
    pub headers: Vec<Line<'a>>,
    pub body: &'a [u8],
}

/// One header line; a folded one keeps its line breaks.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub whole: &'a [u8],
    /// As written, without the space some put before the colon.
    pub name: &'a [u8],
    pub value: &'a [u8],
}

/// Headers beyond this many are an attack, not a call.
const MAX_HEADERS: usize = 200;

/// The headers that an answer is made of, and the one that says where a message ends.
const ANSWERED: [&str; 6] = ["via", "from", "to", "call-id", "cseq", "content-length"];

/// Why a datagram does not even look like a SIP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SketchError {
    #[error("no empty line ends the header")]
    NoEnd,
    #[error("more than {MAX_HEADERS} header lines")]
    TooManyLines,
    #[error("a header line without a name")]
    NoName,
    #[error("a NUL stands in the header")]
    Nul,
    #[error("a lone line break stands in the header")]
    LoneLineBreak,
}

/// Why a message does not say how long its body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthError {
    NoNumber,
    TwoThatDiffer,
}

impl LengthError {
    pub fn why(self) -> &'static str {
        match self {
            Self::NoNumber => "Content-Length is no number",
            Self::TwoThatDiffer => "Content-Length stands twice and differs",
        }
    }
}

impl<'a> Sketch<'a> {
    /// Cuts a datagram into lines. Empty lines before the start line are skipped (RFC 3261 §7.5).
    pub fn of(datagram: &'a [u8]) -> Result<Self, SketchError> {
        let blank = datagram.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let message = &datagram[blank..];
        let end = find(message, b"\r\n\r\n").ok_or(SketchError::NoEnd)?;
        let (head, body) = (&message[..end], &message[end + 4..]);
        let with_end = &message[..end + 4];
        if has_lone_line_break(head) {
            return Err(SketchError::LoneLineBreak);
        }
        if head.contains(&0) {
            return Err(SketchError::Nul);
        }
        let start_end = find(head, b"\r\n").unwrap_or(head.len());
        let mut headers = Vec::with_capacity(16);
        let mut rest = head.get(start_end + 2..).unwrap_or_default();
        while !rest.is_empty() {
            if headers.len() == MAX_HEADERS {
                return Err(SketchError::TooManyLines);
            }
            let length = unfolded_length(rest);
            headers.push(Line::of(&rest[..length])?);
            rest = rest.get(length + 2..).unwrap_or_default();
        }
        Ok(Self { head: with_end, start: &head[..start_end], headers, body })
    }

    /// Reads what can be read of a damaged message: enough to answer it.
    pub fn glimpse(datagram: &'a [u8]) -> Self {
        let end = find(datagram, b"\r\n\r\n").unwrap_or(datagram.len());
        let head = &datagram[..end];
        // Whichever line breaks its sender believes in: a line is what some would read as one.
        let mut lines = head.split(|byte| b"\r\n".contains(byte)).filter(|line| !line.is_empty());
        let start = lines.next().unwrap_or_default();
        // A NUL stays where it was written: whoever asked gets their own words back.
        let lines = lines.filter(|line| !line.starts_with(b" ")).filter_map(|line| Line::of(line).ok());
        let headers =
            lines.filter(|line| ANSWERED.iter().any(|name| line.is(name))).take(MAX_HEADERS).collect();
        Self { head, start, headers, body: &[] }
    }

    /// Returns the lines of a header, by its long name in lower case.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = &Line<'a>> {
        self.headers.iter().filter(move |line| line.is(name))
    }

    /// Returns the one value of a header; nothing when it stands not at all or twice.
    pub fn single(&self, name: &str) -> Option<&'a [u8]> {
        let mut lines = self.lines(name);
        let first = lines.next()?;
        lines.next().is_none().then_some(first.value)
    }

    /// Returns how long the body is said to be; nothing when it is not said.
    pub fn content_length(&self) -> Result<Option<usize>, LengthError> {
        let mut said = None;
        for line in self.lines("content-length") {
            // A longer one than there are addresses is a number, too, and too long for anybody.
            let length = number(line.value).ok_or(LengthError::NoNumber)?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if said.is_some_and(|said| said != length) {
                return Err(LengthError::TwoThatDiffer);
            }
            said = Some(length);
        }
        Ok(said)
    }

    pub fn is_response(&self) -> bool {
        self.start.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
    }
}

impl<'a> Line<'a> {
    /// Whether this is the header of that long name in lower case.
    fn is(&self, name: &str) -> bool {
        let compact = compact_form(name);
        self.name.eq_ignore_ascii_case(name.as_bytes())
            || compact.is_some_and(|short| self.name.eq_ignore_ascii_case(&[short]))
    }

    fn of(whole: &'a [u8]) -> Result<Self, SketchError> {
        let colon = whole.iter().position(|b| *b == b':').ok_or(SketchError::NoName)?;
        let name = whole[..colon].trim_ascii_end();
        if !is_token(name) {
            return Err(SketchError::NoName);
        }
        Ok(Self { whole, name, value: whole[colon + 1..].trim_ascii() })
    }
}

/// Returns where a header line ends that may go on in lines beginning with a space.
fn unfolded_length(rest: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match find(&rest[at..], b"\r\n") {
            None => return rest.len(),
            Some(line) => {
                at += line;
                if !matches!(rest.get(at + 2), Some(b' ' | b'\t')) {
                    return at;
                }
                at += 2;
            }
        }
    }
}

fn has_lone_line_break(head: &[u8]) -> bool {
    memchr::memchr2_iter(b'\r', b'\n', head).any(|i| match head[i] {
        b'\r' => head.get(i + 1) != Some(&b'\n'),
        _ => i == 0 || head[i - 1] != b'\r',
    })
}

/// Reads a number that is written in digits and nothing else.
pub fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

/// The one-letter forms of RFC 3261 §7.3.3 for the headers that screening reads.
fn compact_form(name: &str) -> Option<u8> {
    match name {
        "call-id" => Some(b'i'),
        "contact" => Some(b'm'),
        "content-length" => Some(b'l'),
        "from" => Some(b'f'),
        "to" => Some(b't'),
        "via" => Some(b'v'),
        _ => None,
    }
}
