//! Who is taken in when many ring who are nobody's: nobody takes the lines of others, and who is unknown rings the line
//! and nothing else.

use std::time::Duration;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::ids::CallId;
use yingda::phone::sip::limit::SourceLimit;

use super::handset::{Handset, open};
use super::line::{Line, PATIENCE};
use super::peer::{Peer, invite};
use super::telephones::within;

/// How long somebody waits who was told to come back.
const A_WHILE: Duration = Duration::from_millis(100);

/// A line that trusts nobody but the address 127.0.0.99.
fn distrustful(half_open: usize, max_calls: usize) -> Line {
    Line::with(|settings| {
        settings.trusted = vec!["127.0.0.99".parse().unwrap()];
        settings.source_limit = SourceLimit { half_open, calls: 10, ..SourceLimit::default() };
        settings.max_calls = max_calls;
    })
}

/// What names the `n`th call of whoever this is.
fn call_id(peer: &Peer, n: u32) -> String {
    format!("{n}@{}", peer.via().replace("UDP ", ""))
}

/// Rings as the `n`th call of whoever this is.
fn rings(peer: &Peer, n: u32) {
    let text = invite(&peer.via(), 4_000, &[]).replace("z9hG4bK1", &format!("z9hG4bK{n}r"));
    peer.send(text.replace("1@peer", &call_id(peer, n)).as_bytes());
}

/// Sends a request within the `n`th call, of which `answer` was heard.
fn says(peer: &Peer, n: u32, answer: &str, method: &str, sequence: u32) {
    let to = answer.lines().find(|line| line.starts_with("To:")).unwrap();
    let tag = to.split_once("tag=").unwrap().1.trim();
    let text = within(peer, tag, method, sequence, "").replace("1@peer", &call_id(peer, n));
    // A refusal is acknowledged within the transaction that it ends.
    let is_refused = !answer.starts_with("SIP/2.0 200");
    let branch = if is_refused { format!("z9hG4bK{n}r") } else { format!("z9hG4bK{method}{n}") };
    peer.send(text.replace(&format!("z9hG4bK{method}{sequence}"), &branch).as_bytes());
}

fn is_answered(line: &Line) -> CallId {
    let call = line.next_arrival();
    line.tell(PhoneEffect::Answer { call });
    call
}

/// The final answer to the `n`th call, past those to others that are said again.
fn status(peer: &Peer, n: u32) -> String {
    loop {
        let answer = peer.answer();
        if answer.contains(&format!("Call-ID: {}\r\n", call_id(peer, n))) {
            return answer;
        }
    }
}

#[test]
fn who_never_acknowledges_an_answer_takes_few_lines_and_who_does_takes_more() {
    let line = distrustful(2, 100);
    let peer = Peer::new(&line);
    for n in [1, 2] {
        rings(&peer, n);
        is_answered(&line);
        assert!(status(&peer, n).starts_with("SIP/2.0 200"));
    }
    rings(&peer, 3);
    let refused = status(&peer, 3);
    assert!(refused.starts_with("SIP/2.0 503") && refused.contains("Retry-After: "), "{refused}");
    assert_eq!(line.phone.health().sip_held_back, 1);
    // Others are not kept waiting by it.
    let other = Peer::at("127.0.0.7", line.phone.udp_address());
    rings(&other, 1);
    is_answered(&line);
    let answer = status(&other, 1);
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    says(&other, 1, &answer, "ACK", 1);
    for n in [2, 3] {
        rings(&other, n);
        is_answered(&line);
        assert!(
            status(&other, n).starts_with("SIP/2.0 200"),
            "with the first acknowledged two may be half open"
        );
    }
}

#[test]
fn addresses_that_are_only_claimed_do_not_keep_callers_out() {
    // Twelve lines for strangers, eight of which may be half open.
    let line = distrustful(1, 16);
    let claimed: Vec<_> =
        (1..=8).map(|n| Peer::at(&format!("127.0.1.{n}"), line.phone.udp_address())).collect();
    let calls: Vec<_> = claimed
        .iter()
        .map(|peer| {
            rings(peer, 1);
            is_answered(&line)
        })
        .collect();
    // A trunk's callers are served as ever.
    let trunk = Peer::at("127.0.0.99", line.phone.udp_address());
    rings(&trunk, 1);
    is_answered(&line);
    assert!(status(&trunk, 1).starts_with("SIP/2.0 200"));
    // A stranger is told to come back, does, and has the line of whoever has waited longest for nothing.
    let caller = Peer::at("127.0.0.7", line.phone.udp_address());
    let mut ended = vec![];
    let mut tries = 0;
    loop {
        tries += 1;
        assert!(tries < PATIENCE.as_millis() / A_WHILE.as_millis(), "a stranger is kept out");
        rings(&caller, tries as u32);
        if is_taken(&line, &mut ended) {
            break;
        }
        let refused = status(&caller, tries as u32);
        assert!(refused.starts_with("SIP/2.0 503"), "{refused}");
        says(&caller, tries as u32, &refused, "ACK", 1);
        assert!(caller.is_left_alone_for(A_WHILE));
    }
    assert!(tries > 1, "whoever has just been answered has time to say so");
    assert!(status(&caller, tries as u32).starts_with("SIP/2.0 200"));
    while ended.is_empty() {
        note_end(line.event(), &mut ended);
    }
    assert_eq!(ended, [calls[0]]);
}

/// Whether whoever rings now is taken in, and not lost.
fn is_taken(line: &Line, ended: &mut Vec<CallId>) -> bool {
    loop {
        match line.event() {
            PhoneEvent::CallLost { .. } => return false,
            PhoneEvent::CallArrived { call, .. } => {
                line.tell(PhoneEffect::Answer { call });
                return true;
            }
            other => note_end(other, ended),
        }
    }
}

fn note_end(event: PhoneEvent, ended: &mut Vec<CallId>) {
    match event {
        PhoneEvent::CallEnded { call, reason } => {
            assert_eq!(reason, EndReason::NetworkFailed);
            ended.push(call);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_is_unknown_rings_the_line_and_nothing_else_and_learns_of_no_extension() {
    let line = distrustful(5, 100);
    let _kept = open(&line, vec![]);
    let handset = Handset::new(line.phone.udp_address(), "201");
    handset.registers("");
    let elsewhere = Peer::new(&line);
    let to_elsewhere = elsewhere.via().replace("UDP ", "sip:201@");
    let stranger = Peer::at("127.0.0.7", line.phone.udp_address());
    // An extension, one that does not exist, a number of the world, by way of another server, and that server itself.
    let own = line.phone.udp_address();
    let wanted =
        [format!("sip:201@{own}"), format!("sip:299@{own}"), format!("sip:13900000001@{own}"), to_elsewhere];
    for (n, address) in (1..).zip(&wanted) {
        let text = invite(&stranger.via(), 4_000, &[("sip:12349@127.0.0.1 ", &format!("{address} "))]);
        let route = format!("Route: <{};lr>\r\nCSeq", wanted[3]);
        let text =
            text.replace("z9hG4bK1", &format!("z9hG4bK{n}r")).replace("1@peer", &call_id(&stranger, n));
        stranger.send(text.replacen("CSeq", &route, 1).as_bytes());
        let call = line.next_arrival();
        line.tell(PhoneEffect::Answer { call });
        let answer = status(&stranger, n);
        assert!(answer.starts_with("SIP/2.0 200"), "{address}: {answer}");
        says(&stranger, n, &answer, "ACK", 1);
    }
    let asked = |method: &str, address: &str, n: u32| {
        let text = invite(&stranger.via(), 4_000, &[("sip:12349@127.0.0.1 ", &format!("{address} "))]);
        let text =
            text.replace("z9hG4bK1", &format!("z9hG4bK{n}q")).replace("1@peer", &call_id(&stranger, n));
        stranger.send(text.replace("INVITE", method).as_bytes());
        let answer = status(&stranger, n);
        answer.lines().next().unwrap().to_owned()
    };
    for (m, method) in (10..).zip(["OPTIONS", "MESSAGE", "SUBSCRIBE", "REFER", "PUBLISH"]) {
        let answers: Vec<_> =
            (0..).zip(&wanted).map(|(n, address)| asked(method, address, 10 * m + n)).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{method}: {answers:?}");
    }
    assert!(elsewhere.is_left_alone_for(A_WHILE), "nothing is led on");
    assert!(handset.is_left_alone_for(A_WHILE), "nobody rings past the desk");
}
