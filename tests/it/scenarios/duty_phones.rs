//! Stations by text: the telephone that was told takes the work, gives it back, gives it up, ends it.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::ids::StationId;
use yingda::domain::ticket::{ClosureCode, ReturnReason, SuspendReason, TicketState};

use super::town::{Town, moment};

const DISTRICT_PHONE: &str = "13900000001";
const STREET_PHONE: &str = "13900000002";
const COMMITTEE_PHONE: &str = "13900000003";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn close() -> T {
    T::Close {
        code: ClosureCode::Resolved,
        words: "已电话核实".into(),
        satisfaction: None,
        proof: Default::default(),
    }
}

fn stands(town: &Town) -> (TicketState, StationId) {
    (town.ticket().state, town.ticket().owner)
}

/// The detail of the last line of history of a kind.
fn last_line(town: &Town, kind: &str) -> serde_json::Value {
    let line = town.rows.iter().rev().find_map(|row| {
        let Write::Event(line) = row else { return None };
        (line.kind == kind).then(|| line.detail.clone())
    });
    line.expect("there is such a line")
}

#[test]
fn a_station_takes_its_work_and_says_by_text_what_was_done() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:05:00");
    let code = town.task_code(STREET_PHONE);
    town.heard();
    // Full width, the verb first: as people write.
    let wide: String = code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    town.texts(STREET_PHONE, &format!("１　{wide}")).at("09:06:00");
    assert_eq!(stands(&town), (TicketState::InProgress, StationId(2)));
    let heard = town.heard();
    assert!(heard.contains(&format!("{code} 已签收")), "{heard}");
    town.texts(STREET_PHONE, &format!("{code}8")).at("10:00:00");
    town.texts(STREET_PHONE, &format!("{code} 9 材料已交街道窗口")).at("10:01:00");
    assert_eq!(stands(&town), (TicketState::Handled, StationId(2)));
    assert_eq!(last_line(&town, "ticket.noted")["words"], "材料已交街道窗口");
    // The telephone stands for the station: whoever may hold it there does not close; somebody else does.
    town.does_at(2, 902, Role::CallbackOfficer, close());
    assert_eq!(town.ticket().state, TicketState::Closed);
}

#[test]
fn who_may_have_held_the_stations_telephone_does_not_close_what_it_handled() {
    use yingda::desk::command::Command;
    use yingda::desk::event::{Commander, DeskEvent};
    use yingda::domain::actor::{Actor, ActorKind};
    use yingda::domain::ids::PersonId;
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:05:00");
    let code = town.task_code(STREET_PHONE);
    town.texts(STREET_PHONE, &format!("{code} 9 已办")).at("09:06:00");
    assert_eq!(town.ticket().state, TicketState::Handled, "a 9 takes what was not taken yet");
    let (ticket, version) = (town.ticket().id, town.ticket().version);
    let actor = Actor { person: Some(PersonId(902)), ..Actor::of(ActorKind::Operator) };
    let both = [Role::CallbackOfficer, Role::Handler].map(|role| (role, StationId(2)));
    let by = Commander { actor, roles: both.into() };
    let command = Command::Ticket { ticket, version, what: close() };
    let id = yingda::domain::ids::Chance::from_number(7).mint(town.now);
    town.heard();
    town.tell(DeskEvent::Commanded { id, by, command });
    assert!(town.heard().contains("HandledByYou"));
    assert_eq!(town.ticket().state, TicketState::Handled);
}

#[test]
fn a_station_gives_work_back_by_text_with_its_reason_and_the_second_time_the_district_rules() {
    let mut town = Town::new();
    town.opens("ELD-09", "13912345678", |_| {});
    town.does(901, Role::Dispatcher, T::AssignStation { station: StationId(3), reason: "就近".into() });
    town.at("09:02:00");
    let code = town.task_code(COMMITTEE_PHONE);
    let due: Vec<_> = town.ticket().clocks.iter().map(|clock| clock.due).collect();
    town.texts(COMMITTEE_PHONE, &format!("{code} 2 不在本辖区")).at("09:03:00");
    assert_eq!(stands(&town), (TicketState::Dispatched, StationId(2)), "the first goes to the station above");
    let returned = last_line(&town, "ticket.returned");
    assert_eq!(returned["reason"], ReturnReason::NotOurArea.name());
    assert_eq!(returned["words"], "不在本辖区");
    let street = town.task_code(STREET_PHONE);
    town.texts(STREET_PHONE, &format!("{street}2")).at("09:04:00");
    assert_eq!(stands(&town), (TicketState::Dispatched, StationId(1)), "the second to the district");
    assert_eq!(last_line(&town, "ticket.returned")["reason"], ReturnReason::NotOurDuty.name());
    let later: Vec<_> = town.ticket().clocks.iter().map(|clock| clock.due).collect();
    assert_eq!(due, later, "no return moves a due time");
    // The district has ruled: there is no third return.
    town.does(905, Role::Dispatcher, T::Reassign { station: StationId(3), reason: "裁定".into() });
    town.at("09:05:00");
    let again = town.task_code(COMMITTEE_PHONE);
    assert_ne!(again, code, "what was answered once has its code no more");
    town.heard();
    town.texts(COMMITTEE_PHONE, &format!("{again} 2")).at("09:06:00");
    let heard = town.heard();
    assert!(heard.contains(&format!("{again} 不能退回了")), "{heard}");
    assert_eq!(town.ticket().state, TicketState::Dispatched);
}

#[test]
fn a_bare_word_counts_for_the_only_task_of_a_telephone_and_else_it_is_asked_which() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00");
    town.texts(STREET_PHONE, "1").at("09:02:00");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    town.opens("POV-03", "13912345679", |_| {}).at("09:03:00");
    let code = town.task_code(STREET_PHONE);
    town.heard();
    town.texts(STREET_PHONE, "1").at("09:04:00");
    assert_eq!(town.ticket().state, TicketState::Dispatched, "another was taken a minute ago");
    let heard = town.heard();
    assert!(heard.contains(&format!("您说的是哪一单?{code}")), "{heard}");
    // A 9 is about what is being done, and there is one.
    town.texts(STREET_PHONE, "9").at("09:05:00");
    let states: Vec<_> = town.tickets.values().map(|ticket| ticket.state).collect();
    assert_eq!(states, [TicketState::Handled, TicketState::Dispatched]);
}

#[test]
fn a_no_after_the_yes_is_asked_once_and_then_the_work_is_asked_for_anew() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00");
    let code = town.task_code(STREET_PHONE);
    town.texts(STREET_PHONE, &format!("{code} 1")).at("09:10:00").heard();
    town.texts(STREET_PHONE, &format!("{code} 2 人手不够")).at("09:11:00");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    assert!(town.heard().contains("确实办不了请再回"));
    town.texts(STREET_PHONE, &format!("{code} 2 人手不够")).at("09:12:00");
    assert_eq!(town.ticket().state, TicketState::Dispatched, "the ladder begins anew");
    assert_ne!(town.task_code(STREET_PHONE), code);
}

#[test]
fn words_that_speak_against_the_order_are_asked_about_and_a_wrong_code_does_nothing() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00");
    let code = town.task_code(STREET_PHONE);
    town.texts(STREET_PHONE, &format!("{code} 1")).at("09:10:00").heard();
    town.texts(STREET_PHONE, &format!("{code} 9 还没联系上")).at("09:11:00");
    assert!(town.heard().contains("没看懂您的回复"));
    let wrong = if code == "3000" { "3001" } else { "3000" };
    town.texts(STREET_PHONE, &format!("{wrong} 9")).at("09:12:00");
    assert_eq!(town.ticket().state, TicketState::InProgress);
}

#[test]
fn a_digit_with_its_own_word_behind_it_is_obeyed_as_our_help_text_says() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00");
    let code = town.task_code(STREET_PHONE);
    for (words, answer, state) in [
        ("1签收", "已签收", TicketState::InProgress),
        ("7 晚到", "已记下晚到", TicketState::InProgress),
        ("8 到了", "已记下到达", TicketState::InProgress),
        ("9 材料已交窗口", "已记为办完", TicketState::Handled),
    ] {
        town.heard();
        town.texts(STREET_PHONE, &format!("{code} {words}")).later(Duration::from_secs(60));
        let heard = town.heard();
        assert!(heard.contains(&format!("{code} {answer}")), "{words}: {heard}");
        assert_eq!(town.ticket().state, state, "{words}");
    }
    assert_eq!(last_line(&town, "ticket.noted")["words"], "材料已交窗口");
    town.opens("POV-01", "13912345679", |_| {}).later(Duration::from_secs(60));
    let code = town.task_code(STREET_PHONE);
    town.texts(STREET_PHONE, &format!("{code} 2 没时间")).later(Duration::from_secs(60));
    assert_eq!(
        last_line(&town, "ticket.returned")["words"],
        "没时间",
        "a bare order too, and its words are kept"
    );
}

#[test]
fn who_waits_for_a_station_that_comes_later_hears_it_from_a_person() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00");
    town.takes(STREET_PHONE).at("09:02:00").heard();
    let code = town.task_code(STREET_PHONE);
    town.texts(STREET_PHONE, &format!("{code} 7")).at("09:03:00");
    let heard = town.heard();
    assert!(heard.contains(&format!("{code} 已记下晚到")), "{heard}");
    assert!(heard.contains("call back …5678: queued, ticket"), "as the station was answered: {heard}");
}

#[test]
fn what_others_took_is_theirs_and_whoever_was_at_it_is_told_when_it_is_called_off() {
    let mut town = Town::new();
    town.opens_by_hand("EMG-01").at("09:00:05");
    town.takes(COMMITTEE_PHONE).at("09:00:30").heard();
    // The street's item is gone, the district's waits beside: told stations may still take what waits.
    let code = town.task_code(COMMITTEE_PHONE);
    town.does(901, Role::Dispatcher, T::Reassign { station: StationId(2), reason: "改派".into() });
    town.at("09:01:00");
    let heard = town.heard();
    assert!(heard.contains(&format!("text to …0003: 【社区服务】{code} 不用办了")), "{heard}");
    town.texts(COMMITTEE_PHONE, &format!("{code} 9")).at("09:02:00");
    assert!(town.heard().contains(&format!("{code} 不用办了")));
    assert_eq!(town.ticket().state, TicketState::Dispatched);
}

#[test]
fn tasks_and_their_codes_are_remembered_over_a_restart() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00");
    let code = town.task_code(STREET_PHONE);
    town.restarts(Duration::from_secs(30)).later(Duration::from_secs(70));
    town.texts(STREET_PHONE, &format!("{code} 1")).later(Duration::from_secs(60));
    assert_eq!(town.ticket().state, TicketState::InProgress);
    town.restarts(Duration::from_secs(30)).later(Duration::from_secs(70));
    town.texts(STREET_PHONE, &format!("{code} 9 已办妥"));
    assert_eq!(town.ticket().state, TicketState::Handled);
    town.later(DAY).heard();
    town.texts(STREET_PHONE, &format!("{code} 9")).later(Duration::from_secs(5));
    assert!(town.heard().contains(&format!("{code} 不用办了")), "a code of the last seven days is known");
}

#[test]
fn a_helpers_done_takes_no_work_from_the_station_that_has_it_since_it_was_given_back() {
    let mut town = Town::new();
    town.opens_by_hand("ELD-05").at("09:01:00");
    // Two go to a home nobody knows; one says yes, nobody else does, and the station has to see to it, whatever the one writes.
    town.texts("13800000001", "1").at("09:20:00");
    let ana = town.code_of("13800000001");
    town.texts("13800000001", &format!("{ana} 8")).at("10:05:00");
    let code = town.task_code(COMMITTEE_PHONE);
    town.texts(COMMITTEE_PHONE, &format!("{code} 2 人手不足")).at("10:06:00");
    assert_eq!(stands(&town), (TicketState::Dispatched, StationId(2)));
    town.texts("13800000001", &format!("{ana} 9")).at("10:07:00");
    assert_eq!(stands(&town), (TicketState::Dispatched, StationId(2)));
    let street = town.task_code(STREET_PHONE);
    town.texts(STREET_PHONE, &format!("{street} 1")).at("10:08:00");
    assert_eq!(stands(&town), (TicketState::InProgress, StationId(2)), "its work is still there to take");
}

fn suspends(town: &mut Town, station: i64, until: &str) {
    let resume_at = moment(until);
    let what = T::Suspend { reason: SuspendReason::Weather, resume_at };
    town.does_at(station, 902, Role::Handler, what);
    assert_eq!(town.ticket().state, TicketState::Suspended, "{}", town.heard);
}

#[test]
fn who_gives_up_what_is_suspended_leaves_it_to_others_at_once() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00");
    town.takes(STREET_PHONE).at("09:02:00");
    let code = town.task_code(STREET_PHONE);
    suspends(&mut town, 2, "15:00:00");
    town.texts(STREET_PHONE, &format!("{code} 2 人手不够")).at("09:03:00").heard();
    town.texts(STREET_PHONE, &format!("{code} 2 人手不够")).at("09:04:00");
    assert_eq!(town.ticket().state, TicketState::Dispatched, "the ladder begins anew");
    assert!(town.heard().contains(&format!("{code} 已改请他人")));
    town.takes(STREET_PHONE).at("09:05:00");
    assert_eq!(town.ticket().state, TicketState::InProgress, "it is there to be taken");
    // A volunteer the same.
    let mut town = Town::new();
    town.wishes_for_shopping().at("09:01:00").texts("13800000001", "1").at("09:02:00");
    suspends(&mut town, 1, "15:00:00");
    let code = town.code_of("13800000001");
    town.texts("13800000001", &format!("{code} 2")).texts("13800000001", &format!("{code} 2"));
    town.at("09:03:00");
    assert_eq!(town.ticket().state, TicketState::Offering, "others are asked");
}

#[test]
fn a_telephone_that_is_refused_has_changed_nothing() {
    let mut town = Town::new();
    town.opens("EMG-01", "13912345678", |_| {}).at("09:00:05");
    town.takes(COMMITTEE_PHONE).at("09:01:00");
    suspends(&mut town, 3, "10:00:00");
    // The district's own item waits beside; a suspended ticket is not taken further, nor given back.
    let bound = |town: &Town| (town.ledger.assignments.len(), town.ledger.work.len());
    let before = bound(&town);
    let code = town.task_code(DISTRICT_PHONE);
    town.heard();
    for verb in ["2 不在本辖区", "1"] {
        town.texts(DISTRICT_PHONE, &format!("{code} {verb}")).later(Duration::from_secs(10));
        assert_eq!((bound(&town), town.ticket().return_count), (before, 0), "{verb}");
        let notice = town.ledger.task_notices.values().find(|notice| notice.code.to_string() == code);
        assert_eq!(notice.map(|notice| (notice.taken_at, notice.ended_at)), Some((None, None)), "{verb}");
    }
    let back = |line: &serde_json::Value| line["move"] == "return" || line["move"] == "accept";
    assert!(!back(&last_line(&town, "ticket.moved")));
}

#[test]
fn a_duty_telephone_that_rings_in_hears_its_tasks_and_takes_one_by_key() {
    let mut town = Town::new();
    town.opens("POV-01", "13912345678", |_| {}).at("09:01:00").heard();
    town.rings("duty", STREET_PHONE, "83720002").at("09:01:10").presses("duty", "1").at("09:01:20");
    town.presses("duty", "1").at("09:01:40");
    let heard = town.heard();
    assert!(heard.contains("label-task press-1"), "{heard}");
    assert!(heard.contains("task-is area-370203031 category-POV-01"), "{heard}");
    assert!(heard.contains("duty hears task-accepted") && heard.contains("已签收"), "{heard}");
    assert_eq!(stands(&town), (TicketState::InProgress, StationId(2)));
    // And ends it: 5 twice, as helpers do.
    town.at("10:00:00").rings("duty2", STREET_PHONE, "83720002").at("10:00:10").presses("duty2", "1");
    town.at("10:00:20").presses("duty2", "55").at("10:00:40");
    assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    // What is not theirs is given back by key 2; a number that nobody vouches for hears of nothing.
    town.opens("POV-03", "13912345679", |_| {}).at("10:01:00").heard();
    town.rings_unverified("forger", STREET_PHONE, "83720002").at("10:01:10");
    assert!(!town.heard().contains("label-task"));
    town.rings("duty3", STREET_PHONE, "83720002").at("10:01:20").presses("duty3", "1").at("10:01:30");
    town.presses("duty3", "2").at("10:02:00");
    assert_eq!(stands(&town), (TicketState::Dispatched, StationId(1)), "{}", town.heard);
}
