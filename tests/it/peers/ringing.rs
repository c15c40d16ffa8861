//! Telephones of the line's own people are rung by their extension.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::process::Child;
use std::time::Duration;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{Digit, EndReason, PhoneEvent};
use yingda::domain::ids::CallId;
use yingda::domain::timestamp::Timestamp;
use yingda::phone::sip::digest::Algorithm;

use super::baresip::{waits, write_settings};
use super::handset::{Handset, ext, open, value};
use super::line::{Line, PATIENCE};
use super::telephone::Telephone;
use crate::waiting::until;

fn with_registrar() -> Line {
    with_algorithms(&[Algorithm::Sha256, Algorithm::Md5])
}

fn with_algorithms(offered: &[Algorithm]) -> Line {
    let line = Line::with(|settings| {
        settings.tcp = Some("127.0.0.1:0".parse().unwrap());
        settings.registrar.algorithms = offered.to_vec();
    });
    open(&line, vec![]);
    line
}

fn registered(line: &Line, extension: &str) -> Handset {
    let handset = Handset::new(line.phone.udp_address(), extension);
    handset.is_registered();
    handset
}

/// Rings an extension.
fn ring(line: &Line, digits: &str) -> CallId {
    ring_for(line, digits, Duration::from_secs(30))
}

fn ring_for(line: &Line, digits: &str, ring_time: Duration) -> CallId {
    let call = yingda::clock::os_chance().mint(Timestamp::from_millis(0));
    line.tell(PhoneEffect::Dial { call, target: ext(digits).target(), ring_time });
    call
}

/// The next event about a call.
fn next(line: &Line) -> PhoneEvent {
    loop {
        match line.event() {
            PhoneEvent::PhoneReachable { .. } => {}
            other => return other,
        }
    }
}

#[test]
fn every_telephone_of_an_extension_rings_the_first_that_answers_has_the_call_and_the_others_stop() {
    let line = with_registrar();
    let (one, other) = (registered(&line, "201"), registered(&line, "201"));
    let stranger = registered(&line, "202");
    let mut ear = Telephone::new();
    let call = ring(&line, "201");
    let (at_one, at_other) = (one.request("INVITE"), other.request("INVITE"));
    one.answer(&at_one, "180 Ringing", "");
    other.answer(&at_other, "180 Ringing", "");
    assert_eq!(next(&line), PhoneEvent::Ringing { call });
    other.picks_up(&at_other, ear.port());
    assert_eq!(next(&line), PhoneEvent::Answered { call }, "it rings once, however many telephones do");
    assert!(other.request("ACK").contains(&other.own().to_string()));
    let cancel = one.request("CANCEL");
    one.answer(&cancel, "200 OK", "");
    one.answer(&at_one, "487 Request Terminated", "");
    one.request("ACK");
    line.play(call, 1, &["welcome"]);
    ear.hear();
    line.tell(PhoneEffect::Hangup { call });
    let bye = other.request("BYE");
    other.answer(&bye, "200 OK", "");
    assert!(matches!(next(&line), PhoneEvent::PlayEnded { .. } | PhoneEvent::CallEnded { .. }));
    // Whoever has another extension was not disturbed: what comes next is an answer to what it asks itself.
    assert!(stranger.register_with("").starts_with("SIP/2.0 401"));
}

#[test]
fn a_telephone_that_answers_too_late_is_thanked_and_let_go() {
    let line = with_registrar();
    let (one, late) = (registered(&line, "201"), registered(&line, "201"));
    let ear = Telephone::new();
    let call = ring(&line, "201");
    let (at_one, at_late) = (one.request("INVITE"), late.request("INVITE"));
    late.answer(&at_late, "180 Ringing", "");
    assert_eq!(next(&line), PhoneEvent::Ringing { call });
    one.picks_up(&at_one, ear.port());
    assert_eq!(next(&line), PhoneEvent::Answered { call });
    // It picked up while the CANCEL was on its way.
    late.picks_up(&at_late, ear.port());
    late.request("ACK");
    let bye = late.request("BYE");
    assert_eq!(value(&bye, "Call-ID"), value(&at_late, "Call-ID"));
    late.answer(&bye, "200 OK", "");
    line.tell(PhoneEffect::Hangup { call });
    let bye = one.request("BYE");
    one.answer(&bye, "200 OK", "");
    assert_eq!(next(&line), PhoneEvent::CallEnded { call, reason: EndReason::Released });
}

#[test]
fn one_telephone_that_declines_leaves_the_others_ringing_and_the_last_ends_the_call() {
    let line = with_registrar();
    let (one, other) = (registered(&line, "201"), registered(&line, "201"));
    let call = ring(&line, "201");
    let (at_one, at_other) = (one.request("INVITE"), other.request("INVITE"));
    one.answer(&at_one, "486 Busy Here", "");
    one.request("ACK");
    other.answer(&at_other, "180 Ringing", "");
    assert_eq!(next(&line), PhoneEvent::Ringing { call });
    other.answer(&at_other, "500 Server Internal Error", "");
    assert_eq!(next(&line), PhoneEvent::CallEnded { call, reason: EndReason::Busy });
}

#[test]
fn whoever_answers_after_another_has_declined_is_heard_from_where_they_are() {
    let line = with_registrar();
    let one = registered(&line, "201");
    let other = Handset::at("127.0.0.2", line.phone.udp_address(), "201");
    other.is_registered();
    let mut ear = Telephone::at("127.0.0.2");
    let call = ring(&line, "201");
    let (at_one, at_other) = (one.request("INVITE"), other.request("INVITE"));
    one.answer(&at_one, "486 Busy Here", "");
    one.request("ACK");
    // What it names as the place of its audio means something in its own house only: it is heard because its sound
    // comes from where its messages come from.
    other.picks_up(&at_other, ear.port());
    assert_eq!(next(&line), PhoneEvent::Answered { call });
    ear.intrude(audio_in(&at_other));
    ear.press("7");
    assert_eq!(next(&line), PhoneEvent::Digit { call, digit: Digit::Number(7) });
}

/// Where the line wants to hear whoever it rings.
fn audio_in(invite: &str) -> SocketAddr {
    let after = |name: &str| invite.split(name).nth(1).unwrap().split_whitespace().next().unwrap();
    format!("{}:{}", after("c=IN IP4 "), after("m=audio ")).parse().unwrap()
}

#[test]
fn an_extension_of_which_no_telephone_is_registered_cannot_be_rung() {
    let line = with_registrar();
    let call = ring(&line, "202");
    assert_eq!(next(&line), PhoneEvent::CallEnded { call, reason: EndReason::NetworkFailed });
}

#[test]
fn behind_a_router_everything_goes_back_the_way_it_came() {
    let line = with_registrar();
    let mut handset = Handset::new(line.phone.udp_address(), "201");
    // An address that means something in its own house only (RFC 5737 names it so that nobody has it).
    handset.contact = "sip:201@192.0.2.77:5060".into();
    handset.is_registered();
    let ear = Telephone::new();
    let call = ring(&line, "201");
    let invite = handset.request("INVITE");
    assert!(
        invite.starts_with("INVITE sip:201@192.0.2.77:5060"),
        "it is called what it calls itself: {invite}"
    );
    handset.picks_up(&invite, ear.port());
    handset.request("ACK");
    assert_eq!(next(&line), PhoneEvent::Answered { call });
    line.tell(PhoneEffect::Hangup { call });
    let bye = handset.request("BYE");
    handset.answer(&bye, "200 OK", "");
}

#[test]
fn over_tcp_a_telephone_is_rung_by_the_connection_it_came_by_and_after_that_at_its_own_address() {
    let line = with_registrar();
    let own = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut handset = Handset::over_tcp(line.phone.tcp_address().unwrap(), "201");
    handset.contact = format!("sip:201@{};transport=tcp", own.local_addr().unwrap());
    handset.is_registered();
    let ear = Telephone::new();
    let call = ring(&line, "201");
    let invite = handset.request("INVITE");
    handset.picks_up(&invite, ear.port());
    handset.request("ACK");
    assert_eq!(next(&line), PhoneEvent::Answered { call });
    line.tell(PhoneEffect::Hangup { call });
    let bye = handset.request("BYE");
    handset.answer(&bye, "200 OK", "");
    assert!(matches!(next(&line), PhoneEvent::CallEnded { .. }));
    own.set_nonblocking(true).unwrap();
    assert!(own.accept().is_err(), "nobody has connected to it");
    drop(handset);
    // Until the line has seen that the connection is gone it rings into the void.
    let until = yingda::clock::monotonic() + PATIENCE;
    let mut connected = loop {
        assert!(yingda::clock::monotonic() < until, "it is not looked for at its own address");
        let call = ring_for(&line, "201", Duration::from_millis(100));
        assert_eq!(next(&line), PhoneEvent::CallEnded { call, reason: EndReason::NoAnswer });
        if let Ok((connected, _)) = own.accept() {
            break connected;
        }
    };
    connected.set_nonblocking(false).unwrap();
    let mut begins = [0; 7];
    connected.read_exact(&mut begins).unwrap();
    assert_eq!(&begins, b"INVITE ");
}

#[test]
fn a_telephone_that_was_registered_before_a_restart_is_rung_after_it() {
    let before = Line::start();
    let kept = open(&before, vec![]);
    let handset = Handset::new(before.phone.udp_address(), "201");
    handset.is_registered();
    let bindings = kept.recv_timeout(PATIENCE).unwrap().bindings;
    let address = before.phone.udp_address();
    before.phone.stop();
    let line = Line::with(|settings| settings.udp = address);
    open(&line, bindings);
    assert_eq!(line.event(), PhoneEvent::PhoneReachable { extension: ext("201"), reachable: true });
    ring(&line, "201");
    handset.request("INVITE");
}

/// baresip as somebody's telephone: it registers, and picks up by itself. Version 1 gives up where it is offered an
/// algorithm that it does not know, whatever else is offered beside it.
fn softphone(folder: &std::path::Path, line: &Line, password: &str) -> Child {
    write_settings(folder, "201");
    let address = line.phone.udp_address();
    let account = format!(
        "<sip:201@{address}>;auth_user=201;auth_pass={password};regint=60;answermode=auto;audio_codecs=PCMA\n"
    );
    waits(folder, &account)
}

#[test]
fn a_softphone_registers_is_rung_by_its_extension_and_answers() {
    let line = with_algorithms(&[Algorithm::Md5]);
    let folder = tempfile::tempdir().unwrap();
    let mut softphone = softphone(folder.path(), &line, "right");
    assert_eq!(line.event(), PhoneEvent::PhoneReachable { extension: ext("201"), reachable: true });
    let call = ring(&line, "201");
    let answered =
        std::iter::repeat_with(|| next(&line)).find(|event| *event != PhoneEvent::Ringing { call });
    assert_eq!(answered, Some(PhoneEvent::Answered { call }));
    line.play(call, 1, &["digits/7"]);
    assert!(matches!(next(&line), PhoneEvent::PlayEnded { .. }));
    line.tell(PhoneEffect::Hangup { call });
    assert_eq!(next(&line), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    softphone.kill().unwrap();
    softphone.wait().unwrap();
}

#[test]
fn a_softphone_with_a_wrong_password_is_not_registered() {
    let line = with_algorithms(&[Algorithm::Md5]);
    let folder = tempfile::tempdir().unwrap();
    let mut softphone = softphone(folder.path(), &line, "wrong");
    until("it has come, and was refused", || line.phone.health().phone_passwords_refused > 0);
    let call = ring(&line, "201");
    assert_eq!(next(&line), PhoneEvent::CallEnded { call, reason: EndReason::NetworkFailed });
    softphone.kill().unwrap();
    softphone.wait().unwrap();
}
