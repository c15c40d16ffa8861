//! Messages a lenient parser would lose or choke on: mended, or answered in order.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use yingda::clock::monotonic;
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::ids::Chance;
use yingda::domain::timestamp::Timestamp;
use yingda::phone::sip::limit::SourceLimit;

use super::line::{Line, PATIENCE};
use super::peer::{Peer, invite};
use super::telephone::Telephone;

#[test]
fn an_old_gateways_call_without_length_and_with_a_gbk_name_is_taken_and_heard() {
    let line = Line::start();
    let (peer, mut telephone) = (Peer::new(&line), Telephone::new());
    let length =
        |text: &str| text.lines().find(|l| l.starts_with("Content-Length")).unwrap().to_owned() + "\r\n";
    let text = invite(&peer.via(), telephone.port(), &[]);
    let mut bytes = text.replace(&length(&text), "").into_bytes();
    let name = bytes.windows(4).position(|w| w == b"NAME").unwrap();
    bytes.splice(name..name + 4, [0xc0, 0xee, 0xcb, 0xc4]);
    peer.send(&bytes);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let answer = peer.answer();
    assert!(answer.starts_with("SIP/2.0 200") && answer.contains("m=audio"), "{answer}");
    assert_eq!(telephone.hear().payload.len(), 160);
    assert!(line.phone.health().sip_repaired >= 1);
}

#[test]
fn an_invite_that_came_two_ways_is_one_call_and_the_next_of_its_sender_another() {
    let line = Line::start();
    let peer = Peer::new(&line);
    let text = invite(&peer.via(), 4_000, &[]);
    peer.send(text.as_bytes());
    line.arrival();
    peer.send(text.replace("z9hG4bK1", "z9hG4bKother-way").as_bytes());
    let answer = peer.answer();
    assert!(answer.starts_with("SIP/2.0 482 "), "{answer}");
    peer.send(text.replace("z9hG4bK1", "z9hG4bKnext").replace("CSeq: 1 ", "CSeq: 2 ").as_bytes());
    line.arrival();
}

#[test]
fn each_fault_has_its_status() {
    let line = Line::start();
    let peer = Peer::new(&line);
    let long = format!("Max-Forwards: 70\r\nSubject: {}", "x".repeat(8_000));
    let table: [(&str, &[(&str, &str)]); 9] = [
        ("400", &[("CSeq: 1 INVITE", "CSeq: 1 BYE")]),
        ("400", &[("Content-Length: ", "Content-Length: -")]),
        ("400", &[("Content-Length: ", "Content-Length: 9")]),
        ("416", &[("INVITE sip:", "INVITE soap.beep:")]),
        ("420", &[("Max-Forwards: 70", "Max-Forwards: 70\r\nRequire: levitation")]),
        ("501", &[("INVITE sip", "FROB sip"), ("1 INVITE", "1 FROB")]),
        ("505", &[("SIP/2.0\r\nVia", "SIP/7.0\r\nVia")]),
        ("513", &[("Max-Forwards: 70", &long)]),
        ("488", &[("RTP/AVP 8 101", "RTP/AVP 18 99")]),
    ];
    for (n, (status, replacements)) in table.into_iter().enumerate() {
        let text = invite(&peer.via(), 4_000, replacements).replace("z9hG4bK1", &format!("z9hG4bK{n}x"));
        peer.send(text.as_bytes());
        let answer = peer.answer();
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{status}: {answer}");
        assert!(answer.contains("Call-ID: 1@peer"), "{answer}");
    }
}

#[test]
fn a_caller_whose_telephone_speaks_nothing_we_know_is_refused_and_rung_back() {
    let line = Line::start();
    let peer = Peer::new(&line);
    let table: [(&str, &[(&str, &str)]); 4] = [
        ("488", &[("RTP/AVP 8 101", "RTP/AVP 18 99")]),
        ("488", &[("RTP/AVP 8 101", "UDP/TLS/RTP/SAVPF 8 101")]),
        ("400", &[("v=0", "v=x")]),
        ("415", &[("application/sdp", "application/isup")]),
    ];
    for (n, (status, replacements)) in table.into_iter().enumerate() {
        let text = invite(&peer.via(), 4_000, replacements).replace("z9hG4bK1", &format!("z9hG4bK{n}n"));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let said = head.rsplit_once("Content-Length: ").unwrap().1;
        peer.send(text.replace(&format!("Length: {said}"), &format!("Length: {}", body.len())).as_bytes());
        let answer = peer.answer();
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{status}: {answer}");
        match line.event() {
            PhoneEvent::CallLost { number, dialled } => {
                assert_eq!((number.unwrap().as_str(), dialled.as_str()), ("+8613800000001", "12349"));
            }
            other => panic!("{status}: {other:?}"),
        }
    }
    let health = line.phone.health();
    assert_eq!((health.calls_not_understood, health.calls_turned_away), (4, 4));
}

#[test]
fn a_stranger_who_floods_is_told_to_come_back_and_others_are_served() {
    let limit = SourceLimit { per_second: 1, burst: 3, ..SourceLimit::default() };
    let line = Line::with(|settings| {
        settings.trusted.clear();
        settings.source_limit = limit;
    });
    let peer = Peer::new(&line);
    for n in 0..4 {
        let text = invite(&peer.via(), 4_000, &[]);
        peer.send(
            text.replace("z9hG4bK1", &format!("z9hG4bK{n}y"))
                .replace("1@peer", &format!("{n}@peer"))
                .as_bytes(),
        );
    }
    for _ in 0..3 {
        line.arrival();
    }
    let answer = peer.answer();
    assert!(answer.starts_with("SIP/2.0 503 ") && answer.contains("Retry-After: 5"), "{answer}");
    assert_eq!(line.phone.health().sip_held_back, 1);
}

#[test]
fn a_stranger_takes_a_few_lines_and_all_of_them_together_leave_some_for_trunks_and_alarms() {
    let line = Line::with(|settings| {
        settings.trusted.clear();
        settings.source_limit = SourceLimit { calls: 2, ..SourceLimit::default() };
    });
    let other = Line::with(|settings| {
        settings.trusted.clear();
        settings.max_calls = 4;
    });
    let trusted = Line::with(|settings| {
        settings.max_calls = 4;
        settings.reserve.dialling_percent = 25;
    });
    // Two for each stranger; three of four for all of them; three of four for everybody who rings.
    for (line, room, held_back) in [(&line, 2, 1), (&other, 3, 0), (&trusted, 3, 0)] {
        let peer = Peer::new(line);
        for n in 0..=room {
            let text = invite(&peer.via(), 4_000, &[]).replace("z9hG4bK1", &format!("z9hG4bK{n}l"));
            peer.send(text.replace("1@peer", &format!("{n}@peer")).as_bytes());
        }
        for _ in 0..room {
            line.arrival();
        }
        assert!(matches!(line.event(), PhoneEvent::CallLost { .. }));
        let answer = peer.answer();
        assert!(answer.starts_with("SIP/2.0 503 ") && answer.contains("Retry-After: 5"), "{answer}");
        assert_eq!(line.phone.health().sip_held_back, held_back);
    }
    // The line that no caller may take is there to dial.
    let port = super::line::free_port();
    let rung = std::net::UdpSocket::bind(("127.0.0.1", port)).unwrap();
    rung.set_read_timeout(Some(PATIENCE)).unwrap();
    let call = Chance::from_number(4).mint(Timestamp::from_millis(0));
    let target = format!("sip:duty@127.0.0.1:{port}");
    trusted.tell(PhoneEffect::Dial { call, target, ring_time: PATIENCE });
    let mut buffer = [0; 2_000];
    let length = rung.recv(&mut buffer).unwrap();
    assert!(buffer[..length].starts_with(b"INVITE "));
}

#[test]
fn hundreds_of_idle_connections_do_not_keep_a_caller_out() {
    let line = Line::with(|settings| {
        settings.tcp = Some("127.0.0.1:0".parse().unwrap());
        settings.trusted.clear();
        settings.source_limit = SourceLimit { message_s: 1, ..SourceLimit::default() };
    });
    let mut idle: Vec<_> = (0..400).map(|_| connect(&line)).collect();
    let peer = Peer::new(&line);
    peer.send(invite(&peer.via(), 4_000, &[]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    assert!(peer.answer().starts_with("SIP/2.0 200"));
    // All but the few of one source are closed at once, and those when they have said nothing in their time.
    for stream in &mut idle {
        assert_eq!(stream.read(&mut [0; 10]).unwrap_or(0), 0);
    }
    let refused = line.phone.health().sip_connections_refused;
    assert!((300..=395).contains(&refused), "{refused} of 400 closed at once");
    let mut slow = connect(&line);
    slow.write_all(b"OPTIONS sip:12349@127.0.0.1 SIP/2.0\r\nVia: ").unwrap();
    assert_eq!(slow.read(&mut [0; 10]).unwrap(), 0, "half a message is not waited for");
}

#[test]
fn who_sends_line_ends_without_end_and_says_nothing_is_let_go_in_their_time() {
    let line = Line::with(|settings| {
        settings.tcp = Some("127.0.0.1:0".parse().unwrap());
        settings.trusted.clear();
        settings.source_limit = SourceLimit { message_s: 1, ..SourceLimit::default() };
    });
    let mut flood = connect(&line);
    flood.set_write_timeout(Some(PATIENCE)).unwrap();
    let began = monotonic();
    let error = loop {
        if let Err(error) = flood.write_all(&b"\r\n".repeat(8_192)) {
            break error;
        }
        assert!(began.elapsed() < PATIENCE, "nobody is listened to for ever");
    };
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
}

fn connect(line: &Line) -> TcpStream {
    let address: SocketAddr = line.phone.tcp_address().unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn with_tcp() -> Line {
    Line::with(|settings| settings.tcp = Some("127.0.0.1:0".parse().unwrap()))
}

#[test]
fn a_call_over_tcp_is_a_call_like_any_other() {
    let line = with_tcp();
    let telephone = Telephone::new();
    let address = line.phone.tcp_address().unwrap().to_string();
    let sipp =
        super::line::Sipp::start("line_hangs_up", telephone.port(), &["-t", "t1", "-s", "12349", &address]);
    let call = line.arrival();
    line.tell(PhoneEffect::Ring { call });
    line.tell(PhoneEffect::Answer { call });
    line.play(call, 1, &["digits/0"]);
    assert!(matches!(line.event(), PhoneEvent::PlayEnded { .. }));
    line.tell(PhoneEffect::Hangup { call });
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    sipp.succeeds();
}

#[test]
fn a_stream_is_read_however_it_is_cut_and_closed_when_it_cannot_be() {
    let line = with_tcp();
    let mut stream = connect(&line);
    let via = format!("TCP {}", stream.local_addr().unwrap());
    let text = invite(&via, 4_000, &[]).replace("1 INVITE", "1 OPTIONS").replace("INVITE sip", "OPTIONS sip");
    let frob = invite(&via, 4_000, &[("INVITE sip", "FROB sip"), ("1 INVITE", "1 FROB")]);
    let both = format!("\r\n\r\n{text}{frob}");
    for piece in both.as_bytes().chunks(333) {
        stream.write_all(piece).unwrap();
    }
    let mut said = String::new();
    while !(said.contains("SIP/2.0 200 OK") && said.contains("SIP/2.0 501 ")) {
        let mut buffer = [0; 2_000];
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "closed after {said}");
        said.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    let broken = invite(&via, 4_000, &[("Content-Length: ", "Content-Length: -")]);
    stream.write_all(broken.as_bytes()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("SIP/2.0 400 "), "{rest}");
}

#[test]
fn an_impossible_length_on_a_stream_harms_nobody_else() {
    let line = with_tcp();
    let mut stream = connect(&line);
    let via = format!("TCP {}", stream.local_addr().unwrap());
    let huge = invite(&via, 4_000, &[("Content-Length: ", "Content-Length: 18446744073709551615\r\nX: ")]);
    stream.write_all(huge.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("SIP/2.0 513 "), "{answer}");
    let peer = Peer::new(&line);
    peer.send(invite(&peer.via(), 4_000, &[]).as_bytes());
    line.arrival();
}
