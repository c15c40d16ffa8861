//! SIP over WebSocket (RFC 7118): each message is a frame, so where it ends is clear whatever it says.
//!
//! The parser is spoken to as over TCP; what it says is cut into messages again, one a frame.

use std::time::Instant;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};

use super::{CHUNK_BYTES, Door, Ends, IDLE, WRITING, before, write};
use crate::clock;
use crate::phone::sip::framing::{Piece, next_piece};
use crate::phone::sip::gate::Judgement;
use crate::phone::sip::screen::MAX_MESSAGE_BYTES;

/// Longer messages end the connection; those of less than that and more than we read are answered.
const MAX_FRAME_BYTES: usize = 65_536;

/// What a ping or an empty frame is to the library: a keep-alive as over TCP (RFC 5626 §3.5.1).
const SIGN_OF_LIFE: &[u8] = b"\r\n\r\n";

/// What both sides say that they speak (RFC 7118 §4.1).
const SIP: &str = "sip";

/// Somebody who speaks in frames.
struct Frames<S> {
    socket: WebSocketStream<S>,
    /// There once they have said something.
    parser: Option<TcpStream>,
    /// What the parser has said and is no whole message yet.
    said: Vec<u8>,
}

impl Door {
    pub(super) async fn hear_frames<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        caller: S,
        ends: Ends,
        until: Instant,
    ) -> std::io::Result<()> {
        // What is to be sent is not kept for who does not read: an answer to a ping that does not fit is none.
        let config = WebSocketConfig::default()
            .read_buffer_size(CHUNK_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(2 * MAX_FRAME_BYTES)
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let shaking = tokio_tungstenite::accept_hdr_async_with_config(caller, answer, Some(config));
        let shaken = tokio::time::timeout_at(until.into(), shaking).await?;
        let mut frames =
            Frames { socket: shaken.map_err(std::io::Error::other)?, parser: None, said: Vec::new() };
        let mut until = until;
        let mut from_parser = [0; CHUNK_BYTES];
        loop {
            tokio::select! {
                brought = before(until, frames.socket.next()) => {
                    // Gone, or silent for too long.
                    let Some(Some(message)) = brought else { return Ok(()) };
                    let octets = match message.map_err(std::io::Error::other)? {
                        Message::Text(text) => text.into(),
                        Message::Binary(octets) => octets,
                        Message::Close(_) => return Ok(()),
                        // A sign of life; the answer goes by itself.
                        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Default::default(),
                    };
                    let is_heard = self.pass_on(&mut frames, ends, &octets).await?;
                    // Who has said nothing sound has the time that there is for that, and no more.
                    if is_heard && (frames.parser.is_some() || self.gate.is_trusted(ends.source.ip())) {
                        until = clock::monotonic() + IDLE;
                    }
                }
                read = read(&mut frames.parser, &mut from_parser) => {
                    let length = read?;
                    if length == 0 {
                        return Ok(());
                    }
                    frames.said.extend_from_slice(&from_parser[..length]);
                    frames.say().await?;
                }
            }
        }
    }

    /// Hands a message to the parser, or answers it; false when its source says more than it may.
    async fn pass_on<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        frames: &mut Frames<S>,
        ends: Ends,
        message: &[u8],
    ) -> std::io::Result<bool> {
        // A sign of life is one as a line end is over TCP: it counts, and the library hears of it.
        let is_sign = message.iter().all(u8::is_ascii_whitespace);
        let message = if is_sign { SIGN_OF_LIFE } else { message };
        match self.gate.judge(message, ends.source, MAX_MESSAGE_BYTES * 2) {
            Judgement::Pass(_) if is_sign && frames.parser.is_none() => Ok(true),
            Judgement::Pass(message) => {
                let parser = match &mut frames.parser {
                    Some(parser) => parser,
                    none => none.insert(self.parser(ends).await?),
                };
                write(parser, &message).await?;
                Ok(true)
            }
            Judgement::Answer(refusal) => {
                frames.send(&refusal.bytes).await?;
                Ok(true)
            }
            Judgement::Nothing => Ok(false),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Frames<S> {
    /// Sends each whole message that the parser has said. What is too long to be cut ends the connection: nothing of
    /// ours would come through any more.
    async fn say(&mut self) -> std::io::Result<()> {
        loop {
            match next_piece(&self.said) {
                Piece::Whole(length) => {
                    let message: Vec<u8> = self.said.drain(..length).collect();
                    if !message.iter().all(u8::is_ascii_whitespace) {
                        self.send(&message).await?;
                    }
                }
                Piece::Partial => return Ok(()),
                Piece::Broken(_) | Piece::TooLong(_) => {
                    return Err(std::io::Error::other("what was to be said is too long for a frame"));
                }
            }
        }
    }

    async fn send(&mut self, message: &[u8]) -> std::io::Result<()> {
        let frame = match std::str::from_utf8(message) {
            Ok(text) => Message::text(text),
            Err(_) => Message::binary(message.to_vec()),
        };
        tokio::time::timeout(WRITING, self.socket.send(frame)).await?.map_err(std::io::Error::other)
    }
}

/// Waits for what the parser says, for ever while there is none.
async fn read(parser: &mut Option<TcpStream>, buffer: &mut [u8]) -> std::io::Result<usize> {
    match parser {
        Some(parser) => parser.read(buffer).await,
        None => std::future::pending().await,
    }
}

/// Says that SIP is spoken here to whoever asks for that, and sends everybody else away.
#[expect(clippy::result_large_err, reason = "the library's own type")]
fn answer(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let mut offered =
        offered.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    if !offered.any(|one| one.trim().eq_ignore_ascii_case(SIP)) {
        let mut refusal = ErrorResponse::new(Some("SIP is spoken here: ask for the sub-protocol sip".into()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return Err(refusal);
    }
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SIP));
    Ok(response)
}
