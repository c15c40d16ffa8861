//! Volunteers who ring about a task: from their own telephone, or from any other with number and code.

use std::time::Duration;

use expect_test::expect;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::ticket::{TicketState, Window};

use super::town::{Town, rules, volunteer};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Ana is asked by text at nine; nobody else is there.
fn asked() -> Town {
    let mut town = Town::with(rules(), vec![volunteer(10_001, "13800000001")]);
    town.wishes_for_shopping().at("09:01:00").heard();
    town
}

#[test]
fn a_volunteer_rings_accepts_is_joined_to_the_resident_and_says_done() {
    let mut town = asked();
    town.rings("ana", "13800000001", "83720003").at("09:01:10").presses("ana", "1").at("09:01:20");
    town.presses("ana", "1").at("09:01:40");
    expect![[r#"
        09:01:00 answer ana
        09:01:00 ana hears greeting recording-notice label-task press-1 label-own-help press-2 or-wait
        09:01:11 ana hears task-is area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-accept press-1 label-decline press-2 label-person press-0
        09:01:21 ticket 260506-003-0001 in_progress
        09:01:21 ana hears one-moment
        09:01:21 ana hears task-accepted
        09:01:22 text to …0001: 【社区服务】邀单 32 由您办理(工单260506-003-0001):代办代购 今天9-13时,商城路1号2单元301,王奶奶。探访码3854,到门口请报志愿者号和探访码。联系居民请致电83720003转接。到达回8,晚到回7,办完回9。不收钱。不拿银行卡。
        09:01:22 text to …0001: 【社区服务】工单260506-003-0001:今天9-13时,志愿者10001号上门。请先核对探访码3854再开门。服务不收钱,不要给银行卡。要付的钱不经志愿者的手。密码不要告诉任何人。
        09:01:24 hang up ana
    "#]].assert_eq(&town.heard());
    town.at("09:10:00").rings("ana2", "13800000001", "83720003").at("09:10:10").presses("ana2", "1");
    town.at("09:10:20").presses("ana2", "3").at("09:10:25").answers("00000001", "wang").at("09:10:30");
    town.hangs_up("wang").at("09:11:00");
    expect![[r#"
        09:10:00 answer ana2
        09:10:00 ana2 hears greeting recording-notice label-task press-1 label-own-help press-2 or-wait
        09:10:11 ana2 hears task-is area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
        09:10:21 dial …0001
        09:10:21 ana2 hears connecting-resident
        09:10:24 ana2 hears hold-music
        09:10:25 join ana2 and wang
        09:10:30 hang up ana2
    "#]].assert_eq(&town.heard());
    town.at("09:12:00").rings("ana3", "13800000001", "83720003").at("09:12:10").presses("ana3", "1");
    town.at("09:12:20").presses("ana3", "8").at("09:40:40");
    town.rings("ana4", "13800000001", "83720003").at("09:40:50").presses("ana4", "1");
    town.at("09:41:10").presses("ana4", "55").at("09:41:30");
    expect![[r#"
        09:12:00 answer ana3
        09:12:00 ana3 hears greeting recording-notice label-task press-1 label-own-help press-2 or-wait
        09:12:11 ana3 hears task-is area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
        09:12:21 ana3 hears one-moment
        09:12:21 ana3 hears noted-thanks
        09:12:24 hang up ana3
        09:40:40 answer ana4
        09:40:40 ana4 hears greeting recording-notice label-task press-1 label-own-help press-2 or-wait
        09:40:51 ana4 hears task-is area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
        09:41:04 ana4 hears try-again task-is area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-arrived press-8 label-late press-7 label-done press-5-twice label-connect press-3 label-decline press-2 label-person press-0
        09:41:12 ticket 260506-003-0001 handled
        09:41:12 ana4 hears one-moment
        09:41:12 ana4 hears task-finished
        09:41:15 hang up ana4
    "#]].assert_eq(&town.heard());
    assert_eq!(town.ticket().state, TicketState::Handled);
}

#[test]
fn from_another_telephone_number_and_code_accept_and_the_details_go_to_the_registered_one() {
    let mut town = asked();
    let code = town.code_of("13800000001");
    town.rings("ana", "053283719999", "83720003").at("09:01:10").presses("ana", "7").at("09:01:20");
    town.presses("ana", "10001").at("09:01:30").presses("ana", &code).at("09:01:40");
    town.presses("ana", "1").at("09:02:00");
    expect![[r#"
        09:01:00 answer ana
        09:01:00 ana hears greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
        09:01:11 ana hears enter-badge
        09:01:25 ana hears enter-code
        09:01:32 ana hears one-moment
        09:01:32 ana hears task-is area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-accept press-1 label-decline press-2 label-person press-0
        09:01:41 ticket 260506-003-0001 in_progress
        09:01:41 ana hears one-moment
        09:01:41 ana hears task-accepted
        09:01:42 text to …0001: 【社区服务】邀单 32 由您办理(工单260506-003-0001):代办代购 今天9-13时,商城路1号2单元301,王奶奶。探访码3854,到门口请报志愿者号和探访码。联系居民请致电83720003转接。到达回8,晚到回7,办完回9。不收钱。不拿银行卡。
        09:01:42 text to …0001: 【社区服务】工单260506-003-0001:今天9-13时,志愿者10001号上门。请先核对探访码3854再开门。服务不收钱,不要给银行卡。要付的钱不经志愿者的手。密码不要告诉任何人。
        09:01:44 hang up ana
    "#]].assert_eq(&town.heard());
    assert_eq!(town.ticket().state, TicketState::InProgress);
}

#[test]
fn three_wrong_pairs_of_number_and_code_end_the_call() {
    let mut town = asked();
    let right: u8 = town.code_of("13800000001").parse().unwrap();
    let wrong = if right == 99 { 98 } else { right + 1 };
    town.rings("somebody", "053283719999", "83720003").at("09:01:10").presses("somebody", "7");
    for _ in 0..3 {
        town.later(SECOND * 5).presses("somebody", "10001").later(SECOND * 5);
        town.presses("somebody", &wrong.to_string());
    }
    town.later(SECOND * 20);
    expect![[r#"
        09:01:00 answer somebody
        09:01:00 somebody hears greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
        09:01:11 somebody hears enter-badge
        09:01:21 somebody hears enter-code
        09:01:28 somebody hears one-moment
        09:01:28 somebody hears not-found enter-badge
        09:01:38 somebody hears enter-code
        09:01:45 somebody hears one-moment
        09:01:45 somebody hears not-found enter-badge
        09:01:55 somebody hears enter-code
        09:02:02 somebody hears one-moment
        09:02:02 somebody hears not-found-goodbye
        09:02:05 hang up somebody
    "#]].assert_eq(&town.heard());
    assert_eq!(town.ticket().state, TicketState::Offering, "nothing came of it");
}

#[test]
fn a_number_that_nobody_vouches_for_hears_of_no_task() {
    let mut town = asked();
    town.rings_unverified("forger", "13800000001", "83720003").at("09:01:10");
    let heard = town.heard();
    assert!(!heard.contains("label-task"), "{heard}");
}

#[test]
fn a_booked_helper_who_rings_confirms_with_1_and_cannot_be_done_yet() {
    let both = [volunteer(10_001, "13800000001"), volunteer(10_002, "13800000002")];
    let mut town = Town::with(rules(), both.into());
    let from = town.now + HOUR * 50;
    town.opens("ELD-08", "13900000001", |intake| {
        intake.window = Some(Window { from, until: from + HOUR });
    });
    town.at("09:01:00");
    let code = town.code_of("13800000001");
    town.texts("13800000001", &format!("{code}1")).texts("13800000002", "1").at("09:05:00");
    town.rings("ana", "13800000001", "83720003").at("09:05:10").presses("ana", "1").at("09:05:20");
    town.presses("ana", "51").at("09:05:40");
    let booked = town.ledger.assignments.values().find(|a| a.volunteer.is_some()).unwrap();
    assert_eq!(booked.state, AssignmentState::Booked, "{}", town.heard);
    assert!(booked.confirmed_at.is_some(), "{}", town.heard);
}
