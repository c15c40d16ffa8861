//! One connection of the centre: a task that reads, a task that writes.

use bytes::BytesMut;
use futures_util::StreamExt;
use rusmpp::Command;
use rusmpp::pdus::SubmitSmResp;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::COctetString;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio_util::codec::{Encoder, FramedRead};
use tokio_util::sync::{CancellationToken, DropGuard};

/// PDUs waiting to be written; a peer that does not read them is hung up on.
const UNWRITTEN: usize = 1_024;

/// One connection, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// A PDU that came, or the end.
pub struct FromWire {
    pub id: ConnectionId,
    pub command: Option<Command>,
}

/// The centre's side of a connection; dropping it closes it.
pub struct Wire {
    writing: mpsc::Sender<BytesMut>,
    open: DropGuard,
}

impl Wire {
    pub fn start(id: ConnectionId, stream: TcpStream, heard: mpsc::Sender<FromWire>) -> Self {
        let (writing, written) = mpsc::channel(UNWRITTEN);
        let open = CancellationToken::new();
        if stream.set_nodelay(true).is_err() {
            open.cancel();
        }
        let (reader, writer) = stream.into_split();
        let over = open.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = over.cancelled() => {}
                () = read(id, reader, &heard) => {}
                () = write(writer, written) => {}
            }
            // The centre may have ended first.
            let _gone = heard.send(FromWire { id, command: None }).await;
        });
        Self { writing, open: open.drop_guard() }
    }

    pub fn send(&self, command: Command) {
        let mut octets = BytesMut::new();
        match CommandCodec::new().encode(command, &mut octets) {
            Ok(()) => self.send_raw(octets),
            Err(_) => self.open.token().cancel(),
        }
    }

    pub fn send_raw(&self, octets: BytesMut) {
        if self.writing.try_send(octets).is_err() {
            self.open.token().cancel();
        }
    }
}

async fn read(id: ConnectionId, reader: OwnedReadHalf, heard: &mpsc::Sender<FromWire>) {
    let mut commands = FramedRead::new(reader, CommandCodec::new());
    while let Some(Ok(command)) = commands.next().await {
        if heard.send(FromWire { id, command: Some(command) }).await.is_err() {
            return;
        }
    }
}

async fn write(mut writer: OwnedWriteHalf, mut waiting: mpsc::Receiver<BytesMut>) {
    while let Some(mut octets) = waiting.recv().await {
        // Everything that waits leaves in one write.
        while let Ok(more) = waiting.try_recv() {
            octets.unsplit(more);
        }
        if writer.write_all(&octets).await.is_err() {
            return;
        }
    }
}

pub fn submit_resp(name: &str) -> SubmitSmResp {
    let name = COctetString::from_string(name.to_owned()).unwrap_or_default();
    SubmitSmResp::builder().message_id(name).build()
}
