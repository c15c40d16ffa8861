//! Duty telephones by call: a landline hears its tasks, takes them and gives them back by key; a mobile is rung where somebody
//! at a door is not heard of (SAF-5).

use std::time::Duration;

use expect_test::expect;
use yingda::desk::command::TicketCommand as T;
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::desk::rules::Rules;
use yingda::domain::actor::Role;
use yingda::domain::assignment::AssignmentState;
use yingda::domain::call::CallPurpose;
use yingda::domain::callback::{CallbackReason, CallbackRequest};
use yingda::domain::ids::StationId;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{SuspendReason, TicketState, Window};

use super::town::{Town, moment, number, rules};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const STREET_LANDLINE: &str = "053283730002";
const COMMITTEE_LANDLINE: &str = "053283730003";

impl Town {
    /// A station's notices go to another telephone, or to none.
    fn is_told_at(&mut self, station: i64, phone: Option<&str>) -> &mut Self {
        let known = self.ledger.stations.iter_mut().find(|it| it.id == StationId(station)).unwrap();
        known.notice_phone = phone.map(number);
        let known = known.clone();
        self.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(known))));
        self
    }

    fn rung_at(&self, phone: &str) -> usize {
        let target = number(phone);
        let theirs = |it: &&yingda::domain::call::CallAttempt| {
            it.purpose == CallPurpose::Station && it.target == target.as_str()
        };
        self.ledger.attempts.values().filter(theirs).count()
    }

    fn owed_at(&self, phone: &str) -> Option<&CallbackRequest> {
        self.ledger.callbacks.values().find(|it| it.number == number(phone) && it.state.is_open())
    }
}

/// The street has a landline, and is told of a request for relief.
fn told(rules: Rules) -> Town {
    let mut town = Town::with(rules, vec![]);
    town.is_told_at(2, Some(STREET_LANDLINE));
    town.opens("POV-01", "13912345678", |_| {}).later(MINUTE / 2);
    town
}

#[test]
fn a_stations_landline_is_rung_hears_the_task_and_takes_it_by_key() {
    for rules in [rules(), Rules { policy: Policy::default(), ..rules() }] {
        let mut town = told(rules);
        town.heard();
        town.answers("83730002", "li").later(MINUTE / 6).presses("li", "1").later(MINUTE / 6);
        expect![[r#"
            09:00:30 li hears staff-call-intro staff-task-call area-370203031 category-POV-01 label-accept press-1 label-decline press-2 label-again press-star label-person press-0 label-wrong-number press-9
            09:00:41 ticket 260506-003-0001 in_progress
            09:00:41 li hears duty-taken
            09:00:44 hang up li
        "#]].assert_eq(&lines_of(&town.heard(), &["li", "in_progress"]));
        assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::InProgress, StationId(2)));
        town.later(MINUTE * 20);
        assert_eq!(town.rung_at(STREET_LANDLINE), 1, "once it is taken nobody rings for it");
        assert!(town.owed_at(STREET_LANDLINE).is_none());
    }
}

#[test]
fn a_stations_landline_gives_the_task_back_by_key() {
    let mut town = told(rules());
    town.answers("83730002", "li").later(MINUTE / 6).presses("li", "2").later(MINUTE / 6);
    assert_eq!((town.ticket().state, town.ticket().owner), (TicketState::Dispatched, StationId(1)));
}

#[test]
fn a_landline_that_nobody_answers_is_rung_twice_and_is_then_a_persons_to_ring_at_the_station_above() {
    let mut town = told(rules());
    town.ignores("83730002").later(MINUTE * 2).restarts(MINUTE).later(MINUTE).ignores("83730002");
    town.later(MINUTE * 10);
    assert_eq!(town.rung_at(STREET_LANDLINE), 2);
    let owed = town.owed_at(STREET_LANDLINE).expect("a person rings");
    assert_eq!((owed.reason, owed.station), (CallbackReason::Station, StationId(1)));
    assert_eq!(town.ticket().state, TicketState::Dispatched);
}

#[test]
fn a_landline_is_rung_by_machines_no_oftener_than_three_times_a_day_but_for_life_or_safety() {
    let mut town = told(rules());
    town.ignores("83730002").later(MINUTE * 4).ignores("83730002").later(MINUTE * 4);
    town.opens("POV-01", "13912345681", |_| {}).later(MINUTE).ignores("83730002").later(MINUTE * 30);
    assert_eq!(town.rung_at(STREET_LANDLINE), 3);
    assert!(town.owed_at(STREET_LANDLINE).is_some());
    town.is_told_at(3, Some(STREET_LANDLINE)).opens_by_hand("EMG-01").later(MINUTE);
    assert_eq!(town.rung_at(STREET_LANDLINE), 4, "{}", town.heard);
}

#[test]
fn at_night_a_landline_is_rung_for_what_is_urgent_and_else_in_the_morning() {
    for (category, rung) in [("EMG-01", true), ("ELD-09", false)] {
        let mut town = Town::with(rules(), vec![]);
        town.is_told_at(3, Some(COMMITTEE_LANDLINE)).at("22:00:00");
        town.opens(category, "13912345678", |intake| {
            let from = moment("10:00:00") + HOUR * 24;
            intake.window = (!rung).then_some(Window { from, until: from + HOUR });
        });
        town.later(MINUTE);
        assert_eq!(town.rung_at(COMMITTEE_LANDLINE) > 0, rung, "{category}");
        if !rung {
            town.until(moment("08:01:00") + HOUR * 24);
            assert_eq!(town.rung_at(COMMITTEE_LANDLINE), 1, "{category}");
        }
    }
}

#[test]
fn where_two_have_to_go_the_call_says_so_and_so_does_a_duty_telephone_that_rings_in() {
    let mut town = Town::with(rules(), vec![]);
    town.is_told_at(3, Some(COMMITTEE_LANDLINE)).opens_by_hand("ELD-10").later(MINUTE / 2).heard();
    town.answers("83730003", "zhao").later(MINUTE / 6);
    let heard = town.heard();
    assert!(
        heard.contains("staff-task-call area-370203031 category-ELD-10")
            && heard.contains("two-go label-accept"),
        "{heard}"
    );
    town.hangs_up("zhao");
    // The mobile of the station above, told a tier up, hears the same when it rings in.
    let mut town = Town::with(rules(), vec![]);
    town.opens_by_hand("ELD-10").later(MINUTE).heard();
    town.rings("duty", "13900000003", "83720003").later(MINUTE / 6).presses("duty", "1").later(MINUTE / 6);
    let heard = town.heard();
    assert!(heard.contains("two-go label-accept press-1"), "{heard}");
}

/// The committee's staff are at a door since 09:35, until half past ten as planned.
fn at_the_door(phone: Option<&str>) -> Town {
    let shipped = Rules { policy: Policy::default(), ..rules() };
    let mut town = Town::with(shipped, vec![]);
    if let Some(phone) = phone {
        town.is_told_at(3, Some(phone));
    }
    let from = moment("09:30:00");
    town.opens("ELD-09", "13912345678", |intake| {
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.at("09:01:00");
    match phone {
        Some(_) => {
            town.answers("83730003", "zhao").later(MINUTE / 6).presses("zhao", "1").at("09:35:00");
            town.rings("in", COMMITTEE_LANDLINE, "83720003").later(MINUTE / 6).presses("in", "1");
            town.later(MINUTE / 6).presses("in", "8").at("09:36:00");
        }
        None => {
            town.takes("13900000003").at("09:35:00");
            let code = town.task_code("13900000003");
            town.texts("13900000003", &format!("{code} 8")).at("09:36:00");
        }
    }
    let there = town.ledger.assignments.values().any(|visit| visit.state == AssignmentState::OnSite);
    assert!(there, "{}", town.heard);
    town.heard();
    town
}

#[test]
fn a_mobile_that_does_not_answer_the_text_is_rung_with_words_of_its_own_and_a_1_says_all_is_well() {
    let mut town = at_the_door(None);
    town.at("10:50:10").heard();
    town.answers("00000003", "zhao").later(MINUTE / 6).presses("zhao", "1").later(MINUTE / 6);
    expect![[r#"
        10:50:10 zhao hears staff-call-intro staff-well-call label-well press-1 label-need-help press-2 label-again press-star
        10:50:21 zhao hears noted-thanks
        10:50:24 hang up zhao
    "#]].assert_eq(&lines_of(&town.heard(), &["zhao"]));
    town.at("11:10:00");
    let heard = town.heard();
    assert!(!heard.contains("没有回音") && !heard.contains("duty1"), "{heard}");
}

#[test]
fn staff_at_a_door_are_asked_after_while_the_ticket_is_suspended_too() {
    let mut town = at_the_door(None);
    let until = moment("10:00:00") + HOUR * 24;
    let what = T::Suspend { reason: SuspendReason::Weather, resume_at: until };
    town.does(901, Role::Handler, what).at("10:45:30").heard();
    assert_eq!(town.ticket().state, TicketState::Suspended, "{}", town.heard);
    town.at("10:50:10").answers("00000003", "zhao").later(MINUTE / 6);
    let heard = town.heard();
    assert!(heard.contains("zhao hears staff-call-intro staff-well-call"), "{heard}");
}

#[test]
fn who_says_on_the_telephone_that_their_colleague_needs_help_is_joined_to_everybody_and_the_district_is_rung()
{
    let mut town = at_the_door(None);
    town.at("10:50:10").heard();
    town.answers("00000003", "zhao").later(MINUTE / 6).presses("zhao", "2").later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("zhao hears help-is-coming"), "{heard}");
    assert!(heard.contains("上门办理的工作人员没有回音或求助"), "{heard}");
    assert_eq!(town.lines("visit.needs_help").len(), 1);
    town.later(MINUTE * 2);
    assert!(town.ticket().progress.alarm.is_some());
    assert_eq!(town.ticket().supervision, 2);
}

#[test]
fn a_landline_is_asked_after_its_colleague_and_a_station_that_is_to_look_for_them_is_rung() {
    let mut town = at_the_door(Some(COMMITTEE_LANDLINE));
    town.at("10:46:00").heard();
    town.answers("83730003", "zhao").later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("zhao hears staff-call-intro staff-well-call label-well press-1"), "{heard}");
    // Nobody presses a key: it is asked again, and then looked for.
    town.at("10:52:00").ignores("83730003").at("10:56:30").ignores("83730003").at("10:57:00");
    let silent =
        town.ledger.attempts.values().filter(|it| it.target == number(COMMITTEE_LANDLINE).as_str()).count();
    assert!(silent >= 4, "no cap of a day holds it back: {silent}");
}

#[test]
fn what_is_somebody_elses_is_said_to_the_landline_that_was_at_it() {
    let mut town = told(rules());
    town.answers("83730002", "li").later(MINUTE / 6).presses("li", "1").later(MINUTE).heard();
    town.does(
        905,
        yingda::domain::actor::Role::Dispatcher,
        yingda::desk::command::TicketCommand::Reassign { station: StationId(1), reason: "改派".into() },
    );
    town.later(MINUTE).takes("13900000001").later(MINUTE).heard();
    town.answers("83730002", "li").later(MINUTE / 6);
    let heard = town.heard();
    assert!(heard.contains("li hears staff-call-intro called-off-call"), "{heard}");
}

/// The lines that say one of these.
fn lines_of(heard: &str, words: &[&str]) -> String {
    let says = |line: &&str| words.iter().any(|word| line.contains(word)) && !line.contains("text to");
    heard.lines().filter(says).map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_waits_for_a_person_at_a_station_with_a_landline_is_told_to_the_next_mobile_above() {
    let mut town = Town::with(rules(), vec![]);
    town.is_told_at(3, Some(COMMITTEE_LANDLINE)).is_told_at(2, Some(STREET_LANDLINE));
    town.opens("ELD-07", "13912345678", |intake| {
        // What is asked for is not known yet: a draft, which waits for a person.
        intake.category = None;
    });
    town.later(MINUTE * 20);
    let heard = town.heard();
    assert!(heard.contains("text to …0001: 【社区服务】有1件来电、短信或待受理工单等人处理"), "{heard}");
}
