use std::net::UdpSocket;
use std::time::Duration;

use super::*;
use crate::domain::timestamp::Timestamp;
use crate::phone::media::ports::Sockets;
use crate::phone::sip::sdp::Agreement;
use crate::rtp::FRAME_SAMPLES;
use crate::rtp::g711::Law;
use crate::rtp::packet::{PCMA, Packet};

const PATIENCE: Patience = Patience {
    deaf: Duration::from_secs(60),
    hold: Duration::from_secs(600),
    call: Duration::from_secs(7_200),
};

fn floor() -> Floor {
    let (desk, _) = crossbeam_channel::bounded(1);
    let (signalling, _) = tokio::sync::mpsc::channel(1);
    let listeners = Listeners { desk, signalling, recordings: None };
    let (clock, chance) = (Clock::start(), Chance::from_number(1));
    Floor::new(Arc::default(), listeners, PATIENCE, clock, chance, Arc::default())
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

fn agreement(telephone: &UdpSocket, listens: bool) -> Agreement {
    Agreement {
        remote: telephone.local_addr().unwrap(),
        law: Law::A,
        audio: PCMA,
        keys: None,
        listens,
        secret: None,
    }
}

/// Everybody is served once.
fn beats(floor: &mut Floor, now: Instant) {
    (0..BEATS).for_each(|_| floor.beat(now));
}

/// Everything that can be said of a call on its bridge.
fn marks(call: CallId, telephone: &UdpSocket) -> [Command; 3] {
    [
        Command::Hold { call, on: true },
        Command::Mute { call, on: true },
        Command::Agree { call, agreement: agreement(telephone, false) },
    ]
}

#[test]
fn what_is_said_of_a_call_that_is_gone_is_not_kept() {
    let mut floor = floor();
    let telephone = socket();
    let call = Chance::from_number(2).mint(Timestamp::from_millis(0));
    let sockets = Sockets { audio: socket(), reports: None };
    floor.obey(Command::Open { call, sockets, signalling: "127.0.0.1".parse().unwrap() });
    marks(call, &telephone).into_iter().for_each(|command| floor.obey(command));
    assert_eq!(floor.bridges.known(), 1, "of one that is there it is");
    floor.obey(Command::Close { call });
    marks(call, &telephone).into_iter().for_each(|command| floor.obey(command));
    assert_eq!(floor.bridges.known(), 0);
}

#[test]
fn reports_are_looked_for_by_turns_and_each_is_read_within_a_tenth_of_a_second() {
    const CALLS: usize = 40;
    let mut floor = floor();
    let mut chance = Chance::from_number(2);
    let telephone = socket();
    let mut lines = Vec::new();
    for _ in 0..CALLS {
        let call = chance.mint(Timestamp::from_millis(0));
        let (audio, reports) = (socket(), socket());
        lines.push((audio.local_addr().unwrap(), reports.local_addr().unwrap()));
        let sockets = Sockets { audio, reports: Some(reports) };
        floor.obey(Command::Open { call, sockets, signalling: "127.0.0.1".parse().unwrap() });
        floor.obey(Command::Agree { call, agreement: agreement(&telephone, true) });
        floor.obey(Command::Start { call });
    }
    let begin = clock::monotonic();
    let (mut bytes, payload) = (Vec::new(), &[1; FRAME_SAMPLES]);
    let packet = Packet { marker: true, payload_type: PCMA, sequence: 1, timestamp: 1, ssrc: 1, payload };
    packet.write(&mut bytes);
    for (audio, _) in &lines {
        telephone.send_to(&bytes, audio).unwrap();
    }
    beats(&mut floor, begin);
    for (_, reports) in &lines {
        telephone.send_to(b"a report", reports).unwrap();
    }
    // Whoever reports is there still; nothing else tells it of them after a minute.
    let minute = begin + Duration::from_secs(61);
    let read =
        |floor: &Floor| floor.sessions.iter().filter(|(_, s)| !s.is_forgotten(minute, PATIENCE)).count();
    let mut before = 0;
    for _ in 0..5 {
        beats(&mut floor, begin + Duration::from_secs(30));
        let now = read(&floor);
        assert!((1..=CALLS / 2).contains(&(now - before)), "{} at once", now - before);
        before = now;
    }
    assert_eq!(before, CALLS);
}

/// As many calls as wanted, each answered and heard by a telephone of its own.
fn calls(floor: &mut Floor, how_many: usize) -> Vec<(CallId, UdpSocket)> {
    let mut chance = Chance::from_number(3);
    let mut open = || {
        let call = chance.mint(Timestamp::from_millis(0));
        let telephone = socket();
        let sockets = Sockets { audio: socket(), reports: None };
        floor.obey(Command::Open { call, sockets, signalling: "127.0.0.1".parse().unwrap() });
        floor.obey(Command::Agree { call, agreement: agreement(&telephone, true) });
        floor.obey(Command::Start { call });
        (call, telephone)
    };
    (0..how_many).map(|_| open()).collect()
}

/// How many packets have come to a telephone.
fn came(telephone: &UdpSocket) -> usize {
    std::iter::from_fn(|| telephone.recv(&mut [0; 1_500]).ok()).count()
}

#[test]
fn every_call_is_served_once_in_twenty_milliseconds_and_a_quarter_of_them_at_a_time() {
    const CALLS: usize = 200;
    let mut floor = floor();
    let calls = calls(&mut floor, CALLS);
    let now = clock::monotonic();
    let mut served = vec![0; CALLS];
    for _ in 0..BEATS {
        floor.beat(now);
        let new: Vec<usize> = calls.iter().map(|(_, telephone)| came(telephone)).collect();
        let at_once: usize = new.iter().sum();
        assert!((1..CALLS / 2).contains(&at_once), "{at_once} at once");
        served.iter_mut().zip(new).for_each(|(all, new)| *all += new);
    }
    assert!(served.iter().all(|packets| *packets == 1), "{served:?}");
}

#[test]
fn those_who_hear_each_other_are_served_together() {
    let mut floor = floor();
    let calls = calls(&mut floor, 12);
    for pair in calls.chunks(2) {
        floor.obey(Command::Bridge { a: pair[0].0, b: pair[1].0 });
    }
    let now = clock::monotonic();
    floor.beat(now);
    assert!(calls.iter().all(|(_, telephone)| came(telephone) == 1));
    (1..BEATS).for_each(|_| floor.beat(now));
    assert!(calls.iter().all(|(_, telephone)| came(telephone) == 0), "once in twenty milliseconds");
    floor.obey(Command::Unbridge { a: calls[0].0, b: calls[1].0 });
    beats(&mut floor, now);
    assert!(calls.iter().all(|(_, telephone)| came(telephone) == 1));
}
