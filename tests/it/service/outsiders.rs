//! Other people's telephones ring the whole house, key a wish and hear the number that stands in the store.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use yingda::domain::language::Language;
use yingda::phone::sounds::Sounds;
use yingda::prompts::sentence::{DIGIT_GAP, GROUP_GAP};
use yingda::rtp::g711::Law;
use yingda::service::house::House;

use super::house::{by, caller, ground, key_a_wish, open, person, plan, sounds, tickets};
use crate::peers::baresip;
use crate::peers::line::Sipp;
use crate::peers::telephone::Telephone;
use crate::waiting::until;

/// Octets of a packet of 20 ms.
const PACKET: usize = 160;

/// What resident `n` rings from.
fn telephone_of(n: usize) -> String {
    format!("139{:08}", 100 + n)
}

#[test]
fn fifty_residents_at_once_each_hear_the_number_that_stands_in_the_store_under_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let ground = ground(folder.path());
    let residents = (1..=50).map(|n| person(1_000 + n, "居民", &telephone_of(n as usize), Some("商城路2号")));
    ground.store.import_people(residents.collect(), by(ground.clock.now())).unwrap();
    let house = House::open(plan(folder.path()), ground, Box::new(|_, _| {})).unwrap();
    let caller = caller(sounds());
    let address = format!("sip:12349@{}", house.phone.udp_address());
    // A clip counts as heard when its packets came one after the other, byte for byte.
    let calls: Vec<_> = (1..=50)
        .map(|n| {
            let conversation = caller.dial(&address, &telephone_of(n)).unwrap();
            std::thread::spawn(move || {
                let heard = key_a_wish(&conversation);
                conversation.hang_up().unwrap();
                heard
            })
        })
        .collect();
    let heard: BTreeMap<String, String> = calls
        .into_iter()
        .enumerate()
        .map(|(at, call)| (format!("+86{}", telephone_of(at + 1)), call.join().unwrap()))
        .collect();
    let tickets = tickets(&house);
    let stored: BTreeMap<String, String> = tickets
        .iter()
        .map(|ticket| (ticket.caller.as_ref().unwrap().as_str().to_owned(), ticket.number.digits()))
        .collect();
    assert_eq!(tickets.len(), 50);
    assert_eq!(heard, stored);
    // 0001 to 0050: leading zeros, and digits that repeat.
    let mut sequences: Vec<u32> = heard.values().map(|number| number[9..].parse().unwrap()).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=50).collect::<Vec<_>>());
    caller.stop();
    house.close().unwrap();
}

/// What a clip sounds like on the wire: its last packet is filled with silence.
fn spoken(sounds: &Sounds, clip: &str) -> Vec<u8> {
    let mut sound = sounds.find(Language::Zh, clip).unwrap().bytes(Law::A).to_vec();
    sound.resize(sound.len().next_multiple_of(PACKET), Law::A.silence());
    sound
}

/// What a ticket number sounds like: digit by digit, with a breath between two and time to write between groups.
fn read_out(sounds: &Sounds, number: &str) -> Vec<u8> {
    let silence = |length: Duration| vec![Law::A.silence(); usize::try_from(length.as_millis()).unwrap() * 8];
    let mut said = Vec::new();
    for (at, digit) in number.chars().enumerate() {
        said.extend(match at {
            0 => vec![],
            3 | 6 | 9 => silence(GROUP_GAP),
            _ => silence(DIGIT_GAP),
        });
        said.extend(spoken(sounds, &format!("digits/{digit}")));
    }
    said
}

#[test]
fn a_softphone_keys_a_wish_and_hears_the_number_sample_for_sample() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path());
    let sounds = sounds();
    let softphone = tempfile::tempdir().unwrap();
    baresip::write_settings(softphone.path(), "13900000001");
    let address = format!("sip:12349@{}", house.phone.udp_address());
    let mut process = baresip::dials(softphone.path(), &address, 100);
    let decoded = |bytes: &[u8]| bytes.iter().map(|byte| Law::A.decode(*byte)).collect::<Vec<i16>>();
    let hears = |wanted: &[i16]| {
        until("the softphone has heard it", || {
            baresip::heard(softphone.path()).windows(wanted.len()).any(|heard| heard == wanted)
        });
    };
    for (question, key) in
        [("greeting", "1"), ("which-help", "4"), ("label-registered-home", "1"), ("may-we-ask", "1")]
    {
        hears(&decoded(&spoken(&sounds, question)[..4_000]));
        process.stdin.as_mut().unwrap().write_all(key.as_bytes()).unwrap();
    }
    hears(&decoded(&spoken(&sounds, "ticket-number-is")));
    let [ticket] = &tickets(&house)[..] else { panic!("one wish, one ticket") };
    hears(&decoded(&read_out(&sounds, &ticket.number.digits())));
    // `b` hangs up, `q` ends it.
    process.stdin.as_mut().unwrap().write_all(b"bq").unwrap();
    assert!(process.wait().unwrap().success());
    house.close().unwrap();
}

#[test]
fn a_caller_of_sipp_interrupts_each_question_and_hears_the_number_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path());
    let sounds = sounds();
    let mut telephone = Telephone::new();
    let target = house.phone.udp_address().to_string();
    let rings = ["-s", "12349", "-key", "number", "13900000001", &target];
    let sipp = Sipp::start("line_hangs_up", telephone.port(), &rings);
    for (question, key) in
        [("greeting", "1"), ("which-help", "4"), ("label-registered-home", "1"), ("may-we-ask", "1")]
    {
        // Half a second of it is enough for somebody who knows the menu.
        telephone.hear_all_of(&spoken(&sounds, question)[..4_000]);
        telephone.press(key);
    }
    telephone.hear_all_of(&spoken(&sounds, "ticket-number-is"));
    let [ticket] = &tickets(&house)[..] else { panic!("one wish, one ticket") };
    telephone.hear_all_of(&read_out(&sounds, &ticket.number.digits()));
    telephone.hear_all_of(&spoken(&sounds, "goodbye"));
    sipp.succeeds();
    house.close().unwrap();
}
