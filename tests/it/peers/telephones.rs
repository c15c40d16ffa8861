//! What telephones of all sorts do differently.

use std::net::UdpSocket;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::PhoneEvent;
use yingda::rtp::g711::Law;
use yingda::rtp::packet::PCMA;
use yingda::rtp::playout::Playout;
use yingda::rtp::rtcp::read_report;

use super::line::{Line, PATIENCE};
use super::peer::{Peer, invite};
use super::telephone::Telephone;

/// The tones of the key 5, as an old telephone sends them.
fn tones(frames: usize) -> Vec<u8> {
    let wave = |hz: f32, n: usize| (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin();
    (0..frames * 160).map(|n| Law::A.encode((6_000.0 * (wave(770.0, n) + wave(1_336.0, n))) as i16)).collect()
}

#[test]
fn a_telephone_that_knows_only_tones_can_press_keys() {
    let line = Line::start();
    let (peer, mut telephone) = (Peer::new(&line), Telephone::new());
    peer.send(
        invite(&peer.via(), telephone.port(), &[("RTP/AVP 8 101", "RTP/AVP 8")])
            .replace("Content-Length", "X")
            .as_bytes(),
    );
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    assert!(!peer.answer().contains("telephone-event"), "what was not offered is not answered");
    telephone.hear();
    for frame in tones(6).chunks(160) {
        telephone.say_all(frame.try_into().unwrap());
    }
    (0..8).for_each(|_| telephone.say(Law::A.silence()));
    assert!(matches!(line.event(), PhoneEvent::Digit { digit, .. } if digit.as_char() == '5'));
}

#[test]
fn who_knows_telephone_events_is_not_heard_twice() {
    let line = Line::start();
    let (peer, mut telephone) = (Peer::new(&line), Telephone::new());
    peer.send(invite(&peer.via(), telephone.port(), &[]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    telephone.hear();
    // Until an event has come tones are heard, whatever was agreed; the event of the same press counts no more.
    for key in ["5", "7"] {
        for frame in tones(6).chunks(160) {
            telephone.say_all(frame.try_into().unwrap());
        }
        (0..8).for_each(|_| telephone.say(Law::A.silence()));
        telephone.press(key);
        assert!(
            matches!(line.event(), PhoneEvent::Digit { digit, .. } if digit.as_char().to_string() == key)
        );
    }
}

#[test]
fn a_telephone_that_agreed_to_events_and_sends_tones_is_heard_and_its_infos_beside_them_are_not() {
    let line = Line::start();
    let (peer, mut telephone) = (Peer::new(&line), Telephone::new());
    peer.send(invite(&peer.via(), telephone.port(), &[]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let tag = peer.answer_tag();
    peer.send(within(&peer, &tag, "ACK", 1, "").as_bytes());
    telephone.hear();
    for frame in tones(6).chunks(160) {
        telephone.say_all(frame.try_into().unwrap());
    }
    assert!(matches!(line.event(), PhoneEvent::Digit { digit, .. } if digit.as_char() == '5'));
    for (sequence, key) in [(2, '5'), (3, '7')] {
        peer.send(within(&peer, &tag, "INFO", sequence, &format!("Signal={key}\r\n")).as_bytes());
        assert!(peer.answer().starts_with("SIP/2.0 200"));
    }
    assert!(matches!(line.event(), PhoneEvent::Digit { digit, .. } if digit.as_char() == '7'));
    telephone.press("0");
    assert!(matches!(line.event(), PhoneEvent::Digit { digit, .. } if digit.as_char() == '0'));
    peer.send(within(&peer, &tag, "INFO", 4, "Signal=8\r\n").as_bytes());
    assert!(peer.answer().starts_with("SIP/2.0 200"));
    telephone.press("9");
    assert!(matches!(line.event(), PhoneEvent::Digit { digit, .. } if digit.as_char() == '9'));
}

#[test]
fn sound_follows_to_where_a_gateway_says_in_its_answer_to_our_offer() {
    let line = Line::start();
    let (peer, mut before, mut after) = (Peer::new(&line), Telephone::new(), Telephone::new());
    peer.send(invite(&peer.via(), before.port(), &[]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let tag = peer.answer_tag();
    peer.send(within(&peer, &tag, "ACK", 1, "").as_bytes());
    before.hear();
    before.say(1);
    before.hear();
    // A re-INVITE without an offer: we offer, and the answer comes with the ACK (RFC 3261 §14.2).
    peer.send(within(&peer, &tag, "INVITE", 2, "").as_bytes());
    let offer = peer.answer();
    assert!(offer.starts_with("SIP/2.0 200") && offer.contains("m=audio"), "{offer}");
    let answer = format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 8\r\n",
        after.port()
    );
    peer.send(within(&peer, &tag, "ACK", 2, &answer).as_bytes());
    assert_eq!(after.hear().payload.len(), 160);
    line.tell(PhoneEffect::Hangup { call });
}

/// A request within the peer's call; a body says by its beginning what it is.
pub fn within(peer: &Peer, tag: &str, method: &str, sequence: u32, body: &str) -> String {
    let kind = if body.starts_with("v=0") { "application/sdp" } else { "application/dtmf-relay" };
    let kind = if body.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
    format!(
        "{method} sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{};branch=z9hG4bK{method}{sequence};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:13800000001@127.0.0.1>;tag=1\r\nTo: <sip:12349@127.0.0.1>;tag={tag}\r\n\
         Call-ID: 1@peer\r\nCSeq: {sequence} {method}\r\nContact: <sip:13800000001@127.0.0.1>\r\n\
         {kind}Content-Length: {}\r\n\r\n{body}",
        peer.via(),
        body.len()
    )
}

#[test]
fn the_other_side_is_told_how_well_it_is_heard() {
    let line = Line::start();
    let (audio, reports) = pair();
    let peer = Peer::new(&line);
    peer.send(invite(&peer.via(), audio.local_addr().unwrap().port(), &[]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let mut buffer = [0; 1_500];
    let (_, from) = audio.recv_from(&mut buffer).unwrap();
    // Every fifth packet is lost.
    let mut playout = Playout::new(0xfeed, 1, 1);
    for n in 0..40 {
        let mut bytes = Vec::new();
        playout.audio(PCMA, &[n; 160]).write(&mut bytes);
        if n % 5 != 3 {
            audio.send_to(&bytes, from).unwrap();
        }
    }
    let report = loop {
        let (length, _) = reports.recv_from(&mut buffer).unwrap();
        let report = read_report(&buffer[..length], 0xfeed).expect("a report about our stream");
        // One may be written while the packets are still being read.
        if report.highest == 40 {
            break report;
        }
    };
    assert_eq!(report.lost, 8);
    line.tell(PhoneEffect::Hangup { call });
}

/// Sockets on two ports that follow each other.
fn pair() -> (UdpSocket, UdpSocket) {
    (0..1_000)
        .find_map(|_| {
            let audio = UdpSocket::bind("127.0.0.1:0").ok()?;
            let port = audio.local_addr().ok()?.port().checked_add(1)?;
            let reports = UdpSocket::bind(("127.0.0.1", port)).ok()?;
            for socket in [&audio, &reports] {
                socket.set_read_timeout(Some(PATIENCE)).ok()?;
            }
            Some((audio, reports))
        })
        .expect("two free ports in a row")
}
