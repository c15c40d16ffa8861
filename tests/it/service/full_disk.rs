//! A full disk through the whole house, over real SIP: nobody hears a number that is not there (DESIGN §3).

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use yingda::clock;
use yingda::desk::effect::Clip;
use yingda::domain::language::Language;
use yingda::domain::urgency::Tier;
use yingda::phone::caller::{Conversation, Moment};
use yingda::service::house::{Ground, House};
use yingda::store::emergency::EmergencyLog;
use yingda::store::{Settings, Store};

use super::emergency::{MEBIBYTE, fill, is_back};
use super::house::{PATIENCE, by, caller, person, plan, settle, sounds, tickets, wait_for};
use crate::scenarios::town::{self, number, station};

const WANG: &str = "13900000001";
const LI: &str = "13900000002";
const OTHERS: [&str; 3] = ["13900000011", "13900000012", "13900000013"];

/// How long what was said may take to be heard before it is said again.
const SAYS_AGAIN: Duration = Duration::from_secs(3);
/// Digits of a ticket number.
const DIGITS: usize = 13;

/// A house whose store may grow no further than this; `ana` is whom the district rings.
fn small_house(directory: &Path, largest_bytes: u64, ana: &str) -> House {
    let ground = Ground::open(directory).unwrap();
    let now = ground.clock.now();
    settle(&ground.store, now);
    ground.store.import_people(vec![person(2, "李爷爷", LI, Some("商城路2号"))], by(now)).unwrap();
    let mut district = station(1, Tier::District, town::DISTRICT, None);
    district.ring = vec![ana.to_owned()];
    district.duty.clear();
    ground.store.import_stations(vec![district], by(now)).unwrap();
    let Ground { store, keys, clock } = ground;
    drop(store);
    let settings = Settings { largest_bytes: Some(largest_bytes), ..Settings::in_directory(directory) };
    let store = Store::open(&settings, &keys, clock.now()).unwrap();
    House::open(plan(directory), Ground { store, keys, clock }, Box::new(|_, _| {})).unwrap()
}

/// Keys a wish up to the last question, whose answer opens the ticket.
fn keys_almost_a_wish(conversation: &Conversation) {
    for (clip, key) in [("greeting", "1"), ("which-help", "4"), ("label-registered-home", "1")] {
        wait_for(conversation.moments(), clip);
        conversation.press(key).unwrap();
    }
    wait_for(conversation.moments(), "may-we-ask");
}

/// The clips heard up to the end of the call.
pub fn hears_to_the_end(conversation: &Conversation) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        match conversation.moments().recv_timeout(PATIENCE).expect("the call goes on or ends") {
            Moment::Said(said) => heard.push(said.id),
            Moment::Ended(_) => return heard,
            Moment::Ringing | Moment::Answered | Moment::Quiet | Moment::Pressed(_) => {}
        }
    }
}

/// The number that is read: once is enough.
fn hears_a_number(conversation: &Conversation) -> String {
    let mut digits = String::new();
    while digits.len() < DIGITS {
        match conversation.moments().recv_timeout(PATIENCE).expect("a number is read") {
            Moment::Said(said) => digits.extend(said.id.strip_prefix("digits/")),
            other @ Moment::Ended(_) => panic!("{other:?} after {digits}"),
            Moment::Ringing | Moment::Answered | Moment::Quiet | Moment::Pressed(_) => {}
        }
    }
    digits
}

/// Somebody says the same until the other hears it.
pub fn is_heard(one: &Conversation, other: &Conversation) {
    let deadline = clock::monotonic() + PATIENCE;
    let hears = || {
        one.say(vec![Clip::Sound { language: Language::Zh, id: "press-1".into() }]).unwrap();
        let moments = std::iter::from_fn(|| other.moments().recv_timeout(SAYS_AGAIN).ok());
        moments.into_iter().any(|moment| matches!(moment, Moment::Said(said) if said.id == "press-1"))
    };
    while !hears() {
        assert!(clock::monotonic() < deadline, "they are not joined");
    }
}

#[test]
fn while_the_disk_is_full_nobody_who_rings_hears_a_number_and_everybody_is_rung_back() {
    let folder = tempfile::tempdir().unwrap();
    let [caller, ana] = [caller(sounds()), caller(sounds())];
    let house = small_house(folder.path(), 6 * MEBIBYTE, &format!("sip:ana@{}", ana.address()));
    let address = format!("sip:12349@{}", house.phone.udp_address());
    let wang = caller.dial(&address, WANG).unwrap();
    keys_almost_a_wish(&wang);
    wang.press("1").unwrap();
    let li = caller.dial(&address, LI).unwrap();
    let number_heard = std::thread::scope(|both| {
        both.spawn(|| keys_almost_a_wish(&li));
        hears_a_number(&wang)
    });
    wang.hang_up().unwrap();
    hears_to_the_end(&wang);
    // All is well up to here. The next ticket finds the disk full, and so do those who come.
    fill(&house.store, house.clock.now());
    li.press("1").unwrap();
    let rung = ana.rung().recv_timeout(PATIENCE).expect("somebody is rung for who is on the line");
    let others = OTHERS.map(|from| caller.dial(&address, from).unwrap());
    rung.conversation.answer().unwrap();
    is_heard(&li, &rung.conversation);
    for conversation in &others {
        let heard = hears_to_the_end(conversation);
        assert!(heard.iter().any(|clip| clip == "cannot-register"), "{heard:?}");
        assert!(heard.iter().all(|clip| !clip.starts_with("digits/")), "{heard:?}");
    }
    rung.conversation.hang_up().unwrap();
    let heard = hears_to_the_end(&li);
    assert!(heard.iter().all(|clip| !clip.starts_with("digits/")), "{heard:?}");
    house.store.prune(house.clock.now()).unwrap();
    is_back(|| house.vitals.emergency.load(Ordering::Relaxed));
    let numbers: Vec<String> = tickets(&house).iter().map(|ticket| ticket.number.digits()).collect();
    assert_eq!(numbers, [number_heard], "what was heard is in the store, and nothing else");
    caller.stop();
    ana.stop();
    let (store, clock) = (house.store.clone(), house.clock.clone());
    house.close().unwrap();
    let owed = store.living(clock.now()).unwrap().callbacks;
    for from in [LI].iter().chain(&OTHERS) {
        assert_eq!(owed.iter().filter(|request| request.number == number(from)).count(), 1, "{from}");
    }
    assert_eq!(owed.len(), 1 + OTHERS.len(), "and nobody else is");
    assert_eq!(EmergencyLog::open(folder.path()).unwrap().waiting(), []);
    store.verify().unwrap();
}
