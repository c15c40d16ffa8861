//! Trunks at which the line registers.

use std::net::TcpListener;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::extension::PhoneTransport;
use yingda::domain::secret::Secret;
use yingda::phone::TrunkHealth;
use yingda::phone::settings::{Account, Trunk};

use super::gateway::{Gateway, account, is_proven};
use super::handset::value;
use super::line::{Line, free_port};
use super::outgoing::{RING_TIME, answering, dial, minted, picks_up};
use super::peer::invite;
use super::telephone::Telephone;
use crate::waiting::until;

/// A line with an account here.
fn with_account(gateway: &Gateway) -> Line {
    Line::with(|settings| {
        settings.trusted.clear();
        settings.trunks = vec![Trunk { register: Some(account()), ..gateway.trunk("telecom") }];
    })
}

fn health(line: &Line) -> TrunkHealth {
    line.phone.trunks().remove(0)
}

fn sequence(text: &str) -> u32 {
    value(text, "CSeq").split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_line_registers_by_digest_stays_registered_when_the_nonce_is_forgotten_and_says_goodbye() {
    let gateway = Gateway::new();
    let line = with_account(&gateway);
    let first = gateway.request("REGISTER");
    assert!(!first.text.contains("Authorization"), "{}", first.text);
    assert!(first.text.starts_with(&format!("REGISTER sip:{} ", gateway.own())), "{}", first.text);
    assert_eq!(value(&first.text, "To"), format!("<sip:line@{}>", gateway.own()));
    assert_eq!(value(&first.text, "Contact"), format!("<sip:line@{}>", line.phone.udp_address()));
    assert_eq!(value(&first.text, "Expires"), "600");
    assert_eq!((health(&line).ok, health(&line).registered), (false, Some(false)));
    gateway.challenges(&first, "401 Unauthorized", "first", "");

    let proven = gateway.request("REGISTER");
    assert!(is_proven(&proven, "Authorization", "first", 1), "{}", proven.text);
    assert_eq!(value(&proven.text, "Call-ID"), value(&first.text, "Call-ID"));
    assert!(sequence(&proven.text) > sequence(&first.text));
    gateway.answer(&proven, "423 Interval Too Brief", "Min-Expires: 900\r\n");
    let longer = gateway.request("REGISTER");
    assert_eq!(value(&longer.text, "Expires"), "900");
    assert!(is_proven(&longer, "Authorization", "first", 2), "{}", longer.text);
    gateway.registers(&longer, 4);
    until("it is seen that we are registered", || health(&line).ok);

    // Before it has run out it is asked for again, and the provider has forgotten its nonce meanwhile.
    let again = gateway.request("REGISTER");
    assert!(is_proven(&again, "Authorization", "first", 3), "{}", again.text);
    gateway.challenges(&again, "401 Unauthorized", "second", ", stale=true");
    let anew = gateway.request("REGISTER");
    assert!(is_proven(&anew, "Authorization", "second", 1), "{}", anew.text);
    gateway.registers(&anew, 900);

    let stopping = std::thread::spawn(move || line.phone.stop());
    let goodbye = gateway.request("REGISTER");
    assert_eq!(value(&goodbye.text, "Expires"), "0");
    assert!(is_proven(&goodbye, "Authorization", "second", 2), "{}", goodbye.text);
    gateway.answer(&goodbye, "200 OK", "");
    stopping.join().unwrap();
}

#[test]
fn a_provider_that_refuses_the_password_is_seen_in_health_and_not_asked_again_at_once() {
    let gateway = Gateway::new();
    let line = with_account(&gateway);
    gateway.challenges(&gateway.request("REGISTER"), "401 Unauthorized", "first", "");
    let proven = gateway.request("REGISTER");
    gateway.challenges(&proven, "401 Unauthorized", "second", "");
    until("it is seen", || health(&line).problem.is_some());
    let seen = health(&line);
    assert_eq!((seen.ok, seen.registered), (false, Some(false)));
    assert_eq!(seen.problem.as_deref(), Some("it refuses user or password"));
    // The next attempt is half a minute away: what comes first is what we ring for.
    let call = minted(31);
    dial(&line, call, "+8613800000001".into(), RING_TIME);
    assert!(
        gateway.receive().text.starts_with("INVITE "),
        "tried although it does not know us: there is no other"
    );
}

#[test]
fn whoever_asks_in_another_name_is_told_nothing() {
    let gateway = Gateway::new();
    let line = with_account(&gateway);
    let asked = gateway.request("REGISTER");
    gateway.answer(&asked, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"thief\", nonce=\"n\"\r\n");
    until("it is seen", || health(&line).problem.is_some());
    dial(&line, minted(32), "+8613800000001".into(), RING_TIME);
    assert!(gateway.receive().text.starts_with("INVITE "), "no proof was sent");
}

#[test]
fn a_call_that_the_provider_wants_proven_is_proven_once_and_goes_on_as_one_call() {
    let gateway = Gateway::new();
    let line = with_account(&gateway);
    gateway.registers(&gateway.request("REGISTER"), 600);
    let (mut ear, call) = (Telephone::new(), minted(33));
    dial(&line, call, "+8613800000001".into(), RING_TIME);
    let bare = gateway.request("INVITE");
    assert!(value(&bare.text, "From").contains(&format!("sip:12349@{}", gateway.own())), "{}", bare.text);
    assert!(value(&bare.text, "Contact").contains("sip:line@"), "{}", bare.text);
    gateway.challenges(&bare, "407 Proxy Authentication Required", "first", "");
    gateway.request("ACK");
    let proven = gateway.request("INVITE");
    assert!(is_proven(&proven, "Proxy-Authorization", "first", 1), "{}", proven.text);
    assert_eq!(value(&proven.text, "Call-ID"), value(&bare.text, "Call-ID"));
    assert!(sequence(&proven.text) > sequence(&bare.text));
    gateway.picks_up(&proven, ear.port());
    picks_up(&line, call);
    line.play(call, 1, &["welcome"]);
    ear.hear();
    line.tell(PhoneEffect::Hangup { call });
    let bye = gateway.request("BYE");
    gateway.answer(&bye, "200 OK", "");

    let refused = minted(34);
    dial(&line, refused, "+8613800000001".into(), RING_TIME);
    gateway.challenges(&gateway.request("INVITE"), "407 Proxy Authentication Required", "second", "");
    let proven = gateway.request("INVITE");
    gateway.challenges(&proven, "407 Proxy Authentication Required", "third", "");
    let ended = std::iter::repeat_with(|| line.event())
        .find(|event| matches!(event, PhoneEvent::CallEnded { call, .. } if *call == refused));
    assert_eq!(ended, Some(PhoneEvent::CallEnded { call: refused, reason: EndReason::Declined }));
}

#[test]
fn a_provider_that_wants_a_proof_and_then_a_longer_interval_has_both() {
    let gateway = Gateway::new();
    let line = with_account(&gateway);
    gateway.registers(&gateway.request("REGISTER"), 60);
    let call = minted(9);
    dial(&line, call, "13800000001".into(), RING_TIME);
    let bare = gateway.request("INVITE");
    assert!(bare.text.contains(";refresher=uas"), "it would ask for a proof of each refresh: {}", bare.text);
    gateway.challenges(&bare, "407 Proxy Authentication Required", "first", "");
    let proven = gateway.request("INVITE");
    assert!(is_proven(&proven, "Proxy-Authorization", "first", 1));
    gateway.answer(&proven, "422 Session Interval Too Small", "Min-SE: 3600\r\n");
    let longer = gateway.request("INVITE");
    assert!(longer.text.contains("Session-Expires: 3600;refresher=uas"), "{}", longer.text);
    gateway.challenges(&longer, "407 Proxy Authentication Required", "second", "");
    let proven = gateway.request("INVITE");
    assert!(is_proven(&proven, "Proxy-Authorization", "second", 1));
    gateway.picks_up(&proven, Telephone::new().port());
    picks_up(&line, call);
}

#[test]
fn over_tcp_the_line_registers_is_rung_by_the_same_connection_and_rings_over_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let line = Line::with(|settings| {
        settings.trusted.clear();
        settings.tcp = Some("127.0.0.1:0".parse().unwrap());
        settings.trunks = vec![Trunk {
            keep_alive_s: 0,
            transport: PhoneTransport::Tcp,
            register: Some(account()),
            did: Some("12345678".into()),
            ..Trunk::at("telecom", address)
        }];
    });
    let gateway = Gateway::over(listener.accept().unwrap().0);
    let first = gateway.request("REGISTER");
    let contact = format!("<sip:line@{};transport=TCP>", line.phone.tcp_address().unwrap());
    assert!(value(&first.text, "Contact").eq_ignore_ascii_case(&contact), "{}", first.text);
    assert!(value(&first.text, "Via").starts_with("SIP/2.0/TCP "), "{}", first.text);
    gateway.challenges(&first, "401 Unauthorized", "first", "");
    let proven = gateway.request("REGISTER");
    assert!(is_proven(&proven, "Authorization", "first", 1), "{}", proven.text);
    gateway.registers(&proven, 600);
    until("it is seen that we are registered", || health(&line).ok);

    let via = format!("TCP {}", gateway.own());
    let rings = invite(&via, 4_000, &[("INVITE sip:12349@", "INVITE sip:line@")]);
    gateway.send(&rings, address);
    match line.event() {
        PhoneEvent::CallArrived { dialled, number, trust, .. } => {
            assert_eq!(dialled, "12345678", "our account is nobody's number");
            assert_eq!(number.unwrap().as_str(), "+8613800000001");
            assert_eq!(trust, yingda::domain::call::CallerTrust::Verified);
        }
        other => panic!("{other:?}"),
    }
    dial(&line, minted(35), "+8613800000002".into(), RING_TIME);
    assert!(gateway.request("INVITE").text.contains("+8613800000002"));
}

#[test]
fn a_trunk_that_was_away_is_registered_with_as_soon_as_it_is_back() {
    let gateway = Gateway::new();
    let line = Line::with(|settings| {
        settings.trunks =
            vec![Trunk { register: Some(account()), keep_alive_s: 1, ..gateway.trunk("telecom") }];
    });
    gateway.registers(&gateway.request("REGISTER"), 86_400);
    until("it is missed", || health(&line).answers == Some(false));
    until("it is there again", || {
        gateway.answers_what_waits("OPTIONS", "200 OK");
        health(&line).answers == Some(true)
    });
    let again = gateway.request("REGISTER");
    gateway.registers(&again, 86_400);
    until("all is well", || health(&line).ok);
}

#[test]
fn a_trunk_that_lets_nobody_in_any_more_is_registered_with_anew() {
    let gateway = Gateway::new();
    let line = with_account(&gateway);
    gateway.registers(&gateway.request("REGISTER"), 86_400);
    until("it is seen that we are registered", || health(&line).ok);
    let call = minted(36);
    dial(&line, call, "+8613800000001".into(), RING_TIME);
    gateway.answer(&gateway.request("INVITE"), "403 Forbidden", "");
    gateway.registers(&gateway.request("REGISTER"), 86_400);
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::Declined });
}

#[test]
fn a_provider_that_others_wrote_believes_our_proof_and_no_other() {
    for (password, problem) in [("open sesame", None), ("wrong", Some("it refuses user or password"))] {
        let port = free_port();
        let sipp = answering("registrar", port, 4_000);
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        let account = Account { password: Secret::new(password), ..account() };
        let line = Line::with(|settings| {
            let trunk = Trunk { keep_alive_s: 0, register: Some(account), ..Trunk::at("sipp", address) };
            settings.trunks = vec![trunk];
        });
        sipp.succeeds();
        until("it is seen", || health(&line).ok || health(&line).problem.is_some());
        assert_eq!((health(&line).ok, health(&line).problem.as_deref()), (problem.is_none(), problem));
    }
}
