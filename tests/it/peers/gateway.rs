//! A provider's gateway that writes its SIP messages by hand: it is registered with, asked whether it is there, dialled
//! over, and brings calls.

use std::io::Write;
use std::net::{SocketAddr, TcpStream, UdpSocket};

use md5::Md5;
use sha2::{Digest, Sha256};
use yingda::domain::secret::Secret;
use yingda::phone::settings::{Account, Trunk};

use super::handset::{value, whole};
use super::line::PATIENCE;

pub const REALM: &str = "provider";

enum Way {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

pub struct Gateway(Way);

/// A request, and where it came from.
pub struct Asked {
    pub text: String,
    from: SocketAddr,
}

impl Gateway {
    pub fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(Way::Udp(socket))
    }

    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(Way::Tcp(stream))
    }

    pub fn own(&self) -> SocketAddr {
        match &self.0 {
            Way::Udp(socket) => socket.local_addr().unwrap(),
            Way::Tcp(stream) => stream.local_addr().unwrap(),
        }
    }

    /// The trunk that leads here; it is asked nothing by itself.
    pub fn trunk(&self, name: &str) -> Trunk {
        Trunk { keep_alive_s: 0, ..Trunk::at(name, self.own()) }
    }

    pub fn receive(&self) -> Asked {
        self.try_receive().expect("the line says something")
    }

    fn try_receive(&self) -> Option<Asked> {
        match &self.0 {
            Way::Udp(socket) => {
                let mut buffer = vec![0; 8_000];
                let (length, from) = socket.recv_from(&mut buffer).ok()?;
                buffer.truncate(length);
                Some(Asked { text: String::from_utf8(buffer).unwrap(), from })
            }
            Way::Tcp(stream) => {
                let mut reader: &TcpStream = stream;
                let text = String::from_utf8(whole(&mut reader)).unwrap();
                Some(Asked { text, from: stream.peer_addr().unwrap() })
            }
        }
    }

    /// The next request of this method; others are passed over.
    pub fn request(&self, method: &str) -> Asked {
        loop {
            let asked = self.receive();
            if asked.text.starts_with(&format!("{method} ")) {
                return asked;
            }
        }
    }

    /// The next final answer to what it asked itself.
    pub fn final_answer(&self) -> String {
        loop {
            let heard = self.receive();
            if heard.text.starts_with("SIP/2.0 ") && !heard.text.starts_with("SIP/2.0 1") {
                return heard.text;
            }
        }
    }

    /// Answers whatever has come of this method.
    pub fn answers_what_waits(&self, method: &str, status: &str) {
        let Way::Udp(socket) = &self.0 else { panic!("over UDP") };
        socket.set_nonblocking(true).unwrap();
        while let Some(asked) = self.try_receive() {
            if asked.text.starts_with(&format!("{method} ")) {
                self.answer(&asked, status, "");
            }
        }
        socket.set_nonblocking(false).unwrap();
    }

    pub fn send(&self, message: &str, to: SocketAddr) {
        match &self.0 {
            Way::Udp(socket) => drop(socket.send_to(message.as_bytes(), to).unwrap()),
            Way::Tcp(stream) => (&*stream).write_all(message.as_bytes()).unwrap(),
        }
    }

    /// Answers a request; `more` are whole header lines.
    pub fn answer(&self, asked: &Asked, status: &str, more: &str) {
        self.answer_with(asked, status, more, "");
    }

    fn answer_with(&self, asked: &Asked, status: &str, more: &str, body: &str) {
        let copied = |name: &str| format!("{name}: {}\r\n", value(&asked.text, name));
        let to = value(&asked.text, "To");
        let tag = if to.contains("tag=") { String::new() } else { format!(";tag={}", self.own().port()) };
        let message = format!(
            "SIP/2.0 {status}\r\n{}{}To: {to}{tag}\r\n{}{}{more}Content-Length: {}\r\n\r\n{body}",
            copied("Via"),
            copied("From"),
            copied("Call-ID"),
            copied("CSeq"),
            body.len()
        );
        self.send(&message, asked.from);
    }

    /// Answers an INVITE so that the call has come to its end.
    pub fn refuses(&self, invite: &Asked, status: &str) {
        self.answer(invite, status, "");
        self.request("ACK");
    }

    /// Picks up; the audio is at this port.
    pub fn picks_up(&self, invite: &Asked, rtp_port: u16) {
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {rtp_port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
        );
        let more = format!("Contact: <sip:{}>\r\nContent-Type: application/sdp\r\n", self.own());
        self.answer_with(invite, "200 OK", &more, &body);
        self.request("ACK");
    }

    /// Asks who it is, with a nonce; the old hash is offered first.
    pub fn challenges(&self, asked: &Asked, status: &str, nonce: &str, more: &str) {
        let header = if status.starts_with("407") { "Proxy-Authenticate" } else { "WWW-Authenticate" };
        let offer = |algorithm: &str| {
            format!(
                "{header}: Digest realm=\"{REALM}\", nonce=\"{nonce}\", qop=\"auth,auth-int\", \
                 algorithm={algorithm}{more}\r\n"
            )
        };
        self.answer(asked, status, &(offer("MD5") + &offer("SHA-256")));
    }

    /// Takes a registration for so many seconds.
    pub fn registers(&self, asked: &Asked, expires_s: u32) {
        let contact = value(&asked.text, "Contact");
        self.answer(asked, "200 OK", &format!("Contact: {contact};expires={expires_s}\r\n"));
    }
}

/// The account of the line at the provider.
pub fn account() -> Account {
    Account {
        user: "line".into(),
        login: Some("line-login".into()),
        password: Secret::new("open sesame"),
        realm: Some(REALM.into()),
        expires_s: 600,
    }
}

/// Whether a request proves that its sender knows the password, by the better hash, this nonce and this count.
pub fn is_proven(asked: &Asked, header: &str, nonce: &str, count: u32) -> bool {
    let proof = value(&asked.text, header);
    let field = |name: &str| {
        let mut fields =
            proof.trim_start_matches("Digest ").split(", ").filter_map(|field| field.split_once('='));
        fields.find(|(found, _)| *found == name).map(|(_, value)| value.trim_matches('"').to_owned())
    };
    let said = |name: &str| field(name).unwrap_or_else(|| panic!("{name} is not in {proof}"));
    let hash = |text: String| {
        let octets = match said("algorithm").as_str() {
            "SHA-256" => Sha256::digest(text).to_vec(),
            _ => Md5::digest(text).to_vec(),
        };
        octets.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let mut start = asked.text.split(' ');
    let (method, uri) = (start.next().unwrap(), start.next().unwrap());
    let secret = hash(format!("line-login:{REALM}:open sesame"));
    let what = hash(format!("{method}:{uri}"));
    let count = format!("{count:08x}");
    let response = hash(format!("{secret}:{nonce}:{count}:{}:auth:{what}", said("cnonce")));
    said("algorithm") == "SHA-256"
        && [said("username"), said("realm"), said("nonce"), said("uri"), said("nc"), said("response")]
            == ["line-login", REALM, nonce, uri, &count, &response]
}
