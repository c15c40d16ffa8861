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
    Agreement { remote: telephone.local_addr().unwrap(), law: Law::A, audio: PCMA, keys: None, listens }
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
    floor.tick(begin);
    for (_, reports) in &lines {
        telephone.send_to(b"a report", reports).unwrap();
    }
    // Whoever reports is there still; nothing else tells it of them after a minute.
    let minute = begin + Duration::from_secs(61);
    let read = |floor: &Floor| floor.sessions.values().filter(|s| !s.is_forgotten(minute, PATIENCE)).count();
    let mut before = 0;
    for _ in 0..5 {
        floor.tick(begin + Duration::from_secs(30));
        let now = read(&floor);
        assert!((1..=CALLS / 2).contains(&(now - before)), "{} at once", now - before);
        before = now;
    }
    assert_eq!(before, CALLS);
}
