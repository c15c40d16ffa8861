//! Cutting a TCP stream into SIP messages (RFC 3261 §18.3).

use super::screen::MAX_MESSAGE_BYTES;
use super::sketch::Sketch;

/// What stands at the beginning of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// A whole message, or a keep-alive, of so many bytes.
    Whole(usize),
    /// The rest has not come yet.
    Partial,
    /// Where the message ends cannot be known, so nothing after it can be read. The bytes are its header.
    Broken(usize),
    /// It is longer than we read.
    TooLong(usize),
    /// This is no SIP at all.
    Noise,
}

/// Looks at the beginning of what has been received.
pub fn next_piece(received: &[u8]) -> Piece {
    let blank = received.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if blank > 0 {
        return Piece::Whole(blank);
    }
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if received.len() > MAX_MESSAGE_BYTES { Piece::Noise } else { Piece::Partial };
    };
    let head = end + 4;
    let Ok(sketch) = Sketch::of(&received[..head]) else { return Piece::Broken(head) };
    let mut lengths = sketch.lines("content-length").map(|line| length(line.value));
    let (Some(Some(length)), None) = (lengths.next().or(Some(Some(0))), lengths.next()) else {
        return Piece::Broken(head);
    };
    match head.checked_add(length) {
        Some(whole) if whole <= MAX_MESSAGE_BYTES && whole <= received.len() => Piece::Whole(whole),
        Some(whole) if whole <= MAX_MESSAGE_BYTES => Piece::Partial,
        Some(_) | None => Piece::TooLong(head),
    }
}

fn length(value: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(value).ok()?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
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
    }

    #[test]
    fn a_stream_that_cannot_be_cut_any_further_is_given_up() {
        for value in ["-1", "1\r\nl: 2", "x", "99999999999999999999999"] {
            let message = format!("OPTIONS sip:a SIP/2.0\r\nContent-Length: {value}\r\n\r\n");
            assert_eq!(next_piece(message.as_bytes()), Piece::Broken(message.len()), "{value}");
        }
        let long = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 18446744073709551615\r\n\r\n";
        assert_eq!(next_piece(long), Piece::TooLong(long.len()));
        assert_eq!(next_piece(&[b'x'; MAX_MESSAGE_BYTES + 1]), Piece::Noise);
    }
}
