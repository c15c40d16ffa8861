//! From a wish to a closed ticket.

use std::time::Duration;

use expect_test::expect;
use yingda::domain::ids::VolunteerId;
use yingda::domain::offer::OfferState;
use yingda::domain::ticket::{TicketState, Window};

use super::town::{Town, resident};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn the_first_yes_wins_and_the_resident_closes_the_ticket() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    expect![[r#"
        09:00:00 ticket 260506-003-0001 intake
        09:00:00 reply Opened { ticket: TicketId(019dfacc-8280-7118-b0d3-641a68f94a69), number: TicketNumber { day: 260506, station: 3, sequence: 1 } }
        09:00:00 ticket 260506-003-0001 offering
        09:00:00 reply Done
        09:00:01 text to …0001: 【社区服务】您的求助已登记,工单号260506-003-0001。查进度回 进度,不需要了回 撤回,有事请致电83720003。
        09:00:01 text to …0001: 【社区服务】邀单 32:四方街道 代办代购 今天9-13时 约1小时。回1接2拒,或致电83720003。
        09:00:01 text to …0002: 【社区服务】邀单 20:四方街道 代办代购 今天9-13时 约1小时。回1接2拒,或致电83720003。
    "#]].assert_eq(&town.heard());
    let code = town.code_of("13800000001");
    town.texts("13800000001", &format!("{code} 1")).texts("13800000002", "1").at("09:03:00");
    expect![[r#"
        09:01:00 ticket 260506-003-0001 in_progress
        09:01:01 text to …0001: 【社区服务】邀单 32 已记下您能去。此单需要两人同行,另一人确认后发给您地址。
        09:01:01 text to …0001: 【社区服务】邀单 32 由您办理(工单260506-003-0001):代办代购 今天9-13时,商城路1号2单元301,居民。探访码8046,到门口请报志愿者号和探访码。联系居民请致电83720003转接。到达回8,晚到回7,办完回9。不收钱。不拿银行卡。
        09:01:01 text to …0001: 【社区服务】工单260506-003-0001:今天9-13时,志愿者10001号上门。请先核对探访码8046再开门。服务不收钱,不要给银行卡。要付的钱不经志愿者的手。密码不要告诉任何人。
        09:01:01 text to …0002: 【社区服务】邀单 20 由您办理(工单260506-003-0001):代办代购 今天9-13时,商城路1号2单元301,居民。探访码8922,到门口请报志愿者号和探访码。联系居民请致电83720003转接。到达回8,晚到回7,办完回9。不收钱。不拿银行卡。
        09:01:01 text to …0001: 【社区服务】工单260506-003-0001:今天9-13时,志愿者10002号上门。请先核对探访码8922再开门。服务不收钱,不要给银行卡。要付的钱不经志愿者的手。密码不要告诉任何人。
    "#]].assert_eq(&town.heard());
    town.texts("13800000001", "8").texts("13800000002", "8").at("09:30:00");
    town.texts("13800000001", "9").texts("13800000002", "9").at("12:00:00");
    expect![[r#"
        09:03:01 text to …0001: 【社区服务】邀单 32 已记下到达。办完请回9,需要帮助请回0。
        09:03:01 text to …0002: 【社区服务】邀单 20 已记下到达。办完请回9,需要帮助请回0。
        09:30:00 ticket 260506-003-0001 handled
        09:30:01 text to …0001: 【社区服务】邀单 32 已记下办完,辛苦了,谢谢您。
        09:30:01 text to …0002: 【社区服务】邀单 20 已记下办完,辛苦了,谢谢您。
        10:30:00 call back …0001: queued, ticket (1)
        10:45:00 call back …0001: queued, ticket (1)
        10:45:01 text to …0003: 【社区服务】有1件来电、短信或待受理工单等人处理,最早的今天10:45到期。
        11:00:00 call back …0001: queued, ticket (1)
        11:00:01 text to …0002: 【社区服务】有1件来电、短信或待受理工单等人处理,最早的今天10:45到期。
        11:15:00 call back …0001: queued, ticket (1)
        11:15:01 text to …0001: 【社区服务】有1件来电、短信或待受理工单等人处理,最早的今天10:45到期。
        11:30:00 call back …0001: queued, ticket (1)
        11:30:01 text to …0001: 【社区服务】有1件来电、短信或待受理工单等人处理,最早的今天10:45到期。
        11:45:01 text to …0001: 【社区服务】有1件来电、短信或待受理工单等人处理,最早的今天10:45到期。
    "#]]
    .assert_eq(&town.heard());
    town.texts("13900000001", "A").at("12:01:00");
    expect![[r#"
        12:00:00 call back …0001: cancelled, ticket (1)
        12:00:00 ticket 260506-003-0001 closed
        12:00:01 text to …0001: 【社区服务】工单260506-003-0001已办结,谢谢您。15天内有问题请回 重办。
        12:00:01 text to …0001: 【社区服务】工单260506-003-0001已办结。谢谢您的帮助,辛苦了。
        12:00:01 text to …0002: 【社区服务】工单260506-003-0001已办结。谢谢您的帮助,辛苦了。
        12:00:01 text to …0001: 【社区服务】工单260506-003-0001的服务您满意吗?回A满意,B基本满意,C不满意。
    "#]]
    .assert_eq(&town.heard());
}

/// One place at a home that is known, in two days: the first who is asked has it, the second says yes a moment later.
fn second_yes() -> Town {
    let mut town = Town::new();
    let from = town.now + HOUR * 50;
    let (_, person) = resident(77, "13700000077");
    town.ledger.people.insert(person.person, person.clone());
    town.opens("ELD-07", "13900000001", |intake| {
        intake.beneficiary = Some(person.person);
        intake.address = person.address.clone();
        intake.known = Some(Box::new(person));
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.at("09:01:00");
    let codes = ["13800000001", "13800000002"].map(|phone| (phone, town.code_of(phone)));
    for (phone, code) in codes {
        town.texts(phone, &format!("{code} 1"));
    }
    town.at("09:02:00");
    town
}

/// The states of everything the second was asked.
fn asked_of_the_second(town: &Town) -> Vec<OfferState> {
    let theirs = town.ledger.offers.values().filter(|offer| offer.volunteer == VolunteerId(10_002));
    theirs.map(|offer| offer.state).collect()
}

/// The first cannot come after all.
fn the_first_gives_it_back(town: &mut Town) {
    town.texts("13800000001", "2").later(MINUTE).texts("13800000001", "2").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::Offering, "{}", town.heard);
}

#[test]
fn with_one_place_the_second_yes_is_too_late_and_stands_by() {
    let mut town = second_yes();
    assert!(town.ledger.work.values().all(|item| item.slots == 1), "one person is enough");
    let bound: Vec<_> = town.ledger.assignments.values().map(|visit| visit.volunteer).collect();
    assert_eq!(bound, [Some(VolunteerId(10_001))], "the first yes has it");
    assert_eq!(asked_of_the_second(&town), [OfferState::TooLate]);
    // For two hours they are asked first when the place comes free, over a restart too.
    town.restarts(MINUTE).later(HOUR + MINUTE * 50);
    the_first_gives_it_back(&mut town);
    assert!(asked_of_the_second(&town).iter().any(|state| state.is_open()), "{}", town.heard);

    let mut town = second_yes();
    town.restarts(MINUTE).later(HOUR * 2);
    the_first_gives_it_back(&mut town);
    assert_eq!(asked_of_the_second(&town), [OfferState::TooLate], "after two hours others are asked");
    assert!(town.ledger.offers.values().any(|offer| offer.state.is_open()));
}

#[test]
fn silence_climbs_from_volunteers_to_staff_to_the_duty_officer_who_presses_1() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").at("09:17:30");
    town.ignores("duty1")
        .at("09:17:31")
        .answers("duty2", "chen")
        .at("09:17:40")
        .presses("chen", "1")
        .at("09:25:00");
    expect![[r#"
        09:00:00 ticket 260506-003-0001 intake
        09:00:00 reply Opened { ticket: TicketId(019dfacc-8280-7118-b0d3-641a68f94a69), number: TicketNumber { day: 260506, station: 3, sequence: 1 } }
        09:00:00 ticket 260506-003-0001 dispatched
        09:00:00 reply Done
        09:00:01 text to …0001: 【社区服务】您的求助已登记,工单号260506-003-0001。查进度回 进度,不需要了回 撤回,有事请致电83720003。
        09:00:01 text to …0003: 【社区服务】待签收 4018:工单260506-003-0001 四方街道 关怀电话未接,须两人同去,请于今天9:20前回4018 1签收并确认两人去;不归贵站办或去不了两人回4018 2加原因;办完回4018 9加结果。
        09:14:01 text to …0002: 【社区服务】待签收 3448:工单260506-003-0001 四方街道 关怀电话未接,须两人同去,请于今天9:20前回3448 1签收并确认两人去;不归贵站办或去不了两人回3448 2加原因;办完回3448 9加结果。
        09:17:00 dial duty1
        09:17:30 dial duty2
        09:17:31 chen hears duty-alarm category-ELD-10 area-370203031 label-take press-1 label-again press-star
        09:17:39 chen hears duty-alarm category-ELD-10 area-370203031 label-take press-1 label-again press-star
        09:17:41 ticket 260506-003-0001 in_progress
        09:17:41 chen hears duty-taken
        09:17:42 text to …0001: 【社区服务】工单260506-003-0001:已由服务站工作人员办理,会与您联系,电话12349。
        09:17:44 hang up chen
    "#]].assert_eq(&town.heard());
}

#[test]
fn a_helper_who_does_not_come_is_replaced() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-07").at("09:01:00");
    town.texts("13800000001", "1").texts("13800000002", "1").at("09:10:00");
    town.heard();
    town.at("09:40:00");
    expect![[r#"
        09:16:01 text to …0001: 【社区服务】邀单 32(今天9-13时)您到了吗?到了回8,晚到回7,不能去回2。
        09:16:01 text to …0002: 【社区服务】邀单 20(今天9-13时)您到了吗?到了回8,晚到回7,不能去回2。
        09:26:00 ticket 260506-003-0001 offering
        09:26:01 text to …0001: 【社区服务】邀单 32 未收到您的回复,已改请他人。如您已在现场请马上回0。
        09:26:01 text to …0002: 【社区服务】邀单 20 未收到您的回复,已改请他人。如您已在现场请马上回0。
        09:26:01 text to …0001: 【社区服务】工单260506-003-0001:原定人员来不了,正在为您另找人,原探访码作废。
        09:26:01 text to …0003: 【社区服务】邀单 52:四方街道 代办代购 今天9-13时 约1小时。回1接2拒,或致电83720003。
        09:26:01 text to …0004: 【社区服务】邀单 36:四方街道 代办代购 今天9-13时 约1小时。回1接2拒,或致电83720003。
    "#]].assert_eq(&town.heard());
}

#[test]
fn a_station_takes_a_task_by_text_and_the_alarm_never_rings() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").at("09:05:00");
    town.heard();
    town.takes("13900000003").at("09:25:00");
    expect![[r#"
        09:05:00 ticket 260506-003-0001 in_progress
        09:05:01 text to …0001: 【社区服务】工单260506-003-0001:已由服务站工作人员办理,会与您联系,电话83720003。
        09:05:01 text to …0003: 【社区服务】4018 已签收,工单260506-003-0001由贵站两人同去。到达回4018 8,办完回4018 9加结果,去不了两人回4018 2。详情见控制台。
        09:20:01 text to …0003: 【社区服务】4018(今天9-11时)您到了吗?到达回4018 8,晚到回4018 7,办不了回4018 2。没有回复将督办。
    "#]].assert_eq(&town.heard());
}

#[test]
fn a_resident_keys_a_wish_and_hears_its_number() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "12349").at("09:00:05");
    expect![[r#"
        09:00:00 answer wang
        09:00:00 wang hears greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
    "#]].assert_eq(&town.heard());
    town.presses("wang", "1").at("09:00:10");
    expect![[r#"
        09:00:06 wang hears which-help category-ELD-02 press-1 category-ELD-05 press-2 category-ELD-01 press-3 category-ELD-07 press-4 category-ELD-08 press-5 label-person press-0
    "#]].assert_eq(&town.heard());
    town.presses("wang", "4").at("09:00:16");
    expect![[r#"
        09:00:11 wang hears label-registered-home press-1 label-other-place press-2 label-person press-0
    "#]]
    .assert_eq(&town.heard());
    town.presses("wang", "1").at("09:00:20").presses("wang", "1").at("09:01:30");
    expect![[r#"
        09:00:17 wang hears may-we-ask label-yes press-1 label-no press-2
        09:00:21 ticket 260506-001-0001 offering
        09:00:21 wang hears registering
        09:00:21 wang hears ticket-number-is 2605060010001 also-by-text label-again press-star
        09:00:22 text to …0001: 【社区服务】您的求助已登记,工单号260506-001-0001。查进度回 进度,不需要了回 撤回,有事请致电12349。
        09:00:22 text to …0001: 【社区服务】邀单 32:四方街道 代办代购 今天9-13时 约1小时。回1接2拒,或致电83720003。
        09:00:22 text to …0002: 【社区服务】邀单 20:四方街道 代办代购 今天9-13时 约1小时。回1接2拒,或致电83720003。
        09:00:30 wang hears goodbye
        09:00:33 hang up wang
    "#]].assert_eq(&town.heard());
}

#[test]
fn who_hangs_up_with_nothing_in_hand_is_owed_a_call() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "12349").at("09:00:04").hangs_up("wang");
    town.at("09:01:00").rings("wang", "13900000001", "12349").at("09:01:10").hangs_up("wang");
    expect![[r#"
        09:00:00 answer wang
        09:00:00 wang hears greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
        09:00:04 call back …0001: queued, abandoned (1)
        09:01:00 answer wang
        09:01:00 wang hears greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
        09:01:10 call back …0001: queued, abandoned (2)
    "#]].assert_eq(&town.heard());
}
