//! A listener that speaks TLS. Handshakes run side by side: one slow client keeps nobody else waiting.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::server::TlsStream;
use tracing::{debug, warn};

use super::settings::Tls;

/// How long a client may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);
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
    pub fn new(listener: TcpListener, files: &Tls) -> io::Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(config(files)?));
        let address = listener.local_addr()?;
        let (ready, shaken) = mpsc::channel(HANDSHAKES);
        tokio::spawn(accept(listener, acceptor, ready));
        Ok(Self { address, shaken })
    }
}

fn config(files: &Tls) -> io::Result<ServerConfig> {
    let wrong = |what: &str, path: &std::path::Path, error: &dyn std::fmt::Display| {
        io::Error::other(format!("console.tls.{what} {}: {error}", path.display()))
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong("certificate", &files.certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| wrong("key", &files.key, &error))?;
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| wrong("certificate", &files.certificate, &error))
}

/// Accepts until nobody takes what was accepted.
async fn accept(listener: TcpListener, acceptor: TlsAcceptor, ready: mpsc::Sender<Shaken>) {
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
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(shaken)) => {
                    ready.send((shaken, address)).await.ok();
                }
                Ok(Err(error)) => debug!(%error, "a client did not speak TLS"),
                Err(_) => debug!("a client took too long to shake hands"),
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
