//! A listener that speaks TLS. Handshakes run side by side: one slow client keeps nobody else waiting.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::server::TlsStream;
use tracing::{debug, warn};

use crate::tls::{Acceptor, Files};

/// Handshakes at once.
const HANDSHAKES: usize = 256;
/// Pause after the system could not accept (no file descriptors left).
const BREATH: Duration = Duration::from_millis(200);

type Shaken = (TlsStream<TcpStream>, SocketAddr);

pub(crate) struct TlsListener {
    address: SocketAddr,
    shaken: mpsc::Receiver<Shaken>,
}

impl TlsListener {
    /// # Errors
    /// When certificate or key cannot be read or do not belong together.
    pub fn new(listener: TcpListener, files: &Files) -> io::Result<Self> {
        let acceptor = Acceptor::new(files, "console.tls")?;
        let address = listener.local_addr()?;
        let (ready, shaken) = mpsc::channel(HANDSHAKES);
        tokio::spawn(accept(listener, acceptor, ready));
        Ok(Self { address, shaken })
    }
}

/// Accepts until nobody takes what was accepted.
async fn accept(listener: TcpListener, acceptor: Acceptor, ready: mpsc::Sender<Shaken>) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    while !ready.is_closed() {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "the console cannot accept a connection");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            match acceptor.accept(stream).await {
                Ok(shaken) => {
                    ready.send((shaken, address)).await.ok();
                }
                Err(error) => debug!(%error, "a client did not shake hands"),
            }
            drop(place);
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.shaken.recv().await {
            Some(shaken) => shaken,
            // The accepting task ended with the runtime: nothing will come any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
