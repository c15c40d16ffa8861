//! SIP over TCP: connections are taken in here, cut into messages, judged like datagrams, and only
//! sound messages are handed on.
//!
//! The parser reads from one end of a connection of our own; between it and the caller stands a task
//! that passes on what is fit to be read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::sip::Transport;
use rsipstack::transport::stream::StreamConnectionInner;
use rsipstack::transport::tcp::TcpConnection;
use rsipstack::transport::{SipAddr, SipConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::framing::{Piece, next_piece};
use super::gate::{Gate, Judgement};
use super::refusal::Fault;
use super::screen::MAX_MESSAGE_BYTES;

/// Connections at once; further ones wait in the system's queue.
const MAX_CONNECTIONS: usize = 1_000;

/// A connection that brings nothing for so long is closed; telephones send keep-alives more often.
const IDLE: Duration = Duration::from_secs(900);

/// Read at once.
const CHUNK_BYTES: usize = 4_096;

/// Takes connections in until stopped.
pub async fn take_in(
    listener: TcpListener,
    gate: Arc<Gate>,
    dialogs: Arc<DialogLayer>,
    stop: CancellationToken,
) {
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(seat) = seats.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, source) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: others must end before it can go on.
                debug!(%error, "a connection could not be taken in");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (gate, dialogs, stop) = (gate.clone(), dialogs.clone(), stop.clone());
        tokio::spawn(async move {
            let served = serve(stream, source, &gate, &dialogs, &stop);
            if let Err(error) = served.await {
                debug!(%error, "a connection ended");
            }
            drop(seat);
        });
    }
}

async fn serve(
    caller: TcpStream,
    source: SocketAddr,
    gate: &Gate,
    dialogs: &DialogLayer,
    stop: &CancellationToken,
) -> std::io::Result<()> {
    let (parser, inside) = pair().await?;
    let address = |address: SocketAddr| SipAddr::new(Transport::Tcp, address.into());
    let (read, write) = tokio::io::split(inside);
    let inner = StreamConnectionInner::new(address(caller.local_addr()?), address(source), read, write);
    let connection = TcpConnection { inner: Arc::new(inner), cancel_token: Some(stop.child_token()) };
    dialogs.endpoint.transport_layer.add_connection(SipConnection::Tcp(connection));
    let mut between = Between { caller, parser, source, received: Vec::new() };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        ended = between.carry(gate) => ended,
    }
}

/// Two ends of one connection within this machine.
async fn pair() -> std::io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).await?;
    let outside = TcpStream::connect(listener.local_addr()?).await?;
    loop {
        let (inside, from) = listener.accept().await?;
        // Another program of this machine may have been quicker: it is not meant.
        if from == outside.local_addr()? {
            return Ok((outside, inside));
        }
    }
}

/// The caller on one side, the parser on the other.
struct Between {
    caller: TcpStream,
    parser: TcpStream,
    source: SocketAddr,
    received: Vec<u8>,
}

impl Between {
    /// Passes messages both ways until either side is gone or cannot be understood any further.
    async fn carry(&mut self, gate: &Gate) -> std::io::Result<()> {
        let (mut from_caller, mut from_parser) = ([0; CHUNK_BYTES], [0; CHUNK_BYTES]);
        loop {
            tokio::select! {
                read = self.caller.read(&mut from_caller) => {
                    let length = read?;
                    if length == 0 {
                        return Ok(());
                    }
                    self.received.extend_from_slice(&from_caller[..length]);
                    if !self.hand_on(gate).await? {
                        return Ok(());
                    }
                }
                read = self.parser.read(&mut from_parser) => {
                    let length = read?;
                    if length == 0 {
                        return Ok(());
                    }
                    self.caller.write_all(&from_parser[..length]).await?;
                }
                () = tokio::time::sleep(IDLE) => return Ok(()),
            }
        }
    }

    /// Hands on every whole message; false when the stream cannot be read any further.
    async fn hand_on(&mut self, gate: &Gate) -> std::io::Result<bool> {
        loop {
            let (length, fault) = match next_piece(&self.received) {
                Piece::Whole(length) => (length, None),
                Piece::Partial => return Ok(true),
                Piece::Broken(head) => (head, Some(Fault::BadRequest("where the message ends is unclear"))),
                Piece::TooLong(head) => (head, Some(Fault::TooLarge)),
                Piece::Noise => return Ok(false),
            };
            let message: Vec<u8> = self.received.drain(..length).collect();
            let judgement = match &fault {
                None => gate.judge(&message, self.source, MAX_MESSAGE_BYTES * 2),
                Some(fault) => gate.answer(&message, self.source, fault),
            };
            match judgement {
                Judgement::Pass(message) => self.parser.write_all(&message).await?,
                Judgement::Answer(refusal) => self.caller.write_all(&refusal.bytes).await?,
                Judgement::Nothing => {}
            }
            if fault.is_some() {
                return Ok(false);
            }
        }
    }
}
