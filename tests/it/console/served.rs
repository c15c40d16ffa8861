//! The console on a socket: in the clear on loopback, over TLS with a certificate.

use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use yingda::console;
use yingda::console::settings::Settings;
use yingda::tls::Files;

use super::office::Office;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/console/tls").join(name)
}

const ASK: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn over_tls_the_console_answers_and_a_silent_client_keeps_nobody_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let tls = Files { certificate: file("certificate.pem"), key: file("key.pem") };
    let settings = Settings { tls: Some(tls.clone()), ..Settings::default() };
    let (router, _commands) = office.console(settings).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        console::serve(listener, Some(&tls), router, async { stopped.await.unwrap() }).await
    });
    let _silent = TcpStream::connect(address).await.unwrap();

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("certificate.pem")).unwrap()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    stream.write_all(ASK).await.unwrap();
    let mut said = Vec::new();
    // The server closes without a TLS goodbye when the connection ends: what was said counts.
    stream.read_to_end(&mut said).await.ok();
    let said = String::from_utf8(said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200"), "metrics are open to loopback: {said}");
    assert!(said.contains("yingda_calls_total 7"));

    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_missing_certificate_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tls = Files { certificate: file("nowhere.pem"), key: file("key.pem") };
    let refused = console::serve(listener, Some(&tls), router, std::future::pending()).await.unwrap_err();
    assert!(
        refused.to_string().contains("console.tls.certificate") && refused.to_string().contains("nowhere")
    );
}
