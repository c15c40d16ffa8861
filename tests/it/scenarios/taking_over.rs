//! Who takes over a visit after its time began: asked whether they come when they can be on their way, and not before.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::desk::rules::Rules;
use yingda::domain::actor::Role;
use yingda::domain::assignment::{Assignment, AssignmentState};
use yingda::domain::ids::{StationId, VolunteerId};
use yingda::domain::offer::Offer;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::urgency::Urgency;

use super::town::{Town, moment, number, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// As it is shipped: waves of 90 seconds.
fn shipped() -> Rules {
    Rules { policy: Policy::default(), ..rules() }
}

fn people(count: i64) -> Vec<yingda::domain::volunteer::Volunteer> {
    (1..=count).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect()
}

fn visit_of(town: &Town, badge: i64) -> Assignment {
    let mut theirs = town.ledger.assignments.values().filter(|a| a.volunteer == Some(VolunteerId(badge)));
    theirs.next_back().expect("they said yes").clone()
}

/// An offer that waits for its answer.
fn somebody_asked(town: &Town) -> Offer {
    town.ledger.offers.values().find(|offer| offer.state.is_open()).expect("somebody is asked").clone()
}

/// Who said yes first did not come; who is asked next says yes at `yes`.
fn taken_over(rules: Rules, yes: &str) -> (Town, i64) {
    let mut town = Town::with(rules, people(30));
    town.wishes_for_shopping().later(MINUTE);
    let first = somebody_asked(&town);
    town.texts(first.phone.as_str(), "1").at("09:28:00");
    assert_eq!(visit_of(&town, first.volunteer.0).state, AssignmentState::NoShow);
    town.at(yes);
    let next = somebody_asked(&town);
    town.texts(next.phone.as_str(), "1").heard();
    (town, next.volunteer.0)
}

#[test]
fn who_takes_over_after_a_no_show_is_asked_a_quarter_of_an_hour_after_their_own_yes() {
    let (mut town, badge) = taken_over(rules(), "09:40:00");
    town.at("09:54:59");
    assert_eq!(visit_of(&town, badge).asked_at, None, "their time has just begun");
    town.at("09:56:00");
    assert_eq!(visit_of(&town, badge).asked_at, Some(moment("09:55:00")));
    town.at("10:04:59");
    assert_eq!(visit_of(&town, badge).state, AssignmentState::Accepted);
    town.at("10:06:00");
    assert_eq!(visit_of(&town, badge).state, AssignmentState::NoShow, "silence is one all the same");
}

#[test]
fn in_the_waves_of_the_shipped_policy_a_late_yes_has_its_time_too() {
    let (mut town, badge) = taken_over(shipped(), "09:29:00");
    town.at("09:43:59");
    assert_eq!(visit_of(&town, badge).asked_at, None);
    town.at("09:45:00");
    assert_eq!(visit_of(&town, badge).asked_at, Some(moment("09:44:00")));
    assert_eq!(town.ticket().state, TicketState::InProgress);
}

#[test]
fn of_two_the_first_yes_is_asked_when_the_second_has_come_and_both_have_the_address() {
    let mut town = Town::with(rules(), people(2));
    town.opens_by_hand("ELD-07").at("09:01:00").texts("13800000001", "1").at("09:25:00");
    assert_eq!(visit_of(&town, 10_001).state, AssignmentState::Accepted, "nobody expects them yet");
    town.texts("13800000002", "1").restarts(MINUTE).at("09:39:00");
    assert_eq!([10_001, 10_002].map(|badge| visit_of(&town, badge).asked_at), [None, None]);
    town.at("09:41:00");
    let asked = Some(moment("09:40:00"));
    assert_eq!([10_001, 10_002].map(|badge| visit_of(&town, badge).asked_at), [asked, asked]);
}

#[test]
fn who_waits_for_a_second_is_reminded_of_nothing_until_both_have_the_address() {
    let mut town = Town::with(rules(), people(30));
    let from = town.now + HOUR * 26;
    town.opens("ELD-07", "13900000001", |intake| {
        intake.window = Some(Window { from, until: from + HOUR });
    });
    town.at("09:01:00");
    let first = somebody_asked(&town);
    town.texts(first.phone.as_str(), "1").at("11:01:00");
    assert_eq!(visit_of(&town, first.volunteer.0).state, AssignmentState::Booked);
    assert!(!town.heard().contains("提醒"), "they have no address yet");
    town.texts(somebody_asked(&town).phone.as_str(), "1").later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("探访码") && !heard.contains("提醒"), "it was said this minute: {heard}");
    town.until(from - HOUR * 2 + MINUTE);
    assert_eq!(town.heard().matches("提醒").count(), 2);
}

/// One of two has said yes, and nobody else is left to ask.
fn alone_until_staff_has_it(rules: Rules, until: &str) -> Town {
    let mut town = Town::with(rules, people(2));
    town.opens_by_hand("ELD-05").later(MINUTE).texts("13800000001", "1").at(until);
    town
}

#[test]
fn who_waits_for_a_second_is_told_that_staff_has_it_and_takes_nothing_from_them() {
    for rules in [rules(), shipped()] {
        let mut town = alone_until_staff_has_it(rules, "11:30:00");
        assert_eq!(town.ticket().state, TicketState::Dispatched);
        assert_eq!(visit_of(&town, 10_001).state, AssignmentState::Cancelled);
        let code = town.code_of("13800000001");
        let heard = town.heard();
        assert!(heard.contains(&format!("text to …0001: 【社区服务】邀单 {code} 已撤回")), "{heard}");
        assert!(!heard.contains("您到了吗"), "{heard}");
        town.takes("13900000003").later(MINUTE).heard();
        town.texts("13800000001", &format!("{code} 2"))
            .texts("13800000001", &format!("{code} 2"))
            .later(HOUR);
        assert_eq!(town.ticket().state, TicketState::InProgress, "the station is at it");
    }
}

#[test]
fn who_waits_for_a_second_is_told_when_a_dispatcher_takes_the_offers_back_or_gives_it_to_staff() {
    let commands = [
        T::RecallOffers { reason: "已另行安排".into() },
        T::ToStaff { work_item: None, reason: "无人可去".into() },
        T::AssignStation { station: StationId(3), reason: "就近".into() },
    ];
    for command in commands {
        let mut town = Town::with(rules(), people(3));
        town.opens_by_hand("ELD-05").later(MINUTE).texts("13800000001", "1").later(MINUTE).heard();
        town.does(901, Role::Dispatcher, command.clone()).later(MINUTE);
        let heard = town.heard();
        assert_eq!(visit_of(&town, 10_001).state, AssignmentState::Cancelled, "{command:?}: {heard}");
        assert_eq!(heard.matches("已撤回,您不用去了").count(), 1, "{command:?}: {heard}");
    }
}

#[test]
fn staff_that_says_it_is_done_says_nothing_of_who_still_waited_for_a_second() {
    let mut town = Town::with(rules(), people(9));
    town.opens("ELD-05", "13900000001", |intake| intake.urgency = Some(Urgency::P1)).later(MINUTE);
    let first = somebody_asked(&town);
    town.texts(first.phone.as_str(), "1").takes("13900000003").later(MINUTE).heard();
    town.does_at(3, 902, Role::Handler, T::Handled { outcome: "已送医".into() });
    assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    let state = visit_of(&town, first.volunteer.0).state;
    assert_eq!(state, AssignmentState::Cancelled, "they have done nothing of it");
    assert!(town.later(MINUTE).heard().contains("已撤回,您不用去了"));
}

#[test]
fn who_comes_half_an_hour_later_is_not_free_for_what_begins_meanwhile() {
    let mut town = Town::with(rules(), people(2));
    let both = ["13800000001", "13800000002"];
    let open = |town: &Town, phone: &str| -> Vec<String> {
        let theirs = town.ledger.offers.values().filter(|offer| offer.phone == number(phone));
        theirs.filter(|offer| offer.state.is_open()).map(|offer| offer.code.to_string()).collect()
    };
    let from = town.now + HOUR * 6;
    let opens = |town: &mut Town, from| {
        town.opens("ELD-08", "13900000001", |intake| {
            intake.window = Some(Window { from, until: from + HOUR });
        });
        town.later(MINUTE);
    };
    opens(&mut town, from);
    let first = both.map(|phone| open(&town, phone)[0].clone());
    for (phone, code) in both.iter().zip(&first) {
        town.texts(phone, &format!("{code} 1")).later(MINUTE);
    }
    // From 16:05, and the first visit ends at 16:00.
    opens(&mut town, from + MINUTE * 65);
    let second = open(&town, both[0])[0].clone();
    town.texts(both[0], &format!("{} 7", first[0])).later(MINUTE).heard();
    town.texts(both[0], &format!("{second} 1")).later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains(&format!("邀单 {second}:您那段时间已有任务")), "{heard}");
    let live = |a: &&Assignment| a.volunteer == Some(VolunteerId(10_001)) && a.state.is_live();
    assert_eq!(town.ledger.assignments.values().filter(live).count(), 1);
}

/// Two of nine have said yes and know the address; says who they are.
fn two_who_come() -> (Town, Offer, Offer) {
    let mut town = Town::with(rules(), people(9));
    town.opens_by_hand("ELD-05").later(MINUTE);
    let mut says_yes = || {
        let offer = somebody_asked(&town);
        town.texts(offer.phone.as_str(), "1").later(MINUTE);
        offer
    };
    let (one, other) = (says_yes(), says_yes());
    assert_eq!(town.ticket().state, TicketState::InProgress);
    town.heard();
    (town, one, other)
}

fn gives_up(town: &mut Town, offer: &Offer) {
    for _ in 0..2 {
        town.texts(offer.phone.as_str(), &format!("{} 2", offer.code)).later(MINUTE);
    }
}

#[test]
fn whose_partner_drops_out_is_told_not_to_go_and_then_that_somebody_comes_with_them() {
    let (mut town, one, other) = two_who_come();
    town.later(MINUTE * 10);
    gives_up(&mut town, &other);
    let to = format!("text to …{}: 【社区服务】邀单 {}", &one.phone.as_str()[10..], one.code);
    let heard = town.heard();
    assert!(heard.contains(&format!("{to} 的同伴来不了,正在另找。请先不要上门")), "{heard}");
    assert!(!heard.contains(&format!("{to} 已撤回")), "{heard}");
    for verb in ["8", "7", "9"] {
        town.texts(one.phone.as_str(), &format!("{} {verb}", one.code)).later(MINUTE);
        let heard = town.heard();
        assert!(heard.contains(&format!("{to} 的同伴来不了")), "{verb}: {heard}");
        assert_eq!(visit_of(&town, one.volunteer.0).state, AssignmentState::Accepted, "{verb}");
    }
    town.later(MINUTE * 4);
    assert!(!town.heard().contains("您到了吗"), "nobody is asked whether they go alone");
    let third = somebody_asked(&town);
    town.texts(third.phone.as_str(), &format!("{} 1", third.code)).later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains(&format!("{to} 已找到同伴")), "{heard}");
    let badge = format!("{:05}", third.volunteer.0);
    let told = heard.lines().find(|line| line.contains("已找到同伴")).unwrap();
    assert!(!told.contains(&badge), "who comes with them is not named: {told}");
    assert_eq!(heard.matches("由您办理").count(), 1, "the address goes to the new one alone: {heard}");
    town.texts(one.phone.as_str(), &format!("{} 8", one.code)).later(MINUTE);
    assert_eq!(visit_of(&town, one.volunteer.0).state, AssignmentState::OnSite);
}

#[test]
fn who_waits_for_a_second_gets_no_address_and_is_not_at_the_door_whatever_they_write() {
    let mut town = Town::with(rules(), people(9));
    town.opens_by_hand("ELD-05").later(MINUTE);
    let first = somebody_asked(&town);
    town.texts(first.phone.as_str(), "1").later(MINUTE).heard();
    for verb in ["1", "8", "7", "9"] {
        town.texts(first.phone.as_str(), &format!("{} {verb}", first.code)).later(MINUTE);
        let heard = town.heard();
        assert!(heard.contains("另一人确认后发给您地址"), "{verb}: {heard}");
        assert!(!heard.contains("商城路") && !heard.contains("上门"), "{verb}: {heard}");
        assert_eq!(visit_of(&town, first.volunteer.0).state, AssignmentState::Accepted, "{verb}");
    }
}

#[test]
fn whose_partner_drops_out_when_nobody_is_left_to_ask_is_told_once_that_staff_has_it() {
    let mut town = Town::with(rules(), people(2));
    town.opens_by_hand("ELD-05").later(MINUTE);
    town.texts("13800000001", "1").texts("13800000002", "1").later(MINUTE).heard();
    let other = town.ledger.offers.values().find(|offer| offer.volunteer.0 == 10_002).unwrap().clone();
    gives_up(&mut town, &other);
    let heard = town.heard();
    assert!(heard.contains("已撤回,您不用去了") && !heard.contains("的同伴来不了"), "{heard}");
    assert_eq!(town.ticket().state, TicketState::Dispatched);
}

/// One of two is at the door and the other gave up; two people are asked at a time.
fn one_is_at_the_door(rules: Rules) -> (Town, Offer) {
    let mut town = Town::with(rules, people(30));
    town.opens_by_hand("ELD-05").later(MINUTE);
    let mut says_yes = || {
        let offer = somebody_asked(&town);
        town.texts(offer.phone.as_str(), &format!("{} 1", offer.code)).later(MINUTE);
        offer
    };
    let (one, other) = (says_yes(), says_yes());
    town.texts(one.phone.as_str(), &format!("{} 8", one.code)).later(MINUTE).heard();
    gives_up(&mut town, &other);
    assert_eq!(visit_of(&town, one.volunteer.0).state, AssignmentState::OnSite);
    assert_eq!(town.ticket().state, TicketState::Offering);
    (town, one)
}

fn says(town: &mut Town, offer: &Offer, verb: &str) -> String {
    town.heard();
    town.texts(offer.phone.as_str(), &format!("{} {verb}", offer.code)).later(MINUTE);
    town.heard()
}

#[test]
fn who_replaces_a_partner_joins_whoever_is_still_there() {
    for rules in [rules(), shipped()] {
        let (mut town, one) = one_is_at_the_door(rules);
        let third = somebody_asked(&town);
        let heard = says(&mut town, &third, "1");
        assert_eq!(town.ticket().state, TicketState::InProgress, "{heard}");
        assert!(heard.contains("探访码"), "they have the address: {heard}");
        says(&mut town, &third, "8");
        says(&mut town, &one, "9");
        assert_eq!(visit_of(&town, third.volunteer.0).state, AssignmentState::OnSite, "they were two");
        says(&mut town, &third, "9");
        assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    }
}

#[test]
fn once_the_first_has_left_two_others_are_needed_and_no_third_goes_alone() {
    for rules in [rules(), shipped()] {
        let (mut town, one) = one_is_at_the_door(rules);
        says(&mut town, &one, "9");
        assert_eq!(town.ticket().state, TicketState::Offering, "{}", town.heard);
        let third = somebody_asked(&town);
        let heard = says(&mut town, &third, "1");
        assert!(heard.contains("另一人确认后发给您地址"), "{heard}");
        assert!(!heard.contains("探访码"), "{heard}");
        assert_eq!(town.ticket().state, TicketState::Offering, "{heard}");
        let fourth = somebody_asked(&town);
        let heard = says(&mut town, &fourth, "1");
        assert_eq!(town.ticket().state, TicketState::InProgress, "{heard}");
        assert_eq!(heard.matches("由您办理").count(), 2, "each has the address: {heard}");
        assert!(!heard.contains("已找到同伴"), "{heard}");
        for (offer, verb) in [(&third, "8"), (&fourth, "8"), (&third, "9"), (&fourth, "9")] {
            says(&mut town, offer, verb);
        }
        assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    }
}

#[test]
fn who_is_on_the_way_to_a_partner_who_leaves_waits_for_another() {
    let (mut town, one) = one_is_at_the_door(shipped());
    let third = somebody_asked(&town);
    says(&mut town, &third, "1");
    let heard = says(&mut town, &one, "9");
    assert!(heard.contains(&format!("邀单 {} 的同伴来不了", third.code)), "{heard}");
    assert_eq!(town.ticket().state, TicketState::Offering, "{heard}");
    says(&mut town, &third, "8");
    assert_eq!(visit_of(&town, third.volunteer.0).state, AssignmentState::Accepted, "not at the door");
    let fourth = somebody_asked(&town);
    let heard = says(&mut town, &fourth, "1");
    assert!(heard.contains(&format!("邀单 {} 已找到同伴", third.code)), "{heard}");
    says(&mut town, &third, "8");
    assert_eq!(visit_of(&town, third.volunteer.0).state, AssignmentState::OnSite);
}

#[test]
fn of_two_who_set_out_together_one_that_comes_after_the_other_left_does_not_go_in() {
    let (mut town, one, other) = two_who_come();
    says(&mut town, &one, "8");
    says(&mut town, &one, "9");
    assert_eq!(town.ticket().state, TicketState::InProgress, "the other may be there");
    let heard = says(&mut town, &other, "8");
    assert!(heard.contains(&format!("邀单 {} 的同伴来不了", other.code)), "{heard}");
    assert_eq!(visit_of(&town, other.volunteer.0).state, AssignmentState::Accepted);
    assert_eq!(town.ticket().state, TicketState::Offering);
    // They were there all along: their "done" ends it.
    let (mut town, one, other) = two_who_come();
    says(&mut town, &one, "8");
    says(&mut town, &one, "9");
    says(&mut town, &other, "9");
    assert_eq!(town.ticket().state, TicketState::Handled);
}
