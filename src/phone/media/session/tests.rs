use super::*;
use crate::clock;
use crate::domain::ids::Chance;
use crate::phone::sip::sdp::Agreement;
use crate::rtp::packet::{PCMA, Packet};

const PATIENCE: Patience = Patience {
    deaf: Duration::from_secs(60),
    hold: Duration::from_secs(600),
    call: Duration::from_secs(7_200),
};

fn session(now: Instant) -> Session {
    let audio = UdpSocket::bind("127.0.0.1:0").unwrap();
    audio.set_nonblocking(true).unwrap();
    let call = Chance::from_number(1).mint(Timestamp::from_millis(0));
    let sockets = Sockets { audio, reports: None };
    Session::new(call, sockets, "127.0.0.1".parse().unwrap(), Playout::new(1, 2, 3), now)
}

fn agreement(remote: SocketAddr, listens: bool) -> Agreement {
    Agreement { remote, law: Law::A, audio: PCMA, keys: None, listens, secret: None }
}

#[test]
fn a_telephone_that_said_nothing_on_hold_has_its_time_when_it_comes_back() {
    let begin = clock::monotonic();
    let after = |seconds| begin + Duration::from_secs(seconds);
    let remote: SocketAddr = "127.0.0.1:4000".parse().unwrap();
    let mut session = session(begin);
    session.agree(agreement(remote, true), begin);
    session.start(begin);
    session.agree(agreement(remote, false), after(50));
    assert!(!session.is_forgotten(after(600), PATIENCE), "nothing is expected of who is on hold");
    assert!(session.is_forgotten(after(651), PATIENCE), "but not for ever");
    session.agree(agreement(remote, true), after(600));
    assert!(!session.is_forgotten(after(601), PATIENCE));
    assert!(session.is_forgotten(after(661), PATIENCE));
}

#[test]
fn a_telephone_that_holds_by_naming_no_address_is_spoken_to_where_it_was_heard() {
    let now = clock::monotonic();
    let mut session = session(now);
    let line = session.socket.local_addr().unwrap();
    // Behind a router: it says one address and is heard from another.
    let telephone = UdpSocket::bind("127.0.0.1:0").unwrap();
    telephone.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let said: SocketAddr = "127.0.0.2:4000".parse().unwrap();
    session.agree(agreement(said, true), now);
    session.start(now);
    let (mut bytes, mut reports) = (Vec::new(), Reports::new());
    let payload = &[1; FRAME_SAMPLES];
    let packet = Packet { marker: true, payload_type: PCMA, sequence: 1, timestamp: 1, ssrc: 1, payload };
    packet.write(&mut bytes);
    telephone.send_to(&bytes, line).unwrap();
    let sent = clock::monotonic();
    while !matches!(session.peer, Peer::Found(_)) {
        session.sweep(now, true, &mut reports);
        assert!(clock::monotonic() < sent + Duration::from_secs(20), "it is never heard");
    }
    session.agree(agreement("0.0.0.0:4000".parse().unwrap(), false), now);
    session.agree(agreement(said, true), now);
    session.speak(Bridged::default(), &mut bytes, &mut reports);
    assert!(telephone.recv(&mut [0; MAX_PACKET_BYTES]).is_ok());
}

/// Keys 1 and 2 as a telephone sends them, each packet of theirs at once: what a network does that stood still.
fn two_keys() -> Vec<Vec<u8>> {
    let mut playout = Playout::new(1, 1, 1);
    let keys = ['1', '2'].map(|key| Key::from_char(key).unwrap());
    let frames = keys.into_iter().flat_map(|key| {
        let mut sender = Sender::new(key, 100);
        std::iter::from_fn(move || sender.next_frame())
    });
    frames
        .map(|frame| {
            let mut bytes = Vec::new();
            playout.key(101, &frame).write(&mut bytes);
            bytes
        })
        .collect()
}

#[test]
fn what_came_in_one_burst_is_read_in_the_callers_turn_and_of_who_is_bridged_at_once() {
    for bridged in [false, true] {
        let now = clock::monotonic();
        let mut session = session(now);
        let telephone = UdpSocket::bind("127.0.0.1:0").unwrap();
        let line = session.socket.local_addr().unwrap();
        session.agree(Agreement { keys: Some(101), ..agreement(telephone.local_addr().unwrap(), true) }, now);
        session.start(now);
        session.bridge(bridged);
        let packets = two_keys();
        telephone.send_to(&packets[0], line).unwrap();
        let mut reports = Reports::new();
        let begun = clock::monotonic();
        while !matches!(session.peer, Peer::Found(_)) {
            session.sweep(now, false, &mut reports);
            assert!(clock::monotonic() < begun + Duration::from_secs(20), "it is never heard");
        }
        packets[1..].iter().for_each(|packet| assert!(telephone.send_to(packet, line).is_ok()));
        session.sweep(now, false, &mut reports);
        assert_eq!(reports.len(), if bridged { 2 } else { 1 }, "bridged: {bridged}");
        session.sweep(now, true, &mut reports);
        assert_eq!(reports.len(), 2, "bridged: {bridged}");
    }
}
