use proptest::prelude::*;

use super::*;
use crate::rtp::packet::{PCMA, Packet};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// The master key and salt of RFC 3711 appendix B.3.
fn master() -> Master {
    let written = "E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6";
    Master(bytes(written).try_into().unwrap())
}

#[test]
fn keys_are_derived_as_in_appendix_b_3() {
    assert_eq!(derived::<16>(&master(), 0).to_vec(), bytes("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derived::<14>(&master(), 2).to_vec(), bytes("30CBBC08863D8C85D49DB34A9AE1"));
    let tags =
        "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098
        6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2";
    assert_eq!(derived::<94>(&master(), 1).to_vec(), bytes(tags));
}

#[test]
fn the_key_stream_is_that_of_appendix_b_2() {
    let mac = Hmac::new_from_slice(&[]).unwrap();
    let session = Session {
        cipher: bytes("2B7E151628AED2A6ABF7158809CF4F3C").try_into().unwrap(),
        salt: bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap(),
        mac,
    };
    let mut stream = vec![0; 0xff02 * 16];
    session.crypt(0, 0, &mut stream);
    for (block, written) in [
        (0, "E03EAD0935C95E80E166B16DD92B4EB4"),
        (1, "D23513162B02D0F72A43A2FE4A5F97AB"),
        (2, "41E95B3BB0A2E8DD477901E4FCA894C0"),
        (0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
        (0xff00, "362B7C3C6773516318A077D7FC5073AE"),
        (0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"),
    ] {
        assert_eq!(stream[block * 16..][..16].to_vec(), bytes(written), "block {block:x}");
    }
}

/// The packet that libsrtp and others test themselves by.
#[test]
fn a_packet_is_protected_as_others_protect_it() {
    let mut packet = bytes("800F1234DECAFBADCAFEBABE");
    packet.extend([0xab; 16]);
    let clear = packet.clone();
    let mut protector = Protector::new(Suite::Aes128Sha1Tag80, &master());
    protector.packet(&mut packet);
    let written = "800F1234DECAFBADCAFEBABE4E55DC4CE79978D88CA4D215949D2402B78D6ACC99EA179B8DBB";
    assert_eq!(packet, bytes(written));
    let length = Opener::new(Suite::Aes128Sha1Tag80, &master()).packet(&mut packet).unwrap();
    assert_eq!(packet[..length], clear);
}

/// The report that libsrtp and others test themselves by.
#[test]
fn a_report_is_protected_as_others_protect_it() {
    let mut report = bytes("81C8000BCAFEBABE");
    report.extend([0xab; 16]);
    let clear = report.clone();
    let mut protector = Protector::new(Suite::Aes128Sha1Tag80, &master());
    protector.next_report = 1;
    protector.report(&mut report);
    let written = "81C8000BCAFEBABE7128035BE487B9BDBEF89041F977A5A880000001993E08CD54D6C1230798";
    assert_eq!(report, bytes(written));
    let length = Opener::new(Suite::Aes128Sha1Tag80, &master()).report(&mut report).unwrap();
    assert_eq!(report[..length], clear);
}

fn packet(sequence: u16) -> Vec<u8> {
    let payload = [sequence as u8; 160];
    let packet =
        Packet { marker: false, payload_type: PCMA, sequence, timestamp: 0, ssrc: 7, payload: &payload };
    let mut bytes = Vec::new();
    packet.write(&mut bytes);
    bytes
}

fn pair(suite: Suite) -> (Protector, Opener) {
    (Protector::new(suite, &master()), Opener::new(suite, &master()))
}

#[test]
fn sequence_numbers_may_wrap_and_packets_come_out_of_order_around_it() {
    for suite in Suite::ALL {
        let (mut protector, mut opener) = pair(suite);
        let mut sent: Vec<_> =
            (65_530..65_536_u32).chain(0..6).map(|sequence| packet(sequence as u16)).collect();
        let clear = sent.clone();
        sent.iter_mut().for_each(|packet| protector.packet(packet));
        assert_eq!(protector.wraps, 1);
        for at in [0, 1, 2, 4, 7, 6, 5, 3, 8, 11, 10, 9] {
            let mut heard = sent[at].clone();
            let length = opener.packet(&mut heard).unwrap();
            assert_eq!(heard[..length], clear[at], "{at}");
            assert_eq!(opener.packet(&mut sent[at].clone()), Err(Rejected::Replayed), "{at}");
        }
    }
}

#[test]
fn what_no_tag_vouches_for_changes_nothing() {
    let (mut protector, mut opener) = pair(Suite::Aes128Sha1Tag32);
    let mut first = packet(100);
    protector.packet(&mut first);
    assert_eq!(opener.packet(&mut first.clone()), Ok(172));
    let before = opener.heard.clone();
    let mut forged = packet(20_000);
    Protector::new(Suite::Aes128Sha1Tag32, &Master([1; 30])).packet(&mut forged);
    let as_it_came = forged.clone();
    assert_eq!(opener.packet(&mut forged), Err(Rejected::Forged));
    assert_eq!(forged, as_it_came);
    assert_eq!(opener.packet(&mut packet(101)), Err(Rejected::Forged), "in the clear");
    assert_eq!(opener.packet(&mut first[..15]), Err(Rejected::TooShort));
    assert_eq!(opener.heard, before);
    let mut next = packet(101);
    protector.packet(&mut next);
    assert_eq!(opener.packet(&mut next), Ok(172));
}

#[test]
fn what_is_older_than_the_window_is_not_taken() {
    let (mut protector, mut opener) = pair(Suite::Aes128Sha1Tag80);
    let mut sent: Vec<_> = (1..=65).map(packet).collect();
    sent.iter_mut().for_each(|packet| protector.packet(packet));
    assert!(opener.packet(&mut sent[64].clone()).is_ok());
    assert_eq!(opener.packet(&mut sent[0].clone()), Err(Rejected::Replayed), "64 before the last");
    assert!(opener.packet(&mut sent[1].clone()).is_ok(), "63 before the last");
}

#[test]
fn another_key_neither_begins_to_count_anew_nor_forgets_what_was_heard() {
    let (mut protector, mut opener) = pair(Suite::Aes128Sha1Tag80);
    let mut sent: Vec<_> = [65_535, 0].map(packet).into();
    sent.iter_mut().for_each(|packet| protector.packet(packet));
    for packet in &sent {
        assert!(opener.packet(&mut packet.clone()).is_ok());
    }
    let other = Master([9; MASTER_BYTES]);
    protector.rekey(Suite::Aes128Sha1Tag32, &other);
    let mut next = packet(1);
    protector.packet(&mut next);
    assert_eq!(opener.packet(&mut next.clone()), Err(Rejected::Forged), "with the key of before");
    opener.rekey(Suite::Aes128Sha1Tag32, &other);
    assert_eq!(opener.packet(&mut next.clone()), Ok(172), "after the wrap");
    assert_eq!(opener.packet(&mut next), Err(Rejected::Replayed));
}

#[test]
fn a_source_that_comes_back_is_not_heard_twice() {
    let (mut protector, mut opener) = pair(Suite::Aes128Sha1Tag80);
    let of = |ssrc: u32| {
        let mut packet = packet(1);
        packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
        packet
    };
    let (mut one, mut other) = (of(1), of(2));
    protector.packet(&mut one);
    Protector::new(Suite::Aes128Sha1Tag80, &master()).packet(&mut other);
    assert!(opener.packet(&mut one.clone()).is_ok());
    assert!(opener.packet(&mut other.clone()).is_ok());
    assert_eq!(opener.packet(&mut one), Err(Rejected::Replayed));
    assert_eq!(opener.packet(&mut other), Err(Rejected::Replayed));
}

#[test]
fn reports_are_counted_and_taken_once_and_never_in_the_clear() {
    let (mut protector, mut opener) = pair(Suite::Aes128Sha1Tag32);
    let clear = bytes("81C9000100000007 0102030405060708");
    let reports: Vec<_> = (0..3)
        .map(|_| {
            let mut report = clear.clone();
            protector.report(&mut report);
            assert_eq!(report.len(), clear.len() + MAX_OVERHEAD_BYTES);
            report
        })
        .collect();
    for at in [0, 2, 1] {
        let mut report = reports[at].clone();
        let length = opener.report(&mut report).unwrap();
        assert_eq!(report[..length], clear);
        assert_eq!(opener.report(&mut reports[at].clone()), Err(Rejected::Replayed));
    }
    let mut in_the_clear = [clear.clone(), vec![0; 14]].concat();
    assert_eq!(opener.report(&mut in_the_clear), Err(Rejected::Clear));
    let mut changed = reports[2].clone();
    changed[20] ^= 1;
    let mut fresh = Opener::new(Suite::Aes128Sha1Tag32, &master());
    assert_eq!(fresh.report(&mut changed), Err(Rejected::Forged));
}

#[test]
fn keys_show_themselves_to_nobody() {
    let keys = Keys { suite: Suite::Aes128Sha1Tag80, ours: master(), theirs: master() };
    let shown = format!("{keys:?} {:?}", pair(keys.suite));
    assert!(!shown.contains("225") && !shown.to_lowercase().contains("e1"), "{shown}");
}

proptest! {
    #[test]
    fn no_datagram_panics_or_is_taken(mut datagram in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut opener = Opener::new(Suite::Aes128Sha1Tag80, &master());
        prop_assert!(opener.packet(&mut datagram.clone()).is_err());
        prop_assert!(opener.report(&mut datagram).is_err());
    }
}
