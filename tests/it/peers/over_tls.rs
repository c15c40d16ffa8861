//! Telephones that come over TLS.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustls_pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;

use yingda::clock::Clock;
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::extension::PhoneTransport;
use yingda::domain::ids::{CallId, Chance};
use yingda::domain::phone_number::NumberingPlan;
use yingda::domain::timestamp::Timestamp;
use yingda::phone::settings::Settings;
use yingda::phone::sip::sdp::SrtpUse;
use yingda::phone::sounds::Sounds;
use yingda::phone::{Phone, Supplies};
use yingda::tls::{Acceptor, Files};

use super::handset::{Handset, ext, open, value};
use super::line::{Line, PATIENCE};
use super::secret::{
    certificate, client_config, renewed_certificate, secret_line, secret_stream, tls_address,
};
use super::telephone::Telephone;

fn ring(line: &Line, extension: &str) -> CallId {
    let call = yingda::clock::os_chance().mint(Timestamp::from_millis(0));
    line.tell(PhoneEffect::Dial { call, target: format!("ext:{extension}"), ring_time: PATIENCE });
    call
}

#[test]
fn over_tls_a_telephone_registers_is_rung_by_its_connection_and_talks() {
    let line = secret_line(|settings| {
        settings.trusted = vec![];
        settings.srtp = SrtpUse::Off;
    });
    let kept = open(&line, vec![]);
    let handset = Handset::over_tls(tls_address(&line), "201");
    handset.is_registered();
    let moved = kept.recv_timeout(PATIENCE).unwrap();
    assert_eq!((moved.bindings[0].transport, moved.bindings[0].source), (PhoneTransport::Tls, handset.own()));
    let mut ear = Telephone::new();
    let call = ring(&line, "201");
    let invite = handset.request("INVITE");
    let own = tls_address(&line);
    assert!(value(&invite, "Via").starts_with(&format!("SIP/2.0/TLS {own};")), "{invite}");
    let contact = value(&invite, "Contact").to_ascii_lowercase();
    assert_eq!(contact, format!("<sip:{own};transport=tls>"));
    handset.picks_up(&invite, ear.port());
    let ack = handset.request("ACK");
    assert!(value(&ack, "Via").starts_with(&format!("SIP/2.0/TLS {own};")), "{ack}");
    assert_eq!(line.next(), PhoneEvent::Answered { call });
    line.play(call, 1, &["welcome"]);
    ear.hear();
    line.tell(PhoneEffect::Hangup { call });
    let bye = handset.request("BYE");
    assert!(value(&bye, "Via").starts_with(&format!("SIP/2.0/TLS {own};")), "{bye}");
    handset.answer(&bye, "200 OK", "");
}

#[test]
fn a_telephone_whose_tls_connection_is_gone_is_reached_no_more() {
    let line = secret_line(|settings| settings.trusted = vec![]);
    let kept = open(&line, vec![]);
    let handset = Handset::over_tls(tls_address(&line), "201");
    handset.is_registered();
    assert_eq!(line.event(), PhoneEvent::PhoneReachable { extension: ext("201"), reachable: true });
    assert_eq!(kept.recv_timeout(PATIENCE).unwrap().bindings.len(), 1);
    drop(handset);
    assert_eq!(line.event(), PhoneEvent::PhoneReachable { extension: ext("201"), reachable: false });
    assert_eq!(kept.recv_timeout(PATIENCE).unwrap().bindings, []);
    let call = ring(&line, "201");
    assert_eq!(line.next(), PhoneEvent::CallEnded { call, reason: EndReason::NetworkFailed });
}

#[test]
fn an_address_for_tls_alone_is_taken_over_tls_alone() {
    let line = secret_line(|_| {});
    let _kept = open(&line, vec![]);
    for (mut handset, status) in [
        (Handset::over_tls(tls_address(&line), "201"), "SIP/2.0 200"),
        (Handset::new(line.phone.udp_address(), "202"), "SIP/2.0 400"),
    ] {
        handset.contact = format!("sips:{}@{}", handset.extension, handset.own());
        let answer = handset.registers(&handset.contact_line());
        assert!(answer.starts_with(status), "{answer}");
    }
}

/// Waits until the line has closed a connection.
fn is_closed(mut stream: TcpStream) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "it is still open"),
    }
}

#[test]
fn who_shakes_hands_slowly_or_speaks_no_tls_is_let_go_and_nobody_else_waits() {
    let line = secret_line(|settings| {
        settings.trusted = vec![];
        settings.source_limit.message_s = 1;
        settings.source_limit.connections = 3;
    });
    let _kept = open(&line, vec![]);
    let address = tls_address(&line);
    let silent = TcpStream::connect(address).unwrap();
    let mut halting = TcpStream::connect(address).unwrap();
    // The beginning of a handshake whose rest does not come.
    halting.write_all(&[0x16, 3, 1, 2, 0, 1]).unwrap();
    Handset::over_tls(address, "201").is_registered();
    is_closed(silent);
    is_closed(halting);
    let mut garbled = TcpStream::connect(address).unwrap();
    garbled.write_all(b"REGISTER sip:127.0.0.1 SIP/2.0\r\n\r\n").unwrap();
    is_closed(garbled);
    // One who has shaken hands and says nothing has no more time than anybody.
    let mut quiet = secret_stream(address);
    quiet.conn.complete_io(&mut quiet.sock).unwrap();
    let mut said = Vec::new();
    quiet.read_to_end(&mut said).ok();
    assert_eq!(said, b"");
    Handset::over_tls(address, "201").is_registered();
}

#[test]
fn connections_over_tls_count_among_those_of_their_source() {
    let line = secret_line(|settings| {
        settings.trusted = vec![];
        settings.tcp = Some("127.0.0.1:0".parse().unwrap());
        settings.source_limit.connections = 2;
    });
    let _kept = open(&line, vec![]);
    let _one = TcpStream::connect(line.phone.tcp_address().unwrap()).unwrap();
    let two = Handset::over_tls(tls_address(&line), "201");
    two.is_registered();
    is_closed(TcpStream::connect(tls_address(&line)).unwrap());
    assert_eq!(line.phone.health().sip_connections_refused, 1);
    assert!(two.is_left_alone_for(Duration::from_millis(1)));
}

/// What is shown to somebody who connects.
async fn shown(acceptor: &Acceptor) -> CertificateDer<'static> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(client_config());
    let (connected, accepted) = tokio::join!(connector.connect(name, stream), acceptor.accept(accepted));
    accepted.unwrap();
    connected.unwrap().get_ref().1.peer_certificates().unwrap()[0].clone()
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let files = Files { certificate: at("chain.pem"), key: at("key.pem") };
    let [before, renewed] = [certificate(), renewed_certificate()];
    let mut written = 0;
    let mut write = |from: &Path, to: &Path| {
        fs::copy(from, to).unwrap();
        // Each is written later than the one before, however fast the machine is.
        written += 10;
        let when = SystemTime::UNIX_EPOCH + Duration::from_secs(written);
        fs::File::options().write(true).open(to).unwrap().set_modified(when).unwrap();
    };
    write(&before.certificate, &files.certificate);
    write(&before.key, &files.key);
    let acceptor = Acceptor::looking_each(Duration::ZERO, &files, "phone.certificate").unwrap();
    let first = shown(&acceptor).await;
    write(&renewed.certificate, &files.certificate);
    assert_eq!(shown(&acceptor).await, first, "the key is not there yet");
    write(&renewed.key, &files.key);
    let second = shown(&acceptor).await;
    assert_ne!(second, first);
    fs::remove_file(&files.key).unwrap();
    assert_eq!(shown(&acceptor).await, second, "what cannot be read is no reason to show nothing");
}

#[test]
fn a_line_without_its_certificate_does_not_start_and_says_which_file_is_meant() {
    let started = |files: Option<Files>| {
        let settings = Settings {
            udp: "127.0.0.1:0".parse().unwrap(),
            tcp: None,
            tls: Some("127.0.0.1:0".parse().unwrap()),
            certificate: files,
            ..Settings::default()
        };
        let supplies = Supplies {
            settings,
            plan: NumberingPlan::default(),
            sounds: Sounds::default().into(),
            desk: crossbeam_channel::bounded(1).0,
            recordings: None,
            clock: Clock::start(),
            chance: Chance::from_number(1),
        };
        Phone::start(supplies).err().unwrap().to_string()
    };
    let nowhere = Files { certificate: "nowhere.pem".into(), ..certificate() };
    let said = started(Some(nowhere));
    assert!(
        said.contains("phone.certificate.certificate nowhere.pem") && said.contains("phone.tls"),
        "{said}"
    );
    assert!(started(None).contains("phone.certificate"));
}
