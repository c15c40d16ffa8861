//! A peer that writes its SIP messages by hand.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use super::line::{Line, PATIENCE};

/// An INVITE from `via`; each replacement is `(what, with)` in its text.
pub fn invite(via: &str, rtp_port: u16, replacements: &[(&str, &str)]) -> String {
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {rtp_port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    );
    let mut text = format!(
        "INVITE sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{via};branch=z9hG4bK1;rport\r\nMax-Forwards: 70\r\n\
         From: \"NAME\" <sip:13800000001@127.0.0.1>;tag=1\r\nTo: <sip:12349@127.0.0.1>\r\nCall-ID: 1@peer\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:13800000001@127.0.0.1>\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for (what, with) in replacements {
        assert!(text.contains(what), "{what}");
        text = text.replacen(what, with, 1);
    }
    text
}

/// A peer that speaks bytes.
pub struct Peer(UdpSocket);

impl Peer {
    pub fn new(line: &Line) -> Self {
        Self::of(line.phone.udp_address())
    }

    /// One who speaks to a telephone at this address.
    pub fn of(telephone: SocketAddr) -> Self {
        Self::at("127.0.0.1", telephone)
    }

    /// The same from another address of this machine: another source.
    pub fn at(host: &str, telephone: SocketAddr) -> Self {
        Self::over(UdpSocket::bind((host, 0)).unwrap(), telephone)
    }

    /// The same at exactly this address.
    pub fn bound(address: &str, telephone: SocketAddr) -> Self {
        Self::over(UdpSocket::bind(address).unwrap(), telephone)
    }

    fn over(socket: UdpSocket, telephone: SocketAddr) -> Self {
        socket.connect(telephone).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    pub fn via(&self) -> String {
        format!("UDP {}", self.0.local_addr().unwrap())
    }

    pub fn send(&self, message: &[u8]) {
        self.0.send(message).unwrap();
    }

    /// The next message.
    pub fn receive(&self) -> String {
        let mut buffer = [0; 4_000];
        let length = self.0.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// The next message, if one comes within this time.
    pub fn asked_or_quiet(&self, time: Duration) -> Option<String> {
        self.0.set_read_timeout(Some(time)).unwrap();
        let mut buffer = [0; 4_000];
        let received = self.0.recv(&mut buffer);
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
        Some(String::from_utf8_lossy(&buffer[..received.ok()?]).into_owned())
    }

    /// Whether nothing comes for so long.
    pub fn is_left_alone_for(&self, time: Duration) -> bool {
        self.0.set_read_timeout(Some(time)).unwrap();
        let is_quiet = self.0.recv(&mut [0; 4_000]).is_err();
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
        is_quiet
    }

    /// The tag of a call that is answered.
    pub fn answer_tag(&self) -> String {
        let answer = self.answer();
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        let to = answer.lines().find(|line| line.starts_with("To:")).unwrap();
        to.split_once("tag=").unwrap().1.trim().to_owned()
    }

    /// The first final answer.
    pub fn answer(&self) -> String {
        loop {
            let message = self.receive();
            if !message.starts_with("SIP/2.0 1") {
                return message;
            }
        }
    }
}
