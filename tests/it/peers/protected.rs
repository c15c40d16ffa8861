//! Calls whose sound is protected: keys come over TLS and nobody else hears or speaks.

use std::fs;
use std::path::Path;
use std::process::Child;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::ids::CallId;
use yingda::domain::language::Language;
use yingda::domain::timestamp::Timestamp;
use yingda::phone::sip::digest::Algorithm;
use yingda::phone::sip::sdp::SrtpUse;
use yingda::rtp::g711::Law;
use yingda::rtp::packet::PCMA;
use yingda::rtp::playout::Playout;
use yingda::rtp::srtp::{Keys, Master, Protector, Suite};

use super::baresip::{heard, waits, write_settings};
use super::handset::{Handset, open};
use super::line::{Line, PATIENCE};
use super::peer::{Peer, invite};
use super::secret::{SecretPeer, secret_line, tls_address, with_length};
use super::telephone::Telephone;
use crate::waiting::until;

const THEIRS: Master = Master([0x5a; 30]);

fn crypto(tag: u32, suite: Suite, key: &Master) -> String {
    format!("a=crypto:{tag} {} inline:{}\r\n", suite.name(), STANDARD.encode(key.0))
}

/// The keys of a call in which the line says these, and the telephone `theirs`: as the telephone has them.
fn keys_in(description: &str, tag: u32, suite: Suite, theirs: Master) -> Keys {
    let start = format!("a=crypto:{tag} {} inline:", suite.name());
    let line = description.lines().find_map(|line| line.strip_prefix(&start));
    let key = line.unwrap_or_else(|| panic!("{start} is not in {description}"));
    let lines = Master(STANDARD.decode(key).unwrap().try_into().unwrap());
    Keys { suite, ours: theirs, theirs: lines }
}

/// An INVITE over TLS that offers what is given, with a key for it.
fn offering(telephone: &Telephone, profile: &str, attributes: &str) -> String {
    let text = invite("TLS 127.0.0.1:9", telephone.port(), &[("RTP/AVP", profile)]);
    with_length(&(text + attributes))
}

/// A call that has come in with this suite and was answered; its telephone has heard the line.
fn protected_call(line: &Line, peer: &mut SecretPeer, suite: Suite) -> (CallId, Telephone, String) {
    let mut telephone = Telephone::new();
    peer.send(&offering(&telephone, "RTP/SAVP", &crypto(3, suite, &THEIRS)));
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let answer = peer.answer();
    assert!(answer.starts_with("SIP/2.0 200") && answer.contains("RTP/SAVP 8 101\r\n"), "{answer}");
    telephone.protect(&keys_in(&answer, 3, suite, THEIRS));
    let tag = answer.lines().find(|line| line.starts_with("To:")).unwrap().split_once("tag=").unwrap().1;
    (call, telephone, tag.trim().to_owned())
}

fn welcome(line: &Line) -> Vec<u8> {
    line.sounds.find(Language::Zh, "welcome").unwrap().bytes(Law::A).to_vec()
}

fn digit(event: &PhoneEvent) -> char {
    match event {
        PhoneEvent::Digit { digit, .. } => digit.as_char(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_protected_call_hears_the_greeting_and_its_keys_count() {
    for suite in Suite::ALL {
        let line = secret_line(|_| {});
        let mut peer = SecretPeer::new(&line);
        let (call, mut telephone, _) = protected_call(&line, &mut peer, suite);
        line.play(call, 1, &["welcome"]);
        telephone.hear_all_of(&welcome(&line));
        assert!(matches!(line.event(), PhoneEvent::PlayEnded { .. }));
        telephone.press("5");
        assert_eq!(digit(&line.event()), '5');
    }
}

#[test]
fn who_has_not_the_key_neither_presses_nor_takes_the_calls_place() {
    let line = secret_line(|_| {});
    let mut peer = SecretPeer::new(&line);
    let (_call, mut telephone, _) = protected_call(&line, &mut peer, Suite::Aes128Sha1Tag80);
    telephone.hear();
    let at = telephone.line();
    // Before the call's own telephone has said anything: in the clear, and with another key.
    let mut intruder = Telephone::new();
    intruder.intrude(at);
    intruder.press("1");
    let other = Keys { suite: Suite::Aes128Sha1Tag80, ours: Master([1; 30]), theirs: THEIRS };
    intruder.protect(&other);
    intruder.press("2");
    let sent = telephone.press_all("3");
    assert_eq!(digit(&line.event()), '3', "the first that counts is its own");
    // What was sent is sent again, once as it was and once changed; from the same place, as a router would.
    for packet in &sent {
        telephone.send_raw(packet);
        let mut changed = packet.clone();
        changed[3] ^= 0x40;
        telephone.send_raw(&changed);
    }
    let mut clear = Vec::new();
    Playout::new(7, 9_000, 5_000).audio(PCMA, &[1; 160]).write(&mut clear);
    telephone.send_raw(&clear);
    Protector::new(Suite::Aes128Sha1Tag80, &Master([1; 30])).packet(&mut clear);
    telephone.send_raw(&clear);
    telephone.press("4");
    assert_eq!(digit(&line.event()), '4', "nothing of it counted, and the call goes on");
}

#[test]
fn a_call_on_hold_keeps_its_keys_and_takes_others_when_they_are_offered() {
    let line = secret_line(|_| {});
    let mut peer = SecretPeer::new(&line);
    let (call, mut telephone, tag) = protected_call(&line, &mut peer, Suite::Aes128Sha1Tag80);
    let port = telephone.port();
    telephone.hear();
    telephone.press("1");
    assert_eq!(digit(&line.event()), '1');
    let again = |sequence: u32, key: &Master, direction: &str| {
        let text = invite(
            "TLS 127.0.0.1:9",
            port,
            &[
                ("RTP/AVP", "RTP/SAVP"),
                ("z9hG4bK1", &format!("z9hG4bKagain{sequence}")),
                ("1 INVITE", &format!("{sequence} INVITE")),
            ],
        );
        let text = text.replace("To: <sip:12349@127.0.0.1>", &format!("To: <sip:12349@127.0.0.1>;tag={tag}"));
        text + &crypto(3, Suite::Aes128Sha1Tag80, key) + direction
    };
    peer.send(&again(1, &THEIRS, "").replace("INVITE", "ACK"));
    peer.send(&again(2, &THEIRS, "a=sendonly\r\n"));
    let held = peer.answer();
    let before = keys_in(&held, 3, Suite::Aes128Sha1Tag80, THEIRS);
    assert_eq!(line.event(), PhoneEvent::Held { call, on: true });
    peer.send(&again(3, &THEIRS, ""));
    assert_eq!(
        keys_in(&peer.answer(), 3, Suite::Aes128Sha1Tag80, THEIRS),
        before,
        "ours is the one of before"
    );
    assert_eq!(line.event(), PhoneEvent::Held { call, on: false });
    // The same telephone, with the counts it had.
    telephone.hear();
    telephone.press("2");
    assert_eq!(digit(&line.event()), '2');
    let another = Master([0x77; 30]);
    peer.send(&again(4, &another, ""));
    let keys = keys_in(&peer.answer(), 3, Suite::Aes128Sha1Tag80, another);
    telephone.protect(&keys);
    telephone.press("6");
    assert_eq!(digit(&line.event()), '6');
    // What is protected stays so: in the clear it cannot go on, and goes on as it was.
    let clear = again(5, &another, "").replace("RTP/SAVP", "RTP/AVP");
    peer.send(&clear.replace(&crypto(3, Suite::Aes128Sha1Tag80, &another), ""));
    assert!(peer.answer().starts_with("SIP/2.0 488"));
    telephone.press("9");
    assert_eq!(digit(&line.event()), '9');
}

#[test]
fn keys_that_others_could_have_read_are_not_taken_and_none_are_sent_in_the_clear() {
    let line = secret_line(|_| {});
    let telephone = Telephone::new();
    let offer = offering(&telephone, "RTP/SAVP", &crypto(1, Suite::Aes128Sha1Tag80, &THEIRS));
    let peer = Peer::new(&line);
    peer.send(offer.replace("TLS 127.0.0.1:9", &peer.via()).as_bytes());
    assert!(peer.answer().starts_with("SIP/2.0 488"));
    assert!(matches!(line.event(), PhoneEvent::CallLost { .. }));
    // Where the clear is offered too the call is taken in the clear.
    let both = offer.replace("m=audio", &format!("m=audio {} RTP/AVP 8\r\nm=audio", telephone.port()));
    let both = both.replace("z9hG4bK1", "z9hG4bK2").replace("1@peer", "2@peer");
    peer.send(with_length(&both).replace("TLS 127.0.0.1:9", &peer.via()).as_bytes());
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    let answer = peer.answer();
    assert!(answer.contains("RTP/AVP 8\r\n") && !answer.contains("crypto"), "{answer}");
}

#[test]
fn what_the_setting_says_of_protected_sound_is_kept_to() {
    let plain = |telephone: &Telephone| offering(telephone, "RTP/AVP", "");
    let secret =
        |telephone: &Telephone| offering(telephone, "RTP/SAVP", &crypto(1, Suite::Aes128Sha1Tag80, &THEIRS));
    type Offer<'a> = &'a dyn Fn(&Telephone) -> String;
    let table: [(SrtpUse, Offer<'_>, bool); 6] = [
        (SrtpUse::Off, &plain, true),
        (SrtpUse::Off, &secret, false),
        (SrtpUse::WithTls, &plain, true),
        (SrtpUse::WithTls, &secret, true),
        (SrtpUse::RequiredWithTls, &plain, false),
        (SrtpUse::RequiredWithTls, &secret, true),
    ];
    for (srtp, offer, taken) in table {
        let line = secret_line(|settings| settings.srtp = srtp);
        let mut peer = SecretPeer::new(&line);
        peer.send(&offer(&Telephone::new()));
        if taken {
            line.arrival();
        } else {
            assert!(peer.answer().starts_with("SIP/2.0 488"), "{srtp:?}");
        }
    }
}

fn ring(line: &Line) -> CallId {
    let call = yingda::clock::os_chance().mint(Timestamp::from_millis(0));
    line.tell(PhoneEffect::Dial { call, target: "ext:201".into(), ring_time: PATIENCE });
    call
}

fn answering(telephone: &Telephone, profile: &str, attributes: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {} {profile} 8 101\r\na=rtpmap:101 telephone-event/8000\r\n{attributes}",
        telephone.port()
    )
}

#[test]
fn a_telephone_that_registered_over_tls_is_asked_to_protect_the_sound_and_does() {
    let line = secret_line(|_| {});
    let _kept = open(&line, vec![]);
    let handset = Handset::over_tls(tls_address(&line), "201");
    handset.is_registered();
    for (tag, suite) in (1..).zip(Suite::ALL) {
        let mut telephone = Telephone::new();
        let call = ring(&line);
        let invite = handset.request("INVITE");
        assert!(invite.contains("RTP/SAVP 8 0 101\r\n"), "{invite}");
        let attributes = crypto(tag, suite, &THEIRS);
        handset.answer(&invite, "200 OK", &answering(&telephone, "RTP/SAVP", &attributes));
        telephone.protect(&keys_in(&invite, tag, suite, THEIRS));
        handset.request("ACK");
        assert_eq!(line.next(), PhoneEvent::Answered { call });
        line.play(call, 1, &["welcome"]);
        telephone.hear_all_of(&welcome(&line));
        assert!(matches!(line.next(), PhoneEvent::PlayEnded { .. }));
        telephone.press("7");
        assert_eq!(digit(&line.next()), '7');
        line.tell(PhoneEffect::Hangup { call });
        let bye = handset.request("BYE");
        handset.answer(&bye, "200 OK", "");
        assert_eq!(line.next(), PhoneEvent::CallEnded { call, reason: EndReason::Released });
    }
}

#[test]
fn a_telephone_that_cannot_protect_the_sound_is_rung_in_the_clear_unless_it_must() {
    for (srtp, again) in [(SrtpUse::WithTls, true), (SrtpUse::RequiredWithTls, false)] {
        let line = secret_line(|settings| settings.srtp = srtp);
        let _kept = open(&line, vec![]);
        let handset = Handset::over_tls(tls_address(&line), "201");
        handset.is_registered();
        let mut telephone = Telephone::new();
        let call = ring(&line);
        let invite = handset.request("INVITE");
        handset.answer(&invite, "488 Not Acceptable Here", "");
        handset.request("ACK");
        if !again {
            assert_eq!(line.next(), PhoneEvent::CallEnded { call, reason: EndReason::NetworkFailed });
            continue;
        }
        let invite = handset.request("INVITE");
        assert!(invite.contains("RTP/AVP 8 0 101\r\n") && !invite.contains("crypto"), "{invite}");
        handset.answer(&invite, "200 OK", &answering(&telephone, "RTP/AVP", ""));
        handset.request("ACK");
        assert_eq!(line.next(), PhoneEvent::Answered { call });
        telephone.hear();
        telephone.press("8");
        assert_eq!(digit(&line.next()), '8');
        line.tell(PhoneEffect::Hangup { call });
        handset.request("BYE");
    }
}

#[test]
fn who_was_asked_to_protect_the_sound_and_does_not_say_how_has_not_answered() {
    let line = secret_line(|_| {});
    let _kept = open(&line, vec![]);
    let handset = Handset::over_tls(tls_address(&line), "201");
    handset.is_registered();
    let call = ring(&line);
    let invite = handset.request("INVITE");
    handset.answer(&invite, "200 OK", &answering(&Telephone::new(), "RTP/AVP", ""));
    handset.request("ACK");
    handset.request("BYE");
    assert_eq!(line.next(), PhoneEvent::CallEnded { call, reason: EndReason::NetworkFailed });
}

/// baresip as somebody's telephone over TLS, that protects its sound or has no call, and picks up by itself.
fn softphone(folder: &Path, line: &Line) -> Child {
    write_settings(folder, "201");
    let config =
        fs::read_to_string(folder.join("config")).unwrap() + "module srtp.so\nsip_verify_server no\n";
    fs::write(folder.join("config"), config).unwrap();
    let account = format!(
        "<sip:201@{};transport=tls>;auth_user=201;auth_pass=right;regint=60;answermode=auto;audio_codecs=PCMA;\
         mediaenc=srtp-mand\n",
        tls_address(line)
    );
    waits(folder, &account)
}

#[test]
fn somebody_elses_softphone_registers_over_tls_and_hears_what_was_protected() {
    let line = secret_line(|settings| settings.registrar.algorithms = vec![Algorithm::Md5]);
    let _kept = open(&line, vec![]);
    let folder = tempfile::tempdir().unwrap();
    let mut softphone = softphone(folder.path(), &line);
    assert!(matches!(line.event(), PhoneEvent::PhoneReachable { reachable: true, .. }));
    let call = ring(&line);
    assert_eq!(line.next(), PhoneEvent::Answered { call });
    line.play(call, 1, &["welcome"]);
    assert!(matches!(line.next(), PhoneEvent::PlayEnded { .. }));
    let spoken: Vec<i16> = welcome(&line).iter().map(|byte| Law::A.decode(*byte)).collect();
    until("it has heard the greeting", || {
        heard(folder.path()).windows(spoken.len()).any(|heard| heard == spoken)
    });
    line.tell(PhoneEffect::Hangup { call });
    // It was heard too, or the quality of the call would not be known.
    assert!(matches!(line.quality(), PhoneEvent::Quality { quality, .. } if quality.packets > 10));
    softphone.kill().unwrap();
    softphone.wait().unwrap();
}
