//! What staff's work becomes when it is others', what is enough where two had to come, and the time that whoever is
//! asked reads.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::desk::rules::Rules;
use yingda::domain::actor::Role;
use yingda::domain::category::HandlerKind;
use yingda::domain::clocks::ClockKind;
use yingda::domain::offer::{Offer, OfferState};
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::urgency::Urgency;

use super::replanned::{CALLER, HELPER, at_home, clock, live, raised, recoded, says, visits};
use super::town::{Town, moment, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);

/// The town's rules in long waves, and as they are shipped.
fn both() -> [Rules; 2] {
    [rules(), Rules { policy: Policy::default(), ..rules() }]
}

fn open(town: &Town) -> Vec<Offer> {
    town.ledger.offers.values().filter(|offer| offer.state.is_open()).cloned().collect()
}

fn town_of(rules: Rules, count: i64) -> Town {
    Town::with(rules, (1..=count).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect())
}

#[test]
fn what_waits_for_staff_and_is_volunteers_now_is_offered_to_them() {
    for rules in both() {
        let mut town = town_of(rules, 5);
        town.opens("POV-01", CALLER, at_home).at("10:20:00");
        assert_eq!(town.ticket().state, TicketState::Dispatched, "{}", town.heard);
        let handle = clock(&town, ClockKind::Handle).started;
        recoded(&mut town, "ELD-07");
        assert_eq!(town.ticket().state, TicketState::Offering, "{}", town.heard);
        assert!(!open(&town).is_empty());
        let kinds: Vec<_> = live(&town).iter().map(|item| item.kind).collect();
        assert_eq!(kinds, [HandlerKind::Volunteer]);
        // Acceptance is owed anew, for they were never asked; what the resident waits for is not.
        assert_eq!(clock(&town, ClockKind::Accept).started, moment("10:20:00"));
        assert_eq!(clock(&town, ClockKind::Handle).started, handle);
        // The station's telephone takes nothing any more.
        let code = town.task_code("13900000002");
        town.texts("13900000002", &format!("{code} 1")).later(Duration::from_secs(5));
        assert_eq!(town.ticket().state, TicketState::Offering, "{}", town.heard);
        says(&mut town, HELPER, "1");
        assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    }
}

#[test]
fn with_nobody_to_ask_the_station_has_it_again() {
    let mut town = town_of(rules(), 0);
    town.opens("POV-01", CALLER, at_home).at("09:20:00");
    let heard = recoded(&mut town, "ELD-07");
    assert_eq!(town.ticket().state, TicketState::Dispatched, "{heard}");
    assert!(heard.contains("待签收"), "{heard}");
    assert_eq!(live(&town).len(), 1);
}

#[test]
fn what_staff_is_at_or_somebody_gave_to_staff_stays_theirs_whatever_it_is_called() {
    let mut town = town_of(rules(), 5);
    town.opens("POV-01", CALLER, at_home).at("09:20:00");
    town.does(901, Role::Handler, T::Accept);
    recoded(&mut town, "ELD-07");
    assert_eq!(town.ticket().state, TicketState::InProgress, "who took it keeps it");
    assert!(town.ledger.offers.is_empty());
    let mut town = town_of(rules(), 5);
    town.opens("ELD-07", CALLER, at_home).at("09:01:00");
    town.does(901, Role::Dispatcher, T::ToStaff { work_item: None, reason: "无人可去".into() });
    recoded(&mut town, "ELD-08");
    assert_eq!(
        town.ticket().state,
        TicketState::Dispatched,
        "volunteers were asked, and a person chose staff"
    );
    assert!(open(&town).is_empty());
}

/// Two have to come to ELD-08; the errand that it was is one person's.
fn by_two(rules: Rules) -> Town {
    let mut rules = rules;
    rules.catalogue.categories.get_mut(&Town::category("ELD-08")).expect("it is there").two_person = true;
    rules.catalogue.categories.get_mut(&Town::category("ELD-08")).expect("it is there").persons = 2;
    let mut town = town_of(rules, 9);
    town.opens("ELD-08", CALLER, |intake| {
        at_home(intake);
        intake.window = Some(Window { from: moment("10:30:00"), until: moment("12:30:00") });
    });
    town.later(MINUTE);
    assert!(town.ticket().two_person, "{}", town.heard);
    town
}

#[test]
fn where_one_is_enough_who_waited_for_a_second_goes_and_the_others_are_stood_down() {
    for rules in both() {
        let mut town = by_two(rules);
        let first = open(&town)[0].clone();
        let phone = first.phone.as_str().trim_start_matches("+86").to_owned();
        says(&mut town, &phone, "1");
        assert_eq!(town.ticket().state, TicketState::Offering);
        let asked = open(&town);
        assert!(!asked.is_empty(), "a second is looked for");
        let heard = recoded(&mut town, "ELD-07");
        assert!(!town.ticket().two_person);
        assert_eq!(town.ticket().state, TicketState::InProgress, "{heard}");
        assert!(heard.contains("探访码") && !heard.contains("已找到同伴"), "they have the address: {heard}");
        for offer in &asked {
            assert_eq!(town.ledger.offers[&offer.id].state, OfferState::Withdrawn);
        }
        assert_eq!(heard.matches("已由其他志愿者接单").count(), asked.len(), "{heard}");
        assert_eq!(live(&town).iter().map(|item| item.slots).collect::<Vec<_>>(), [1]);
        let heard = says(&mut town, &phone, "8");
        assert!(!heard.contains("的同伴"), "{heard}");
        says(&mut town, &phone, "9");
        assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    }
}

#[test]
fn who_waited_past_the_time_is_expected_from_when_they_may_go() {
    let mut town = by_two(rules());
    let first = open(&town)[0].clone();
    let phone = first.phone.as_str().trim_start_matches("+86").to_owned();
    says(&mut town, &phone, "1");
    town.at("10:50:00");
    assert_eq!(town.ticket().state, TicketState::Offering, "{}", town.heard);
    recoded(&mut town, "ELD-07");
    town.at("11:04:00");
    assert_eq!(visits(&town)[0].asked_at, None, "they were told at ten to eleven");
    town.at("11:06:00");
    assert_eq!(visits(&town)[0].asked_at, Some(moment("11:05:00")));
}

#[test]
fn two_who_said_yes_both_come_though_one_would_be_enough_now() {
    let mut town = by_two(rules());
    for _ in 0..2 {
        let next = open(&town)[0].phone.as_str().trim_start_matches("+86").to_owned();
        says(&mut town, &next, "1");
    }
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    let heard = recoded(&mut town, "ELD-07");
    assert!(!heard.contains("不用去了"), "{heard}");
    assert_eq!(visits(&town).iter().filter(|visit| visit.state.is_live()).count(), 2);
    // One of them drops out: nobody is asked in their place.
    let asked = town.ledger.offers.len();
    let phone = town.ledger.offers.values().find(|o| o.state == OfferState::Accepted).unwrap().phone.clone();
    let phone = phone.as_str().trim_start_matches("+86").to_owned();
    says(&mut town, &phone, "2");
    says(&mut town, &phone, "2");
    assert_eq!(town.ledger.offers.len(), asked);
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
}

/// Both have said yes, and one says it is done, before the ticket is one that one alone may do.
fn one_of_two_has_been_there(rules: Rules) -> (Town, [String; 2]) {
    let mut town = by_two(rules);
    let phones = [(); 2].map(|()| {
        let next = open(&town)[0].phone.as_str().trim_start_matches("+86").to_owned();
        says(&mut town, &next, "1");
        next
    });
    town.at("10:35:00");
    says(&mut town, &phones[0], "8");
    says(&mut town, &phones[0], "9");
    (town, phones)
}

#[test]
fn where_one_is_enough_now_and_has_been_there_the_other_may_give_up_and_it_is_done() {
    for rules in both() {
        let (mut town, [_, other]) = one_of_two_has_been_there(rules);
        recoded(&mut town, "ELD-07");
        says(&mut town, &other, "2");
        says(&mut town, &other, "2");
        assert!(open(&town).is_empty(), "{}", town.heard);
        assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    }
}

#[test]
fn where_a_second_is_looked_for_and_one_who_has_been_there_comes_to_be_enough_it_is_done() {
    for rules in both() {
        let (mut town, [_, other]) = one_of_two_has_been_there(rules);
        says(&mut town, &other, "2");
        says(&mut town, &other, "2");
        let asked = open(&town);
        assert!(!asked.is_empty() && town.ticket().state == TicketState::Offering, "{}", town.heard);
        let heard = recoded(&mut town, "ELD-07");
        assert_eq!(town.ticket().state, TicketState::Handled, "{heard}");
        assert_eq!(heard.matches("已由其他志愿者接单").count(), asked.len(), "{heard}");
    }
}

#[test]
fn the_duty_officers_are_not_rung_any_more_for_what_volunteers_are_asked_for_now() {
    let mut town = town_of(rules(), 3);
    town.opens("POV-01", CALLER, at_home);
    let mut waited = 0;
    while town.ticket().progress.alarm.is_none() {
        waited += 1;
        assert!(waited < 100, "nobody is rung: {}", town.heard);
        town.later(MINUTE * 5);
    }
    recoded(&mut town, "ELD-07");
    assert_eq!(town.ticket().progress.alarm, None);
    assert!(!open(&town).is_empty(), "{}", town.heard);
}

#[test]
fn while_nobody_has_said_yes_one_place_is_asked_for_where_one_is_enough() {
    let mut town = by_two(rules());
    recoded(&mut town, "ELD-07");
    assert_eq!(live(&town).iter().map(|item| item.slots).collect::<Vec<_>>(), [1]);
    let first = open(&town)[0].phone.as_str().trim_start_matches("+86").to_owned();
    says(&mut town, &first, "1");
    assert_eq!(town.ticket().state, TicketState::InProgress, "{}", town.heard);
    assert!(open(&town).is_empty());
}

#[test]
fn whoever_is_asked_reads_once_that_it_is_wanted_sooner() {
    for rules in both() {
        let wave = rules.policy.of(Urgency::P2).wave;
        let mut town = town_of(rules, 9);
        town.opens("ELD-07", CALLER, |intake| {
            at_home(intake);
            intake.window = Some(Window { from: moment("15:30:00"), until: moment("17:30:00") });
        });
        town.later(MINUTE);
        let asked = open(&town);
        let heard = raised(&mut town, Urgency::P2);
        let window = town.ticket().window.expect("it has one");
        assert!(window.until < moment("17:30:00"), "it is wanted sooner");
        for offer in &asked {
            let told = format!("邀单 {} 四方街道", offer.code);
            let last = &offer.phone.as_str()[offer.phone.as_str().len() - 4..];
            let theirs = |line: &&str| line.contains(&format!("text to …{last}")) && line.contains(&told);
            let theirs: Vec<_> = heard.lines().filter(theirs).collect();
            assert_eq!(theirs.len(), 1, "{heard}");
            assert!(theirs[0].contains("时间改为"), "{heard}");
            assert!(town.ledger.offers[&offer.id].expires_at <= town.now + wave, "as long as P2 leaves them");
        }
        assert!(!heard.contains("已撤回"), "{heard}");
        let first = asked[0].phone.as_str().trim_start_matches("+86").to_owned();
        says(&mut town, &first, "1");
        assert_eq!(visits(&town)[0].window, window, "{}", town.heard);
        assert_eq!(town.ticket().state, TicketState::InProgress);
    }
}
