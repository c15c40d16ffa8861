//! Softphones that speak SIP over WebSocket.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;

use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};
use yingda::clock::monotonic;
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::extension::PhoneTransport;
use yingda::domain::timestamp::Timestamp;
use yingda::phone::settings::Settings;
use yingda::phone::sip::transport::Listening;

use super::handset::{Handset, ext, nonce_in, open, value};
use super::line::{Line, PATIENCE};
use super::secret::{SecretStream, certificate, secret_stream};
use super::telephone::Telephone;
use crate::waiting::until;

/// A line that listens over WebSocket, in the clear and over TLS.
fn line_with(adjust: impl FnOnce(&mut Settings)) -> Line {
    Line::with(|settings| {
        settings.trusted = vec![];
        settings.ws = Some("127.0.0.1:0".parse().unwrap());
        settings.wss = Some("127.0.0.1:0".parse().unwrap());
        settings.certificate = Some(certificate());
        adjust(settings);
    })
}

enum Way {
    Clear(Box<WebSocket<TcpStream>>),
    Secret(Box<WebSocket<SecretStream>>),
}

/// Somebody's softphone, at an address that is nobody's.
struct Softphone {
    way: Way,
    kind: &'static str,
}

fn asking(protocol: Option<&'static str>) -> tokio_tungstenite::tungstenite::handshake::client::Request {
    let mut request = "ws://localhost/".into_client_request().unwrap();
    if let Some(protocol) = protocol {
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(protocol));
    }
    request
}

impl Softphone {
    fn over(transport: PhoneTransport, listening: Listening) -> Self {
        let address = listening.by(transport).unwrap();
        let asked = asking(Some("sip"));
        let (way, response, kind) = if transport == PhoneTransport::Wss {
            let stream = secret_stream(address);
            let (socket, response) = tokio_tungstenite::tungstenite::client(asked, stream).unwrap();
            (Way::Secret(Box::new(socket)), response, "WSS")
        } else {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let (socket, response) = tokio_tungstenite::tungstenite::client(asked, stream).unwrap();
            (Way::Clear(Box::new(socket)), response, "WS")
        };
        assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "sip");
        Self { way, kind }
    }

    fn send(&mut self, message: Message) {
        match &mut self.way {
            Way::Clear(socket) => socket.send(message).unwrap(),
            Way::Secret(socket) => socket.send(message).unwrap(),
        }
    }

    /// The next frame, which is a message.
    fn receive(&mut self) -> String {
        let frame = match &mut self.way {
            Way::Clear(socket) => socket.read().unwrap(),
            Way::Secret(socket) => socket.read().unwrap(),
        };
        frame.into_text().unwrap().to_string()
    }

    fn request(&mut self, method: &str) -> String {
        loop {
            let message = self.receive();
            if message.starts_with(&format!("{method} ")) {
                return message;
            }
        }
    }

    /// A REGISTER that says nothing of its length: its frame does.
    fn registers(&mut self, signer: &Handset, sequence: u32, more: &str) -> String {
        let kind = self.kind;
        let text = format!(
            "REGISTER sip:{line} SIP/2.0\r\nVia: SIP/2.0/{kind} x7f.invalid;branch=z9hG4bK{sequence}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:201@{line}>;tag=1\r\nTo: <sip:201@{line}>\r\nCall-ID: 1@x7f.invalid\r\n\
             CSeq: {sequence} REGISTER\r\n{more}\r\n",
            line = signer.line
        );
        self.send(if sequence == 1 { Message::binary(text.into_bytes()) } else { Message::text(text) });
        self.receive()
    }

    fn is_registered(&mut self, line: &Line) {
        let signer = Handset::new(line.phone.udp_address(), "201");
        let nonce = nonce_in(&self.registers(&signer, 1, ""));
        let contact = "Contact: <sip:201@x7f.invalid;transport=ws>;expires=120\r\n";
        let answer = self.registers(&signer, 2, &(signer.authorization(&nonce, 1) + contact));
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        assert!(value(&answer, "Contact").starts_with("<sip:201@x7f.invalid;transport=ws>"), "{answer}");
    }

    fn answer(&mut self, request: &str, status: &str, body: &str) {
        let copied = |name: &str| format!("{name}: {}\r\n", value(request, name));
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "SIP/2.0 {status}\r\n{}{}To: {};tag=9\r\n{}{}Contact: <sip:201@x7f.invalid;transport=ws>\r\n{kind}\r\n{body}",
            copied("Via"),
            copied("From"),
            value(request, "To"),
            copied("Call-ID"),
            copied("CSeq"),
        );
        self.send(Message::text(text));
    }
}

#[test]
fn over_websocket_a_softphone_registers_is_rung_and_talks() {
    for transport in [PhoneTransport::Ws, PhoneTransport::Wss] {
        let line = line_with(|settings| settings.srtp = yingda::phone::sip::sdp::SrtpUse::Off);
        let kept = open(&line, vec![]);
        let mut softphone = Softphone::over(transport, line.phone.listening());
        softphone.is_registered(&line);
        assert_eq!(kept.recv_timeout(PATIENCE).unwrap().bindings[0].transport, transport);
        let mut ear = Telephone::new();
        let call = yingda::clock::os_chance().mint(Timestamp::from_millis(0));
        line.tell(PhoneEffect::Dial { call, target: ext("201").target(), ring_time: PATIENCE });
        let invite = softphone.request("INVITE");
        assert!(invite.to_lowercase().starts_with("invite sip:201@x7f.invalid;transport=ws "), "{invite}");
        let contact = value(&invite, "Contact").to_lowercase();
        assert!(contact.ends_with(";transport=ws>"), "{contact}");
        assert!(value(&invite, "Via").starts_with(&format!("SIP/2.0/{} ", softphone.kind)), "{invite}");
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 8\r\n",
            ear.port()
        );
        softphone.answer(&invite, "200 OK", &body);
        softphone.request("ACK");
        assert_eq!(line.next(), PhoneEvent::Answered { call });
        ear.hear();
        line.tell(PhoneEffect::Hangup { call });
        let bye = softphone.request("BYE");
        softphone.answer(&bye, "200 OK", "");
        assert_eq!(line.next(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    }
}

#[test]
fn what_comes_over_websocket_goes_through_the_same_gate() {
    let line = line_with(|settings| settings.source_limit.message_s = 1);
    let _kept = open(&line, vec![]);
    let mut softphone = Softphone::over(PhoneTransport::Ws, line.phone.listening());
    let ask = |method: &str, more: &str| {
        Message::text(format!(
            "{method} sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS x7f.invalid;branch=z9hG4bK{method}{}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:a@x7f.invalid>;tag=1\r\nTo: <sip:12349@127.0.0.1>\r\nCall-ID: 2@x7f.invalid\r\n\
             CSeq: 1 {method}\r\n{more}\r\n",
            more.len()
        ))
    };
    // Each frame is judged by itself: one that cannot be read is no reason to hear no more.
    for (message, status) in [
        (ask("FROB", ""), "501"),
        (ask("OPTIONS", "Content-Length: -1\r\n"), "400"),
        (ask("OPTIONS", &format!("S: {}\r\n", "x".repeat(8_000))), "513"),
        (ask("OPTIONS", ""), "200"),
    ] {
        softphone.send(message);
        let answer = softphone.receive();
        assert!(answer.starts_with(&format!("SIP/2.0 {status}")), "{status}: {answer}");
    }
    // Who has said nothing sound is let go.
    let mut silent = Softphone::over(PhoneTransport::Ws, line.phone.listening());
    silent.send(Message::Ping(vec![1].into()));
    silent.send(Message::text("what"));
    let Way::Clear(socket) = &mut silent.way else { panic!("it came in the clear") };
    while socket.read().is_ok() {}
    // Who does not ask for SIP is sent away.
    for protocol in [None, Some("chat")] {
        let stream = TcpStream::connect(line.phone.listening().ws.unwrap()).unwrap();
        match tokio_tungstenite::tungstenite::client(asking(protocol), stream) {
            Err(tokio_tungstenite::tungstenite::HandshakeError::Failure(Error::Http(response))) => {
                assert_eq!(response.status(), 400);
            }
            other => panic!("{:?}", other.map(|_| ())),
        }
    }
}

/// Reads until the line has ended the connection; what it said before.
fn heard_until_closed(softphone: Softphone) -> Vec<String> {
    let Way::Clear(mut socket) = softphone.way else { panic!("it came in the clear") };
    let mut heard = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Close(_)) => {}
            Ok(frame) => heard.push(frame.into_text().unwrap().to_string()),
            Err(Error::Io(error)) => {
                assert!(
                    !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                    "it is still open"
                );
                return heard;
            }
            Err(_) => return heard,
        }
    }
}

fn options_of(length: usize) -> String {
    let begin = "OPTIONS sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS x7f.invalid;branch=z9hG4bK7\r\n\
         Max-Forwards: 70\r\nFrom: <sip:a@x7f.invalid>;tag=1\r\nTo: <sip:12349@127.0.0.1>\r\n\
         Call-ID: 7@x7f.invalid\r\nCSeq: 1 OPTIONS\r\nS: ";
    format!("{begin}{}\r\n\r\n", "x".repeat(length - begin.len() - 4))
}

#[test]
fn a_frame_that_is_too_long_ends_its_connection_and_no_other() {
    let line = line_with(|_| {});
    let _kept = open(&line, vec![]);
    let address = line.phone.listening();
    let mut other = Softphone::over(PhoneTransport::Ws, address);
    other.is_registered(&line);
    // As long as a frame may be: too long for a message, and told so.
    let mut longest = Softphone::over(PhoneTransport::Ws, address);
    longest.send(Message::text(options_of(65_536)));
    assert!(longest.receive().starts_with("SIP/2.0 513"));
    longest.send(Message::text(options_of(400)));
    assert!(longest.receive().starts_with("SIP/2.0 200"), "and it goes on");
    let mut longer = Softphone::over(PhoneTransport::Ws, address);
    longer.send(Message::text(options_of(65_537)));
    assert_eq!(heard_until_closed(longer), Vec::<String>::new());
    // In pieces it is no shorter.
    let mut pieces = Softphone::over(PhoneTransport::Ws, address);
    let whole = options_of(65_537).into_bytes();
    let (first, rest) = whole.split_at(40_000);
    for (piece, kind, is_last) in [(first, Data::Text, false), (rest, Data::Continue, true)] {
        pieces.send(Message::Frame(Frame::message(piece.to_vec(), OpCode::Data(kind), is_last)));
    }
    assert_eq!(heard_until_closed(pieces), Vec::<String>::new());
    other.send(Message::text(options_of(400)));
    assert!(other.receive().starts_with("SIP/2.0 200"));
}

#[test]
fn connections_over_websocket_count_among_those_of_their_source() {
    let line = line_with(|settings| settings.source_limit.connections = 2);
    let _kept = open(&line, vec![]);
    let mut one = Softphone::over(PhoneTransport::Ws, line.phone.listening());
    let mut two = Softphone::over(PhoneTransport::Wss, line.phone.listening());
    let stream = TcpStream::connect(line.phone.listening().ws.unwrap()).unwrap();
    assert!(tokio_tungstenite::tungstenite::client(asking(Some("sip")), stream).is_err());
    assert_eq!(line.phone.health().sip_connections_refused, 1);
    for softphone in [&mut one, &mut two] {
        softphone.send(Message::text(options_of(400)));
        assert!(softphone.receive().starts_with("SIP/2.0 200"));
    }
    // Whoever leaves makes room.
    drop(one);
    until("there is room for another", || {
        let stream = TcpStream::connect(line.phone.listening().ws.unwrap()).unwrap();
        tokio_tungstenite::tungstenite::client(asking(Some("sip")), stream).is_ok()
    });
}

#[test]
fn who_pings_without_end_and_reads_nothing_is_let_go_in_its_time_and_others_are_heard_meanwhile() {
    let line = line_with(|settings| {
        settings.source_limit.message_s = 4;
        // What they may say is not what ends it.
        (settings.source_limit.burst, settings.source_limit.per_second) = (1_000_000, 1_000_000);
    });
    let _kept = open(&line, vec![]);
    let Way::Clear(mut flood) = Softphone::over(PhoneTransport::Ws, line.phone.listening()).way else {
        panic!("it came in the clear")
    };
    flood.get_ref().set_write_timeout(Some(PATIENCE)).unwrap();
    // It fills what lies between the two and waits there until the line lets go.
    let flood = thread::spawn(move || {
        let began = monotonic();
        loop {
            if let Err(error) = flood.send(Message::Ping(vec![7; 125].into())) {
                break error;
            }
            assert!(began.elapsed() < PATIENCE, "nobody may ping for ever");
        }
    });
    for _ in 0..3 {
        Softphone::over(PhoneTransport::Ws, line.phone.listening()).is_registered(&line);
    }
    assert!(!flood.is_finished(), "the others were heard meanwhile");
    let error = flood.join().unwrap();
    let Error::Io(error) = error else { panic!("{error:?}") };
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
}
