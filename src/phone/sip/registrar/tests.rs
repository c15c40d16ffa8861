use super::*;

const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn ext(digits: &str) -> Extension {
    Extension::parse(digits).unwrap()
}

fn registrar() -> Registrar {
    Registrar::new(RegistrarSettings { contacts: 3, ..RegistrarSettings::default() })
}

/// A registration of 201 from 192.0.2.1.
fn request(contact: &str, expires: Option<u32>, sequence: u32) -> Registration {
    Registration {
        extension: ext("201"),
        wish: Wish::read((!contact.is_empty()).then_some(contact)).unwrap(),
        expires,
        call_id: "1@desk".into(),
        sequence,
        source: "192.0.2.1:40000".parse().unwrap(),
        transport: PhoneTransport::Udp,
    }
}

fn home() -> IpAddr {
    request("", None, 1).source.ip()
}

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

#[test]
fn a_telephone_is_registered_for_as_long_as_it_wants_within_limits() {
    let mut registrar = registrar();
    for (contact, expires, lasts) in [
        ("<sip:201@10.0.0.9>", None, 300),
        ("<sip:201@10.0.0.9>", Some(120), 120),
        ("<sip:201@10.0.0.9>;expires=90", Some(120), 90),
        ("<sip:201@10.0.0.9>", Some(3_600), 300),
    ] {
        let sequence = lasts + expires.unwrap_or_default();
        let request = Registration { call_id: format!("{sequence}"), ..request(contact, expires, 1) };
        assert_eq!(registrar.register(&request, START), Ok(true));
        let listed = registrar.listed(&ext("201"), home(), START);
        assert_eq!(listed, [format!("<sip:201@10.0.0.9>;expires={lasts};q=1.000")]);
    }
}

#[test]
fn who_wants_too_little_is_told_what_is_enough_and_nothing_changes() {
    let mut registrar = registrar();
    registrar.register(&request("<sip:201@10.0.0.9>", None, 1), START).unwrap();
    let brief = request("<sip:201@10.0.0.10>, <sip:201@10.0.0.11>;expires=59", Some(60), 2);
    assert_eq!(registrar.register(&brief, START), Err(NotTaken::TooBrief { at_least: 60 }));
    assert_eq!(registrar.of(&ext("201")).len(), 1);
}

#[test]
fn several_telephones_are_listed_and_the_preferred_is_first_among_the_ways() {
    let mut registrar = registrar();
    registrar.register(&request("<sip:201@10.0.0.9>;q=0.2", None, 1), START).unwrap();
    let other = Registration { call_id: "2@desk".into(), ..request("<sip:201@10.0.0.10>", Some(60), 1) };
    registrar.register(&other, after(10)).unwrap();
    let listed = registrar.listed(&ext("201"), home(), after(20));
    assert_eq!(listed, ["<sip:201@10.0.0.9>;expires=280;q=0.200", "<sip:201@10.0.0.10>;expires=50;q=1.000"]);
    let ways = registrar.ways(&ext("201"), after(20));
    assert_eq!(
        ways.iter().map(|way| &way.contact[..]).collect::<Vec<_>>(),
        ["sip:201@10.0.0.10", "sip:201@10.0.0.9"]
    );
    assert_eq!(ways[0].through, ("192.0.2.1:40000".parse().unwrap(), PhoneTransport::Udp));
}

#[test]
fn beyond_the_limit_the_telephone_that_would_run_out_first_gives_way() {
    let mut registrar = registrar();
    for (host, lasts) in [(1, 200), (2, 100), (3, 300), (4, 300)] {
        let contact = format!("<sip:201@10.0.0.{host}>");
        let request = Registration { call_id: format!("{host}"), ..request(&contact, Some(lasts), 1) };
        registrar.register(&request, START).unwrap();
    }
    let left: Vec<_> = registrar.of(&ext("201")).iter().map(|binding| &binding.contact[..]).collect();
    assert_eq!(left, ["sip:201@10.0.0.1", "sip:201@10.0.0.3", "sip:201@10.0.0.4"]);
}

#[test]
fn an_older_request_that_comes_late_changes_nothing() {
    let mut registrar = registrar();
    registrar.register(&request("<sip:201@10.0.0.9>", None, 5), START).unwrap();
    for sequence in [4, 5] {
        let late = request("<sip:201@10.0.0.9>", Some(0), sequence);
        assert_eq!(registrar.register(&late, START), Err(NotTaken::OutOfOrder));
        let star = request("*", Some(0), sequence);
        assert_eq!(registrar.register(&star, START), Err(NotTaken::OutOfOrder));
    }
    // A telephone that was switched off and on counts from the beginning, under another Call-ID.
    let anew = Registration { call_id: "9@desk".into(), ..request("<sip:201@10.0.0.9>", Some(90), 1) };
    assert_eq!(registrar.register(&anew, START), Ok(true));
    assert_eq!(registrar.listed(&ext("201"), home(), START), ["<sip:201@10.0.0.9>;expires=90;q=1.000"]);
}

#[test]
fn a_star_takes_all_away_and_only_with_expires_0() {
    let mut registrar = registrar();
    registrar.register(&request("<sip:201@10.0.0.9>, <sip:201@10.0.0.10>", None, 1), START).unwrap();
    for expires in [None, Some(60)] {
        assert_eq!(registrar.register(&request("*", expires, 2), START), Err(NotTaken::StarMisused));
    }
    assert_eq!(registrar.register(&request("*", Some(0), 2), START), Ok(true));
    assert_eq!(registrar.reachable().count(), 0);
}

#[test]
fn who_only_asks_is_told_and_changes_nothing() {
    let mut registrar = registrar();
    registrar.register(&request("<sip:201@10.0.0.9>", None, 1), START).unwrap();
    assert_eq!(registrar.register(&request("", None, 2), START), Ok(false));
    assert_eq!(registrar.listed(&ext("201"), home(), START).len(), 1);
}

#[test]
fn a_telephone_that_does_not_renew_is_reached_no_more() {
    let mut registrar = registrar();
    registrar.register(&request("<sip:201@10.0.0.9>", Some(60), 1), START).unwrap();
    assert_eq!(registrar.next_deadline(), Some(after(60)));
    assert!(registrar.expire(after(59)).is_empty());
    assert_eq!(registrar.ways(&ext("201"), after(60)), []);
    assert_eq!(registrar.expire(after(60)), [ext("201")]);
    assert_eq!(registrar.next_deadline(), None);
}

#[test]
fn over_tcp_a_telephone_is_reached_by_its_connection_and_after_that_at_its_own_address() {
    let mut registrar = registrar();
    let request = Registration {
        transport: PhoneTransport::Tcp,
        ..request("<sip:201@192.0.2.1:5062;transport=tcp>", None, 1)
    };
    registrar.register(&request, START).unwrap();
    let through = |registrar: &Registrar| registrar.ways(&ext("201"), START)[0].through;
    let own = ("192.0.2.1:5062".parse().unwrap(), PhoneTransport::Tcp);
    assert_eq!(through(&registrar), (request.source, PhoneTransport::Tcp));
    let mut restarted = self::registrar();
    restarted.restore(registrar.of(&ext("201")).to_vec(), START);
    assert_eq!(through(&restarted), own, "no connection outlives the program");
    assert_eq!(registrar.closed((request.source, request.transport)), []);
    assert_eq!(through(&registrar), own);
}

#[test]
fn whose_connection_is_gone_has_no_calls_sent_to_anybody_else() {
    let mut registrar = registrar();
    for (number, contact) in [
        (1, "<sip:201@127.0.0.1:5060;transport=tcp>"),
        (2, "<sip:201@192.0.2.1;transport=tls>"),
        (3, "<sip:201@trunk>"),
    ] {
        let source = SocketAddr::new(home(), 40_000 + number);
        let request = Registration { source, transport: PhoneTransport::Tcp, ..request(contact, None, 1) };
        registrar.register(&request, START).unwrap();
        assert_eq!(registrar.ways(&ext("201"), START).len(), 1);
        registrar.closed((source, PhoneTransport::Tcp));
        assert_eq!(registrar.ways(&ext("201"), START), [], "{contact}");
    }
}

#[test]
fn over_tls_a_telephone_is_reached_by_its_connection_and_is_gone_with_it() {
    for transport in [PhoneTransport::Tls, PhoneTransport::Ws, PhoneTransport::Wss] {
        let mut registrar = registrar();
        let request = Registration { transport, ..request("<sip:201@x7.invalid;transport=ws>", None, 1) };
        registrar.register(&request, START).unwrap();
        assert_eq!(registrar.ways(&ext("201"), START)[0].through, (request.source, transport));
        let mut restarted = self::registrar();
        restarted.restore(registrar.of(&ext("201")).to_vec(), START);
        assert_eq!(restarted.of(&ext("201")), [], "no connection outlives the program");
        assert_eq!(registrar.closed((request.source, PhoneTransport::Tcp)), [], "another one");
        assert_eq!(registrar.ways(&ext("201"), START).len(), 1);
        assert_eq!(registrar.closed((request.source, transport)), [ext("201")]);
        assert_eq!(registrar.of(&ext("201")), []);
    }
}

#[test]
fn behind_two_routers_two_telephones_may_have_the_same_address() {
    let mut registrar = registrar();
    let one = request("<sip:201@192.168.1.20>", Some(300), 7);
    let other_home: SocketAddr = "198.51.100.7:5060".parse().unwrap();
    let other = Registration { source: other_home, ..request("<sip:201@192.168.1.20>", Some(60), 1) };
    registrar.register(&one, START).unwrap();
    assert_eq!(registrar.register(&other, START), Ok(true));
    let through: Vec<_> = registrar.ways(&ext("201"), START).iter().map(|way| way.through.0).collect();
    assert_eq!(through, [one.source, other_home]);
    for (source, lasts) in [(home(), 300), (other_home.ip(), 60)] {
        let listed = registrar.listed(&ext("201"), source, START);
        assert_eq!(
            listed,
            [format!("<sip:201@192.168.1.20>;expires={lasts};q=1.000")],
            "each has its own time"
        );
    }
    let mut restarted = self::registrar();
    restarted.restore(registrar.of(&ext("201")).to_vec(), START);
    assert_eq!(restarted.of(&ext("201")), registrar.of(&ext("201")));
    let goes = Registration { source: other_home, ..request("<sip:201@192.168.1.20>", Some(0), 2) };
    registrar.register(&goes, START).unwrap();
    assert_eq!(registrar.ways(&ext("201"), START)[0].through.0, one.source, "one goes, the other stays");
}

#[test]
fn where_messages_come_from_is_told_when_it_has_changed() {
    let mut registrar = registrar();
    let request = request("<sip:201@10.0.0.9>", None, 1);
    assert_eq!(registrar.new_sources(), None);
    registrar.register(&request, START).unwrap();
    assert_eq!(registrar.new_sources(), Some([(request.source, PhoneTransport::Udp)].into()));
    let renewed = Registration { sequence: 2, ..request.clone() };
    registrar.register(&renewed, after(30)).unwrap();
    assert_eq!(registrar.new_sources(), None, "it is where it was");
    let elsewhere = SocketAddr::new(home(), 41_000);
    let moved = Registration { sequence: 3, source: elsewhere, ..request };
    registrar.register(&moved, after(60)).unwrap();
    assert_eq!(registrar.new_sources(), Some([(elsewhere, PhoneTransport::Udp)].into()));
    registrar.expire(after(600));
    assert_eq!(registrar.new_sources(), Some(BTreeSet::new()));
    let mut restarted = self::registrar();
    let kept = PhoneBinding { expires_at: after(900), ..registrar_binding(&renewed) };
    restarted.restore(vec![kept], after(600));
    assert_eq!(restarted.new_sources(), Some([(renewed.source, PhoneTransport::Udp)].into()));
}

/// What a registration makes.
fn registrar_binding(request: &Registration) -> PhoneBinding {
    let mut registrar = registrar();
    registrar.register(request, START).unwrap();
    registrar.of(&request.extension)[0].clone()
}

#[test]
fn after_a_restart_telephones_are_where_they_were_unless_they_have_run_out() {
    let mut before = registrar();
    before.register(&request("<sip:201@10.0.0.9>", Some(60), 1), START).unwrap();
    let other = Registration { call_id: "2".into(), ..request("<sip:201@10.0.0.10>", None, 1) };
    before.register(&other, START).unwrap();
    let mut restarted = registrar();
    restarted.restore(before.of(&ext("201")).to_vec(), after(60));
    assert_eq!(restarted.listed(&ext("201"), home(), after(60)), ["<sip:201@10.0.0.10>;expires=240;q=1.000"]);
}

#[test]
fn whoever_has_no_account_any_more_is_reached_no_more() {
    let mut registrar = registrar();
    registrar.register(&request("<sip:201@10.0.0.9>", None, 1), START).unwrap();
    let other = Registration { extension: ext("202"), ..request("<sip:202@10.0.0.9>", None, 1) };
    registrar.register(&other, START).unwrap();
    assert_eq!(registrar.only(|extension| *extension != ext("201")), [ext("201")]);
    assert_eq!(registrar.reachable().collect::<Vec<_>>(), [&ext("202")]);
}
