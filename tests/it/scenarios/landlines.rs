//! Helpers without a mobile: asked by a call, told by a call, and left to a person when no call could tell them.

use std::time::Duration;

use expect_test::expect;
use yingda::desk::command::{Command, NumberCommand};
use yingda::domain::actor::Role;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::call::CallPurpose;
use yingda::domain::callback::CallbackReason;
use yingda::domain::ids::{StationId, VolunteerId};
use yingda::domain::offer::OfferState;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::volunteer::Volunteer;

use super::town::{Town, moment, number, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const LANDLINE: &str = "053283710001";

/// One volunteer with a landline and nothing else, and what a registered resident keyed at nine.
fn asked_at(landline: &str, others: &[&str]) -> Town {
    let others = (10_002..).zip(others).map(|(badge, phone)| volunteer(badge, phone));
    let mut town = Town::with(rules(), std::iter::once(volunteer(10_001, landline)).chain(others).collect());
    town.wishes_for_shopping();
    town.heard();
    town
}

impl Town {
    /// Wang keys ELD-07 for the registered home: one helper is enough.
    pub fn wishes_for_shopping(&mut self) -> &mut Self {
        self.rings("wang", "13900000001", "83720003").later(Duration::from_secs(5));
        self.presses("wang", "1411").later(Duration::from_secs(1)).hangs_up("wang")
    }

    fn rung(&self, purpose: CallPurpose) -> usize {
        self.ledger.attempts.values().filter(|attempt| attempt.purpose == purpose).count()
    }
}

#[test]
fn an_offer_to_a_landline_is_a_call_and_the_yes_brings_a_second_one_with_the_code() {
    let mut town = asked_at(LANDLINE, &[]);
    town.answers("83710001", "ana").at("09:00:20").presses("ana", "1").at("09:00:30");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    town.at("09:01:30").answers("83710001", "ana").at("09:01:50").hangs_up("ana").at("09:10:00");
    expect![[r#"
        09:00:10 ana hears helper-call-intro helper-number-is 10001 offer-asks area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
        09:00:21 call back …0001: queued, helper (1)
        09:00:21 ticket 260506-003-0001 in_progress
        09:00:21 ana hears task-accepted-call
        09:00:22 text to …0003: 【社区服务】志愿者10001号接了工单260506-003-0001,没有手机。请尽快打电话告知地址和姓名,号码见回电列表。
        09:00:22 text to …0001: 【社区服务】工单260506-003-0001:今天9-13时,志愿者10001号上门。请先核对探访码4114再开门。服务不收钱,不要给银行卡。要付的钱不经志愿者的手。密码不要告诉任何人。
        09:00:24 hang up ana
        09:01:21 dial …0001
        09:01:30 ana hears helper-call-intro helper-number-is 10001 task-is category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 visit-code-is 4114 task-code-is 32 details-by-person label-connect press-3 label-again press-star label-person press-0
        09:01:43 ana hears goodbye
        09:01:46 hang up ana
    "#]].assert_eq(&town.heard());
    let owed = town.ledger.callbacks.values().find(|r| r.number == number(LANDLINE)).unwrap();
    assert_eq!(owed.reason, CallbackReason::Helper, "a person tells address and name");
    let visit = town.ledger.assignments.values().next().unwrap();
    assert_eq!((visit.state, visit.ring), (AssignmentState::Accepted, None));
}

#[test]
fn silence_on_the_telephone_is_neither_yes_nor_no_and_the_offer_expires_by_its_wave() {
    let mut town = asked_at(LANDLINE, &[]);
    town.answers("83710001", "somebody").at("09:02:00");
    let offer = |town: &Town| town.ledger.offers.values().next().unwrap().clone();
    assert_eq!(offer(&town).state, OfferState::Sent, "listened to, not answered");
    town.at("09:06:00").ignores("83710001").at("10:59:00");
    assert_eq!(town.rung(CallPurpose::Offer), 2, "once more, and no oftener");
    assert!(offer(&town).state.is_open());
    town.at("11:02:00");
    assert_eq!(offer(&town).state, OfferState::Expired, "silence is not a no");
}

#[test]
fn a_no_on_the_telephone_asks_the_next_and_a_wrong_number_says_nothing() {
    let mut town = asked_at(LANDLINE, &["053283710002"]);
    town.answers("83710001", "ana").at("09:00:20").presses("ana", "2").at("09:01:00");
    let states: Vec<_> = town.ledger.offers.values().map(|o| (o.volunteer.0, o.state)).collect();
    assert!(states.contains(&(10_001, OfferState::Declined)), "{states:?}");
    town.answers("83710002", "stranger").at("09:01:10").presses("stranger", "9").at("09:02:00");
    let other = town.ledger.offers.values().find(|o| o.volunteer == VolunteerId(10_002)).unwrap();
    assert!(other.state.is_open(), "who is not the volunteer answers nothing");
}

#[test]
fn the_first_yes_wins_whether_it_was_texted_or_keyed() {
    let mut town = asked_at(LANDLINE, &["13800000002"]);
    town.answers("83710001", "ana").at("09:00:20").texts("13800000002", "1").at("09:00:22");
    town.presses("ana", "1").at("09:00:40");
    expect![[r#"
        09:00:10 ana hears helper-call-intro helper-number-is 10001 offer-asks area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
        09:00:20 ticket 260506-003-0001 in_progress
        09:00:21 text to …0002: 【社区服务】邀单 44 由您办理(工单260506-003-0001):代办代购 今天9-13时,商城路1号2单元301,王奶奶。探访码1942,到门口请报志愿者号和探访码。联系居民请致电83720003转接。到达回8,晚到回7,办完回9。不收钱。不拿银行卡。
        09:00:21 text to …0001: 【社区服务】工单260506-003-0001:今天9-13时,志愿者10002号上门。请先核对探访码1942再开门。服务不收钱,不要给银行卡。要付的钱不经志愿者的手。密码不要告诉任何人。
        09:00:23 ana hears offer-asks area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
        09:00:23 ana hears task-too-late
        09:00:26 hang up ana
    "#]].assert_eq(&town.heard());
    let bound: Vec<_> = town.ledger.assignments.values().map(|a| a.volunteer).collect();
    assert_eq!(bound, [Some(VolunteerId(10_002))]);
}

#[test]
fn a_landline_is_rung_no_oftener_than_three_times_a_day_and_somebody_else_is_asked() {
    let mut town = asked_at(LANDLINE, &[]);
    town.at("09:00:30").ignores("83710001").at("09:05:00").ignores("83710001").at("09:10:00");
    town.restarts(MINUTE).opens_by_hand("ELD-07");
    town.later(MINUTE).ignores("83710001").later(MINUTE * 10);
    assert_eq!(town.rung(CallPurpose::Offer), 3, "those before the restart count");
    let failed = town.ledger.offers.values().filter(|o| o.state == OfferState::Failed).count();
    assert_eq!(failed, 0, "the second offer was heard of by its one call");
    town.opens_by_hand("ELD-07").later(MINUTE * 10);
    assert_eq!(town.rung(CallPurpose::Offer), 3);
    assert!(town.ledger.offers.values().any(|o| o.state == OfferState::Failed));
}

#[test]
fn a_landline_is_not_rung_at_night_but_for_urgent_help_its_owner_agreed_to() {
    let people = |consent| vec![Volunteer { night_consent: consent, ..volunteer(10_001, LANDLINE) }];
    let mut town = Town::with(rules(), people(true));
    town.at("20:57:00").wishes_for_shopping().later(Duration::from_secs(40)).ignores("83710001");
    town.later(HOUR * 10);
    assert_eq!(town.rung(CallPurpose::Offer), 1, "the second try would have been after nine");
    for (consent, rung) in [(true, true), (false, false)] {
        let mut town = Town::with(rules(), people(consent));
        town.at("22:00:00").opens_by_hand("EMG-02").later(MINUTE);
        assert_eq!(town.rung(CallPurpose::Offer) > 0, rung, "consent {consent}");
    }
}

#[test]
fn a_call_broken_by_a_restart_is_followed_by_the_next_try() {
    let mut town = asked_at(LANDLINE, &[]);
    town.at("09:00:20").restarts(Duration::from_secs(5)).at("09:06:00");
    assert_eq!(town.rung(CallPurpose::Offer), 2);
    town.answers("83710001", "ana").later(MINUTE / 6).presses("ana", "1").later(MINUTE);
    assert_eq!(town.ticket().state, TicketState::InProgress);
}

#[test]
fn a_booked_helper_without_a_mobile_is_reminded_by_call_and_confirms_by_key() {
    let mut town = Town::with(rules(), vec![volunteer(10_001, LANDLINE), volunteer(10_002, "13800000002")]);
    let from = town.now + HOUR * 50;
    town.opens("ELD-07", "13900000001", |intake| {
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.at("09:00:10").answers("83710001", "ana").later(MINUTE / 6).presses("ana", "1");
    town.texts("13800000002", "1").later(MINUTE * 2).answers("83710001", "ana").later(MINUTE);
    town.heard();
    town.later(HOUR * 26).answers("83710001", "ana").later(MINUTE / 6).presses("ana", "1").later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("ana hears helper-call-intro helper-number-is 10001 reminder-call"), "{heard}");
    let visit = |town: &Town, badge| {
        town.ledger.assignments.values().find(|a| a.volunteer == Some(VolunteerId(badge))).unwrap().clone()
    };
    assert!(visit(&town, 10_001).confirmed_at.is_some());
    town.texts("13800000002", "1").later(HOUR * 22);
    assert_eq!(visit(&town, 10_001).state, AssignmentState::Booked, "both confirmed, and both are kept");
    assert_eq!(visit(&town, 10_002).state, AssignmentState::Booked);
}

#[test]
fn a_helper_without_a_mobile_is_rung_when_the_task_is_called_off() {
    let mut town = asked_at(LANDLINE, &[]);
    town.answers("83710001", "ana").at("09:00:20").presses("ana", "1").at("09:01:30");
    town.answers("83710001", "ana").at("09:02:30").hangs_up("ana").at("09:05:00");
    town.texts("13900000001", "撤回").at("09:05:01").heard();
    town.answers("83710001", "ana").at("09:06:00");
    assert_eq!(town.ticket().state, TicketState::Closed);
    expect![[r#"
        09:05:01 ana hears helper-call-intro helper-number-is 10001 called-off-call area-370203031 category-ELD-07 today day-part-morning hour-9 and day-part-afternoon hour-1 label-again press-star
        09:05:14 ana hears goodbye
        09:05:17 hang up ana
    "#]].assert_eq(&town.heard());
}

#[test]
fn who_has_no_mobile_says_here_from_the_residents_telephone() {
    let mut town = asked_at(LANDLINE, &[]);
    let code = town.code_of(LANDLINE);
    town.answers("83710001", "ana").at("09:00:20").presses("ana", "1").at("09:02:00");
    town.at("09:05:00").heard();
    town.rings("ana2", "053283719999", "83720003").later(MINUTE / 6);
    town.presses("ana2", "7").later(MINUTE / 6).presses("ana2", &format!("10001{code}"));
    town.later(MINUTE / 6).presses("ana2", "8").later(MINUTE / 2);
    let visit = town.ledger.assignments.values().next().unwrap();
    assert_eq!(visit.state, AssignmentState::OnSite, "{}", town.heard);
}

/// An operator of the district notes that somebody dangerous is near Ana's telephone.
fn danger(town: &mut Town, safe: Option<Window>) {
    let what = NumberCommand::Danger { near: true, safe, note: "施害人在身边".into() };
    let command = Command::Number { number: number(LANDLINE), station: StationId(3), what };
    town.asks(Role::Operator, command);
}

#[test]
fn a_helpers_telephone_near_danger_is_rung_by_no_machine_but_in_its_safe_time() {
    let helpers = [volunteer(10_001, LANDLINE), volunteer(10_002, "13800000002")];
    let mut town = Town::with(rules(), helpers.into());
    danger(&mut town, None);
    town.wishes_for_shopping().at("09:05:00");
    assert_eq!(town.rung(CallPurpose::Offer), 0);
    let hers = town.ledger.offers.values().find(|offer| offer.phone == number(LANDLINE)).unwrap();
    assert_eq!(hers.state, OfferState::Failed, "as if it could not be delivered");
    // What she took on before it was noted.
    let mut town = asked_at(LANDLINE, &[]);
    town.answers("83710001", "ana").at("09:00:20").presses("ana", "1").at("09:00:30");
    let safe = Window { from: moment("10:00:00"), until: moment("10:30:00") };
    danger(&mut town, Some(safe));
    town.at("09:59:59");
    assert_eq!(town.rung(CallPurpose::Helper), 0);
    town.at("10:00:01");
    assert_eq!(town.rung(CallPurpose::Helper), 1, "then it is safe");
}
