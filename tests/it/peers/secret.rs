//! What somebody needs who speaks with the line in secret: a connection over TLS.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use yingda::phone::settings::Settings;
use yingda::tls::Files;

use super::handset::whole;
use super::line::{Line, PATIENCE};

pub type SecretStream = StreamOwned<ClientConnection, TcpStream>;

/// Somebody who writes SIP messages by hand and sends them over TLS.
pub struct SecretPeer(SecretStream);

impl SecretPeer {
    pub fn new(line: &Line) -> Self {
        Self(secret_stream(tls_address(line)))
    }

    /// Sends a message, whose length is set right.
    pub fn send(&mut self, message: &str) {
        self.0.write_all(with_length(message).as_bytes()).unwrap();
    }

    /// The first final answer.
    pub fn answer(&mut self) -> String {
        loop {
            let message = self.receive();
            if !message.starts_with("SIP/2.0 1") {
                return message;
            }
        }
    }

    pub fn receive(&mut self) -> String {
        String::from_utf8(whole(&mut self.0)).unwrap()
    }
}

/// The message with the Content-Length that it has.
pub fn with_length(message: &str) -> String {
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    let lines: Vec<_> = head.lines().filter(|line| !line.starts_with("Content-Length")).collect();
    format!("{}\r\nContent-Length: {}\r\n\r\n{body}", lines.join("\r\n"), body.len())
}

/// A certificate of nobody's that says `localhost`, and its key.
pub fn certificate() -> Files {
    Files { certificate: file("certificate.pem"), key: file("key.pem") }
}

/// The one that takes its place.
pub fn renewed_certificate() -> Files {
    Files { certificate: file("renewed.pem"), key: file("renewed-key.pem") }
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/console/tls").join(name)
}

/// A line that listens over TLS too.
pub fn secret_line(adjust: impl FnOnce(&mut Settings)) -> Line {
    Line::with(|settings| {
        settings.tls = Some("127.0.0.1:0".parse().unwrap());
        settings.certificate = Some(certificate());
        adjust(settings);
    })
}

pub fn tls_address(line: &Line) -> SocketAddr {
    line.phone.listening().tls.unwrap()
}

pub fn client_config() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for files in [certificate(), renewed_certificate()] {
        roots.add(CertificateDer::from_pem_file(files.certificate).unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// Connects, and believes what it is shown; hands are shaken with the first word.
pub fn secret_stream(address: SocketAddr) -> SecretStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(client_config(), name).unwrap(), stream)
}
