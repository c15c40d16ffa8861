//! Institutions as handlers: told by text, they take work, say no, give it up, end it; the station keeps the duty.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::{FacilityId, JurisdictionId, StationId, VolunteerId};
use yingda::domain::offer::ReplyCode;
use yingda::domain::register::Institution;
use yingda::domain::ticket::{ClosureCode, TicketState};
use yingda::domain::urgency::Urgency;
use yingda::domain::volunteer::Volunteer;
use yingda::domain::work_item::{WorkItem, WorkState};

use super::town::{COMMITTEE, NEXT_COMMITTEE, Town, area, number, volunteer};

/// Two that clear drains and bring meals: one in the committee, one next door.
const NEAR: &str = "13700000001";
const NEXT_DOOR: &str = "13700000002";

pub fn institution(id: i64, committee: &str, phone: &str) -> Institution {
    Institution {
        id: FacilityId(id),
        jurisdiction: JurisdictionId("shibei".into()),
        name: format!("便民服务队{id}"),
        area: area(committee),
        point: None,
        categories: ["CON-02", "ELD-02", "HLT-01"].map(Town::category).into(),
        notice_phone: Some(number(phone)),
        open: true,
    }
}

impl Town {
    pub fn learns(&mut self, institutions: &[Institution]) -> &mut Self {
        for new in institutions {
            self.ledger.institutions.retain(|known| known.id != new.id);
        }
        self.ledger.institutions.extend(institutions.iter().cloned());
        self.tell(DeskEvent::RecordChanged(RecordChange::Institutions(institutions.to_vec())));
        self
    }

    /// The live work of the latest ticket: what kind, whose, where it stands.
    fn at_work(&self) -> (HandlerKind, Option<FacilityId>, WorkState) {
        let ticket = self.ticket().id;
        let live = |item: &&WorkItem| item.ticket == ticket && item.state.is_live();
        let item = self.ledger.work.values().find(live).expect("somebody has it");
        (item.kind, item.facility, item.state)
    }
}

fn town() -> Town {
    let mut town = Town::new();
    town.learns(&[institution(31, COMMITTEE, NEAR), institution(32, NEXT_COMMITTEE, NEXT_DOOR)]);
    town
}

/// The town without a volunteer who could be asked.
fn town_without_volunteers() -> Town {
    let mut town = Town::with(super::town::rules(), vec![]);
    town.learns(&[institution(31, COMMITTEE, NEAR), institution(32, NEXT_COMMITTEE, NEXT_DOOR)]);
    town
}

fn waits_at(facility: i64) -> (HandlerKind, Option<FacilityId>, WorkState) {
    (HandlerKind::Institution, Some(FacilityId(facility)), WorkState::Sent)
}

const WITH_STAFF: (HandlerKind, Option<FacilityId>, WorkState) =
    (HandlerKind::Station, None, WorkState::Sent);

#[test]
fn the_nearest_institution_is_told_takes_the_work_and_ends_it_and_the_resident_closes() {
    let mut town = town();
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    assert_eq!((town.ticket().state, town.at_work()), (TicketState::Dispatched, waits_at(31)));
    assert_eq!(town.ticket().owner, StationId(3), "the station has the duty to answer");
    let code = town.task_code(NEAR);
    let heard = town.heard();
    assert!(heard.contains(&format!("text to …0001: 【社区服务】待签收 {code}:")), "{heard}");
    assert!(!heard.contains("商城路"), "no door before the yes: {heard}");
    town.texts(NEAR, &format!("{code} 1")).at("09:02:00");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    assert_eq!(town.ticket().owner, StationId(3));
    let heard = town.heard();
    assert!(
        heard.contains(&format!("{code} 由贵机构办理")) && heard.contains("商城路1号2单元301"),
        "{heard}"
    );
    assert!(heard.contains("text to …5678") && heard.contains("由便民服务队31上门"), "{heard}");
    town.restarts(Duration::from_secs(30)).later(Duration::from_secs(90)).heard();
    town.texts(NEAR, &format!("{code}8")).later(Duration::from_secs(60));
    town.texts(NEAR, &format!("{code}9 管道已疏通")).later(Duration::from_secs(60));
    assert_eq!(town.ticket().state, TicketState::Handled);
    let heard = town.heard();
    assert!(heard.contains(&format!("{code} 已记为办完")), "{heard}");
    // No person of any station handled it: an officer with a handler's part may close.
    let close = T::Close {
        code: ClosureCode::Resolved,
        words: "居民说好了".into(),
        satisfaction: None,
        proof: Default::default(),
    };
    town.does(905, Role::CallbackOfficer, close);
    assert_eq!(town.ticket().state, TicketState::Closed);
}

#[test]
fn an_institutions_no_brings_the_stations_staff_at_once_and_moves_no_due_time() {
    let mut town = town();
    town.opens("CON-02", "13912345678", |_| {}).at("09:10:00");
    let due: Vec<_> = town.ticket().clocks.iter().map(|clock| clock.due).collect();
    let code = town.task_code(NEAR);
    town.texts(NEAR, &format!("{code} 2 今天没人")).at("09:11:00");
    assert_eq!((town.ticket().state, town.at_work()), (TicketState::Dispatched, WITH_STAFF));
    assert_eq!(town.ticket().owner, StationId(3));
    assert_eq!(due, town.ticket().clocks.iter().map(|clock| clock.due).collect::<Vec<_>>());
    assert!(town.heard().contains(&format!("{code} 已退回")));
    town.texts(NEAR, &format!("{code} 1")).at("09:12:00");
    assert!(town.heard().contains(&format!("{code} 不用办了")), "what was given back is not taken again");
    assert_eq!(town.ticket().state, TicketState::Dispatched);
    // The ladder goes on from the staff: at seventy hundredths the station above.
    town.at("10:24:30");
    assert_eq!(town.ticket().owner, StationId(2));
    let street = town.task_code("13900000002");
    town.texts("13900000002", &format!("{street} 2 不在辖区")).at("10:25:00");
    assert_eq!(town.ticket().owner, StationId(1), "a second no, of whomever, is for the district to rule on");
}

#[test]
fn an_institution_that_is_silent_loses_the_work_to_staff_by_its_share_of_the_clock() {
    for restart in [false, true] {
        let mut town = town();
        town.opens("CON-02", "13912345678", |_| {}).at("09:30:00");
        if restart {
            town.restarts(Duration::from_secs(60));
        }
        let code = town.task_code(NEAR);
        town.at("10:11:00");
        assert_eq!(town.at_work(), waits_at(31));
        town.at("10:13:00");
        assert_eq!((town.ticket().state, town.at_work()), (TicketState::Dispatched, WITH_STAFF));
        assert!(
            town.heard().contains("text to …0003: 【社区服务】待签收"),
            "the station's telephone is told"
        );
        town.texts(NEAR, &format!("{code} 1")).at("10:14:00");
        assert_eq!(town.at_work(), WITH_STAFF, "too late");
        town.takes("13900000003").at("10:15:00");
        assert_eq!(town.ticket().state, TicketState::InProgress);
    }
}

#[test]
fn where_volunteers_may_they_are_asked_first_and_then_an_institution_before_staff() {
    let mut town = town();
    town.opens("ELD-02", "13912345678", |_| {}).at("09:29:00");
    assert_eq!(town.ticket().state, TicketState::Offering);
    town.at("10:01:00");
    assert_eq!((town.ticket().state, town.at_work()), (TicketState::Dispatched, waits_at(31)));
    town.at("10:13:00");
    assert_eq!(town.at_work(), WITH_STAFF);
    // With nobody to ask the institution has it at once.
    let mut town = town_without_volunteers();
    town.opens("ELD-02", "13912345678", |_| {});
    assert_eq!(town.at_work(), waits_at(31));
}

#[test]
fn where_no_institution_takes_such_work_staff_has_it_as_before() {
    let mut town = town();
    town.opens("CON-06", "13912345678", |_| {});
    assert_eq!(town.at_work(), WITH_STAFF);
    // For staff or institutions: the institution where one takes it.
    town.opens("HLT-01", "13912345679", |_| {});
    assert_eq!(town.at_work(), waits_at(31));
}

#[test]
fn a_change_of_the_register_counts_at_once_and_for_a_desk_that_starts() {
    let mut town = town();
    town.learns(&[Institution { open: false, ..institution(31, COMMITTEE, NEAR) }]);
    town.opens("CON-02", "13912345678", |_| {});
    assert_eq!(town.at_work(), waits_at(32));
    town.restarts(Duration::from_secs(10)).later(Duration::from_secs(70));
    town.opens("CON-02", "13912345679", |_| {});
    assert_eq!(town.at_work(), waits_at(32));
}

#[test]
fn an_institution_that_gives_up_is_followed_by_the_next_and_the_resident_is_told() {
    let mut town = town();
    town.opens("CON-02", "13912345678", |_| {}).at("09:10:00");
    let code = town.task_code(NEAR);
    town.texts(NEAR, &format!("{code} 1")).at("09:20:00").heard();
    town.texts(NEAR, &format!("{code} 2 车坏了")).at("09:21:00");
    assert_eq!(town.ticket().state, TicketState::InProgress, "it is asked once");
    town.texts(NEAR, &format!("{code} 2 车坏了")).at("09:22:00");
    assert_eq!((town.ticket().state, town.at_work()), (TicketState::Dispatched, waits_at(32)));
    let heard = town.heard();
    assert!(heard.contains(&format!("{code} 已改请他人")), "{heard}");
    assert!(heard.contains("text to …5678"), "the resident hears that others are looked for: {heard}");
}

#[test]
fn an_institution_moves_its_own_work_and_nobody_elses() {
    let mut town = town();
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    let code = town.task_code(NEAR);
    for (phone, verb) in [(NEXT_DOOR, "1"), (NEXT_DOOR, "9"), ("13900000003", "1")] {
        town.texts(phone, &format!("{code} {verb}"));
        assert_eq!(town.at_work(), waits_at(31), "{phone} {verb}");
    }
    // Staff of the station that has the duty may take it all the same; the institution is out of it.
    town.does_at(3, 902, Role::Handler, T::Accept).at("09:02:00");
    assert_eq!(town.at_work(), (HandlerKind::Station, None, WorkState::Working));
    town.heard();
    town.texts(NEAR, &format!("{code} 1")).at("09:03:00");
    assert!(town.heard().contains(&format!("{code} 不用办了")));
}

#[test]
fn a_landline_hears_the_code_of_whom_an_institution_sends_and_no_name() {
    let mut town = town();
    town.opens("CON-02", "053283720099", |_| {}).at("09:01:00");
    town.takes(NEAR).at("09:01:30").answers("0099", "li").at("09:01:40");
    let heard = town.heard();
    let said = heard.lines().find(|line| line.contains("li hears who-comes-intro")).expect("it is said");
    assert!(said.contains("visit-code-is") && !said.contains("badge-is"), "{said}");
    assert!(said.contains("day-part-morning"), "and when, as a text would say: {said}");
}

#[test]
fn what_becomes_life_or_safety_on_its_way_up_reaches_everyone_at_once() {
    let raise = T::ChangeUrgency { urgency: Urgency::P1, reason: "有人受伤".into() };
    let mut town = town();
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    assert_eq!(town.at_work(), waits_at(31));
    town.heard();
    town.does(901, Role::Supervisor, raise.clone()).at("09:01:05");
    assert_eq!(town.at_work(), WITH_STAFF);
    let heard = town.heard();
    assert!(heard.contains("dial duty1"), "{heard}");
    assert!(heard.contains("text to …0003: 【社区服务】待签收"), "{heard}");
    // Where volunteers are being asked they are asked on, and staff is told beside them.
    town.opens("ELD-02", "13912345679", |_| {}).at("09:02:00");
    assert_eq!(town.ticket().state, TicketState::Offering);
    town.heard();
    town.does(901, Role::Supervisor, raise.clone()).at("09:02:05");
    let heard = town.heard();
    assert!(heard.contains("dial duty"), "{heard}");
    town.takes("13900000003").at("09:02:30");
    assert_eq!(town.ticket().state, TicketState::InProgress);
    // A person's choice of an hour ago does not hold it up.
    town.opens("CON-02", "13912345670", |_| {}).at("09:03:00");
    let to = T::AssignInstitution { facility: FacilityId(32), reason: "居民指定".into() };
    town.does(901, Role::Dispatcher, to).at("09:04:00").heard();
    town.does(901, Role::Supervisor, raise).at("09:04:05");
    assert_eq!(town.at_work(), WITH_STAFF);
    assert!(town.heard().contains("dial duty"));
}

#[test]
fn a_dispatcher_gives_work_to_an_institution_with_a_reason_and_takes_it_away() {
    let mut town = town();
    let to = |facility, reason: &str| T::AssignInstitution {
        facility: FacilityId(facility),
        reason: reason.into(),
    };
    town.opens("CON-06", "13912345678", |_| {}).at("09:01:00");
    town.heard();
    town.does(901, Role::Dispatcher, to(32, ""));
    town.does(901, Role::Dispatcher, to(99, "就近"));
    town.does(900, Role::Operator, to(32, "就近"));
    town.learns(&[Institution { open: false, ..institution(31, COMMITTEE, NEAR) }]);
    town.does(901, Role::Dispatcher, to(31, "就近"));
    let heard = town.heard();
    for why in ["NoWords", "NoSuchInstitution", "NotByYou", "MayNotBeTold"] {
        assert!(heard.contains(why), "{why}: {heard}");
    }
    assert_eq!(town.at_work(), WITH_STAFF);
    // The catalogue's word is overruled by a person's.
    town.does(901, Role::Dispatcher, to(32, "居民指定")).at("09:02:00");
    assert_eq!((town.ticket().state, town.at_work()), (TicketState::Dispatched, waits_at(32)));
    town.takes(NEXT_DOOR).at("09:10:00").heard();
    let code = town.task_code(NEXT_DOOR);
    town.does(901, Role::Dispatcher, T::Reassign { station: StationId(3), reason: "改由站点".into() });
    town.at("09:11:00");
    assert_eq!(town.at_work(), WITH_STAFF);
    let heard = town.heard();
    assert!(heard.contains(&format!("text to …0002: 【社区服务】{code} 不用办了")), "{heard}");
}

#[test]
fn life_or_safety_is_given_to_no_institution_by_hand_either() {
    let mut town = town();
    town.opens_by_hand("EMG-01").at("09:00:05").heard();
    let before = town.at_work();
    let to = T::AssignInstitution { facility: FacilityId(31), reason: "就近".into() };
    town.does(901, Role::Dispatcher, to).at("09:00:10");
    assert!(town.heard().contains("LifeForStaff"));
    assert_eq!(town.at_work(), before);
    assert_eq!(town.ledger.task_notices.values().filter(|notice| notice.phone == number(NEAR)).count(), 0);
}

#[test]
fn after_a_redo_another_institution_is_told() {
    let mut town = town();
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    let code = town.task_code(NEAR);
    town.texts(NEAR, &format!("{code} 9 已疏通")).at("09:30:00");
    assert_eq!(town.ticket().state, TicketState::Handled);
    town.texts("13912345678", "重办").at("09:31:00");
    assert_eq!((town.ticket().state, town.at_work()), (TicketState::Dispatched, waits_at(32)));
}

#[test]
fn a_station_that_comes_later_announces_nobody_elses_window() {
    let mut town = town();
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    town.takes(NEAR).at("09:02:00");
    // The station's staff has an item of its own beside it.
    let ticket = town.ticket().id;
    let mut beside = town.ledger.work.values().find(|item| item.ticket == ticket).unwrap().clone();
    let mut bound = town.ledger.assignments.values().find(|bound| bound.ticket == ticket).unwrap().clone();
    let mut notice =
        town.ledger.task_notices.values().find(|notice| notice.ticket == ticket).unwrap().clone();
    beside.id = town.chance.mint(town.now);
    (beside.kind, beside.facility) = (HandlerKind::Station, None);
    (bound.id, bound.work_item) = (town.chance.mint(town.now), beside.id);
    notice.id = town.chance.mint(town.now);
    (notice.facility, notice.phone, notice.code) = (None, number("13900000003"), ReplyCode(4_999));
    town.ledger.work.insert(beside.id, beside);
    town.ledger.assignments.insert(bound.id, bound);
    town.ledger.task_notices.insert(notice.id, notice);
    town.restarts(Duration::from_secs(5)).later(Duration::from_secs(70)).heard();
    town.texts("13900000003", "4999 7").later(Duration::from_secs(60));
    let heard = town.heard();
    assert!(heard.contains("4999 已记下晚到"), "{heard}");
    assert!(!heard.contains("text to …5678"), "what the institution said still holds: {heard}");
    assert!(heard.contains("call back …5678: queued, ticket"), "a person tells the resident: {heard}");
    // The institution's own word is about its own window.
    let code = town.task_code(NEAR);
    town.texts(NEAR, &format!("{code} 7")).later(Duration::from_secs(60));
    let heard = town.heard();
    assert!(heard.contains("text to …5678") && heard.contains("由便民服务队31上门"), "{heard}");
}

#[test]
fn who_is_at_work_for_a_wish_that_is_withdrawn_is_told_not_to_come() {
    let mut town = town();
    town.opens("CON-02", "13912345678", |_| {}).at("09:01:00");
    town.takes(NEAR).at("09:02:00").heard();
    let code = town.task_code(NEAR);
    town.texts("13912345678", "撤回").at("09:03:00");
    assert_eq!(town.ticket().state, TicketState::Closed);
    let heard = town.heard();
    assert!(heard.contains(&format!("text to …0001: 【社区服务】{code} 不用办了")), "{heard}");
    town.texts(NEAR, &format!("{code} 9 已办")).at("09:04:00");
    assert_eq!(town.ticket().closure, Some(ClosureCode::Withdrawn), "a late 9 changes nothing");
}

#[test]
fn a_volunteer_who_may_not_be_asked_by_hand_leaves_no_work_behind_that_waits_for_nobody() {
    let away = Volunteer { opted_out: true, ..volunteer(10_001, "13800000001") };
    let mut town = Town::with(super::town::rules(), vec![away]);
    town.learns(&[institution(31, COMMITTEE, NEAR)]);
    // At night the institution is not texted yet.
    town.at("22:30:00").opens("CON-02", "13912345678", |_| {});
    assert_eq!(town.ticket().state, TicketState::PendingDispatch);
    town.heard();
    let reason = "邻居".to_owned();
    town.does(901, Role::Dispatcher, T::AssignVolunteer { volunteer: VolunteerId(10_001), reason });
    assert!(town.heard().contains("MayNotBeAsked"));
    assert_eq!(town.ledger.work.len(), 1, "the institution's alone");
    let noted = |row: &&Write| matches!(row, Write::Event(line) if line.kind == "ticket.noted");
    assert_eq!(town.rows.iter().filter(noted).count(), 0);
}
