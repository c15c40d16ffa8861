//! People at the other end of real SIP: whom a station rings first, who hears that somebody comes, whom a helper reaches.

use std::path::Path;

use yingda::clock;
use yingda::demo::pace;
use yingda::domain::calendar;
use yingda::domain::message::InboundText;
use yingda::domain::offer::Offer;
use yingda::domain::settings::SettingsKind;
use yingda::domain::station::{Front, Station};
use yingda::domain::urgency::Tier;
use yingda::phone::caller::Caller;
use yingda::phone::settings::{NumberStyle, Trunk};
use yingda::service::house::{House, Plan};
use yingda::service::inbox::Post;

use super::full_disk::{hears_to_the_end, is_heard};
use super::house::{PATIENCE, by, caller, ground, person, plan, sounds, wait_for};
use crate::scenarios::town::{self, number, station};
use crate::waiting::until;

const WANG: &str = "13900000001";
/// A resident with a landline.
const SUN: &str = "053283720099";
/// What the line shows when it rings somebody.
const OWN: &str = "053283720000";

/// A house whose district has people first, and they are `ana`.
fn people_first(directory: &Path, ana: &Caller) -> House {
    let ground = ground(directory);
    let district = Station {
        front: Front::Person,
        ring: vec![format!("sip:ana@{}", ana.address())],
        duty: vec![],
        ..station(1, Tier::District, town::DISTRICT, None)
    };
    ground.store.import_stations(vec![district], by(ground.clock.now())).unwrap();
    House::open(plan(directory), ground, Box::new(|_, _| {})).unwrap()
}

#[test]
fn where_people_come_first_they_are_rung_and_the_two_hear_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let [caller, ana] = [caller(sounds()), caller(sounds())];
    let house = people_first(folder.path(), &ana);
    let wang = caller.dial(&format!("sip:12349@{}", house.phone.udp_address()), WANG).unwrap();
    let rung = ana.rung().recv_timeout(PATIENCE).expect("whoever the station rings is rung");
    assert_eq!(rung.wanted, "ana");
    rung.conversation.answer().unwrap();
    is_heard(&wang, &rung.conversation);
    is_heard(&rung.conversation, &wang);
    rung.conversation.hang_up().unwrap();
    let heard = hears_to_the_end(&wang);
    assert!(heard.iter().all(|clip| !clip.starts_with("label-")), "who talked needs no menu: {heard:?}");
    caller.stop();
    ana.stop();
    house.close().unwrap();
}

#[test]
fn where_people_come_first_and_nobody_answers_in_time_the_menu_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let [caller, ana] = [caller(sounds()), caller(sounds())];
    let house = people_first(folder.path(), &ana);
    let wang = caller.dial(&format!("sip:12349@{}", house.phone.udp_address()), WANG).unwrap();
    let rung = ana.rung().recv_timeout(PATIENCE).expect("whoever the station rings is rung");
    let before = clock::monotonic();
    let heard = wait_for(wang.moments(), "label-elderly");
    assert!(heard.iter().any(|clip| clip == "connecting"), "{heard:?}");
    let budget = yingda::domain::policy::Policy::default().calls.ring_budget;
    // The telephone rang a moment before this test noticed.
    assert!(before.elapsed() + std::time::Duration::from_secs(2) > budget, "{:?}", before.elapsed());
    // Nobody is rung any more.
    hears_to_the_end(&rung.conversation);
    wang.hang_up().unwrap();
    caller.stop();
    ana.stop();
    house.close().unwrap();
}

/// A house without nights, whose numbers are rung at `telephones` and see the line's own.
fn house_of_numbers(directory: &Path, telephones: &Caller) -> House {
    let ground = ground(directory);
    let now = ground.clock.now();
    ground.store.import_people(vec![person(3, "孙爷爷", SUN, Some("商城路3号"))], by(now)).unwrap();
    ground.store.add_settings(SettingsKind::Policy, pace::policy(), by(now)).unwrap();
    let here = jiff::Timestamp::from(clock::wall()).in_tz("Asia/Shanghai").unwrap();
    let away = (here.hour() + 12) % 24;
    let open = pace::calendar().replace("04:00-04:01", &format!("{away:02}:00-{away:02}:01"));
    calendar::Calendar::parse(&open).unwrap();
    ground.store.add_settings(SettingsKind::Calendars, open, by(now)).unwrap();
    let plan = plan(directory);
    let trunk = Trunk { dials: NumberStyle::National, ..Trunk::at("town", telephones.address()) };
    let phone = yingda::phone::settings::Settings { number: OWN.into(), trunks: vec![trunk], ..plan.phone };
    House::open(Plan { phone, ..plan }, ground, Box::new(|_, _| {})).unwrap()
}

/// The first offer that was made.
fn offer(house: &House) -> Offer {
    let mut offers = Vec::new();
    until("somebody is asked", || {
        offers = house.store.living(house.clock.now()).unwrap().offers;
        !offers.is_empty()
    });
    offers.remove(0)
}

#[test]
fn a_landline_hears_who_comes_and_talks_with_the_helper_and_neither_is_shown_the_others_number() {
    let folder = tempfile::tempdir().unwrap();
    let telephones = caller(sounds());
    let house = house_of_numbers(folder.path(), &telephones);
    let line = format!("sip:12349@{}", house.phone.udp_address());
    let sun = telephones.dial(&line, SUN).unwrap();
    for (clip, key) in
        [("greeting", "1"), ("which-help", "4"), ("label-registered-home", "1"), ("may-we-ask", "1")]
    {
        wait_for(sun.moments(), clip);
        sun.press(key).unwrap();
    }
    wait_for(sun.moments(), "ticket-number-is");
    sun.hang_up().unwrap();
    // A volunteer says yes.
    let offer = offer(&house);
    let now = house.clock.now();
    let text = InboundText {
        id: clock::os_chance().mint(now),
        from: offer.phone.clone(),
        to: "106900".into(),
        body: format!("{} 1", offer.code),
        received_at: now,
    };
    house.inbox.put(Post::Text(text)).unwrap();
    // The landline is rung and told, in digits and words and no name.
    let told = telephones.rung().recv_timeout(PATIENCE).expect("the landline is rung");
    assert_eq!(told.wanted, SUN);
    assert_eq!(told.number, Some(number(OWN)));
    told.conversation.answer().unwrap();
    let heard = wait_for(told.conversation.moments(), "who-comes-care").join(" ").replace("digits/", "");
    let visits = house.store.living(house.clock.now()).unwrap().assignments;
    let [visit] = &visits[..] else { panic!("one yes, one visit: {visits:?}") };
    let spaced = |text: String| text.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let badge = spaced(format!("{:05}", offer.volunteer.0));
    let code = spaced(visit.visit_code.to_string());
    let words = format!("who-comes-intro badge-is {badge} visit-code-is {code} window-is ");
    assert!(heard.contains(&words), "{words} is not in {heard}");
    told.conversation.hang_up().unwrap();
    // The helper rings the line about the task, 1, to reach the resident, 3.
    let helper = offer.phone.national(&yingda::domain::phone_number::NumberingPlan::default());
    let helper = telephones.dial(&line, &helper).unwrap();
    for (clip, key) in [("label-task", "1"), ("label-connect", "3")] {
        wait_for(helper.moments(), clip);
        helper.press(key).unwrap();
    }
    let reached = telephones.rung().recv_timeout(PATIENCE).expect("the resident is rung");
    assert_eq!(reached.wanted, SUN);
    // An asserted number would be believed before the one in From: there is none but the line's.
    assert_eq!(reached.number, Some(number(OWN)));
    reached.conversation.answer().unwrap();
    is_heard(&helper, &reached.conversation);
    is_heard(&reached.conversation, &helper);
    helper.hang_up().unwrap();
    telephones.stop();
    house.close().unwrap();
}
