//! Cutting a TCP stream into SIP messages (RFC 3261 §18.3).

use super::screen::MAX_MESSAGE_BYTES;
use super::sketch::{Sketch, SketchError};

/// How much of a header is read to its end although it is too long, so that it can be answered as over UDP.
const MAX_HEAD_BYTES: usize = 65_536;

/// What stands at the beginning of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// A whole message, or a keep-alive, of so many bytes.
    Whole(usize),
    /// The rest has not come yet.
    Partial,
    /// Where the message ends cannot be known, so nothing after it can be read. The bytes are its header.
    Broken(usize),
    /// It is longer than we read. The bytes are its header, as far as it has come.
    TooLong(usize),
}

/// Looks at the beginning of what has been received.
pub fn next_piece(received: &[u8]) -> Piece {
    let blank = received.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if blank > 0 {
        return Piece::Whole(blank);
    }
    let Some(head) = head_length(received) else {
        return if received.len() > MAX_HEAD_BYTES { Piece::TooLong(received.len()) } else { Piece::Partial };
    };
    let sketch = match Sketch::of(&received[..head]) {
        Ok(sketch) => sketch,
        // Where its lines end is clear all the same, and what is wrong with it is said of the whole.
        Err(SketchError::Nul) => Sketch::glimpse(&received[..head]),
        Err(
            SketchError::TooManyLines | SketchError::NoEnd | SketchError::NoName | SketchError::LoneLineBreak,
        ) => return Piece::Broken(head),
    };
    let Ok(length) = sketch.content_length() else { return Piece::Broken(head) };
    match head.checked_add(length.unwrap_or(0)) {
        Some(whole) if whole <= MAX_MESSAGE_BYTES && whole <= received.len() => Piece::Whole(whole),
        Some(whole) if whole <= MAX_MESSAGE_BYTES => Piece::Partial,
        Some(_) | None => Piece::TooLong(head),
    }
}

/// How long the header is with the empty line after it, whichever line breaks its sender believes in.
fn head_length(received: &[u8]) -> Option<usize> {
    let mut ends = received.windows(2).enumerate().filter(|(at, pair)| {
        let other = *pair == b"\n\n" || *pair == b"\r\r";
        other || (*pair == b"\n\r" && received.get(at + 2) == Some(&b'\n'))
    });
    ends.next().map(|(at, pair)| if pair == b"\n\r" { at + 3 } else { at + 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_where_content_length_says() {
        let options = b"OPTIONS sip:a SIP/2.0\r\nl: 3\r\n\r\nabcOPTIONS";
        assert_eq!(next_piece(options), Piece::Whole(options.len() - 7));
        assert_eq!(next_piece(&options[..options.len() - 8]), Piece::Partial);
        assert_eq!(next_piece(b"OPTIONS sip:a SIP/2.0\r\nVia: x"), Piece::Partial);
        assert_eq!(next_piece(b"BYE sip:a SIP/2.0\r\nVia: x\r\n\r\nINVITE"), Piece::Whole(29));
        assert_eq!(next_piece(b"\r\n\r\nOPTIONS"), Piece::Whole(4));
        // What is wrong with a message that ends somewhere is another matter.
        assert_eq!(
            next_piece(b"BYE sip:a SIP/2.0\r\nVia: \0\r\nl: 2\r\nl: 2\r\n\r\nabINVITE"),
            Piece::Whole(43)
        );
    }

    #[test]
    fn a_stream_that_cannot_be_cut_any_further_is_given_up() {
        for value in ["-1", "1\r\nl: 2", "x", "", "99999999999999999999999"] {
            let message = format!("OPTIONS sip:a SIP/2.0\r\nContent-Length: {value}\r\n\r\n");
            assert_eq!(next_piece(message.as_bytes()), Piece::Broken(message.len()), "{value}");
        }
        let long = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 18446744073709551615\r\n\r\n";
        assert_eq!(next_piece(long), Piece::TooLong(long.len()));
        assert_eq!(next_piece(&[b'x'; MAX_HEAD_BYTES]), Piece::Partial);
        assert_eq!(next_piece(&[b'x'; MAX_HEAD_BYTES + 1]), Piece::TooLong(MAX_HEAD_BYTES + 1));
        for head in
            ["OPTIONS sip:a SIP/2.0\nVia: x\n\n", "OPTIONS sip:a SIP/2.0\r\nVia: x\n\r\n", "BYE sip:a\r\r"]
        {
            assert_eq!(next_piece(format!("{head}INVITE").as_bytes()), Piece::Broken(head.len()), "{head:?}");
        }
    }
}
