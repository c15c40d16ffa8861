//! Several on one bridge: who hears whom, on hold, muted, listening and whispering.

use yingda::desk::effect::{Part, PhoneEffect};
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::call::CallQuality;
use yingda::domain::ids::{CallId, Chance};
use yingda::domain::language::Language;
use yingda::domain::timestamp::Timestamp;
use yingda::rtp::g711::Law;
use yingda::rtp::playout::Playout;

use super::baresip;
use super::line::{Line, Sipp, free_port};
use super::outgoing::{RING_TIME, answering, dial, minted, picks_up};
use super::peer::{Peer, invite};
use super::telephone::Telephone;
use super::telephones::within;

/// How often somebody speaks before what they say counts as not heard.
const OFTEN: usize = 200;

/// Telephones that were rung and picked up, caller and operator first.
struct Conference {
    line: Line,
    phones: Vec<Telephone>,
    calls: Vec<CallId>,
    peers: Vec<Sipp>,
}

impl Conference {
    /// The first two hear each other.
    fn of(people: u64) -> Self {
        let line = Line::start();
        let (mut phones, mut calls, mut peers) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..people {
            let (mut phone, port, call) = (Telephone::new(), free_port(), minted(100 + n));
            peers.push(answering("answers", port, phone.port()));
            dial(&line, call, format!("sip:person@127.0.0.1:{port}"), RING_TIME);
            picks_up(&line, call);
            phone.hear();
            phones.push(phone);
            calls.push(call);
        }
        line.tell(PhoneEffect::Bridge { a: calls[0], b: calls[1] });
        Self { line, phones, calls, peers }
    }

    fn join(&self, who: usize, part: Part) {
        self.line.tell(PhoneEffect::Join { to: self.calls[0], call: self.calls[who], part });
    }

    /// Everybody of `saying` speaks until `by` hears `wanted`. Each telephone hears as much as it says, so that
    /// nobody falls behind.
    fn is_heard(&mut self, saying: &[(usize, u8)], by: usize, wanted: u8) -> bool {
        (0..OFTEN).any(|_| self.round(saying)[by] == wanted)
    }

    /// One round of 20 ms: returns the first octet each hears.
    fn round(&mut self, saying: &[(usize, u8)]) -> Vec<u8> {
        for (who, byte) in saying {
            self.phones[*who].say(*byte);
        }
        self.phones.iter_mut().map(|phone| phone.hear().payload[0]).collect()
    }

    fn end(self) {
        for call in self.calls {
            self.line.tell(PhoneEffect::Hangup { call });
        }
        self.peers.into_iter().for_each(Sipp::succeeds);
    }
}

const QUIET: u8 = 0xd5;

fn loud(sample: i16) -> u8 {
    Law::A.encode(sample)
}

fn together(one: u8, other: u8) -> u8 {
    Law::A.encode(Law::A.decode(one) + Law::A.decode(other))
}

fn holds(hold_ip: &str, direction: &str) {
    let line = Line::start();
    let (mut caller, mut operator, port, rung) =
        (Telephone::new(), Telephone::new(), free_port(), minted(31));
    let answers = answering("answers", port, operator.port());
    dial(&line, rung, format!("sip:operator@127.0.0.1:{port}"), RING_TIME);
    picks_up(&line, rung);
    operator.hear();
    let way = ["-d", "1500", "-key", "hold_ip", hold_ip, "-key", "direction", direction];
    let rings = line.caller("holds", caller.port(), &way);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    line.tell(PhoneEffect::Bridge { a: rung, b: call });
    caller.hear();
    assert_eq!(line.event(), PhoneEvent::Held { call, on: true });
    let music = line.sounds.find(Language::Zh, "hold-music").unwrap().bytes(Law::A).to_vec();
    let mut heard =
        (0..OFTEN).map(|_| operator.hear().payload).skip_while(|payload| *payload != music[..160]);
    assert!(heard.next().is_some(), "the music begins");
    for frame in music[160..].chunks(160).chain(music.chunks(160)) {
        caller.say(0x33);
        assert_eq!(operator.hear().payload, frame, "music without end and nothing else");
    }
    assert_eq!(line.event(), PhoneEvent::Held { call, on: false });
    let heard = (0..OFTEN).any(|_| {
        caller.say(0x44);
        operator.hear().payload == [0x44; 160]
    });
    assert!(heard, "the caller is back");
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
    line.tell(PhoneEffect::Hangup { call: rung });
    rings.succeeds();
    answers.succeeds();
}

#[test]
fn whoever_talks_with_a_telephone_on_hold_hears_music_and_then_them_again() {
    holds("127.0.0.1", "sendonly");
}

#[test]
fn a_telephone_that_holds_as_they_did_of_old_is_on_hold_and_comes_back_to_where_it_was() {
    holds("0.0.0.0", "sendrecv");
}

#[test]
fn a_hold_by_update_is_a_hold() {
    let line = Line::start();
    let (peer, telephone) = (Peer::new(&line), Telephone::new());
    peer.send(invite(&peer.via(), telephone.port(), &[]).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let tag = peer.answer_tag();
    peer.send(within(&peer, &tag, "ACK", 1, "").as_bytes());
    for (sequence, direction, answered, on) in [
        (2, "inactive", "inactive", true),
        (3, "sendonly", "recvonly", true),
        (4, "sendrecv", "sendrecv", false),
    ] {
        let offer = format!(
            "v=0\r\no=- 1 {sequence} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 8\r\na={direction}\r\n",
            telephone.port()
        );
        peer.send(within(&peer, &tag, "UPDATE", sequence, &offer).as_bytes());
        let answer = peer.answer();
        assert!(answer.starts_with("SIP/2.0 200") && answer.contains(&format!("a={answered}")), "{answer}");
        // Another way to be on hold is no other hold.
        if sequence != 3 {
            assert_eq!(line.event(), PhoneEvent::Held { call, on });
        }
    }
    line.tell(PhoneEffect::Hangup { call });
    assert!(matches!(line.event(), PhoneEvent::CallEnded { .. }));
}

#[test]
fn a_listener_hears_both_and_is_heard_by_neither_until_they_are_to_speak() {
    let mut floor = Conference::of(3);
    let (caller, operator, chief) = (loud(1_000), loud(2_000), loud(8_000));
    let all = [(0, caller), (1, operator), (2, chief)];
    floor.join(2, Part::Listen);
    assert!(floor.is_heard(&all, 2, together(caller, operator)), "the listener hears both");
    for _ in 0..50 {
        let heard = floor.round(&all);
        assert!([operator, QUIET].contains(&heard[0]), "the caller hears {:x}", heard[0]);
        assert!([caller, QUIET].contains(&heard[1]), "the operator hears {:x}", heard[1]);
    }
    floor.join(2, Part::Speak);
    assert!(floor.is_heard(&all, 0, together(operator, chief)), "now the caller hears both");
    floor.join(2, Part::Listen);
    assert!(floor.is_heard(&all, 0, operator), "and now one again");
    floor.end();
}

#[test]
fn a_whisper_reaches_one_alone_and_no_recording() {
    let mut floor = Conference::of(3);
    let (caller, operator, chief) = (loud(1_000), loud(2_000), loud(8_000));
    let all = [(0, caller), (1, operator), (2, chief)];
    let minute = std::time::Duration::from_secs(60);
    for (n, call) in (200..).zip(floor.calls[..2].to_vec()) {
        floor.join(2, Part::Listen);
        let recording = Chance::from_number(n).mint(Timestamp::from_millis(0));
        floor.line.tell(PhoneEffect::Record { call, recording, limit: minute, silence: minute });
        floor.join(2, Part::Whisper { at: floor.calls[1] });
        assert!(floor.is_heard(&all, 1, together(caller, chief)), "the operator hears caller and whisper");
        for _ in 0..50 {
            let heard = floor.round(&all);
            assert!([operator, QUIET].contains(&heard[0]), "the caller hears {:x}", heard[0]);
        }
        floor.line.tell(PhoneEffect::StopRecording { call });
        assert!(matches!(floor.line.event(), PhoneEvent::RecordingEnded { .. }));
        let recorded = floor.line.recorded();
        let loudest = recorded.iter().map(|byte| Law::A.decode(*byte)).max().unwrap();
        assert!((2_500..4_000).contains(&loudest), "caller and operator, and no whisper: {loudest}");
    }
    floor.end();
}

#[test]
fn a_muted_caller_hears_and_is_not_heard() {
    let mut floor = Conference::of(2);
    let (caller, operator) = (loud(1_000), loud(2_000));
    let both = [(0, caller), (1, operator)];
    assert!(floor.is_heard(&both, 1, caller));
    floor.line.tell(PhoneEffect::Mute { call: floor.calls[0], on: true });
    assert!(floor.is_heard(&both, 1, QUIET));
    assert!(floor.is_heard(&both, 0, operator));
    for _ in 0..30 {
        assert_eq!(floor.round(&both)[1], QUIET);
    }
    floor.line.tell(PhoneEffect::Mute { call: floor.calls[0], on: false });
    assert!(floor.is_heard(&both, 1, caller));
    floor.end();
}

#[test]
fn a_caller_the_desk_puts_on_hold_hears_what_it_plays_and_then_the_operator_again() {
    let mut floor = Conference::of(2);
    let (caller, operator) = (loud(1_000), loud(2_000));
    let both = [(0, caller), (1, operator)];
    assert!(floor.is_heard(&both, 1, caller) && floor.is_heard(&both, 0, operator));
    floor.line.tell(PhoneEffect::Hold { call: floor.calls[0], on: true });
    floor.line.play(floor.calls[0], 1, &["welcome"]);
    let clip = floor.line.sounds.find(Language::Zh, "welcome").unwrap().bytes(Law::A).to_vec();
    floor.phones[0].hear_all_of(&clip);
    assert!(matches!(floor.line.event(), PhoneEvent::PlayEnded { .. }));
    for _ in 0..30 {
        floor.phones[1].hear();
    }
    for _ in 0..30 {
        assert_eq!(floor.round(&both), [QUIET, QUIET], "the clip is over, and they are still apart");
    }
    floor.line.tell(PhoneEffect::Hold { call: floor.calls[0], on: false });
    assert!(floor.is_heard(&both, 1, caller) && floor.is_heard(&both, 0, operator));
    floor.end();
}

#[test]
fn how_a_call_was_heard_is_told_at_its_end() {
    let mut floor = Conference::of(2);
    let call = floor.calls[0];
    for n in 0..50 {
        // One in five is lost, and the last is there.
        if n % 5 == 2 {
            floor.phones[0].lose(1);
        } else {
            floor.phones[0].say(1);
        }
        floor.phones[0].hear();
    }
    assert!(floor.is_heard(&[(0, 7)], 1, 7));
    floor.line.tell(PhoneEffect::Hangup { call });
    let PhoneEvent::Quality { call: heard, quality } = floor.line.quality() else {
        unreachable!("quality waits for nothing else")
    };
    let CallQuality { packets, lost, round_trip_ms, mos_hundredths, .. } = quality;
    assert_eq!((heard, lost, round_trip_ms), (call, 10, None));
    assert!((41..50 + OFTEN as u32).contains(&packets), "{packets} packets");
    assert!((100..400).contains(&mos_hundredths), "{mos_hundredths}");
    assert!(matches!(floor.line.event(), PhoneEvent::CallEnded { .. }));
    floor.end();
}

#[test]
fn packets_from_anywhere_else_are_not_heard_and_hear_nothing() {
    let mut floor = Conference::of(2);
    let (caller, stranger) = (loud(1_000), loud(8_000));
    assert!(floor.is_heard(&[(0, caller)], 1, caller));
    let mut intruder = Telephone::new();
    intruder.intrude(floor.phones[0].line());
    let mut other = Playout::new(99, 7, 7);
    for n in 0..60 {
        intruder.say(stranger);
        // From the right address, but of another source: a stray packet or two is nobody's stream.
        if n % 4 == 0 {
            floor.phones[0].say_as(&mut other, stranger);
        }
        let heard = floor.round(&[(0, caller)])[1];
        assert!([caller, QUIET].contains(&heard), "the operator hears {heard:x}");
    }
    assert!(intruder.heard_nothing());
    floor.end();
}

#[test]
fn a_softphone_among_three_hears_the_two_others_together() {
    let mut floor = Conference::of(2);
    let folder = tempfile::tempdir().unwrap();
    baresip::write_settings(folder.path(), "13800000001");
    let address = format!("sip:12349@{}", floor.line.phone.udp_address());
    let softphone = baresip::dials(folder.path(), &address, 6);
    let call = floor.line.arrival();
    floor.line.tell(PhoneEffect::Answer { call });
    floor.line.tell(PhoneEffect::Join { to: floor.calls[0], call, part: Part::Speak });
    let (one, other) = (loud(1_000), loud(2_000));
    // Two packets in which both are heard: a run that nothing else makes.
    let wanted = vec![Law::A.decode(together(one, other)); 320];
    let heard = (0..20 * OFTEN).any(|n| {
        floor.round(&[(0, one), (1, other)]);
        n % 10 == 9 && baresip::heard(folder.path()).windows(320).any(|heard| *heard == wanted)
    });
    assert!(heard, "the softphone hears the two others together");
    assert_eq!(floor.line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
    assert!(softphone.wait_with_output().unwrap().status.success());
    floor.end();
}
