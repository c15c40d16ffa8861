//! A word in time that a call still lasts, from either side (RFC 4028). Intervals of seconds stand for those of minutes.

use std::time::Duration;

use yingda::clock;
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::ids::CallId;

use super::dialog::{NOWHERE, address, answers, asking, description, header, reached_at, to_tag};
use super::line::Line;
use super::outgoing::{RING_TIME, dial, minted, picks_up};
use super::peer::{Peer, invite};
use super::telephone::Telephone;

const TAKES_UPDATE: &str = "Allow: INVITE, ACK, BYE, UPDATE\r\n";

/// A line that takes intervals of seconds.
fn line() -> Line {
    Line::with(|settings| settings.shortest_session_s = 1)
}

/// Rings with these header lines more, is answered and acknowledges; returns the call, its tag and the answer.
fn rings(line: &Line, peer: &Peer, port: u16, lines: &str) -> (CallId, String, String) {
    let more = format!("{lines}Max-Forwards: 70");
    let replaced = [("Max-Forwards: 70", more.as_str()), (NOWHERE, &reached_at(peer))];
    peer.send(invite(&peer.via(), port, &replaced).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let answer = peer.answer();
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let tag = to_tag(&answer).to_owned();
    peer.send(asking(peer, &tag, "ACK", 1, "", "").as_bytes());
    (call, tag, answer)
}

fn ends_deaf(line: &Line, call: CallId) {
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::WentDeaf });
}

#[test]
fn the_line_says_that_a_call_lasts_and_ends_one_the_other_side_has_forgotten() {
    let (line, telephone) = (line(), Telephone::new());
    let peer = Peer::new(&line);
    let asks = format!("{TAKES_UPDATE}Supported: timer\r\nSession-Expires: 2;refresher=uas\r\n");
    let (call, _, answer) = rings(&line, &peer, telephone.port(), &asks);
    assert_eq!(header(&answer, "Session-Expires"), "2;refresher=uas");
    assert_eq!(header(&answer, "Require"), "timer");
    for _ in 0..2 {
        let word = peer.asked("UPDATE");
        assert_eq!(header(&word, "Session-Expires"), "2;refresher=uac");
        assert_eq!(header(&word, "Content-Length"), "0");
        answers(&peer, &word, "200 OK", "", "Session-Expires: 2;refresher=uac\r\n", "");
    }
    let word = peer.asked("UPDATE");
    answers(&peer, &word, "481 Call/Transaction Does Not Exist", "", "", "");
    peer.asked("BYE");
    ends_deaf(&line, call);
}

#[test]
fn who_takes_no_update_is_sent_the_same_description_again_and_one_refusal_is_not_the_end() {
    let (line, mut telephone) = (line(), Telephone::new());
    let peer = Peer::new(&line);
    // A proxy asks for a telephone that knows nothing of it: nothing is required of it.
    let (call, _, answer) = rings(&line, &peer, telephone.port(), "Session-Expires: 3\r\n");
    assert_eq!((header(&answer, "Session-Expires"), header(&answer, "Require")), ("3;refresher=uas", ""));
    let body = |message: &str| message.split_once("\r\n\r\n").unwrap().1.to_owned();
    telephone.hear();
    let word = peer.asked("INVITE");
    assert_eq!(body(&word), body(&answer), "the description has not changed, nor has its version");
    answers(&peer, &word, "200 OK", "", "", &description(telephone.port(), 1, ""));
    peer.asked("ACK");
    telephone.hear();
    let word = peer.asked("INVITE");
    let refused_at = clock::monotonic();
    answers(&peer, &word, "503 Service Unavailable", "", "", "");
    peer.asked("BYE");
    assert!(clock::monotonic() - refused_at > Duration::from_millis(100), "it had its time");
    ends_deaf(&line, call);
}

#[test]
fn a_word_that_meets_one_of_the_other_side_is_said_again_a_little_later() {
    let (line, telephone) = (line(), Telephone::new());
    let peer = Peer::new(&line);
    let (call, _, _) =
        rings(&line, &peer, telephone.port(), "Supported: timer\r\nSession-Expires: 6;refresher=uas\r\n");
    let word = peer.asked("INVITE");
    answers(&peer, &word, "491 Request Pending", "", "", "");
    let word = peer.asked("INVITE");
    answers(&peer, &word, "422 Session Interval Too Small", "", "Min-SE: 8\r\n", "");
    let word = peer.asked("INVITE");
    assert_eq!(header(&word, "Session-Expires"), "8;refresher=uac");
    line.tell(PhoneEffect::Hangup { call });
}

#[test]
fn a_caller_who_says_that_the_call_lasts_disturbs_nothing_and_who_stops_to_say_so_is_gone() {
    let (line, mut telephone) = (line(), Telephone::new());
    let peer = Peer::new(&line);
    let asks = "Supported: timer\r\nSession-Expires: 3;refresher=uac\r\n";
    let (call, tag, answer) = rings(&line, &peer, telephone.port(), asks);
    assert_eq!(header(&answer, "Session-Expires"), "3;refresher=uac");
    assert_eq!(header(&answer, "Require"), "timer");
    telephone.hear();
    let word = |method: &str, sequence: u32, body: &str| {
        peer.send(asking(&peer, &tag, method, sequence, asks, body).as_bytes());
        let answer = peer.answered(sequence, method);
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        assert_eq!(header(&answer, "Session-Expires"), "3;refresher=uac");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let same = description(telephone.port(), 1, "");
    let said = answer.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(word("INVITE", 2, &same), said, "nothing has changed");
    peer.send(asking(&peer, &tag, "ACK", 2, "", "").as_bytes());
    assert_eq!(word("UPDATE", 3, ""), "");
    telephone.hear();
    assert_eq!(word("UPDATE", 4, &same), said);
    telephone.hear();
    telephone.say(0x55);
    let said_at = clock::monotonic();
    peer.asked("BYE");
    // Three seconds less a third of them.
    assert!(clock::monotonic() - said_at > Duration::from_millis(1_800));
    ends_deaf(&line, call);
}

#[test]
fn a_caller_who_wants_to_say_it_all_the_time_is_told_how_often_is_enough() {
    let line = Line::start();
    let peer = Peer::new(&line);
    let more = "Supported: timer\r\nSession-Expires: 30\r\nMax-Forwards: 70";
    peer.send(invite(&peer.via(), 4_000, &[("Max-Forwards: 70", more)]).as_bytes());
    let answer = peer.answer();
    assert!(answer.starts_with("SIP/2.0 422"), "{answer}");
    assert_eq!(header(&answer, "Min-SE"), "90");
}

#[test]
fn who_is_rung_is_offered_a_word_now_and_then_and_has_it_their_way() {
    let line = line();
    let (peer, telephone, call) = (Peer::new(&line), Telephone::new(), minted(701));
    dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
    let first = peer.asked("INVITE");
    assert_eq!((header(&first, "Session-Expires"), header(&first, "Supported")), ("1800", "timer"));
    answers(&peer, &first, "422 Session Interval Too Small", "a", "Min-SE: 3600\r\n", "");
    peer.asked("ACK");
    let second = peer.asked("INVITE");
    assert_eq!((header(&second, "Session-Expires"), header(&second, "Min-SE")), ("3600", "3600"));
    let lines = format!("{TAKES_UPDATE}Require: timer\r\nSession-Expires: 2;refresher=uac\r\n");
    answers(&peer, &second, "200 OK", "b", &lines, &description(telephone.port(), 1, ""));
    picks_up(&line, call);
    let word = peer.asked("UPDATE");
    assert_eq!(to_tag(&word), "b");
    // From now on they do, and do not.
    answers(&peer, &word, "200 OK", "", "Session-Expires: 3;refresher=uas\r\n", "");
    let bye = peer.asked("BYE");
    assert_eq!(header(&bye, "Call-ID"), header(&second, "Call-ID"));
    ends_deaf(&line, call);
}

#[test]
fn nothing_is_offered_where_the_settings_say_so() {
    let line = Line::with(|settings| settings.session_expires_s = 0);
    let (peer, call) = (Peer::new(&line), minted(702));
    dial(&line, call, format!("sip:duty@{}", address(&peer)), RING_TIME);
    let asked = peer.asked("INVITE");
    assert_eq!((header(&asked, "Session-Expires"), header(&asked, "Supported")), ("", "timer"));
    line.tell(PhoneEffect::Hangup { call });
}
