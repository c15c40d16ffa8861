//! A telephone of the line's own people that writes its SIP messages by hand: it registers, is rung, answers.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use md5::Md5;
use sha2::{Digest, Sha256};
use yingda::domain::extension::{Extension, PhoneAccount, PhoneBinding};
use yingda::domain::secret::Secret;
use yingda::phone::sip::digest::hashes_of;
use yingda::phone::{Moved, Registry};

use super::line::{Line, PATIENCE};
use super::secret::{SecretStream, secret_stream};

pub const REALM: &str = "yingda";

pub fn ext(digits: &str) -> Extension {
    Extension::parse(digits).unwrap()
}

pub fn account(digits: &str, password: &str) -> PhoneAccount {
    PhoneAccount { extension: ext(digits), hashes: hashes_of(digits, REALM, &Secret::new(password)) }
}

/// Opens a line's registrar: 201 has the password `right`. Returns what is to be kept of it.
pub fn open(line: &Line, bindings: Vec<PhoneBinding>) -> Receiver<Moved> {
    let (moved, kept) = bounded(100);
    let accounts = vec![account("201", "right"), account("202", "right")];
    line.phone.line().open_registrar(Registry { accounts, bindings, moved }).unwrap();
    kept
}

enum Way {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Tls(Box<RefCell<SecretStream>>),
}

/// The telephone. Its Call-ID and its counts are its own.
pub struct Handset {
    way: Way,
    pub line: SocketAddr,
    pub extension: String,
    pub password: String,
    /// What it says its address is.
    pub contact: String,
    call_id: String,
    sequence: Cell<u32>,
    branch: Cell<u32>,
}

impl Handset {
    pub fn new(line: SocketAddr, extension: &str) -> Self {
        Self::at("127.0.0.1", line, extension)
    }

    /// One that is at this address.
    pub fn at(host: &str, line: SocketAddr, extension: &str) -> Self {
        let socket = UdpSocket::bind((host, 0)).unwrap();
        socket.connect(line).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let own = socket.local_addr().unwrap();
        Self::with(Way::Udp(socket), line, extension, format!("sip:{extension}@{own}"))
    }

    /// One that comes over TCP and that nobody can connect to.
    pub fn over_tcp(line: SocketAddr, extension: &str) -> Self {
        let stream = TcpStream::connect(line).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let contact = format!("sip:{extension}@127.0.0.1:9;transport=tcp");
        Self::with(Way::Tcp(stream), line, extension, contact)
    }

    /// One that comes over TLS, and is behind an address that nobody can connect to.
    pub fn over_tls(line: SocketAddr, extension: &str) -> Self {
        let contact = format!("sip:{extension}@127.0.0.1:9;transport=tls");
        Self::with(Way::Tls(Box::new(RefCell::new(secret_stream(line)))), line, extension, contact)
    }

    fn with(way: Way, line: SocketAddr, extension: &str, contact: String) -> Self {
        let call_id = format!("{}@handset", contact.replace(['@', ':', ';', '='], "-"));
        Self {
            way,
            line,
            extension: extension.into(),
            password: "right".into(),
            contact,
            call_id,
            sequence: Cell::new(0),
            branch: Cell::new(0),
        }
    }

    pub fn own(&self) -> SocketAddr {
        match &self.way {
            Way::Udp(socket) => socket.local_addr().unwrap(),
            Way::Tcp(stream) => stream.local_addr().unwrap(),
            Way::Tls(stream) => stream.borrow().sock.local_addr().unwrap(),
        }
    }

    fn via(&self) -> String {
        let kind = match self.way {
            Way::Udp(_) => "UDP",
            Way::Tcp(_) => "TCP",
            Way::Tls(_) => "TLS",
        };
        self.branch.set(self.branch.get() + 1);
        format!(
            "SIP/2.0/{kind} {};branch=z9hG4bK{}-{};rport",
            self.own(),
            self.own().port(),
            self.branch.get()
        )
    }

    pub fn send(&self, message: &str) {
        match &self.way {
            Way::Udp(socket) => drop(socket.send(message.as_bytes()).unwrap()),
            Way::Tcp(stream) => (&*stream).write_all(message.as_bytes()).unwrap(),
            Way::Tls(stream) => stream.borrow_mut().write_all(message.as_bytes()).unwrap(),
        }
    }

    /// The next message.
    pub fn receive(&self) -> String {
        let mut buffer = vec![0; 8_000];
        match &self.way {
            Way::Udp(socket) => {
                let length = socket.recv(&mut buffer).unwrap();
                buffer.truncate(length);
            }
            Way::Tcp(stream) => buffer = whole(&mut &*stream),
            Way::Tls(stream) => buffer = whole(&mut *stream.borrow_mut()),
        }
        String::from_utf8(buffer).unwrap()
    }

    /// The next request of this method; what is sent again of others is passed over.
    pub fn request(&self, method: &str) -> String {
        loop {
            let message = self.receive();
            if message.starts_with(&format!("{method} ")) {
                return message;
            }
            assert!(!message.starts_with("SIP/2.0"), "{method} was waited for: {message}");
        }
    }

    /// Sends a REGISTER and returns the answer. `more` are whole header lines.
    pub fn register_with(&self, more: &str) -> String {
        self.sequence.set(self.sequence.get() + 1);
        self.send_register(more, self.sequence.get())
    }

    pub fn send_register(&self, more: &str, sequence: u32) -> String {
        let (line, extension, via) = (self.line, &self.extension, self.via());
        self.send(&format!(
            "REGISTER sip:{line} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: <sip:{extension}@{line}>;tag=1\r\n\
             To: <sip:{extension}@{line}>\r\nCall-ID: {}\r\nCSeq: {sequence} REGISTER\r\n{more}Content-Length: 0\r\n\r\n",
            self.call_id
        ));
        self.receive()
    }

    /// An Authorization line for a nonce.
    pub fn authorization(&self, nonce: &str, count: u32) -> String {
        let uri = format!("sip:{}", self.line);
        let hash = |text: String| hex(&Sha256::digest(text));
        let secret = hash(format!("{}:{REALM}:{}", self.extension, self.password));
        let what = hash(format!("REGISTER:{uri}"));
        let response = hash(format!("{secret}:{nonce}:{count:08x}:c0ffee:auth:{what}"));
        self.line_of("SHA-256", nonce, count, &uri, &response)
    }

    /// The same by a telephone that knows MD5 only.
    pub fn old_authorization(&self, nonce: &str, count: u32) -> String {
        let uri = format!("sip:{}", self.line);
        let hash = |text: String| hex(&Md5::digest(text));
        let secret = hash(format!("{}:{REALM}:{}", self.extension, self.password));
        let what = hash(format!("REGISTER:{uri}"));
        let response = hash(format!("{secret}:{nonce}:{count:08x}:c0ffee:auth:{what}"));
        self.line_of("MD5", nonce, count, &uri, &response)
    }

    fn line_of(&self, algorithm: &str, nonce: &str, count: u32, uri: &str, response: &str) -> String {
        format!(
            "Authorization: Digest username=\"{}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={algorithm}, cnonce=\"c0ffee\", qop=auth, nc={count:08x}\r\n",
            self.extension
        )
    }

    /// A nonce of the line's.
    pub fn nonce(&self) -> String {
        nonce_in(&self.register_with(""))
    }

    pub fn contact_line(&self) -> String {
        format!("Contact: <{}>\r\n", self.contact)
    }

    /// Registers where it is with a nonce of its own, and returns the answer. `more` are whole header lines.
    pub fn registers(&self, more: &str) -> String {
        let authorization = self.authorization(&self.nonce(), 1);
        self.register_with(&format!("{authorization}{more}"))
    }

    /// Registers, which must be taken.
    /// Whether nothing comes for so long.
    pub fn is_left_alone_for(&self, time: Duration) -> bool {
        let heard = |octets: &mut [u8]| match &self.way {
            Way::Udp(socket) => {
                socket.set_read_timeout(Some(time)).unwrap();
                socket.recv(octets).is_ok()
            }
            Way::Tcp(stream) => {
                stream.set_read_timeout(Some(time)).unwrap();
                (&*stream).read(octets).is_ok()
            }
            Way::Tls(stream) => {
                let mut stream = stream.borrow_mut();
                stream.sock.set_read_timeout(Some(time)).unwrap();
                stream.read(octets).is_ok()
            }
        };
        !heard(&mut [0; 4_000])
    }

    pub fn is_registered(&self) {
        let answer = self.registers(&self.contact_line());
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    }

    /// Answers a request.
    pub fn answer(&self, request: &str, status: &str, body: &str) {
        let copied = |name: &str| format!("{name}: {}\r\n", value(request, name));
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        self.send(&format!(
            "SIP/2.0 {status}\r\n{}{}To: {};tag={}\r\n{}{}Contact: <{}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            copied("Via"),
            copied("From"),
            value(request, "To"),
            self.own().port(),
            copied("Call-ID"),
            copied("CSeq"),
            self.contact,
            body.len()
        ));
    }

    /// Picks up; its audio is at this port.
    pub fn picks_up(&self, invite: &str, rtp_port: u16) {
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {rtp_port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
        );
        self.answer(invite, "200 OK", &body);
    }
}

/// One message of a stream: its head, and as much more as that says.
pub fn whole(stream: &mut impl Read) -> Vec<u8> {
    let mut message = Vec::new();
    while !message.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
        message.push(octet[0]);
    }
    let head = String::from_utf8(message.clone()).unwrap();
    let mut body = vec![0; value(&head, "Content-Length").parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    [message, body].concat()
}

/// The value of a header that stands once.
pub fn value<'a>(message: &'a str, name: &str) -> &'a str {
    let mut lines = message.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
    found.unwrap_or_else(|| panic!("{name} is not in {message}")).1.trim()
}

pub fn nonce_in(answer: &str) -> String {
    assert!(answer.starts_with("SIP/2.0 401"), "{answer}");
    value(answer, "WWW-Authenticate").split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
