//! Everything over IPv6, and beside it the old family where everybody is listened to.

use std::io::{Read, Write};
use std::net::TcpStream;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::language::Language;
use yingda::phone::settings::Trunk;
use yingda::rtp::g711::Law;

use super::dialog::{NOWHERE, answers, asking, description, header, reached_at, to_tag};
use super::handset::{Handset, ext, open};
use super::line::{Line, PATIENCE};
use super::outgoing::{RING_TIME, dial, minted, picks_up};
use super::peer::{Peer, invite};
use super::telephone::Telephone;

fn line() -> Line {
    Line::with(|settings| {
        settings.udp = "[::1]:0".parse().unwrap();
        settings.tcp = Some("[::1]:0".parse().unwrap());
        settings.trusted.push("::1".parse().unwrap());
    })
}

/// A message with the addresses of the new family in it.
fn six(message: &str) -> String {
    let message = message.replace("IN IP4 127.0.0.1", "IN IP6 ::1").replace("127.0.0.1", "[::1]");
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    let head: Vec<_> = head.lines().filter(|line| !line.starts_with("Content-Length")).collect();
    format!("{}\r\nContent-Length: {}\r\n\r\n{body}", head.join("\r\n"), body.len())
}

fn six_description(telephone: &Telephone) -> String {
    description(telephone.port(), 1, "").replace("IN IP4 127.0.0.1", "IN IP6 ::1")
}

#[test]
fn a_caller_by_the_new_family_hears_and_is_heard() {
    let line = line();
    let (peer, mut telephone) = (Peer::at("::1", line.phone.udp_address()), Telephone::at("::1"));
    let rung = invite(&peer.via(), telephone.port(), &[(NOWHERE, &reached_at(&peer))]);
    peer.send(six(&rung).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let answer = peer.answer();
    assert!(answer.starts_with("SIP/2.0 200") && answer.contains("c=IN IP6 ::1\r\n"), "{answer}");
    let listening = line.phone.udp_address();
    assert!(header(&answer, "Contact").contains(&listening.to_string()), "{answer}");
    let tag = to_tag(&answer).to_owned();
    peer.send(six(&asking(&peer, &tag, "ACK", 1, "", "")).as_bytes());
    line.play(call, 1, &["welcome"]);
    telephone.hear_all_of(line.sounds.find(Language::Zh, "welcome").unwrap().bytes(Law::A));
    assert!(matches!(line.event(), PhoneEvent::PlayEnded { .. }));
    telephone.press("7");
    assert!(matches!(line.event(), PhoneEvent::Digit { digit, .. } if digit.as_char() == '7'));
    line.tell(PhoneEffect::Hangup { call });
    let bye = peer.asked("BYE");
    assert!(header(&bye, "Via").contains(&format!("UDP {listening}")), "{bye}");
}

#[test]
fn a_caller_by_the_new_family_over_a_connection_is_served_by_it() {
    let line = line();
    let mut telephone = Telephone::at("::1");
    let mut stream = TcpStream::connect(line.phone.tcp_address().unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let via = format!("TCP {}", stream.local_addr().unwrap());
    stream.write_all(six(&invite(&via, telephone.port(), &[])).as_bytes()).unwrap();
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    telephone.hear();
    line.tell(PhoneEffect::Hangup { call });
    let mut heard = String::new();
    while !heard.contains("BYE sip:") {
        let mut buffer = [0; 4_000];
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "the connection ended: {heard}");
        heard.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    assert!(heard.contains("c=IN IP6 ::1\r\n"), "{heard}");
    assert!(heard.contains("Via: SIP/2.0/TCP [::1]:"), "{heard}");
}

#[test]
fn a_number_is_rung_over_a_trunk_of_the_new_family() {
    let spare = line();
    let peer = Peer::at("::1", spare.phone.udp_address());
    let address = peer.via().trim_start_matches("UDP ").parse().unwrap();
    drop(peer);
    let line = Line::with(|settings| {
        settings.udp = "[::1]:0".parse().unwrap();
        let trunk = Trunk { keep_alive_s: 0, ..Trunk::at("six", address) };
        settings.trunks.push(trunk);
    });
    let peer = Peer::bound(&address.to_string(), line.phone.udp_address());
    let (mut telephone, call) = (Telephone::at("::1"), minted(741));
    dial(&line, call, "+8613800000001".into(), RING_TIME);
    let asked = peer.asked("INVITE");
    assert!(asked.starts_with(&format!("INVITE sip:+8613800000001@{address} SIP/2.0\r\n")), "{asked}");
    assert!(asked.contains("c=IN IP6 ::1\r\n"), "{asked}");
    answers(&peer, &asked, "200 OK", "a", "", &six_description(&telephone));
    picks_up(&line, call);
    telephone.hear();
    telephone.press("1");
    assert!(matches!(line.event(), PhoneEvent::Digit { .. }));
    line.tell(PhoneEffect::Hangup { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    peer.asked("BYE");
}

#[test]
fn a_telephone_registers_by_the_new_family_and_is_rung_there() {
    let line = line();
    let kept = open(&line, vec![]);
    let (handset, mut telephone) =
        (Handset::at("::1", line.phone.udp_address(), "201"), Telephone::at("::1"));
    handset.is_registered();
    let moved = kept.recv_timeout(PATIENCE).unwrap();
    assert_eq!(moved.bindings[0].contact, format!("sip:201@{}", handset.own()));
    assert!(matches!(line.event(), PhoneEvent::PhoneReachable { reachable: true, .. }));
    let call = minted(742);
    dial(&line, call, ext("201").target(), RING_TIME);
    let asked = handset.request("INVITE");
    handset.answer(&asked, "200 OK", &six_description(&telephone));
    picks_up(&line, call);
    telephone.hear();
    line.tell(PhoneEffect::Hangup { call });
    handset.request("BYE");
}

#[test]
fn where_everybody_is_listened_to_both_families_ring_and_are_believed_and_rung() {
    let line = Line::with(|settings| {
        settings.udp = "[::]:0".parse().unwrap();
        settings.trusted.push("::1".parse().unwrap());
    });
    let port = line.phone.udp_address().port();
    for (host, shown) in [("127.0.0.1", "IN IP4 127.0.0.1"), ("::1", "IN IP6 ::1")] {
        let listening = std::net::SocketAddr::new(host.parse().unwrap(), port);
        let (peer, mut telephone) = (Peer::at(host, listening), Telephone::at(host));
        let rung = invite(&peer.via(), telephone.port(), &[(NOWHERE, &reached_at(&peer))]);
        // Another call than the first.
        let other = |text: &str| text.replace("1@peer", "2@peer").replace("z9hG4bK", "z9hG4bKsix");
        let as_they_write = |text: String| if host == "::1" { six(&other(&text)) } else { text };
        peer.send(as_they_write(rung).as_bytes());
        let (call, trust) = match line.event() {
            PhoneEvent::CallArrived { call, trust, .. } => (call, trust),
            other => panic!("{other:?}"),
        };
        assert_eq!(trust, yingda::domain::call::CallerTrust::Verified, "{host} is trusted");
        line.tell(PhoneEffect::Answer { call });
        let answer = peer.answer();
        assert!(answer.contains(&format!("c={shown}\r\n")), "{answer}");
        assert!(header(&answer, "Contact").contains(&listening.to_string()), "{answer}");
        let tag = to_tag(&answer).to_owned();
        peer.send(as_they_write(asking(&peer, &tag, "ACK", 1, "", "")).as_bytes());
        telephone.hear();
        telephone.press("4");
        assert!(matches!(line.event(), PhoneEvent::Digit { .. }));
        line.tell(PhoneEffect::Hangup { call });
        assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
        let bye = peer.asked("BYE");
        answers(&peer, &bye, "200 OK", "", "", "");

        let call = minted(743);
        dial(&line, call, format!("sip:duty@{}", peer.via().trim_start_matches("UDP ")), RING_TIME);
        let asked = peer.asked("INVITE");
        answers(&peer, &asked, "486 Busy Here", "a", "", "");
        assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Busy });
    }
}
