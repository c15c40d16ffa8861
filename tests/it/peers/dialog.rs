//! What a peer that writes its messages by hand says within a call.

use super::peer::Peer;
use super::telephones::within;

/// The value of a header, whatever its case; empty without it.
pub fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let mut values = message.lines().take_while(|line| !line.is_empty()).filter_map(|line| {
        let (named, value) = line.split_once(':')?;
        named.eq_ignore_ascii_case(name).then(|| value.trim())
    });
    values.next().unwrap_or_default()
}

/// The tag that a message's To has.
pub fn to_tag(message: &str) -> &str {
    header(message, "To").split_once("tag=").map_or("", |(_, tag)| tag)
}

/// A description of one audio stream at this port.
pub fn description(port: u16, version: u32, more: &str) -> String {
    format!(
        "v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n{more}"
    )
}

/// A request within the peer's own call, with these header lines more.
pub fn asking(peer: &Peer, tag: &str, method: &str, sequence: u32, lines: &str, body: &str) -> String {
    let text = within(peer, tag, method, sequence, body);
    let text = text.replacen("Max-Forwards:", &format!("{lines}Max-Forwards:"), 1);
    text.replacen(NOWHERE, &reached_at(peer), 1)
}

/// The Contact that the peer's messages have elsewhere: a port of its own nobody listens on.
pub const NOWHERE: &str = "Contact: <sip:13800000001@127.0.0.1>";

/// A Contact at which the peer is reached.
pub fn reached_at(peer: &Peer) -> String {
    format!("Contact: <sip:13800000001@{}>", address(peer))
}

/// Where the peer listens.
pub fn address(peer: &Peer) -> String {
    peer.via().trim_start_matches("UDP ").to_owned()
}

/// Answers a request. `tag` is for the To of the first answer.
pub fn answers(peer: &Peer, request: &str, status: &str, tag: &str, lines: &str, body: &str) {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for line in request.lines().take_while(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap().to_ascii_lowercase();
        if name == "to" && !line.contains("tag=") && !tag.is_empty() {
            text.push_str(&format!("{line};tag={tag}\r\n"));
        } else if ["via", "from", "to", "call-id", "cseq", "record-route"].contains(&name.as_str()) {
            text.push_str(&format!("{line}\r\n"));
        }
    }
    text.push_str(&format!("Contact: <sip:duty@{}>\r\n{lines}", address(peer)));
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    peer.send(text.as_bytes());
}

/// A request of the one who was rung by `invite`, within that call.
pub fn asked_back(peer: &Peer, invite: &str, tag: &str, method: &str, sequence: u32, body: &str) -> String {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{};branch=z9hG4bKback{method}{sequence};rport\r\n\
         Max-Forwards: 70\r\nFrom: {};tag={tag}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {sequence} {method}\r\n\
         Contact: <sip:duty@{}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        peer.via(),
        header(invite, "To"),
        header(invite, "From"),
        header(invite, "Call-ID"),
        address(peer),
        body.len()
    )
}

impl Peer {
    /// The next request with this method; what else comes is of no interest.
    pub fn asked(&self, method: &str) -> String {
        loop {
            let message = self.receive();
            if message.starts_with(&format!("{method} ")) {
                return message;
            }
        }
    }

    /// The final answer to a request with this method and number; what else comes is of no interest.
    pub fn answered(&self, sequence: u32, method: &str) -> String {
        loop {
            let message = self.answer();
            if header(&message, "CSeq") == format!("{sequence} {method}") && message.starts_with("SIP/2.0") {
                return message;
            }
        }
    }
}
