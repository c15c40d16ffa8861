//! Certificates, and the handshakes that are made with them: for browsers and for telephones.
//!
//! A certificate that was renewed is taken up while the program runs: its files are looked at before a handshake,
//! once a minute at most.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::server::TlsStream;
use tracing::{info, warn};

use crate::clock;

/// How long whoever connects may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often it is looked whether there is another certificate.
const LOOK: Duration = Duration::from_secs(60);

/// A certificate chain and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Shakes hands with whoever connects.
#[derive(Clone)]
pub struct Acceptor {
    files: Files,
    /// The settings' name for them, to be told in what is wrong with them.
    named: &'static str,
    look: Duration,
    /// A mutex because handshakes run side by side; each holds it to take what there is, once a minute to read anew.
    held: Arc<Mutex<Held>>,
}

struct Held {
    config: Arc<ServerConfig>,
    read: Read,
    looked: Instant,
}

/// When the files were written that were read.
type Read = [Option<SystemTime>; 2];

impl Acceptor {
    /// Reads the files; `named` is what the settings call them.
    ///
    /// # Errors
    /// When certificate or key cannot be read or do not belong together.
    pub fn new(files: &Files, named: &'static str) -> io::Result<Self> {
        Self::looking_each(LOOK, files, named)
    }

    /// As `new`, looking for another certificate when so much time has passed.
    ///
    /// # Errors
    /// As `new`.
    pub fn looking_each(look: Duration, files: &Files, named: &'static str) -> io::Result<Self> {
        let read = written(files);
        let config = Arc::new(config(files, named)?);
        let held = Held { config, read, looked: clock::monotonic() };
        Ok(Self { files: files.clone(), named, look, held: Arc::new(Mutex::new(held)) })
    }

    /// Shakes hands, in the time there is for it.
    ///
    /// # Errors
    /// When the other side speaks no TLS, or takes too long.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.current());
        tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await?
    }

    /// What is to be shown now. What cannot be read is no reason to show nothing.
    fn current(&self) -> Arc<ServerConfig> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::monotonic();
        if now.saturating_duration_since(held.looked) >= self.look {
            held.looked = now;
            let read = written(&self.files);
            if read != held.read {
                match config(&self.files, self.named) {
                    Ok(config) => {
                        held.config = Arc::new(config);
                        held.read = read;
                        info!(certificate = %self.files.certificate.display(), "another certificate is shown from now on");
                    }
                    // Certificate and key are written one after the other: the next look may find both.
                    Err(error) => {
                        warn!(%error, "another certificate cannot be shown; the one before still is")
                    }
                }
            }
        }
        held.config.clone()
    }
}

fn written(files: &Files) -> Read {
    [&files.certificate, &files.key].map(|path| path.metadata().and_then(|file| file.modified()).ok())
}

fn config(files: &Files, named: &str) -> io::Result<ServerConfig> {
    let wrong = |what: &str, path: &Path, error: &dyn std::fmt::Display| {
        io::Error::other(format!("{named}.{what} {}: {error}", path.display()))
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
