//! Telephones of the line's own people say where they are.

use std::time::Duration;

use yingda::desk::event::PhoneEvent;

use super::handset::{Handset, account, ext, nonce_in, open, value};
use super::line::{Line, PATIENCE};

fn with_registrar() -> (Line, crossbeam_channel::Receiver<yingda::phone::Moved>) {
    let line = Line::with(|settings| settings.trusted = vec![]);
    let kept = open(&line, vec![]);
    (line, kept)
}

/// Whether the desk is told that an extension can be rung.
fn reachable(line: &Line, digits: &str) -> bool {
    match line.event() {
        PhoneEvent::PhoneReachable { extension, reachable } if extension == ext(digits) => reachable,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_telephone_with_the_right_password_is_registered_and_the_desk_and_the_keeper_are_told() {
    let (line, kept) = with_registrar();
    let handset = Handset::new(line.phone.udp_address(), "201");
    let asked = handset.register_with(&handset.contact_line());
    let offered: Vec<_> = asked.lines().filter(|line| line.starts_with("WWW-Authenticate")).collect();
    let [first, second] = offered[..] else { panic!("{asked}") };
    assert!(first.contains("algorithm=SHA-256") && second.contains("algorithm=MD5"), "{asked}");
    let nonce = nonce_in(&asked);
    let more = format!(
        "{}{}Expires: 120\r\nSupported: path, outbound, gruu\r\n",
        handset.authorization(&nonce, 1),
        handset.contact_line()
    );
    let answer = handset.register_with(&more);
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    assert_eq!(value(&answer, "Contact"), format!("<{}>;expires=120;q=1.000", handset.contact));
    assert!(reachable(&line, "201"));
    let moved = kept.recv_timeout(PATIENCE).unwrap();
    assert_eq!(moved.extension, ext("201"));
    let [binding] = &moved.bindings[..] else { panic!("{moved:?}") };
    assert_eq!((&binding.contact, binding.source), (&handset.contact, handset.own()));

    let old = handset
        .register_with(&format!("{}Contact: *\r\nExpires: 0\r\n", handset.old_authorization(&nonce, 2)));
    assert!(old.starts_with("SIP/2.0 200"), "{old}");
    assert!(!old.contains("Contact:"), "{old}");
    assert!(!reachable(&line, "201"));
    assert!(kept.recv_timeout(PATIENCE).unwrap().bindings.is_empty());
}

#[test]
fn a_wrong_password_is_refused_then_held_back_and_nobody_learns_which_extensions_there_are() {
    let (line, _kept) = with_registrar();
    let tries = |extension: &str| {
        let mut handset = Handset::new(line.phone.udp_address(), extension);
        handset.password = "wrong".into();
        let statuses: Vec<String> = (0..12)
            .map(|_| {
                let asked = handset.register_with("");
                if !asked.starts_with("SIP/2.0 401") {
                    return asked.lines().next().unwrap().to_owned();
                }
                let answer = handset.register_with(&handset.authorization(&nonce_in(&asked), 1));
                if answer.starts_with("SIP/2.0 503") {
                    assert!(
                        (1..=30).contains(&value(&answer, "Retry-After").parse::<u32>().unwrap()),
                        "{answer}"
                    );
                }
                assert!(!answer.contains("stale"), "{answer}");
                answer.lines().next().unwrap().to_owned()
            })
            .collect();
        statuses
    };
    // Of the one source 20 wrong passwords are looked at, ten of each extension.
    let (there, nobody) = (tries("201"), tries("999"));
    assert_eq!(there[..10], vec!["SIP/2.0 401 Unauthorized".to_owned(); 10]);
    assert_eq!(there[10..], vec!["SIP/2.0 503 Service Unavailable".to_owned(); 2]);
    assert_eq!(there, nobody);
    let health = line.phone.health();
    assert_eq!((health.phone_passwords_refused, health.phone_passwords_held_back), (20, 4));
}

#[test]
fn a_repeated_request_is_stale_and_so_is_a_nonce_that_is_not_the_lines() {
    let (line, _kept) = with_registrar();
    let handset = Handset::new(line.phone.udp_address(), "201");
    let nonce = handset.nonce();
    let more = format!("{}{}", handset.authorization(&nonce, 1), handset.contact_line());
    assert!(handset.register_with(&more).starts_with("SIP/2.0 200"));
    for (nonce, count) in [(nonce.as_str(), 1), ("0123456789abcdef", 1)] {
        let answer = handset.register_with(&handset.authorization(nonce, count));
        assert!(answer.starts_with("SIP/2.0 401") && answer.contains("stale=true"), "{answer}");
        let again = handset.register_with(&handset.authorization(&nonce_in(&answer), 1));
        assert!(again.starts_with("SIP/2.0 200"), "{again}");
    }
    let next = handset.register_with(&handset.authorization(&nonce, 2));
    assert!(next.starts_with("SIP/2.0 200"), "the old one counts on: {next}");
}

#[test]
fn too_brief_out_of_order_or_unreadable_is_answered_as_the_rfc_has_it() {
    let (line, _kept) = with_registrar();
    let handset = Handset::new(line.phone.udp_address(), "201");
    let nonce = handset.nonce();
    let contact = handset.contact_line();
    let count = std::cell::Cell::new(0);
    let ask = |more: &str| {
        count.set(count.get() + 1);
        format!("{}{more}", handset.authorization(&nonce, count.get()))
    };
    let brief = handset.register_with(&ask(&format!("{contact}Expires: 30\r\n")));
    assert!(brief.starts_with("SIP/2.0 423"), "{brief}");
    assert_eq!(value(&brief, "Min-Expires"), "60");
    for (more, status) in [
        ("Contact: *\r\nExpires: 60\r\n", "400"),
        ("Contact: <sips:201@127.0.0.1>\r\n", "400"),
        (&contact, "200"),
    ] {
        let answer = handset.register_with(&ask(more));
        assert!(answer.starts_with(&format!("SIP/2.0 {status}")), "{more}: {answer}");
    }
    let late = handset.send_register(&ask(&format!("{contact}Expires: 0\r\n")), 1);
    assert!(late.starts_with("SIP/2.0 400"), "{late}");
    let others = Handset::new(line.phone.udp_address(), "202");
    let mut thief = Handset::new(line.phone.udp_address(), "201");
    let nonce = others.nonce();
    // The right password of 202, to register as 201.
    let authorization = others.authorization(&nonce, 1);
    thief.password = "unknown".into();
    let answer = thief.register_with(&format!("{authorization}{}", thief.contact_line()));
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
}

#[test]
fn who_has_another_password_must_come_with_that_and_is_not_rung_before() {
    let (line, kept) = with_registrar();
    let mut handset = Handset::new(line.phone.udp_address(), "201");
    handset.is_registered();
    assert!(reachable(&line, "201"));
    line.phone.line().put_accounts(vec![account("201", "another")]).unwrap();
    assert!(!reachable(&line, "201"));
    assert!(handset.registers(&handset.contact_line()).starts_with("SIP/2.0 401"));
    handset.password = "another".into();
    handset.is_registered();
    assert!(reachable(&line, "201"));
    assert_eq!(kept.iter().take(3).map(|moved| moved.bindings.len()).collect::<Vec<_>>(), [1, 0, 1]);
}

#[test]
fn before_the_accounts_are_known_nobody_hears_that_their_password_is_wrong() {
    let line = Line::start();
    let handset = Handset::new(line.phone.udp_address(), "201");
    let answer = handset.register_with(&handset.contact_line());
    assert!(answer.starts_with("SIP/2.0 503"), "{answer}");
    assert!(Duration::from_secs(value(&answer, "Retry-After").parse().unwrap()) > Duration::ZERO);
    open(&line, vec![]);
    handset.is_registered();
}
