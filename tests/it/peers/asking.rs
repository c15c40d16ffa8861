//! Somebody who sends messages as they are and hears everything that comes back.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use super::line::{Line, PATIENCE};

/// How long is listened before whoever rings is answered.
const ROUND: Duration = Duration::from_millis(20);

const ROUNDS: u128 = PATIENCE.as_millis() / ROUND.as_millis();

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Udp,
    Tcp,
}

/// What came back: each final answer once, in order, and whether the connection was closed then.
#[derive(Debug)]
pub struct Heard {
    pub answers: Vec<Answer>,
    pub closed: bool,
}

impl std::fmt::Display for Heard {
    /// `200`, `200 200` for two, `400 closed`, `-` for nothing at all.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut words: Vec<String> = self.answers.iter().map(|answer| answer.status.to_string()).collect();
        // Of two messages sent at once none needs to be answered first.
        words.sort();
        if self.closed {
            words.push("closed".into());
        }
        let words = if words.is_empty() { "-".into() } else { words.join(" ") };
        f.write_str(&words)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Panics
    ///
    /// When it is none: whatever was asked, what comes back must be readable.
    fn read(message: &[u8]) -> Self {
        let text = String::from_utf8_lossy(message).into_owned();
        let status =
            text.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)).and_then(|s| s.parse().ok());
        Self { status: status.unwrap_or_else(|| panic!("no answer but {text}")), text }
    }

    /// The value of a header that is written out.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut lines = self.text.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Where messages go and answers come from.
enum Way {
    Udp(UdpSocket),
    Tcp { stream: TcpStream, received: Vec<u8>, closed: bool },
}

impl Way {
    fn to(line: &Line, over: Over) -> Self {
        match over {
            Over::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.connect(line.phone.udp_address()).unwrap();
                socket.set_read_timeout(Some(ROUND)).unwrap();
                Self::Udp(socket)
            }
            Over::Tcp => {
                let stream = TcpStream::connect(line.phone.tcp_address().unwrap()).unwrap();
                stream.set_read_timeout(Some(ROUND)).unwrap();
                Self::Tcp { stream, received: vec![], closed: false }
            }
        }
    }

    fn own(&self) -> SocketAddr {
        match self {
            Self::Udp(socket) => socket.local_addr().unwrap(),
            Self::Tcp { stream, .. } => stream.local_addr().unwrap(),
        }
    }

    fn send(&mut self, message: &[u8]) {
        match self {
            Self::Udp(socket) => assert_eq!(socket.send(message).unwrap(), message.len()),
            // Whoever has closed their side may do so while we still speak.
            Self::Tcp { stream, closed, .. } => *closed |= stream.write_all(message).is_err(),
        }
    }

    fn is_closed(&self) -> bool {
        matches!(self, Self::Tcp { closed: true, received, .. } if received.is_empty())
    }

    /// The next answer, if one comes within a round.
    fn hear(&mut self) -> Option<Answer> {
        match self {
            Self::Udp(socket) => {
                let mut buffer = [0; 65_536];
                let length = socket.recv(&mut buffer).ok()?;
                Some(Answer::read(&buffer[..length]))
            }
            Self::Tcp { stream, received, closed } => {
                if let Some(whole) = whole_message(received) {
                    return Some(Answer::read(&received.drain(..whole).collect::<Vec<_>>()));
                }
                let mut buffer = [0; 65_536];
                match stream.read(&mut buffer) {
                    Ok(0) => *closed = true,
                    Ok(length) => received.extend_from_slice(&buffer[..length]),
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                    Err(_) => *closed = true,
                }
                None
            }
        }
    }
}

/// How long the first message is, once it is whole.
fn whole_message(received: &[u8]) -> Option<usize> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&received[..end]);
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length:"));
    let whole = end + length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
    (whole <= received.len()).then_some(whole)
}

/// Sends `message`, made for the address it is sent from, and listens until as many final answers as are `expected`
/// have come, and that to a question asked after it: what has not come until then does not come. Whoever rings is
/// answered meanwhile. When the connection is closed, somebody else asks.
pub fn ask(line: &Line, over: Over, expected: usize, message: impl FnOnce(SocketAddr) -> Vec<u8>) -> Heard {
    let mut way = Way::to(line, over);
    way.send(&message(way.own()));
    let mut heard = Heard { answers: vec![], closed: false };
    for _ in 0..ROUNDS {
        if heard.answers.len() >= expected || way.is_closed() {
            break;
        }
        line.answer_whoever_rings();
        note(&mut heard, way.hear());
    }
    if !way.is_closed() {
        way.send(&question(over, way.own()));
    }
    for _ in 0..ROUNDS {
        if way.is_closed() {
            break;
        }
        line.answer_whoever_rings();
        let answer = way.hear();
        if is_to_question(answer.as_ref()) {
            return heard;
        }
        note(&mut heard, answer);
    }
    heard.closed = way.is_closed();
    let mut other = Way::to(line, over);
    other.send(&question(over, other.own()));
    let served = (0..ROUNDS).any(|_| is_to_question(other.hear().as_ref()));
    assert!(served, "a question asked after it is answered; before it: {heard}");
    heard
}

fn note(heard: &mut Heard, answer: Option<Answer>) {
    // What nobody acknowledges is said again.
    if let Some(answer) = answer.filter(|answer| answer.status >= 200)
        && !heard.answers.contains(&answer)
    {
        heard.answers.push(answer);
    }
}

const QUESTION: &str = "question@asker";

fn is_to_question(answer: Option<&Answer>) -> bool {
    answer.is_some_and(|answer| answer.status == 200 && answer.value("Call-ID") == Some(QUESTION))
}

fn question(over: Over, own: SocketAddr) -> Vec<u8> {
    let kind = if over == Over::Udp { "UDP" } else { "TCP" };
    format!(
        "OPTIONS sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{kind} {own};branch=z9hG4bKq;rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:12349@127.0.0.1>\r\n\
         Call-ID: {QUESTION}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}
