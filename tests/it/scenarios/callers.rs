//! Callers: who is owed a call, how often, and what an emergency key does.

use std::time::Duration;

use expect_test::expect;
use yingda::domain::call::CallResult;
use yingda::domain::callback::CallbackState;
use yingda::domain::urgency::Urgency;

use super::town::Town;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_hundred_calls_of_one_number_are_owed_one_call() {
    let mut town = Town::new();
    for _ in 0..100 {
        town.rings("wang", "13900000001", "12349").later(SECOND * 5).hangs_up("wang").later(SECOND);
    }
    let open: Vec<_> = town.ledger.callbacks.values().filter(|r| r.state.is_open()).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].calls, 100);
}

#[test]
fn two_short_calls_within_ten_minutes_count_as_one_long() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "12349").later(SECOND * 2).hangs_up("wang");
    assert_eq!(town.result_of("wang"), Some(CallResult::Short));
    assert!(town.ledger.callbacks.is_empty(), "a short call is only counted");
    town.later(SECOND * 60).rings("wang", "13900000001", "12349").later(SECOND).hangs_up("wang");
    assert_eq!(town.result_of("wang"), Some(CallResult::Callback));
    town.later(SECOND * 3600).rings("li", "13900000009", "12349").later(SECOND).hangs_up("li");
    town.later(SECOND * 3600).rings("li", "13900000009", "12349").later(SECOND).hangs_up("li");
    assert_eq!(town.result_of("li"), Some(CallResult::Short), "an hour apart they are no pair");
}

#[test]
fn a_withheld_number_that_leaves_nothing_is_counted_as_lost() {
    let mut town = Town::new();
    town.rings_withheld("nobody", "12349").later(SECOND * 8).hangs_up("nobody");
    assert_eq!(town.result_of("nobody"), Some(CallResult::LostAnonymous));
    assert!(town.ledger.callbacks.is_empty());
}

#[test]
fn the_emergency_key_rings_everybody_then_records_and_rings_back_at_once() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:01:10");
    town.presses("wang", "#").at("09:01:40").hangs_up("wang").at("09:02:00");
    expect![[r#"
        09:00:00 answer wang
        09:00:00 wang hears greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
        09:00:03 dial duty1
        09:00:03 dial duty2
        09:00:03 wang hears emergency
        09:00:06 wang hears hold-music
        09:00:48 hang up duty1
        09:00:48 hang up duty2
        09:00:48 wang hears emergency-describe tone
        09:00:51 record wang
        09:01:11 ticket 260506-003-0001 dispatched
        09:01:11 dial duty1
        09:01:11 wang hears registering
        09:01:11 wang hears emergency-noted goodbye
        09:01:12 text to …0001: 【社区服务】您的求助已登记,工单号260506-003-0001。查进度回 进度,不需要了回 撤回,有事请致电83720003。
        09:01:12 text to …0003: 【社区服务】待签收 0001:工单260506-003-0001  突发疾病/跌倒,请于今天9:04前签收。回 0001 1 签收,或在控制台办理。
        09:01:12 text to …0001: 【社区服务】待签收 0001:工单260506-003-0001  突发疾病/跌倒,请于今天9:04前签收。回 0001 1 签收,或在控制台办理。
        09:01:12 text to …0002: 【社区服务】待签收 0001:工单260506-003-0001  突发疾病/跌倒,请于今天9:04前签收。回 0001 1 签收,或在控制台办理。
        09:01:14 hang up wang
        09:01:14 call back …0001: dialing, requested (1)
        09:01:14 dial …0001
    "#]].assert_eq(&town.heard());
    let ticket = town.ticket();
    assert_eq!(ticket.urgency, Urgency::P1);
    assert_eq!(ticket.category.as_ref().map(|code| code.as_str()), Some("EMG-01"));
    assert!(ticket.progress.alarm.is_some(), "the duty officers are rung until one presses 1");
    let back = town.ledger.callbacks.values().next().expect("the caller is rung back");
    assert!(back.urgent);
    assert_ne!(back.state, CallbackState::Queued);
}

#[test]
fn a_caller_whose_ticket_closes_is_still_owed_the_call_they_rang_for() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:20:00");
    town.texts("13800000001", "9").texts("13800000002", "9").at("10:40:00");
    // The survey waits for a person; meanwhile the resident rings and every line is taken.
    town.cannot_get_through("13900000001", "12349");
    town.at("11:00:00").texts("13900000001", "A").at("11:01:00");
    let open: Vec<_> = town.ledger.callbacks.values().filter(|r| r.state.is_open()).collect();
    assert_eq!(open.len(), 1, "closing the ticket does not answer the call");
}

#[test]
fn a_volunteer_who_rings_hears_of_the_task_and_takes_it_by_key() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town.heard();
    town.rings("ana", "13800000001", "12349").at("09:01:10").presses("ana", "1").at("09:01:20");
    town.presses("ana", "1").at("09:01:40");
    expect![[r#"
        09:01:00 answer ana
        09:01:00 ana hears greeting recording-notice label-task press-1 label-own-help press-2 or-wait
        09:01:11 ana hears task-is area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-accept press-1 label-decline press-2 label-person press-0
        09:01:21 ana hears one-moment
        09:01:21 ana hears task-accepted
        09:01:22 text to …0001: 【社区服务】邀单 32 已记下您能去。此单需要两人同行,另一人确认后发给您地址。
        09:01:24 hang up ana
    "#]].assert_eq(&town.heard());
    assert!(town.ledger.assignments.values().any(|visit| visit.state.is_live()));
}
