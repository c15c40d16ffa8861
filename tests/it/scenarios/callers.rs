//! Callers: who is owed a call, how often, and what an emergency key does.

use std::time::Duration;

use expect_test::expect;
use yingda::desk::event::{DeskEvent, PhoneEvent, RecordChange};
use yingda::desk::write::Write;
use yingda::domain::call::{CallResult, CallerTrust};
use yingda::domain::callback::CallbackState;
use yingda::domain::ids::{CallId, PersonId, StationId, VolunteerId};
use yingda::domain::person::Known;
use yingda::domain::recording::{Recording, RecordingPurpose};
use yingda::domain::station::{Front, Station};
use yingda::domain::ticket::PlaceBasis;
use yingda::domain::urgency::{Tier, Urgency};

use super::town::{COMMITTEE, STREET, Town, area, number, rules, station, volunteer};

const SECOND: Duration = Duration::from_secs(1);

impl Town {
    /// Somebody rings and every line is taken.
    pub fn cannot_get_through(&mut self, from: &str, dialled: &str) -> &mut Self {
        let lost = PhoneEvent::CallLost { number: Some(number(from)), dialled: dialled.to_owned() };
        self.tell(DeskEvent::Phone(lost));
        self
    }

    /// Somebody rings and withholds their number.
    pub fn rings_withheld(&mut self, name: &str, dialled: &str) -> &mut Self {
        let call: CallId = self.chance.mint(self.now);
        self.names.insert(name.to_owned(), call);
        self.tell(DeskEvent::Phone(PhoneEvent::CallArrived {
            call,
            number: None,
            trust: CallerTrust::Unverified,
            dialled: dialled.to_owned(),
            known: Known::default(),
        }));
        self
    }
}

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
        09:01:12 text to …0003: 【社区服务】待签收 4730:工单260506-003-0001 四方街道 突发疾病/跌倒,须两人同去,请于今天9:04前回4730 1签收并确认两人去;不归贵站办或去不了两人回4730 2加原因;办完回4730 9加结果。
        09:01:12 text to …0001: 【社区服务】待签收 4989:工单260506-003-0001 四方街道 突发疾病/跌倒,须两人同去,请于今天9:04前回4989 1签收并确认两人去;不归贵站办或去不了两人回4989 2加原因;办完回4989 9加结果。
        09:01:12 text to …0002: 【社区服务】待签收 5433:工单260506-003-0001 四方街道 突发疾病/跌倒,须两人同去,请于今天9:04前回5433 1签收并确认两人去;不归贵站办或去不了两人回5433 2加原因;办完回5433 9加结果。
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

#[test]
fn an_emergency_begins_with_the_registered_home_marked_as_not_confirmed() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "12349").at("09:00:02").presses("wang", "9").at("09:01:10");
    town.presses("wang", "#").at("09:01:40");
    let ticket = town.ticket();
    assert_eq!(ticket.place_basis, PlaceBasis::Registered);
    assert_eq!(ticket.area, Some(area(COMMITTEE)));
    assert_eq!(ticket.address.as_deref(), Some("商城路1号2单元301"));
    assert_eq!(ticket.beneficiary, Some(PersonId(1)));
    let heard = town.heard();
    assert!(heard.contains("text to …0003: 【社区服务】待签收 "), "{heard}");
    assert!(!heard.contains("wang hears area"), "the caller is told no address: {heard}");
    town.answers("duty1", "chen").later(SECOND);
    let heard = town.heard();
    assert!(heard.contains(&format!("chen hears duty-alarm category-EMG-01 area-{STREET}")), "{heard}");
}

#[test]
fn an_emergency_of_an_unknown_number_has_the_area_of_the_number_that_was_dialled() {
    let mut town = Town::new();
    town.rings("li", "13900000009", "83720003").at("09:00:02").presses("li", "9").at("09:01:10");
    town.presses("li", "#").at("09:01:40");
    assert_eq!(town.ticket().place_basis, PlaceBasis::Dialled);
    assert_eq!(town.ticket().area, Some(area(COMMITTEE)));
    assert_eq!(town.ticket().address, None);
    town.rings("zhao", "13900000008", "12349").at("09:02:02").presses("zhao", "9").at("09:03:10");
    town.presses("zhao", "#").at("09:03:40");
    assert_eq!((town.ticket().place_basis, town.ticket().area.clone()), (PlaceBasis::Told, None));
}

#[test]
fn a_server_that_stops_during_an_emergency_rings_back_at_once_when_it_is_up() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:00:10");
    assert!(town.ledger.calls.values().any(|call| call.emergency_at.is_some()), "it is written at once");
    town.heard();
    town.restarts(SECOND * 20).later(SECOND);
    let heard = town.heard();
    assert!(heard.contains("call back …0001: dialing, interrupted (1)"), "{heard}");
    assert!(heard.contains("dial …0001"), "{heard}");
    assert!(town.ledger.callbacks.values().all(|request| request.urgent));
    town.answers("0001", "wang").at("09:00:40");
    assert!(town.heard().contains("wang hears emergency-back"));
}

#[test]
fn a_recorded_emergency_is_rung_back_although_the_server_stopped_before_its_caller_hung_up() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:01:10");
    town.presses("wang", "#").later(SECOND).heard();
    assert_eq!(town.ticket().urgency, Urgency::P1);
    town.restarts(SECOND * 20).later(SECOND);
    let heard = town.heard();
    assert!(heard.contains("call back …0001: dialing, requested (1)"), "{heard}");
    let request = town.ledger.callbacks.values().next().expect("the caller is rung back");
    assert_eq!(request.ticket, Some(town.ticket().id));
}

#[test]
fn who_is_rung_back_about_an_emergency_hears_no_menu_and_is_rung_until_somebody_talked() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:00:10");
    town.hangs_up("wang").heard();
    town.answers("0001", "wang").at("09:02:00");
    let heard = town.heard();
    assert!(heard.contains("wang hears emergency-back"), "{heard}");
    assert!(heard.contains("dial duty1"), "everybody is rung for them: {heard}");
    assert!(heard.contains("wang hears emergency-told goodbye"), "{heard}");
    assert!(!heard.contains("label-elderly"), "no menu: {heard}");
    let request = town.ledger.callbacks.values().next().expect("the request stands");
    assert!(request.state.is_open(), "nobody has talked to them");
}

#[test]
fn a_call_back_about_a_ticket_that_nobody_answers_is_not_done() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:01:10");
    town.presses("wang", "#").at("09:01:20").ignores("0001");
    let request = town.ledger.callbacks.values().next().expect("the caller is rung back");
    assert_eq!(request.state, CallbackState::RetryWait);
}

#[test]
fn an_emergency_of_a_withheld_number_can_be_rung_back_once_it_is_keyed() {
    let mut town = Town::new();
    town.rings_withheld("nobody", "83720003").at("09:00:02").presses("nobody", "9").at("09:01:10");
    town.presses("nobody", "#").at("09:01:15").presses("nobody", "83721234#").at("09:01:40");
    let heard = town.heard();
    assert!(heard.contains("nobody hears ask-number"), "{heard}");
    assert!(heard.contains("nobody hears emergency-noted goodbye"), "{heard}");
    assert_eq!(town.ticket().caller, Some(number("83721234")));
    let request = town.ledger.callbacks.values().next().expect("the keyed number is owed a call");
    assert!(request.urgent && request.by_person_only, "anybody could have keyed it: a person rings");
    assert!(heard.contains("text to …0003: 【社区服务】有1件"), "they are told at once: {heard}");
}

#[test]
fn a_keyed_number_that_is_none_is_asked_for_again_and_nothing_is_promised_without_one() {
    let mut town = Town::new();
    town.rings_withheld("nobody", "83720003").at("09:00:02").presses("nobody", "0").at("09:00:05");
    town.presses("nobody", "0000000#").at("09:00:20").presses("nobody", "0000000#").at("09:00:50");
    let heard = town.heard();
    assert!(heard.contains("nobody hears number-wrong ask-number"), "{heard}");
    assert!(heard.contains("nobody hears no-number goodbye"), "{heard}");
    assert_eq!(town.result_of("nobody"), Some(CallResult::LostAnonymous));
    assert!(town.ledger.callbacks.is_empty());
}

#[test]
fn a_number_spelled_by_another_trunk_reaches_its_station_and_an_unknown_one_the_district() {
    let mut town = Town::new();
    for (name, dialled, station) in
        [("a", "+8653283720003", 3), ("b", "053212349", 1), ("c", "83720002", 2), ("d", "99999999", 1)]
    {
        town.rings(name, "13900000009", dialled).later(SECOND);
        let call = town.ledger.calls.values().max_by_key(|call| call.started_at).expect("it was taken in");
        assert_eq!(call.station, StationId(station), "{dialled}");
        town.hangs_up(name).later(SECOND);
    }
    let unknown =
        |write: &Write| matches!(write, Write::Event(line) if line.detail["unknown_number"] == true);
    assert_eq!(town.rows.iter().filter(|write| unknown(write)).count(), 1, "history notes it");
}

#[test]
fn a_station_of_people_with_nobody_to_ring_greets_before_its_menu() {
    let mut town = Town::new();
    let people_first = Station { front: Front::Person, ..station(3, Tier::Committee, COMMITTEE, Some(2)) };
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(people_first))));
    town.rings("wang", "13900000001", "83720003").at("09:00:10");
    expect![[r#"
        09:00:00 answer wang
        09:00:00 wang hears greeting recording-notice connecting
        09:00:03 wang hears label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
    "#]].assert_eq(&town.heard());
}

#[test]
fn volunteers_who_share_a_number_hear_the_tasks_of_all() {
    let both = vec![volunteer(10_001, "13800000001"), volunteer(10_002, "13800000001")];
    let mut town = Town::with(super::town::rules(), both);
    town.opens_by_hand("ELD-07").at("09:01:00").rings("ana", "13800000001", "12349").at("09:01:10");
    town.presses("ana", "1").at("09:01:15").presses("ana", "1").at("09:02:00");
    town.rings("ben", "13800000001", "12349").at("09:02:10").presses("ben", "1").at("09:02:20");
    // The first is taken already; 4 is the next.
    town.presses("ben", "41").at("09:03:00");
    let mut who: Vec<_> = town.ledger.assignments.values().filter_map(|visit| visit.volunteer).collect();
    who.sort();
    who.dedup();
    assert_eq!(who, [VolunteerId(10_001), VolunteerId(10_002)]);
}

#[test]
fn a_call_back_keeps_the_help_that_was_chosen() {
    let mut town = Town::new();
    town.rings("li", "13900000009", "12349").at("09:00:05").presses("li", "11").at("09:00:10").hangs_up("li");
    let request = town.ledger.callbacks.values().next().expect("li is owed a call");
    assert_eq!(request.category.as_ref().map(|code| code.as_str()), Some("ELD-02"));
}

#[test]
fn a_voicemail_takes_no_emergency_and_the_others_ring_on_until_somebody_presses_one() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:00:05").heard();
    town.answers("duty1", "mailbox")
        .at("09:00:15")
        .answers("duty2", "chen")
        .at("09:00:18")
        .presses("chen", "1");
    expect![[r#"
        09:00:05 mailbox hears emergency-call area-370203031 label-take-call press-1 label-bring-in press-9
        09:00:06 wang hears hold-music
        09:00:13 mailbox hears emergency-call area-370203031 label-take-call press-1 label-bring-in press-9
        09:00:15 chen hears emergency-call area-370203031 label-take-call press-1 label-bring-in press-9
        09:00:19 hang up mailbox
        09:00:19 join wang and chen
        09:00:19 record wang
    "#]]
    .assert_eq(&town.heard());
    let call = town.ledger.calls.values().find(|call| call.emergency_at.is_some()).expect("wang's call");
    assert!(call.talked_at.is_some());
}

#[test]
fn whoever_took_an_emergency_brings_in_the_ambulance_by_one_key_and_may_leave() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:00:05");
    town.answers("duty2", "chen").presses("chen", "1").heard();
    town.presses("chen", "99").answers("120", "ambulance").later(SECOND).hangs_up("chen").later(SECOND);
    town.hangs_up("ambulance");
    expect![[r#"
        09:00:07 dial …120
        09:00:08 join ambulance with wang
        09:00:10 hang up wang
    "#]]
    .assert_eq(&town.heard());
}

#[test]
fn an_ambulance_that_does_not_answer_is_told_to_whoever_asked_for_it() {
    let mut town = Town::new();
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "9").at("09:00:05");
    town.answers("duty2", "chen").presses("chen", "19").heard();
    town.ignores("120").later(SECOND).presses("chen", "9");
    expect![[r#"
        09:00:07 chen hears bring-in-failed
        09:00:09 dial …120
    "#]]
    .assert_eq(&town.heard());
}

#[test]
fn a_talk_with_a_person_is_recorded_unless_the_caller_refused() {
    let mut town = Town::new();
    let ring = vec!["sip:li@127.0.0.1".to_owned()];
    let staffed = Station { ring, ..station(3, Tier::Committee, COMMITTEE, Some(2)) };
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(staffed))));
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "0").answers("li", "li");
    assert!(town.heard().ends_with("join wang and li\n09:00:03 record wang\n"));
    let talks = |town: &Town| {
        let talk = |row: &&Recording| row.purpose == RecordingPurpose::Conversation;
        town.ledger.recordings.values().filter(talk).count()
    };
    assert_eq!(talks(&town), 1);
    town.hangs_up("wang").later(SECOND);
    town.rings("zhao", "13900000008", "83720003")
        .later(SECOND)
        .presses("zhao", "#")
        .answers("li", "li again");
    assert!(town.heard().ends_with("join zhao and li again\n"), "nothing is recorded of who refused");
    assert_eq!(talks(&town), 1);
}

#[test]
fn one_caller_more_than_the_lines_hears_so_and_is_owed_a_call() {
    let mut rules = super::town::rules();
    rules.policy.calls.most_at_once = 1;
    let mut town = Town::with(rules, vec![]);
    town.rings("wang", "13900000001", "12349").later(SECOND).heard();
    town.rings("li", "13900000009", "12349").later(SECOND * 10);
    expect![[r#"
        09:00:01 call back …0009: queued, nobody_free (1)
        09:00:01 answer li
        09:00:01 li hears line-full goodbye
        09:00:04 hang up li
    "#]]
    .assert_eq(&town.heard());
    assert_eq!(town.result_of("li"), Some(CallResult::Callback));
}

#[test]
fn without_an_sms_centre_nobody_is_promised_a_text() {
    for (texts, promised) in [(true, true), (false, false)] {
        let rules = yingda::desk::rules::Rules { texts, ..rules() };
        let mut town = Town::with(rules, vec![volunteer(10_001, "13800000001")]);
        town.rings("wang", "13900000001", "12349").at("09:00:10").presses("wang", "1111").at("09:00:40");
        let heard = town.heard();
        assert!(heard.contains("wang hears ticket-number-is"), "{heard}");
        assert_eq!(heard.contains("also-by-text"), promised, "{heard}");
    }
}
