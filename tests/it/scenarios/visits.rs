//! Visits: confirmed or released, told to a resident's landline, and a visitor who is not heard of.

use std::time::Duration;

use expect_test::expect;
use yingda::desk::command::Command;
use yingda::domain::actor::Role;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::callback::CallbackReason;
use yingda::domain::ids::VolunteerId;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::volunteer::DutyState;

use super::town::{Town, number, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Three volunteers with mobiles; two are booked for the day after tomorrow, at eleven.
fn booked() -> Town {
    let people = (1..=3).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
    let mut town = Town::with(rules(), people);
    let from = town.now + HOUR * 50;
    town.opens("ELD-07", "13900000001", |intake| {
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.at("09:01:00").texts("13800000001", "1").texts("13800000002", "1").at("09:02:00");
    town
}

fn states(town: &Town) -> Vec<(i64, AssignmentState)> {
    let of = |a: &yingda::domain::assignment::Assignment| (a.volunteer.map_or(0, |v| v.0), a.state);
    town.ledger.assignments.values().map(of).collect()
}

#[test]
fn who_does_not_confirm_by_two_hours_before_is_released_and_the_place_is_asked_for_anew() {
    let mut town = booked();
    town.heard();
    town.later(HOUR * 27).texts("13800000001", "1").later(HOUR * 20);
    assert_eq!(
        states(&town),
        [(10_001, AssignmentState::Booked), (10_002, AssignmentState::Booked)],
        "asked the day before, and nothing is due yet"
    );
    town.heard();
    town.later(HOUR + MINUTE * 5);
    expect![[r#"
        09:00:00 ticket 260506-003-0001 offering
        09:00:01 text to …0001: 【社区服务】提醒:邀单 32 四方街道 代办代购 今天11-13时。能去回1,不能去回2。
        09:00:01 text to …0002: 【社区服务】邀单 20 没有收到您的确认,已改请他人,不用去了。还能去的话,收到新邀单请回1。
        09:00:01 text to …0001: 【社区服务】工单260506-003-0001:原定人员来不了,正在为您另找人,原探访码作废。
        09:00:01 text to …0002: 【社区服务】邀单 12:四方街道 代办代购 今天11-13时 约1小时。回1接2拒,或致电83720003。
        09:00:01 text to …0003: 【社区服务】邀单 67:四方街道 代办代购 今天11-13时 约1小时。回1接2拒,或致电83720003。
        09:00:01 text to …0001: 【社区服务】邀单 32 的同伴来不了,正在另找。请先不要上门,找到后再通知您;已在现场请回0。
    "#]].assert_eq(&town.heard());
    let now: Vec<_> = states(&town);
    assert!(now.contains(&(10_001, AssignmentState::Booked)), "{now:?}");
    assert!(now.contains(&(10_002, AssignmentState::Cancelled)), "{now:?}");
    let open: Vec<_> =
        town.ledger.offers.values().filter(|o| o.state.is_open()).map(|o| o.volunteer.0).collect();
    assert!(open.contains(&10_003), "somebody else is asked: {open:?}");
}

#[test]
fn who_was_released_may_still_take_the_place() {
    let mut town = booked();
    town.later(HOUR * 27).texts("13800000001", "1").later(HOUR * 21 + MINUTE * 5);
    let code = town.code_of("13800000002");
    town.texts("13800000002", &format!("{code} 1")).later(MINUTE);
    let live = town.ledger.assignments.values().filter(|a| a.state.is_live());
    assert_eq!(live.count(), 2, "{:?}", states(&town));
}

#[test]
fn a_booking_that_was_never_called_to_mind_is_not_missed() {
    let mut town = booked();
    // The server is away from before the first reminder until after the second.
    town.restarts(HOUR * 49 - MINUTE * 30).later(MINUTE);
    assert_eq!(states(&town), [(10_001, AssignmentState::Booked), (10_002, AssignmentState::Booked)]);
}

#[test]
fn a_resident_with_a_landline_hears_both_badges_and_both_codes() {
    let mut town = Town::new();
    town.opens("ELD-07", "053283720099", |_| {}).at("09:01:00");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:01:10");
    town.heard();
    town.answers("83720099", "wang").at("09:02:00");
    expect![[r#"
        09:01:10 wang hears who-comes-intro badge-is 10001 visit-code-is 0622 another-comes badge-is 10002 visit-code-is 3635 window-is today day-part-morning hour-9 and day-part-afternoon hour-1 who-comes-care label-again press-star
        09:01:23 wang hears survey-thanks
        09:01:26 hang up wang
    "#]].assert_eq(&town.heard());
    town.texts("13800000001", "2").later(MINUTE).texts("13800000001", "2").later(MINUTE).heard();
    town.answers("83720099", "wang").later(MINUTE);
    expect![[r#"
        09:04:00 wang hears callback-intro helper-replaced label-again press-star
        09:04:13 wang hears survey-thanks
        09:04:16 hang up wang
    "#]]
    .assert_eq(&town.heard());
}

/// Ana is at Wang's door since 09:10, for an hour.
fn at_the_door() -> Town {
    let mut town = Town::with(rules(), vec![volunteer(10_001, "13800000001")]);
    town.wishes_for_shopping().at("09:02:00").texts("13800000001", "1").at("09:10:00");
    town.texts("13800000001", "8").at("09:11:00").heard();
    town
}

#[test]
fn a_visitor_not_heard_of_is_texted_rung_looked_for_by_staff_and_by_the_district_with_110() {
    let mut town = at_the_door();
    town.at("10:46:00").ignores("00000001").at("10:56:00").answers("duty1", "chen").at("10:56:30");
    expect![[r#"
        10:40:01 text to …0001: 【社区服务】邀单 32 已过预计时间,您一切好吗?都好回1,办完回9,需要帮助回0或致电83720003。
        10:45:00 dial …0001
        10:49:00 dial …0001
        10:50:01 text to …0003: 【社区服务】紧急:志愿者10001号上门后没有回音或求助,工单260506-003-0001,四方街道。请马上联系,联系不上或有危险请拨110。
        10:55:00 dial duty1
        10:55:01 text to …0002: 【社区服务】督办2级:工单260506-003-0001,今天15:55前请办理并回复。
        10:55:01 text to …0003: 【社区服务】督办2级:工单260506-003-0001,今天15:55前请办理并回复。
        10:55:01 text to …0001: 【社区服务】紧急:志愿者10001号上门后没有回音或求助,工单260506-003-0001,四方街道。请马上联系,联系不上或有危险请拨110。
        10:56:00 chen hears duty-alarm-visitor category-ELD-07 area-370203031 label-take press-1 label-again press-star
        10:56:08 chen hears duty-alarm-visitor category-ELD-07 area-370203031 label-take press-1 label-again press-star
        10:56:16 chen hears duty-alarm-visitor category-ELD-07 area-370203031 label-take press-1 label-again press-star
        10:56:24 chen hears duty-alarm-visitor category-ELD-07 area-370203031 label-take press-1 label-again press-star
    "#]].assert_eq(&town.heard());
    assert_eq!(town.ticket().state, TicketState::InProgress, "the visit is not taken for done");
    town.presses("chen", "1").later(MINUTE);
    assert!(town.ticket().progress.alarm.is_none());
}

#[test]
fn a_visitor_who_says_by_text_that_all_is_well_is_not_rung_again() {
    let mut town = at_the_door();
    town.at("10:45:30").ignores("00000001").texts("13800000001", "1").at("11:10:00");
    let heard = town.heard();
    assert_eq!(heard.matches("dial …0001").count(), 1, "{heard}");
    assert!(!heard.contains("110"), "nobody is looked for: {heard}");
}

#[test]
fn each_step_of_the_watch_survives_a_restart() {
    let mut town = at_the_door();
    town.at("10:41:00").restarts(MINUTE).at("10:45:30");
    assert!(town.heard().contains("dial …0001"), "the call comes five minutes after the text");
    town.restarts(MINUTE * 2).at("10:51:00");
    assert!(town.heard().contains("志愿者10001号上门后没有回音"), "then the station is told");
    town.restarts(MINUTE * 2).at("10:56:30");
    assert!(town.heard().contains("dial duty1"), "then the district is rung");
}

#[test]
fn a_visitor_who_says_they_are_well_is_left_in_peace_and_watched_anew() {
    let mut town = at_the_door();
    town.at("10:45:30").answers("00000001", "ana").at("10:45:40").presses("ana", "1").at("10:46:00");
    expect![[r#"
        10:40:01 text to …0001: 【社区服务】邀单 32 已过预计时间,您一切好吗?都好回1,办完回9,需要帮助回0或致电83720003。
        10:45:00 dial …0001
        10:45:30 ana hears helper-call-intro helper-number-is 10001 are-you-well-call label-well press-1 label-need-help press-2 label-again press-star
        10:45:41 ana hears noted-thanks
        10:45:44 hang up ana
    "#]].assert_eq(&town.heard());
    town.at("11:14:00");
    assert_eq!(town.heard(), "", "nothing for half an hour");
    town.at("11:16:30");
    assert!(town.heard().contains("您一切好吗"));
    town.texts("13800000001", "1").at("11:46:00");
    let heard = town.heard();
    assert!(heard.contains("已记下您一切都好"), "{heard}");
    assert!(!heard.contains("dial"), "a text says it as well as a key: {heard}");
}

#[test]
fn a_visitor_who_needs_help_is_joined_to_a_person_and_the_district_is_rung_at_once() {
    let mut town = at_the_door();
    town.at("10:45:30").answers("00000001", "ana").at("10:45:40").presses("ana", "2").at("10:46:00");
    expect![[r#"
        10:40:01 text to …0001: 【社区服务】邀单 32 已过预计时间,您一切好吗?都好回1,办完回9,需要帮助回0或致电83720003。
        10:45:00 dial …0001
        10:45:30 ana hears helper-call-intro helper-number-is 10001 are-you-well-call label-well press-1 label-need-help press-2 label-again press-star
        10:45:41 dial duty1
        10:45:41 dial duty2
        10:45:41 ana hears help-is-coming
        10:45:42 text to …0003: 【社区服务】紧急:志愿者10001号上门后没有回音或求助,工单260506-003-0001,四方街道。请马上联系,联系不上或有危险请拨110。
        10:45:42 text to …0002: 【社区服务】督办2级:工单260506-003-0001,今天15:45前请办理并回复。
        10:45:42 text to …0003: 【社区服务】督办2级:工单260506-003-0001,今天15:45前请办理并回复。
        10:45:42 text to …0001: 【社区服务】紧急:志愿者10001号上门后没有回音或求助,工单260506-003-0001,四方街道。请马上联系,联系不上或有危险请拨110。
        10:45:44 ana hears hold-music
    "#]].assert_eq(&town.heard());
    assert!(town.ticket().supervision >= 2);
}

#[test]
fn two_no_shows_in_thirty_days_are_a_word_of_the_coordinator_and_no_exclusion() {
    let people = (1..=2).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
    let mut town = Town::with(rules(), people);
    for no_shows in [2, 4] {
        town.opens_by_hand("ELD-07").later(MINUTE);
        for phone in ["13800000001", "13800000002"] {
            let code = town.code_of(phone);
            town.texts(phone, &format!("{code} 1"));
        }
        town.later(HOUR);
        let shown = town.ledger.assignments.values().filter(|a| a.state == AssignmentState::NoShow);
        assert_eq!(shown.count(), no_shows);
        let owed = town.ledger.callbacks.values().any(|r| r.reason == CallbackReason::Coordinator);
        assert_eq!(owed, no_shows == 4, "once is nothing");
    }
    let words: Vec<_> = town.ledger.callbacks.values().map(|r| (r.reason, r.number.clone())).collect();
    assert!(words.contains(&(CallbackReason::Coordinator, number("13800000001"))), "{words:?}");
    assert_eq!(town.ledger.volunteers[&VolunteerId(10_001)].duty, DutyState::On);
}

#[test]
fn after_a_sad_event_a_helper_rests_a_day_and_is_rung() {
    let mut town = Town::with(rules(), vec![volunteer(10_001, "13800000001")]);
    let note = "服务对象去世".to_owned();
    town.asks(Role::Supervisor, Command::SadEvent { volunteer: VolunteerId(10_001), note });
    let owed = town.ledger.callbacks.values().next().unwrap();
    assert_eq!(owed.reason, CallbackReason::Coordinator);
    town.wishes_for_shopping().later(MINUTE);
    assert!(town.ledger.offers.is_empty(), "nobody asks who rests");
    town.restarts(HOUR * 24).opens_by_hand("ELD-07").later(MINUTE);
    assert!(!town.ledger.offers.is_empty(), "a day later they are asked again");
}

#[test]
fn nobody_takes_on_more_than_three_tasks_a_day_however_many_offers_are_open() {
    // Two go to a home that nobody knows.
    let both = ["13800000001", "13800000002"];
    let open = |town: &Town, phone: &str| -> Vec<_> {
        let theirs = town.ledger.offers.values().filter(|offer| offer.phone == number(phone));
        theirs.filter(|offer| offer.state.is_open()).map(|offer| offer.code).collect()
    };
    let people = (1..=2).map(|n| volunteer(10_000 + n, &format!("138000000{n:02}"))).collect();
    let mut town = Town::with(rules(), people);
    for hour in 0..4 {
        let from = town.now + HOUR * (24 + 3 * hour);
        town.opens("ELD-08", "13900000001", |intake| {
            intake.window = Some(Window { from, until: from + HOUR });
        });
        town.later(MINUTE);
        for phone in both.iter().filter(|_| hour == 0) {
            let code = open(&town, phone)[0];
            town.texts(phone, &format!("{code} 1")).later(MINUTE);
        }
    }
    for phone in both {
        let codes = open(&town, phone);
        assert!(!codes.is_empty(), "offers are open beside one promise");
        for code in codes {
            town.texts(phone, &format!("{code} 1")).later(MINUTE);
        }
        let live = |a: &&yingda::domain::assignment::Assignment| a.state.is_live();
        let badge = Some(VolunteerId(if phone == both[0] { 10_001 } else { 10_002 }));
        let theirs = town.ledger.assignments.values().filter(live).filter(|a| a.volunteer == badge);
        assert_eq!(theirs.count(), 3, "{phone}");
    }
}
