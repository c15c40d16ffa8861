//! SIP over TCP, TLS and WebSocket: connections are taken in here, cut into messages, judged like datagrams, and only
//! sound messages are handed on.
//!
//! The parser reads from one end of a connection of our own; between it and the caller stands a task
//! that passes on what is fit to be read.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::transport::SipConnection;
use rsipstack::transport::stream::StreamConnectionInner;
use rsipstack::transport::tcp::TcpConnection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::framing::{Piece, next_piece};
use super::gate::{Gate, Judgement};
use super::limit::source_of;
use super::refusal::Fault;
use super::screen::MAX_MESSAGE_BYTES;
use super::transport;
use crate::clock;
use crate::domain::extension::PhoneTransport;
use crate::phone::family::plain;
use crate::tls::Acceptor;

mod frames;

/// Connections at once; further ones wait in the system's queue.
const MAX_CONNECTIONS: usize = 500;

/// Of these, how many may be held by sources that are not trusted: a trunk always finds one.
const MAX_OF_STRANGERS: usize = 400;

/// Files that the connections may take: the caller's, and two ends of our own once it has said something.
pub const MAX_FILES: usize = 3 * MAX_CONNECTIONS;

/// A connection that brings nothing for so long is closed; telephones send keep-alives more often.
const IDLE: Duration = Duration::from_secs(900);

/// The library waits longer still: who comes through the door is looked after here.
pub const LIBRARY_IDLE: Duration = Duration::from_secs(960);

/// How long a message may take to leave: who does not read any more is not waited for.
const WRITING: Duration = Duration::from_secs(5);

/// Read at once.
const CHUNK_BYTES: usize = 4_096;

/// Whoever stands at the door of each listener; all of them have the same places to give.
#[derive(Clone)]
pub struct Door {
    gate: Arc<Gate>,
    dialogs: Arc<DialogLayer>,
    /// Told of each connection that has ended.
    closing: UnboundedSender<Ended>,
    stop: CancellationToken,
    room: Arc<Semaphore>,
    seats: Seats,
}

/// Where a connection came from that has ended, and what was spoken over it.
pub type Ended = (SocketAddr, PhoneTransport);

/// What is spoken at a listener.
#[derive(Clone)]
pub enum Spoken {
    Tcp,
    Tls(Acceptor),
    Ws,
    Wss(Acceptor),
}

impl Spoken {
    fn transport(&self) -> PhoneTransport {
        match self {
            Self::Tcp => PhoneTransport::Tcp,
            Self::Tls(_) => PhoneTransport::Tls,
            Self::Ws => PhoneTransport::Ws,
            Self::Wss(_) => PhoneTransport::Wss,
        }
    }
}

/// The two ends of a connection.
#[derive(Clone, Copy)]
struct Ends {
    local: SocketAddr,
    source: SocketAddr,
    transport: PhoneTransport,
}

impl Door {
    pub fn new(
        gate: Arc<Gate>,
        dialogs: Arc<DialogLayer>,
        closing: UnboundedSender<Ended>,
        stop: CancellationToken,
    ) -> Self {
        let (room, seats) = (Arc::new(Semaphore::new(MAX_CONNECTIONS)), Seats::default());
        Self { gate, dialogs, closing, stop, room, seats }
    }

    /// Takes connections in until stopped.
    pub async fn take_in(self, listener: TcpListener, spoken: Spoken) {
        loop {
            let Ok(place) = self.room.clone().acquire_owned().await else { return };
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, source) = match accepted {
                Ok((stream, source)) => (stream, plain(source)),
                Err(error) => {
                    // Out of file descriptors, most likely: others must end before it can go on.
                    debug!(%error, "a connection could not be taken in");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let seat = if self.gate.is_trusted(source.ip()) {
                None
            } else {
                let seat = self.seats.take(source.ip(), self.gate.limit().connections);
                if seat.is_none() {
                    self.gate.connection_refused();
                    continue; // dropping the stream closes it
                }
                seat
            };
            let (door, spoken) = (self.clone(), spoken.clone());
            tokio::spawn(async move {
                let transport = spoken.transport();
                let served = tokio::select! {
                    () = door.stop.cancelled() => Ok(()),
                    served = door.serve(stream, source, spoken) => served,
                };
                if let Err(error) = served {
                    debug!(%error, "a connection ended");
                }
                // Nobody hears of it any more when the stack itself is gone.
                door.closing.send((source, transport)).ok();
                drop((seat, place));
            });
        }
    }

    async fn serve(&self, stream: TcpStream, source: SocketAddr, spoken: Spoken) -> std::io::Result<()> {
        let ends = Ends { local: stream.local_addr()?, source, transport: spoken.transport() };
        // Hands are shaken in the time that there is for the first message: who is slow has less of it left.
        let until = clock::monotonic() + patience(&self.gate, source, true, false);
        match spoken {
            Spoken::Tcp => self.hear(stream, ends, until).await,
            Spoken::Tls(acceptor) => {
                let shaken = tokio::time::timeout_at(until.into(), acceptor.accept(stream)).await??;
                self.hear(shaken, ends, until).await
            }
            Spoken::Ws => self.hear_frames(stream, ends, until).await,
            Spoken::Wss(acceptor) => {
                let shaken = tokio::time::timeout_at(until.into(), acceptor.accept(stream)).await??;
                self.hear_frames(shaken, ends, until).await
            }
        }
    }

    async fn hear<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        caller: S,
        ends: Ends,
        until: Instant,
    ) -> std::io::Result<()> {
        let gate = &self.gate;
        let mut heard = Stream { caller, source: ends.source, received: Vec::new(), until };
        // Until a sound message has come there is nothing to be parsed: who only connects costs one file.
        let Some(first) = heard.first(gate).await? else { return heard.part().await };
        let parser = self.parser(ends).await?;
        let mut between = Between { heard, parser };
        between.carry(gate, &first).await?;
        between.heard.part().await
    }

    /// A way to the parser, who takes what comes by it for the caller's.
    async fn parser(&self, ends: Ends) -> std::io::Result<TcpStream> {
        let (parser, inside) = pair().await?;
        let (read, write) = tokio::io::split(inside);
        let end = |address| transport::address(ends.transport, plain(address));
        let inner = StreamConnectionInner::new(end(ends.local), end(ends.source), read, write);
        let connection =
            TcpConnection { inner: Arc::new(inner), cancel_token: Some(self.stop.child_token()) };
        self.dialogs.endpoint.transport_layer.add_connection(SipConnection::Tcp(connection));
        Ok(parser)
    }
}

/// How long to wait for more: a message has its time from its first byte on, as has a stranger's first message; between
/// messages there may be a long silence.
fn patience(gate: &Gate, source: SocketAddr, is_between: bool, spoke: bool) -> Duration {
    let is_silent = is_between && (spoke || gate.is_trusted(source.ip()));
    if is_silent { IDLE } else { Duration::from_secs(gate.limit().message_s) }
}

/// What comes before that moment. Tokio's own timeout lets whatever is there already pass at any time, so that who always
/// has more to say would never be late.
async fn before<F: Future>(until: Instant, coming: F) -> Option<F::Output> {
    if clock::monotonic() >= until {
        return None;
    }
    tokio::time::timeout_at(until.into(), coming).await.ok()
}

/// How many connections each source holds that is not trusted.
#[derive(Clone, Default)]
struct Seats(
    /// A mutex because a seat is given back by the task of its connection; each holds it for one map operation.
    Arc<Mutex<BTreeMap<IpAddr, usize>>>,
);

/// A connection's place among those of its source; given back when dropped.
struct Seat {
    seats: Seats,
    source: IpAddr,
}

impl Seats {
    fn take(&self, address: IpAddr, most: usize) -> Option<Seat> {
        let source = source_of(address);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = held.values().sum();
        let theirs = held.get(&source).copied().unwrap_or_default();
        if theirs >= most || all >= MAX_OF_STRANGERS {
            return None;
        }
        held.insert(source, theirs + 1);
        Some(Seat { seats: self.clone(), source })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut held = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(theirs) = held.get_mut(&self.source) {
            *theirs -= 1;
            if *theirs == 0 {
                held.remove(&self.source);
            }
        }
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

/// What comes from a caller.
struct Stream<S> {
    caller: S,
    source: SocketAddr,
    received: Vec<u8>,
    /// When it is closed, unless something comes before.
    until: Instant,
}

/// What a stream brings next.
enum Brought {
    Message(Vec<u8>),
    /// Whatever else comes first, the rest of the next message has not come.
    NotYet,
    /// It cannot be read any further.
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    fn patience(&self, gate: &Gate, spoke: bool) -> Duration {
        patience(gate, self.source, self.received.is_empty(), spoke)
    }

    /// Says goodbye, as far as there are manners for it.
    async fn part(&mut self) -> std::io::Result<()> {
        tokio::time::timeout(WRITING, self.caller.shutdown()).await?
    }

    /// Waits for the first sound message; nothing when none came in time.
    async fn first(&mut self, gate: &Gate) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            match self.next(gate).await? {
                // Line ends keep a trunk's connection alive and say nothing.
                Brought::Message(message) if message.iter().all(u8::is_ascii_whitespace) => {
                    if gate.is_trusted(self.source.ip()) {
                        self.until = clock::monotonic() + self.patience(gate, false);
                    }
                }
                Brought::Message(message) => return Ok(Some(message)),
                Brought::NotYet => {
                    if !self.more(gate, false).await? {
                        return Ok(None);
                    }
                }
                Brought::End => return Ok(None),
            }
        }
    }

    /// Reads more; false when the other side is gone or has taken too long.
    async fn more(&mut self, gate: &Gate, spoke: bool) -> std::io::Result<bool> {
        let mut chunk = [0; CHUNK_BYTES];
        let length = before(self.until, self.caller.read(&mut chunk)).await.unwrap_or(Ok(0))?;
        if length == 0 {
            self.answer_the_half(gate).await?;
            return Ok(false);
        }
        let began = self.received.is_empty();
        self.received.extend_from_slice(&chunk[..length]);
        if began {
            self.until = self.until.min(clock::monotonic() + self.patience(gate, spoke));
        }
        Ok(true)
    }

    /// Says of a message whose rest does not come that it is not heard, as far as its lines tell whom to.
    async fn answer_the_half(&mut self, gate: &Gate) -> std::io::Result<()> {
        let lines = self.received.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let fault = Fault::BadRequest("the rest of the message did not come");
        match gate.answer(&self.received[..lines], self.source, fault) {
            Judgement::Answer(refusal) => write(&mut self.caller, &refusal.bytes).await,
            Judgement::Pass(_) | Judgement::Nothing => Ok(()),
        }
    }

    /// Cuts the next sound message off what has come, answering those that are not.
    async fn next(&mut self, gate: &Gate) -> std::io::Result<Brought> {
        loop {
            let (length, fault) = match next_piece(&self.received) {
                Piece::Whole(length) => (length, None),
                Piece::Partial => return Ok(Brought::NotYet),
                Piece::Broken(head) => (head, Some(Fault::BadRequest("where the message ends is unclear"))),
                Piece::TooLong(head) => (head, Some(Fault::TooLarge)),
            };
            let message: Vec<u8> = self.received.drain(..length).collect();
            let is_over = fault.is_some();
            let judgement = match fault {
                None => gate.judge(&message, self.source, MAX_MESSAGE_BYTES * 2),
                Some(fault) => gate.answer(&message, self.source, fault),
            };
            match judgement {
                Judgement::Pass(message) => return Ok(Brought::Message(message.into_owned())),
                Judgement::Answer(refusal) => write(&mut self.caller, &refusal.bytes).await?,
                Judgement::Nothing => {}
            }
            if is_over {
                return Ok(Brought::End);
            }
        }
    }
}

/// Writes a message whole, or gives up on who does not read.
async fn write<S: AsyncWrite + Unpin>(stream: &mut S, message: &[u8]) -> std::io::Result<()> {
    tokio::time::timeout(WRITING, async {
        stream.write_all(message).await?;
        stream.flush().await
    })
    .await?
}

/// The caller on one side, the parser on the other.
struct Between<S> {
    heard: Stream<S>,
    parser: TcpStream,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Between<S> {
    /// Passes messages both ways until either side is gone or cannot be understood any further.
    async fn carry(&mut self, gate: &Gate, first: &[u8]) -> std::io::Result<()> {
        write(&mut self.parser, first).await?;
        let mut from_parser = [0; CHUNK_BYTES];
        loop {
            loop {
                match self.heard.next(gate).await? {
                    Brought::Message(message) => {
                        write(&mut self.parser, &message).await?;
                        self.heard.until = clock::monotonic() + self.heard.patience(gate, true);
                    }
                    Brought::NotYet => break,
                    Brought::End => return Ok(()),
                }
            }
            if self.heard.received.is_empty() {
                self.heard.until = clock::monotonic() + self.heard.patience(gate, true);
            }
            tokio::select! {
                more = self.heard.more(gate, true) => if !more? {
                    return Ok(());
                },
                read = self.parser.read(&mut from_parser) => {
                    let length = read?;
                    if length == 0 {
                        return Ok(());
                    }
                    write(&mut self.heard.caller, &from_parser[..length]).await?;
                }
            }
        }
    }
}
