//! Whoever a station or an institution sends: called to mind, asked whether they are there, supervised when nobody says
//! so, looked after at the door. The same by text to the duty telephone and at the console.

use std::time::Duration;

use expect_test::expect;
use yingda::desk::command::{Command, TicketCommand as T};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::assignment::{Assignment, AssignmentState};
use yingda::domain::clocks::ClockKind;
use yingda::domain::policy::Policy;
use yingda::domain::ticket::{TicketState, Window};

use super::institutions::institution;
use super::town::{COMMITTEE, Town, resident, rules};

const COMMITTEE_PHONE: &str = "13900000003";
const INSTITUTION_PHONE: &str = "13700000001";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// The committee's staff go to somebody's home, on the shipped policy.
fn taken() -> Town {
    let shipped = yingda::desk::rules::Rules { policy: Policy::default(), ..rules() };
    let mut town = Town::with(shipped, vec![]);
    town.opens("ELD-09", "13912345678", |intake| {
        intake.window = Some(Window { from: intake_from(), until: intake_from() + HOUR * 2 });
    });
    town.at("09:01:00").takes(COMMITTEE_PHONE).at("09:02:00").heard();
    assert_eq!(town.ticket().state, TicketState::InProgress);
    town
}

/// Half an hour after nine.
fn intake_from() -> yingda::domain::timestamp::Timestamp {
    super::town::moment("09:30:00")
}

fn bound(town: &Town) -> Assignment {
    let ticket = town.ticket().id;
    let live = |a: &&Assignment| a.ticket == ticket && a.state.is_live();
    town.ledger.assignments.values().find(live).expect("somebody is bound to it").clone()
}

fn runs(town: &Town, kind: ClockKind) -> bool {
    town.ticket().clocks.iter().any(|clock| clock.kind == kind && clock.is_running())
}

fn happened(town: &Town, kind: &str) -> usize {
    let of = |row: &&Write| matches!(row, Write::Event(line) if line.kind == kind);
    town.rows.iter().filter(of).count()
}

#[test]
fn staff_who_took_it_are_on_their_way_and_there_when_they_say_so() {
    let mut town = taken();
    let visit = bound(&town);
    assert_eq!((visit.state, visit.checked_in_at), (AssignmentState::Accepted, None));
    assert!(runs(&town, ClockKind::Window) && runs(&town, ClockKind::FirstContact), "a yes is no contact");
    let code = town.task_code(COMMITTEE_PHONE);
    town.at("09:35:00").texts(COMMITTEE_PHONE, &format!("{code} 8")).at("09:36:00");
    assert_eq!(bound(&town).state, AssignmentState::OnSite);
    for clock in [ClockKind::Window, ClockKind::FirstContact, ClockKind::OnSite] {
        assert!(!runs(&town, clock), "{clock}");
    }
    town.texts(COMMITTEE_PHONE, &format!("{code} 9 已陪诊")).at("10:00:00");
    assert_eq!((town.ticket().state, town.ticket().supervision), (TicketState::Handled, 0));
}

#[test]
fn a_duty_telephone_that_does_not_say_they_are_there_is_asked_and_then_it_is_supervised_and_rises() {
    let mut town = taken();
    let code = town.task_code(COMMITTEE_PHONE);
    town.at("09:56:00");
    expect![[r#"
        09:45:01 text to …0003: 【社区服务】CODE(今天9:30-11:30)您到了吗?到达回CODE 8,晚到回CODE 7,办不了回CODE 2。没有回复将督办。
        09:55:01 text to …0003: 【社区服务】督办1级:工单260506-003-0001,今天14:55前请办理并回复。
    "#]].assert_eq(&town.heard().replace(&code, "CODE"));
    assert_eq!(town.ticket().supervision, 1);
    assert_eq!(bound(&town).state, AssignmentState::Accepted, "the work stays theirs");
    assert_eq!((happened(&town, "visit.missed"), happened(&town, "visit.no_show")), (1, 0));
    town.later(HOUR * 6);
    assert!(town.ticket().supervision >= 2, "nobody answers: it rises");
    town.texts(COMMITTEE_PHONE, &format!("{code} 8"));
    assert_eq!(town.ticket().progress.supervision_due, None, "that they are there is an answer");
    assert_eq!(happened(&town, "visit.missed"), 1, "once");
}

#[test]
fn who_will_be_late_is_asked_again_as_much_later_restart_or_not() {
    let mut town = taken();
    let code = town.task_code(COMMITTEE_PHONE);
    town.at("09:46:00").heard();
    town.texts(COMMITTEE_PHONE, &format!("{code} 7")).at("09:47:00");
    town.restarts(MINUTE).at("10:25:00");
    assert_eq!(town.ticket().supervision, 0);
    assert!(!town.heard().contains("您到了吗"));
    town.at("10:32:00");
    assert!(town.heard().contains(&format!("{code}(今天")), "{}", town.heard);
    town.texts(COMMITTEE_PHONE, &format!("{code} 8")).at("11:30:00");
    assert_eq!(town.ticket().supervision, 0);
}

#[test]
fn a_task_for_later_is_called_to_mind_and_never_taken_away_for_silence() {
    let mut town = Town::with(rules(), vec![]);
    let from = town.now + HOUR * 50;
    town.opens("ELD-09", "13912345678", |intake| {
        intake.window = Some(Window { from, until: from + HOUR * 2 });
    });
    town.at("09:01:00").takes(COMMITTEE_PHONE).at("09:02:00").heard();
    assert_eq!(bound(&town).state, AssignmentState::Booked);
    let code = town.task_code(COMMITTEE_PHONE);
    town.until(from - MINUTE * 5);
    let heard = town.heard();
    assert_eq!(heard.matches(&format!("提醒:{code}")).count(), 2, "{heard}");
    assert_eq!(bound(&town).state, AssignmentState::Accepted);
    town.texts(COMMITTEE_PHONE, &format!("{code} 8")).later(HOUR);
    assert_eq!(bound(&town).state, AssignmentState::OnSite);
}

#[test]
fn staff_not_heard_of_since_the_door_are_asked_for_by_text_and_then_by_their_station_and_the_district() {
    let mut town = taken();
    let code = town.task_code(COMMITTEE_PHONE);
    town.at("09:35:00").texts(COMMITTEE_PHONE, &format!("{code} 8")).at("09:36:00").heard();
    town.at("11:00:30").answers("duty1", "chen").at("11:01:00");
    expect![[r#"
        10:45:01 text to …0003: 【社区服务】CODE 已过预计时间,上门人员一切好吗?都好回CODE 1,办完回CODE 9加结果,需要帮助回CODE 0或致电83720003。
        10:50:00 dial …0003
        10:55:01 text to …0003: 【社区服务】紧急:上门办理的工作人员没有回音或求助,工单260506-003-0001,四方街道。请马上联系,联系不上或有危险请拨110。
        11:00:00 dial duty1
        11:00:01 text to …0002: 【社区服务】督办2级:工单260506-003-0001,今天16时前请办理并回复。
        11:00:01 text to …0003: 【社区服务】督办2级:工单260506-003-0001,今天16时前请办理并回复。
        11:00:01 text to …0001: 【社区服务】紧急:上门办理的工作人员没有回音或求助,工单260506-003-0001,四方街道。请马上联系,联系不上或有危险请拨110。
        11:00:30 chen hears duty-alarm-visitor category-ELD-09 area-370203031 label-take press-1 label-again press-star
        11:00:38 chen hears duty-alarm-visitor category-ELD-09 area-370203031 label-take press-1 label-again press-star
        11:00:46 chen hears duty-alarm-visitor category-ELD-09 area-370203031 label-take press-1 label-again press-star
        11:00:54 chen hears duty-alarm-visitor category-ELD-09 area-370203031 label-take press-1 label-again press-star
    "#]].assert_eq(&town.heard().replace(&code, "CODE"));
    town.texts(COMMITTEE_PHONE, &format!("{code} 1")).at("11:02:00");
    assert!(town.heard().contains(&format!("{code} 已记下一切都好")), "{}", town.heard);
    assert!(town.ticket().progress.alarm.is_none(), "nobody is rung any more");
}

#[test]
fn staff_who_say_that_all_is_well_are_watched_anew_and_nobody_is_looked_for() {
    let mut town = taken();
    let code = town.task_code(COMMITTEE_PHONE);
    town.at("09:35:00").texts(COMMITTEE_PHONE, &format!("{code} 8")).at("10:46:00").heard();
    town.texts(COMMITTEE_PHONE, &format!("{code} 1")).restarts(MINUTE).at("11:15:00");
    assert!(!town.heard().contains("没有回音"));
    town.texts(COMMITTEE_PHONE, &format!("{code} 9 已陪诊")).at("13:00:00");
    let heard = town.heard();
    assert!(!heard.contains("110") && !heard.contains("dial"), "{heard}");
}

#[test]
fn whom_an_institution_sends_is_asked_for_in_the_same_way() {
    let mut town = Town::with(rules(), vec![]);
    town.learns(&[institution(31, COMMITTEE, INSTITUTION_PHONE)]);
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    town.takes(INSTITUTION_PHONE).at("09:02:00").heard();
    assert_eq!(bound(&town).state, AssignmentState::Accepted);
    let code = town.task_code(INSTITUTION_PHONE);
    town.at("09:20:00");
    assert!(town.heard().contains(&format!("{code}(今天")), "{}", town.heard);
    town.at("09:30:00");
    assert_eq!(town.ticket().supervision, 1);
    let heard = town.heard();
    assert!(heard.contains("text to …0003: 【社区服务】督办1级"), "the station has the duty: {heard}");
}

#[test]
fn who_has_nowhere_to_go_is_asked_nothing() {
    let mut town = Town::with(rules(), vec![]);
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00");
    town.takes("13900000002").at("09:02:00").heard();
    assert_eq!(bound(&town).state, AssignmentState::OnSite, "at work with the yes");
    town.at("17:00:00");
    assert_eq!((town.heard(), town.ticket().supervision), (String::new(), 0));
}

#[test]
fn at_the_console_a_handler_says_that_they_are_there_or_late_and_the_clock_of_the_visit_stops() {
    let mut town = Town::with(rules(), vec![]);
    town.opens_by_hand("ELD-10").at("09:01:00");
    town.does_at(3, 903, Role::Handler, T::Accept).at("09:16:00");
    assert!(runs(&town, ClockKind::OnSite));
    town.does_at(3, 903, Role::Handler, T::Late).at("09:29:00");
    assert_eq!((town.ticket().supervision, bound(&town).asked_at), (0, None), "asked again, and later");
    town.does_at(3, 903, Role::Handler, T::Arrived).at("09:41:00");
    assert!(!runs(&town, ClockKind::OnSite) && !runs(&town, ClockKind::FirstContact));
    assert_eq!(bound(&town).state, AssignmentState::OnSite);
    town.heard();
    town.does_at(3, 903, Role::Handler, T::Arrived);
    assert!(town.heard().contains("NobodySent"), "they are there");
    town.at("10:51:00").does_at(3, 903, Role::Handler, T::Well).at("11:10:00").heard();
    assert!(bound(&town).well_at.is_some());
    town.does_at(3, 903, Role::Operator, T::Arrived);
    assert!(town.heard().contains("Refused"), "for whoever handles it");
    let breached = town.ticket().clocks.iter().any(|clock| clock.breached_at.is_some());
    assert!(!breached, "{:?}", town.ticket().clocks);
}

#[test]
fn where_two_have_to_go_the_text_says_so_and_whoever_accepts_names_the_second() {
    let mut town = Town::with(rules(), vec![]);
    town.opens_by_hand("ELD-10").at("09:01:00");
    let heard = town.heard();
    assert!(heard.contains("须两人同去"), "{heard}");
    let slots = |town: &Town| town.ledger.work.values().map(|item| item.slots).collect::<Vec<_>>();
    assert_eq!(slots(&town), [2]);
    let (ticket, version) = (town.ticket().id, town.ticket().version);
    town.asks_as(901, Role::Handler, Command::Ticket { ticket, version, what: T::Accept });
    assert!(town.heard().contains("NameTheSecond"));
    assert_eq!(town.ticket().state, TicketState::Dispatched);
    town.does(901, Role::Handler, T::AcceptTwo { second: "赵同去".into() });
    assert_eq!(town.ticket().state, TicketState::InProgress);
    assert_eq!(town.lines("work.second")[0]["second"], "赵同去");
    // By text the yes says that two go.
    let mut town = Town::with(rules(), vec![]);
    town.opens_by_hand("EMG-01").at("09:00:05");
    town.takes(COMMITTEE_PHONE).at("09:00:20");
    assert!(town.heard().contains("由贵站两人同去"), "{}", town.heard);
    // An institution is told the same, and where one is enough nothing is said of two.
    for (category, two) in [("CON-03", true), ("CON-02", false)] {
        let mut town = Town::with(rules(), vec![]);
        let theirs = yingda::domain::register::Institution {
            categories: [Town::category(category)].into(),
            ..institution(31, COMMITTEE, INSTITUTION_PHONE)
        };
        let (_, person) = resident(77, "13900000001");
        town.learns(&[theirs]).opens(category, "13900000001", |intake| {
            intake.beneficiary = Some(person.person);
            intake.address = person.address.clone();
            intake.known = Some(Box::new(person));
        });
        town.at("09:00:30");
        let heard = town.heard();
        let told = heard.lines().find(|line| line.contains("待签收")).expect("it is told");
        assert_eq!(told.contains("两人同去"), two, "{told}");
    }
}
