//! The media half of a telephone: what is heard, and keys.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use yingda::clock;
use yingda::rtp::packet::{PCMA, Packet, PacketError};
use yingda::rtp::playout::Playout;
use yingda::rtp::srtp::{Keys, Opener, Protector};
use yingda::rtp::telephone_event::{Key, PAYLOAD_TYPE, Sender};

use super::line::PATIENCE;

pub struct Telephone {
    socket: UdpSocket,
    playout: Playout,
    line: Option<SocketAddr>,
    /// Heard already, and not looked at.
    rest: Vec<u8>,
    /// Sequence and timestamp of the packet heard last.
    last: Option<(u16, u32)>,
    secure: Option<(Protector, Opener)>,
}

/// A received packet, its payload kept.
#[derive(Debug, Clone)]
pub struct Heard {
    pub at: Instant,
    pub marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub payload: Vec<u8>,
}

impl Telephone {
    pub fn new() -> Self {
        Self::at("127.0.0.1")
    }

    pub fn at(host: &str) -> Self {
        let socket = UdpSocket::bind((host, 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            playout: Playout::new(7, 100, 5_000),
            line: None,
            rest: Vec::new(),
            last: None,
            secure: None,
        }
    }

    /// Protects what it says from now on, and hears nothing else than what is protected.
    pub fn protect(&mut self, keys: &Keys) {
        self.secure = Some((Protector::new(keys.suite, &keys.ours), Opener::new(keys.suite, &keys.theirs)));
    }

    pub fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().port()
    }

    /// Hears the next packet of audio.
    pub fn hear(&mut self) -> Heard {
        let mut buffer = [0; 1_500];
        // A report for the telephone of another test may come here: it has the port beside its audio's.
        let (length, from) = loop {
            let (length, from) = self.socket.recv_from(&mut buffer).expect("the line sends audio");
            if Packet::parse(&buffer[..length]) == Err(PacketError::Rtcp) {
                continue;
            }
            match &mut self.secure {
                None => break (length, from),
                Some((_, opener)) => {
                    break (opener.packet(&mut buffer[..length]).expect("it is protected"), from);
                }
            }
        };
        self.line = Some(from);
        let packet = Packet::parse(&buffer[..length]).unwrap();
        assert_eq!(packet.payload_type, PCMA);
        // Whatever it is made of, it is one stream: time goes on with the packets, and without them before a mark.
        if let Some((sequence, timestamp)) = self.last.replace((packet.sequence, packet.timestamp)) {
            let packets = u32::from(packet.sequence.wrapping_sub(sequence));
            let passed = packet.timestamp.wrapping_sub(timestamp);
            assert!((1..0x8000).contains(&packets), "{packets} packets on");
            assert!(
                passed == 160 * packets || (packet.marker && passed > 160 * packets),
                "{passed} samples on"
            );
        }
        Heard {
            at: clock::monotonic(),
            marker: packet.marker,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            payload: packet.payload.to_vec(),
        }
    }

    /// Hears until `wanted` has been said whole, wherever packets cut it, and returns when the packet with its first
    /// octet came. What the last packet holds after it is kept for the next time.
    pub fn hear_all_of(&mut self, wanted: &[u8]) -> Instant {
        let deadline = clock::monotonic() + PATIENCE;
        let mut said = std::mem::take(&mut self.rest);
        let mut packets = vec![(0, clock::monotonic())];
        let mut searched = 0;
        while clock::monotonic() < deadline {
            if let Some(at) = said[searched..].windows(wanted.len()).position(|window| window == wanted) {
                let began = searched + at;
                self.rest = said.split_off(began + wanted.len());
                let (_, came) = packets.iter().rev().find(|(first, _)| *first <= began).unwrap();
                return *came;
            }
            searched = (said.len() + 1).saturating_sub(wanted.len());
            let packet = self.hear();
            packets.push((said.len(), packet.at));
            said.extend(packet.payload);
        }
        panic!("the line never said it");
    }

    /// Where the line sends from, and listens.
    pub fn line(&self) -> SocketAddr {
        self.line.expect("heard the line before")
    }

    /// Sends 20 ms of the given byte in a stream of another source.
    pub fn say_as(&mut self, stream: &mut Playout, byte: u8) {
        let mut bytes = Vec::new();
        stream.audio(PCMA, &[byte; 160]).write(&mut bytes);
        self.socket.send_to(&bytes, self.line()).unwrap();
    }

    /// Sends a packet, as it is or protected.
    fn send(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if let Some((protector, _)) = &mut self.secure {
            protector.packet(&mut bytes);
        }
        self.socket.send_to(&bytes, self.line()).unwrap();
        bytes
    }

    /// Sends these octets.
    pub fn send_raw(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.line()).unwrap();
    }

    /// Whether nothing at all has come.
    pub fn heard_nothing(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let nothing = self.socket.recv(&mut [0; 1_500]).is_err();
        self.socket.set_nonblocking(false).unwrap();
        nothing
    }

    /// Lets 20 ms of the given byte be lost on their way.
    pub fn lose(&mut self, byte: u8) {
        self.playout.audio(PCMA, &[byte; 160]);
    }

    /// Takes another telephone's place in front of the line.
    pub fn intrude(&mut self, line: SocketAddr) {
        self.line = Some(line);
    }

    /// Sends 20 ms of the given byte.
    pub fn say(&mut self, byte: u8) {
        self.say_all(&[byte; 160]);
    }

    /// Sends these 20 ms.
    pub fn say_all(&mut self, frame: &[u8; 160]) {
        let mut bytes = Vec::new();
        self.playout.audio(PCMA, frame).write(&mut bytes);
        self.send(bytes);
    }

    /// Presses keys, all their packets at once: the line goes by timestamps.
    pub fn press(&mut self, keys: &str) {
        self.press_all(keys);
    }

    /// The same; returns the packets as they were sent.
    pub fn press_all(&mut self, keys: &str) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        for key in keys.chars() {
            let mut sender = Sender::new(Key::from_char(key).unwrap(), 100);
            while let Some(frame) = sender.next_frame() {
                let mut bytes = Vec::new();
                self.playout.key(PAYLOAD_TYPE, &frame).write(&mut bytes);
                sent.push(self.send(bytes));
            }
            (0..4).for_each(|_| self.playout.silence());
        }
        sent
    }

    /// Hears for as long as it is given; returns what came.
    pub fn hear_for(&mut self, time: Duration) -> Vec<Heard> {
        let until = clock::monotonic() + time;
        let mut heard = Vec::new();
        while clock::monotonic() < until {
            heard.push(self.hear());
        }
        heard
    }
}
