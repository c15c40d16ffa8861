//! Visits of a ticket that is suspended: who was to come is told, at both ends, and who is at the door is watched.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::desk::rules::Rules;
use yingda::domain::actor::Role;
use yingda::domain::assignment::{Assignment, AssignmentState};
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{SuspendReason, TicketState, Window};

use super::town::{Town, moment, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Ana comes to Wang's from nine to one, and it was sent out under `rules`.
fn expected(rules: Rules, phone: &str) -> Town {
    let mut town = Town::with(rules, vec![volunteer(10_001, phone)]);
    town.wishes_for_shopping().later(MINUTE).texts(phone, "1").at("09:05:00");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    town.heard();
    town
}

fn suspends(town: &mut Town, until: &str) {
    let what = T::Suspend { reason: SuspendReason::Weather, resume_at: moment(until) };
    town.does(901, Role::Handler, what).later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Suspended, "{}", town.heard);
}

fn visit(town: &Town) -> &Assignment {
    town.ledger.assignments.values().next().expect("somebody said yes")
}

#[test]
fn a_helper_is_told_of_a_suspension_and_of_its_end_and_is_free_in_between() {
    for rules in [rules(), Rules { policy: Policy::default(), ..rules() }] {
        let mut town = expected(rules, "13800000001");
        let code = town.code_of("13800000001");
        suspends(&mut town, "15:00:00");
        let heard = town.heard();
        let text = format!("text to …0001: 【社区服务】邀单 {code} 暂缓,今天15时继续,请先不要上门");
        assert!(heard.contains(&text), "{heard}");
        let window = Window { from: moment("15:00:00"), until: moment("19:00:00") };
        assert_eq!((visit(&town).state, visit(&town).window), (AssignmentState::Booked, window));
        town.at("14:59:59");
        assert!(!town.heard().contains("您到了吗"), "nobody is asked for meanwhile");
        town.at("15:01:00");
        let heard = town.heard();
        let text = format!("text to …0001: 【社区服务】邀单 {code} 恢复办理,请于今天15-19时上门");
        assert!(heard.contains(&text), "{heard}");
        assert!(heard.contains("志愿者10001号上门"), "the resident hears when: {heard}");
        assert_eq!(visit(&town).state, AssignmentState::Accepted);
        town.at("15:16:00");
        assert!(town.heard().contains("您到了吗"), "and asked for as at any visit");
    }
}

#[test]
fn a_suspension_that_ends_early_says_the_new_time_and_counts_from_it() {
    let mut town = expected(rules(), "13800000001");
    suspends(&mut town, "15:00:00");
    town.at("11:00:00").heard();
    town.does(901, Role::Handler, T::Resume).at("11:14:59");
    let heard = town.heard();
    assert!(heard.contains("恢复办理,请于今天11-15时上门"), "{heard}");
    assert!(!heard.contains("您到了吗"), "{heard}");
    town.at("11:16:00");
    assert!(town.heard().contains("您到了吗"));
}

#[test]
fn a_visitor_at_the_door_is_watched_while_the_ticket_is_suspended_over_a_restart_too() {
    let mut town = expected(rules(), "13800000001");
    town.texts("13800000001", "8").at("09:10:00").heard();
    suspends(&mut town, "15:00:00");
    assert!(town.heard().contains("已在现场的办完回9"));
    assert_eq!(visit(&town).state, AssignmentState::OnSite);
    town.restarts(MINUTE).at("10:37:00");
    assert!(town.heard().contains("您一切好吗"), "SAF-5 holds");
    town.at("10:41:00").ignores("00000001").at("10:46:00");
    assert!(town.heard().contains("志愿者10001号上门后没有回音"));
    town.at("10:51:00");
    assert!(town.heard().contains("dial duty1"));
}

#[test]
fn who_is_expected_after_the_suspension_anyway_keeps_their_time() {
    let mut town =
        Town::with(rules(), vec![volunteer(10_001, "13800000001"), volunteer(10_002, "13800000002")]);
    let from = town.now + HOUR * 30;
    town.opens("ELD-07", "13900000001", |intake| {
        intake.window = Some(Window { from, until: from + HOUR });
    });
    town.later(MINUTE).texts("13800000001", "1").texts("13800000002", "1").later(MINUTE).heard();
    suspends(&mut town, "17:00:00");
    town.until(moment("17:05:00"));
    let heard = town.heard();
    assert!(!heard.contains("暂缓,今天17时继续,请先不要上门") && !heard.contains("恢复办理"), "{heard}");
    assert_eq!(heard.matches("提醒").count(), 2, "they are called to it as they would have been: {heard}");
    assert_eq!((visit(&town).state, visit(&town).window.from), (AssignmentState::Booked, from));
}

#[test]
fn who_began_another_visit_meanwhile_is_not_counted_on_when_it_goes_on() {
    let mut town = expected(rules(), "13800000001");
    suspends(&mut town, "15:00:00");
    town.registers("13900000002", "李爷爷", "商城路2号1单元102");
    town.rings("li", "13900000002", "83720003").later(Duration::from_secs(5));
    town.presses("li", "1411").later(Duration::from_secs(1)).hangs_up("li").later(MINUTE);
    let code = town.ledger.offers.values().find(|offer| offer.state.is_open()).expect("asked").code;
    town.texts("13800000001", &format!("{code} 1")).later(MINUTE);
    town.texts("13800000001", &format!("{code} 8")).at("10:00:00").heard();
    let first = town.ledger.tickets.values().map(|ticket| (ticket.id, ticket.version)).next().unwrap();
    let what = yingda::desk::command::Command::Ticket { ticket: first.0, version: first.1, what: T::Resume };
    town.asks_as(901, Role::Handler, what).later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("已改请他人"), "{heard}");
    assert_eq!(visit(&town).state, AssignmentState::Cancelled);
}
